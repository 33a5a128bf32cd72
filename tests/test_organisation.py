"""What docs/organisation.md tells an organisation to do, done."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml
from support.commands import ROOT, run
from support.projects import Project
from support.versions import release
from test_venv import HERE, shell

ROLES = {"AUTHOR": ("NAME", "EMAIL"), "COMMITTER": ("NAME", "EMAIL")}
COPIER = (sys.executable, "-m", "copier")
PAGE = ROOT / "docs/organisation.md"
STANDARD = {"author_name": "Example Ltd", "license": "Proprietary", "python_version": "3.12"}


def told(text: str) -> str:
    """Return a text that is on the page."""
    chapter = PAGE.read_text("utf-8")
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
    """Update a project with a command from the page, and commit the result."""
    command = " ".join(["copier update --defaults", *words])
    project.run("sh", "-c", told(command))
    if project.run("git", "status", "--porcelain").stdout:
        project.commit()


@pytest.fixture
def fork(released: Path, tmp_path: Path) -> Path:
    """A fork with a release of its own, which has another default; what it publishes is beside it."""
    path = tmp_path / "fork"
    run("git", "clone", "-q", "--bare", released, published(path))
    run("git", "clone", "-q", published(path), path)
    settings = (path / "copier.yml").read_text("utf-8")
    (path / "copier.yml").write_text(settings.replace("  default: both\n", "  default: docker\n"))
    guide = path / "template/DEVELOPMENT.md.jinja"
    guide.write_text(
        guide.read_text("utf-8").replace("\n## ", "\nOnly in the fork.\n\n## ", 1), "utf-8"
    )
    release(path, "v1.0.0.1")
    run("git", "push", "-q", "origin", "HEAD", "v1.0.0.1", cwd=path)
    return path


def published(fork: Path) -> Path:
    """Return the address of a fork."""
    return fork.with_name("fork.git")


def test_a_settings_file_changes_what_is_offered(template: Path, tmp_path: Path) -> None:
    chapter = PAGE.read_text("utf-8")
    settings = tmp_path / "settings.yml"
    settings.write_text(chapter.partition("```yaml\n")[2].partition("```")[0])
    told("`COPIER_SETTINGS_PATH`")
    project = make(template, tmp_path / "project", env={"COPIER_SETTINGS_PATH": str(settings)})
    assert answers(project)["license"] == "Proprietary"
    assert "Copyright (c) Example Ltd" in project.read("LICENSE")


def test_a_data_file_fixes_answers_of_new_and_old_projects(released: Path, tmp_path: Path) -> None:
    (tmp_path / "standard.yml").write_text(yaml.safe_dump(STANDARD))
    told("copier copy --data-file standard.yml TEMPLATE my-service")
    told("copier update --defaults --data-file ../standard.yml")
    new = make(released, tmp_path / "my-service", "--data-file", f"{tmp_path}/standard.yml")
    assert STANDARD.items() <= answers(new).items()

    old = make(released, tmp_path / "old", "--data", "isolation=venv")
    update(old, "--data-file ../standard.yml")
    assert {**STANDARD, "isolation": "venv"}.items() <= answers(old).items()
    assert old.read(".python-version") == "3.12\n"


def test_a_fork_takes_over_projects_and_later_versions(
    repository: Path, fork: Path, tmp_path: Path
) -> None:
    project = make(repository, tmp_path / "project")
    told("change `_src_path` in its `.copier-answers.yml` to the fork's address, and commit that")
    move(project, _src_path=published(fork))
    update(project)
    told("`v1.2.0.1` is your first release on top of `v1.2.0`, and counts as later.")
    assert answers(project)["_commit"] == "v1.0.0.1"
    ours = make(published(fork), tmp_path / "ours")
    assert answers(ours)["isolation"] == "docker"

    changed = repository / "template/DEVELOPMENT.md.jinja"
    for version in ("v1.3.0", "v1.4.0"):  # the fork does not take over the second
        changed.write_text(changed.read_text() + f"# later: {version}\n")
        release(repository, version)
    take_over = chapter("```sh\ngit fetch", "```").replace("TEMPLATE", str(repository))
    fetch, merge, *rest = ("git fetch" + take_over).strip().splitlines()
    fork_does(fork, fetch, merge)

    # A pilot, which a plain update passes by.
    tag = told("v1.3.0.1rc1")
    fork_does(fork, f"git tag {tag}", f"git push origin {tag}")
    update(project)
    assert answers(project)["_commit"] == "v1.0.0.1"
    said = project.run(*told("copier check-update --prereleases").split()).stdout
    assert "latest version is 1.3.0.1rc1" in said
    update(project, "--prereleases")
    assert answers(project)["_commit"] == tag
    update(ours, f"--vcs-ref={tag}")
    assert answers(ours)["_commit"] == tag
    command = "copier update --defaults"
    done = project.run("sh", "-c", command, check=False)
    assert done.returncode and "downgrading" in done.stderr
    project.run("sh", "-c", f"{command} --vcs-ref=:current: --data license=none")
    assert answers(project)["_commit"] == tag and answers(project)["license"] == "none"
    project.commit()

    assert rest[0] == told("git tag v1.3.0.1")
    fork_does(fork, *rest)
    update(project, "--prereleases")
    for one in (project, ours):
        update(one)
        assert answers(one)["_commit"] == "v1.3.0.1"
        assert "# later" in one.read("DEVELOPMENT.md")
    assert answers(make(published(fork), tmp_path / "new"))["isolation"] == "docker"

    # And back to this repository.
    told("`_commit` is then the version without your number, such as `v1.3.0`.")
    assert "Only in the fork" in project.read("DEVELOPMENT.md")
    move(project, _src_path=repository, _commit="v1.3.0")
    update(project)
    assert answers(project)["_commit"] == "v1.4.0"
    assert "# later: v1.4.0" in project.read("DEVELOPMENT.md")
    assert "Only in the fork" not in project.read("DEVELOPMENT.md")


def move(project: Project, **origin: object) -> None:
    """Change where a project comes from, and write the template's files again, as the page says."""
    text = project.read(".copier-answers.yml")
    for name, value in origin.items():
        text = re.sub(f"^{name}: .*", f"{name}: {value}", text, flags=re.MULTILINE)
    project.write(".copier-answers.yml", text)
    project.commit()
    again = (
        "copier recopy --quiet --vcs-ref=:current: --defaults --overwrite --data own_files=false"
    )
    project.run("sh", "-c", told(again))
    if project.run("git", "status", "--porcelain").stdout:
        project.commit()


