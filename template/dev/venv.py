"""Keep .venv what the lock says.

The activate scripts beside this file call `sync`, and apply what it writes. Any Python from
3.9 on starts it, and it needs nothing but the standard library. project.py knows the paths and
whether anything changed, pythons.py runs programs and finds a Python, packages.py installs and
locks, shells.py reads .env and quotes.
"""

from __future__ import annotations

import os
import sys

if sys.version_info < (3, 9):  # noqa: UP036
    sys.exit(f"venv: expected Python 3.9 or later, found {sys.version.split()[0]}")


def excepthook(kind: type, *rest: object) -> None:
    """End with a line after Ctrl-C, and not by the signal, or bash would stop sourcing."""
    if kind is not KeyboardInterrupt:
        return sys.__excepthook__(kind, *rest)
    print("venv: interrupted; run the same command again to go on", file=sys.stderr, flush=True)
    os._exit(130)


if __name__ == "__main__":
    sys.excepthook = excepthook
sys.dont_write_bytecode = True  # in scripts, where not each .gitignore would hide it
sys.path.append(os.path.dirname(os.path.realpath(__file__)))

from project import LOCKS, PYTHON, ROOT, WINDOWS, inputs, read, recorded

# Asked at each activation, so before the imports, which take longer. On Windows, PYTHON starts
# another one and stays when that is gone: only that it runs proves something.
ACTIVATING = __name__ == "__main__" and sys.argv[1:] == ["sync", "--if-changed"]
PYTHON_RUNS = sys.executable.lower() == PYTHON.lower() if WINDOWS else os.path.exists(PYTHON)
if ACTIVATING and PYTHON_RUNS and not os.environ.get("PROJECT_PYTHON") and recorded():
    sys.exit()

import contextlib
import json
import shutil
import time
from pathlib import Path

import shells
from packages import (
    PROMPT,
    VENV,
    create,
    install,
    installed,
    lock,
    locks,
    must_be_locks,
    must_have_hashes,
    site_packages,
)
from pythons import Problem, ask, choose, find, minor, network, probe, say, wanted

TYPE_CHECKING = False  # for what reads the types alone, and takes time to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# Written last: proof that the environment is complete, and of what it was made from.
STAMP = VENV / "stamp.json"


# --- What is wrong with an environment ---------------------------------------------------


def stamp() -> dict[str, Any]:
    """Return what was noted when the environment was last complete, {} if it never was."""
    kinds = dict.fromkeys(["root", "python", "version"], str)
    kinds |= {"wanted": int, "locks": dict, "packages": dict}
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        noted = json.loads(STAMP.read_bytes())
        if all(isinstance(noted[name], kind) for name, kind in kinds.items()):
            return noted
    return {}


def fault() -> tuple[str, bool]:
    """Return why the environment cannot be used as it is, and whether to make it anew.

    ("", False) means that it is current.
    """
    noted, wish, asked = stamp(), wanted(), os.environ.get("PROJECT_PYTHON")
    if not VENV.exists():
        return "there is no .venv yet", True
    needed = VENV / "pyvenv.cfg", site_packages() / "project.pth"
    # `python -m venv` over this one may leave a second such folder.
    several = len([*VENV.glob("lib/py*/site-packages")]) > 1
    if not noted or several or not all(path.exists() for path in needed):
        return ".venv is not complete", True
    made_with = noted["python"], noted["version"]
    if noted["root"] != ROOT:
        return f"the project was moved here from {noted['root']}", True
    if (now := probe(PYTHON))[1:] != made_with[1:]:
        return f"the Python of .venv is {'now ' + now[1] if now else 'gone'}: {made_with[0]}", True
    if noted["wanted"] != wish:
        return ".python-version changed", True
    if asked and probe(asked) != made_with:
        return f"PROJECT_PYTHON is {asked}, .venv was made with {made_with[0]}", True
    if wish and not asked and minor(made_with) != wish and find(wish):
        return f".python-version asks for 3.{wish}, .venv was made with {made_with[1]}", True
    if changed := [name for name, text in locks().items() if noted["locks"].get(name) != text]:
        return f"{' and '.join(changed)} changed", False
    have = installed()
    changed = [
        f"{name} is {have.get(name, 'missing')} instead of {version}"
        for name, version in noted["packages"].items()
        if have.get(name) != version
    ]
    return ", ".join(changed), False


# --- Working on .venv alone --------------------------------------------------------------


@contextlib.contextmanager
def exclusive() -> Iterator[None]:
    """Wait until no other terminal works on this environment.

    An installer that outlives this process keeps the lock. The system releases it when its
    last holder ends, however that ends.
    """
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
                break  # some network file systems have no locks
        os.set_inheritable(file.fileno(), True)
        yield


def write(path: Path, content: bytes) -> None:
    """Replace a file at once: a reader sees all of the old or all of the new.

    Who may not read .env may not read what is made from it either.
    """
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    dotenv = Path(ROOT, ".env")
    temporary.touch(dotenv.stat().st_mode & 0o777 | 0o600 if dotenv.exists() else 0o666)
    temporary.write_bytes(content)
    temporary.replace(path)


