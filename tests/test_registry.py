"""Backends are found by metadata and imported on use; every error says what to do."""

import subprocess
import sys

import pytest

from latentkit import registry
from latentkit.errors import BackendError


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """Put a distribution on the path: (name of its backend, source of its module or None, name of the distribution)."""

    def put(backend: str, source: str | None, name: str) -> None:
        module = name.replace("-", "_")
        if source is not None:
            (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: metal-x>=2; extra == '{backend}'\n"
        )
        (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{backend} = {module}\n")
        monkeypatch.syspath_prepend(tmp_path)

    return put


def test_our_own_backends_are_listed():
    assert {"torch", "keras"} <= {backend.name for backend in registry.installed()}


def test_listing_imports_no_backend():
    code = (
        "import sys; from latentkit import registry; registry.installed();"
        "assert not {'torch', 'keras', 'tensorflow', 'numpy', 'latentkit_torch'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_listing_works_when_a_backend_is_broken(distribution):
    distribution("broken", "raise OSError('libcuda is missing')", "lk-broken")
    assert registry.Installed("broken", "lk_broken", "lk-broken 1.0") in registry.installed()


def test_an_unknown_name_lists_the_installed_backends():
    with pytest.raises(BackendError, match=r"no backend 'jx'; installed: .*keras.*torch"):
        registry.load("jx")


def test_a_missing_framework_says_how_to_install_it(distribution):
    distribution("mx", "import no_such_framework", "lk-mx")
    with pytest.raises(
        BackendError, match=r"'mx' needs the package 'no_such_framework'.*pip install 'metal-x>=2'"
    ):
        registry.load("mx")


def test_a_broken_framework_is_reported_with_its_own_error(distribution):
    distribution("broken", "raise OSError('libcuda is missing')", "lk-broken")
    with pytest.raises(
        BackendError,
        match=r"'broken' \(lk_broken of lk-broken 1.0\) cannot be imported: OSError: libcuda is missing",
    ):
        registry.load("broken")


def test_another_api_version_is_rejected(distribution):
    distribution("old", "API = 0", "lk-old")
    with pytest.raises(
        BackendError, match=r"'old' \(lk-old 1.0\) implements API 0, but this latentkit requires API 1"
    ):
        registry.load("old")


def test_a_module_without_an_api_version_is_rejected(distribution):
    distribution("none", "", "lk-none")
    with pytest.raises(BackendError, match="API None"):
        registry.load("none")


def test_a_name_claimed_twice_is_rejected_naming_both(distribution):
    distribution("twin", "API = 1", "lk-one")
    distribution("twin", "API = 1", "lk-two")
    with pytest.raises(BackendError, match=r"'twin' is claimed by lk-one 1.0 and lk-two 1.0"):
        registry.load("twin")


def test_a_module_declared_twice_is_one_backend(distribution, tmp_path):
    distribution("twin", "API = 1", "lk-one")
    distribution("twin", None, "lk-two")
    (tmp_path / "lk_two-1.0.dist-info" / "entry_points.txt").write_text(
        f"[{registry.GROUP}]\ntwin = lk_one\n"
    )
    assert registry.load("twin").API == 1


def test_a_working_backend_is_loaded(distribution):
    distribution("fine", "API = 1", "lk-fine")
    assert registry.load("fine").API == 1


def test_a_named_backend_is_not_replaced_by_another(distribution):
    distribution("mx", "import no_such_framework", "lk-mx2")
    with pytest.raises(BackendError, match="no_such_framework"):
        registry.choose("mx")


def test_another_backend_replaces_a_broken_preferred_one(distribution, monkeypatch):
    distribution("gone", "import no_such_framework", "lk-gone")
    distribution("fine", "API = 1", "lk-fine2")
    both = [backend for backend in registry.installed() if backend.name in ("gone", "fine")]
    monkeypatch.setattr(registry, "installed", lambda: both)
    assert registry.choose(None, "gone")[0] == "fine"


def test_no_working_backend_reports_every_reason(distribution, monkeypatch):
    distribution("gone", "import no_such_framework", "lk-gone2")
    only = [backend for backend in registry.installed() if backend.name == "gone"]
    monkeypatch.setattr(registry, "installed", lambda: only)
    with pytest.raises(BackendError, match=r"no backend can be imported: .*no_such_framework"):
        registry.choose(None)
