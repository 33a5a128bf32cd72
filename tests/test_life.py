"""Living with a project: being asked, finding changes by hand, and updates that go wrong."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import copier
import pexpect
import pytest
import yaml
from copier.errors import UserMessageError
from support.answers import ASKED, QUESTIONS, SAMPLES, choices
from support.commands import ROOT, run
from support.projects import Bakery, Project
from support.versions import release
from test_update import change_everything, edit, updated

COPIER = (sys.executable, "-m", "copier")
UPDATING = (ROOT / "docs/updating.md").read_text("utf-8")
SWITCHING = (ROOT / "docs/switching.md").read_text("utf-8")


def command_after(text: str, page: str) -> str:
    """Return the first block of commands after a text on a page."""
    assert text in page
    found = re.search(r"^```sh\n(.*?)^```", page.partition(text)[2], re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def update(project: Project, *flags: str) -> subprocess.CompletedProcess[str]:
    """`copier update --defaults`, as it is typed; it may fail."""
    return project.run(*COPIER, "update", "--defaults", *flags, check=False)


# --- Being asked --------------------------------------------------------------


@pytest.fixture
def dialog() -> Iterator[Any]:
    """Run Copier in a terminal: dialog("copy", ...)."""
    children = []

    def start(*words: object) -> pexpect.spawn:
        child = pexpect.spawn(
            COPIER[0],
            [*COPIER[1:], *map(str, words)],
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=60,
            env={**os.environ, "TERM": "dumb", "NO_COLOR": "1", "PROMPT_TOOLKIT_NO_CPR": "1"},
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def shown(child: pexpect.spawn) -> str:
    """Return all that was read so far, without what moves the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", child.before)


def first_line(question: str) -> str:
    return QUESTIONS[question]["help"].splitlines()[0]


# Who takes all defaults is asked these; test_asked.py has what else is asked, and when.
ASKED_BY_DEFAULT = [
    "project_name",
    "package_name",
    "project_description",
    "author_name",
    "author_email",
    "isolation",
    "python_version",
    "app",
    "services",
    "license",
    "company_network",
    "ci",
    "update_bot",
]


def test_asks_in_order_with_help_and_takes_the_defaults(
    dialog: Any, template: Path, tmp_path: Path, bake: Bakery
) -> None:
    child = dialog("copy", template, tmp_path / "project")
    for question in ASKED_BY_DEFAULT:
        child.expect_exact(first_line(question))
        child.send("\r")
    child.expect_exact("DEVELOPMENT.md there has the everyday commands.")
    child.expect(pexpect.EOF)
    made = Project(tmp_path / "project", {}).files()
    fresh = bake().files()
    for files in (made, fresh):
        files.pop(".copier-answers.yml")
    assert made == fresh


def test_a_wrong_answer_is_explained_and_can_be_mended(
    dialog: Any, template: Path, tmp_path: Path
) -> None:
    child = dialog("copy", template, tmp_path / "project")
    child.expect_exact(first_line("project_name"))
    child.expect_exact("My Project")
    child.send("\x15-x-\r")  # Ctrl-U empties the line
    child.expect_exact("Use a letter or digit at each end")
    child.send("\x15Mended\r")
    child.expect_exact(first_line("package_name"))
    child.expect_exact("mended")
    child.send("\x15class\r")
    child.expect_exact("app_class")


def test_an_update_asks_only_what_is_new(dialog: Any, bake: Bakery, repository: Path) -> None:
    project = edit(bake(repository, "v1.0.0", app="web", port="8123"))
    project.commit()
    with (repository / "copier.yml").open("a") as file:
        file.write("\ncolour:\n  type: str\n  help: Which colour?\n  default: red\n")
    release(repository, "v2.0.0")
    child = dialog("update", "-A", project.path)
    child.expect_exact("Which colour?")
    for question in ASKED:
        assert first_line(question) not in shown(child)
    child.send("\x15blue\r")
    child.expect_exact("Look at the changes with `git diff`")
    child.expect(pexpect.EOF)
    assert "colour: blue" in project.read(".copier-answers.yml")
    assert "port: '8123'" in project.read(".copier-answers.yml")


