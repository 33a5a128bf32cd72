"""What is in the images, and what never gets there."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import secrets
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.commands import run
from support.projects import Bakery, Project

pytestmark = pytest.mark.needs("docker", "index")

AWKWARD = 'It\'s "quoted" \\ $HOME # é 🐍'


@pytest.fixture(scope="module", params=["cli", "web"])
def project(request: pytest.FixtureRequest, bake: Bakery) -> Project:
    return bake(isolation="both", app=request.param, project_description=AWKWARD)


# For what is the same in the files of all projects.
one = pytest.mark.parametrize("project", ["cli"], indirect=True)


@pytest.fixture
def tag() -> Iterator[str]:
    """A name for an image, which is removed after the test."""
    name = f"image-{os.getpid()}-{secrets.token_hex(4)}"
    yield name
    run("docker", "image", "rm", "-f", name, check=False)


def build(project: Project, *words: object) -> str:
    """Build an image; return what BuildKit tells of its steps."""
    return project.run("docker", "build", "--progress=plain", *words, ".").stderr


def config(image: str) -> dict[str, Any]:
    return json.loads(run("docker", "image", "inspect", image).stdout)[0]


def saved(project: Project, image: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the image's settings, and all files in the layers that it adds to its base."""
    path = folder / "image.tar"
    run("docker", "save", "-o", path, image)
    base = config(f"python:{project.answers['python_version']}-slim")["RootFS"]["Layers"]
    layers = [layer.removeprefix("sha256:") for layer in config(image)["RootFS"]["Layers"]]
    assert layers[: len(base)] == [layer.removeprefix("sha256:") for layer in base]
    seen = set()
    with tarfile.open(path) as archive:
        for member in archive:
            content = archive.extractfile(member).read() if member.isfile() else b""
            digest = hashlib.sha256(content).hexdigest()
            if digest not in layers:
                yield member.name, content
            elif digest in layers[len(base) :]:
                seen.add(digest)
                with tarfile.open(fileobj=io.BytesIO(content)) as layer:
                    for entry in layer:
                        data = layer.extractfile(entry).read() if entry.isfile() else b""
                        yield f"/{entry.name}", data
    assert seen == set(layers[len(base) :]), "looked into every layer"
    path.unlink()


def test_labels_come_from_answers_and_build_arguments(project: Project, tag: str) -> None:
    build(project, "-t", tag)
    words = ("--build-arg=VERSION=1.2.3", "--build-arg=SOURCE=https://git.example.org/x")
    steps = build(project, "-t", tag, *words, "--build-arg=REVISION=abc $x")
    name = "org.opencontainers.image."
    assert {
        key.removeprefix(name): value for key, value in config(tag)["Config"]["Labels"].items()
    } == {
        "title": project.answers["project_name"],
        "description": AWKWARD,
        "licenses": "MIT",
        "version": "1.2.3",
        "revision": "abc $x",
        "source": "https://git.example.org/x",
    }
    ran = [line for line in steps.splitlines() if "] RUN " in line or "] COPY " in line]
    numbers = {line.split()[0] for line in ran}
    cached = {line.split()[0] for line in steps.splitlines() if line.endswith(" CACHED")}
    assert numbers and numbers <= cached, "a new commit runs no step again"


def test_two_builds_give_the_same_bytes(project: Project, tmp_path: Path) -> None:
    """All but the base image's files, whose bytecode is compiled for their own times."""
    digests = set()
    for number in range(2):
        for path in (project.path / "src").rglob("*"):
            os.utime(path, (1e9 + number, 1e9 + number))
        target = tmp_path / "image.tar"
        pinned = "--build-arg=SOURCE_DATE_EPOCH=1700000000"
        build(project, "--no-cache", pinned, f"--output=type=tar,dest={target}")
        digests.add(hashlib.sha256(target.read_bytes()).hexdigest())
    assert len(digests) == 1
    modes, compiled, sources = set(), set(), set()
    with tarfile.open(target) as archive:
        for member in archive:
            if member.name.startswith(("opt/venv/lib/", "app/src/")):
                if member.name.endswith(".pyc"):
                    modes.add(archive.extractfile(member).read()[4:8])
                    folder, name = member.name.split("/__pycache__/")
                    compiled.add(f"{folder}/{name.split('.')[0]}.py")
                elif member.name.endswith(".py"):
                    sources.add(member.name)
    assert modes == {b"\1\0\0\0"}, "bytecode by hash, not checked again: PEP 552"
    assert sources and sources == compiled


# Each in the project, in its source and in its tests.
HOSTILE = [
    ".aws/credentials",
    ".config/gcloud/credentials.db",
    ".docker/config.json",
    ".env",
    ".env.production",
    ".git/config",
    ".git-credentials",
    ".kube/config",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".ssh/config",
    ".vault-token",
    ".venv/lib/x.py",
    "_netrc",
    "application_default_credentials.json",
    "ca.key",
    "client_credentials.json",
    "dev.tfvars",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
    "id_rsa.pub",
    "key.p12",
    "keys.jks",
    "kubeconfig",
    "my-kubeconfig.yaml",
    "cluster.kubeconfig",
    "my-service-account.json",
    "node_modules/x/index.js",
    "passwords.kdbx",
    "private.pem",
    "service_account.json",
    "store.pfx",
    "terraform.tfstate",
    "terraform.tfstate.backup",
    "venv/bin/activate",
    "env/pyvenv.cfg",
    "env/lib/python3.14/site-packages/x.py",
    "x.egg-info/PKG-INFO",
    "serviceAccountKey.json",
    "app-firebase-adminsdk-x1.json",
    "client_secret_1.json",
    "credentials",
    "credentials.yml",
    "aws/credentials",
    "secrets.yaml",
    "app-secrets.json",
    "secrets.toml",
    "prod.env",
    "env.production",
    "npmrc",
    "pypirc",
    "netrc",
    "pgpass",
    "git-credentials",
    "htpasswd",
    "app.keystore",
    "AuthKey.p8",
    "key.pkcs12",
    "backup.gpg",
    "private.asc",
    "vpn.ovpn",
    "deploy_ed25519",
    "deploy_rsa",
    "key.pem.old",
    "server.key.bak",
    "plan.tfplan",
    "db.sqlite3",
    ".main.py.swp",
]
# In the project, where no name is known.
OUTSIDE = [
    "dump.sql",
    "secret.txt",
    "certificate.crt",
    "data/customers.csv",
    "id",
    "src2/x.py",
    "apt-packages-x.txt",
]


