"""`latentkit scan`: images before training."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from latentkit import shell
from latentkit.diagnosis.scan import ScanRequest, Survey, scan, train_command
from latentkit.diagnosis.scan.confounds import confounds
from latentkit.diagnosis.scan.duplicates import exact, grids, hashes, near
from latentkit.diagnosis.scan.suggest import latent_dimensions, training_size, validation_share
from latentkit.images import Cache, find, load


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTKIT_CACHE", str(tmp_path / "cache"))


def scan_folder(folder, **options) -> Survey:
    return scan(ScanRequest(find([str(folder)]), **options))


def photo(rng: np.random.Generator, side: int = 48) -> np.ndarray:
    """(side, side, 3): smooth colors, different for each call."""
    coarse = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))


@pytest.fixture
def photos(tmp_path):
    """60 images in two classes that differ in nothing but their content."""
    rng = np.random.default_rng(0)
    for index in range(60):
        folder = tmp_path / "photos" / "ab"[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo(rng)).save(folder / f"{index:02}.png")
    return tmp_path / "photos"


def test_counts_of_images_without_problems(photos):
    survey = scan_folder(photos)
    assert (survey.images, survey.readable) == (60, 60)
    assert survey.classes == {"a": 30, "b": 30}
    assert survey.formats == {"PNG": 60} and survey.modes == {"RGB": 60} and survey.sizes == {"48x48": 60}
    assert survey.clean and survey.findings == ()


def test_channel_statistics_equal_those_of_the_pixels_that_train_reads(photos):
    survey = scan_folder(photos, size=48)
    pixels = np.stack([np.asarray(Image.open(path)) for path in sorted(photos.rglob("*.png"))])
    for channel in range(3):
        statistics, values = survey.channels[channel], pixels[..., channel]
        assert (statistics.low, statistics.high) == (values.min(), values.max())
        assert statistics.mean == pytest.approx(values.mean())
        assert statistics.deviation == pytest.approx(values.std())


def test_each_fault_has_a_path_and_a_kind(photos):
    (photos / "a" / "empty.png").touch()
    (photos / "a" / "words.jpg").write_text("not a picture")
    whole = (photos / "b" / "01.png").read_bytes()
    (photos / "b" / "half.png").write_bytes(whole[: len(whole) // 2])
    Image.new("RGB", (48, 48), "gray").save(photos / "b" / "flat.png")
    survey = scan_folder(photos)
    kinds = {fault.path.rsplit("/", 1)[1]: fault.kind for fault in survey.faults}
    assert kinds == {
        "empty.png": "empty",
        "words.jpg": "unreadable",
        "half.png": "truncated",
        "flat.png": "constant",
    }
    assert {one.title for one in survey.findings if one.severity == "warning"} == {
        "Empty files",
        "Unreadable files",
        "Truncated files",
        "Constant files",
    }
    assert not survey.clean


def test_identical_and_nearly_identical_images(photos):
    shutil.copy(photos / "a" / "00.png", photos / "b" / "copy.png")
    with Image.open(photos / "a" / "02.png") as image:
        image.resize((96, 96), Image.Resampling.BICUBIC).save(photos / "a" / "large.jpg", quality=80)
    survey = scan_folder(photos)
    assert [[path.rsplit("/", 1)[1] for path in group] for group in survey.duplicates] == [
        ["00.png", "copy.png"]
    ]
    assert [{path.rsplit("/", 1)[1] for path in group} for group in survey.near_duplicates] == [
        {"02.png", "large.jpg"}
    ]


def save_as(folder, make):
    """Save two classes of 30 images with make(generator, whether it is the second class, path without suffix)."""
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


def colored(rng, second, path):
    Image.fromarray(photo(rng)).convert("RGB" if second else "P").save(f"{path}.png")


def photographed(rng, second, path):
    exif = Image.Exif()
    exif[0x010F] = "Acme" if second else "Bolt"
    Image.fromarray(photo(rng)).save(f"{path}.jpg", exif=exif)


@pytest.mark.parametrize(
    ("make", "feature"),
    [(sized, "image size"), (formatted, "file format"), (colored, "color mode"), (photographed, "camera")],
)
def test_a_feature_that_predicts_the_class_is_named(tmp_path, make, feature):
    save_as(tmp_path / "images", make)
    survey = scan_folder(tmp_path / "images")
    confound = {one.feature: one for one in survey.confounds}[feature]
    assert confound.balanced_accuracy > 0.95 and confound.majority == 0.5
    assert confound.low < confound.balanced_accuracy
    assert f"{feature.capitalize()} alone predicts the class" in {
        one.title for one in survey.findings if one.severity == "warning"
    }


def test_brightness_that_predicts_the_class_is_a_note(tmp_path):
    save_as(
        tmp_path / "images",
        lambda rng, second, path: Image.fromarray(photo(rng) // (1 if second else 3)).save(f"{path}.png"),
    )
    survey = scan_folder(tmp_path / "images")
    severity = {one.title: one.severity for one in survey.findings}
    assert severity["Brightness alone predicts the class"] == "note"


def test_the_lower_bound_of_random_features_exceeds_chance_in_at_most_12_of_100():
    rng = np.random.default_rng(0)
    labels = np.repeat(["a", "b", "c"], 40).tolist()
    digests = [f"{rng.integers(2**60):x}" for _ in labels]
    tables = {str(at): rng.normal(size=(120, 3)) for at in range(100)}
    scores = confounds(tables, labels, digests)
    assert sum(one.matters for one in scores) == 0
    assert sum(one.low > one.majority for one in scores) <= 12


def test_identical_files_are_in_one_fold():
    rng = np.random.default_rng(0)
    each = rng.normal(size=(30, 1))
    table = np.repeat(each, 2, axis=0)
    twin_labels = np.repeat(rng.permutation(["a", "b"] * 15), 2).tolist()
    twins = confounds({"number": table}, twin_labels, [str(at // 2) for at in range(60)])
    assert twins[0].low < 0.6


def test_images_are_decoded_once_and_cached_for_train(photos, monkeypatch):
    from PIL.PngImagePlugin import PngImageFile

    decoded = []
    load_end = PngImageFile.load_end
    monkeypatch.setattr(PngImageFile, "load_end", lambda self: decoded.append(1) or load_end(self))
    survey = scan_folder(photos)
    assert 60 <= len(decoded) <= 76  # --color auto decodes 16 more, as in train
    decoded.clear()
    scan_folder(photos, color="rgb")
    with Cache() as cache:
        images = load(find([str(photos)]), survey.transform, cache=cache)
    assert len(images) == 60 and not decoded


def test_rows_of_an_array_can_be_scanned(tmp_path):
    rng = np.random.default_rng(0)
    x = np.stack([photo(rng, 32) for _ in range(20)])
    x[3] = x[7]
    np.save(tmp_path / "x.npy", x)
    survey = scan(ScanRequest(find([str(tmp_path / "x.npy")])))
    assert survey.formats == {"array": 20} and survey.sizes == {"32x32": 20}
    assert survey.duplicates == [["x/000003", "x/000007"]]


# Near duplicates ---------------------------------------------------------------------------------


def test_hashes_equal_a_direct_implementation_of_the_definition():
    rng = np.random.default_rng(0)
    gray = rng.normal(size=(3, 16, 16)).astype(np.float32)
    actual = np.unpackbits(hashes(gray).view(np.uint8).reshape(3, 16), axis=1)
    for image, bits in zip(gray, actual, strict=True):
        small = image.reshape(8, 2, 8, 2).mean(axis=(1, 3))
        down = [small[(r + 1) % 8, c] > small[r, c] for r in range(8) for c in range(8)]
        across = [small[r, (c + 1) % 8] > small[r, c] for r in range(8) for c in range(8)]
        assert bits.tolist() == [*map(int, down), *map(int, across)]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_near_finds_the_same_groups_as_comparing_every_pair(seed, count):
    rng = np.random.default_rng(seed)
    base = rng.normal(0, 40, (count // 2 + 1, 16, 16))
    gray = (base[rng.integers(0, len(base), count)] + rng.normal(0, 2.5, (count, 16, 16)) + 128).astype(
        np.float32
    )
    names = [f"{at:02}" for at in range(count)]
    bits = np.unpackbits(hashes(gray).view(np.uint8).reshape(count, 16), axis=1)
    correlation = np.corrcoef(gray.reshape(count, -1).astype(np.float64))
    linked = ((bits[:, None] != bits[None]).sum(axis=2) <= 7) & (correlation > 0.99)
    reach = np.linalg.matrix_power(linked.astype(float) + np.eye(count), count) > 0
    groups = {tuple(name for name, there in zip(names, row, strict=True) if there) for row in reach}
    assert sorted(map(tuple, near(gray, names, names))) == sorted(group for group in groups if len(group) > 1)


def test_flat_images_are_not_near_duplicates():
    gray = np.random.default_rng(0).normal(128, 0.5, (20, 16, 16)).astype(np.float32)
    assert near(gray, [str(at) for at in range(20)], [str(at) for at in range(20)]) == []


def test_exact_groups_keep_their_order():
    assert exact(["x", "y", "x", "z", "y"], ["a", "b", "c", "d", "e"]) == [["a", "c"], ["b", "e"]]


@pytest.mark.parametrize("side", [8, 16, 28, 64])
def test_grids_keep_the_mean(side):
    pixels = np.random.default_rng(side).integers(0, 256, (5, side, side, 3), dtype=np.uint8)
    assert grids(pixels).mean(axis=(1, 2)) == pytest.approx(pixels.mean(axis=(1, 2, 3)), rel=1e-5)


# What to train with ------------------------------------------------------------------------------


def test_the_suggested_options_fit_the_images():
    assert [training_size(sides) for sides in ([28] * 5, [400, 600, 20], [7], [], [40, 41])] == [
        28,
        64,
        8,
        64,
        32,
    ]
    assert [latent_dimensions(count) for count in (50, 700, 5000, 10**6)] == [4, 16, 64, 128]
    assert (validation_share(10_000), validation_share(100)) == (0.1, 0.2)
    line = train_command(["my photos"], images=100, size=28, color="auto", fit="pad")
    assert (
        line
        == "latentkit train 'my photos' --size 28 --latent 4 --validation 0.2 --batch 32 --fit pad -o run"
    )


def test_the_suggested_command_runs(command, photos, capsys):
    command("scan", photos, "--json")
    line = json.loads(capsys.readouterr().out)["suggested"]
    options = line.removeprefix("latentkit train ").split()
    command("train", *options, "--backend", "numpy", "--epochs", "1", "--no-pictures", "--quiet")
    assert capsys.readouterr().out == "run\n"


# The command -------------------------------------------------------------------------------------


def test_json_has_the_keys_of_the_schema(command, photos, capsys):
    (photos / "a" / "empty.png").touch()
    command("scan", photos, "--json")
    result = json.loads(capsys.readouterr().out)
    assert result["schema"] == "latentkit.scan/1" and result["n"] == 60
    assert {"classes", "sizes", "modes", "faults", "duplicates", "confounds", "findings", "suggested"} <= set(
        result
    )
    assert result["faults"] == [
        {"path": str(photos / "a" / "empty.png"), "kind": "empty", "reason": "empty: it has no bytes"}
    ]
    assert set(result["confounds"][0]) >= {"feature", "balanced_accuracy", "low", "majority"}


def test_faults_are_a_failure_only_with_require_clean_which_names_them(command, photos, capsys):
    command("scan", photos, "--require", "clean")
    assert "to do" not in capsys.readouterr().out
    (photos / "a" / "empty.png").touch()
    command("scan", photos)
    text = " ".join(capsys.readouterr().out.split())
    assert "Empty files: 1 of 61" in text
    assert "to do remove or repair the files listed" in text
    with pytest.raises(shell.UnmetRequirement, match="empty files"):
        command("scan", photos, "--require", "clean")


def test_a_command_that_must_fail_is_not_suggested():
    assert train_command(["one"], images=1, size=64, color="auto", fit="crop") is None
    assert train_command(["two"], images=2, size=64, color="auto", fit="crop") is not None
