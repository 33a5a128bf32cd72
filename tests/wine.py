"""cmd and PowerShell for Windows, in Wine: `.venv/bin/pytest --require=wine tests/wine.py`.

The name keeps this file out of the other tests, because Wine fails now and then under load. Run it
after each change of activate.ps1, activate.bat, do.ps1 or do.bat, and before a release. What it
needs is in CONTRIBUTING.md.

Wine has no Python, so a small program stands in for python.exe: these tests see which program is
started, with which arguments, and what the shell is left with. Wine's cmd expands a % in a path
twice, which the real one does not, so such paths are left to a real Windows.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from support.commands import ROOT, run
from support.components import MINGW

pytestmark = pytest.mark.needs("wine")

FOLDERS = ["project", "with space", "and & (brackets)", "it's $a `b", "Größe ^x", "[x] a[1"]
VALUES = {
    "PLAIN": "plain",
    "SPECIAL": 'It\'s "q" & x | <y> ^ %PATH% (z) ! ; é',
    "SET_BEFORE": "other",
}
# What the program prints that stands in for Python, when it is asked to update .venv.
SYNCED = r"[-X][utf8][-I][-S][{}\dev\dev_environment.py][sync]"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that stands in for python.exe."""
    program = tmp_path_factory.mktemp("python") / "python.exe"
    run(MINGW, "-O1", "-s", "-o", program, ROOT / "tests/python.c")
    return program


@pytest.fixture(scope="module", params=FOLDERS)
def made(
    request: pytest.FixtureRequest, python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A project whose environment is current."""
    root = tmp_path_factory.mktemp("windows") / request.param
    scripts = root / ".venv/Scripts"
    scripts.mkdir(parents=True)
    shutil.copy(python, scripts)
    shutil.copytree(ROOT / "template/dev", root / "dev")
    (root / "requirements.txt").write_text("demo==1\n")
    (root / ".venv/pyvenv.cfg").write_text(
        f"home = {windows(python.parent)}\r\nversion = 3.12.1\r\n"
    )
    variables = {"VIRTUAL_ENV": windows(root / ".venv"), "VIRTUAL_ENV_PROMPT": "demo", **VALUES}
    lines = [f"{name}={value}\n" for name, value in variables.items()]
    (root / ".venv/activation").write_bytes("".join(lines).encode())
    deactivate = b'@"%~dp0..\\..\\dev\\activate.bat" deactivate\r\n'
    (scripts / "deactivate.bat").write_bytes(deactivate)
    return root


@pytest.fixture
def project(made: Path) -> Path:
    inputs = [
        *sorted(made.glob("dev/dev_*.py")),
        made / "requirements.txt",
        made / ".venv/pyvenv.cfg",
    ]
    (made / ".venv/activate.inputs").write_bytes(b"".join(path.read_bytes() for path in inputs))
    return made


def windows(path: Path) -> str:
    """Return a path as Wine's programs see it."""
    return "Z:" + path.as_posix().replace("/", "\\")


class Shell:
    """cmd or PowerShell, how it is started with a script, and what it calls things."""

    def __init__(self, command: tuple[str, ...], script: str, head: list[str], **words: str):
        self.command, self.script, self.head, self.words = command, script, head, words

    def run(self, project: Path, *lines: str, **variables: str) -> dict[str, list[str]]:
        """Run lines; return what was printed after each `echo == name`, and on standard error.

        A word in braces is what this shell calls it. Under load, Wine cannot start one in some
        thousand programs; then all is run again.
        """
        body = [*self.head, *(line.format(**self.words) for line in lines), "echo == end", ""]
        script = project.parent / self.script
        script.write_bytes("\r\n".join(body).encode())
        for _ in range(3):
            options: dict[str, Any] = {"cwd": project, "check": False, "errors": "replace"}
            done = run(*self.command, windows(script), env=variables, **options)
            if done.stdout.split()[-2:] == ["==", "end"]:
                break
        sections: dict[str, list[str]] = {"": []}
        for line in done.stdout.splitlines():
            if line.startswith("== "):
                sections[line[3:]] = []
            elif line.strip():
                list(sections.values())[-1].append(line)
        told = done.stderr.strip().splitlines()
        # Lines of Wine's own services are left out.
        sections["stderr"] = [line for line in told if not line.startswith("wine: ")]
        return sections
