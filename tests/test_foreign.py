"""Latents made elsewhere, read as anybody's would be: from their bytes alone."""

import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from latentkit.errors import FormatError
from latentkit.formats.latents import Latents, read_latents, write_latents
from latentkit.formats.table import Reading

MU = np.array([[0.5, -1.0], [2.0, 3.25], [4.0, 5.0]])
NUMBERED = ["000000", "000001", "000002"]


def read(data: bytes | str) -> Latents:
    return read_latents(io.BytesIO(data.encode() if isinstance(data, str) else data), name="x")


def refusal(data: bytes | str) -> str:
    with pytest.raises(FormatError) as caught:
        read(data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def npy(array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


# .npy


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "<i8", "u1"])
def test_an_npy_of_any_number_becomes_float32_with_numbered_ids(dtype):
    mu = np.abs(MU).astype(dtype)
    found = read(npy(mu))
    np.testing.assert_array_equal(found.mu, mu.astype(np.float32))
    assert found.mu.dtype == np.float32
    assert found.ids.tolist() == NUMBERED
    assert found.meta == {"schema": "latentkit.latents/1"}


def test_an_npy_in_fortran_order_keeps_its_values():
    np.testing.assert_array_equal(read(npy(np.asfortranarray(MU))).mu, MU)


def test_an_npy_of_more_dimensions_than_numpy_has_is_refused():
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({'1, ' * 65}), }}".encode()
    data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(8)
    assert refusal(data).startswith("x claims to be (1, 1, 1, ")


def test_an_npy_of_objects_is_refused():
    assert (
        refusal(npy(np.array([[{}]])))
        == "x holds Python objects, which are never loaded: store numbers or text"
    )


def test_a_truncated_npy_is_refused():
    assert refusal(npy(MU)[:-8]) == (
        "x claims to be (3, 2) float64, 48 bytes, but has 40: it is corrupt or malicious"
    )


def test_a_number_too_large_for_float32_is_named_by_row():
    assert refusal(npy(np.array([[0.0], [1e300]]))) == "x: mu of row 1 ('000001') is not finite"


# .npz


def test_the_only_matrix_of_an_npz_is_mu_under_any_name():
    found = read(npz(other=np.arange(5), embeddings=MU, cube=np.zeros((1, 2, 3)), words=np.array([["a"]])))
    np.testing.assert_array_equal(found.mu, MU)
    assert found.ids.tolist() == NUMBERED
    assert list(found.arrays) == ["ids", "mu", "other", "cube", "words"]


def test_mu_is_mu_among_other_matrices():
    found = read(npz(x_train=np.zeros((9, 9)), mu=MU, logvar=MU))
    np.testing.assert_array_equal(found.mu, MU)
    np.testing.assert_array_equal(found.logvar, MU.astype(np.float32))
    assert found.arrays["x_train"].shape == (9, 9)


def test_known_names_have_their_usual_meaning():
    found = read(
        npz(mu=MU, ids=np.array([7, 8, 9]), labels=np.array([b"a", b"b", b"a"]), clusters=np.array([0, 1, 0]))
    )
    assert found.ids.tolist() == ["7", "8", "9"]
    assert found.labels.tolist() == ["a", "b", "a"]
    assert found.arrays["clusters"].dtype == np.int32


def test_known_names_must_follow_the_schema():
    assert refusal(npz(mu=MU, labels=np.array(["a"]))) == "x: labels has 1 rows but mu has 3: they must agree"
    assert refusal(npz(mu=MU, clusters=np.array([2**40] * 3))) == "x: clusters is int64; it must be int32"
    assert refusal(npz(mu=MU, labels=np.array([0.5] * 3))) == "x: labels is float64; it must be str"


def test_latin_labels_are_refused():
    assert (
        refusal(npz(mu=MU, labels=np.array(["ü".encode("latin-1")] * 3)))
        == "x: labels is |S1; it must be str"
    )


def test_two_matrices_are_refused_by_name():
    assert refusal(npz(a=MU, b=MU)) == (
        "x has 2 two-dimensional arrays of numbers that could be latents: name the right one mu. They look like "
        "[mu, logvar] of an encoder: z = np.load('x'); np.savez('latents.npz', mu=z['a'], logvar=z['b']), "
        "or read one of them with --latents a (it has a (3, 2) float64, b (3, 2) float64)"
    )


def test_an_empty_npz_is_refused():
    assert refusal(npz()) == (
        "x has no two-dimensional arrays of numbers that could be latents: name the right one mu (it has nothing)"
    )


def test_a_scalar_called_mu_is_refused():
    assert refusal(npz(mu=np.array(1.0))) == "x: mu is (); it must be 2-dimensional"


def test_labels_in_utf_8_bytes_are_text():
    assert read(npz(mu=MU, labels=np.array(["ü".encode()] * 3))).labels.tolist() == ["ü"] * 3


def test_foreign_latents_are_written_in_our_schema():
    stream = io.BytesIO()
    write_latents(read(npz(embeddings=MU, other=np.arange(5))), stream)
    again = read(stream.getvalue())
    np.testing.assert_array_equal(again.mu, MU)
    np.testing.assert_array_equal(again.arrays["other"], np.arange(5))


# CSV


