"""Compare the packages of .venv with those of the Docker images, for `venv.py parity`."""

from __future__ import annotations

import json
import shutil
import subprocess

from packages import VENV, normal, pinned
from project import LOCKS, PYTHON
from pythons import Problem, must, say

LIST = """
import importlib.metadata, json, sys
found = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
print(json.dumps({"Python": "%d.%d" % sys.version_info[:2], **found}))
"""


def compare() -> None:
    """Build the images, and print a table of what they and the environment have.

    The test image has to have all of it, the production image what requirements.txt locks;
    what the lock wants on some platforms only may be missing. Raises Problem on a difference.
    """
    engine = shutil.which("docker") or shutil.which("podman")
    if not engine:
        raise Problem("parity compares .venv with the images: it needs Docker or Podman")
    pythons = {".venv": [PYTHON]}
    for target in ("test", "runtime"):
        note = VENV / "image"
        must(engine, "build", f"--target={target}", f"--iidfile={note}", ".")
        pythons[target] = [engine, "run", "--rm", "--entrypoint=python", note.read_text()]
    found = {}
    for side, python in pythons.items():
        answer = must(*python, "-I", "-c", LIST, stdout=subprocess.PIPE).stdout
        found[side] = {normal(name): version for name, version in json.loads(answer).items()}

    locked, shipped = pinned(*LOCKS), pinned("requirements.txt")
    different = []
    print(f"{'':27}", *(f"{side:11}" for side in found))
    for name in sorted({*found[".venv"], *found["test"], *found["runtime"]}):
        row = {side: packages.get(name, "-") for side, packages in found.items()}
        versions = {
            version
            for side, version in row.items()
            # Not in production when for development; with a marker, on some platforms only.
            if version != "-"
            or not (locked.get(name) or (side == "runtime" and name not in shipped))
        }
        different += [name] if len(versions) > 1 else []
        mark = "differs" if name in different else ""
        print(f"{name:27}", *(f"{version:11}" for version in row.values()), mark)
    if different:
        raise Problem(f"not the same everywhere: {', '.join(different)}")
    say("the same in .venv and in the images")
