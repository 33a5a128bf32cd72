"""`copier update`: switching the isolation, and later versions of the template."""

from __future__ import annotations

import itertools
import os
import random
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import copier.errors
import pytest
import yaml
from support.answers import ASKED, QUESTIONS, choices, label
from support.commands import ROOT
from support.projects import Bakery, Project
from support.versions import release

SETTINGS = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))
OWN_FILES = {path for path in SETTINGS["_skip_if_exists"] if path[0] == "/"} - {"/src", "/tests"}

# What a user adds: to a file of their own, or as a new one.
ADDED = {
    ".devcontainer/ours/devcontainer.json": "{}\n",
    ".env": "APP_GREETING=Hi\n",
    ".github/prepare.sh": "true\n",
    "dev/build.sh": "true\n",
    ".github/workflows/ours.yml": "on: push\njobs: {}\n",
    ".gitignore": "\n/notes/\n",
    ".gitlab-ci.local.yml": "venv: {before_script: ['true']}\n",
    "apt-packages-build.txt": "sl\n",
    "apt-packages.txt": "hello\nbuild: sl\n",
    "compose.dev.yaml": "services: {app: {labels: [ours]}}\n",
    "compose.own.yaml": "services: {app: {mem_limit: 1g}}\n",
    "notes.txt": "ours\n",
    "src/{package}/more.py": "MORE = 1\n",
    "src/{package}/settings.py": "\nOURS = 1\n",
    "tests/conftest.py": "\nOURS = 1\n",
}
# Files of the user's that only earlier versions wrote.
EARLIER = {".editorconfig", ".gitattributes", ".pre-commit-config.yaml"}
METADATA = {
    'readme = "README.md"': 'readme = { file = "README.md", content-type = "text/markdown" }',
    'version = "0.1.0"': 'version = "1.2.3"\nkeywords = ["notes"]',
    'pythonpath = ["src"]': 'pythonpath = ["src"]\naddopts = "--strict-markers"',
    "line-length = 100": "line-length = 120",
    'extend-select = ["I"]': 'extend-select = ["I", "UP"]',
}


def is_own(name: str) -> bool:
    """Whether updates leave a file alone."""
    return (
        name in {*ADDED, *EARLIER} or f"/{name}" in OWN_FILES or name.startswith(("src/", "tests/"))
    )


def edit(project: Project) -> Project:
    """Do what a user may do, with each file of their own and each place for additions."""
    for path in OWN_FILES - {"/renovate.json"}:
        if (project.path / path[1:]).exists():
            project.append(path[1:], "# ours\n")
    if (project.path / "renovate.json").exists():
        ours = '"packageRules": [\n    {"matchPackageNames": ["ours"], "enabled": false},'
        renovate = project.read("renovate.json")
        project.write("renovate.json", renovate.replace('"packageRules": [', ours))
        assert ours in project.read("renovate.json")
    for name, text in ADDED.items():
        name = name.format(package=project.answers["package_name"])
        path = project.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        project.write(name, (path.read_text("utf-8") if path.exists() else "") + text)
    (project.path / "tests/test_settings.py").unlink(missing_ok=True)
    metadata = project.read("pyproject.toml")
    for ours in METADATA.items():
        assert ours[0] in metadata or project.answers["app"] == "own"
        metadata = metadata.replace(*ours)
    project.write("pyproject.toml", metadata + '\n[tool.mypy]\nfiles = ["src"]\n')
    return project


def updated(before: dict[str, bytes], fresh: dict[str, bytes]) -> dict[str, bytes]:
    """Return what an update shall leave: the user's files, and a new project's other files."""
    own = {name: content for name, content in before.items() if is_own(name)}
    return own | {name: content for name, content in fresh.items() if not is_own(name)}


def at_random(chosen: random.Random, question: str = "") -> dict[str, Any]:
    """Return random answers that go with each answer to a question."""
    while True:
        answers = {other: chosen.choice(choices(other)) for other in CHOICES if other != question}
        for value in choices(question) if question else [None]:
            both = answers | {question: value}
            # The one answer that is refused together with another.
            if (both["ci"], both["update_bot"]) == ("none", "schedule"):
                break
        else:
            return answers


# Without those for code of one's own alone.
CHOICES = [
    name
    for name, question in QUESTIONS.items()
    if name in ASKED and "choices" in question and "when" not in question
]


def way_through(question: str) -> list[Any]:
    """Return each answer in turn and back again: of three, each change from one to another.

    Of a licence and of a version of Python only words change: for them, each answer once.
    """
    values = choices(question)
    once = [*values, values[0]]
    return once if question in ("license", "python_version") else once + once[-2::-1]


