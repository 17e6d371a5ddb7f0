"""Write latents in the formats of other tools.

    options    the interface of a format's module, and the options
    arrays     the arrays by what a table can do with them, and escapes
    table      one row per image: the columns that the tables share
    csv        tidy CSV
    parquet    Parquet
    atlas      Parquet for Apple's Embedding Atlas
    anndata    AnnData .h5ad, for scanpy
    projector  a folder for TensorBoard's projector
    folder     a folder that appears complete or not at all

The same latents give the same bytes. Whatever a format has no place for is named through `tell`. The package reads and
prints nothing, and knows no models.
"""

from latentkit.exporting.options import ExportOptions, write

__all__ = ["ExportOptions", "write"]
