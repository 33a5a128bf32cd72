"""Which files are the user's: written out by hand, and nothing read from copier.yml."""

from __future__ import annotations

from pathlib import Path

import copier
import pytest
from support.projects import Bakery, Project
from support.versions import release
from test_update import change_everything

# Written once: no update touches them, or brings them back.
WRITTEN_ONCE = {
    ".env.example",
    ".gitignore",
    "README.md",
    "requirements-dev.in",
    "requirements-dev.txt",
    "requirements.in",
    "requirements.txt",
    "src/my_project/__init__.py",
    "src/my_project/__main__.py",
    "src/my_project/app.py",
    "src/my_project/counter.py",
    "src/my_project/database.py",
    "src/my_project/migrate.py",
    "src/my_project/migrations/env.py",
    "src/my_project/migrations/script.py.mako",
    "src/my_project/migrations/versions/0001_notes.py",
    "src/my_project/settings.py",
    "tests/conftest.py",
    "tests/test_app.py",
    "tests/test_counter.py",
    "tests/test_database.py",
    "tests/test_settings.py",
}
# No update touches them either, but the next one brings back what was deleted, since another
# file needs it.
NEEDED = {
    "apt-packages.txt",
    "compose.own.yaml",
    "kustomize/production/examples.yaml",
    "kustomize/production/kustomization.yaml",
    "kustomize/production/settings.env",
    "renovate.json",
}

EVERYTHING = {
    "isolation": "both",
    "app": "web",
    "services": ["postgres", "redis"],
    "deploy": "kubernetes",
    "company_network": True,
    "package_index": "https://index.example.com/simple",
    "ci": "github",
    "update_bot": "renovate",
}


@pytest.fixture
def project(bake: Bakery, repository: Path) -> Project:
    """A project with as many files as one can have, for which there is a later version.

    That version changes all of them.
    """
    project = bake(repository, "v1.0.0", **EVERYTHING)
    project.commit()
    change_everything(repository)
    release(repository, "v2.0.0")
    return project


def test_an_update_touches_no_file_of_the_users_and_all_others(project: Project) -> None:
    before = project.files()
    project.update("v2.0.0")
    after = project.files()
    untouched = {name for name in before if after.get(name) == before[name]}
    assert untouched == WRITTEN_ONCE | NEEDED
    assert after.keys() == before.keys(), "a new sample appeared"


def test_of_the_users_files_an_update_brings_back_only_what_is_needed(project: Project) -> None:
    for name in WRITTEN_ONCE | NEEDED:
        (project.path / name).unlink()
    project.commit()
    project.update("v2.0.0")
    assert project.files().keys() & (WRITTEN_ONCE | NEEDED) == NEEDED


def test_copying_again_keeps_the_users_files_and_restores_all_others(project: Project) -> None:
    before = project.files()
    for name in before:
        (project.path / name).write_bytes(before[name] + b"\n")
    project.commit()
    ours = project.files()
    copier.run_recopy(project.path, vcs_ref="v1.0.0", defaults=True, overwrite=True, quiet=True)
    after = project.files()
    assert {name for name in ours if after[name] == ours[name]} == WRITTEN_ONCE | NEEDED
