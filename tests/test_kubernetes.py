"""The manifests on a real cluster: released, rolled under load, broken, and repaired.

The commands are those of docs/deploy.md. The tests follow each other on one cluster, which they
need for themselves: run them without other workers, as .ci/run does.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support import commands
from support.commands import ROOT, run
from support.load import Load
from support.projects import Bakery, Project
from test_documents import blocks

pytestmark = pytest.mark.needs("kubernetes", "docker", "index")

REQUESTS = 20_000
eventually = partial(commands.eventually, seconds=120)
SLOW = '''

@app.get("/slow")
async def slow() -> str:
    """Take three seconds."""
    import asyncio

    await asyncio.sleep(3)
    return "done"
'''
MIGRATION = '''"""A note has a colour."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notes", sa.Column("colour", sa.String()))
'''
# A program of one's own, which knows nothing of draining.
OWN = """import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(3)
        self.send_response(200 if self.path in ("/", "/slow") else 404)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


try:
    Server((ADDRESS, 8080), Handler).serve_forever()
except KeyboardInterrupt:
    sys.exit(0)
"""
# What the cluster has besides, as a database and a cache of one's own stand beside a program.
SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: postgres}
spec: {clusterIP: 10.96.0.50, selector: {app: postgres}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: redis}
spec: {clusterIP: 10.96.0.60, selector: {app: redis}, ports: [{port: 6379}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: postgres}
spec:
  strategy: {type: Recreate}
  selector: {matchLabels: {app: postgres}}
  template:
    metadata: {labels: {app: postgres}}
    spec:
      containers:
        - name: postgres
          image: postgres:18
          imagePullPolicy: IfNotPresent
          env:
            - {name: POSTGRES_USER, value: app}
            - {name: POSTGRES_PASSWORD, value: "p@ss/word"}
          readinessProbe: {exec: {command: [pg_isready, --host=127.0.0.1]}, periodSeconds: 1}
          volumeMounts: [{name: data, mountPath: /var/lib/postgresql}]
      volumes: [{name: data, hostPath: {path: FOLDER, type: DirectoryOrCreate}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: redis}
spec:
  strategy: {type: Recreate}
  selector: {matchLabels: {app: redis}}
  template:
    metadata: {labels: {app: redis}}
    spec:
      containers:
        - name: redis
          image: redis:8
          imagePullPolicy: IfNotPresent
          readinessProbe: {exec: {command: [redis-cli, -e, ping]}, periodSeconds: 1}
"""
# What the old and lonely Kubernetes of the tests needs: a way in from this machine, and the
# name that it has for the newer API.
ADAPT = """
  - target: {kind: Service}
    patch: |
      - {op: add, path: /spec/type, value: NodePort}
      - {op: add, path: /spec/ports/0/nodePort, value: PORT}
  - target: {kind: PodDisruptionBudget}
    options: {allowKindChange: true}
    patch: |
      - {op: replace, path: /apiVersion, value: policy/v1beta1}
"""


def documented(heading: str, number: int = 0) -> str:
    """Return the commands below a heading of docs/deploy.md."""
    text = (ROOT / "docs/deploy.md").read_text("utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return blocks(section, "sh")[number]


@dataclass
class Cluster:
    """A project on the cluster, in a namespace of its own."""

    project: Project
    program: str
    port: int
    kubeconfig: Path
    name: str
    images: list[str] = field(default_factory=list)

    def kubectl(self, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.project.run("kubectl", *words, env={"KUBECONFIG": self.kubeconfig}, **options)

    def do(self, commands: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run commands of the documentation."""
        commands = commands.replace("my-project", self.name)
        shell = ("bash", "-exc", commands)
        return self.project.run(*shell, env={"KUBECONFIG": self.kubeconfig}, check=check)

    def build(self, tag: str, context: str = ".", **options: Any) -> None:
        """Build an image, and let the cluster have it."""
        self.project.run(
            "docker", "build", "-q", "-t", f"localhost/{self.name}:{tag}", context, **options
        )
        self.load(f"localhost/{self.name}:{tag}")

    def load(self, image: str) -> None:
        run(self.program, "load", image)
        if image.startswith("localhost/"):
            self.images.append(image)

    def choose(self, tag: str) -> None:
        """Name the image of the next release."""
        name = "kustomize/production/kustomization.yaml"
        text = re.sub("newTag: .*", f'newTag: "{tag}"', self.project.read(name))
        self.project.write(name, text)

    def release(self, tag: str) -> None:
        """Release an image as documented."""
        self.choose(tag)
        migrates = "postgres" in self.project.answers["services"]
        self.do(documented("Each release", 0 if migrates else 1))

    def pods(self) -> list[dict[str, Any]]:
        words = ("get", "pods", "-l", "app.kubernetes.io/component=app", "-o", "json")
        return list(json.loads(self.kubectl(*words).stdout)["items"])

    def restarts(self) -> int:
        return sum(pod["status"]["containerStatuses"][0]["restartCount"] for pod in self.pods())

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Return the status and the answer to GET, or to POST with a body."""
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, None

    def python(self, script: str) -> str:
        """Run a script in one of the pods."""
        name = self.pods()[0]["metadata"]["name"]
        return self.kubectl("exec", name, "--", "python", "-c", script).stdout


@pytest.fixture(scope="module")
def start(
    bake: Bakery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Cluster]]:
    """Make a project whose manifests are set up for the cluster, and its namespace."""
    assert "PYTEST_XDIST_WORKER" not in os.environ, (
        "needs the machine for itself: run with --numprocesses=0"
    )
    program = os.environ["TESTS_KUBERNETES"]
    original = Path(run(program, cwd=ROOT).stdout.splitlines()[-1])
    started: list[Cluster] = []

    def begin(name: str, node_port: int, **answers: Any) -> Cluster:
        project = bake(isolation="docker", deploy="kubernetes", project_name=name, **answers)
        kubeconfig = tmp_path_factory.mktemp("kubernetes") / "config"
        kubeconfig.write_bytes(original.read_bytes())
        cluster = Cluster(project, str(ROOT / program), node_port, kubeconfig, name)
        started.append(cluster)

        manifest = "kustomize/production/kustomization.yaml"
        text = project.read(manifest).replace("registry.example.com/", "localhost/")
        text = text.replace("count: 2", "count: 3")
        project.write(manifest, text + ADAPT.replace("PORT", str(node_port)))
        return cluster

    yield begin
    for cluster in started:
        cluster.kubectl("delete", "namespace", cluster.name, "--wait=false", check=False)
        run("docker", "rmi", "-f", *cluster.images, check=False)


@pytest.fixture(scope="module")
def web(start: Callable[..., Cluster]) -> Cluster:
    """The web service with both services in its first release, and the images of two more."""
    name = f"web-{os.getpid()}"
    services = ["postgres", "redis"]
    cluster = start(name, 30080, app="web", package_name="my_project", services=services)
    project = cluster.project
    project.append("src/my_project/app.py", SLOW)
    project.write(".env.production", "POSTGRES_PASSWORD=p@ss/word\n")
    settings = "kustomize/production/settings.env"
    text = project.read(settings).replace("postgres.example.com", "10.96.0.50")
    project.write(settings, text.replace("redis.example.com", "10.96.0.60"))

    for image in ("postgres:18", "redis:8"):
        cluster.load(image)
    cluster.build("1")
    project.write("src/my_project/migrations/versions/0002_colour.py", MIGRATION)
    project.write(
        "src/my_project/app.py", project.read("src/my_project/app.py").replace("}!", "}.")
    )
    cluster.build("2")
    broken = f'FROM localhost/{name}:2\nCMD ["python", "-c", "raise SystemExit(\'broken\')"]\n'
    cluster.build("3", "-", input=broken)

    cluster.do(documented("The first time"))
    services_there = SERVICES.replace("FOLDER", f"/var/lib/{name}")
    cluster.kubectl("apply", "-f", "-", input=services_there)
    cluster.kubectl("rollout", "status", "deployment/postgres", "--timeout=120s")
    cluster.release("1")
    cluster.do(documented("Watch it"))
    return cluster


def test_a_release_migrates_and_serves(web: Cluster) -> None:
    assert web.ask("/") == (200, {"message": "Hello, World!"})
    assert web.ask("/notes", {"text": "Kept"}) == (201, {"id": 1, "text": "Kept"})
    assert web.ask("/visits", {}) == (200, {"visits": 1})
    assert len(web.pods()) == 3 and web.restarts() == 0


def test_a_pod_may_do_nothing_that_it_need_not(web: Cluster) -> None:
    status = web.python("print(open('/proc/1/status').read())")
    assert "Uid:\t10001\t10001\t10001\t10001" in status
    assert "Gid:\t10001\t10001\t10001\t10001" in status
    assert "CapEff:\t0000000000000000" in status and "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status

    find = (
        "import os; print([d for d, _, _ in os.walk('/') if os.access(d, os.W_OK)"
        " and not d.startswith(('/proc', '/dev', '/sys'))])"
    )
    assert web.python(find).strip() == "['/tmp']"
    assert "tmpfs /tmp" in web.python("print(open('/proc/mounts').read())")
    token = "import os; print(os.path.exists('/var/run/secrets/kubernetes.io'))"
    assert web.python(token).strip() == "False"
    # Of the Services in the namespace, only the one of the cluster itself is told.
    names = "import os; print([n for n in os.environ if 'SERVICE_HOST' in n])"
    assert web.python(names).strip() == "['KUBERNETES_SERVICE_HOST']"


def replaced(cluster: Cluster, before: list[dict[str, Any]]) -> bool:
    """Tell whether none of these pods is left."""
    names = {pod["metadata"]["name"] for pod in cluster.pods()}
    return not names & {pod["metadata"]["name"] for pod in before}


def test_the_second_release_migrates_and_loses_no_request(web: Cluster) -> None:
    before = web.pods()
    with Load(web.port) as load:
        load.wait_for(500)
        web.release("2")
        web.do(documented("Watch it"))
        eventually(lambda: replaced(web, before))
        load.wait_for(REQUESTS)
    print(dict(load.done))
    assert load.failed == []
    assert load.done.total() >= REQUESTS and min(load.done.values()) >= 15
    assert web.ask("/") == (200, {"message": "Hello, World."})
    assert web.ask("/notes") == (200, [{"id": 1, "text": "Kept"}])
    # Of all pods of the Job, which tries again while it does not reach the database.
    every_pod = ("-l", "app.kubernetes.io/component=migrate", "--tail=-1")
    assert "0001 -> 0002" in web.kubectl("logs", *every_pod).stdout


def test_a_broken_release_stops_and_is_taken_back_without_a_failed_request(web: Cluster) -> None:
    take_back_a_broken_release(web)


def take_back_a_broken_release(cluster: Cluster) -> None:
    with Load(cluster.port) as load:
        cluster.release("3")
        watched = cluster.do(documented("Watch it").replace("60s", "20s"), check=False)
        assert watched.returncode == 1 and "timed out" in watched.stderr
        cluster.do(documented("Undo a release"))
        cluster.do(documented("Watch it"))
        eventually(lambda: len(cluster.pods()) == 3)
    print(dict(load.done))
    assert load.failed == [] and load.done.total() > 100


def test_without_redis_the_rest_is_served(web: Cluster) -> None:
    web.kubectl("scale", "deployment/redis", "--replicas=0")
    eventually(lambda: web.ask("/visits")[0] == 503)
    time.sleep(12)  # two readiness probes, and the first of a liveness probe
    assert web.ask("/")[0] == 200 and web.ask("/notes")[0] == 200
    web.do(documented("Watch it"))
    web.kubectl("scale", "deployment/redis", "--replicas=1")
    eventually(lambda: web.ask("/visits")[0] == 200)
    assert web.restarts() == 0


def test_recovers_by_itself_when_the_database_is_back(web: Cluster) -> None:
    web.kubectl("scale", "deployment/postgres", "--replicas=0")
    eventually(lambda: web.ask("/notes")[0] == 503)
    assert web.ask("/")[0] == 200
    web.kubectl("scale", "deployment/postgres", "--replicas=1")
    eventually(lambda: web.ask("/notes") == (200, [{"id": 1, "text": "Kept"}]))
    assert web.restarts() == 0


@pytest.fixture(scope="module")
def own(start: Callable[..., Cluster]) -> Cluster:
    """A program of one's own, in its first release, and the images of two more."""
    answers = {"command": "python serve.py", "code": "serve.py", "port": "8080", "writes": "media"}
    cluster = start(f"own-{os.getpid()}", 30081, app="own", **answers)
    cluster.project.write(".env.production", "UNUSED=1\n")
    cluster.project.write("serve.py", OWN.replace("ADDRESS", '"0.0.0.0"'))
    cluster.build("1")
    cluster.build("2")
    # This one is not reached from outside.
    cluster.project.write("serve.py", OWN.replace("ADDRESS", '"127.0.0.1"'))
    cluster.build("3")
    cluster.do(documented("The first time"))
    cluster.release("1")
    cluster.do(documented("Watch it"))
    return cluster


def test_a_program_of_ones_own_loses_no_request_on_a_new_connection(own: Cluster) -> None:
    before = own.pods()
    with Load(own.port) as load:
        load.wait_for(500)
        own.release("2")
        own.do(documented("Watch it"))
        eventually(lambda: replaced(own, before))
        load.wait_for(REQUESTS)
    kept = [failure for failure in load.failed if failure.startswith("kept")]
    print(dict(load.done), f"{len(kept)} failed on kept connections:", kept)
    assert [failure for failure in load.failed if failure not in kept] == []


def test_a_program_of_ones_own_writes_to_its_folders_and_nowhere_else(own: Cluster) -> None:
    write = "open('media/x', 'w').write('kept'); print(open('media/x').read())"
    assert own.python(write).strip() == "kept"
    elsewhere = "import os; print([d for d in ('.', '/data', 'media') if os.access(d, os.W_OK)])"
    assert own.python(elsewhere).strip() == "['media']"


def test_a_broken_release_of_ones_own_never_becomes_ready(own: Cluster) -> None:
    take_back_a_broken_release(own)
