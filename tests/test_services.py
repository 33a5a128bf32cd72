"""PostgreSQL and Redis, really: started with the application, used, broken and repaired."""

from __future__ import annotations

import functools
import http.client
import itertools
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import pytest
from support.answers import SAMPLES, choices, label
from support.commands import ROOT, eventually, run
from support.projects import Bakery, Project
from test_docker import compose, documented, free_port
from test_documents import blocks
from test_venv import HERE

pytestmark = pytest.mark.needs("docker")

WITH_SERVICES = [
    {"app": app, "services": services}
    for app, services in itertools.product(SAMPLES, choices("services"))
    if services
]


@pytest.fixture(scope="module", params=WITH_SERVICES, ids=label)
def project(request: pytest.FixtureRequest, bake: Bakery) -> Iterator[Project]:
    """A project of its own name and ports, so that it meets no other one on this engine."""
    name = f"Services {os.getpid()} {label(request.param).replace('+', ' ')}"
    web = {"port": str(free_port())} if request.param["app"] == "web" else {}
    project = bake(
        **request.param, **web, isolation="both", python_version=HERE, project_name=name,
        package_name="my_project",
    )  # fmt: skip
    settings = project.read(".env.example")
    for service, lead in (("POSTGRES", "@127.0.0.1:"), ("REDIS", "redis://127.0.0.1:")):
        if service.lower() in project.answers["services"]:
            port = free_port()
            before, _, after = settings.partition(lead)
            settings = f"{before}{lead}{port}{after[5:]}\n{service}_PORT={port}\n"
    project.write(".env", settings)
    yield project
    project.run("docker", "compose", "down", "--remove-orphans", "--volumes", "--rmi=local", "-t1")


def slug(project: Project) -> str:
    return str(project.answers["project_name"]).lower().replace(" ", "-")


def only(app: str, *services: str) -> pytest.MarkDecorator:
    """Run a test with the projects of one application that have these services."""
    params = [
        answers
        for answers in WITH_SERVICES
        if answers["app"] == app and {*services} <= {*answers["services"]}
    ]
    return pytest.mark.parametrize("project", params, ids=label, indirect=True)


def ask(project: Project, path: str, body: Any = None) -> tuple[int, Any]:
    """Return the status and the answer to GET, or to POST with a body."""
    url = f"http://127.0.0.1:{project.answers['port']}{path}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture
def production(project: Project) -> Any:
    """Run a command of Docker Compose in production shape."""
    return functools.partial(compose, project, shape="production")


def container(project: Project, service: str) -> str:
    return compose(project, "ps", "--all", "--quiet", service, shape="production").strip()


@pytest.mark.parametrize("answers", WITH_SERVICES, ids=label)
def test_the_containers_are_the_same_with_and_without_a_virtual_environment(
    answers: dict[str, Any], bake: Bakery
) -> None:
    """What the tests below say of `both` holds for `docker`."""
    halves = []
    for isolation in ("docker", "both"):
        files = bake(**answers, isolation=isolation, python_version=HERE).files()
        for name in [name for name in files if name.startswith("dev/")]:
            del files[name]
        for name in ("DEVELOPMENT.md", "pyproject.toml", ".copier-answers.yml"):
            del files[name]
        halves.append(files)
    assert halves[0] == halves[1]


@pytest.mark.needs("index")
@only("web")
def test_the_web_service_keeps_its_data_from_development_to_production(project: Project) -> None:
    services = project.answers["services"]
    ready = dict.fromkeys(services, "ok")
    compose(project, "up", "--wait")
    assert ask(project, "/readyz") == (200, ready)
    if "postgres" in services:
        status, note = ask(project, "/notes", {"text": "é \" ' $"})
        assert status == 201 and note["text"] == "é \" ' $"
        page = (ROOT / "docs/services.md").read_text("utf-8").partition("## Backup")[2]
        write, read, *_ = re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
        project.run("sh", "-ec", write + read)
        (project.path / "backup.sql").unlink()
        compose(project, "up", "--wait")
        assert ask(project, "/notes")[1][0] == note
    if "redis" in services:
        status, counted = ask(project, "/visits", {})
        assert status == 200 and counted["visits"] > 0
    compose(project, "down", "-t5")

    compose(project, "up", "--build", "--wait", shape="production")
    assert ask(project, "/readyz") == (200, ready)
    if "postgres" in services:
        assert ask(project, "/notes")[1][0] == note
    if "redis" in services:
        assert ask(project, "/visits") == (200, counted)
    for service in services:
        [state] = json.loads(run("docker", "inspect", container(project, service)).stdout)
        host = state["HostConfig"]
        assert state["Config"]["User"] == "999:999"
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"]
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert host["Memory"] and host["NanoCpus"] and host["PidsLimit"]
        assert host["LogConfig"]["Config"] == {"max-file": "3", "max-size": "10m"}
        assert not host["PortBindings"], "published in production"
    compose(project, "stop", shape="production")
    codes = {
        service: json.loads(run("docker", "inspect", container(project, service)).stdout)[0][
            "State"
        ]["ExitCode"]
        for service in ("app", *services)
    }
    compose(project, "down", shape="production")
    assert 137 not in codes.values(), f"killed after the grace period: {codes}"


