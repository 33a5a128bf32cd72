"""The container half, really: images are built, started, asked, stopped and looked into."""

from __future__ import annotations

import json
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from conftest import Bake, Project, combinations, label, run

pytestmark = pytest.mark.needs("docker")

WITH_DOCKER = [a for a in combinations("isolation", "app") if a["isolation"] != "venv"]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module", params=WITH_DOCKER, ids=label)
def project(request: pytest.FixtureRequest, bake: Bake) -> Iterator[Project]:
    """A project of its own name, so that it meets no other one on this engine."""
    name = f"Test {os.getpid()} {label(request.param)}"
    port = {"port": free_port()} if request.param["app"] == "web" else {}
    project = bake(**request.param, **port, project_name=name, package_name="my_project")
    yield project
    project.run("docker", "compose", "--profile=*", "down", "--volumes", "--rmi=local", "-t1")


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
        deadline = time.monotonic() + 10
        while get_or_none(project, "/") != {"message": "Hello, dear World!"}:
            assert time.monotonic() < deadline, "did not reload within 10 s"
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

        start = time.monotonic()
        compose(project, "stop", shape="production")
        took = time.monotonic() - start
        stopped = inspect(project, "production")
    finally:
        compose(project, "down", "-t1", shape="production")
    assert took < 2, f"took {took:.1f} s to stop; the grace period is 5 s"
    assert stopped["State"]["ExitCode"] != 137, "had to be killed"


@only("cli")
@pytest.mark.parametrize("shape", ["development", "production"])
def test_runs_the_command_line(project: Project, shape: str) -> None:
    compose(project, "build", shape=shape)
    assert compose(project, "run", "--rm", "app", "hello", "Ada", shape=shape) == "Hello, Ada!\n"
    assert "in /opt/venv on Linux" in compose(project, "run", "--rm", "app", "info", shape=shape)
    files = ("-f", "compose.yaml") if shape == "production" else ()
    words = ("docker", "compose", *files, "run", "--rm", "app", "no-such-command")
    assert project.run(*words, check=False).returncode == 2


def test_runs_the_tests_and_linters_in_the_image(project: Project) -> None:
    assert " passed" in compose(project, "run", "--rm", "test")
    done = compose(project, "run", "--rm", "test", "ruff", "check", "src", "tests")
    assert "All checks passed" in done


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


def test_only_what_is_needed_reaches_the_build(project: Project) -> None:
    secrets = [".env", ".git/config", "id_rsa", "src/.env", "src/my_project/tls.key", "dump.sql"]
    secrets += ["node_modules/x/index.js", ".venv/bin/python", "tests/.aws/credentials"]
    for name in secrets:
        (project.path / name).parent.mkdir(parents=True, exist_ok=True)
        project.write(name, "secret\n")
    context = project.path / "context"
    dockerfile = "FROM scratch\nCOPY . /\n"
    ignore = project.path / "all.dockerignore"
    ignore.write_text(project.read(".dockerignore"))
    build = ("docker", "build", "-q", "-f", "-", "--output", context, ".")
    try:
        project.run(*build, input=dockerfile)
        found = {p.relative_to(context).as_posix() for p in context.rglob("*") if p.is_file()}
    finally:
        for name in secrets:
            (project.path / name).unlink()
    assert found == {
        name
        for name in project.files()
        if name.startswith(("src/", "tests/", "requirements", "pyproject"))
    }


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
        assert " passed" in compose(project, "run", "--rm", "test")
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
        deadline = time.monotonic() + 10
        while get_or_none(alone, "/healthz") != {"status": "ok"}:
            assert time.monotonic() < deadline, run("docker", "logs", container).stderr
            time.sleep(0.1)
    finally:
        run("docker", "rm", "-f", container)
        run("docker", "image", "rm", "-f", tag)


def test_a_missing_package_fails_the_build(project: Project) -> None:
    main = project.read("src/my_project/__main__.py")
    project.write("src/my_project/__main__.py", f"import pytest\n{main}")
    try:
        done = project.run("docker", "build", ".", check=False)
    finally:
        project.write("src/my_project/__main__.py", main)
    assert done.returncode and "No module named 'pytest'" in done.stderr


def test_locks_without_python_on_the_host(project: Project) -> None:
    before = {path: path.stat() for path in project.path.glob("requirements*")}
    files = project.files()
    project.run("docker", "build", "--target", "lock", "--output", ".", ".")
    assert project.files() == files, "locking again changes nothing"
    assert all(path.stat().st_uid == before[path].st_uid for path in before)
    project.append("requirements.in", "six\n")
    project.run("docker", "build", "--target", "lock", "--output", ".", ".")
    assert "\nsix==" in project.read("requirements.txt")
    project.write("pyproject.toml", project.read("pyproject.toml").replace(">=3.11", "<4"))
    done = project.run("docker", "build", "--target", "lock", ".", check=False)
    for name in ("requirements.in", "requirements.txt", "pyproject.toml"):
        (project.path / name).write_bytes(files[name])
    assert "needs a line such as requires-python" in done.stderr


def test_leaves_no_file_of_another_user(project: Project) -> None:
    compose(project, "run", "--rm", "test")
    write = ("--entrypoint", "python", "app", "-m", "compileall", "src")
    project.run("docker", "compose", "run", "--rm", *write, check=False)
    owner = project.path.stat().st_uid
    assert {path.stat().st_uid for path in project.path.rglob("*")} == {owner}
    assert not list(project.path.rglob("__pycache__"))
