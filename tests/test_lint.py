"""What the tool of each language says of every file that the template renders, and of our own.

Each content is looked at once, in a project that has it, and each tool starts once for all.
"""

from __future__ import annotations

import fnmatch
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.answers import SAMPLES, choices
from support.commands import ROOT, run
from support.components import find_python
from support.projects import Bakery
from support.rendered import GROUPS, REGISTRY, Content, distinct, faults, render

YAML_RULES = """
extends: default
rules:
  document-start: disable
  # A package may have a name of 64 characters.
  line-length: {max: 110}
  # Copier writes lists into its answers without indentation.
  indentation: {indent-sequences: whatever}
  truthy: {check-keys: false}  # GitHub's `on`
"""
MARKDOWN_RULES = (
    "MD013.enabled = false",  # how long a line gets depends on the answers
    "MD033.enabled = false",  # <details> is HTML
)
TOML_RULES = ("indent_string=    ", "array_auto_expand=false")
SHELL_RULES = ("-i=4", "-ci")
SCRIPTS = ROOT / "template/dev"


# --- Every file that the template renders -------------------------------------


@pytest.fixture(scope="module")
def contents(bake: Bakery, tmp_path_factory: pytest.TempPathFactory) -> list[Content]:
    groups = [render(group, bake, tmp_path_factory) for group in GROUPS]
    return distinct(list(itertools.chain(*groups)))


def named(contents: list[Content], *patterns: str) -> list[Content]:
    """Return the contents of the files that a tool is for."""
    found = [c for c in contents if any(fnmatch.fnmatch(c.name, p) for p in patterns)]
    assert found, f"nothing is rendered as {patterns}"
    return found


def lint(contents: list[Content], *command: object, **options: object) -> None:
    """Start a tool for these files; when it complains, say to which answers that belongs."""
    paths = [content.path for content in contents]
    complaints(contents, run(*command, *paths, check=False, **options))


def complaints(contents: list[Content], done: subprocess.CompletedProcess[str]) -> None:
    said = done.stdout + done.stderr

    def mentioned(content: Content) -> str:
        return "is named" if str(content.path) in said else ""

    if done.returncode:
        pytest.fail("\n".join([said, *faults(contents, mentioned)]), pytrace=False)


def test_ruff(contents: list[Content]) -> None:
    files = named(contents, "*.py")
    lint(files, "ruff", "check", "--no-cache", "--force-exclude")
    lint(files, "ruff", "format", "--no-cache", "--check", "--force-exclude")


@pytest.mark.needs("index")
def test_mypy_of_each_sample_and_its_tests(bake: Bakery, packages: Path, tmp_path: Path) -> None:
    """In one start, so each package has a name of its own, and all share what they depend on."""
    projects = []
    for app, services in itertools.product(SAMPLES, choices("services")):
        name = "_".join([app, *services])
        made = bake(app=app, services=services, isolation="docker", package_name=name)
        projects.append(made.path.rename(tmp_path / name))

    sources = [project / "src" for project in projects]
    tests = [project / "tests" for project in projects]
    path = {"MYPYPATH": os.pathsep.join(map(str, [*sources, tmp_path]))}
    flags = ("--strict", "--explicit-package-bases", "--cache-dir", tmp_path / "cache")
    run("mypy", *flags, "--python-executable", packages, *sources, *tests, env=path)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has what all samples and their tests import."""
    folder = tmp_path_factory.mktemp("packages")
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    locks = [f"requirements-{app}-postgres-redis" for app in SAMPLES]
    locks += [f"requirements-dev-{app}" for app in SAMPLES]
    files = [f"--requirements={ROOT}/includes/locks/{name}.txt" for name in locks]
    run("uv", "venv", "--quiet", "--python", sys.executable, folder)
    run("uv", "pip", "install", "--quiet", "--require-hashes", "--python", python, *files)
    return python


def test_yamllint(contents: list[Content]) -> None:
    lint(named(contents, "*.yaml", "*.yml"), "yamllint", "--strict", "-d", YAML_RULES)


@pytest.mark.parametrize(
    ("schema", "patterns"),
    [
        ("compose-spec", ("compose.*yaml", ".devcontainer/compose.yaml")),
        ("github-workflows", (".github/workflows/*",)),
        ("gitlab-ci", (".gitlab-ci.yml",)),
        ("renovate", ("renovate.json",)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_schema(schema: str, patterns: tuple[str, ...], contents: list[Content]) -> None:
    # Until somebody adds something, compose.own.yaml has nothing but comments.
    files = [c for c in named(contents, *patterns) if c.name != "compose.own.yaml"]
    lint(files, "check-jsonschema", "--builtin-schema", f"vendor.{schema}")


def test_actionlint_and_zizmor(contents: list[Content]) -> None:
    files = named(contents, ".github/workflows/*")
    lint(files, "actionlint")
    lint(files, "zizmor", "--offline", "--quiet")


def test_shellcheck_of_what_gitlab_runs(contents: list[Content], tmp_path: Path) -> None:
    """Actionlint and hadolint do the same for GitHub's steps and for the Dockerfile."""
    scripts = {
        "\n".join(["#!/bin/sh", *job["script"]])
        for content in named(contents, ".gitlab-ci.yml")
        for job in yaml.safe_load(content.text).values()
        if isinstance(job, dict) and "script" in job
    }
    for number, script in enumerate(sorted(scripts)):
        (tmp_path / f"{number}.sh").write_text(script + "\n", "utf-8")
    run("shellcheck", "--exclude=SC1091", *tmp_path.iterdir())  # it sources dev/activate