@pytest.mark.parametrize("question", [*CHOICES, "isolation again"])
def test_any_answer_can_change_to_any_other_and_back(
    question: str, bake: Bakery, released: Path
) -> None:
    """The other answers are at random, but always the same."""
    question, _, again = question.partition(" ")
    others = at_random(random.Random(question), question) | {"port": "8123"}
    if question != "app":  # for what is special with code of one's own see test_adopt.py
        others["app"] = "web" if again else "cli"
    first, *changes = way_through(question)
    project = edit(bake(released, "v1.0.0", **others, **{question: first}))
    project.commit()
    before = project.files()
    for value in changes:
        metadata, app = project.read("pyproject.toml").encode(), project.answers["app"]
        project.update("v1.0.0", **{question: value})
        fresh = edit(bake(**others, **{question: value})).files()
        # The recorded answers were compared by the update; here is no version.
        expected = updated(before, fresh)
        expected[".copier-answers.yml"] = project.files()[".copier-answers.yml"]
        if "own" in (app, project.answers["app"]):
            expected["pyproject.toml"] = metadata  # DEVELOPMENT.md tells so
        if app == "own":
            project.run("git", "checkout", "-q", "HEAD", "--", "pyproject.toml")
        assert project.files() == expected
        project.commit()
    assert project.files() == before


def test_docker_gets_the_files_that_it_needs_and_they_stay(bake: Bakery, released: Path) -> None:
    project = bake(released, "v1.0.0", isolation="venv")
    project.commit()
    project.update("v1.0.0", isolation="docker")
    fresh = bake(released, "v1.0.0", isolation="docker").files()
    assert project.files() == fresh
    (project.path / "compose.own.yaml").unlink()
    project.commit()
    project.update("v1.0.0", python_version="3.13")
    assert project.files().keys() == fresh.keys(), "the file came back"
    project.commit()
    project.update("v1.0.0", isolation="venv")
    left = project.files().keys() - bake(released, "v1.0.0", isolation="venv").files().keys()
    assert left == {"apt-packages.txt", "compose.own.yaml"}


def test_documents_what_a_changed_answer_leaves_to_the_user(bake: Bakery) -> None:
    """An answer that new projects show in the user's files is named in docs/switching.md."""
    other = {
        "project_name": "Other",
        "package_name": "other",
        "project_description": "Other.",
        "author_name": "Other",
        "author_email": "other@example.org",
        "port": "8123",
        "command": "other",
        "code": "other",
        "writes": "other",
        "test_command": "other",
        "left_out": ["README.md"],
        "registry": "mirror.example.org",
        "package_index": "https://mirror.example.org/simple",
    }
    own = ("command", "code", "writes", "test_command", "protocol", "left_out")
    asked_with = {name: {"app": "own"} for name in own}
    asked_with |= {name: {"company_network": True} for name in ("registry", "package_index")}
    shown = set()
    for question in ASKED:
        base = {"app": "web", "ci": "github"} | asked_with.get(question, {})
        default = bake(**base).files()
        for answer in [other[question]] if question in other else choices(question):
            files = bake(**base | {question: answer}).files()
            files.pop("renovate.json", None)  # comes with the answer
            if any(is_own(name) and files[name] != default.get(name) for name in files):
                shown.add(question)
    page = (ROOT / "docs/switching.md").read_text("utf-8")
    text = page.partition("change those by hand:")[2].partition(".\n")[0]
    assert set(re.findall(r"`(\w+)`", text)) == shown


def change_everything(repository: Path) -> None:
    """Change each file of a template, and add a sample, as a later version may."""
    for path in (repository / "template").rglob("*"):
        if path.name == "pyproject.toml.jinja":
            path.write_text(path.read_text().replace("# Metadata and", "# The metadata and"))
        elif path.is_file():
            remark = b"\n" if ".json" in path.name else b"\n# later\n"
            path.write_bytes(path.read_bytes() + remark)
    for path in (repository / "template").rglob("settings.py*"):
        path.with_name("sample.py").write_text("SAMPLE = 1\n")


def update_to_later(project: Project, repository: Path) -> tuple[dict[str, bytes], ...]:
    """Update to a version that changes everything; return the files before and after."""
    project.commit()
    before = project.files()
    change_everything(repository)
    release(repository, "v2.0.0")
    project.update("v2.0.0")
    return before, project.files()


