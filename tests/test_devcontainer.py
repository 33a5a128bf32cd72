"""The dev container, really: brought up by the command line of Dev Containers, and worked in."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.commands import run
from support.components import developer
from support.projects import Bakery, Project
from test_docker import documented

pytestmark = pytest.mark.needs("docker", "devcontainer", "index")


@dataclass
class Container(Project):
    """A project that belongs to a user other than root, as on a developer's machine."""

    def as_developer(self, *command: object) -> str:
        user = developer()
        become = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups")
        prefix = become if os.getuid() == 0 else ()
        return self.run(*prefix, *command, env={"HOME": user.pw_dir}).stdout

    def cli(self, command: str, *words: str) -> str:
        folder = ("--workspace-folder", str(self.path))
        return self.as_developer("devcontainer", command, *folder, *words)

    def execute(self, script: str) -> str:
        return self.cli("exec", "bash", "-c", script)


@pytest.fixture(scope="module", params=[[], ["redis"]], ids=["alone", "with a service"])
def container(request: pytest.FixtureRequest, bake: Bakery) -> Iterator[Container]:
    """Without services it is the image alone, and with some it is started by Docker Compose."""
    answers = {"isolation": "both", "app": "web", "services": request.param}
    made = bake(**answers, project_name=f"Dev {os.getpid()}", package_name="mine")
    folder = Path(tempfile.mkdtemp())
    container = Container(folder, made.answers)
    shutil.copytree(made.path, folder, dirs_exist_ok=True)
    container.commit()
    folder.chmod(0o700)
    if os.getuid() == 0:
        run("chown", "-R", developer().pw_name, folder)
    name = f"dev-{os.getpid()}"
    try:
        yield container
    finally:
        # Of the images, only those that were made here: a service has one of the machine's.
        made_here = [f"localhost/{name}-devcontainer:devcontainer", f"localhost/{name}:test"]
        for label in (
            f"com.docker.compose.project={name}-devcontainer",
            f"devcontainer.local_folder={folder}",
        ):
            words = ("docker", "ps", "-a", "--filter", f"label={label}", "--format")
            used = run(*words, "{{.Image}}").stdout.split()
            derived = [image for image in used if image.startswith("vsc-")]
            made_here += [*derived, *(image.removesuffix("-uid") for image in derived)]
            run("docker", "rm", "-f", *run(*words, "{{.ID}}").stdout.split(), check=False)
        run("docker", "compose", "-p", f"{name}-devcontainer", "down", "--volumes", "-t1")
        run("docker", "image", "rm", "-f", *made_here, check=False)
        shutil.rmtree(folder)


def test_an_editor_works_in_the_container(container: Container) -> None:
    read = json.loads(container.cli("read-configuration"))
    assert read["workspace"]["workspaceFolder"] == "/app"
    up = json.loads(container.cli("up").splitlines()[-1])
    assert (up["outcome"], up["remoteUser"]) == ("success", "developer")

    assert " passed" in container.execute("pytest")
    assert "All checks passed" in container.execute("ruff check")
    ask = "import urllib.request as u; print(u.urlopen('http://localhost:8000/healthz').status)"
    script = f"""
        APP_PORT=8000 APP_RELOAD=false python -m mine &
        server=$!
        for _ in $(seq 100); do python -c "{ask}" && break || sleep 0.5; done
        kill -INT $server
        wait
    """
    assert "200" in container.execute(script)
    who = "git -c user.name=Dev -c user.email=dev@example.org"
    script = f"echo 'NEW = 1' >src/mine/new.py && python -m mine.new && {who} add -A && {who} commit -m New"
    assert "1 file changed" in container.execute(script)
    assert container.read("src/mine/new.py") == "NEW = 1\n"

    owners = {path.lstat().st_uid for path in [container.path, *container.path.rglob("*")]}
    assert owners == {developer().pw_uid}


def test_the_container_of_the_editor_is_its_own(container: Container) -> None:
    """`docker compose` on the machine, in the same project, leaves it alone."""
    container.cli("up")
    before = container.execute("cat /proc/sys/kernel/random/boot_id /etc/hostname")
    container.run("docker", "compose", "run", "--rm", "--no-deps", "test", "true")
    container.run("docker", "compose", "down", "--remove-orphans", "-t1")
    assert container.execute("cat /proc/sys/kernel/random/boot_id /etc/hostname") == before


@pytest.mark.parametrize("container", [[]], ids=["alone"], indirect=True)
def test_git_works_in_a_worktree(container: Container) -> None:
    """The block of docs/containers.md brings up the container."""
    with tempfile.TemporaryDirectory(dir=container.path.parent) as folder:
        shutil.chown(folder, developer().pw_name)
        block = documented("docs/containers.md", "git=")
        words = "devcontainer exec --workspace-folder . git log --format=%H"
        script = f"git worktree add --detach {folder}; cd {folder}; {block}{words}"
        try:
            commit = container.as_developer("git", "rev-parse", "HEAD").strip()
            assert commit in container.as_developer("sh", "-ec", script).split()
        finally:
            label = f"--filter=label=devcontainer.local_folder={folder}"
            [made] = run("docker", "ps", "-aq", label).stdout.split()
            # The image may be the one of the other container, too, which removes it later.
            image = run("docker", "inspect", "--format={{.Image}}", made).stdout.strip()
            run("docker", "rm", "-f", made)
            run("docker", "image", "rm", "-f", image, check=False)
