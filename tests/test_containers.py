"""What each container may do: every service of every kind of project, written out by hand."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from support.commands import run
from support.projects import Bakery, Project
from test_docker import compose, free_port

MB = 2**20
KINDS = {
    "web": {"app": "web", "services": ["postgres", "redis"], "port": "8001"},
    "cli": {"app": "cli"},
    "own": {"app": "own", "port": "8001", "command": "gunicorn shop"},
    "folders": {"app": "own", "port": "8001", "command": "gunicorn shop", "writes": "media"},
}
SETTINGS = {"POSTGRES_PASSWORD": "secret"}

# --- The table ----------------------------------------------------------------

# What no service goes without.
HARDENED = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
}
PROGRAM = {
    "init": True,
    "stop_grace_period": "5s",
    "tmpfs": ["/tmp:mode=1777,size=64m"],
    "mem_limit": 512 * MB,
    "cpus": 1,
    "pids_limit": 128,
}
SOURCE = {"user": "1000:1000", "mounts": ["src on /app/src, read-only"]}
PORT = {"ports": ["127.0.0.1:8001 to 8000"]}

POSTGRES = {
    "user": "999:999",
    "restart": "unless-stopped",
    "stop_grace_period": "30s",
    "tmpfs": ["/run/postgresql:uid=999,gid=999", "/tmp:mode=1777,size=64m"],
    "shm_size": 128 * MB,
    "mem_limit": 512 * MB,
    "cpus": 1,
    "pids_limit": 256,
    "mounts": ["volume postgres on /var/lib/postgresql, writable"],
}
REDIS = {
    "user": "999:999",
    "restart": "unless-stopped",
    "mem_limit": 384 * MB,
    "cpus": 1,
    "pids_limit": 64,
    "mounts": ["volume redis on /data, writable"],
}
# The tests, which `run` starts, and never `up`.
TEST = {
    "scale": 0,
    "init": True,
    "tmpfs": ["/tmp:mode=1777"],
    "mem_limit": 2048 * MB,
    "pids_limit": 512,
}
TESTS = {
    "production": {**TEST, "pull_policy": "never"},
    "development": {
        **TEST,
        "pull_policy": "build",
        "user": "1000:1000",
        "mounts": [". on /app, writable"],
    },
}

TABLE: dict[tuple[str, str], dict[str, dict[str, Any]]] = {
    ("web", "production"): {
        "app": {**PROGRAM, **PORT, "restart": "unless-stopped", "pull_policy": "never"},
        "migrate": {**PROGRAM, "restart": "on-failure:3", "pull_policy": "never"},
        "postgres": POSTGRES,
        "redis": REDIS,
    },
    ("web", "development"): {
        "app": {**PROGRAM, **PORT, **SOURCE, "restart": "no", "pull_policy": "build"},
        "migrate": {**PROGRAM, **SOURCE, "restart": "on-failure:3", "pull_policy": "build"},
        "postgres": {**POSTGRES, "ports": ["127.0.0.1:32178 to 5432"]},
        "redis": {**REDIS, "ports": ["127.0.0.1:32179 to 6379"]},
    },
    ("cli", "production"): {"app": {**PROGRAM, "pull_policy": "never"}},
    ("cli", "development"): {"app": {**PROGRAM, **SOURCE, "pull_policy": "never"}},
    ("own", "production"): {
        "app": {
            **PROGRAM,
            "ports": ["127.0.0.1:8001 to 8001"],
            "restart": "unless-stopped",
            "pull_policy": "never",
        },
    },
    ("own", "development"): {
        "app": {
            **PROGRAM,
            "user": "1000:1000",
            "mounts": [". on /app, read-only"],
            "ports": ["127.0.0.1:8001 to 8001"],
            "restart": "no",
            "pull_policy": "build",
        },
    },
}
# With folders that the program writes to, which the tests write to as well.
FOLDERS = {
    "production": ["volume app-media on /app/media, writable"],
    "development": [
        "volume app-media-development on /app/media, writable",
        ". on /app, read-only",
        "media on /mnt/app-media, read-only",
    ],
}
for shape, mounts in FOLDERS.items():
    TABLE["folders", shape] = {"app": {**TABLE["own", shape]["app"], "mounts": mounts}}
# The tests use empty folders, which are gone with the container.
EMPTY = "volume of the container on /app/media, writable"
OWN_TESTS = {**TESTS["development"], "mounts": [". on /app, writable", EMPTY]}
TABLE["folders", "development"]["test"] = OWN_TESTS
# What a service has besides, which other tests look at by running it.
OTHERWISE = {
    "build",
    "command",
    "depends_on",
    "entrypoint",
    "environment",
    "healthcheck",
    "image",
    "networks",
}


def configured(project: Project, *files: str) -> dict[str, dict[str, Any]]:
    """Return the services as Docker Compose reads them from its files."""
    names = [word for file in files for word in ("-f", file)]
    words = ("docker", "compose", *names, "config", "--format=json")
    return dict(json.loads(project.run(*words, env=SETTINGS).stdout)["services"])


def described(service: dict[str, Any], project: Project) -> dict[str, Any]:
    """Return what a service may, in the words of the table."""
    found = {name: value for name, value in service.items() if name not in OTHERWISE}
    for name in ("mem_limit", "shm_size"):
        if name in found:
            found[name] = int(found[name])
    if "ports" in found:
        found["ports"] = [
            f"{port['host_ip']}:{port['published']} to {port['target']}" for port in found["ports"]
        ]
    if "volumes" in found:
        found["mounts"] = [mount(volume, project) for volume in found.pop("volumes")]
    return found


def mount(volume: dict[str, Any], project: Project) -> str:
    """Return where a volume or a folder of the project is mounted, and how."""
    mode = "read-only" if volume.get("read_only") else "writable"
    if volume["type"] == "volume":
        name = volume.get("source", "of the container")
        return f"volume {name} on {volume['target']}, {mode}"
    source = os.path.relpath(volume["source"], project.path)
    is_folder_of_volume = volume["target"].startswith("/mnt/app-")
    created = bool(volume["bind"].get("create_host_path"))
    assert source == "." or created == is_folder_of_volume, "would be made, by root"
    return f"{source} on {volume['target']}, {mode}"


@pytest.fixture(scope="module")
def projects(bake: Bakery) -> dict[str, Project]:
    return {kind: bake(isolation="docker", **answers) for kind, answers in KINDS.items()}


@pytest.mark.needs("docker")
@pytest.mark.parametrize(("kind", "shape"), TABLE, ids="-".join)
def test_each_service_may_what_the_table_says_and_nothing_else(
    kind: str, shape: str, projects: dict[str, Project]
) -> None:
    files = ["compose.yaml"] if shape == "production" else []
    services = configured(projects[kind], *files)
    table = {"test": TESTS[shape], **TABLE[kind, shape]}
    expected = {name: HARDENED | service for name, service in table.items()}
    assert {name: described(services[name], projects[kind]) for name in services} == expected


@pytest.mark.needs("docker")
@pytest.mark.parametrize("kind", ["web", "own"])
def test_the_container_of_an_editor_may_write_to_the_project_and_to_its_home(
    kind: str, projects: dict[str, Project]
) -> None:
    files = ("compose.yaml", "compose.override.yaml", ".devcontainer/compose.yaml")
    project = projects[kind]
    found = described(configured(project, *files)["app"], project)
    below = [] if kind == "own" else ["src on /app/src, writable"]
    assert sorted(found.pop("mounts")) == [". on /app, writable", *below]
    assert found.pop("ports", []) == TABLE[kind, "development"]["app"].get("ports", [])
    expected = {**HARDENED, **PROGRAM, "restart": "no", "pull_policy": "never"}
    expected |= {"user": "developer", "mem_limit": 4096 * MB, "pids_limit": 1024}
    del expected["read_only"], expected["cpus"]
    assert found == expected


def test_without_services_the_container_of_an_editor_has_no_capabilities_either(
    projects: dict[str, Project],
) -> None:
    """It needs no Docker Compose: test_devcontainer.py starts it."""
    found = json.loads(projects["cli"].read(".devcontainer/devcontainer.json"))
    limits = ["--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=4g"]
    assert found["runArgs"] == [*limits, "--pids-limit=1024"]
    assert found["remoteUser"] == "developer" and "dockerComposeFile" not in found


@pytest.mark.needs("docker")
def test_two_projects_publish_no_port_in_common(bake: Bakery) -> None:
    """The program and both services: three of each."""
    answers = {"isolation": "docker", "app": "web", "services": ["postgres", "redis"]}
    published = [
        {
            port["published"]
            for service in configured(bake(**answers, project_name=name)).values()
            for port in service.get("ports", [])
        }
        for name in ("One", "Two")
    ]
    assert [len(ports) for ports in published] == [3, 3]
    assert not published[0] & published[1]


# --- Who runs what ------------------------------------------------------------

USERS = {
    "python": "",
    "debian": "",
    "installer": "",
    "base": "",
    "build": "",
    "deps": "",
    "dev": "10001:10001",
    "devcontainer": "developer",
    "resolve": "",
    "lock": "",
    "metadata": "",
    "source": "",
    "runtime": "10001:10001",
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_image_that_runs_a_program_runs_it_as_root(
    kind: str, projects: dict[str, Project]
) -> None:
    users: dict[str, str] = {}
    for line in projects[kind].read("Dockerfile").splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            source, _, stage = rest.partition(" AS ")
            users[stage] = users.get(source, "")
        elif word == "USER":
            users[stage] = rest
    assert users == USERS


@pytest.mark.parametrize(
    ("answers", "signals"),
    [
        ({"app": "cli"}, ["SIGINT", "SIGINT"]),
        ({"app": "web"}, ["SIGINT", "SIGINT"]),
        ({"app": "own", "command": "python job.py"}, ["SIGINT", "SIGINT"]),
        ({"app": "own", "command": "gunicorn shop"}, []),
        ({"app": "own", "command": "celery worker"}, []),
    ],
    ids=str,
)
def test_only_a_plain_python_program_is_stopped_by_an_interrupt(
    answers: dict[str, str], signals: list[str], bake: Bakery
) -> None:
    """In development and production. Servers take one for a reason to drop their work."""
    lines = bake(isolation="docker", **answers).read("Dockerfile").splitlines()
    assert [line.split()[1] for line in lines if line.startswith("STOPSIGNAL ")] == signals


# --- The same, seen from the engine -------------------------------------------


@pytest.fixture(scope="module")
def running(bake: Bakery) -> Iterator[Project]:
    """A web service in development, and its tests."""
    name = f"Containers {os.getpid()}"
    answers = {"isolation": "docker", "app": "web", "port": str(free_port()), "project_name": name}
    project = bake(**answers, package_name="my_project")
    try:
        compose(project, "up", "--wait")
        compose(project, "run", "--detach", "test", "sleep", "600")
        yield project
    finally:
        project.run("docker", "compose", "down", "--remove-orphans", "--rmi=local", "-t1")


def slug(project: Project) -> str:
    return str(project.answers["project_name"]).lower().replace(" ", "-")


def container(project: Project, service: str) -> str:
    """Return the container of a service, which `docker compose ps` leaves out after a `run`."""
    labels = {"project": slug(project), "service": service}
    filters = [f"--filter=label=com.docker.compose.{key}={value}" for key, value in labels.items()]
    return run("docker", "ps", "--quiet", *filters).stdout.strip()


@pytest.mark.needs("docker", "index")
@pytest.mark.parametrize("service", ["app", "test"])
def test_development_is_as_hardened_as_production(service: str, running: Project) -> None:
    [about] = json.loads(run("docker", "inspect", container(running, service)).stdout)
    host = about["HostConfig"]
    assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and host["Init"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"] and not host["Privileged"]
    assert host["Memory"] and host["PidsLimit"]
    words = ("docker", "exec", container(running, service), "cat", "/proc/1/status")
    status = run(*words).stdout
    assert "CapEff:\t0000000000000000" in status and "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Uid:\t" + "\t".join(["1000"] * 4) in status


@pytest.mark.needs("docker", "index")
def test_the_source_is_mounted_so_that_no_user_can_write_to_it(running: Project) -> None:
    [about] = json.loads(run("docker", "inspect", container(running, "app")).stdout)
    mounts = {mount["Destination"]: mount["RW"] for mount in about["Mounts"]}
    assert mounts == {"/app/src": False}
    seen = run("docker", "exec", container(running, "app"), "cat", "/proc/mounts").stdout
    [options] = [line.split()[3] for line in seen.splitlines() if line.split()[1] == "/app/src"]
    assert options.split(",")[0] == "ro"


@pytest.mark.needs("docker", "index")
@pytest.mark.parametrize("tag", ["dev", "test"])
def test_without_compose_development_does_not_run_as_root_either(
    tag: str, running: Project
) -> None:
    words = ("docker", "image", "inspect", f"localhost/{slug(running)}:{tag}")
    [image] = json.loads(run(*words).stdout)
    assert image["Config"]["User"] == "10001:10001"


@pytest.mark.needs("docker", "index")
@pytest.mark.parametrize(
    ("lock", "target"), [("requirements.txt", "deps"), ("requirements-dev.txt", "dev")]
)
@pytest.mark.parametrize("beside", [True, False], ids=["beside hashed ones", "alone"])
def test_no_image_takes_a_lock_with_a_line_without_a_hash(
    lock: str, target: str, beside: bool, running: Project
) -> None:
    before = running.read(lock)
    running.write(lock, f"{before if beside else ''}six==1.17.0\n")
    try:
        done = running.run("docker", "build", "--target", target, ".", check=False)
    finally:
        running.write(lock, before)
    assert done.returncode
    assert "all requirements must have a hash" in done.stderr


@pytest.mark.needs("docker", "index")
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_an_image_installs_with_uv_or_else_with_pip(installer: str, running: Project) -> None:
    """Pip installs the same packages where the index lacks a uv with one of these hashes."""
    dockerfile = running.read("Dockerfile")
    if installer == "pip":
        other = f"--hash=sha256:{'0' * 64}"
        running.write("Dockerfile", re.sub(r"--hash=sha256:\w+", other, dockerfile))
    try:
        image = running.run("docker", "build", "--quiet", "--target", "deps", ".").stdout.strip()
    finally:
        running.write("Dockerfile", dockerfile)
    show = "grep -h . /opt/venv/lib/python*/site-packages/*/INSTALLER | sort -u; ls /opt/venv/bin"
    found = run("docker", "run", "--rm", image, "sh", "-c", show).stdout.split()
    assert found[0] == installer and "uvicorn" in found
    run("docker", "image", "rm", "-f", image)


def test_each_public_image_comes_from_the_mirror(bake: Bakery) -> None:
    mirror = {"company_network": True, "registry": "mirror.example.com/hub"}
    project = bake(isolation="docker", app="cli", services=["postgres", "redis"], **mirror)
    services = yaml.safe_load(project.read("compose.base.yaml"))["services"]
    images = {services[name]["image"] for name in ("postgres", "redis")}
    assert images == {"mirror.example.com/hub/postgres:18", "mirror.example.com/hub/redis:8"}
