"""Scatter plots: legible, reproducible byte for byte, and safe with any folder name."""

import io
import xml.etree.ElementTree as ET
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from PIL import Image

from latentkit.errors import PictureError
from latentkit.pictures import THEMES, Classes, Panel, Quantity, Style, Thumbnails, caption, palette, relabel
from latentkit.pictures import scatter as drawn
from latentkit.pictures.render import settings
from latentkit.pictures.scatter import _figure

NAMES = ("$x^2$", "_private", "a\nb", "\x1b[31mred", "猫", "عربي", "x" * 300, "%d {0}", "$\\frac{$", "$", "")


def points(n: int, dims: int = 2):
    return np.random.default_rng(0).normal(size=(n, dims))


def classes(n: int, names=("cat", "dog", "eel")) -> Classes:
    return Classes("class", tuple(names), np.arange(n) % len(names), "none")


def caption_of(n: int, dims: int = 2, method: str = "pca", **info):
    return caption(method, n, dims, {"seed": 7, **info})


def scatter(points, caption, coloring=None, *, format: str = "png", **more) -> bytes:
    return drawn([Panel(points, caption)], coloring, Style(format), **more)


def figure_of(points, caption, coloring, style: Style | None = None, **more):
    return figure_of_all([Panel(points, caption)], coloring, style, **more)


def figure_of_all(panels, coloring, style: Style | None = None, **more):
    style = style or Style()
    with settings(style.theme):
        figure = _figure(panels, coloring, style, **more)
        figure.draw_without_rendering()
        return figure


def boxes_of(artists) -> list:
    return [artist.get_window_extent() for artist in artists]


def names_in(figure) -> list:
    """Return the texts that name classes: those with a halo."""
    return [text for text in figure.texts if text.get_path_effects()]


def small(n: int, max_count: int = 20, available=None) -> Thumbnails:
    """Return thumbnails of one color for any rows."""
    available = np.ones(n, np.bool_) if available is None else available
    picture = np.full((8, 8, 3), [12, 200, 90], np.uint8)
    return Thumbnails(max_count, available, lambda rows, side: {int(row): picture for row in rows})


def pixels(data: bytes):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).reshape(-1, 3)


def has_color(data: bytes, color: str) -> bool:
    channels = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return bool((pixels(data) == channels).all(axis=1).any())


