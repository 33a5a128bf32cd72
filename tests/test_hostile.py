"""Answers that are odd, wrong or meant to do harm, by every way that an answer can come in.

Each is refused in one line that names its question, or taken as it is: what is rendered parses,
and the text reads back equal.
"""

from __future__ import annotations

import ast
import configparser
import functools
import itertools
import json
import os
import re
import runpy
import shlex
import shutil
import sys
import tomllib
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from email.headerregistry import Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import copier
import jinja2
import pexpect
import pytest
import yaml
from copier._settings import SettingsModel
from copier._user_data import AnswersMap, Question
from copier.errors import CopierError
from hostile_answers import REFUSED, RIGHT, TAKEN, hostile_answers
from hypothesis import given, settings
from support.commands import ROOT, run
from support.projects import Bakery, Project
from support.versions import release

# How many answers Hypothesis makes up. `.ci/run` sets it to more.
CASES = int(os.environ.get("HOSTILE_CASES", "500"))

COPIER = (sys.executable, "-m", "copier")

# What Copier ends with when it does not take an answer.
REFUSAL = (ValueError, TypeError, AttributeError, yaml.YAMLError, jinja2.TemplateError, CopierError)

# --- Asking -------------------------------------------------------------------

# Files of a project in which an answer for free text arrives, in each format that there is.
CARRIERS = [
    "{{ _copier_conf.answers_file }}.jinja",
    ".devcontainer/devcontainer.json.jinja",
    ".gitlab-ci.yml.jinja",
    "Dockerfile.jinja",
    "LICENSE.jinja",
    "README.md.jinja",
    "compose.base.yaml.jinja",
    "compose.override.yaml.jinja",
    "compose.yaml.jinja",
    "pip.conf.jinja",
    "pyproject.toml.jinja",
    "src/{{ package_name }}/__init__.py.jinja",
    "src/{{ package_name }}/app.py.jinja",
    "src/{{ package_name }}/settings.py.jinja",
]


