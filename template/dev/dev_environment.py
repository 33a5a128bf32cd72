# fmt: off
# ruff: noqa
# mypy: ignore-errors
"""Keep .venv in line with the locks."""

# The activate files call `sync` unless their own comparison shows that nothing changed.

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dev_locks as locks
import dev_packages as packages
from dev_interpreters import choose, find, minor, pinned_version, probe
from dev_locks import LOCKS, ROOT, WINDOWS, Problem, network, read, say
from dev_packages import PYTHON, VENV, installed

# The variables that the activate files set: NAME=VALUE, one per line, without quotes.
ACTIVATION = VENV / "activation"

# The record of the inputs that the environment was made from. It is written last, so where it
# exists, the environment is complete.
RECORD = VENV / "activate.inputs"

# This line comes before the inputs in the record if PROJECT_PYTHON chose the Python. The comparison
# in the activate files then fails, and `sync` checks everything each time.
CHOSEN = b"PROJECT_PYTHON\n"

# The lines of .env that Docker Compose and python-dotenv read alike: a comment, or a value in single
# quotes or without special characters.
ALIKE = rb"""\s*(#.*)?|\w+=([\w./:@%+,?&=~-]*|'([^'\\$]|\$+[^'\\${])*\$*')"""

# The old environment is in OLD while a new one is made. MOVED exists when all of it was moved.
OLD = VENV / "old"
MOVED = OLD / "moved"
MARK = VENV / ".gitignore"


# --- What is wrong with the environment --------------------------------------------------


class Fault(NamedTuple):
    """Why the environment cannot be used, and whether it has to be created again."""

    reason: str
    recreate: bool


def inputs() -> dict[str, bytes]:
    """Return the content of each file that the environment is made from, by its path."""
    # The activate files have the same list; only .venv/pyvenv.cfg comes last there. The answers name
    # the version of the template, and so of these modules.
    certificates = sorted(f"certs/{path.name}" for path in ROOT.glob("certs/[!.]*.crt"))
    names = [".copier-answers.yml", ".python-version", *LOCKS, "pip.conf", *certificates]
    return {name: read(name) for name in names}


def is_unchanged() -> bool:
    """Compare the inputs with the record as the activate files do, which starts no program."""
    root = os.fsencode(f"VIRTUAL_ENV={VENV}\n")
    made_from = b"".join(inputs().values()) + read(VENV / "pyvenv.cfg")
    has_python = PYTHON.exists() and not os.environ.get("PROJECT_PYTHON")
    return has_python and read(ACTIVATION).startswith(root) and read(RECORD) == made_from


def diagnose() -> Fault | None:
    """Return what is wrong with the environment, None if it is current."""
    if not VENV.exists() or (VENV.is_dir() and not parts()):
        return Fault("there is no .venv yet", recreate=True)

    record, config = read(RECORD), read(VENV / "pyvenv.cfg")
    needed = [RECORD, ACTIVATION, VENV / "pyvenv.cfg", packages.site_packages() / "project.pth"]
    if not all(path.exists() for path in needed) or not record.endswith(config):
        return Fault(".venv is not complete", recreate=True)

    first_line = os.fsdecode(read(ACTIVATION)).partition("\n")[0]
    root = Path(first_line.partition("=")[2]).parent
    if root != ROOT:
        return Fault(f"the project was moved here from {root}", recreate=True)

    python, asked, pinned = probe(str(PYTHON)), os.environ.get("PROJECT_PYTHON"), pinned_version()
    made_with = re.search(rb"^version(?:_info)? *= *3\.(\d+)", config, re.MULTILINE)
    if not python:
        return Fault("the Python of .venv does not run any more", recreate=True)
    if not made_with or minor(python) != int(made_with[1]):
        return Fault(f"the Python of .venv is now {python[1]}", recreate=True)
    if asked and probe(asked) != python:
        return Fault(f"PROJECT_PYTHON is {asked}, .venv has {python[0]}", recreate=True)
    if pinned and not asked and minor(python) != pinned and find(pinned):
        reason = f".python-version asks for 3.{pinned}, .venv has Python {python[1]}"
        return Fault(reason, recreate=True)

    now = inputs()
    if record.removeprefix(CHOSEN) != b"".join(now.values()) + config:
        changed = [name for name, content in now.items() if content not in record]
        return Fault(f"{' and '.join(changed) or 'an input'} changed", recreate=False)
    if found := packages.differences():
        return Fault(", ".join(found), recreate=False)
    return None


# --- Working on .venv alone --------------------------------------------------------------


@contextlib.contextmanager
def exclusive() -> Iterator[None]:
    """Wait until no other terminal works on this environment."""
    # The system releases the file when its last holder ends, which may be an installer that runs
    # longer than this process.
    with open(f"{VENV}.lock", "a") as file:
        waiting = False
        while True:
            try:
                if WINDOWS:
                    import msvcrt

                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    import fcntl

                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except (BlockingIOError, PermissionError):
                if not waiting:
                    say("waiting for another terminal, which is setting up this environment")
                waiting = True
                time.sleep(0.1)
            except OSError:
                break  # some network file systems cannot lock
        os.set_inheritable(file.fileno(), True)
        yield


