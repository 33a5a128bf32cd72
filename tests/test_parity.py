"""`dev/do parity`: what a laptop has and what the images have, really compared."""

from __future__ import annotations

import re

import pytest
from support.projects import Bakery, Project
from test_venv import HERE

pytestmark = pytest.mark.needs("docker")


@pytest.fixture
def project(bake: Bakery) -> Project:
    project = bake(isolation="both", app="cli", python_version=HERE)
    project.run("dev/do", "sync")
    return project


def table(output: str) -> dict[str, list[str]]:
    """Return the columns of each line by its name."""
    return {line.split()[0]: line.split()[1:] for line in output.splitlines()[1:]}


@pytest.mark.needs("index")
def test_the_same_on_both_sides(project: Project) -> None:
    done = project.run("dev/do", "parity")
    rows = table(done.stdout)
    assert done.stdout.split("\n")[0].split() == [".venv", "test", "runtime"]
    assert rows["python"] == [HERE] * 3
    locked = dict(
        re.findall(r"^([\w-]+)==(\S+) \\$", project.read("requirements.txt"), re.MULTILINE)
    )
    for name, version in locked.items():
        assert rows[name] == [version] * 3
    development = project.read("requirements-dev.txt")
    assert rows["pytest"] == [*re.findall(r"^pytest==(\S+)", development, re.MULTILINE) * 2, "-"]


PACKAGES = "COPY --from=deps /opt/venv /opt/venv\n"
SITE = "/opt/venv/lib/python*/site-packages"


@pytest.mark.needs("index")
@pytest.mark.parametrize(
    ("name", "versions", "command", "line"),
    [
        ("six", "1.17.0 - -", ".venv/bin/python -m pip install six==1.17.0", ""),
        ("iniconfig", "- * -", ".venv/bin/python -m pip uninstall --yes iniconfig", ""),
        ("typer", "* * -", "true", f"RUN rm -r {SITE}/typer*"),
        (
            "rich",
            "* * 1",
            "true",
            f"RUN sed -i 's/^Version: .*/Version: 1/' {SITE}/rich-*/METADATA",
        ),
    ],
)
def test_a_difference_is_named(
    project: Project, name: str, versions: str, command: str, line: str
) -> None:
    project.run(*command.split())
    if line:
        dockerfile = project.read("Dockerfile")
        assert PACKAGES in dockerfile
        project.write("Dockerfile", dockerfile.replace(PACKAGES, f"{PACKAGES}{line}\n"))
    done = project.run("dev/do", "parity", check=False)
    assert done.returncode == 1
    *found, mark = table(done.stdout)[name]
    assert mark == "differs"
    for have, want in zip(found, versions.split(), strict=True):
        assert (want == "*" and have[0].isdigit()) or have == want
    assert done.stderr.splitlines()[-1] == f"dev: not the same everywhere: {name}"


def test_what_is_missing_is_named(bake: Bakery) -> None:
    project = bake(isolation="venv", app="cli")
    done = project.run("dev/do", "parity", check=False)
    assert done.returncode == 2 and "invalid choice: 'parity'" in done.stderr
    project = bake(isolation="both", app="cli")
    done = project.run("dev/do", "parity", check=False)
    assert done.returncode == 1 and "no .venv yet; run: dev/do sync" in done.stderr
