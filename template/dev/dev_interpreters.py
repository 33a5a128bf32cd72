# fmt: off
# ruff: noqa
# mypy: ignore-errors
"""Find the Python for this project. A Python is a pair here: its real path and its version."""

from __future__ import annotations

import functools
import os
import re
import sys
from pathlib import Path

from dev_locks import WINDOWS, Problem, ask, read, say, supported

# The newest Python that is chosen without being asked for: packages may not have wheels yet
# for a newer one.
NEWEST = 15

PROBE = """
import sys
print(getattr(sys, "_base_executable", "") or sys.executable)
print(".".join(map(str, sys.version_info[:3])))
"""


@functools.cache
def probe(*command: str) -> tuple[str, ...]:
    """Return the Python that a command starts, nothing if it starts none."""
    # Only running it shows that, as the Microsoft Store and pyenv put commands on PATH that do not
    # work. A virtual environment counts as the Python that created it.
    found = ask(*command, "-X", "utf8", "-I", "-S", "-c", PROBE)
    if len(found) != 2 or not re.fullmatch(r"3\.\d+\.\d+", found[1]):
        return ()
    path, version = found
    return path if WINDOWS else os.path.realpath(path), version


def minor(python: tuple[str, ...]) -> int:
    """Return 14 for a Python 3.14, -1 for none."""
    return int(python[1].split(".")[1]) if python else -1


def find(version: int) -> tuple[str, ...]:
    """Return a Python 3.{version}, nothing if there is none; the likeliest places come first."""
    commands = [[sys.executable]]

    # The folders of pyenv, the newest first, are quicker than its commands on PATH.
    home = os.path.expanduser("~/.pyenv/pyenv-win" if WINDOWS else "~/.pyenv")
    pyenv = Path(os.environ.get("PYENV_ROOT") or home)
    pattern = f"versions/3.{version}.*/{'python.exe' if WINDOWS else 'bin/python'}"
    try:
        paths = [str(path) for path in pyenv.glob(pattern)]
    except OSError:
        paths = []  # the folder of another user
    # 3.14.10 comes before 3.14.9.
    commands += [[path] for path in sorted(paths, key=lambda path: (len(path), path), reverse=True)]

    if WINDOWS:
        commands += [["py", f"-3.{version}"]]
    commands += [[f"python3.{version}"], ["python3"], ["python"]]
    for command in commands:
        if minor(probe(*command)) == version:
            return probe(*command)

    for path in ask("uv", "python", "find", "--no-project", f"3.{version}"):
        return probe(path)
    return ()


def pinned_version() -> int:
    """Return 14 if .python-version asks for 3.14, 0 if it does not ask for a Python."""
    found = re.search(rb"^[^#\n]*?(?<![\d.])3\.(\d+)", read(".python-version"), re.MULTILINE)
    return int(found[1]) if found else 0


def choose() -> tuple[str, ...]:
    """Return the Python for this project; warn if it is not the one in .python-version."""
    # Raises Problem if none fits.
    pinned = pinned_version()
    oldest, newest = supported()
    if oldest > NEWEST:
        found = f"requires-python is 3.{oldest}"
        raise Problem(f"pyproject.toml: {found}, expected 3.{NEWEST} or less")
    allowed = f"3.{oldest} to 3.{newest}" if newest < 99 else f"3.{oldest} or later"

    if asked := os.environ.get("PROJECT_PYTHON"):
        python = probe(asked)
        found = f"PROJECT_PYTHON={asked}"
        if not python:
            raise Problem(f"{found} starts no Python; set it to the absolute path of one")
        if not oldest <= minor(python) <= newest:
            raise Problem(f"{found} is Python {python[1]}, pyproject.toml requires {allowed}")
        return python

    if pinned and not oldest <= pinned <= newest:
        found = f".python-version asks for 3.{pinned}, pyproject.toml requires {allowed}"
        raise Problem(f"{found}; change the answer python_version, or requires-python")
    if python := find(pinned) if pinned else ():
        return python
    for version in range(min(newest, NEWEST), oldest - 1, -1):
        if python := find(version):
            if pinned:
                say(f"warning: .python-version asks for 3.{pinned}, found only Python {python[1]}")
            return python

    pythons = {probe(name) for name in (sys.executable, "python3", "python")} - {()}
    found = ", ".join(f"{version} ({path})" for path, version in sorted(pythons))
    fix = f"install Python 3.{pinned or min(newest, NEWEST)}, or set PROJECT_PYTHON to its path"
    raise Problem(f"expected Python {allowed}, found {found or 'none'}; {fix}")
