"""What the README of this repository says is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.answers import ASKED
from support.commands import ROOT, run


def block(heading: str) -> list[str]:
    """Return the lines of the one block of commands under a heading."""
    text = (ROOT / "README.md").read_text("utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    [lines] = re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    return str(lines).splitlines()


def command(heading: str) -> str:
    """Return the one command under a heading."""
    [line] = block(heading)
    return line


@pytest.mark.needs("index")
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_first_command_makes_a_project_and_runs_it(
    shell: str, released: Path, tmp_path: Path
) -> None:
    run("git", "clone", "-q", released, tmp_path / "checkout")
    done = run(shell, "-c", command("Try it"), cwd=tmp_path / "checkout")
    assert done.stdout.splitlines()[-1].startswith("Python 3.")
    assert f"{tmp_path}/my-project/.venv" in done.stdout.splitlines()[-1]


def test_ci_runs_the_second_command() -> None:
    done = run("bash", "-c", f'set -e; {extraction()}; echo "$command"', cwd=ROOT)
    assert done.stdout == command("Test it") + "\n"


def extraction() -> str:
    """Return the line of .ci/run that takes the command from the README."""
    lines = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    [line] = [line for line in lines if line.startswith("command=")]
    return line


def test_names_every_question() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert {name for name in ASKED if f"`{name}`" not in text} == set()
