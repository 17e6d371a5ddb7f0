"""The arrays of each decoding function, compared with NumPy or with `embed`."""

import re
from copy import copy
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from latentkit import decoding
from latentkit.decoding.traverse import parse_dims
from latentkit.errors import DecodingError, FormatError, ImagesError
from latentkit.formats.latents import Latents, read_latents
from latentkit.formats.run import read_record
from latentkit.images import find, load
from latentkit.pictures.sheet import to_uint8
from latentkit.run import open_run

LATENT = 4


@pytest.fixture(scope="module")
def run(trained, plugin_site):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(plugin_site))
        return open_run(trained, "numpy").load()


@pytest.fixture(scope="module")
def z(trained, blobs, environment, tmp_path_factory, plugin_site) -> Latents:
    """The latents of the blobs, with thumbnails."""
    from latentkit.cli import app

    path = tmp_path_factory.mktemp("latents") / "z.npz"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(plugin_site))
        patch.setenv("LATENTKIT_CACHE", environment["LATENTKIT_CACHE"])
        app(["embed", str(trained), str(blobs), "-o", str(path), "--thumbnails", "8"], standalone_mode=False)
    return read_latents(path, name="z.npz")


def some(z: Latents, **arrays) -> Latents:
    return replace(
        z, arrays={key: value for key, value in {**z.arrays, **arrays}.items() if value is not None}
    )


# Decode ----------------------------------------------------------------------------------------


def test_decoded_batches_equal_the_model_for_any_batch_size(run, z, monkeypatch):
    monkeypatch.setattr(import_module("latentkit.decoding.decode"), "BATCH", 7)
    np.testing.assert_allclose(decoding.decode_batches(run, z.mu), run.model.decode(z.mu), atol=1e-6)


def test_latents_of_another_size_are_refused_with_both_sizes(run):
    other = Latents({"ids": np.array(["a"]), "mu": np.zeros((1, 3), np.float32)})
    with pytest.raises(
        DecodingError, match=r"^own.npy has latents of 3 dimensions, but this run decodes 4: "
    ):
        decoding.check_fits(run, other, "own.npy")


def test_latents_of_other_weights_are_refused_and_those_of_no_known_ones_are_not(run, z):
    decoding.check_fits(run, z, "z.npz")
    decoding.check_fits(run, Latents(z.arrays), "z.npz")
    with pytest.raises(
        FormatError, match=r"^z.npz holds latents of other weights \(abababab\) than this run has \(.{8}\)"
    ):
        decoding.check_fits(run, replace(z, meta={**z.meta, "weights": "ab" * 16}), "z.npz")


@pytest.mark.parametrize(("format", "argument"), [("npy", "means.npy"), ("npz", "means.npz:images")])
def test_decoded_images_in_a_file_can_be_read_as_images(run, z, tmp_path, format, argument):
    with (tmp_path / f"means.{format}").open("wb") as stream:
        decoding.write_images(run, z, stream, format)
    result = np.load(tmp_path / f"means.{format}")
    images = result if format == "npy" else result["images"]
    assert images.dtype == np.float32
    np.testing.assert_allclose(images, run.model.decode(z.mu), atol=1e-6)
    read = load(find([str(tmp_path / argument)]), run.transform)
    np.testing.assert_array_equal(read.pixels, to_uint8(images))
    if format == "npz":
        assert result["ids"].tolist() == z.ids.tolist()
        assert result["labels"].tolist() == z.arrays["labels"].tolist()


def test_to_uint8_rounds_to_the_nearest():
    means = np.array([[-0.1, 0, 0.4999 / 255, 0.5001 / 255, 1, 1.2]], np.float32)
    assert to_uint8(means).tolist() == [[0, 0, 0, 1, 255, 255]]


# Encode ----------------------------------------------------------------------------------------


def test_one_image_is_encoded_as_embed_does(run, z, blobs):
    image = decoding.encode_image(run, str(blobs / "red" / "03.png"))
    row = z.ids.tolist().index("red/03.png")
    np.testing.assert_allclose(image.mu, z.mu[row], atol=1e-5)
    np.testing.assert_array_equal(image.pixels, z.arrays["thumbnails"][row])


