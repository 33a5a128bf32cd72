"""Where things are in this project, and whether they are as when .venv was made.

Each activation on Windows asks this first, so nothing is imported that takes time.
"""

from __future__ import annotations

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
WINDOWS = os.name == "nt"
PYTHON = os.path.join(ROOT, ".venv", *(("Scripts", "python.exe") if WINDOWS else ("bin", "python")))
LOCKS = ("requirements.txt", "requirements-dev.txt")
SCRIPTS = ("project", "pythons", "packages", "shells", "venv", "network")


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
    """Return the content of all that an environment is made from, as current.sh has it."""
    folder = os.path.join(ROOT, "certs")
    certs = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    names = [f"dev/{name}.py" for name in SCRIPTS]
    names += [".python-version", *LOCKS, ".env", "pip.conf", "certs/bundle.pem"]
    names += [f"certs/{name}" for name in certs if name.endswith(".crt") and name[0] != "."]
    return b"".join(map(read, names))


def recorded(mark: bytes = b"") -> bool:
    """Tell whether the last sync was for this folder, and for what the inputs hold now."""
    root, noted = os.fsencode(ROOT) + b"\n", read(".venv/activate.root")
    parts = [os.fsdecode(noted[len(root) : -1]), "pyvenv.cfg", "stamp.json"]
    return (
        noted.startswith(root)
        and all(os.path.exists(os.path.join(ROOT, ".venv", part)) for part in parts)
        and read(".venv/activate.inputs") == mark + inputs()
    )
