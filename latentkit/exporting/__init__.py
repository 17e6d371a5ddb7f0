"""Latents in the formats of other tools.

    parts      what each array of the latents is to a table
    table      one row an image: the columns that CSV, Parquet and the projector share
    csv        tidy CSV
    parquet    Parquet
    atlas      Parquet as Apple's Embedding Atlas opens it
    anndata    AnnData .h5ad, for scanpy
    projector  a folder for TensorBoard's projector
    sprite     many small pictures on one sheet
    folder     a folder that appears whole
    text       text in formats that cannot hold all of it
    options    what a person may choose
    sink       bytes down a stream, all of them
    extras     what has to be installed for which format

The same latents give the same bytes. What a format has no place for is told of by name, through a
`tell` that is handed in. Nothing is read, nothing prints, no model is known.
"""

from latentkit.exporting import anndata, atlas, csv, parquet, projector
from latentkit.exporting.extras import require
from latentkit.exporting.options import Options

__all__ = ["FILES", "Options", "projector", "require"]

FILES = {"csv": csv.write, "parquet": parquet.write, "anndata": anndata.write, "atlas": atlas.write}
"""What writes the formats that are one file."""
