"""Run programs so that nothing leads them astray, and find the Python for this project.

A Python is a pair here: its path with links resolved, and its version.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from project import ROOT, WINDOWS, read

TYPE_CHECKING = False  # for what reads the types alone, and takes time to import
if TYPE_CHECKING:
    from typing import Any

# Make pip, uv or Python look or install elsewhere. Settings of index and proxy stay.
MISLEADING = {
    *("PIP_ABI", "PIP_CONSTRAINT", "PIP_EDITABLE", "PIP_IMPLEMENTATION", "PIP_PLATFORM"),
    *("PIP_PREFIX", "PIP_PYTHON", "PIP_PYTHON_VERSION", "PIP_REQUIREMENT", "PIP_ROOT"),
    *("PIP_TARGET", "PYTHONEXECUTABLE", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP"),
    *("UV_BUILD_CONSTRAINT", "UV_CONSTRAINT", "UV_EXCLUDE", "UV_OVERRIDE", "UV_PROJECT"),
    *("UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY"),
    "__PYVENV_LAUNCHER__",
}
# Python 3.15; a newer one is not taken unasked, packages may have no wheels for it yet.
NEWEST = 15


class Problem(Exception):
    """What is wrong and how to mend it, in one line for the user."""


def say(message: object) -> None:
    """Tell the user; on standard error, so that standard output is for answers."""
    print(f"venv: {message}", file=sys.stderr, flush=True)


# --- Running programs --------------------------------------------------------------------


@functools.cache
def network() -> dict[str, str]:
    """Return the variables that the network of a company asks for, where there is one."""
    if not os.path.exists(os.path.join(ROOT, "dev", "network.py")):
        return {}
    from network import variables

    return variables()


def run(*command: object, **options: Any) -> Any:
    """Run a command in the project; what it prints is progress, for standard error."""
    environment = {k: v for k, v in os.environ.items() if k.upper() not in MISLEADING}
    # The environment also overrules a pip.conf that sets these.
    off = dict.fromkeys(["PIP_DRY_RUN", "PIP_IGNORE_INSTALLED", "PIP_REQUIRE_HASHES"], "0")
    off |= dict.fromkeys(["PIP_REQUIRE_VIRTUALENV", "PIP_USER"], "0")
    environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", **off, **network()}
    environment.setdefault("UV_PYTHON_DOWNLOADS", "never")
    environment.setdefault("UV_SYSTEM_CERTS", "true")  # trust what pip trusts
    # What is open for them is the lock of this environment alone.
    options = {"cwd": ROOT, "env": environment, "stdout": sys.stderr, "close_fds": False} | options
    return subprocess.run([str(word) for word in command], check=False, **options)


def ask(*command: object) -> list[str]:
    """Return the lines that a command prints, none when it fails."""
    try:
        answer = run(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return []
    return answer.stdout.decode("utf-8", "surrogateescape").splitlines()


def must(*command: object, **options: Any) -> Any:
    """Run a command that has to succeed; raises Problem when it does not."""
    done = run(*command, **options)
    if done.returncode:
        words = [Path(str(word)).name for word in command if not str(word).startswith("-")]
        status = f"ended with status {done.returncode}"
        raise Problem(f"`{' '.join(words[:3])}` {status}, see above; fix that and try again")
    return done


def find_uv() -> str | None:
    """Return the path of uv, but not of one that pyenv stands in for and does not find."""
    path = shutil.which("uv")
    shim = path and Path(path).parent.name == "shims"
    return path if not shim or ask(path, "--version") else None


# --- Finding a Python --------------------------------------------------------------------

THIS = (
    getattr(sys, "_base_executable", "") or sys.executable,
    ".".join(map(str, sys.version_info[:3])),
)
PROBE = """
import sys
print(getattr(sys, "_base_executable", "") or sys.executable)
print(".".join(map(str, sys.version_info[:3])))
"""


@functools.cache
def probe(*command: str) -> tuple[str, ...]:
    """Return the Python that a command starts, nothing when it starts none.

    Only running it tells: the Microsoft Store and pyenv put commands on PATH that do not
    work. A virtual environment counts as the Python that made it.
    """
    flags = "-X", "utf8", "-I", "-S", "-c"
    found = THIS if command == (sys.executable,) else ask(*command, *flags, PROBE)
    if len(found) != len(THIS) or not re.fullmatch(r"3\.\d+\.\d+", found[1]):
        return ()
    path, version = found
    return path if WINDOWS else os.path.realpath(path), version


def minor(python: tuple[str, ...]) -> int:
    """Return 14 for a Python 3.14, -1 for none."""
    return int(python[1].split(".")[1]) if python else -1


def find(wish: int) -> tuple[str, ...]:
    """Return a Python 3.{wish}, nothing when there is none; the likeliest places come first."""
    home = os.path.expanduser("~/.pyenv/pyenv-win" if WINDOWS else "~/.pyenv")
    pyenv = Path(os.environ.get("PYENV_ROOT") or home)
    pattern = f"versions/3.{wish}.*/{'python.exe' if WINDOWS else 'bin/python'}"
    try:
        kept = [str(path) for path in pyenv.glob(pattern)]
    except OSError:  # of another user
        kept = []
    commands = [
        [sys.executable],
        # At once, where its commands on PATH take long; 3.14.10 before 3.14.9.
        *([path] for path in sorted(kept, key=lambda path: (len(path), path), reverse=True)),
        *([["py", f"-3.{wish}"]] if WINDOWS else []),
        *([f"python3.{wish}"], ["python3"], ["python"]),
    ]
    for command in commands:
        if minor(probe(*command)) == wish:
            return probe(*command)
    for path in ask("uv", "python", "find", "--no-project", f"3.{wish}"):
        return probe(path)
    return ()


def wanted() -> int:
    """Return 14 when .python-version asks for 3.14 first, 0 when any will do."""
    found = re.search(rb"^[^#\n]*?(?<![\d.])3\.(\d+)", read(".python-version"), re.MULTILINE)
    return int(found[1]) if found else 0


def oldest() -> int:
    """Return 11 when pyproject.toml requires Python 3.11 or later, or tells nothing.

    Raises Problem when it cannot be read.
    """
    metadata = read("pyproject.toml")
    line = rb"^requires-python\s*=[^#\n]*?(?:>=|~=|==|>)\s*3\.(\d+)"
    found = re.search(line, metadata, re.MULTILINE)
    if not found and re.search(rb"^[^#\n]*requires-python", metadata, re.MULTILINE):
        raise Problem('pyproject.toml: expected a line such as requires-python = ">=3.11"')
    least = int(found[1] if found else 11)
    if least > NEWEST:
        raise Problem(f"pyproject.toml: requires-python is 3.{least}, expected 3.{NEWEST} or less")
    return least


def newest() -> int:
    """Return 12 when pyproject.toml requires a Python below 3.13, 99 when any later one will do."""
    line = rb"^requires-python\s*=[^#\n]*?(<=?|==|~=(?=\s*3\.\d+\.))\s*3\.(\d+)(\.[1-9])?"
    found = re.search(line, read("pyproject.toml"), re.MULTILINE)
    return int(found[2]) - (found[1] == b"<" and not found[3]) if found else 99


def span(least: int, most: int) -> str:
    """Return 3.11 to 3.13 for 11 and 13, 3.12 for 12 and 12."""
    return f"3.{least} to 3.{most}" if least < most else f"3.{least}"


def choose() -> tuple[str, ...]:
    """Return the Python for this project; warn when it is not the version wished for.

    Raises Problem when none fits.
    """
    wish, least, most = wanted(), oldest(), newest()
    allowed = span(least, most) if most < 99 else f"3.{least} or later"
    if asked := os.environ.get("PROJECT_PYTHON"):
        if not (python := probe(asked)):
            raise Problem(
                f"PROJECT_PYTHON={asked} starts no Python; set it to the absolute path of one"
            )
        if not least <= minor(python) <= most:
            found = f"PROJECT_PYTHON={asked} is Python {python[1]}"
            raise Problem(f"{found}, pyproject.toml requires {allowed}")
        return python
    if wish and not least <= wish <= most:
        raise Problem(
            f".python-version asks for 3.{wish}, pyproject.toml requires {allowed}; "
            "give another answer to python_version, or change requires-python"
        )
    most = min(most, NEWEST)
    others = range(most, least - 1, -1)
    for version in (wish, *others) if wish else others:
        if python := find(version):
            if wish and version != wish:
                say(f"warning: .python-version asks for 3.{wish}, found only Python {python[1]}")
            return python
    pythons = {probe(name) for name in (sys.executable, "python3", "python")} - {()}
    found = ", ".join(f"{version} ({path})" for path, version in sorted(pythons))
    raise Problem(
        f"no Python {span(least, most)} was found, only {found or 'none at all'}; "
        f"install Python 3.{wish or most}, or set PROJECT_PYTHON to the absolute path of one"
    )
