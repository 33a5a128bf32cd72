"""The template under test, and the projects that it makes."""

from __future__ import annotations

import importlib
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import copier
import jinja2
import pytest
import yaml
from copier._main import Worker
from copier._vcs import clone
from plumbum import local
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = {
    name: question
    for name, question in yaml.safe_load((ROOT / "copier.yml").read_text("utf-8")).items()
    if not name.startswith("_")
}
ASKED = {name for name, question in QUESTIONS.items() if question.get("when") is not False}

# The tools that came with the tests, whether their environment is activated or not.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

# Whose tests each make a project of their own; those that take longest first.
SHARE_NOTHING = ("test_update.py", "test_faults.py", "test_life.py", "test_locks.py")

# --- What a test may need -----------------------------------------------------

MINGW = "x86_64-w64-mingw32-gcc"
NO_DOWNLOADS = {"UV_PYTHON_DOWNLOADS": "never"}
SHELLS = ("bash", "zsh", "ksh", "mksh", "dash", "busybox", "yash", "fish", "tcsh", "nu")
# Not to be had on Debian: see test_native.py.
NATIVE = ("pwsh", "powershell", "cmd")


@cache
def missing(component: str) -> str:
    """Return what this machine lacks of a component, or nothing."""
    if component == "docker":
        ready = shutil.which("docker") and not run("docker", "info", check=False).returncode
        return "" if ready else "no running Docker engine"
    if component == "devcontainer":
        found = shutil.which("devcontainer")
        return component if not found else "" if developer().pw_uid else "a user in group docker"
    if component == "registry":
        return "" if shutil.which("docker-registry") else "docker-registry"
    if component == "wine":
        return ", ".join(name for name in ("wine", MINGW) if not shutil.which(name))
    if component in (*SHELLS, *NATIVE, "renovate"):
        return "" if shutil.which(component) else component
    if component.startswith("python"):
        return "" if find_python(component[len("python") :]) else component
    raise ValueError(f"no such component: {component}")


@cache
def developer() -> Any:
    """Return who runs this; for root, another user who may use Docker, if there is one."""
    import grp  # neither is there on Windows
    import pwd

    if os.getuid():
        return pwd.getpwuid(os.getuid())
    members = [
        name for group in grp.getgrall() if group.gr_name == "docker" for name in group.gr_mem
    ]
    return pwd.getpwnam(members[0]) if members else pwd.getpwuid(0)


