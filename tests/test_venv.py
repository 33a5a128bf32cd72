"""The venv half, really: environments are made, activated in real shells, and used."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from conftest import Bake, Project, choices, run

pytestmark = pytest.mark.needs("shells")

SOURCE = {shell: ". scripts/activate" for shell in ("bash", "zsh", "dash")}
SOURCE["fish"] = "source scripts/activate.fish"


def path_without_uv() -> str:
    """Return PATH without the folders that hold a uv, but with what else is needed."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(path for path in folders if not Path(path, "uv").exists())


# The version that the tests run on is there for certain.
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
WITHOUT_UV = {"PATH": path_without_uv()}


def shell(project: Project, name: str, script: str, **options: object) -> str:
    """Return what a script prints in a shell that has activated the project."""
    flags = {"bash": ["--norc", "-c"], "zsh": ["-f", "-c"], "fish": ["--no-config", "-c"]}
    words = [name, *flags.get(name, ["-c"]), f"{SOURCE[name]} && {script}"]
    return project.run(*words, **options).stdout


@pytest.fixture(scope="module", params=choices("app"))
def project(request: pytest.FixtureRequest, bake: Bake) -> Project:
    """A project whose environment uv has made."""
    project = bake(isolation="venv", app=request.param, python_version=HERE)
    shell(project, "bash", "true")
    return project


@pytest.mark.parametrize("name", SOURCE)
def test_runs_the_tests_and_linters(project: Project, name: str) -> None:
    assert "passed" in shell(project, name, "pytest -q")
    assert "All checks passed" in shell(project, name, "ruff check")


@pytest.mark.parametrize("name", SOURCE)
def test_activates_and_leaves_no_trace(project: Project, name: str) -> None:
    marker = "echo; echo ---;"
    # $_ and the like change with every command.
    names = (
        "grep -v -E '^(_|BASH_[A-Z]*|PIPESTATUS|LINENO|SECONDS|RANDOM|status.*|EPOCH.*|funcstack)='"
    )
    state = {
        "bash": f"set | {names}; alias; shopt; set -o",
        "zsh": f"typeset + | grep -v -E 'RANDOM|status|SECONDS|LINENO|_$'; functions; alias; set -o; env | {names}",
        "dash": f"set | {names}; alias; set -o",
        "fish": "set --names | grep -v status; functions --all --names; env | grep -v SHLVL",
    }[name]
    # Once before, so that what the commands themselves leave is there both times.
    script = f"{state} >/dev/null; {marker} {state}; {marker} {SOURCE[name]}; python -c 'import sys; print(sys.prefix)'; deactivate; {marker} {state}"
    words = [name, "-c", script]
    _, before, inside, after = project.run(*words).stdout.split("---\n")
    assert inside.strip() == str(project.path / ".venv")
    assert after.strip() == before.strip()


@pytest.mark.parametrize("name", SOURCE)
def test_is_found_from_anywhere(project: Project, name: str, tmp_path: Path) -> None:
    if name == "dash" and not Path("/proc/self/fd").exists():
        pytest.skip("without /proc dash cannot tell where a sourced file is")
    script = SOURCE[name].replace("scripts", f"'{project.path}'/scripts")
    done = run(name, "-c", f"{script}; echo $VIRTUAL_ENV", cwd=tmp_path)
    assert done.stdout.strip() == str(project.path / ".venv")


@pytest.mark.parametrize("name", SOURCE)
def test_executed_instead_of_sourced_tells_the_command(project: Project, name: str) -> None:
    done = project.run(name, SOURCE[name].split()[1], check=False)
    assert done.returncode != 0
    assert SOURCE[name] in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", SOURCE)
def test_loads_dotenv_and_restores_it(project: Project, name: str) -> None:
    value = 'It\'s "quoted" $HOME `date` \\ # ! é'
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    project.write(".env", f"# comment\nAPP_GREETING='{escaped}'\nEMPTY=\nnot an assignment\n")
    try:
        done = project.run(name, "-c", f"{SOURCE[name]}; env; deactivate; echo ---; env")
    finally:
        (project.path / ".env").unlink()
    inside, after = done.stdout.split("---\n")
    assert {f"APP_GREETING={value}", "EMPTY="} <= set(inside.splitlines())
    assert "APP_GREETING" not in after and "EMPTY" not in after
    assert done.stderr.splitlines() == ["venv: .env:4: expected NAME=value; this line is left out"]


