"""Reading and writing .npz, and the .npy inside."""

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as some

from latentkit.errors import FormatError
from latentkit.formats.npz import NpzWriter, read_npz, write_npz

ARRAYS = {
    "text": np.array("schema"),
    "names": np.array(["a/1.png", "b/ü.png", "c"]),
    "mu": np.arange(12, dtype=np.float32).reshape(3, 4),
    "odd": np.arange(7, dtype=np.uint8),
    "empty": np.zeros((0, 3)),
    "truth": np.array([True, False]),
    "bytes": np.array([b"x", b"yz"]),
}


def packed(arrays) -> bytes:
    stream = io.BytesIO()
    write_npz(stream, arrays)
    return stream.getvalue()


def npy(array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def header(descr: str, shape: str, order: str = "False") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def archive(*members: tuple[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as file:
        for name, data in members:
            file.writestr(name, data)
    return stream.getvalue()


def read(data: bytes) -> dict[str, np.ndarray]:
    return read_npz(io.BytesIO(data), name="z.npz")


def refusal(data: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        read(data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class WriteOnly:
    """What a pipe is to a writer: no seek, no tell, and writes that may be short."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data) -> int:
        self.data += bytes(data[:7])
        return min(len(data), 7)


# Writing


def test_numpy_reads_the_files_we_write(tmp_path):
    (tmp_path / "z.npz").write_bytes(packed(ARRAYS))
    with np.load(tmp_path / "z.npz") as loaded:
        assert list(loaded) == list(ARRAYS)
        for key, array in ARRAYS.items():
            np.testing.assert_array_equal(loaded[key], array)
            assert loaded[key].dtype == array.dtype


def test_checksums_are_correct():
    with zipfile.ZipFile(io.BytesIO(packed(ARRAYS))) as file:
        assert file.testzip() is None
        assert all(zlib.crc32(file.read(info)) == info.CRC for info in file.infolist())


def test_only_write_is_needed_and_writes_may_be_partial():
    stream = WriteOnly()
    write_npz(stream, ARRAYS)
    assert stream.data == packed(ARRAYS)


def test_a_file_opened_for_appending_can_be_written(tmp_path):
    with (tmp_path / "z.npz").open("ab") as file:
        write_npz(file, ARRAYS)
    assert (tmp_path / "z.npz").read_bytes() == packed(ARRAYS)


def test_the_same_arrays_give_the_same_bytes_in_another_process():
    code = (
        "import sys, numpy as np; from latentkit.formats.npz import write_npz; "
        "write_npz(sys.stdout.buffer, {'mu': np.arange(12.0).reshape(3, 4), 'ids': np.array(['a', 'b'])})"
    )
    once, again = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in "ab"
    )
    assert once == again == packed({"mu": np.arange(12.0).reshape(3, 4), "ids": np.array(["a", "b"])})


@pytest.mark.parametrize(
    ("array", "same"),
    [
        (np.arange(6.0).reshape(2, 3).T, np.ascontiguousarray(np.arange(6.0).reshape(2, 3).T)),
        (np.asfortranarray(np.eye(3)), np.eye(3)),
        (np.arange(10)[::2], np.array([0, 2, 4, 6, 8])),
        (np.arange(3, dtype=">f4"), np.arange(3, dtype="<f4")),
        (np.array(["a", "bb"], "<U9"), np.array(["a", "bb"])),
        (np.array(["", ""], "<U9"), np.array(["", ""])),
    ],
)
def test_equal_arrays_give_equal_bytes_in_any_memory_layout(array, same):
    np.testing.assert_array_equal(read(packed({"x": array}))["x"], same)
    assert packed({"x": array}) == packed({"x": same})


def test_the_data_of_every_member_are_aligned_to_64_bytes():
    data = packed({**ARRAYS, "ü" * 40: np.arange(3)})
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for info in file.infolist():
            name, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
            start = info.header_offset + 30 + name + extra
            assert data[start : start + 6] == b"\x93NUMPY"
            assert start % 64 == 0
            assert (start + 10 + struct.unpack_from("<H", data, start + 8)[0]) % 64 == 0


def test_members_reveal_neither_date_nor_system():
    with zipfile.ZipFile(io.BytesIO(packed(ARRAYS))) as file:
        dates_and_systems = {(info.date_time, info.create_system) for info in file.infolist()}
    assert dates_and_systems == {((1980, 1, 1, 0, 0, 0), 3)}


@pytest.mark.parametrize("array", [np.array([{}]), np.array([1j]), np.array(["2020-01-01"], "M8[D]")])
def test_only_numbers_and_text_are_written(array):
    with pytest.raises(FormatError, match=r"^x has dtype .*; only numbers, booleans and text can be stored$"):
        packed({"x": array})


def test_a_name_that_escapes_its_folder_is_not_written():
    with pytest.raises(FormatError, match=r"^writing an \.npz: '\.\./x' is not a valid name for an array$"):
        packed({"../x": np.arange(3)})


def test_an_exception_leaves_an_archive_that_is_visibly_incomplete():
    stream = io.BytesIO()
    with pytest.raises(KeyboardInterrupt), NpzWriter(stream) as npz:
        npz.write("mu", np.dtype("<f4"), (3,), [np.zeros(12, np.uint8)])
        raise KeyboardInterrupt
    assert stream.getvalue()
    assert refusal(stream.getvalue()).startswith("z.npz is corrupt or truncated")


@pytest.mark.slow
def test_a_member_above_two_gigabytes_is_written_and_mapped(tmp_path):
    rows, row = 2100, np.arange(1 << 18, dtype=np.float32)
    with (tmp_path / "z.npz").open("wb") as file, NpzWriter(file) as npz:
        npz.write("mu", row.dtype, (rows, row.size), (row.view(np.uint8) for _ in range(rows)))
        npz.write("last", np.dtype("<i8"), (1,), [np.array([7]).view(np.uint8)])
    arrays = read_npz(tmp_path / "z.npz", name="z.npz")
    np.testing.assert_array_equal(arrays["mu"][-1], row)
    assert arrays["last"] == [7]


# Reading


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text("abcdefgü_/ 0", min_size=1).filter(lambda key: not key.startswith("/")),
        some.arrays(
            some.scalar_dtypes().filter(lambda dtype: dtype.kind in "fiub")
            | some.unicode_string_dtypes(max_len=5)
            | some.byte_string_dtypes(max_len=5),
            some.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
        ),
        max_size=4,
    )
)
def test_arrays_survive_a_round_trip(arrays):
    found = read(packed(arrays))
    assert list(found) == list(arrays)
    for key, array in arrays.items():
        assert found[key].dtype.kind == array.dtype.kind
        np.testing.assert_array_equal(found[key], array)
        assert not found[key].flags.writeable


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_files_from_numpy_are_read(tmp_path, save):
    arrays = {**ARRAYS, "fortran": np.asfortranarray(np.eye(3)), "big": np.arange(5, dtype=">i4")}
    save(tmp_path / "z.npz", **arrays)
    found = read_npz(tmp_path / "z.npz", name="z.npz")
    for key, array in arrays.items():
        np.testing.assert_array_equal(found[key], array)
        assert found[key].dtype.isnative


def test_a_version_2_header_is_read():
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.arange(3), version=(2, 0))
    np.testing.assert_array_equal(read(archive(("x.npy", stream.getvalue())))["x"], np.arange(3))


def test_a_header_of_another_writer_is_read():
    data = header('"<f8"', "(2L,)").replace(b"'", b'"') + np.array([1.0, 2.0]).tobytes()
    np.testing.assert_array_equal(read(archive(("x.npy", data)))["x"], [1.0, 2.0])


def test_a_large_stored_member_is_memory_mapped(tmp_path):
    mu = np.random.default_rng(0).normal(size=(3000, 100))
    (tmp_path / "z.npz").write_bytes(packed({"ids": np.arange(3), "mu": mu}))
    found = read_npz(tmp_path / "z.npz", name="z.npz")
    assert isinstance(found["mu"].base, np.memmap)
    np.testing.assert_array_equal(found["mu"], mu)
    assert not isinstance(found["ids"].base, np.memmap)


def test_a_mapped_array_outlives_the_replacement_of_its_file(tmp_path):
    mu = np.ones((3000, 100))
    (tmp_path / "z.npz").write_bytes(packed({"mu": mu}))
    found = read_npz(tmp_path / "z.npz", name="z.npz")
    (tmp_path / "other").write_bytes(packed({"mu": 2 * mu}))
    (tmp_path / "other").replace(tmp_path / "z.npz")
    np.testing.assert_array_equal(found["mu"], mu)


def test_a_large_member_that_is_not_aligned_is_read(tmp_path):
    mu = np.arange(1 << 18, dtype=np.float64)
    for key in ("m", "mu", "mu2", "mu23"):
        np.savez(tmp_path / "z.npz", **{key: mu})
        found = read_npz(tmp_path / "z.npz", name="z.npz")[key]
        assert found.flags.aligned
        np.testing.assert_array_equal(found, mu)


def test_a_large_member_in_fortran_order_is_memory_mapped(tmp_path):
    mu = np.asfortranarray(np.arange(1 << 18, dtype=np.float64).reshape(512, 512))
    (tmp_path / "z.npz").write_bytes(archive(("x" * 6 + ".npy", npy(mu))))
    (found,) = read_npz(tmp_path / "z.npz", name="z.npz").values()
    np.testing.assert_array_equal(found, mu)
    assert isinstance(found.base, np.memmap)


def test_a_pipe_is_read():
    receiving, sending = os.pipe()
    os.write(sending, packed(ARRAYS))
    os.close(sending)
    with os.fdopen(receiving, "rb") as stream:
        np.testing.assert_array_equal(read_npz(stream, name="-")["mu"], ARRAYS["mu"])
        assert not stream.closed


def test_a_partly_read_stream_is_read_from_its_position(tmp_path):
    (tmp_path / "z.npz").write_bytes(b"before" + packed(ARRAYS))
    with (tmp_path / "z.npz").open("rb") as stream:
        stream.read(6)
        np.testing.assert_array_equal(read_npz(stream, name="z.npz")["mu"], ARRAYS["mu"])


def test_a_file_with_bytes_before_the_archive_is_refused(tmp_path):
    (tmp_path / "z.npz").write_bytes(b"before" + packed(ARRAYS))
    with pytest.raises(FormatError, match=r"^z.npz is not an .npz file: it begins with b'befo'$"):
        read_npz(tmp_path / "z.npz", name="z.npz")


# Refusals


def test_an_empty_file_is_refused():
    assert refusal(b"") == "z.npz is empty: the command that should have written it failed"


def test_a_pickle_is_refused():
    assert refusal(b"\x80\x04K\x01.") == "z.npz is not an .npz file: it begins with b'\\x80\\x04K\\x01'"


def test_a_truncated_file_is_refused_wherever_it_ends():
    data = packed(ARRAYS)
    for length in range(4, len(data)):
        assert refusal(data[:length]).startswith("z.npz is corrupt or truncated: ")


def test_a_corrupt_small_member_is_refused_by_its_checksum():
    data = bytearray(packed({"mu": np.arange(9)}))
    data[data.index(np.arange(9).tobytes()) + 8] ^= 1
    assert refusal(bytes(data)) == "z.npz is corrupt or truncated: Bad CRC-32 for file 'mu.npy'"


def test_python_objects_are_refused_unread():
    data = archive(("x.npy", npy(np.array([{}, None]))))
    assert refusal(data) == "z.npz: x holds Python objects, which are never loaded: store numbers or text"


@pytest.mark.parametrize(
    ("descr", "message"),
    [("'<c8'", "'<c8'"), ("'|V8'", "'|V8'"), ("'<f3'", "'<f3'"), ("'<U0'", "'<U0'"), ("'|a5'", "'|a5'")],
)
def test_other_dtypes_are_refused(descr, message):
    data = archive(("x.npy", header(descr, "(1,)") + bytes(8)))
    assert refusal(data) == f"z.npz: x has the dtype {message}; only numbers, booleans and text can be read"


@pytest.mark.parametrize(
    ("descr", "shape"),
    [("[('a', '<f4')]", "(1,)"), ("'<M8[ns]'", "(1,)"), ("'<f8'", "(-1,)"), ("'<f8'", "__import__('os')")],
)
def test_a_header_that_is_not_literal_is_refused_without_evaluation(descr, shape):
    data = archive(("x.npy", header(descr, shape) + bytes(8)))
    assert refusal(data).startswith("z.npz: x has an .npy header that cannot be read: \"{'descr': ")


def test_a_member_without_an_npy_header_is_refused():
    assert refusal(archive(("x.npy", b"not an array"))) == "z.npz: x is not an array in .npy format"


def test_an_unknown_npy_version_is_refused():
    data = archive(("x.npy", b"\x93NUMPY\x04\x00" + bytes(100)))
    assert refusal(data) == "z.npz: x is in .npy version 4.0; versions 1 and 2 can be read"


@pytest.mark.parametrize(("length", "following"), [(2_000, 100), (4_000_000_000, 100), (12_000, 20_000)])
def test_a_header_longer_than_possible_is_refused(length, following):
    data = archive(("x.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", length) + bytes(following)))
    message = f"z.npz: x has an .npy header of {12 + length} bytes, which is more than is possible"
    assert refusal(data) == message


@pytest.mark.parametrize(("shape", "nbytes"), [("(3,)", 24), ("(1000000000000,)", 8 * 10**12), ("()", 8)])
def test_a_shape_that_does_not_match_the_data_is_refused(shape, nbytes):
    data = archive(("x.npy", header("'<f8'", shape) + bytes(16)))
    assert len(data) < 300
    message = refusal(data)
    assert message.startswith(
        f"z.npz: x claims to be {shape} float64, {nbytes} bytes, but has 16: ".replace("()", "()")
    )


def test_text_that_is_not_unicode_is_refused():
    data = archive(("x.npy", header("'<U1'", "(1,)") + b"\xff\xff\xff\x7f"))
    assert refusal(data) == "z.npz: x holds text that is not Unicode: the file is corrupt"


def test_a_member_that_is_not_an_npy_is_refused():
    message = refusal(archive(("archive/data.pkl", b"")))
    assert message == "z.npz holds 'archive/data.pkl', which is not an array: NumPy did not write this .npz"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_duplicate_key_is_refused():
    assert refusal(archive(("x.npy", npy(1)), ("x.npy", npy(2)))) == "z.npz holds 'x' twice"


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/x", "a\\..\\x", ""])
def test_a_key_that_escapes_its_folder_is_refused(key):
    assert refusal(archive((f"{key}.npy", npy(1)))) == f"z.npz: {key!r} is not a valid name for an array"


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_numpy_does_not_use_is_refused(how):
    message = refusal(archive(("x.npy", npy(1)), how=how))
    assert message == "z.npz: x is encrypted or compressed in a way that np.savez does not use"


def test_an_encrypted_member_is_refused():
    data = bytearray(archive(("x.npy", npy(1))))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    message = refusal(bytes(data))
    assert message == "z.npz: x is encrypted or compressed in a way that np.savez does not use"


def resized(data: bytes, *, packed: int | None = None, unpacked: int | None = None) -> bytes:
    """The archive with other sizes in its central directory."""
    changed, at = bytearray(data), data.index(b"PK\x01\x02")
    for offset, size in ((20, packed), (24, unpacked)):
        if size is not None:
            struct.pack_into("<I", changed, at + offset, size)
    return bytes(changed)


def test_a_stored_member_with_two_sizes_is_refused():
    data = resized(archive(("x.npy", npy(1))), unpacked=4_000_000_000)
    assert refusal(data) == "z.npz: x has two sizes, 136 and 4000000000: it is corrupt"


def test_members_larger_than_their_file_are_refused():
    data = archive(("x.npy", npy(1)))
    message = refusal(resized(data, packed=10**9, unpacked=10**9))
    assert message == f"z.npz claims 1000000000 bytes in a file of {len(data)}: it is corrupt or truncated"


def test_overlapping_members_are_refused():
    first = archive(("x.npy", npy(np.arange(1000))))
    central = first[first.index(b"PK\x01\x02") : first.index(b"PK\x05\x06")]
    ends = b"".join(central.replace(b"x.npy", b"%c.npy" % letter) for letter in b"xy")
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2, 2, len(ends), first.index(b"PK\x01\x02"), 0)
    data = first[: first.index(b"PK\x01\x02")] + ends + end
    assert refusal(data).startswith("z.npz claims 16256 bytes in a file of ")


def test_a_bomb_is_refused_before_it_is_inflated():
    bomb = archive(("x.npy", header("'|u1'", "(4000000000,)") + bytes(10_000)), how=zipfile.ZIP_DEFLATED)
    message = refusal(resized(bomb, unpacked=4_000_000_000))
    assert message.startswith("z.npz would inflate from ")
    assert message.endswith(" to 4000000000 bytes: if you trust it, store it uncompressed with np.savez")


def test_an_honest_compressed_member_is_read_at_any_ratio():
    data = archive(("x.npy", npy(np.zeros(3_000_000))), how=zipfile.ZIP_DEFLATED)
    assert 24_000_000 / len(data) > 900
    assert read(data)["x"].sum() == 0


def test_a_member_that_inflates_to_less_than_declared_is_refused():
    short = header("'|u1'", "(100000,)") + bytes(1000)
    size = len(header("'|u1'", "(100000,)")) + 100_000
    message = refusal(resized(archive(("x.npy", short), how=zipfile.ZIP_DEFLATED), unpacked=size))
    assert message == "z.npz: x is truncated: 99000 of 100000 bytes are missing"


def test_a_member_that_inflates_to_more_than_declared_is_refused():
    long = header("'|u1'", "(1000,)") + bytes(100_000)
    size = len(header("'|u1'", "(1000,)")) + 1000
    message = refusal(resized(archive(("x.npy", long), how=zipfile.ZIP_DEFLATED), unpacked=size))
    assert message == "z.npz is corrupt or truncated: Bad CRC-32 for file 'x.npy'"


def test_a_possible_ratio_is_not_a_bomb_at_any_size():
    inside = archive(("x.npy", header("'|u1'", "(3000000000,)") + bytes(10_000)), how=zipfile.ZIP_DEFLATED)
    stream = io.BytesIO(resized(inside, unpacked=3_000_000_000))
    with zipfile.ZipFile(stream, "a") as file:
        file.writestr("y.npy", npy(np.zeros(31_000_000, np.uint8)))
    assert refusal(stream.getvalue()).startswith(
        "z.npz: x claims to be (3000000000,) uint8, 3000000000 bytes, but has"
    )


@pytest.mark.parametrize(
    ("field", "size", "value", "message"),
    [
        (6, 2, 99, "zip file version 9.9"),
        (42, 4, 150, "Bad magic number for file header"),
        (42, 4, 10**6, "Truncated file header"),
    ],
)
def test_a_false_central_directory_is_refused(field, size, value, message):
    data = bytearray(archive(("x.npy", npy(1))))
    at = data.index(b"PK\x01\x02") + field
    data[at : at + size] = value.to_bytes(size, "little")
    assert refusal(bytes(data)) == f"z.npz is corrupt or truncated: {message}"


def test_a_member_before_the_start_of_its_file_is_refused():
    data = bytearray(archive(("x.npy", npy(1))))
    at = data.index(b"PK\x05\x06") + 16
    struct.pack_into("<I", data, at, struct.unpack_from("<I", data, at)[0] + 64)
    assert refusal(bytes(data)) == "z.npz is corrupt or truncated: [Errno 22] Invalid argument"


def test_a_mapped_member_that_ends_outside_its_file_is_refused(tmp_path):
    data = archive(("x.npy", npy(np.zeros(1 << 18))))
    beyond = bytearray(data)
    struct.pack_into("<I", beyond, data.index(b"PK\x01\x02") + 42, len(data) - 40)
    (tmp_path / "z.npz").write_bytes(beyond)
    with pytest.raises(FormatError, match=r"^z.npz is corrupt or truncated: "):
        read_npz(tmp_path / "z.npz", name="z.npz")


HONEST = (
    packed(ARRAYS),
    archive(("x.npy", npy(np.arange(50))), ("y.npy", npy(np.array(["ä", "b"]))), how=zipfile.ZIP_DEFLATED),
)


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(HONEST),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4),
    st.integers(0, 10_000),
)
def test_corruption_raises_only_format_errors(data, edits, cut):
    damaged = bytearray(data)
    for at, byte in edits:
        damaged[at % len(data)] = byte
    try:
        read(bytes(damaged[: max(cut, 1)]) if cut < len(data) else bytes(damaged))
    except FormatError as error:
        assert str(error).startswith("z.npz")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
@example(b"PK\x05\x06" + bytes(18))
def test_arbitrary_bytes_raise_only_format_errors(data):
    for start in (b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00"):
        try:
            read(start + data)
        except FormatError as error:
            assert str(error).startswith("z.npz")


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_npz(Path(tmp_path / "none.npz"), name="none.npz")
