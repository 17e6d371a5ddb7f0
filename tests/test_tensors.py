"""Named arrays in .safetensors, with one JSON object beside them."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from latentkit.errors import FormatError
from latentkit.formats.tensors import read_tensors, write_tensors

ARRAYS = {
    "weights/a": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "step": np.array(7, np.int64),
    "empty": np.zeros((0, 5), np.float32),
}


def test_tensors_survive_a_round_trip(tmp_path):
    write_tensors(tmp_path / "t.safetensors", ARRAYS, {"step": 7, "sums": {"loss": 1 / 3}})
    arrays, about = read_tensors(tmp_path / "t.safetensors")
    assert about == {"step": 7, "sums": {"loss": 1 / 3}}
    assert set(arrays) == set(ARRAYS)
    for name, value in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], value)
        assert (arrays[name].dtype, arrays[name].shape) == (value.dtype, value.shape)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)),
        np.arange(10.0)[::-2],
        np.broadcast_to(np.array(3.0), (2, 2)),
    ],
)
def test_an_array_that_is_not_contiguous_keeps_its_values(tmp_path, array):
    write_tensors(tmp_path / "t.safetensors", {"a": array}, {})
    np.testing.assert_array_equal(read_tensors(tmp_path / "t.safetensors")[0]["a"], array)


def test_the_same_content_gives_the_same_bytes(tmp_path):
    for name, about in (("one", {"a": 1, "b": 2}), ("two", {"b": 2, "a": 1})):
        write_tensors(tmp_path / name, ARRAYS, about)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_file_of_another_tool_has_no_json_object(tmp_path):
    save_file({"a": np.ones(2)}, tmp_path / "t.safetensors", {"format": "np"})
    assert read_tensors(tmp_path / "t.safetensors")[1] == {}


def test_a_missing_file_says_what_to_do(tmp_path):
    path = tmp_path / "run" / "last.safetensors"
    with pytest.raises(FormatError) as error:
        read_tensors(path)
    assert str(error.value) == (
        f"{path} is missing: {tmp_path / 'run'} is not a complete run; train it again with --overwrite"
    )


@pytest.mark.parametrize("content", [b"", b"not a tensor", b"\xff" * 100])
def test_a_corrupt_file_is_named(tmp_path, content):
    path = tmp_path / "t.safetensors"
    path.write_bytes(content)
    with pytest.raises(FormatError) as error:
        read_tensors(path)
    assert str(error.value).startswith(f"{path} is not a readable .safetensors file (")


def test_a_truncated_file_is_named(tmp_path):
    path = tmp_path / "t.safetensors"
    write_tensors(path, ARRAYS, {})
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(FormatError, match="is not a readable"):
        read_tensors(path)
