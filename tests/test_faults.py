"""What can go wrong while an environment is made, and that the next call mends it."""

from __future__ import annotations

import errno
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
from support.components import find_python
from support.packages import BOTH_THERE, small, wheel
from support.projects import Bakery, Project
from support.scripts import load_scripts
from test_venv import HERE, NO_STARTUP_FILES, SOURCE, WITHOUT_UV, session, shell

# Each file of each package is as it was published. To import them takes far longer, as that
# compiles them.
ALL_THERE = """python -c '
import base64, hashlib, importlib.metadata
found = {package.name: package for package in importlib.metadata.distributions()}
assert {"pip", "pytest", "python-dotenv", "rich", "ruff", "typer"} <= found.keys()
for package in found.values():
    for file in package.files:
        if file.hash:
            digest = hashlib.new(file.hash.mode, file.read_binary()).digest()
            assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == file.hash.value
print("all there")
'"""


@pytest.fixture
def project(bake: Bakery) -> Project:
    return bake(isolation="venv", app="cli", python_version=HERE)


@pytest.fixture
def wheels(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Let the project need two small packages alone; the variables to find them."""
    return small(project, tmp_path_factory.mktemp("wheels"))


def start(
    project: Project,
    script: str = f". dev/activate && {ALL_THERE}",
    shell: str = "bash",
    **environment: str,
) -> subprocess.Popen[str]:
    """Start a script, an activation say, in a process group of its own."""
    return subprocess.Popen(
        # What a job in the background starts would ignore the signal.
        ["env", "--default-signal=INT", shell, *NO_STARTUP_FILES.get(shell, ()), "-c", script],
        cwd=project.path,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )


def uv_that(folder: Path, line: str) -> dict[str, str]:
    """Return a PATH with a uv that runs a line of sh in place of `uv pip sync`, or before it.

    It knows its folder by the name of `here`, and the process that started it as PPID.
    """
    uv = folder / "bin/uv"
    uv.parent.mkdir()
    script = f'here=\'{folder}\'\n[ "$1-$2" != pip-sync ] || {{ {line}; }}\nexec uv-0 "$@"\n'
    uv.write_text(f"#!/bin/sh\n{script}")
    uv.chmod(0o755)
    (uv.parent / "uv-0").symlink_to(str(shutil.which("uv")))
    return {"PATH": f"{uv.parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.needs("bash", "index")
def test_several_terminals_at_once_make_one_environment(project: Project, tmp_path: Path) -> None:
    slow = uv_that(tmp_path, 'until [ -e "$here/go" ]; do sleep 0.01; done')
    terminals = [start(project, **slow) for _ in range(4)]
    told = [terminal.stderr.readline() for terminal in terminals]  # type: ignore[union-attr]
    assert len([line for line in told if "waiting for another terminal" in line]) == 3
    assert len([line for line in told if "there is no .venv yet; creating it" in line]) == 1
    (tmp_path / "go").touch()
    assert [terminal.communicate()[0] for terminal in terminals] == ["all there\n"] * 4


@pytest.mark.needs("shells")
def test_several_terminals_at_once_run_pip_once(project: Project, wheels: dict[str, str]) -> None:
    terminals = []
    for name, source in SOURCE.items():
        script = f"{source.format('dev')}\n{BOTH_THERE}"
        terminals.append(start(project, script, name, **wheels | WITHOUT_UV))
    outputs = [terminal.communicate() for terminal in terminals]
    assert [out for out, _ in outputs] == [f"{project.path}/.venv\n"] * len(SOURCE)
    assert "".join(error for _, error in outputs).count("setting up .venv with") == 1


# Runs `sync`, and kills it before it takes a certain one of these steps.
KILLED = """
import os, runpy, signal, sys

def step(event, details):
    global left
    if event in ("os.mkdir", "os.rename", "os.rmdir", "subprocess.Popen"):
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

left = int(sys.argv[1])
sys.addaudithook(step)
sys.path.insert(0, "dev")
sys.argv[1:] = ["sync"]
runpy.run_path("dev/dev_do.py", run_name="__main__")
"""


@pytest.mark.needs("bash")
@pytest.mark.parametrize("anew", [True, False], ids=["anew", "update"])
def test_a_kill_at_any_step_is_healed(project: Project, wheels: dict[str, str], anew: bool) -> None:
    session(project, "bash", env=wheels)
    for step in itertools.count():
        if anew:
            shutil.rmtree(project.path / ".venv")
        else:
            project.append("requirements-dev.txt", "# changed\n")
        killed = (sys.executable, "-I", "-c", KILLED, step)
        done = project.run(*killed, env=wheels, check=False)
        assert shell(project, "bash", BOTH_THERE, env=wheels) == f"{project.path}/.venv\n", (
            f"step {step}"
        )
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert step > 5, "there are more steps that it can be killed at"


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("anew", [True, False], ids=["anew", "update"])
def test_a_kill_while_packages_are_installed_is_healed(
    project: Project, anew: bool, tmp_path: Path
) -> None:
    """As soon as the first of them is there."""
    session(project, "bash")  # so that uv has all in its cache
    if anew:
        shutil.rmtree(project.path / ".venv")
    else:
        lock = project.read("requirements-dev.txt")
        project.write("requirements-dev.txt", "")
        session(project, "bash")
        project.write("requirements-dev.txt", lock)
    first = 'until set -- .venv/lib/*/site-packages/[ir]*.dist-info && [ -e "$1" ]; do :; done'
    terminal = start(project, **uv_that(tmp_path, f'uv-0 "$@" & {first}; kill -9 0'))
    terminal.communicate()
    assert terminal.returncode == -signal.SIGKILL
    assert shell(project, "bash", ALL_THERE) == "all there\n"


def wait_for(path: Path, terminal: subprocess.Popen[str]) -> None:
    """Wait until something that runs in a terminal has made a file."""
    while not path.exists():
        assert terminal.poll() is None
        time.sleep(0.01)


@pytest.mark.needs("bash")
def test_an_installer_that_outlives_its_caller_is_waited_for(
    project: Project, wheels: dict[str, str], tmp_path: Path
) -> None:
    told = 'echo $PPID >"$here/new"; mv "$here/new" "$here/caller"'
    slow = uv_that(tmp_path, f'{told}; until [ -e "$here/go" ]; do sleep 0.01; done')
    first = start(project, f". dev/activate && {BOTH_THERE}", **wheels | slow)
    wait_for(tmp_path / "caller", first)
    os.kill(int((tmp_path / "caller").read_text()), signal.SIGKILL)
    second = start(project, f". dev/activate && {BOTH_THERE}", **wheels)
    assert second.stderr
    assert "waiting for another terminal" in second.stderr.readline()
    (tmp_path / "go").touch()
    assert second.communicate()[0] == f"{project.path}/.venv\n"
    first.communicate()


@pytest.mark.needs("bash")
def test_an_interrupt_leaves_the_shell_as_it_was(
    project: Project, wheels: dict[str, str], tmp_path: Path
) -> None:
    line = "trap : INT; . dev/activate; echo $?-${VIRTUAL_ENV-none}"
    slow = uv_that(tmp_path, 'touch "$here/started"; sleep 600')
    terminal = start(project, line, **wheels | slow)
    wait_for(tmp_path / "started", terminal)
    os.killpg(terminal.pid, signal.SIGINT)
    out, error = terminal.communicate()
    assert out == "1-none\n"
    assert error.splitlines()[-1].startswith("dev: interrupted")
    assert shell(project, "bash", BOTH_THERE, env=wheels) == f"{project.path}/.venv\n"


@pytest.mark.needs("bash")
@pytest.mark.parametrize("path", [{}, WITHOUT_UV], ids=["uv", "pip"])
def test_a_first_set_up_that_fails_leaves_nothing(
    path: dict[str, str], project: Project, wheels: dict[str, str]
) -> None:
    project.append("requirements.txt", "six==1.17.0 --hash=sha256:" + "0" * 64 + "\n")
    assert session(project, "bash", check=False, env=wheels | path).returncode
    assert [path.name for path in (project.path / ".venv").iterdir()] == [".gitignore"]


@pytest.mark.needs("bash")
@pytest.mark.parametrize("path", [{}, WITHOUT_UV], ids=["uv", "pip"])
def test_what_cannot_be_replaced_is_kept(
    path: dict[str, str], project: Project, wheels: dict[str, str], tmp_path: Path
) -> None:
    """The project is moved where there is no network, and then moved back."""
    session(project, "bash", env=wheels)
    moved = Project(tmp_path / "moved", project.answers)
    project.path.rename(moved.path)
    (tmp_path / "empty").mkdir()
    empty = {name: str(tmp_path / "empty") for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS")}
    offline = wheels | path | empty | {"UV_CACHE_DIR": str(tmp_path / "cache")}
    done = session(moved, "bash", check=False, env=offline)
    command = "python pip install" if path else "uv pip sync"
    assert "setting up .venv with" in done.stderr and f"`{command}` ended with" in done.stderr
    moved.path.rename(project.path)
    done = session(project, "bash", BOTH_THERE, env=offline)
    assert (done.stdout, done.stderr) == (f"{project.path}/.venv\n", "")


@pytest.mark.needs("bash", "index")
def test_what_a_killed_call_set_aside_comes_back(project: Project, tmp_path: Path) -> None:
    """A terminal is closed while .venv is made anew, and there is no network later."""
    shell(project, "bash", "true")
    moved = Project(tmp_path / "moved", project.answers)
    project.path.rename(moved.path)
    terminal = start(moved, **uv_that(tmp_path, "kill -9 0"))
    terminal.communicate()
    assert terminal.returncode == -signal.SIGKILL and any((moved.path / ".venv").glob("old"))
    moved.path.rename(project.path)
    offline = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}
    done = session(project, "bash", ALL_THERE, env=offline)
    assert (done.stdout, done.stderr) == ("all there\n", "")
    assert not any((project.path / ".venv").glob("old"))


@pytest.mark.needs("bash", "index")
def test_what_an_earlier_call_left_is_not_taken_for_a_change(
    project: Project, tmp_path: Path
) -> None:
    """It was interrupted while it removed what it had replaced."""
    shell(project, "bash", "true")
    left = project.path / ".venv/old/lib/x"
    left.mkdir(parents=True)
    lock = project.read("requirements.txt")
    project.append("requirements.txt", "six==1.17.0 --hash=sha256:" + "0" * 64 + "\n")
    assert session(project, "bash", check=False).returncode
    project.write("requirements.txt", lock)
    done = session(project, "bash", ALL_THERE)
    assert (done.stdout, done.stderr) == ("all there\n", "")
    project.append("requirements-dev.txt", "# changed\n")
    session(project, "bash")
    assert not left.exists(), "it goes with what the next call that succeeds replaces"


def test_a_program_that_runs_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows moves a program that runs, as the Python of .venv may, but not its folder."""
    module = load_scripts().environment
    module.VENV, module.RECORD = tmp_path, tmp_path / "activate.inputs"
    module.OLD, module.MARK = tmp_path / "old", tmp_path / ".gitignore"
    module.MOVED = module.OLD / "moved"
    for name in ("pyvenv.cfg", "activate.inputs", "Scripts/python.exe", "Scripts/a/b", "Lib/c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    replace, before = Path.replace, {*tmp_path.rglob("*")}

    def refuse(path: Path, target: Path) -> Path:
        if any(path.rglob("python.exe")):
            raise PermissionError(errno.EACCES, "Access is denied", str(path))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ZeroDivisionError), module.replacing():
        assert {path.name for path in tmp_path.iterdir()} == {"old"}
        assert (tmp_path / "old/Scripts/python.exe").exists()
        (tmp_path / "Scripts").mkdir()
        (tmp_path / "A").symlink_to("Scripts")  # as lib64 is one to lib
        1 / 0  # noqa: B018
    assert {*tmp_path.rglob("*")} == before


@pytest.mark.needs("bash", "index")
def test_works_offline_when_nothing_changed(project: Project, tmp_path: Path) -> None:
    shell(project, "bash", "true")
    offline = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path)}
    assert shell(project, "bash", ALL_THERE, env=offline) == "all there\n"
    project.append("requirements.txt", "six==1.17.0 --hash=sha256:" + "0" * 64 + "\n")
    done = session(project, "bash", "echo", env=offline, check=False)
    assert done.stderr.splitlines()[-1].startswith("dev: `uv pip sync` ended with status")
    # What is there stays, and is taken again once the lock is as it was.
    lock = project.read("requirements.txt").rpartition("six==")[0]
    project.write("requirements.txt", lock)
    assert shell(project, "bash", ALL_THERE, env=offline) == "all there\n"


