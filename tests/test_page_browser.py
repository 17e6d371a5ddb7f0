"""The interactive page in a real browser, with mouse, touch and keyboard, as wide as a desktop and as a phone."""

import csv
import io
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from matplotlib.path import Path as MplPath
from page_latents import IMAGE, NAMES, SCRIPT, color_of, page_latents

from latentkit.embedding import EmbedRequest, embed
from latentkit.formats.latents import Latents, read_latents
from latentkit.images import find
from latentkit.page import Request, plot_page, report_page
from latentkit.page.document import document
from latentkit.projection import project
from latentkit.run import open_run
from latentkit.separation.report import judge

pytestmark = pytest.mark.browser

WIDE, NARROW = (1280, 900), (390, 844)
both_widths = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["desktop", "phone"])


class Tab:
    """An open page and the latents that it shows."""

    def __init__(self, page, latents: Latents) -> None:
        self.page, self.latents = page, latents

    def spots(self, rows: Sequence[int], method: str = "pca") -> np.ndarray:
        """Return (n, 2) screen positions of the points of some rows, by the view that the page reports."""
        x, y, k, cx, cy = self.page.evaluate(
            "() => { const plot = document.getElementById('plot'); plot.scrollIntoView({block: 'center'});"
            " const box = plot.getBoundingClientRect(), seen = plot.dataset;"
            " return [box.x + box.width / 2, box.y + box.height / 2, +seen.scale, +seen.centerX, +seen.centerY]; }"
        )
        points = self.latents.arrays[f"projection_{method}"][list(rows), :2].astype(float)
        return np.array([x, y]) + (points - [cx, cy]) * [k, -k]

    def spot(self, row: int, method: str = "pca") -> tuple[float, float]:
        return tuple(self.spots([row], method)[0].tolist())

    def hover(self, row: int, method: str = "pca") -> None:
        self.page.mouse.move(*self.spot(row, method))
        self.wait_for_paint()

    def wait_for_paint(self) -> None:
        """Wait until the page has painted."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def card(self) -> str | None:
        card = self.page.locator("#card")
        return card.inner_text() if card.is_visible() else None

    def drag(self, corners: list[tuple[float, float]]) -> None:
        self.page.mouse.move(*corners[0])
        self.page.mouse.down()
        for corner in corners[1:]:
            self.page.mouse.move(*corner, steps=4)
        self.page.mouse.up()
        self.wait_for_paint()

    def around(self, rows: np.ndarray, margin: float = 6) -> list[tuple[float, float]]:
        """Return the corners of a box around the points of some rows."""
        spots = self.spots(rows)
        (left, top), (right, bottom) = spots.min(axis=0) - margin, spots.max(axis=0) + margin
        return [(left, top), (right, top), (right, bottom), (left, bottom)]

    def selected(self) -> list[str]:
        """Return the ids in the CSV that the page offers for download."""
        with self.page.expect_download() as waiting:
            self.page.click("#download")
        text = Path(waiting.value.path()).read_text(encoding="utf-8")
        return [row["id"] for row in csv.DictReader(io.StringIO(text))]

    def ink(self) -> set[tuple[int, int, int]]:
        """Return the colors on the plot."""
        pixels = self.page.evaluate(
            "() => { const c = document.getElementById('points'); const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            " const seen = new Set(); for (let i = 0; i < p.length; i += 4) seen.add(p[i] << 16 | p[i + 1] << 8 | p[i + 2]); return [...seen]; }"
        )
        return {(each >> 16, each >> 8 & 255, each & 255) for each in pixels}


Open = Callable[..., Tab]


@pytest.fixture
def tab(chromium, tmp_path) -> Iterator[Open]:
    """Open pages with `tab(latents, size=WIDE)`. At the end, none may have reported an error or requested anything."""
    complaints: list[str] = []
    contexts = []

    def open_tab(latents: Latents | None = None, *, size=WIDE, html: bytes | None = None, **how) -> Tab:
        latents = latents or page_latents()
        file = tmp_path / "page.html"
        file.write_bytes(html or plot_page(latents).html)
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **how)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on(
            "request",
            lambda request: complaints.append(request.url) if _is_external(request.url, file) else None,
        )
        page.goto(file.as_uri())
        tab = Tab(page, latents)
        if page.locator("#plot").count():
            page.wait_for_selector("#plot[data-ready]", state="attached")
            tab.wait_for_paint()
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    assert complaints == []


def _is_external(url: str, file: Path) -> bool:
    return url != file.as_uri() and not url.startswith(("data:", "blob:"))


@contextmanager
def unchecked_page(chromium, html: bytes, file: Path):
    """Open a page that may report errors."""
    file.write_bytes(html)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(file.as_uri())
    yield page
    context.close()


def rows_of(latents: Latents, name: str) -> np.ndarray:
    return np.flatnonzero(latents.labels == name)


# Hover -----------------------------------------------------------------------------------------


@both_widths
def test_hovering_shows_the_picture_and_the_values_of_a_point(tab, size):
    here = tab(size=size)
    here.hover(17)
    assert here.card().split("\n")[0] == "c/00017.png"
    assert {"class", "shoe", "cluster", "1", "squared error per pixel", "0.2881"} <= set(
        here.card().split("\n")
    )
    pixel = here.page.evaluate(
        "[...document.querySelector('#card canvas').getContext('2d').getImageData(4, 4, 1, 1).data]"
    )
    assert tuple(pixel[:3]) == color_of(17)


def test_there_is_no_card_away_from_the_points(tab):
    here = tab()
    here.hover(17)
    left, top = here.around(np.arange(60))[0]
    here.page.mouse.move(left - 15, top - 15)
    here.wait_for_paint()
    assert here.card() is None


def test_each_point_is_found_where_it_is_drawn(tab):
    here = tab()
    spots = here.spots(range(60))
    for row in range(0, 60, 7):
        here.hover(row)
        near = np.hypot(*(spots - spots[row]).T) < 1.5
        assert here.card().split("\n")[0] in here.latents.ids[near]


def test_names_that_look_like_markup_are_shown_as_text(tab):
    here = tab()
    here.hover(0)
    assert here.card().split("\n")[0] == IMAGE
    assert SCRIPT in here.page.locator("#legend").inner_text()
    assert here.page.locator("img").count() == 0


# Legend ----------------------------------------------------------------------------------------


@both_widths
def test_a_name_in_the_legend_hides_and_shows_its_points(tab, size):
    here = tab(size=size)
    shoe = here.page.get_by_role("button", name="shoe 20", exact=True)
    colors = here.ink()
    shoe.click()
    here.wait_for_paint()
    assert shoe.get_attribute("aria-pressed") == "false"
    assert len(here.ink()) < len(colors)
    here.hover(17)
    assert here.card() is None
    shoe.click()
    here.wait_for_paint()
    assert here.ink() == colors


def test_only_hides_all_other_classes(tab):
    here = tab()
    here.page.get_by_role("button", name="only bag").click()
    pressed = [each.get_attribute("aria-pressed") for each in here.page.locator("#legend .name").all()]
    assert sorted(pressed) == ["false", "false", "true"]
    here.page.get_by_role("button", name="Show all").click()
    assert here.page.locator("#legend .name[aria-pressed=false]").count() == 0


def test_any_array_can_color_the_points(tab):
    here = tab()
    titles = here.page.locator("#color option").all_inner_texts()
    assert titles == ["one color", "class", "cluster", "squared error per pixel", "weight"]
    by_class = here.ink()
    here.page.select_option("#color", label="weight")
    here.wait_for_paint()
    assert here.ink() != by_class
    assert "1 without a value (gray)" in here.page.locator("#legend").inner_text()
    here.page.select_option("#color", label="cluster")
    assert here.page.locator("#legend .name").all_inner_texts() == ["0\n20", "1\n20", "no cluster\n20"]


# Search ----------------------------------------------------------------------------------------


@both_widths
def test_a_search_finds_ids_and_centers_on_them(tab, size):
    here = tab(size=size)
    here.page.fill("#query", "0001")
    assert here.page.locator("#matches").inner_text() == "11 found"
    here.page.fill("#query", "B/00031")
    assert here.page.locator("#matches").inner_text() == "1 found"
    here.page.press("#query", "Enter")
    here.wait_for_paint()
    assert here.card().split("\n")[0] == "b/00031.png"
    spot = here.spot(31)
    box = here.page.locator("#plot").bounding_box()
    assert spot == pytest.approx((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), abs=1)


def test_the_matches_of_a_search_can_be_selected(tab):
    here = tab()
    here.page.fill("#query", "c/0000")
    here.page.click("#select-matches")
    assert here.selected() == ["c/00002.png", "c/00005.png", "c/00008.png"]


def test_a_search_counts_hidden_matches(tab):
    here = tab()
    here.page.get_by_role("button", name="shoe 20", exact=True).click()
    here.page.fill("#query", "0000")
    assert here.page.locator("#matches").inner_text() == "9 found, 3 hidden"


# Selection -------------------------------------------------------------------------------------


@both_widths
def test_a_lasso_selects_the_points_inside_and_counts_them_by_class(tab, size):
    here = tab(size=size)
    here.page.click("button[data-tool=lasso]")
    shoes = rows_of(here.latents, "shoe")
    here.drag(here.around(shoes))
    assert here.page.locator("#selected").inner_text() == "Selected: 20 of 60"
    assert here.page.locator("#counts tbody tr").all_inner_texts() == ["shoe\t20\t20\t100.0%"]
    assert here.page.locator("#strip canvas[data-drawn]").count() == 20
    assert here.selected() == here.latents.ids[shoes].tolist()


def test_a_lasso_selects_exactly_the_points_inside_its_outline(tab):
    here = tab()
    here.page.click("button[data-tool=lasso]")
    spots = here.spots(range(60))
    (left, top), (right, bottom) = spots.min(axis=0) - 8, spots.max(axis=0) + 8
    across, down = (left + right) / 2, top + 0.7 * (bottom - top)
    line = [(left, top), (across, down), (right, top), (right, bottom), (across, bottom - 40), (left, bottom)]
    expected = here.latents.ids[MplPath([*line, line[0]]).contains_points(spots)].tolist()
    assert 10 < len(expected) < 50
    here.drag(line)
    assert here.selected() == expected


@both_widths
def test_a_box_selects_adds_and_removes(tab, size):
    here = tab(size=size)
    here.page.click("button[data-tool=box]")
    bags, others = rows_of(here.latents, NAMES[0]), rows_of(here.latents, NAMES[1])
    here.drag(here.around(bags)[::2])
    assert sorted(here.selected()) == sorted(here.latents.ids[bags].tolist())
    here.page.keyboard.down("Shift")
    here.drag(here.around(others)[::2])
    here.page.keyboard.up("Shift")
    assert len(here.selected()) == 40
    here.page.keyboard.down("Alt")
    here.drag(here.around(bags)[::2])
    here.page.keyboard.up("Alt")
    assert sorted(here.selected()) == sorted(here.latents.ids[others].tolist())


@both_widths
def test_the_csv_holds_the_ids_and_classes(tab, size):
    here = tab(size=size)
    here.page.fill("#query", "png")
    here.page.click("#select-matches")
    with here.page.expect_download() as waiting:
        here.page.click("#download")
    assert waiting.value.suggested_filename == "selected.csv"
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8"))))
    assert [row["id"] for row in rows] == here.latents.ids.tolist()
    assert [row["label"] for row in rows] == here.latents.labels.tolist()
    assert [int(row["cluster"]) for row in rows] == here.latents.arrays["clusters"].tolist()


def test_a_click_selects_a_point_and_a_second_click_deselects_it(tab):
    here = tab()
    here.page.mouse.click(*here.spot(31))
    assert here.selected() == ["b/00031.png"]
    here.page.mouse.click(*here.spot(31))
    assert here.page.locator("#selected").inner_text() == "Nothing is selected"


# Keys ------------------------------------------------------------------------------------------


def test_the_keyboard_moves_from_point_to_point_and_selects(tab):
    here = tab()
    here.page.focus("#overlay")
    here.page.keyboard.press("ArrowRight")
    first = here.card().split("\n")[0]
    here.page.keyboard.press("Space")
    here.page.keyboard.press("ArrowLeft")
    second = here.card().split("\n")[0]
    assert second != first
    assert second in here.page.locator("#live").inner_text()
    at = dict(zip(here.latents.ids.tolist(), here.latents.arrays["projection_pca"], strict=True))
    assert at[second][0] < at[first][0]
    here.page.keyboard.press("Space")
    assert set(here.selected()) == {first, second}
    here.page.focus("#overlay")
    here.page.keyboard.press("Escape")
    assert here.page.locator("#selected").inner_text() == "Nothing is selected"
    here.page.keyboard.press("v")
    assert len(here.selected()) == 60


def test_the_tabs_show_each_projection(tab):
    here = tab()
    assert here.page.get_by_role("tab").all_inner_texts() == ["PCA", "t-SNE", "UMAP"]
    assert here.page.locator("#caption").inner_text() == "PCA of 60 images \u00b7 seed 7"
    here.page.get_by_role("tab", name="PCA").press("ArrowLeft")
    here.wait_for_paint()
    assert here.page.get_by_role("tab", name="UMAP").get_attribute("aria-selected") == "true"
    assert here.page.locator("#caption").inner_text().startswith("UMAP of 60 images")
    here.hover(17, "umap")
    assert here.card().split("\n")[0] == "c/00017.png"


def test_a_projection_of_three_dimensions_can_be_turned(tab):
    here = tab()
    here.page.get_by_role("tab", name="t-SNE").click()
    here.wait_for_paint()
    before = here.page.locator("#points").screenshot()
    (left, top), _, (right, bottom), _ = here.around(np.arange(60))
    here.drag([((left + right) / 2, (top + bottom) / 2), ((left + right) / 2 + 120, (top + bottom) / 2)])
    assert here.page.locator("#points").screenshot() != before


def test_a_projection_of_three_dimensions_has_axes_that_turn_and_a_hint(tab):
    here = tab()

    def corner() -> str:
        """The part of the overlay where the axes are; what it shows does not depend on the points."""
        return here.page.evaluate(
            "() => { const canvas = document.getElementById('overlay'), ratio = window.devicePixelRatio;"
            " const side = 100 * ratio, pixels = canvas.getContext('2d').getImageData("
            " 0, canvas.height - side, side, side).data; return [...pixels].join(); }"
        )

    here.page.get_by_role("tab", name="t-SNE").click()
    here.wait_for_paint()
    assert here.page.locator("#x-label").inner_text() == "Drag to rotate, Shift and drag to move"
    assert here.page.locator("#y-label").inner_text() == "1: t-SNE 1, 2: t-SNE 2, 3: t-SNE 3"
    before = corner()
    assert set(before.split(",")) != {"0"}
    here.page.locator("#overlay").focus()
    here.page.keyboard.press("]")
    here.wait_for_paint()
    assert corner() != before
    here.page.get_by_role("tab", name="UMAP").click()
    here.wait_for_paint()
    assert set(corner().split(",")) == {"0"}
    assert here.page.locator("#y-label").inner_text().startswith("UMAP 2")


# Light, dark, small ----------------------------------------------------------------------------


def test_the_theme_follows_the_system_until_it_is_chosen(tab):
    here = tab(color_scheme="dark")
    assert (0x14, 0x17, 0x1A) in here.ink()
    here.page.click("#theme")
    here.wait_for_paint()
    assert (255, 255, 255) in here.ink()
    assert here.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@both_widths
def test_the_page_is_no_wider_than_the_window(tab, size):
    here = tab(size=size)
    here.page.fill("#query", "png")
    here.page.click("#select-matches")
    assert here.page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_tap_shows_a_point(tab):
    here = tab(size=NARROW, has_touch=True)
    here.page.touchscreen.tap(*here.spot(17))
    here.wait_for_paint()
    assert here.card().split("\n")[0] == "c/00017.png"


# Missing parts ---------------------------------------------------------------------------------


def test_without_thumbnails_the_page_says_so(tab):
    here = tab(page_latents(thumbnails=False))
    assert "No thumbnails" in here.page.locator("#thumbnail-note").inner_text()
    here.hover(17)
    assert here.page.locator("#card canvas").count() == 0


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_points_can_be_shown(tab, n):
    here = tab(page_latents(n))
    here.hover(n - 1)
    assert here.card().split("\n")[0] == here.latents.ids[n - 1]


# The policy ------------------------------------------------------------------------------------


def test_the_policy_stops_injected_scripts_and_all_requests(chromium, tmp_path):
    html = plot_page(page_latents()).html.replace(b"<main>", b"<main><script>window.bad = 1</script>")
    with (
        unchecked_page(chromium, html, tmp_path / "page.html") as page,
        socket.create_server(("127.0.0.1", 0)) as home,
    ):
        url = f"http://127.0.0.1:{home.getsockname()[1]}/x.png"
        assert page.evaluate("window.bad") is None
        blocked = page.evaluate(
            "url => new Promise(done => { document.addEventListener('securitypolicyviolation', e => done(e.blockedURI));"
            " document.body.append(Object.assign(new Image(), {src: url})); })",
            url,
        )
        assert blocked == url
        home.setblocking(False)
        with pytest.raises(BlockingIOError):
            home.accept()


def test_the_script_leaves_no_globals(tab, chromium, tmp_path):
    names = "Object.getOwnPropertyNames(window)"
    with unchecked_page(chromium, document("blank", []), tmp_path / "blank.html") as blank:
        without_script = set(blank.evaluate(names))
    here = tab()
    assert set(here.page.evaluate(names)) <= without_script
    assert here.page.evaluate("typeof module_main") == "undefined"


# The report page --------------------------------------------------------------------------------


def test_the_report_page_is_complete(tab, trained, blobs, numpy_backend, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTKIT_CACHE", str(tmp_path / "cache"))
    sources = find([str(blobs)])
    with (tmp_path / "z.npz").open("wb") as stream:
        embed(EmbedRequest(trained, sources), stream)
    latents = read_latents(tmp_path / "z.npz", name="z")
    html = report_page(Request(judge(latents), latents, open_run(trained), sources)).html
    here = tab(project(latents.mu).add_to(latents), html=html)
    assert here.page.locator("h1").inner_text() == "Do the classes separate?"
    assert here.page.locator(".curves figure").count() == 6
    broken = "images => images.filter(image => !(image.complete && image.naturalWidth)).length"
    assert here.page.locator(".pairs img").evaluate_all(broken) == 0
    here.hover(7)
    assert here.page.locator("#card canvas[data-drawn]").count() == 1
    here.page.set_viewport_size({"width": 390, "height": 844})
    assert here.page.evaluate("document.documentElement.scrollWidth") <= 390


# Many points -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_50_000_points_open_and_respond_quickly(tab):
    latents = page_latents(50_000)
    rng = np.random.default_rng(0)
    latents = latents.with_arrays(thumbnails=rng.integers(0, 256, (50_000, 28, 28, 1)).astype(np.uint8))
    start = time.process_time()
    html = plot_page(latents).html
    assert time.process_time() - start <= 60
    assert len(html) <= 40 * 2**20
    here = tab(latents, html=html)
    assert int(here.page.locator("#plot").get_attribute("data-paint-milliseconds")) < 2000
    waits = []
    for row in range(0, 50_000, 1250):
        spot = here.spot(row)
        start = time.perf_counter()
        here.page.mouse.move(*spot)
        here.page.wait_for_selector("#card canvas[data-drawn]")
        waits.append(time.perf_counter() - start)
    assert np.median(waits) < 0.2
    assert np.quantile(waits, 0.9) < 0.5
