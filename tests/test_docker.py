"""The container half, really: images are built, started, asked, stopped and looked into."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from support.answers import SAMPLES, combinations, label
from support.commands import ROOT, run
from support.projects import Bakery, Project
from test_documents import blocks

pytestmark = pytest.mark.needs("docker", "index")

WITH_DOCKER = [
    answers
    for answers in combinations("isolation", "app")
    if answers["isolation"] != "venv" and answers["app"] in SAMPLES
]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module", params=WITH_DOCKER, ids=label)
def project(request: pytest.FixtureRequest, bake: Bakery) -> Iterator[Project]:
    """A project of its own name, so that it meets no other one on this engine."""
    name = f"Test {os.getpid()} {label(request.param)}"
    port = {"port": str(free_port())} if request.param["app"] == "web" else {}
    project = bake(**request.param, **port, project_name=name, package_name="my_project")
    yield project
    project.run("docker", "compose", "down", "--remove-orphans", "--volumes", "--rmi=local", "-t1")


def only(app: str) -> pytest.MarkDecorator:
    """Run a test with the projects of one application."""
    params = [answers for answers in WITH_DOCKER if answers["app"] == app]
    return pytest.mark.parametrize("project", params, ids=label, indirect=True)


def compose(project: Project, *words: str, shape: str = "development", **options: Any) -> str:
    """Run Docker Compose; return what it prints."""
    files = ["-f", "compose.yaml"] if shape == "production" else []
    return project.run("docker", "compose", *files, *words, **options).stdout


def get(project: Project, path: str) -> Any:
    """Return what the web service answers, as JSON."""
    with urllib.request.urlopen(f"http://127.0.0.1:{project.answers['port']}{path}") as answer:
        return json.load(answer)


def inspect(project: Project, shape: str = "development") -> dict[str, Any]:
    """Return what the engine says of the service's container."""
    container = compose(project, "ps", "--all", "--quiet", "app", shape=shape).strip()
    return json.loads(run("docker", "inspect", container).stdout)[0]


@only("web")
def test_development_reloads_on_a_change(project: Project) -> None:
    compose(project, "up", "--wait")
    assert get(project, "/") == {"message": "Hello, World!"}
    source = project.read("src/my_project/app.py")
    project.write("src/my_project/app.py", source.replace("{name}!", "dear {name}!"))
    try:
        deadline = time.monotonic() + 60
        while get_or_none(project, "/") != {"message": "Hello, dear World!"}:
            assert time.monotonic() < deadline, "did not reload"
            time.sleep(0.2)
    finally:
        project.write("src/my_project/app.py", source)
        compose(project, "down", "-t5")


def get_or_none(project: Project, path: str) -> Any:
    """Return the answer, or None while the service restarts."""
    try:
        return get(project, path)
    except (urllib.error.URLError, OSError):
        return None


@only("web")
def test_production_serves_hardened_and_stops_at_once(project: Project) -> None:
    compose(project, "up", "--build", "--wait", shape="production")
    try:
        assert get(project, "/healthz") == {"status": "ok"}
        assert get(project, "/?name=Ada") == {"message": "Hello, Ada!"}
        container = inspect(project, "production")
        host = container["HostConfig"]
        assert container["Config"]["User"] == "10001:10001"
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and host["Init"]
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert host["Memory"] and host["NanoCpus"] and host["PidsLimit"]
        assert host["LogConfig"]["Config"] == {"max-file": "3", "max-size": "10m"}
        assert host["RestartPolicy"]["Name"] == "unless-stopped"
        published = host["PortBindings"]["8000/tcp"]
        assert published == [{"HostIp": "127.0.0.1", "HostPort": str(project.answers["port"])}]
        status = compose(
            project, "exec", "app", "cat", "/proc/1/status", "/proc/self/status", shape="production"
        )
        assert status.count("Uid:\t10001\t10001\t10001\t10001") == 2
        assert status.count("CapEff:\t0000000000000000") == 2
        write = ("exec", "app", "python", "-c", "open('/app/src/x', 'w')")
        words = ("docker", "compose", "-f", "compose.yaml", *write)
        assert "Read-only file system" in project.run(*words, check=False).stderr

        compose(project, "stop", shape="production")
        stopped = inspect(project, "production")
    finally:
        compose(project, "down", "-t1", shape="production")
    assert stopped["State"]["ExitCode"] != 137, "was killed after the grace period"


