"""Run commands as a user would, whatever the tester has set."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

# How variables begin that the tester may have set and that would change what a command does.
# PSMODULEPATH of PowerShell 7 does not fit Windows PowerShell.
HIDDEN = (
    "APP_",
    "COMPOSE_",
    "GIT_",
    "PROJECT_PYTHON",
    "PSMODULEPATH",
    "PYTEST_",
    "PYTHON",
    "UV_",
    "VIRTUAL_ENV",
)
# An author for commits, and none of the tester's settings of git.
GIT = {
    "GIT_AUTHOR_NAME": "User",
    "GIT_AUTHOR_EMAIL": "user@example.org",
    "GIT_COMMITTER_NAME": "User",
    "GIT_COMMITTER_EMAIL": "user@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def run(*command: object, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command without the tester's settings; fail the test when the command fails.

    `env` adds variables; `check=False` accepts any exit status. Other options, and the result,
    are those of `subprocess.run`.
    """
    environment = {name: os.environ[name] for name in os.environ if not name.startswith(HIDDEN)}
    environment |= GIT | options.pop("env", {})
    words = [str(word) for word in command]
    options = {"capture_output": True, "encoding": "utf-8", **options}
    done = subprocess.run(words, check=False, env=environment, **options)
    if check and done.returncode:
        pytest.fail(f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def eventually(is_so: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is so; fail if it takes longer."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)