@pytest.mark.parametrize(("format", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_figure_is_reproducible_byte_for_byte_and_has_no_date(format, magic):
    first = scatter(points(40), caption_of(40), classes(40), format=format)
    assert first.startswith(magic)
    assert first == scatter(points(40), caption_of(40), classes(40), format=format)
    assert b"Date" not in first


def test_every_class_has_its_color():
    data = scatter(points(60), caption_of(60), classes(60))
    assert all(has_color(data, palette.COLORS[i]) for i in range(3))
    assert not has_color(data, palette.COLORS[3])


def test_points_without_a_class_are_gray():
    some = Classes("class", ("cat",), np.where(np.arange(30) < 15, 0, -1), "no label")
    assert has_color(scatter(points(30), caption_of(30), some), THEMES["light"].unlabeled)


def test_without_coloring_there_is_no_legend():
    assert not figure_of(points(9), caption_of(9), None).legends


@pytest.mark.parametrize(("dims", "count"), [(2, 1), (3, 3), (3, 25), (2, palette.MAX_CLASSES)])
def test_the_legend_is_inside_the_figure_and_beside_the_axes(dims, count):
    names = [f"class number {i}" for i in range(count)]
    figure = figure_of(points(200, dims), caption_of(200, dims), classes(200, names))
    legend, axes = figure.legends[0].get_window_extent(), figure.axes[0].get_window_extent()
    assert legend.x0 > axes.x1
    assert legend.y0 > 0
    assert legend.x1 < figure.bbox.x1
    assert legend.y1 < figure.bbox.y1
    assert len(figure.legends[0].get_texts()) == count


def test_the_label_of_the_third_axis_does_not_reach_the_legend():
    figure = figure_of(points(50, 3), caption_of(50, 3), classes(50))
    assert figure.axes[0].zaxis.label.get_window_extent().x1 < figure.legends[0].get_window_extent().x0


def test_two_classes_never_look_alike():
    assert len({palette.look(i) for i in range(palette.MAX_CLASSES)}) == palette.MAX_CLASSES


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_any_name_can_be_drawn(format):
    picture = scatter(points(44), caption_of(44), classes(44, NAMES), format=format)
    assert picture.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[format])


def test_any_method_can_be_drawn():
    figure = figure_of(points(5), caption_of(5, method="a\nb猫$^{"), None)
    assert figure.axes[0].get_xlabel().startswith("a\\nb")


def test_names_are_not_parsed_as_mathematics_and_underscores_stay():
    figure = figure_of(points(44), caption_of(44), classes(44, NAMES))
    text = [text.get_text() for text in figure.legends[0].get_texts()]
    assert text[:4] == ["$x^2$ (4)", "_private (4)", "a\\nb (4)", "\\x1b[31mred (4)"]


def test_the_caption_gives_method_number_seed_and_fidelity():
    figure = figure_of(
        points(5), caption_of(5, fidelity={"trustworthiness": {"value": 0.912, "error": 0}}), None
    )
    text = " ".join(each.get_text() for each in figure.texts if each.get_text())
    assert text == "PCA of 5 images seed 7 · trustworthiness 0.91"


def test_a_poor_projection_is_warned_of_first():
    poor = {"trustworthiness": {"value": 0.8}, "continuity": {"value": 0.99}}
    text = caption_of(5, fidelity=poor, method="umap").text
    assert text.startswith("neighborhoods are preserved poorly: do not judge classes by them · seed 7 · ")
    assert "poorly" not in caption_of(5, fidelity=poor | {"trustworthiness": {"value": 0.9}}).text


def test_a_figure_for_a_paper_has_neither_title_nor_caption():
    panel = Panel(points(30), caption_of(30))
    whole, bare = (
        figure_of_all(relabel([panel], title, caption=title is None), classes(30)) for title in (None, "")
    )
    texts = [text.get_text() for text in bare.texts if text.get_text()]
    assert sorted(texts) == ["cat", "dog", "eel"]
    assert bare.get_size_inches()[1] < whole.get_size_inches()[1] - 0.3
    assert bare.axes[0].get_position().y1 > 0.97


def test_a_title_replaces_that_of_one_projection_and_precedes_those_of_several():
    panels = [Panel(points(5), caption_of(5, method=method)) for method in ("pca", "umap")]
    assert relabel(panels[:1], "Mine", caption=True)[0].caption.title == "Mine"
    titles = [panel.caption.title for panel in relabel(panels, "Mine", caption=True)]
    assert titles == ["Mine: PCA of 5 images", "Mine: UMAP of 5 images"]
    assert relabel(panels, None, caption=True) == panels


def test_a_palette_with_too_few_looks_for_the_classes_is_refused():
    style = Style(theme=palette.with_palette(THEMES["light"], "gray"))
    names = [f"c{i}" for i in range(16)]
    with pytest.raises(PictureError, match="3 colors with 5 shapes cannot tell 16 classes apart"):
        drawn([Panel(points(32), caption_of(32))], classes(32, names), style)


def test_a_quantity_has_a_color_bar_that_excludes_outliers():
    values = np.concatenate([np.linspace(0, 1, 999), [1e9]])
    figure = figure_of(points(1000), caption_of(1000), Quantity("mse", values))
    assert figure.axes[1].get_ylabel() == "mse"
    assert figure.axes[1].get_ylim()[1] < 1.01


def test_points_without_a_value_are_gray():
    values = np.where(np.arange(50) < 20, np.nan, 1.0)
    assert has_color(scatter(points(50), caption_of(50), Quantity("q", values)), THEMES["light"].unlabeled)


def test_many_points_become_an_image_within_the_svg():
    few, many = (scatter(points(n), caption_of(n), format="svg") for n in (50, 20_001))
    assert b"data:image/png" in many
    assert b"data:image/png" not in few
    assert len(many) < 2_000_000
    ET.fromstring(many)


def test_units_are_equal_on_both_axes_of_pca():
    axes = figure_of(points(100) * [10, 1], caption_of(100), None).axes[0]
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    assert (x1 - x0) / axes.bbox.width == pytest.approx((y1 - y0) / axes.bbox.height)


@pytest.mark.parametrize("dims", [2, 3])
def test_methods_that_keep_only_neighbors_have_no_numbers_on_their_axes(dims):
    axes = figure_of(points(100, dims), caption_of(100, dims, "umap"), None).axes[0]
    assert not any(tick.get_text() for tick in axes.get_xticklabels())


def test_no_class_hides_the_others():
    n = 20_000
    alike = Classes("class", ("a", "b"), np.repeat([0, 1], n // 2), "none")
    seen = pixels(scatter(np.random.default_rng(0).uniform(size=(n, 2)) * 0.3, caption_of(n), alike)).astype(
        int
    )
    blue, red = ((seen[:, c] - seen[:, 2 - c] > 60).sum() for c in (2, 0))
    assert 0.8 < blue / red < 1.25


def test_shapes_are_drawn_in_rounds_so_that_the_last_does_not_hide_the_others():
    drawn = figure_of(points(600), caption_of(600), classes(600, ("a", "b"))).axes[0].collections
    shapes = [len(each.get_paths()[0].vertices) for each in drawn]
    assert shapes[0] != shapes[1]
    assert shapes == shapes[:2] * 12


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("dims", [2, 3])
def test_one_or_two_points_make_a_figure(n, dims):
    assert scatter(np.ones((n, dims)), caption_of(n, dims), classes(n))


def test_the_users_matplotlib_settings_have_no_effect():
    plain = scatter(points(20), caption_of(20))
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30}):
        assert scatter(points(20), caption_of(20)) == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_an_unknown_format_is_refused():
    with pytest.raises(PictureError, match="'bmp' is not a figure format: choose one of png, svg, pdf, txt"):
        scatter(points(3), caption_of(3), format="bmp")


@pytest.mark.parametrize("bad", [np.ones((3, 4)), np.ones((0, 2)), np.full((3, 2), np.nan)])
def test_points_that_cannot_be_drawn_are_refused(bad):
    with pytest.raises(PictureError, match="cannot be drawn"):
        scatter(bad, caption_of(3))


def test_a_figure_has_the_requested_width_at_any_resolution():
    sizes = [
        Image.open(
            io.BytesIO(drawn([Panel(points(9), caption_of(9))], classes(9), Style(width=5, dpi=dpi)))
        ).size
        for dpi in (50, 100)
    ]
    assert [size[0] for size in sizes] == [250, 500]
    assert sizes[1][1] == pytest.approx(2 * sizes[0][1], abs=1)


@pytest.mark.parametrize(("width", "dims"), [(3, 2), (3.4, 3), (5, 2), (8, 3)])
def test_at_any_width_nothing_is_cut_off_and_the_legend_is_off_the_points(width, dims):
    info = {"fidelity": {"trustworthiness": {"value": 0.9}, "continuity": {"value": 0.9}}}
    names = [f"class number {i}" for i in range(5)]
    figure = figure_of(points(90, dims), caption_of(90, dims, **info), classes(90, names), Style(width=width))
    legend, axes = boxes_of([figure.legends[0], figure.axes[0]])
    assert legend.x0 >= axes.x1 or legend.y1 <= axes.y0
    texts = [text for text in figure.texts if text.get_text()]
    for box in [legend, *boxes_of(texts)]:
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
    assert not any(box.overlaps(legend) for box in boxes_of(texts))


def test_a_narrow_figure_has_its_legend_below_the_points():
    figure = figure_of(points(30), caption_of(30), classes(30), Style(width=3.3))
    assert figure.legends[0].get_window_extent().y1 < figure.axes[0].get_window_extent().y0


def test_a_width_that_is_too_small_is_refused_with_one_that_is_enough():
    with pytest.raises(
        PictureError, match=r"1 inches wide has no space for the points: use --width 2.9 or more"
    ):
        drawn([Panel(points(9), caption_of(9))], classes(9), Style(width=1))
    assert figure_of(points(9), caption_of(9), classes(9), Style(width=2.9))


def test_a_figure_with_too_many_pixels_is_refused():
    with pytest.raises(
        PictureError, match="at 1000 dots per inch the longer side of this figure would have 50,360 pixels"
    ):
        drawn([Panel(points(9), caption_of(9))], None, Style(width=50, dpi=1000))


def test_a_dark_figure_has_dark_paper_and_the_dark_class_colors():
    dark = THEMES["dark"]
    data = drawn([Panel(points(60), caption_of(60))], classes(60), Style(theme=dark))
    assert pixels(data)[0].tolist() == [int(dark.paper[i : i + 2], 16) for i in (1, 3, 5)]
    assert all(has_color(data, palette.DARK_COLORS[i]) for i in range(3))


def test_several_projections_are_side_by_side_with_their_captions_and_one_legend():
    panels = [
        Panel(points(40, dims), caption_of(40, dims, method))
        for method, dims in (("pca", 2), ("tsne", 2), ("umap", 3))
    ]
    figure = figure_of_all(panels, classes(40))
    boxes = boxes_of(figure.axes)
    assert len(boxes) == 3
    assert all(one.x1 < next_one.x0 for one, next_one in pairwise(boxes))
    assert len(figure.legends) == 1
    titles = [text.get_text() for text in figure.texts if text.get_fontweight() == "bold"]
    assert [title for title in titles if " of " in title] == [
        "PCA of 40 images",
        "t-SNE of 40 images",
        "UMAP of 40 images",
    ]


def test_several_projections_are_below_each_other_in_a_narrow_figure():
    panels = [Panel(points(40), caption_of(40, 2, method)) for method in ("pca", "tsne")]
    first, second = boxes_of(figure_of_all(panels, classes(40), Style(width=4)).axes)
    assert second.y1 < first.y0
    assert first.x0 == second.x0


@pytest.mark.parametrize("dims", [2, 3])
def test_class_names_are_on_their_classes_and_none_is_over_another(dims):
    at = np.array([[0, 0, 0], [8, 0, 0], [0, 8, 0]])[:, :dims]
    figure = figure_of(points(300, dims) * 0.3 + at[np.arange(300) % 3], caption_of(300, dims), classes(300))
    names = names_in(figure)
    assert sorted(text.get_text() for text in names) == ["cat", "dog", "eel"]
    boxes = boxes_of(names)
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
    frame = figure.axes[0].get_window_extent()
    assert all(frame.x0 < box.x0 and box.x1 < frame.x1 for box in boxes)
    if dims == 2:
        named = {text.get_text(): box for text, box in zip(names, boxes, strict=True)}
        place = figure.axes[0].transData.transform(at)
        middle = {name: ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) for name, box in named.items()}
        for name, where in zip(("cat", "dog", "eel"), place, strict=True):
            np.testing.assert_allclose(middle[name], where, atol=60)


