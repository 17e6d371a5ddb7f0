import json
import os
import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from latentkit.commands.cache import cache as command
from latentkit.errors import ImagesError
from latentkit.images import Cache, ImageSet, Transform, cache_file, files, find, load
from latentkit.images import cache as cache_module

SMALL = Transform(8)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own."""
    monkeypatch.setenv("LATENTKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LATENTKIT_CACHE_LIMIT", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Ten photos, last changed an hour ago as far as the cache can see."""
    rng = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    for i in range(10):
        Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).save(tmp_path / "photos" / f"{i}.png")
    return tmp_path / "photos"


@pytest.fixture
def grain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as changed long ago, however new it is."""
    monkeypatch.setattr(files, "_CLOCK_GRAIN_NS", -(10**18))


def loaded(folder: Path, transform: Transform = SMALL) -> tuple[ImageSet, str | None]:
    with Cache() as cache:
        return load(find([str(folder)]), transform, cache=cache), cache.note


def rows(home: Path, table: str) -> int:
    with sqlite3.connect(home / "images-1.sqlite") as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return count


def edit(home: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(home / "images-1.sqlite")
    with connection:
        assert connection.execute(statement, values).rowcount > 0
    connection.close()


def same(one: ImageSet, other: ImageSet) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("ids", "digests", "pixels")
    )


def test_the_cache_changes_no_byte(photos, grain):
    without = load(find([str(photos)]), SMALL)
    assert all(same(without, loaded(photos)[0]) for _ in range(2))


def paint(home: Path, digest: str, transform: Transform) -> None:
    """Put a black picture where the cache keeps that of `digest`."""
    key, black = cache_module.pixel_key(digest, transform), bytes(8 * 8 * 3)
    edit(
        home,
        "UPDATE pixels SET value = ?, crc = ? WHERE key = ?",
        black,
        zlib.crc32(black, zlib.crc32(key)),
        key,
    )


def test_a_file_that_did_not_change_is_not_read(photos, home, grain):
    """Its digest comes from the cache: one that is planted there is taken for its own."""
    first, _ = loaded(photos)
    key = bytes(photos / "3.png")
    connection = sqlite3.connect(home / "images-1.sqlite")
    ((value,),) = connection.execute("SELECT value FROM files WHERE key = ?", (key,)).fetchall()
    connection.close()
    planted = value[:40] + bytes.fromhex(first.digests[7])
    edit(
        home,
        "UPDATE files SET value = ?, crc = ? WHERE key = ?",
        planted,
        zlib.crc32(planted, zlib.crc32(key)),
        key,
    )
    assert loaded(photos)[0].digests[3] == first.digests[7]


def test_a_decoded_image_is_not_decoded_again(photos, home, grain):
    first, _ = loaded(photos)
    paint(home, str(first.digests[3]), SMALL)
    assert (loaded(photos)[0].pixels[3] == 0).all()


def test_a_moved_file_is_not_decoded_again(photos, home, grain):
    first, _ = loaded(photos)
    paint(home, str(first.digests[3]), SMALL)
    photos.rename(photos.with_name("moved"))
    assert (loaded(photos.with_name("moved"))[0].pixels[3] == 0).all()


def test_a_file_changed_just_now_is_read_again(photos, home):
    loaded(photos)
    assert rows(home, "files") == 0 and rows(home, "pixels") == 10


def test_a_changed_file_of_the_same_size_and_time_is_seen(photos, grain):
    first, _ = loaded(photos)
    path, status = photos / "3.png", (photos / "3.png").stat()
    Image.fromarray(np.zeros((12, 16, 3), np.uint8)).save(path)
    with path.open("ab") as file:
        file.write(bytes(status.st_size - path.stat().st_size))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    second, _ = loaded(photos)
    assert (second.pixels[3] == 0).all() and second.digests[3] != first.digests[3]


@pytest.mark.parametrize("other", [Transform(9), Transform(8, "gray"), Transform(8, "rgb", "pad")])
def test_every_transform_has_its_own_pixels(photos, other, grain):
    loaded(photos)
    assert same(loaded(photos, other)[0], load(find([str(photos)]), other))


def test_another_decoder_version_has_its_own_pixels(photos, home, monkeypatch, grain):
    loaded(photos)
    monkeypatch.setattr(cache_module, "VERSION", 2)
    loaded(photos)
    assert rows(home, "pixels") == 20


def test_corrupt_pixels_are_decoded_and_stored_again(photos, home, grain):
    first, _ = loaded(photos)
    edit(home, "UPDATE pixels SET value = zeroblob(192)")
    assert same(loaded(photos)[0], first)
    edit(home, "UPDATE pixels SET used = used WHERE value != zeroblob(192)")


def test_corrupt_digests_are_ignored(photos, home, grain):
    first, _ = loaded(photos)
    edit(home, "UPDATE files SET value = substr(value, 1, 40) || zeroblob(16)")
    assert same(loaded(photos)[0], first)


def test_pixels_under_another_key_are_ignored(photos, home, grain):
    first, _ = loaded(photos)
    edit(home, "UPDATE pixels SET (value, crc) = (SELECT value, crc FROM pixels ORDER BY key LIMIT 1)")
    assert same(loaded(photos)[0], first)


def test_a_corrupt_file_is_replaced_with_a_note(photos, home, grain):
    first, _ = loaded(photos)
    (home / "images-1.sqlite").write_bytes(b"no database" * 1000)
    second, note = loaded(photos)
    assert same(second, first)
    assert note is not None and "was corrupt" in note and "was replaced by an empty one" in note
    assert loaded(photos)[1] is None and rows(home, "pixels") == 10


def test_corrupt_pages_in_the_middle_change_no_pixel(photos, home, grain):
    first, _ = loaded(photos)
    data = bytearray((home / "images-1.sqlite").read_bytes())
    data[16384 : 16384 * 4] = np.random.default_rng(0).bytes(16384 * 3)
    (home / "images-1.sqlite").write_bytes(data)
    assert same(loaded(photos)[0], first)


def test_a_folder_that_cannot_be_written_means_work_without_a_cache(photos, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LATENTKIT_CACHE", str(tmp_path / "file" / "cache"))
    images, note = loaded(photos)
    assert len(images) == 10
    assert note is not None and note.startswith("continuing without a cache") and "LATENTKIT_CACHE" in note


def test_a_cache_that_is_a_folder_means_work_without_one(photos, home):
    (home / "images-1.sqlite").mkdir(parents=True)
    images, note = loaded(photos)
    assert len(images) == 10 and note is not None and "unable to open database file" in note


def test_a_limit_of_0_means_no_cache(photos, home, monkeypatch):
    monkeypatch.setenv("LATENTKIT_CACHE_LIMIT", "0")
    assert loaded(photos)[1] is None and not home.exists()


def test_old_pixels_are_evicted_for_new_ones(photos, home, monkeypatch):
    loaded(photos, Transform(64))
    edit(home, "UPDATE pixels SET used = 1000")
    monkeypatch.setenv("LATENTKIT_CACHE_LIMIT", "300k")
    _, note = loaded(photos, Transform(65))
    assert note is None
    assert rows(home, "pixels") == 10


def test_pixels_in_use_stay_and_a_full_cache_says_so(photos, home, monkeypatch):
    loaded(photos, Transform(64))
    monkeypatch.setenv("LATENTKIT_CACHE_LIMIT", "100k")
    _, note = loaded(photos, Transform(65))
    assert note is not None and "is full" in note and "LATENTKIT_CACHE_LIMIT" in note
    assert rows(home, "pixels") == 20


def test_reading_marks_pixels_as_used(photos, home, grain):
    loaded(photos)
    edit(home, "UPDATE pixels SET used = 1000")
    loaded(photos)
    with pytest.raises(AssertionError):
        edit(home, "DELETE FROM pixels WHERE used = 1000")


@pytest.mark.parametrize(
    "text, expected", [("5", 5), ("2K", 2048), ("1.5m", 1572864), ("3 GiB", 3 * 2**30), ("", 2**32)]
)
def test_the_limit_is_a_size(monkeypatch, text, expected):
    monkeypatch.setenv("LATENTKIT_CACHE_LIMIT", text)
    assert cache_file.limit() == expected


def test_an_invalid_limit_is_refused(monkeypatch):
    monkeypatch.setenv("LATENTKIT_CACHE_LIMIT", "lots")
    with pytest.raises(
        ImagesError,
        match="LATENTKIT_CACHE_LIMIT is 'lots', which is not a size: set it to one such as 500M or 8G",
    ):
        Cache()


def test_the_cache_is_in_the_xdg_folder_by_default(monkeypatch):
    monkeypatch.delenv("LATENTKIT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_file.folder() == Path("/somewhere/latentkit")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be ignored, says the specification
    assert cache_file.folder() == Path.home() / ".cache" / "latentkit"


def test_processes_share_the_cache(photos, home, tmp_path):
    code = (
        "import sys; from latentkit.images import *\n"
        "with Cache() as cache:\n"
        "    for size in range(8, 20): load(find(sys.argv[1:]), Transform(size), cache=cache)\n"
        "print(cache.note)"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(photos)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate()[0] for process in running] == ["None\n"] * 3
    assert rows(home, "pixels") == 120


def test_info_describes_the_cache(photos, home, grain):
    loaded(photos)
    result = CliRunner().invoke(command, ["info", "--json"])
    found = json.loads(result.stdout)
    assert (found["images"], found["files"], found["limit"]) == (10, 10, 2**32)
    assert found["path"] == str(home / "images-1.sqlite") and found["bytes"] > 10 * 192


def test_info_as_text_names_the_file_and_the_limit(photos, home):
    loaded(photos)
    lines = CliRunner().invoke(command, ["info"]).stdout.splitlines()
    assert lines[0] == str(home / "images-1.sqlite")
    assert "10 images" in lines[1] and "of at most 4096.0 MiB" in lines[1]


def test_info_does_not_create_a_cache(home):
    assert json.loads(CliRunner().invoke(command, ["info", "--json"]).stdout)["images"] == 0
    assert not home.exists()


def test_info_of_a_corrupt_cache_says_what_to_do(home):
    home.mkdir()
    (home / "images-1.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(ImagesError, match=r"cannot be read .*`latentkit cache clear` removes it"):
        cache_file.info()


def test_clear_empties_the_cache(photos, home):
    loaded(photos, Transform(64))
    result = CliRunner().invoke(command, ["clear"])
    assert result.exit_code == 0 and result.stdout == "" and result.stderr.startswith("freed 0.2 MiB in")
    assert rows(home, "pixels") == 0 and loaded(photos)[1] is None


def test_clear_removes_a_corrupt_cache(photos, home):
    home.mkdir()
    (home / "images-1.sqlite").write_bytes(b"no database" * 1000)
    assert cache_file.clear() == 11000
    assert not any(home.iterdir())


def test_a_cache_in_use_for_long_cannot_be_cleared_and_says_so(photos, home, monkeypatch):
    loaded(photos)
    monkeypatch.setattr(cache_file, "_LOCK_TIMEOUT", 0.1)
    holder = sqlite3.connect(home / "images-1.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ImagesError, match=r"cannot be cleared \(database is locked\): try again"):
        cache_file.clear()
    holder.close()


def test_a_cache_below_a_file_is_no_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LATENTKIT_CACHE", str(tmp_path / "file" / "cache"))
    assert cache_file.info().images == 0 and cache_file.clear() == 0


def test_no_home_for_the_cache_is_an_error_that_names_the_variable(monkeypatch):
    monkeypatch.delenv("LATENTKIT_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)  # a user without an entry in the list of users
    with pytest.raises(ImagesError, match="there is no home folder for the cache: set LATENTKIT_CACHE"):
        cache_file.info()
    with Cache() as cache:
        assert cache.note is not None and "there is no home" in cache.note


def test_clear_without_a_cache_frees_nothing(home):
    assert cache_file.clear() == 0 and not home.exists()


def test_clear_does_not_touch_other_files(photos, home):
    loaded(photos)
    (home / "notes.txt").write_text("mine")
    cache_file.clear()
    assert (home / "notes.txt").read_text() == "mine"


def test_a_cache_cleared_under_a_reader_goes_on(photos, grain):
    with Cache() as cache:
        first = load(find([str(photos)]), SMALL, cache=cache)
        cache_file.clear()
        assert same(load(find([str(photos)]), SMALL, cache=cache), first)
        assert cache.note is None