@pytest.mark.parametrize(
    "text",
    [
        "0.5,-1\n2,3.25\n4,5\n",
        "0.5,-1\r\n2,3.25\r\n\r\n4,5",
        "\ufeff0.5,-1\n2,3.25\n4,5\n",
        "0.5;-1\n2;3.25\n4;5\n",
        "0.5\t-1\n2\t3.25\n4\t5\n",
        "5.000e-01 -1.0e+00\n2.0e+00 3.25e+00\n4 5\n",
        "  0.5   -1\n2   3.25\n4   5\n",
        "z0,z1\n0.5,-1\n2,3.25\n4,5\n",
        '"z 0","z 1"\n0.5,-1\n2,3.25\n4,5\n',
        "0,1\n0.5,-1\n2,3.25\n4,5\n",
    ],
    ids=["plain", "crlf", "bom", "semicolon", "tab", "savetxt", "aligned", "header", "quoted", "pandas"],
)
def test_rows_of_numbers_are_read(text):
    found = read(text)
    np.testing.assert_array_equal(found.mu, MU)
    assert found.mu.dtype == np.float32
    assert found.ids.tolist() == NUMBERED
    assert list(found.arrays) == ["ids", "mu"]


@pytest.mark.parametrize(
    "text",
    [
        "a b.png,0.5,-1\nü.png,2,3.25\n7,4,5\n",
        "id,z0,z1\na b.png,0.5,-1\nü.png,2,3.25\n7,4,5\n",
        "z0,File,z1\n0.5,a b.png,-1\n2,ü.png,3.25\n4,7,5\n",
        ",0,1\na b.png,0.5,-1\nü.png,2,3.25\n7,4,5\n",
        "picture,z0,z1\na b.png,0.5,-1\nü.png,2,3.25\n7,4,5\n",
    ],
    ids=["bare", "id", "elsewhere", "pandas", "by sight"],
)
def test_a_column_of_ids_is_found(text):
    found = read(text)
    np.testing.assert_array_equal(found.mu, MU)
    assert found.ids.tolist() == ["a b.png", "ü.png", "7"]


def test_a_column_of_labels_is_found():
    found = read("z0,Label,z1\n0.5,cat,-1\n2,,3.25\n4,dog,5\n")
    np.testing.assert_array_equal(found.mu, MU)
    assert found.labels.tolist() == ["cat", "", "dog"]
    assert found.ids.tolist() == NUMBERED


def test_labels_may_come_first():
    found = read("class,z0,z1\ncat,0.5,-1\n3,2,3.25\ndog,4,5\n")
    np.testing.assert_array_equal(found.mu, MU)
    assert found.labels.tolist() == ["cat", "3", "dog"]
    assert found.ids.tolist() == NUMBERED


def test_one_column_of_numbers_is_one_latent():
    np.testing.assert_array_equal(read("z\n1\n2\n").mu, [[1], [2]])


@pytest.mark.parametrize("cell", ["x", "1,5"])
def test_a_cell_that_is_not_a_number_is_named_by_line_and_column(cell):
    message = refusal(f'a,0.5,-1\n\nb,2,"{cell}"\n')
    assert message == f"x, line 3, column 3: {cell!r} is not a number"


@pytest.mark.parametrize("cell", ["", "nan", "inf", "1e300"])
def test_a_number_that_is_not_finite_is_named_by_row_and_id(cell):
    assert refusal(f"a,0.5,-1\nb,2,{cell}\n") == "x: mu of row 1 ('b') is not finite"


def test_a_line_of_another_length_is_named():
    assert refusal("1,2\n3,4\n5\n") == "x, line 3 has 1 cells, but the lines before have 2"


@pytest.mark.parametrize("text", ["\n\n", "id,z0\n"])
def test_a_table_without_rows_is_refused(text):
    assert refusal(text) == "x has no rows of numbers"


def test_a_table_without_numbers_is_refused():
    assert refusal("id,label\na,b\n") == "x has no column of numbers"


def test_duplicate_ids_are_refused():
    assert refusal("a,1\na,2\n") == "x: rows 0 and 1 have the same id 'a': ids must be unique"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x80K\x01.", "'utf-8' codec can't decode byte 0x80 in position 0: invalid start byte"),
        (b"1,\xff\n", "'utf-8' codec can't decode byte 0xff in position 2: invalid start byte"),
        (b"\0\0", "it contains a zero byte"),
        (b"a" * 200_000, "field larger than field limit (131072)"),
    ],
)
def test_files_that_are_not_tables_are_refused(data, why):
    assert refusal(data) == f"x is not an .npz, an .npy or a CSV in UTF-8: {why}"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text('0,1;\t\n\r" .eE-nazid', max_size=60).map(str.encode))
@example(b"\n")
def test_arbitrary_bytes_raise_only_format_errors(data):
    try:
        found = read(data)
    except FormatError as error:
        assert str(error).startswith("x")
    else:
        assert len(found) == len(found.ids) > 0


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=2, max_size=2),
        min_size=1,
    )
)
def test_files_from_savetxt_are_read_exactly(rows):
    stream = io.BytesIO()
    np.savetxt(stream, rows, fmt="%.9g")
    stream.seek(0)
    found = read_latents(stream, name="x", reading=Reading(latents="1:2"))
    np.testing.assert_array_equal(found.mu, np.array(rows, np.float32))
