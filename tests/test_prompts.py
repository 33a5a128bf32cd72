"""The prompt, in a real terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pexpect
import pytest
from support.projects import Bakery, Project
from test_venv import HERE, NO_STARTUP_FILES, SOURCE

# How to set a prompt that can be told apart, in each shell.
PROMPTS = {
    **dict.fromkeys(("bash", "zsh", "ksh", "mksh", "dash", "busybox"), "PS1='<PRO''MPT> '"),
    "fish": "function fish_prompt; echo '<PRO''MPT> '; end",
    "tcsh": "set prompt = '<PRO''MPT> '",
}


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
        [*NO_STARTUP_FILES.get(name, ()), *(["-i"] if name != "tcsh" else [])],
        cwd=project.path,
        env={**environment, "TERM": "dumb", "HOME": str(project.path)},
        encoding="utf-8",
        timeout=20,
    )
    child.sendline(PROMPTS[name])
    child.expect_exact("<PROMPT> ")
    yield name, child
    child.close(force=True)


def test_the_prompt_tells_what_is_active(
    terminal: tuple[str, pexpect.spawn], project: Project
) -> None:
    name, child = terminal
    active = f"({project.path.name}) <PROMPT> "
    child.sendline(SOURCE[name].format("dev"))
    child.expect_exact(active)
    child.sendline(SOURCE[name].format("dev"))
    child.expect_exact(active)
    assert f"({project.path.name}) (" not in child.before, "activated twice, shown once"
    child.sendline("python -c 'print(6 * 7)'")
    child.expect_exact("42")
    child.expect_exact(active)
    child.sendline("deactivate")
    child.expect_exact("<PROMPT> ")
    child.sendline("echo le''ft")
    child.expect_exact("left")
    child.expect_exact("<PROMPT> ")
    assert f"({project.path.name})" not in child.before
