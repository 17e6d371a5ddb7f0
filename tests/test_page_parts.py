"""Parts of a page: columns, projections, thumbnails, curves."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from page_latents import NAMES, page_latents
from PIL import Image

from latentkit.errors import ImagesError, PictureError, ProjectionError
from latentkit.formats.history import History
from latentkit.formats.latents import Latents
from latentkit.images import Transform, find
from latentkit.page.columns import columns
from latentkit.page.explorer import explorer, views
from latentkit.page.sheets import Sheets, sheets
from latentkit.page.thumbnails import Thumbnails, load_matching, thumbnails
from latentkit.page.training import training
from latentkit.pictures.history import from_history

# Columns ---------------------------------------------------------------------------------------


def test_every_array_with_one_value_per_image_is_a_column():
    assert [column.key for column in columns(page_latents())] == ["labels", "clusters", "mse", "weight"]


def test_a_column_of_classes_keeps_every_value():
    latents = page_latents()
    labels = columns(latents)[0]
    assert [labels.names[code] for code in labels.values] == latents.labels.tolist()
    assert [labels.legend[place] for place in labels.places] == sorted(NAMES)


def test_classes_beyond_the_legend_keep_their_names():
    latents = page_latents().with_arrays(who=np.array([f"p{i:02}" for i in range(60)]))
    who = next(column for column in columns(latents) if column.key == "who")
    assert len(who.names) == 60
    assert len(who.legend) == 34
    assert who.places.count(-1) == 26
    assert who.rest == "26 smaller classes"


def test_a_negative_cluster_is_no_cluster():
    clusters = columns(page_latents())[1]
    assert dict(zip(clusters.names, clusters.places, strict=True)) == {"-1": -1, "0": 0, "1": 1}


def test_a_quantity_keeps_missing_values():
    weight = columns(page_latents())[3]
    assert weight.names is None
    assert np.isnan(weight.values[0])
    assert (weight.low, weight.high) == pytest.approx(np.percentile(np.arange(1, 60), [1, 99]))


def test_ids_are_a_column_only_if_requested():
    assert "ids" in [column.key for column in columns(page_latents(), "ids")]


# Projections -----------------------------------------------------------------------------------


def test_the_latest_projection_comes_first():
    assert [view.method for view in views(page_latents())] == ["pca", "tsne", "umap"]


def test_the_requested_projection_comes_first():
    assert [view.method for view in views(page_latents(), "umap")] == ["umap", "tsne", "pca"]


def test_missing_projections_and_arrays_are_refused():
    with pytest.raises(ProjectionError, match="no projection by 'lda'"):
        explorer(page_latents(), method="lda")
    with pytest.raises(PictureError, match="no 'age' to color by"):
        explorer(page_latents(), color="age")


# Thumbnails ------------------------------------------------------------------------------------


def cells(encoded: Sheets) -> list[np.ndarray]:
    """Return every cell of every sheet, cropped to the size of a thumbnail."""
    found = []
    for picture in encoded.pictures:
        pixels = np.asarray(Image.open(io.BytesIO(picture)))
        for top in range(0, pixels.shape[0], encoded.cell[1]):
            for left in range(0, pixels.shape[1], encoded.cell[0]):
                found.append(pixels[top : top + encoded.height, left : left + encoded.width])
    return found


@pytest.mark.parametrize("shape", [(7, 8, 8, 3), (1, 5, 9, 1), (23, 28, 28, 1), (50, 3, 4, 3)])
def test_few_thumbnails_are_stored_without_loss(shape):
    images = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    encoded = sheets(images)
    assert encoded.type == "image/png"
    assert np.array_equal(np.stack(cells(encoded)[: len(images)]).reshape(shape), images)


def test_many_thumbnails_are_in_their_own_cells_of_several_sheets():
    shades = np.arange(3000) % 251
    images = np.broadcast_to(shades[:, None, None, None], (3000, 36, 36, 3)).astype(np.uint8)
    encoded = sheets(images)
    assert encoded.type == "image/jpeg"
    assert len(encoded.pictures) > 1
    found = np.stack(cells(encoded)[:3000])
    assert np.abs(found.mean(axis=(1, 2, 3)) - shades).max() < 2


def test_thumbnails_are_reduced_until_they_fit():
    images = np.random.default_rng(0).integers(0, 256, (2000, 48, 48, 3)).astype(np.uint8)
    encoded = sheets(images, budget=2_000_000)
    assert encoded.width < 48
    assert sum(map(len, encoded.pictures)) <= 2_000_000


def test_thumbnails_that_fit_at_no_size_are_omitted():
    images = np.random.default_rng(0).integers(0, 256, (2000, 16, 16, 3)).astype(np.uint8)
    assert sheets(images, budget=1000) is None


# Images matched by id ---------------------------------------------------------------------


def latents_of(ids: list[str], **more) -> Latents:
    rng = np.random.default_rng(0)
    return Latents({"ids": np.array(ids), "mu": rng.normal(size=(len(ids), 2)).astype(np.float32), **more})


def match(ids: list[str], folder: Path, **arrays) -> Thumbnails:
    """Return the thumbnails of a folder for latents with these ids."""
    latents = latents_of(ids, **arrays)
    return thumbnails(latents, load_matching(latents, find([str(folder)]), cache=False))


def test_images_are_matched_by_id_in_any_order(make_blobs):
    folder = make_blobs("photos", each=3)
    found = match(["red/01.png", "blue/00.png"], folder)
    assert found.notes == ()
    for row, channel in ((0, 0), (1, 2)):
        assert found.images[found.place[row]].mean(axis=(0, 1)).argmax() == channel


def test_an_image_that_is_not_found_is_noted(make_blobs):
    folder = make_blobs("photos", each=3)
    found = match(["red/01.png", "blue/99.png"], folder)
    assert found.place.tolist() == [0, -1]
    assert found.notes[0].startswith("1 of 2 images were not found")


def test_an_image_that_has_changed_is_noted(make_blobs):
    digests = np.array(["0" * 32, "1" * 32])
    found = match(["red/01.png", "red/02.png"], make_blobs("photos", each=3), digest=digests)
    assert found.notes == ("2 images have changed since they were embedded.",)


def test_images_larger_than_a_thumbnail_are_reduced(make_blobs):
    latents = latents_of(["red/01.png"])
    loaded = load_matching(
        latents, find([str(make_blobs("photos", each=3))]), Transform(96, "gray"), cache=False
    )
    assert loaded.pixels.shape == (1, 96, 96, 1)
    assert thumbnails(latents, loaded).images.shape == (1, 64, 64, 1)


def test_a_folder_of_other_images_is_refused_with_an_id_of_each(make_blobs):
    folder = make_blobs("photos", each=1)
    with pytest.raises(
        ImagesError, match=r"none of the 3 images .* like blue/00.png, and the latents have x.png"
    ):
        match(["x.png"], folder)


# Curves ----------------------------------------------------------------------------------------


def lines(values: list[float | None]) -> list[dict]:
    return [
        {"epoch": at + 1, "step": 10 * at + 10, "lr": 0.1, "train": {}, "validation": {"loss": value}}
        for at, value in enumerate(values)
    ]


def drawn(lines: list[dict]) -> str | None:
    """Return the curves of a history with 10 steps per epoch."""
    return training(from_history(History(lines, "history.jsonl"), "run", 10))


def path_of(values: list[float | None]) -> str:
    """Return the path of the loss."""
    return drawn(lines(values)).split('aria-label="Loss"')[1].split('<path d="')[1].split('"')[0]


def test_a_curve_falls_as_its_values_fall():
    points = [
        tuple(map(float, part.split(","))) for part in path_of([9.0, 4.0, 1.0]).replace("M", "").split("L")
    ]
    assert len(points) == 3
    assert all(x0 < x1 and y0 < y1 for (x0, y0), (x1, y1) in pairwise(points))
    (_, y0), (_, y1), (_, y2) = points
    assert (y1 - y0) / (y2 - y0) == pytest.approx(5 / 8, abs=0.01)


def test_a_curve_is_broken_where_values_are_missing():
    assert path_of([1.0, 2.0, None, 3.0, 4.0]).count("M") == 2


def test_a_metric_without_values_has_no_panel():
    assert drawn(lines([1.0, 2.0])).count("<figure>") == 2  # the loss and the learning rate


def test_a_finding_is_marked_at_its_epoch_and_a_note_is_not():
    warning = {"step": 20, "finding": {"id": "P9", "title": "a <b>", "severity": "warning"}}
    note = {"step": 20, "finding": {"id": "P4", "title": "x", "severity": "note"}}
    curves = drawn([*lines([1.0, 2.0]), warning, note])
    assert "<title>P9 a &lt;b&gt;</title>" in curves
    assert "P4" not in curves


def test_a_run_without_a_validation_has_no_curves():
    assert drawn([{"step": 1, "finding": {"id": "P4", "title": "x", "severity": "note"}}]) is None
