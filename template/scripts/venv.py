"""Keep .venv what the lock says.

The activate scripts beside this file call `sync`, and apply what it writes. Any Python from
3.9 on starts it, and it needs nothing but the standard library.

Environment: PROJECT_PYTHON names the interpreter to use; otherwise the version in
.python-version is looked for, then the newest one that pyproject.toml allows.
"""

from __future__ import annotations

import os
import sys

if sys.version_info < (3, 9):  # noqa: UP036
    sys.exit(f"venv: expected Python 3.9 or later, found {sys.version.split()[0]}")

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
WINDOWS = os.name == "nt"
PYTHON = os.path.join(ROOT, ".venv", *(("Scripts", "python.exe") if WINDOWS else ("bin", "python")))
LOCKS = ("requirements.txt", "requirements-dev.txt")
CERTS = os.path.join(ROOT, "certs")
SCRIPTS = ("scripts/venv.py", "scripts/shells.py", "scripts/network.py")
INPUTS = (*SCRIPTS, ".python-version", *LOCKS, ".env", "pip.conf", "certs/bundle.pem")


def excepthook(kind: type, *rest: object) -> None:
    """End with a line after Ctrl-C, and not by the signal, or bash would stop sourcing."""
    if kind is not KeyboardInterrupt:
        return sys.__excepthook__(kind, *rest)
    print("venv: interrupted; the same command goes on where it can", file=sys.stderr, flush=True)
    os._exit(130)


if __name__ == "__main__":
    sys.excepthook = excepthook


