"""The production shape, on running containers: what it may, how it ends, what it survives."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from support.commands import eventually, run
from support.projects import Bakery, Project
from test_docker import compose, free_port, get, get_or_none

pytestmark = pytest.mark.needs("docker", "index")

WAIT = '''

@app.command()
def wait() -> None:
    """Stay, as a worker does."""
    import time

    typer.echo("waiting")
    time.sleep(60)
'''


@pytest.fixture(scope="module", params=["cli", "web"])
def project(request: pytest.FixtureRequest, bake: Bakery) -> Iterator[Project]:
    """A project with a program that stays, and its images."""
    name = f"Production {os.getpid()} {request.param}"
    answers = {"app": request.param, "project_name": name, "package_name": "my_project"}
    if request.param == "web":
        answers["port"] = str(free_port())
    project = bake(isolation="docker", **answers)
    if request.param == "cli":
        project.append("src/my_project/cli.py", WAIT)
        project.write("worker.yaml", "services: {app: {command: [wait]}}\n")
    for shape in ("development", "production"):
        compose(project, "build", shape=shape)
    yield project
    project.run("docker", "compose", "down", "--remove-orphans", "--rmi=local", "-t1")


only_web = pytest.mark.parametrize("project", ["web"], indirect=True)


@pytest.fixture
def container(project: Project) -> Iterator[str]:
    """The running program: the service, or the command line at work."""
    production(project, "up", "--wait")
    name = production(project, "ps", "--quiet", "app").strip()
    ready = "waiting" if project.answers["app"] == "cli" else "Application startup complete"
    eventually(lambda: ready in logs(name))
    yield name
    production(project, "down", "-t1")


def production(project: Project, *words: str) -> str:
    """Run Docker Compose in production shape, with a command that stays."""
    worker = ["-f", "worker.yaml"] if project.answers["app"] == "cli" else []
    return project.run("docker", "compose", "-f", "compose.yaml", *worker, *words).stdout


def logs(container: str) -> str:
    done = run("docker", "logs", container)
    return done.stdout + done.stderr


def inspect(container: str) -> dict[str, Any]:
    return json.loads(run("docker", "inspect", container).stdout)[0]


def python(container: str, script: str) -> Any:
    """Run a script in the container."""
    return run("docker", "exec", container, "python", "-c", script, check=False)


def signal_program(container: str, number: int) -> None:
    """Send a signal to the program, the one child of the init process."""
    script = "import os; children = open('/proc/1/task/1/children').read().split()"
    done = python(container, f"{script}; [os.kill(int(pid), {number}) for pid in children[:1]]")
    # Killed, the program takes the container along, and in it what has sent the signal.
    assert done.returncode in ({0, 137} if number == 9 else {0}), done.stderr


def test_may_nothing_that_it_need_not(container: str) -> None:
    about = inspect(container)
    host = about["HostConfig"]
    assert about["Config"]["User"] == "10001:10001"
    assert host["NanoCpus"] == 10**9
    assert host["LogConfig"]["Config"] == {"max-file": "3", "max-size": "10m"}
    command = [*(about["Config"]["Entrypoint"] or []), *about["Config"]["Cmd"]]
    assert command[:3] == ["python", "-m", "my_project"], "no shell in between"

    status = python(container, "print(open('/proc/1/status').read())").stdout
    assert "Uid:\t10001\t10001\t10001\t10001" in status
    assert "Gid:\t10001\t10001\t10001\t10001" in status
    assert "CapEff:\t0000000000000000" in status and "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status

    find = "find / -xdev -writable -not -type l -not -path '/proc/*' 2>/dev/null; true"
    assert run("docker", "exec", container, "bash", "-c", find).stdout == "/tmp\n"
    write = "open('/tmp/x', 'wb').write(bytes(100 * 2**20))"
    assert "No space left on device" in python(container, write).stderr
    home = "import os; os.remove('/tmp/x'); open(os.path.expanduser('~/x'), 'w')"
    assert python(container, home).returncode == 0

    threads = "import threading, time; [threading.Thread(target=time.sleep, args=(1,)).start() "
    assert "can't start new thread" in python(container, f"{threads} for _ in range(200)]").stderr
    assert python(container, "len(b'x' * 2 * 10**9)").returncode == 137, "memory without limit"


def test_docker_stop(container: str) -> None:
    run("docker", "stop", container)
    check_that_it_stopped_itself(container)


def test_compose_stop(project: Project, container: str) -> None:
    production(project, "stop")
    check_that_it_stopped_itself(container)


def check_that_it_stopped_itself(container: str) -> None:
    """After the grace period, a container is killed and has the exit code 137."""
    state = inspect(container)["State"]
    assert state["Status"] == "exited" and state["ExitCode"] in (0, 130)


@pytest.mark.parametrize("shape", ["development", "production"])
def test_control_c(project: Project, shape: str) -> None:
    files = ["-f", "compose.yaml"] if shape == "production" else []
    program = ["python", "-m", "my_project"] if shape == "development" else []
    words, ready = ["run", "--rm", "app", *program, "wait"], "waiting"
    if project.answers["app"] == "web":
        words, ready = ["up"], "Application startup complete"
    arguments = ["compose", *files, *words]
    terminal = pexpect.spawn("docker", arguments, cwd=str(project.path), timeout=60)
    try:
        terminal.expect(ready)
        terminal.sendintr()
        terminal.expect(pexpect.EOF)
        terminal.close()
        # `run --rm` ends with the exit code of the container, `up` with one of its own.
        if words == ["up"]:
            stopped = compose(project, "ps", "--all", "--quiet", "app", shape=shape)
            check_that_it_stopped_itself(stopped.strip())
    finally:
        compose(project, "down", "-t1", shape=shape)
    assert terminal.exitstatus in (0, 130), terminal.before


@only_web
def test_starts_again_after_a_crash(project: Project, container: str) -> None:
    signal_program(container, 9)
    eventually(lambda: inspect(container)["RestartCount"] == 1)
    eventually(lambda: get_or_none(project, "/healthz") == {"status": "ok"})
    eventually(lambda: inspect(container)["State"]["Health"]["Status"] == "healthy")


@only_web
def test_is_healthy_only_when_it_serves(project: Project, container: str) -> None:
    check = inspect(container)["Config"]["Healthcheck"]["Test"]
    assert check[0] == "CMD"
    words = ("docker", "exec", container, *check[1:])
    assert not run(*words).returncode
    signal_program(container, 19)
    try:
        assert run(*words, check=False).returncode, "healthy, though it does not answer"
    finally:
        signal_program(container, 18)
    eventually(lambda: not run(*words, check=False).returncode)

    app = project.read("src/my_project/app.py")
    slow = "import time\n\ntime.sleep(3)\n"
    project.write("src/my_project/app.py", app.replace("app = FastAPI", f"{slow}app = FastAPI"))
    try:
        began = time.monotonic()
        compose(project, "up", "--build", "--wait", shape="production")
        assert get(project, "/healthz") == {"status": "ok"}
        assert time.monotonic() - began > 3
    finally:
        project.write("src/my_project/app.py", app)
        compose(project, "build", shape="production")


@only_web
def test_tells_in_one_line_what_is_wrong_with_a_setting(project: Project) -> None:
    words = ("docker", "compose", "-f", "compose.yaml", "run", "--rm", "--env=APP_LOG_LEVEL=loud")
    done = project.run(*words, "app", check=False)
    assert done.returncode == 1 and done.stdout == ""
    [line] = [line for line in done.stderr.splitlines() if line and "Network" not in line]
    assert line.startswith("APP_LOG_LEVEL: ")


@pytest.fixture
def drains(project: Project, tmp_path: Path) -> Iterator[str]:
    """The web service alone, as an orchestrator starts it: it drains, and has secrets in files."""
    (tmp_path / "APP_GREETING").write_text("Good evening\n")
    (tmp_path / "APP_GREETING").chmod(0o444)
    tmp_path.chmod(0o755)
    options = ("--env=APP_DRAIN_SECONDS=60", f"--volume={tmp_path}:/run/secrets:ro")
    image = f"localhost/{project.path.name}:drains"
    project.run("docker", "build", "-q", "-t", image, ".")
    done = run("docker", "run", "--detach", *options, "--publish=127.0.0.1::8000", image)
    container = done.stdout.strip()
    eventually(lambda: "Application startup complete" in logs(container))
    yield container
    run("docker", "rm", "--force", container)
    run("docker", "rmi", image)


def kept_open(container: str) -> http.client.HTTPConnection:
    """Return a connection to a container which stays open unless the server closes it."""
    port = run("docker", "port", container, "8000").stdout.rpartition(":")[2]
    return http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)


def answer(connection: http.client.HTTPConnection) -> tuple[str | None, Any]:
    """Return whether the server closes the connection after this request, and what it says."""
    connection.request("GET", "/")
    response = connection.getresponse()
    return response.getheader("connection"), json.load(response)


@only_web
def test_drains_when_told_to_and_stops_at_once_with_a_second_signal(drains: str) -> None:
    connection = kept_open(drains)
    greets = {"message": "Good evening, World!"}
    assert answer(connection) == (None, greets)

    run("docker", "kill", "--signal=SIGINT", drains)
    eventually(lambda: answer(connection) == ("close", greets))
    time.sleep(3)  # without the drain, the program would have ended by now
    assert answer(kept_open(drains)) == ("close", greets), "a new connection while it drains"

    run("docker", "kill", "--signal=SIGINT", drains)
    assert run("docker", "wait", drains).stdout.strip() == "130"
    assert "Warning" not in logs(drains)
