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
    parts = [
        _say("seen in", [(view.title, view) for view in shown]),
        _say("found by", [(f"{view.title} ({view.ari:.2f})", view) for view in clusterings]),
    ]
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


def _say(verb: str, named: Sequence[tuple[str, View]]) -> str:
    """Return "found by A, partly found by B, not found by C" for views with their names; verb: "found by"."""
    parts = []
    for verdict, start, word in (("yes", "", "and"), ("partly", "partly ", "and"), ("no", "not ", "or")):
        if names := [name for name, view in named if view.verdict == verdict]:
            parts.append(f"{start}{verb} {_join(names, word)}")
    return ", ".join(parts)


def _join(names: Sequence[str], word: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
