"""What is asked, what is taken for an answer, and where the answers arrive."""

from __future__ import annotations

import email.headerregistry
import json
import keyword
import re
import sys
import tomllib
import traceback
from pathlib import Path

import pytest
import yaml
from support.answers import QUESTIONS
from support.commands import ROOT, run
from support.projects import Bakery

REFUSED = [
    ("project_name", "", "1 to 64"),
    ("project_name", "Größe", "A-Z"),
    ("project_name", "-dash-", "a letter or digit at each end"),
    ("project_name", "a/b", "spaces, .-_"),
    ("project_name", "x" * 65, "1 to 64"),
    ("project_name", "two\nlines", "A-Z, digits, space"),
    ("package_name", "", "a letter first"),
    ("package_name", "1st", "a letter first"),
    ("package_name", "with-dash", "A-Z, digits, _"),
    ("package_name", "with space", "A-Z, digits, _"),
    ("package_name", "x" * 65, "up to 64"),
    ("package_name", "class", "app_class"),
    ("package_name", "None", "app_none"),
    ("package_name", "json", "app_json"),
    ("package_name", "JSON", "app_json"),
    ("package_name", "tests", "app_tests"),
    ("package_name", "typer", "app_typer"),
    ("package_name", "test", "app_test"),
    ("package_name", "test_app", "app_test_app"),
    ("project_description", " ", "No spaces at either end"),
    ("project_description", "ends with a blank ", "No spaces at either end"),
    ("project_description", "two\nlines", "one line"),
    ("author_name", "two\nlines", "one line"),
    ("author_name", "Doe, Jane", "no comma"),
    ("author_name", " ", "no spaces at either end"),
    ("author_email", "jane", "like jane@example.org"),
    ("author_email", "jane@localhost", "like jane@example.org"),
    ("author_email", "jane@example.org extra", "like jane@example.org"),
    ("port", "1023", "1024 to 65535"),
    ("port", "65536", "1024 to 65535"),
    ("port", "http", "1024 to 65535"),
    ("port", "", "1024 to 65535"),
    ("port", "8000.5", "1024 to 65535"),
    ("command", "", "words of A-Z, digits"),
    ("command", "python  app.py", "words of A-Z, digits"),
    ("command", "python app.py &", "words of A-Z, digits"),
    ("command", "python app.py && true", "words of A-Z, digits"),
    ("command", "python -c 'print(1)'", "words of A-Z, digits"),
    ("command", "serve --port $PORT", "words of A-Z, digits"),
    ("command", "serve | tee log", "words of A-Z, digits"),
    ("command", "PORT=80 serve", "words of A-Z, digits"),
    ("command", "python app.py\ntrue", "words of A-Z, digits"),
    ("code", "", "paths of A-Z, digits"),
    ("code", ".", "paths of A-Z, digits"),
    ("code", "../other", "paths of A-Z, digits"),
    ("code", "/etc", "paths of A-Z, digits"),
    ("code", "src/", "paths of A-Z, digits"),
    ("code", "src,data", "paths of A-Z, digits"),
    ("code", "src/../..", "paths of A-Z, digits"),
    ("code", "*.py", "paths of A-Z, digits"),
    ("writes", "/data", "paths of A-Z, digits"),
    ("writes", "src", "no path that is in code"),
    ("writes", "a.b a_b", "less alike"),
    ("test_command", "pytest && true", "words of A-Z, 0-9"),
    ("registry", "https://mirror.example.com/hub", "no https://"),
    ("registry", "mirror", "no https://"),
    ("registry", "mirror.example.com/hub/", "no https://"),
    ("registry", "mirror.example.com/Hub", "no https://"),
    ("registry", "user:word@mirror.example.com", "no user or password"),
    ("package_index", "pypi.example.com/simple", "https://host/path"),
    ("package_index", "http://pypi.example.com/simple", "https://host/path"),
    ("package_index", "https://pypi.example.com/a b", "https://host/path"),
    ("package_index", "https://me:word@pypi.example.com/simple", "Use no user or password"),
    ("isolation", "podman", "'venv', 'docker', 'both'"),
    ("python_version", "3.10", "'3.11', '3.12', '3.13', '3.14', '3.15'"),
    ("app", "gui", "'cli', 'web', 'own'"),
    ("company_network", "flase", "[False, True]"),
    ("deploy", "swarm", "'none', 'kubernetes'"),
    ("protocol", "grpc", "'http', 'tcp'"),
    ("publish", "yes", "'none', 'tags'"),
    ("services", "[mysql]", "['postgres', 'redis']"),
    ("license", "GPL", "'MIT', 'Apache-2.0', 'Proprietary', 'none'"),
]


@pytest.mark.parametrize(("question", "answer", "accepted"), REFUSED)
def test_refuses_a_wrong_answer_and_writes_nothing(
    question: str, answer: str, accepted: str, bake: Bakery
) -> None:
    app = "own" if question in ("writes", "test_command") else "web"
    answers = {"app": app, "company_network": "true"} | {question: answer}
    last_line = last_line_of(bake.refuse(**answers))
    assert question in last_line and accepted in last_line
    assert len(last_line) <= 160, "would be cut in a terminal"


def last_line_of(refusal: Exception) -> str:
    """Return what stands last in a terminal, below the lines of the traceback."""
    return traceback.format_exception_only(refusal)[-1].splitlines()[-1]


def test_the_last_line_in_a_terminal_tells_what_is_wrong(
    bake: Bakery, template: Path, tmp_path: Path
) -> None:
    words = ("copy", "--defaults", "--data", "port=1023", "--data", "app=web")
    done = run(sys.executable, "-m", "copier", *words, template, tmp_path / "project", check=False)
    refusal = bake.refuse(port="1023", app="web")
    assert done.returncode != 0 and not (tmp_path / "project").exists()
    assert done.stderr.strip().splitlines()[-1] == last_line_of(refusal)


