"""Is the default network wide enough? Its 15-NN accuracy and time against one four times as dear.

    python -m tests.benchmarks.network clothing3 bloodcells3 fashion3_hard

Each folder holds classes as sub-folders. A network of twice the width has four times the products. Both are trained
by the command's own defaults, with the same seeds; what is compared is the balanced accuracy of the 15 nearest
neighbors in the latent space, as `latentkit report` gives it, with its bounds.

Found with seeds 0 and 1, a thread each on a busy machine: the default loses nothing that these sets can show (the bounds
are .04 to .08 wide on either side), in .25 to .63 of the time.

                    15-NN, default   twice as wide    R2, default    twice as wide
    clothing3       .854  .770       .767  .781       .703  .664     .759  .727
    bloodcells3     .955  .956       .964  .947       .784  .787     .787  .768
    fashion3_hard   .793  .757       .787  .763       .887  .883     .901  .896     (--size 32)
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .measure import LATENTKIT

NETWORKS = {"default": [], "twice as wide": ["--width", "32"]}


def main() -> None:
    """A line a folder, seed and network, tab-separated."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.network", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--epochs", default="30")
    parser.add_argument("--size", default="64")
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    sys.stdout.write("images\tseed\tnetwork\tseconds\tR2\t15-NN\tinterval\tprobe\n")
    for folder in asked.folders:
        for seed in range(asked.seeds):
            for name, how in NETWORKS.items():
                found = _measured(
                    folder, [*how, "--epochs", asked.epochs, "--size", asked.size, "--seed", str(seed)]
                )
                sys.stdout.write("\t".join([folder.name, str(seed), name, *found]) + "\n")
                sys.stdout.flush()


def _measured(folder: Path, how: list[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as scratch:
        run, z = Path(scratch) / "run", Path(scratch) / "z.npz"
        begun = time.perf_counter()
        _latentkit("train", folder, "-o", run, "--quiet", *how)
        spent = time.perf_counter() - begun
        _latentkit("embed", run, folder, "-o", z, "--quiet")
        r2 = json.loads((run / "run.json").read_text())["validation"]["r2"]
        report = json.loads(_latentkit("report", z, "--json"))
    scores = report["scores"]
    low, knn, high = (scores["knn15"][key] for key in ("low", "value", "high"))
    return [
        f"{spent:.0f}",
        f"{r2:.4f}",
        f"{knn:.4f}",
        f"{low:.4f} - {high:.4f}",
        f"{scores['probe']['value']:.4f}",
    ]


def _latentkit(*arguments: object) -> str:
    return subprocess.run(
        [*LATENTKIT, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


if __name__ == "__main__":
    main()
