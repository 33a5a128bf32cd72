"""Measure what a virtual environment and a container keep apart, and what each of them costs.

One web project with `both` is used, so that the two sides have the same packages and source. All
times are medians. The package index and the base image are not measured: packages are downloaded
before, and of an image only the layers above its base are counted.
"""

from __future__ import annotations

import contextlib
import datetime
import http.client
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = "figures"

# The program that says what it sees. It gets the path of a file of the user, and the port of a
# server that listens on 127.0.0.1 of the machine.
SEES = r"""
import importlib.metadata, json, os, pathlib, platform, socket, sys

path, port = sys.argv[1], int(sys.argv[2])

def reaches():
    try:
        socket.create_connection(("127.0.0.1", port), timeout=3).close()
        return True
    except OSError:
        return False

def writes():
    try:
        file = pathlib.Path("written-by-a-program")
        file.write_text("")
        file.unlink()
        return True
    except OSError:
        return False

def memory():
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        limit = pathlib.Path("/sys/fs/cgroup", name)
        if limit.exists():
            text = limit.read_text().strip()
            return int(text) if text.isdigit() and int(text) < 2**60 else None
    return None

def cores():
    group = pathlib.Path("/sys/fs/cgroup")
    if (group / "cpu.max").exists():
        quota, period = (group / "cpu.max").read_text().split()
    elif (group / "cpu/cpu.cfs_quota_us").exists():
        quota = (group / "cpu/cpu.cfs_quota_us").read_text()
        period = (group / "cpu/cpu.cfs_period_us").read_text()
    else:
        quota, period = "max", "1"
    limited = quota.strip().isdigit() and int(quota) / int(period)
    return limited or os.cpu_count()

release = pathlib.Path("/etc/os-release").read_text()
print(json.dumps({
    "system": dict(l.split("=", 1) for l in release.splitlines() if "=" in l)["PRETTY_NAME"].strip('"'),
    "kernel": ".".join(platform.release().split(".")[:2]),
    "python": platform.python_version(),
    "packages": len({d.name for d in importlib.metadata.distributions()}),
    "processes": sum(name.isdigit() for name in os.listdir("/proc")),
    "file": os.path.exists(path),
    "writes": writes(),
    "server": reaches(),
    "user": os.getuid(),
    "cores": cores(),
    "memory": memory(),
}))
"""


class Comparison:
    """A project, and the two ways to run it."""

    def __init__(self, scratch: Path, run: Callable[..., str], uv: Path) -> None:
        self.run_command = run
        self.folder = scratch / "figures-project"
        self.uv = uv
        self.python = f"{sys.version_info.major}.{sys.version_info.minor}"
        # An update needs a released version.
        self.template = scratch / "figures-template"
        run("git", "clone", "-q", ROOT, self.template)
        run("git", "tag", "v999.0.0", cwd=self.template)
        self.copy("both", self.folder)
        self.venv_python = self.folder / ".venv/bin/python"
        self.port = re.findall(r"APP_PORT:-(\d+)", (self.folder / "compose.base.yaml").read_text())[
            0
        ]
        self.two_branches()

    def run(self, *words: object, **options: Any) -> str:
        return self.run_command(*words, **{"cwd": self.folder, "PATH": self.path(), **options})

    def path(self) -> str:
        return f"{self.uv.parent}{os.pathsep}{os.environ['PATH']}"

    def copy(self, isolation: str, target: Path) -> None:
        answers = {
            "project_name": PACKAGE.title(),
            "isolation": isolation,
            "app": "web",
            "python_version": self.python,
        }
        data = [f"--data={name}={answer}" for name, answer in answers.items()]
        copier = Path(sys.executable).parent / "copier"
        self.run_command(copier, "copy", "-q", "--defaults", *data, self.template, target)
        self.git(target, "init", "-q", "-b", "main")
        self.git(target, "add", "-A")
        self.git(target, "commit", "-qm", "start")

    def git(self, folder: Path, *words: str) -> None:
        self.run_command(
            "git", "-c", "user.name=B", "-c", "user.email=b@example.org", *words, cwd=folder
        )

    def two_branches(self) -> None:
        """Make a branch whose lock has more packages."""
        self.git(self.folder, "switch", "-qc", "more")
        more = ROOT / "includes/locks/requirements-web-postgres-redis.txt"
        # The comment differs each time, so that no earlier build has these packages.
        lock = f"{more.read_text()}# {time.time()}\n"
        (self.folder / "requirements.txt").write_text(lock)
        self.git(self.folder, "commit", "-qam", "more packages")
        self.git(self.folder, "switch", "-q", "main")

    def compose(self, *words: object, production: bool = False, **options: Any) -> str:
        files = ["-f", "compose.yaml"] if production else []
        return self.run("docker", "compose", "--progress=quiet", *files, *words, **options)

    def change_source(self) -> None:
        source = self.folder / f"src/{PACKAGE}/app.py"
        source.write_text(source.read_text() + f"# {time.time()}\n")

    # --- Starting the service -------------------------------------------------

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", int(self.port), timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def wait(self) -> None:
        while not self.answers():
            time.sleep(0.01)

    @contextlib.contextmanager
    def served_from_venv(self) -> Iterator[int]:
        environment = {**os.environ, "APP_PORT": self.port, "PYTHONPATH": "src"}
        words = [str(self.venv_python), "-m", PACKAGE]
        child = subprocess.Popen(words, cwd=self.folder, env=environment, stdout=-3, stderr=-3)
        try:
            self.wait()
            yield child.pid
        finally:
            child.terminate()
            child.wait()

    @contextlib.contextmanager
    def served_from_container(self) -> Iterator[None]:
        try:
            self.compose("up", "--detach", production=True)
            self.wait()
            yield
        finally:
            self.compose("down", production=True)


