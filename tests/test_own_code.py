"""Code that was not written for the template: where it writes, when it is healthy, how it is
built and how it is tested.

Each program is a small stand-in for a kind of application.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from socket import create_server, socket
from typing import Any

import pytest
import yaml
from support.commands import ROOT
from support.projects import Bakery, Project
from test_commands import commands, the_command
from test_docker import compose, free_port
from test_venv import HERE

SHAPES = ("development", "production")

# Keeps what it is sent in instance/, as an application with SQLite does.
NOTES = """\
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

NOTES = Path(__file__).resolve().parents[1] / "instance/notes"


def add(note):
    NOTES.parent.mkdir(exist_ok=True)
    with NOTES.open("a") as notes:
        notes.write(note)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        add(self.path.removeprefix("/"))
        self.do_GET()

    def do_GET(self):
        self.send_response(200 if NOTES.exists() else 404)
        self.end_headers()
        if NOTES.exists():
            self.wfile.write(NOTES.read_bytes())


if __name__ == "__main__":
    HTTPServer((os.environ["APP_HOST"], int(os.environ["APP_PORT"])), Handler).serve_forever()
"""
TESTS = """\
import unittest

from notes import __main__ as notes


class Notes(unittest.TestCase):
    def test_adds(self):
        notes.add("of a test")
        self.assertIn("of a test", notes.NOTES.read_text())


if __name__ == "__main__":
    unittest.main()
