"""What a page is made of: columns, views, thumbnails, curves."""

import io
from itertools import pairwise

import numpy as np
import pytest
from page_latents import NAMES, page_latents
from PIL import Image

from latentkit.errors import ImagesError, PictureError, ProjectionError
from latentkit.formats.latents import Latents
from latentkit.images import find
from latentkit.page.columns import columns
from latentkit.page.explorer import explorer
from latentkit.page.matched import matched
from latentkit.page.sheets import Sheets, sheets
from latentkit.page.training import training
from latentkit.page.views import views

# Columns ---------------------------------------------------------------------------------------


def test_every_array_of_one_value_an_image_is_a_column():
    assert [column.key for column in columns(page_latents())] == ["labels", "clusters", "mse", "weight"]


def test_a_column_of_classes_gives_back_every_value():
    latents = page_latents()
    labels = columns(latents)[0]
    assert [labels.names[code] for code in labels.values] == latents.labels.tolist()
    assert [labels.legend[place] for place in labels.places] == sorted(NAMES)


def test_classes_too_many_for_a_legend_keep_their_names():
    latents = page_latents().with_arrays(who=np.array([f"p{i:02}" for i in range(60)]))
    who = next(column for column in columns(latents) if column.key == "who")
    assert len(who.names) == 60
    assert len(who.legend) == 34
    assert who.places.count(-1) == 26
    assert who.rest == "26 smaller classes"


def test_a_cluster_below_nought_is_none():
    clusters = columns(page_latents())[1]
    assert dict(zip(clusters.names, clusters.places, strict=True)) == {"-1": -1, "0": 0, "1": 1}


def test_a_quantity_keeps_what_is_missing():
    weight = columns(page_latents())[3]
    assert weight.names is None
    assert np.isnan(weight.values[0])
    assert (weight.low, weight.high) == pytest.approx(np.percentile(np.arange(1, 60), [1, 99]))


def test_ids_are_a_column_only_when_they_are_asked_for():
    assert "ids" in [column.key for column in columns(page_latents(), "ids")]


# Views -----------------------------------------------------------------------------------------


def test_the_latest_projection_comes_first():
    assert [view.name for view in views(page_latents())] == ["PCA", "t-SNE", "UMAP"]


def test_the_projection_that_is_asked_for_comes_first():
    assert [view.name for view in views(page_latents(), "umap")] == ["UMAP", "t-SNE", "PCA"]


def test_what_there_is_not_is_refused():
    with pytest.raises(ProjectionError, match="no projection by 'lda'"):
        explorer(page_latents(), method="lda")
    with pytest.raises(PictureError, match="no 'age' to color by"):
        explorer(page_latents(), color="age")


# Thumbnails ------------------------------------------------------------------------------------


def cells(made: Sheets) -> list[np.ndarray]:
    """Every cell of every sheet, cut to the size of a thumbnail."""
    found = []
    for picture in made.pictures:
        pixels = np.asarray(Image.open(io.BytesIO(picture)))
        for top in range(0, pixels.shape[0], made.cell[1]):
            for left in range(0, pixels.shape[1], made.cell[0]):
                found.append(pixels[top : top + made.height, left : left + made.width])
    return found


@pytest.mark.parametrize("shape", [(7, 8, 8, 3), (1, 5, 9, 1), (23, 28, 28, 1), (50, 3, 4, 3)])
def test_few_thumbnails_are_kept_exactly(shape):
    images = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    made = sheets(images)
    assert made.type == "image/png"
    assert np.array_equal(np.stack(cells(made)[: len(images)]).reshape(shape), images)


def test_many_thumbnails_stand_in_their_own_cells_of_several_sheets():
    shades = np.arange(3000) % 251
    images = np.broadcast_to(shades[:, None, None, None], (3000, 36, 36, 3)).astype(np.uint8)
    made = sheets(images)
    assert made.type == "image/jpeg"
    assert len(made.pictures) > 1
    found = np.stack(cells(made)[:3000])
    assert np.abs(found.mean(axis=(1, 2, 3)) - shades).max() < 2