def test_no_message_tells_to_overwrite_settings_that_are_there(
    released: Path, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project", {})
    answers = ("--data=isolation=docker", "--data=services=[redis]")
    words = (*COPIER, "copy", "--defaults", *answers, released, project.path)
    assert "\n    cp .env.example .env\n" in Project(tmp_path, {}).run(*words).stderr
    project.commit()
    after_update = update(project).stderr
    assert ".env" not in after_update and "dev/do run hello" in after_update


@pytest.mark.parametrize("app", SAMPLES)
@pytest.mark.parametrize("isolation", choices("isolation"))
def test_the_messages_tell_what_to_type_next(
    isolation: str, app: str, released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path / "project", {})
    answers = {"isolation": isolation, "app": app, "project_name": "Other Name", "port": "8123"}
    copier.run_copy(str(released), project.path, answers, defaults=True)
    after_copy = capsys.readouterr().err
    project.commit()
    copier.run_update(project.path, defaults=True, overwrite=True)
    after_update = capsys.readouterr().err
    assert f"Other Name is in {project.path}. DEVELOPMENT.md there" in after_copy
    assert "Look at the changes with `git diff`" in after_update
    begin = [
        f"cd {project.path}",
        "git init",
        'git add --all && git commit --message "Start from the template"',
    ]
    hello = " hello" if app == "cli" else ""
    if isolation != "docker":
        use = [". dev/activate", f"dev/do run{hello}"]
    elif app == "cli":
        use = ["dev/do run hello", "dev/do test"]
    else:
        use = ["docker compose up --wait", "curl http://localhost:8123/"]
    assert to_type(after_copy) == begin + use
    assert to_type(after_update) == use


def to_type(message: str) -> list[str]:
    """Return the indented lines of a message, without the names of files that Copier prints."""
    lines = [line.strip() for line in message.splitlines() if line.startswith("    ")]
    return [line for line in lines if not re.match(r"(create|identical|conflict|over)", line)]


@pytest.mark.parametrize("name", ["project", "my project", "it's $HOME `date`", "100% (new) & old"])
def test_after_the_first_message_a_project_can_be_updated(
    name: str, released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path / name, {})
    copier.run_copy(str(released), project.path, {"isolation": "venv"}, defaults=True)
    commands = to_type(capsys.readouterr().err)[:3]
    run("sh", "-ec", "\n".join(commands), cwd=tmp_path)
    assert project.run("git", "status", "--porcelain").stdout == ""
    assert update(project).returncode == 0


# --- Changes by hand ----------------------------------------------------------


def drift(project: Project, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command of docs/updating.md for it."""
    command = command_after("## The template's files were changed", UPDATING)
    return project.run("sh", "-c", command, check=False, env=variables)


@pytest.mark.parametrize("isolation", choices("isolation"))
def test_what_the_user_owns_is_no_drift(isolation: str, bake: Bakery, released: Path) -> None:
    project = edit(bake(released, "v1.0.0", isolation=isolation, app="web"))
    (project.path / "README.md").unlink()
    project.commit()
    before = project.files()
    done = drift(project)
    assert (done.returncode, done.stdout.strip()) == (0, "")
    assert project.files() == before


def test_tells_which_of_the_templates_files_were_changed(bake: Bakery, released: Path) -> None:
    project = edit(bake(released, "v1.0.0"))
    project.append("Dockerfile", "USER root\n")
    (project.path / "dev/activate.fish").unlink()
    (project.path / "dev/do").chmod(0o644)  # as committed on Windows
    project.commit()
    before = project.files()
    done = drift(project)
    assert done.returncode == 1
    assert "+USER root\n" in done.stdout
    changed = re.findall(r"^diff --git \S+ \w/(\S+)$", done.stdout, re.MULTILINE)
    assert changed == ["Dockerfile", "dev/activate.fish"]
    assert project.files() == before


def test_looking_for_drift_touches_nothing(bake: Bakery, released: Path, tmp_path: Path) -> None:
    """Not what is not committed, nor what `.gitignore` hides in the place of a file of ours."""
    project = bake(released, "v1.0.0")
    project.append(".gitignore", "compose.override.yaml\n")
    project.write("compose.override.yaml", "services: {}\n")
    project.commit()
    project.append("Dockerfile", "USER root\n")
    project.write("src/my_project/new.py", "NEW = 1\n")
    before = project.files(), project.run("git", "status", "--porcelain").stdout
    (tmp_path / "temporary").mkdir()
    done = drift(project, TMPDIR=str(tmp_path / "temporary"))
    assert done.returncode == 1
    assert "compose.override.yaml" in done.stdout and "USER root" not in done.stdout
    assert (project.files(), project.run("git", "status", "--porcelain").stdout) == before
    assert not [*(tmp_path / "temporary").iterdir()]


def test_finds_drift_in_a_folder_of_a_larger_repository(
    bake: Bakery, released: Path, tmp_path: Path
) -> None:
    made = bake(released, "v1.0.0")
    project = Project(tmp_path / "larger/a service", made.answers)
    shutil.copytree(made.path, project.path)
    run("git", "init", "-q", cwd=project.path.parent)
    project.run("git", "add", "--all")
    project.run("git", "commit", "-qm", "Begin")
    done = drift(project)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    project.append("dev/do", "# ours\n")
    project.run("git", "commit", "-qam", "Change")
    assert drift(project).returncode == 1


def test_a_fresh_project_shows_what_a_changed_answer_leaves_to_the_user(
    bake: Bakery, released: Path
) -> None:
    project = bake(released, "v1.0.0", isolation="docker", app="web", port="8123")
    project.commit()
    project.update("v1.0.0", services=["postgres"])
    command = command_after("take over what differs", SWITCHING)
    done = project.run("sh", "-c", command, check=False)
    assert "\n+++ ../fresh/requirements.in\t" in done.stdout
    fresh = Project(project.path.parent / "fresh", {}).files()
    expected = bake(
        released, "v1.0.0", isolation="docker", app="web", port="8123", services=["postgres"]
    ).files()
    assert fresh == expected
    assert "src/my_project/database.py" in fresh.keys() - project.files().keys()


# --- Updates that go wrong: docs/updating.md has a section for each -------------------


@pytest.fixture
def project(bake: Bakery, repository: Path) -> Project:
    """A project with edits, for which there is a later version."""
    project = edit(bake(repository, "v1.0.0"))
    project.commit()
    change_everything(repository)
    release(repository, "v2.0.0")
    return project


def change_answers(project: Project, pattern: str, text: str) -> None:
    """Edit the answers by hand, and commit that."""
    answers, count = re.subn(pattern, text, project.read(".copier-answers.yml"))
    assert count == 1
    project.write(".copier-answers.yml", answers)
    project.commit()


def test_a_project_without_git_is_refused(project: Project) -> None:
    shutil.rmtree(project.path / ".git")
    before = project.files()
    done = update(project)
    assert done.returncode == 1 and "git-tracked" in done.stderr
    assert project.files() == before


@pytest.mark.parametrize(
    ("pattern", "text", "message"),
    [
        (r"isolation: \w+", "isolation: podman", "Invalid choice for 'isolation'"),
        (r"isolation: \w+", "isolation: [", "ParserError|while parsing"),
        (r"_commit: .*", "_commit: v0.9.0", "Unknown revision: 'v0.9.0'"),
        (r"_commit: .*\n", "", "Cannot update"),
    ],
)
def test_answers_that_cannot_be_are_refused(
    pattern: str, text: str, message: str, project: Project
) -> None:
    change_answers(project, pattern, text)
    before = project.files()
    with pytest.raises((UserMessageError, ValueError, yaml.YAMLError), match=message):
        project.update("v2.0.0")
    assert project.files() == before
    project.run("git", "checkout", "-q", "HEAD~", "--", ".copier-answers.yml")
    project.commit()
    project.update("v2.0.0")  # putting the line back is enough
    assert "# later" in project.read("Dockerfile")


def test_an_answer_edited_by_hand_removes_nothing_and_can_be_put_back(
    project: Project, bake: Bakery, repository: Path
) -> None:
    change_answers(project, "isolation: both", "isolation: venv")
    project.answers["isolation"] = "venv"
    project.update("v2.0.0")
    assert "USER 10001" in project.read("Dockerfile")
    assert "# later" not in project.read("Dockerfile"), "nobody updates it"
    project.run("git", "reset", "-q", "--hard")
    change_answers(project, "isolation: venv", "isolation: both")
    before = project.files()
    project.update("v2.0.0", isolation="venv")
    fresh = edit(bake(repository, "v2.0.0", isolation="venv")).files()
    assert project.files() == updated(before, fresh)


def test_an_answer_that_is_no_longer_offered_becomes_the_default(
    bake: Bakery, repository: Path
) -> None:
    project = bake(repository, "v1.0.0", license="Apache-2.0")
    project.commit()
    settings = (repository / "copier.yml").read_text()
    (repository / "copier.yml").write_text(re.sub(r"    Apache-2.0 - .*\n", "", settings))
    release(repository, "v2.0.0")
    project.answers["license"] = "MIT"
    project.update("v2.0.0")
    changed = project.run("git", "diff", "--", ".copier-answers.yml").stdout
    assert "-license: Apache-2.0\n+license: MIT\n" in changed
    project.commit()
    with pytest.raises(ValueError, match="Invalid choice for 'license'"):
        project.update("v2.0.0", license="Apache-2.0")


def test_after_a_version_was_deleted_a_recopy_goes_on(
    project: Project, bake: Bakery, repository: Path
) -> None:
    change_answers(project, r"_commit: .*", "_commit: v0.9.0")
    before = project.files()
    command = command_after('## "Unknown revision"', UPDATING)
    project.run(sys.executable, "-m", *command.split())
    expected = updated(before, edit(bake(repository, "v2.0.0")).files())
    assert project.files() == expected | {"pyproject.toml": before["pyproject.toml"]}


def test_a_conflict_leaves_both_sides_in_the_file(project: Project) -> None:
    project.run("git", "checkout", "-q", "-b", "ours")
    project.append("LICENSE", "Ours.\n")
    project.commit()
    project.update("v2.0.0")
    text = project.read("LICENSE")
    assert "\n<<<<<<< before updating\nOurs.\n" in text and "# later\n" in text
    assert "LICENSE" in project.run("git", "diff", "--name-only", "--diff-filter=U").stdout


def test_git_names_the_conflicts_that_an_update_left(project: Project) -> None:
    """So says the message of the update."""
    project.append("LICENSE", "Ours.\n")
    project.commit()
    assert "git diff --check" in update(project).stderr
    done = project.run("git", "diff", "--check", check=False)
    assert "LICENSE:" in done.stdout and "leftover conflict marker" in done.stdout


def test_an_update_names_the_files_that_a_switch_leaves_behind(
    bake: Bakery, repository: Path
) -> None:
    project = bake(repository, "v1.0.0", isolation="docker")
    project.commit()
    assert "Nothing uses" not in update(project, "--vcs-ref=v1.0.0").stderr
    message = update(project, "--vcs-ref=v1.0.0", "--data=isolation=venv").stderr
    left = re.findall(r"Nothing uses (\S+) without Docker\. It is yours", message)
    assert left == ["apt-packages.txt", "compose.own.yaml"]
    assert all((project.path / name).exists() for name in left)


@pytest.mark.parametrize("changed", ["Dockerfile", "dev/do", "pyproject.toml"])
def test_an_update_that_was_killed_can_be_undone_and_done_again(
    changed: str, project: Project, bake: Bakery, repository: Path
) -> None:
    before = project.files()
    stamp = (project.path / changed).stat().st_mtime_ns
    child = subprocess.Popen(
        [*COPIER, "update", "--defaults"],
        cwd=project.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while (project.path / changed).stat().st_mtime_ns == stamp:
        assert child.poll() is None, "was over before it could be killed"
        time.sleep(0.001)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert project.run("git", "status", "--porcelain").stdout
    with pytest.raises(UserMessageError, match="Destination repository is dirty"):
        project.update("v2.0.0")
    project.run("sh", "-c", command_after("## The update was interrupted", UPDATING))
    assert project.files() == before
    project.update("v2.0.0")
    assert project.files() == updated(before, edit(bake(repository, "v2.0.0")).files())
