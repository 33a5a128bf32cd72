"""Keep .venv what the lock says.

The activate scripts beside this file call `sync` when one of its inputs changed,
then apply the .venv/activate.<shell> that it writes. Any Python from 3.9 starts
it, and it needs nothing but the standard library.

Environment: PROJECT_PYTHON names the interpreter to use; otherwise the version
in .python-version is looked for, then the newest one that pyproject.toml allows.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any, Iterator, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
LOCKS = ("requirements.txt", "requirements-dev.txt")
# Written last: proof that the environment is complete, and of what it was made from.
STAMP = VENV / "stamp.json"
# What the activate scripts compare, byte for byte, with ROOT and these files in this order.
INPUTS = VENV / "activate.inputs"
INPUT_FILES = ("scripts/venv.py", ".python-version", *LOCKS, ".env")
# A newer Python is not taken unasked: packages may have no wheels for it yet.
NEWEST = (3, 15)
# Make pip, uv or Python look or install elsewhere. Settings of index and proxy stay.
MISLEADING = {
    *("PIP_PREFIX", "PIP_PYTHON", "PIP_REQUIRE_VIRTUALENV", "PIP_ROOT", "PIP_TARGET", "PIP_USER"),
    *("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_TARGET"),
}


class Problem(Exception):
    """What is wrong and how to mend it, in one line for the user."""


class Interpreter(NamedTuple):
    """A Python on this machine: its file, with links resolved, and its version."""

    path: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"Python {dotted(self.version)} ({self.path})"


def dotted(version: tuple[int, ...]) -> str:
    """Return (3, 14) as 3.14."""
    return ".".join(map(str, version))


def say(message: str) -> None:
    """Tell the user; on standard error, so that standard output is for answers."""
    print(f"venv: {message}", file=sys.stderr, flush=True)


def run(*command: object, **options: Any) -> Any:
    """Run a command in the project; what it prints is progress and goes to standard error."""
    import subprocess

    environment = {k: v for k, v in os.environ.items() if k.upper() not in MISLEADING}
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    environment.setdefault("UV_PYTHON_DOWNLOADS", "never")
    environment.setdefault("UV_SYSTEM_CERTS", "true")  # trust what pip trusts
    defaults = {"cwd": ROOT, "env": environment, "stdout": sys.stderr, "text": True}
    return subprocess.run([str(part) for part in command], **{**defaults, **options})


def which(name: str) -> str | None:
    """Return the path of a command, None when there is none."""
    import shutil

    return shutil.which(name)


# --- What the environment should be, and what it is ---------------------------


def read(name: str) -> bytes:
    """Return the content of a file of the project, nothing when it is missing."""
    try:
        return (ROOT / name).read_bytes()
    except FileNotFoundError:
        return b""


def inputs() -> bytes:
    """Return all that the activation files depend on."""
    return os.fsencode(ROOT) + b"\n" + b"".join(map(read, INPUT_FILES))


def wanted() -> tuple[int, ...]:
    """Return the minor version in .python-version, (3, 14) say; () when there is none."""
    found = re.search(rb"(\d+)\.(\d+)", read(".python-version"))
    return tuple(map(int, found.groups())) if found else ()


def oldest() -> tuple[int, ...]:
    """Return the oldest minor version that pyproject.toml allows."""
    found = re.search(rb'^requires-python\s*=\s*">=\s*(\d+)\.(\d+)', read("pyproject.toml"), re.M)
    return tuple(map(int, found.groups())) if found else (3, 9)


def digests() -> dict[str, str]:
    """Return the SHA-256 of each lock."""
    return {name: hashlib.sha256(read(name)).hexdigest() for name in LOCKS}


def locked() -> dict[str, str]:
    """Return name and version of every package in the locks, for whichever platform."""
    pins = re.findall(rb"^([\w.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", b"\n".join(map(read, LOCKS)), re.M)
    return {normal(name.decode()): version.decode() for name, version in pins}


def normal(name: str) -> str:
    """Return the form of a package name in which names are compared.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def installed() -> dict[str, str]:
    """Return name and version of every package in the environment."""
    found = {}
    for folder in site_packages().glob("*.dist-info"):
        name, _, version = folder.name[: -len(".dist-info")].partition("-")
        found[normal(name)] = version
    return found