@pytest.mark.needs("index")
@only("web", "postgres", "redis")
def test_a_request_waits_for_a_service_that_restarts(project: Project, production: Any) -> None:
    production("up", "--build", "--wait")
    try:
        app = container(project, "app")
        production("up", "--detach")
        assert container(project, "app") == app, "a second `up` changes nothing"
        for service, request in (
            ("redis", ("/visits", {})),
            ("postgres", ("/notes", {"text": "x"})),
        ):
            name = container(project, service)
            for _ in range(5):  # the request waits four seconds, and a busy engine takes longer
                run("docker", "stop", name)
                with ThreadPoolExecutor() as pool:
                    answer = pool.submit(ask, project, *request)
                    time.sleep(0.5)
                    assert not answer.done()
                    run("docker", "start", name)
                    status, _ = answer.result()
                if status != 503:
                    break
            assert status in (200, 201)

        production("pause", "postgres")
        try:
            with ThreadPoolExecutor() as pool:
                for _ in range(3):
                    pool.submit(ask, project, "/notes")
                time.sleep(0.5)
                production("stop", "app")
        finally:
            production("unpause", "postgres")
        [state] = json.loads(run("docker", "inspect", container(project, "app")).stdout)
        assert state["State"]["ExitCode"] != 137, "was killed after the grace period"
    finally:
        production("down", "-t5")


MIGRATE_AT_ONCE = """
import os, subprocess, sys
for name in ("one", "two", "three"):
    subprocess.run([sys.executable, "-c", f"import sqlalchemy as s, my_project.database as d;"
        "c = d.new_engine().connect().execution_options(isolation_level='AUTOCOMMIT');"
        f"c.execute(s.text('CREATE DATABASE {name}'))"], check=True)
    url = {"APP_DATABASE_URL": f"postgresql://app@postgres/{name}"}
    words = [sys.executable, "-m", "my_project.migrate"]
    four = [subprocess.Popen(words, env=os.environ | url) for _ in range(4)]
    print("statuses", *(program.wait() for program in four))
"""


@pytest.mark.needs("index")
@only("web", "postgres", "redis")
def test_migrations_take_turns_and_connections_outlive_them(
    project: Project, production: Any
) -> None:
    production("up", "--build", "--wait")
    try:
        done = production("exec", "app", "python", "-c", MIGRATE_AT_ONCE)
        assert done.count("statuses 0 0 0 0\n") == 3, done

        note = ask(project, "/notes", {"text": "kept"})[1]
        for kind in ("text", "varchar"):
            # psycopg would prepare a statement that it has seen five times.
            assert [ask(project, "/notes")[0] for _ in range(50)] == [200] * 50
            change = f"ALTER TABLE notes ALTER COLUMN text TYPE {kind}"
            production("exec", "postgres", "psql", "--username=app", "app", "-c", change)
        assert ask(project, "/notes")[1][0] == note
    finally:
        production("down", "--volumes", "-t5")


@pytest.mark.needs("index")
@only("web", "postgres", "redis")
@pytest.mark.parametrize("shape", ["development", "production"])
@pytest.mark.parametrize("how", ["attached", "detached"])
def test_down_stops_what_was_started_and_everything_starts_again(
    shape: str, how: str, project: Project
) -> None:
    """With a command of each kind that still runs, as when a terminal was closed."""
    files = ("-f", "compose.yaml") if shape == "production" else ()
    up = ("docker", "compose", *files, "up")
    compose(project, "build", shape=shape)
    compose(project, "build", "test")

    def start() -> None:
        if how == "detached":
            compose(project, "up", "--wait", shape=shape)
            return
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        program = subprocess.Popen(up, cwd=project.path, start_new_session=True, **quiet)
        eventually(lambda: answers_or_not(project), seconds=300)
        os.killpg(program.pid, signal.SIGINT)  # as a terminal does
        program.wait(60)

    for _ in range(2):
        start()
        compose(project, "stop", "-t1", shape=shape)
        sleep = ("run", "--detach", "--entrypoint=sleep")
        for service in ("app", "test", "migrate"):
            compose(project, *sleep, service, "600", shape=shape)
        compose(project, "down", "--remove-orphans", "-t1", shape=shape)
        label = f"label=com.docker.compose.project={slug(project)}"
        for kind in ("container", "network"):
            everything = ("--all",) if kind == "container" else ()
            assert run("docker", kind, "ls", *everything, f"--filter={label}", "-q").stdout == ""


