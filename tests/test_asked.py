"""What Copier asks in which situation: written out by hand, and nothing read from copier.yml.

A question that is no longer asked, another order or default, and an answer that stands behind
another label are seen here.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest
import yaml
from support.commands import ROOT
from support.projects import Bakery

# How each question begins on the screen.
HELP = {
    "project_name": "What is the project called?",
    "package_name": "What is the name of the package that you will import?",
    "project_description": "What does the project do?",
    "author_name": "Who is the author, a person or an organisation?",
    "author_email": "What is the author's e-mail address?",
    "isolation": "How do you want to isolate the project?",
    "python_version": "Which Python should it run on?",
    "app": "What kind of application is it?",
    "command": "Which command starts it?",
    "code": "Which folders and files belong to the application?",
    "port": "On which port",
    "writes": "Which folders does it write to?",
    "test_command": "Which command runs its tests?",
    "services": "Which services should it use?",
    "deploy": "What should run the service beyond one machine?",
    "license": "Under which terms may others use it?",
    "company_network": "Does your network have its own package index, registry or certificates?",
    "registry": "Which registry mirrors the public images",
    "package_index": "What is the URL of your package index?",
    "ci": "What should run the linters and tests when you push?",
    "publish": "Should CI publish the production image?",
    "update_bot": "How do you want to hear about new versions of the template?",
}

# What each choice offers, from top to bottom: the label on the screen, and what it stands for.
CHOICES: dict[str, dict[str, Any]] = {
    "isolation": {
        "venv - ready in 1 s, 70 MB; no Docker needed": "venv",
        "docker - ready in 20 s, 90 MB; no Python needed": "docker",
        "both - write in a venv, test and ship a container": "both",
    },
    "python_version": {
        "3.11": "3.11",
        "3.12": "3.12",
        "3.13": "3.13",
        "3.14": "3.14",
        "3.15": "3.15",
    },
    "app": {
        "cli - a command-line program (Typer)": "cli",
        "web - a web service (FastAPI on uvicorn)": "web",
        "own - my own code, existing or still to be written": "own",
    },
    "services": {
        "postgres - a database (SQLAlchemy, Alembic)": "postgres",
        "redis - an in-memory store": "redis",
    },
    "deploy": {
        "none - nothing, or what you have already": "none",
        "kubernetes - Kubernetes, with the Kustomize of kubectl": "kubernetes",
    },
    "license": {
        "MIT - others may do almost anything with it": "MIT",
        "Apache-2.0 - the same, with a grant of patent rights": "Apache-2.0",
        "Proprietary - nobody may use it without your permission": "Proprietary",
        "none - no licence file; the project has one, or needs none": "none",
    },
    "company_network": {
        "no - packages and images come from the public servers": False,
        "yes - a mirror, an index or certificates of a company": True,
    },
    "ci": {
        "github - GitHub Actions": "github",
        "gitlab - GitLab CI": "gitlab",
        "none - nothing, or an existing CI of your own": "none",
    },
    "publish": {
        "none - nothing; CI builds the image and pushes it nowhere": "none",
        "tags - each tag that is a version": "tags",
    },
    "update_bot": {
        "renovate - Renovate opens pull requests, for the locked packages too": "renovate",
        "schedule - a weekly job fails when there is a new version": "schedule",
        "none - not at all": "none",
    },
}


# What a question has when nobody changes it, wherever that depends on no other answer.
DEFAULTS = {
    "project_name": "My Project",
    "package_name": "my_project",
    "project_description": "A Python project.",
    "author_name": "",
    "author_email": "",
    "isolation": "both",
    "python_version": "3.14",
    "app": "cli",
    "services": [],
    "deploy": "none",
    "license": "MIT",
    "company_network": False,
    "registry": "",
    "package_index": "",
    "writes": "",
    "test_command": "pytest",
    "ci": "none",
    "publish": "none",
    "update_bot": "none",
}
ABOUT = ["project_name", "package_name", "project_description", "author_name", "author_email"]
ISOLATION = ["isolation", "python_version", "app"]
ORGANISATION = ["ci", "update_bot"]


@dataclass
class Situation:
    """What someone chooses, what they are asked in turn, and which defaults they are offered."""

    chosen: dict[str, Any]
    asked: list[str]
    offered: dict[str, Any]


SITUATIONS = {
    "all defaults": Situation(
        chosen={},
        asked=[*ABOUT, *ISOLATION, "services", "license", "company_network", *ORGANISATION],
        offered={},
    ),
    "a web service in a virtual environment": Situation(
        chosen={
            "project_name": "Two Words",
            "isolation": "venv",
            "python_version": "3.11",
            "app": "web",
            "license": "Apache-2.0",
            "company_network": True,
            "package_index": "https://index.example.com/simple",
            "ci": "github",
            "update_bot": "renovate",
        },
        asked=[
            *ABOUT,
            *ISOLATION,
            "port",
            "license",
            "company_network",
            "package_index",
            *ORGANISATION,
        ],
        offered={"package_name": "two_words", "port": "25391"},
    ),
    "a web service in containers": Situation(
        chosen={
            "author_name": "Jane Doe",
            "author_email": "jane@example.org",
            "isolation": "docker",
            "python_version": "3.12",
            "app": "web",
            "services": ["postgres", "redis"],
            "deploy": "kubernetes",
            "license": "Proprietary",
            "company_network": True,
            "registry": "mirror.example.com/hub",
            "ci": "gitlab",
            "publish": "tags",
            "update_bot": "schedule",
        },
        asked=[
            *ABOUT,
            *ISOLATION,
            "port",
            "services",
            "deploy",
            "license",
            "company_network",
            "registry",
            "package_index",
            "ci",
            "publish",
            "update_bot",
        ],
        offered={"port": "25225"},
    ),
    "code that is there, in containers": Situation(
        chosen={"isolation": "docker", "python_version": "3.13", "app": "own", "port": "8123"},
        asked=[
            *ABOUT,
            *ISOLATION,
            "command",
            "code",
            "port",
            "writes",
            "test_command",
            "deploy",
            "license",
            "company_network",
            *ORGANISATION,
        ],
        offered={"command": "python -m my_project", "code": "src", "license": "none"},
    ),
    "code that is there, in a virtual environment": Situation(
        chosen={"isolation": "venv", "app": "own", "command": "gunicorn shop", "code": "shop.py"},
        asked=[
            *ABOUT,
            *ISOLATION,
            "command",
            "code",
            "port",
            "test_command",
            "license",
            "company_network",
            *ORGANISATION,
        ],
        offered={"port": "", "license": "none"},
    ),
    "a command with one service": Situation(
        chosen={"python_version": "3.15", "services": ["redis"], "license": "none"},
        asked=[*ABOUT, *ISOLATION, "services", "license", "company_network", *ORGANISATION],
        offered={},
    ),
}

DOWN, UP, EMPTY_THE_LINE = "\x1b[B", "\x1b[A", "\x15"
DONE = "DEVELOPMENT.md there has the everyday commands."


@pytest.fixture
def terminal(template: Path, tmp_path: Path) -> Iterator[pexpect.spawn]:
    """`copier copy` in a terminal, which makes the folder `project`."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "copier", "copy", str(template), str(tmp_path / "project")],
        dimensions=(50, 80),
        encoding="utf-8",
        timeout=60,
        env={**os.environ, "TERM": "dumb", "NO_COLOR": "1", "PROMPT_TOOLKIT_NO_CPR": "1"},
    )
    yield child
    child.close(force=True)