@pytest.mark.parametrize("argument", ["X.npy:2", "X.npz:some:2"])
def test_one_image_may_be_a_row_of_an_array(run, tmp_path, monkeypatch, argument):
    monkeypatch.chdir(tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    np.save("X.npy", images)
    np.savez("X.npz", some=images, other=images[::-1])
    np.testing.assert_array_equal(decoding.encode_image(run, argument).pixels, images[2])


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("none.png", "there is no file or folder none.png: check the name"),
        ("X.npy:3", "X.npy has 3 images, so there is no row 3: the last is 2"),
        ("X.npy", "X.npy has 3 images, but one is needed: name one, such as X.npy:0"),
        ("folder", "folder has 2 images, but one is needed: name one, such as folder/a.png"),
    ],
)
def test_an_argument_that_is_not_one_image_is_refused(run, blobs, tmp_path, monkeypatch, argument, message):
    monkeypatch.chdir(tmp_path)
    np.save("X.npy", np.zeros((3, 8, 8), np.uint8))
    (tmp_path / "folder").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "folder" / name).write_bytes((blobs / "red" / "00.png").read_bytes())
    with pytest.raises(ImagesError) as error:
        decoding.encode_image(run, argument)
    assert str(error.value) == message


# Reconstruct -----------------------------------------------------------------------------------


def test_the_error_of_a_reconstruction_is_that_of_embed(run, z, blobs):
    result = decoding.reconstruct(run, find([str(blobs)]), 60, cache=False)
    assert result.ids == tuple(z.ids.tolist())
    np.testing.assert_allclose(result.mse, z.mse, rtol=1e-5)
    errors = np.square(result.decoded - result.images / 255).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(result.mse, errors, rtol=1e-4)


def test_the_worst_reconstructions_are_the_worst_of_all_in_order(run, z, blobs, monkeypatch):
    monkeypatch.setattr(import_module("latentkit.decoding.reconstruct"), "BATCH", 7)
    result = decoding.reconstruct(run, find([str(blobs)]), 5, worst=True, cache=False)
    worst = np.argsort(-z.mse)[:5]
    assert result.ids == tuple(z.ids[worst].tolist())
    np.testing.assert_allclose(result.mse, z.mse[worst], rtol=1e-5)
    np.testing.assert_array_equal(result.images, z.arrays["thumbnails"][worst])


def test_evenly_spaced_images_include_every_class(run, blobs):
    result = decoding.reconstruct(run, find([str(blobs)]), 6, cache=False)
    assert [name.split("/")[0] for name in result.ids] == [c for c in ("blue", "green", "red") for _ in "12"]


def test_images_that_cannot_be_read_are_reported(run, make_blobs):
    images = make_blobs("images", each=2)
    (images / "red" / "broken.png").write_bytes(b"no")
    calls = []
    result = decoding.reconstruct(
        run,
        find([str(images)]),
        9,
        worst=True,
        cache=False,
        report_skipped=lambda *arguments: calls.append(arguments),
    )
    assert (len(result.ids), result.total) == (6, 6)
    [(skipped, total)] = calls
    assert ([image.id for image in skipped], total) == (["red/broken.png"], 7)


# Sample ----------------------------------------------------------------------------------------


def test_samples_are_standard_normal_times_the_temperature(run):
    latents = decoding.sample(run, 4000, seed=1, temperature=0.5).latents
    np.testing.assert_allclose(latents.mean(axis=0), 0, atol=0.5 * 4 / np.sqrt(4000))
    np.testing.assert_allclose(np.cov(latents.T), 0.25 * np.eye(LATENT), atol=0.25 * 6 / np.sqrt(4000))


def test_the_first_samples_of_a_seed_do_not_depend_on_their_number(run):
    few, many = (decoding.sample(run, n, seed=3) for n in (4, 9))
    np.testing.assert_array_equal(few.latents, many.latents[:4])
    np.testing.assert_allclose(few.images, run.model.decode(few.latents), atol=1e-6)
    assert not np.allclose(few.latents, decoding.sample(run, 4, seed=4).latents)


def test_an_animation_of_samples_begins_with_them_and_moves(run):
    result = decoding.sample(run, 4)
    sheets = result.frames().sheets
    first, quarter = ([cell.image for row in sheets[at].cells for cell in row] for at in (0, 6))
    np.testing.assert_array_equal(first, to_uint8(result.images))
    assert (np.array(first) != np.array(quarter)).any()


@pytest.mark.parametrize("temperature", [-1.0, np.nan, np.inf])
def test_an_invalid_temperature_is_refused(run, temperature):
    with pytest.raises(DecodingError, match="the temperature must be a number of at least 0"):
        decoding.sample(run, 2, temperature=temperature)