@pytest.mark.needs("bash", "index")
def test_a_package_that_is_half_removed_is_noticed(project: Project, tmp_path: Path) -> None:
    """As by Ctrl-C while uv replaces it: what says which packages there are is still there."""
    shell(project, "bash", "true")
    lock = project.read("requirements-dev.txt")
    removes = "rm .venv/lib/python*/site-packages/dotenv/parser.py; exit 1"
    project.append("requirements-dev.txt", "# changed\n")
    assert session(project, "bash", env=uv_that(tmp_path, removes), check=False).returncode
    project.write("requirements-dev.txt", lock)
    done = session(project, "bash", "python -c 'import dotenv.parser; print(1)'")
    assert done.stdout == "1\n" and "dev: .venv is not complete; creating it again" in done.stderr


@pytest.mark.needs("bash", "index")
def test_sync_repairs_what_was_changed_by_hand(project: Project, tmp_path: Path) -> None:
    wheels = wheel(tmp_path, "alpha", "1.0"), wheel(tmp_path, "typer", "0.1")
    install = f"uv pip install -q --no-deps {wheels[0]} {wheels[1]}"
    shell(project, "bash", "uv pip uninstall -q rich", install)
    version = {"rich": "missing", "typer": "0.1 instead of"}
    told = project.run("dev/do", "check", check=False).stderr
    for name, found in version.items():
        assert f"{name} is {found}" in told
    assert told.endswith("; run: dev/do sync\n")
    project.run("dev/do", "sync")
    project.run("dev/do", "check")
    assert shell(project, "bash", ALL_THERE) == "all there\n"