# --- Setting aside what is there, and putting it back ------------------------------------


def parts() -> list[Path]:
    """Return what .venv holds, the stamp first, pyvenv.cfg last; mark it as ours.

    It may be a link or a mount. Raises Problem when it is something else.
    """
    mark = VENV / ".gitignore"
    with contextlib.suppress(FileExistsError):
        VENV.mkdir()
    marked = mark.read_bytes().split()[-1:] if mark.is_file() else None
    ours = VENV.is_dir() and (marked == [b"*"] or (VENV / "pyvenv.cfg").exists())
    # A full disk leaves the mark without content.
    new = VENV.is_dir() and {*VENV.iterdir()} <= ({mark} if marked == [] else set())
    if not ours and not new:
        raise Problem(f"{VENV} is not a virtual environment; move it away")
    if marked != [b"*"]:
        mark.write_text("*\n")
    found = set(VENV.iterdir()) - {mark, *VENV.glob("old-*")}
    return sorted(found, key=lambda path: (path != STAMP, path.name == "pyvenv.cfg", path))


def move(path: Path, target: Path) -> None:
    """Move a file or a folder; raises Problem where that is refused.

    Windows refuses it for a folder with a program that runs, but not for the program; so does
    Linux for one in a lower layer of a container.
    """
    try:
        path.replace(target)
    except OSError as error:
        if path.is_symlink() or not path.is_dir():
            raise Problem(f"cannot move {path}: {error.strerror}; remove .venv yourself") from None
        target.mkdir(exist_ok=True)
        for part in list(path.iterdir()):
            move(part, target / part.name)
        path.rmdir()


def contents() -> set[Path]:
    """Return what is in .venv, without what is set aside and what running a program leaves."""
    left_out = {"__pycache__", *(old.name for old in VENV.glob("old-*"))}
    return {path for path in VENV.rglob("*") if not left_out & set(path.parts)} - {STAMP}


def put_back(old: Path, all_aside: bool) -> None:
    """Put back what was set aside into a folder, the stamp last.

    What is there is new, and goes, when all was set aside.
    """
    for path in parts() if all_aside else []:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    for path in sorted(old.iterdir(), key=lambda path: path.name == STAMP.name):
        move(path, VENV / path.name)
    old.rmdir()


def resume() -> None:
    """Put back what a call set aside that was then killed; where pyvenv.cfg is, all is."""
    for old in VENV.glob("old-*"):
        if not STAMP.exists() and (old / STAMP.name).exists() and (old / "pyvenv.cfg").exists():
            put_back(old, all_aside=True)


@contextlib.contextmanager
def set_aside(anew: bool) -> Iterator[None]:
    """Empty .venv, or only take its stamp; put it back when what is then done fails.

    The stamp stays away when packages were touched, so that the next call begins anew.
    """
    held, all_aside = parts() if anew else [STAMP], False
    before = set() if anew else contents()
    # Has another name than what is left of the last time, as programs that run are on Windows.
    old = VENV / f"old-{time.time_ns()}"
    old.mkdir()
    try:
        for path in held:
            move(path, old / path.name)
        all_aside = anew
        yield
    except BaseException:
        if anew or contents() == before:
            put_back(old, all_aside)
        raise
    for left in VENV.glob("old-*"):
        (left / STAMP.name).unlink(missing_ok=True)  # so that no half of it is put back
        shutil.rmtree(left, ignore_errors=True)


# --- Making it so ------------------------------------------------------------------------


def make(anew: bool) -> None:
    """Create or update the environment, and note what it was made from.

    When it is killed there is no stamp, and the next call begins anew.
    """
    noted = {"root": ROOT, "wanted": wanted(), "locks": locks()}
    if missing := [name for name in LOCKS if not os.path.exists(os.path.join(ROOT, name))]:
        raise Problem(f"{missing[0]} is missing; restore it, or run: dev/do lock")
    must_be_locks()
    must_have_hashes()
    path, version = choose() if anew else (stamp()["python"], stamp()["version"])
    packages = installed()
    with set_aside(anew):
        if anew:
            say(f"setting up .venv with Python {version} ({path})")
            create(path)
        install(path)
        noted |= {"python": path, "version": version, "packages": installed()}
        write(STAMP, json.dumps(noted, indent=1).encode())
    if gone := sorted(packages.keys() - noted["packages"].keys()):
        say(f"removed what is not in the locks: {', '.join(gone)}")
    if conda := os.environ.get("CONDA_PREFIX"):
        say(f"note: conda's {conda} is active too, and comes after .venv on PATH")


# --- What the shells are told ------------------------------------------------------------


def dotenv() -> tuple[dict[str, str], list[str]]:
    """Return the variables in .env, and what is wrong in it, line by line."""
    if not read(".env").strip():
        return {}, []
    if answer := ask(PYTHON, "-I", "-c", shells.PARSE):
        return shells.variables(answer[-1])  # what a .pth file prints comes before
    return {}, [".env was not loaded: expected python-dotenv in the locks"]


