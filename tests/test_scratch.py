"""Pixels beyond memory: where they lie, and that they are read ahead in whole."""

import mmap
import os
import time

import numpy as np
import pytest
from benchmarks.measure import resident

from latentkit.images import scratch
from latentkit.images.memory import available
from latentkit.images.scratch import fetch, in_memory, room, spans


@pytest.fixture
def small(monkeypatch):
    """A machine that keeps 1000 bytes in memory."""
    monkeypatch.setattr(scratch, "in_memory", lambda: 1000)


def test_half_of_what_is_available_is_kept_in_memory(monkeypatch):
    monkeypatch.setattr(scratch, "available", lambda: 5000)
    assert in_memory() == 2500


def test_a_system_that_does_not_say_keeps_a_gibibyte(monkeypatch):
    monkeypatch.setattr(scratch, "available", lambda: None)
    assert in_memory() == 2**30


def test_what_fits_is_in_memory_and_what_does_not_is_mapped(small, tmp_path):
    assert not isinstance(room((1000,), np.dtype(np.uint8), tmp_path), np.memmap)
    assert isinstance(room((1001,), np.dtype(np.uint8), tmp_path), np.memmap)
    assert list(tmp_path.iterdir()) == []


def test_a_set_larger_than_all_memory_has_room_on_disk(tmp_path, monkeypatch):
    reserved = []
    monkeypatch.setattr(scratch, "_reserve", lambda descriptor, size, where: reserved.append(size))
    size = 2 * (available() or 2**30)
    pixels = room((size,), np.dtype(np.uint8), tmp_path)
    pixels[-1] = 7  # the file has no blocks but this one
    assert isinstance(pixels, np.memmap) and reserved == [size] and pixels[-1] == 7


@pytest.mark.parametrize("size", [1, 700, 4096, 5000, 12288])
@pytest.mark.parametrize("start", [0, 64, 4096])
def test_every_byte_of_every_row_is_asked_for_and_few_others(size, start):
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


def test_neighbours_are_asked_for_at_once():
    assert spans(np.array([7, 5, 6, 8, 9, 4]), 4096, 0, 4096) == [(4 * 4096, 6 * 4096)]
    assert spans(np.array([0, 10]), 4096, 0, 4096) == [(0, 4096), (40960, 4096)]


@pytest.mark.parametrize("first", [0, 8])
def test_rows_are_read_from_disk_before_they_are_taken(tmp_path, first):
    path = tmp_path / "pixels"
    path.write_bytes(os.urandom(1024 * mmap.PAGESIZE))
    with path.open("r+b") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        whole = np.memmap(file, np.uint8, "r+", shape=(1024, mmap.PAGESIZE))
    if resident(whole).any():
        pytest.skip(f"the file system of {tmp_path} keeps everything in memory")
    rows = np.array([900, 17, 300])
    fetch(whole[first:], rows)
    end = time.monotonic() + 20
    while not resident(whole)[rows + first].all():
        assert time.monotonic() < end, "not read"
        time.sleep(0.01)
    assert resident(whole).sum() == len(rows)


def test_rows_in_memory_need_nothing():
    fetch(np.zeros((10, 8, 8, 3), np.uint8), np.array([3, 1]))


def test_no_rows_need_nothing(small, tmp_path):
    fetch(room((10, 200), np.dtype(np.uint8), tmp_path), np.empty(0, np.int64))