@pytest.mark.needs("bash", "index")
def test_a_missing_file_of_a_package_is_named_and_comes_back(project: Project) -> None:
    shell(project, "bash", "true")
    project.run("dev/do", "check")
    [file] = (project.path / ".venv").glob("lib/*/site-packages/rich/console.py")
    file.unlink()
    expected = f"dev: {file} is missing; run: dev/do sync\n"
    assert project.run("dev/do", "check", check=False).stderr == expected
    project.run("dev/do", "sync")
    project.run("dev/do", "check")


@pytest.mark.needs("bash")
def test_a_package_that_is_locked_by_its_address_stays(project: Project, tmp_path: Path) -> None:
    address = wheel(tmp_path, "alpha", "1.0").as_uri()
    project.write("requirements.in", f"alpha @ {address}\n")
    project.write("requirements-dev.in", "")
    project.run("dev/do", "lock")
    for path in (WITHOUT_UV, {}):
        assert shell(project, "bash", "python -c 'import alpha; print(1)'", env=path) == "1\n"
        project.run("dev/do", "clean")


@pytest.mark.needs("index")
def test_locks_change_together_or_not_at_all(project: Project) -> None:
    before = project.read("requirements.txt"), project.read("requirements-dev.txt")
    project.append("requirements.in", "six\n")
    project.append("requirements-dev.in", "no-such-package-as-this-one\n")
    assert project.run("dev/do", "lock", check=False).returncode
    assert (project.read("requirements.txt"), project.read("requirements-dev.txt")) == before
    project.append("requirements.in", "./local\n")
    done = project.run("dev/do", "lock", check=False)
    assert "requirements.in:5: ./local has no hash to lock" in done.stderr