def write_activation(dotenv: dict[str, str]) -> None:
    """Write what the activate scripts read: which variables to set, and how in each shell."""
    own = {"VIRTUAL_ENV": str(VENV), "VIRTUAL_ENV_PROMPT": PROMPT}
    for suffix, content in shells.files({**network(), **dotenv, **own}).items():
        write(VENV / f"activate.{suffix}", content)
    deactivate = b'@"%~dp0..\\..\\dev\\activate.bat" deactivate\r\n'
    write(Path(PYTHON).with_name("deactivate.bat"), deactivate)


# --- Commands ----------------------------------------------------------------------------


def sync(if_changed: bool) -> None:
    """Create or update the environment when it is not current; write what activation reads."""
    # What stands before the inputs makes the comparison in the shells fail, so that this is asked
    # each time: where PROJECT_PYTHON chose the Python, and where .env has lines to complain of.
    asked, told = b"\0" if os.environ.get("PROJECT_PYTHON") else b"", b"told"
    quiet = if_changed and recorded(asked)
    if (quiet or (if_changed and recorded(asked + told))) and not fault()[0]:
        for line in [] if quiet else dotenv()[1]:  # to read .env takes a start of Python
            say(line)
        return  # without a lock, which a tree that is read-only cannot have
    with exclusive():
        network()  # writes one of the inputs
        made_from = inputs()
        resume()
        reason, anew = fault()
        if reason:
            how = "making it anew" if VENV.exists() else "making it"
            say(f"{reason}; {how if anew else 'updating the packages'}")
            make(anew)
        variables, wrong = dotenv()
        (VENV / "activate.inputs").unlink(missing_ok=True)  # old ones do not vouch for new files
        write_activation(variables)
        # What current.sh compares: this folder, and a file in .venv that shows where packages go;
        # all that the environment was made from.
        part = (site_packages() / "project.pth").relative_to(VENV)
        write(VENV / "activate.root", os.fsencode(f"{ROOT}\n{part}\n"))
        write(VENV / "activate.inputs", asked + (told if wrong else b"") + made_from)
        for line in wrong:
            say(line)


def check() -> None:
    """Raise Problem when the environment is not what the locks and .python-version say."""
    reason, _ = fault()
    if reason:
        raise Problem(f"{reason}; run: dev/do sync")
    noted, wish = stamp(), wanted()
    if wish and minor((noted["python"], noted["version"])) != wish:
        raise Problem(
            f".venv has Python {noted['version']}, .python-version says 3.{wish}; "
            "install that, then run: dev/do sync"
        )
    if extra := sorted(installed().keys() - noted["packages"].keys()):
        raise Problem(f"not in the locks: {', '.join(extra)}; run: dev/do clean, then sync")
    packages = site_packages()
    for record in packages.glob("*.dist-info/RECORD"):  # of each file that has a hash, a line
        for line in record.read_text("utf-8").splitlines():
            path = line.rpartition(",sha256=")[0].strip('"')
            if not (packages / path).exists():
                raise Problem(f"{packages / path} is missing; run: dev/do clean, then sync")


def clean() -> None:
    """Remove the environment; the next activation makes it anew."""
    with exclusive():
        with set_aside(anew=True):
            pass
        if left := [*VENV.glob("old-*")]:
            raise Problem(f"cannot remove {left[0]}: something in it runs, or is not yours")
        (VENV / ".gitignore").unlink()
        with contextlib.suppress(OSError):  # a link or a mount stays
            VENV.rmdir()


def parity() -> None:
    """Compare the environment with the images; see parity.py."""
    if not os.path.exists(PYTHON):
        raise Problem(f"{fault()[0]}; run: dev/do sync")
    from parity import compare

    compare()


def parse() -> dict[str, Any]:
    """Return the command in the command line, and its arguments."""
    import argparse  # takes long, and is not needed each day

    parser = argparse.ArgumentParser(prog="venv", description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser("sync", help="make .venv, or bring it up to date")
    command.add_argument("--if-changed", action="store_true", help="only if an input changed")
    commands.add_parser("check", help="fail when .venv is not what the locks say")
    command = commands.add_parser("lock", help="resolve requirements*.in to requirements*.txt")
    command.add_argument("--upgrade", action="store_true", help="take the newest versions")
    if os.path.exists(os.path.join(ROOT, "dev", "parity.py")):
        commands.add_parser("parity", help="compare Python and packages with the Docker images'")
    commands.add_parser("clean", help="remove .venv")
    return vars(parser.parse_args())


def main() -> int:
    """Run a command; return its exit status."""
    arguments = {"command": "sync", "if_changed": True} if ACTIVATING else parse()
    commands = {"sync": sync, "check": check, "lock": lock, "parity": parity, "clean": clean}
    try:
        commands[arguments.pop("command")](**arguments)
    except (Problem, OSError) as error:
        text = isinstance(error, OSError) and f"{error.filename or 'the system'}: {error.strerror}"
        say(text or error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
