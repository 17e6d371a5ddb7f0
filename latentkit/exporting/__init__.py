"""Write latents in the formats of other tools.

    options    the interface of a format's module, and the options
    parts      the role of each array in a table
    table      one row per image: the columns that CSV, Parquet and the projector share
    csv        tidy CSV
    parquet    Parquet
    atlas      Parquet for Apple's Embedding Atlas
    anndata    AnnData .h5ad, for scanpy
    projector  a folder for TensorBoard's projector
    folder     a folder that appears complete or not at all
    text       text in formats that cannot hold all of it

The same latents give the same bytes. Whatever a format has no place for is named through `tell`. The package reads and
prints nothing, and knows no models.
"""

from latentkit.exporting.options import ExportOptions, write

__all__ = ["ExportOptions", "write"]
