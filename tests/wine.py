"""dev/activate.bat in the cmd of Wine: `.venv/bin/pytest --require=wine tests/wine.py`.

The name keeps it out of the other tests, since Wine itself fails now and then under load; before
a release it is run by hand, see CONTRIBUTING.md.

Wine has no Python of its own, so a small program stands in for python.exe, and venv.py
writes what activate.bat applies from here. Wine's cmd expands a % in a path twice, which
the real one does not; such paths are left to a real Windows. It sets a carriage return where
that one sets the end of a line in a value.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from subprocess import DEVNULL, CompletedProcess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.commands import ROOT, run
from support.components import MINGW
from support.scripts import load_scripts

pytestmark = pytest.mark.needs("wine")

SCRIPTS = load_scripts()
VALUES = {
    "PLAIN": "plain",
    "SPECIAL": 'It\'s "q" & x | <y> ^ %PATH% (z) ! ;',
    "SET_BEFORE": "other",
}
TWO_LINES = "first ^\n & second\n\n"


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a new Windows.

    It stays up until the last test, as its services, of which one crashes in some of a hundred
    starts, would otherwise start with each command.
    """
    prefix = tmp_path_factory.mktemp("wine")
    variables = {"WINEPREFIX": str(prefix), "WINEDEBUG": "-all", "DISPLAY": "", "LC_ALL": "C.UTF-8"}
    quiet = {"capture_output": False, "stdout": DEVNULL, "stderr": DEVNULL}  # they keep it open
    run("wineserver", "--persistent", env=variables, **quiet)
    run("wine", "wineboot", "-i", env=variables, check=False, **quiet)
    yield variables
    run("wineserver", "--kill", env=variables)