@pytest.mark.needs("bash")
@pytest.mark.parametrize("path", [{}, WITHOUT_UV], ids=["uv", "pip"])
def test_a_package_that_is_for_other_platforms_now_goes(
    project: Project, wheels: dict[str, str], path: dict[str, str]
) -> None:
    shell(project, "bash", BOTH_THERE, env=wheels | path)
    elsewhere = project.read("requirements.txt").replace("==1.0", "==1.0 ; python_version < '3'")
    project.write("requirements.txt", elsewhere)
    done = session(project, "bash", BOTH_THERE, env=wheels | path, check=False)
    assert done.returncode and "removed packages that are not in the locks: alpha\n" in done.stderr
    project.run("dev/do", "check")


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
@pytest.mark.parametrize("line", ["local @ {}", "-e {}"])
def test_a_folder_is_not_locked(project: Project, line: str, name: str, tmp_path: Path) -> None:
    """uv would lock it without a hash, and nobody could install that."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "local"\nversion = "1"\n')
    line = line.format(tmp_path.as_uri())
    (project.path / "requirements-dev.txt").unlink()
    project.write("more.in", f"{line}\n")
    project.append(f"{name}.in", "-r more.in\n")
    before = project.files()
    done = project.run("dev/do", "lock", check=False)
    assert done.returncode and f"dev: {line} has no hash to lock" in done.stderr
    assert project.files() == before


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda text: text.encode("utf-16"), ": expected UTF-8, found UTF-16; save it as UTF-8"),
        (
            lambda text: f"<<<<<<< ours\n{text}=======\n>>>>>>> theirs\n".encode(),
            " has conflicts; take one side, git checkout --theirs requirements.txt",
        ),
    ],
    ids=["UTF-16", "conflicts"],
)
@pytest.mark.parametrize("command", ["sync", "lock"])
def test_a_lock_that_cannot_be_read_is_named(
    project: Project, command: str, edit: Callable[[str], bytes], told: str
) -> None:
    (project.path / "requirements.txt").write_bytes(edit(project.read("requirements.txt")))
    done = project.run("dev/do", command, check=False)
    assert done.returncode and f"\ndev: requirements.txt{told}" in f"\n{done.stderr}"


@pytest.mark.needs("bash")
def test_a_mark_of_utf_8_hides_no_package(project: Project, wheels: dict[str, str]) -> None:
    project.write("requirements.txt", "\ufeff" + project.read("requirements.txt"))
    assert shell(project, "bash", BOTH_THERE, env=wheels | WITHOUT_UV) == f"{project.path}/.venv\n"


@pytest.mark.needs("bash", "index")
def test_a_second_environment_in_the_same_place_is_noticed(bake: Bakery) -> None:
    if not find_python("3.12") or HERE == "3.12":
        pytest.skip("needs a Python 3.12 beside this one")
    project = bake(isolation="venv", app="cli", python_version="3.12")
    shell(project, "bash", "true")
    project.run(sys.executable, "-m", "venv", "--without-pip", ".venv")
    done = project.run("dev/do", "check", check=False)
    assert done.returncode and done.stderr == "dev: .venv is not complete; run: dev/do sync\n"
    project.run("dev/do", "sync")
    project.run("dev/do", "check")


@pytest.mark.needs("bash", "index")
def test_a_missing_lock_is_named_before_anything_is_removed(project: Project) -> None:
    shell(project, "bash", "true")
    (project.path / "requirements-dev.txt").rename(project.path / "away")
    done = session(project, "bash", check=False)
    expected = "dev: requirements-dev.txt is missing; restore it, or run: dev/do lock"
    assert done.returncode and done.stderr.splitlines()[-1] == expected
    (project.path / "away").rename(project.path / "requirements-dev.txt")
    done = session(project, "bash", ALL_THERE)
    assert (done.stdout, done.stderr) == ("all there\n", "")


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("anew", [False, True], ids=["update", "anew"])
def test_the_users_own_installs_are_named_when_removed(
    project: Project, anew: bool, tmp_path: Path
) -> None:
    install = f"uv pip install -q {wheel(tmp_path, 'alpha', '1.0')}"
    assert shell(project, "bash", install, "python -c 'import alpha; print(1)'") == "1\n"
    project.append("requirements-dev.txt", "# changed\n")
    if anew:
        (project.path / ".venv/activate.inputs").write_text("")
    done = session(project, "bash", "true")
    assert "dev: removed packages that are not in the locks: alpha\n" in done.stderr


# That of root, say, is in a folder that nobody else may enter.
EVERYBODYS = {"PROJECT_PYTHON": shutil.which("python3", path=os.defpath) or sys.executable}


def read_only(project: Project, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash for who may not write to the project, as root may despite the modes."""
    words = []
    if os.getuid() == 0:
        words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for path in [project.path, *project.path.parents]:
            if path.is_relative_to("/tmp"):
                path.chmod(path.stat().st_mode | 0o055)
    else:
        project.path.chmod(0o555)
    python = {**EVERYBODYS, "HOME": "/nonexistent"}
    done = project.run(*words, "bash", "-c", line, env=python, check=False)
    project.path.chmod(0o755)
    return done


