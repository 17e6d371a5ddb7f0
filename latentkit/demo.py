"""The demo: handwritten digits are analyzed, and each command is printed before it runs.

It teaches the command line, so it runs exactly what it prints, in a shell.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from latentkit.errors import LatentkitError

__all__ = ["commands", "demonstrate", "write_digits"]

DIGITS = ("0", "1", "2")


def write_digits(folder: Path) -> int:
    """Write scikit-learn's digits 0, 1 and 2 as 8x8 PNG files, one folder per digit, and return their number."""
    from PIL import Image
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    count = 0
    for index, (pixels, label) in enumerate(zip(images, labels, strict=True)):
        if str(label) in DIGITS:
            file = folder / str(label) / f"{index:04}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((pixels.reshape(8, 8) * 255 / 16).round().astype("uint8")).save(file)
            count += 1
    return count


def commands(folder: str, backend: str | None) -> list[str]:
    """Return the shell commands that the demo runs."""
    here = shlex.quote(folder)
    option = f" --backend {shlex.quote(backend)}" if backend else ""
    return [
        f"latentkit analyze {here}/digits -o {here}/out --size 16 --latent 8 --epochs 30 --batch 32{option}",
        f"latentkit plot {here}/out/latents.npz --method pca -o {here}/scatter.png",
        f"latentkit traverse {here}/out/run --image {here}/digits/0/0000.png --dims top5 --width 5.3 -o {here}/traversal.png{option}",
        f"latentkit report {here}/out/latents.npz",
    ]


def demonstrate(folder: str, backend: str | None, say: Callable[[str], None]) -> None:
    """Write the digits and run each command; raise LatentkitError if one fails, naming it."""
    count = write_digits(Path(folder) / "digits")
    say(
        f"wrote {count} handwritten digits of scikit-learn to {folder}/digits, one folder for each of {', '.join(DIGITS)}"
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    for command in commands(folder, backend):
        say(f"\n$ {command}")
        if subprocess.run(["sh", "-c", command], env=os.environ | {"PATH": path}).returncode:
            raise LatentkitError(f"the demo stopped: `{command}` failed; its error is above")
    say(
        f"\nOpen {folder}/out/page.html in a browser, and look at {folder}/scatter.png and {folder}/traversal.png. "
        f"The run and the latents are in {folder}/out."
    )
