"""What `git add --all` takes from a project that is in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.answers import label
from support.projects import Bakery, Project

SECRETS = {".env", ".env.local", ".env.production", "tests/.env"}
ENVIRONMENT = {".venv/pyvenv.cfg", ".venv/lib/site.py", ".venv.lock"}
MADE_BY_TOOLS = {
    ".coverage",
    ".pytest_cache/v/cache/lastfailed",
    ".ruff_cache/0.15.0/1234",
    "build/lib/my_project/cli.py",
    "dist/my_project-0.1.0.tar.gz",
    "src/my_project.egg-info/PKG-INFO",
    "src/my_project/__pycache__/cli.cpython-314.pyc",
    "tests/__pycache__/test_cli.cpython-314.pyc",
}
DATABASE = {"my_project.db", "my_project.db-journal", "my_project.db-wal"}
KEYS = {"certs/bundle.pem", "certs/company.key"}
# What sounds like the above, but is the work of the project's developers.
WORK = {
    ".coveragerc",
    ".env.example",
    ".github/workflows/own.yml",
    ".vscode/launch.json",
    "apt-packages.txt",
    "certs/company.crt",
    "compose.dev.yaml",
    "dev/build.sh",
    "src/my_project/builder.py",
    "src/my_project/distance.py",
    "src/my_project/env.py",
    "src/my_project/environment/lock.py",
    "tests/coverage.txt",
    "uv.lock",
}


@pytest.fixture(autouse=True)
def no_settings_of_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tester's own ignore rules must not help."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def add_all(project: Project) -> set[str]:
    """Return what git would commit after `git add --all`."""
    project.run("git", "init", "--quiet")
    project.run("git", "add", "--all")
    return {*project.run("git", "ls-files", "-z").stdout.rstrip("\0").split("\0")}


def create(project: Project, *names: str) -> None:
    for name in names:
        path = project.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    "answers",
    [
        {"isolation": "venv", "app": "web"},
        {"isolation": "docker", "app": "own"},
        {"isolation": "both", "app": "cli", "services": ["postgres", "redis"]},
    ],
    ids=label,
)
def test_git_takes_the_work_and_leaves_secrets_and_what_tools_make(
    answers: dict[str, Any], bake: Bakery
) -> None:
    project = bake(**answers)
    rendered = set(project.files())
    create(project, *SECRETS, *ENVIRONMENT, *MADE_BY_TOOLS, *WORK)
    assert add_all(project) == rendered | WORK


def test_git_leaves_the_notes_that_are_kept_in_a_file(bake: Bakery) -> None:
    project = bake(services=["postgres"])
    rendered = set(project.files())
    create(project, *DATABASE)
    assert add_all(project) == rendered


def test_git_takes_a_companys_certificates_but_no_keys(bake: Bakery) -> None:
    project = bake(company_network=True)
    rendered = set(project.files())
    create(project, *KEYS, "certs/company.crt")
    assert add_all(project) == rendered | {"certs/company.crt"}
