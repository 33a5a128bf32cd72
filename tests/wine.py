"""cmd and PowerShell for Windows, in Wine: `.venv/bin/pytest --require=wine tests/wine.py`.

The name keeps this file out of the other tests, because Wine fails now and then on a busy machine.
Run it after each change of activate.bat, activate.ps1, do.bat or do.ps1, and before a release;
CONTRIBUTING.md says what it needs.

Wine has no Python, so a small program stands in for python.exe and for other programs: these tests
see what is started, with which arguments, and what the shell is left with. Wine's cmd expands a %
in a path twice, and reads files in another code page than the real one. Such paths and values are
left to a real Windows.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from support.commands import ROOT, run
from support.components import MINGW
from support.projects import Bakery

pytestmark = pytest.mark.needs("wine")

FOLDERS = ["project", "with space", "and & (brackets)", "it's $a `b", "Größe ^x !y", "[x] a[1"]
VALUES = {
    "PLAIN": "plain",
    "SPECIAL": 'It\'s "q" & x | <y> ^ %PATH% (z) ! ;',
    "SET_BEFORE": "other",
}
DO = r"[-X][utf8][-B][-E][-s][-S][dev\dev_do.py]"
SYNC = f"{DO}[sync]"


# --- A project on Windows -----------------------------------------------------


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that stands in for others, as the Python that .venv was made with."""
    python = tmp_path_factory.mktemp("base") / "python.exe"
    run(MINGW, "-O1", "-s", "-o", python, ROOT / "tests/python.c")
    return python


