"""Make an environment, install the locks into it, and resolve them: with uv, or else with pip."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

from project import LOCKS, PYTHON, ROOT, WINDOWS, read
from pythons import Problem, ask, choose, find_uv, minor, must, oldest, probe, run

VENV = Path(ROOT, ".venv")
PROMPT = re.sub(r"[^\w.+@ -]", "_", Path(ROOT).name)  # shells expand what stands in it
# Run by the Python of the environment, which has pip: which of these requirements are not for it.
UNFIT = """
import sys
from pip._vendor.packaging.requirements import Requirement
for requirement in map(Requirement, sys.argv[1:]):
    if not requirement.marker.evaluate():
        print(requirement.name)
"""


def locks() -> dict[str, str]:
    """Return what each lock holds."""
    return {name: read(name).decode("utf-8-sig", "surrogateescape") for name in LOCKS}


def must_be_locks() -> None:
    """Raise Problem when a lock is only a list of packages, as before the template, or no text."""
    for name, text in locks().items():
        if "\0" in text:
            raise Problem(f"{name}: expected UTF-8, found UTF-16; save it as UTF-8")
        if re.search("^(<<<<<<<|>>>>>>>) ", text, re.MULTILINE):
            take = f"git checkout --theirs {name}"
            raise Problem(
                f"{name} has conflicts; take one side, {take}, and run: dev/do lock"
            )
        if re.search(r"^[A-Za-z]", text, re.MULTILINE) and "--hash=" not in text:
            raise Problem(
                f"{name} has no hashes, so it is not a lock; rename it to {name[:-4]}.in, or "
                "delete it if that names the same packages, then run: dev/do lock"
            )


def without_hash(name: str) -> tuple[int, str]:
    """Return number and text of the first line of a lock that names a package without a hash.

    (0, "") means that each has one. A line that ends with a backslash goes on in the next.
    """
    text = locks()[name]
    for entry in re.finditer(r"^(?:-e |[^\s#-])(?:.*\\\r?\n)*.*", text, re.MULTILINE):
        if "--hash=" not in entry[0]:
            return text.count("\n", 0, entry.start()) + 1, entry[0].splitlines()[0].rstrip("\\ ")
    return 0, ""


def must_have_hashes() -> None:
    """Raise Problem when a lock names a package without a hash, which nothing would check."""
    for name in LOCKS:
        number, line = without_hash(name)
        if line:
            raise Problem(f"{name}:{number}: expected a hash, found {line}; run: dev/do lock")


def must_be_lockable(name: str) -> None:
    """Raise Problem when a new lock names what cannot be installed from it, such as a folder."""
    _, line = without_hash(name)
    if line:
        raise Problem(f"{line} has no hash to lock; leave it out, or publish a package")


def normal(name: str) -> str:
    """Return a package name in the form in which names are compared.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(*names: str) -> dict[str, bool]:
    """Return every package in these locks, and whether it is for some platforms only."""
    line = re.compile(r"^([\w.-]+)(?:\[.*?\])? *(?:==|@) *[^\s;]+ *(;?)", re.MULTILINE)
    found = [pair for name in names for pair in line.findall(locks()[name])]
    return {normal(name): bool(marker) for name, marker in found}


def site_packages() -> Path:
    """Return the folder of the environment that packages are installed into."""
    return next(VENV.glob("lib/py*/site-packages"), VENV / "Lib" / "site-packages")


def installed() -> dict[str, str]:
    """Return name and version of every package in the environment."""
    found = (path.stem.partition("-") for path in site_packages().glob("*.dist-info"))
    return {normal(name): version for name, _, version in found}


def create(python: str) -> None:
    """Make an environment without packages; raises Problem where none can be used."""
    if os.pathsep in ROOT:
        raise Problem(f"an entry of PATH cannot hold {os.pathsep!r}; rename {ROOT}")
    if uv := find_uv():
        flags = ["--quiet", "--no-project", "--allow-existing"]
        must(uv, "venv", *flags, f"--prompt={PROMPT}", "--python", python, VENV)
    else:
        flags = ["--without-pip", f"--prompt={PROMPT}"]
        must(python, "-I", "-m", "venv", *flags, os.path.realpath(VENV))
    # For the project's own source, there or at the root: hash checking rules out an editable
    # install.
    packages = site_packages()
    folders = [os.path.relpath(Path(ROOT, name), packages) for name in ("src", ".")]
    (packages / "project.pth").write_text("\n".join(folders) + "\n")


def unpack_pip(python: str, folder: Path) -> None:
    """Unpack the pip that came with a Python into a folder, which is quicker than ensurepip.

    Raises Problem when there is none, as on Debian without python3-venv.
    """
    where = (
        "import sysconfig; print(sysconfig.get_path('stdlib') + '/ensurepip/_bundled');"
        "print(sysconfig.get_config_var('WHEEL_PKG_DIR') or '/usr/share/python-wheels')"
    )
    from zipfile import ZipFile  # takes long, and is seldom needed

    for line in ask(python, "-X", "utf8", "-I", "-c", where):
        for wheel in Path(line).glob("pip-*.whl"):
            return ZipFile(wheel).extractall(folder)
    package = f"python3.{minor(probe(python))}-venv"
    raise Problem(
        f"{python} comes without pip; install uv, or on Debian and Ubuntu: apt install {package}"
    )