def next_question(terminal: pexpect.spawn, seen: list[str]) -> str:
    """Return which question comes up next, or an empty text when it was the last."""
    left = [name for name in HELP if name not in seen]
    found = terminal.expect_exact([*(HELP[name] for name in left), DONE])
    return left[found] if found < len(left) else ""


def answer(terminal: pexpect.spawn, name: str, default: Any, chosen: Any) -> None:
    """Look at what is offered, and type or pick an answer, or press Enter for the default."""
    if name not in CHOICES:
        terminal.expect_exact("" if default is None else str(default))
        terminal.send("\r" if chosen == default else f"{EMPTY_THE_LINE}{chosen}\r")
        return

    for label, value in CHOICES[name].items():
        # The arrow points at the default, whose label the terminal shows in another colour.
        arrow = r"» \x1b\[[0-9;]*m" if value == default else ""
        terminal.expect(arrow + re.escape(label))
    values = list(CHOICES[name].values())
    if name == "services":
        keys = "".join(f" {DOWN}" if value in chosen else DOWN for value in values)
    else:
        steps = values.index(chosen) - values.index(default)
        keys = (DOWN if steps > 0 else UP) * abs(steps)
    terminal.send(f"{keys}\r")


@pytest.mark.parametrize("name", SITUATIONS)
def test_asks_what_matters_there_in_this_order_with_these_choices(
    name: str, terminal: pexpect.spawn, tmp_path: Path
) -> None:
    situation = SITUATIONS[name]
    defaults = DEFAULTS | situation.offered
    expected = {name: (defaults | situation.chosen)[name] for name in situation.asked}
    seen: list[str] = []
    while question := next_question(terminal, seen):
        seen.append(question)
        assert seen == situation.asked[: len(seen)]
        answer(terminal, question, defaults.get(question), expected[question])
    terminal.expect(pexpect.EOF)
    assert seen == situation.asked
    answers = yaml.safe_load((tmp_path / "project/.copier-answers.yml").read_text("utf-8"))
    assert {name: answers[name] for name in seen} == expected


