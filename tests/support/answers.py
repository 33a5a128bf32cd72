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
# Computed values are questions too, which `when: false` keeps from being asked.
ASKED = {name for name, question in QUESTIONS.items() if question.get("when") is not False}


def choices(name: str) -> list[Any]:
    """Return the possible answers to a choice question: all subsets, where several can be chosen."""
    found = QUESTIONS[name]["choices"]
    values = found.values() if isinstance(found, dict) else found
    values = [value["value"] if isinstance(value, dict) else value for value in values]
    if not QUESTIONS[name].get("multiselect"):
        return values
    counts = range(len(values) + 1)
    return [list(some) for count in counts for some in itertools.combinations(values, count)]


# The applications for which the template brings code and tests.
SAMPLES = [app for app in choices("app") if app != "own"]


def combinations(*names: str) -> list[dict[str, Any]]:
    """Return every combination of answers to these choice questions."""
    products = itertools.product(*(choices(name) for name in names))
    found = [dict(zip(names, values, strict=True)) for values in products]
    # These two are refused together: a scheduled job needs a CI.
    return [a for a in found if (a.get("ci"), a.get("update_bot")) != ("none", "schedule")]


def label(answers: dict[str, Any]) -> str:
    """Return the name of a combination, for test reports: its answers, joined by dashes."""
    words = ("+".join(a) if isinstance(a, list) else str(a) for a in answers.values())
    return "-".join(word or "none" for word in words)
