"""The table of what was measured, and the picture of growth."""

import math
from collections.abc import Sequence
from pathlib import Path

from .row import Line

COLUMNS = ("what", "ours", "theirs", "unit", "ratio", "spread", "bar", "")


def text(lines: Sequence[Line]) -> str:
    """A table for a person; a miss has its profile below."""
    rows = [COLUMNS, *(_cells(line) for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    out = []
    for number, row in enumerate(rows):
        left = row[0].ljust(widths[0])
        numbers = [cell.rjust(width) for cell, width in zip(row[1:3], widths[1:3], strict=True)]
        rest = [cell.ljust(width) for cell, width in zip(row[3:], widths[3:], strict=True)]
        out.append("  ".join([left, *numbers, *rest]).rstrip())
        if number and lines[number - 1].why:
            out.append(f"    {lines[number - 1].why}")
    return "\n".join(out)


def _cells(line: Line) -> tuple[str, ...]:
    ratio = "" if line.ratio is None else f"{line.ratio:.3g}x"
    spread = f"{line.lowest:.3g} - {line.highest:.3g}" if line.highest > line.lowest else ""
    bar = "" if line.bar is None else f"{line.bar.sign} {line.bar.value:.3g}{'x' if ratio else ''}"
    verdict = {None: "", True: "pass", False: "MISS"}[line.passed]
    theirs = "" if line.theirs is None else _figure(line.theirs)
    return line.what, _figure(line.ours), theirs, line.unit, ratio, spread, bar, verdict


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def picture(lines: Sequence[Line], path: Path) -> None:
    """Time and peak memory against the number of images, both axes logarithmic, with what linear growth would be."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    grown = [line for line in lines if line.points]
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    for axes, kind, unit in zip(figure.subplots(1, 2), ("time", "peak memory"), ("s", "MiB"), strict=True):
        for line in grown:
            name, measured = line.what.removeprefix("growth of ").split(":")[0].split(", ")
            if measured == kind:
                n, figures = zip(*line.points, strict=True)
                axes.loglog(n, figures, "o-", label=f"{name} {line.ours:.2f}")
        low, high = axes.get_ylim()
        decades = (
            math.floor(math.log10(low)),
            max(math.ceil(math.log10(high)), math.floor(math.log10(low)) + 2),
        )
        across = axes.get_xlim()
        axes.set(xlabel="images", ylabel=f"{kind} [{unit}]", xlim=across, ylim=[10.0**at for at in decades])
        for at in range(decades[0] - 3, decades[1]):
            start = 10.0**at
            axes.plot(across, [start, start * across[1] / across[0]], ":", color="0.8", zorder=0, linewidth=1)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, place: f"{value:,g}"))
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2, fontsize=8, frameon=False)
    figure.suptitle("Growth, with the exponent of the last decade; dotted: linear", fontsize=10)
    figure.savefig(path, dpi=120)