def test_samples_of_the_mixture_have_the_mean_and_covariance_of_the_latents(run):
    rng = np.random.default_rng(0)
    mu = (rng.standard_normal((400, LATENT)) @ rng.standard_normal((LATENT, LATENT)) + 3).astype(np.float32)
    latents = decoding.sample(run, 4000, origin="images", mu=mu).latents
    scale = np.sqrt(np.linalg.eigvalsh(np.cov(mu.T)).max())
    np.testing.assert_allclose(latents.mean(axis=0), mu.mean(axis=0), atol=4 * scale / np.sqrt(4000))
    np.testing.assert_allclose(np.cov(latents.T), np.cov(mu.T), atol=6 * scale**2 / np.sqrt(4000))


def test_the_mixture_has_a_component_for_each_cloud():
    rng = np.random.default_rng(0)
    mu = rng.standard_normal((200, 6)).astype(np.float32) * 0.1 + 20 * (np.arange(200)[:, None] % 2)
    mixture = decoding.fit_mixture(mu)
    assert sorted(np.rint(mixture.means[:, 0]).tolist()) == [0, 20]
    assert mixture.weights == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("mu", [np.ones((1, LATENT)), np.ones((5, LATENT))])
def test_a_mixture_of_equal_latents_gives_that_latent(run, mu):
    latents = decoding.sample(run, 3, origin="images", mu=mu.astype(np.float32)).latents
    np.testing.assert_array_equal(latents, np.ones((3, LATENT)))


def test_samples_near_the_images_come_after_those_of_the_prior_and_are_named(run):
    result = decoding.sample(run, 4, origin="both", seed=2)
    prior, near = (decoding.sample(run, 4, origin=origin, seed=2) for origin in ("prior", "images"))
    np.testing.assert_array_equal(result.latents, np.concatenate([prior.latents, near.latents]))
    sheet = result.sheet()
    n = len(run.held_out.mu)
    assert (
        sheet.title == f"4 samples from the prior, and 4 samples from a mixture fitted to {n} held-out images"
    )
    assert sheet.rows == [("the prior",), ("",), ("a mixture", f"fitted to {n}", "held-out images"), ("",)]
    assert sheet.band == 2
    assert near.sheet().title == f"4 samples from a mixture fitted to {n} held-out images"
    more = decoding.sample(run, 9, origin="images", seed=2)
    np.testing.assert_array_equal(near.latents, more.latents[:4])


def test_a_run_that_keeps_no_latents_gives_samples_of_the_prior_and_says_so(run):
    old = copy(run)
    old.held_out = None
    result = decoding.sample(old, 4, origin="both")
    assert len(result.latents) == 4
    assert result.sheet().text.startswith("add --latents z.npz for samples from a mixture")
    with pytest.raises(DecodingError, match="keeps no latents of held-out images: name the latents"):
        decoding.sample(old, 4, origin="images")


# Traverse --------------------------------------------------------------------------------------


def test_a_traversal_changes_one_dimension_at_a_time_from_zero(run):
    result = decoding.traverse(run, "2,0", reach=2.0, steps=5)
    expected = np.zeros((2, 5, LATENT))
    expected[0, :, 2] = expected[1, :, 0] = [-2, -1, 0, 1, 2]
    np.testing.assert_array_equal(result.latents, expected)
    np.testing.assert_allclose(result.images[1], run.model.decode(result.latents[1]), atol=1e-6)


def test_a_traversal_may_start_from_an_image(run, blobs):
    start = decoding.encode_image(run, str(blobs / "red" / "00.png"))
    result = decoding.traverse(run, "1", start=start, steps=3)
    np.testing.assert_array_equal(result.latents[0, :, 1], [-3, 0, 3])
    np.testing.assert_array_equal(np.delete(result.latents[0], 1, axis=1), [np.delete(start.mu, 1)] * 3)
    np.testing.assert_allclose(result.reconstruction, run.model.decode(start.mu[None])[0], atol=1e-6)


def test_the_dimensions_come_in_the_order_of_the_recorded_kl(run, trained):
    kl = read_record(trained)["validation"]["kl_per_dim"]
    assert decoding.traverse(run, "top3").dims == tuple(np.argsort(kl)[::-1][:3].tolist())
    assert len(decoding.traverse(run).dims) == LATENT


