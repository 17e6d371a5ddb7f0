"""How latentkit is installed, and what its messages say about that."""

import json
import subprocess
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest

from latentkit import __version__, installation
from latentkit.installation import how_to_install

ROOT = Path(__file__).parent.parent
REQUIRES = (
    "Requires-Dist: torch>=2.6; extra == 'torch'\nRequires-Dist: numpy\nRequires-Dist: six; extra == 'all'\n"
)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put the metadata of a distribution on the path, with the URL it was installed from if one is given."""

    def put(name: str, url: str | None = None, *, editable: bool = False) -> None:
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{REQUIRES}")
        if url is not None:
            origin = {"url": url, "dir_info": {"editable": editable}}
            (info / "direct_url.json").write_text(json.dumps(origin))
        monkeypatch.syspath_prepend(tmp_path)

    return put


def test_an_extra_is_installed_by_its_requirements(install):
    install("lk-wheel")
    assert how_to_install("torch", "lk-wheel") == "pip install 'torch>=2.6'"
    install("lk-folder", "file:///src/lk")
    assert how_to_install("all", "lk-folder") == "pip install six"


def test_an_extra_of_a_clone_is_installed_into_the_clone(install):
    install("lk-clone", "file:///src/my%20lk", editable=True)
    assert how_to_install("torch", "lk-clone") == "pip install -e '/src/my lk[torch]'"


def test_an_unknown_extra_or_distribution_gets_no_pip_command(install):
    install("lk-wheel")
    assert how_to_install("jax", "lk-wheel") == "install what lk-wheel needs for it"
    assert how_to_install("jax", "lk-nowhere") == "install lk-nowhere with its extra 'jax'"


def test_versions_name_latentkit_by_its_module(monkeypatch):
    assert installation.versions() == {"latentkit": __version__}
    assert list(installation.versions("numpy", "scipy")) == ["latentkit", "numpy", "scipy"]


def test_nothing_tells_a_user_to_install_latentkit_from_an_index():
    """`latentkit` on the public index is another project."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = [
        path
        for path in listed.stdout.split("\0")
        if path
        and (file := ROOT / path).is_file()
        and path != "tests/test_installation.py"
        and any(
            words in file.read_text(encoding="utf-8", errors="replace")
            for words in ("pip install latentkit", "pip install 'latentkit", "latentkit[")
        )
    ]
    assert named == []


def test_the_extras_are_those_that_messages_name():
    try:
        declared = requires(installation.DISTRIBUTION) or []
    except PackageNotFoundError:
        pytest.fail("reinstall the clone: pip install --no-deps -e .")
    for extra in ("torch", "keras", "parquet", "anndata", "all", "dev"):
        assert any(f"extra == '{extra}'" in each for each in declared), extra
