"""The prompt, in a real terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from support.projects import Bakery, Project
from test_venv import HERE, NO_STARTUP_FILES, SOURCE, feed

# How to set a prompt that can be told apart, in each shell.
PROMPTS = {
    **dict.fromkeys(("bash", "zsh", "ksh", "mksh", "dash", "busybox"), "PS1='<PRO''MPT> '"),
    "fish": "function fish_prompt; echo '<PRO''MPT> '; end",
    "pwsh": "function prompt { '<PRO' + 'MPT> ' }",
    "tcsh": "set prompt = '<PRO''MPT> '",
}
# PowerShell's editor of lines would draw each of them anew.
FLAGS = NO_STARTUP_FILES | {
    "pwsh": ("-NoProfile", "-NoLogo", "-NoExit", "-Command", "Remove-Module PSReadLine"),
}


def until(child: pexpect.spawn, text: str) -> None:
    """Wait for a text. PowerShell asks the terminal where its cursor is, and waits for an answer."""
    while child.expect_exact([text, "\x1b[6n"]):
        child.send("\x1b[1;1R")


@pytest.fixture(scope="module")
def project(bake: Bakery) -> Project:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    project.run("dev/do", "sync")
    return project


@pytest.fixture(params=PROMPTS)
def terminal(
    request: pytest.FixtureRequest, project: Project
) -> Iterator[tuple[str, pexpect.spawn]]:
    hidden = ("VIRTUAL_ENV", "PS1", "PROMPT")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    name = request.param
    child = pexpect.spawn(
        name,
        [*FLAGS.get(name, ()), *(["-i"] if name not in ("tcsh", "pwsh") else [])],
        cwd=project.path,
        env={**environment, "TERM": "dumb", "NO_COLOR": "1", "HOME": str(project.path)},
        encoding="utf-8",
        timeout=60,
    )
    child.sendline(PROMPTS[name])
    until(child, "<PROMPT> ")
    yield name, child
    child.close(force=True)


def test_the_prompt_tells_what_is_active(
    terminal: tuple[str, pexpect.spawn], project: Project
) -> None:
    name, child = terminal
    active = f"({project.path.name}) <PROMPT> "
    child.sendline(SOURCE[name].format("dev"))
    until(child, active)
    child.sendline(SOURCE[name].format("dev"))
    until(child, active)
    assert f"({project.path.name}) (" not in child.before, "activated twice, shown once"
    child.sendline("python -c 'print(6 * 7)'")
    until(child, "42")
    until(child, active)
    child.sendline("deactivate")
    until(child, "<PROMPT> ")
    child.sendline("echo le''ft")
    until(child, "left")
    until(child, "<PROMPT> ")
    assert f"({project.path.name})" not in child.before


@pytest.mark.needs("nu")
def test_nushell_tells_what_is_active(project: Project) -> None:
    """Its prompt is a text or a function, and it is kept either way."""
    source, show = SOURCE["nu"].format("dev"), "print (do $env.PROMPT_COMMAND)"
    for prompt in ("{|| '<PROMPT>' }", "'<PROMPT>'"):
        lines = [f"$env.PROMPT_COMMAND = {prompt}", source, source, show, "deactivate"]
        done = feed(project, "nu", *lines, "print $env.PROMPT_COMMAND")
        shown, after = done.stdout.splitlines()
        assert shown == f"({project.path.name}) <PROMPT>"
        assert after == "<PROMPT>" or after.startswith("closure")


@pytest.mark.needs("pwsh")
def test_an_interrupt_in_powershell_leaves_no_trace(bake: Bakery, tmp_path: Path) -> None:
    """While a Python is looked for, in the first activation."""
    project = bake(isolation="venv", app="cli", python_version=HERE)
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\necho started >/dev/tty\nsleep 30\n")
    slow.chmod(0o755)
    environment = {"PROJECT_PYTHON": str(slow), "TERM": "dumb", "NO_COLOR": "1", "VIRTUAL_ENV": ""}
    child = pexpect.spawn(
        "pwsh",
        [*FLAGS["pwsh"]],
        cwd=project.path,
        env=os.environ | environment,
        encoding="utf-8",
        timeout=60,
    )
    until(child, "> ")
    child.sendline("dev/activate.ps1")
    until(child, "started")
    child.sendintr()
    until(child, "> ")
    left = "$env:VIRTUAL_ENV $(Test-Path Variable:_venv_old) $($Error.Count)"
    child.sendline(f'"se" + "en: $? $LASTEXITCODE {left}."')
    until(child, "seen: False 130  False 0.")
    child.close(force=True)
