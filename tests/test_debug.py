"""A debugger stops the program in its container, and sees what it does."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from support.commands import ROOT
from support.projects import Bakery, Project
from test_docker import free_port, get_or_none
from test_production import eventually

pytestmark = pytest.mark.needs("docker", "index")


# The debugger works inside the interpreter: with the oldest and the newest.
@pytest.fixture(scope="module", params=[("cli", "3.11"), ("web", "3.15")], ids=str)
def project(request: pytest.FixtureRequest, bake: Bakery) -> Iterator[Project]:
    app, version = request.param
    name = f"Debug {os.getpid()} {app}"
    answers = {"isolation": "docker", "app": app, "python_version": version}
    project = bake(**answers, project_name=name, package_name="my_project")
    yield project
    project.run("docker", "compose", "down", "--remove-orphans", "--rmi=local", "-t1")


class Debugger:
    """A client of the Debug Adapter Protocol.

    https://microsoft.github.io/debug-adapter-protocol/specification
    """

    def __init__(self, port: int) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
                    self.stream = connection.makefile("rwb")
                self.number = 0
                self.request("initialize", adapterID="test", pathFormat="path")
                return
            except (EOFError, OSError):  # the engine listens before the program does
                assert time.monotonic() < deadline, "no debugger answers"
                time.sleep(0.2)

    def send(self, command: str, **arguments: Any) -> int:
        self.number += 1
        body = {"seq": self.number, "type": "request", "command": command, "arguments": arguments}
        text = json.dumps(body).encode()
        self.stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(text), text))
        self.stream.flush()
        return self.number

    def receive(self, **wanted: Any) -> dict[str, Any]:
        """Return the next message that has these values; drop those before it."""
        while True:
            length = None
            while (line := self.stream.readline()) != b"\r\n":
                if not line:
                    raise EOFError
                length = int(line.partition(b":")[2])
            message = json.loads(self.stream.read(length))
            if message.items() >= wanted.items():
                return message

    def request(self, command: str, **arguments: Any) -> dict[str, Any]:
        answer = self.receive(type="response", request_seq=self.send(command, **arguments))
        assert answer["success"], answer
        return answer.get("body", {})


def stop_in_the_greeting(project: Project, debugger: Debugger, go: threading.Event) -> str:
    """Set a breakpoint where the program greets; return the name that it has there."""
    name = {"cli": "cli.py", "web": "app.py"}[project.answers["app"]]
    path = f"src/my_project/{name}"
    lines = project.read(path).splitlines()
    [line] = [number for number, text in enumerate(lines, 1) if "load_settings().greeting" in text]
    mapping = {"localRoot": str(project.path / "src"), "remoteRoot": "/app/src"}
    attached = debugger.send("attach", pathMappings=[mapping])
    debugger.receive(type="event", event="initialized")
    here = {"path": str(project.path / path)}
    answer = debugger.request("setBreakpoints", source=here, breakpoints=[{"line": line}])
    assert answer["breakpoints"][0]["verified"]
    debugger.request("configurationDone")
    debugger.receive(type="response", request_seq=attached)
    go.set()
    stopped = debugger.receive(type="event", event="stopped")["body"]
    assert stopped["reason"] == "breakpoint"
    thread = stopped["threadId"]
    frame = debugger.request("stackTrace", threadId=thread)["stackFrames"][0]
    assert (frame["source"]["path"], frame["line"]) == (here["path"], line)
    value = debugger.request("evaluate", expression="name", frameId=frame["id"])["result"]
    debugger.request("continue", threadId=thread)
    return value


def documented(app: str) -> list[str]:
    """Return the words of the command that docs/debugging.md has for an application."""
    page = (ROOT / "docs/debugging.md").read_text("utf-8")
    commands = re.findall(r"^docker compose run .*?(?=^```)", page, re.MULTILINE | re.DOTALL)
    [command] = [c for c in commands if ("-p 127.0.0.1:8001:8000" in c) == (app == "web")]
    return shlex.split(command.replace("\\\n", " "))


def with_ports(words: list[str], debugger: int, web: int) -> list[str]:
    """Return the command with other ports of this machine, which nothing uses."""
    others = {
        "127.0.0.1:5678:5678": f"127.0.0.1:{debugger}:5678",
        "127.0.0.1:8001:8000": f"127.0.0.1:{web}:8000",
    }
    assert others.keys() & {*words}
    return [others.get(word, word) for word in words]


def test_a_breakpoint_in_the_container(project: Project) -> None:
    """`app` itself runs under the debugger: as hardened as ever, with the same source."""
    go = threading.Event()
    answers = []
    debug_port, port = free_port(), free_port()
    served = Project(project.path, {"port": port})
    project.run("docker", "compose", "build")
    words = with_ports(documented(project.answers["app"]), debug_port, port)
    program = subprocess.Popen(words, cwd=project.path, stdout=subprocess.PIPE, text=True)

    def ask() -> None:
        go.wait()
        eventually(lambda: get_or_none(served, "/healthz") == {"status": "ok"})
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/?name=Ada", timeout=120) as answer:
            answers.append(json.load(answer))

    client = threading.Thread(target=ask, daemon=True)
    try:
        debugger = Debugger(debug_port)
        if project.answers["app"] == "web":
            client.start()
        assert stop_in_the_greeting(project, debugger, go) == "'Ada'"
        if project.answers["app"] == "web":
            client.join(20)
            assert answers == [{"message": "Hello, Ada!"}]
        else:
            assert program.communicate(timeout=20)[0].endswith("Hello, Ada!\n")
    finally:
        program.terminate()
        project.run("docker", "compose", "down", "--remove-orphans", "-t5")
