"""Memory for pixels: how much there is, what goes to disk, and that rows on disk are read ahead as a whole."""

import mmap
import os
import time
from pathlib import Path

import numpy as np
import pytest
from benchmarks.measure import resident

from latentkit.images import scratch
from latentkit.images.scratch import allocate, available_memory, memory_budget, prefetch, spans

GIB = 2**30


@pytest.fixture
def small(monkeypatch):
    """A machine with a budget of 1000 bytes."""
    monkeypatch.setattr(scratch, "memory_budget", lambda: 1000)


def test_the_budget_is_half_of_the_available_memory(monkeypatch):
    monkeypatch.setattr(scratch, "available_memory", lambda: 5000)
    assert memory_budget() == 2500


def test_the_budget_is_a_gibibyte_if_the_system_does_not_say(monkeypatch):
    monkeypatch.setattr(scratch, "available_memory", lambda: None)
    assert memory_budget() == 2**30


def test_small_arrays_are_in_memory_and_large_ones_are_mapped(small, tmp_path):
    assert not isinstance(allocate((1000,), np.dtype(np.uint8), tmp_path), np.memmap)
    assert isinstance(allocate((1001,), np.dtype(np.uint8), tmp_path), np.memmap)
    assert list(tmp_path.iterdir()) == []


def test_a_set_larger_than_all_memory_goes_to_disk(tmp_path, monkeypatch):
    reserved = []
    monkeypatch.setattr(scratch, "_reserve", lambda descriptor, size, where: reserved.append(size))
    size = 2 * (available_memory() or 2**30)
    pixels = allocate((size,), np.dtype(np.uint8), tmp_path)
    pixels[-1] = 7  # the file has no blocks but this one
    assert isinstance(pixels, np.memmap) and reserved == [size] and pixels[-1] == 7


@pytest.mark.parametrize("size", [1, 700, 4096, 5000, 12288])
@pytest.mark.parametrize("start", [0, 64, 4096])
def test_every_byte_of_every_row_is_requested_and_few_others(size, start):
    rows = np.random.default_rng(size).permutation(3000)[:50]
    wanted = np.zeros(start + 3000 * size, bool)
    for row in rows:
        wanted[start + row * size : start + (row + 1) * size] = True
    asked = np.zeros_like(wanted)
    for begin, length in spans(rows, size, start, 4096):
        assert begin % 4096 == 0
        asked[begin : begin + length] = True
    assert asked[wanted].all()
    assert asked.sum() < wanted.sum() + 50 * 4096


def test_neighbors_are_requested_together():
    assert spans(np.array([7, 5, 6, 8, 9, 4]), 4096, 0, 4096) == [(4 * 4096, 6 * 4096)]
    assert spans(np.array([0, 10]), 4096, 0, 4096) == [(0, 4096), (40960, 4096)]


@pytest.mark.parametrize("first", [0, 8])
def test_rows_are_read_from_disk_before_they_are_used(tmp_path, first):
    path = tmp_path / "pixels"
    path.write_bytes(os.urandom(1024 * mmap.PAGESIZE))
    with path.open("r+b") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        whole = np.memmap(file, np.uint8, "r+", shape=(1024, mmap.PAGESIZE))
    if resident(whole).any():
        pytest.skip(f"the file system of {tmp_path} keeps everything in memory")
    rows = np.array([900, 17, 300])
    prefetch(whole[first:], rows)
    end = time.monotonic() + 300
    while not resident(whole)[rows + first].all():
        assert time.monotonic() < end, "not read"
        time.sleep(0.01)
    assert resident(whole).sum() == len(rows)


def test_rows_in_memory_need_no_prefetching():
    rows = np.zeros((10, 8, 8, 3), np.uint8)
    prefetch(rows, np.array([3, 1]))
    assert not rows.any()


def test_no_rows_need_no_prefetching(small, tmp_path):
    rows = allocate((10, 200), np.dtype(np.uint8), tmp_path)
    prefetch(rows, np.empty(0, np.int64))
    assert not rows.any()


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


def test_available_memory_is_what_linux_reports(machine):
    assert available_memory(*machine("0::/\n", {})) == 8 * GIB


@pytest.mark.parametrize(
    "groups, files",
    [
        ("0::/job\n", {"job/memory.max": f"{3 * GIB}\n"}),
        ("0::/slice/job\n", {"slice/job/memory.max": "max\n", "slice/memory.max": f"{3 * GIB}\n"}),
        ("0::/host/path\n", {"memory.max": f"{3 * GIB}\n"}),
        ("5:cpu:/x\n4:cpuset,memory:/job\n", {"memory/job/memory.limit_in_bytes": f"{3 * GIB}\n"}),
        ("4:memory:/host/path\n", {"memory/memory.limit_in_bytes": f"{3 * GIB}\n"}),
    ],
    ids=["v2", "v2 parent", "v2 in a container", "v1", "v1 in a container"],
)
def test_a_limit_of_the_control_group_is_respected(machine, groups, files):
    assert available_memory(*machine(groups, files)) == 3 * GIB


@pytest.mark.parametrize(
    "groups, files",
    [
        ("0::/job\n", {"job/memory.max": "max\n"}),
        ("0::/job\n", {"job/memory.max": f"{9 * GIB}\n"}),
        ("0::/job\n", {"other/memory.max": f"{GIB}\n"}),
        ("3:cpu:/job\n", {"memory/job/memory.limit_in_bytes": f"{GIB}\n"}),
    ],
    ids=["none", "above what is available", "of another group", "of another controller"],
)
def test_without_a_lower_limit_all_memory_is_available(machine, groups, files):
    assert available_memory(*machine(groups, files)) == 8 * GIB


def test_available_memory_is_unknown_on_other_systems(tmp_path):
    assert available_memory(tmp_path / "proc", tmp_path / "cgroup") is None


def test_this_machine_reports_a_plausible_number(tmp_path):
    available = available_memory()
    assert available is None or 2**20 < available < 2**50