@pytest.mark.parametrize(
    ("text", "dims"), [("top1", (2,)), ("top9", (2, 0, 1)), ("0", (0,)), ("2,1", (2, 1)), ("1,1", (1,))]
)
def test_dimensions_are_parsed(text, dims):
    assert parse_dims(text, 3, (0.5, 0.1, 2.0)) == dims


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3", "there is no dimension 3: the run has 3, numbered 0 to 2"),
        ("top0", "--dims 'top0' must be topN or numbers, such as top8 or 0,1,2"),
        ("-1", "--dims '-1' must be topN or numbers"),
        ("all", "--dims 'all' must be topN or numbers"),
        ("1,", "--dims '1,' must be topN or numbers"),
    ],
)
def test_missing_dimensions_are_refused(text, message):
    with pytest.raises(DecodingError, match=re.escape(message)):
        parse_dims(text, 3, (0.5, 0.1, 2.0))


def test_the_typical_image_has_the_least_mean_cosine_distance_to_the_validation_images(run, z):
    typical = decoding.typical_image(run)
    held_out, mu = z.ids[z.split == "validation"], z.mu[z.split == "validation"]
    assert typical.name == held_out[cdist(mu, mu, "cosine").sum(axis=1).argmin()]
    row = z.ids.tolist().index(typical.name)
    np.testing.assert_array_equal(typical.pixels, z.arrays["thumbnails"][row])
    np.testing.assert_allclose(typical.mu, z.mu[row], atol=1e-5)
    caption = decoding.traverse(run, "0", start=typical).sheet().text
    assert caption.endswith(f"the others as in {typical.name}, the most typical held-out image")


def test_a_traversal_from_zero_says_that_no_image_is_there(run):
    assert (
        decoding.traverse(run, "0")
        .sheet()
        .text.endswith("the others at 0, which is far from every image: differences may be small")
    )
    old = copy(run)
    old.held_out = None
    assert decoding.typical_image(old) is None


def test_without_a_recorded_kl_the_dimensions_must_be_named(run):
    bare = copy(run)
    bare.kl_per_dim = None
    with pytest.raises(
        DecodingError, match=r"no validation to rank its dimensions by KL: name them, --dims 0,1,2"
    ):
        decoding.traverse(bare)
    assert decoding.traverse(bare, "1").dims == (1,)


@pytest.mark.parametrize(("reach", "steps"), [(0.0, 5), (-1.0, 5), (np.inf, 5), (3.0, 1)])
def test_an_invalid_range_is_refused(run, reach, steps):
    with pytest.raises(DecodingError, match="the range must be above 0, with at least 2 steps"):
        decoding.traverse(run, reach=reach, steps=steps)


# Interpolate -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ends(run, blobs):
    return [
        decoding.encode_image(run, str(blobs / name))
        for name in ("red/00.png", "blue/00.png", "green/00.png", "red/01.png")
    ]


def test_an_interpolation_is_decoded_from_one_image_to_the_other(run, ends):
    result = decoding.interpolate(run, ends[:2], 5)
    np.testing.assert_array_equal(result.latents[0], decoding.path_between(ends[0].mu, ends[1].mu, 5))
    np.testing.assert_allclose(result.images[0], run.model.decode(result.latents[0]), atol=1e-6)


def test_four_images_span_a_square(run, ends):
    result = decoding.interpolate(run, ends, 3, slerp=True)
    np.testing.assert_array_equal(
        result.latents, decoding.grid_between([end.mu for end in ends], 3, slerp=True)
    )
    assert result.images.shape == (3, 3, 8, 8, 3)
    np.testing.assert_allclose(result.images[2, 1], run.model.decode(result.latents[2, 1:2])[0], atol=1e-6)


def test_an_animation_goes_around_the_square(run, ends):
    result = decoding.interpolate(run, ends, 3)
    way = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    frames = [frame.cells[0][1].image for frame in result.frames().sheets]
    np.testing.assert_array_equal(frames, [to_uint8(result.images[at]) for at in way])


def test_an_animation_goes_back_and_forth(run, ends):
    result = decoding.interpolate(run, ends[:2], 3)
    frames = [frame.cells[0][1].image for frame in result.frames().sheets]
    np.testing.assert_array_equal(frames, to_uint8(result.images[0, [0, 1, 2, 1]]))