def test_thumbnails_become_smaller_until_they_fit():
    images = np.random.default_rng(0).integers(0, 256, (2000, 48, 48, 3)).astype(np.uint8)
    made = sheets(images, budget=2_000_000)
    assert made.width < 48
    assert sum(map(len, made.pictures)) <= 2_000_000


def test_thumbnails_that_fit_at_no_size_are_left_out():
    images = np.random.default_rng(0).integers(0, 256, (2000, 16, 16, 3)).astype(np.uint8)
    assert sheets(images, budget=1000) is None


# Images found by their ids ---------------------------------------------------------------------


def latents_of(ids: list[str], **more) -> Latents:
    rng = np.random.default_rng(0)
    return Latents({"ids": np.array(ids), "mu": rng.normal(size=(len(ids), 2)).astype(np.float32), **more})


def test_images_are_found_by_their_ids_whatever_the_order(make_blobs):
    folder = make_blobs("photos", each=3)
    found = matched(latents_of(["red/01.png", "blue/00.png"]), find([str(folder)]), cache=False)
    assert found.words == ()
    for row, channel in ((0, 0), (1, 2)):
        assert found.images[found.place[row]].mean(axis=(0, 1)).argmax() == channel


def test_an_image_that_is_not_found_is_told_of(make_blobs):
    folder = make_blobs("photos", each=3)
    found = matched(latents_of(["red/01.png", "blue/99.png"]), find([str(folder)]), cache=False)
    assert found.place.tolist() == [0, -1]
    assert found.words[0].startswith("1 of 2 images were not found")


def test_an_image_that_was_changed_is_told_of(make_blobs):
    folder = make_blobs("photos", each=3)
    latents = latents_of(["red/01.png", "red/02.png"], digest=np.array(["0" * 32, "1" * 32]))
    found = matched(latents, find([str(folder)]), cache=False)
    assert found.words == ("2 images are not what they were when they were embedded.",)


def test_a_folder_of_other_images_is_refused_with_an_id_of_each(make_blobs):
    folder = make_blobs("photos", each=1)
    with pytest.raises(ImagesError, match=r"none of the 3 images .* like blue/00.png, and the latents x.png"):
        matched(latents_of(["x.png"]), find([str(folder)]), cache=False)


# Curves ----------------------------------------------------------------------------------------


def lines(values: list[float | None]) -> list[dict]:
    return [
        {"epoch": at + 1, "step": 10 * at + 10, "lr": 0.1, "train": {}, "validation": {"loss": value}}
        for at, value in enumerate(values)
    ]


def path_of(values: list[float | None]) -> str:
    """The line of the loss."""
    return training(lines(values)).split('aria-label="loss"')[1].split('<path d="')[1].split('"')[0]


def test_a_curve_falls_as_its_values_fall():
    points = [
        tuple(map(float, part.split(","))) for part in path_of([9.0, 4.0, 1.0]).replace("M", "").split("L")
    ]
    assert len(points) == 3
    assert all(x0 < x1 and y0 < y1 for (x0, y0), (x1, y1) in pairwise(points))
    (_, y0), (_, y1), (_, y2) = points
    assert (y1 - y0) / (y2 - y0) == pytest.approx(5 / 8, abs=0.01)


def test_a_curve_is_broken_where_nothing_is_known():
    assert path_of([1.0, 2.0, None, 3.0, 4.0]).count("M") == 2


def test_a_finding_is_marked_where_it_fired():
    fired = {"step": 20, "finding": {"id": "P9", "title": "a <b>", "severity": "warning"}}
    assert "<title>P9 a &lt;b&gt;</title>" in training([*lines([1.0, 2.0]), fired])


def test_a_run_without_a_validation_has_no_curves():
    assert training([{"step": 1, "finding": {"id": "P4", "title": "x", "severity": "note"}}]) is None
