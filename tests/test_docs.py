"""Every command that the documents show is run, and what they say of the code is so."""

import re
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pytest

from latentkit import __version__
from latentkit.testing import CHECKS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    ROOT / "backends" / "README.md",
    ROOT / "examples" / "README.md",
    ROOT / "examples" / "scaling.md",
    ROOT / "examples" / "plugin" / "README.md",
]
SCRIPTS = sorted((ROOT / "examples").glob("*.sh"))


def blocks(text: str) -> list[str]:
    """The ```sh blocks, which are meant to be run one after another."""
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def photos(tmp_path, make_blobs):
    return make_blobs("photos", each=20)


def test_the_readme_runs_from_top_to_bottom(sh, photos, tmp_path):
    script = "\n".join(blocks(README))
    for line in ("latentkit analyze photos -o out", "latentkit train photos -o run"):
        script = re.sub(rf"{line}(?=\)|$)", f"{line} --epochs 2", script, flags=re.MULTILINE)
    assert script.count("latentkit") >= 10
    done = sh("set -eu\n" + script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out/page.html\nVERDICT")
    assert done.stderr.count(" held-out images; ") == 4  # each training once
    assert (tmp_path / "report.html").read_bytes().startswith(b"<!DOCTYPE html>")
    assert (tmp_path / "scatter.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_an_example_runs(script, sh, photos, required_backends):
    if script.name == "two-backends.sh" and len(required_backends) < 2:
        pytest.skip("needs both backends")
    done = sh("set -- photos\n" + script.read_text(encoding="utf-8"))
    assert done.returncode == 0, done.stderr
    assert done.stdout
    if script.name == "two-backends.sh":
        assert float(re.search(r"largest difference of mu: (\S+)", done.stdout)[1]) < 1e-4


@pytest.mark.slow  # it compiles a network
def test_the_way_to_train_on_a_gpu_is_one_on_a_cpu_too(sh, photos, load_backend):
    load_backend("torch")
    text = (ROOT / "examples" / "scaling.md").read_text(encoding="utf-8")
    (block,) = (block for block in blocks(text) if "torchrun" not in block)
    done = sh(block.replace("-o run", "-o run --epochs 2 --size 16"))
    assert (done.returncode, done.stdout) == (0, "run\n"), done.stderr


def torchrun_commands() -> list[list[str]]:
    """The words of every torchrun of the recipes, continued lines joined."""
    text = (ROOT / "examples" / "scaling.md").read_text(encoding="utf-8").replace("\\\n", " ")
    return [
        shlex.split(command)
        for command in re.findall(r"^.*?(torchrun .*)$", text, re.MULTILINE)
        if "-m" in command
    ]


@pytest.mark.parametrize("words", torchrun_commands(), ids=lambda words: words[0])
def test_torchrun_and_latentkit_know_every_option_of_the_recipes(words, load_backend):
    load_backend("torch")
    import torch.distributed.run
    import typer

    from latentkit.cli import app

    numbered = ["0" if word.startswith("$JOB") else word for word in words[1:]]
    parsed = torch.distributed.run.get_args_parser().parse_args(numbered)
    assert (parsed.module, parsed.training_script) == (True, "latentkit")
    name, *arguments = (word for word in parsed.training_script_args if word != "$more")
    context = typer.main.get_command(app).commands[name].make_context(name, arguments)
    assert list(context.params["images"]) == ["photos"]


def test_there_are_recipes_for_one_machine_slurm_and_kubernetes():
    assert len(torchrun_commands()) == 4


def test_what_the_documents_install_exists():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    installs = re.findall(r"pip install (.*)", text)
    assert any("-e '.[torch]'" in arguments for arguments in installs)
    for extra in re.findall(r"'\.\[(\w+)\]'", text):
        assert extra in project["optional-dependencies"]
    for file in re.findall(r"-c (\S+)", "\n".join(installs)):
        assert (ROOT / file).exists()


def test_every_example_is_listed():
    listed = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{script.name}" in listed for script in SCRIPTS)


def test_the_readme_names_every_command():
    from latentkit.cli import app

    names = {command.name for command in app.registered_commands} | {g.name for g in app.registered_groups}
    table = README[README.index("| command |") : README.index("`latentkit COMMAND --help`")]
    assert names == set(
        re.findall(r"`(\w+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if "|" in line))
    )


def test_every_link_of_the_documents_leads_somewhere():
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        targets = re.findall(r"\]\(([^)#]+)\)", text) + re.findall(r'src="([^"]+)"', text)
        local = [target for target in targets if not target.startswith("http")]
        missing = [target for target in local if not (document.parent / target).exists()]
        assert missing == []


def test_the_changelog_knows_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog or f"## [{__version__}]" in changelog


def test_the_guide_to_backends_shows_how_to_run_the_checks():
    guide = (ROOT / "backends" / "README.md").read_text(encoding="utf-8")
    assert "latentkit.testing.CHECKS" in guide
    assert len(CHECKS) > 0


def test_the_threat_model_names_tests_that_exist():
    names = re.findall(r"`(test_\w+\.py)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    assert len(set(names)) > 10
    assert [name for name in names if not (ROOT / "tests" / name).exists()] == []


def test_the_citation_has_what_the_format_requires():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    for key in (
        "cff-version: 1.2.0",
        "message:",
        "title:",
        "authors:",
        "type: software",
        "license: Apache-2.0",
    ):
        assert re.search(rf"^{key}", citation, re.MULTILINE)


def test_no_document_installs_the_unrelated_project():
    every = [*DOCUMENTS, ROOT / "pyproject.toml", *(ROOT / "examples").rglob("*.toml")]
    for document in every:
        text = document.read_text(encoding="utf-8")
        assert not re.search(
            r"pip install [^\n]*\blatentkit(?!-vae|-numpy|_vae|/)|[\"'`]latentkit\[", text
        ), document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_paths_and_the_make_targets_of_a_document_exist(document):
    text = document.read_text(encoding="utf-8")
    paths = re.findall(r"`((?:latentkit|tests|tools|backends|examples)/[\w./-]*)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    targets = re.findall(r"(?:^|`)make ([\w-]+)", text, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def words(text: str) -> list[str]:
    """The words of a text, every number replaced by N."""
    return re.sub(r"\d[\d.,]*\d|\d", "N", text).split()


def test_the_verdict_in_the_readme_is_worded_as_in_the_report(sh, tmp_path):
    (verdict,) = re.findall(r"^```\n(VERDICT.*?)^```", README, re.MULTILINE | re.DOTALL)
    classes = np.repeat(np.arange(3), 60)
    mu = np.random.default_rng(0).normal(size=(180, 8)) + 5 * np.eye(8)[classes]
    np.save(tmp_path / "z.npy", mu)
    np.savetxt(tmp_path / "labels.csv", classes, fmt="%d")
    done = sh("latentkit report z.npy --labels labels.csv")
    assert done.returncode == 0, done.stderr
    printed = words(done.stdout)
    assert printed[: len(words(verdict))] == words(verdict)
