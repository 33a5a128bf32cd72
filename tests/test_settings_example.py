"""`.env.example`, which shows every setting that a project has."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from support.commands import run
from support.projects import Bakery, Project

SETTINGS = "src/my_project/settings.py"
SERVICES = ["postgres", "redis"]


@pytest.fixture(scope="module", params=["cli", "web"])
def project(request: pytest.FixtureRequest, bake: Bakery) -> Project:
    return bake(isolation="both", app=request.param, services=SERVICES)


def settings_of(project: Project) -> set[str]:
    """Return the variables that the application reads: APP_ and the name of a field, or its alias."""
    tree = ast.parse(project.read(SETTINGS))
    [settings] = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    fields = [node for node in settings.body if isinstance(node, ast.AnnAssign)]

    found = set()
    for field in fields:
        alias = re.search(r"alias='(\w+)'", ast.unparse(field))
        found.add(alias[1] if alias else f"APP_{ast.unparse(field.target)}".upper())
    return found


def test_shows_every_setting_of_the_application_and_no_other(project: Project) -> None:
    shown = set(re.findall(r"^#?([A-Z_]+)=", project.read(".env.example"), re.MULTILINE))
    assert {"APP_GREETING", "APP_DATABASE_URL", "APP_REDIS_URL", "POSTGRES_PASSWORD"} <= shown
    assert shown == settings_of(project)


def test_a_copy_of_it_sets_what_compose_refuses_to_start_without(project: Project) -> None:
    files = [text.decode() for name, text in project.files().items() if name.startswith("compose")]
    required = set(re.findall(r"\$\{(\w+):\?", "\n".join(files)))
    assert required == {"POSTGRES_PASSWORD"}
    assert re.search(r"^POSTGRES_PASSWORD=\S", project.read(".env.example"), re.MULTILINE)


def test_the_web_service_is_for_this_machine_alone_unless_told_otherwise(bake: Bakery) -> None:
    project = bake(app="web")
    assert re.search(r'^ +host: str = "127\.0\.0\.1"$', project.read(SETTINGS), re.MULTILINE)
    assert "\n#APP_HOST=127.0.0.1\n" in project.read(".env.example")


@pytest.mark.needs("index")
def test_the_database_is_in_the_project_and_an_error_names_its_variable(
    bake: Bakery, tmp_path: Path
) -> None:
    project = bake(services=["postgres"])
    script = (
        "from my_project import settings;"
        "print(settings.load_settings().database_url);"
        "print(settings.variable('greeting'), settings.variable('POSTGRES_PASSWORD'))"
    )
    words = ("uv", "run", "--quiet", "--no-project", "--python", sys.executable)
    source = {"PYTHONPATH": str(project.path / "src")}
    packages = ("--with", "pydantic-settings")
    done = run(*words, *packages, "python", "-c", script, cwd=tmp_path, env=source)
    assert done.stdout.splitlines() == [
        f"sqlite:///{project.path.resolve() / 'my_project.db'}",
        "APP_GREETING POSTGRES_PASSWORD",
    ]
