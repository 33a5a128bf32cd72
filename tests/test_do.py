"""`dev/do`, the runner: the same words in each isolation, from any folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.answers import choices
from support.packages import wheel
from support.projects import Bakery, Project
from test_venv import HERE

EVERYDAY = {"run", "test", "lint", "format", "add", "lock", "shell", "sync", "check", "clean"}


@pytest.mark.parametrize("isolation", choices("isolation"))
def test_lists_the_same_words_in_each_isolation(isolation: str, bake: Bakery) -> None:
    project = bake(isolation=isolation)
    done = project.run("dev/do")
    words = {line.split()[1] for line in done.stdout.splitlines()}
    assert words == EVERYDAY | ({"parity", "container"} if isolation == "both" else set())
    unknown = project.run("dev/do", "unknown", check=False)
    assert (unknown.returncode, unknown.stdout, unknown.stderr) == (2, "", done.stdout)


# --- In the virtual environment -----------------------------------------------


@pytest.fixture(scope="module")
def project(bake: Bakery) -> Project:
    project = bake(isolation="both", app="cli", python_version=HERE)
    project.run("dev/do", "sync")
    return project


def do(project: Project, *words: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command from another folder."""
    (project.path / "docs").mkdir(exist_ok=True)
    return project.run("sh", "-c", 'cd docs && exec ../dev/do "$@"', "do", *words, **options)


@pytest.mark.needs("index")
def test_runs_the_program_with_arguments_that_have_spaces(project: Project) -> None:
    done = do(project, "run", "hello", "big  world")
    assert done.stdout == "Hello, big  world!\n"
    assert done.stderr == "+ python -m my_project hello big  world\n"


@pytest.mark.needs("index")
def test_passes_the_exit_status_on(project: Project) -> None:
    assert do(project, "test", "-k", "nothing_like_it", check=False).returncode == 5
    assert do(project, "run", "--no-such-option", check=False).returncode == 2


@pytest.mark.needs("index")
def test_tests_lints_and_formats(project: Project) -> None:
    assert " passed" in do(project, "test").stdout
    assert do(project, "lint").stdout.startswith("All checks passed!")
    project.write("src/my_project/ugly.py", "x   =   1\n")
    assert do(project, "lint", check=False).returncode == 1
    do(project, "format")
    assert project.read("src/my_project/ugly.py") == "x = 1\n"
    (project.path / "src/my_project/ugly.py").unlink()


@pytest.mark.needs("index")
def test_starts_a_shell_in_which_everything_is_installed(project: Project) -> None:
    done = do(project, "shell", input="command -v pytest\n", env={"SHELL": "/bin/sh"})
    assert done.stdout == f"{project.path}/.venv/bin/pytest\n"


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    """Variables with which pip and uv find two small packages, and nothing else."""
    for name in ("alpha", "beta"):
        wheel(tmp_path / "wheels", name, "1.0")
    folder = str(tmp_path / "wheels")
    return {"UV_FIND_LINKS": folder, "UV_NO_INDEX": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}


@pytest.fixture
def small(bake: Bakery) -> Project:
    """A project that needs no package yet."""
    project = bake(isolation="venv", app="own", python_version=HERE)
    for name in ("requirements.in", "requirements-dev.in", "requirements-dev.txt"):
        project.write(name, "")
    return project


@pytest.mark.parametrize(
    ("words", "name"),
    [(["alpha"], "requirements"), (["--dev", "alpha", "beta"], "requirements-dev")],
    ids=["program", "development"],
)
def test_adds_packages(
    words: list[str], name: str, small: Project, offline: dict[str, str]
) -> None:
    small.write(f"{name}.in", "# mine, without a line break")
    do(small, "add", *words, env=offline)
    packages = [word for word in words if not word.startswith("-")]
    assert small.read(f"{name}.in").splitlines()[1:] == packages
    assert re.findall(r"^(\w+)==1.0 ", small.read(f"{name}.txt"), re.MULTILINE) == packages
    small.run(".venv/bin/python", "-c", f"import {', '.join(packages)}")


def test_an_addition_that_cannot_be_locked_changes_nothing(
    small: Project, offline: dict[str, str]
) -> None:
    before = small.files()
    done = do(small, "add", "no-such-package", env=offline, check=False)
    assert done.returncode == 1 and "no-such-package" in done.stderr
    assert small.files() == before


def test_an_addition_that_is_listed_already_names_the_line_to_edit(
    small: Project, offline: dict[str, str]
) -> None:
    small.write("requirements.in", "Alpha_x==1.0\n")
    done = do(small, "add", "alpha-x>=2", env=offline, check=False)
    fix = "edit its line there, then run: dev/do lock"
    assert done.returncode == 1
    assert done.stderr == f"dev: alpha-x is in requirements.in already; {fix}\n"
    assert small.read("requirements.in") == "Alpha_x==1.0\n"


