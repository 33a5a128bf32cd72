"""Projects that were there before the template: it adds the isolation and changes nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier
import pytest
from support.commands import ROOT, run
from support.projects import Bakery, Project
from support.versions import release
from test_docker import compose, free_port
from test_venv import HERE, session, shell

PAGE = ROOT / "docs/adopting.md"


def commands(language: str = "sh") -> list[str]:
    """Return the commands of the page: copy, adopt, activate and commit."""
    block = rf"^```{language}\n(.*?)^```"
    [first, *_] = re.findall(block, PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return str(first).splitlines()


# A module at the root, with its own ways: no final newline, Windows line endings.
FLAT = {
    ".gitignore": "*.log\n__pycache__/",
    "LICENSE.txt": "Ours.\n",
    "README.md": "# Greet\r\n",
    "setup.py": """\
from setuptools import setup

setup(name="greet", version="2.1", py_modules=["greet"], install_requires=["colorama"])
""",
    "greet.py": """\
import sys

import colorama


def greeting(name="World"):
    return "Hello, " + name + "!"


if __name__ == "__main__":
    colorama.just_fix_windows_console()
    print(greeting(*sys.argv[1:]))
""",
    "requirements.txt": "# ours\ncolorama>=0.4\n",
    "tests/test_greet.py": """\
import greet


def test_greeting():
    assert greet.greeting("Ada") == "Hello, Ada!"
""",
}

# A package under src/, which serves; its dependencies stand in its pyproject.toml.
SRC = {
    ".gitignore": "dist/\n__pycache__/\n",
    "README.rst": "Shop\n====\n",
    "pyproject.toml": """\
[project]
name = "shop"
version = "3.2.1"
requires-python = ">=3.11"
dependencies = [
    "bottle",
    "packaging>=24; python_version >= '3.11'",
]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.pytest.ini_options]
testpaths = ["tests"]
""",
    "src/shop/__init__.py": "",
    "src/shop/__main__.py": """\
import os

import bottle

from shop.prices import price


@bottle.get("/")
def index():
    return {"price": price(2)}


if __name__ == "__main__":
    bottle.run(host=os.environ.get("APP_HOST", "127.0.0.1"), port=int(os.environ["APP_PORT"]))
""",
    "src/shop/prices.py": """\
def price(items):
    return items * 21
""",
    "tests/test_prices.py": """\
from shop.prices import price


def test_price():
    assert price(2) == 42
""",
}

# Django with manage.py at the root, requirements for development, and files of the kind that
# the template also brings.
DJANGO = {
    ".editorconfig": "root = true\n",
    ".env.example": "SECRET_KEY=\n",
    ".gitattributes": "*.bat text eol=crlf\n",
    ".gitignore": "db.sqlite3\n__pycache__/\n",
    "README.md": "# Site\n",
    "manage.py": """\
import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
execute_from_command_line(sys.argv)
""",
    "mysite/__init__.py": "",
    "mysite/settings.py": """\
SECRET_KEY = "for the tests of a template"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = ["mysite"]
ROOT_URLCONF = "mysite.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
""",
    "mysite/skeleton/app.py": "import {{ name }}\n",  # no Python, until it is filled in
    "mysite/templates/index.html": "{% if name %}Hello, {{ name }}!{% endif %}",
    "mysite/tests.py": """\
from django.test import SimpleTestCase


class IndexTests(SimpleTestCase):
    def test_index(self):
        self.assertContains(self.client.get("/?name=Ada"), "Hello, Ada!")
""",
    "mysite/urls.py": """\
import time

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