@pytest.mark.parametrize("isolation", choices("isolation"))
def test_a_later_version_reaches_the_templates_files_only(
    isolation: str, bake: Bakery, repository: Path
) -> None:
    project = edit(bake(repository, "v1.0.0", isolation=isolation))
    before, after = update_to_later(project, repository)
    assert after == updated(before, edit(bake(repository, "v2.0.0", isolation=isolation)).files())
    assert b"# later" in after["DEVELOPMENT.md"] and b"# The metadata" in after["pyproject.toml"]
    assert after.keys() == before.keys(), "a new sample appeared, or a deleted file came back"


def test_an_update_makes_a_script_executable(bake: Bakery, repository: Path) -> None:
    """In earlier versions, `activate` could only be sourced."""
    script = repository / "template/dev/activate"
    script.chmod(0o644)
    release(repository, "v1.1.0")
    project = bake(repository, "v1.1.0", isolation="venv")
    assert not os.access(project.path / "dev/activate", os.X_OK)
    script.chmod(0o755)
    update_to_later(project, repository)
    assert os.access(project.path / "dev/activate", os.X_OK)
    assert project.read("dev/activate").startswith("#!/bin/sh\n")


@pytest.mark.parametrize("app", choices("app"))
@pytest.mark.parametrize(
    ("isolation", "gone"),
    [("venv", "dev/activate.bat"), ("docker", ".devcontainer"), ("both", "DEVELOPMENT.md")],
)
def test_a_file_that_was_deleted_stays_so_and_the_others_are_updated(
    isolation: str, gone: str, app: str, bake: Bakery, repository: Path
) -> None:
    project = edit(bake(repository, "v1.0.0", isolation=isolation, app=app))
    project.run("rm", "-r", gone)
    before, after = update_to_later(project, repository)
    expected = updated(
        before, edit(bake(repository, "v2.0.0", isolation=isolation, app=app)).files()
    )
    expected = {name: text for name, text in expected.items() if not name.startswith(gone)}
    assert after == expected


@pytest.mark.parametrize(
    ("answers", "line", "ours", "change"),
    [
        ({}, "authors = []", 'authors = [{ name = "Me" }]', {"author_name": "Example Ltd"}),
        ({"license": "none"}, '# license = "MIT"', 'license = "0BSD"', {"license": "Proprietary"}),
    ],
)
def test_an_answer_to_what_was_written_by_hand_is_a_conflict(
    answers: dict[str, str],
    line: str,
    ours: str,
    change: dict[str, str],
    bake: Bakery,
    released: Path,
) -> None:
    """Two such lines, which do not touch, would make a file that cannot be read."""
    project = bake(released, "v1.0.0", **answers)
    metadata = project.read("pyproject.toml")
    assert f"\n{line}\n" in metadata
    project.write("pyproject.toml", metadata.replace(line, ours))
    project.commit()
    project.update("v1.0.0", **change)
    _, mark, conflict = project.read("pyproject.toml").partition("\n<<<<<<< ")
    assert mark and ours in conflict and next(iter(change.values())) in conflict


SETTING = re.compile(r"^(?:[\w-]+|{{ project_slug }}) = .*", re.MULTILINE)


def remark(text: str, *remarks: str) -> str:
    """Append a remark to each setting in pyproject.toml, with several to one after the other."""
    turns = itertools.cycle(remarks)
    return SETTING.sub(lambda setting: setting[0] + next(turns), text)


@pytest.mark.parametrize("turn", [1, -1])
def test_settings_that_stand_together_can_be_changed_by_both(
    turn: int, bake: Bakery, repository: Path
) -> None:
    """Every second one by the user, and the others by a later version."""
    project = bake(repository, "v1.0.0", author_name="Me")
    before = project.read("pyproject.toml")
    project.write("pyproject.toml", remark(before, *("  # ours", "")[::turn]))
    project.commit()
    template = repository / "template/pyproject.toml.jinja"
    own, rest = template.read_text("utf-8").split("{%- else -%}\n", 1)
    rest = rest.replace("authors = []", "# none")  # the other branch, which is not taken
    later = remark(rest, *("", "  # later")[::turn])
    template.write_text(f"{own}{{%- else -%}}\n{later}", "utf-8")
    release(repository, "v2.0.0")
    project.update("v2.0.0")
    both = remark(before, *("  # ours", "  # later")[::turn])
    assert project.read("pyproject.toml") == both


