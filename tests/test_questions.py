"""What is asked, what is taken for an answer, and where the answers arrive."""

from __future__ import annotations

import email.headerregistry
import keyword
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, Bake, run

REFUSED = [
    ("project_name", "", "A-Z, digits, space"),
    ("project_name", "Größe", "A-Z"),
    ("project_name", "-dash-", "a letter or digit first and last"),
    ("project_name", "a/b", "space and .-_"),
    ("project_name", "x" * 65, "1 to 64"),
    ("project_name", "two\nlines", "A-Z, digits, space"),
    ("package_name", "", "with a letter first"),
    ("package_name", "1st", "with a letter first"),
    ("package_name", "with-dash", "A-Z, digits and _"),
    ("package_name", "with space", "A-Z, digits and _"),
    ("package_name", "class", "app_class"),
    ("package_name", "None", "app_none"),
    ("package_name", "json", "app_json"),
    ("package_name", "JSON", "app_json"),
    ("package_name", "tests", "app_tests"),
    ("package_name", "typer", "app_typer"),
    ("package_name", "test", "app_test"),
    ("package_name", "test_app", "app_test_app"),
    ("project_description", " ", "one line"),
    ("project_description", "ends with a blank ", "no blanks at its ends"),
    ("project_description", "two\nlines", "one line"),
    ("author_name", "two\nlines", "one line"),
    ("author_name", "Doe, Jane", "without commas"),
    ("author_name", " ", "without commas and blanks at its ends"),
    ("author_email", "jane", "such as jane@example.org"),
    ("author_email", "jane@localhost", "such as jane@example.org"),
    ("author_email", "jane@example.org extra", "such as jane@example.org"),
    ("port", "1023", "1024 to 65535"),
    ("port", "65536", "1024 to 65535"),
    ("port", "http", "1024 to 65535"),
    ("port", "", "1024 to 65535"),
    ("port", "8000.5", "1024 to 65535"),
    ("isolation", "podman", "'venv', 'docker', 'both'"),
    ("python_version", "3.10", "'3.11', '3.12', '3.13', '3.14', '3.15'"),
    ("app", "gui", "'cli', 'web'"),
    ("license", "GPL", "'MIT', 'Apache-2.0', 'Proprietary'"),
]


@pytest.mark.parametrize(("question", "answer", "accepted"), REFUSED)
def test_refuses_a_wrong_answer_and_writes_nothing(
    question: str, answer: str, accepted: str, template: Path, tmp_path: Path
) -> None:
    target = tmp_path / "project"
    flags = ("--defaults", "--data", "app=web", "--data", f"{question}={answer}")
    done = run(sys.executable, "-m", "copier", "copy", *flags, template, target, check=False)
    assert done.returncode != 0
    last_line = done.stderr.strip().splitlines()[-1]
    assert question in last_line and accepted in last_line
    assert len(last_line) <= 160, "would be cut in a terminal"
    assert not target.exists()


def test_defaults_need_no_answer(template: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "copier", "copy", "--defaults", template, tmp_path / "project")
    answers = yaml.safe_load((tmp_path / "project/.copier-answers.yml").read_text("utf-8"))
    assert answers["isolation"] == "both"


@pytest.mark.parametrize(
    ("name", "package", "slug"),
    [
        ("My Project", "my_project", "my-project"),
        ("a", "a", "a"),
        ("Data--Tools 2.0", "data_tools_2_0", "data-tools-2-0"),
        ("2048", "app_2048", "2048"),
        ("Email", "app_email", "email"),
        ("Class", "app_class", "class"),
        ("FastAPI", "app_fastapi", "fastapi"),
        ("Test App", "app_test_app", "test-app"),
        ("x" * 64, "x" * 64, "x" * 64),
    ],
)
def test_derives_names_that_work(name: str, package: str, slug: str, bake: Bake) -> None:
    project = bake(project_name=name)
    assert project.answers["package_name"] == package
    assert tomllib.loads(project.read("pyproject.toml"))["project"]["name"] == slug
    assert yaml.safe_load(project.read("compose.yaml"))["name"] == slug
    assert project.read("README.md").startswith(f"# {name}\n")