urlpatterns = [
    path("", lambda request: render(request, "index.html", request.GET.dict())),
    path("slow", lambda request: HttpResponse(time.sleep(1) or "done")),
]
""",
    "mysite/wsgi.py": """\
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
application = get_wsgi_application()
""",
    "pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = mysite.settings\npython_files = tests.py\n",
    "requirements-dev.txt": "pip\npytest\npytest-django\nruff\n",
    "requirements.txt": "django>=5.2,<6\ngunicorn\n",
}


@dataclass
class Shape:
    """A project as its owner has it, and what its owner answers."""

    files: dict[str, str]
    answers: dict[str, Any]
    # Lists of packages that become inputs of the lock.
    moved: dict[str, str]
    # What has to come out: of the command, or of a request.
    output: str


SHAPES = {
    "flat": Shape(
        FLAT,
        {"command": "python greet.py", "code": "greet.py"},
        {"requirements.txt": "requirements.in"},
        "Hello, World!\n",
    ),
    "src": Shape(
        SRC, {"command": "python -m shop", "code": "src", "port": "8000"}, {}, '{"price": 42}'
    ),
    "django": Shape(
        DJANGO,
        {
            "command": "gunicorn mysite.wsgi --bind 0.0.0.0:8000",
            "code": "manage.py mysite",
            "port": "8000",
        },
        {
            "requirements.txt": "requirements.in",
            "requirements-dev.txt": "requirements-dev.in",
        },
        "Hello, Ada!",
    ),
}


def existing(path: Path, files: dict[str, str]) -> Project:
    """Return a repository with these files, committed."""
    project = Project(path, {})
    path.mkdir(exist_ok=True)
    path.chmod(0o755)  # the container reads it as another user than the tests'
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(text.encode())
    project.commit()
    return project


def copy(project: Project, template: Path, **answers: Any) -> str:
    """Run the first command of the page; return what Copier says after it."""
    answers = {"project_name": f"Adopt {os.getpid()}", **answers}
    data = [word for name, value in answers.items() for word in ("--data", f"{name}={value}")]
    words = commands()[0].replace("TEMPLATE", str(template)).split()
    done = project.run(*words, "--defaults", *data)
    project.answers = answers
    return done.stderr


def adopt(project: Project, template: Path, **answers: Any) -> str:
    """Run the first two commands of the page; return what the second one says."""
    copy(project, template, **answers)
    return project.run("sh", "-ec", commands()[1]).stderr


@pytest.fixture(scope="module", params=SHAPES)
def shape(request: pytest.FixtureRequest) -> Shape:
    return SHAPES[request.param]


@pytest.fixture(scope="module")
def project(
    shape: Shape, released: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """The project, adopted, locked and committed."""
    project = existing(tmp_path_factory.mktemp("existing"), shape.files)
    port = {"port": str(free_port())} if "port" in shape.answers else {}
    command = shape.answers["command"].replace("8000", str(port.get("port")))
    adopt(
        project, released, **{**shape.answers, **port, "command": command, "python_version": HERE}
    )
    project.run("sh", "-ec", commands()[3])
    yield project
    if shutil.which("docker"):
        project.run(
            "docker", "compose", "down", "--remove-orphans", "--rmi=local", "-t1", check=False
        )


def kept(project: Project, shape: Shape) -> None:
    """Assert that the owner's files are there, unchanged but for what the page changes."""
    for name, text in shape.files.items():
        content = (project.path / shape.moved.get(name, name)).read_bytes().decode()
        if name == ".gitignore":
            assert content == text.rstrip("\n") + "\n\n.env\n.venv/\n.venv.lock\n"
        else:
            assert content == text, name


@pytest.mark.needs("index")
def test_changes_nothing_but_what_the_page_says(project: Project, shape: Shape) -> None:
    kept(project, shape)
    added = project.files().keys() - shape.files.keys() - set(shape.moved.values())
    assert not [name for name in added if name.startswith(("src/", "tests/", "LICENSE"))]
    assert {"Dockerfile", "DEVELOPMENT.md", "dev/activate", "requirements-dev.in"} <= {
        *added,
        *shape.moved.values(),
    }
    assert not added & {"README.md", "dev/adopt.py"}
    assert project.run("git", "status", "--porcelain", "--ignored").stdout == ""


