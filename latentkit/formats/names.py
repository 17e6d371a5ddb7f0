"""Meaning of the names that others give to columns and arrays: ids, labels, projections, times.

A name is evidence, not proof: `columns` and `foreign` also look at the values before they believe it.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

__all__ = [
    "LABELS",
    "LOGVARS",
    "MEANS",
    "Numbered",
    "is_id",
    "is_index",
    "is_label",
    "is_projection",
    "is_time",
    "label_rank",
    "numbered",
    "plain",
]

_LABEL_NAMES = (
    "label labels class classes target targets y y_true y_train y_test y_val train_labels test_labels true_label"
    " ground_truth gt category categories class_name class_names label_name classname labelname class_id label_id classid"
    " labelid category_id target_name truth digit species diagnosis dx cell_type celltype cell_types cell_ontology_class"
    " annotation annotations cluster clusters cluster_id leiden louvain kmeans k_means hdbscan gmm phenograph group groups"
)
LABELS = _LABEL_NAMES.split(" ")
"""Names of labels, the ones that people mean most surely first."""
_ID_NAMES = (
    "id ids name names file files filename filenames file_name filepath file_path path paths image images img fname"
    " image_name img_name image_path img_path image_file image_filename basename uuid guid key barcode barcodes obs_names"
    " cell_id sample_id sample"
)
_IDS = frozenset(_ID_NAMES.split(" "))
_INDEX = frozenset(("", "index", "idx", "row", "rows", "row_id", "rownames", "n", "no", "nr", "level_0"))
_TIME_NAMES = "epoch epochs step steps global_step iter iters iteration iterations wall_time walltime"
_TIMES = frozenset(_TIME_NAMES.split(" "))
MEANS = ("mu", "z_mean", "mean", "means", "mus", "z_mu", "mu_z", "latent_mean", "q_mean", "loc", "zmean")
LOGVARS = ("logvar", "log_var", "z_log_var", "z_logvar", "logvars", "log_variance", "logvar_z", "zlogvar")
_METHODS = (
    r"umap|densmap|t_?sne|pca?|phate|trimap|pacmap|localmap|mds|isomap|lle|fr|force_?atlas2?|draw_graph"
)
_PROJECTION = re.compile(
    rf"(?:x_)?(?:proj(?:ection)?_)?(?:{_METHODS})(?:_?(?:dim|comp|component|coord|fa))?_?(?:\d+|x|y|z)|(?:x_)?(?:{_METHODS})"
)


class Numbered(NamedTuple):
    """A name that ends in a number: z12 is stem z, number 12."""

    stem: str
    number: int


def plain(name: str) -> str:
    """Return a name in lower case, with every run of other characters than letters and digits as one `_`."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", name.strip())
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def _either(name: str, known: Sequence[str] | frozenset[str]) -> bool:
    return plain(name) in known or re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_") in known


def is_index(name: str) -> bool:
    """Return True if pandas, or a person, calls a running number so."""
    return re.fullmatch(r"unnamed(_\d+)*(_level_\d+)?", plain(name)) is not None or _either(name, _INDEX)


def is_id(name: str) -> bool:
    """Return True if the name is that of a column of ids; not of a running number."""
    return _either(name, _IDS) or (plain(name).endswith("_id") and not is_label(name))


def is_label(name: str) -> bool:
    """Return True if the name is that of classes or clusters."""
    return label_rank(name) < len(LABELS)


def label_rank(name: str) -> int:
    """Return how surely a name is that of labels: 0 is the surest, len(LABELS) none."""
    words = plain(name)
    if words in LABELS:
        return LABELS.index(words)
    if _either(name, LABELS):
        return LABELS.index(re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_"))
    loose = re.fullmatch(r"(?:leiden|louvain|kmeans|cluster|clusters)_?[\dr_.]*", words)
    return LABELS.index("leiden") if loose else len(LABELS)


def is_time(name: str) -> bool:
    """Return True if the name counts epochs, steps or seconds of a training: then a table is a log."""
    return _either(name, _TIMES)


def is_projection(name: str) -> bool:
    """Return True if the name is a coordinate of a picture, such as umap_1, TSNE-x or PC2."""
    return _PROJECTION.fullmatch(plain(name)) is not None or (
        _PROJECTION.fullmatch(re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")) is not None
    )


def numbered(name: str) -> Numbered | None:
    """Split a name that ends in a number; None for any other."""
    match = re.fullmatch(r"(.*?)[\s_.:\-\[(]*(\d{1,6})[\])]?", name.strip().lower())
    return None if match is None else Numbered(match[1].strip(), int(match[2]))
