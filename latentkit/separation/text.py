"""The report on one screen of at most 100 columns: sentences first, then the figures they rest on."""

import textwrap
from collections.abc import Callable, Sequence

from latentkit.separation import tables
from latentkit.separation.report import Report
from latentkit.separation.tables import number

WIDTH = 100
PAIRS = 10
NAME = 20


def to_text(report: Report, shown: Callable[[str], str] = str) -> str:
    """The screen. `shown` makes names printable (a terminal must not obey a class name)."""
    parts = [
        _verdict(report, shown),
        _pairs(report, shown),
        _scores(report),
        _classes(report, shown),
        _clusters(report),
        _latent(report),
        _caveats(report, shown),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def table(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Align columns: the first `left` to the left, the others to the right, two spaces between."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines


def _short(name: str) -> str:
    return name if len(name) <= NAME else name[: NAME - 3] + "..."


def _wrapped(sentence: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        sentence, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def _verdict(report: Report, shown: Callable[[str], str]) -> list[str]:
    what = f"{report.n} images, {report.dims} {'latents' if report.space == 'latents' else 'coordinates of ' + report.space}"
    if report.classes:
        what += f", {len(report.classes)} {'class' if len(report.classes) == 1 else 'classes'}"
    lines = [
        f"VERDICT   separable: {report.verdict.separable}   visible: {report.verdict.visible}   ({what})"
    ]
    for sentence in report.verdict.sentences:
        lines += _wrapped(shown(sentence), "  ", "  ")
    return lines


def _pairs(report: Report, shown: Callable[[str], str]) -> list[str]:
    if not report.pairs:
        return []
    side = "held-out images" if report.scored == "held-out" else "a random half"
    lines = [
        f"PAIRS OF CLASSES   a linear probe fitted on {report.fitted_on}, scored on {report.scored_on} ({side}); AUC 0.5 is chance"
    ]
    lines += table([tables.PAIRS, *tables.pair_rows(report, PAIRS, lambda name: _short(shown(name)))])
    if len(report.pairs) > PAIRS:
        lines.append(f"  ... and {len(report.pairs) - PAIRS} pairs further apart (all of them with --json)")
    return lines


def _scores(report: Report) -> list[str]:
    rows = tables.score_rows(report)
    if not rows:
        return []
    return [
        "SCORES   balanced accuracy: the share right in a class, averaged over classes",
        *table([tables.SCORES, *rows]),
    ]


def _classes(report: Report, shown: Callable[[str], str]) -> list[str]:
    tight = report.tightness
    if tight is None:
        return []
    error = "" if tight.euclidean_se is None else f" (standard error {tight.euclidean_se:.3f})"
    lines = [
        f"TIGHTNESS   silhouette {tight.euclidean:.3f}{error}, squared {tight.squared:.3f}"
        f"   Davies-Bouldin {number(tight.davies_bouldin)}   GDV {number(tight.gdv)}",
    ]
    worst = tables.silhouettes(report)
    parts = ", ".join(f"{_short(shown(name))} {value:.3f}" for name, value in worst[:PAIRS])
    return lines + _wrapped(
        f"silhouette by class: {parts}{' ...' if len(worst) > PAIRS else ''}", "  ", "    "
    )


def _clusters(report: Report) -> list[str]:
    found = report.clustering
    if found is None:
        return []
    lines = [f"WITHOUT LABELS   {found.k} clusters ({tables.why_so_many(found)})"]
    if recoveries := tables.recovery_rows(found):
        lines += table([tables.RECOVERIES, *recoveries])
        lines.append(
            f"  the largest class is {max(report.classes.values()) / sum(report.classes.values()):.3f} of the labelled images"
        )
    if found.found is not None:
        heads: list[tuple[str, ...]] = [("cluster", "images", "stability")]
        lines += table(
            heads + [(str(i), str(one.images), number(one.stability, 2)) for i, one in enumerate(found.found)]
        )
    lines.append(f"  {tables.density_words(found)}")
    if report.structure is not None:
        lines.append(
            f"  p = {report.structure.p:.2g} that one Gaussian cloud would fall into {report.structure.k} clusters as tight "
            f"({report.structure.n} images)"
        )
    return lines


def _latent(report: Report) -> list[str]:
    nats = tables.nats_words(report.latent)
    return [f"LATENTS   {tables.usage_words(report)}", *([f"  in nats: {nats}"] if nats else [])]


def _caveats(report: Report, shown: Callable[[str], str]) -> list[str]:
    lines = [line for caveat in report.caveats for line in _wrapped(shown(caveat), "  - ", "    ")]
    return ["CAVEATS", *lines] if lines else []
