"""Fixtures that tests share: small images, a trained run, the command line, backends and a browser."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from harness import WALL, python
from PIL import Image

from latentkit import registry, shell
from latentkit.cli import app
from latentkit.images.load import ImageSet
from latentkit.protocol import Backend

if importlib.util.find_spec("torch"):
    import torch  # noqa: F401  # before TensorFlow: imported after it, it may crash

# A shell starts what stands before `&` with Ctrl-C ignored, and the tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[1]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def plugin_site(tmp_path_factory) -> Path:
    """A folder that holds examples/plugin as pip would install it; on PYTHONPATH it adds `--backend numpy`.

    pip itself, which takes seconds, installs it once, in test_plugin.
    """
    site = tmp_path_factory.mktemp("site")
    plugin = ROOT / "examples" / "plugin"
    shutil.copytree(plugin / "latentkit_numpy", site / "latentkit_numpy")
    project = tomllib.loads((plugin / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = site / f"latentkit_numpy-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    ((group, entries),) = project["entry-points"].items()
    lines = [f"[{group}]", *(f"{name} = {module}" for name, module in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return site


@pytest.fixture
def numpy_backend(plugin_site, monkeypatch) -> str:
    """The name of the NumPy backend, known to the registry of this process."""
    monkeypatch.syspath_prepend(str(plugin_site))
    return "numpy"


@pytest.fixture(scope="session")
def environment(plugin_site, tmp_path_factory) -> dict[str, str]:
    """For processes of latentkit: a cache of their own, and the NumPy backend.

    Not the size of a terminal, which the first test that needs this may have set for itself.
    """
    inherited = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    return {
        **inherited,
        "LATENTKIT_CACHE": str(tmp_path_factory.mktemp("cache")),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "PYTHONPATH": str(plugin_site),
    }


@pytest.fixture
def latentkit(environment, tmp_path) -> Run:
    """Run the command line as a process, in the test's folder; stdin is empty unless it is given.

    `latentkit("embed", run, images, text=False)`; other keywords are those of subprocess.run. Use `command` or
    `harness.invoke` where the process is not the point: starting one takes longer than most tests.
    """

    def run(*arguments: object, environment: dict[str, str] = environment, **more):
        return python("-m", "latentkit", *arguments, **{"cwd": tmp_path, "env": environment, **more})

    return run


@pytest.fixture
def command(numpy_backend, environment, tmp_path, monkeypatch) -> Iterator[Callable[..., None]]:
    """Run the command line in this process: errors are raised, output goes to capsys."""
    monkeypatch.setenv("LATENTKIT_CACHE", environment["LATENTKIT_CACHE"])
    monkeypatch.chdir(tmp_path)
    yield lambda *arguments: app([*map(str, arguments)], standalone_mode=False)
    shell.quiet(False)


@pytest.fixture
def sh(environment, tmp_path) -> Run:
    """Run shell code in the test's folder, in which `latentkit` is this one."""

    def run(line: str, **more):
        function = f'latentkit() {{ "{sys.executable}" -m latentkit "$@"; }}\n'
        how = {"capture_output": True, "cwd": tmp_path, "env": environment, "text": True, "timeout": WALL}
        return subprocess.run(["sh", "-c", function + line], **{"stdin": subprocess.DEVNULL, **how, **more})

    return run


def blob(rng: np.random.Generator, channel: int, side: int = 16) -> np.ndarray:
    """(side, side, 3) uint8: dim noise, and a square of 6 that is bright in one channel."""
    pixels = rng.integers(0, 60, (side, side, 3))
    down, across = rng.integers(0, side - 5, 2)
    pixels[down : down + 6, across : across + 6, channel] = 230
    return pixels.astype(np.uint8)