@pytest.mark.parametrize(("count", "steps"), [(1, 5), (3, 5), (2, 1)])
def test_other_numbers_of_images_or_steps_are_refused(run, ends, count, steps):
    with pytest.raises(DecodingError, match="name 2 or 4 images, and at least 2 steps"):
        decoding.interpolate(run, ends[:count], steps)


# Average ---------------------------------------------------------------------------------------


def test_a_mean_is_that_of_the_latents_of_its_class(run, z):
    result = decoding.average(run, z)
    assert (result.names, result.sizes) == (("blue", "green", "red"), (20, 20, 20))
    expected = np.stack([z.mu[z.labels == name].mean(axis=0, dtype=np.float64) for name in result.names])
    np.testing.assert_allclose(result.mu, expected, atol=1e-6)
    np.testing.assert_allclose(result.images, run.model.decode(result.mu), atol=1e-6)


def test_the_nearest_images_are_the_nearest_of_all(run, z, monkeypatch):
    monkeypatch.setattr(import_module("latentkit.decoding.average"), "BLOCK", 7)
    result = decoding.average(run, z, nearest=4)
    for center, nearest in zip(result.mu, result.nearest, strict=True):
        assert nearest == tuple(z.ids[np.argsort(cdist(center[None], z.mu)[0])[:4]].tolist())
        for name in nearest:
            np.testing.assert_array_equal(
                result.pictures[name], z.arrays["thumbnails"][z.ids.tolist().index(name)]
            )


def test_images_are_found_by_their_ids(run, z, blobs):
    matched = decoding.average(run, some(z, thumbnails=None), sources=find([str(blobs)]))
    expected = decoding.average(run, z)
    assert set(matched.pictures) == set(expected.pictures) != set()
    for name, picture in matched.pictures.items():
        np.testing.assert_array_equal(picture, expected.pictures[name])


def test_an_image_that_is_missing_from_the_folder_is_an_error(run, z, blobs):
    with pytest.raises(
        DecodingError,
        match=r"--images has no image with the id '(blue|green)/.*name the folder that was embedded",
    ):
        decoding.average(run, z, sources=find([str(blobs / "red")]))


def test_an_image_that_can_no_longer_be_read_is_an_error(run, z, make_blobs):
    images = make_blobs("blobs")
    nearest = decoding.average(run, z, nearest=1).nearest[0][0]
    (images / nearest).write_bytes(b"no")
    with pytest.raises(
        DecodingError, match=rf"{nearest} cannot be loaded \(not an image of a known format\)"
    ):
        decoding.average(run, z, nearest=1, sources=find([str(images)]))


def test_without_images_only_the_means_are_drawn_with_a_note(run, z):
    notes = []
    result = decoding.average(run, some(z, thumbnails=None), tell=notes.append)
    assert [len(row) for row in result.sheet().cells] == [1, 1, 1]
    [words] = notes
    assert "have no thumbnails" in words
    assert "--images ROOT" in words


def test_clusters_are_classes_where_there_are_no_labels(run, z):
    clusters = np.where(np.arange(60) < 3, -1, np.arange(60) % 2).astype(np.int32)
    result = decoding.average(run, some(z, labels=np.full(60, ""), clusters=clusters))
    assert (result.names, result.sizes) == (("cluster 0", "cluster 1"), (28, 29))
    np.testing.assert_allclose(result.mu[0], z.mu[clusters == 0].mean(axis=0), atol=1e-5)


def test_images_without_a_label_are_in_no_class(run, z):
    labels = np.where(np.arange(60) < 5, "", "x")
    result = decoding.average(run, some(z, labels=labels))
    assert (result.names, result.sizes) == (("x",), (55,))


@pytest.mark.parametrize("by", [None, "labels", "clusters"])
def test_latents_without_classes_are_refused(run, z, by):
    with pytest.raises(
        DecodingError,
        match="no image in these latents has a class: add --labels CSV, or run `latentkit cluster`",
    ):
        decoding.average(run, some(z, labels=None), by=by)


def test_only_the_largest_of_many_classes_are_included(run, z, monkeypatch):
    monkeypatch.setattr(import_module("latentkit.decoding.average"), "MOST_CLASSES", 2)
    labels = np.repeat(["a", "b", "c"], [20, 10, 30])
    result = decoding.average(run, some(z, labels=labels))
    assert (result.names, result.sizes, result.classes) == (("a", "c"), (20, 30), 3)
    assert result.sheet().title == "The means of 2 of 3 classes"
