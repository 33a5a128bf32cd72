# fmt: off
# ruff: noqa
# mypy: ignore-errors
"""Create the environment and install the locks into it: with uv, or with pip where there is no uv."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

from dev_interpreters import minor, probe
from dev_locks import LOCKS, ROOT, WINDOWS, Problem, ask, find_uv, lock_text, must, normal, run

VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")

# Shells expand special characters in a prompt, so it gets none.
PROMPT = re.sub(r"[^\w.+@ -]", "_", ROOT.name)

# Prints for each marker whether it applies. The first argument is where pip is.
APPLIES = """
import sys
sys.path.append(sys.argv.pop(1))
from pip._vendor.packaging.markers import Marker
for marker in sys.argv[1:]:
    print(Marker(marker).evaluate())
"""

# Prints the folders in which Python and Debian keep the wheel of pip.
PIP_FOLDERS = """
import sysconfig
print(sysconfig.get_path("stdlib") + "/ensurepip/_bundled")
print(sysconfig.get_config_var("WHEEL_PKG_DIR") or "/usr/share/python-wheels")
"""


def locked(*names: str) -> dict[str, dict[str, str]]:
    """Return the packages in these locks: the version by its marker, which mostly is empty."""
    # The version is empty where the lock has an address.
    package = r"^([\w.-]+)(?:\[.*?\])? *(==|@) *([^\s;]+)(?: *; *(.*?))?\s*(?:\\|--hash|#|$)"
    found = {}
    for text in map(lock_text, names):
        for name, kind, version, marker in re.findall(package, text, re.MULTILINE):
            found.setdefault(normal(name), {})[marker] = version if kind == "==" else ""
    return found


def site_packages() -> Path:
    """Return the folder of the environment that packages are installed into."""
    return next(VENV.glob("lib/py*/site-packages"), VENV / "Lib" / "site-packages")


def installed() -> dict[str, str]:
    """Return name and version of each package in the environment."""
    found = (path.stem.partition("-") for path in site_packages().glob("*.dist-info"))
    return {normal(name): version for name, _, version in found}


def needed() -> dict[str, str]:
    """Return name and version of each package that the locks have for this environment."""
    packages, have = locked(*LOCKS), installed()
    markers = {marker for versions in packages.values() for marker in versions} - {""}
    applies = {"": "True"}
    if markers:
        with contextlib.suppress(Problem):
            pip = find_pip(str(PYTHON))
            applies.update(zip(markers, ask(PYTHON, "-I", "-c", APPLIES, pip, *markers)))

    found = {}
    for name, versions in packages.items():
        for marker, version in versions.items():
            if applies.get(marker) == "True":
                found[name] = version
            elif marker not in applies and name in have:
                found[name] = have[name]  # without pip, nothing here can read markers
    return found


def differences() -> list[str]:
    """Return how the packages in the environment differ from the locks."""
    have = installed()
    found = []
    for name, version in needed().items():
        if name not in have:
            found += [f"{name} is missing"]
        elif version and have[name] != version:
            found += [f"{name} is {have[name]} instead of {version}"]
    return found


def missing_file() -> Path | None:
    """Return a file of a package that is not in the environment any more, None if all are."""
    packages = site_packages()
    for record in packages.glob("*.dist-info/RECORD"):
        for line in record.read_text("utf-8").splitlines():
            path = packages / line.rpartition(",sha256=")[0].strip('"')
            if not path.exists():
                return path
    return None


def create(python: str) -> None:
    """Create an environment without packages; raise Problem where none can work."""
    if os.pathsep in str(ROOT) or "\n" in str(ROOT):
        expected = f"expected a path without {os.pathsep!r} and line breaks"
        raise Problem(f"{expected}, found {str(ROOT)!r}; rename it")
    if uv := find_uv():
        flags = ["--quiet", "--no-project", "--allow-existing", f"--prompt={PROMPT}"]
        must(uv, "venv", *flags, "--python", python, VENV)
    else:
        flags = ["--without-pip", f"--prompt={PROMPT}"]
        must(python, "-I", "-m", "venv", *flags, VENV.resolve())


def write_metadata() -> None:
    """Let the environment know the version and the commands in pyproject.toml."""
    run(PYTHON, "-I", "dev/dev_metadata.py", VENV / "project", PYTHON.parent)


def find_pip(python: str) -> Path:
    """Return where pip is: in the environment, or in the wheel that came with its Python."""
    # Raises Problem if there is none, as on Debian without python3-venv.
    if "pip" in installed():
        return site_packages()
    for folder in ask(python, "-X", "utf8", "-I", "-c", PIP_FOLDERS):
        for wheel in Path(folder).glob("pip-*.whl"):
            return wheel
    package = f"python3.{minor(probe(python))}-venv"
    fix = f"install uv, or on Debian and Ubuntu: apt install {package}"
    raise Problem(f"{python} comes without pip; {fix}")


def install(python: str) -> None:
    """Install what the locks have, hashes checked, and remove all other packages."""
    # Python finds src/, the project's folder and its metadata through this file: an editable
    # installation is impossible when hashes are required.
    packages = site_packages()
    folders = [os.path.relpath(ROOT / name, packages) for name in ("src", ".", ".venv/project")]
    (packages / "project.pth").write_text("\n".join(folders) + "\n")

    if uv := find_uv():
        install_with_uv(uv)
    else:
        install_with_pip(python)

    if found := differences():
        hint = "look for settings of pip or uv that make it install elsewhere, or not at all"
        raise Problem(f"after the installation {', '.join(found)}; {hint}")


def install_with_uv(uv: str) -> None:
    """Let uv make the environment what the locks say."""
    flags = ["--require-hashes", "--allow-empty-requirements"]
    sync = [uv, "pip", "sync", "--python", PYTHON, *flags, *LOCKS]

    # If uv has everything in its cache, asking the index takes longer than all the rest.
    done = run(*sync, "--offline", stderr=subprocess.PIPE)
    if done.returncode:
        must(*sync)
    else:
        print(done.stderr.decode("utf-8", "replace"), end="", file=sys.stderr)


def install_with_pip(python: str) -> None:
    """Let pip do the same: the locks are complete, and modules are compiled on first import."""
    pip = [PYTHON, "-I", find_pip(python) / "pip", "--python="]

    # An empty --python= or --target= overrules what a pip.conf says. pip fails if there is
    # nothing to install.
    flags = ["--no-deps", "--no-compile", "--require-hashes", "--target=", f"--prefix={VENV}"]
    flags += [f"--requirement={name}" for name in LOCKS]
    if locked(*LOCKS):
        must(*pip, "install", *flags)

    # Like uv, remove packages that are not locked, or no longer for this platform or Python.
    if extra := installed().keys() - needed().keys() - {"pip"}:
        must(*pip, "uninstall", "--quiet", "--yes", *sorted(extra))
