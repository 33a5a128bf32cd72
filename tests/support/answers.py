"""The questions of copier.yml, and combinations of answers to them."""

from __future__ import annotations

import itertools
from typing import Any

import yaml

from .commands import ROOT

QUESTIONS = {
    name: question
    for name, question in yaml.safe_load((ROOT / "copier.yml").read_text("utf-8")).items()
    if not name.startswith("_")
}
ASKED = {name for name, question in QUESTIONS.items() if question.get("when") is not False}


def choices(name: str) -> list[Any]:
    """Return the answers to a choice question; each subset, where several can be chosen."""
    found = QUESTIONS[name]["choices"]
    values = found.values() if isinstance(found, dict) else found
    values = [value["value"] if isinstance(value, dict) else value for value in values]
    if not QUESTIONS[name].get("multiselect"):
        return values
    counts = range(len(values) + 1)
    return [list(some) for count in counts for some in itertools.combinations(values, count)]


# The applications that bring code and tests of their own.
SAMPLES = [app for app in choices("app") if app != "own"]


def combinations(*names: str) -> list[dict[str, Any]]:
    """Return every combination of answers to these choice questions."""
    products = itertools.product(*(choices(name) for name in names))
    found = [dict(zip(names, values, strict=True)) for values in products]
    # The one answer that is refused together with another.
    return [a for a in found if (a.get("ci"), a.get("update_bot")) != ("none", "schedule")]


def label(answers: dict[str, Any]) -> str:
    """Return the name of a combination in a test report."""
    words = ("+".join(a) if isinstance(a, list) else str(a) for a in answers.values())
    return "-".join(word or "none" for word in words)
