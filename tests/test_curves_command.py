"""`latentkit curves` on the command line, and plots on a terminal."""

import os
import pty
import re
import subprocess
import sys

import pytest

from latentkit.commands import figures


def on_a_terminal(environment, *arguments, columns: int = 90, rows: int = 30) -> tuple[int, str]:
    """Run latentkit with a terminal as its output; return the exit code and the output."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    command = [sys.executable, "-m", "latentkit", *map(str, arguments)]
    plain = {key: value for key, value in environment.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
    done = subprocess.Popen(
        command,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env=plain | {"TERM": "xterm"},
    )
    os.close(theirs)
    got = b""
    try:
        while part := os.read(ours, 65536):
            got += part
    except OSError:  # Linux raises this once the other end is closed
        pass
    os.close(ours)
    return done.wait(60), got.decode().replace("\r\n", "\n")


def test_the_file_name_determines_the_format(command, trained, tmp_path):
    for name, magic in (("f.PNG", b"\x89PNG"), ("f.svg", b"<?xml"), ("f.pdf", b"%PDF"), ("f.txt", b" ")):
        command("curves", trained, "-o", tmp_path / name, "--dpi", "40")
        assert (tmp_path / name).read_bytes().startswith(magic)
    assert b"\x1b" not in (tmp_path / "f.txt").read_bytes()


def test_a_pipe_gets_png(latentkit, trained):
    done = latentkit("curves", trained, trained, "--dpi", "40", text=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"\x89PNG")


def test_a_folder_that_is_not_a_run_is_an_error_of_one_line(latentkit, tmp_path):
    done = latentkit("curves", tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "is not a run" in done.stderr


def test_a_terminal_gets_characters_of_its_size_in_colors(environment, trained):
    code, text = on_a_terminal(environment, "curves", trained, columns=90, rows=30)
    assert code == 0
    assert "\x1b[38;5;33m" in text
    plain = re.sub(r"\x1b\[[\d;]*m", "", text).split("\n")
    assert 24 < len(plain) <= 30
    assert 80 < max(map(len, plain)) < 90


@pytest.mark.parametrize(
    ("variables", "color"),
    [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colors_can_be_turned_off(monkeypatch, variables, color):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    style = figures.style(None, "light", None, 150)
    assert style.format == "txt"
    assert style.screen.color is color


def test_a_terminal_never_gets_png(environment, trained):
    code, text = on_a_terminal(environment, "curves", trained, "-o", "-")
    assert code == 2
    assert "PNG" not in text
