"""Every combination of answers gives exactly the files it promises, and nothing unrendered."""

from __future__ import annotations

import ast
import itertools
import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from support.answers import ASKED, QUESTIONS, SAMPLES, combinations, label
from support.commands import ROOT
from support.projects import Bakery
from support.rendered import GROUPS, Content, Rendered, answers_of_groups, distinct, faults, render

ALWAYS = {
    ".copier-answers.yml",
    ".env.example",
    ".gitignore",
    ".python-version",
    "DEVELOPMENT.md",
    "README.md",
    "dev/.gitattributes",
    "dev/dev_locks.py",
    "dev/dev_metadata.py",
    "dev/do",
    "dev/do.bat",
    "dev/do.ps1",
    "pyproject.toml",
    "requirements-dev.in",
    "requirements-dev.txt",
    "requirements.in",
    "requirements.txt",
}
SAMPLE = {
    "src/my_project/__init__.py",
    "src/my_project/__main__.py",
    "src/my_project/settings.py",
    "tests/conftest.py",
    "tests/test_settings.py",
}
WITH: dict[str, set[str]] = {
    "cli": {*SAMPLE, "src/my_project/cli.py", "tests/test_cli.py"},
    "web": {*SAMPLE, "src/my_project/app.py", "tests/test_app.py"},
    "own": {"dev/dev_lists.py", "dev/tools.in"},
    "venv": {
        "dev/activate",
        "dev/activate.bat",
        "dev/activate.csh",
        "dev/activate.fish",
        "dev/activate.nu",
        "dev/activate.ps1",
        "dev/dev_do.py",
        "dev/dev_environment.py",
        "dev/dev_interpreters.py",
        "dev/dev_packages.py",
    },
    "docker": {
        ".devcontainer/devcontainer.json",
        ".dockerignore",
        "Dockerfile",
        "apt-packages.txt",
        "compose.base.yaml",
        "compose.override.yaml",
        "compose.own.yaml",
        "compose.yaml",
    },
}
WITH["both"] = WITH["venv"] | WITH["docker"]
CI = {
    "github": {".github/workflows/template-ci.yml"},
    "gitlab": {".gitlab-ci.yml"},
    "none": set(),
}
PUBLISH = {"github": {".github/workflows/template-publish.yml"}}
BOT = {
    ("github", "schedule"): {".github/workflows/template-update.yml"},
    **{(ci, "renovate"): {"renovate.json"} for ci in CI},
}
NETWORK = {"certs/.gitignore", "certs/README.md", "dev/dev_network.py"}
INDEX = {"pip.conf"}
# With services, and for code that brings some, an editor's container runs beside them.
SERVICES_OF_EDITOR = {".devcontainer/compose.yaml"}
KUBERNETES = {
    "kustomize/base/deployment.yaml",
    "kustomize/base/kustomization.yaml",
    "kustomize/base/service.yaml",
    "kustomize/production/examples.yaml",
    "kustomize/production/kustomization.yaml",
    "kustomize/production/settings.env",
}
MIGRATES = {"kustomize/base/migrate.yaml"}
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


@pytest.fixture(scope="module", params=GROUPS, ids="-".join)
def projects(
    request: pytest.FixtureRequest, bake: Bakery, tmp_path_factory: pytest.TempPathFactory
) -> list[Rendered]:
    return render(request.param, bake, tmp_path_factory)


@pytest.fixture(scope="module")
def contents(projects: list[Rendered]) -> list[Content]:
    return distinct(projects)


def test_has_exactly_the_promised_files(projects: list[Rendered]) -> None:
    for project in projects:
        assert set(project.files) == promised(project.answers), label(project.answers)


def promised(answers: dict[str, Any]) -> set[str]:
    isolation, app, ci = answers["isolation"], answers["app"], answers["ci"]
    bot = BOT.get((ci, answers["update_bot"]), set())
    found = ALWAYS | WITH[isolation] | WITH[app] | CI[ci] | bot

    if answers["license"] != "none":
        found |= {"LICENSE"}
    if answers.get("publish") == "tags" and isolation != "venv":
        found |= PUBLISH.get(ci, set())
    if answers["company_network"]:
        found |= NETWORK
    if answers["company_network"] and answers["package_index"]:
        found |= INDEX
    if isolation != "venv" and (app == "own" or answers["services"]):
        found |= SERVICES_OF_EDITOR
    listens = app == "web" or app == "own" and answers["port"]
    if answers.get("deploy") == "kubernetes" and isolation != "venv" and listens:
        found |= KUBERNETES
        if app == "web" and "postgres" in answers["services"]:
            found |= MIGRATES
    if app in SAMPLES:
        found = found.union(*(FOR_SERVICE[service] for service in answers["services"]))

    return {name.replace("my_project", answers["package_name"]) for name in found}


def test_every_file_is_whole(contents: list[Content]) -> None:
    found = faults(contents, in_its_text)
    assert not found, "\n".join(found)