# For each question that is answered by text: an answer that is refused, how the terminal explains
# that, and a corrected one.
CORRECTED = {
    "project_name": ("-x-", "Use a letter or digit at", "Our Shop"),
    "package_name": ("1st", "Use A-Z, digits, _; a letter", "shop"),
    "project_description": (" x", "No spaces at either", "A shop."),
    "author_name": ("Doe, Jane", "no comma", "Jane Doe"),
    "author_email": ("jane", "Use a form like jane@", "jane@example.org"),
    "command": ("serve &", "Use words of A-Z, digits", "gunicorn shop"),
    "code": ("../x", "Use paths of A-Z, digits", "shop manage.py"),
    "port": ("http", "Use 1024 to 65535", "8123"),
    "writes": ("/x", "Use paths of A-Z, digits", "media logs"),
    "test_command": ("a && b", "Use words of A-Z, 0-9", "python manage.py test"),
    "registry": ("https://x", "Use a host and path", "mirror.example.com/hub"),
    "package_index": ("x", "Use https://host/path", "https://index.example.com/simple"),
}
# The other questions, each with an answer that is none of the defaults.
PICKED = {
    "isolation": "docker",
    "python_version": "3.12",
    "services": ["redis"],
    "deploy": "kubernetes",
    "license": "Apache-2.0",
    "company_network": True,
    "ci": "gitlab",
    "publish": "tags",
    "update_bot": "schedule",
}


def correct(terminal: pexpect.spawn, name: str) -> str:
    """Type a wrong answer behind what is offered, read the explanation, and correct the answer."""
    wrong, explanation, right = CORRECTED[name]
    terminal.send(f"{wrong}\r" if name == "port" else f"{EMPTY_THE_LINE}{wrong}\r")
    terminal.expect_exact(explanation)
    terminal.send(f"{EMPTY_THE_LINE}{right}\r")
    return right


@pytest.mark.parametrize("app", ["web", "own"])
def test_every_question_takes_a_corrected_answer(
    app: str, terminal: pexpect.spawn, tmp_path: Path
) -> None:
    expected: dict[str, Any] = {}
    while question := next_question(terminal, list(expected)):
        if question in CORRECTED:
            expected[question] = correct(terminal, question)
        else:
            expected[question] = {**PICKED, "app": app}[question]
            default = "none" if (app, question) == ("own", "license") else DEFAULTS[question]
            answer(terminal, question, default, expected[question])
    terminal.expect(pexpect.EOF)

    answers = yaml.safe_load((tmp_path / "project/.copier-answers.yml").read_text("utf-8"))
    assert {name: answers[name] for name in expected} == expected
    left = {"web": {"command", "code", "writes", "test_command"}, "own": {"services"}}
    assert expected.keys() == HELP.keys() - left[app]


def test_the_defaults_of_the_prompt_are_those_without_one(bake: Bakery) -> None:
    answers = bake(app="own").answers | bake().answers
    assert {name: answers[name] for name in DEFAULTS} == DEFAULTS


def test_each_line_fits_a_terminal_of_80_columns() -> None:
    """Copier cuts longer ones off. The first line has a sign before it, and a choice an arrow."""
    for name, question in yaml.safe_load((ROOT / "copier.yml").read_text("utf-8")).items():
        if "help" in question:
            first, *others = question["help"].splitlines()
            assert len(first) <= 76 and all(len(line) <= 79 for line in others), name
            assert all(len(str(choice)) <= 72 for choice in question.get("choices", [])), name