def test_names_that_do_not_fit_are_only_in_the_legend():
    names = [f"a long name, number {i}" for i in range(20)]
    figure = figure_of(points(100), caption_of(100), classes(100, names), Style(width=3))
    boxes = boxes_of(names_in(figure))
    assert 0 < len(boxes) < 20
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
    assert len(figure.legends[0].get_texts()) == 20


def test_density_contours_are_drawn_for_classes_with_enough_points():
    some = Classes("class", ("many", "few"), np.repeat([0, 1], [100, 5]), "none")
    plain, dense = (figure_of(points(105), caption_of(105), some, density=on).axes[0] for on in (False, True))
    assert len(dense.collections) - len(plain.collections) == 1


@pytest.mark.parametrize("more", [{"density": True}, {"thumbnails": small(9)}])
def test_options_that_characters_cannot_show_are_refused(more):
    with pytest.raises(
        PictureError, match="a plot in characters has neither contours nor images: name a figure"
    ):
        scatter(points(9), caption_of(9), format="txt", **more)


def test_contours_are_refused_in_three_dimensions():
    with pytest.raises(PictureError, match="this projection has 3: omit --density"):
        scatter(points(50, 3), caption_of(50, 3), None, density=True)


@pytest.mark.parametrize(("format", "dims"), [("png", 3), ("svg", 2), ("pdf", 2)])
def test_thumbnails_are_drawn_in_any_format_and_are_reproducible(format, dims):
    one, two = (
        drawn(
            [Panel(points(50, dims), caption_of(50, dims))],
            classes(50),
            Style(format, dpi=60),
            thumbnails=small(50),
        )
        for _ in range(2)
    )
    assert one == two
    if format == "png":
        assert has_color(one, "#0CC85A")


def test_thumbnails_are_within_the_axes_and_over_neither_each_other_nor_names():
    from matplotlib.image import BboxImage

    figure = figure_of(points(400), caption_of(400), classes(400), thumbnails=small(400, 60))
    boxes = boxes_of(figure.findobj(BboxImage))
    assert 30 < len(boxes) <= 60
    frame = figure.axes[0].get_window_extent()
    assert all(frame.x0 <= b.x0 and b.x1 <= frame.x1 and frame.y0 <= b.y0 and b.y1 <= frame.y1 for b in boxes)
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
    assert not any(one.overlaps(name) for one in boxes for name in boxes_of(names_in(figure)))


def test_only_rows_with_an_available_thumbnail_have_one():
    from matplotlib.image import BboxImage

    available = np.arange(50) == 7
    figure = figure_of(points(50), caption_of(50), None, thumbnails=small(50, 20, available))
    (image,) = figure.findobj(BboxImage)
    box = image.get_window_extent()
    where = figure.axes[0].transData.transform(points(50)[7])
    np.testing.assert_allclose([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2], where, atol=0.01)
