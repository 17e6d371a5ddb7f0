"""Real pipes, redirections and full disks, in a real shell."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from latentkit.formats.latents import read_latents

TINY = Path(__file__).parent / "tiny_app.py"


@pytest.fixture
def sh(tmp_path):
    """Run a command of the shell in an empty folder, where `app` is the tiny app."""

    def run(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        function = f'app() {{ "{sys.executable}" "{TINY}" "$@"; }}\n'
        return subprocess.run(
            ["sh", "-c", function + command],
            cwd=tmp_path,
            capture_output=True,
            env={**os.environ, "PYTHONUNBUFFERED": "", **environment},
            stdin=subprocess.DEVNULL,
            timeout=60,
        )

    return run


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_latents_are_the_same_by_every_way_out_and_in(sh, tmp_path):
    done = sh("""
        app make > out && app make | cat > pipe && : > append && app make >> append && app make -o file
        app pass < file > redirected
        app make | app pass | app pass > piped
        app pass --latents file > named
        mkfifo fifo && { app make -o fifo & } && app pass --latents fifo > through
    """)
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"")
    files = [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()]
    assert len(files) == 8
    assert len(set(files)) == 1
    assert len(files[0]) > 256_000


def test_unbuffered_python_behaves_the_same(sh, tmp_path):
    assert sh("app make", PYTHONUNBUFFERED="1").stdout == sh("app make").stdout
    done = sh("app lines >/dev/full", PYTHONUNBUFFERED="1")
    assert (done.returncode, done.stderr) == (
        1,
        b"a word\nlatentkit: standard output: No space left on device\n",
    )
    done = sh("{ app make --n 10000; echo $? >code; } | head -c 9", PYTHONUNBUFFERED="1")
    assert (done.stdout[:4], done.stderr) == (b"PK\x03\x04", b"")
    assert (tmp_path / "code").read_text() == "141\n"


@pytest.mark.parametrize(
    "command",
    [
        "app lines --n 10000",
        "app lines",
        "app --help",
        "app make --n 10000",
        "app bytes -",
        "app fail format",
    ],
)
def test_a_closed_pipe_is_141_and_silence(sh, tmp_path, command):
    done = sh(f"{{ {command} 2>words; echo $? >code; }} | true; until [ -s code ]; do sleep 0.05; done")
    assert (tmp_path / "code").read_text() == "141\n"
    assert (tmp_path / "words").read_bytes() in (b"", b"a word\n")
    assert done.stderr == b""


def test_what_libraries_print_is_flushed_in_time(sh, tmp_path):
    done = sh("app noisy >/dev/full")
    assert (done.returncode, done.stderr) == (1, b"latentkit: standard output: No space left on device\n")
    sh("{ app noisy 2>words; echo $? >code; } | true; until [ -s code ]; do sleep 0.05; done")
    assert (tmp_path / "code").read_text() in ("141\n", "0\n")
    assert (tmp_path / "words").read_bytes() == b""


def test_the_first_line_is_there_and_the_rest_is_not_missed(sh, tmp_path):
    done = sh("{ app lines --n 10000; echo $? >code; } | head -n 1; until [ -s code ]; do sleep 0.05; done")
    assert (done.stdout, done.stderr) == (b"line 0\n", b"a word\n")
    assert (tmp_path / "code").read_text() == "141\n"


@pytest.mark.parametrize("command", ["lines", "make"])
def test_a_closed_stdout_is_141_and_silence(sh, command):
    done = sh(f"app {command} >&-")
    assert (done.returncode, done.stderr.replace(b"a word\n", b"")) == (141, b"")


def test_a_closed_stdout_does_not_matter_to_a_file(sh, tmp_path):
    assert sh("app make -o file >&-").returncode == 0
    assert (tmp_path / "file").read_bytes() == sh("app make").stdout


def test_what_a_library_prints_to_a_closed_stdout_gets_into_no_file(sh, tmp_path):
    assert sh("app noisy -o file >&-").returncode == 0
    assert (tmp_path / "file").read_bytes() == b"data"


def test_a_closed_stdin_is_a_usage_error(sh):
    done = sh("app pass <&-")
    assert done.returncode == 2
    assert done.stderr.endswith(b"the output of `latentkit embed`\n")


@pytest.mark.parametrize(
    ("command", "code"), [("lines", 0), ("pass --latents missing", 1), ("fail unmet", 3)]
)
def test_a_closed_stderr_changes_no_code_and_no_data(sh, command, code):
    done = sh(f"app {command} 2>&-")
    assert done.returncode == code
    assert done.stdout == sh(f"app {command}").stdout


def test_an_error_on_a_closed_stderr_keeps_its_code(sh, tmp_path):
    sh("{ app pass --latents missing 2>&1; echo $? >code; } | true; until [ -s code ]; do sleep 0.05; done")
    assert (tmp_path / "code").read_text() == "1\n"


def test_an_unwritable_stderr_does_not_stop_the_work(sh):
    done = sh("app lines 2>/dev/full")
    assert (done.returncode, done.stdout) == (0, b"line 0\nline 1\nline 2\n")


@pytest.mark.parametrize("command", ["lines", "make", "--help"])
def test_a_full_disk_behind_stdout_is_one_line(sh, command):
    done = sh(f"app {command} >/dev/full")
    expected = b"latentkit: standard output: No space left on device\n"
    assert (done.returncode, done.stderr.replace(b"a word\n", b"")) == (1, expected)


def test_a_full_disk_keeps_the_old_file_and_leaves_no_other(sh, tmp_path):
    (tmp_path / "z.npz").write_bytes(b"old")
    done = sh(
        "mkdir tmp; app make > whole; ulimit -f 8; app pass --latents whole -o z.npz",
        TMPDIR=str(tmp_path / "tmp"),
    )
    assert (done.returncode, done.stderr) == (1, b"latentkit: z.npz: File too large\n")
    assert (tmp_path / "z.npz").read_bytes() == b"old"
    assert contents(tmp_path) == {"z.npz", "whole", "tmp"}


@pytest.mark.parametrize("command", ["app make -o z.npz", "cat whole | app pass -o z.npz"])
def test_a_full_disk_under_the_temporary_files_names_their_folder(sh, tmp_path, command):
    done = sh(f"mkdir tmp; app make > whole; ulimit -f 8; {command}", TMPDIR=str(tmp_path / "tmp"))
    expected = (
        f"latentkit: {tmp_path}/tmp (temporary files; set TMPDIR to use another folder): File too large\n"
    )
    assert (done.returncode, done.stderr.decode()) == (1, expected)
    assert contents(tmp_path) == {"whole", "tmp"}


def test_a_failed_stage_is_reported_at_both_ends(sh):
    done = sh("app fail format | app pass")
    assert done.returncode == 1
    assert b"latentkit: z.npz: mu is" in done.stderr
    done = sh("app pass --latents missing | app pass")
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [
            b"latentkit: missing: No such file or directory",
            b"latentkit: standard input is empty: the command that should have written it failed",
        ],
    )


def test_a_stage_that_dies_halfway_is_detected(sh):
    done = sh("app make | head -c 100000 | app pass")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"latentkit: standard input is corrupt or truncated: ")


def test_reading_and_writing_one_file_by_redirection_is_detected(sh, tmp_path):
    done = sh("app make > z.npz; app pass < z.npz > z.npz")
    assert done.returncode == 1
    assert (
        done.stderr == b"latentkit: standard input is empty: the command that should have written it failed\n"
    )


def test_a_file_may_be_read_and_replaced_at_once(sh, tmp_path):
    assert sh("app make > z.npz; cp z.npz copy; app pass --latents z.npz -o z.npz").returncode == 0
    assert (tmp_path / "z.npz").read_bytes() == (tmp_path / "copy").read_bytes()


def test_labels_join_in_a_pipe(sh, tmp_path):
    (tmp_path / "labels.csv").write_text("0.png,cat\n1.png,dog\n")
    done = sh("app make --n 2 | app pass --labels labels.csv")
    assert done.returncode == 0
    assert read_latents(io.BytesIO(done.stdout), name="z").labels.tolist() == ["cat", "dog"]


def test_labels_that_do_not_match_are_reported_and_nothing_is_written(sh, tmp_path):
    (tmp_path / "labels.csv").write_text("x.png,cat\ny.png,dog\n")
    done = sh("app make --n 3 | app pass --labels labels.csv")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"latentkit: labels.csv"), done.stderr