def median(times: int, action: Callable[[], object], before: Callable[[], object]) -> float:
    """Return the median time of an action; what is done before is not counted."""
    samples = []
    for _ in range(times):
        before()
        start = time.perf_counter()
        action()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def nothing() -> None:
    pass


def resident(pid: int) -> int:
    """Return the memory of a process in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[0]) * 1024


def of_engine() -> int | None:
    """Return the memory of the engine and its parts, where this machine shows them."""
    found = 0
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, IndexError):
            if folder.name.isdigit():
                name = (folder / "comm").read_text().strip()
                if name in ("dockerd", "containerd") or name.startswith("containerd-shim"):
                    found += resident(int(folder.name))
    return found or None


def size(folder: Path) -> int:
    """Return the space that a folder takes on the disk."""
    return int(subprocess.check_output(["du", "-sk", str(folder)]).split()[0]) * 1024


def space_beyond(folder: Path, others: list[Path]) -> int:
    """Return the space of a folder that is not shared, by hard links, with folders before it."""
    words = ["du", "-sk", *map(str, [*others, folder])]
    return int(subprocess.check_output(words).decode().splitlines()[-1].split()[0]) * 1024


def layers(image: str) -> list[int]:
    words = ["docker", "history", "--human=false", "--format={{.Size}}", image]
    return [int(line) for line in subprocess.check_output(words).decode().split()]


# --- What each of them sees ---------------------------------------------------


def sees(here: Comparison, scratch: Path) -> dict[str, Any]:
    """Let the program say what it sees on the machine, in the environment and in a container."""
    secret = scratch / "a-file-of-yours"
    secret.write_text("")
    base = here.run(here.venv_python, "-c", "import sys; print(sys._base_executable)").strip()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        arguments = (str(secret), str(server.getsockname()[1]))
        container = here.compose(
            "run", "--rm", "-T", "app", "python", "-c", SEES, *arguments, production=True
        )
        return {
            "machine": json.loads(here.run(base, "-c", SEES, *arguments)),
            "venv": json.loads(here.run(here.venv_python, "-c", SEES, *arguments)),
            "docker": json.loads(container),
        }


def accept(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            server.accept()[0].close()


# --- What each of them costs --------------------------------------------------


def costs(here: Comparison, scratch: Path) -> dict[str, dict[str, float | None]]:
    """Return the figures of both sides, times in seconds and sizes in bytes."""
    venv: dict[str, float | None] = {}
    docker: dict[str, float | None] = {}
    activate = ("bash", "-c", ". dev/activate")
    without_uv = os.pathsep.join(
        folder for folder in here.path().split(os.pathsep) if not Path(folder, "uv").exists()
    )

    def clean() -> None:
        shutil.rmtree(here.folder / ".venv", ignore_errors=True)

    # Setting up, with the packages downloaded before.
    here.run(*activate)
    here.compose("build", "app")
    venv["set_up"] = median(5, lambda: here.run(*activate), clean)
    venv["set_up_pip"] = median(3, lambda: here.run(*activate, PATH=without_uv), clean)
    clean()
    here.run(*activate)
    docker["set_up"] = median(3, lambda: here.compose("build", "--no-cache", "app"), nothing)
    docker["set_up_pip"] = None
    venv["again"] = median(9, lambda: here.run(*activate), nothing)
    docker["again"] = median(5, lambda: here.compose("build", "app"), nothing)

    # A command, and the service.
    code = "import fastapi"
    venv["command"] = median(9, lambda: here.run(here.venv_python, "-c", code), nothing)
    words = ("run", "--rm", "-T", "app", "python", "-c", code)
    here.compose("build", "app", production=True)
    docker["command"] = median(5, lambda: here.compose(*words, production=True), nothing)

    def start(served: Callable[[], contextlib.AbstractContextManager[Any]]) -> float:
        samples = []
        for _ in range(5):
            begin = time.perf_counter()
            with served():
                samples.append(time.perf_counter() - begin)
        return statistics.median(samples)

    venv["start"] = start(here.served_from_venv)
    docker["start"] = start(here.served_from_container)

    # The tests, and production, after a change of the source.
    here.run("dev/do", "test")
    here.compose("run", "--rm", "-T", "test")
    venv["tests"] = median(5, lambda: here.run("dev/do", "test"), here.change_source)
    tests = ("run", "--rm", "-T", "test")
    docker["tests"] = median(3, lambda: here.compose(*tests), here.change_source)
    venv["rebuild"] = 0.0
    docker["rebuild"] = median(
        5, lambda: here.compose("build", "app", production=True), here.change_source
    )
    here.git(here.folder, "checkout", "-q", ".")

    # Another branch, with other packages: for the first time, and back.
    def other(branch: str, *words: str) -> float:
        start = time.perf_counter()
        here.run("git", "switch", "-q", branch)
        if words[0] == "docker":
            here.compose("build", "app")
        else:
            here.run(*words)
        return time.perf_counter() - start

    venv["branch"] = other("more", *activate)
    venv["branch_back"] = other("main", *activate)
    docker["branch"] = other("more", "docker")
    docker["branch_back"] = other("main", "docker")

    # The disk.
    base = f"python:{here.python}-slim"
    venv["disk"] = size(here.folder / ".venv")
    docker["disk"] = sum(layers(f"localhost/{PACKAGE}:dev")) - sum(layers(base))
    docker["disk_production"] = sum(layers(f"localhost/{PACKAGE}")) - sum(layers(base))
    venv["disk_production"] = None
    second = scratch / "second"
    here.copy("venv", second)
    here.run(*activate, cwd=second)
    cache = Path(here.run(here.uv, "cache", "dir").strip())
    venv["disk_second"] = space_beyond(second / ".venv", [cache, here.folder / ".venv"])
    docker["disk_second"] = None

    # Memory, and the time of a request.
    with here.served_from_venv() as pid:
        venv["request"] = request(here)
        venv["memory"] = resident(pid)
    before = of_engine()
    with here.served_from_container():
        docker["request"] = request(here)
        ids = here.run(
            "docker", "compose", "-f", "compose.yaml", "exec", "-T", "app", "python", "-c", MEMORY
        )
        docker["memory"] = int(ids)
        docker["engine"] = before and of_engine()
    venv["engine"] = None

    # Changing the isolation.
    project = scratch / "switched"
    here.copy("venv", project)
    copier = Path(sys.executable).parent / "copier"

    def switch(isolation: str) -> float:
        start = time.perf_counter()
        here.run(
            *(copier, "update", "-q", "--defaults", "--vcs-ref=:current:"),
            *("--data", f"isolation={isolation}"),
            cwd=project,
        )
        took = time.perf_counter() - start
        here.git(project, "add", "-A")
        here.git(project, "commit", "-qm", isolation)
        return took

    docker["switch"] = switch("docker")
    venv["switch"] = switch("venv")
    return {"venv": venv, "docker": docker}


# The memory of all processes of the container, except this one.
MEMORY = r"""
import os, re
total = 0
for name in os.listdir("/proc"):
    if name.isdigit() and int(name) != os.getpid():
        try:
            total += int(re.findall(r"VmRSS:\s+(\d+)", open(f"/proc/{name}/status").read())[0])
        except (OSError, IndexError):
            pass