def test_hadolint(contents: list[Content]) -> None:
    lint(named(contents, "Dockerfile"), "hadolint")


@pytest.mark.needs("docker")
def test_docker_checks_each_dockerfile(contents: list[Content], tmp_path: Path) -> None:
    images = [f"python:{version}-slim" for version in choices("python_version")]
    # The registry of these answers is no real one.
    mirrored = {f"{REGISTRY['registry']}/{name}": f"docker-image://{name}" for name in images}
    files = named(contents, "Dockerfile")
    targets = {
        f"{number}": {"context": str(content.path.parent), "contexts": mirrored}
        for number, content in enumerate(files)
    }
    bake_file = tmp_path / "docker-bake.json"
    bake_file.write_text(json.dumps({"target": targets}), "utf-8")

    anywhere = {"BUILDX_BAKE_ENTITLEMENTS_FS": "0"}
    command = ("docker", "buildx", "bake", "--call=check", "--file", bake_file, *targets)
    complaints(files, run(*command, check=False, env=anywhere))


@pytest.mark.needs("docker")
def test_docker_compose_reads_each_file(contents: list[Content]) -> None:
    password = {"POSTGRES_PASSWORD": "secret"}
    projects = {c.path.parent: c for c in named(contents, "compose.*yaml")}
    for folder, content in projects.items():
        for shape in (), ("--file=compose.yaml",):
            command = ("docker", "compose", *shape, "config", "--quiet")
            complaints([content], run(*command, check=False, cwd=folder, env=password))


def test_markdown_and_its_links(contents: list[Content]) -> None:
    rules = [f"--config={rule}" for rule in MARKDOWN_RULES]
    lint(named(contents, "*.md"), "rumdl", "check", "--no-cache", *rules)


def test_taplo(contents: list[Content]) -> None:
    rules = [f"--option={rule}" for rule in TOML_RULES]
    files = named(contents, "*.toml")
    lint(files, "taplo", "lint", "--no-schema")
    lint(files, "taplo", "format", "--check", *rules)


# --- Scripts, which are the same in all projects ------------------------------


def test_shellcheck_and_shfmt(contents: list[Content]) -> None:
    runners = named(contents, "dev/do")
    lint(runners, "shellcheck")
    lint(runners, "shfmt", *SHELL_RULES, "--diff")
    scripts = SCRIPTS / "activate", ROOT / ".ci/run", ROOT / ".ci/kubernetes"
    run("shellcheck", *scripts)
    run("shfmt", *SHELL_RULES, "--diff", *scripts)


@pytest.mark.parametrize("name", ["bash", "zsh", "ksh", "mksh", "dash", "busybox", "yash"])
def test_each_shell_can_read_what_it_sources(name: str) -> None:
    shell = ("busybox", "sh") if name == "busybox" else (name,)
    run(*shell, "-n", SCRIPTS / "activate")


