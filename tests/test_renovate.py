"""What Renovate proposes for locks that have aged: nothing that is younger than a week.

The index is on this machine, and says of each version when it was published.
"""

from __future__ import annotations

import datetime
import hashlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.packages import wheel
from support.projects import Bakery, Project
from test_ci import renovate
from test_venv import HERE

# The age of each version in days. alpha needs beta, and so do both lists.
AGES = {"1.0": 300, "2.0": 8, "3.0": 1}


@dataclass
class Index:
    """A package index with times, as the public one is."""

    url: str
    uploads: dict[Path, str]

    def answer(self, path: str) -> Any:
        """Return what is at a path: a page about a package, or a file."""
        kind, name, *_ = path.strip("/").split("/")
        files = [file for file in self.uploads if file.name.startswith(f"{name}-")]
        if kind == "files":
            return next(file for file in self.uploads if file.name == name).read_bytes()
        if kind == "pypi":  # for Renovate
            releases = {f.name.split("-")[1]: [{"upload_time": self.uploads[f]}] for f in files}
            return {"info": {"name": name}, "releases": releases}
        return {
            "meta": {"api-version": "1.1"},
            "name": name,
            "files": [
                {
                    "filename": file.name,
                    "url": f"{self.url}/files/{file.name}",
                    "hashes": {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()},
                    "upload-time": f"{self.uploads[file]}Z",
                }
                for file in files
            ],
        }


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("index")
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
    found = Index("", {})
    for name, needs in (("alpha", "beta"), ("beta", "")):
        for version, days in AGES.items():
            metadata = f"Requires-Dist: {needs}\n" if needs else ""
            path = wheel(folder, name, version, metadata=metadata)
            found.uploads[path] = (now - datetime.timedelta(days=days)).isoformat()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = found.answer(self.path)
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(200)
            if not isinstance(content, bytes):
                simple = "application/vnd.pypi.simple.v1+json"
                kind = simple if self.path.startswith("/simple") else "application/json"
                self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()


@pytest.fixture
def variables(index: Index, tmp_path: Path) -> dict[str, str]:
    """Variables that lead uv to the index."""
    simple = f"{index.url}/simple"
    return {"UV_DEFAULT_INDEX": simple, "UV_CACHE_DIR": str(tmp_path / "uv"), "UV_NO_CONFIG": "1"}


@pytest.fixture
def aged(bake: Bakery, variables: dict[str, str]) -> Project:
    """A project that was locked long ago."""
    project = bake(isolation="venv", app="cli", python_version=HERE, update_bot="renovate")
    project.write("requirements.in", "alpha\n")
    project.write("requirements-dev.in", "beta\n")
    project.run("dev/do", "lock", "--exclude-newer=P100D", env=variables)
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = project.read(name)
        project.write(name, text.replace("--exclude-newer=P100D", "--exclude-newer=P7D"))
    assert versions(project) == {"alpha": "1.0", "beta": "1.0"}
    project.commit()
    return project


def versions(project: Project) -> dict[str, str]:
    """Return the version of each package, which is the same in both locks."""
    found: dict[str, str] = {}
    for name in ("requirements.txt", "requirements-dev.txt"):
        for package, version in re.findall(r"^(\w+)==(\S+)", project.read(name), re.MULTILINE):
            assert found.setdefault(package, version) == version
    return found


@pytest.mark.needs("renovate")
def test_proposes_what_is_old_enough_and_nothing_younger(
    aged: Project, index: Index, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    settings = {
        "LOG_FILE": str(log),
        "LOG_FILE_LEVEL": "debug",
        "PIP_INDEX_URL": f"{index.url}/pypi/",
    }
    settings["RENOVATE_BASE_DIR"] = str(tmp_path / "renovate")
    renovate(aged, "renovate", "--platform=local", "--dry-run=lookup", **settings)
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    [found] = [line["config"] for line in lines if line["msg"] == "packageFiles with updates"]
    proposed = {
        (file["packageFile"], dep["depName"]): [update["newVersion"] for update in dep["updates"]]
        for file in found["pip-compile"]
        for dep in file["deps"]
        if dep.get("updates")
    }
    assert proposed == {
        ("requirements.in", "alpha"): ["2.0"],
        ("requirements-dev.in", "beta"): ["2.0"],
    }
    # One branch has both locks as a whole.
    branches = {line["branch"] for line in lines if "branch" in line}
    assert "renovate/pip-compile-refresh" in branches


def test_its_command_takes_nothing_younger_and_keeps_both_locks_together(
    aged: Project, variables: dict[str, str]
) -> None:
    """Renovate deletes each lock, and runs the command at its head."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        head = re.search(r"^#    (uv pip compile .*)", aged.read(name), re.MULTILINE)
        assert head
        (aged.path / name).unlink()
        aged.run("sh", "-c", head[1], env=variables)
        assert f"#    {head[1]}\n" in aged.read(name), "the next time, too"
    assert versions(aged) == {"alpha": "2.0", "beta": "2.0"}


def test_who_locks_by_hand_may_take_younger_versions(
    aged: Project, variables: dict[str, str]
) -> None:
    aged.run("dev/do", "lock", env=variables)
    assert versions(aged) == {"alpha": "1.0", "beta": "1.0"}
    aged.run("dev/do", "lock", "--upgrade", env=variables)
    assert versions(aged) == {"alpha": "3.0", "beta": "3.0"}
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert aged.read(name).count(" --exclude-newer=P7D ") == 1


def test_the_first_locks_wait_as_long_as_the_proposals(bake: Bakery) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE, update_bot="renovate")
    assert json.loads(project.read("renovate.json"))["minimumReleaseAge"] == "7 days"
    without = bake(isolation="venv", app="cli", python_version=HERE)
    for name in ("requirements.txt", "requirements-dev.txt"):
        lock = project.read(name)
        assert lock.count(" --exclude-newer=P7D ") == 1
        assert lock.replace(" --exclude-newer=P7D", "") == without.read(name)


@pytest.mark.needs("renovate")
def test_addresses_of_a_template_that_it_understands(bake: Bakery, tmp_path: Path) -> None:
    full = "https://github.com/owner/name.git"
    addresses = {
        full: full,
        "git@github.com:owner/name.git": full,
        "gh:owner/name": "gh:owner/name",
    }
    project = bake(isolation="venv", app="cli", update_bot="renovate")
    for number, address in enumerate(addresses):
        answers = f"_commit: v1.0.0\n_src_path: {address}\n"
        project.write(f".copier-answers.{number}.yml", answers)
    project.commit()
    log = tmp_path / "log"
    settings = {"LOG_FILE": str(log), "LOG_FILE_LEVEL": "debug"}
    settings["RENOVATE_BASE_DIR"] = str(tmp_path / "renovate")
    renovate(project, "renovate", "--platform=local", "--dry-run=extract", **settings)
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    [files] = [line["packageFiles"]["copier"] for line in lines if "packageFiles" in line]
    templates = [file["deps"][0] for file in files]
    assert {dep["depName"]: dep["packageName"] for dep in templates} == addresses