def find_python(version: str) -> str:
    """Return the path of an installed Python, or nothing."""
    pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    found = run("uv", "python", "find", "--no-project", version, check=False, env=NO_DOWNLOADS)
    return str(pyenv[-1]) if pyenv else found.stdout.strip()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require",
        default="",
        metavar="docker,devcontainer,registry,renovate,shells,wine,python3.9",
        help="fail, rather than skip, the tests that need these when they are missing",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More than there are processors, as tests wait for containers and the network."""
    return (os.cpu_count() or 1) * 3 // 2


class Scheduling(LoadScopeScheduling):
    """Keep with one worker what shares a project, an image or an environment.

    What shares nothing is given out one by one, so that no worker is left with a whole file. This
    is what `--dist=loadgroup` did before pytest 9.2: pytest-dev/pytest-xdist#1386.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        name = Path(file).name
        if name == "test_files.py":
            return name + test.partition("[")[2]
        return nodeid if name in SHARE_NOTHING else name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest tests first among those that come one by one, and so last."""
    rank = {name: number for number, name in enumerate(SHARE_NOTHING)}
    items.sort(key=lambda item: rank.get(item.path.name, -1))


def pytest_runtest_setup(item: pytest.Item) -> None:
    required = each_shell(item.config.getoption("--require").split(","))
    for component in needed_by(item):
        if lack := missing(component):
            if component in required:
                pytest.fail(f"requires {component}, missing: {lack}", pytrace=False)
            pytest.skip(f"needs {component}, missing: {lack}")


def needed_by(item: pytest.Item) -> list[str]:
    """Return what the markers of a test name, and the shell that it is given as a parameter."""
    callspec = getattr(item, "callspec", None)
    given = callspec.params.values() if callspec else ()
    marked = [name for marker in item.iter_markers("needs") for name in marker.args]
    return each_shell([*marked, *(value for value in given if value in SHELLS)])


def each_shell(components: list[str]) -> list[str]:
    """Return the same components, with each shell in the place of the word for all of them."""
    found = []
    for name in components:
        found += SHELLS if name == "shells" else [name]
    return found


# --- Commands and projects ----------------------------------------------------


def run(*command: object, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command in a user's plain environment; on failure, show what it printed."""
    hidden = ("VIRTUAL_ENV", "PROJECT_PYTHON", "PYTHON", "APP_", "COMPOSE_", "UV_", "PYTEST_")
    hidden += ("PSMODULEPATH",)  # of the new PowerShell, is not for Windows' own
    environment = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    environment |= options.pop("env", {})
    words = [str(word) for word in command]
    options = {"capture_output": True, "encoding": "utf-8", **options}
    done = subprocess.run(words, check=False, env=environment, **options)
    if check and done.returncode:
        pytest.fail(f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


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
        """Return all files by their path, but for what git and tools keep."""
        return {
            path.relative_to(self.path).as_posix(): path.read_bytes()
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and not {".git", ".venv"} & set(path.relative_to(self.path).parts)
        }

    def commit(self) -> None:
        self.run("git", "init", "-q")
        self.run("git", "add", "-A")
        who = ("-c", "user.name=User", "-c", "user.email=user@example.org")
        self.run("git", *who, "commit", "-qm", "Work")

    def update(self, **answers: Any) -> None:
        """`copier update --defaults`, with some answers changed."""
        assert answers.keys() <= ASKED, f"not in copier.yml: {answers.keys() - ASKED}"
        copier.run_update(self.path, data=answers, defaults=True, overwrite=True, quiet=True)
        self.answers |= answers


Bake = Callable[..., Project]


@pytest.fixture(scope="session", autouse=True)
def no_user_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The tester's own defaults for Copier must not reach the answers."""
    settings = tmp_path_factory.mktemp("settings") / "settings.yml"
    settings.write_text("{}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPIER_SETTINGS_PATH", str(settings))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_rendering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let all projects share what Copier would compile anew for each, and parse YAML in C.

    Nor does it start Git for each file to see whether `core.fileMode` is false in the project's
    repository: `git init` makes it true, but on Windows. And it clones a template's repository,
    which takes five commands, once as long as nothing was released.
    """
    clones: dict[tuple[str, ...], str] = {}
    compiled: dict[Any, Any] = {}
    compile_ = jinja2.Environment.compile

    def compile_once(self: jinja2.Environment, source: Any, *names: Any, **options: Any) -> Any:
        # A file is in another clone of the template each time, which only a traceback shows.
        key = type(self), self.undefined, source, names[:1], tuple(options.items())
        if key not in compiled:
            compiled[key] = compile_(self, source, *names, **options)
        return compiled[key]

    def clone_once(url: str, ref: str, location: str) -> str:
        # Copier only reads it, and removes the folder that it had made for it.
        key = url, ref, run("git", "show-ref", cwd=url).stdout
        if key not in clones:
            clones[key] = clone(url, ref, str(tmp_path_factory.mktemp("clone")))
        return clones[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jinja2.Environment, "compile", compile_once)
        patch.setattr(copier._template, "clone", clone_once)
        patch.setattr(yaml, "SafeLoader", yaml.CSafeLoader)
        if os.name == "posix":
            patch.setattr(Worker, "_sync_git_index_executable_bit", lambda *_: None)
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it stands in the working tree, without git: the quickest to render.

    A name that is not defined is an error here. For users it is not, because an update reads
    the settings of the new version with the answers to the old one.
    """
    export = tmp_path_factory.mktemp("template")
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in names.stdout.rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            (export / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, export / name)
    with (export / "copier.yml").open("a") as settings:
        settings.write("\n_envops:\n  undefined: jinja2.StrictUndefined\n")
    return export


@pytest.fixture(scope="session")
def released(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as users have it, a git repository with a release, which updates need."""
    repository = tmp_path_factory.mktemp("released") / "template"
    shutil.copytree(template, repository)
    shutil.copy2(ROOT / "copier.yml", repository)
    release(repository, "v1.0.0")
    run("git", "gc", "--quiet", cwd=repository)  # or each clone copies a folder for each object
    return repository


@pytest.fixture
def repository(released: Path, tmp_path: Path) -> Path:
    """The same for one test, which may release a later version."""
    shutil.copytree(released, tmp_path / "template")
    return tmp_path / "template"


def release(repository: Path, version: str) -> None:
    """Commit what stands in a template's repository, and tag it."""
    Project(repository, {}).commit()
    run("git", "tag", version, cwd=repository)


@pytest.fixture(scope="session")
def bake(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Bake:
    """Make a project: bake(isolation="venv", app="web").

    Without Git on PATH, which Copier else asks whether the template is a repository or a bundle.
    """

    def make(source: Path = template, **answers: Any) -> Project:
        # Copier takes unknown answers without a word, and the test would test nothing.
        assert answers.keys() <= ASKED, f"not in copier.yml: {answers.keys() - ASKED}"
        path = tmp_path_factory.mktemp("project")
        with local.env(PATH="") if source is template else nullcontext():
            copier.run_copy(str(source), path, data=answers, defaults=True, quiet=True)
        kept = yaml.safe_load((path / ".copier-answers.yml").read_text("utf-8"))
        assert answers.items() <= kept.items()
        return Project(path, {name: kept[name] for name in kept if name in ASKED})

    return make


def load_scripts() -> SimpleNamespace:
    """Return new copies of venv.py and of the modules that it is made of."""
    names = ("network", "project", "pythons", "packages", "shells", "venv")
    for name in names:
        sys.modules.pop(name, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "template/scripts")
        return SimpleNamespace(**{name: importlib.import_module(name) for name in names})


# --- Combinations -------------------------------------------------------------


def choices(name: str) -> list[Any]:
    """Return the answers to a choice question; each subset, where several can be chosen."""
    found = QUESTIONS[name]["choices"]
    values = found.values() if isinstance(found, dict) else found
    values = [value["value"] if isinstance(value, dict) else value for value in values]
    if not QUESTIONS[name].get("multiselect"):
        return values
    counts = range(len(values) + 1)
    return [list(some) for count in counts for some in itertools.combinations(values, count)]


# The applications that bring code and tests of their own.
SAMPLES = [app for app in choices("app") if app != "own"]


def combinations(*names: str) -> list[dict[str, Any]]:
    """Return every combination of answers to these choice questions."""
    found = [
        dict(zip(names, values, strict=True)) for values in itertools.product(*map(choices, names))
    ]
    # The one answer that is refused together with another.
    return [a for a in found if (a.get("ci"), a.get("update_bot")) != ("none", "schedule")]


def label(answers: dict[str, Any]) -> str:
    """Return the name of a combination in a test report."""
    words = ("+".join(a) if isinstance(a, list) else str(a) for a in answers.values())
    return "-".join(word or "none" for word in words)
