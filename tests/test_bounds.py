"""Where an accepted answer ends and a refused one begins, on both sides of each bound.

The validators are rendered as Copier renders them, without a project for each answer;
test_questions.py has some refusals as a whole.
"""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from jinja2.sandbox import SandboxedEnvironment
from support.commands import ROOT, run

SETTINGS = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))
JINJA = SandboxedEnvironment(
    loader=jinja2.FileSystemLoader(ROOT),
    extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
    undefined=jinja2.StrictUndefined,
)

LOWER, LETTERS, DIGITS = string.ascii_lowercase, string.ascii_letters, string.digits
# All of ASCII, and some of what looks or acts like it.
CHARACTERS = [*map(chr, range(128)), *"\x85\xa0éßı²٣\u200b\u2028\u2029𝐚"]


def refusal(question: str, answer: Any, app: str = "web") -> str:
    """Return what a validator has to say against an answer."""
    validator = JINJA.from_string(SETTINGS[question]["validator"])
    return validator.render({"code": "code", question: answer, "app": app}).strip()


# Where a character stands, and all that may stand there.
PLACES = [
    ("project_name", "{}x", LETTERS + DIGITS),
    ("project_name", "x{}x", LETTERS + DIGITS + " ._-"),
    ("project_name", "x{}", LETTERS + DIGITS),
    ("package_name", "{}qq", LETTERS),
    ("package_name", "qq{}qq", LETTERS + DIGITS + "_"),
    ("package_name", "qq{}", LETTERS + DIGITS + "_"),
    ("author_email", "{}jane@example.org", LETTERS + DIGITS + "_+-"),
    ("author_email", "jane{}doe@example.org", LETTERS + DIGITS + "_.+-"),
    ("author_email", "jane@exam{}ple.org", LETTERS + DIGITS + "-."),
    ("author_email", "jane@example.org{}", LETTERS + DIGITS),
    ("command", "{}serve", LETTERS + DIGITS + "_./"),
    ("command", "ser{}ve", LETTERS + DIGITS + "_./:@%+,- "),
    ("command", "serve{}", LETTERS + DIGITS + "_./:@%+,-"),
    ("command", "serve {}all", LETTERS + DIGITS + "_./:=@%+,-"),
    ("command", "serve all{}", LETTERS + DIGITS + "_./:=@%+,-"),
    ("code", "{}src", LETTERS + DIGITS + "_."),
    ("code", "s{}rc", LETTERS + DIGITS + "_.-/ "),
    ("code", "src{}", LETTERS + DIGITS + "_.-"),
    ("code", "src/{}main", LETTERS + DIGITS + "_."),
    ("code", "src {}main", LETTERS + DIGITS + "_."),
    ("writes", "{}src", LETTERS + DIGITS + "_."),
    ("writes", "s{}rc", LETTERS + DIGITS + "_.-/ "),
    ("writes", "src{}", LETTERS + DIGITS + "_.-"),
    ("test_command", "{}test", LETTERS + DIGITS + "_./"),
    ("test_command", "test {}all", LETTERS + DIGITS + "_./:=@%+,-"),
    ("registry", "mirror.example.com/{}hub", LOWER + DIGITS),
    ("registry", "mirror.example.com/h{}ub", LOWER + DIGITS + "._-/"),
    ("registry", "mirror.example.com/hub{}", LOWER + DIGITS),
    ("registry", "mirror.example.com:80{}", DIGITS),
    ("package_index", "https://pypi.exam{}ple.com/simple", LETTERS + DIGITS + ".-/"),
    ("package_index", "https://pypi.example.com:80{}/simple", DIGITS),
    ("package_index", "https://pypi.example.com/sim{}ple", LETTERS + DIGITS + "._~+-/"),
    ("package_index", "https://pypi.example.com/simple{}", LETTERS + DIGITS + "._~+-/"),
]


@pytest.mark.parametrize(("question", "place", "allowed"), PLACES)
def test_these_characters_are_accepted_there_and_no_others(
    question: str, place: str, allowed: str
) -> None:
    accepted = {char for char in CHARACTERS if not refusal(question, place.format(char))}
    assert accepted == set(allowed)


CONTROLS = [*map(chr, (*range(32), *range(127, 160))), "\u2028", "\u2029"]


