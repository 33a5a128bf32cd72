"""Installing, from a small index on this machine: nothing here depends on the network."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from support.packages import locked, wheel
from support.projects import Bakery, Project
from test_venv import HERE, WITHOUT_UV, session

PASSWORD = "s3cret"
INSTALLERS = pytest.mark.parametrize("installer", [{}, WITHOUT_UV], ids=["uv", "pip"])


class Index(SimpleHTTPRequestHandler):
    """A folder of folders of wheels: what the simple index of PyPI is, behind a password."""

    requests: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        credentials = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
        self.requests.append(self.path)
        if self.headers.get("Authorization") == f"Basic {credentials}":
            return super().do_GET()
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Basic")
        return self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    for name, version in (("alpha", "1.0"), ("alpha", "2.0.1"), ("beta", "1.0"), ("beta", "2.0")):
        wheel(folder / "simple" / name, name, version)
    return folder


@pytest.fixture(scope="module")
def index(wheels: Path) -> Iterator[dict[str, str]]:
    """The variables that make pip and uv use the index, as a user's profile would."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Index, directory=str(wheels)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://user:{PASSWORD}@127.0.0.1:{server.server_port}/simple/"
    variables = {"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url}
    # Whatever else this machine has set up is not the user's.
    yield variables | {"PIP_CONFIG_FILE": "/dev/null", "UV_NO_CONFIG": "1"}
    server.shutdown()


@pytest.fixture(params=["uv", "pip"])
def variables(
    request: pytest.FixtureRequest, index: dict[str, str], tmp_path: Path
) -> dict[str, str]:
    """The same for each installer, with caches that are empty."""
    caches = {"UV_CACHE_DIR": str(tmp_path / "uv"), "PIP_CACHE_DIR": str(tmp_path / "pip")}
    return index | caches | (WITHOUT_UV if request.param == "pip" else {})


@pytest.fixture
def project(bake: Bakery, wheels: Path) -> Project:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    pin(project, wheels, "requirements.txt", alpha="1.0")
    pin(project, wheels, "requirements-dev.txt", beta="1.0")
    return project


def pin(project: Project, wheels: Path, lock: str, **packages: str) -> None:
    """Write a lock."""
    entries = [
        locked(wheels / f"simple/{name}/{name}-{version}-py3-none-any.whl")
        for name, version in packages.items()
    ]
    project.write(lock, "".join(entries))


ALPHA = "python -c 'import alpha, beta; print(alpha.VERSION)'"


@pytest.mark.needs("bash")
def test_the_users_index_is_used(project: Project, wheels: Path, variables: dict[str, str]) -> None:
    Index.requests.clear()
    done = session(project, "bash", ALPHA, env=variables)
    assert done.stdout == "1.0\n" and "there is no .venv yet" in done.stderr
    assert any("alpha-1.0" in request for request in Index.requests)
    assert PASSWORD not in done.stderr

    pin(project, wheels, "requirements.txt", alpha="2.0.1")
    done = session(project, "bash", ALPHA, env=variables)
    assert done.stdout == "2.0.1\n" and "requirements.txt changed; updating" in done.stderr

    Index.requests.clear()
    assert session(project, "bash", ALPHA, env=variables).stderr == ""
    assert Index.requests == []


@pytest.mark.needs("bash")
def test_what_uv_has_in_its_cache_is_not_asked_for(
    project: Project, index: dict[str, str], tmp_path: Path
) -> None:
    variables = index | {"UV_CACHE_DIR": str(tmp_path / "uv")}
    session(project, "bash", env=variables)
    project.run("dev/do", "clean")
    Index.requests.clear()
    done = session(project, "bash", ALPHA, env=variables)
    assert done.stdout == "1.0\n" and " + alpha==1.0\n" in done.stderr
    assert Index.requests == []


@pytest.mark.needs("bash")
def test_another_file_than_locked_is_refused(
    project: Project, wheels: Path, variables: dict[str, str]
) -> None:
    session(project, "bash", env=variables)
    good = project.read("requirements.txt")
    digest = hashlib.sha256(b"what was reviewed").hexdigest()
    project.write("requirements.txt", f"alpha==2.0.1 --hash=sha256:{digest}\n")
    done = session(project, "bash", "echo ${VIRTUAL_ENV-none}", env=variables, check=False)
    assert (done.returncode, done.stdout) == (0, "none\n")
    assert "hash" in done.stderr.lower() and digest in done.stderr
    assert done.stderr.splitlines()[-1].endswith("see above; fix that and try again")
    project.write("requirements.txt", good)
    assert session(project, "bash", ALPHA, env=variables).stdout == "1.0\n"


@pytest.mark.needs("bash")
def test_without_a_network_the_next_call_resumes(
    project: Project, wheels: Path, variables: dict[str, str]
) -> None:
    nothing = "http://127.0.0.1:9/simple/"
    offline = variables | {"PIP_INDEX_URL": nothing, "UV_DEFAULT_INDEX": nothing}
    offline |= {"PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}
    done = session(project, "bash", "echo ${VIRTUAL_ENV-none}", env=offline, check=False)
    assert done.stdout == "none\n" and "see above; fix that and try again" in done.stderr
    assert session(project, "bash", ALPHA, env=variables).stdout == "1.0\n"
    assert session(project, "bash", ALPHA, env=offline).stderr == ""
    # A lock that cannot be installed now leaves what is there as it was.
    pin(project, wheels, "requirements.txt", alpha="2.0.1")
    assert "fix that" in session(project, "bash", env=offline, check=False).stderr
    pin(project, wheels, "requirements.txt", alpha="1.0")
    done = session(project, "bash", ALPHA, env=offline)
    assert (done.stdout, done.stderr) == ("1.0\n", "")


@pytest.mark.needs("bash")
def test_an_empty_lock_is_an_empty_environment(project: Project, variables: dict[str, str]) -> None:
    for lock in ("requirements.txt", "requirements-dev.txt"):
        project.write(lock, "")
    listing = (
        "python -c 'import importlib.metadata as m; print([d.name for d in m.distributions()])'"
    )
    done = session(project, "bash", listing, env=variables)
    assert done.stdout in ("['my-project']\n", "['my-project', 'pip']\n")


def test_locking_keeps_a_version_until_the_newest_is_asked_for(
    project: Project, index: dict[str, str], tmp_path: Path
) -> None:
    variables = index | {"UV_CACHE_DIR": str(tmp_path / "uv")}
    lists(project, "alpha\n", "beta\n")
    project.run("dev/do", "lock", env=variables)
    assert versions(project) == {"alpha": "1.0", "beta": "1.0"}
    project.run("dev/do", "lock", "--upgrade-package", "beta", env=variables)
    assert versions(project) == {"alpha": "1.0", "beta": "2.0"}
    project.run("dev/do", "lock", "--upgrade", env=variables)
    assert versions(project) == {"alpha": "2.0.1", "beta": "2.0"}
    before = project.files()
    done = project.run("dev/do", "lock", "--upgrade-all", env=variables, check=False)
    assert done.returncode == 1 and "unexpected argument '--upgrade-all'" in done.stderr
    assert project.files() == before


def test_constraints_limit_versions(
    project: Project, index: dict[str, str], tmp_path: Path
) -> None:
    lists(project, "-c constraints.txt\nalpha\n")
    project.write("constraints.txt", "alpha<2\n")
    project.run("dev/do", "lock", "--upgrade", env=index | {"UV_CACHE_DIR": str(tmp_path / "uv")})
    assert versions(project) == {"alpha": "1.0"}


def lists(project: Project, packages: str, for_development: str = "") -> None:
    """Write what a project needs."""
    project.write("requirements.in", packages)
    project.write("requirements-dev.in", for_development)


def versions(project: Project) -> dict[str, str]:
    """Return the locked version of each package."""
    text = project.read("requirements.txt") + project.read("requirements-dev.txt")
    return dict(re.findall(r"^(\w+)==(\S+)", text, re.MULTILINE))


def test_locking_again_adds_the_hashes_of_files_that_came_later(
    project: Project, wheels: Path, index: dict[str, str], tmp_path: Path
) -> None:
    """As when a wheel for a new Python is added to a version that is locked."""
    variables = index | {"UV_CACHE_DIR": str(tmp_path / "uv")}
    lists(project, "alpha\n")
    project.run("dev/do", "lock", env=variables)
    before = project.read("requirements.txt")
    added = wheel(wheels / "simple/alpha", "alpha", "1.0", tag="cp399-none-any")
    try:
        # Without its cache, as uv trusts that for ten minutes.
        project.run("dev/do", "lock", env=index | {"UV_CACHE_DIR": str(tmp_path / "new")})
    finally:
        digest = hashlib.sha256(added.read_bytes()).hexdigest()
        added.unlink()
    after = project.read("requirements.txt")
    assert {*after.split()} - {*before.split()} == {f"--hash=sha256:{digest}"}
    assert versions(project) == {"alpha": "1.0"}


@pytest.mark.needs("bash")
def test_versions_that_differ_by_python_are_kept_installed_and_checked(
    project: Project, wheels: Path, index: dict[str, str], variables: dict[str, str]
) -> None:
    """As in a lock that uv exported."""
    old = wheel(wheels / "simple/gamma", "gamma", "1.0")
    new = wheel(wheels / "simple/gamma", "gamma", "2.0", metadata="Requires-Python: >=3.99\n")
    for_old, for_new = "; python_full_version < '3.99'", "; python_full_version >= '3.99'"
    lists(project, "gamma\n")
    project.write("requirements-dev.txt", "")
    lock = locked(old).replace(" \\", f" {for_old} \\", 1)
    lock += locked(new).replace(" \\", f" {for_new} \\", 1)
    project.write("requirements.txt", lock)
    project.run("dev/do", "lock", env=index)
    found = re.findall(r"^gamma.*(?= \\)", project.read("requirements.txt"), re.MULTILINE)
    assert found == [f"gamma==1.0 {for_old}", f"gamma==2.0 {for_new}"]

    session(project, "bash", env=variables)
    assert project.run("dev/do", "check", env=variables).stderr == ""
    project.run("uv", "pip", "uninstall", "--python=.venv", "gamma")
    done = project.run("dev/do", "check", env=variables, check=False)
    told = "dev: gamma is missing; run: dev/do sync\n"
    assert (done.returncode, done.stderr) == (1, told)


# --- One index, whoever asks ----------------------------------------------------------------

DEAD = "http://127.0.0.1:9/simple/"
# Where an index can be set, the most important place first.
PLACES = ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "package_index", "pip's own file"]


@pytest.fixture
def alone(tmp_path: Path) -> dict[str, str]:
    """Variables with which nothing but this machine can be reached, and with empty caches."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), DEAD)
    caches = {"UV_CACHE_DIR": str(tmp_path / "uv"), "PIP_CACHE_DIR": str(tmp_path / "pip")}
    # No settings of this machine, no questions, and no second attempt.
    nothing = {"PIP_FIND_LINKS": "", "XDG_CONFIG_DIRS": str(tmp_path)}
    once = {"UV_HTTP_RETRIES": "0", "PIP_RETRIES": "0", "UV_NO_CONFIG": "1"}
    return {**proxies, "NO_PROXY": "127.0.0.1", **caches, **nothing, **once}


@pytest.mark.parametrize("place", PLACES)
def test_pip_and_uv_use_the_index_of_the_most_important_place(
    place: str, bake: Bakery, wheels: Path, index: dict[str, str], alone: dict[str, str]
) -> None:
    company = {"company_network": True, "package_index": "https://index.example.com/simple"}
    inside = PLACES.index(place) < PLACES.index("pip's own file")
    project = bake(isolation="venv", app="cli", python_version=HERE, **(company if inside else {}))
    lists(project, "alpha\n", "beta\n")
    own = project.path.parent / f"{project.path.name}-settings"
    (own / "pip").mkdir(parents=True)
    values = dict.fromkeys(PLACES[PLACES.index(place) + 1 :], DEAD)
    values[place] = index["UV_DEFAULT_INDEX"]
    for name, path in (("package_index", project.path), ("pip's own file", own / "pip")):
        if value := values.pop(name, ""):
            (path / "pip.conf").write_text(f"[global]\nindex-url = {value}\n")
    variables = alone | values | {"XDG_CONFIG_HOME": str(own)}

    pin(project, wheels, "requirements.txt", alpha="1.0")
    pin(project, wheels, "requirements-dev.txt", beta="1.0")
    project.run("dev/do", "lock", env=variables)
    for installer in ({}, WITHOUT_UV):
        project.run("dev/do", "sync", env=variables | installer)
        assert project.run("dev/do", "check", env=variables | installer).stderr == ""
        project.run("dev/do", "clean")


@INSTALLERS
@pytest.mark.parametrize("path", ["", "nothing/"], ids=["401", "404"])
def test_an_index_that_refuses_is_named_by_where_it_is_set(
    path: str,
    installer: dict[str, str],
    project: Project,
    index: dict[str, str],
    alone: dict[str, str],
) -> None:
    url = index["PIP_INDEX_URL"]
    url = url + path if path else url.replace(PASSWORD, "wrong")
    before = project.files()
    variables = alone | {"PIP_INDEX_URL": url} | installer
    for word in ("sync", "lock"):
        done = project.run("dev/do", word, env=variables, check=False, stdin=subprocess.DEVNULL)
        told = ", with the package index of PIP_INDEX_URL, see above; fix that and try again"
        assert done.returncode == 1 and done.stderr.splitlines()[-1].endswith(told)
        assert "Traceback" not in done.stderr and "wrong" not in done.stderr
        assert project.files() | {".venv.lock": b""} == before | {".venv.lock": b""}


@pytest.mark.parametrize(
    "line",
    ["--extra-index-url https://user:password@index.example.com", "-i URL", "-fURL", "--pre"],
)
def test_an_option_in_a_list_is_refused_with_the_way_out(line: str, project: Project) -> None:
    lists(project, "alpha\n", f"beta\n{line}\n")
    before = project.files()
    done = project.run("dev/do", "lock", check=False)
    fix = "set it for pip or uv, or write a package of another index as NAME @ ADDRESS"
    option = line.split()[0]
    told = f"dev: requirements-dev.in:2: {option} cannot be locked; {fix}\n"
    assert (done.returncode, done.stderr) == (1, told)
    assert project.files() == before


def test_one_package_comes_from_a_second_index(
    project: Project, wheels: Path, index: dict[str, str], variables: dict[str, str]
) -> None:
    """As the wheels for CPUs do. Elsewhere the package comes from the first index."""
    address = f"{index['PIP_INDEX_URL']}alpha/alpha-2.0.1-py3-none-any.whl"
    here, elsewhere = "; sys_platform != 'elsewhere'", "; sys_platform == 'elsewhere'"
    lists(project, f"alpha @ {address} {here}\nalpha==1.0 {elsewhere}\n")
    project.write("requirements-dev.txt", "")
    project.run("dev/do", "lock", env=index)
    project.run("dev/do", "sync", env=variables)
    program = "import alpha; print(alpha.VERSION)"
    assert project.run(".venv/bin/python", "-c", program).stdout == "2.0.1\n"
    assert project.run("dev/do", "check").stderr == ""
