"""Join the page's ES modules into one script that a browser runs without fetching anything.

A file opened with file:// cannot import another, so each module becomes a function of its own: what it imports is
taken from the functions before it, and what it exports is returned. Nothing becomes a global. This needs no parser,
because the modules keep to two forms, each at the start of a line:

    import { a, b } from "./other.js";
    export const a = ...;   export function b() ...   export class C ...

Any other import or export is refused, `export let` among them: the importing module would get a copy that never
changes.
"""

import re
from collections.abc import Callable

__all__ = ["ScriptError", "join"]

_IMPORT = re.compile(r'^import \{\s*((?:[\w$]+,\s*)*[\w$]+),?\s*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:const|(?:async )?function\*?|class) ([\w$]+))", re.MULTILINE)
_OTHER = re.compile(r"^\s*(?:import|export)\b.*$", re.MULTILINE)


class ScriptError(ValueError):
    """A module that cannot be joined."""


def join(entry: str, read: Callable[[str], str]) -> str:
    """Return one script that runs the module `entry`, and before it each module that it imports, once.

    `read` returns the source of a module. Raises ScriptError for a circle of imports, for a name that no module
    exports, and for syntax outside the two forms above.
    """
    exports: dict[str, list[str]] = {}
    functions: list[str] = []

    def add(name: str, importers: tuple[str, ...]) -> None:
        if name in importers:
            raise ScriptError(f"modules import each other in a circle: {' -> '.join((*importers, name))}")
        if name in exports:
            return
        source = read(name)
        imports = [(match[2], match[1].split(",")) for match in _IMPORT.finditer(source)]
        for other, names in imports:
            add(other, (*importers, name))
            if missing := sorted({each.strip() for each in names} - set(exports[other])):
                raise ScriptError(f"{name} imports {', '.join(missing)}, which {other} does not export")
        exports[name] = [match[2] for match in _EXPORT.finditer(source)]
        body = _EXPORT.sub(r"\1", _IMPORT.sub(_taken, source))
        if other_form := _OTHER.search(body):
            raise ScriptError(f"{name}: cannot join '{other_form[0].strip()}'")
        functions.append(
            f"const {_variable(name)} = (() => {{\n{body}return {{ {', '.join(exports[name])} }};\n}})();\n"
        )

    add(entry, ())
    return '(() => {\n"use strict";\n' + "\n".join(functions) + "})();\n"


def _taken(match: re.Match[str]) -> str:
    names = " ".join(match[1].split())
    return f"const {{ {names} }} = {_variable(match[2])};\n"


def _variable(name: str) -> str:
    """Return the variable that holds the exports of a module."""
    return "module_" + name.removesuffix(".js").replace("-", "_")
