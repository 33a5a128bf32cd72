"""What DEVELOPMENT.md says of whose a file is, and where additions belong."""

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


def rows(project: Project) -> list[tuple[list[str], str]]:
    """Return of each row of two cells the names in the first, and the text of the second."""
    found = re.findall(r"^\| (.*) \| (.*) \|$", project.read("DEVELOPMENT.md"), re.MULTILINE)
    return [(re.findall("`([^`]+)`", first), second) for first, second in found]


def names(pattern: str, name: str) -> bool:
    """Tell whether a file is one of those, or in the folder, that a row names."""
    return fnmatch(name, pattern) or (pattern.endswith("/") and name.startswith(pattern))


@pytest.mark.parametrize("name", sorted(WRITTEN_ONCE | NEEDED))
def test_each_file_of_the_users_is_said_to_be_theirs(name: str, project: Project) -> None:
    owners = {
        owner.partition(":")[0]
        for patterns, owner in rows(project)
        if any(names(pattern, name) for pattern in patterns)
    }
    assert "you" in owners, owners


PLACES = {
    "setting": ".env.example",
    "volume": "compose.own.yaml",
    "Debian packages": "apt-packages.txt",
    "pytest": "pyproject.toml",
    "hooks": ".pre-commit-config.yaml",
}


@pytest.mark.parametrize("addition", PLACES)
def test_each_addition_has_a_place(addition: str, project: Project) -> None:
    table = project.read("DEVELOPMENT.md").partition("| to add | ")[2].partition("\n\n")[0]
    places = [row for row in table.splitlines() if addition in row.split(" | ")[0]]
    assert any(f"`{PLACES[addition]}`" in row for row in places), places
