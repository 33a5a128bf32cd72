"""The locks that projects start with: they install everywhere, and agree with each other."""

from __future__ import annotations

import itertools
import os
import re
import sys
from pathlib import Path

import pytest
from support.answers import SAMPLES, choices
from support.commands import ROOT, run
from support.projects import Bakery
from support.versions import export

# All other locks are parts of these.
ALL_SERVICES = choices("services")[-1]
LOCKS = sorted((ROOT / "includes/locks").glob("*.txt"))


def test_one_version_of_each_package() -> None:
    versions: dict[str, set[str]] = {}
    for path in LOCKS:
        for name, version in re.findall(
            r"^([\w.-]+)==(\S+)", path.read_text("utf-8"), re.MULTILINE
        ):
            versions.setdefault(name, set()).add(version)
    assert versions
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_there_is_one_for_each_application_and_choice_of_services() -> None:
    names = {f"requirements-dev-{app}.txt" for app in choices("app")}
    for app, services in itertools.product(choices("app"), choices("services")):
        used = services if app in SAMPLES else []
        names.add("-".join(("requirements", app, *used)) + ".txt")
    assert {path.name for path in LOCKS} == names


@pytest.mark.needs("index")
def test_resolving_again_changes_nothing(tmp_path: Path) -> None:
    """The locks belong to the .in files, and the tool keeps what is locked."""
    copy = export(tmp_path / "template")
    for lock in (copy / "includes/locks").glob("*.txt"):
        # As if the index had fewer files when this was locked.
        lock.write_text(
            re.sub(r" \\\n +--hash=\S+(?=\n    #)", "", lock.read_text("utf-8")), "utf-8"
        )
    run(sys.executable, copy / "tools/lock.py")
    for path in [*LOCKS, ROOT / "tests/requirements.txt"]:
        assert (copy / path.relative_to(ROOT)).read_bytes() == path.read_bytes()


@pytest.mark.needs("docker", "index")
@pytest.mark.parametrize("app", SAMPLES)
@pytest.mark.parametrize("version", choices("python_version"))
def test_the_lock_installs_with_pip_on_each_python(version: str, app: str, bake: Bakery) -> None:
    if run("docker", "image", "inspect", f"python:{version}-slim", check=False).returncode:
        run("docker", "pull", "-q", f"python:{version}-slim")
    project = bake(isolation="docker", app=app, python_version=version, services=ALL_SERVICES)
    tag = f"lock-{os.getpid()}:{version}-{app}"
    project.run("docker", "build", "-q", "--target", "dev", "-t", tag, ".")
    done = run("docker", "run", "--rm", "--volume", f"{project.path}:/app", tag, "pytest")
    assert " passed" in done.stdout and "warning" not in done.stdout
    assert f"Python {version}." in run("docker", "run", "--rm", tag, "python", "-V").stdout
    run("docker", "image", "rm", "-f", tag)


PLATFORMS = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
]


@pytest.mark.needs("index")
@pytest.mark.parametrize("version", choices("python_version"))
def test_the_locks_have_wheels_for_each_platform(version: str, tmp_path: Path) -> None:
    """All locks at once, as no two have another version of a package."""
    locks = [word for path in LOCKS for word in ("-r", path)]
    for platform in PLATFORMS:
        words = ("uv", "pip", "install", "--dry-run", "--only-binary=:all:", "--require-hashes")
        where = ("--python-version", version, "--python-platform", platform)
        done = run(*words, *where, "--target", tmp_path / platform, *locks)
        assert "Would install" in done.stderr