@pytest.fixture(scope="session")
def carriers(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template with few of its files, which is quick to render, and all of its questions."""
    few = tmp_path_factory.mktemp("carriers")
    shutil.copy(template / "copier.yml", few)
    shutil.copytree(template / "includes", few / "includes")
    for name in CARRIERS:
        target = few / "template" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(template / "template" / name, target)
    return few


class Interview:
    """Copier's questions, put one at a time and without a file being rendered.

    A copy takes a tenth of a second at least, ten thousand answers a quarter of an hour. This
    does with one question what Copier does with each; that it comes to the same is tested below.
    """

    def __init__(self, template: Path, folder: Path, **answers: Any) -> None:
        words = {"defaults": True, "quiet": True, "pretend": True}
        self.worker = copier.run_copy(str(template), folder, answers, **words)
        self.context = self.worker._render_context()
        self.details = self.worker.template.questions_data
        # Copier compiles each expression each time that it needs its value.
        self.jinja = self.worker.jinja_env
        self.jinja.from_string = functools.cache(self.jinja.from_string)

    def question(self, name: str, answers: AnswersMap, defaults: dict[str, Any]) -> Question:
        return Question(
            var_name=name,
            answers=answers,
            context={**self.context, **answers.combined},
            jinja_env=self.jinja,
            settings=SettingsModel(defaults=defaults),
            **self.details[name],
        )

    def data(self, name: str, answer: Any) -> Any:
        """Take an answer from `--data` or a data file, which goes the same way."""
        question = self.question(name, AnswersMap(init={name: answer}), {})
        taken = question.parse_answer(answer)
        question.validate_answer(taken)
        return taken

    def settings(self, name: str, answer: Any) -> Any:
        """Take what `settings.yml` has for a default."""
        return self.question(name, AnswersMap(), {name: answer}).get_default()

    def user_defaults(self, name: str, answer: Any) -> Any:
        """Take what a program, such as pytest-copie, hands over as a default."""
        return self.question(name, AnswersMap(user_defaults={name: answer}), {}).get_default()

    def prompt(self, name: str, answer: str) -> Any:
        """Take what is typed."""
        structure = self.question(name, AnswersMap(), {}).get_questionary_structure()
        said = structure["validate"](answer)
        if said is not True:
            raise ValueError(said)
        return structure["filter"](answer)


WAYS: dict[str, Callable[[Interview, str, Any], Any]] = {
    "data": Interview.data,
    "settings": Interview.settings,
    "user defaults": Interview.user_defaults,
    "prompt": Interview.prompt,
}


@pytest.fixture(scope="session")
def interview(carriers: Path, tmp_path_factory: pytest.TempPathFactory) -> Interview:
    """Questions about code of one's own, for which all that is free text is asked."""
    return Interview(carriers, tmp_path_factory.mktemp("interview"), app="own")


def as_default(answer: Any) -> Any:
    """Return what `settings.yml` has to say for an answer, as Copier renders it."""
    if not isinstance(answer, str):
        return answer
    return re.sub(r"{(?=[{%#])", '{{ "{" }}', answer)


# --- Refusals -----------------------------------------------------------------


def said(refusal: Exception) -> str:
    """Return what a terminal shows of an error, below the lines of the traceback."""
    return traceback.format_exception_only(refusal)[-1].strip()


@functools.cache
def documented() -> dict[str, re.Pattern[str]]:
    """Return what Copier itself says of some answers, by the text in the documentation."""
    page = (ROOT / "docs/questions.md").read_text("utf-8")
    table = page[page.index("| Copier says |") :].splitlines()[2:]
    rows = itertools.takewhile(lambda line: line.startswith("|"), table)
    messages = [row.split("``")[1].strip() for row in rows]
    return {
        message: re.compile(".*".join(map(re.escape, message.split("..."))), re.DOTALL)
        for message in messages
    }


def is_documented(message: str) -> bool:
    return any(pattern.search(message) for pattern in documented().values())


def assert_clear(refusal: Exception, question: str) -> None:
    """Assert that a refusal is one line with its question, or one that is documented."""
    message = said(refusal)
    if f"'{question}'" in message:
        assert message.isprintable(), "more than one line, or text that a terminal takes for more"
    else:
        assert is_documented(message), message


# --- What is taken ------------------------------------------------------------

# https://github.com/distribution/reference/blob/main/reference.go
IMAGE = re.compile(
    r"""
    (
        ([a-zA-Z0-9] | [a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])
        (\. ([a-zA-Z0-9] | [a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*
        | \[ [a-fA-F0-9:]+ \]
    )
    (: [0-9]+)?
    (/ [a-z0-9]+ (([_.] | __ | -+) [a-z0-9]+)*)*
    """,
    re.VERBOSE,
)
WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d) *(\..*)?", re.ASCII | re.IGNORECASE)


def assert_sound(question: str, text: str) -> None:
    """Assert, with the tools of those who get it, that an answer is none that does harm."""
    categories = {unicodedata.category(character) for character in text}
    assert not {"Cc", "Cs", "Zl", "Zp"} & categories, "controls a terminal, or ends the line"
    assert text == text.strip() and len(text) <= 1000

    match question:
        case "project_name":
            assert text.isascii() and not WINDOWS_DEVICE.fullmatch(text)
        case "package_name":
            compile(f"import {text}", "", "exec")
            assert text not in sys.stdlib_module_names and not WINDOWS_DEVICE.fullmatch(text)
        case "author_email" if text:
            assert Address(addr_spec=text).domain.encode("idna")
        case "command" | "test_command" | "code" | "writes" if text:
            words = text.split(" ")
            assert words == [shlex.quote(word) for word in words]
            if question in ("code", "writes"):
                assert not {"", ".", ".."} & {part for word in words for part in word.split("/")}
        case "port" if text:
            assert text == str(int(text)) and 1024 <= int(text) <= 65535
        case "registry" if text:
            first = text.split("/")[0]
            assert IMAGE.fullmatch(text) and (first == "localhost" or {".", ":"} & set(first))
        case "package_index" if text:
            url = urlsplit(text)
            assert url.scheme == "https" and url.hostname.encode("idna") and url.username is None
            assert url.port is None or url.port < 100000


def dockerfile_word(text: str) -> str:
    """Return what a double-quoted word of a Dockerfile stands for, as its reference says."""
    quoted = re.match(r'"((?:[^"\\$]|\\.)*)"', text)
    assert quoted, f"no quoted word, or one with a variable: {text}"
    return re.sub(r"\\(.)", r"\1", quoted[1])