@pytest.mark.parametrize("question", ["project_description", "author_name"])
def test_a_line_of_text_has_no_control_character_and_no_blank_at_its_ends(question: str) -> None:
    for char in CONTROLS:
        assert "one line" in refusal(question, f"a{char}b"), repr(char)
        assert refusal(question, f"ab{char}"), repr(char)
    for text in (" a", "a ", " ", "\xa0a", "a\u3000"):
        assert "spaces at" in refusal(question, text), repr(text)
    for text in ("a", "a b", "é 日本 🐍", "\"'\\$`#:{}[]<>&|%@!~"):
        assert not refusal(question, text), repr(text)


def test_a_description_is_needed_and_an_author_is_not() -> None:
    assert refusal("project_description", "")
    assert not refusal("author_name", "")
    assert not refusal("author_email", "")
    assert refusal("author_name", "Doe, Jane")
    assert not refusal("project_description", "one, two")


@pytest.mark.parametrize("question", ["project_name", "package_name"])
def test_a_name_has_1_to_64_characters(question: str) -> None:
    assert refusal(question, "")
    assert not refusal(question, "q")
    assert not refusal(question, "q" * 64)
    assert refusal(question, "q" * 65)


@pytest.mark.parametrize("app", ["web", "own"])
def test_a_port_is_a_number_from_1024_to_65535(app: str) -> None:
    for port in ("1024", "8000", "9999", "10000", "59999", "65499", "65529", "65535"):
        assert not refusal("port", port, app), port
    for port in ("-1024", "0", "80", "1023", "65536", "65540", "70000", "1000000000", "8000.0"):
        assert "Use 1024 to 65535" in refusal("port", port, app), port
    for port in ("08000", " 8000", "8000\n", "8_000", "0x1f90", "٨٠٠٠", "True", "x", "[8000]"):
        assert "Use 1024 to 65535" in refusal("port", port, app), port
    assert bool(refusal("port", "", app)) == (app == "web"), "own code need not listen"


ADDRESSES = {
    "j@e.org": True,
    "jane@a.b.c.example.org": True,
    "jane": False,
    "jane@": False,
    "@example.org": False,
    "jane@example": False,
    "jane@@example.org": False,
    "jane@example.": False,
    "jane@.org": False,
    "jane@example..org": False,
}
COMMANDS = {
    "a": True,
    "serve --bind=0.0.0.0:8000 -w 2": True,
    "./serve": True,
    "/usr/bin/serve": True,
    " serve": False,
    "serve ": False,
    "serve  all": False,
    "A=1 serve": False,
    "-serve": False,
}
PATHS = {
    "a": True,
    "src": True,
    "manage.py shop": True,
    "a/b/c.py d/e": True,
    "": False,
    " src": False,
    "src  tests": False,
    "src//main": False,
    "/src": False,
    "src/": False,
    "src/ main": False,
    "./src": False,
    "src/../main": False,
    ".": False,
}
REGISTRIES = {
    "": True,
    "localhost": True,
    "localhost:5000": True,
    "mirror:5000": True,
    "mirror.example.com": True,
    "mirror.example.com:5000": True,
    "mirror.example.com/a/b-c/d.e/f_g/h__i": True,
    "mirror.example.com:5000/hub": True,
    "mirror": False,
    "mirror/hub": False,
    "mirror.example.com:": False,
    "mirror.example.com:x": False,
    "mirror.example.com/": False,
    "mirror.example.com//hub": False,
    "mirror.example.com/hub/": False,
    "mirror.example.com/hub:tag": False,
    "mirror.example.com/hub@sha256:00": False,
    "https://mirror.example.com": False,
    "user@mirror.example.com": False,
}
INDEXES = {
    "": True,
    "https://a": True,
    "https://pypi.example.com": True,
    "https://pypi.example.com/": True,
    "https://pypi.example.com:8443/a/b/simple/": True,
    "http://pypi.example.com/simple": False,
    "HTTPS://pypi.example.com/simple": False,
    "https://": False,
    "https:///simple": False,
    "https://pypi.example.com:/simple": False,
    "https://pypi.example.com//simple": False,
    "https://pypi.example.com/simple//": False,
    "https://pypi.example.com/simple?a=b": False,
    "https://pypi.example.com/simple#a": False,
    "https://me@pypi.example.com/simple": False,
    "https://me:word@pypi.example.com/simple": False,
    "pypi.example.com/simple": False,
}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("author_email", ADDRESSES),
        ("command", COMMANDS),
        ("code", PATHS),
        ("test_command", COMMANDS),
        ("writes", PATHS | {"": True, "code": False, "code/data": True, "a-b a/B": False}),
        ("registry", REGISTRIES),
        ("package_index", INDEXES),
    ],
)
def test_the_parts_of_an_answer_stand_in_this_order(
    question: str, expected: dict[str, bool]
) -> None:
    assert {answer: not refusal(question, answer) for answer in expected} == expected


