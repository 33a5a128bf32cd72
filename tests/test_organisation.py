"""What the README tells an organisation to do, done."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, Project, release, run
from test_venv import HERE, shell

ROLES = {"AUTHOR": ("NAME", "EMAIL"), "COMMITTER": ("NAME", "EMAIL")}
COPIER = (sys.executable, "-m", "copier")
STANDARD = {"author_name": "Example Ltd", "license": "Proprietary", "python_version": "3.12"}


def told(text: str) -> str:
    """Return a text that stands in the chapter of the README."""
    chapter = (ROOT / "README.md").read_text("utf-8").partition("\n## For an organisation\n")[2]
    assert text in " ".join(chapter.split()) or text in chapter.splitlines()
    return text


def answers(project: Project) -> dict[str, object]:
    return dict(yaml.safe_load(project.read(".copier-answers.yml")))


def make(template: Path, path: Path, *words: str, **options: object) -> Project:
    """Make a project with `copier copy`, and commit it."""
    run(*COPIER, "copy", "--quiet", "--defaults", *words, template, path, **options)
    project = Project(path, {})
    project.commit()
    return project


def update(project: Project, *words: str) -> None:
    """Update a project with a command from the README, and commit the result."""
    command = " ".join(["copier update --defaults", *words])
    project.run("sh", "-c", told(command))
    if project.run("git", "status", "--porcelain").stdout:
        project.commit()


@pytest.fixture
def fork(released: Path, tmp_path: Path) -> Path:
    """A fork with a release of its own, which has another default."""
    path = tmp_path / "fork"
    run("git", "clone", "-q", released, path)
    settings = (path / "copier.yml").read_text("utf-8")
    (path / "copier.yml").write_text(settings.replace("  default: both\n", "  default: docker\n"))
    release(path, "v1.0.0.post1")
    return path


def test_a_settings_file_changes_what_is_offered(template: Path, tmp_path: Path) -> None:
    chapter = (ROOT / "README.md").read_text("utf-8").partition("\n## For an organisation\n")[2]
    settings = tmp_path / "settings.yml"
    settings.write_text(chapter.partition("```yaml\n")[2].partition("```")[0])
    told("`COPIER_SETTINGS_PATH`")
    project = make(template, tmp_path / "project", env={"COPIER_SETTINGS_PATH": str(settings)})
    assert answers(project)["license"] == "Proprietary"
    assert "Copyright (c) Example Ltd" in project.read("LICENSE")


def test_a_data_file_fixes_answers_of_new_and_old_projects(released: Path, tmp_path: Path) -> None:
    (tmp_path / "standard.yml").write_text(yaml.safe_dump(STANDARD))
    told("copier copy --data-file standard.yml TEMPLATE my-service")
    new = make(released, tmp_path / "my-service", "--data-file", f"{tmp_path}/standard.yml")
    assert STANDARD.items() <= answers(new).items()

    old = make(released, tmp_path / "old", "--data", "isolation=venv")
    old.write("standard.yml", yaml.safe_dump(STANDARD))
    old.commit()
    update(old, "--data-file standard.yml")
    assert {**STANDARD, "isolation": "venv"}.items() <= answers(old).items()
    assert old.read(".python-version") == "3.12\n"


def test_a_fork_takes_over_projects_and_later_versions(
    released: Path, fork: Path, tmp_path: Path
) -> None:
    upstream = tmp_path / "upstream"
    shutil.copytree(released, upstream)
    project = make(upstream, tmp_path / "project")
    told("change `_src_path` in its `.copier-answers.yml` to the fork's address, and commit that")
    moved = project.read(".copier-answers.yml").replace(str(upstream), str(fork))
    project.write(".copier-answers.yml", moved)
    project.commit()
    update(project)
    told("`v1.2.0.post1` counts as later than `v1.2.0`")
    assert answers(project)["_commit"] == "v1.0.0.post1"
    assert answers(make(fork, tmp_path / "new"))["isolation"] == "docker"

    changed = upstream / "template/DEVELOPMENT.md.jinja"
    changed.write_text(changed.read_text() + "# later\n")
    release(upstream, "v1.3.0")
    who = ("-c", "user.name=User", "-c", "user.email=user@example.org")
    run("git", *told("git fetch --tags").split()[1:], upstream, cwd=fork)
    run("git", *who, *told("git merge v1.3.0").split()[1:], cwd=fork)
    run("git", "tag", "v1.3.0.post1", cwd=fork)
    update(project)
    assert answers(project)["_commit"] == "v1.3.0.post1"
    assert "# later" in project.read("DEVELOPMENT.md")


def test_a_pilot_rolling_out_watching_and_going_back(fork: Path, tmp_path: Path) -> None:
    projects = [make(fork, tmp_path / "all" / name) for name in ("pilot", "second", "third")]
    pilot, second, _ = projects
    changed = fork / "template/DEVELOPMENT.md.jinja"
    changed.write_text(changed.read_text() + "# later\n")
    release(fork, told("v1.3.0rc1"))
    update(second)
    assert answers(second)["_commit"] == "v1.0.0.post1"
    update(pilot, "--prereleases")
    assert answers(pilot)["_commit"] == "v1.3.0rc1"

    count = told("grep -h '^_commit:' */.copier-answers.yml | sort | uniq -c")
    lines = run("sh", "-c", count, cwd=tmp_path / "all").stdout.split()
    assert lines == ["2", "_commit:", "v1.0.0.post1", "1", "_commit:", "v1.3.0rc1"]

    run("git", "tag", "v1.3.0", cwd=fork)
    assert "latest version is 1.3.0" in second.run(*told("copier check-update").split()).stdout
    for name in ("conflict", "dirty"):
        other = make(fork, tmp_path / "all" / name, "--vcs-ref=v1.0.0.post1")
        changed = "README.md" if name == "dirty" else "DEVELOPMENT.md"
        other.append(changed, "Ours.\n")
        if name == "conflict":
            other.commit()
    (tmp_path / "all/no-project").mkdir()
    chapter = (ROOT / "README.md").read_text("utf-8").partition("\n## For an organisation\n")[2]
    every = "for project" + chapter.partition("```sh\nfor project")[2].partition("```")[0]
    identity = {f"GIT_{role}_{key}": f"{key}@example.org" for role in ROLES for key in ROLES[role]}
    done = run("sh", "-c", every, cwd=tmp_path / "all", env=identity)
    assert [line for line in done.stdout.splitlines() if "looked at" in line] == [
        "to be looked at: conflict/",
        "to be looked at: dirty/",
    ]
    for project in projects:
        assert answers(project)["_commit"] == "v1.3.0"
        assert project.run("git", "status", "--porcelain").stdout == ""
        assert project.run("git", "branch", "--show-current").stdout == "template-update\n"

    who = ("-c", "user.name=User", "-c", "user.email=user@example.org")
    second.run("git", *who, *told("git revert").split()[1:], "--no-edit", "HEAD")
    assert answers(second)["_commit"] == "v1.0.0.post1"
    update(second)
    assert answers(second)["_commit"] == "v1.3.0"


def test_leaving(released: Path, tmp_path: Path) -> None:
    data = ("--data", f"python_version={HERE}", "--data", "isolation=venv")
    project = make(released, tmp_path / "project", *data)
    told("Delete `.copier-answers.yml`.")
    (project.path / ".copier-answers.yml").unlink()
    mentions = {name for name, content in project.files().items() if b"copier" in content.lower()}
    assert mentions == {"DEVELOPMENT.md"}
    assert "passed" in shell(project, "bash", "pytest -q")