@only("cli")
@pytest.mark.parametrize("shape", ["development", "production"])
def test_runs_the_command_line(project: Project, shape: str) -> None:
    compose(project, "build", shape=shape)
    # The production image is the program; that of development has it, a shell and the tools.
    program = () if shape == "production" else ("python", "-m", "my_project")
    words = ("run", "--rm", "app", *program)
    assert compose(project, *words, "hello", "Ada", shape=shape) == "Hello, Ada!\n"
    assert "in /opt/venv on Linux" in compose(project, *words, "info", shape=shape)
    files = ("-f", "compose.yaml") if shape == "production" else ()
    done = project.run("docker", "compose", *files, *words, "no-such-command", check=False)
    assert done.returncode == 2

    # The command of [project.scripts] exists as well.
    [command] = re.findall(r'(?m)^name = "(.*)"', project.read("pyproject.toml"))
    words = ("run", "--rm", "--entrypoint", command, "app", "hello")
    assert compose(project, *words, shape=shape) == "Hello, World!\n"


def test_a_shell_in_the_development_image(project: Project) -> None:
    script = "type pytest ruff && python -c 'import my_project; print(my_project.__file__)'"
    done = compose(project, "run", "--rm", "app", "bash", "-c", script)
    assert "/opt/venv/bin/pytest" in done and "/opt/venv/bin/ruff" in done
    assert "/app/src/my_project/__init__.py" in done


@pytest.mark.parametrize("project", WITH_DOCKER[-1:], ids=label, indirect=True)
@pytest.mark.parametrize("shape", ["development", "production"])
def test_what_the_project_adds_is_there(project: Project, shape: str) -> None:
    before = project.files()
    # As an editor on Windows leaves it; and the list that older projects have.
    project.append("apt-packages.txt", "\r\nhello\r\nbuild: sl  # only to build\r\n")
    project.write("apt-packages-build.txt", "cowsay\n")
    own = {
        "app": {"mem_limit": "1g", "depends_on": ["more"], "volumes": ["data:/data"]},
        "more": {
            "image": f"python:{project.answers['python_version']}-slim",
            "command": "sleep 60",
        },
    }
    project.write("compose.own.yaml", json.dumps({"services": own, "volumes": {"data": {}}}))
    text = (ROOT / "docs/containers.md").read_text("utf-8")
    [files_in_development] = re.findall(r"^COMPOSE_FILE=.*", text, re.MULTILINE)
    project.write(".env", f"{files_in_development}\n")
    project.write("compose.dev.yaml", '{"services": {"app": {"hostname": "for-development"}}}')
    try:
        compose(project, "up", "--build", "--wait", shape=shape)
        assert get(project, "/") == {"message": "Hello, World!"}
        assert compose(project, "exec", "app", "hello", shape=shape) == "Hello, world!\n"
        script = "ls /usr/games || true"
        found = compose(project, "exec", "app", "sh", "-c", script, shape=shape).split()
        only_to_build = {"sl", "cowsay"} & {*found}
        assert only_to_build == ({"sl", "cowsay"} if shape == "development" else set())
        assert inspect(project, shape)["HostConfig"]["Memory"] == 2**30
        assert "more" in compose(project, "ps", "--services", shape=shape)
        name = inspect(project, shape)["Config"]["Hostname"]
        assert (name == "for-development") == (shape == "development")
    finally:
        compose(project, "down", "--volumes", "-t1", shape=shape)
        for name in (".env", "compose.dev.yaml", "apt-packages-build.txt"):
            (project.path / name).unlink()
        for name in ("apt-packages.txt", "compose.own.yaml"):
            (project.path / name).write_bytes(before[name])


def test_runs_the_tests_and_linters_in_the_image(project: Project) -> None:
    assert " passed" in compose(project, "run", "--rm", "test")
    done = compose(project, "run", "--rm", "--no-deps", "test", "ruff", "check")
    assert "All checks passed" in done


def documented(page: str, start: str) -> str:
    """Return the block of a page that begins like this."""
    [block] = [b for b in blocks((ROOT / page).read_text("utf-8"), "sh") if b.startswith(start)]
    return block