def in_its_text(content: Content) -> str:
    """Return what is wrong with the text of a file, or nothing."""
    ending = "\r\n" if content.name.endswith(".bat") else "\n"
    *lines, rest = content.text.split(ending)

    # GitHub Actions has ${{ expressions }} of its own.
    if re.search(r"(?<!\$)\{[{%#]|[%#]\}", content.text):
        return "has something unrendered"
    if rest or not lines[-1]:
        return "does not end with one newline"
    if "\r" in "".join(lines):
        return "has mixed line endings"
    if not lines[0]:
        return "begins with a blank line"
    if any(line != line.rstrip() for line in lines):
        return "has blanks at the end of a line"
    if "\n\n\n" in content.text and content.path.suffix not in (".py", ".mako", ""):
        return "has two blank lines"
    return ""


def test_every_file_parses(contents: list[Content]) -> None:
    found = faults(contents, in_its_syntax)
    assert not found, "\n".join(found)


def documents(text: str) -> list[Any]:
    """Return the documents of a file that have something in them."""
    return [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]


def in_its_syntax(content: Content) -> str:
    """Return what is wrong with the syntax of a file, or nothing."""
    parsers: dict[str, Callable[[str], Any]] = {
        ".json": json.loads,
        ".py": ast.parse,
        ".toml": tomllib.loads,
        ".yaml": documents,
        ".yml": documents,
    }
    parse = parsers.get(content.path.suffix)
    if not parse:
        return ""

    try:
        parsed = parse(content.text)
    except (SyntaxError, ValueError, yaml.YAMLError) as error:
        return f"does not parse: {str(error).splitlines()[0]}"

    # This one has nothing but comments, until its owner adds something.
    if content.name == "compose.own.yaml":
        return "has something in it" if parsed else ""
    return "" if parsed else "has nothing in it"


def test_documents_what_it_has_and_nothing_else(projects: list[Rendered]) -> None:
    for project in projects:
        text = project.files["DEVELOPMENT.md"].decode("utf-8")
        isolation = project.answers["isolation"]
        assert ("dev/activate" in text) == (isolation != "docker")
        assert ("`compose.own.yaml`" in text) == (isolation != "venv")
        assert ("dev/do container" in text) == (isolation == "both")


def test_the_projects_try_every_answer_with_every_other() -> None:
    """What these tests, and the linters, never see, they cannot find fault with."""
    # A question with a condition is for code of your own, where PROGRAMS has the answers.
    choose = [q for q in QUESTIONS if "choices" in QUESTIONS[q] and "when" not in QUESTIONS[q]]
    wanted = [
        *(pair for two in itertools.combinations(choose, 2) for pair in combinations(*two)),
        *(three for name in choose for three in combinations("isolation", "app", name)),
        *combinations("isolation", "app", "ci", "update_bot"),
    ]
    tried = [answers for answered in answers_of_groups().values() for answers in answered]

    missed = [w for w in wanted if not any(w.items() <= answers.items() for answers in tried)]
    assert not missed
    assert {name for answers in tried for name in answers} == ASKED - {"left_out"}


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


def test_each_file_of_the_template_is_promised_to_some_project() -> None:
    """A condition on a choice that was renamed would leave a file that never renders."""
    groups = *WITH.values(), *CI.values(), *BOT.values(), *PUBLISH.values(), *FOR_SERVICE.values()
    promises = ALWAYS.union(
        {"LICENSE"}, NETWORK, INDEX, SERVICES_OF_EDITOR, KUBERNETES, MIGRATES, *groups
    )
    names = {
        path.relative_to(ROOT / "template").as_posix().removesuffix(".jinja")
        for path in (ROOT / "template").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = {re.sub(r"\{%.*?%\}", "", name) for name in names}
    names = {name.replace("{{ package_name }}", "my_project") for name in names}
    # The last one is for folders that have code already; see test_adopt.py.
    expected = promises - {".copier-answers.yml"} | {"dev/adopt.py"}
    assert names - {"{{ _copier_conf.answers_file }}"} == expected


def test_a_file_is_the_projects_own_in_both_lists() -> None:
    """See the comment in copier.yml: the two lists have to name the same paths."""
    settings = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))
    on_update = [entry for entry in settings["_exclude"] if "_copier_operation" in entry]
    listed = [path for entry in on_update for path in entry.split("\n")[1:-2]]
    *always, own_code, moves_in = settings["_skip_if_exists"]
    assert sorted(listed) == always
    assert own_code == "{% if app == 'own' %}/pyproject.toml{% endif %}"
    assert moves_in == "{% if moves_in %}*{% endif %}"


def test_needs_no_trust() -> None:
    settings = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))
    assert not {"_tasks", "_jinja_extensions", "_migrations"} & settings.keys()


def test_every_question_has_help_and_a_default() -> None:
    for name in ASKED - {"left_out"}:  # which no one is asked
        assert QUESTIONS[name]["help"] and "default" in QUESTIONS[name], name
        assert {"choices", "validator"} & QUESTIONS[name].keys(), name
