"""`copier update`: switching the isolation, and later versions of the template."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import copier.errors
import pytest
from conftest import Bake, Project, choices, release, run

OWN = {
    ".env.example": "OUR_KEY=\n",
    ".gitignore": "/notes/\n",
    "README.md": "\nOur own words.\n",
    "requirements-dev.in": "hypothesis\n",
    "requirements-dev.txt": "hypothesis==6.170.15\n",
    "requirements.in": "attrs\n",
    "requirements.txt": "attrs==26.1.0\n",
    "src/my_project/settings.py": "\nOURS = 1\n",
    "tests/conftest.py": "\nOURS = 1\n",
}


def edit(project: Project) -> Project:
    """Do what a user may do: edit, add and delete files of their own, and edit the shared one."""
    for name, text in OWN.items():
        project.append(name, text)
    project.write("src/my_project/more.py", "MORE = 1\n")
    project.write("notes.txt", "ours\n")
    project.write(".env", "APP_GREETING=Hi\n")
    (project.path / "tests/test_settings.py").unlink()
    metadata = project.read("pyproject.toml").replace('"0.1.0"', '"1.2.3"')
    project.write("pyproject.toml", metadata + '\n[tool.mypy]\nfiles = ["src"]\n')
    return project


@pytest.mark.parametrize("app", choices("app"))
@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(choices("isolation"), 2)))
def test_switching_is_a_fresh_render_and_the_edits(
    before: str, after: str, app: str, bake: Bake, released: Path
) -> None:
    project = edit(bake(released, isolation=before, app=app))
    project.commit()
    project.update(isolation=after)
    assert project.files() == edit(bake(released, isolation=after, app=app)).files()


def test_switching_there_and_back_changes_nothing(bake: Bake, released: Path) -> None:
    project = edit(bake(released, isolation="both", app="web", port=8123))
    project.commit()
    before = project.files()
    for isolation in ("venv", "docker", "both"):
        project.update(isolation=isolation)
        project.commit()
    assert project.files() == before


def test_an_answer_survives_while_its_question_is_not_asked(bake: Bake, released: Path) -> None:
    project = bake(released, app="web", port=8123)
    project.commit()
    project.update(app="cli")
    project.commit()
    project.update(app="web")
    assert "port: 8123" in project.read(".copier-answers.yml")


@pytest.fixture
def later(released: Path, tmp_path: Path) -> Path:
    """A later version, which changes every file of the template and brings a new sample."""
    repository = tmp_path / "template"
    shutil.copytree(released, repository)
    for path in (repository / "template").rglob("*"):
        if path.name == "pyproject.toml.jinja":
            path.write_text(path.read_text().replace("line-length = 100", "line-length = 99"))
        elif path.is_file():
            path.write_bytes(path.read_bytes() + b"\n# later\n")
    for path in (repository / "template").rglob("settings.py*"):
        path.with_name("sample.py").write_text("SAMPLE = 1\n")
    release(repository, "v2.0.0")
    return repository


@pytest.mark.parametrize("isolation", choices("isolation"))
def test_a_later_version_reaches_the_templates_files_only(
    isolation: str, bake: Bake, later: Path
) -> None:
    run("git", "checkout", "-q", "v1.0.0", cwd=later)
    project = edit(bake(later, isolation=isolation))
    project.commit()
    before = project.files()
    run("git", "checkout", "-q", "-", cwd=later)
    project.update()
    after = project.files()

    fresh = edit(bake(later, isolation=isolation)).files()
    templates = {
        name for name in fresh if name not in OWN and not name.startswith(("src/", "tests/"))
    }
    assert {name: after[name] for name in templates} == {name: fresh[name] for name in templates}
    assert b"# later" in after["DEVELOPMENT.md"] and b"length = 99" in after["pyproject.toml"]
    own = before.keys() - templates
    assert {name: after[name] for name in own} == {name: before[name] for name in own}
    assert after.keys() == before.keys(), "a new sample appeared, or a deleted file came back"


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
    bake: Bake, released: Path
) -> None:
    project = edit(bake(released))
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
    bake: Bake, released: Path
) -> None:
    project = bake(released)
    project.commit()
    project.append("README.md", "not committed\n")
    before = project.files()
    with pytest.raises(copier.errors.UserMessageError, match="dirty"):
        project.update(isolation="venv")
    assert project.files() == before