@pytest.mark.parametrize("question", [q for q in QUESTIONS if "validator" in QUESTIONS[q]])
def test_the_prompt_shows_what_is_wrong_as_a_whole(question: str) -> None:
    """It cuts what it says at the 80th column."""
    title = QUESTIONS[question]["help"].splitlines()[0]
    assert len(title) + len("** ") <= 80 or title.startswith("{%"), title
    text = re.sub(r"{[%#].*?[%#]}", "\n", QUESTIONS[question]["validator"])
    for message in re.sub(r"{{.*?}}", "", text).split("\n"):
        said = f"Validation error for question '{question}': {message.strip()}"
        assert len(said) <= 80, said


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
def test_derives_names_that_work(name: str, package: str, slug: str, bake: Bakery) -> None:
    project = bake(project_name=name)
    assert project.answers["package_name"] == package
    assert tomllib.loads(project.read("pyproject.toml"))["project"]["name"] == slug
    assert yaml.safe_load(project.read("compose.yaml"))["name"] == slug
    assert project.read("README.md").startswith(f"# {name}\n")


def test_knows_the_keywords_and_standard_library_of_this_python() -> None:
    text = (ROOT / "includes/names.jinja").read_text("utf-8")
    names = {name.lower() for name in {*keyword.kwlist, *sys.stdlib_module_names}}
    assert {name for name in names if not name.startswith("_")} <= set(text.split())


def test_a_command_arrives_in_exec_form(bake: Bakery) -> None:
    words = ["gunicorn", "mysite.wsgi:app", "--bind=0.0.0.0:8123", "-w", "2", "./a%b@c+d,e"]
    project = bake(app="own", command=" ".join(words), code="manage.py mysite/x.py", port="8123")
    lines = project.read("Dockerfile").splitlines()
    commands = [json.loads(line[4:]) for line in lines if line.startswith("CMD [")]
    assert commands == [words, words]
    assert "COPY mysite/x.py mysite/x.py" in lines
    service = yaml.safe_load(project.read("compose.base.yaml"))["services"]["app"]
    assert service["ports"] == ["127.0.0.1:${APP_PORT:-8123}:8123"]


def test_own_code_that_does_not_listen_has_no_port(bake: Bakery) -> None:
    project = bake(app="own", command="python job.py", code="job.py")
    assert 'ENTRYPOINT ["python", "job.py"]' in project.read("Dockerfile")
    service = yaml.safe_load(project.read("compose.base.yaml"))["services"]["app"]
    assert not {"ports", "healthcheck", "environment"} & service.keys()


def test_without_a_licence_nothing_speaks_of_one(bake: Bakery) -> None:
    assert bake(app="own").answers["license"] == "none"
    project = bake(license="none")
    assert not [name for name, text in project.files().items() if b"LICENSE" in text]
    assert "licenses" not in project.read("Dockerfile")


def test_the_port_follows_the_name_and_can_be_chosen(bake: Bakery) -> None:
    first, second = (bake(app="web", project_name=name) for name in ("One", "Two"))
    assert first.answers["port"] != second.answers["port"]
    assert 20000 <= int(first.answers["port"]) < 30000
    chosen = bake(app="web", port="8123")
    assert "${APP_PORT:-8123}:8000" in chosen.read("compose.base.yaml")
    assert "8123" in chosen.read(".env.example")


def test_the_ports_of_the_services_follow_the_name_too(bake: Bakery) -> None:
    services = {"services": ["postgres", "redis"]}
    projects = [bake(app="web", project_name=name, **services) for name in ("One", "Two")]
    ports = []
    for project in projects:
        published = yaml.safe_load(project.read("compose.override.yaml"))["services"]
        example = project.read(".env.example")
        for service, variable in (("postgres", "POSTGRES_PORT"), ("redis", "REDIS_PORT")):
            [binding] = published[service]["ports"]
            port = re.fullmatch(rf"127\.0\.0\.1:\${{{variable}:-(\d+)}}:\d+", binding)[1]
            assert f"127.0.0.1:{port}" in example
            ports.append(int(port))
        ports.append(int(project.answers["port"]))
    assert len(set(ports)) == 6 and max(ports) < 32768


def test_a_project_without_docker_has_no_services_by_default(bake: Bakery) -> None:
    assert bake(isolation="venv").answers["services"] == []


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
def test_a_description_arrives_unharmed(text: str, bake: Bakery) -> None:
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
        ({}, []),
        ({"author_name": 'Zoë "Z" \\ Doe'}, [{"name": 'Zoë "Z" \\ Doe'}]),
        ({"author_email": "z@example.org"}, [{"email": "z@example.org"}]),
        (
            {"author_name": "Zoë", "author_email": "z.d+x@ex-ample.co.uk"},
            [{"name": "Zoë", "email": "z.d+x@ex-ample.co.uk"}],
        ),
    ],
)
def test_the_author_arrives_unharmed(
    answers: dict[str, str], authors: list[dict[str, str]], bake: Bakery
) -> None:
    project = bake(**answers)
    assert tomllib.loads(project.read("pyproject.toml"))["project"]["authors"] == authors
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
def test_the_licence(license: str, first_line: str, identifier: str, bake: Bakery) -> None:
    project = bake(license=license)
    assert first_line in project.read("LICENSE").splitlines()[0]
    assert tomllib.loads(project.read("pyproject.toml"))["project"]["license"] == identifier
    assert f'image.licenses="{identifier}"' in project.read("Dockerfile")
