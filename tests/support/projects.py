"""Projects made from the template, and what a user does with them."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml
from pytest_copie.plugin import Copie, Result

from .answers import ASKED
from .commands import run
from .rendering import quick


@dataclass
class Project:
    """A project made from the template."""

    path: Path
    answers: dict[str, Any]

    def run(self, *command: object, **options: Any) -> subprocess.CompletedProcess[str]:
        return run(*command, cwd=self.path, **options)

    def read(self, name: str) -> str:
        return (self.path / name).read_text("utf-8")

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, "utf-8")

    def append(self, name: str, text: str) -> None:
        self.write(name, self.read(name) + text)

    def files(self) -> dict[str, bytes]:
        """Return the content of each file by its path, except what git and tools keep."""
        kept = {".git", ".venv"}
        return {
            path.relative_to(self.path).as_posix(): path.read_bytes()
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and not kept & set(path.relative_to(self.path).parts)
        }

    def recorded(self) -> dict[str, Any]:
        """Return what `.copier-answers.yml` records: the answers, `_src_path` and `_commit`."""
        return dict(yaml.safe_load(self.read(".copier-answers.yml")))

    def commit(self) -> None:
        self.run("git", "init", "-q")
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", "Work")

    def update(self, version: str, **changed: Any) -> None:
        """Update to a version of the template by `copier update --defaults --data ...`.

        pytest-copie does it where no answer changes: with it, a recorded answer cannot change.
        Raises what Copier raises.
        """
        assert changed.keys() <= ASKED, f"not in copier.yml: {changed.keys() - ASKED}"
        if changed:
            how = {"defaults": True, "overwrite": True, "quiet": True}
            copier.run_update(self.path, data=changed, vcs_ref=version, **how)
        else:
            # Copie asks for three folders that it uses for copies only, so any will do.
            copie = Copie(default_template_dir=self.path, test_dir=self.path, config_file=self.path)
            done = copie.update(Result(project_dir=self.path), vcs_ref=version)
            if done.exception:
                raise done.exception
        self.answers |= changed
        check_origin(self, version, self.answers)


def check_origin(project: Project, version: str | None, answers: dict[str, Any]) -> dict[str, Any]:
    """Assert that a project records this version and these answers; return all that it records."""
    recorded = project.recorded()
    assert recorded.get("_commit") == version
    assert {name: recorded.get(name) for name in answers} == answers
    return recorded


@dataclass
class Bakery:
    """Makes projects with pytest-copie: each kind once, and from then on copies of that one.

    Called as a function:

        bake(isolation="venv")                          from the working tree, without git
        bake(repository, "v1.0.0", isolation="venv")    from a release in a git repository
    """

    copie: Copie
    folder: Path
    template: Path
    made: dict[str, Project] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def __call__(
        self, source: Path | None = None, version: str | None = None, **answers: Any
    ) -> Project:
        assert (source is None) == (version is None), "name the version: bake(released, 'v1.0.0')"
        assert answers.keys() <= ASKED, f"not in copier.yml: {answers.keys() - ASKED}"
        key = repr((source, version, sorted(answers.items())))
        if key not in self.made:
            self.made[key] = self.render(source or self.template, version, answers)
        original = self.made[key]
        path = self.folder / f"project-{next(self.numbers)}"
        shutil.copytree(original.path, path, symlinks=True)
        return Project(path, dict(original.answers))

    def refuse(self, **answers: Any) -> Exception:
        """Return the error with which answers are refused; assert that nothing was written."""
        with pytest.raises(Exception) as refusal:
            self(**answers)
        # The last of the numbered folders that pytest-copie renders into.
        folder = self.copie.test_dir / f"copie{self.copie.counter - 1:03d}"
        assert not list(folder.iterdir())
        return refusal.value

    def render(self, source: Path, version: str | None, answers: dict[str, Any]) -> Project:
        """Make a project. Raises what Copier raises."""
        with quick() if version is None else contextlib.nullcontext():
            done = self.copie.copy(answers, template_dir=source, vcs_ref=version or "HEAD")
        if done.exception:
            raise done.exception
        assert done.project_dir
        project = Project(done.project_dir, {})
        recorded = check_origin(project, version, answers)
        project.answers = {name: recorded[name] for name in recorded if name in ASKED}
        return project