@pytest.mark.needs("bash")
def test_a_read_only_project_says_so(project: Project) -> None:
    done = read_only(project, ". dev/activate")
    assert done.returncode and f"dev: {project.path}/.venv.lock: " in done.stderr


@pytest.mark.needs("bash", "index")
def test_who_may_only_read_activates_what_is_there(project: Project) -> None:
    """Even with PROJECT_PYTHON, which lets the environment be looked at each time."""
    session(project, "bash", "true", env=EVERYBODYS)
    done = read_only(project, ". dev/activate && echo $VIRTUAL_ENV")
    assert (done.stdout, done.stderr) == (f"{project.path}/.venv\n", "")


@pytest.mark.needs("bash", "index")
def test_what_a_full_disk_left_of_the_mark_is_no_obstacle(project: Project) -> None:
    (project.path / ".venv").mkdir()
    (project.path / ".venv/.gitignore").touch()
    assert shell(project, "bash", ALL_THERE) == "all there\n"


@pytest.mark.needs("bash", "index")
def test_a_full_disk_is_survived(project: Project, tmp_path: Path) -> None:
    """uv and pip report it; what is left is healed once there is room."""
    if os.getuid():
        pytest.skip("only root can mount a small file system")
    (project.path / ".venv").mkdir()
    size = ("-t", "tmpfs", "-o", "size=3m", "tmpfs")
    project.run("mount", *size, project.path / ".venv")
    try:
        done = session(project, "bash", "echo", check=False)
        assert done.returncode == 0 and "ended with status" in done.stderr
        project.run("mount", "-o", "remount,size=300m", project.path / ".venv")
        assert shell(project, "bash", ALL_THERE) == "all there\n"
    finally:
        project.run("umount", project.path / ".venv")


