"""The tables of methods: complete, cheap to import, and the only list of their methods."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import latentkit
from latentkit.errors import ProjectionError
from latentkit.methods import CLUSTERINGS, EXPORTS, PROJECTIONS

PACKAGE = Path(latentkit.__file__).parent
EVERY = [
    (table, names, method.name)
    for table, names in (
        (PROJECTIONS, ("ARRAYS", "PARAMETERS", "fit", "place")),
        (CLUSTERINGS, ("ARRAYS", "PARAMETERS", "fit", "assign")),
        (EXPORTS, ("write",)),
    )
    for method in table
]


@pytest.mark.parametrize(("table", "names", "method"), EVERY, ids=[method for *_, method in EVERY])
def test_the_module_of_every_method_has_what_its_interface_asks_for(table, names, method):
    module = table.module(method)
    assert [name for name in names if not hasattr(module, name)] == []


@pytest.mark.parametrize(("table", "names", "method"), EVERY, ids=[method for *_, method in EVERY])
def test_every_recorded_package_is_installed(table, names, method):
    assert list(table.versions(method)) == ["latentkit", *table[method].packages]


def test_importing_the_tables_imports_neither_a_method_nor_numpy():
    code = (
        "import sys, latentkit.methods; "
        "print([name for name in sys.modules if name == 'numpy' or 'projection' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", ["tsne", "umap", "gmm", "hdbscan", "n2d", "parquet", "anndata"])
def test_no_code_outside_its_module_decides_by_the_name_of_a_method(name):
    deciding = re.compile(rf'(==|!=|\bin\b) *\(?.*"{name}"')
    rooms = [
        PACKAGE / room for room in ("projection", "clustering", "exporting", "pictures", "page", "commands")
    ]
    found = [
        str(module)
        for room in rooms
        for module in room.rglob("*.py")
        if module.stem != name and deciding.search(module.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_an_unknown_method_is_refused_with_the_choices():
    with pytest.raises(ProjectionError, match="unknown projection 'isomap': choose one of pca, tsne, umap"):
        PROJECTIONS["isomap"]
    assert PROJECTIONS.title("isomap") == "isomap"
    assert PROJECTIONS.title("tsne") == "t-SNE"


@pytest.mark.parametrize(("n", "words"), [(0, "are none"), (1, "is 1"), (3, "are 3")])
def test_too_few_images_are_refused_with_both_numbers(n, words):
    with pytest.raises(
        ProjectionError, match=f"umap needs at least 4 images, but there {words}: embed more images"
    ):
        PROJECTIONS.check_count("umap", n)
    PROJECTIONS.check_count("umap", 4)
