"""CONTRIBUTING.md lists the places of what people add: each version, service and shell is in all."""

from __future__ import annotations

import re

import pytest
import yaml
from support.commands import ROOT

SHELLS = {path.name for path in (ROOT / "template/dev").glob("activate.*")}
KINDS = {
    "A Python version": {"3.11", "3.15"},
    "A service": {"postgres", "redis"},
    "A shell": {name.removesuffix(".jinja") for name in SHELLS},
}


def places(heading: str) -> list[str]:
    """Return the paths of the table under a heading."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    section = text.partition(f"\n### {heading}\n")[2].partition("\n##")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def names(path: str, value: str) -> bool:
    """Return whether a file names a value; some need only the ending of a file."""
    text = (ROOT / path).read_text("utf-8")
    if path.endswith("texts.py"):
        return value.removeprefix("activate") in text
    if value == "activate.bat":
        # On Windows, `dev\activate` finds the file with this ending.
        return value in text or r"dev\activate" in text
    return bool(re.search(rf"\b{re.escape(value)}\b", text))


@pytest.mark.parametrize("kind", KINDS)
def test_each_place_has_each_of_a_kind(kind: str) -> None:
    questions = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))
    offered = {
        "A Python version": questions["python_version"]["choices"],
        "A service": questions["services"]["choices"].values(),
    }
    values = KINDS[kind] | {*offered.get(kind, [])}
    if kind == "A Python version":
        # One place names the first and the last one only.
        values = {min(values), max(values, key=lambda version: int(version[2:]))}
    assert len(places(kind)) > 1
    forgotten = [
        (path, value) for path in places(kind) for value in values if not names(path, value)
    ]
    assert forgotten == []


def test_each_place_of_a_question_exists() -> None:
    assert len(places("A question")) == 5
    assert [path for path in places("A question") if not (ROOT / path).exists()] == []