WITHOUT_VENV = [answers for answers in WITH_DOCKER if answers["isolation"] == "docker"]


def test_the_test_container_is_a_place_to_work(bake: Bakery) -> None:
    """Tools write their reports into the project, as they do in a virtual environment."""
    answers = {"app": "cli", "package_name": "my_project"}
    project = bake(isolation="docker", project_name=f"Place {os.getpid()}", **answers)
    project.append("requirements-dev.in", "pytest-cov\nmypy\nhypothesis\nsyrupy\n")
    snapshot = "def test_it(snapshot) -> None:\n    assert 'x' == snapshot\n"
    project.write("tests/test_snapshot.py", snapshot)
    project.append("src/my_project/__init__.py", "\nx  =  1\n")
    project.run("sh", "-c", documented("docs/containers.md", "printf "))
    try:
        project.run("docker", "build", "--target=lock", "--output=.", ".")
        words = ("--cov", "--cov-report=html", "--snapshot-update", "-k", "greets or test_it")
        assert " 3 passed" in compose(project, "run", "--rm", "test", "pytest", *words)
        assert "no issues" in compose(project, "run", "--rm", "test", "mypy", "src")
        compose(project, "run", "--rm", "test", "ruff", "format")
    finally:
        compose(project, "down", "--remove-orphans", "--rmi=local", "-t1")
    assert project.read("src/my_project/__init__.py").endswith("\nx = 1\n")
    made = [".coverage", "htmlcov/index.html", "tests/__snapshots__/test_snapshot.ambr"]
    assert [name for name in made if not (project.path / name).is_file()] == []
    owners = {path.stat().st_uid for path in project.path.rglob("*")}
    assert owners == {os.getuid()}


def test_the_tests_are_those_of_now(project: Project) -> None:
    """An image of yesterday's source must not be tested."""
    compose(project, "run", "--rm", "test")
    project.write("tests/test_now.py", "def test_now() -> None:\n    assert False, 'of now'\n")
    try:
        words = ("docker", "compose", "run", "--rm", "test")
        done = project.run(*words, check=False)
    finally:
        (project.path / "tests/test_now.py").unlink()
    assert done.returncode == 1 and "AssertionError: of now" in done.stdout


def test_ports_are_for_this_machine_only(project: Project) -> None:
    for shape in ("development", "production"):
        text = compose(project, "config", "--format=json", shape=shape)
        services = json.loads(text)["services"].values()
        hosts = [port.get("host_ip") for service in services for port in service.get("ports", [])]
        assert set(hosts) <= {"127.0.0.1"}
        assert hosts or project.answers["app"] == "cli"


def test_two_projects_run_at_once(bake: Bakery) -> None:
    """Without an edit: their names keep images, containers, networks and ports apart."""
    names = [f"Twin {os.getpid()} {word}" for word in ("one", "two")]
    twins = [bake(isolation="docker", app="web", project_name=name) for name in names]
    try:
        for twin in twins:
            compose(twin, "up", "--wait")
        titles = [get(twin, "/openapi.json")["info"]["title"] for twin in twins]
        running = [compose(twin, "ps", "--services").split() for twin in twins]
    finally:
        for twin in twins:
            twin.run("docker", "compose", "down", "--remove-orphans", "--rmi=local", "-t1")
    assert titles == names
    assert running == [["app"]] * 2


def test_two_checkouts_of_one_project_run_test_and_build_at_once(bake: Bakery) -> None:
    """A worktree, with the block of docs/containers.md run in it."""
    services = ["postgres", "redis"]
    name = f"Checkout {os.getpid()}"
    first = bake(isolation="docker", app="web", services=services, project_name=name)
    first.write(".env", first.read(".env.example"))
    first.commit()
    folder = first.path.with_name(f"Second {name}")
    first.run("git", "worktree", "add", "--detach", folder)
    second = Project(folder, {})
    second.write(".env", first.read(".env.example"))
    second.run("sh", "-c", documented("docs/containers.md", "("))
    second.answers["port"] = re.findall(r"^APP_PORT=(.*)", second.read(".env"), re.MULTILINE)[-1]
    app = next(second.path.glob("src/*/app.py"))
    app.write_text(app.read_text("utf-8").replace(name, "The second"), "utf-8")
    both = (first, second)
    try:
        for project in both:
            compose(project, "up", "--wait")
        titles = [get(project, "/openapi.json")["info"]["title"] for project in both]
        assert titles == [name, "The second"]
        assert [set(get(project, "/readyz").values()) for project in both] == [{"ok"}] * 2
        assert " passed" in compose(second, "run", "--rm", "test")
        for shape in ("development", "production"):
            seen = [described_by_compose(project, shape) for project in both]
            assert not seen[0] & seen[1], "named alike in both"
    finally:
        for project in both:
            words = ("down", "--remove-orphans", "--volumes", "--rmi=local", "-t1")
            compose(project, *words)