@pytest.mark.needs("index")
@pytest.mark.parametrize("shape", ["flat"], indirect=True)
def test_is_packaged_as_before(project: Project, tmp_path: Path) -> None:
    project.run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ".")
    for name in ("build", "greet.egg-info"):
        shutil.rmtree(project.path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["greet-2.1-py3-none-any.whl"]


@pytest.mark.needs("bash", "index")
def test_runs_and_is_tested_in_the_virtual_environment(project: Project, shape: Shape) -> None:
    assert " passed" in shell(project, "bash", "pytest -p no:cacheprovider")
    if "port" not in shape.answers:
        assert shell(project, "bash", project.answers["command"]) == shape.output
        return
    serve = f"APP_PORT={project.answers['port']} exec {project.answers['command']}"
    script = f"({serve}) & trap 'kill $!' EXIT; python -c \"$ASK\""
    ask = f"""
import time, urllib.request
deadline = time.monotonic() + 20
while True:
    try:
        print(urllib.request.urlopen("{address(project)}").read().decode())
        break
    except OSError:
        assert time.monotonic() < deadline
        time.sleep(0.1)
"""
    assert shell(project, "bash", script, env={"ASK": ask}).strip() == shape.output


def address(project: Project) -> str:
    return f"http://127.0.0.1:{project.answers['port']}/?name=Ada"


@pytest.mark.needs("docker", "index")
@pytest.mark.parametrize("way", ["development", "production"])
def test_runs_in_the_image(way: str, project: Project, shape: Shape) -> None:
    if "port" not in shape.answers:
        compose(project, "build", shape=way)
        assert compose(project, "run", "--rm", "app", shape=way) == shape.output
        return
    compose(project, "up", "--build", "--wait", shape=way)
    try:
        with urllib.request.urlopen(address(project)) as answer:
            assert answer.read().decode() == shape.output
        with ThreadPoolExecutor() as pool:
            slow = pool.submit(urllib.request.urlopen, address(project).replace("?", "slow?"))
            time.sleep(0.3)
            compose(project, "stop", shape=way)
            stopped = compose(project, "ps", "--all", "--quiet", "app", shape=way).strip()
            code = run("docker", "inspect", "--format={{.State.ExitCode}}", stopped).stdout
            assert code != "137\n", "was killed after the grace period"
            if shape.files is DJANGO:
                assert slow.result().read() == b"done", "gunicorn ends what it has begun"
    finally:
        compose(project, "down", "-t1", shape=way)


@pytest.mark.needs("docker", "index")
def test_is_tested_in_the_image(project: Project) -> None:
    assert " passed" in compose(project, "run", "--rm", "test")


@pytest.mark.needs("docker", "index")
def test_the_image_has_the_code_and_nothing_else(project: Project, shape: Shape) -> None:
    compose(project, "build", shape="production")
    script = "import pathlib; print(*(p.name for p in pathlib.Path('/app').iterdir()))"
    words = ("run", "--rm", "--entrypoint", "python", "app", "-c", script)
    found = compose(project, *words, shape="production").split()
    assert {*found} - {"__pycache__"} == {*shape.answers["code"].split()}


@pytest.mark.needs("index")
def test_updates_and_switches_leave_it_alone(
    project: Project, shape: Shape, released: Path, tmp_path: Path
) -> None:
    copy = Project(tmp_path / "copy", project.answers)
    shutil.copytree(project.path, copy.path, ignore=shutil.ignore_patterns(".venv*"))
    before = copy.files()
    for isolation in ("venv", "docker", "both"):
        copy.update("v1.0.0", isolation=isolation)
        kept(copy, shape)
        copy.commit()
    assert copy.files() == before


# --- The ways to declare packages ---------------------------------------------

PROJECT = """\
[project]
name = "shop"
version = "1.2"
requires-python = ">=3.11"
dependencies = ["six"]
"""
UV_LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "six"
version = "1.16.0"
source = { registry = "https://pypi.org/simple" }
"""
POETRY = """\
[tool.poetry]
name = "shop"
version = "1.2"
description = ""
authors = []

[tool.poetry.dependencies]
python = "^3.11"
six = "^1.15"

[tool.poetry.group.dev.dependencies]
toml = "*"

[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
"""
PIPFILE = """\
[[source]]
url = "https://pypi.org/simple"
verify_ssl = true
name = "pypi"

[packages]
six = "*"

[dev-packages]
toml = "*"

[requires]
python_version = "3.11"
"""
PIPFILE_LOCK = {
    "_meta": {"hash": {"sha256": ""}, "pipfile-spec": 6, "requires": {}, "sources": []},
    "default": {"six": {"version": "==1.16.0"}},
    "develop": {},
}
SIX = "sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"

# The files of a project with the package six for the application, and toml for development.
WAYS = {
    "pinned": {"requirements.txt": "six==1.16.0\n", "requirements-dev.txt": "toml\n"},
    "hashed": {
        "requirements.txt": f"six==1.16.0 \\\n    --hash={SIX}\n",
        "dev-requirements.txt": "-r requirements.txt\ntoml\n",
    },
    "pip-tools": {
        "requirements.in": "six\n",
        "requirements.txt": "# autogenerated by pip-compile\nsix==1.16.0\n",
        "requirements-dev.in": "toml\npytest\n",
    },
    "folder": {
        "requirements/base.txt": "\ufeff-c versions.txt\r\nsix\r\n",
        "requirements/versions.txt": "six==1.16.0\n",
        "requirements/prod.txt": "-r base.txt\n",
        "requirements/dev.txt": "-r base.txt\ntoml\n",
    },
    "group": {
        "pyproject.toml": f'{PROJECT}\n[dependency-groups]\ndev = ["toml"]\n',
        "uv.lock": UV_LOCK,
    },
    "extra": {
        "pyproject.toml": f'{PROJECT}\n[project.optional-dependencies]\ntest = ["toml"]\n',
        "requirements.txt": "# autogenerated by pip-compile\nsix==1.16.0\n",
    },
    "poetry": {"pyproject.toml": POETRY, "poetry.lock": UV_LOCK},
    "pipenv": {"Pipfile": PIPFILE, "Pipfile.lock": json.dumps(PIPFILE_LOCK)},
}
OTHERS = ("uv.lock", "poetry.lock", "Pipfile", "Pipfile.lock")


def versions(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+)==(\S+)", lock, re.MULTILINE))


@pytest.mark.needs("index")
@pytest.mark.parametrize("way", WAYS)
def test_one_list_and_one_lock_with_the_same_versions(
    way: str, released: Path, tmp_path: Path
) -> None:
    project = existing(tmp_path, {**WAYS[way], "shop.py": ""})
    adopt(project, released, command="python -m shop", code="shop.py", isolation="venv")
    assert versions(project.read("requirements.txt")) == {"six": "1.16.0"}
    tools = {"toml", "pip", "pytest", "ruff"}
    assert tools <= versions(project.read("requirements-dev.txt")).keys()
    assert not [name for name in OTHERS if (project.path / name).exists()]
    in_metadata = "\ndependencies = " in project.read("pyproject.toml")
    assert in_metadata != (project.path / "requirements.in").exists()


@pytest.mark.needs("pwsh", "index")
def test_the_block_for_powershell_works_as_typed(released: Path, tmp_path: Path) -> None:
    project = existing(tmp_path, {"requirements.txt": "six==1.16.0\n", "shop.py": "import six\n"})
    first, *rest = commands("powershell")
    data = "--defaults --data code=shop.py --data command='python shop.py' --data isolation=venv"
    lines = [
        "$ErrorActionPreference = 'Stop'",
        f"{first.replace('TEMPLATE', str(released))} {data}",
    ]
    script = "\n".join([*lines, *rest, "dev/do run"])
    programs = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    run("pwsh", "-NoProfile", "-Command", script, cwd=project.path, env=programs)
    assert versions(project.read("requirements.txt")) == {"six": "1.16.0"}
    assert not project.run("git", "status", "--short").stdout


@pytest.mark.needs("index")
@pytest.mark.parametrize("way", ["folder", "group", "poetry"])
@pytest.mark.needs("docker")
def test_the_image_locks_the_same(way: str, released: Path, tmp_path: Path) -> None:
    locks = []
    for isolation in ("venv", "docker"):
        project = existing(tmp_path / isolation, {**WAYS[way], "shop.py": ""})
        adopt(project, released, command="python -m shop", code="shop.py", isolation=isolation)
        locks.append([project.read(name) for name in ("requirements.txt", "requirements-dev.txt")])
    assert locks[0] == locks[1]


@pytest.mark.needs("index")
def test_adding_writes_where_the_list_is(released: Path, tmp_path: Path) -> None:
    project = existing(tmp_path, {**WAYS["group"], "shop.py": ""})
    answers = {"command": "python -m shop", "code": "shop.py", "isolation": "venv"}
    adopt(project, released, **answers, python_version=HERE)
    project.run("dev/do", "add", "idna")
    project.run("dev/do", "add", "--dev", "iniconfig")
    assert "idna" in versions(project.read("requirements.txt"))
    assert re.search(r"(?s)dev = \[.*iniconfig.*\]", project.read("pyproject.toml"))
    assert not (project.path / "requirements.in").exists()


@pytest.mark.needs("index")
def test_a_rule_that_hides_files_of_the_template_is_named(released: Path, tmp_path: Path) -> None:
    project = existing(tmp_path, {**FLAT, ".gitignore": "*.log\ndev\n"})
    copy(project, released, **SHAPES["flat"].answers)
    done = project.run("dev/do", "adopt", check=False)
    said = done.stderr.splitlines()[-1]
    assert done.returncode == 1 and said.startswith("dev: git ignores dev/")
    assert "see .gitignore:2:dev; run: git add --force dev/" in said

    project.run("sh", "-ec", said.partition("run: ")[2])
    project.commit()
    before = project.files()
    assert "git ignores" not in project.run("dev/do", "check", check=False).stderr
    project.update("v1.0.0", python_version="3.13")
    assert project.files().keys() == before.keys()


# What cannot be locked, and what both sides say.
REFUSED = {
    "editable": (
        {"requirements.txt": "six\n-e .\n"},
        "requirements.txt:2: -e . has no hash to lock; leave it out, or publish a package",
    ),
    "repository": (
        {
            "requirements.in": "-r requirements/base.txt\n",
            "requirements/base.txt": "\nsix @ git+https://example.org/six\n",
        },
        (
            "requirements/base.txt:2: six @ git+https://example.org/six has no hash to lock; "
            "leave it out, or publish a package"
        ),
    ),
    "wrong line": (
        {"requirements.in": "six\n# none\n%six\n"},
        "requirements.in:3: expected a line such as httpx>=0.28, found %six",
    ),
    "elsewhere": (
        {"requirements.in": "-r other/base.txt\n", "other/base.txt": "six\n"},
        "requirements.in:1: expected a file in requirements/, found other/base.txt",
    ),
    "table": (
        {"pyproject.toml": PROJECT.replace("six", "six @ git+https://example.org/six")},
        (
            "pyproject.toml: project.dependencies:1: six @ git+https://example.org/six has no hash "
            "to lock; leave it out, or publish a package"
        ),
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_locked_is_named(kind: str, released: Path, tmp_path: Path) -> None:
    files, expected = REFUSED[kind]
    project = existing(tmp_path, files)
    copy(project, released, command="python -m shop", code="shop.py")
    before = project.files()
    done = project.run("dev/do", "adopt", check=False)
    assert (done.returncode, done.stderr) == (1, f"dev: {expected}\n")
    assert project.files() == before


def test_a_list_in_another_encoding_is_named(released: Path, tmp_path: Path) -> None:
    project = existing(tmp_path, {"shop.py": ""})
    (tmp_path / "requirements.txt").write_text("six\n", "utf-16")
    project.commit()
    copy(project, released, command="python -m shop", code="shop.py")
    done = project.run("dev/do", "adopt", check=False)
    expected = "requirements.txt: expected UTF-8, found another encoding; save it as UTF-8"
    assert (done.returncode, done.stderr) == (1, f"dev: {expected}\n")


@pytest.mark.needs("docker", "index")
@pytest.mark.parametrize("kind", ["repository", "wrong line", "elsewhere", "table"])
def test_the_image_names_it_as_well(kind: str, released: Path, tmp_path: Path) -> None:
    files, expected = REFUSED[kind]
    project = existing(tmp_path, files)
    copy(project, released, command="python -m shop", code="shop.py", isolation="docker")
    done = project.run("dev/do", "lock", check=False)
    assert done.returncode and f" dev: {expected}\n" in done.stderr


@pytest.mark.needs("index")
def test_what_uv_locked_keeps_its_version(released: Path, tmp_path: Path) -> None:
    metadata = """[project]\nname = "shop"\nversion = "1"\ndependencies = ["six{}"]
[dependency-groups]\ndev = ["iniconfig{}"]\n"""
    project = existing(tmp_path, {"pyproject.toml": metadata.format("<1.17", "<2.1")})
    project.run("uv", "lock")
    project.write("pyproject.toml", metadata.format("", ""))
    project.run("uv", "lock")
    project.commit()
    said = adopt(project, released, command="python -c pass", code="shop", isolation="venv")
    assert "\nsix==1.16.0 " in project.read("requirements.txt")
    assert "\niniconfig==2.0.0 " in project.read("requirements-dev.txt")
    assert "uv.lock is removed" in said and not (project.path / "uv.lock").exists()


@pytest.mark.needs("bash", "index")
def test_activation_names_the_command_that_was_left_out(released: Path, tmp_path: Path) -> None:
    project = existing(tmp_path, FLAT)
    copy(project, released, **SHAPES["flat"].answers, python_version=HERE)
    done = session(project, "bash", check=False)
    expected = "requirements-dev.txt is missing; restore it, or run: dev/do adopt"
    assert done.returncode and done.stderr.splitlines()[-1] == f"dev: {expected}"

    done = project.run("dev/do", "lock", check=False)
    expected = "requirements.txt is no lock, as it has no hashes; rename it to requirements.in"
    assert done.returncode and expected in done.stderr
    assert project.read("requirements.txt") == FLAT["requirements.txt"]


@pytest.mark.needs("docker", "index")
def test_the_lock_target_keeps_such_a_list_too(released: Path, tmp_path: Path) -> None:
    project = existing(tmp_path, FLAT)
    copy(project, released, **SHAPES["flat"].answers, isolation="docker")
    lock = ("docker", "build", "--target", "lock", "--output", ".", ".")
    done = project.run(*lock, check=False)
    expected = "requirements.txt is no lock, as it has no hashes; rename it to requirements.in"
    assert done.returncode and expected in done.stderr
    assert project.read("requirements.txt") == FLAT["requirements.txt"]

    project.run("git", "mv", "-f", "requirements.txt", "requirements.in")
    project.run(*lock)
    assert "\ncolorama==" in project.read("requirements.txt")


def test_files_that_both_have_stay_the_owners(released: Path, tmp_path: Path) -> None:
    """All that the template brings, as if the owner had made files of the same names."""
    copier.run_copy(str(released), tmp_path / "all", {"app": "own"}, defaults=True, quiet=True)
    names = Project(tmp_path / "all", {}).files().keys() - {".copier-answers.yml"}
    project = existing(tmp_path / "theirs", dict.fromkeys(names, "ours\n"))
    copy(project, released)
    added = project.run("git", "status", "--porcelain").stdout
    assert added == "?? .copier-answers.yml\n?? dev/adopt.py\n"


@pytest.mark.parametrize("isolation", ["venv", "both"])
def test_what_was_left_out_is_named_with_the_commands_to_get_it(
    isolation: str, released: Path, tmp_path: Path
) -> None:
    files = {**FLAT, "Dockerfile": "FROM scratch\n", ".dockerignore": "*\n"}
    project = existing(tmp_path, files)
    said = copy(project, released, **SHAPES["flat"].answers, isolation=isolation)
    expected = "the template left out its own: Dockerfile, .dockerignore."
    assert (expected in said) == (isolation == "both")
    project.commit()

    words = ("copier", "update", "--defaults", "--vcs-ref=:current:", "--data", "isolation=both")
    said = project.run(*words).stderr
    assert project.read("Dockerfile") == "FROM scratch\n" and expected in said
    project.run("git", "add", "--all")
    project.run("git", "commit", "--allow-empty", "-qm", "Switch")

    commands = said.partition(expected)[2].partition("\n\n")[2].partition("\n\n")[0]
    assert commands.count("git mv") == 2
    project.run("sh", "-ec", commands)
    assert "AS runtime" in project.read("Dockerfile")
    assert project.read("Dockerfile.old") == "FROM scratch\n"


def test_a_file_that_came_later_conflicts_and_either_side_can_be_taken(
    released: Path, tmp_path: Path
) -> None:
    project = existing(tmp_path, FLAT)
    copy(project, released, **SHAPES["flat"].answers, isolation="venv")
    project.write("Dockerfile", "FROM scratch\n")
    project.commit()
    project.update("v1.0.0", isolation="both")
    assert "<<<<<<<" in project.read("Dockerfile")
    project.run("git", "checkout", "--ours", "Dockerfile")
    assert project.read("Dockerfile") == "FROM scratch\n"
    project.run("git", "checkout", "--theirs", "Dockerfile")
    assert "AS runtime" in project.read("Dockerfile") and "<<<<" not in project.read("Dockerfile")


@pytest.mark.needs("docker", "index")
def test_who_listens_on_localhost_alone_is_not_healthy(released: Path, tmp_path: Path) -> None:
    project = existing(tmp_path / "localhost", SRC)
    port = str(free_port())
    answers = {"project_name": f"Localhost {os.getpid()}", "isolation": "docker", "port": port}
    command = f"python -m http.server {port} --bind 127.0.0.1"
    adopt(project, released, **{**SHAPES["src"].answers, **answers, "command": command})
    words = ("docker", "compose", "-f", "compose.yaml", "up", "--build", "--wait")
    try:
        project.run(*words, "--wait-timeout", "5", check=False)
        container = compose(project, "ps", "--quiet", "app", shape="production").strip()
        log = run("docker", "inspect", "--format", "{{json .State.Health}}", container).stdout
    finally:
        compose(project, "down", "--rmi=local", "-t1", shape="production")
    health = json.loads(log)
    assert health["Status"] != "healthy"
    assert "ConnectionRefusedError" in health["Log"][-1]["Output"]


def test_becoming_own_code_keeps_what_is_there(bake: Bakery, released: Path) -> None:
    """Samples that were replaced by other code: only the answers have to follow."""
    project = bake(released, "v1.0.0", app="cli")
    project.commit()
    before = project.files()
    project.update(
        "v1.0.0", app="own", command="python -m my_project serve", code="src data", port="8123"
    )
    after = project.files()
    assert {name for name in before if before[name] != after.get(name)} == {
        ".copier-answers.yml",
        ".devcontainer/devcontainer.json",
        ".dockerignore",
        "DEVELOPMENT.md",
        "Dockerfile",
        "compose.base.yaml",
        "compose.override.yaml",
        "dev/dev_do.py",
    }
    assert 'CMD ["python", "-m", "my_project", "serve"]' in project.read("Dockerfile")


def test_a_batch_file_with_its_line_endings_stays_clean(released: Path, tmp_path: Path) -> None:
    project = existing(tmp_path, {**FLAT, "run.bat": "@echo off\r\n"})
    adopt(project, released, **SHAPES["flat"].answers)
    project.commit()
    project.run("git", "add", "--renormalize", ".")
    assert project.run("git", "status", "--porcelain").stdout == ""


def test_rules_for_line_endings_meet_no_update(repository: Path, tmp_path: Path) -> None:
    project = existing(tmp_path / "existing", {**FLAT, ".gitattributes": "* text=auto\n"})
    adopt(project, repository, **SHAPES["flat"].answers)
    project.commit()
    changed = repository / "template/dev/activate.bat"
    changed.write_bytes(changed.read_bytes() + b"@rem later\r\n")
    release(repository, "v1.1.0")
    clone = Project(tmp_path / "clone", {})
    run("git", "clone", "-q", "-c", "core.autocrlf=true", project.path, clone.path)
    assert b"\r" not in (clone.path / "dev/activate").read_bytes()
    clone.update("v1.1.0")
    assert clone.run("git", "diff", "--name-only").stdout.split() == [
        ".copier-answers.yml",
        "dev/activate.bat",
    ]