def write_blobs(folder: Path, each: int = 20, seed: int = 0) -> Path:
    """A folder of PNGs, 16x16, `each` in blue/, green/ and red/."""
    rng = np.random.default_rng(seed)
    for channel, name in enumerate(("red", "green", "blue")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for index in range(each):
            Image.fromarray(blob(rng, channel)).save(folder / name / f"{index:02}.png")
    return folder


@pytest.fixture(scope="session")
def blobs(tmp_path_factory) -> Path:
    """60 images in three classes that a glance tells apart. Shared: a test that changes them makes its own."""
    return write_blobs(tmp_path_factory.mktemp("images") / "blobs")


@pytest.fixture(scope="session")
def trained(blobs, environment, tmp_path_factory) -> Path:
    """A run on `blobs` by the NumPy backend: latent 4, a tenth held out. Shared: a test that changes it copies it."""
    run = tmp_path_factory.mktemp("runs") / "run"
    small = "--backend numpy --size 8 --latent 4 --width 4 --epochs 30 --batch 16 --lr 0.01 --no-pictures"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENTKIT_CACHE", environment["LATENTKIT_CACHE"])
        patch.syspath_prepend(environment["PYTHONPATH"])
        try:
            app(["train", str(blobs), "-o", str(run), "--quiet", *small.split()], standalone_mode=False)
        finally:
            shell.quiet(False)
    return run


@pytest.fixture
def make_blobs(tmp_path) -> Callable[..., Path]:
    """`make_blobs("name", each=20, seed=0)`: such a folder of the test's own."""
    return lambda name, **more: write_blobs(tmp_path / name, **more)


@pytest.fixture
def image_set() -> Callable[..., ImageSet]:
    """`image_set(20, side=8, channels=3, seed=0)`: blobs in memory, in two classes, no two alike."""

    def make(count: int, *, side: int = 8, channels: int = 3, seed: int = 0, prefix: str = "") -> ImageSet:
        rng = np.random.default_rng(seed)
        pixels = np.stack([blob(rng, index % 2, side)[..., :channels] for index in range(count)])
        names = [f"{prefix}{index:03}" for index in range(count)]
        return ImageSet(
            np.array([f"{'ab'[index % 2]}/{name}.png" for index, name in enumerate(names)]),
            np.array(["ab"[index % 2] for index in range(count)]),
            np.array([blake2b(image.tobytes(), digest_size=16).hexdigest() for image in pixels]),
            pixels,
            (),
        )

    return make


# Backends --------------------------------------------------------------------------------------

OURS = ("torch", "keras")
NEEDS = {"torch": "torch", "keras": "keras"}


def _required() -> list[str] | None:
    """What LATENTKIT_TEST_BACKENDS names, as torch,keras; None where it names none."""
    named = os.environ.get("LATENTKIT_TEST_BACKENDS", "")
    return [name for name in named.split(",") if name] or None


@pytest.fixture(scope="session")
def load_backend() -> Callable[[str], Backend]:
    """`load_backend("torch")`: the backend. Where its framework is absent the test is skipped with the reason, unless
    LATENTKIT_TEST_BACKENDS names it: then that is an error."""

    def load(name: str) -> Backend:
        if name not in (_required() or ()) and importlib.util.find_spec(NEEDS[name]) is None:
            pytest.skip(f"{NEEDS[name]} is not installed, and LATENTKIT_TEST_BACKENDS does not ask for it")
        return registry.load(name)

    return load


@pytest.fixture(scope="session")
def required_backends() -> list[str]:
    """The names of our backends to test: those of LATENTKIT_TEST_BACKENDS, else those whose framework is there."""
    return _required() or [name for name in OURS if importlib.util.find_spec(NEEDS[name])]


@pytest.fixture(scope="session", params=OURS)
def backend(request, load_backend) -> Backend:
    """Each of our backends."""
    return load_backend(request.param)


# The browser -----------------------------------------------------------------------------------

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _browser() -> str | None:
    """The browser's program: the one that LATENTKIT_TEST_BROWSER names, else one that is installed."""
    asked = os.environ.get("LATENTKIT_TEST_BROWSER")
    return next((path for name in ([asked] if asked else BROWSERS) if (path := shutil.which(name))), None)


def _no_browser() -> str | None:
    """Why the tests in a browser cannot be run; None where they can."""
    if _browser() is None:
        return "no chromium is installed (Debian: apt-get install chromium)"
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed (pip install -e '.[dev]')"
    return None


def pytest_configure(config):
    """Where LATENTKIT_TEST_BROWSER names a browser, its absence is an error."""
    if os.environ.get("LATENTKIT_TEST_BROWSER") and (reason := _no_browser()):
        raise pytest.UsageError(f"LATENTKIT_TEST_BROWSER asks for the tests in a browser, but {reason}")


SLOW_TO_START = re.compile(r"keras|tensorflow|umap|n2d|numba|compile|parity|jax", re.IGNORECASE)
PROCESSES = {
    f"test_{name}"
    for name in (
        "benchmarks",
        "demo",
        "docs",
        "pipes",
        "plugin",
        "processes",
        "release",
        "stopping",
    )
}


KERAS = {"test_contract", "test_parity", "test_schedule"}
"""Modules that import Keras: `--dist loadgroup` runs them in one process, since TensorFlow takes long to import."""


def is_quick(item: pytest.Item) -> bool:
    """Whether `make test-quick` runs a test: it starts no process or browser and imports nothing that starts slowly."""
    return not (
        item.get_closest_marker("browser")
        or SLOW_TO_START.search(item.nodeid)
        or {"latentkit", "sh"} & set(getattr(item, "fixturenames", ()))
        or Path(str(item.path)).stem in PROCESSES
    )


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="only tests that start quickly (make test-quick)")


def pytest_collection_modifyitems(config, items):
    """Leave out tests in a browser where there is none, with --quick all that start slowly, and group the rest."""
    chosen = [
        item
        for item in items
        if not (_no_browser() and item.get_closest_marker("browser"))
        and (is_quick(item) or not config.getoption("quick"))
    ]
    for item in chosen:
        module = Path(str(item.path)).stem
        item.add_marker(pytest.mark.xdist_group("keras" if module in KERAS else module))
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


# A busy machine is slower by the clock, but not in processor time.
CPU_LIMIT = {"slow": 1200, "other": 300}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Fail a test that takes too much processor time in this process; `timeout` only ends one that hangs."""
    limit = CPU_LIMIT["slow" if item.get_closest_marker("slow") else "other"]

    def stop(number, frame):
        pytest.fail(f"took more than {limit} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def pytest_terminal_summary(terminalreporter):
    """Tell that the tests in a browser were left out."""
    if reason := _no_browser():
        terminalreporter.write_line(f"The tests in a browser were left out: {reason}.", yellow=True)


@pytest.fixture(scope="session")
def chromium():
    """A real browser, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_browser())
        yield browser
        browser.close()