def write(path: Path, content: bytes) -> None:
    """Replace a file at once: a reader sees all of the old or all of the new content."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_bytes(content)
    temporary.replace(path)


# --- Keeping the old environment until the new one works ---------------------------------


def claim() -> None:
    """Create .venv, which may be a link or a mount; raise Problem if it is something else."""
    with contextlib.suppress(FileExistsError):
        VENV.mkdir()
    names = {path.name for path in VENV.iterdir()} if VENV.is_dir() else {"no folder"}
    mark = MARK.read_text().split()[-1:] if MARK.is_file() else []

    # A full disk leaves the mark empty.
    is_new = names <= {MARK.name} and not mark
    if not is_new and mark != ["*"] and "pyvenv.cfg" not in names:
        raise Problem(f"{VENV} is not a virtual environment; move it away")
    if mark != ["*"]:
        MARK.write_text("*\n")


def parts() -> list[Path]:
    """Return the files and folders in .venv, the record first."""
    return sorted(set(VENV.iterdir()) - {MARK, OLD}, key=lambda path: (path != RECORD, path))


def remove(path: Path) -> None:
    """Remove a file, a link or a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def move(path: Path, target: Path) -> None:
    """Move a file or a folder."""
    # Windows cannot move a folder with a program that runs, but can move the program. Neither can
    # Linux move a folder that is in a lower layer of a container.
    try:
        path.replace(target)
    except OSError as error:
        if path.is_symlink() or not path.is_dir():
            raise Problem(f"cannot move {path}: {error.strerror}; remove .venv yourself") from None
        target.mkdir(exist_ok=True)
        for part in list(path.iterdir()):
            move(part, target / part.name)
        path.rmdir()


def put_back() -> None:
    """Put the old environment back, the record last."""
    if MOVED.exists():
        for path in parts():
            remove(path)
        MOVED.unlink()
    for path in sorted(OLD.iterdir(), key=lambda path: path.name == RECORD.name):
        move(path, VENV / path.name)
    OLD.rmdir()


def recover() -> None:
    """Undo what a killed call began, or finish it if only the old environment was left."""
    if RECORD.exists():
        shutil.rmtree(OLD, ignore_errors=True)
    elif OLD.exists():
        put_back()


@contextlib.contextmanager
def replacing() -> Iterator[None]:
    """Empty .venv; put everything back if what is then done fails."""
    OLD.mkdir(exist_ok=True)
    try:
        for path in parts():
            move(path, OLD / path.name)
        MOVED.touch()
        yield
    except BaseException:
        put_back()
        raise
    shutil.rmtree(OLD, ignore_errors=True)


@contextlib.contextmanager
def updating() -> Iterator[None]:
    """Remove the record; put it back if what is then done fails before it changed a package."""
    record, before = read(RECORD), installed()
    RECORD.unlink()
    try:
        yield
    except BaseException:
        if installed() == before and not packages.missing_file():
            write(RECORD, record)
        raise


# --- Commands ----------------------------------------------------------------------------


def make(recreate: bool) -> None:
    """Create or update the environment, and record what it was made from."""
    for name in LOCKS:
        if not (ROOT / name).exists():
            word = "adopt" if (ROOT / "dev/adopt.py").exists() else "lock"
            raise Problem(f"{name} is missing; restore it, or run: dev/do {word}")
    locks.check_locks()
    locks.check_hashes()

    # `uv run` uses .venv, even if that has another Python than .python-version asks for.
    variables = {"VIRTUAL_ENV": str(VENV), "VIRTUAL_ENV_PROMPT": packages.PROMPT}
    variables |= {"UV_PYTHON": str(VENV), **network()}
    made_from = b"".join(inputs().values())
    chosen = CHOSEN if os.environ.get("PROJECT_PYTHON") else b""
    path, version = choose() if recreate else probe(str(PYTHON))
    before = installed()
    with replacing() if recreate else updating():
        if recreate:
            say(f"setting up .venv with Python {version} ({path})")
            packages.create(path)
        packages.install(path)
        lines = [f"{name}={value}\n" for name, value in variables.items()]
        write(ACTIVATION, os.fsencode("".join(lines)))
        deactivate = b'@"%~dp0..\\..\\dev\\activate.bat" deactivate\r\n'
        write(PYTHON.with_name("deactivate.bat"), deactivate)
        write(RECORD, chosen + made_from + read(VENV / "pyvenv.cfg"))

    if removed := sorted(before.keys() - installed().keys()):
        say(f"removed packages that are not in the locks: {', '.join(removed)}")
    if conda := os.environ.get("CONDA_PREFIX"):
        say(f"note: conda's {conda} is active too, and comes after .venv on PATH")


def sync() -> None:
    """Create or update the environment if it is not current."""
    if not diagnose():
        return  # without a lock, which a project that is read-only cannot have

    with exclusive():
        claim()
        recover()
        if fault := diagnose():
            create = "creating it again" if parts() else "creating it"
            say(f"{fault.reason}; {create if fault.recreate else 'updating the packages'}")
            make(fault.recreate)


def check() -> None:
    """Raise Problem if the environment is not what the locks and .python-version say."""
    if fault := diagnose():
        raise Problem(f"{fault.reason}; run: dev/do sync")

    if extra := sorted(installed().keys() - packages.needed().keys()):
        raise Problem(f"not in the locks: {', '.join(extra)}; run: dev/do clean, then sync")
    if path := packages.missing_file():
        raise Problem(f"{path} is missing; run: dev/do clean, then sync")

    python, pinned = probe(str(PYTHON)), pinned_version()
    if pinned and minor(python) != pinned:
        found = f".venv has Python {python[1]}, .python-version says 3.{pinned}"
        raise Problem(f"{found}; install that, then run: dev/do sync")

    for number, line in enumerate(read(".env").splitlines(), 1):
        if not re.fullmatch(ALIKE, line):
            form = "NAME=value or NAME='value', as .env.example says"
            raise Problem(f".env:{number}: expected {form}")


def clean() -> None:
    """Remove the environment; the next activation creates it again."""
    with exclusive():
        claim()
        for path in parts():
            remove(path)
        shutil.rmtree(OLD, ignore_errors=True)
        MARK.unlink()
        with contextlib.suppress(OSError):
            VENV.rmdir()  # a link or a mount stays
