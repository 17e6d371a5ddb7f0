"""The conventions of latentkit.shell, with one process at a time; test_pipes has several."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import tiny_app
from harness import WALL

from latentkit import shell
from latentkit.errors import LatentkitError
from latentkit.formats.latents import Latents, read_latents

APP = [sys.executable, tiny_app.__file__]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The tiny app as a process of its own."""
    return subprocess.run(
        [*APP, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "", **environment},
        stdin=subprocess.DEVNULL,
    )


class Outcome(NamedTuple):
    code: int
    stdout: str
    stderr: str


@pytest.fixture
def here(monkeypatch, capfd):
    """Run the tiny app in this process, which is quicker."""

    def run_here(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["tiny_app.py", *arguments])
        before = signal.getsignal(signal.SIGTERM)
        try:
            return Outcome(shell.run(tiny_app.app), *capfd.readouterr())
        finally:
            signal.signal(signal.SIGTERM, before)

    return run_here


# Words and data


def test_data_go_to_stdout_and_words_to_stderr(capsys):
    shell.emit("data")
    shell.say("words\nand more")
    assert tuple(capsys.readouterr()) == ("data\n", "words\nand more\n")


def test_data_come_after_what_was_printed_before_them():
    code = "import sys; from latentkit import shell; sys.stdout.write('before\\n'); shell.emit('data')"
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("before\ndata\n", "")


def test_quiet_silences_words_and_not_data(capsys):
    shell.quiet(True)
    try:
        shell.say("words")
        shell.emit("data")
    finally:
        shell.quiet(False)
    shell.say("again")
    assert tuple(capsys.readouterr()) == ("data\n", "again\n")


def test_words_are_escaped_line_by_line(capsys):
    shell.say("one \x1b[31m\ntwo \udcff")
    assert capsys.readouterr().err == "one \\x1b[31m\ntwo \\udcff\n"


def test_data_keep_tabs_and_newlines_and_lose_escapes(capsys):
    shell.emit("a\tb\nc\x1b[31m\x9b\r")
    assert capsys.readouterr().out == "a\tb\nc\\x1b[31m\\x9b\\r\n"


def test_a_file_name_that_is_not_unicode_leaves_as_its_bytes(capfdbinary):
    shell.emit(os.fsdecode(b"runs/\xfc"))
    assert capfdbinary.readouterr().out == b"runs/\xfc\n"


def test_text_that_no_file_is_named_by_leaves_as_an_escape(capfdbinary):
    shell.emit("a\ud800b")
    assert capfdbinary.readouterr().out == b"a\\ud800b\n"


# Latents


@pytest.fixture
def z(tmp_path) -> Path:
    ids = np.array([f"{row}.png" for row in range(5000)])
    shell.save_latents(Latents({"ids": ids, "mu": np.ones((5000, 64), np.float32)}), str(tmp_path / "z.npz"))
    return tmp_path / "z.npz"


def test_latents_are_loaded_from_a_file(z):
    assert len(shell.load_latents(str(z))) == 5000


def test_labels_come_with_them(z, tmp_path):
    (tmp_path / "labels.csv").write_text("x\n" * 5000)
    assert set(shell.load_latents(str(z), str(tmp_path / "labels.csv")).labels) == {"x"}


def test_latents_may_replace_the_file_they_were_read_from(z):
    latents = shell.load_latents(str(z))
    assert isinstance(latents.mu.base, np.memmap)
    shell.save_latents(latents.with_arrays(labels=np.array(["x"] * 5000)), str(z))
    assert set(read_latents(z, name="z").labels) == {"x"}
    assert latents.mu.sum() == 320_000


def test_binary_data_are_saved(tmp_path):
    shell.save_bytes(b"data", str(tmp_path / "figure.png"))
    assert (tmp_path / "figure.png").read_bytes() == b"data"


# How it ends


def test_done_is_0():
    assert (run("lines").returncode, run("--help").returncode) == (0, 0)


@pytest.mark.parametrize(
    ("how", "code", "stderr"),
    [
        ("format", 1, "latentkit: z.npz: mu is \\x1b[31mred: write it again\n"),
        ("unmet", 3, "latentkit: --require separated does not hold: the verdict is partly\n"),
        ("memory", 1, "latentkit: not enough memory: Unable to allocate 3.6 TiB\n"),
        ("nameless", 1, "latentkit: a library's words in two lines\n"),
        ("unnumbered", 1, "latentkit: Input/output error\n"),
        ("exit", 7, ""),
    ],
)
def test_a_failure_is_one_line_and_a_code(here, how, code, stderr):
    assert here("fail", how) == (code, "printed before\n", stderr)


@pytest.mark.parametrize("how", ["bug", "end"])
def test_a_bug_keeps_its_traceback(how):
    done = run("fail", how)
    assert done.returncode == 1
    assert "Traceback (most recent call last):\n" in done.stderr
    assert done.stderr.rstrip().endswith("a bug" if how == "end" else "'a bug'")


def test_the_traceback_of_an_error_is_shown_on_request():
    done = run("fail", "format", LATENTKIT_DEBUG="1")
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith("\nlatentkit: z.npz: mu is \\x1b[31mred: write it again\n")
    assert done.returncode == 1


def subclasses(kind: type) -> set[type]:
    return {kind}.union(*(subclasses(child) for child in kind.__subclasses__()))


