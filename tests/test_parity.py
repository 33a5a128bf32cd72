"""`dev/do parity`: what a laptop has and what the images have, really compared."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest
from support.projects import Bakery, Project
from test_venv import HERE

pytestmark = pytest.mark.needs("docker")


@pytest.fixture
def project(bake: Bakery) -> Project:
    project = bake(isolation="both", app="cli", python_version=HERE)
    project.run("dev/do", "sync")
    return project


@pytest.mark.needs("index")
def test_the_same_on_both_sides(project: Project) -> None:
    done = project.run("dev/do", "parity")
    said = "dev: the same Python and packages in .venv and in the images"
    assert (done.stdout, done.stderr.splitlines()[-1]) == ("", said)


@pytest.mark.needs("index")
def test_a_file_that_the_image_lacks_is_named(project: Project) -> None:
    for name in (".hidden/x", ".well-known/x", "my-secret.json"):
        path = project.path / "src" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    project.commit()
    project.write("src/credentials", "")
    done = project.run("dev/do", "parity", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        "dev: note: src/credentials is not in the image; git does not track it either",
        "dev: not in the image, see .dockerignore: src/.hidden/x, src/my-secret.json",
    ]


@pytest.mark.parametrize(
    "line", ['A="x"', "A=x y", "A='${B}'", "A= # comment", "A: x", "export A=x"]
)
def test_check_names_a_line_of_settings_that_readers_differ_on(line: str, project: Project) -> None:
    project.write(".env", f"# settings\n\nB='a $b \"c\" #'\nC=\n{line}\n")
    done = project.run("dev/do", "check", check=False)
    assert done.returncode == 1 and ".env:5: " in done.stderr.splitlines()[-1]


PACKAGES = "COPY --from=deps /opt/venv /opt/venv\n"
SITE = "/opt/venv/lib/python*/site-packages"


@pytest.mark.needs("index")
@pytest.mark.parametrize(
    ("name", "versions", "command", "line"),
    [
        (
            "six",
            ".venv: 1.17.0 dev: missing runtime: missing",
            ".venv/bin/python -m pip install six==1.17.0",
            "",
        ),
        (
            "iniconfig",
            ".venv: missing dev: *",
            ".venv/bin/python -m pip uninstall --yes iniconfig",
            "",
        ),
        ("typer", ".venv: * dev: * runtime: missing", "true", f"RUN rm -r {SITE}/typer*"),
        (
            "rich",
            ".venv: * dev: * runtime: 1",
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
    [line] = done.stdout.splitlines()
    assert fnmatch(line, f"{name} {versions}")
    assert done.stderr.splitlines()[-1] == f"dev: not the same everywhere: {name}"


def test_what_is_missing_is_named(bake: Bakery) -> None:
    project = bake(isolation="venv", app="cli")
    done = project.run("dev/do", "parity", check=False)
    assert done.returncode == 2 and "dev/do check" in done.stderr
    project = bake(isolation="both", app="cli")
    done = project.run("dev/do", "parity", check=False)
    assert done.returncode == 1 and "no .venv yet; run: dev/do sync" in done.stderr