@pytest.fixture(scope="module")
def made(
    request: pytest.FixtureRequest,
    program: Path,
    bake: Bakery,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A project with an environment, in one of the FOLDERS."""
    root = tmp_path_factory.mktemp("windows") / getattr(request, "param", "and & (brackets)")
    bake(isolation="both").path.rename(root)
    scripts = root / ".venv/Scripts"
    scripts.mkdir(parents=True)
    for name in ("python", "pytest", "ruff"):
        shutil.copy(program, scripts / f"{name}.exe")
    (scripts / "deactivate.bat").write_bytes(b'@"%~dp0..\\..\\dev\\activate.bat" deactivate\r\n')
    variables = {"VIRTUAL_ENV": windows(root / ".venv"), "VIRTUAL_ENV_PROMPT": "demo", **VALUES}
    lines = [f"{name}={value}\n" for name, value in variables.items()]
    (root / ".venv/activation").write_bytes("".join(lines).encode())
    return root


@pytest.fixture
def project(made: Path, program: Path) -> Path:
    """The same, and the environment is current."""
    config = made / ".venv/pyvenv.cfg"
    config.write_text(f"home = {windows(program.parent)}\nversion = 3.14.0\n")
    locks = [made / "requirements.txt", made / "requirements-dev.txt"]
    inputs = [made / ".copier-answers.yml", made / ".python-version", *locks, config]
    record = b"".join(path.read_bytes() for path in inputs)
    (made / ".venv/activate.inputs").write_bytes(record)
    return made


def windows(path: Path) -> str:
    """Return a path as Wine's programs see it."""
    return "Z:" + path.as_posix().replace("/", "\\")


def printed(path: Path) -> str:
    """Return the same as it is printed, in a code page in which other letters are lost here."""
    return re.sub("[^ -~]", "\N{REPLACEMENT CHARACTER}", windows(path))


# --- A session in a shell -----------------------------------------------------


class Shell(NamedTuple):
    """How a shell is started with a script, and what it calls things."""

    command: tuple[str, ...]
    suffix: str
    head: tuple[str, ...]
    mark: str
    call: str
    variables: str
    set: str
    source: str
    if_failed: str


CMD = Shell(
    command=("wine10", "cmd", "/c"),
    suffix=".bat",
    head=("@echo off", "set SET_BEFORE=x ^& y", "set PROMPT=$P$G"),
    mark="echo == {}",
    call="call {}",
    variables="set",
    set='set "{}={}"',
    source='call "{}.bat"',
    if_failed="if errorlevel 1 echo failed",
)
POWERSHELL = Shell(
    command=("pwsh-windows", "-NoProfile", "-NonInteractive", "-File"),
    suffix=".ps1",
    head=("Set-StrictMode -Version Latest", "$env:SET_BEFORE = 'x & y'"),
    mark="'== {}'",
    call="{}",
    variables='Get-ChildItem Env: | ForEach-Object { "$($_.Name)=$($_.Value)" }',
    set="$env:{} = '{}'",
    source=". '{}.ps1'",
    if_failed="if (-not $?) { 'failed' }",
)
IN_ODD_FOLDERS = pytest.mark.parametrize("made", FOLDERS, indirect=True)
EACH = pytest.mark.parametrize("shell", [CMD, POWERSHELL], ids=["cmd", "powershell"])


def session(project: Path, shell: Shell, *lines: str, **environment: str) -> dict[str, list[str]]:
    """Run lines in a new shell; return what was printed after each mark, `== name`.

    Under load, Wine cannot start one in some thousand programs, or cannot open NUL, which it calls
    a sharing violation. Then all lines are run again.
    """
    marked = [shell.mark.format(line[3:]) if line.startswith("== ") else line for line in lines]
    script = project.parent / f"session{shell.suffix}"
    script.write_bytes("\r\n".join([*shell.head, *marked, shell.mark.format("end"), ""]).encode())
    for _ in range(3):
        options = {"cwd": project, "env": environment, "errors": "replace", "check": False}
        done = run(*shell.command, windows(script), **options)
        if "== end" in done.stdout and "Sharing violation" not in done.stdout + done.stderr:
            break

    sections: dict[str, list[str]] = {"": []}
    for line in done.stdout.splitlines():
        if line.startswith("== "):
            sections[line[3:]] = []
        elif line.strip():
            list(sections.values())[-1].append(line)
    # Lines of Wine's own services are left out.
    lines_of_errors = [line for line in done.stderr.splitlines() if not line.startswith("wine: ")]
    return sections | {"stderr": lines_of_errors}


def variables(lines: list[str]) -> dict[str, str]:
    return dict(line.split("=", 1) for line in lines if "=" in line)


# --- Activating ---------------------------------------------------------------


@EACH
@IN_ODD_FOLDERS
def test_activates_and_leaves_no_trace(shell: Shell, project: Path) -> None:
    activate, show = shell.call.format(r"dev\activate"), shell.variables
    mislead = shell.set.format("PYTHONHOME", r"C:\nowhere")
    lines = [mislead, "== before", show, "== inside", activate, activate, show, "== after"]
    found = session(project, shell, *lines, shell.call.format("deactivate"), show)

    inside = variables(found["inside"])
    assert VALUES.items() <= inside.items() and "PYTHONHOME" not in inside
    assert inside["VIRTUAL_ENV"] == printed(project / ".venv")
    path = {name.upper(): value for name, value in inside.items()}["PATH"]
    assert path.startswith(printed(project / ".venv") + "\\Scripts;")
    assert variables(found["after"]) == variables(found["before"])
    assert found["stderr"] == ([SYNC] * 2 if shell is CMD else [])


@EACH
@pytest.mark.parametrize("order", ["before", "on top", "on top, left"])
def test_leaves_another_environment(shell: Shell, order: str, project: Path) -> None:
    other = project.parent / "other"
    if not other.exists():
        run("uv", "venv", "-q", other)
        (other / "Scripts").mkdir()
        for name in ("activate.bat", "deactivate.bat", "activate.ps1"):
            text = (other / "bin" / name).read_text("utf-8").replace("\\bin;", "\\Scripts;")
            text = text.replace(str(other), windows(other)).replace("\n", "\r\n")
            (other / "Scripts" / name).write_bytes(text.encode())
    ours, show = shell.call.format(r"dev\activate"), shell.variables
    theirs = shell.source.format(windows(other / "Scripts/activate"))
    leave = shell.call.format("deactivate")
    begin = {"before": [theirs], "on top": [ours, theirs], "on top, left": [ours, theirs, leave]}
    lines = ["== before", show, *begin[order], ours, "== inside", show, leave, "== after", show]
    found = session(project, shell, *lines)

    inside = variables(found["inside"])
    assert inside["VIRTUAL_ENV"] == windows(project / ".venv")
    assert not any("other\\" in value for value in inside.values())
    assert variables(found["after"]) == variables(found["before"])


@EACH
@pytest.mark.parametrize(
    ("fault", "message"),
    [("FAKE_STATUS", SYNC), ("FAKE_BROKEN", r"dev\do: expected Python 3.9 or later, found none")],
)
def test_a_failure_leaves_the_shell_as_it_was(
    shell: Shell, fault: str, message: str, project: Path
) -> None:
    (project / ".venv/activate.inputs").unlink()
    show = shell.variables
    lines = ["== before", show, "== failing", shell.call.format(r"dev\activate"), shell.if_failed]
    found = session(project, shell, *lines, "== after", show, **{fault: "3"})
    assert found["failing"] == ["failed"]
    assert variables(found["after"]) == variables(found["before"])
    [line] = found["stderr"]
    assert line.startswith(message)


@pytest.mark.parametrize("gone", ["requirements.txt", ".python-version", ".venv/pyvenv.cfg"])
def test_powershell_asks_python_when_an_input_changed(gone: str, project: Path) -> None:
    path = project / gone
    before = path.read_bytes()
    path.write_bytes(before + b"#")
    found = session(project, POWERSHELL, r"dev\activate")
    path.write_bytes(before)
    assert found["stderr"] == [SYNC]


def test_powershell_asks_python_when_that_of_venv_is_gone(project: Path, program: Path) -> None:
    """Windows has a launcher in .venv, which stays."""
    moved = program.rename(program.with_name("moved.exe"))
    found = session(project, POWERSHELL, r"dev\activate")
    moved.rename(program)
    assert found["stderr"] == [SYNC]


def test_a_python_that_is_a_batch_file_comes_back(project: Path) -> None:
    """As pyenv-win has one on PATH."""
    shim = project.parent / "shims/python.bat"
    shim.parent.mkdir(exist_ok=True)
    shim.write_bytes(b'@echo off\r\n"%~dp0real.exe" %*\r\n')
    scripts = project / ".venv/Scripts"
    real = (scripts / "python.exe").rename(shim.with_name("real.exe"))
    lines = (r"call dev\activate", "== inside", "set VIRTUAL_ENV")
    found = session(project, CMD, *lines, PROJECT_PYTHON=windows(shim))
    real.rename(scripts / "python.exe")
    assert found["stderr"] == [SYNC]
    assert f"VIRTUAL_ENV={windows(project / '.venv')}" in found["inside"]


# --- The everyday commands ----------------------------------------------------


def started(project: Path, shell: Shell, *words: str, **environment: str) -> list[str]:
    """Return which programs `dev/do` starts, with docker on PATH, and not what it shows."""
    docker = project.parent / "docker"
    if not docker.exists():
        docker.mkdir()
        shutil.copy(project / ".venv/Scripts/pytest.exe", docker / "docker.exe")
    path = shell.set.format("PATH", f"{windows(docker)};C:\\windows\\system32")
    command = shell.call.format(" ".join((r"dev\do", *words)))
    found = session(project, shell, path, command, shell.if_failed, **environment)
    return [line for line in (*found["stderr"], *found[""]) if not line.startswith("+ ")]


@EACH
@IN_ODD_FOLDERS
def test_python_gets_the_words_as_they_are_typed(shell: Shell, project: Path) -> None:
    percent = "100%" if shell is POWERSHELL else "^"  # `call` of the session itself loses a %
    words = ("run", '"a & b"', f'"{percent}"', "-k", '"x>=1"')
    assert started(project, shell, *words) == [f"{DO}[run][a & b][{percent}][-k][x>=1]"]
    assert started(project, shell) == [DO]


@EACH
def test_a_command_that_fails_is_seen(shell: Shell, project: Path) -> None:
    assert started(project, shell, "test", FAKE_STATUS="3")[-1] == "failed"
    chain = started(project, shell, "test", "||", "echo", "stopped", FAKE_STATUS="3")
    assert "stopped" in chain


# --- The everyday commands without a Python on the machine --------------------


@pytest.fixture(scope="module")
def without_python(program: Path, bake: Bakery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with Docker alone, in a folder with a space."""
    root = tmp_path_factory.mktemp("docker") / "with space"
    bake(isolation="docker").path.rename(root)
    (root / ".venv/Scripts").mkdir(parents=True)
    shutil.copy(program, root / ".venv/Scripts/pytest.exe")
    return root


@EACH
def test_the_everyday_commands(shell: Shell, without_python: Path) -> None:
    def do(*words: str) -> list[str]:
        return started(without_python, shell, *words)

    run = "[compose][run][--rm]"
    assert do("run", '"a & b"') == [f"{run}[app][python][-m][my_project][a & b]"]
    assert do("test", "--maxfail=2", "-k", '"a or b"') == [
        f"{run}[test][pytest][--maxfail=2][-k][a or b]"
    ]
    tool = f"{run}[--no-deps][test]"
    lines = ["[ruff][check][src]", "[ruff][format][--check][src]"]
    assert do("lint", "src") == [tool + line for line in lines]
    assert do("format") == [f"{tool}[ruff][format]"]
    assert locks(do("lock")) == [LOCK]
    words = ("lock", "--upgrade-package", "a")
    assert locks(do(*words)) == [LOCK.replace("UPGRADE=", "UPGRADE=--upgrade-package a")]
    assert do("sync") == [BUILD]
    listed = do()
    assert len(listed) == 10 and all(re.match(r"dev\\do \w+ ", line) for line in listed)
    assert do("unknown") == [*listed, "failed"]


LOCK = "[build][--target=lock][--build-arg=UPGRADE=][--build-arg=NOW=0][--output=.][.]"
BUILD = "[compose][build]"


def locks(lines: list[str]) -> list[str]:
    """Return the same lines, with 0 for the number that is new each time."""
    # PowerShell ends the arguments of a batch file with a space.
    return [re.sub(r"NOW=\d+", "NOW=0", line).replace(" ]", "]") for line in lines]


@EACH
def test_adds_packages(shell: Shell, without_python: Path) -> None:
    requirements = without_python / "requirements.in"
    before = requirements.read_text()
    lines = started(without_python, shell, "add", '"httpx>=0.28"', "rich")
    assert locks(lines) == [LOCK, BUILD]
    assert requirements.read_text().split()[-2:] == ["httpx>=0.28", "rich"]
    requirements.write_text(before)

    lines = started(without_python, shell, "add", "rich", FAKE_STATUS="3")
    assert locks(lines) == [LOCK, "failed"]
    assert requirements.read_text() == before
