"""What the linters of each language say of the rendered files."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell
from support.answers import SAMPLES, combinations, label
from support.commands import ROOT, run
from support.components import find_python
from support.projects import Bakery

AWKWARD = {
    "project_description": 'It\'s "quoted" \\ $HOME # é 🐍',
    "author_name": 'Zoë "Z"',
    "author_email": "zoe@example.org",
}
YAML_RULES = """
extends: default
rules:
  document-start: disable
  line-length: {max: 100}
  # Copier writes lists into its answers without indentation.
  indentation: {indent-sequences: whatever}
  truthy: {check-keys: false}  # GitHub's `on`
"""
SCRIPTS = ROOT / "template/scripts"
POSIX_FILES = ("activate", "apply.sh", "current.sh", "venv")
PROJECTS = [
    *combinations("isolation", "app", "license"),
    *combinations("isolation", "app", "services"),
    *combinations("isolation", "ci", "update_bot"),
]


@pytest.fixture(scope="module")
def projects(bake: Bakery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of projects, in which each linter starts once, as that takes most of its time.

    Each has a number and its answers for a name, which stands in what the linter says.
    """
    folder = tmp_path_factory.mktemp("projects")
    for number, answers in enumerate(PROJECTS):
        bake(**answers, **AWKWARD).path.rename(folder / f"{number}-{label(answers)}")
    return folder


def files_of_docker(projects: Path, *names: str) -> list[Path]:
    """Return the files of these names, which all projects with Docker have; of equal ones, one."""
    found = [path for name in names for path in projects.glob(f"*/{name}")]
    assert len(found) == len(names) * sum(a["isolation"] != "venv" for a in PROJECTS)
    return [*{path.read_bytes(): path for path in found}.values()]


def test_ruff(projects: Path) -> None:
    assert run("ruff", "check", projects).returncode == 0
    assert run("ruff", "format", "--check", projects).returncode == 0


@pytest.mark.parametrize("name", ["a" * length for length in (1, 12, 38, 45, 64)] + ["MyShop"])
@pytest.mark.parametrize("app", SAMPLES)
def test_ruff_whatever_the_package_is_called(app: str, name: str, bake: Bakery) -> None:
    test_ruff(bake(app=app, package_name=name, services=["postgres", "redis"]).path)


def test_yamllint(projects: Path) -> None:
    files = [*projects.rglob("*.yaml"), *projects.rglob("*.yml")]
    assert run("yamllint", "--strict", "-d", YAML_RULES, *files).returncode == 0


def test_compose_schema(projects: Path) -> None:
    files = files_of_docker(projects, "compose.yaml", "compose.base.yaml", "compose.override.yaml")
    schema = ("--builtin-schema", "vendor.compose-spec")
    assert run("check-jsonschema", *schema, *files).returncode == 0


def test_hadolint(projects: Path) -> None:
    assert run("hadolint", *files_of_docker(projects, "Dockerfile")).stdout == ""


def test_this_repository() -> None:
    assert run("ruff", "check", ".", cwd=ROOT).returncode == 0
    assert run("ruff", "format", "--check", ".", cwd=ROOT).returncode == 0
    rules = "{extends: default, rules: {document-start: disable, line-length: disable}}"
    assert run("yamllint", "--strict", "-d", rules, ROOT / "copier.yml").stdout == ""


def test_shellcheck() -> None:
    scripts = [SCRIPTS / name for name in POSIX_FILES]
    assert run("shellcheck", *scripts, ROOT / ".ci/run").stdout == ""


def test_the_scripts_stay_small() -> None:
    """They land in every project, where strangers read them."""
    lengths = {path: len(path.read_bytes().splitlines()) for path in SCRIPTS.iterdir()}
    long = {path.name for path, lines in lengths.items() if lines >= 60 and path.suffix != ".py"}
    assert not long and lengths[SCRIPTS / "venv.py"] < 450


@pytest.mark.needs("bash")
@pytest.mark.parametrize("name", POSIX_FILES)
def test_bash_3_2_can_read_it(name: str) -> None:
    """The bash of macOS ends `$(` at the first `)` that has no `(` of its own."""
    text = (SCRIPTS / name).read_text("utf-8")
    for start in re.finditer(r"\$\((?!\()", text):
        depth = 0
        for end in range(start.end() - 1, len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if not depth:
                break
        piece = text[start.end() : end]
        assert run("bash", "-n", "-c", piece, check=False).stderr == "", piece


@pytest.mark.needs("fish")
def test_fish_syntax() -> None:
    path = SCRIPTS / "activate.fish"
    assert run("fish", "--no-execute", path).returncode == 0
    assert run("fish_indent", "--check", path).returncode == 0


def test_powershell_syntax() -> None:
    source = (SCRIPTS / "activate.ps1").read_bytes()
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    assert not parser.parse(source).root_node.has_error
    assert parser.parse(source + b"\nif (").root_node.has_error


def test_batch_rules() -> None:
    """What cmd would choke on; see the head of activate.bat."""
    source = (SCRIPTS / "activate.bat").read_bytes()
    lines = source.decode("ascii").split("\r\n")
    assert lines.pop() == "" and not any("\n" in line for line in lines)
    assert all(line.startswith(("@", ":")) or not line for line in lines)
    assert not any("setlocal" in line.lower() for line in lines)
    labels = {line[1:] for line in lines if line.startswith(":")}
    jumps = {word for line in lines for word in words_after(line, "goto", "call")}
    # `call` would expand a % in a path again.
    files = {"deactivate.bat", ".venv\\activate.bat", "%1", '"%_VENV_PY%"'}
    assert {name.lstrip(":") for name in jumps} - files == labels


def words_after(line: str, *commands: str) -> list[str]:
    """Return each word that follows one of these commands, but for remarks."""
    words = [] if line.startswith("@rem") else line.replace("@", "").split()
    return [word for before, word in itertools.pairwise(words) if before in commands]


def test_venv_py_is_for_pythons_from_3_9_on() -> None:
    paths = SCRIPTS.glob("*.py")
    flags = ("--isolated", "--target-version", "py39", "--line-length", "100")
    for path in paths:
        assert run("ruff", "check", *flags, path).returncode == 0
        assert run("ruff", "format", "--check", *flags, path).returncode == 0


@pytest.mark.needs("python3.9")
def test_venv_py_starts_with_python_3_9() -> None:
    for flag in "-B", "-OO":
        assert "sync" in run(find_python("3.9"), flag, SCRIPTS / "venv.py", "--help").stdout
