# fmt: off
# ruff: noqa
# mypy: ignore-errors
"""Lock the packages of this project: resolve requirements*.in into requirements*.txt."""

# This file needs nothing but Python 3.9, so that it also runs in the image, for people who have no
# Python on their machine. The other modules of this folder build on it.

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WINDOWS = os.name == "nt"
LISTS = ("requirements.in", "requirements-dev.in")
LOCKS = ("requirements.txt", "requirements-dev.txt")

# This uv resolves the lists where none is installed.
UV = "uv>=0.9,<1"

# These variables make pip, uv or Python look or install elsewhere, so the programs that this
# folder starts do not get them. Settings of the package index and of proxies are kept.
MISLEADING = re.compile(
    "PIP_(ABI|CONSTRAINT|EDITABLE|IMPLEMENTATION|PLATFORM|PREFIX|PYTHON|PYTHON_VERSION)"
    "|PIP_(REQUIREMENT|ROOT|TARGET)|PYTHON(EXECUTABLE|HOME|PATH|STARTUP)|__PYVENV_LAUNCHER__"
    "|UV_(BUILD_CONSTRAINT|CONSTRAINT|EXCLUDE|OVERRIDE|PROJECT|PYTHON|SYSTEM_PYTHON)"
    "|UV_(WORKING_DIR|WORKING_DIRECTORY)"
)

# These overrule the same settings in a pip.conf.
OFF = ("DRY_RUN", "IGNORE_INSTALLED", "REQUIRE_HASHES", "REQUIRE_VIRTUALENV", "USER")
INSTALLERS = {f"PIP_{name}": "0" for name in OFF} | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}

# A user may set these. uv trusts the certificates that pip trusts, and pip asks for no password,
# like uv.
DEFAULTS = {"PIP_NO_INPUT": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "true"}


class Problem(Exception):
    """An error for the user: one line says what is wrong and how to fix it."""


def say(message: object) -> None:
    """Print a line for the user on standard error, as standard output is for results."""
    print(f"dev: {message}", file=sys.stderr, flush=True)


def main(command: Callable[[], int | None]) -> int:
    """Run a command and return its exit status; say in one line what went wrong."""
    try:
        return command() or 0
    except KeyboardInterrupt:
        say("interrupted; run the same command again to continue")
        return 130
    except OSError as error:
        say(f"{error.filename or 'the system'}: {error.strerror}")
    except Problem as problem:
        say(problem)
    return 1