def test_is_quick_and_quiet_when_current(project: Project) -> None:
    """Without a change, no Python is started: one that fails is not noticed."""
    fake = project.path / ".venv/fake"
    fake.mkdir(exist_ok=True)
    for name in ("python3", "python"):
        (fake / name).write_text("#!/bin/sh\nexit 1\n")
        (fake / name).chmod(0o755)
    path = {"PATH": f"{fake}{os.pathsep}{os.environ['PATH']}"}
    for name, source in SOURCE.items():
        done = project.run(name, "-c", f"{source} && echo $VIRTUAL_ENV", env=path)
        assert done.stdout.strip() == str(project.path / ".venv")
        assert done.stderr == ""


@pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
def test_follows_the_lock(uv: bool, bake: Bake) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    path = {} if uv else WITHOUT_UV
    packages = "python -c 'import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))'"
    before = shell(project, "bash", packages, env=path)
    assert "iniconfig" in before and "pip" in before.split()

    # A lock without pytest, and with a package that was not there.
    lock = project.read("requirements-dev.txt")
    kept = [block for block in split(lock) if block.startswith(("pip", "python-dotenv", "ruff"))]
    six = "six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274\n"
    project.write("requirements-dev.txt", "".join([*kept, six]))
    done = project.run("bash", "-c", f"{SOURCE['bash']} && {packages}", env=path)
    assert "requirements-dev.txt changed" in done.stderr
    assert "removed what is not in the locks: " in done.stderr and "pytest" in done.stderr
    after = done.stdout.split()
    assert "six" in after and "pytest" not in after and "typer" in after
    assert project.run(sys.executable, "scripts/venv.py", "check").returncode == 0


def split(lock: str) -> list[str]:
    """Return the entries of a lock, each with its hashes."""
    entries: list[str] = []
    for line in lock.splitlines(keepends=True):
        if not line.startswith(("#", " ")):
            entries.append("")
        if entries:
            entries[-1] += line
    return entries


def test_a_wrong_hash_is_refused_and_the_environment_still_works(bake: Bake) -> None:
    project = bake(isolation="venv", app="cli")
    shell(project, "bash", "true")
    lock = project.read("requirements.txt")
    project.write(
        "requirements.txt",
        lock + f"six==1.17.0 --hash=sha256:{'0' * 64}\n",
    )
    done = project.run("bash", "-c", f"{SOURCE['bash']}; echo $?-$VIRTUAL_ENV-$PATH", check=False)
    assert done.stdout.strip() == f"1--{os.environ['PATH']}"
    assert done.stderr.splitlines()[-1].startswith("venv: `uv pip sync` ended with status")
    project.write("requirements.txt", lock)
    done = project.run("bash", "-c", f"{SOURCE['bash']} && python -m my_project hello")
    assert (done.stdout, done.stderr) == ("Hello, World!\n", "")


@pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
@pytest.mark.parametrize("name", ["with space", 'quote\'s "$HOME" `x` & ; ! %', "Größe 日本"])
def test_works_in_odd_paths_and_after_a_move(
    uv: bool, name: str, bake: Bake, tmp_path: Path
) -> None:
    source = bake(isolation="venv", app="cli", python_version=HERE)
    project = Project(tmp_path / name, source.answers)
    shutil.copytree(source.path, project.path)
    path = {} if uv else WITHOUT_UV
    for shell_name in SOURCE:
        out = shell(project, shell_name, "python -m my_project info", env=path)
        assert f"in {project.path}/.venv on" in out
    moved = Project(tmp_path / f"{name} moved", source.answers)
    project.path.rename(moved.path)
    done = moved.run("bash", "-c", f"{SOURCE['bash']} && python -m my_project info", env=path)
    assert f"the project was moved here from {project.path}" in done.stderr
    assert f"in {moved.path}/.venv on" in done.stdout


def test_debris_is_healed(bake: Bake) -> None:
    """What `kill -9` leaves at any moment has no stamp."""
    project = bake(isolation="venv", app="cli", python_version=HERE)
    shell(project, "bash", "true")
    (project.path / ".venv/stamp.json").unlink()
    shutil.rmtree(next((project.path / ".venv/lib").glob("python*")) / "site-packages" / "typer")
    done = project.run(sys.executable, "scripts/venv.py", "check", check=False)
    assert "not complete; run: python scripts/venv.py sync" in done.stderr and done.returncode
    project.run(sys.executable, "scripts/venv.py", "sync")
    assert shell(project, "bash", "python -m my_project hello") == "Hello, World!\n"
    project.run(sys.executable, "scripts/venv.py", "check")