def label(dockerfile: str, name: str) -> str:
    [value] = re.findall(
        rf"(?m)^(?:LABEL|     ) org\.opencontainers\.image\.{name}=(.*)", dockerfile
    )
    return dockerfile_word(value)


def assert_arrived(project: Project) -> None:
    """Assert that all files parse, and that each answer reads back equal where it arrives."""
    recorded = yaml.safe_load(project.read(".copier-answers.yml"))
    for name, answer in project.answers.items():
        expected = str(answer) if name in RIGHT else answer
        assert recorded[name] == expected

    dockerfile = project.read("Dockerfile")
    parsed = {
        path.name: yaml.safe_load(path.read_text("utf-8")) for path in project.path.glob("*.y*ml")
    }
    title, package = recorded["project_name"], recorded["package_name"]
    slug = re.sub("[^a-z0-9]+", "-", title.lower())
    assert json.loads(project.read(".devcontainer/devcontainer.json"))["name"] == title
    assert label(dockerfile, "title") == title
    assert label(dockerfile, "description") == recorded["project_description"]
    assert project.read("README.md").startswith(f"# {title}\n\n{recorded['project_description']}\n")
    assert parsed["compose.yaml"]["name"] == slug
    service = parsed["compose.base.yaml"]["services"]["app"]
    assert service["image"] == "localhost/${COMPOSE_PROJECT_NAME}"
    if recorded["registry"]:
        prefix = recorded["registry"] + "/"
        assert f"\nFROM {prefix}python:" in dockerfile
        assert parsed[".gitlab-ci.yml"]["venv"]["image"].startswith(f"{prefix}python:")
        if recorded["app"] != "own" and recorded["services"]:
            services = parsed["compose.base.yaml"]["services"]
            assert services["postgres"]["image"].startswith(f"{prefix}postgres:")
            assert services["redis"]["image"].startswith(f"{prefix}redis:")
    if recorded["package_index"]:
        configuration = configparser.RawConfigParser()
        configuration.read_string(project.read("pip.conf"))
        assert configuration["global"]["index-url"] == recorded["package_index"]

    if recorded["app"] == "own":
        command = recorded["command"].split(" ")
        lines = dockerfile.splitlines()
        starts = [line.split(" ", 1)[1] for line in lines if line.startswith(("CMD", "ENTRYPOINT"))]
        assert command in [json.loads(start) for start in starts]
        tests = parsed["compose.override.yaml"]["services"]["test"]
        assert tests["command"] == recorded["test_command"].split(" ")
        for path in recorded["code"].split(" "):
            assert f"COPY {path} {path}" in lines
        published = service.get("ports", [])
        mounted = [volume.partition(":")[2] for volume in service.get("volumes", [])]
        assert mounted == [f"/app/{folder}" for folder in recorded["writes"].split()]
        port = recorded["port"]
        assert published == ([f"127.0.0.1:${{APP_PORT:-{port}}}:{port}"] if port else [])
        return

    metadata = tomllib.loads(project.read("pyproject.toml"))["project"]
    author = {"name": recorded["author_name"], "email": recorded["author_email"]}
    author = {key: value for key, value in author.items() if value}
    assert metadata["name"] == slug
    assert metadata["description"] == recorded["project_description"]
    assert metadata["authors"] == ([author] if author else [])
    assert metadata["scripts"] == {slug: f"{package}.__main__:main"}
    holder = recorded["author_name"] or f"the authors of {title}"
    assert f"Copyright (c) {holder}\n" in project.read("LICENSE")
    module = ast.parse(project.read(f"src/{package}/__init__.py"))
    assert ast.get_docstring(module) == f"{title}."
    ast.parse(project.read(f"src/{package}/app.py"))
    assert f"default={recorded['port']}," in project.read(f"src/{package}/settings.py")
    assert service["ports"] == [f"127.0.0.1:${{APP_PORT:-{recorded['port']}}}:8000"]


def features(answer: Any) -> set[object]:
    """Return what makes a text special: which characters it starts with, has and ends with."""
    text = str(answer)
    kinds = [
        character
        if character.isascii() and not character.isalnum()
        else unicodedata.category(character)
        for character in text
    ]
    return {("first", *kinds[:1]), ("last", *kinds[-1:]), *kinds}