print(total * 1024)
"""


def request(here: Comparison) -> float:
    """Return the median time of a small request."""
    samples = []
    for _ in range(300):
        start = time.perf_counter()
        assert here.answers()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


# --- The machine --------------------------------------------------------------


def machine(here: Comparison, load: float) -> dict[str, Any]:
    """Describe where and with what it was measured, without a name that belongs to it."""
    cpu = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.findall(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[0]
    release = Path("/etc/os-release").read_text()
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": cpu[0] if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "memory": int(memory) * 1024,
        "load": round(load),
        "system": re.findall(r'^PRETTY_NAME="?(.*?)"?$', release, re.MULTILINE)[0],
        "kernel": ".".join(platform.release().split(".")[:2]),
        "docker": here.run("docker", "version", "--format={{.Server.Version}}")
        .split("+")[0]
        .strip(),
        "compose": here.run("docker", "compose", "version", "--short").split("-")[0].strip(),
        "uv": here.run(here.uv, "--version").split()[1],
        "copier": here.run(Path(sys.executable).parent / "copier", "--version").split()[-1],
    }


def measure(scratch: Path, run: Callable[..., str], uv: Path) -> dict[str, Any]:
    """Measure everything, and leave nothing behind."""
    # Other programs on the machine make each figure worse, so the page mentions them.
    load = os.getloadavg()[1]
    here = Comparison(scratch, run, uv)
    try:
        found = costs(here, scratch)
        return {"machine": machine(here, load), "sees": sees(here, scratch), "costs": found}
    finally:
        here.run("docker", "compose", "--profile=*", "down", "--volumes", "--rmi=local")
        here.run("docker", "image", "rm", "-f", f"localhost/{PACKAGE}", f"localhost/{PACKAGE}:dev")