def answers_or_not(project: Project) -> bool:
    try:
        return ask(project, "/readyz")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def additions(page: str, start: str) -> str:
    """Return what a block of a page adds to the services."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    found = [block for block in blocks(text, "yaml") if start in block]
    return found[-1].removeprefix("services:\n")


@pytest.mark.needs("index")
@only("web", "postgres", "redis")
def test_the_documented_additions_work_as_they_are_written(project: Project) -> None:
    """A larger /tmp, a worker, and a folder in place of a volume."""
    written = additions("containers.md", "/tmp:") + additions("containers.md", "extends:")
    written += additions("services.md", "./pgdata:")
    before = project.read("compose.own.yaml")
    project.write("compose.own.yaml", f"services:\n{written}")
    worker = "import time\nprint('at work', flush=True)\ntime.sleep(600)\n"
    project.write("src/my_project/worker.py", worker)
    try:
        project.run("sh", "-ec", documented("docs/services.md", "mkdir pgdata"))
        compose(project, "up", "--wait")
        size = compose(project, "exec", "app", "df", "--output=size", "/tmp").split()[-1]
        assert size == str(2**20)
        eventually(lambda: "at work" in compose(project, "logs", "worker"))
        note = ask(project, "/notes", {"text": "in a folder"})[1]
        compose(project, "down", "--volumes", "-t5")
        compose(project, "up", "--wait")
        assert ask(project, "/notes")[1] == [note]
    finally:
        compose(project, "down", "--remove-orphans", "--volumes", "-t5")
        project.write("compose.own.yaml", before)
        (project.path / "src/my_project/worker.py").unlink()
        mount = f"--volume={project.path}:/project"
        name = f"python:{HERE}-slim"
        run("docker", "run", "--rm", mount, name, "rm", "-r", "/project/pgdata")


@only("web", "postgres", "redis")
def test_a_server_does_not_build_when_the_registry_is_down(project: Project) -> None:
    """Even with an image of that name, and with all that a build needs."""
    image = f"127.0.0.1:{free_port()}/shop:1"
    run("docker", "tag", f"python:{HERE}-slim", image)
    before = project.read("compose.own.yaml")
    written = additions("shipping.md", "migrate:")
    name = "registry.example.org/me/my-project:0.1.0"
    project.write("compose.own.yaml", f"services:\n{written.replace(name, image)}")
    try:
        up = ("docker", "compose", "-f", "compose.yaml", "up", "--wait")
        done = project.run(*up, check=False)
        assert done.returncode and "connection refused" in done.stderr
        assert container(project, "app") == ""
    finally:
        compose(project, "down", "-t1", shape="production")
        project.write("compose.own.yaml", before)
        run("docker", "image", "rm", image)


@pytest.mark.needs("index")
@only("cli")
def test_the_command_line_uses_them_in_both_shapes(project: Project) -> None:
    services = project.answers["services"]
    compose(project, "build")
    compose(project, "build", shape="production")
    program = ("run", "--rm", "app", "python", "-m", "my_project")
    for number, (shape, words) in enumerate(
        {"development": program, "production": program[:3]}.items(), 1
    ):
        if "postgres" in services:
            done = compose(project, *words, "note", f"from {shape}", shape=shape)
            assert done.endswith(f"Note {number}\n")
        if "redis" in services:
            assert compose(project, *words, "visit", shape=shape).endswith(f"Visit {number}\n")
    if "postgres" in services:
        notes = compose(project, *program[:3], "notes", shape="production")
        assert notes.endswith("2: from production\n1: from development\n")
    compose(project, "down", "-t5")


@pytest.mark.needs("index")
def test_the_tests_of_the_project_pass_in_a_container_with_its_services(project: Project) -> None:
    try:
        assert " passed" in compose(project, "run", "--rm", "test")
        running = compose(project, "ps", "--services").split()
        assert sorted(running) == sorted(project.answers["services"])
        if "postgres" in running:
            query = ("psql", "--username=app", "app", "-tAc", "SELECT count(*) FROM test.notes")
            assert compose(project, "exec", "postgres", *query).strip().isdigit()
    finally:
        compose(project, "down", "--remove-orphans", "-t5")


@only("web", "postgres")
def test_refuses_to_start_without_a_password_in_one_line(project: Project) -> None:
    settings = project.read(".env")
    project.write(".env", settings.replace("POSTGRES_PASSWORD=", "#"))
    try:
        done = project.run("docker", "compose", "-f", "compose.yaml", "up", "-d", check=False)
    finally:
        project.write(".env", settings)
    assert done.returncode and len(done.stderr.splitlines()) == 1
    assert "POSTGRES_PASSWORD is missing" in done.stderr and ".env.example" in done.stderr


@pytest.mark.needs("index")
@only("web", "postgres", "redis")
def test_the_virtual_environment_uses_the_same_services(project: Project) -> None:
    compose(project, "up", "--wait", "postgres", "redis")
    script = (
        "from my_project import counter, database, migrate;"
        "migrate.upgrade(); note = database.add_note('from the venv');"
        "print(database.engine().dialect.name, note.id, counter.count_visit() > 0)"
    )
    line = f'. dev/activate && PYTHONPATH=src python -c "{script}"'
    found = project.run("bash", "-c", line).stdout.split()[-3:]
    in_container = compose(project, "run", "--rm", "app", "python", "-c", READ_NOTES)
    compose(project, "down", "-t5")
    assert found[0] == "postgresql" and found[2] == "True"
    assert f"{found[1]} from the venv" in in_container


READ_NOTES = (
    "from my_project import database;"
    "print(*(f'{note.id} {note.text}' for note in database.latest_notes(10**6)), sep='\\n')"
)


class Load:
    """Requests without a pause, and what became of them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.kept: list[int] = []
        self.statuses: Counter[int | str] = Counter()
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.work) for _ in range(4)]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def work(self) -> None:
        while not self.ended.wait(0.02):
            for path, body in (("/notes", {"text": "x"}), ("/visits", {}), ("/healthz", None)):
                try:
                    status, answer = ask(self.project, path, body)
                except (OSError, http.client.HTTPException):
                    status = "no connection"
                self.statuses[status] += 1
                if status == 201:
                    self.kept.append(answer["id"])