def install(python: str) -> None:
    """Make the packages of the environment those of the locks, hashes checked."""
    if uv := find_uv():
        flags = ["--require-hashes", "--allow-empty-requirements"]
        sync = [uv, "pip", "sync", "--python", PYTHON, *flags, *LOCKS]
        # The cache alone first: to ask the index about what it has takes longer than all the rest.
        done = run(*sync, "--offline", stderr=subprocess.PIPE)
        if done.returncode:
            must(*sync)
        else:
            print(done.stderr.decode("utf-8", "replace"), end="", file=sys.stderr)
    else:
        before = installed().keys()
        if "pip" not in before:
            unpack_pip(python, site_packages())
        # As uv does it, in half the time: what the locks name is all there is to install, and
        # modules are compiled when they are first imported.
        flags = ["--no-deps", "--no-compile", "--require-hashes", "--target=", f"--prefix={VENV}"]
        flags += [f"--requirement={name}" for name in LOCKS]
        # An empty --python= or --target= overrules what a pip.conf says.
        pip = [PYTHON, "-I", "-m", "pip", "--python="]
        text = "\n".join(locks().values())
        # pip calls it an error when there is nothing to install.
        if re.search(r"^[^\s#]", text, re.MULTILINE):
            must(*pip, "install", *flags)
        with_marker = re.findall(r"^(([\w.-]+).*;.*?) *\\?$", text, re.MULTILINE)
        doubtful = [line for line, name in with_marker if normal(name) in before]
        unfit = map(normal, ask(PYTHON, "-I", "-c", UNFIT, *doubtful) if doubtful else [])
        if extra := installed().keys() - (pinned(*LOCKS).keys() - set(unfit)) - {"pip"}:
            must(*pip, "uninstall", "--quiet", "--yes", *sorted(extra))
    needed = {name for name, has_marker in pinned(*LOCKS).items() if not has_marker}
    if lacking := sorted(needed - installed().keys()):
        raise Problem(
            f"not in .venv after the installation: {', '.join(lacking)}; look for settings of "
            "pip or uv that make it install elsewhere, or not at all"
        )


def kept_uv(newest: bool) -> Path:
    """Return the uv in this user's cache, where it is put for those who have none."""
    cache = os.environ.get("LOCALAPPDATA" if WINDOWS else "XDG_CACHE_HOME")
    folder = Path(cache or os.path.expanduser("~/.cache"), "venv.py")
    if not folder.is_absolute():
        raise Problem(f"expected a folder for a cache, found {folder.parent}; set HOME")
    uv = folder / "bin" / ("uv.exe" if WINDOWS else "uv")
    if newest or not ask(uv, "--version"):
        from tempfile import TemporaryDirectory  # takes long, and is seldom needed

        uv.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as new:
            python, _ = choose()
            unpack_pip(python, Path(new))
            pip = [python, "-I", Path(new, "pip"), "--python="]
            must(*pip, "install", "--quiet", "--prefix=", "--target", new, "uv")
            with contextlib.suppress(PermissionError):  # Windows keeps one that runs
                Path(new, "bin", uv.name).replace(uv)
    return uv


def lock(upgrade: bool) -> None:
    """Resolve requirements*.in into requirements*.txt, for all platforms and Pythons allowed.

    Versions that are locked stay while they fit; with `upgrade` the newest are taken, of uv too
    where it is in the cache.
    https://docs.astral.sh/uv/pip/compile/
    """
    must_be_locks()  # or the list would be lost
    for name in ("requirements.in", "requirements-dev.in"):
        pattern = rb"^ *(-e|--editable|[./]|[^#\n]*\bgit\+).*"
        if unhashable := re.search(pattern, read(name), re.MULTILINE):
            line = unhashable[0].decode("utf-8", "replace").strip()
            raise Problem(f"{name}: {line} has no hash to lock; leave it out, or publish a package")
    flags = ["--quiet", "--universal", f"--python-version=3.{oldest()}"]
    flags += ["--fork-strategy=fewest", "--generate-hashes", "--no-strip-extras"]
    flags += ["--upgrade"] if upgrade else []
    uv = find_uv() or kept_uv(upgrade)
    paths = [Path(ROOT, name) for name in LOCKS]
    before = {path: path.read_bytes() for path in paths if path.exists()}
    try:
        must(uv, "pip", "compile", *flags, "--output-file=requirements.txt", "requirements.in")
        must_be_lockable("requirements.txt")
        flags += ["--constraints=requirements.txt", "--output-file=requirements-dev.txt"]
        must(uv, "pip", "compile", *flags, "requirements-dev.in")
        must_be_lockable("requirements-dev.txt")
    except BaseException:  # one without the other may not fit
        for path in paths:
            if path not in before:
                path.unlink(missing_ok=True)
            elif path.read_bytes() != before[path]:
                path.write_bytes(before[path])
        raise