def of_each_kind(answers: list[Any]) -> list[Any]:
    """Return so many of these answers that each feature of any is among them."""
    seen: set[object] = set()
    chosen = []
    for answer in answers:
        if not features(answer) <= seen:
            seen |= features(answer)
            chosen.append(answer)
    return chosen


def render_all(template: Path, bake: Bakery, taken: dict[str, list[Any]]) -> Iterator[Project]:
    """Render these answers, one to each question at a time, in as few projects as that takes."""
    network = {"isolation": "both", "company_network": True, "ci": "gitlab"}
    only_own = ("command", "code", "port", "writes", "test_command")
    for app in ("own", "web"):
        counts = [len(taken[name]) for name in taken if (name in only_own) == (app == "own")]
        for number in range(max(counts)):
            answers = {name: answers[number % len(answers)] for name, answers in taken.items()}
            answers["port"] = str(answers["port"])  # a number is taken, and recorded as text
            if {*answers["writes"].split()} & {*answers["code"].split()}:
                answers["writes"] = ""  # refused together
            if app == "web":
                answers["port"] = answers["port"] or "8123"
                del answers["writes"], answers["test_command"]  # these are not recorded
            answers |= {**network, "app": app}
            yield bake.render(template, None, answers)


# --- Refused, or taken as it is -----------------------------------------------


@pytest.mark.parametrize("question", REFUSED)
@pytest.mark.parametrize("way", WAYS)
def test_each_way_refuses_what_is_kept_with_its_name_in_one_line(
    way: str, question: str, interview: Interview
) -> None:
    for answer in REFUSED[question]:
        if way == "prompt" and (question not in RIGHT or not isinstance(answer, str)):
            continue  # only text is typed, and only where there is no choice
        given_answer = as_default(answer) if way == "settings" else answer
        with pytest.raises(REFUSAL) as refusal:
            pytest.fail(f"took {WAYS[way](interview, question, given_answer)!r}")
        message = said(refusal.value)
        assert f"'{question}'" in message and message.isprintable() and len(message) <= 160


@pytest.mark.parametrize("question", RIGHT)
@pytest.mark.parametrize("way", WAYS)
def test_each_way_takes_the_rest_as_it_is(way: str, question: str, interview: Interview) -> None:
    for answer in (*RIGHT[question], *TAKEN[question]):
        given_answer = as_default(answer) if way == "settings" else answer
        if way == "prompt":
            given_answer = str(answer)
        assert WAYS[way](interview, question, given_answer) == str(answer)


@pytest.fixture(scope="module")
def projects(carriers: Path, bake: Bakery) -> list[Project]:
    """Projects with all answers that are taken."""
    taken = {**TAKEN, "services": [["postgres", "redis"]]}
    return list(render_all(carriers, bake, taken))


def test_what_is_taken_arrives_unharmed(projects: list[Project]) -> None:
    for project in projects:
        assert_arrived(project)


@pytest.mark.needs("docker")
def test_docker_reads_the_same_description(projects: list[Project], tmp_path: Path) -> None:
    """All in one image, which has nothing but these labels."""
    lines = ["FROM scratch"]
    for number, project in enumerate(projects):
        _, _, value = project.read("Dockerfile").partition("org.opencontainers.image.description=")
        lines.append(f"LABEL number-{number}=" + value.splitlines()[0].removesuffix(" \\"))
    (tmp_path / "Dockerfile").write_text("\n".join(lines) + "\n", "utf-8")
    image = run("docker", "build", "--quiet", tmp_path).stdout.strip()
    try:
        found = json.loads(run("docker", "image", "inspect", image).stdout)[0]["Config"]["Labels"]
    finally:
        run("docker", "image", "rm", image)
    for number, project in enumerate(projects):
        assert found[f"number-{number}"] == project.answers["project_description"]


def test_whatever_comes_is_refused_by_name_or_arrives_unharmed(
    carriers: Path, interview: Interview, bake: Bakery
) -> None:
    """What is taken is rendered once for each character and its place, and not each time."""
    taken: dict[str, list[Any]] = {question: [] for question in RIGHT}

    @settings(max_examples=CASES, deadline=None, derandomize=True, database=None)
    @given(hostile_answers(list(WAYS)))
    def put(case: tuple[str, str, Any]) -> None:
        way, question, answer = case
        try:
            text = WAYS[way](interview, question, answer)
        except REFUSAL as refusal:
            assert_clear(refusal, question)
            return
        if way != "settings" or as_default(answer) == answer:
            assert text == (answer.decode() if isinstance(answer, bytes) else str(answer))
        assert_sound(question, text)
        taken[question].append(text)

    put()
    assert all(taken.values())
    few = {question: of_each_kind(answers) for question, answers in taken.items()}
    for project in render_all(carriers, bake, few):
        assert_arrived(project)