def test_knows_the_keywords_and_standard_library_of_this_python() -> None:
    text = (ROOT / "includes/names.jinja").read_text("utf-8")
    names = {name.lower() for name in {*keyword.kwlist, *sys.stdlib_module_names}}
    assert {name for name in names if not name.startswith("_")} <= set(text.split())


def test_the_port_follows_the_name_and_can_be_chosen(bake: Bake) -> None:
    first, second = (bake(app="web", project_name=name) for name in ("One", "Two"))
    assert first.answers["port"] != second.answers["port"]
    assert 20000 <= first.answers["port"] < 30000
    chosen = bake(app="web", port=8123)
    assert "${APP_PORT:-8123}:8000" in chosen.read("compose.yaml")
    assert "8123" in chosen.read(".env.example")


AWKWARD = [
    "\"Double\" and 'single' quotes",
    "back\\slash, \\n and \\u0041",
    "dollar $HOME ${HOME} $(date) `date`",
    "# hash: colon - dash, comma; [brackets] {braces} {{ jinja }} {% x %}",
    "Größe, 日本語, emoji 🐍, عربى",
    "- starts like a list",
    "'starts with a quote",
    "yes",
    "3.10",
    "null",
    "@at !bang &amp; <b>tag</b> | pipe % percent",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_a_description_arrives_unharmed(text: str, bake: Bake) -> None:
    project = bake(project_description=text)
    assert tomllib.loads(project.read("pyproject.toml"))["project"]["description"] == text
    assert yaml.safe_load(project.read(".copier-answers.yml"))["project_description"] == text
    assert f"\n{text}\n" in project.read("README.md")
    label = 'org.opencontainers.image.description="'
    [line] = [line for line in project.read("Dockerfile").splitlines() if label in line]
    assert unquote(line.partition(label)[2]) == text


def unquote(rest: str) -> str:
    """Return the text of a double-quoted word of a Dockerfile, as its reference defines it."""
    text, characters = "", iter(rest)
    while (character := next(characters)) != '"':
        assert character != "$", "would be expanded"
        text += next(characters) if character == "\\" else character
    return text


@pytest.mark.parametrize(
    ("answers", "authors"),
    [
        ({}, None),
        ({"author_name": 'Zoë "Z" \\ Doe'}, [{"name": 'Zoë "Z" \\ Doe'}]),
        ({"author_email": "z@example.org"}, [{"email": "z@example.org"}]),
        (
            {"author_name": "Zoë", "author_email": "z.d+x@ex-ample.co.uk"},
            [{"name": "Zoë", "email": "z.d+x@ex-ample.co.uk"}],
        ),
    ],
)
def test_the_author_arrives_unharmed(
    answers: dict[str, str], authors: list[dict[str, str]] | None, bake: Bake
) -> None:
    project = bake(**answers)
    assert tomllib.loads(project.read("pyproject.toml"))["project"].get("authors") == authors
    holder = answers.get("author_name", "the authors of My Project")
    assert f"Copyright (c) {holder}\n" in project.read("LICENSE")
    if "author_email" in answers:
        assert email.headerregistry.Address(addr_spec=answers["author_email"])


@pytest.mark.parametrize(
    ("license", "first_line", "identifier"),
    [
        ("MIT", "MIT License", "MIT"),
        ("Apache-2.0", "Apache License", "Apache-2.0"),
        ("Proprietary", "All rights reserved.", "LicenseRef-Proprietary"),
    ],
)
def test_the_licence(license: str, first_line: str, identifier: str, bake: Bake) -> None:
    project = bake(license=license)
    assert first_line in project.read("LICENSE").splitlines()[0]
    assert tomllib.loads(project.read("pyproject.toml"))["project"]["license"] == identifier
    assert f'image.licenses="{identifier}"' in project.read("Dockerfile")
