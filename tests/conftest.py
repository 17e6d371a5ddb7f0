"""What the tests share: small real images, the command line as a process of its own, the plug-in of the examples."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentkit import registry, shell
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
    """A folder in which examples/plugin is installed; on PYTHONPATH it makes `--backend numpy` known."""
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--target", str(site), str(ROOT / "examples" / "plugin")],
        check=True,
    )
    return site


@pytest.fixture
def numpy_backend(plugin_site, monkeypatch) -> str:
    """The name of the NumPy backend, known to the registry of this process."""
    monkeypatch.syspath_prepend(str(plugin_site))
    return "numpy"


@pytest.fixture(scope="session")
def environment(plugin_site, tmp_path_factory) -> dict[str, str]:
    """For processes of latentkit: a cache of their own, and the NumPy backend."""
    return {
        **os.environ,
        "LATENTKIT_CACHE": str(tmp_path_factory.mktemp("cache")),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "PYTHONPATH": str(plugin_site),
    }


@pytest.fixture
def latentkit(environment, tmp_path) -> Run:
    """Run the command line in a process of its own, in the test's folder; stdin is empty unless it is given.

    `latentkit("embed", run, images, text=False)`; other keywords are those of subprocess.run, `environment` adds
    to the variables.
    """

    def run(*arguments: object, environment: dict[str, str] = environment, text: bool = True, **more):
        how = {"capture_output": True, "cwd": tmp_path, "env": environment, "text": text, "timeout": 280}
        if "input" not in more:
            how["stdin"] = subprocess.DEVNULL
        return subprocess.run([sys.executable, "-m", "latentkit", *map(str, arguments)], **{**how, **more})

    return run


@pytest.fixture
def command(numpy_backend, environment, tmp_path, monkeypatch) -> Iterator[Callable[..., None]]:
    """The same command line within this process, which is quicker: errors are raised, output goes to capsys."""
    from latentkit.cli import app

    monkeypatch.setenv("LATENTKIT_CACHE", environment["LATENTKIT_CACHE"])
    monkeypatch.chdir(tmp_path)
    yield lambda *arguments: app([*map(str, arguments)], standalone_mode=False)
    shell.quiet(False)


@pytest.fixture
def sh(environment, tmp_path) -> Run:
    """Run a line of shell in the test's folder, in which `latentkit` is this one."""

    def run(line: str, **more):
        function = f'latentkit() {{ "{sys.executable}" -m latentkit "$@"; }}\n'
        how = {"capture_output": True, "cwd": tmp_path, "env": environment, "text": True, "timeout": 280}
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
    small = "--backend numpy --size 8 --latent 4 --width 4 --epochs 30 --batch 16 --lr 0.01"
    subprocess.run(
        [sys.executable, "-m", "latentkit", "train", str(blobs), "-o", str(run), "--quiet", *small.split()],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
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


def pytest_collection_modifyitems(config, items):
    """Elsewhere the tests in a browser are left out where there is none ..."""
    if _no_browser():
        inside = [item for item in items if item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=inside)
        items[:] = [item for item in items if item not in inside]


def pytest_terminal_summary(terminalreporter):
    """... and that is said, whatever else the run was about."""
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
