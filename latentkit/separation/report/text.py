"""The report on one screen of at most 100 columns: sentences first, then the figures they are based on.

Names are escaped where lines are laid out, by `latentkit.text`.
"""

from latentkit.separation.report import tables
from latentkit.separation.report.record import Report
from latentkit.separation.report.sentences import gain_note, pair_note
from latentkit.separation.report.tables import number
from latentkit.text import shorten, table, wrap

__all__ = ["NAME", "to_text", "verdict_lines"]

PAIRS = 10
"""Pairs, and classes, that are listed."""
NAME = 20
"""Columns of a name in a table."""


def to_text(report: Report) -> str:
    """Return the report as text for a terminal."""
    parts = [
        verdict_lines(report),
        _pairs(report),
        _scores(report),
        _classes(report),
        _clusters(report),
        _views(report),
        _latent(report),
        _suggestions(report),
        _caveats(report),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def verdict_lines(report: Report) -> list[str]:
    """Return the two verdicts in a line, and the sentences that explain them."""
    dims = "latents" if report.space == "latents" else f"coordinates of {report.space}"
    about = f"{report.n} images, {report.dims} {dims}"
    if report.classes:
        about += f", {len(report.classes)} {'class' if len(report.classes) == 1 else 'classes'}"
    verdict = report.verdict
    lines = [f"VERDICT   separable: {verdict.separable}   visible: {verdict.visible}   ({about})"]
    return lines + [line for sentence in verdict.sentences for line in wrap(sentence, first="  ")]


def _pairs(report: Report) -> list[str]:
    if not report.pairs:
        return []
    note = pair_note(report.verdict.separable, report.pairs, report.thresholds)
    lines = [f"PAIRS OF CLASSES   {tables.describe_scoring(report)}"]
    rows = [
        (f"{shorten(a, NAME)} / {shorten(b, NAME)}", *cells)
        for a, b, *cells in tables.pair_rows(report, PAIRS)
    ]
    lines += table([tables.PAIR_HEADS, *rows])
    if len(report.pairs) > PAIRS:
        lines.append(
            f"  ... and {len(report.pairs) - PAIRS} pairs that are further apart (use --json for all)"
        )
    return lines + (wrap(note, first="  ") if note else [])


def _scores(report: Report) -> list[str]:
    rows = tables.score_rows(report)
    if not rows:
        return []
    title = "SCORES   balanced accuracy: the share of correct answers in a class, averaged over classes"
    note = gain_note(report.benefit)
    return [title, *table([tables.SCORE_HEADS, *rows]), *(wrap(note, first="  ") if note else [])]


def _classes(report: Report) -> list[str]:
    if report.tightness is None:
        return []
    silhouettes, indices = tables.describe_tightness(report.tightness)
    each = tables.class_silhouettes(report)
    parts = ", ".join(f"{shorten(name, NAME)} {value:.3f}" for name, value in each[:PAIRS])
    more = " ..." if len(each) > PAIRS else ""
    lines = [f"TIGHTNESS   {silhouettes}", f"  {indices}"]
    return lines + wrap(f"silhouette by class: {parts}{more}", first="  ", rest="    ")


def _clusters(report: Report) -> list[str]:
    clustering = report.clustering
    if clustering is None:
        return []
    lines = [f"WITHOUT LABELS   {clustering.k} clusters ({tables.describe_choice_of_k(clustering)})"]
    if recoveries := tables.recovery_rows(clustering):
        lines += table([tables.RECOVERY_HEADS, *recoveries])
        largest = max(report.classes.values()) / sum(report.classes.values())
        lines.append(f"  the largest class has {largest:.3f} of the labeled images")
    if clustering.discovered is not None:
        rows = [
            (str(i), str(one.images), number(one.stability, 2)) for i, one in enumerate(clustering.discovered)
        ]
        lines += table([("cluster", "images", "stability"), *rows])
    lines.append(f"  {tables.describe_density(clustering.hdbscan)}")
    if report.structure is not None:
        lines.append(f"  {tables.describe_structure(report.structure)}")
    return lines


def _views(report: Report) -> list[str]:
    if not report.views:
        return []
    rows = [(shorten(title, NAME), *cells) for title, *cells in tables.view_rows(report)]
    return [
        "VISIBLE IN   clusters and pictures, without and with the colors of the classes",
        *table([tables.VIEW_HEADS, *rows]),
    ]


def _latent(report: Report) -> list[str]:
    nats = tables.describe_nats(report.latent)
    return [f"LATENTS   {tables.describe_usage(report)}", *([f"  in nats: {nats}"] if nats else [])]


def _suggestions(report: Report) -> list[str]:
    lines = [line for one in report.suggestions[1:] for line in wrap(str(one), first="  - ")]
    return ["ALSO", *lines] if lines else []


def _caveats(report: Report) -> list[str]:
    lines = [line for caveat in report.caveats for line in wrap(caveat, first="  - ")]
    return ["CAVEATS", *lines] if lines else []
