"""What DEVELOPMENT.md says about the owner of each file, and about places for additions."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest
from support.projects import Bakery, Project
from test_own_files import NEEDED, WRITTEN_ONCE


@pytest.fixture(scope="module")
def project(bake: Bakery) -> Project:
    return bake(
        isolation="both", app="web", deploy="kubernetes", ci="github", update_bot="renovate"
    )


def rows(project: Project) -> list[tuple[list[str], str, str]]:
    """Return the names in each row of the table, their owner, and what to add there."""
    text = project.read("DEVELOPMENT.md").partition("\n## Who owns what\n")[2]
    found = re.findall(r"^\| (.*) \| (.*) \| (.*) \|$", text, re.MULTILINE)
    return [(re.findall("`([^`]+)`", files), owner, addition) for files, owner, addition in found]


def names(pattern: str, name: str) -> bool:
    """Return whether a file is one of those, or in the folder, that a row names."""
    return fnmatch(name, pattern) or (pattern.endswith("/") and name.startswith(pattern))


@pytest.mark.parametrize("name", sorted(WRITTEN_ONCE | NEEDED))
def test_each_file_of_the_users_is_said_to_be_theirs(name: str, project: Project) -> None:
    owners = {
        owner
        for patterns, owner, _ in rows(project)
        if any(names(pattern, name) for pattern in patterns)
    }
    assert owners == {"you"}


PLACES = {
    "settings, for": ".env.example",
    "volumes": "compose.own.yaml",
    "Debian packages": "apt-packages.txt",
    "pytest": "pyproject.toml",
}


@pytest.mark.parametrize("addition", PLACES)
def test_each_addition_has_a_place(addition: str, project: Project) -> None:
    places = [files for files, _, additions in rows(project) if addition in additions]
    assert any(PLACES[addition] in files for files in places), places


@pytest.mark.parametrize("isolation", ["venv", "docker", "both"])
def test_editing_a_file_of_the_template_is_discouraged(isolation: str, bake: Bakery) -> None:
    text = bake(isolation=isolation).read("DEVELOPMENT.md")
    assert "Do not edit the template's files" in text
    assert "the job `template` of CI fails" in text