def test_a_file_system_without_locks_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some of a network are; none that can be mounted here is."""
    module = load_scripts().environment
    module.VENV, unlockable = tmp_path / ".venv", OSError(errno.ENOLCK, "No locks available")
    monkeypatch.setattr("fcntl.flock", flock := Mock(side_effect=unlockable))
    with module.exclusive():
        assert flock.called


@pytest.mark.needs("bash")
def test_an_unreadable_file_is_one_line(project: Project) -> None:
    shell(project, "bash", "true")
    (project.path / "pip.conf").mkdir()
    (project.path / ".python-version").unlink()
    done = session(project, "bash", check=False)
    assert done.stderr == f"dev: {project.path}/pip.conf: Is a directory\n" and done.returncode


@pytest.mark.needs("bash")
@pytest.mark.parametrize("kind", ["file", "dangling link", "the project", "other project"])
def test_what_cannot_hold_an_environment_is_named(
    project: Project, kind: str, tmp_path: Path
) -> None:
    place, other = project.path / ".venv", tmp_path / "other"
    other.mkdir()
    (other / ".gitignore").write_text("*.pyc\n")
    targets = {"dangling link": "/nowhere/at/all", "the project": ".", "other project": other}
    place.touch() if kind == "file" else place.symlink_to(targets[kind])
    before = project.files()
    done = session(project, "bash", check=False)
    assert done.returncode and "Traceback" not in done.stderr
    assert (
        done.stderr.splitlines()[-1]
        == f"dev: {project.path}/.venv is not a virtual environment; move it away"
    )
    project.run("rm", ".venv", ".venv.lock")
    assert project.files() == before and [*other.iterdir()] == [other / ".gitignore"]


@pytest.mark.needs("bash")
@pytest.mark.parametrize("path", [{}, WITHOUT_UV], ids=["uv", "pip"])
def test_a_link_to_a_folder_is_filled(
    project: Project, wheels: dict[str, str], tmp_path: Path, path: dict[str, str]
) -> None:
    """A .venv on another disk."""
    (project.path / ".venv").symlink_to(tmp_path, target_is_directory=True)
    assert shell(project, "bash", BOTH_THERE, env=wheels | path) == f"{project.path}/.venv\n"
    project.run("dev/do", "clean")
    assert (project.path / ".venv").is_symlink() and not any(tmp_path.iterdir())


def test_a_python_without_pip_is_named(tmp_path: Path) -> None:
    """As on Debian without python3-dev: no wheel in any of the places it names."""
    scripts = load_scripts()
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\necho /nowhere\necho 3.13.0\n")
    fake.chmod(0o755)
    with pytest.raises(
        scripts.locks.Problem, match="comes without pip; .* apt install python3.13-venv"
    ):
        scripts.packages.find_pip(str(fake))


def test_two_lines_that_tell_no_version_are_no_python(tmp_path: Path) -> None:
    """As Windows' `py` prints them when it has none."""
    fake = tmp_path / "python3.99"
    fake.write_text(
        "#!/bin/sh\necho No suitable Python runtime found\necho Pass --list\nexit 103\n"
    )
    fake.chmod(0o755)
    assert load_scripts().interpreters.probe(str(fake)) == ()


