"""Every combination of answers gives exactly the files it promises, and nothing unrendered."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from typing import Any

import pytest
import yaml
from support.answers import ASKED, QUESTIONS, SAMPLES, combinations, label
from support.commands import ROOT
from support.projects import Bakery, Project

ALWAYS = {
    ".copier-answers.yml",
    ".editorconfig",
    ".env.example",
    ".gitignore",
    ".pre-commit-config.yaml",
    ".python-version",
    "DEVELOPMENT.md",
    "README.md",
    "pyproject.toml",
    "requirements-dev.in",
    "requirements-dev.txt",
    "requirements.in",
    "requirements.txt",
}
SAMPLE = {
    ".gitattributes",
    "src/my_project/__init__.py",
    "src/my_project/__main__.py",
    "src/my_project/settings.py",
    "tests/conftest.py",
    "tests/test_settings.py",
}
WITH: dict[str, set[str]] = {
    "cli": {*SAMPLE, "src/my_project/cli.py", "tests/test_cli.py"},
    "web": {*SAMPLE, "src/my_project/app.py", "tests/test_app.py"},
    "own": set(),
    "venv": {
        "scripts/.gitattributes",
        "scripts/activate",
        "scripts/activate.bat",
        "scripts/activate.csh",
        "scripts/activate.fish",
        "scripts/activate.nu",
        "scripts/activate.ps1",
        "scripts/apply.sh",
        "scripts/current.sh",
        "scripts/packages.py",
        "scripts/project.py",
        "scripts/pythons.py",
        "scripts/shells.py",
        "scripts/venv",
        "scripts/venv.py",
    },
    "docker": {
        ".devcontainer/compose.yaml",
        ".devcontainer/devcontainer.json",
        ".dockerignore",
        "Dockerfile",
        "apt-packages-build.txt",
        "apt-packages.txt",
        "compose.base.yaml",
        "compose.override.yaml",
        "compose.own.yaml",
        "compose.yaml",
    },
}
WITH["both"] = WITH["venv"] | WITH["docker"] | {"scripts/parity.py"}
CI = {
    "github": {".github/workflows/template-ci.yml"},
    "gitlab": {".gitlab-ci.yml"},
    "none": set(),
}
BOT = {
    ("github", "schedule"): {".github/workflows/template-update.yml"},
    **{(ci, "renovate"): {"renovate.json"} for ci in CI},
}
FOR_SERVICE = {
    "postgres": {
        "src/my_project/database.py",
        "src/my_project/migrate.py",
        "src/my_project/migrations/env.py",
        "src/my_project/migrations/script.py.mako",
        "src/my_project/migrations/versions/0001_notes.py",
        "tests/test_database.py",
    },
    "redis": {"src/my_project/counter.py", "tests/test_counter.py"},
}
# Which licence and which Python makes no difference to the others, nor the other way round.
PROJECTS = [
    *combinations("isolation", "app", "python_version"),
    *combinations("isolation", "app", "license"),
    *combinations("isolation", "app", "services"),
    *combinations("isolation", "app", "ci", "update_bot"),
]


@pytest.fixture(scope="module", params=PROJECTS, ids=label)
def project(request: pytest.FixtureRequest, bake: Bakery) -> Project:
    return bake(**request.param)


def test_has_exactly_the_promised_files(project: Project) -> None:
    answers = project.answers
    licence = {"LICENSE"} if answers["license"] != "none" else set()
    ci, bot = answers["ci"], answers["update_bot"]
    of_ci = CI[ci] | BOT.get((ci, bot), set())
    expected = ALWAYS | licence | WITH[answers["isolation"]] | WITH[answers["app"]] | of_ci
    if answers["app"] in SAMPLES:
        expected = expected.union(*(FOR_SERVICE[service] for service in answers["services"]))
    assert project.files().keys() == expected


def test_every_file_is_whole(project: Project) -> None:
    for name, content in project.files().items():
        text = content.decode("utf-8")
        # But for the ${{ expressions }} of GitHub Actions.
        assert not re.search(r"(?<!\$)\{[{%#]|[%#]\}", text), f"{name}: unrendered"
        ending = "\r\n" if name.endswith(".bat") else "\n"
        lines = text.split(ending)
        assert lines.pop() == "" and lines[-1], f"{name}: does not end with one newline"
        assert "\r" not in "".join(lines), f"{name}: mixed line endings"
        for number, line in enumerate(lines, 1):
            assert line == line.rstrip(), f"{name}:{number}: trailing blanks"
        assert "\n\n\n" not in text or name.endswith((".py", ".mako", "Dockerfile")), (
            f"{name}: blank lines"
        )
        assert not text.startswith("\n"), f"{name}: begins with a blank line"


def test_every_file_parses(project: Project) -> None:
    for name, content in project.files().items():
        parsers: dict[str, Any] = {
            "json": json.loads,
            "py": ast.parse,
            "toml": lambda text: tomllib.loads(text.decode()),
            "yaml": yaml.safe_load,
            "yml": yaml.safe_load,
        }
        if parse := parsers.get(name.rpartition(".")[2]):
            assert (parse(content) is not None) != (name == "compose.own.yaml"), name


def test_documents_what_it_has_and_nothing_else(project: Project) -> None:
    text = project.read("DEVELOPMENT.md")
    isolation = project.answers["isolation"]
    assert ("scripts/activate" in text) == (isolation != "docker")
    assert ("docker compose" in text) == (isolation != "venv")
    offered = {name for name in WITH if f"--data isolation={name}\n" in text}
    assert offered == {"venv", "docker", "both"} - {isolation}


def test_an_answer_that_is_not_asked_for_is_an_error(bake: Bakery) -> None:
    with pytest.raises(AssertionError, match="not in copier.yml: {'licence'}"):
        bake(licence="MIT")


def test_rendering_twice_gives_the_same(bake: Bakery) -> None:
    assert bake().files() == bake().files()


def test_the_readme_is_the_same_for_each_isolation(bake: Bakery) -> None:
    texts = {
        bake(isolation=isolation).read("README.md") for isolation in ("venv", "docker", "both")
    }
    assert len(texts) == 1


def test_each_file_of_the_template_is_some_projects(bake: Bakery) -> None:
    """A condition on a choice that was renamed would leave a file that never renders."""
    rendered = {
        name.replace("my_project", "{{ package_name }}")
        for answers in (
            *combinations("isolation", "app"),
            *combinations("app", "services"),
            *combinations("ci", "update_bot"),
            {"company_network": True, "package_index": "https://pypi.example.com/simple"},
        )
        for name in bake(**answers).files()
    }
    template = {
        path.relative_to(ROOT / "template").as_posix().removesuffix(".jinja")
        for path in (ROOT / "template").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {
        name.replace("{{ _copier_conf.answers_file }}", ".copier-answers.yml") for name in template
    } == rendered


def test_a_file_is_the_projects_own_in_both_lists() -> None:
    """See the comment in copier.yml: the two lists have to name the same paths."""
    settings = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))
    on_update = [entry for entry in settings["_exclude"] if "_copier_operation" in entry]
    listed = [path for entry in on_update for path in entry.split("\n")[1:-2]]
    *always, own_code = settings["_skip_if_exists"]
    assert sorted(listed) == always
    assert own_code == "{% if app == 'own' %}/pyproject.toml{% endif %}"


def test_needs_no_trust() -> None:
    settings = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))
    assert not {"_tasks", "_jinja_extensions", "_migrations"} & settings.keys()


def test_every_question_has_help_and_a_default() -> None:
    for name in ASKED:
        assert QUESTIONS[name]["help"] and "default" in QUESTIONS[name], name
        assert {"choices", "validator"} & QUESTIONS[name].keys(), name
