"""Joining the page's modules: one script, in order, that keeps each module's names to itself."""

import json
import re
from pathlib import Path

import pytest

import latentkit.page
from latentkit.page.scripts import ScriptError, join

ROOT = Path(__file__).parent.parent
STATIC = Path(latentkit.page.__file__).parent / "static"
MODULES = sorted(path.name for path in STATIC.glob("*.js"))


def joined(**modules: str) -> str:
    return join("main.js", lambda name: modules[name.removesuffix(".js")])


def test_an_import_becomes_a_constant_and_an_export_is_returned():
    script = joined(
        main='import { a, b } from "./other.js";\na(b);\n',
        other="export const b = 1;\nexport function a() {}\n",
    )
    assert script == (
        '(() => {\n"use strict";\n'
        "const module_other = (() => {\nconst b = 1;\nfunction a() {}\nreturn { b, a };\n})();\n"
        "\nconst module_main = (() => {\nconst { a, b } = module_other;\na(b);\nreturn {  };\n})();\n})();\n"
    )


def test_an_import_may_take_several_lines():
    script = joined(
        main='import {\n  a,\n  b,\n} from "./other-one.js";\n',
        **{"other-one": "export class a {}\nexport const b = 1;\n"},
    )
    assert "const { a, b } = module_other_one;" in script


def test_a_module_runs_once_and_before_those_that_import_it():
    script = joined(
        main='import { a } from "./left.js";\nimport { b } from "./right.js";\n',
        left='import { c } from "./base.js";\nexport const a = c;\n',
        right='import { c } from "./base.js";\nexport const b = c;\n',
        base="export const c = 1;\n",
    )
    assert re.findall(r"const (module_\w+) = \(", script) == [
        "module_base",
        "module_left",
        "module_right",
        "module_main",
    ]


def test_a_type_in_a_comment_is_no_import():
    comment = '/** @type {import("./other.js").Thing} */\nexport const a = 1;\n'
    assert comment.replace("export ", "") in joined(main=comment)


def test_a_circle_of_imports_is_refused():
    with pytest.raises(ScriptError, match=r"in a circle: main\.js -> other\.js -> main\.js"):
        joined(
            main='import { a } from "./other.js";\n',
            other='import { b } from "./main.js";\nexport const a = 1;\n',
        )


def test_a_name_that_nothing_exports_is_refused():
    with pytest.raises(ScriptError, match=r"main\.js imports b, which other\.js does not export"):
        joined(main='import { a, b } from "./other.js";\n', other="export const a = 1;\nconst b = 2;\n")


@pytest.mark.parametrize(
    "line",
    [
        'import * as other from "./other.js";',
        'import other from "./other.js";',
        'import { a as b } from "./other.js";',
        'import "./other.js";',
        'import { a } from "https://example.org/a.js";',
        'import { a } from "../a.js";',
        "export default 1;",
        "export let a = 1;",
        "export { a };",
        'export * from "./other.js";',
        '  import("./other.js");',
    ],
)
def test_other_forms_are_refused(line):
    with pytest.raises(ScriptError, match="cannot join"):
        joined(main=line + "\n", other="export const a = 1;\n")


def test_every_module_of_the_page_is_in_its_script():
    script = join("main.js", lambda name: (STATIC / name).read_text(encoding="utf-8"))
    held = set(re.findall(r"^const module_(\w+) = \(", script, re.MULTILINE))
    assert held == {name.removesuffix(".js").replace("-", "_") for name in MODULES}
    assert len(MODULES) > 10


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_is_and_is_not_long(name):
    source = (STATIC / name).read_text(encoding="utf-8")
    assert source.startswith("/**")
    assert source.count("\n") <= 300


def test_the_tools_of_the_page_are_pinned_and_no_host_is_recorded():
    tools = ROOT / "tools" / "page"
    wanted = json.loads((tools / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    lock = (tools / "package-lock.json").read_text(encoding="utf-8")
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    packages = json.loads(lock)["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert '"resolved"' not in lock
    assert all("integrity" in package for name, package in packages.items() if name)