# --- Files and the command line -----------------------------------------------


class CommandLine:
    """`copier`, as it is typed, in this process."""

    def __init__(self, template: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.template = template
        self.folder = folder
        self.project = folder / "project"
        self.capsys = capsys

    def copy(self, *words: object, data_file: Any = None, settings: Any = None) -> str:
        """Return what a terminal shows last of an error, or nothing."""
        words = ("copy", "--defaults", *words)
        if data_file is not None:
            words += ("--data-file", self.write("data.yml", data_file))
        environment = {}
        if settings is not None:
            environment["COPIER_SETTINGS_PATH"] = str(self.write("settings.yml", settings))
        return self.run(*words, self.template, self.project, **environment)

    def write(self, name: str, content: bytes | dict[str, Any]) -> Path:
        path = self.folder / name
        if not isinstance(content, bytes):
            content = yaml.safe_dump(content).encode()
        path.write_bytes(content)
        return path

    def run(self, *words: object, **environment: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["copier", *map(str, words)])
            # The one in C, which other tests may use, has other messages.
            patch.setattr(yaml, "SafeLoader", yaml.loader.SafeLoader)
            for name, value in environment.items():
                patch.setenv(name, value)
            try:
                runpy.run_module("copier", run_name="__main__")
            except SystemExit as end:
                printed = self.capsys.readouterr().err
                return printed.strip() if end.code else ""
            except REFUSAL as error:
                return said(error)
        raise AssertionError("copier ends with SystemExit")


@pytest.fixture
def command_line(carriers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(carriers, tmp_path, capsys)


@pytest.mark.parametrize("question", REFUSED)
def test_each_file_and_the_command_line_say_the_same_as_the_interview(
    question: str, command_line: CommandLine, interview: Interview
) -> None:
    wrong = REFUSED[question][1]
    with pytest.raises(REFUSAL) as refusal:
        interview.data(question, wrong)
    expected = said(refusal.value)
    own = "--data=app=own"
    assert f"'{question}'" in command_line.copy(own, f"--data={question}={wrong}")
    assert command_line.copy(own, data_file={question: wrong}) == expected
    assert command_line.copy(own, settings={"defaults": {question: as_default(wrong)}}) == expected
    assert not command_line.project.exists()


def test_bytes_that_are_no_text_are_refused_in_one_line(carriers: Path, tmp_path: Path) -> None:
    answer = b"--data=project_description=caf\xe9"
    words = (*COPIER, "copy", "--defaults", os.fsdecode(answer), carriers, tmp_path / "project")
    done = run(*words, check=False)
    assert done.stderr.strip().splitlines()[-1] == (
        "ValueError: Validation error for question 'project_description': "
        'Use one line of plain text, not "caf\\udce9"'
    )
    assert done.returncode and not (tmp_path / "project").exists()


# What Copier refuses before it comes to the template's rules.
COPIERS_OWN: list[tuple[str, Any]] = [
    ("--data", "services=postgres"),
    ("--data", "services=["),
    ("--data", "services=\udcff"),
    ("--data", "company_network=["),
    ("--data", "company_network=yes: no: yes"),
    ("--data", "port"),
    ("data_file", {"port": None}),
    ("data_file", {"author_name": None}),
    ("data_file", {"services": None}),
    ("data_file", {"services": 3}),
    ("data_file", {"project_name": ["a"]}),
    ("data_file", {"registry": {"a": "b"}}),
    ("data_file", b"project_description: 2026-11-30"),
    ("data_file", b"author_name: !!binary /w=="),
    ("data_file", b""),
    ("data_file", b"- a\n"),
    ("data_file", b"author_name: [\n"),
    ("data_file", b"author_name: a: b\n"),
    ("data_file", b"author_name: caf\xe9\n"),
    ("settings", {"defaults": {"services": "postgres"}}),
    ("settings", {"defaults": {"author_name": "{% x %}"}}),
    ("settings", {"defaults": {"author_name": "{{ x"}}),
    ("settings", {"defaults": {"author_name": "{{ x.y }}"}}),
    ("settings", b"defaults: [\n"),
    ("settings", b"defaults: {author_name: caf\xe9}\n"),
    ("settings", b""),
    ("settings", b"defaults: []\n"),
]


def test_the_documentation_has_what_copier_says_itself_and_no_more(
    command_line: CommandLine,
) -> None:
    seen: set[str] = set()
    for way, answer in COPIERS_OWN:
        if way == "--data":
            message = command_line.copy(way, answer)
        else:
            message = command_line.copy(**{way: answer})
        found = [known for known, pattern in documented().items() if pattern.search(message)]
        assert found, f"{way} {answer!r}: {message}"
        seen.update(found)
        assert not command_line.project.exists()
    assert seen == documented().keys()


# --- Recorded answers ---------------------------------------------------------

# The last version that recorded a port as a number, or as null where nothing listens.
PORTS_AS_NUMBERS = "9d6c1199c9950f679d2d4b0cbc5c54a93d8073bc"


def record(project: Project, **answers: Any) -> None:
    """Edit the file of answers, as by hand, and commit it."""
    recorded = yaml.safe_load(project.read(".copier-answers.yml"))
    project.write(".copier-answers.yml", yaml.safe_dump(recorded | answers))
    project.commit()


@pytest.mark.parametrize(
    ("question", "wrong"),
    [("port", "abc"), ("project_description", "two\nlines"), ("author_email", "a..b@c.d")],
)
def test_an_update_refuses_an_edited_answer_by_name(
    question: str, wrong: str, bake: Bakery, released: Path
) -> None:
    project = bake(released, "v1.0.0", app="web")
    project.commit()
    record(project, **{question: wrong})
    before = project.files()
    with pytest.raises(ValueError, match=f"question '{question}': .*, not ") as refusal:
        project.update("v1.0.0")
    assert said(refusal.value).isprintable()
    assert project.files() == before


def test_a_recopy_replaces_an_edited_answer_by_the_default(bake: Bakery, released: Path) -> None:
    project = bake(released, "v1.0.0", port="8123")
    project.commit()
    record(project, project_description="two\nlines", port="8124")
    copier.run_recopy(project.path, defaults=True, overwrite=True, quiet=True)
    recorded = yaml.safe_load(project.read(".copier-answers.yml"))
    assert recorded["project_description"] == "A Python project."
    assert recorded["port"] == "8124"


@pytest.fixture(scope="module")
def since_numbers(carriers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that has that version as v1.0.0 and this one as v2.0.0, with few of the files."""
    if run("git", "cat-file", "-e", PORTS_AS_NUMBERS, cwd=ROOT, check=False).returncode:
        pytest.skip(f"needs the history of this repository, with {PORTS_AS_NUMBERS[:7]}")
    path = tmp_path_factory.mktemp("since-numbers") / "template"
    archive = path.with_suffix(".tar")
    run("git", "archive", "--output", archive, PORTS_AS_NUMBERS, cwd=ROOT)
    shutil.unpack_archive(archive, path)
    for file in (path / "template").rglob("*"):
        if file.is_file() and file.relative_to(path / "template").as_posix() not in CARRIERS:
            file.unlink()
    release(path, "v1.0.0")
    run("git", "rm", "--quiet", "-r", ".", cwd=path)
    shutil.copytree(carriers, path, dirs_exist_ok=True)
    shutil.copy(ROOT / "copier.yml", path)
    release(path, "v2.0.0")
    return path


def of_numbers(repository: Path, path: Path, answers: dict[str, Any], recorded: Any) -> Project:
    """Return a project of the version with numbers, and with the port that it recorded."""
    copier.run_copy(str(repository), path, answers, vcs_ref="v1.0.0", defaults=True, quiet=True)
    project = Project(path, answers)
    made = yaml.safe_load(project.read(".copier-answers.yml"))
    assert made["_commit"] == "v1.0.0" and made["port"] == (recorded or None)
    project.commit()
    if recorded == "":
        record(project, port="")
    return project


def published(project: Project) -> Any:
    """Return the ports of the application, None if it has none."""
    return yaml.safe_load(project.read("compose.base.yaml"))["services"]["app"].get("ports")


@pytest.mark.parametrize(
    ("app", "port", "recorded", "skip_answered"),
    [
        ("web", 8123, 8123, False),
        ("own", 8123, 8123, True),
        ("own", "", None, False),
        ("own", "", "", True),
    ],
)
def test_a_port_that_was_recorded_as_a_number_goes_on_counting(
    app: str, port: Any, recorded: Any, skip_answered: bool, since_numbers: Path, tmp_path: Path
) -> None:
    answers = {"app": app, "isolation": "docker", "port": port}
    project = of_numbers(since_numbers, tmp_path / "project", answers, recorded)
    before = published(project)
    words = {"defaults": True, "overwrite": True, "quiet": True}
    copier.run_update(project.path, skip_answered=skip_answered, **words)
    now = yaml.safe_load(project.read(".copier-answers.yml"))
    assert now["_commit"] == "v2.0.0" and str(now["port"]) == str(port)
    assert published(project) == before


def test_a_number_that_was_not_asked_for_counts_after_a_switch(
    since_numbers: Path, tmp_path: Path
) -> None:
    project = of_numbers(since_numbers, tmp_path / "project", {"app": "cli", "port": 8123}, 8123)
    project.update("v2.0.0")
    project.commit()
    project.answers["port"] = "8123"  # text, since it is asked
    project.update("v2.0.0", app="web")
    assert "127.0.0.1:${APP_PORT:-8123}:8000" in project.read("compose.base.yaml")


# --- The prompt ---------------------------------------------------------------


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Callable[..., pexpect.spawn]]:
    """Run Copier in a terminal, with one question asked: ask("port", "copy", ...)."""
    children = []

    def start(question: str, command: str, *words: object) -> pexpect.spawn:
        environment = {**os.environ, "TERM": "dumb", "PROMPT_TOOLKIT_NO_CPR": "1"}
        child = pexpect.spawn(
            COPIER[0],
            [*COPIER[1:], command, "--defaults", "--ask", question, *map(str, words)],
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=60,
            env=environment,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def recorded_port(project: Path) -> str:
    return yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))["port"]


def test_the_prompt_offers_the_number_alone(
    ask: Callable[..., pexpect.spawn], carriers: Path, tmp_path: Path
) -> None:
    child = ask("port", "copy", "--data=app=web", carriers, tmp_path / "project")
    child.expect_exact("so that two projects rarely collide.")
    child.send("\r")
    child.expect_exact("Copying from template")
    offered = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", child.before)
    child.expect(pexpect.EOF)
    below_the_help = offered.rpartition("rarely collide.")[2].split()
    assert set(below_the_help) == {recorded_port(tmp_path / "project")}


def test_the_prompt_takes_another_number_after_it_refused_one(
    ask: Callable[..., pexpect.spawn], carriers: Path, tmp_path: Path
) -> None:
    child = ask("port", "copy", "--data=app=web", carriers, tmp_path / "project")
    child.expect_exact("so that two projects rarely collide.")
    child.send("\x1580\r")  # Ctrl-U empties the line
    child.expect_exact("Validation error for question 'port': Use 1024 to 65535, not \"80\"")
    child.send("\x158123\r")
    child.expect(pexpect.EOF)
    assert recorded_port(tmp_path / "project") == "8123"


@pytest.mark.parametrize(
    ("port", "recorded", "typed", "afterwards"),
    [
        (8000, 8000, "\x7f9\r", "8009"),  # one character deleted, and another in its place
        ("", None, "9000\r", "9000"),
    ],
)
def test_the_prompt_of_an_update_offers_what_was_recorded(
    port: Any,
    recorded: Any,
    typed: str,
    afterwards: str,
    ask: Callable[..., pexpect.spawn],
    since_numbers: Path,
    tmp_path: Path,
) -> None:
    answers = {"app": "own", "isolation": "docker", "port": port}
    project = of_numbers(since_numbers, tmp_path / "project", answers, recorded)
    child = ask("port", "update", project.path)
    child.expect_exact("Docker publishes the same port, for this machine only.")
    child.send(typed)
    child.expect(pexpect.EOF)
    assert recorded_port(project.path) == afterwards