def test_something_else_called_venv_is_left_alone(bake: Bake) -> None:
    project = bake(isolation="venv")
    (project.path / ".venv").mkdir()
    project.write(".venv/precious", "data\n")
    done = project.run("bash", "-c", SOURCE["bash"], check=False)
    assert done.returncode and "is not a virtual environment; move it away" in done.stderr
    assert project.read(".venv/precious") == "data\n"


def test_check_names_what_is_wrong(bake: Bake) -> None:
    project = bake(isolation="venv", python_version=HERE)
    check = (sys.executable, "scripts/venv.py", "check")
    done = project.run(*check, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "venv: there is no .venv yet; run: python scripts/venv.py sync\n",
    )
    shell(project, "bash", "true")
    assert project.run(*check).stderr == ""
    shell(project, "bash", "python -m pip uninstall -q -y shellingham")
    assert (
        "not as locked: shellingham missing instead of " in project.run(*check, check=False).stderr
    )


def test_another_python_is_used_with_a_warning(bake: Bake) -> None:
    """No machine has Python 3.99; the project should still work, and say so."""
    project = bake(isolation="venv")
    project.write(".python-version", "3.99\n")
    done = project.run("bash", "-c", f"{SOURCE['bash']} && python -m my_project hello")
    assert done.stdout == "Hello, World!\n"
    [warning] = [line for line in done.stderr.splitlines() if "warning" in line]
    assert ".python-version asks for 3.99, found only Python 3." in warning
    done = project.run(sys.executable, "scripts/venv.py", "check", check=False)
    assert done.returncode and ".python-version says 3.99" in done.stderr


def test_project_python_decides(bake: Bake) -> None:
    project = bake(isolation="venv")
    done = project.run(
        "bash",
        "-c",
        f"{SOURCE['bash']} && python -m my_project info",
        env={"PROJECT_PYTHON": sys.executable},
    )
    assert done.stdout.startswith(f"Python {sys.version.split()[0]} ")
    wrong = {"PROJECT_PYTHON": "/no/python"}
    done = project.run("bash", "-c", f"{SOURCE['bash']}", env=wrong, check=False)
    assert done.returncode and "PROJECT_PYTHON=/no/python starts no Python" in done.stderr


@pytest.mark.parametrize("app", choices("app"))
@pytest.mark.parametrize("uv", [True, False], ids=["uv", "private uv"])
def test_locking_again_changes_nothing(uv: bool, app: str, bake: Bake, tmp_path: Path) -> None:
    project = bake(isolation="venv", app=app)
    before = project.files()
    path = {} if uv else WITHOUT_UV | {"XDG_CACHE_HOME": str(tmp_path)}
    project.run(sys.executable, "scripts/venv.py", "lock", env=path)
    assert project.files() == before


def test_locking_takes_what_was_added(bake: Bake) -> None:
    project = bake(isolation="venv", app="cli")
    project.append("requirements.in", "six\n")
    project.run(sys.executable, "scripts/venv.py", "lock")
    assert "\nsix==" in project.read("requirements.txt")
    assert shell(project, "bash", "python -c 'import six; print(six.PY3)'") == "True\n"


def test_pip_install_works_and_types_hold(project: Project, tmp_path: Path) -> None:
    python, target = project.path / ".venv/bin/python", tmp_path / "installed"
    project.run(python, "-m", "pip", "install", "-q", "--no-deps", "--target", target, ".")
    assert (target / "bin/my-project").exists() and (target / "my_project/__main__.py").exists()
    metadata = next(target.glob("*.dist-info/METADATA")).read_text("utf-8")
    assert "Requires-Dist: pydantic-settings\n" in metadata
    done = project.run("mypy", "--strict", "--python-executable", python, "src", "tests")
    assert "no issues found" in done.stdout


def test_no_install_setting_leads_astray(bake: Bake) -> None:
    project = bake(isolation="venv", app="cli")
    astray = {
        "PIP_USER": "1",
        "PIP_TARGET": "/tmp/astray",
        "PYTHONHOME": "/nowhere",
        "PYTHONPATH": "/nowhere",
    }
    out = shell(
        project,
        "bash",
        "python -m my_project hello; echo ${PYTHONHOME-unset}",
        env=astray | WITHOUT_UV,
    )
    assert out == "Hello, World!\nunset\n"
