"""`latentkit scan`: what is in a folder before anything is trained on it."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from latentkit import shell
from latentkit.diagnosis.scan import Request, arguments, scan
from latentkit.diagnosis.scan.confounds import confounds
from latentkit.diagnosis.scan.duplicates import exact, grids, hashes, near
from latentkit.diagnosis.scan.suggest import choose_size, latents, validation
from latentkit.images import Cache, find, load


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTKIT_CACHE", str(tmp_path / "cache"))


def look(folder, **more):
    return scan(Request(find([str(folder)]), **more))


def photo(rng: np.random.Generator, side: int = 48) -> np.ndarray:
    """(side, side, 3): smooth colour, different for each call."""
    coarse = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))


@pytest.fixture
def photos(tmp_path):
    """60 in two classes, alike in all but the picture."""
    rng = np.random.default_rng(0)
    for index in range(60):
        folder = tmp_path / "photos" / "ab"[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo(rng)).save(folder / f"{index:02}.png")
    return tmp_path / "photos"


def test_counts_of_images_that_are_all_well(photos):
    found = look(photos)
    assert (found.images, found.readable) == (60, 60)
    assert found.classes == {"a": 30, "b": 30}
    assert found.formats == {"PNG": 60} and found.modes == {"RGB": 60} and found.sizes == {"48x48": 60}
    assert found.clean and found.findings == ()


def test_channels_are_those_of_the_pixels_as_train_sees_them(photos):
    found = look(photos, size=48)
    pixels = np.stack([np.asarray(Image.open(path)) for path in sorted(photos.rglob("*.png"))])
    for channel in range(3):
        told, all_ = found.channels[channel], pixels[..., channel]
        assert (told.low, told.high) == (all_.min(), all_.max())
        assert told.mean == pytest.approx(all_.mean()) and told.deviation == pytest.approx(all_.std())


def test_each_fault_is_told_by_path_and_kind(photos):
    (photos / "a" / "empty.png").touch()
    (photos / "a" / "words.jpg").write_text("not a picture")
    whole = (photos / "b" / "01.png").read_bytes()
    (photos / "b" / "half.png").write_bytes(whole[: len(whole) // 2])
    Image.new("RGB", (48, 48), "grey").save(photos / "b" / "flat.png")
    found = look(photos)
    kinds = {fault.path.rsplit("/", 1)[1]: fault.kind for fault in found.faults}
    assert kinds == {
        "empty.png": "empty",
        "words.jpg": "unreadable",
        "half.png": "truncated",
        "flat.png": "constant",
    }
    assert {one.title for one in found.findings if one.severity == "warning"} == {
        "Empty files",
        "Unreadable files",
        "Truncated files",
        "Constant files",
    }
    assert not found.clean


def test_identical_and_nearly_identical_images(photos):
    shutil.copy(photos / "a" / "00.png", photos / "b" / "copy.png")
    with Image.open(photos / "a" / "02.png") as image:
        image.resize((96, 96), Image.Resampling.BICUBIC).save(photos / "a" / "large.jpg", quality=80)
    found = look(photos)
    assert [[path.rsplit("/", 1)[1] for path in group] for group in found.duplicates] == [
        ["00.png", "copy.png"]
    ]
    assert [{path.rsplit("/", 1)[1] for path in group} for group in found.near_duplicates] == [
        {"02.png", "large.jpg"}
    ]


def save_as(folder, make):
    """Two classes of 30, made from (generator, whether it is the second class)."""
    rng = np.random.default_rng(1)
    for index in range(60):
        place = folder / "ab"[index % 2]
        place.mkdir(parents=True, exist_ok=True)
        make(rng, index % 2 == 1, place / f"{index:02}")


def sized(rng, second, path):
    Image.fromarray(photo(rng, int(rng.integers(60, 90) if second else rng.integers(20, 50)))).save(
        f"{path}.png"
    )


def formatted(rng, second, path):
    Image.fromarray(photo(rng)).save(f"{path}.{'jpg' if second else 'png'}")


def coloured(rng, second, path):
    Image.fromarray(photo(rng)).convert("RGB" if second else "P").save(f"{path}.png")


def photographed(rng, second, path):
    exif = Image.Exif()
    exif[0x010F] = "Acme" if second else "Bolt"
    Image.fromarray(photo(rng)).save(f"{path}.jpg", exif=exif)


@pytest.mark.parametrize(
    ("make", "feature"),
    [(sized, "image size"), (formatted, "file format"), (coloured, "colour mode"), (photographed, "camera")],
)
def test_what_gives_the_class_away_is_named(tmp_path, make, feature):
    save_as(tmp_path / "images", make)
    found = look(tmp_path / "images")
    told = {one.feature: one for one in found.confounds}
    assert told[feature].balanced_accuracy > 0.95 and told[feature].majority == 0.5
    assert told[feature].low < told[feature].balanced_accuracy
    assert f"{feature.capitalize()} alone predicts the class" in {
        one.title for one in found.findings if one.severity == "warning"
    }


def test_brightness_that_gives_the_class_away_is_a_note(tmp_path):
    save_as(
        tmp_path / "images",
        lambda rng, second, path: Image.fromarray(photo(rng) // (1 if second else 3)).save(f"{path}.png"),
    )
    found = look(tmp_path / "images")
    severity = {one.title: one.severity for one in found.findings}
    assert severity["Brightness alone predicts the class"] == "note"


def test_the_bound_of_chance_features_is_below_the_threshold_in_19_of_20():
    rng = np.random.default_rng(0)
    labels = np.repeat(["a", "b", "c"], 40).tolist()
    digests = [f"{rng.integers(2**60):x}" for _ in labels]
    tables = {str(at): rng.normal(size=(120, 3)) for at in range(100)}
    judged = confounds(tables, labels, digests)
    assert sum(one.matters for one in judged) == 0
    assert sum(one.low > one.majority for one in judged) <= 12


def test_a_copy_does_not_betray_its_class_to_its_fold():
    rng = np.random.default_rng(0)
    each = rng.normal(size=(30, 1))
    table = np.repeat(each, 2, axis=0)
    twin_labels = np.repeat(rng.permutation(["a", "b"] * 15), 2).tolist()
    twins = confounds({"number": table}, twin_labels, [str(at // 2) for at in range(60)])
    assert twins[0].low < 0.6


def test_what_scan_decodes_is_kept_for_train_and_decoded_once_but_for_a_look_at_colour(photos, monkeypatch):
    from PIL.PngImagePlugin import PngImageFile

    decoded = []
    load_end = PngImageFile.load_end
    monkeypatch.setattr(PngImageFile, "load_end", lambda self: decoded.append(1) or load_end(self))
    found = look(photos)
    assert 60 <= len(decoded) <= 68  # --color auto looks at 8, as train does
    decoded.clear()
    look(photos, color="rgb")
    with Cache() as cache:
        images = load(find([str(photos)]), found.transform, cache=cache)
    assert len(images) == 60 and not decoded


def test_rows_of_an_array_are_scanned_too(tmp_path):
    rng = np.random.default_rng(0)
    x = np.stack([photo(rng, 32) for _ in range(20)])
    x[3] = x[7]
    np.save(tmp_path / "x.npy", x)
    found = scan(Request(find([str(tmp_path / "x.npy")])))
    assert found.formats == {"array": 20} and found.sizes == {"32x32": 20}
    assert found.duplicates == [["x/000003", "x/000007"]]


# Near duplicates ---------------------------------------------------------------------------------


def test_hashes_equal_the_definition_written_out():
    rng = np.random.default_rng(0)
    grey = rng.normal(size=(3, 16, 16)).astype(np.float32)
    found = np.unpackbits(hashes(grey).view(np.uint8).reshape(3, 16), axis=1)
    for image, bits in zip(grey, found, strict=True):
        small = image.reshape(8, 2, 8, 2).mean(axis=(1, 3))
        down = [small[(r + 1) % 8, c] > small[r, c] for r in range(8) for c in range(8)]
        across = [small[r, (c + 1) % 8] > small[r, c] for r in range(8) for c in range(8)]
        assert bits.tolist() == [*map(int, down), *map(int, across)]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_near_finds_exactly_the_pairs_that_every_pair_compared_gives(seed, count):
    rng = np.random.default_rng(seed)
    base = rng.normal(0, 40, (count // 2 + 1, 16, 16))
    grey = (base[rng.integers(0, len(base), count)] + rng.normal(0, 2.5, (count, 16, 16)) + 128).astype(
        np.float32
    )
    names = [f"{at:02}" for at in range(count)]
    bits = np.unpackbits(hashes(grey).view(np.uint8).reshape(count, 16), axis=1)
    correlation = np.corrcoef(grey.reshape(count, -1).astype(np.float64))
    linked = ((bits[:, None] != bits[None]).sum(axis=2) <= 7) & (correlation > 0.99)
    reach = np.linalg.matrix_power(linked.astype(float) + np.eye(count), count) > 0
    groups = {tuple(name for name, there in zip(names, row, strict=True) if there) for row in reach}
    assert sorted(map(tuple, near(grey, names, names))) == sorted(group for group in groups if len(group) > 1)


def test_flat_pictures_are_not_called_alike():
    grey = np.random.default_rng(0).normal(128, 0.5, (20, 16, 16)).astype(np.float32)
    assert near(grey, [str(at) for at in range(20)], [str(at) for at in range(20)]) == []


def test_exact_groups_keep_their_order():
    assert exact(["x", "y", "x", "z", "y"], ["a", "b", "c", "d", "e"]) == [["a", "c"], ["b", "e"]]


@pytest.mark.parametrize("side", [8, 16, 28, 64])
def test_grids_keep_the_mean(side):
    pixels = np.random.default_rng(side).integers(0, 256, (5, side, side, 3), dtype=np.uint8)
    assert grids(pixels).mean(axis=(1, 2)) == pytest.approx(pixels.mean(axis=(1, 2, 3)), rel=1e-5)


# What to train with ------------------------------------------------------------------------------


def test_the_suggested_line_fits_the_images():
    assert [choose_size(sides) for sides in ([28] * 5, [400, 600, 20], [7], [], [40, 41])] == [
        28,
        64,
        8,
        64,
        32,
    ]
    assert [latents(count) for count in (50, 700, 5000, 10**6)] == [4, 16, 64, 128]
    assert (validation(10_000), validation(100)) == (0.1, 0.2)
    line = arguments(["my photos"], images=100, size=28, color="auto", fit="pad")
    assert (
        line
        == "latentkit train 'my photos' --size 28 --latent 4 --validation 0.2 --batch 32 --fit pad -o run"
    )


def test_the_suggested_line_runs(command, photos, capsys):
    command("scan", photos, "--json")
    line = json.loads(capsys.readouterr().out)["suggested"]
    options = line.removeprefix("latentkit train ").split()
    command("train", *options, "--backend", "numpy", "--epochs", "1", "--quiet")
    assert capsys.readouterr().out == "run\n"


# The command -------------------------------------------------------------------------------------


def test_json_has_what_the_schema_promises(command, photos, capsys):
    (photos / "a" / "empty.png").touch()
    command("scan", photos, "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "latentkit.scan/1" and found["n"] == 60
    assert {"classes", "sizes", "modes", "faults", "duplicates", "confounds", "findings", "suggested"} <= set(
        found
    )
    assert found["faults"] == [
        {"path": str(photos / "a" / "empty.png"), "kind": "empty", "reason": "empty: it has no bytes"}
    ]
    assert set(found["confounds"][0]) >= {"feature", "balanced_accuracy", "low", "majority"}


def test_faults_alone_are_no_failure_and_require_clean_names_them(command, photos, capsys):
    command("scan", photos, "--require", "clean")
    assert "to do" not in capsys.readouterr().out
    (photos / "a" / "empty.png").touch()
    command("scan", photos)
    told = " ".join(capsys.readouterr().out.split())
    assert "Empty files: 1 of 61" in told
    assert "to do remove or repair the files listed" in told
    with pytest.raises(shell.UnmetRequirement, match="empty files"):
        command("scan", photos, "--require", "clean")
