"""A report as HTML: the verdict in words, and the tables behind it."""

from latentkit.page.markup import Markup, table, tag, text
from latentkit.separation.report import Report
from latentkit.separation.report import tables as content
from latentkit.separation.report.tables import number

__all__ = ["tables", "verdict"]

MAX_PAIRS = 50
MAX_CLASSES = 30
SHADES = 8
BADGE_CLASS = {"separated": "good", "yes": "good", "no evidence": "bad", "no": "bad"}


def verdict(report: Report) -> Markup:
    """Return the heading, the two verdicts and their explanation."""
    scope = f"{report.n:,} images, {report.dims} latent dimensions"
    if report.space != "latents":
        scope = f"{report.n:,} images in {report.space}, a projection to {report.dims} dimensions"
    if report.classes:
        scope += f", {len(report.classes)} {'class' if len(report.classes) == 1 else 'classes'}"
    return tag(
        "header",
        tag("h1", "Do the classes separate?" if len(report.classes) > 1 else "Are there groups?"),
        tag("p", scope, class_="note"),
        tag(
            "div",
            _badge("separable", report.verdict.separable),
            _badge("visible", report.verdict.visible),
            class_="badges",
        ),
        *(tag("p", _with_code(sentence)) for sentence in report.verdict.sentences),
    )


def _badge(name: str, value: str) -> Markup:
    return tag("span", f"{name}: ", tag("b", value), class_=f"badge {BADGE_CLASS.get(value, 'unsure')}")


def _with_code(sentence: str) -> Markup:
    """Return a sentence with text between backticks as code."""
    parts = sentence.split("`")
    return Markup("".join(tag("code", part) if at % 2 else text(part) for at, part in enumerate(parts)))


def tables(report: Report) -> list[Markup]:
    """Return every other section of the report."""
    parts = [
        _pairs(report),
        _confusion(report),
        _scores(report),
        _tightness(report),
        _clusters(report),
        _views(report),
        _latent(report),
        _caveats(report),
    ]
    return [part for part in parts if part is not None]


def _section(title: str, *inside: Markup | None) -> Markup:
    return tag("section", tag("h2", title), *inside)


def _pairs(report: Report) -> Markup | None:
    if not report.pairs:
        return None
    about = f"{content.describe_scoring(report)}. An AUC of 0.5 is chance, 1 is perfect."
    more = len(report.pairs) - MAX_PAIRS
    rows = [(f"{a} / {b}", *cells) for a, b, *cells in content.pair_rows(report, MAX_PAIRS)]
    return _section(
        "Pairs of classes",
        tag("p", about, class_="note"),
        table(content.PAIR_HEADS, rows, words=2),
        tag("p", f"... and {more} pairs that are further apart.") if more > 0 else None,
    )


def _confusion(report: Report) -> Markup | None:
    counts = report.confusion
    if counts is None or len(report.classes) > MAX_CLASSES:
        return None
    names = list(report.classes)
    head = tag("tr", tag("td"), *(tag("th", name, scope="col") for name in names))
    rows = [
        tag("tr", tag("th", name, scope="row"), *(_shaded(value, sum(row)) for value in row))
        for name, row in zip(names, counts, strict=True)
    ]
    about = "Predictions of the linear probe for images it was not fitted on: rows are true classes, columns are predictions."
    heat_map = tag("table", tag("thead", head), tag("tbody", *rows), class_="heat")
    return _section("Confusion", tag("p", about, class_="note"), tag("div", heat_map, class_="scroll"))


def _shaded(value: int, total: int) -> Markup:
    return tag("td", f"{value:,}", class_=f"h{round((SHADES - 1) * value / total) if total else 0}")


def _scores(report: Report) -> Markup | None:
    rows = content.score_rows(report)
    if not rows:
        return None
    about = "Balanced accuracy: the share of correct predictions in each class, averaged over classes."
    return _section("Scores", tag("p", about, class_="note"), table(content.SCORE_HEADS, rows, words=2))


def _tightness(report: Report) -> Markup | None:
    tight = report.tightness
    if tight is None:
        return None
    silhouettes, indices = content.describe_tightness(tight)
    sentence = f"{silhouettes[:1].upper()}{silhouettes[1:]}; {indices}."
    worst = content.class_silhouettes(report)[:MAX_PAIRS]
    rows = [(name, f"{report.classes[name]:,}", number(value)) for name, value in worst]
    return _section("Tightness", tag("p", sentence), table(("class", "images", "silhouette"), rows))


def _clusters(report: Report) -> Markup | None:
    clustering = report.clustering
    if clustering is None:
        return None
    inside: list[Markup] = [
        tag("p", f"{clustering.k} clusters ({content.describe_choice_of_k(clustering)}).")
    ]
    if recoveries := content.recovery_rows(clustering):
        inside.append(table(content.RECOVERY_HEADS, recoveries))
    if clustering.discovered is not None:
        rows = [
            (str(i), f"{one.images:,}", number(one.stability, 2))
            for i, one in enumerate(clustering.discovered)
        ]
        inside.append(table(("cluster", "images", "stability"), rows))
    inside.append(tag("p", f"{content.describe_density(clustering.hdbscan)}."))
    if (test := report.structure) is not None:
        inside.append(tag("p", f"{content.describe_structure(test)}."))
    return _section("Without labels", *inside)


def _views(report: Report) -> Markup | None:
    if not report.views:
        return None
    about = (
        "Whether the clusters of each clustering and picture agree with the classes and have gaps between them, and whether "
        "each class has its own region of a picture when colored."
    )
    rows = content.view_rows(report)
    return _section("Visible in", tag("p", about, class_="note"), table(content.VIEW_HEADS, rows, words=4))


def _latent(report: Report) -> Markup:
    nats = content.describe_nats(report.latent)
    return _section(
        "Latents",
        tag("p", f"{content.describe_usage(report)}."),
        tag("p", f"KL in nats: {nats}.") if nats else None,
    )


def _caveats(report: Report) -> Markup | None:
    if not report.caveats:
        return None
    return _section("Caveats", tag("ul", *(tag("li", _with_code(caveat)) for caveat in report.caveats)))
