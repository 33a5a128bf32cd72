"""A company's network, really: a mirror, and an index of its own authority behind a proxy."""

from __future__ import annotations

import http.server
import json
import os
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pip._internal.models.index import PyPI  # where packages come from, as pip knows it
from support.commands import run
from support.projects import Bakery, Project
from test_venv import HERE, WITHOUT_UV, french, session, shell

# Only the proxy knows where this is: nothing comes from it that did not go that way.
INDEX = "index.company.test"
PYPI, FILES = (f"https://{host}" for host in (PyPI.netloc, PyPI.file_storage_domain))


class Index(http.server.BaseHTTPRequestHandler):
    """Hand on what PyPI has, under the name that was asked."""

    def do_GET(self) -> None:
        files = self.path.startswith("/files/")
        url = FILES + self.path.removeprefix("/files") if files else PYPI + self.path
        asked = {name: self.headers[name] for name in ("Accept", "Range") if self.headers[name]}
        request = urllib.request.Request(url, headers=asked, method=self.command)
        try:
            answer: Any = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            body, told = answer.read(), answer.headers
        if not files:
            body = body.replace(FILES.encode(), f"https://{self.headers['Host']}/files".encode())
            del told["Content-Length"]
        self.send_response(answer.status)
        for name in ("Accept-Ranges", "Content-Length", "Content-Range", "Content-Type"):
            if told[name]:
                self.send_header(name, told[name])
        if not told["Content-Length"]:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_: Any) -> None:
        pass


class Proxy(http.server.BaseHTTPRequestHandler):
    """Connect to the index, and to nothing else."""

    server: Any

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        if self.path != f"{INDEX}:443":
            self.send_error(403, "the company forbids it")
            return
        with socket.create_connection(self.server.index) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=hand_on, args=(there, self.connection), daemon=True)
            back.start()
            hand_on(self.connection, there)
            back.join()
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


def hand_on(source: socket.socket, target: socket.socket) -> None:
    """Send on what comes, until nothing more comes."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: Any) -> None:
        pass  # a client that trusts nobody hangs up


@dataclass
class Network:
    """What a project has to know, and what was asked of the proxy."""

    authority: str
    proxy: str
    asked: list[str] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        """Nothing else of this machine's settings gives packages or trust."""
        system = "/etc/ssl/certs/ca-certificates.crt"
        trust = {"PIP_CERT": system, "REQUESTS_CA_BUNDLE": system, "SSL_CERT_FILE": system}
        nothing = {
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "",
            "PIP_RETRIES": "0",
            "UV_HTTP_RETRIES": "0",
        }
        return {**trust, **nothing, "HTTPS_PROXY": self.proxy, "https_proxy": self.proxy}


def openssl(*words: object) -> None:
    run("openssl", *words)


NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")


def authority(folder: Path) -> Path:
    """Make an authority, and return its certificate."""
    key, crt = folder / "ca.key", folder / "ca.crt"
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign", "-subj", "/CN=Company CA")
    openssl("req", "-x509", *NEW, *usage, "-keyout", key, "-out", crt)
    return crt


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """An authority, an index with its certificate, and a proxy that containers reach."""
    folder = tmp_path_factory.mktemp("authority")
    key, crt = folder / "ca.key", authority(folder)
    signed = ("-CA", crt, "-CAkey", key, "-addext", f"subjectAltName=DNS:{INDEX}")
    signed += ("-addext", "basicConstraints=critical,CA:FALSE", "-subj", f"/CN={INDEX}")
    openssl("req", "-x509", *NEW, *signed, "-keyout", folder / "i.key", "-out", folder / "i.crt")

    index = Server(("127.0.0.1", 0), Index)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "i.crt", folder / "i.key")
    index.socket = context.wrap_socket(
        index.socket, server_side=True, do_handshake_on_connect=False
    )
    proxy: Any = Server((bridge(), 0), Proxy)
    proxy.index, proxy.asked = index.server_address, []
    for server in (index, proxy):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    host, port = proxy.server_address
    yield Network(crt.read_text(), f"http://{host}:{port}", proxy.asked)
    for server in (index, proxy):
        server.shutdown()
        server.server_close()


