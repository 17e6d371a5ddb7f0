"""Build a release and check it: the changelog names it, the tree is clean, the wheel works in a fresh environment.

    python tools/release.py --prepare 0.2.0   date the changelog's [Unreleased] section and set __version__; then commit
    python tools/release.py                   build dist/, install the wheel in a new environment, run the demo there
    python tools/release.py --rehearse        the same from any tree, for a version that is not in the changelog yet

Nothing is uploaded and nothing is tagged: the last lines printed say how. Run it with the environment that `make test`
makes, which has the build backend.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from datetime import date
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
CHANGELOG = ROOT / "CHANGELOG.md"
PACKAGE = ROOT / "latentkit" / "__init__.py"

_SECTION = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\S+))?\n", re.MULTILINE)
_VERSION = re.compile(r"^\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?$")
_ASSIGNMENT = re.compile(r'^__version__ = "(?P<version>[^"]+)"$', re.MULTILINE)


class ReleaseError(Exception):
    """What stands in the way of a release, and what to do about it."""


class Section(NamedTuple):
    """A version in the changelog. `date` is None for [Unreleased]."""

    name: str
    date: str | None
    text: str


def sections(changelog: str) -> list[Section]:
    """Return the versions of a changelog, in the order of the file."""
    matches = list(_SECTION.finditer(changelog))
    ends = [match.start() for match in matches[1:]] + [len(changelog)]
    return [
        Section(match["name"], match["date"], changelog[match.end() : end].strip())
        for match, end in zip(matches, ends, strict=False)
    ]


def version_of(package: str) -> str:
    """Return the version that the source of latentkit/__init__.py assigns."""
    match = _ASSIGNMENT.search(package)
    if match is None:
        raise ReleaseError('latentkit/__init__.py has no line `__version__ = "X.Y.Z"`')
    return match["version"]


def check(changelog: str, package: str) -> Section:
    """Return the section of the version to release.

    Raises ReleaseError unless that section is the first with text, is dated, and is the version of the package.
    """
    version = version_of(package)
    written = [section for section in sections(changelog) if section.text]
    if not written:
        raise ReleaseError("CHANGELOG.md says nothing about any version")
    newest = written[0]
    if newest.name == "Unreleased":
        raise ReleaseError("CHANGELOG.md has unreleased changes: date them with --prepare X.Y.Z, then commit")
    if newest.name != version:
        raise ReleaseError(f"CHANGELOG.md ends with {newest.name} and latentkit.__version__ is {version}")
    try:
        date.fromisoformat(newest.date or "")
    except ValueError:
        raise ReleaseError(f"CHANGELOG.md dates {newest.name} '{newest.date}', not YYYY-MM-DD") from None
    return newest


def prepare(changelog: str, package: str, version: str, today: date) -> tuple[str, str]:
    """Return changelog and package with the unreleased changes under the new version."""
    if not _VERSION.match(version):
        raise ReleaseError(f"'{version}' is no version: X.Y.Z, or X.Y.Zrc1")
    known = sections(changelog)
    if version in [section.name for section in known]:
        raise ReleaseError(f"CHANGELOG.md has a section for {version}")
    if not known or known[0].name != "Unreleased" or not known[0].text:
        raise ReleaseError("CHANGELOG.md has no unreleased changes")
    version_of(package)
    dated = changelog.replace(
        "## [Unreleased]\n", f"## [Unreleased]\n\n## [{version}] - {today.isoformat()}\n", 1
    )
    return dated, _ASSIGNMENT.sub(f'__version__ = "{version}"', package)


def names_in(archive: Path) -> set[str]:
    """Return the files in a wheel or an sdist, the latter without its top folder."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return set(wheel.namelist())
    with tarfile.open(archive) as sdist:
        return {name.partition("/")[2] for name in sdist.getnames()}


def missing_from(wheel: set[str], tracked: list[str]) -> list[str]:
    """Return the tracked files of the packages that are not in the wheel."""
    folders = {
        "latentkit/": "latentkit/",
        "backends/latentkit_torch/": "latentkit_torch/",
        "backends/latentkit_keras/": "latentkit_keras/",
    }
    return [
        path
        for path in tracked
        for folder, inside in folders.items()
        if path.startswith(folder) and inside + path.removeprefix(folder) not in wheel
    ]


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    print("$", *command, file=sys.stderr, flush=True)
    done = subprocess.run([str(word) for word in command], cwd=cwd, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise ReleaseError(f"{Path(str(command[0])).name} failed with exit code {done.returncode}")


def git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, encoding="utf-8"
    ).stdout


def check_tree(version: str) -> None:
    """Raise ReleaseError if there are changes outside of a commit, or the version was tagged before."""
    if changes := git("status", "--porcelain").splitlines():
        raise ReleaseError(
            f"{len(changes)} files differ from the last commit, such as {changes[0][3:]}: commit them first"
        )
    if git("tag", "--list", f"v{version}").strip():
        raise ReleaseError(f"the tag v{version} exists: a release is not made twice")


def build(out: Path) -> tuple[Path, Path]:
    """Build the sdist from the tree and the wheel from the sdist, as an installer would; return both."""
    run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", out)
    (sdist,) = out.glob("*.tar.gz")
    with tempfile.TemporaryDirectory() as unpacked:
        with tarfile.open(sdist) as archive:
            archive.extractall(unpacked, filter="data")
        (source,) = Path(unpacked).iterdir()
        run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", out, cwd=source)
    (wheel,) = out.glob("*.whl")
    tracked = git("ls-files").splitlines()
    if missing := missing_from(names_in(wheel), tracked):
        raise ReleaseError(f"the wheel lacks {len(missing)} files, such as {missing[0]}")
    return sdist, wheel


def try_out(wheel: Path, extra: str) -> None:
    """Install the wheel in a new environment with the tested versions, and run the demo in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "environment"
        run(sys.executable, "-m", "venv", environment)
        python = environment / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", f"{wheel}[{extra}]")
        empty = Path(folder) / "empty"
        empty.mkdir()
        run(environment / "bin" / "latentkit", "--version", cwd=empty)
        run(environment / "bin" / "latentkit", "demo", cwd=empty)


def release(out: Path, extra: str, *, rehearse: bool) -> None:
    version = version_of(PACKAGE.read_text(encoding="utf-8"))
    if not rehearse:
        check(CHANGELOG.read_text(encoding="utf-8"), PACKAGE.read_text(encoding="utf-8"))
        check_tree(version)
    out.mkdir(exist_ok=True)
    if old := sorted(out.iterdir()):
        raise ReleaseError(f"{out} is not empty: remove {old[0].name} and whatever else is there")
    built = build(out)
    try_out(built[1], extra)
    for file in built:
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(ROOT)}")
    if not rehearse:
        print(
            f"\nIt works. To publish: git tag v{version} && git push origin v{version}, then upload dist/*."
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--prepare", metavar="X.Y.Z", help="date the unreleased changes and set the version")
    mode.add_argument("--rehearse", action="store_true", help="build and try out any tree")
    parser.add_argument("--extra", default="torch", choices=["torch", "keras"], help="backend of the demo")
    options = parser.parse_args()
    try:
        if options.prepare:
            changelog, package = prepare(
                CHANGELOG.read_text(encoding="utf-8"),
                PACKAGE.read_text(encoding="utf-8"),
                options.prepare,
                date.today(),
            )
            CHANGELOG.write_text(changelog, encoding="utf-8")
            PACKAGE.write_text(package, encoding="utf-8")
        else:
            release(ROOT / "dist", options.extra, rehearse=options.rehearse)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