def described_by_compose(project: Project, shape: str) -> set[str]:
    """Return the names of the images that are built, of volumes, networks and ports."""
    found = json.loads(compose(project, "config", "--format=json", shape=shape))
    services = found["services"].values()
    names = {service["image"] for service in services if "build" in service}
    names |= {item["name"] for kind in ("networks", "volumes") for item in found[kind].values()}
    return names | {port["published"] for service in services for port in service.get("ports", [])}


def test_settings_come_from_dotenv(project: Project) -> None:
    project.write(".env", "APP_GREETING='Hi $x \"q\" é'\n")
    script = "import os; print(os.environ['APP_GREETING'])"
    try:
        words = ("run", "--rm", "--entrypoint", "python", "app", "-c", script)
        shapes = ("development", "production")
        outputs = {compose(project, *words, shape=shape).splitlines()[-1] for shape in shapes}
    finally:
        (project.path / ".env").unlink()
    assert outputs == {'Hi $x "q" é'}


def test_production_settings_from_another_file_reach_compose_and_the_program(bake: Bakery) -> None:
    project = bake(isolation="docker", app="web")
    project.write(".env", "APP_PORT=20001\nAPP_GREETING=Hi\n")
    project.write(".env.production", "APP_PORT=20002\nAPP_GREETING=Welcome\n")
    other = {"COMPOSE_ENV_FILES": ".env.production"}
    found = json.loads(compose(project, "config", "--format=json", shape="production", env=other))
    app = found["services"]["app"]
    assert app["environment"]["APP_GREETING"] == "Welcome"
    assert [port["published"] for port in app["ports"]] == ["20002"]


@pytest.mark.parametrize("project", WITHOUT_VENV, ids=label, indirect=True)
def test_check_names_a_file_that_the_image_lacks(project: Project) -> None:
    folder = project.path / "src/my_project/.hidden"
    folder.mkdir()
    (folder / "x").touch()
    project.commit()
    project.write("src/credentials", "")
    lacks = "not in the image, see .dockerignore:"
    try:
        done = project.run("dev/do", "check", check=False)
        assert done.returncode == 1
        assert f"{lacks} src/my_project/.hidden/x \n" in done.stdout
        assert f"{lacks} src/credentials (untracked)\n" in done.stdout
        project.run("git", "rm", "-qf", folder / "x")
        project.run("dev/do", "check")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        (project.path / "src/credentials").unlink()
        shutil.rmtree(project.path / ".git")


def test_the_bare_build_is_production(project: Project) -> None:
    tag = f"bare-{os.getpid()}"
    project.run("docker", "build", "-q", "-t", tag, ".")
    image = json.loads(run("docker", "image", "inspect", tag).stdout)[0]["Config"]
    assert image["User"] == "10001:10001" and image["StopSignal"] == "SIGINT"
    command = image.get("Entrypoint") or image["Cmd"]
    assert command == ["python", "-m", "my_project"]
    assert image["Labels"]["org.opencontainers.image.title"] == project.answers["project_name"]
    script = (
        "import importlib.metadata as m, pathlib;"
        "print(*sorted(d.name for d in m.distributions()));"
        "print(*sorted(map(str, pathlib.Path('/app').rglob('*'))));"
        "print(all(p.stat().st_uid == 0 for p in pathlib.Path('/app').rglob('*')))"
    )
    look = run("docker", "run", "--rm", "--entrypoint", "python", tag, "-c", script).stdout
    packages, files, owned_by_root = look.splitlines()
    assert "pydantic-settings" in packages and "pytest" not in packages
    assert "/app/src/my_project/__main__.py" in files and "tests" not in files
    assert "__pycache__/settings.cpython" in files, "compiled at build"
    assert owned_by_root == "True"
    run("docker", "image", "rm", "-f", tag)


