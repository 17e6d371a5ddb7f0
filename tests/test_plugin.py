"""examples/plugin is a third party's distribution: installed, it is found, checked and used by name."""

import json
import os
import subprocess
import sys

from latentkit.testing import CHECKS


def run(*arguments, site, **more):
    environment = os.environ | {"PYTHONPATH": str(site)}
    return subprocess.run(
        [sys.executable, "-m", "latentkit", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


def test_the_installed_plugin_is_listed(plugin_site):
    found = json.loads(run("backends", "list", "--json", site=plugin_site).stdout)
    assert {"name": "numpy", "module": "latentkit_numpy", "distribution": "latentkit-numpy 0.1.0"} in found


def test_the_installed_plugin_keeps_the_contract(plugin_site):
    done = run("backends", "check", "numpy", site=plugin_site)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"ok    {check.__name__}" for check in CHECKS]


def test_a_broken_promise_exits_1_and_names_the_check(plugin_site, tmp_path):
    (tmp_path / "lk_bad.py").write_text(
        "from latentkit_numpy import *\ndef version(): return 'bad'\nAPI = 1\n"
    )
    info = tmp_path / "lk_bad-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lk-bad\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[latentkit.backends]\nbad = lk_bad\n")
    done = run("backends", "check", "bad", site=f"{plugin_site}{os.pathsep}{tmp_path}")
    assert done.returncode == 1
    assert "FAIL  check_version: ContractError: version() is 'bad'" in done.stdout
    assert "latentkit: backend 'bad' does not keep 1 of" in done.stderr
    assert "check_version" in done.stderr


def test_its_own_three_line_test_passes(plugin_site):
    from pathlib import Path

    test = Path(__file__).parent.parent / "examples" / "plugin" / "tests"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(test), str(test)],
        env=os.environ | {"PYTHONPATH": str(plugin_site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"{len(CHECKS)} passed" in done.stdout
