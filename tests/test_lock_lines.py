"""A lock is a lock: every line has a hash, nothing else is installed, and locking does something."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from support.commands import ROOT, run
from support.projects import Bakery, Project
from support.versions import export
from test_venv import HERE, WITHOUT_UV, session

LANDING = sorted((ROOT / "includes/locks").glob("*.txt"))
INSTALLERS = pytest.mark.parametrize("path", [{}, WITHOUT_UV], ids=["uv", "pip"])
SIX = "six==1.17.0"
VENV = "dev/do"


def entries(lock: str) -> list[str]:
    """Return the requirements in a lock, each as one line."""
    lines = lock.replace("\\\n", "").splitlines()
    return [line for line in lines if line and not line.startswith((" ", "#"))]


@pytest.mark.parametrize("lock", [*LANDING, ROOT / "tests/requirements.txt"], ids=lambda p: p.name)
def test_every_line_that_lands_has_one_version_and_a_hash(lock: Path) -> None:
    form = re.compile(
        r"[a-z0-9][a-z0-9.-]*(\[[a-z0-9,-]+\])?==[^\s;]+( ; .+?)?( +--hash=sha256:[0-9a-f]{64})+"
    )
    found = entries(lock.read_text("utf-8"))
    assert found or lock.name == "requirements-own.txt", "own code begins with an empty lock"
    assert [line for line in found if not form.fullmatch(line)] == []


@pytest.fixture
def project(bake: Bakery) -> Project:
    return bake(isolation="venv", app="cli", python_version=HERE)


@INSTALLERS
@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_line_without_a_hash_is_refused_by_file_and_line(
    name: str, path: dict[str, str], project: Project
) -> None:
    number = project.read(name).count("\n") + 1
    project.append(name, f"{SIX}\n")
    done = project.run(VENV, "sync", env=path, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "dev: there is no .venv yet; creating it",
        f"dev: {name}:{number}: expected a hash, found {SIX}; run: dev/do lock",
    ]


@pytest.mark.needs("index")
@INSTALLERS
def test_a_line_that_lost_its_hashes_is_refused_and_what_is_installed_stays(
    path: dict[str, str], project: Project
) -> None:
    project.run(VENV, "sync", env=path)
    lock = project.read("requirements.txt")
    found = re.search(r"^(typer==\S+) \\\n( +--hash=.*\n)+", lock, re.MULTILINE)
    project.write("requirements.txt", lock.replace(found[0], f"{found[1]}\n"))
    done = project.run(VENV, "sync", env=path, check=False)
    number = lock[: found.start()].count("\n") + 1
    told = f"dev: requirements.txt:{number}: expected a hash, found {found[1]}; run: dev/do lock"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, told)
    project.write("requirements.txt", lock)
    assert project.run(VENV, "check", env=path).stderr == ""


@pytest.mark.needs("bash")
def test_nothing_is_activated_from_a_line_without_a_hash(project: Project) -> None:
    project.append("requirements.txt", f"{SIX}\n")
    done = session(project, "bash", "echo ${VIRTUAL_ENV-none}", check=False)
    assert done.stdout == "none\n"
    assert f": expected a hash, found {SIX}; run: dev/do lock" in done.stderr


@pytest.mark.needs("index")
def test_locking_gives_a_line_its_hash(project: Project) -> None:
    project.append("requirements.in", "six\n")
    project.append("requirements.txt", f"{SIX}\n")
    project.run(VENV, "lock")
    [line] = [line for line in entries(project.read("requirements.txt")) if "six" in line]
    assert line.startswith(f"{SIX} ") and "--hash=sha256:" in line
    project.run(VENV, "sync")


@pytest.mark.needs("index")
@INSTALLERS
def test_check_names_what_is_installed_but_not_locked(
    path: dict[str, str], project: Project
) -> None:
    project.run(VENV, "sync", env=path)
    assert project.run(VENV, "check").stderr == ""
    project.run(".venv/bin/python", "-m", "pip", "install", "-q", "--no-deps", "six", "toml")
    done = project.run(VENV, "check", check=False)
    told = "dev: not in the locks: six, toml; run: dev/do clean, then sync\n"
    assert (done.returncode, done.stderr) == (1, told)


@pytest.mark.needs("index")
def test_each_lock_gains_what_its_list_gains_and_loses_it_again(project: Project) -> None:
    before = project.files()
    project.append("requirements.in", "six\n")
    project.append("requirements-dev.in", "toml\n")
    project.run(VENV, "lock")
    for name, package in (("requirements.txt", "six"), ("requirements-dev.txt", "toml")):
        [line] = {*entries(project.read(name))} - {*entries(before[name].decode())}
        assert line.startswith(f"{package}==") and "--hash=sha256:" in line
    for name in ("requirements.in", "requirements-dev.in"):
        (project.path / name).write_bytes(before[name])
    project.run(VENV, "lock")
    assert project.files() == before


# --- The tool that locks what the template brings -----------------------------


def packages(lock: Path) -> set[str]:
    return {line.partition("==")[0] for line in entries(lock.read_text("utf-8"))}


@pytest.mark.needs("index")
def test_the_tool_locks_what_the_template_gains(tmp_path: Path) -> None:
    copy = export(tmp_path / "template")
    gains = {
        "template/requirements.in.jinja": "six",
        "template/requirements-dev.in.jinja": "toml",
        "tests/requirements.in": "pytz",
    }
    for name, package in gains.items():
        (copy / name).write_text(
            f"{(copy / name).read_text('utf-8').rstrip()}\n{package}\n", "utf-8"
        )
    run(sys.executable, copy / "tools/lock.py")
    for lock in LANDING:
        gained = packages(copy / "includes/locks" / lock.name) - packages(lock)
        assert gained == ({"toml"} if lock.name.startswith("requirements-dev-") else {"six"})
    assert packages(copy / "tests/requirements.txt") - packages(
        ROOT / "tests/requirements.txt"
    ) == {"pytz"}


def test_the_images_install_with_the_uv_of_these_tests() -> None:
    """For amd64 and arm64, by hashes that the index has for this version."""
    name, *hashes = (ROOT / "includes/uv.txt").read_text("utf-8").replace("\\\n", "").split()
    lock = (ROOT / "tests/requirements.txt").read_text("utf-8")
    [found] = [entry for entry in lock.split("\n    # via") if f"\n{name} " in entry]
    assert len(hashes) == 2 and all(digest in found for digest in hashes)


# Stands in for uv, and notes of each call whether it would take the newest versions.
UV = """#!{python}
import pathlib, sys
[output] = [word[14:] for word in sys.argv if word.startswith("--output-file=")]
newest = "--upgrade" in sys.argv or not pathlib.Path(output).exists()
with open({calls!r}, "a") as calls:
    print("newest" if newest else "kept", file=calls)
pathlib.Path(output).touch()
"""


@pytest.mark.parametrize("flags", [(), ("--upgrade",)], ids=["kept", "newest"])
def test_the_tool_takes_the_newest_versions_only_when_told_to(
    flags: tuple[str, ...], tmp_path: Path
) -> None:
    """For these tests and for all projects at once; each lock then takes what these have."""
    copy = export(tmp_path / "template")
    calls, uv = tmp_path / "calls", tmp_path / "bin/uv"
    uv.parent.mkdir()
    uv.write_text(UV.format(python=sys.executable, calls=str(calls)))
    uv.chmod(0o755)
    run(sys.executable, copy / "tools/lock.py", *flags, env={"PATH": str(uv.parent)})
    first, rest = calls.read_text().split()[:4], calls.read_text().split()[4:]
    assert first == (["newest"] * 4 if flags else ["kept"] * 4)
    assert rest and {*rest} == {"kept"}
