"""The release script: what it reads from the changelog, and what it refuses."""

import importlib.util
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "tools" / "release.py"

spec = importlib.util.spec_from_file_location("release", SCRIPT)
release = importlib.util.module_from_spec(spec)
spec.loader.exec_module(release)

PACKAGE = '"""latentkit."""\n\n__version__ = "0.2.0"\n'
UNRELEASED = (
    "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-31\n\n- The first.\n"
)
DATED = UNRELEASED.replace("## [Unreleased]\n", "## [Unreleased]\n\n## [0.2.0] - 2026-11-28\n")


def test_the_sections_of_a_changelog_are_its_versions():
    assert [(section.name, section.date) for section in release.sections(DATED)] == [
        ("Unreleased", None),
        ("0.2.0", "2026-11-28"),
        ("0.1.0", "2026-01-31"),
    ]
    assert release.sections(DATED)[1].text == "### Added\n\n- A thing."


def test_the_newest_version_is_the_one_that_is_released():
    assert release.check(DATED, PACKAGE).name == "0.2.0"


@pytest.mark.parametrize(
    ("changelog", "package", "message"),
    [
        (UNRELEASED, PACKAGE, "has unreleased changes: date them with --prepare"),
        (
            DATED,
            PACKAGE.replace("0.2.0", "0.3.0"),
            r"ends with 0\.2\.0 and latentkit\.__version__ is 0\.3\.0",
        ),
        (DATED.replace(" - 2026-11-28", ""), PACKAGE, "dates 0.2.0 'None', not YYYY-MM-DD"),
        (DATED.replace("2026-11-28", "soon"), PACKAGE, "dates 0.2.0 'soon', not YYYY-MM-DD"),
        ("# Changelog\n", PACKAGE, "says nothing about any version"),
        (DATED, "version = 1\n", "has no line `__version__"),
    ],
)
def test_what_cannot_be_released_is_refused(changelog, package, message):
    with pytest.raises(release.ReleaseError, match=message):
        release.check(changelog, package)


def test_preparing_dates_the_changes_and_sets_the_version():
    changelog, package = release.prepare(
        UNRELEASED, PACKAGE.replace("0.2.0", "0.1.0"), "0.2.0", date(2026, 11, 28)
    )
    assert (changelog, package) == (DATED, PACKAGE)
    assert release.check(changelog, package).text == "### Added\n\n- A thing."


@pytest.mark.parametrize(
    ("changelog", "version", "message"),
    [
        (UNRELEASED, "2", "'2' is no version"),
        (UNRELEASED, "0.1.0", "has a section for 0.1.0"),
        (DATED, "0.3.0", "has no unreleased changes"),
    ],
)
def test_what_cannot_be_prepared_is_refused(changelog, version, message):
    with pytest.raises(release.ReleaseError, match=message):
        release.prepare(changelog, PACKAGE, version, date(2026, 11, 28))


def test_a_file_that_the_wheel_lacks_is_named(tmp_path):
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("latentkit/__init__.py", "latentkit_torch/model.py"):
            archive.writestr(name, "")
    tracked = [
        "latentkit/__init__.py",
        "latentkit/page/static/page.css",
        "backends/latentkit_torch/model.py",
        "README.md",
    ]
    assert release.missing_from(release.names_in(wheel), tracked) == ["latentkit/page/static/page.css"]


def test_the_real_changelog_and_version_can_be_prepared():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    package = (ROOT / "latentkit" / "__init__.py").read_text(encoding="utf-8")
    if release.sections(changelog)[0].text:
        changelog, package = release.prepare(changelog, package, "99.0.0", date(2026, 11, 28))
    assert release.check(changelog, package).text


def test_an_error_is_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, SCRIPT, "--prepare", "next"], capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (1, "release: 'next' is no version: X.Y.Z, or X.Y.Zrc1\n")