def read(name: str | Path) -> bytes:
    """Return the content of a file of the project, nothing if it is missing."""
    try:
        return (ROOT / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return b""


# --- Running programs --------------------------------------------------------------------


@functools.cache
def network() -> dict[str, str]:
    """Return the variables that the network of a company requires, where there is one."""
    try:
        from dev_network import variables
    except ImportError:
        return {}
    return variables()


@functools.cache
def package_index() -> tuple[str, str]:
    """Return the address of the package index and where it is set, nothing for the public one."""
    # pip and uv get the same one. Variables come before the project's pip.conf, and pip's own files
    # are last: https://pip.pypa.io/en/stable/topics/configuration/#location
    of_project = network().get("UV_INDEX_URL", "")
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(name, "") not in ("", of_project):
            return os.environ[name], name
    if of_project:
        return of_project, "pip.conf"

    chosen = os.environ.get("PIP_CONFIG_FILE", "")
    user = os.environ.get("XDG_CONFIG_HOME", "~/.config")
    files = ["~/Library/Application Support/pip/pip.conf", f"{user}/pip/pip.conf"]
    files += ["~/.pip/pip.conf", "/etc/pip.conf", "/etc/xdg/pip/pip.conf"]
    if WINDOWS:
        files = [r"~\AppData\Roaming\pip\pip.ini", r"~\pip\pip.ini", r"C:\ProgramData\pip\pip.ini"]
    for file in [chosen, *files] if chosen != os.devnull else []:
        path = Path(os.path.expanduser(file))
        text = path.read_text("utf-8", "replace") if path.is_file() else ""
        if found := re.search(r"^index[-_]url\s*[=:]\s*(\S+)", text, re.MULTILINE):
            return found[1], str(path)
    return "", ""


def run(*command: object, **options: Any) -> Any:
    """Run a program in the project's folder; its output is progress, so it goes to stderr."""
    own = {name: os.environ[name] for name in os.environ if not MISLEADING.fullmatch(name.upper())}
    environment = DEFAULTS | own | INSTALLERS | network()
    if url := package_index()[0]:
        # uv allows a name before the address.
        environment |= {"UV_DEFAULT_INDEX": url, "PIP_INDEX_URL": re.sub(r"^[\w.-]+=", "", url)}

    # Programs inherit the file that locks the environment, so that it stays locked as long as
    # an installer runs.
    options = {"cwd": ROOT, "env": environment, "stdout": sys.stderr, "close_fds": False} | options
    return subprocess.run([str(word) for word in command], check=False, **options)


def ask(*command: object) -> list[str]:
    """Return the lines that a program prints, none if it fails."""
    try:
        answer = run(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return []
    return answer.stdout.decode("utf-8", "surrogateescape").splitlines()


def must(*command: object, **options: Any) -> Any:
    """Run a program that has to succeed; raise Problem if it fails."""
    done = run(*command, **options)
    if done.returncode:
        words = [Path(str(word)).name for word in command if not str(word).startswith("-")]
        found = f"`{' '.join(words[:3])}` ended with status {done.returncode}"
        if "pip" in words and package_index()[1]:
            found += f", with the package index of {package_index()[1]}"
        raise Problem(f"{found}, see above; fix that and try again")
    return done


def find_uv() -> str | None:
    """Return the path of uv, None if it is not installed."""
    path = shutil.which("uv")

    # pyenv puts a uv on PATH that only works if the selected Python has one.
    if path and Path(path).parent.name == "shims" and not ask(path, "--version"):
        return None
    return path


# --- Reading locks -----------------------------------------------------------------------


def lock_text(name: str) -> str:
    """Return the text of a lock."""
    return read(name).decode("utf-8-sig", "surrogateescape")


def normal(name: str) -> str:
    """Return a package name in the form in which names are compared."""
    # https://packaging.python.org/en/latest/specifications/name-normalization/
    return re.sub(r"[-_.]+", "-", name).lower()


def line_without_hash(name: str) -> tuple[int, str]:
    """Return number and text of the first line of a lock that has a package without a hash."""
    # The text is empty if each package has one. A line that ends with a backslash continues.
    text = lock_text(name)
    for entry in re.finditer(r"^(?:-e |[^\s#-])(?:.*\\\r?\n)*.*", text, re.MULTILINE):
        if "--hash=" not in entry[0]:
            line = entry[0].splitlines()[0].rstrip("\\ ")
            return text.count("\n", 0, entry.start()) + 1, line
    return 0, ""


def check_locks() -> None:
    """Raise Problem if a lock has no hash at all, has conflicts, or is not text."""
    for name in LOCKS:
        text = lock_text(name)
        if "\0" in text:
            raise Problem(f"{name}: expected UTF-8, found UTF-16; save it as UTF-8")
        if re.search("^(<<<<<<<|>>>>>>>) ", text, re.MULTILINE):
            fix = f"git checkout --theirs {name}"
            raise Problem(f"{name} has conflicts; take one side, {fix}, and run: dev/do lock")
        if re.search(r"^[A-Za-z]", text, re.MULTILINE) and "--hash=" not in text:
            fix = f"rename it to {name[:-4]}.in, or delete it if that names the same packages"
            raise Problem(f"{name} is no lock, as it has no hashes; {fix}, then run: dev/do lock")


def supported() -> tuple[int, int]:
    """Return the oldest and the newest Python that pyproject.toml allows, such as (11, 14)."""
    # Without a limit these are 11 and 99. A regular expression reads the file, since Python has a
    # parser for it only from 3.11 on.
    metadata = read("pyproject.toml")
    name = rb"^requires-python\s*=[^#\n]*?"
    below = name + rb"(<=?|==|~=(?=\s*3\.\d+\.))\s*3\.(\d+)(\.[1-9])?"
    lower = re.search(name + rb"(?:>=|~=|==|>)\s*3\.(\d+)", metadata, re.MULTILINE)
    upper = re.search(below, metadata, re.MULTILINE)
    if not lower and re.search(rb"^[^#\n]*requires-python", metadata, re.MULTILINE):
        raise Problem('pyproject.toml: expected a line such as requires-python = ">=3.11"')

    oldest = int(lower[1]) if lower else 11
    newest = int(upper[2]) if upper else 99
    if upper and upper[1] == b"<" and not upper[3]:
        newest -= 1
    return oldest, newest


# --- Locking -----------------------------------------------------------------------------


def sources() -> list[list[str]]:
    """Return what each lock is resolved from; raise Problem where that has no hash."""
    try:
        from dev_lists import sources  # for existing code, whose lists can be elsewhere
    except ImportError:
        for name in LISTS:
            check_requirements(name, read(name).decode("utf-8-sig", "replace").splitlines())
        return [[name] for name in LISTS]
    return sources()


def check_requirements(name: str, lines: list[str]) -> None:
    """Raise Problem if a list has a folder or a repository, without a hash, or another option."""
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*(-e|--editable|[./]|[^#]*\b(git|hg|svn|bzr)\+)", line):
            fix = "has no hash to lock; leave it out, or publish a package"
            raise Problem(f"{name}:{number}: {line.strip()} {fix}")
        if option := re.match(r"\s*(-(?![rc]|-requirement|-constraint|-hash)[^\s=]*)", line):
            fix = "set it for pip or uv, or write a package of another index as NAME @ ADDRESS"
            raise Problem(f"{name}:{number}: {option[1]} cannot be locked; {fix}")


def check_hashes() -> None:
    """Raise Problem if a lock names a package without a hash."""
    for name in LOCKS:
        number, line = line_without_hash(name)
        if line:
            raise Problem(f"{name}:{number}: expected a hash, found {line}; run: dev/do lock")


def install_uv(folder: str) -> Path:
    """Install uv into an environment that exists as long as it is needed; return its path."""
    say(f"uv is not installed; installing it until the locks are written ({UV})")
    programs = Path(folder, "Scripts" if WINDOWS else "bin")
    must(sys.executable, "-I", "-m", "venv", folder)
    pip = [programs / "python", "-I", "-m", "pip", "--python="]
    must(*pip, "install", "--quiet", "--target=", f"--prefix={folder}", UV)
    return programs / "uv"


def lock(*options: str) -> None:
    """Resolve the lists into locks, for all platforms and for all Pythons that are allowed."""
    # Locked versions are kept as long as they fit. Options such as --upgrade are those of uv.
    # https://docs.astral.sh/uv/pip/compile/
    check_locks()
    found = sources()
    oldest, _ = supported()
    flags = ["--quiet", "--universal", f"--python-version=3.{oldest}"]
    # A lock that uv exported may have another version of a package for another Python.
    twice = re.compile(r"^([\w.-]+)==.*;(?s:.*)^\1==", re.MULTILINE)
    if not any(twice.search(lock_text(name)) for name in LOCKS):
        flags += ["--fork-strategy=fewest"]
    flags += ["--generate-hashes", "--no-strip-extras", *options]

    before = {ROOT / name: read(name) for name in LOCKS if (ROOT / name).exists()}
    try:
        for path, content in before.items():
            # uv keeps hashes that it finds, and would not add those of files that came later.
            path.write_bytes(re.sub(rb" *\\\r?\n +--hash=\S+", b"", content))

        with TemporaryDirectory() as folder:
            uv = find_uv() or install_uv(folder)
            for name, source in zip(LOCKS, found):
                constraints = [] if name == LOCKS[0] else [f"--constraints={LOCKS[0]}"]
                output = f"--output-file={name}"
                must(uv, "pip", "compile", *flags, *constraints, output, *source)

                # Renovate runs the command in the lock, with the age that versions need there.
                old = before.get(ROOT / name, b"")
                age = re.search(rb"^#    uv .*( --exclude-newer=\S+)", old, re.MULTILINE)
                if age and b" --exclude-newer" not in read(name):
                    text = read(name).replace(b" --universal", b" --universal" + age[1], 1)
                    (ROOT / name).write_bytes(text)
                if line := line_without_hash(name)[1]:
                    raise Problem(f"{line} has no hash to lock; leave it out, or publish a package")
    except BaseException:
        # The two locks only fit together, so neither is changed.
        for name in LOCKS:
            (ROOT / name).unlink(missing_ok=True)
        for path, content in before.items():
            path.write_bytes(content)
        raise


if __name__ == "__main__":
    # The other modules import this one by its name, so their Problem is the one of that name.
    import dev_locks

    # A build gets the options in UPGRADE, where 1 means all packages.
    options = ["--upgrade" if word == "1" else word for word in sys.argv[1:]]
    sys.exit(dev_locks.main(lambda: dev_locks.lock(*options)))
