"""Sentences about the views that show the classes: pictures with and without colors, and clusterings."""

from collections.abc import Sequence

from latentkit.separation.visible.views import PARTLY, View

__all__ = ["commands_sentence", "views_sentence"]


def views_sentence(verdict: str, views: Sequence[View]) -> str:
    """Explain the verdict "visible" where there are labels, for readers who are not statisticians."""
    if verdict == "cannot say":
        return "Cannot say whether the classes can be seen without labels: a class has too few images."
    shown = [view for view in views if view.kind == "picture"]
    clusterings = [view for view in views if view.kind != "picture"]
    parts = [_pictures(shown), _clusterings(clusterings)]
    start = (
        "The classes are visible without labels: "
        if verdict == "yes"
        else "The classes are not visible without labels: "
    )
    if verdict == "no" and any(view.verdict == "partly" for view in views):
        start = "The classes are only partly visible without labels: "
    text = start + "; ".join(part for part in parts if part) + "."
    colored = [view.title for view in shown if view.colored == "yes" and view.verdict != "yes"]
    if colored:
        text += f" With colors, each class has its own region in {_join(colored)}."
    if any(view.verdict == "no" and (view.low or 0.0) >= PARTLY for view in views):
        text += " One cloud without gaps would be divided into your classes just as well."
    return f"{text}{commands_sentence(views)}"


def commands_sentence(views: Sequence[View]) -> str:
    """Return " Look at it: ..." for the view that shows the most, or nothing."""
    best = [view for view in views if view.verdict == "yes"] or [
        view for view in views if view.verdict == "partly"
    ]
    best = best or [view for view in views if view.colored == "yes"]
    if not best:
        return ""
    first = max(best, key=lambda view: (view.kind == "picture", view.low or 0.0))
    does = "draws" if first.kind == "picture" else "finds"
    return f" `{first.command}` {does} them."


def _pictures(views: Sequence[View]) -> str:
    seen, partly, unseen = (
        [view.title for view in views if view.verdict == verdict] for verdict in ("yes", "partly", "no")
    )
    parts = []
    if seen:
        parts.append(f"seen in {_join(seen)}")
    if partly:
        parts.append(f"partly seen in {_join(partly)}")
    if unseen:
        parts.append(f"not seen in {_join(unseen, 'or')}")
    return ", ".join(parts)


def _clusterings(views: Sequence[View]) -> str:
    found, partly, missed = (
        [f"{view.title} ({view.ari:.2f})" for view in views if view.verdict == verdict]
        for verdict in ("yes", "partly", "no")
    )
    parts = []
    if found:
        parts.append(f"found by {_join(found)}")
    if partly:
        parts.append(f"partly found by {_join(partly)}")
    if missed:
        parts.append(f"not found by {_join(missed, 'or')}")
    return ", ".join(parts)


def _join(names: Sequence[str], word: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
