"""How much memory there is to take, so that what does not fit goes to disk before anything is killed."""

from collections.abc import Iterator
from pathlib import Path

__all__ = ["available"]

PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")


def available(proc: Path = PROC, cgroups: Path = CGROUPS) -> int | None:
    """Bytes that can be taken without swapping: what Linux says is available (proc(5), MemAvailable), and no
    more than a container or a batch system allows this process (cgroups(7), both versions). None elsewhere."""
    try:
        lines = (proc / "meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return min([1024 * kilobytes[0], *_limits(proc, cgroups)]) if kilobytes else None


def _limits(proc: Path, cgroups: Path) -> Iterator[int]:
    """Of the control group that this process is in, and of those around it."""
    for name, group in _groups(proc, cgroups):
        # A container may see its own group at the root, under the path that it has outside.
        for folder in (group, *group.parents):
            if folder.is_relative_to(cgroups):
                try:
                    text = (folder / name).read_text(encoding="ascii").strip()
                except OSError:
                    continue
                if text.isdecimal():  # and not "max"
                    yield int(text)


def _groups(proc: Path, cgroups: Path) -> Iterator[tuple[str, Path]]:
    """The file that holds the limit, and the folder of the group: lines are ID:CONTROLLERS:PATH."""
    try:
        lines = (proc / "self" / "cgroup").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield "memory.max", cgroups / path.lstrip("/")
        elif "memory" in controllers.split(","):
            yield "memory.limit_in_bytes", cgroups / "memory" / path.lstrip("/")
