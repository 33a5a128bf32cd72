"""The fixtures that all tests share; what they are made of is in the folder support."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from plumbum import local
from pytest_copie.plugin import Copie
from support.commands import GIT, ROOT, run
from support.components import COMPONENTS, EXPECTED, SHELLS, missing
from support.projects import Bakery
from support.rendering import no_trust
from support.versions import export, history, release

# So that the tests find ruff, uv and other tools that were installed with them, even when their
# environment is not activated.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


# --- What a test may need -----------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require",
        default="",
        metavar="COMPONENT,...",
        help="fail, rather than skip, the tests that need these when they are missing: "
        + ", ".join(["all", "shells", *COMPONENTS]),
    )


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart() -> None:
    """Before the workers start, find out once what they all need to know."""
    clone = run("git", "rev-parse", "HEAD", cwd=ROOT, check=False)
    if clone.returncode:  # 128 for a folder without git, and for a clone of another user
        reason = clone.stderr.partition("\n")[0]
        pytest.exit(f"the tests need a git clone that is your own: {reason}", returncode=4)
    missing("index")


def pytest_report_header() -> list[str]:
    """Say before the tests what will be skipped, and how to run it."""
    lines = [
        f"skipped: what needs {name}; to run it: {COMPONENTS[name]}"
        for name in sorted({*EXPECTED, "kubernetes", "attest"})
        if missing(name)
    ]
    return lines or ["skipped: nothing"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    required = each_shell(item.config.getoption("--require").split(","))
    if "all" in required:
        required += EXPECTED
    for component in needed_by(item):
        if lack := missing(component):
            if component in required:
                pytest.fail(f"requires {component}, missing: {lack}", pytrace=False)
            pytest.skip(f"needs {component}, missing: {lack}")


def needed_by(item: pytest.Item) -> list[str]:
    """Return what the `needs` markers of a test name, and each shell among its parameters."""
    callspec = getattr(item, "callspec", None)
    given = callspec.params.values() if callspec else ()
    marked = [name for marker in item.iter_markers("needs") for name in marker.args]
    return each_shell([*marked, *(value for value in given if value in SHELLS)])


def each_shell(components: list[str]) -> list[str]:
    """Return the same components, with all shells in place of the word `shells`."""
    found = []
    for name in components:
        found += SHELLS if name == "shells" else [name]
    return found


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More than there are processors, as tests wait for containers and the network."""
    return (os.cpu_count() or 1) * 2


# --- Fixtures -------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def plain_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tester's settings of Copier and git from what runs in this process.

    Copier starts git through plumbum, which has a copy of the environment of its own.
    """
    settings = tmp_path_factory.mktemp("settings") / "settings.yml"
    settings.write_text("{}")  # Copier 9.19.1 fails to read an empty file
    variables = GIT | {"COPIER_SETTINGS_PATH": str(settings)}
    hidden = [name for name in os.environ if name.startswith("GIT_")]
    with pytest.MonkeyPatch.context() as patch, local.env(**variables):
        for name in hidden:
            patch.delenv(name)
            local.env.pop(name, None)
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session", autouse=True)
def nothing_is_trusted() -> Iterator[None]:
    with no_trust():
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it is in the working tree, without git.

    A name that is not defined is an error here. For users it is not, because an update reads
    the settings of the new version with the answers to the old one.
    """
    folder = export(tmp_path_factory.mktemp("template"))
    settings = folder / "copier.yml"
    # pytest-copie reads YAML documents until one has `_subdirectory`. A first document with that
    # line makes it quicker; Copier takes all documents together as its settings.
    first = "_subdirectory: template\n_envops:\n  undefined: jinja2.StrictUndefined\n---\n"
    settings.write_text(first + settings.read_text("utf-8"), "utf-8")
    return folder


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree as users have it: a git repository, in which it is v1.0.0."""
    repository = export(tmp_path_factory.mktemp("released"))
    release(repository, "v1.0.0")
    run("git", "gc", "--quiet", cwd=repository)  # one file of many objects, for quick clones
    return repository


@pytest.fixture
def repository(released: Path, tmp_path: Path) -> Path:
    """A copy of `released` for one test, which may release later versions in it."""
    return shutil.copytree(released, tmp_path / "template")


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A repository with a real older version and, after it, the working tree; the tags of both."""
    repository = tmp_path_factory.mktemp("past") / "template"
    return repository, *history(repository)


@pytest.fixture(scope="session")
def bake(copie_session: Copie, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Bakery:
    """Make a project: bake(isolation="venv", app="web"). `Bakery` has the other forms."""
    return Bakery(copie_session, tmp_path_factory.mktemp("projects"), template)
