"""The HTML file of a page: text from files cannot become part of it, and it makes no requests."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from page_latents import IMAGE, NAMES, page_latents

import latentkit.page
from latentkit.page import plot_page
from latentkit.page.document import document, static, to_json
from latentkit.page.markup import Markup, table, tag, text
from latentkit.pictures.palette import DARK, LIGHT, css_variables

STATIC = Path(latentkit.page.__file__).parent / "static"


class Parts(HTMLParser):
    """The tags of a page, and the contents of its script and style elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.contents: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.contents.append((tag, ""))

    def handle_data(self, data):
        if self.cdata_elem:
            self.contents[-1] = (self.contents[-1][0], self.contents[-1][1] + data)


@pytest.fixture(scope="module")
def page() -> str:
    return plot_page(page_latents()).html.decode()


def test_the_same_latents_give_the_same_bytes(page):
    assert plot_page(page_latents()).html.decode() == page


def test_the_policy_names_this_script_and_this_style_and_no_host(page):
    parts = Parts(page)
    policy = next(attrs["content"] for name, attrs in parts.tags if attrs.get("http-equiv"))
    contents = dict(parts.contents)  # the last script is the one that runs
    for kind in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(contents[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert not re.search(r"unsafe|https?:|\*", policy)


def test_the_page_names_no_other_file(page):
    links = [value for _, attrs in Parts(page).tags for key, value in attrs.items() if key in ("src", "href")]
    assert links == ["data:,"]
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|WebSocket|sendBeacon|innerHTML|eval\(", page)


def test_names_from_files_stay_inside_the_data(page):
    assert "<img" not in page
    assert "alert(2)</script>" not in page
    data = json.loads(next(body for name, body in Parts(page).contents if name == "script"))
    assert data["ids"][0] == IMAGE
    assert data["columns"][0]["names"] == sorted(NAMES)


@pytest.mark.parametrize("hostile", ["</script>", "<!--", "\u2028", "\u2029", "&amp;", "\ud800", "]]>"])
def test_json_in_a_script_cannot_end_the_element(hostile):
    encoded = to_json({"x": hostile})
    assert json.loads(encoded) == {"x": hostile}
    assert encoded.isascii()
    assert not set("<>&") & set(encoded)


def test_a_dollar_in_the_parts_is_not_a_placeholder():
    assert b"<p>$body costs $5</p>" in document("$title", [tag("p", "$body costs $5")])


@pytest.mark.parametrize("name", ["main.js", "text.js", "page.css"])
def test_a_file_of_the_page_can_be_read(name):
    assert static(name)


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_no_script_can_end_its_element(path):
    source = path.read_text(encoding="utf-8")
    assert "</" not in source
    assert "<!--" not in source


def test_the_style_names_no_color(page):
    declarations = [line for line in static("page.css").splitlines() if line.endswith(";")]
    assert len(declarations) > 100
    assert not [line for line in declarations if re.search(r"#[0-9a-fA-F]{3,8}\b", line)]


def test_each_theme_gives_every_color_of_the_style_a_value():
    used = set(re.findall(r"var\(--([\w-]+)\)", static("page.css")))
    for theme in (LIGHT, DARK):
        assert used <= set(re.findall(r"--([\w-]+):", css_variables(theme)))


# Markup ----------------------------------------------------------------------------------------


def test_text_is_shown_rather_than_interpreted():
    assert text("""<b a="1" c='2'>&""") == "&lt;b a=&quot;1&quot; c=&#x27;2&#x27;&gt;&amp;"


def test_characters_that_hide_or_reorder_text_are_shown_as_escapes():
    assert text("a\x00\u202egnp.exe\ud800") == r"a\x00\u202egnp.exe\ud800"


def test_children_are_text_unless_they_are_markup():
    assert tag("p", "<b>", tag("b", "x"), None, class_="<") == '<p class="&lt;">&lt;b&gt;<b>x</b></p>'


def test_a_table_marks_the_first_column_as_row_names():
    element = table(["", "n", "why"], [["<a>", "1", "x"]], words=2)
    assert isinstance(element, Markup)
    assert '<th scope="row">&lt;a&gt;</th><td>1</td><td class="words">x</td>' in element


# The wheel -------------------------------------------------------------------------------------


def test_the_wheel_contains_the_files_of_the_page():
    root = Path(__file__).parent.parent
    shipped = {file.distribution_path for file in WheelBuilder(str(root)).recurse_included_files()}
    static_files = {
        f"latentkit/page/static/{file.name}" for file in (root / "latentkit" / "page" / "static").iterdir()
    }
    assert len(static_files) >= 10
    assert static_files <= shipped
