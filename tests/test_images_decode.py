import io
import os
import struct
import subprocess
import sys
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from latentkit.images import Transform, find, load
from latentkit.images.decode import MAX_PIXELS, decode, sniff
from latentkit.images.files import FILES

RGB8 = Transform(8)
FORMATS = ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM"]


def scene(width: int = 48, height: int = 32) -> Image.Image:
    """Red from left to right, green from top to bottom: every turn of it is different."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([across, down, 0 * across + 60], axis=2).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def pixels(data: bytes, transform: Transform = RGB8) -> np.ndarray:
    result = decode(data, transform)
    assert not isinstance(result, str), result
    return result


def reason(data: bytes) -> str:
    result = decode(data, RGB8)
    assert isinstance(result, str)
    return result


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_image(kind):
    expected = pixels(encoded(scene())).astype(int)
    assert np.abs(pixels(encoded(scene(), kind)) - expected).max() <= (40 if kind == "GIF" else 6)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_recognized_by_its_first_bytes(kind):
    assert sniff(encoded(scene(), kind)[:16]) == kind


@pytest.mark.parametrize("head", [b"", b"BM: minutes", b"RIFF....WAVE", b"P7\n", b"%PDF-1.7"])
def test_other_first_bytes_are_not_an_image(head):
    assert sniff(head) is None


@pytest.mark.parametrize("color, channels", [("rgb", 3), ("gray", 1)])
def test_the_result_is_height_width_channels_of_bytes(color, channels):
    result = pixels(encoded(scene()), Transform(10, color))
    assert result.shape == (10, 10, channels) and result.dtype == np.uint8


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(kind, fit, orientation):
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what a camera held so would have stored
    stored = scene().transpose(Image.Transpose(undo[orientation])) if orientation > 1 else scene()
    exif = Image.Exif()
    exif[0x0112] = orientation
    transform = Transform(9, fit=fit)
    upright = pixels(encoded(scene(), kind, quality=95), transform).astype(int)
    turned = pixels(encoded(stored, kind, quality=95, exif=exif), transform)
    assert np.abs(turned - upright).max() <= (12 if kind in ("JPEG", "WEBP") else 1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("exif", [b"garbage", b"II*\0", b"II*\0\x08\0\0\0\xff\xff\x12"])
def test_broken_exif_is_ignored(kind, exif):
    data = encoded(scene(), kind, exif=b"Exif\0\0" + exif)
    assert np.array_equal(pixels(data), pixels(encoded(scene(), kind)))


def test_alpha_is_composited_on_white():
    image = scene().convert("RGBA")
    image.putalpha(0)
    assert (pixels(encoded(image)) == 255).all()


def test_half_transparent_black_is_middle_gray():
    assert np.abs(pixels(encoded(Image.new("RGBA", (9, 9), (0, 0, 0, 128)))).astype(int) - 127).max() <= 1


def test_hidden_colors_do_not_bleed_into_visible_edges():
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[:, :33] = 255, 255, 255, 255
    rgba[:, 33:] = 255, 0, 0, 0  # red that nobody sees
    assert (pixels(encoded(Image.fromarray(rgba))) == 255).all()


def test_alpha_of_gray_images_counts():
    assert (pixels(encoded(Image.new("LA", (8, 8), (0, 0)))) == 255).all()


def test_alpha_of_palette_entries_counts():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 0, 0, 0])
    assert np.abs(pixels(encoded(image, transparency=bytes([255, 51]))).astype(int) - 204).max() <= 1


@pytest.mark.parametrize("mode, key", [("P", 0), ("L", 0), ("RGB", (0, 0, 0)), ("1", 0), ("I;16", 0)])
def test_a_transparent_key_color_is_white(mode, key):
    image = Image.new(mode, (8, 8), 0)
    assert (pixels(encoded(image, transparency=key)) == 255).all()


def test_palette_images_keep_their_colors():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    assert (pixels(encoded(image)) == [10, 200, 30]).all()


def test_one_bit_images_are_black_and_white():
    assert (pixels(encoded(Image.new("1", (8, 8), 1))) == 255).all()


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(kind):
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert np.abs(pixels(encoded(red, kind)).astype(int) - [255, 0, 0]).max() <= 2


def test_lab_becomes_srgb():
    # sRGB red, adapted to the D50 of ICC (Lindbloom): L* = 54.29, a* = 80.81, b* = 69.89; a* and b* are kept + 128
    red = Image.new("LAB", (8, 8), (round(54.29 * 2.55), 128 + 81, 128 + 70))
    assert np.abs(pixels(encoded(red, "TIFF")).astype(int) - [255, 0, 0]).max() <= 6


def test_sixteen_bits_are_scaled_by_their_whole_range():
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    result = pixels(encoded(Image.fromarray(ramp)), Transform(8, "gray"))[..., 0]
    assert np.abs(result - ramp / 257).max() <= 0.5


def test_twelve_bits_in_sixteen_are_not_dark():
    result = pixels(encoded(Image.fromarray(np.full((8, 8), 4095, np.uint16))))
    assert (result == 255).all()


def test_float_images_are_scaled():
    ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    result = pixels(encoded(Image.fromarray(ramp), "TIFF"), Transform(8, "gray"))[..., 0]
    assert np.abs(result - ramp * 255).max() <= 0.5


def test_floats_that_are_not_finite_are_refused():
    ramp = np.full((8, 8), np.inf, np.float32)
    assert "not finite" in reason(encoded(Image.fromarray(ramp), "TIFF"))


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_the_first_of_several_frames_is_decoded(kind):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "lime", "blue")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert np.abs(pixels(data).astype(int) - [255, 0, 0]).max() <= 2


def test_a_jpeg_decoded_at_reduced_scale_looks_the_same():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8))
    big = encoded(noise.resize((600, 400), Image.Resampling.BICUBIC), "JPEG", quality=95)
    with Image.open(io.BytesIO(big)) as whole:
        expected = pixels(encoded(whole.convert("RGB")), Transform(32)).astype(int)
    difference = np.abs(pixels(big, Transform(32)) - expected)
    assert 0 < difference.mean() < 2


def test_a_gray_jpeg_is_the_luminance_of_the_color_one():
    gray = pixels(encoded(scene(), "JPEG", quality=95), Transform(8, "gray"))[..., 0].astype(float)
    red, green, blue = np.moveaxis(pixels(encoded(scene())).astype(float), 2, 0)
    assert np.abs(gray - (0.299 * red + 0.587 * green + 0.114 * blue)).max() <= 3


def test_only_the_bytes_of_a_file_matter_and_not_its_name(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(encoded(scene()))
    data = FILES.read(f"{tmp_path}/photo.jpg").data
    assert np.array_equal(pixels(data), pixels(encoded(scene())))


def test_an_empty_file_is_refused():
    assert reason(b"") == "empty: it has no bytes"


def test_text_is_refused():
    assert reason(b"hello, world") == "not an image of a known format"


def test_formats_that_run_programs_are_refused():
    assert reason(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n") == "not an image of a known format"


def test_a_git_lfs_pointer_is_refused_with_the_fix():
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    assert reason(pointer).endswith("run `git lfs pull`")


@pytest.mark.parametrize("size", [(30000, 30000), (12000, 12000)])
def test_a_decompression_bomb_is_refused_by_its_header(size):
    assert "too large" in (why := reason(png_claiming(*size))) and str(MAX_PIXELS) in why


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_a_truncated_file_is_refused_and_not_half_decoded(kind, share):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    data = encoded(noise, kind)
    assert "truncated" in reason(data[: int(len(data) * share)])


def test_an_image_of_one_pixel_fills_the_result():
    assert (pixels(encoded(Image.new("RGB", (1, 1), "red"))) == [255, 0, 0]).all()


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_a_very_long_strip_is_decoded(fit):
    assert pixels(encoded(Image.new("RGB", (3000, 2), "red")), Transform(8, fit=fit)).any()


VALID = [encoded(scene(), kind) for kind in FORMATS]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(VALID), st.binary(max_size=40), st.data())
def test_corrupt_files_give_pixels_or_a_reason_and_never_raise(whole, patch, data):
    at = data.draw(st.integers(0, len(whole)))
    result = decode(whole[:at] + patch + whole[at + len(patch) :], RGB8)
    assert isinstance(result, str) or result.shape == (8, 8, 3)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([b"", *(whole[:24] for whole in VALID)]), st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_with_a_reason(head, tail):
    result = decode(head + tail, RGB8)
    assert result if isinstance(result, str) else result.shape == (8, 8, 3)


def test_a_folder_a_pipe_and_a_missing_file_are_refused_with_a_reason(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "gone.jpg")
    assert FILES.read(f"{tmp_path}/pipe.jpg") == "not a regular file"
    assert FILES.read(f"{tmp_path}") == "cannot be read: Is a directory"
    assert FILES.read(f"{tmp_path}/gone.jpg") == "gone: no such file"
    assert FILES.read(f"{tmp_path}/link.jpg") == "a link to nothing"


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "huge.tif").open("wb") as file:
        file.truncate(2**30 + 1)
    assert FILES.read(f"{tmp_path}/huge.tif").startswith("too large: 1073741825 bytes")


def test_corrupt_files_print_nothing_to_stderr(tmp_path):
    """libtiff writes to stderr from C, and Pillow warns and logs: none of it may reach the terminal."""
    lzw = bytearray(encoded(scene(), "TIFF", compression="tiff_lzw"))
    lzw[8:200] = b"\xff" * 192
    samples = encoded(scene(), "TIFF").replace(
        struct.pack("<HHIHH", 277, 3, 1, 3, 0), struct.pack("<HHIHH", 277, 3, 1, 999, 0)
    )
    for name, data in {
        "lzw.tif": bytes(lzw),
        "tags.tif": encoded(scene(), "TIFF", compression="tiff_lzw")[:-40],
        "samples.tif": samples,
        "exif.jpg": encoded(scene(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12"),
        "warn.png": png_claiming(10000, 9000),
        "fine.png": encoded(scene()),
    }.items():
        (tmp_path / name).write_bytes(data)
    code = (
        "import sys; from latentkit.images import *; "
        "print(len(load(find(sys.argv[1:]), Transform(8)).skipped))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == "" and int(done.stdout) >= 3


def test_warning_filters_of_the_caller_are_kept(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(scene()))
    load(find([str(tmp_path)]), RGB8)
    with pytest.raises(UserWarning, match="mine"):
        warnings.warn("mine", stacklevel=1)
