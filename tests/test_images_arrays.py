import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentkit.errors import ImagesError
from latentkit.images import Transform, find, load
from latentkit.images import arrays as images_arrays
from latentkit.images.content import Values

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (5, 8, 8, 3), np.uint8)
GRAY = RNG.integers(0, 256, (5, 8, 8), np.uint8)


def loaded(argument: str, color: str = "rgb", size: int = 8) -> np.ndarray:
    return load(find([argument]), Transform(size, color)).pixels


def refused(argument: str, match: str) -> None:
    with pytest.raises(ImagesError, match=match):
        load(find([argument]), Transform(8))


def saved(tmp_path: Path, array: np.ndarray) -> str:
    np.save(tmp_path / "X.npy", array)
    return f"{tmp_path}/X.npy"


def test_rows_of_the_right_size_are_unchanged(tmp_path):
    assert np.array_equal(loaded(saved(tmp_path, RGB)), RGB)


def test_gray_rows_become_one_channel_or_three(tmp_path):
    path = saved(tmp_path, GRAY)
    assert np.array_equal(loaded(path, "gray"), GRAY[..., None])
    assert np.array_equal(loaded(path, "rgb"), np.repeat(GRAY[..., None], 3, axis=3))


def test_one_channel_is_gray(tmp_path):
    assert np.array_equal(loaded(saved(tmp_path, GRAY[..., None]), "gray"), GRAY[..., None])


def test_the_fourth_channel_is_alpha_on_white(tmp_path):
    rgba = np.zeros((1, 8, 8, 4), np.uint8)
    rgba[0, :4, :, 3] = 255
    pixels = loaded(saved(tmp_path, rgba))
    assert (pixels[0, :4] == 0).all() and (pixels[0, 4:] == 255).all()


def test_floats_from_0_to_1_become_0_to_255(tmp_path):
    assert np.array_equal(loaded(saved(tmp_path, RGB.astype(np.float32) / 255)), RGB)


def test_big_endian_and_fortran_order_are_read(tmp_path):
    floats = np.asfortranarray(RGB.astype(">f8") / 255)
    assert np.array_equal(loaded(saved(tmp_path, floats)), RGB)


def test_rows_are_resized(tmp_path):
    assert loaded(saved(tmp_path, RGB), size=4).shape == (5, 4, 4, 3)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_members_of_an_npz_are_read(tmp_path, save):
    save(tmp_path / "D.npz", other=np.arange(3), x=RGB, f=np.asfortranarray(RGB))
    assert np.array_equal(loaded(f"{tmp_path}/D.npz:x"), RGB)
    assert np.array_equal(loaded(f"{tmp_path}/D.npz:f"), RGB)


def test_a_stored_member_is_mapped_and_not_copied(tmp_path):
    np.savez(tmp_path / "D.npz", x=RGB)
    assert isinstance(images_arrays.read_array(f"{tmp_path}/D.npz:x"), np.memmap)


def test_the_digest_depends_on_values_shape_and_dtype():
    row = np.arange(16, dtype=np.uint8).reshape(4, 4)
    other = [row + 1, row.reshape(2, 8), row.astype(np.float32)]
    assert len({Values(array, "X").digest() for array in [row, row.copy(), *other]}) == 4


def test_equal_rows_have_one_digest(tmp_path):
    digests = load(find([saved(tmp_path, np.stack([RGB[0], RGB[1], RGB[0]]))]), Transform(8)).digests
    assert digests[0] == digests[2] != digests[1]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_floats_up_to_255_are_read_like_bytes_and_that_is_said(tmp_path, dtype):
    dark = np.concatenate([RGB, np.zeros_like(RGB[:1])])
    dark[-1, 0, 0] = 1  # alone, it would look like an image within 0..1
    np.save(tmp_path / "F.npy", dark.astype(dtype))
    found = find([f"{tmp_path}/F.npy"])
    assert found.notes == [f"{tmp_path}/F.npy: floats up to 255 are read as 0..255, not 0..1"]
    np.testing.assert_array_equal(load(found, Transform(8)).pixels, dark)


