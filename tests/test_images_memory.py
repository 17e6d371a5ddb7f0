"""What a Linux says of its memory, and a batch system of its limits, from files as the kernel writes them."""

from pathlib import Path

import pytest

from latentkit.images.memory import available

GIB = 2**30


@pytest.fixture
def machine(tmp_path: Path):
    """`machine("0::/job", {"job/memory.max": "max"})`: /proc of 8 GiB with this group, and files of the groups."""

    def make(groups: str, files: dict[str, str]) -> tuple[Path, Path]:
        proc, cgroups = tmp_path / "proc", tmp_path / "cgroup"
        (proc / "self").mkdir(parents=True)
        (proc / "meminfo").write_text("MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable:    8388608 kB\n")
        (proc / "self" / "cgroup").write_text(groups)
        for name, text in files.items():
            (cgroups / name).parent.mkdir(parents=True, exist_ok=True)
            (cgroups / name).write_text(text)
        return proc, cgroups

    return make


def test_what_is_available_is_what_linux_says(machine):
    assert available(*machine("0::/\n", {})) == 8 * GIB


@pytest.mark.parametrize(
    "groups, files",
    [
        ("0::/job\n", {"job/memory.max": f"{3 * GIB}\n"}),
        ("0::/slice/job\n", {"slice/job/memory.max": "max\n", "slice/memory.max": f"{3 * GIB}\n"}),
        ("0::/host/path\n", {"memory.max": f"{3 * GIB}\n"}),
        ("5:cpu:/x\n4:cpuset,memory:/job\n", {"memory/job/memory.limit_in_bytes": f"{3 * GIB}\n"}),
        ("4:memory:/host/path\n", {"memory/memory.limit_in_bytes": f"{3 * GIB}\n"}),
    ],
    ids=["v2", "v2 around", "v2 in a container", "v1", "v1 in a container"],
)
def test_a_limit_of_the_group_is_kept(machine, groups, files):
    assert available(*machine(groups, files)) == 3 * GIB


@pytest.mark.parametrize(
    "groups, files",
    [
        ("0::/job\n", {"job/memory.max": "max\n"}),
        ("0::/job\n", {"job/memory.max": f"{9 * GIB}\n"}),
        ("0::/job\n", {"other/memory.max": f"{GIB}\n"}),
        ("3:cpu:/job\n", {"memory/job/memory.limit_in_bytes": f"{GIB}\n"}),
    ],
    ids=["none", "above what is there", "of another group", "of another kind"],
)
def test_no_limit_leaves_what_is_there(machine, groups, files):
    assert available(*machine(groups, files)) == 8 * GIB


def test_a_system_that_does_not_say_has_no_figure(tmp_path):
    assert available(tmp_path / "proc", tmp_path / "cgroup") is None


def test_this_machine_says_something_that_can_be(tmp_path):
    found = available()
    assert found is None or 2**20 < found < 2**50