@pytest.mark.parametrize("name", ["graalpy-23.1.0", "miniconda3-24.1.2", "anaconda3-2024.02-1"])
def test_another_interpreters_version_is_no_version_of_python(name: str, tmp_path: Path) -> None:
    (tmp_path / ".python-version").write_text(f"{name}\n")
    assert load_scripts(tmp_path).interpreters.pinned_version() == 0


@pytest.mark.parametrize(
    ("variables", "metadata", "expected"),
    [
        ({"PROJECT_PYTHON": "/bin/true"}, "", "PROJECT_PYTHON=/bin/true starts no Python"),
        ({}, 'requires-python = ">=3.99"', "pyproject.toml: requires-python is 3.99, expected 3."),
    ],
)
def test_what_no_python_can_serve_is_one_line(
    project: Project, variables: dict[str, str], metadata: str, expected: str
) -> None:
    if metadata:
        text = re.sub(
            "^requires-python.*", metadata, project.read("pyproject.toml"), flags=re.MULTILINE
        )
        project.write("pyproject.toml", text)
    done = project.run("dev/do", "sync", env=variables, check=False)
    assert done.returncode and f"\ndev: {expected}" in f"\n{done.stderr}"
    assert "Traceback" not in done.stderr


def test_a_comment_in_python_version_is_no_version(tmp_path: Path) -> None:
    (tmp_path / ".python-version").write_text("# not yet 3.12\n3.11.7\n3.12\n")
    assert load_scripts(tmp_path).interpreters.pinned_version() == 11