@pytest.fixture(scope="module", params=["project", "with space", "and & (brackets)"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose environment is current."""
    root = tmp_path_factory.mktemp("windows") / request.param
    scripts = root / ".venv/Scripts"
    scripts.mkdir(parents=True)
    run(MINGW, "-O1", "-s", "-o", scripts / "python.exe", ROOT / "tests/python.c")
    shutil.copytree(ROOT / "template/dev", root / "dev")
    write_activation(root)
    return root


def write_activation(root: Path) -> None:
    """Have venv.py write the activation files, with the path that Windows has for them."""
    module = SCRIPTS.venv

    class WindowsPath(type(root)):  # type: ignore[misc]
        def __str__(self) -> str:
            return windows(Path(super().__str__()))

    module.ROOT = str(root)
    module.PYTHON = str(root / ".venv/Scripts/python.exe")
    module.VENV = WindowsPath(root / ".venv")
    module.write = lambda path, content: (root / ".venv" / path.name).write_bytes(content)
    module.write_activation(VALUES | {"TWO_LINES": TWO_LINES})
    (root / ".venv/deactivate.bat").rename(root / ".venv/Scripts/deactivate.bat")


def windows(path: Path) -> str:
    """Return a path as Wine's programs see it."""
    return "Z:" + path.as_posix().replace("/", "\\")


def run_batch(file: Path, lines: Iterable[str], env: dict[str, str]) -> CompletedProcess[str]:
    """Run lines in cmd.

    Under load, Wine cannot start one in some thousand programs, be it cmd itself or one that cmd
    runs for a `for /f`; then all is run again.
    """
    file.write_bytes("\r\n".join(["@echo off", *lines, "echo == end", ""]).encode())
    for _ in range(5):
        done = run("wine", "cmd", "/c", file, env=env, check=False)
        if done.stdout.endswith("== end\n") and "'CMD.EXE /C " not in done.stderr:
            break
    return done


def cmd(project: Path, wine: dict[str, str], *lines: str, **variables: str) -> dict[str, list[str]]:
    """Run lines in cmd; return what was printed after each `echo == name`."""
    head = [f'cd /d "{windows(project)}"', "set SET_BEFORE=x ^& y", "set PROMPT=$P$G"]
    done = run_batch(project.parent / "session.bat", [*head, *lines], wine | variables)
    sections: dict[str, list[str]] = {"": []}
    for line in done.stdout.splitlines():
        if line.startswith("== "):
            sections[line[3:]] = []
        elif line.strip():
            list(sections.values())[-1].append(line)
    told = done.stderr.strip().splitlines()
    sections["stderr"] = [line for line in told if not line.startswith("wine: ")]  # its services
    return sections


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(st.text("'\"\\$`!#~*?[]{}()<>|&;:%^=@, \t\nab1", min_size=1), min_size=1))
def test_values_arrive(values: list[str], wine: dict[str, str], tmp_path: Path) -> None:
    """Not all that one can hold, as Wine's cmd reads a file in the code page of old."""
    form, quote = SCRIPTS.shells.SETTERS["bat"]
    lines = [form.format(f"VALUE_{i:03}", quote(value))[:-2] for i, value in enumerate(values)]
    printed = run_batch(tmp_path / "set.bat", [*lines, "set VALUE_"], wine).stdout
    assert re.findall(r"(?s)VALUE_\d+=(.*?)\n(?=VALUE_|== end)", printed) == values


def variables(lines: list[str]) -> dict[str, str]:
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_activates_and_leaves_no_trace(project: Path, wine: dict[str, str]) -> None:
    call = r"call dev\activate.bat"
    show = ["set", "cd"]
    found = cmd(
        project,
        wine,
        *("echo == before", *show, "echo == activating", call, "echo == inside", *show),
        *(call, "call deactivate", "echo == after", *show),
        PYTHONHOME="C:\\nowhere",
    )
    inside = variables(found["inside"])
    assert "PYTHONHOME" not in inside and "PYTHONHOME=C:\\nowhere" in found["after"]
    assert found["stderr"][0] == r"[-I][-S][dev\venv.py][sync][--if-changed]" * 2
    assert found["activating"] == []
    assert VALUES.items() <= inside.items()
    first = found["inside"].index("TWO_LINES=first ^")
    assert found["inside"][first + 1] == " & second"
    assert inside["VIRTUAL_ENV"] == windows(project / ".venv")
    assert inside["PATH"].startswith(windows(project / ".venv") + "\\Scripts;")
    assert inside["PROMPT"].endswith(") $P$G")
    assert variables(found["before"])["SET_BEFORE"] == "x & y"
    assert found["after"] == found["before"]


def test_a_python_that_is_a_batch_file_comes_back(project: Path, wine: dict[str, str]) -> None:
    """As pyenv-win has one on PATH."""
    python = project.parent / "shims/python.bat"
    python.parent.mkdir(exist_ok=True)
    python.write_bytes(b'@echo off\r\n"%~dp0real.exe" %*\r\n')
    (project / ".venv/Scripts/python.exe").rename(python.with_name("real.exe"))
    lines = (r"call dev\activate.bat", "echo == inside", "set VIRTUAL_ENV")
    try:
        found = cmd(project, wine, *lines, PROJECT_PYTHON=windows(python))
    finally:
        python.with_name("real.exe").rename(project / ".venv/Scripts/python.exe")
    assert found["stderr"] == [r"[-I][-S][dev\venv.py][sync][--if-changed]"]
    assert f"VIRTUAL_ENV={windows(project / '.venv')}" in found["inside"]


@pytest.mark.parametrize("order", ["before", "on top", "on top, left"])
def test_leaves_another_environment(project: Path, wine: dict[str, str], order: str) -> None:
    other = project.parent / "other"
    if not other.exists():
        run("uv", "venv", "-q", other)
        (other / "Scripts").mkdir()
        for name in ("activate.bat", "deactivate.bat"):
            text = (other / "bin" / name).read_text("utf-8").replace("\\bin;", "\\Scripts;")
            text = text.replace(str(other), windows(other)).replace("\n", "\r\n")
            (other / "Scripts" / name).write_bytes(text.encode())
    ours, theirs = r"call dev\activate.bat", f'call "{windows(other)}\\Scripts\\activate.bat"'
    begin = {"before": (theirs,), "on top": (ours, theirs)}.get(order)
    begin = begin or (ours, theirs, f'call "{windows(other)}\\Scripts\\deactivate.bat"')
    lines = ("echo == before", "set", "echo == on", *begin, "set VIRTUAL_ENV", ours)
    found = cmd(
        project, wine, *lines, "echo == inside", "set", "call deactivate", "echo == after", "set"
    )
    assert order == "on top, left" or f"VIRTUAL_ENV={windows(other)}" in found["on"]
    inside = variables(found["inside"])
    assert inside["VIRTUAL_ENV"] == windows(project / ".venv")
    assert "other" not in inside["PATH"] and inside["PROMPT"].count("(") == 1
    assert found["after"] == found["before"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("FAKE_STATUS", "[-I][-S]"),
        ("FAKE_BROKEN", "activate.bat: no Python 3.9 or later was found"),
    ],
)
def test_a_failure_leaves_the_shell_as_it_was(
    fault: str, message: str, project: Path, wine: dict[str, str]
) -> None:
    lines = ("echo == before", "set", "cd", r"call dev\activate.bat")
    status = ("if errorlevel 1 set failed=yes", "echo == status", "set failed", "set failed=")
    found = cmd(project, wine, *lines, *status, "echo == after", "set", "cd", **{fault: "3"})
    assert found["status"] == ["failed=yes"]
    assert found["after"] == [line for line in found["before"] if ":failed" not in line]
    assert found["stderr"][0].startswith(message)
