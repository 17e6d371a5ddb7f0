"""How latentkit is installed: its distribution, its place, and the command that adds an extra.

The distribution is `latentkit-vae`: the project called `latentkit` on the public index is another one. So no message
tells a user to install latentkit by name; the requirements of an extra are read from the installed metadata. Modules that
read metadata are imported late, since every command imports this one.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from latentkit import __version__

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["DISTRIBUTION", "describe", "how_to_install", "versions"]

DISTRIBUTION = "latentkit-vae"


def describe() -> str:
    """Return the distribution, its version and where it lies."""
    return f"{DISTRIBUTION} {__version__} from {Path(__file__).parent}"


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of latentkit and of other packages, for a file to record."""
    from importlib.metadata import version

    return {"latentkit": __version__} | {package: version(package) for package in packages}


def how_to_install(extra: str, of: str = DISTRIBUTION) -> str:
    """Return what to do to install an extra of a distribution, with a pip command where the metadata give one."""
    import shlex
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        installed = distribution(of)
    except PackageNotFoundError:
        return f"install {of} with its extra {extra!r}"
    requirements = _requirements(installed, extra)
    if not requirements:
        return f"install what {of} needs for it"
    if (clone := _clone(installed)) is not None:
        return f"pip install -e {shlex.quote(f'{clone}[{extra}]')}"
    return f"pip install {shlex.join(requirements)}"


def _requirements(installed: "Distribution", extra: str) -> list[str]:
    """Return the requirements that an extra adds, such as `torch>=2.6`."""
    marker = re.compile(rf"""extra\s*==\s*["']{re.escape(extra)}["']""")
    split = [each.partition(";") for each in installed.requires or []]
    return [requirement.strip() for requirement, _, markers in split if marker.search(markers)]


def _clone(installed: "Distribution") -> str | None:
    """Return the folder of an editable installation."""
    import json
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return url2pathname(urlsplit(origin["url"]).path)
