# fmt: off
# ruff: noqa
# mypy: ignore-errors
"""Compare the Python and the packages of .venv with those in the Docker images."""

from __future__ import annotations

import json
import shutil
import subprocess

from dev_locks import LOCKS, Problem, must, normal, say
from dev_packages import PYTHON, VENV, locked

LIST = """
import importlib.metadata, json, sys
found = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
print(json.dumps({"Python": "%d.%d" % sys.version_info[:2], **found}))
"""


def packages(*python: object) -> dict[str, str]:
    """Return name and version of each package that a Python has, and its own version."""
    answer = must(*python, "-I", "-c", LIST, stdout=subprocess.PIPE).stdout
    return {normal(name): version for name, version in json.loads(answer).items()}


def compare() -> None:
    """Build the images, and print each package that they do not have as the environment has it."""
    # The test image needs all packages, the production image those of requirements.txt. Packages
    # that are locked for some platforms only may be missing. Raises Problem on a difference.
    if not PYTHON.exists():
        raise Problem("there is no .venv yet; run: dev/do sync")
    engine = shutil.which("docker") or shutil.which("podman")
    if not engine:
        raise Problem("expected Docker or Podman to build the images, found neither; install one")

    found = {".venv": packages(PYTHON)}
    for target in ("test", "runtime"):
        image = VENV / "image"
        must(engine, "build", f"--target={target}", f"--iidfile={image}", ".")
        command = [engine, "run", "--rm", "--entrypoint=python", image.read_text()]
        found[target] = packages(*command)

    all_locked, shipped = locked(*LOCKS), locked(LOCKS[0])
    different = []
    for name in sorted({*found[".venv"], *found["test"], *found["runtime"]}):
        versions = {side: have.get(name) for side, have in found.items()}
        if name in all_locked and name not in shipped:
            del versions["runtime"]
        _, has_marker = all_locked.get(name, ("", False))
        if len({version for version in versions.values() if version or not has_marker}) > 1:
            different += [name]
            print(name, *(f"{side}: {version or 'missing'}" for side, version in versions.items()))
    if different:
        raise Problem(f"not the same everywhere: {', '.join(different)}")
    say("the same Python and packages in .venv and in the images")