"""
TRY_DATA = "open('/data/kept', 'a').write('x'); print(len(open('/data/kept').read()))"


def ask(project: Project, path: str = "", method: str = "GET") -> str:
    address = f"http://127.0.0.1:{project.answers['port']}/{path}"
    with urllib.request.urlopen(urllib.request.Request(address, method=method)) as answer:
        return str(answer.read().decode())


def own(bake: Bakery, name: str, **answers: Any) -> Project:
    """Make a project with a name and a port that no other one on this engine has."""
    answers = {"port": str(free_port()), **answers}
    return bake(app="own", project_name=f"Own {name} {os.getpid()}", **answers)


def remove(project: Project) -> None:
    for shape in SHAPES:
        compose(project, "--profile=*", "down", "--volumes", "--rmi=local", "-t1", shape=shape)


# --- Where it writes ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def notes(bake: Bakery) -> Iterator[Project]:
    answers = {"command": "python -m notes", "code": "notes", "writes": "instance logs"}
    project = own(bake, "notes", isolation="both", test_command="python tests.py", **answers)
    (project.path / "notes").mkdir()
    project.write("notes/__init__.py", "")
    project.write("notes/__main__.py", NOTES)
    project.write("tests.py", TESTS)
    yield project
    remove(project)


@pytest.mark.needs("docker", "index")
@pytest.mark.parametrize("shape", SHAPES)
def test_a_program_writes_to_its_folders_and_finds_its_data_again(
    shape: str, notes: Project
) -> None:
    for number in (1, 2):
        compose(notes, "up", "--build", "--wait", shape=shape)
        assert ask(notes, shape[0], "POST") == shape[0] * number
        compose(notes, "down", "-t1", shape=shape)


@pytest.mark.needs("docker", "index")
@pytest.mark.parametrize("shape", SHAPES)
def test_a_program_writes_nowhere_else(shape: str, notes: Project) -> None:
    words = ["docker", "compose", *(["-f", "compose.yaml"] if shape == "production" else [])]
    run = [*words, "run", "--rm", "app", "python", "-c"]
    notes.run(*run, "open('logs/x', 'w')")
    done = notes.run(*run, "open('notes/x', 'w')", check=False)
    assert "Read-only file system" in done.stderr


@pytest.mark.needs("docker", "index")
def test_its_data_gets_into_no_image_and_that_of_tests_is_gone(notes: Project) -> None:
    (notes.path / "instance").mkdir(exist_ok=True)
    notes.write("instance/notes", "of this machine")
    look = ("python", "-c", "import os; print(os.listdir('instance'))")
    compose(notes, "run", "--rm", "test")
    assert compose(notes, "run", "--rm", "test", *look).endswith("\n[]\n")


@pytest.mark.needs("docker", "index")
def test_the_example_in_compose_own_yaml_keeps_data(notes: Project) -> None:
    """As it is, without the service that shows how to add one."""
    example = re.sub(
        "^# ?", "", notes.read("compose.own.yaml").partition("\n\n")[2], flags=re.MULTILINE
    )
    settings = yaml.safe_load(example)
    del settings["services"]["cache"]
    notes.write("compose.own.yaml", yaml.safe_dump(settings))
    for shape in SHAPES:
        compose(notes, "build", shape=shape)
        for number in ("1\n", "2\n"):
            words = ("run", "--rm", "app", "python", "-c", TRY_DATA)
            assert compose(notes, *words, shape=shape).endswith(number)
        compose(notes, "down", "--volumes", "-t1", shape=shape)


# --- When it is healthy ------------------------------------------------------------------


@dataclass
class Server:
    """What a program sends back after a request, and whether it then closes the connection."""

    answer: bytes
    closes: bool
    healthy: bool


SERVERS = {
    "200": Server(b"HTTP/1.1 200 OK\r\n\r\n", closes=False, healthy=True),
    "500": Server(b"HTTP/1.1 500 Oops\r\n\r\n", closes=True, healthy=True),
    "another protocol": Server(b"-ERR unknown command\r\n", closes=True, healthy=True),
    "closes without a byte": Server(b"", closes=True, healthy=False),
    "accepts only": Server(b"", closes=False, healthy=False),
}


def check_of(project: Project) -> list[str]:
    service = yaml.safe_load(project.read("compose.base.yaml"))["services"]["app"]
    _, _, *arguments = service["healthcheck"]["test"]
    return [sys.executable, *arguments]


def run_check(project: Project, server: Server) -> tuple[bool, list[str]]:
    """Return whether a program is healthy, and the requests that it got."""
    connections, requests = [], []

    def serve(listener: socket) -> None:
        connection, _ = listener.accept()
        connections.append(connection)
        requests.append(connection.recv(1024).decode())
        connection.sendall(server.answer)
        if server.closes:
            connection.close()

    with create_server(("", int(project.answers["port"])), reuse_port=True) as listener:
        thread = threading.Thread(target=serve, args=[listener], daemon=True)
        thread.start()
        healthy = project.run(*check_of(project), check=False).returncode == 0
        thread.join(10)
    for connection in connections:
        connection.close()
    return healthy, requests


@pytest.mark.parametrize("name", SERVERS)
def test_a_program_is_healthy_when_it_answers_a_request(name: str, bake: Bakery) -> None:
    project = own(bake, "check", isolation="docker")
    healthy, _ = run_check(project, SERVERS[name])
    assert healthy == SERVERS[name].healthy


def test_the_request_is_for_localhost(bake: Bakery) -> None:
    """A Django project allows that name, and would log a warning about others."""
    project = own(bake, "check", isolation="docker")
    _, [request] = run_check(project, SERVERS["200"])
    assert request.startswith("HEAD / HTTP/1.0\r\n") and request.endswith("\r\n\r\n")
    assert f"\r\nHost: localhost:{project.answers['port']}\r\n" in request


def test_for_another_protocol_a_connection_is_enough(bake: Bakery) -> None:
    project = own(bake, "check", isolation="docker", protocol="tcp")
    healthy, requests = run_check(project, SERVERS["accepts only"])
    assert healthy and requests == [""]
    assert project.run(*check_of(project), check=False).returncode, "nobody listens"


@pytest.mark.needs("docker", "index")
def test_workers_that_fail_end_the_documented_command_and_the_next_shows_why(
    bake: Bakery,
) -> None:
    port = str(free_port())
    command = f"gunicorn broken:app --bind 0.0.0.0:{port}"
    answers = {"isolation": "docker", "command": command, "code": "broken.py", "port": port}
    project = own(bake, "broken", **answers)
    project.write("broken.py", "raise RuntimeError('the reason')\n")
    project.write("requirements.in", "gunicorn\n")
    project.run("dev/do", "lock")
    page = (ROOT / "docs/containers.md").read_text("utf-8").partition("\n## As in production")[2]
    up, show, *_ = commands(page)
    try:
        done = project.run("sh", "-c", up, check=False)
        shown = project.run("sh", "-c", show)
    finally:
        remove(project)
    assert done.returncode, done.stderr
    assert "RuntimeError: the reason" in shown.stdout + shown.stderr


# --- How it is built and tested ----------------------------------------------------------

DJANGO = {
    "manage.py": """\