def test_source_with_tight_modes_still_runs(project: Project) -> None:
    """A umask of 077 on the host must not make the image unusable."""
    paths = [
        p for p in project.path.rglob("*") if p.is_dir() or p.suffix in (".py", ".toml", ".in")
    ]
    modes = {path: path.stat().st_mode for path in paths}
    for path in modes:
        path.chmod(0o700 if path.is_dir() else 0o600)
    try:
        tag = f"modes-{os.getpid()}"
        project.run("docker", "build", "-q", "-t", tag, ".")
        script = "import my_project.settings as s; print(s.load_settings().greeting)"
        words = ("docker", "run", "--rm", "--entrypoint", "python", tag, "-c", script)
        assert run(*words).stdout == "Hello\n"
        me = {"HOST_UID": str(os.getuid()), "HOST_GID": str(os.getgid())}
        assert " passed" in compose(project, "run", "--rm", "test", env=me)
        run("docker", "image", "rm", "-f", tag)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@only("web")
def test_the_image_serves_without_compose(project: Project) -> None:
    tag, port = f"alone-{os.getpid()}", free_port()
    project.run("docker", "build", "-q", "-t", tag, ".")
    words = ("-d", "--rm", "-p", f"127.0.0.1:{port}:8000")
    container = run("docker", "run", *words, tag).stdout.strip()
    alone = Project(project.path, {"port": port})
    try:
        deadline = time.monotonic() + 60
        while get_or_none(alone, "/healthz") != {"status": "ok"}:
            assert time.monotonic() < deadline, run("docker", "logs", container).stderr
            time.sleep(0.1)
    finally:
        run("docker", "rm", "-f", container)
        run("docker", "image", "rm", "-f", tag)


def test_locks_without_python_on_the_host(project: Project) -> None:
    before = {path: path.stat() for path in project.path.glob("requirements*")}
    files = project.files()
    # As if the index had fewer files when this was locked.
    lock = project.read("requirements.txt")
    project.write("requirements.txt", re.sub(r" \\\n +--hash=\S+(?=\n    #)", "", lock))
    assert project.files() != files
    project.run("docker", "build", "--target", "lock", "--output", ".", ".")
    assert project.files() == files, "locking again changes nothing else"
    assert all(path.stat().st_uid == before[path].st_uid for path in before)
    project.append("requirements.in", "-c constraints.txt\nsix\n")
    project.write("constraints.txt", "six<1.17\n")
    project.append("requirements-dev.in", "toml\n")
    project.run("docker", "build", "--target", "lock", "--output", ".", ".")
    assert "\nsix==1.16" in project.read("requirements.txt")
    assert "\ntoml==" in project.read("requirements-dev.txt")
    metadata = project.read("pyproject.toml")
    (project.path / "pyproject.toml").unlink()
    (project.path / "requirements.txt").unlink()
    project.run("docker", "build", "--target", "lock", "--output", ".", ".")
    assert "--python-version=3.11" in project.read("requirements.txt")
    project.write("pyproject.toml", metadata.replace(">=3.11", "<4"))
    done = project.run("docker", "build", "--target", "lock", ".", check=False)
    (project.path / "constraints.txt").unlink()
    for name, content in files.items():
        if name.startswith(("requirements", "pyproject")):
            (project.path / name).write_bytes(content)
    assert "expected a line such as requires-python" in done.stderr


def test_leaves_no_file_of_another_user(project: Project) -> None:
    compose(project, "run", "--rm", "test")
    in_app = ("docker", "compose", "run", "--rm", "app")
    project.run(*in_app, "python", "-m", "compileall", "src", check=False)
    project.run(*in_app, "ruff", "format", "--line-length=40", "src", check=False)
    source = project.path / "src"
    away = source.rename(project.path / "away")
    try:
        done = project.run(*in_app, "true", check=False)
        made = source.exists()
    finally:
        if source.exists():
            source.rmdir()
        away.rename(source)
    assert "src" in done.stderr and done.returncode and not made
    owner = project.path.stat().st_uid
    assert {path.stat().st_uid for path in project.path.rglob("*")} == {owner}
    assert not list(project.path.rglob("__pycache__"))
