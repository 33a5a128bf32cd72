"""The commands of the README of this repository do what it says; test_pages.py has the rest."""

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


@pytest.mark.needs("index")
def test_the_start_with_an_address(released: Path, tmp_path: Path) -> None:
    lines = "\n".join(block("Start")).replace("uvx copier copy", "copier copy --defaults")
    address = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{released}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/OWNER/REPO.git",
    }
    done = run("bash", "-e", "-c", lines, cwd=tmp_path, env=address)
    assert done.stdout.splitlines()[-1] == "Hello, World!"


def test_ci_runs_the_second_command() -> None:
    done = run("bash", "-c", f'set -e; {extraction()}; echo "$command"', cwd=ROOT)
    assert done.stdout == command("Test it") + "\n"


def extraction() -> str:
    """Return the line of .ci/run that takes the command from the README."""
    lines = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    [line] = [line for line in lines if line.startswith("command=")]
    return line


def test_one_page_names_every_question() -> None:
    text = (ROOT / "docs/questions.md").read_text("utf-8").partition("\n## ")[0]
    assert {name for name in ASKED if f"`{name}`" not in text} == set()
