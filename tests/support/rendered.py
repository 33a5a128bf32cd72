"""Projects that together show every file which the template can render.

Each answer is tried with every isolation and application, and with each answer to every other
question. Some seventy projects are enough for that, as one project tries many answers at once; a
test in test_files.py counts what they try.

A run renders them once, whichever worker comes first, and the tests only read them.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from .answers import SAMPLES, choices, combinations
from .projects import Bakery

Answers = dict[str, Any]

GROUPS = [(answers["isolation"], answers["app"]) for answers in combinations("isolation", "app")]

INDEX = {"package_index": "https://pypi.example.com/simple"}
REGISTRY = {"registry": "mirror.example.com:5000/hub"}
AWKWARD = 'It\'s "quoted" \\ $HOME # é 🐍'
LONGEST = "p" * 64

# What else is asked: each subject is one question, or some that belong together, with the answers
# that are tried. A new question belongs in here.
SUBJECTS: dict[str, list[Answers]] = {
    "ci": combinations("ci", "update_bot"),
    "publish": combinations("publish"),
    "name": [
        {},
        {"project_name": "4 Ab.c-d_E"},
        {"project_name": LONGEST},
        {"package_name": "a"},
        {"package_name": "MyShop"},
    ],
    "network": [
        {"company_network": False},
        {"company_network": True},
        {"company_network": True, **REGISTRY},
        {"company_network": True, **INDEX},
        {"company_network": True, **REGISTRY, **INDEX},
    ],
    "python": combinations("python_version"),
    "services": combinations("services"),
    "deploy": combinations("deploy"),
    "license": combinations("license"),
    "author": [
        {},
        {"author_name": 'Zoë "Z"'},
        {"author_email": "zoe@example.org"},
        {"author_name": "Zoë", "author_email": "zoe@example.org"},
    ],
    "description": [{}, {"project_description": AWKWARD}],
}

# The same for questions that depend on the application.
PROGRAMS: dict[str, list[Answers]] = {
    "cli": [{}],
    "web": [{}, {"port": "1024"}],
    "own": [
        {},
        {
            "command": "gunicorn shop:app",
            "code": "shop.py templates",
            "port": "8080",
            "writes": "instance templates/made",
        },
        {
            "command": "python manage.py runserver 0.0.0.0:8000",
            "code": "manage.py shop",
            "writes": "media",
            "test_command": "python manage.py test",
        },
        {"command": "python -m shop", "port": "9000", "protocol": "tcp"},
        {"command": "./bin/start --verbose", "code": "src bin", "port": "65535"},
    ],
}

# How a formatter breaks the lines of a sample depends on the length of its name.
LENGTHS = (1, 12, 38, 45, 64)


def subjects(app: str) -> dict[str, list[Answers]]:
    """Return the subjects that concern an application."""
    return {**SUBJECTS, f"program of {app}": PROGRAMS[app]}


@cache
def answers_of_groups() -> dict[tuple[str, str], list[Answers]]:
    """Return the answers to render, for each isolation and application."""
    # Pairs that some project has: two answers, or an answer and a group.
    met: set[frozenset[Any]] = set()
    found = {}

    for isolation, app in GROUPS:
        common = {"isolation": isolation, "app": app}
        found[isolation, app] = [common | answers for answers in rows(isolation, app, met)]

        if isolation == "both" and app in SAMPLES:
            everything = common | {"services": choices("services")[-1]}
            found[isolation, app] += [everything | {"package_name": "a" * n} for n in LENGTHS]

    return found


def rows(isolation: str, app: str, met: set[frozenset[Any]]) -> Iterable[Answers]:
    """Yield the answers of one project after another, until this group has tried every answer.

    For each subject, a row takes the answer that makes most pairs not met so far, with the group
    and with the rest of the row. That is pairwise testing; `met` is shared by all groups.
    """
    this = f"{isolation}-{app}"

    def meets(row: list[Any], one: Any) -> int:
        """Count the new pairs that an answer makes with a row; the one with the group comes first."""
        new = [frozenset({one, other}) not in met for other in row]
        return sum(new) + (len(subjects(app)) if new[0] else 0)

    while True:
        row: list[Any] = [this]
        for subject, values in subjects(app).items():
            candidates = [(subject, number) for number in range(len(values))]
            row.append(max(candidates, key=partial(meets, row)))

        if not any(frozenset({one, this}) not in met for one in row[1:]):
            return
        met |= {frozenset(pair) for pair in itertools.combinations(row, 2)}

        answers: Answers = {}
        for subject, number in row[1:]:
            answers |= subjects(app)[subject][number]
        yield answers


@dataclass(frozen=True)
class Rendered:
    """One of these projects; tests only read it, as all of them share it."""

    path: Path
    answers: Answers

    @cached_property
    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.path).as_posix(): path.read_bytes()
            for path in sorted(self.path.rglob("*"))
            if path.is_file()
        }


@dataclass
class Content:
    """What a file contains, and the projects in which it contains just that."""

    name: str
    data: bytes
    projects: list[Rendered]

    @property
    def path(self) -> Path:
        return self.projects[0].path / self.name

    @property
    def text(self) -> str:
        return self.data.decode("utf-8")


def distinct(projects: list[Rendered]) -> list[Content]:
    """Return each content that a file has in these projects once."""
    found: dict[tuple[str, bytes], list[Rendered]] = {}
    for project in projects:
        for name, data in project.files.items():
            found.setdefault((name, data), []).append(project)
    return [Content(name, data, those) for (name, data), those in found.items()]


def faults(contents: list[Content], check: Callable[[Content], str]) -> list[str]:
    """Check each content; for each fault, name the file and the answers that lead to it.

    A check returns what is wrong, or an empty text.
    """
    everywhere = [project for content in contents for project in content.projects]
    found: dict[str, list[Rendered]] = {}
    for content in contents:
        if fault := check(content):
            found.setdefault(f"{content.name} {fault}", []).extend(content.projects)
    return [f"{fault}: {in_common(some, everywhere)}" for fault, some in found.items()]


def in_common(some: list[Rendered], others: list[Rendered]) -> str:
    """Return the answers that some projects share, but not all do."""
    always = shared(others)
    found = [f"{name}={answer}" for name, answer in shared(some).items() if name not in always]
    return ", ".join(found) or "with any answers"


def shared(projects: list[Rendered]) -> Answers:
    """Return the answers that all of these projects have."""
    first, *others = (project.answers for project in projects)
    return {
        name: answer
        for name, answer in first.items()
        if all(other[name] == answer for other in others)
    }


def render(group: tuple[str, str], bake: Bakery, folders: pytest.TempPathFactory) -> list[Rendered]:
    """Return the projects of a group, which the first worker that asks renders for all."""
    folder = folders.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # each worker has a folder of its own in that of the run

    target = folder / "-".join(group)
    with FileLock(f"{target}.lock"):
        if not target.exists():
            started = target.with_suffix(".started")
            shutil.rmtree(started, ignore_errors=True)  # of a worker in which a project was refused
            started.mkdir()
            for number, answers in enumerate(answers_of_groups()[group]):
                # Nobody else may have it, so it can be moved away.
                project = bake.render(bake.template, None, answers)
                project.path.rename(started / str(number))
                (started / f"{number}.json").write_text(json.dumps(project.answers), "utf-8")
            started.rename(target)

    kept = sorted(target.glob("*.json"))
    return [Rendered(path.with_suffix(""), json.loads(path.read_text("utf-8"))) for path in kept]