def wait_until_ready(project: Project, load: Load, fault: str) -> None:
    """Wait until all services answer and a note was kept after that."""
    deadline = time.monotonic() + 40
    while True:
        assert time.monotonic() < deadline, f"not ready within 40 s after: {fault}"
        try:
            if ask(project, "/readyz")[0] == 200:
                break
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.2)
    count = len(load.kept)
    while len(load.kept) == count:
        assert time.monotonic() < deadline, f"no note kept within 40 s after: {fault}"
        time.sleep(0.1)


KILL_THE_SERVER = """
import os, pathlib
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    pid = int(path.parent.name)
    if pid not in (1, os.getpid()) and b"my_project" in path.read_bytes():
        os.kill(pid, 9)
"""
FILL_THE_TMPFS = """
try:
    with open("/tmp/full", "wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))
except OSError as error:
    print(error)
"""


@pytest.mark.needs("index")
@only("web", "postgres", "redis")
def test_recovers_from_each_fault_and_loses_no_note(project: Project, production: Any) -> None:
    production("up", "--build", "--wait")
    try:
        network = f"{slug(project)}_default"
        with Load(project) as load:
            wait_until_ready(project, load, "the start")
            assert ask(project, "/readyz")[1] == {"postgres": "ok", "redis": "ok"}

            for service in ("postgres", "redis"):
                production("kill", service)
                status, answer = ask(project, "/readyz")
                assert status == 503 and answer[service] == "unavailable"
                assert ask(project, "/healthz")[0] == 200
                production("start", service)
                wait_until_ready(project, load, f"{service} was killed")
                production("restart", service)
                wait_until_ready(project, load, f"{service} was restarted")
                production("pause", service)
                try:
                    status, answer = ask(project, "/readyz")  # in the 30 s that `ask` waits
                finally:
                    production("unpause", service)
                assert status == 503 and answer[service] == "unavailable"
                wait_until_ready(project, load, f"{service} hung")

            production("exec", "app", "python", "-c", KILL_THE_SERVER)
            wait_until_ready(project, load, "the application was killed")

            for service in ("postgres", "redis", "app"):
                name = container(project, service)
                run("docker", "network", "disconnect", network, name)
                if service != "app":  # which cannot be asked now
                    path = "/notes" if service == "postgres" else "/visits"
                    assert ask(project, path)[0] == 503, "within the 30 s that `ask` waits"
                    assert ask(project, "/readyz")[1][service] == "unavailable"
                run("docker", "network", "connect", "--alias", service, network, name)
                wait_until_ready(project, load, f"{service} lost its network")

            done = production("exec", "app", "python", "-c", FILL_THE_TMPFS)
            assert "No space left" in done
            wait_until_ready(project, load, "the tmpfs was filled")
            assert ask(project, "/readyz")[0] == 200

        found = production("exec", "app", "python", "-c", READ_NOTES)
        there = {int(line.split()[0]) for line in found.splitlines() if line}
        [state] = json.loads(run("docker", "inspect", container(project, "app")).stdout)
    finally:
        production("down", "-t5")
    assert len(load.kept) == len(set(load.kept)) and set(load.kept) <= there
    assert load.statuses.keys() <= {200, 201, 503, "no connection"}, load.statuses
    assert state["RestartCount"] == 1, "only the kill needed a restart"