def read(name: str) -> bytes:
    """Return the content of a file of the project, nothing when it is missing."""
    try:
        with open(os.path.join(ROOT, name), "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        sys.exit(f"venv: {error.filename}: {error.strerror}")


def inputs() -> bytes:
    """Return the content of all that an environment is made from, in this order."""
    found = os.listdir(CERTS) if os.path.isdir(CERTS) else []
    certificates = [f"certs/{name}" for name in sorted(found) if name.endswith(".crt")]
    return b"".join(map(read, [*INPUTS, *certificates]))


def recorded(mark: bytes = b"") -> bool:
    """Tell whether the last sync was for this folder, and for what the inputs hold now."""
    root, noted = os.fsencode(ROOT) + b"\n", read(".venv/activate.root")
    parts = [os.fsdecode(noted[len(root) : -1]), "pyvenv.cfg", "stamp.json"]
    return (
        noted.startswith(root)
        and all(os.path.exists(os.path.join(ROOT, ".venv", part)) for part in parts)
        and read(".venv/activate.inputs") == mark + inputs()
    )


# Asked at each activation, so before the imports, which take longer. On Windows, PYTHON starts
# another one and stays when that is gone: only that it runs proves something.
DAILY = __name__ == "__main__" and sys.argv[1:] == ["sync", "--if-changed"]
RUNS = sys.executable.lower() == PYTHON.lower() if WINDOWS else os.path.exists(PYTHON)
if DAILY and RUNS and recorded() and not os.environ.get("PROJECT_PYTHON"):
    sys.exit()

import contextlib
import functools
import json
import re
import shutil
import subprocess
import time
from pathlib import Path

TYPE_CHECKING = False  # for what reads the types alone, and takes time to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

sys.dont_write_bytecode = True  # in scripts, where not each .gitignore would hide it
sys.path.append(os.path.join(ROOT, "scripts"))

import shells

VENV = Path(ROOT, ".venv")
# Written last: proof that the environment is complete, and of what it was made from.
STAMP = VENV / "stamp.json"
# What .venv held before, until the new environment is complete; what then still runs stays on
# Windows, so the next one has another name.
OLD = VENV / f"old-{time.time_ns()}"
# Python 3.15; a newer one is not taken unasked, packages may have no wheels for it yet.
NEWEST = 15
# Make pip, uv or Python look or install elsewhere. Settings of index and proxy stay.
MISLEADING = {
    *("PIP_CONSTRAINT", "PIP_PREFIX", "PIP_PYTHON", "PIP_ROOT", "PIP_TARGET", "PYTHONEXECUTABLE"),
    *("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "UV_CONSTRAINT", "UV_PROJECT", "UV_PYTHON"),
    *("UV_SYSTEM_PYTHON", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY", "__PYVENV_LAUNCHER__"),
}


class Problem(Exception):
    """What is wrong and how to mend it, in one line for the user."""


def say(message: object) -> None:
    """Tell the user; on standard error, so that standard output is for answers."""
    print(f"venv: {message}", file=sys.stderr, flush=True)


@functools.cache
def network() -> dict[str, str]:
    """Return the variables that the network of a company asks for, where there is one."""
    if not os.path.exists(os.path.join(ROOT, "scripts", "network.py")):
        return {}
    from network import variables

    return variables()


def run(*command: object, **options: Any) -> Any:
    """Run a command in the project; what it prints is progress, for standard error."""
    environment = {k: v for k, v in os.environ.items() if k.upper() not in MISLEADING}
    # The environment also overrules a pip.conf that sets these.
    off = dict.fromkeys(["PIP_DRY_RUN", "PIP_REQUIRE_VIRTUALENV", "PIP_USER"], "0")
    environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", **off, **network()}
    environment.setdefault("UV_PYTHON_DOWNLOADS", "never")
    environment.setdefault("UV_SYSTEM_CERTS", "true")  # trust what pip trusts
    # What is open for them is the lock alone.
    options = {"cwd": ROOT, "env": environment, "stdout": sys.stderr, "close_fds": False} | options
    return subprocess.run([str(word) for word in command], check=False, **options)


def ask(*command: object) -> list[str]:
    """Return the lines that a command prints, none when it fails."""
    try:
        answer = run(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return []
    return answer.stdout.decode("utf-8", "surrogateescape").splitlines()


def on_path(command: str) -> str | None:
    """Return the path of a command, but of none that pyenv stands in for and does not find."""
    path = shutil.which(command)
    shim = path and Path(path).parent.name == "shims"
    return path if not shim or ask(path, "--version") else None


def must(*command: object, **options: Any) -> Any:
    """Run a command that has to succeed; raises Problem when it does not."""
    done = run(*command, **options)
    if done.returncode:
        words = [Path(str(word)).name for word in command if not str(word).startswith("-")]
        status = f"ended with status {done.returncode}"
        raise Problem(f"`{' '.join(words[:3])}` {status}, see above; mend that and try again")
    return done


# --- What the environment should be, and what it is --------------------------------------


def wanted() -> str:
    """Return the version to look for first, "3.14" say; "" for any."""
    found = re.search(rb"^[^#\n]*?(?<![\d.])(3\.\d+)", read(".python-version"), re.MULTILINE)
    return found[1].decode() if found else ""


def allowed() -> list[str]:
    """Return the versions that the project and this file allow, the newest first.

    The oldest is what requires-python in pyproject.toml says, 3.11 when that is not there.
    Raises Problem when it cannot be read.
    """
    metadata = read("pyproject.toml")
    line = rb"^requires-python\s*=.*(?:>=|~=|==|>)\s*3\.(\d+)"
    found = re.search(line, metadata, re.MULTILINE)
    if not found and re.search(rb"^[^#\n]*requires-python", metadata, re.MULTILINE):
        raise Problem('pyproject.toml: expected a line such as requires-python = ">=3.11"')
    oldest = int(found[1] if found else 11)
    if oldest > NEWEST:
        raise Problem(f"pyproject.toml: requires-python is 3.{oldest}, expected 3.{NEWEST} or less")
    return [f"3.{minor}" for minor in range(NEWEST, oldest - 1, -1)]


def locks() -> dict[str, str]:
    """Return what each lock holds."""
    return {name: read(name).decode("utf-8", "surrogateescape") for name in LOCKS}


def site_packages() -> Path:
    """Return the folder of the environment that packages are installed into."""
    return next(VENV.glob("lib/python*/site-packages"), VENV / "Lib" / "site-packages")


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


def installed() -> dict[str, str]:
    """Return name and version of every package in the environment."""
    found = (path.stem.partition("-") for path in site_packages().glob("*.dist-info"))
    return {normal(name): version for name, _, version in found}


def stamp() -> dict[str, Any]:
    """Return what was noted when the environment was last complete, {} if it never was."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        noted = json.loads(STAMP.read_bytes())
        kinds = dict.fromkeys(["root", "python", "version", "wanted"], str)
        kinds |= {"locks": dict, "packages": dict}
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
    parts = VENV / "pyvenv.cfg", site_packages() / "project.pth"
    if not noted or not all(part.exists() for part in parts):
        return ".venv is not complete", True
    made_with = noted["python"], noted["version"]
    if noted["root"] != ROOT:
        return f"the project was moved here from {noted['root']}", True
    if (now := probe(PYTHON))[1:] != made_with[1:]:
        return f"the Python of .venv is {'now ' + now[1] if now else 'gone'}: {made_with[0]}", True
    if noted["wanted"] != wish:
        return f".python-version is no longer {noted['wanted'] or 'empty'}", True
    if asked and probe(asked) != made_with:
        return f"PROJECT_PYTHON is {asked}, .venv was made with {made_with[0]}", True
    if wish and not asked and not is_minor(made_with, wish) and (found := find(wish)):
        return f"there is a Python {found[1]} now, .venv was made with {made_with[1]}", True
    if changed := [name for name, text in locks().items() if noted["locks"].get(name) != text]:
        return f"{' and '.join(changed)} changed", False
    have = installed()
    changed = [
        f"{name} is {have.get(name, 'missing')} instead of {version}"
        for name, version in noted["packages"].items()
        if have.get(name) != version
    ]
    return ", ".join(changed), False


# --- Finding a Python, which is a pair: its path with links resolved, and its version ----

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
    if len(found) != len(THIS):
        return ()
    path, version = found
    return path if WINDOWS else os.path.realpath(path), version


def is_minor(python: tuple[str, ...], minor: str) -> bool:
    """Tell whether this is a Python 3.14, say."""
    return bool(python) and python[1].startswith(f"{minor}.")


def find(minor: str) -> tuple[str, ...]:
    """Return a Python 3.14, say, nothing when there is none; the likeliest place comes first."""
    home = os.path.expanduser("~/.pyenv/pyenv-win" if WINDOWS else "~/.pyenv")
    pyenv = Path(os.environ.get("PYENV_ROOT") or home)
    kept = "versions/{}.*/python.exe" if WINDOWS else "versions/{}.*/bin/python"
    # The longest first, so that 3.14.10 comes before 3.14.9.
    kept_paths: list[str] = []
    with contextlib.suppress(OSError):  # of another user
        kept_paths = sorted(map(str, pyenv.glob(kept.format(minor))), key=lambda p: (len(p), p))
    commands = [
        [sys.executable],
        *([path] for path in reversed(kept_paths)),  # at once, where its commands on PATH take long
        *([["py", f"-{minor}"]] if WINDOWS else []),
        [f"python{minor}"],
        ["python3"],
        ["python"],
    ]
    for command in commands:
        if is_minor(probe(*command), minor):
            return probe(*command)
    for path in ask("uv", "python", "find", "--no-project", minor):
        return probe(path)
    return ()


def choose_python() -> tuple[str, ...]:
    """Return the Python for this project; warn when it is not the version wished for.

    Raises Problem when none fits.
    """
    wish, versions = wanted(), allowed()
    if asked := os.environ.get("PROJECT_PYTHON"):
        if not probe(asked):
            raise Problem(f"PROJECT_PYTHON={asked} starts no Python; set it to the path of one")
        if int(probe(asked)[1].split(".")[1]) < int(versions[-1][2:]):
            raise Problem(
                f"PROJECT_PYTHON={asked} is Python {probe(asked)[1]}, "
                f"the locks are for {versions[-1]} or later"
            )
        return probe(asked)
    if wish and int(wish[2:]) < int(versions[-1][2:]):
        raise Problem(
            f".python-version asks for {wish}, the locks are for {versions[-1]} or later; "
            "give another answer to python_version, or lower requires-python in pyproject.toml"
        )
    for minor in [wish, *versions] if wish else versions:
        if python := find(minor):
            if wish and minor != wish:
                say(f"warning: .python-version asks for {wish}, found only Python {python[1]}")
            return python
    others = {probe(name) for name in (sys.executable, "python3", "python")} - {()}
    raise Problem(
        f"no Python {versions[-1]} to {versions[0]} was found, only "
        f"{', '.join(f'{version} ({path})' for path, version in sorted(others)) or 'none at all'}; "
        f"install Python {wish or versions[0]}, or set PROJECT_PYTHON to the path of one"
    )


# --- Making it so ------------------------------------------------------------------------


@contextlib.contextmanager
def exclusive() -> Iterator[None]:
    """Wait until no other terminal works on this environment.

    An installer that outlives this process keeps the lock. The system releases it when its
    last holder ends, however that ends.
    """
    try:
        Path(f"{VENV}.lock").touch()
    except OSError as error:
        raise Problem(f"cannot write to {VENV}.lock: {error.strerror}") from None
    with open(f"{VENV}.lock", "a") as lock:
        waiting = False
        while True:
            try:
                if WINDOWS:
                    import msvcrt

                    msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    import fcntl

                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except (BlockingIOError, PermissionError):
                if not waiting:
                    say("waiting for another terminal, which is setting up this environment")
                waiting = True
                time.sleep(0.1)
            except OSError:
                break  # some network file systems have no locks
        os.set_inheritable(lock.fileno(), True)
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


def parts() -> list[Path]:
    """Return what .venv holds, the stamp first, pyvenv.cfg last; mark it as ours.

    It may be a link or a mount. Raises Problem when it is something else.
    """
    mark = VENV / ".gitignore"
    with contextlib.suppress(FileExistsError):
        VENV.mkdir()
    ours = VENV.is_dir() and (mark.exists() or (VENV / "pyvenv.cfg").exists())
    if not ours and not (VENV.is_dir() and not any(VENV.iterdir())):
        raise Problem(f"{VENV} is not a virtual environment; move it away")
    mark.write_text("*\n")
    found = set(VENV.iterdir()) - {mark, *VENV.glob("old-*")}
    return sorted(found, key=lambda path: (path != STAMP, path == VENV / "pyvenv.cfg"))


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there; raises Problem where that is refused."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise Problem(f"cannot remove {path}: {error.strerror}; remove it yourself") from None


def move(path: Path, target: Path) -> None:
    """Move a file or a folder; raises Problem where that is refused.

    Windows refuses it for a folder with a program that runs, but not for the program; so does
    Linux for one in a lower layer of a container.
    """
    try:
        path.rename(target)
    except OSError as error:
        if path.is_symlink() or not path.is_dir():
            raise Problem(f"cannot move {path}: {error.strerror}; remove .venv yourself") from None
        target.mkdir(exist_ok=True)
        for part in list(path.iterdir()):
            move(part, target / part.name)
        path.rmdir()


def contents() -> set[Path]:
    """Return what is in .venv, without the stamp and what running a program leaves."""
    found = {path for path in VENV.rglob("*") if "__pycache__" not in path.parts}
    return found - {STAMP, OLD, OLD / STAMP.name}


def put_back(old: Path, all_aside: bool) -> None:
    """Put back what was set aside into a folder, the stamp last.

    What is there is new, and goes, when all was set aside.
    """
    for path in parts() if all_aside else []:
        remove(path)
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
    held, complete = parts() if anew else [STAMP], False
    for old in VENV.glob("old-*"):
        shutil.rmtree(old, ignore_errors=True)
    before = set() if anew else contents()
    OLD.mkdir()
    try:
        for path in held:
            move(path, OLD / path.name)
        complete = True
        yield
    except BaseException:
        if anew or contents() == before:
            put_back(OLD, all_aside=anew and complete)
        raise
    (OLD / STAMP.name).unlink(missing_ok=True)  # so that no half of it is put back
    shutil.rmtree(OLD, ignore_errors=True)


def create(python: str) -> None:
    """Make an environment without packages; raises Problem where none can be used."""
    if os.pathsep in ROOT:
        raise Problem(f"an entry of PATH cannot hold {os.pathsep!r}; rename {ROOT}")
    if uv := on_path("uv"):
        flags = ["--quiet", "--no-project", "--allow-existing"]
        must(uv, "venv", *flags, "--python", python, VENV)
    else:
        must(python, "-I", "-m", "venv", "--without-pip", os.path.realpath(VENV))
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
    package = f"python{'.'.join(probe(python)[1].split('.')[:2])}-venv"
    raise Problem(
        f"{python} comes without pip; install uv, or on Debian and Ubuntu: apt install {package}"
    )


def must_be_locks() -> None:
    """Raise Problem when a lock is only a list of packages, as before the template."""
    for name in LOCKS:
        if re.search(rb"^[A-Za-z]", read(name), re.MULTILINE) and b"--hash=" not in read(name):
            raise Problem(
                f"{name} has no hashes, so it is no lock; rename it to {name[:-4]}.in, or "
                f"delete it if that names the same packages, then run: scripts/venv lock"
            )


def install(python: str) -> None:
    """Make the packages of the environment those of the locks, hashes checked."""
    if uv := on_path("uv"):
        flags = ["--require-hashes", "--allow-empty-requirements"]
        must(uv, "pip", "sync", "--python", PYTHON, *flags, *LOCKS)
    else:
        if "pip" not in installed():
            unpack_pip(python, site_packages())
        # As uv does it, in half the time: what the locks name is all there is to install, and
        # modules are compiled when they are first imported.
        flags = ["--no-deps", "--no-compile", "--require-hashes", "--target=", f"--prefix={VENV}"]
        flags += [f"--requirement={name}" for name in LOCKS]
        # Nor for the Python, nor for the place that a pip.conf names.
        pip = [PYTHON, "-I", "-m", "pip", "--python="]
        # pip calls it an error when there is nothing to install.
        if re.search(rb"^[^\s#]", b"\n".join(map(read, LOCKS)), re.MULTILINE):
            must(*pip, "install", *flags)
        if extra := installed().keys() - pinned(*LOCKS).keys() - {"pip"}:
            must(*pip, "uninstall", "--quiet", "--yes", *sorted(extra))
    after = installed()
    needed = {name for name, has_marker in pinned(*LOCKS).items() if not has_marker}
    if lacking := sorted(needed - after.keys()):
        raise Problem(
            f"not in .venv after the installation: {', '.join(lacking)}; look for settings of "
            "pip or uv that make it install elsewhere, or not at all"
        )


def make(anew: bool) -> None:
    """Create or update the environment, and note what it was made from.

    When it is killed there is no stamp, and the next call begins anew.
    """
    noted = {"root": ROOT, "wanted": wanted(), "locks": locks()}
    if missing := [name for name in LOCKS if not os.path.exists(os.path.join(ROOT, name))]:
        raise Problem(f"{missing[0]} is missing; restore it, or run: scripts/venv lock")
    must_be_locks()
    path, version = choose_python() if anew else (stamp()["python"], stamp()["version"])
    packages = installed()
    with set_aside(anew):
        if anew:
            say(f"setting up .venv with Python {version} ({path})")
            create(path)
        install(path)
        noted |= {"python": path, "version": version, "packages": installed()}
        write(STAMP, json.dumps(noted, indent=1).encode())
    if gone := sorted(packages.keys() - installed().keys()):
        say(f"removed what is not in the locks: {', '.join(gone)}")
    if conda := os.environ.get("CONDA_PREFIX"):
        say(f"note: conda's {conda} is active too, and comes after .venv on PATH")


# --- What the shells are told ------------------------------------------------------------


def dotenv() -> tuple[dict[str, str], list[str]]:
    """Return the variables in .env, and what is wrong in it, line by line."""
    if not read(".env").strip():
        return {}, []
    if answer := ask(PYTHON, "-I", "-c", shells.PARSE):
        return shells.variables(answer[0])
    return {}, [".env was not loaded: it has to be UTF-8, and python-dotenv in the locks"]


def write_activation(dotenv: dict[str, str]) -> None:
    """Write what the activate scripts read: which variables to set, and how in each shell."""
    prompt = re.sub(r"[^\w.+@ -]", "_", Path(ROOT).name)  # shells expand what stands in it
    own = {"VIRTUAL_ENV": str(VENV), "VIRTUAL_ENV_PROMPT": prompt}
    for suffix, content in shells.files({**network(), **dotenv, **own}).items():
        write(VENV / f"activate.{suffix}", content)
    deactivate = b'@"%~dp0..\\..\\scripts\\activate.bat" deactivate\r\n'
    write(Path(PYTHON).with_name("deactivate.bat"), deactivate)


# --- Commands ----------------------------------------------------------------------------


def sync(if_changed: bool) -> None:
    """Create or update the environment when it is not current; write what activation reads."""
    asked = b"\0" if os.environ.get("PROJECT_PYTHON") else b""
    if if_changed and recorded(asked) and not fault()[0]:
        return  # without a lock, which a tree that is read-only cannot have
    with exclusive():
        network()  # writes one of the inputs
        made_from = inputs()
        resume()
        reason, anew = fault()
        if reason:
            say(f"{reason}; {'making it anew' if anew else 'updating the packages'}")
            make(anew)
        variables, wrong = dotenv()
        (VENV / "activate.inputs").unlink(missing_ok=True)  # should this be killed
        write_activation(variables)
        part = (site_packages() / "project.pth").relative_to(VENV)
        write(VENV / "activate.root", os.fsencode(f"{ROOT}\n{part}\n"))
        # Not the shells' own quick check is to decide when there is something to say each
        # time, nor while only this terminal asks for this Python.
        write(VENV / "activate.inputs", b"wrong" if wrong else asked + made_from)
        for line in wrong:
            say(line)


def check() -> None:
    """Raise Problem when the environment is not what the locks and .python-version say."""
    reason, _ = fault()
    if reason:
        raise Problem(f"{reason}; run: scripts/venv sync")
    noted, wish = stamp(), wanted()
    if wish and not is_minor((noted["python"], noted["version"]), wish):
        raise Problem(
            f".venv has Python {noted['version']}, .python-version says {wish}; "
            "install that, then run: scripts/venv sync"
        )
    if extra := sorted(installed().keys() - noted["packages"].keys()):
        raise Problem(f"not in the locks: {', '.join(extra)}; run: scripts/venv clean, then sync")
    packages = site_packages()
    for record in packages.glob("*.dist-info/RECORD"):  # of each file that has a hash, a line
        for line in record.read_text("utf-8").splitlines():
            path = line.rpartition(",sha256=")[0].strip('"')
            if not (packages / path).exists():
                raise Problem(f"{packages / path} is missing; run: scripts/venv clean, then sync")


def lock(upgrade: bool) -> None:
    """Resolve requirements*.in into requirements*.txt, for all platforms and Pythons allowed.

    Versions that are locked stay while they fit; with `upgrade` the newest are taken.
    Without uv, the newest is installed into this user's cache.
    https://docs.astral.sh/uv/pip/compile/
    """
    must_be_locks()  # or the list would be lost
    for name in ("requirements.in", "requirements-dev.in"):
        pattern = rb"^ *(-e|--editable|[./]|[^#\n]*\bgit\+).*"
        if unhashable := re.search(pattern, read(name), re.MULTILINE):
            line = unhashable[0].decode("utf-8", "replace").strip()
            raise Problem(f"{name}: {line} has no hash to lock; leave it out, or publish a package")
    flags = ["--quiet", "--universal", f"--python-version={allowed()[-1]}"]
    flags += ["--fork-strategy=fewest", "--generate-hashes", "--no-strip-extras"]
    flags += ["--upgrade"] if upgrade else []
    uv: object = on_path("uv")
    if not uv:
        cache = os.environ.get("LOCALAPPDATA" if WINDOWS else "XDG_CACHE_HOME")
        folder = Path(cache or os.path.expanduser("~/.cache"), "venv.py")
        python, _ = choose_python()
        unpack_pip(python, folder)
        pip = [python, "-I", folder / "pip", "--python="]
        must(*pip, "install", "--quiet", "--upgrade", "--prefix=", "--target", folder, "uv")
        uv = folder / "bin" / ("uv.exe" if WINDOWS else "uv")
    before = locks()
    try:
        must(uv, "pip", "compile", *flags, "--output-file=requirements.txt", "requirements.in")
        flags += ["--constraints=requirements.txt", "--output-file=requirements-dev.txt"]
        must(uv, "pip", "compile", *flags, "requirements-dev.in")
    except BaseException:  # one without the other may not fit
        for name, text in before.items():
            if text and text != locks()[name]:
                Path(ROOT, name).write_bytes(text.encode("utf-8", "surrogateescape"))
        raise


def parity() -> None:
    """Compare the environment with the images; see parity.py."""
    from parity import parity as compare

    compare(sys.modules[__name__])


def clean() -> None:
    """Remove the environment; the next activation makes it anew."""
    with exclusive():
        with set_aside(anew=True):
            pass
        if left := [*VENV.glob("old-*")]:
            raise Problem(f"cannot remove {left[0]}: something in it runs, or is not yours")
        remove(VENV / ".gitignore")
        with contextlib.suppress(OSError):  # a link or a mount stays
            VENV.rmdir()


def parse() -> dict[str, Any]:
    """Return the command in the command line, and its arguments."""
    import argparse  # takes long, and is not needed each day

    parser = argparse.ArgumentParser(prog="venv", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser("sync", help="make .venv, or bring it up to date")
    command.add_argument("--if-changed", action="store_true", help="only if an input changed")
    commands.add_parser("check", help="fail when .venv is not what the locks say")
    command = commands.add_parser("lock", help="resolve requirements*.in to requirements*.txt")
    command.add_argument("--upgrade", action="store_true", help="take the newest versions")
    if os.path.exists(os.path.join(ROOT, "scripts", "parity.py")):
        commands.add_parser("parity", help="compare Python and packages with the Docker images'")
    commands.add_parser("clean", help="remove .venv")
    return vars(parser.parse_args())


def main() -> int:
    """Run a command; return its exit status."""
    arguments = {"command": "sync", "if_changed": True} if DAILY else parse()
    try:
        globals()[arguments.pop("command")](**arguments)
    except (Problem, OSError) as error:
        text = isinstance(error, OSError) and f"{error.filename or 'the system'}: {error.strerror}"
        say(text or error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