def test_tags_that_a_fork_should_not_have(fork: Path, tmp_path: Path) -> None:
    """What the list below the commands for taking over warns of."""

    def newest() -> object:
        path = tmp_path / f"new-{len(list(tmp_path.iterdir()))}"
        run(*COPIER, "copy", "--quiet", "--defaults", published(fork), path)
        return answers(Project(path, {}))["_commit"]

    def tag(*names: str) -> None:
        publish(fork, names[0])
        for name in names[1:]:
            fork_does(fork, f"git tag {name}", f"git push -q origin {name}")

    told("Copier records only one tag per commit")
    tag("v1.3.0", "v1.3.0.1")
    assert newest() != "v1.3.0.1"

    tag("v1.3.0.2")
    tag(told("v1.3.0-acme"))
    assert newest() == "v1.3.0.2"

    told("If such a tag arrives alone, it is the newest version")
    tag("v1.4.0")
    assert newest() == "v1.4.0"

    tag("v1.5.0.post1")
    project = make(published(fork), tmp_path / "project")
    tag("v1.5.0.post2.dev1")
    done = project.run(*COPIER, "update", "--defaults", "--prereleases", check=False)
    assert done.returncode and "downgrading" in done.stderr


def chapter(start: str, end: str) -> str:
    """Return what is between two texts on the page."""
    text = PAGE.read_text("utf-8")
    assert start in text
    return text.partition(start)[2].partition(end)[0]


IDENTITY = {f"GIT_{role}_{key}": f"{key}@example.org" for role in ROLES for key in ROLES[role]}


def fork_does(fork: Path, *commands: str) -> None:
    """Run commands in a fork, as one who has a name there."""
    run("sh", "-ec", "\n".join(commands), cwd=fork, env=IDENTITY)


