"""PYTHONHOME, which would make each Python look for its library elsewhere, in every shell."""

from __future__ import annotations

import pytest
from support.projects import Bakery, Project
from test_venv import HERE, SOURCE, session

pytestmark = pytest.mark.needs("index")

# Asked of a program: each shell has another way to show a variable.
SHOW = "sh -c 'echo home=${PYTHONHOME-unset}'"


@pytest.fixture(scope="module")
def project(bake: Bakery) -> Project:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    project.run("dev/do", "sync")
    return project


@pytest.mark.parametrize("name", SOURCE)
def test_it_is_unset_inside_and_comes_back(name: str, project: Project) -> None:
    show = f"^{SHOW}" if name == "nu" else SHOW
    misled = {"PYTHONHOME": "/nowhere"}
    done = session(project, name, show, "deactivate", show, env=misled)
    assert (done.stdout, done.stderr) == ("home=unset\nhome=/nowhere\n", "")


@pytest.mark.parametrize("name", SOURCE)
def test_it_does_not_appear_where_it_was_not_set(name: str, project: Project) -> None:
    show = f"^{SHOW}" if name == "nu" else SHOW
    done = session(project, name, show, "deactivate", show)
    assert (done.stdout, done.stderr) == ("home=unset\nhome=unset\n", "")


@pytest.mark.parametrize("name", SOURCE)
def test_the_tools_of_the_project_start_despite_it(name: str, project: Project) -> None:
    lines = ("python -c 'import my_project'", "pytest --version")
    done = session(project, name, *lines, env={"PYTHONHOME": "/nowhere"})
    assert done.stdout.startswith("pytest ") and done.stderr == ""