# --- Names that are taken -----------------------------------------------------


def importable(folder: Path) -> set[str]:
    """Return the modules and packages in a folder that packages were installed into."""
    names = {path.name.partition(".")[0] for path in folder.iterdir() if path.name != "bin"}
    return {name for name in names if name.isidentifier() and not name.startswith("_")}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What the packages of all locks are imported as; all install at once, on one version each."""
    folder = tmp_path_factory.mktemp("modules")
    locks = sorted((ROOT / "includes/locks").glob("*.txt"))
    words = [word for lock in locks for word in ("--requirement", lock)]
    run("uv", "pip", "install", "--quiet", "--require-hashes", "--target", folder, *words)
    return importable(folder)


@pytest.mark.needs("index")
def test_a_package_may_not_be_called_as_what_a_project_imports(modules: set[str]) -> None:
    """One would hide the other. A dependency that is new is caught here."""
    expected = {"alembic", "fastapi", "psycopg", "pydantic", "redis", "sqlalchemy", "typer"}
    assert expected | {"click", "rich", "starlette", "uvicorn", "pytest", "debugpy"} <= modules
    assert {name for name in modules if not refusal("package_name", name)} == set()
    assert {name for name in modules if not refusal("package_name", name.upper())} == set()


def test_a_package_may_not_be_called_as_what_other_systems_install() -> None:
    """Where a marker keeps it from this one; such packages are imported by their own name."""
    texts = [lock.read_text("utf-8") for lock in (ROOT / "includes/locks").glob("*.txt")]
    lines = [line for text in texts for line in text.splitlines()]
    elsewhere = {
        re.split("[=[ ]", line)[0].replace("-", "_")
        for line in lines
        if re.match(r"[a-z].*;.*(platform|implementation)", line)
    }
    assert {"colorama", "tzdata"} <= elsewhere
    assert {name for name in elsewhere if not refusal("package_name", name)} == set()


# New in 3.14 and 3.15, or gone since 3.12: the Python that runs these tests may know none of them.
OF_OTHER_PYTHONS = ["annotationlib", "compression", "profiling", "asyncore", "distutils", "imp"]


@pytest.mark.parametrize("name", OF_OTHER_PYTHONS)
def test_a_package_may_not_be_called_as_a_module_of_another_python(name: str) -> None:
    """A project can move to any version that is offered."""
    assert f"Use app_{name}" in refusal("package_name", name)


@pytest.mark.parametrize("name", ["src", "tests", "test", "test_app", "TEST_APP", "conftest"])
def test_a_package_may_not_be_called_as_what_pytest_looks_for(name: str) -> None:
    assert f"Use app_{name.lower()}" in refusal("package_name", name)


@pytest.mark.parametrize("name", ["testing", "my_test", "tested", "apps", "jsons", "rich2"])
def test_a_name_that_only_resembles_one_that_is_taken_is_free(name: str) -> None:
    assert not refusal("package_name", name)


# --- The oldest Copier --------------------------------------------------------

# Since when Copier has what copier.yml uses: https://copier.readthedocs.io/en/stable/configuring/
SINCE = {"ask": (9, 19)}


def test_asks_for_the_copier_that_knows_its_settings() -> None:
    """An older one would ask everybody everything, or take a pattern for the name of a file."""
    used = {key for question in SETTINGS.values() if isinstance(question, dict) for key in question}
    expected = max(version for key, version in SINCE.items() if key in used)
    required = tuple(map(int, SETTINGS["_min_copier_version"].split(".")))
    assert required == expected


def test_the_jobs_install_a_copier_that_takes_the_template() -> None:
    files = ("includes/github-copier.yml", "template/.gitlab-ci.yml.jinja")
    texts = [(ROOT / name).read_text("utf-8") for name in files]
    installs = [line for text in texts for line in text.splitlines() if "copier>=" in line]
    assert len(installs) == len(files)
    for line in installs:
        assert f"copier>={SETTINGS['_min_copier_version']},<10" in line