@one
def test_nothing_leaks(project: Project, tag: str, tmp_path: Path) -> None:
    marker = f"leak-{secrets.token_hex(16)}"
    folders = ("", "src/", "src/my_project/", "src/my_project/deeper/", "tests/")
    names = {f"{folder}{name}" for folder in folders for name in HOSTILE} | set(OUTSIDE)
    copy = Project(tmp_path / "project", {})
    run("cp", "-R", project.path, copy.path)
    for name in names:
        (copy.path / name).parent.mkdir(parents=True, exist_ok=True)
        copy.write(name, marker)
    with (copy.path / "huge.iso").open("wb") as huge:
        huge.truncate(1024**3)
    kept = {"src/my_project/deeper/data.json", "src/my_project/deeper/kubeconfig.py"}
    for name in kept:
        copy.write(name, "{}")

    # Everything that is sent, as the builder sees it.
    everything = tmp_path / "everything"
    words = ("--no-cache", "-f", "-", "--output", everything, ".")
    done = copy.run("docker", "build", *words, input="FROM scratch\nCOPY . /\n")
    found = {p.relative_to(everything).as_posix() for p in everything.rglob("*") if p.is_file()}
    ours = project.files().keys()
    needed = "src/", "requirements", "pyproject", "apt-", "dev/dev_locks.py", "dev/dev_metadata.py"
    sent = {name for name in ours if name.startswith(needed)}
    assert found == sent | kept
    assert done.returncode == 0

    for target in ("runtime", "dev"):
        build(copy, "--target", target, "-t", tag)
        for name, content in saved(project, tag, tmp_path):
            assert marker.encode() not in content, f"{target}: {name}"
            assert not name.endswith("huge.iso")


class Index(BaseHTTPRequestHandler):
    """A package index with one package, for those who know the password."""

    FILE = "/private_thing-1.0-py3-none-any.whl"
    wheel = b""
    authorization = ""
    refused = 0

    def do_GET(self) -> None:
        if self.headers.get("Authorization") != self.authorization:
            type(self).refused += 1
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = self.wheel if self.path == self.FILE else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass


def private_thing() -> bytes:
    """Return a wheel."""
    about = "private_thing-1.0.dist-info"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as wheel:
        wheel.writestr("private_thing.py", "ANSWER = 42\n")
        metadata = "Metadata-Version: 2.1\nName: private-thing\nVersion: 1.0\n"
        wheel.writestr(f"{about}/METADATA", metadata)
        tags = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{about}/WHEEL", tags)
        wheel.writestr(f"{about}/RECORD", "")
    return stream.getvalue()


@pytest.fixture
def index() -> Iterator[tuple[str, str]]:
    """The address of a file in a private index, and the netrc that opens it."""
    password = secrets.token_hex(16)
    Index.wheel = private_thing()
    Index.authorization = "Basic " + base64.b64encode(f"reader:{password}".encode()).decode()
    Index.refused = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}{Index.FILE}"
    yield address, f"machine 127.0.0.1 login reader password {password}\n"
    server.shutdown()
    server.server_close()


@one
def test_the_password_of_a_package_index_stays_out(
    project: Project, index: tuple[str, str], tag: str, tmp_path: Path
) -> None:
    address, netrc = index
    password = netrc.split()[-1].encode()
    (tmp_path / "netrc").write_text(netrc)
    secret = f"--secret=id=netrc,src={tmp_path / 'netrc'}"
    copy = Project(tmp_path / "project", {})
    run("cp", "-R", project.path, copy.path)
    copy.write("requirements.in", f"{copy.read('requirements.in')}private-thing @ {address}\n")

    host = ("--network=host", "--progress=plain")
    locking = ("docker", "build", *host, "--target=lock", "--output=.")
    assert copy.run(*locking, ".", check=False).returncode, "locked without the password"
    copy.run(*locking, secret, ".")
    assert f"\nprivate-thing @ {address} \\\n    --hash=" in copy.read("requirements.txt")
    assert password.decode() not in copy.read("requirements.txt")

    building = ("docker", "build", *host, "-t", tag)
    assert copy.run(*building, ".", check=False).returncode, "built without the password"
    assert Index.refused
    for target in ("runtime", "dev"):
        done = copy.run(*building, secret, "--target", target, ".")
        assert password.decode() not in done.stderr
        script = "import private_thing; print(private_thing.ANSWER)"
        words = ("docker", "run", "--rm", "--entrypoint", "python", tag, "-c", script)
        assert run(*words).stdout == "42\n"
        for name, content in saved(project, tag, tmp_path):
            assert password not in content, f"{target}: {name}"
            assert not name.endswith("/.netrc"), target
        assert password.decode() not in run("docker", "history", "--no-trunc", tag).stdout
