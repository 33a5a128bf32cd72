"""Keep .venv what the lock says.

The activate scripts beside this file call `sync` when one of its inputs changed, then
apply the .venv/activate.<shell> that it writes. Any Python from 3.9 on starts it, and
it needs nothing but the standard library.

Environment: PROJECT_PYTHON names the interpreter to use; otherwise the version in
.python-version is looked for, then the newest one that pyproject.toml allows.
"""

# Modules that are slow to import are imported where they are used: with nothing to do,
# this runs each time a shell without a quick check of its own is activated.
from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
LOCKS = ("requirements.txt", "requirements-dev.txt")
# Written last: proof that the environment is complete, and of what it was made from.
STAMP = VENV / "stamp.json"
# What the activate scripts compare: the path of the project, and, byte for byte, what
# these files hold one after the other.
MADE_FOR = VENV / "activate.root"
INPUTS = VENV / "activate.inputs"
INPUT_FILES = ("scripts/venv.py", ".python-version", *LOCKS, ".env")
# A newer Python is not taken unasked: packages may have no wheels for it yet.
NEWEST = (3, 15)
# Make pip, uv or Python look or install elsewhere. Settings of index and proxy stay.
MISLEADING = {
    *("PIP_PREFIX", "PIP_PYTHON", "PIP_ROOT", "PIP_TARGET", "PYTHONHOME", "PYTHONPATH"),
    *("PYTHONSTARTUP", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_TARGET"),
}
# Variables that belong to a shell, which lets nobody set them or acts on it.
RESERVED = {
    *("BASHOPTS", "EGID", "EUID", "GID", "IFS", "PPID", "PWD", "SHELLOPTS", "UID", "USERNAME"),
    *("_", "argv", "cwd", "history", "path", "pipestatus", "prompt", "status", "version"),
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
    """Run a command in the project; what it prints is progress, for standard error."""
    import subprocess

    environment = {k: v for k, v in os.environ.items() if k.upper() not in MISLEADING}
    # The environment also overrules a pip.conf that sets these.
    off = dict.fromkeys(["PIP_REQUIRE_VIRTUALENV", "PIP_USER"], "0")
    environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", **off}
    environment.setdefault("UV_PYTHON_DOWNLOADS", "never")
    environment.setdefault("UV_SYSTEM_CERTS", "true")  # trust what pip trusts
    words = [str(word) for word in command]
    defaults = {"cwd": ROOT, "env": environment, "stdout": sys.stderr}
    return subprocess.run(words, check=False, **{**defaults, **options})


def ask(*command: object) -> list[str]:
    """Return the lines that a command prints, none when it fails."""
    import subprocess

    try:
        answer = run(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return []
    return answer.stdout.decode("utf-8", "surrogateescape").splitlines()


def must(*command: object, **options: Any) -> None:
    """Run a command that has to succeed; raises Problem when it does not."""
    status = run(*command, **options).returncode
    if status:
        name = " ".join(Path(str(word)).name for word in command[:3])
        raise Problem(f"`{name}` ended with status {status}, see above; mend that and try again")


def which(name: str) -> str | None:
    """Return the path of a command, None when there is none."""
    import shutil

    return shutil.which(name)


# --- What the environment should be, and what it is --------------------------------------


def read(name: str) -> bytes:
    """Return the content of a file of the project, nothing when it is missing."""
    try:
        return (ROOT / name).read_bytes()
    except FileNotFoundError:
        return b""


def wanted() -> tuple[int, ...]:
    """Return the version to look for first, (3, 14) say; () for any."""
    found = re.search(rb"(\d+)\.(\d+)", read(".python-version"))
    return tuple(map(int, found.groups())) if found else ()


def oldest() -> tuple[int, ...]:
    """Return the oldest version that the project allows.

    Raises Problem when pyproject.toml does not say.
    """
    line = rb"""^requires-python\s*=\s*["']\s*(?:>=|~=)\s*(\d+)\.(\d+)"""
    if found := re.search(line, read("pyproject.toml"), re.MULTILINE):
        return tuple(map(int, found.groups()))
    raise Problem('pyproject.toml: expected a line such as requires-python = ">=3.11"')


def inputs() -> bytes:
    """Return all that the activation files depend on."""
    return b"".join(map(read, INPUT_FILES))


def digests() -> dict[str, str]:
    """Return the SHA-256 of each lock."""
    return {name: hashlib.sha256(read(name)).hexdigest() for name in LOCKS}


def site_packages() -> Path:
    """Return the folder of the environment that packages are installed into."""
    if WINDOWS:
        return VENV / "Lib" / "site-packages"
    return next(VENV.glob("lib/python*/site-packages"), VENV / "lib")


def normal(name: str) -> str:
    """Return a package name in the form in which names are compared.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def installed() -> dict[str, str]:
    """Return name and version of every package in the environment."""
    found = (path.name[: -len(".dist-info")] for path in site_packages().glob("*.dist-info"))
    pairs = (name.partition("-") for name in found)
    return {normal(name): version for name, _, version in pairs}


def stamp() -> dict[str, Any]:
    """Return what was noted when the environment was last complete, {} if it never was."""
    try:
        noted = json.loads(STAMP.read_bytes())
        return noted if {"root", "python", "version", "wanted", "locks"} <= noted.keys() else {}
    except (OSError, ValueError, AttributeError):
        return {}


def fault() -> tuple[str, bool]:
    """Return why the environment cannot be used as it is, and whether it has to be made anew.

    ("", False) means that it is current.
    """
    noted = stamp()
    if not VENV.exists():
        return "there is no .venv yet", True
    if not noted:
        return ".venv is not complete", True
    if noted["root"] != str(ROOT):
        return f"the project was moved here from {noted['root']}", True
    if not PYTHON.exists() or not Path(noted["python"]).exists():
        return f"the Python of .venv is gone: {noted['python']}", True
    if noted["wanted"] != list(wanted()):
        return f".python-version is no longer {dotted(noted['wanted']) or 'empty'}", True
    asked = os.environ.get("PROJECT_PYTHON")
    if asked and probe(asked) != (noted["python"], tuple(noted["version"])):
        return f"PROJECT_PYTHON is {asked}, .venv was made with {noted['python']}", True
    changed = [name for name, digest in digests().items() if noted["locks"].get(name) != digest]
    return (f"{' and '.join(changed)} changed", False) if changed else ("", False)


# --- Finding a Python --------------------------------------------------------------------

PROBE = """
import os, sys
path = getattr(sys, "_base_executable", None) or sys.executable
print(path if os.name == "nt" else os.path.realpath(path), *sys.version_info[:3], sep="\\n")
"""


@functools.cache
def probe(*command: str) -> Interpreter | None:
    """Return the Python that a command starts, None when it starts none.

    Only running it tells: the Microsoft Store and pyenv put commands on PATH that do not
    work. A virtual environment counts as the Python that made it.
    """
    lines = ask(*command, "-I", "-c", PROBE)
    return Interpreter(lines[0], tuple(map(int, lines[1:]))) if len(lines) == 4 else None


def candidates(minor: tuple[int, ...]) -> Iterator[list[str]]:
    """Yield commands that may start this version, the likeliest first."""
    version = dotted(minor)
    if WINDOWS and which("py"):
        yield ["py", f"-{version}"]
    names = [f"python{version}", "python3", "python"]
    if found := which(names.pop(0)):
        yield [found]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = "pyenv-win/versions/{}.*/python.exe" if WINDOWS else "versions/{}.*/bin/python"
    # The longest last, so that 3.14.10 comes before 3.14.9.
    found_by_pyenv = sorted(
        map(str, pyenv.glob(folders.format(version))), key=lambda p: (len(p), p)
    )
    yield from ([path] for path in reversed(found_by_pyenv))
    if uv := which("uv"):
        yield from ([path] for path in ask(uv, "python", "find", "--no-project", version))
    yield [sys.executable]
    yield from ([found] for name in names if (found := which(name)))


def choose_python() -> Interpreter:
    """Return the Python for this project; warn when it is not the version wished for.

    Raises Problem when none fits.
    """
    if asked := os.environ.get("PROJECT_PYTHON"):
        if found := probe(asked):
            return found
        raise Problem(f"PROJECT_PYTHON={asked} starts no Python; set it to the path of one")
    wish = wanted()
    own = getattr(sys, "_base_executable", "") or sys.executable
    if sys.version_info[:2] == wish:
        return Interpreter(own if WINDOWS else os.path.realpath(own), sys.version_info[:3])
    allowed = [(3, minor) for minor in range(NEWEST[1], oldest()[1] - 1, -1)]
    seen = set()
    for minor in [wish, *allowed] if wish else allowed:
        for command in candidates(minor):
            found = probe(*command)
            seen.add(str(found))
            if found and found.version[:2] == minor:
                if wish and minor != wish:
                    say(f"warning: .python-version asks for {dotted(wish)}, found only {found}")
                return found
    raise Problem(
        f"no Python {dotted(oldest())} to {dotted(NEWEST)} was found, "
        f"only {', '.join(sorted(seen - {'None'})) or 'none at all'}; "
        f"install Python {dotted(wish or NEWEST)}, or set PROJECT_PYTHON to the path of one"
    )


# --- Making it so ------------------------------------------------------------------------


@contextlib.contextmanager
def exclusive() -> Iterator[dict[str, Any]]:
    """Wait until no other terminal works on this environment.

    Yields options for the commands to run: an installer that outlives this process keeps
    the lock. The system releases it when its last holder ends, however that ends.
    """
    import time

    try:
        lock = (ROOT / ".venv.lock").open("a")
    except OSError as error:
        raise Problem(f"cannot write to {ROOT}: {error.strerror}") from None
    with lock:
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
            except OSError:
                if not waiting:
                    say("waiting for another terminal, which is setting up this environment")
                waiting = True
                time.sleep(0.1)
        yield {} if WINDOWS else {"pass_fds": [lock.fileno()]}


def clear() -> None:
    """Make .venv an empty folder, marked as ours; it may be a link or a mount.

    Raises Problem when it is something else.
    """
    import shutil

    marks = [VENV / "pyvenv.cfg", VENV / ".gitignore"]
    VENV.mkdir(exist_ok=True)
    if any(VENV.iterdir()) and not any(mark.exists() for mark in marks):
        raise Problem(f"{VENV} is not a virtual environment; move it away")
    marks[1].write_text("*\n")
    STAMP.unlink(missing_ok=True)
    for path in VENV.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != marks[1]:
            path.unlink()


def create(python: Interpreter, options: dict[str, Any]) -> None:
    """Make an environment without packages."""
    clear()
    if uv := which("uv"):
        flags = ["--quiet", "--no-project", "--allow-existing"]
        must(uv, "venv", *flags, "--python", python.path, VENV, **options)
    else:
        must(python.path, "-I", "-m", "venv", "--without-pip", VENV, **options)
    # For the project's own source: hash checking rules out an editable install.
    packages = site_packages()
    (packages / "project.pth").write_text(os.path.relpath(ROOT / "src", packages) + "\n")


def install(python: Interpreter, options: dict[str, Any]) -> None:
    """Make the packages of the environment those of the locks, hashes checked."""
    locks = [name for name in LOCKS if read(name)]
    before = installed()
    if uv := which("uv"):
        flags = ["--require-hashes", "--allow-empty-requirements"]
        must(uv, "pip", "sync", "--python", PYTHON, *flags, *locks, **options)
    else:
        install_with_pip(python, locks, options)
    if gone := sorted(before.keys() - installed().keys()):
        say(f"removed what is not in the locks: {', '.join(gone)}")


def install_with_pip(python: Interpreter, locks: list[str], options: dict[str, Any]) -> None:
    """Install with the pip that the locks name, which the one that came with Python installs."""
    import tempfile

    # Modules are compiled when they are first imported, as uv does it: half the time.
    flags = ["install", "--no-compile", "--require-hashes"]
    text = b"\n".join(map(read, locks)).decode()
    pip: list[object] = [PYTHON, "-m", "pip"]
    with tempfile.TemporaryDirectory() as scratch:
        if "pip" not in installed():
            pip = [PYTHON, bundled_pip(python, Path(scratch))]
            if pin := re.search(r"^pip==.*(?:\n +--hash.*)*", text, re.MULTILINE):
                path = Path(scratch, "pip.txt")
                path.write_text(pin[0])
                must(*pip, *flags, "--quiet", "--no-deps", "--requirement", path, **options)
                pip = [PYTHON, "-m", "pip"]
        must(*pip, *flags, *(f"--requirement={name}" for name in locks), **options)
        locked = map(normal, re.findall(r"^([\w.-]+)(?:\[.*\])?==", text, re.MULTILINE))
        if extra := sorted(installed().keys() - set(locked)):
            must(*pip, "uninstall", "--quiet", "--yes", *extra, **options)


def bundled_pip(python: Interpreter, folder: Path) -> Path:
    """Unpack the pip wheel that came with Python, which is quicker than ensurepip.

    Raises Problem when there is none, as on Debian without python3-venv.
    """
    import zipfile

    where = (
        "import sysconfig; print(sysconfig.get_path('stdlib') + '/ensurepip/_bundled');"
        "print(sysconfig.get_config_var('WHEEL_PKG_DIR') or '/usr/share/python-wheels')"
    )
    for line in ask(python.path, "-I", "-c", where):
        for wheel in Path(line).glob("pip-*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
            return folder / "pip"
    raise Problem(
        f"{python} comes without pip; install uv, or on Debian and Ubuntu: "
        f"apt install python{dotted(python.version[:2])}-venv"
    )


def write(path: Path, content: bytes) -> None:
    """Replace a file at once: a reader sees all of the old or all of the new."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_bytes(content)
    temporary.replace(path)


def make(anew: bool, options: dict[str, Any]) -> None:
    """Create or update the environment, and note what it was made from.

    When that fails before a package was touched, the environment stays as it was; when it
    fails later or is killed there is no stamp, and the next call begins anew.
    """
    noted = {"root": str(ROOT), "wanted": wanted(), "locks": digests()}
    old = b"" if anew else STAMP.read_bytes()
    before = {} if anew else installed()
    python = choose_python() if anew else Interpreter(stamp()["python"], stamp()["version"])
    STAMP.unlink(missing_ok=True)
    try:
        if anew:
            say(f"setting up .venv with {python}")
            create(python, options)
        install(python, options)
    except BaseException:
        if old and installed() == before:
            write(STAMP, old)
        raise
    noted |= {"python": python.path, "version": python.version, "packages": installed()}
    write(STAMP, json.dumps(noted, indent=1).encode())


# --- What the shells are told ------------------------------------------------------------

PARSE = """
import json
from dotenv.parser import parse_stream
with open(".env", encoding="utf-8-sig") as stream:
    found = [(b.original.line, b.key, b.value, b.error) for b in parse_stream(stream)]
print(json.dumps(found))
"""


def dotenv() -> tuple[dict[str, str], list[str]]:
    """Return the variables in .env as they stand, and what is wrong in it, line by line.

    Nothing is expanded, nothing executed. A line that is no assignment is left out.
    """
    if not read(".env").strip():
        return {}, []
    answer = ask(PYTHON, "-I", "-c", PARSE)
    if not answer:
        return {}, [".env was not loaded: it has to be UTF-8, and python-dotenv in the locks"]
    variables, wrong = {}, []
    for line, name, value, error in json.loads(answer[0]):
        if not error and name is None:
            continue  # a comment or an empty line
        if (
            error
            or value is None
            or "\0" in value
            or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name)
        ):
            wrong.append(f".env:{line}: expected NAME=value; this line is left out")
        elif name in RESERVED or name.startswith("_venv_"):
            wrong.append(f".env:{line}: {name} belongs to the shell; this line is left out")
        else:
            variables[name] = value
    return variables, wrong


def quote_sh(text: str) -> str:
    """Quote for sh, bash, zsh and ksh."""
    return "'" + text.replace("'", "'\\''") + "'"


def quote_fish(text: str) -> str:
    """Quote for fish, where a backslash counts in single quotes too."""
    return "'" + re.sub(r"(['\\])", r"\\\1", text) + "'"


def quote_ps1(text: str) -> str:
    """Quote for PowerShell, which takes typographic quotes for quotes."""
    return "'" + re.sub("(['\u2018-\u201b])", r"\1\1", text) + "'"


def quote_bat(text: str) -> str:
    """Quote for `set NAME=value` in a batch file, which cannot hold more than a line."""
    return re.sub(r'([&|<>^"()])', r"^\1", text.partition("\n")[0]).replace("%", "%%")


def quote_csh(text: str) -> str:
    """Quote for csh, which expands ! even in single quotes and ends them at a newline."""
    return quote_sh(text).replace("!", "\\!").replace("\n", "\\\n")


def write_activation(dotenv: dict[str, str]) -> None:
    """Write the file that the activate script of each shell applies."""
    name = re.sub(r"[^\w.+@ -]", "_", ROOT.name)  # shells expand what stands in a prompt
    variables = {**dotenv, "VIRTUAL_ENV": str(VENV), "VIRTUAL_ENV_PROMPT": name}
    names = [*variables, "PATH", "PYTHONHOME"]
    files = {
        f"activate.{shell}": [f"_venv_set {key} {quote(value)}" for key, value in variables.items()]
        for shell, quote in (("sh", quote_sh), ("fish", quote_fish), ("ps1", quote_ps1))
    }
    files["activate.csh"] = [
        f"set _venv_names = ({' '.join(names)})",
        # On three lines: csh expands the variable even where the condition is false.
        *(f'if ($?{key}) then\nset _venv_old_{key} = "${key}:q"\nendif' for key in names),
        *(f"setenv {key} {quote_csh(value)}" for key, value in variables.items()),
    ]
    files["activate.json"] = [json.dumps(variables)]
    files["activate.bat"] = [
        f'@if "%1"=="names" set "_VENV_NAMES={" ".join(names)} PROMPT"& exit /b\r',
        "@for /f \"tokens=2 delims=:.\" %%a in ('chcp') do @set _VENV_CODEPAGE=%%a\r",
        "@chcp 65001 >nul\r",
        *(f"@set {key}={quote_bat(value)}\r" for key, value in variables.items()),
        "@if defined _VENV_CODEPAGE chcp %_VENV_CODEPAGE% >nul\r",
        "@set _VENV_CODEPAGE=\r",
    ]
    for file, lines in files.items():
        write(VENV / file, "\n".join([*lines, ""]).encode())
    write(BIN / "deactivate.bat", b'@"%~dp0..\\..\\scripts\\activate.bat" deactivate\r\n')


# --- Commands ----------------------------------------------------------------------------


def sync(if_changed: bool = False) -> None:
    """Create or update the environment when it is not current; write the activation files.

    With `if_changed`, return at once when nothing changed since the last time.
    """
    with contextlib.suppress(FileNotFoundError):
        if if_changed and not fault()[0] and INPUTS.read_bytes() == inputs():
            return
    with exclusive() as options:
        now = inputs()
        reason, anew = fault()
        if reason:
            say(f"{reason}; {'making it anew' if anew else 'updating the packages'}")
            make(anew, options)
        variables, wrong = dotenv()
        write_activation(variables)
        if wrong:
            INPUTS.unlink(missing_ok=True)  # so that each activation says it again
            say("\nvenv: ".join(wrong))
        else:
            write(MADE_FOR, os.fsencode(ROOT) + b"\n")
            write(INPUTS, now)


def check() -> None:
    """Raise Problem when the environment is not what the locks and .python-version say."""
    reason, _ = fault()
    if reason:
        raise Problem(f"{reason}; run: python scripts/venv.py sync")
    noted = stamp()
    if wanted() and tuple(noted["version"][:2]) != wanted():
        raise Problem(
            f".venv has Python {dotted(noted['version'])}, .python-version says "
            f"{dotted(wanted())}; install that, then run: python scripts/venv.py clean"
        )
    have, should = installed(), noted["packages"]
    wrong = [
        f"{name} {have.get(name, 'missing')} instead of {should.get(name, 'nothing')}"
        for name in sorted(have.keys() | should.keys())
        if have.get(name) != should.get(name)
    ]
    if wrong:
        raise Problem(f"not as locked: {', '.join(wrong)}; run: python scripts/venv.py clean")


def lock(upgrade: bool = False) -> None:
    """Resolve requirements*.in into requirements*.txt, for all platforms and Pythons allowed.

    Versions that are locked stay while they fit; with `upgrade` the newest are taken.
    https://docs.astral.sh/uv/pip/compile/
    """
    flags = ["--quiet", "--universal", "--python-version", dotted(oldest())]
    flags += ["--fork-strategy", "fewest", "--generate-hashes", "--no-strip-extras"]
    flags += ["--upgrade"] if upgrade else []
    compile_ = [which("uv") or private_uv(), "pip", "compile", *flags]
    must(*compile_, "--output-file=requirements.txt", "requirements.in")
    flags = ["-c", "requirements.txt", "--output-file=requirements-dev.txt"]
    must(*compile_, *flags, "requirements-dev.in")


def private_uv() -> Path:
    """Install the newest uv into this user's cache, and return its path."""
    import tempfile

    home = os.environ.get("LOCALAPPDATA" if WINDOWS else "XDG_CACHE_HOME")
    folder = Path(home or Path.home() / ".cache") / "venv.py"
    python = choose_python()
    with tempfile.TemporaryDirectory() as scratch:
        pip = bundled_pip(python, Path(scratch))
        must(python.path, pip, "install", "--quiet", "--upgrade", "--target", folder, "uv")
    return folder / "bin" / ("uv.exe" if WINDOWS else "uv")


def clean() -> None:
    """Remove the environment; the next activation makes it anew."""
    with exclusive():
        clear()
        (VENV / ".gitignore").unlink()
        with contextlib.suppress(OSError):  # a link or a mount stays
            VENV.rmdir()


def main() -> int:
    """Run a command; return its exit status."""
    import argparse

    parser = argparse.ArgumentParser(prog="venv.py", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser("sync", help="make .venv, or bring it up to date")
    command.add_argument("--if-changed", action="store_true", help="only if an input changed")
    commands.add_parser("check", help="fail when .venv is not what the locks say")
    command = commands.add_parser("lock", help="resolve requirements*.in to requirements*.txt")
    command.add_argument("--upgrade", action="store_true", help="take the newest versions")
    commands.add_parser("clean", help="remove .venv")
    arguments = vars(parser.parse_args())
    try:
        globals()[arguments.pop("command")](**arguments)
    except Problem as problem:
        say(str(problem))
        return 1
    except OSError as error:
        say(f"{error.filename or 'the system'}: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the same command goes on where it can")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
