"""A report as HTML: the verdict in words, then the tables it rests on."""

from latentkit.page.markup import Markup, table, tag, text
from latentkit.separation.report import Report
from latentkit.separation.report import tables as shared
from latentkit.separation.report.tables import number

__all__ = ["tables", "verdict"]

MOST_PAIRS = 50
MOST_CLASSES = 30
SHADES = 8
LOOK = {"separated": "good", "yes": "good", "no evidence": "bad", "no": "bad"}


def verdict(report: Report) -> Markup:
    """The heading, the two verdicts, their sentences."""
    what = f"{report.n:,} images, {report.dims} latents"
    if report.space != "latents":
        what = f"{report.n:,} images, judged in {report.space}, a picture of {report.dims} dimensions"
    if report.classes:
        what += f", {len(report.classes)} {'class' if len(report.classes) == 1 else 'classes'}"
    return tag(
        "header",
        tag("h1", "Do the classes separate?" if len(report.classes) > 1 else "Are there groups?"),
        tag("p", what, class_="note"),
        tag(
            "div",
            _badge("separable", report.verdict.separable),
            _badge("visible", report.verdict.visible),
            class_="badges",
        ),
        *(tag("p", _coded(sentence)) for sentence in report.verdict.sentences),
    )


def _badge(name: str, value: str) -> Markup:
    return tag("span", f"{name}: ", tag("b", value), class_=f"badge {LOOK.get(value, 'unsure')}")


def _coded(sentence: str) -> Markup:
    """A sentence with what stands between backticks as code."""
    parts = sentence.split("`")
    return Markup("".join(tag("code", part) if at % 2 else text(part) for at, part in enumerate(parts)))


def tables(report: Report) -> list[Markup]:
    """Everything else that the report has to say."""
    parts = [
        _pairs(report),
        _confusion(report),
        _scores(report),
        _tightness(report),
        _clusters(report),
        _latent(report),
        _caveats(report),
    ]
    return [part for part in parts if part is not None]


def _section(title: str, *inside: Markup | None) -> Markup:
    return tag("section", tag("h2", title), *inside)


def _pairs(report: Report) -> Markup | None:
    if not report.pairs:
        return None
    side = shared.scored_side(report.scored)
    about = f"A linear probe fitted on {report.fitted_on:,}, scored on {report.scored_on:,} ({side}). AUC 0.5 is chance, 1 is perfect."
    left = len(report.pairs) - MOST_PAIRS
    rows = [(f"{a} / {b}", *cells) for a, b, *cells in shared.pair_rows(report, MOST_PAIRS)]
    return _section(
        "Pairs of classes",
        tag("p", about, class_="note"),
        table(shared.PAIR_HEADS, rows, words=2),
        tag("p", f"... and {left} pairs further apart.") if left > 0 else None,
    )


def _confusion(report: Report) -> Markup | None:
    counts = report.confusion
    if counts is None or len(report.classes) > MOST_CLASSES:
        return None
    names = list(report.classes)
    head = tag("tr", tag("td"), *(tag("th", name, scope="col") for name in names))
    rows = [
        tag("tr", tag("th", name, scope="row"), *(_shaded(value, sum(row)) for value in row))
        for name, row in zip(names, counts, strict=True)
    ]
    about = "What the linear probe takes images it has not seen for: a row is a class, a column the answer."
    whole = tag("table", tag("thead", head), tag("tbody", *rows), class_="heat")
    return _section("Confusion", tag("p", about, class_="note"), tag("div", whole, class_="scroll"))


def _shaded(value: int, of: int) -> Markup:
    return tag("td", f"{value:,}", class_=f"h{round((SHADES - 1) * value / of) if of else 0}")


def _scores(report: Report) -> Markup | None:
    rows = shared.score_rows(report)
    if not rows:
        return None
    about = "Balanced accuracy: the share right in a class, averaged over classes."
    return _section("Scores", tag("p", about, class_="note"), table(shared.SCORE_HEADS, rows, words=2))


def _tightness(report: Report) -> Markup | None:
    tight = report.tightness
    if tight is None:
        return None
    silhouettes, indices = shared.describe_tightness(tight)
    words = f"{silhouettes[:1].upper()}{silhouettes[1:]}; {indices}."
    worst = shared.class_silhouettes(report)[:MOST_PAIRS]
    rows = [(name, f"{report.classes[name]:,}", number(value)) for name, value in worst]
    return _section("Tightness", tag("p", words), table(("class", "images", "silhouette"), rows))


def _clusters(report: Report) -> Markup | None:
    found = report.clustering
    if found is None:
        return None
    inside: list[Markup] = [tag("p", f"{found.k} clusters ({shared.describe_choice_of_k(found)}).")]
    if recoveries := shared.recovery_rows(found):
        inside.append(table(shared.RECOVERY_HEADS, recoveries))
    if found.discovered is not None:
        rows = [
            (str(i), f"{one.images:,}", number(one.stability, 2)) for i, one in enumerate(found.discovered)
        ]
        inside.append(table(("cluster", "images", "stability"), rows))
    inside.append(tag("p", f"{shared.describe_density(found.hdbscan)}."))
    if (test := report.structure) is not None:
        inside.append(tag("p", f"{shared.describe_structure(test)}."))
    return _section("Without labels", *inside)


def _latent(report: Report) -> Markup:
    nats = shared.describe_nats(report.latent)
    return _section(
        "Latents",
        tag("p", f"{shared.describe_usage(report)}."),
        tag("p", f"In nats: {nats}.") if nats else None,
    )


def _caveats(report: Report) -> Markup | None:
    if not report.caveats:
        return None
    return _section("Caveats", tag("ul", *(tag("li", _coded(caveat)) for caveat in report.caveats)))
