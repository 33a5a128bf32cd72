"""DEVELOPMENT.md is short, and can be read as it is written."""

from __future__ import annotations

import re

import pytest
from support.answers import label
from support.commands import ROOT
from support.projects import Bakery
from support.rendered import GROUPS, render

PARTS = [ROOT / "template/DEVELOPMENT.md.jinja", *(ROOT / "includes/development").iterdir()]


def test_a_default_project_has_at_most_125_lines(bake: Bakery) -> None:
    assert len(bake().read("DEVELOPMENT.md").splitlines()) <= 125


@pytest.mark.parametrize("group", GROUPS, ids="-".join)
def test_every_project_has_at_most_140_lines(
    group: tuple[str, str], bake: Bakery, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for project in render(group, bake, tmp_path_factory):
        text = project.files["DEVELOPMENT.md"].decode("utf-8")
        assert len(text.splitlines()) <= 140, label(project.answers)
        assert "\n\n\n" not in text and "{#" not in text, label(project.answers)


def test_at_most_12_percent_of_its_lines_have_jinja() -> None:
    lines = [line for part in PARTS for line in part.read_text("utf-8").splitlines()]
    marked = [line for line in lines if "{%" in line or "{{" in line]
    assert len(marked) <= 0.12 * len(lines), f"{len(marked)} of {len(lines)}"


def test_each_part_is_included() -> None:
    guide = PARTS[0].read_text("utf-8")
    beginnings = re.findall(r"includes/development/([\w-]+)", guide)
    for part in PARTS[1:]:
        assert any(part.name.startswith(name) for name in beginnings), part.name


def test_the_sections_are_in_the_order_of_a_day(bake: Bakery) -> None:
    headings = re.findall(r"^## (.*)", bake().read("DEVELOPMENT.md"), re.MULTILINE)
    everyday = ["Set up", "Run", "Test", "Add a package", "Lock", "Update", "Switch"]
    assert headings == [*everyday, "Who owns what"]
