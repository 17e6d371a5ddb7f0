"""The HTML file of a page: its security policy, script, style, body and data.

The policy (a Content-Security-Policy in the page itself) allows only this script and this style, by their digests,
and images embedded in the file; it forbids every request, frame and form. Data are in script elements that browsers do
not run, as JSON and base64, which cannot end the element.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import Any, NamedTuple

from latentkit import __version__
from latentkit.page.markup import Markup, text
from latentkit.page.scripts import join
from latentkit.pictures.palette import DARK, LIGHT, css_variables

__all__ = ["Page", "document", "static", "to_json"]

ENTRY = "main.js"
"""The module that starts the page; it imports the others."""


class Page(NamedTuple):
    """An HTML file, and notes on its thumbnails for the user."""

    html: bytes
    notes: tuple[str, ...]


def static(name: str) -> str:
    """Return one of the page's own files."""
    return (files("latentkit.page") / "static" / name).read_text(encoding="utf-8")


def document(
    title: str,
    body: Sequence[Markup],
    data: Mapping[str, Any] | None = None,
    blocks: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return the page in UTF-8.

    `data` is for the script, which finds binary data in `blocks` by key. A page without data has no script.
    """
    script = "" if not data else "\n" + join(ENTRY, static)
    style = _style()
    elements = [] if not data else [f'<script type="application/json" id="data">{to_json(data)}</script>']
    for id, block in (blocks or {}).items():
        elements.append(f'<script type="text/plain" id="{id}">{base64.b64encode(block).decode()}</script>')
    return (
        Template(static("page.html"))
        .substitute(
            title=text(title),
            policy=_policy(script, style),
            version=__version__,
            style=style,
            body="\n".join(body),
            blocks="\n".join(elements),
            script=script,
        )
        .encode()
    )


def to_json(value: Any) -> str:
    """Return ASCII JSON for a script element: `<`, `>` and `&` are escaped, as is everything beyond ASCII."""
    plain = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _style() -> str:
    light, dark = css_variables(LIGHT), css_variables(DARK)
    return (
        f":root {{ {light} }}\n"
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}\n'
        f':root[data-theme="dark"] {{ {dark} }}\n{static("page.css")}'
    )


def _policy(script: str, style: str) -> str:
    def digest(source: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
