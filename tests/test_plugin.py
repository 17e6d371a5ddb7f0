"""The example plug-in: once installed, it is found, checked and used by name."""

import json
import os
from pathlib import Path

import pytest
from harness import python

from latentkit.testing import CHECKS

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder in which pip has installed examples/plugin."""
    site = tmp_path_factory.mktemp("site")
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    python(*pip, "--no-build-isolation", "--target", site, ROOT / "examples" / "plugin", check=True)
    return site


def run(*arguments, site):
    return python("-m", "latentkit", *arguments, env=os.environ | {"PYTHONPATH": str(site)})


def test_the_installed_plugin_is_listed(site):
    found = json.loads(run("backends", "list", "--json", site=site).stdout)
    assert {"name": "numpy", "module": "latentkit_numpy", "distribution": "latentkit-numpy 0.1.0"} in found


def test_the_installed_plugin_passes_the_contract(site):
    done = run("backends", "check", "numpy", site=site)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"ok    {check.__name__}" for check in CHECKS]


def test_a_failed_check_exits_1_and_is_named(site, tmp_path):
    (tmp_path / "lk_bad.py").write_text(
        "from latentkit_numpy import *\ndef version(): return 'bad'\nAPI = 1\n"
    )
    info = tmp_path / "lk_bad-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lk-bad\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[latentkit.backends]\nbad = lk_bad\n")
    done = run("backends", "check", "bad", site=f"{site}{os.pathsep}{tmp_path}")
    assert done.returncode == 1
    assert "FAIL  check_version: ContractError: version() is 'bad'" in done.stdout
    assert "latentkit: backend 'bad' fails 1 of" in done.stderr
    assert "check_version" in done.stderr


def test_its_own_three_line_test_passes(site):
    test = ROOT / "examples" / "plugin" / "tests"
    pytest_of_its_own = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", test, test]
    done = python(*pytest_of_its_own, env=os.environ | {"PYTHONPATH": str(site)})
    assert done.returncode == 0, done.stdout
    assert f"{len(CHECKS)} passed" in done.stdout