def test_rolling_out_watching_and_going_back(fork: Path, tmp_path: Path) -> None:
    source = published(fork)
    projects = [make(source, tmp_path / "all" / name) for name in ("first", "second", "third")]
    first, second, third = projects
    publish(fork, "v1.3.0.1")
    update(first)

    count = told("grep -h '^_commit:' */.copier-answers.yml | sort | uniq -c")
    lines = run("sh", "-c", count, cwd=tmp_path / "all").stdout.split()
    assert lines == ["2", "_commit:", "v1.0.0.1", "1", "_commit:", "v1.3.0.1"]

    said = second.run(*told("copier check-update").split()).stdout
    assert "latest version is 1.3.0.1" in said
    for name in ("conflict", "dirty", "hidden conflict"):
        other = make(source, tmp_path / "all" / name, "--vcs-ref=v1.0.0.1")
        changed = "README.md" if name == "dirty" else "DEVELOPMENT.md"
        other.append(changed, "Ours.\n")
        if name != "dirty":
            other.commit()
        if name == "hidden conflict":  # and so Copier leaves a .rej file
            other.run("git", "config", "status.showUntrackedFiles", "no")
    (tmp_path / "all/no-project").mkdir()

    assert roll_out(tmp_path / "all") == ["conflict/", "dirty/", "hidden conflict/"]
    for project in projects:
        assert answers(project)["_commit"] == "v1.3.0.1"
        assert project.run("git", "status", "--porcelain").stdout == ""
        assert project.run("git", "branch", "--show-current").stdout == "template-update\n"

    second.run("sh", "-c", told("git revert") + " --no-edit HEAD", env=IDENTITY)
    assert answers(second)["_commit"] == "v1.0.0.1"
    update(second)
    assert answers(second)["_commit"] == "v1.3.0.1"

    # And the next time, when two have merged the first, and the others have not.
    publish(fork, "v1.4.0.1")
    for project in projects:
        project.run("git", "switch", "-q", "-")
    first.run("git", "merge", "-q", "template-update")
    second.run("git", "merge", "-q", "--squash", "template-update")
    second.run("git", "commit", "-qm", "Squashed", env=IDENTITY)
    run("git", "init", "-q", "--bare", tmp_path / "remote")
    third.run("git", "push", "-q", "-u", tmp_path / "remote", "template-update")
    assert roll_out(tmp_path / "all") == ["conflict/", "dirty/", "hidden conflict/", "third/"]
    found = [answers(project)["_commit"] for project in projects]
    assert found == ["v1.4.0.1", "v1.4.0.1", "v1.0.0.1"]
    third.run("git", "merge", "-q", "template-update")
    assert answers(third)["_commit"] == "v1.3.0.1", "what was not merged is kept"


def publish(fork: Path, version: str) -> None:
    """Release a version of the fork in which a file is longer."""
    changed = fork / "template/DEVELOPMENT.md.jinja"
    changed.write_text(changed.read_text() + "# later\n")
    release(fork, version)
    run("git", "push", "-q", "origin", "HEAD", version, cwd=fork)


def roll_out(folder: Path) -> list[str]:
    """Update all projects in a folder as the page says; return those that need attention."""
    every = "for project" + chapter("```sh\nfor project", "```")
    lines = run("sh", "-c", every, cwd=folder, env=IDENTITY).stdout.splitlines()
    marked = [line.partition("needs your attention: ") for line in lines]
    return [name for _, mark, name in marked if mark]


@pytest.mark.needs("bash", "index")
def test_leaving(released: Path, tmp_path: Path) -> None:
    data = ("--data", f"python_version={HERE}", "--data", "isolation=venv")
    project = make(released, tmp_path / "project", *data)
    assert "Delete `.copier-answers.yml`." in (ROOT / "docs/updating.md").read_text("utf-8")
    (project.path / ".copier-answers.yml").unlink()
    mentions = {name for name, content in project.files().items() if b"copier" in content.lower()}
    modules = {"dev/activate", "dev/activate.ps1", "dev/dev_environment.py"}
    assert mentions == {"DEVELOPMENT.md", *modules}
    assert "passed" in shell(project, "bash", "pytest -q")