@pytest.mark.parametrize(
    "answer",
    [
        {"project_name": "Other"},
        {"project_description": "Other."},
        {"author_name": "Other"},
        {"license": "Proprietary"},
    ],
)
def test_an_answer_can_change_beside_what_was_written_by_hand(
    answer: dict[str, str], bake: Bakery, released: Path
) -> None:
    answers = {"package_name": "ours"}
    project = bake(released, "v1.0.0", **answers)
    before = project.read("pyproject.toml")
    fresh = bake(**answers | answer).read("pyproject.toml")

    def by_hand(text: str, other: str) -> str:
        """Change each setting that the answer does not change."""
        lines = other.splitlines()
        return SETTING.sub(lambda one: one[0] + "  # ours" * (one[0] in lines), text)

    project.write("pyproject.toml", by_hand(before, fresh))
    project.commit()
    project.update("v1.0.0", **answer)
    assert project.read("pyproject.toml") == by_hand(fresh, before) != fresh


def test_no_answer_adds_a_key_to_the_settings_of_tools(bake: Bakery) -> None:
    """The user may have it, further down in that table, where an update does not look."""
    tools = [
        tomllib.loads(bake(**answers).read("pyproject.toml"))["tool"]
        for question in CHOICES
        for answers in ({question: value} for value in choices(question))
        if answers not in ({"app": "own"}, {"update_bot": "schedule"})
    ]
    tools.append(tomllib.loads(bake(package_name="MyShop").read("pyproject.toml"))["tool"])
    assert all(tool == tools[0] for tool in tools)


# What a project of an older version may have answered.
OLDER = [
    *(
        {"isolation": isolation, "app": app}
        for isolation in choices("isolation")
        for app in choices("app")
    ),
    {"app": "web", "services": ["postgres", "redis"], "ci": "github", "update_bot": "schedule"},
    {"isolation": "docker", "app": "web", "port": 8123, "ci": "gitlab", "license": "none"},
    {"company_network": True, "registry": "mirror.example.com/hub", "update_bot": "renovate"},
    {"app": "own", "command": "python app.py", "code": "app.py", "port": 8123},
]


def asked_again(answers: dict[str, Any]) -> dict[str, Any]:
    """Return older answers as this version records them: a port was a number, or null for none."""
    if "port" not in answers:
        return answers
    return answers | {"port": "" if answers["port"] is None else str(answers["port"])}


@pytest.mark.needs("history")
@pytest.mark.parametrize("answers", OLDER, ids=label)
def test_the_last_release_updates_to_now(
    answers: dict[str, Any], bake: Bakery, past: tuple[Path, str, str]
) -> None:
    repository, older, newer = past
    project = edit(bake(repository, older, **answers))
    project.commit()
    before = project.files()
    project.answers = asked_again(project.answers)
    project.update(newer)
    expected = updated(before, edit(bake(**asked_again(answers))).files())
    # The recorded answers were compared by the update; the fresh project has no version.
    expected[".copier-answers.yml"] = project.files()[".copier-answers.yml"]
    if project.answers["app"] == "own":
        expected["pyproject.toml"] = before["pyproject.toml"]  # DEVELOPMENT.md tells so
    assert project.files() == expected


@pytest.mark.needs("history", "index")
@pytest.mark.parametrize("isolation", ["venv", "both"])
def test_an_environment_of_the_last_release_works_after_the_update(
    isolation: str, bake: Bakery, past: tuple[Path, str, str]
) -> None:
    repository, older, newer = past
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    project = bake(repository, older, isolation=isolation, app="cli", python_version=version)
    project.commit()
    project.run("sh", "-c", ". scripts/activate")

    project.answers = asked_again(project.answers)
    project.update(newer)
    assert "<<<<<<< before updating" not in project.run("git", "diff").stdout
    assert not (project.path / "scripts").exists()
    assert " passed" in project.run("dev/do", "test").stdout
    project.run("dev/do", "check")


@pytest.mark.needs("history", "docker", "index")
def test_a_container_of_the_last_release_works_after_the_update(
    bake: Bakery, past: tuple[Path, str, str]
) -> None:
    repository, older, newer = past
    name = f"Last {os.getpid()}"
    project = bake(repository, older, isolation="docker", app="cli", project_name=name)
    project.commit()
    project.answers = asked_again(project.answers)
    project.update(newer)
    assert "<<<<<<< before updating" not in project.run("git", "diff").stdout
    try:
        assert " passed" in project.run("dev/do", "test").stdout
    finally:
        project.run("docker", "compose", "down", "--remove-orphans", "--rmi=local", "-t1")