def site_packages() -> Path:
    """Return the folder of the environment that packages are installed into."""
    if WINDOWS:
        return VENV / "Lib" / "site-packages"
    return next(VENV.glob("lib/python*/site-packages"), VENV / "lib")


def stamp() -> dict[str, Any]:
    """Return what was written when the environment was last complete, {} if it never was."""
    try:
        found = json.loads(STAMP.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.keys() >= {"root", "python", "locks"} else {}


def fault() -> tuple[str, bool]:
    """Return why the environment cannot be used as it is, and whether it must be made anew.

    ("", False) means that it is current.
    """
    made = stamp()
    if not VENV.exists():
        return "there is no .venv yet", True
    if not made:
        return ".venv is incomplete", True
    if made["root"] != str(ROOT):
        return f"the project was moved here from {made['root']}", True
    if not PYTHON.exists() or not Path(made["python"]).exists():
        return f"the interpreter of .venv is gone: {made['python']}", True
    if made["wanted"] != list(wanted()):
        was = dotted(made["wanted"]) or "nothing"
        return f".python-version changed from {was} to {dotted(wanted()) or 'nothing'}", True
    asked = os.environ.get("PROJECT_PYTHON")
    if asked and probe(asked) != Interpreter(made["python"], tuple(made["version"])):
        return f"PROJECT_PYTHON is {asked}, .venv was made with {made['python']}", True
    changed = [name for name, digest in digests().items() if made["locks"].get(name) != digest]
    return (f"{' and '.join(changed)} changed", False) if changed else ("", False)


# --- Finding a Python ---------------------------------------------------------

PROBE = """
import os, sys
path = getattr(sys, "_base_executable", None) or sys.executable
print(path if os.name == "nt" else os.path.realpath(path), *sys.version_info[:3], sep="\\n")
"""


def probe(*command: str) -> Interpreter | None:
    """Return the Python that a command starts; None when it starts none.

    Only running it tells: the Microsoft Store and pyenv put commands on PATH that
    end with an error. A virtual environment counts as the Python that made it.
    """
    import subprocess

    try:
        answer = run(*command, "-I", "-c", PROBE, capture_output=True, stdout=None, timeout=30)
        path, *version = answer.stdout.splitlines()
        return Interpreter(path, tuple(map(int, version)))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def candidates(minor: tuple[int, ...]) -> Iterator[list[str]]:
    """Yield commands that may start this version, the likeliest first."""
    name = dotted(minor)
    if WINDOWS and which("py"):
        yield ["py", f"-{name}"]
    if found := which(f"python{name}"):
        yield [found]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    exe = f"pyenv-win/versions/{name}.*/python.exe" if WINDOWS else f"versions/{name}.*/bin/python"
    for path in sorted(pyenv.glob(exe), key=lambda p: (len(str(p)), str(p)), reverse=True):
        yield [str(path)]
    if uv := which("uv"):
        answer = run(uv, "python", "find", "--no-project", name, capture_output=True, stdout=None)
        if answer.returncode == 0:
            yield [answer.stdout.strip()]
    yield [sys.executable]
    for name in ("python3", "python"):
        if found := which(name):
            yield [found]


def choose_python() -> Interpreter:
    """Return the Python for this project; warn when it is not the version that was wished for.

    Raises Problem when none fits.
    """
    if asked := os.environ.get("PROJECT_PYTHON"):
        if found := probe(asked):
            return found
        raise Problem(f"PROJECT_PYTHON={asked} starts no Python; set it to the path of one")
    wish = wanted()
    minors = [(3, minor) for minor in range(NEWEST[1], oldest()[1] - 1, -1)]
    seen = set()
    for minor in [wish, *minors] if wish else minors:
        for command in candidates(minor):
            found = probe(*command)
            seen.add(found)
            if found and found.version[:2] == minor:
                if wish and minor != wish:
                    say(f"warning: no Python {dotted(wish)}, which .python-version names; using {found}")
                return found
    raise Problem(
        f"no Python {dotted(oldest())} to {dotted(NEWEST)} was found, "
        f"only {', '.join(sorted(map(str, seen - {None}))) or 'none at all'}; "
        f"install Python {dotted(wish or NEWEST)}, or set PROJECT_PYTHON to the path of one"
    )


# --- Making it so -------------------------------------------------------------


@contextlib.contextmanager
def exclusive() -> Iterator[int]:
    """Wait until no other terminal works on this environment; yield the lock's descriptor.

    The system releases the lock when its holder ends, however it ends.
    """
    try:
        lock = open(ROOT / ".venv.lock", "a")
    except OSError as error:
        raise Problem(f"cannot write to {ROOT}: {error.strerror}") from None
    with lock:
        for attempt in range(10**9):
            try:
                if WINDOWS:
                    import msvcrt

                    msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
                else:
                    import fcntl

                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                import time

                if attempt == 0:
                    say("waiting for another terminal that is setting up this environment")
                time.sleep(0.1)
        yield lock.fileno()


def clear() -> None:
    """Empty .venv, which may be a link or a mount, and mark it as ours.

    Raises Problem when something else is there.
    """
    import shutil

    ours = ("pyvenv.cfg", ".gitignore")
    if VENV.exists() and any(VENV.iterdir()) and not any((VENV / name).exists() for name in ours):
        raise Problem(f"{VENV} is not a virtual environment; move it away")
    VENV.mkdir(exist_ok=True)
    STAMP.unlink(missing_ok=True)
    for path in VENV.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != ".gitignore":
            path.unlink()
    (VENV / ".gitignore").write_text("*\n")


def must(*command: object, **options: Any) -> None:
    """Run a command that has to succeed; raises Problem when it does not."""
    status = run(*command, **options).returncode
    if status:
        name = " ".join(Path(str(part)).name for part in command[:3])
        raise Problem(f"`{name}` ended with status {status}, see above; mend that and try again")


def create(python: Interpreter, **options: Any) -> None:
    """Make an empty environment, without pip."""
    clear()
    if uv := which("uv"):
        flags = ("--quiet", "--no-project", "--allow-existing")
        must(uv, "venv", *flags, "--python", python.path, VENV, **options)
    else:
        must(python.path, "-I", "-m", "venv", "--without-pip", VENV, **options)
    # The package itself: the lock is checked by hash, which rules out an editable install.
    (site_packages() / "project.pth").write_text(os.path.relpath(ROOT / "src", site_packages()))


def install(python: Interpreter, **options: Any) -> None:
    """Make the packages of the environment those of the locks, hashes checked."""
    locks = [name for name in LOCKS if read(name)]
    before = installed()
    if uv := which("uv"):
        flags = ("--require-hashes", "--allow-empty-requirements")
        must(uv, "pip", "sync", "--python", PYTHON, *flags, *locks, **options)
    else:
        install_with_pip(python, locks, **options)
    if gone := before.keys() - installed().keys():
        say(f"removed what is not in the lock: {', '.join(sorted(gone))}")


def install_with_pip(python: Interpreter, locks: list[str], **options: Any) -> None:
    """Install with the pip that the lock names, itself installed by the one that Python brings."""
    import tempfile

    pip: list[object] = [PYTHON, "-m", "pip"]
    # Modules are compiled when first imported, as uv leaves it: that halves the time.
    flags = ("install", "--no-compile", "--require-hashes")
    with tempfile.TemporaryDirectory() as scratch:
        if "pip" not in installed():
            pip = [PYTHON, bundled_pip(python, Path(scratch))]
            pins = b"\n".join(map(read, locks))
            if pin := re.search(rb"^pip==.*(?:\n[ ]+--hash.*)*", pins, re.M):
                path = Path(scratch, "pip.txt")
                path.write_bytes(pin[0].rstrip(b"\\"))
                must(*pip, *flags, "--quiet", "--no-deps", "--requirement", path, **options)
                pip = [PYTHON, "-m", "pip"]
        must(*pip, *flags, *(f"--requirement={name}" for name in locks), **options)
        if extra := installed().keys() - locked().keys():
            must(*pip, "uninstall", "--quiet", "--yes", *sorted(extra), **options)


def bundled_pip(python: Interpreter, folder: Path) -> Path:
    """Unpack the pip wheel that comes with Python, which is quicker than ensurepip.

    Raises Problem when there is none, as on Debian without python3-venv.
    """
    import zipfile

    where = (
        "import sysconfig; print(sysconfig.get_path('stdlib') + '/ensurepip/_bundled');"
        "print(sysconfig.get_config_var('WHEEL_PKG_DIR') or '/usr/share/python-wheels')"
    )
    answer = run(python.path, "-I", "-c", where, capture_output=True, stdout=None)
    for line in answer.stdout.splitlines():
        for wheel in Path(line).glob("pip-*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
            return folder / "pip"
    minor = dotted(python.version[:2])
    raise Problem(
        f"{python} comes without pip; install uv, or the package that has it "
        f"(on Debian and Ubuntu: apt install python{minor}-venv)"
    )


def sync(if_changed: bool = False) -> None:
    """Create or update the environment when it is not current, then write the activation files.

    With `if_changed`, return at once when nothing changed since the last time.
    Raises Problem; what worked before still works then.
    """
    if if_changed and fault() == ("", False) and INPUTS.exists() and INPUTS.read_bytes() == inputs():
        return
    with exclusive() as descriptor:
        # An installer that outlives us holds the lock too.
        options = {} if WINDOWS else {"pass_fds": (descriptor,)}
        (reason, anew), now, locks = fault(), inputs(), digests()
        if reason:
            python = choose_python() if anew else Interpreter(stamp()["python"], tuple(stamp()["version"]))
            say(f"{reason}; {'setting up with ' + str(python) if anew else 'updating the packages'}")
            old = STAMP.read_bytes() if not anew else b""
            before = {} if anew else installed()
            STAMP.unlink(missing_ok=True)
            try:
                if anew:
                    create(python, **options)
                install(python, **options)
            except BaseException:
                if old and installed() == before:  # it failed before it changed anything
                    write(STAMP, old)
                raise
            made = {
                "root": str(ROOT),
                "python": python.path,
                "version": python.version,
                "wanted": wanted(),
                "locks": locks,
                "packages": installed(),
            }
            write(STAMP, json.dumps(made, indent=1).encode())
        write_activation()
        write(INPUTS, now)


def write(path: Path, content: bytes) -> None:
    """Replace a file at once: a reader sees all of the old or all of the new."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_bytes(content)
    temporary.replace(path)


# --- What the shells are told -------------------------------------------------

PARSE = """
import io, json, sys
from dotenv.parser import parse_stream
text = open(".env", encoding="utf-8-sig").read()
print(json.dumps([(b.original.line, b.key, b.value, b.error) for b in parse_stream(io.StringIO(text))]))
"""


def dotenv() -> dict[str, str]:
    """Return the variables in .env, taken as they stand: nothing in it is expanded or executed.

    A line that is no assignment is reported and left out.
    """
    if not read(".env").strip():
        return {}
    answer = run(PYTHON, "-I", "-c", PARSE, capture_output=True, stdout=None)
    if answer.returncode:
        cause = answer.stderr.strip().splitlines()[-1]
        say(f".env is not loaded: {cause} (it needs python-dotenv in the lock, and UTF-8)")
        return {}
    variables = {}
    for line, name, value, error in json.loads(answer.stdout):
        if not error and name is None:
            continue  # a comment or an empty line
        if error or value is None or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
            say(f".env:{line}: expected NAME=value; this line is left out")
        else:
            variables[name] = value
    return variables


def quote_sh(text: str) -> str:
    """Quote for sh, bash, zsh and ksh."""
    return "'" + text.replace("'", "'\\''") + "'"


def quote_fish(text: str) -> str:
    """Quote for fish, where a backslash counts in single quotes too."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_ps1(text: str) -> str:
    """Quote for PowerShell, which takes typographic quotes for quotes."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


def quote_bat(text: str) -> str:
    """Quote for `set NAME=value` in a batch file."""
    return re.sub(r'([&|<>^"()])', r"^\1", text).replace("%", "%%")


def write_activation() -> None:
    """Write the file that the activate script of each shell applies."""
    name = re.sub(r"[^\w.+@ -]", "_", ROOT.name)  # shells expand what stands in a prompt
    variables = {**dotenv(), "VIRTUAL_ENV": str(VENV), "VIRTUAL_ENV_PROMPT": name}
    if WINDOWS:
        names = " ".join([*variables, "PATH", "PYTHONHOME", "PROMPT"])
        lines = ['@if "%1"=="names" set "_VENV_NAMES=' + names + '"& exit /b', "@chcp 65001 >nul"]
        lines += [f"@set {key}={quote_bat(value)}" for key, value in variables.items() if "\n" not in value]
        write(VENV / "activate.bat", "\r\n".join([*lines, ""]).encode())
        write(BIN / "deactivate.bat", b'@"%~dp0..\\..\\scripts\\activate.bat" deactivate\r\n')
    for shell, quote in (("sh", quote_sh), ("fish", quote_fish), ("ps1", quote_ps1)):
        lines = [f"_venv_set {key} {quote(value)}\n" for key, value in variables.items()]
        write(VENV / f"activate.{shell}", "".join(lines).encode())


# --- Commands -----------------------------------------------------------------


def check() -> None:
    """Raise Problem when the environment is not what the lock and .python-version say."""
    reason, _ = fault()
    if reason:
        raise Problem(f"{reason}; run: python scripts/venv.py sync")
    made = stamp()
    if wanted() and tuple(made["version"][:2]) != wanted():
        raise Problem(
            f".venv has Python {dotted(made['version'])}, .python-version says {dotted(wanted())}; "
            "install that one, then run: python scripts/venv.py clean"
        )
    have, should = installed(), made["packages"]
    wrong = [
        f"{name} {have.get(name, 'is missing')} instead of {should.get(name, 'nothing')}"
        for name in sorted(have.keys() | should.keys())
        if have.get(name) != should.get(name)
    ]
    if wrong:
        raise Problem(f"not as locked: {', '.join(wrong)}; run: python scripts/venv.py clean")


def lock(upgrade: bool = False) -> None:
    """Resolve requirements*.in into requirements*.txt, for every platform and Python allowed.

    Versions that are locked stay while they fit; with `upgrade` the newest are taken.
    https://docs.astral.sh/uv/pip/compile/
    """
    flags = [
        *("--quiet", "--universal", "--python-version", dotted(oldest())),
        *("--fork-strategy", "fewest", "--generate-hashes", "--no-strip-extras"),
        *(["--upgrade"] if upgrade else []),
    ]
    uv = which("uv") or private_uv()
    for target, constraints in zip(LOCKS, ([], ["-c", LOCKS[0]])):
        source = target.replace(".txt", ".in")
        must(uv, "pip", "compile", *flags, *constraints, f"--output-file={target}", source)


def private_uv() -> Path:
    """Install the newest uv into this user's cache, and return its path."""
    import tempfile

    home = os.environ.get("LOCALAPPDATA") if WINDOWS else os.environ.get("XDG_CACHE_HOME")
    folder = Path(home or Path.home() / ".cache") / "venv.py"
    python = probe(sys.executable)
    if not python:
        raise Problem(f"{sys.executable} does not run; start this with another Python")
    with tempfile.TemporaryDirectory() as scratch:
        pip = bundled_pip(python, Path(scratch))
        must(python.path, pip, "install", "--quiet", "--upgrade", "--target", folder, "uv")
    return folder / "bin" / ("uv.exe" if WINDOWS else "uv")


def clean() -> None:
    """Remove the environment; the next activation makes it anew."""
    with exclusive():
        if VENV.exists():
            clear()
            (VENV / ".gitignore").unlink()
            VENV.rmdir()


def main() -> int:
    """Run a command; return its exit status."""
    import argparse

    parser = argparse.ArgumentParser(prog="scripts/venv.py", description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("sync", help="create .venv or bring it up to date")
    command.add_argument("--if-changed", action="store_true", help="trust that it is as it was left")
    commands.add_parser("check", help="fail when .venv is not what the lock and .python-version say")
    command = commands.add_parser("lock", help="resolve requirements*.in into requirements*.txt")
    command.add_argument("--upgrade", action="store_true", help="take the newest versions")
    commands.add_parser("clean", help="remove .venv")
    arguments = vars(parser.parse_args())
    try:
        globals()[arguments.pop("command")](**arguments)
    except Problem as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        say("interrupted; run the same command again to go on")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
