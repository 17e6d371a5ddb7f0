import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from latentkit.formats.atomic import replace_file


def write(path: Path, data: bytes) -> None:
    with replace_file(path) as file:
        file.write(data)


def test_a_new_file_appears_with_the_permissions_of_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write(tmp_path / "new", b"data")
    finally:
        os.umask(before)
    assert (tmp_path / "new").read_bytes() == b"data"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_file_is_replaced_with_its_permissions_kept(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "old").chmod(0o604)
    write(tmp_path / "old", b"new")
    assert (tmp_path / "old").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o604


def test_an_exception_keeps_the_old_file_and_leaves_no_temporary_file(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replace_file(tmp_path / "old") as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert (tmp_path / "old").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_the_old_bytes_are_readable_until_the_new_ones_are_complete(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    with replace_file(tmp_path / "old") as file:
        file.write(b"new")
        file.flush()
        assert (tmp_path / "old").read_bytes() == b"old"
    assert (tmp_path / "old").read_bytes() == b"new"


def test_an_open_handle_keeps_the_old_file(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    with (tmp_path / "old").open("rb") as held:
        write(tmp_path / "old", b"new")
        assert held.read() == b"old"


def test_a_link_is_followed(tmp_path):
    (tmp_path / "there").write_bytes(b"old")
    (tmp_path / "link").symlink_to("there")
    write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_bytes() == b"new"


def test_a_named_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write(tmp_path / "pipe", b"data")
    reader.join()
    assert received == [b"data"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_an_open_descriptor_of_a_pipe_can_be_named_as_a_file():
    receiving, sending = os.pipe()
    write(Path(f"/dev/fd/{sending}"), b"data")
    os.close(sending)
    assert os.read(receiving, 10) == b"data"
    os.close(receiving)


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("no/such/file", errno.ENOENT),
        ("plain/file", errno.ENOTDIR),
        ("folder", errno.EISDIR),
        ("n" * 300, errno.ENAMETOOLONG),
    ],
)
def test_an_error_names_the_target_and_not_the_temporary_file(tmp_path, path, number):
    (tmp_path / "plain").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        write(tmp_path / path, b"data")
    assert (caught.value.errno, caught.value.filename) == (number, str(tmp_path / path))


def test_a_full_disk_is_an_error_that_names_the_target():
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        write(Path("/dev/full"), b"data")


def test_an_error_about_another_file_keeps_that_files_name(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, replace_file(tmp_path / "new"):
        (tmp_path / "images").read_bytes()
    assert caught.value.filename == str(tmp_path / "images")