@pytest.mark.needs("index")
def test_a_program_that_runs_ends_with_the_runner(bake: Bakery) -> None:
    """A supervisor stops what it started."""
    program = "import time; print('runs', flush=True); time.sleep(600)"
    project = bake(isolation="venv", app="own", python_version=HERE, command="python serve.py")
    project.write("serve.py", program)
    project.run("dev/do", "sync")
    words = {"cwd": project.path, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(["dev/do", "run"], **words) as runner:
        assert runner.stdout and runner.stdout.readline() == "runs\n"
        runner.terminate()
        # Reading ends when the program has closed its end, too.
        assert runner.stdout.read() == ""
        assert runner.wait() == 128 + signal.SIGTERM


def test_an_addition_that_is_interrupted_changes_nothing(small: Project, tmp_path: Path) -> None:
    (tmp_path / "uv").write_text("#!/bin/sh\nkill -INT $PPID\nsleep 9\n")
    (tmp_path / "uv").chmod(0o755)
    before = small.files()
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = do(small, "add", "alpha", env=path, check=False)
    assert done.returncode == 130
    assert small.files() == before


def test_a_program_decides_what_an_interrupt_means(bake: Bakery) -> None:
    project = bake(isolation="venv", app="own", command="sh job.sh", python_version=HERE)
    for name in ("requirements.in", "requirements-dev.in", "requirements-dev.txt"):
        project.write(name, "")
    project.write("job.sh", "trap 'echo stopped' INT\nkill -INT $PPID $$\n")
    assert do(project, "run").stdout == "stopped\n"


# --- In containers ------------------------------------------------------------

# Stands in for docker or podman, and prints its arguments, one per line.
ENGINE = '#!/bin/sh\nprintf "%s\\n" "$@"\n[ "${1-}" != build ] || exit "${FAIL-0}"\n'


@pytest.fixture(params=["docker", "podman"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """A PATH with the tools that the runner needs, and with one engine."""
    for name in ("sh", "readlink", "sed", "cp", "mv", "rm", "tail", "id", "date", "grep"):
        for folder in os.defpath.split(os.pathsep):
            if Path(folder, name).exists():
                (tmp_path / name).symlink_to(Path(folder, name))
                break
    (tmp_path / "python3").symlink_to(Path(sys.executable).resolve())
    (tmp_path / request.param).write_text(ENGINE)
    (tmp_path / request.param).chmod(0o755)
    return {"PATH": str(tmp_path)}


TOOL = ["compose", "run", "--rm", "--no-deps", "test"]
CONTAINER = {
    ("run", "a b"): ["compose", "run", "--rm", "app", "python", "-m", "my_project", "a b"],
    ("test", "-k", "a b"): ["compose", "run", "--rm", "test", "pytest", "-k", "a b"],
    ("format", "src"): [*TOOL, "ruff", "format", "src"],
    ("shell",): ["compose", "run", "--rm", "test", "bash"],
    ("sync",): ["compose", "build"],
    ("lock", "--upgrade-package", "a"): [
        *("build", "--target=lock", "--build-arg=UPGRADE=--upgrade-package a"),
        *("--build-arg=NOW=0", "--output=.", "."),
    ],
    ("clean",): ["compose", "down", "--remove-orphans"],
}


@pytest.mark.parametrize("words", CONTAINER)
@pytest.mark.parametrize("isolation", ["docker", "both"])
def test_runs_the_engine_that_is_there(
    words: tuple[str, ...], isolation: str, engine: dict[str, str], bake: Bakery
) -> None:
    prefix = ["container"] if isolation == "both" else []
    done = do(bake(isolation=isolation, app="cli"), *prefix, *words, env=engine)
    # The time keeps an engine from taking what it locked before.
    stdout, stderr = (re.sub(r"NOW=\d+", "NOW=0", text) for text in (done.stdout, done.stderr))
    assert stdout.splitlines() == CONTAINER[words]
    name = next(name for name in ("docker", "podman") if Path(engine["PATH"], name).exists())
    assert stderr == f"+ {name} {' '.join(CONTAINER[words])}\n"


@pytest.mark.parametrize("isolation", ["docker", "both"])
def test_says_that_a_build_does_not_see_the_index_of_this_machine(
    isolation: str, engine: dict[str, str], bake: Bakery
) -> None:
    project = bake(isolation=isolation, app="cli")
    prefix = ["container"] if isolation == "both" else []
    for word, told in (("lock", True), ("sync", True), ("test", False)):
        for variables in ({"PIP_INDEX_URL": "https://user:secret@index.example.com"}, {}):
            done = do(project, *prefix, word, env=engine | variables)
            note = "note: the image uses the answer package_index, not "
            assert (note in done.stderr) == (told and bool(variables))
            assert "secret" not in done.stderr


@pytest.mark.parametrize(
    "line", ['A="x"', "A=x y", "A='${B}'", "A= # comment", "A: x", "export A=x"]
)
def test_check_names_a_line_of_settings_that_readers_differ_on(
    line: str, engine: dict[str, str], bake: Bakery
) -> None:
    """As test_parity.py asks it with a Python on the machine."""
    project = bake(isolation="docker", app="cli")
    project.write(".env", f"# settings\n\nB='a $b \"c\" #'\nC=\n{line}\n")
    done = do(project, "check", env=engine, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    form = "expected NAME=value or NAME='value', as .env.example says"
    assert done.stderr == f"dev/do: .env:5: {form}\n"


def test_an_addition_that_no_container_can_lock_changes_nothing(
    engine: dict[str, str], bake: Bakery
) -> None:
    project = bake(isolation="docker", app="cli")
    before = project.files()
    assert do(project, "add", "x", env=engine | {"FAIL": "1"}, check=False).returncode == 1
    assert project.files() == before
    do(project, "add", "x", env=engine)
    assert project.read("requirements.in").endswith("\nx\n")


@pytest.mark.needs("docker", "index")
def test_adds_a_package_without_python_on_the_host(bake: Bakery) -> None:
    project = bake(isolation="docker", app="cli", project_name=f"Do {os.getpid()}")
    try:
        do(project, "add", "six")
        assert "\nsix==" in project.read("requirements.txt")
        assert do(project, "run", "python", "-c", "pass", check=False).returncode == 2
        assert " passed" in do(project, "test").stdout
    finally:
        project.run(
            "docker", "compose", "down", "--remove-orphans", "--rmi=local", "--volumes", "-t1"
        )