@pytest.mark.needs("history", "index")
def test_the_update_says_which_line_reads_dotenv(bake: Bakery, past: tuple[Path, str, str]) -> None:
    """Activation loaded .env once; the settings of a project are the user's own."""
    repository, older, newer = past
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    project = bake(repository, older, isolation="venv", app="web", python_version=version)
    project.commit()
    project.write(".env", "APP_GREETING=Good morning\nAPP_PORT=8123\n")

    copier = (sys.executable, "-m", "copier", "update", "--defaults", f"--vcs-ref={newer}")
    message = project.run(*copier).stderr
    [line] = re.findall(r"add to its SettingsConfigDict: `(.*)`", message)
    settings = "src/my_project/settings.py"
    before = "env_ignore_empty=True)"
    assert before in project.read(settings)
    project.write(
        settings, project.read(settings).replace(before, f"env_ignore_empty=True, {line})")
    )

    show = "from my_project.settings import load_settings as s; print(s().greeting, s().port)"
    command = ('. dev/activate && exec python -c "$1"', "sh", show)
    assert project.run("sh", "-c", *command).stdout == "Good morning 8123\n"
    shell = {"APP_GREETING": "Good evening"}
    assert project.run("sh", "-c", *command, env=shell).stdout == "Good evening 8123\n"


NEW_QUESTION = """

docs:
  type: bool
  help: Shall it have a manual?
  default: {default}
"""


@pytest.mark.parametrize(
    ("default", "condition"), [("false", "not docs"), ("true", "not docs | default(true)")]
)
def test_a_later_version_may_ask_more(
    default: str, condition: str, bake: Bakery, repository: Path
) -> None:
    """With false, for files that are new; with true, for some that were there before."""
    (repository / "template/docs").mkdir()
    page = repository / "template/docs/index.md.jinja"
    text = "# {{ project_name }}\n"
    if default == "true":
        page.write_text(text)
        release(repository, "v1.1.0")
    project = edit(bake(repository, "v1.0.0"))
    project.commit()
    page.write_text(f"{text}later\n")
    settings = (repository / "copier.yml").read_text("utf-8")
    table = f'_exclude:\n  - "{{% if {condition} %}}/docs{{% endif %}}"\n'
    settings = settings.replace("_exclude:\n", table) + NEW_QUESTION.format(default=default)
    (repository / "copier.yml").write_text(settings)
    release(repository, "v2.0.0")

    before = project.files()
    project.update("v2.0.0")
    docs = {"docs/index.md": b"# My Project\nlater\n"} if default == "true" else {}
    answers = {".copier-answers.yml": project.files()[".copier-answers.yml"]}
    assert f"docs: {default}\n".encode() in answers[".copier-answers.yml"]
    assert project.files() == before | answers | docs
    project.commit()
    for value in (default == "false", default == "true"):
        changed = {"docs": value}  # which the working tree does not ask
        copier.run_update(project.path, data=changed, defaults=True, overwrite=True, quiet=True)
        assert (changed | {"_commit": "v2.0.0"}).items() <= project.recorded().items()
        project.commit()
        assert (project.path / "docs").exists() == value


def test_copying_over_an_existing_project_overwrites_nothing_of_the_users(
    template: Path, tmp_path: Path
) -> None:
    project = Project(tmp_path, {})
    (tmp_path / "src/my_project").mkdir(parents=True)
    for name in ("README.md", "requirements.txt", "src/my_project/__main__.py"):
        project.write(name, "ours\n")
    copier.run_copy(str(template), tmp_path, defaults=True, overwrite=True, quiet=True)
    for name in ("README.md", "requirements.txt", "src/my_project/__main__.py"):
        assert project.read(name) == "ours\n"
    assert (tmp_path / "Dockerfile").exists()


def test_recopying_restores_the_templates_files_and_keeps_the_users(
    bake: Bakery, released: Path
) -> None:
    project = edit(bake(released, "v1.0.0"))
    expected = project.files()
    project.commit()
    project.append("Dockerfile", "USER root\n")
    copier.run_recopy(project.path, defaults=True, overwrite=True, quiet=True)
    restored = project.files()
    restored.pop("tests/test_settings.py")  # a recopy brings back what was deleted
    metadata = {"pyproject.toml"}  # and does not merge
    assert {k: v for k, v in restored.items() if k not in metadata} == {
        k: v for k, v in expected.items() if k not in metadata
    }


def test_an_update_of_a_changed_tree_is_refused_and_changes_nothing(
    bake: Bakery, released: Path
) -> None:
    project = bake(released, "v1.0.0")
    project.commit()
    project.append("README.md", "not committed\n")
    before = project.files()
    with pytest.raises(copier.errors.UserMessageError, match="dirty"):
        project.update("v1.0.0", isolation="venv")
    assert project.files() == before
