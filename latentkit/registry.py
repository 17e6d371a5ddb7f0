"""Backends by entry point, found without importing any of them.

Listing reads the metadata of installed distributions only, so it is quick, and works when a
framework is broken. A backend is imported when it is asked for by name, and not before.
"""

import importlib
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, NamedTuple, cast

from latentkit.errors import BackendError
from latentkit.installation import how_to_install

if TYPE_CHECKING:
    from latentkit.protocol import Backend

__all__ = ["GROUP", "Installed", "choose", "installed", "load"]

GROUP = "latentkit.backends"
PREFERRED = "torch"
"""What is tried first when nobody names a backend: it starts three times sooner than TensorFlow."""


class Installed(NamedTuple):
    """A backend as its distribution's metadata declare it."""

    name: str
    module: str
    distribution: str


def installed() -> list[Installed]:
    """Every backend that a distribution declares, sorted by name; imports nothing."""
    declared = sorted(_declared(entry) for entry in entry_points(group=GROUP))
    # A clone that was installed under an older name declares the same modules again.
    return list({(backend.name, backend.module): backend for backend in declared}.values())


def _declared(entry: EntryPoint) -> Installed:
    where = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else "an unnamed distribution"
    return Installed(entry.name, entry.value, where)


def load(name: str) -> "Backend":
    """Import the backend of this name; raises BackendError saying what to install or to mend."""
    from latentkit.protocol import API

    claims = [backend for backend in installed() if backend.name == name]
    if not claims:
        known = ", ".join(sorted({backend.name for backend in installed()})) or "none"
        raise BackendError(f"there is no backend {name!r}; installed: {known}")
    if len(claims) > 1:
        owners = " and ".join(claim.distribution for claim in claims)
        raise BackendError(f"the backend name {name!r} is claimed by {owners}; uninstall one of them")
    claim = claims[0]
    try:
        backend = cast("Backend", importlib.import_module(claim.module))
    except ModuleNotFoundError as error:
        raise BackendError(
            f"backend {name!r} needs the package {error.name!r}, which is not installed: "
            f"{how_to_install(name, claim.distribution.split()[0])}"
        ) from error
    except Exception as error:  # whatever a framework's own start-up raises, the user must know whose it is
        raise BackendError(
            f"backend {name!r} ({claim.module} of {claim.distribution}) cannot be imported: {type(error).__name__}: {error}"
        ) from error
    stated = getattr(backend, "API", None)
    if stated != API:
        raise BackendError(
            f"backend {name!r} ({claim.distribution}) is written for API {stated}, but this latentkit has API {API}; upgrade the older"
        )
    return backend


def choose(named: str | None, preferred: str | None = None) -> tuple[str, "Backend"]:
    """The backend that was named; else `preferred`, or the first of all installed that can be imported. And its name."""
    if named is not None:
        return named, load(named)
    everything = sorted({backend.name for backend in installed()}, key=lambda name: (name != PREFERRED, name))
    reasons = []
    for name in dict.fromkeys([*([preferred] if preferred else []), *everything]):
        try:
            return name, load(name)
        except BackendError as error:
            reasons.append(str(error))
    raise BackendError(
        f"no backend can be used: {'; '.join(reasons)}"
        if reasons
        else f"no backend is installed: {how_to_install(PREFERRED)}"
    )