def bridge() -> str:
    """Return the address under which containers reach this machine."""
    form = "{{(index .IPAM.Config 0).Gateway}}"
    found = run("docker", "network", "inspect", "bridge", "--format", form, check=False)
    return found.stdout.strip() or "127.0.0.1"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mirror that holds the Python image, and that alone."""
    folder = tmp_path_factory.mktemp("registry")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder)}},
        "http": {"addr": address},
    }
    (folder / "config.yml").write_text(json.dumps(settings))
    with (folder / "log").open("w") as log:
        words = ["docker-registry", "serve", str(folder / "config.yml")]
        server = subprocess.Popen(words, stdout=log, stderr=log)
    image = f"{address}/hub/python:3.14-slim"
    try:
        deadline = time.monotonic() + 60
        while socket_refuses(address):
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        run("docker", "tag", "python:3.14-slim", image)
        run("docker", "push", "-q", image)
        run("docker", "image", "rm", image)
        yield f"{address}/hub"
    finally:
        server.terminate()
        server.wait()
        run("docker", "image", "rm", "-f", image, check=False)


def socket_refuses(address: str) -> bool:
    host, _, port = address.partition(":")
    with closing(socket.socket()) as probe:
        return probe.connect_ex((host, int(port))) != 0


ANSWERS = {"company_network": True, "package_index": f"https://{INDEX}/simple/"}


@pytest.fixture(scope="module")
def image(bake: Bakery, registry: str) -> Iterator[Project]:
    """A project whose images come from the mirror, and its packages from the index."""
    names = {"project_name": f"Network {os.getpid()}", "package_name": "my_project"}
    project = bake(**ANSWERS, **names, registry=registry, isolation="docker", app="web")
    yield project
    project.run("docker", "compose", "down", "--remove-orphans", "--volumes", "--rmi=local", "-t1")


# What a program finds at the index when it says nothing about trust.
ASK = f"from urllib.request import urlopen; print(urlopen('https://{INDEX}/simple/six/').status)"
ASK_HTTPX = f"import httpx2; print(httpx2.get('https://{INDEX}/simple/six/').status_code)"
UNTRUSTED = "certificate verify failed"


@pytest.mark.needs("docker", "registry", "index")
def test_the_image_is_built_behind_the_proxy(image: Project, network: Network) -> None:
    through = ("--build-arg", f"HTTPS_PROXY={network.proxy}")
    refused = image.run("docker", "compose", "build", *through, check=False)
    assert refused.returncode and UNTRUSTED in refused.stdout + refused.stderr

    image.write("certs/company.crt", network.authority)
    (image.path / "certs/company.crt").chmod(0o600)
    network.asked.clear()
    image.run("docker", "compose", "build", *through, "test")
    image.run("docker", "compose", "-f", "compose.yaml", "build", *through)
    assert set(network.asked) == {f"{INDEX}:443"}

    behind = ("-e", f"HTTPS_PROXY={network.proxy}")
    words = ("-f", "compose.yaml", "run", "--rm", *behind, "app", "python", "-c", ASK)
    assert image.run("docker", "compose", *words).stdout == "200\n"
    name = image.answers["project_name"].lower().replace(" ", "-")
    words = ("run", "--rm", *behind, f"localhost/{name}:test", "python", "-c", ASK_HTTPX)
    assert run("docker", *words).stdout == "200\n"
    for words in ("history", "--no-trunc"), ("inspect",):
        assert network.proxy not in run("docker", *words, f"localhost/{name}").stdout


@pytest.mark.needs("docker", "registry", "index")
def test_locks_in_a_container_behind_the_proxy(
    image: Project, network: Network, tmp_path: Path
) -> None:
    image.write("certs/company.crt", network.authority)
    before = image.files()
    image.append("requirements.in", "six\n")
    network.asked.clear()
    proxies = {"default": {"httpsProxy": network.proxy}}
    (tmp_path / "config.json").write_text(json.dumps({"proxies": proxies}))
    settings = {"DOCKER_CONFIG": str(tmp_path)}
    image.run("docker", "build", "--target", "lock", "--output", ".", ".", env=settings)
    assert "\nsix==" in image.read("requirements.txt")
    assert INDEX not in image.read("requirements.txt"), "the same lock serves outside"
    assert set(network.asked) == {f"{INDEX}:443"}
    for name, content in before.items():
        (image.path / name).write_bytes(content)


@pytest.mark.needs("docker", "registry")
def test_a_certificate_in_another_form_is_named(image: Project) -> None:
    (image.path / "certs/der.crt").write_bytes(b"\x30\x82\x01")
    done = image.run("docker", "build", ".", check=False)
    (image.path / "certs/der.crt").unlink()
    assert done.returncode and "certs/der.crt: expected PEM, see certs/README.md" in done.stderr


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
def test_the_environment_is_made_behind_the_proxy(
    uv: bool, network: Network, bake: Bakery, tmp_path: Path
) -> None:
    project = bake(**ANSWERS, isolation="venv", app="web" if uv else "cli", python_version=HERE)
    caches = {"XDG_CACHE_HOME": str(tmp_path), "UV_CACHE_DIR": str(tmp_path / "uv")}
    settings = network.variables | caches | ({} if uv else WITHOUT_UV)
    refused = session(project, "bash", "true", env=settings, check=False)
    reason = "invalid peer certificate" if uv else UNTRUSTED
    assert reason in refused.stdout + refused.stderr

    project.write("certs/company.crt", network.authority)
    network.asked.clear()
    programs = [ASK, *([ASK_HTTPX] if uv else [])]
    lines = [f'python -c "{program}"' for program in programs]
    done = session(project, "bash", "set -e", *lines, "pytest -q", env=settings)
    assert done.stdout.startswith("200\n" * len(programs)) and " passed" in done.stdout
    locks = project.read("requirements.txt"), project.read("requirements-dev.txt")
    project.run("dev/do", "lock", env=settings)
    assert locks == (project.read("requirements.txt"), project.read("requirements-dev.txt"))
    assert set(network.asked) == {f"{INDEX}:443"}

    # Activated again without it, nothing trusts it any more, and the shell gets its own back.
    (project.path / "certs/company.crt").unlink()
    again = f'. dev/activate; python -c "{ASK}" 2>&1 | tail -n 1; echo $SSL_CERT_FILE'
    done = session(project, "bash", again, env=settings)
    assert UNTRUSTED in done.stdout and done.stdout.endswith(f"\n{settings['SSL_CERT_FILE']}\n")


def test_a_folder_in_place_of_a_certificate_is_named(bake: Bakery) -> None:
    project = bake(isolation="venv", app="cli", company_network=True)
    (project.path / "certs/own.crt").mkdir(parents=True)
    done = project.run("dev/do", "sync", check=False)
    expected = f"dev: {project.path}/certs/own.crt: expected PEM, see certs/README.md\n"
    assert done.returncode and done.stderr.endswith(expected)


@pytest.mark.parametrize(
    "text", ["[global]\ntimeout = 3\n", "index-url\n", "<<<<<<< ours\n", "\xff"]
)
def test_a_pip_conf_without_an_index_is_named(bake: Bakery, text: str) -> None:
    """As when the project had one of its own before."""
    answers = {"company_network": True, "package_index": "https://index.example.com/simple"}
    project = bake(isolation="venv", app="cli", **answers)
    (project.path / "pip.conf").write_bytes(text.encode("latin-1"))
    done = project.run("dev/do", "sync", check=False)
    assert done.returncode and done.stderr.endswith(
        f"dev: {project.path}/pip.conf: expected [global] and index-url = https://... below it\n"
    )


@pytest.mark.needs("bash", "index")
def test_the_list_of_certificates_comes_back_and_goes_with_the_answer(
    bake: Bakery, tmp_path: Path
) -> None:
    project = bake(company_network=True, isolation="venv", python_version=HERE)
    project.write("certs/own.crt", authority(tmp_path).read_text())
    bundle, show = project.path / "certs/bundle.pem", "echo ${SSL_CERT_FILE-none}"
    assert shell(project, "bash", show) == f"{bundle}\n"
    bundle.unlink()
    project.run("dev/do", "sync")
    assert bundle.exists()
    (project.path / "dev/dev_network.py").unlink()
    answers = project.read(".copier-answers.yml")
    project.write(".copier-answers.yml", answers.replace("network: true", "network: false"))
    assert str(bundle) not in shell(project, "bash", show)


@pytest.mark.needs("bash", "index")
def test_certificates_of_any_name_cost_nothing_each_day(bake: Bakery, tmp_path: Path) -> None:
    """The shells and Python have to agree on which there are, and in which order."""
    project = bake(company_network=True, isolation="venv", python_version=HERE)
    for name in ("a", "B"):
        (tmp_path / name).mkdir()
        project.write(f"certs/{name}.crt", authority(tmp_path / name).read_text())
    project.write("certs/.hidden.crt", "no certificate")
    shell(project, "bash", "true")
    quick = 'set -- certs/*.crt; echo "$*"; sh dev/activate --is-current && echo quick'
    done = project.run("bash", "-c", quick, env=french(tmp_path))
    assert done.stdout == "certs/a.crt certs/B.crt\nquick\n"


def test_a_list_of_the_users_own_stays_trusted(bake: Bakery, tmp_path: Path) -> None:
    """Also in a shell that is activated, where the variable names the project's list."""
    project = bake(**ANSWERS, isolation="venv")
    own = authority(tmp_path)
    (tmp_path / "other").mkdir()
    project.write("certs/other.crt", authority(tmp_path / "other").read_text())
    tell = "import sys; sys.path.insert(0, 'dev'); import dev_network as n; print(n.variables())"

    def trusts(variable: str) -> bool:
        settings = dict.fromkeys(("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), variable)
        told = project.run(sys.executable, "-c", tell, env=settings).stdout
        assert told.count("certs/bundle.pem") == 3
        bundle = project.read("certs/bundle.pem")
        assert project.read("certs/other.crt") in bundle
        assert bundle.count("BEGIN") > 50, "the public ones"
        return own.read_text() in bundle

    assert trusts(str(own))
    assert trusts(str(project.path / "certs/bundle.pem"))
    assert not trusts("")
    project.write("certs/other.crt", "DER")
    done = project.run(sys.executable, "-c", tell, check=False)
    assert done.returncode and "other.crt: expected PEM, see certs/README.md" in done.stderr
