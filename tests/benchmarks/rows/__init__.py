"""The rows, in the order of the table; nothing heavy is imported before one is measured."""

from ..row import Row

ROWS = (
    Row("help", "startup:help_text", 15, 5),
    Row("train-torch", "training:torch", 120, 40),
    Row("gpu", "training:gpu", 5, 4),
    Row("train-pythae", "training:pythae", 25, 8),
    Row("train-keras", "training:keras", 190, 60),
    Row("folder", "folder:first_epoch", 120, 40),
    Row("later-epochs", "folder:later_epochs", 60, 15),
    Row("disk", "folder:from_disk", 60, 20),
    Row("bookkeeping", "bookkeeping:share", 50, 10),
    Row("denoise", "augmentation:moved", 3, 2),
    Row("embed-cache", "embedding:cached", 40, 12),
    Row("embed-memory", "embedding:memory", 120, 25),
    Row("umap", "projection:umap", 150, 40),
    Row("pca", "projection:pca", 20, 5),
    Row("tsne", "projection:tsne", 250, 40),
    Row("silhouette", "separation:silhouette", 50, 5),
    Row("report", "separation:report", 280, 20),
    Row("growth", "growth:growth", 240, 60),
)
