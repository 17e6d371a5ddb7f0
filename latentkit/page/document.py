"""The file: its policy, its parts, its data.

The policy (a Content-Security-Policy in the page itself) lets exactly this script and this style act, named by
their digests, and pictures that the file itself holds; it forbids every request, frame and form. Data stand in
script elements that no browser runs, as JSON and base64, of which no part can end the element.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from latentkit import __version__
from latentkit.page.markup import Markup, text
from latentkit.page.scripts import join
from latentkit.pictures.palette import DARK, LIGHT, css_variables

__all__ = ["as_json", "document", "static"]

ENTRY = "main.js"
"""The module that starts the page; it imports the others."""


def static(name: str) -> str:
    """Return one of the page's own files."""
    return (files("latentkit.page") / "static" / name).read_text(encoding="utf-8")


def document(
    title: str,
    body: Sequence[Markup],
    data: Mapping[str, Any] | None = None,
    blocks: Mapping[str, bytes] | None = None,
) -> bytes:
    """The page as UTF-8. `data` is what the script reads, `blocks` the binary data it names by their keys.

    Without data the page has no script to run.
    """
    script = "" if not data else "\n" + join(ENTRY, static)
    style = _style()
    held = [] if not data else [f'<script type="application/json" id="data">{as_json(data)}</script>']
    for id, block in (blocks or {}).items():
        held.append(f'<script type="text/plain" id="{id}">{base64.b64encode(block).decode()}</script>')
    return (
        Template(static("page.html"))
        .substitute(
            title=text(title),
            policy=_policy(script, style),
            version=__version__,
            style=style,
            body="\n".join(body),
            blocks="\n".join(held),
            script=script,
        )
        .encode()
    )


def as_json(value: Any) -> str:
    """JSON in ASCII that can stand in a script element: `<`, `>` and `&` are escapes in it, as U+2028 is."""
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