@pytest.mark.parametrize("kind", sorted(subclasses(LatentkitError), key=lambda kind: kind.__name__))
def test_every_error_is_one_line_and_1(kind, capsys):
    def app() -> None:
        raise kind("what happened")

    before = signal.getsignal(signal.SIGTERM)
    try:
        assert shell.run(app) == 1
    finally:
        signal.signal(signal.SIGTERM, before)
    assert capsys.readouterr().err == "latentkit: what happened\n"


def test_a_usage_error_is_2_and_names_the_help(here):
    done = here("fail", "usage")
    assert (done.code, done.stdout) == (2, "printed before\n")
    assert "fail --help' for help.\n" in done.stderr
    assert done.stderr.endswith("\nError: Invalid value: a wrong value\n")


def test_a_wrong_command_is_2_and_names_the_right_one(here):
    done = here("linse")
    assert done.code == 2
    assert done.stderr.endswith("Error: No such command 'linse'. Did you mean 'lines'?\n")


def test_a_wrong_option_is_2_and_names_the_right_one(here):
    done = here("pass", "--outptu", "x")
    assert done.code == 2
    assert done.stderr.endswith("Error: No such option: --outptu (Possible options: --output)\n")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("missing.npz", "No such file or directory"),
        ("z.npz/z.npz", "Not a directory"),
        ("\x1b[2J.npz", "No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(here, tmp_path, path, why):
    (tmp_path / "z.npz").write_bytes(b"")
    done = here("pass", "--latents", str(tmp_path / path))
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr == f"latentkit: {tmp_path}/{path}: {why}\n".replace("\x1b", "\\x1b")


@pytest.mark.parametrize(
    ("path", "why"),
    [("no/z.npz", "No such file or directory"), ("folder", "Is a directory"), ("file/z", "Not a directory")],
)
def test_a_file_that_cannot_be_written_is_named(here, tmp_path, path, why):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    done = here("bytes", str(tmp_path / path))
    assert (done.code, done.stderr) == (1, f"latentkit: {tmp_path}/{path}: {why}\n")


def test_a_folder_that_is_not_writable_is_named(here):
    done = here("bytes", "/proc/figure.png")
    assert done.code == 1
    assert done.stderr in (
        "latentkit: /proc/figure.png: No such file or directory\n",
        "latentkit: /proc/figure.png: Permission denied\n",
    )


# Signals


@pytest.mark.parametrize(
    ("number", "code", "stderr"),
    [(signal.SIGINT, 130, "latentkit: interrupted\n"), (signal.SIGTERM, 143, "latentkit: terminated\n")],
)
def test_a_signal_lets_work_be_saved(tmp_path, number, code, stderr):
    with subprocess.Popen(
        [*APP, "wait", str(tmp_path / "saved")], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr.readline() == "ready\n"
        process.send_signal(number)
        assert process.stderr.read() == stderr
        assert process.wait(timeout=WALL) == code
    assert (tmp_path / "saved").read_text() == "saved"


def test_a_forked_worker_dies_of_sigterm_as_its_pool_expects():
    done = run("pool")
    assert (done.returncode, done.stdout, done.stderr) == (0, "-15\n", "")


# Terminals


def at_terminal(*arguments: str, stdin: bool = False, stdout: bool = False) -> tuple[int, str, bytes]:
    """Run with a terminal as stdin or stdout: the exit code, stderr, and what the terminal received."""
    leader, follower = pty.openpty()
    try:
        done = subprocess.run(
            [*APP, *(argument.replace("TTY", os.ttyname(follower)) for argument in arguments)],
            stdin=follower if stdin else subprocess.DEVNULL,
            stdout=follower if stdout else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=WALL,
        )
        os.write(follower, b"end")
        received = b""
        while not received.endswith(b"end"):
            received += os.read(leader, 100)
        return done.returncode, done.stderr, received
    finally:
        os.close(leader)
        os.close(follower)


def test_latents_are_not_read_from_a_terminal():
    code, stderr, _ = at_terminal("pass", stdin=True)
    assert code == 2
    assert stderr.endswith(
        "\nError: Invalid value: no latents on standard input: name a file, or pipe in the output of `latentkit embed`\n"
    )


@pytest.mark.parametrize("arguments", [["bytes", "-"], ["bytes", "TTY"], ["make"]])
def test_binary_data_are_not_written_to_a_terminal(arguments):
    code, stderr, received = at_terminal(*arguments, stdout=True)
    assert code == 2
    assert stderr.endswith(
        "\nError: Invalid value: binary data cannot be written to a terminal: add `-o FILE`, `> FILE` or a pipe\n"
    )
    assert received == b"end"


def test_text_is_the_same_on_a_terminal_and_down_a_pipe():
    code, _, received = at_terminal("lines", stdout=True)
    assert code == 0
    assert received.replace(b"\r\n", b"\n") == run("lines").stdout.encode() + b"end"


# Starting


def test_importing_the_shell_imports_nothing_heavy():
    code = (
        "import sys, latentkit.shell; "
        "print(*sorted({'numpy', 'rich', 'torch', 'PIL', 'scipy', 'tempfile'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_ctrl_c_while_the_commands_are_imported_is_a_ctrl_c_like_any_other(environment):
    early = (
        "import sys, types\n"
        "def find_spec(name, *more):\n"
        "    if name == 'latentkit.cli':\n"
        "        raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, types.SimpleNamespace(find_spec=find_spec))\n"
        "from latentkit.shell import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", early], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "latentkit: interrupted\n")