@pytest.mark.needs("bash")
def test_bash_3_2_can_read_it() -> None:
    """The bash of macOS ends `$(` at the first `)` that has no `(` of its own."""
    text = (SCRIPTS / "activate").read_text("utf-8")
    for start in re.finditer(r"\$\((?!\()", text):
        depth = 0
        for end in range(start.end() - 1, len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if not depth:
                break
        piece = text[start.end() : end]
        assert run("bash", "-n", "-c", piece, check=False).stderr == "", piece


@pytest.mark.needs("fish")
def test_fish_can_read_what_it_sources() -> None:
    path = SCRIPTS / "activate.fish"
    run("fish", "--no-execute", path)
    run("fish_indent", "--check", path)


@pytest.mark.needs("tcsh")
def test_tcsh_can_read_what_it_sources() -> None:
    run("tcsh", "-n", SCRIPTS / "activate.csh")


@pytest.mark.needs("nu")
def test_nushell_can_read_what_it_uses() -> None:
    path = SCRIPTS / "activate.nu"
    assert (
        run("nu", "--no-config-file", "--commands", f"nu-check --as-module {path}").stdout
        == "true\n"
    )


@pytest.mark.needs("pwsh")
def test_powershell_can_read_it_and_windows_powershell_too() -> None:
    parse = """
        $tokens = $errors = $null
        [void][System.Management.Automation.Language.Parser]::ParseFile(
            $env:SCRIPT, [ref]$tokens, [ref]$errors)
        $errors
        # The operators that came after 5.1, which Windows has.
        $tokens | Where-Object Kind -in AndAnd, OrOr, QuestionMark, QuestionQuestion,
            QuestionQuestionEquals, QuestionDot, QuestionLBracket
    """
    for path in SCRIPTS.glob("*.ps1"):
        script = {"SCRIPT": str(path)}
        assert run("pwsh", "-NoProfile", "-Command", parse, env=script).stdout == ""


@pytest.mark.parametrize("isolation", ["venv", "docker", "both"])
def test_batch_rules(isolation: str, bake: Bakery) -> None:
    """What cmd would choke on; see the heads of these files."""
    made = bake(isolation=isolation)
    for path in made.path.glob("dev/*.bat"):
        lines = path.read_bytes().decode("ascii").split("\r\n")
        assert lines.pop() == "" and not any("\n" in line for line in lines)
        assert all(line.startswith(("@", ":")) or not line for line in lines)
        if path.name == "activate.bat":
            assert not any("setlocal" in line.lower() for line in lines)
        labels = {line[1:] for line in lines if line.startswith(":")}
        jumps = {word for line in lines for word in words_after(line, "goto", "call")}
        # `call` would expand a % in a path again.
        known = {"deactivate.bat", r"dev\do.bat", r"dev\activate.bat", "set", "%1", '"%_python%"'}
        places = {"venv", "container"} & labels or {""}
        for jump in jumps - known:
            names = {jump.lstrip(":").replace("%_place%", place) for place in places}
            assert names <= labels, jump


def words_after(line: str, *commands: str) -> list[str]:
    """Return each word that follows one of these commands, but for remarks."""
    words = [] if line.startswith("@rem") else line.replace("@", "").split()
    return [word for before, word in itertools.pairwise(words) if before in commands]


# With these lines at their head, the tools of a project leave the modules alone.
HEAD = "# fmt: off\n# ruff: noqa\n# mypy: ignore-errors\n"


@pytest.fixture(scope="module")
def modules(bake: Bakery) -> list[Path]:
    """The modules of a project that has all of them."""
    made = bake(isolation="both", company_network=True)
    return sorted(made.path.glob("dev/*.py"))


def test_the_modules_are_for_pythons_from_3_9_on(modules: list[Path], tmp_path: Path) -> None:
    for path in modules:
        head, text = path.read_text("utf-8").partition('"""')[0], path.read_text("utf-8")
        assert head == HEAD
        (tmp_path / path.name).write_text(text.removeprefix(HEAD), "utf-8")
    flags = ("--isolated", "--no-cache", "--target-version", "py39", "--line-length", "100")
    run("ruff", "check", *flags, tmp_path)
    run("ruff", "format", "--check", *flags, tmp_path)


@pytest.mark.parametrize("tool", [("ruff", "check"), ("ruff", "format", "--check"), ("mypy",)])
def test_the_tools_of_a_project_leave_the_modules_alone(
    tool: tuple[str, ...], modules: list[Path]
) -> None:
    settings = {"ruff": ("--isolated", "--no-cache", "--line-length=60"), "mypy": ("--strict",)}
    run(*tool, *settings[tool[0]], *modules)


@pytest.mark.needs("python3.9")
def test_the_modules_start_with_python_3_9(modules: list[Path]) -> None:
    program = "import dev_do, dev_network; print(dev_do.ROOT)"
    folder = modules[0].parent
    done = run(find_python("3.9"), "-B", "-c", program, cwd=folder)
    assert done.stdout == f"{folder.parent}\n"


# --- This repository ----------------------------------------------------------


def test_this_repository() -> None:
    run("ruff", "check", "--no-cache", ".", cwd=ROOT)
    run("ruff", "format", "--no-cache", "--check", ".", cwd=ROOT)

    rules = "{extends: default, rules: {document-start: disable, line-length: disable, truthy: {check-keys: false}}}"
    workflows = (ROOT / ".github/workflows").glob("*")
    forms = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
    run("yamllint", "--strict", "-d", rules, ROOT / "copier.yml", *workflows, *forms)
    schema = "--builtin-schema=vendor.github-issue-"
    run("check-jsonschema", f"{schema}config", *forms[1:2])
    run("check-jsonschema", f"{schema}forms", forms[0], *forms[2:])
    run("actionlint", cwd=ROOT)
    run("zizmor", "--offline", "--quiet", ".github", cwd=ROOT)

    markdown = [f"--config={rule}" for rule in MARKDOWN_RULES]
    run("rumdl", "check", "--no-cache", *markdown, *ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))

    toml = [f"--option={rule}" for rule in TOML_RULES]
    run("taplo", "format", "--check", *toml, "pyproject.toml", cwd=ROOT)