import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
execute_from_command_line(sys.argv)
""",
    "site_/__init__.py": "",
    "site_/settings.py": """\
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[1]
SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["django.contrib.staticfiles", "site_"]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
""",
    "site_/static/style.css": "body {}\\n",
    "site_/tests.py": """\
from django.contrib.staticfiles.finders import find
from django.test import SimpleTestCase


class StyleTests(SimpleTestCase):
    def test_style(self):
        self.assertTrue(find("style.css"))
""",
    "dev/build.sh": the_command("containers.md", "SECRET_KEY="),
    "requirements.in": "django>=5.2,<6\n",
}


@pytest.fixture(scope="module")
def django(bake: Bakery) -> Iterator[Project]:
    answers = {"command": "python manage.py check", "code": "manage.py site_", "port": ""}
    answers |= {"test_command": "python manage.py test", "python_version": HERE}
    project = own(bake, "django", isolation="both", **answers)
    for name, text in DJANGO.items():
        (project.path / name).parent.mkdir(exist_ok=True)
        project.write(name, text)
    project.run("dev/do", "lock")
    yield project
    if shutil.which("docker"):
        remove(project)


@pytest.mark.needs("docker", "index")
def test_the_projects_own_steps_are_part_of_the_build(django: Project) -> None:
    look = "import pathlib; print(*sorted(p.name for p in pathlib.Path('/app').iterdir()))"
    python = ("--entrypoint=python", "app", "-c")
    compose(django, "build", shape="production")
    found = compose(django, "run", "--rm", *python, look, shape="production").split()
    assert found == ["__pycache__", "manage.py", "site_", "staticfiles"]
    read = "print(open('/app/staticfiles/style.css').read())"
    assert "body" in compose(django, "run", "--rm", *python, read, shape="production")


@pytest.mark.needs("docker", "index")
def test_a_step_that_fails_fails_the_build(django: Project) -> None:
    project = Project(django.path, django.answers)
    steps = project.read("dev/build.sh")
    project.write("dev/build.sh", "false\n: the rest\n")
    try:
        assert project.run("docker", "build", ".", check=False).returncode
    finally:
        project.write("dev/build.sh", steps)


@pytest.mark.needs("docker", "index")
@pytest.mark.parametrize("side", ["", "container"])
def test_the_projects_own_test_command_runs_the_tests(side: str, django: Project) -> None:
    django.write(".env", "")
    words = [word for word in ("dev/do", side, "test", "--verbosity=2") if word]
    variables = {"SECRET_KEY": "test"} if not side else {}
    if side:
        django.write("compose.own.yaml", "services: {test: {environment: {SECRET_KEY: test}}}\n")
    done = django.run(*words, env=variables)
    assert "test_style" in done.stderr + done.stdout
    assert "+ python manage.py test --verbosity=2" in done.stderr or side


@pytest.mark.needs("docker", "index")
@pytest.mark.parametrize("side", ["", "container"])
def test_tests_in_one_file_at_the_root_are_run(side: str, notes: Project) -> None:
    done: subprocess.CompletedProcess[str]
    done = notes.run(*[word for word in ("dev/do", side, "test") if word])
    assert "Ran 1 test" in done.stderr + done.stdout