@pytest.mark.parametrize("divisor", [1, 3])
def test_floats_up_to_1_are_read_as_before(tmp_path, divisor):
    np.save(tmp_path / "F.npy", RGB // divisor / 255)
    found = find([f"{tmp_path}/F.npy"])
    assert found.notes == []
    np.testing.assert_array_equal(load(found, Transform(8)).pixels, RGB // divisor)


@pytest.mark.parametrize("high", [1.2, 3.5, 300.0])
def test_floats_of_another_range_are_refused(tmp_path, high):
    refused(saved(tmp_path, RGB / RGB.max() * high), r"X\.npy row \d has floats from ")


def test_floats_below_0_are_refused(tmp_path):
    refused(saved(tmp_path, RGB / 255 - 0.5), r"scale them to 0\.\.1, or save uint8")


def test_nan_is_refused(tmp_path):
    refused(saved(tmp_path, np.full((2, 8, 8), np.nan)), "has floats from nan to nan, not within 0")


def test_other_dtypes_are_refused(tmp_path):
    refused(
        saved(tmp_path, RGB.astype(np.int64)), r"X\.npy is int64, not uint8 or floats in 0\.\.1: save uint8"
    )


def test_channels_first_is_refused_with_the_fix(tmp_path):
    refused(saved(tmp_path, RGB.transpose(0, 3, 1, 2)), r"shape \(5, 3, 8, 8\).*np\.moveaxis\(X, 1, -1\)")


def test_flat_images_are_refused_with_the_fix(tmp_path):
    refused(saved(tmp_path, GRAY.reshape(5, 64)), r"shape \(5, 64\).*reshape flat images to \(N, H, W\)")


def test_an_array_without_rows_is_refused(tmp_path):
    refused(saved(tmp_path, RGB[:0]), r"shape \(0, 8, 8, 3\)")


def test_python_objects_are_refused_and_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    refused(saved(tmp_path, np.array([Trap(), None], dtype=object)), "holds Python objects: stack the images")
    assert not (tmp_path / "sprung").exists()


def test_a_truncated_npy_is_refused(tmp_path):
    path = saved(tmp_path, RGB)
    Path(path).write_bytes(Path(path).read_bytes()[:-7])
    refused(path, r"bytes, but has \d+: it is corrupt or malicious: save it again")


def test_a_header_that_claims_more_than_the_file_has_is_refused(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (10**6, 10**6, 3)}
    )
    (tmp_path / "X.npy").write_bytes(header.getvalue())
    refused(f"{tmp_path}/X.npy", "it is corrupt or malicious")


def test_a_file_that_is_not_an_npy_is_refused(tmp_path):
    (tmp_path / "X.npy").write_text("no array at all")
    refused(f"{tmp_path}/X.npy", r"X\.npy is not an array in \.npy format: save it again")


def test_a_file_that_is_not_an_npz_is_refused(tmp_path):
    (tmp_path / "X.npz").write_text("no archive at all")
    refused(f"{tmp_path}/X.npz:x", "is not an array that NumPy wrote .*: save it again")


def test_a_corrupt_member_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "D.npz", x=RGB)
    data = bytearray((tmp_path / "D.npz").read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / "D.npz").write_bytes(data)
    refused(f"{tmp_path}/D.npz:x", r"D\.npz:x .*: save it again")


def test_an_npz_without_a_key_lists_its_keys(tmp_path):
    np.savez(tmp_path / "D.npz", x=RGB, y=RGB)
    refused(f"{tmp_path}/D.npz", r"name one of its arrays: .*D\.npz:x, .*D\.npz:y")


def test_a_missing_key_lists_those_there_are(tmp_path):
    np.savez(tmp_path / "D.npz", x=RGB)
    refused(f"{tmp_path}/D.npz:z", r"it has no array z, only .*D\.npz:x")


def test_a_missing_array_is_an_error(tmp_path):
    refused(f"{tmp_path}/gone.npz:x", r"there is no file .*gone\.npz")


def test_a_bomb_is_refused_by_its_central_directory(tmp_path):
    path = tmp_path / "D.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", bytes(1000))
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02") + 24  # uncompressed size in the central directory
    path.write_bytes(data[:at] + (2**32 - 2).to_bytes(4, "little") + data[at + 4 :])
    refused(f"{path}:x", "would inflate from .* to 4294967294 bytes")


def test_an_image_file_may_be_named_like_a_member(tmp_path):
    Image.fromarray(RGB[0]).save(tmp_path / "D.npz:x", "PNG")
    assert np.array_equal(loaded(f"{tmp_path}/D.npz:x"), RGB[:1])
