"""What the tests replace changes nothing, and a project is what it is taken for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from copier.errors import UnsafeTemplateError
from pytest_copie.plugin import Copie
from support.projects import Bakery, Project, check_origin
from support.rendering import quick
from support.versions import release

KINDS = [
    {"isolation": "venv", "app": "cli", "license": "none"},
    {"isolation": "docker", "app": "web", "services": ["postgres", "redis"], "ci": "gitlab"},
    {
        "isolation": "both",
        "app": "own",
        "port": "8123",
        "command": "serve",
        "update_bot": "renovate",
    },
    {"company_network": True, "package_index": "https://pypi.example.com/simple", "ci": "github"},
]


def rendered(copie: Copie, template: Path, answers: dict[str, Any]) -> dict[str, bytes]:
    done = copie.copy(answers, template_dir=template)
    assert done.exception is None and done.project_dir
    return Project(done.project_dir, done.answers).files()


@pytest.mark.parametrize("answers", KINDS)
def test_rendering_quickly_gives_the_same(
    answers: dict[str, Any], copie: Copie, template: Path
) -> None:
    as_users_do = rendered(copie, template, answers)
    with quick():
        assert rendered(copie, template, answers) == as_users_do
        assert rendered(copie, template, answers) == as_users_do, "from compiled templates"


@pytest.fixture
def with_task(repository: Path) -> Path:
    """The template with a task, released as v2.0.0."""
    with (repository / "copier.yml").open("a") as settings:
        settings.write("\n_tasks: [touch done-by-a-task]\n")
    release(repository, "v2.0.0")
    return repository


def test_a_template_with_a_task_is_refused(with_task: Path, bake: Bakery) -> None:
    with pytest.raises(UnsafeTemplateError, match="tasks"):
        bake(with_task, "v2.0.0")


def test_an_update_to_a_template_with_a_task_is_refused(with_task: Path, bake: Bakery) -> None:
    project = bake(with_task, "v1.0.0")
    project.commit()
    with pytest.raises(UnsafeTemplateError, match="tasks"):
        project.update("v2.0.0")
    with pytest.raises(UnsafeTemplateError, match="tasks"):
        project.update("v2.0.0", isolation="venv")


def test_a_project_of_another_version_is_noticed(repository: Path, bake: Bakery) -> None:
    (repository / "later.txt").write_text("later\n")
    release(repository, "v2.0.0")
    project = bake(repository, "v1.0.0")
    check_origin(project, "v1.0.0", {})
    for version in ("v2.0.0", None):
        with pytest.raises(AssertionError):
            check_origin(project, version, {})


def test_an_answer_that_was_not_recorded_is_noticed(bake: Bakery) -> None:
    project = bake(isolation="venv")
    check_origin(project, None, {"isolation": "venv"})
    with pytest.raises(AssertionError):
        check_origin(project, None, {"isolation": "docker"})


def test_a_version_has_to_be_named(released: Path, bake: Bakery) -> None:
    with pytest.raises(AssertionError, match="name the version"):
        bake(source=released)


def test_a_change_to_one_project_reaches_no_other(bake: Bakery) -> None:
    first = bake(isolation="venv")
    first.append("README.md", "changed\n")
    assert "changed" not in bake(isolation="venv").read("README.md")
