"""What the documents name exists: commands and their options, files, variables, ports, links.

Commands are read, not run: test_readme.py, test_life.py, test_docker.py and others run them. A
program, a file or a variable that is not the project's own has to be in one of the lists here, so
that a slip of the pen is not taken for it.
"""

from __future__ import annotations

import argparse
import functools
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml
from support.answers import QUESTIONS, choices, combinations, label
from support.commands import ROOT, run
from support.components import COMPONENTS
from support.projects import Bakery, Project

SCRIPTS = "dev"  # the folder in a project
RUNNER = f"{SCRIPTS}/do"  # the program there for the everyday commands

NETWORK = {
    "company_network": True,
    "registry": "mirror.example.com/hub",
    "package_index": "https://pypi.example.com/simple",
}
OWN_THAT_LISTENS = {
    "app": "own",
    "ci": "github",
    "command": "python -m shop",
    "port": "8000",
    "python_version": "3.13",  # others are offered this one
}


def is_own_with_services(answers: dict[str, Any]) -> bool:
    """With code of their own, people bring the services as well, and are not asked for them."""
    return answers["app"] == "own" and answers["services"] != []


PROJECTS = [
    *[a for a in combinations("isolation", "app", "services") if not is_own_with_services(a)],
    *[{"isolation": isolation, **OWN_THAT_LISTENS} for isolation in choices("isolation")],
    {"isolation": "venv", "ci": "github", "update_bot": "schedule", **NETWORK},
    {"isolation": "docker", "ci": "gitlab", "update_bot": "schedule", **NETWORK},
    {"isolation": "both", "ci": "github", "update_bot": "renovate", **NETWORK},
]

# --- What the documents name that is not in a project -------------------------------------

# Files that the user creates, or that a tool makes.
NOT_FROM_THE_TEMPLATE = {
    ".devcontainer/mine/devcontainer.json",
    ".env",
    ".github/prepare.sh",
    "dev/build.sh",
    ".gitlab-ci.local.yml",
    ".venv",
    ".venv/bin/activate",
    ".vscode/launch.json",
    ".pre-commit-config.yaml",
    ".streamlit",
    ".well-known",
    "pgdata",
    ".devcontainer/services/compose.yaml",
    ".devcontainer/services/devcontainer.json",
    "*.rej",
    "tests",
    "Dockerfile.own",
    "NAME.crt",
    "bundle.pem",
    "certs/company.crt",
    "company.cer",
    "compose.dev.yaml",
    "compose.external.yaml",
    "constraints.txt",
    "shop_test.py",
    "test_shop.py",
    "tests.py",
}
# What looks like a file but is none.
NO_FILES = {
    *(".in", ".txt", ".rej", "*.key", "core.excludesFile", "safe.directory", "uv.lock"),
    *("mirror.example.com/hub", ".venv/Scripts/python.exe"),
}
# Files that come with other answers, of which each project says what happens to them.
OF_OTHERS = {"compose.override.yaml", "renovate.json"}
# Variables of other programs.
NOT_THE_PROJECTS = {
    "COMPOSE_FILE",
    "COMPOSE_PATH_SEPARATOR",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_0",
    "GIT_CONFIG_VALUE_0",
    "GIT_DIR",
    "HTTPS_PROXY",
    "MSYS_NO_PATHCONV",
    "PIP_INDEX_URL",
    "SOURCE_DATE_EPOCH",
}
# Programs of which only the files that they are given are looked at.
OTHER_PROGRAMS = {
    *["bash", "cd", "cp", "deactivate", "diff", "export", "git", "id", "mkdir", "mktemp", "npm"],
    *["openssl", "pre-commit", "pyenv", "rm", "Set-ExecutionPolicy", "trap", "uv"],
}
# What programs say, and settings.
NO_COMMANDS = {
    "-----BEGIN CERTIFICATE-----",
    "Invalid choice",
    "Local template must be a directory",
    "Unknown revision",
    "certificate verify failed",
    "docker compose",
    "$ErrorActionPreference = 'Stop'",
    "default: {tags: [...]}",
    "init: true",
    "invalid peer certificate",
    "managed = false",
    "services: {app: {build: {dockerfile: Dockerfile.own}}}",
    "services: {}",
}


# --- Reading Markdown ---------------------------------------------------------------------

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)


def blocks(text: str, language: str) -> list[str]:
    """Return the blocks of code in a language."""
    return [match[3] for match in FENCE.finditer(text) if match[2] == language]


def spans(text: str) -> list[str]:
    """Return what stands in backquotes, outside of blocks."""
    found = re.findall(r"(`+)(.+?)\1", FENCE.sub("", text), re.DOTALL)
    return [" ".join(span.split()) for _, span in found]


def prose(text: str) -> str:
    """Return a text without code."""
    return re.sub(r"(`+).+?\1", "", FENCE.sub("", text), flags=re.DOTALL)


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(folder: Path, path: Path) -> list[str]:
    """Return the links of a document to files and headings that do not exist."""
    broken = []
    text = path.read_text("utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text)):
        if re.match(r"https?://", link):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        exists = target.exists() and folder in (target, *target.resolve().parents)
        if not exists or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            broken.append(link)
    return broken


# --- Reading commands ---------------------------------------------------------------------


class Wrong(Exception):
    """What cannot work in a command."""


class Parser(argparse.ArgumentParser):
    """A command line of which only what the documents use is known."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        raise Wrong(message)


Command = list[str]


def simple_commands(script: str) -> Iterator[Command]:
    """Return the words of each command in lines of shell, without assignments before it."""
    assigned: dict[str, str] = {}
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: Command = []
        for word in [*lexer, ";"]:
            if word.strip("();&|"):
                words += assigned.get(word, "").split() or [word]
                continue
            while words and re.match(r"\w+=", words[0]):
                name, _, value = words.pop(0).partition("=")
                assigned[f"${name}"] = value
            if words:
                yield words
            words = []


def check(project: Project, words: Command) -> None:
    """Raise Wrong when a command cannot work in a project."""
    program, *arguments = words
    program = {"python3": "python"}.get(program, program)
    if program == "env" and arguments[:1] == ["-u"]:
        check(project, arguments[2:])
    elif program.startswith("--"):
        check_option(project, words)
    elif program in CHECKS:
        CHECKS[program](project, arguments)
    elif program in OTHER_PROGRAMS:
        for word in arguments:
            if looks_like_a_file(word):
                check_file(project, word)
    else:
        raise Wrong("an unknown program")


def problem(project: Project, words: Command) -> list[str]:
    """Return what cannot work in a command, if anything."""
    try:
        check(project, words)
    except Wrong as wrong:
        return [f"{shlex.join(words)}: {wrong}"]
    return []


def problems(project: Project, text: str) -> list[str]:
    """Return what cannot work of all commands in a document."""
    found = []
    written = [span.replace("\\", "/") for span in spans(text)]  # as for Windows
    for command in [*blocks(text, "sh"), *filter(is_command, written)]:
        for words in simple_commands(command):
            found += problem(project, words)
    return found


def is_command(span: str) -> bool:
    """Return whether a span is a command with arguments, or a part of one."""
    first, _, rest = span.partition(" ")
    if span in NO_COMMANDS or "://" in first:
        return False
    return bool(rest) or first.startswith("--")


# --- Files --------------------------------------------------------------------------------


def looks_like_a_file(word: str) -> bool:
    if not re.fullmatch(r"[\w.*/\\-]+", word) or word.startswith(("-", "/")):
        return False
    return word.strip(".") != "" and not word.startswith("../") and bool(re.search(r"[./\\]", word))


def check_file(project: Project, name: str) -> None:
    """Raise Wrong unless a file is the project's, or one of those that are known not to be."""
    path = name.replace("\\", "/").rstrip("/")
    if path in NOT_FROM_THE_TEMPLATE | NO_FILES | OF_OTHERS:
        return

    # Windows finds a script without its ending, which cmd and PowerShell each have their own of.
    endings = (".bat", ".ps1") if "\\" in name and "." not in path else ("",)
    for ending in endings:
        anywhere = "/" not in path and any(project.path.rglob(path + ending))
        if not anywhere and not any(project.path.glob(path + ending)):
            raise Wrong(f"no file {path}{ending}")


def lacks(project: Project, name: str) -> bool:
    try:
        check_file(project, name)
    except Wrong:
        return True
    return False


# --- Docker, Podman and Compose -----------------------------------------------------------


def merge(into: Any, other: Any) -> Any:
    """Return both, as Compose merges mappings."""
    if not (isinstance(into, dict) and isinstance(other, dict)):
        return other
    return into | {key: merge(into.get(key), value) for key, value in other.items()}


@functools.cache
def parse(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text("utf-8")) or {}


def services(project: Project, files: list[str]) -> dict[str, dict[str, Any]]:
    """Return the services of some Compose files and of those that these include."""
    found: dict[str, dict[str, Any]] = {}
    for name in files:
        if name in NOT_FROM_THE_TEMPLATE:
            continue
        if not (project.path / name).exists():
            raise Wrong(f"no file {name}")
        content = parse(project.path / name)
        for included in content.get("include", []):
            found = merge(found, services(project, included["path"]))
        found = merge(found, content.get("services", {}))
    return found


@functools.cache
def compose_parser() -> Parser:
    parser = Parser()
    parser.add_argument("-f", action="append", dest="files")
    parser.add_argument("-p")
    actions = parser.add_subparsers(dest="action", required=True)

    for name, flags in (
        ("up", ["--build", "--detach", "--wait"]),
        ("down", ["--remove-orphans", "--volumes"]),
        ("logs", ["--follow"]),
        ("restart", []),
        ("build", []),
        ("ps", []),
    ):
        action = actions.add_parser(name)
        for flag in flags:
            action.add_argument(flag, action="store_true")
        action.add_argument("services", nargs="*")
    actions.choices["up"].add_argument("--wait-timeout", type=int)
    actions.choices["build"].add_argument("--build-arg", action="append", default=[])

    action = actions.add_parser("exec")
    action.add_argument("-T", action="store_true")
    action.add_argument("services", nargs=1)
    action.add_argument("command", nargs=argparse.REMAINDER)

    action = actions.add_parser("run")
    for flag in ("--rm", "--no-deps", "--service-ports"):
        action.add_argument(flag, action="store_true")
    for option in ("--cap-add", "--entrypoint", "--user", "--volume", "-p", "-e"):
        action.add_argument(option, action="append")
    action.add_argument("services", nargs=1)
    action.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def check_compose(project: Project, words: Command) -> None:
    known = compose_parser().parse_args(words)
    found = services(project, known.files or ["compose.yaml", "compose.override.yaml"])
    for name in known.services:
        if name not in found:
            raise Wrong(f"no service {name}")
    for argument in getattr(known, "build_arg", []):
        check_build_argument(project, argument)
    if known.action == "run" and known.command and not known.entrypoint:
        check_in_container(project, found[known.services[0]], known.command)


def check_in_container(project: Project, service: dict[str, Any], words: Command) -> None:
    """Check what is run by a service, or what its program is given."""
    target = service.get("build", {}).get("target")
    if "entrypoint" in service:
        program = service["entrypoint"][-1]
    elif target and "\nENTRYPOINT " in stages(project)[target]:
        program = project.answers["package_name"]
    else:
        check(project, words)
        return
    if program == project.answers["package_name"]:
        check_cli(project, words)


def check_cli(project: Project, words: Command) -> None:
    """Check what the sample program is given."""
    program = project.read(f"{source(project)}/cli.py")
    commands = re.findall(r"@app\.command\(\)\ndef (\w+)", program)
    if words and not words[0].startswith("-") and words[0] not in commands:
        raise Wrong(f"the program has no command {words[0]}")


def source(project: Project) -> str:
    return f"src/{project.answers['package_name']}"


def stages(project: Project) -> dict[str, str]:
    """Return the text of each stage of the Dockerfile."""
    parts = re.split(r"^FROM \S+ AS (\w+)$", project.read("Dockerfile"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def check_build_argument(project: Project, argument: str) -> None:
    name = argument.partition("=")[0]
    known = {*re.findall(r"^ARG (\w+)", project.read("Dockerfile"), re.MULTILINE)}
    if name not in known | NOT_THE_PROJECTS:
        raise Wrong(f"the Dockerfile has no ARG {name}")


@functools.cache
def build_parser() -> Parser:
    parser = Parser()
    parser.add_argument("--tag")
    parser.add_argument("--target")
    parser.add_argument("--output")
    parser.add_argument("--secret")
    parser.add_argument("--no-cache-filter")
    parser.add_argument("--build-arg", action="append", default=[])
    parser.add_argument("context", choices=["."])
    return parser


def check_build(project: Project, words: Command) -> None:
    known = build_parser().parse_args(words)
    for stage in filter(None, (known.target, known.no_cache_filter)):
        if stage not in stages(project):
            raise Wrong(f"no stage {stage}")
    for argument in known.build_arg:
        check_build_argument(project, argument)
    if known.secret:
        secret = known.secret.partition(",")[0]
        if f"type=secret,{secret}," not in project.read("Dockerfile"):
            raise Wrong(f"no step of the build uses the secret {secret}")


def check_docker(project: Project, words: Command) -> None:
    action, *arguments = words
    if not (project.path / "Dockerfile").exists():
        raise Wrong("the project has no Docker")
    if action == "compose":
        check_compose(project, arguments)
    elif action == "build" and arguments:
        check_build(project, arguments)
    elif action not in (
        "build",
        "inspect",
        "login",
        "push",
        "run",
        "port",
        "buildx",
        "service",
        "stack",
        "stop",
        "kube",
        "system",
        "init",
    ):
        raise Wrong(f"no command {action} is known to this test")


def check_devcontainer(project: Project, words: Command) -> None:
    check_file(project, ".devcontainer/devcontainer.json")
    if words[:3] not in (["up", "--workspace-folder", "."], ["exec", "--workspace-folder", "."]):
        raise Wrong("no such command is known to this test")


# --- Python, the project's own programs, and Copier ---------------------------------------


def check_python(project: Project, words: Command) -> None:
    words = [word for word in words if not word.startswith("-X")]
    if words[0] != "-m":
        check_file(project, words[0])
        return
    package, *modules = words[1].split(".")
    if package == project.answers["package_name"] and project.answers["app"] != "own":
        path = "/".join([source(project), *modules])
        names = (f"{path}.py", f"{path}/__main__.py")
        if not any((project.path / name).exists() for name in names):
            raise Wrong(f"no module {words[1]}")
        if not modules and project.answers["app"] == "cli":
            check_cli(project, words[2:])
    elif words[1] not in ("debugpy", "pdb", "venv", project.answers["package_name"], "shop"):
        raise Wrong(f"no module {words[1]}")


USAGE: dict[str, dict[str, str]] = {}

# Commands that pass what they are given to another program.
PASSES_ON = {"run", "test", "lint", "format", "lock", "container"}


def usage(project: Project) -> dict[str, str]:
    """Return the commands of a project, each with the line of the runner that explains it."""
    isolation = project.answers["isolation"]
    if isolation not in USAGE:
        listed = project.run("sh", RUNNER).stdout
        lines = re.findall(rf"^{RUNNER} ((\w+).*)", listed, re.MULTILINE)
        USAGE[isolation] = {command: line for line, command in lines}
    return USAGE[isolation]


def check_runner(project: Project, words: Command) -> None:
    if not words:
        return
    command, *arguments = words
    if command == "adopt":
        return  # only where code moves in
    if command not in usage(project):
        raise Wrong(f"no command {command}")
    if command == "container":
        check_runner(project, arguments)
    for word in arguments:
        known = command in PASSES_ON or word in usage(project)[command]
        if word.startswith("-") and not known:
            raise Wrong(f"no option {word}")


def check_activation(project: Project, words: Command) -> None:
    check_file(project, words[-1])


def check_pytest(project: Project, words: Command) -> None:
    if "-k" in words:
        words = words[: words.index("-k")]
    for word in words:
        if word.startswith("--require="):
            components = word.partition("=")[2].split(",")
            if not {*components} <= {*COMPONENTS, "all"}:
                raise Wrong(f"no such component: {word}")
        elif word.startswith("--numprocesses="):
            continue
        elif not (ROOT / word).exists() and lacks(project, word):
            raise Wrong(f"no file {word}")


def check_ruff(project: Project, words: Command) -> None:
    if words[0] not in ("check", "format"):
        raise Wrong(f"no command {words[0]}")


@functools.cache
def help_of_copier(command: str) -> str:
    return run(sys.executable, "-m", "copier", command, "--help").stdout


def check_copier(project: Project, words: Command) -> None:
    command, *arguments = words
    said = help_of_copier(command)
    if "Switches:" not in said:
        raise Wrong(f"Copier has no command {command}")
    for before, word in zip(words, arguments, strict=False):
        if word.startswith("-") and not re.search(rf"(?<!\S){word.partition('=')[0]}\b", said):
            raise Wrong(f"Copier has no option {word}")
        if before == "--data":
            check_answer(word)


def check_answer(answer: str) -> None:
    """Raise Wrong when there is no such question, or no such choice."""
    name, _, value = answer.partition("=")
    if name not in QUESTIONS:
        raise Wrong(f"no question {name}")
    if "choices" in QUESTIONS[name] and value != "..." and value not in map(as_text, choices(name)):
        raise Wrong(f"no choice {value}")


def as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_option(project: Project, words: Command) -> None:
    """Check options that are named alone: of a build, else of an update."""
    if words[0] in ("--build-arg", "--output", "--secret", "--target"):
        check_build(project, [*words, "."])
    else:
        check_copier(project, ["update", *words])


CHECKS: dict[str, Callable[[Project, Command], None]] = {
    ".": check_activation,
    "source": check_activation,
    "overlay": check_activation,
    RUNNER: check_runner,
    "pytest": check_pytest,
    "ruff": check_ruff,
    "python": check_python,
    "copier": check_copier,
    "docker": check_docker,
    "podman": check_docker,
    "podman-compose": check_compose,
    "devcontainer": check_devcontainer,
}


# --- Projects -----------------------------------------------------------------------------


@pytest.fixture(scope="module", params=PROJECTS, ids=label)
def project(request: pytest.FixtureRequest, bake: Bakery) -> Project:
    return bake(**request.param)


def documents(project: Project) -> dict[str, str]:
    """Return the texts for people in a project by their names."""
    paths = project.path.rglob("*.md")
    return {path.relative_to(project.path).as_posix(): path.read_text("utf-8") for path in paths}


def program_text(project: Project) -> str:
    """Return all that is no text for people, nor the answers."""
    files = project.files()
    del files[".copier-answers.yml"]
    return "\n".join(files[name].decode() for name in files if not name.endswith(".md"))


def test_each_command_fits_the_project(project: Project) -> None:
    for name, text in documents(project).items():
        assert problems(project, text) == [], name


def test_each_file_that_is_named_exists_or_is_the_users(project: Project) -> None:
    for name, text in documents(project).items():
        named = filter(looks_like_a_file, spans(text))
        assert [word for word in named if lacks(project, word)] == [], name


def test_each_variable_is_read_by_something(project: Project) -> None:
    program = program_text(project)
    for name, text in documents(project).items():
        code = "\n".join(spans(text) + blocks(text, "sh"))
        named = {*re.findall(r"\b[A-Z]+(?:_[A-Z0-9]+)+\b", code)} - NOT_THE_PROJECTS
        assert {word for word in named if not re.search(rf"\b{word}\b", program)} == set(), name


def test_each_port_is_one_of_the_projects(project: Project) -> None:
    program = program_text(project)
    for name, text in documents(project).items():
        ports = re.findall(r"(?:localhost:|127\.0\.0\.1:|port |\"port\": )(\d+)", text)
        assert {port for port in ports if not re.search(rf"\b{port}\b", program)} == set(), name


def test_each_service_in_an_example_is_one_of_the_projects(project: Project) -> None:
    for name, text in documents(project).items():
        for block in blocks(text, "yaml"):
            example = yaml.load(block, Loader=yaml.BaseLoader)
            assert example["services"].keys() <= services(project, ["compose.yaml"]).keys(), name


def test_each_link_leads_somewhere(project: Project) -> None:
    for name in documents(project):
        assert broken_links(project.path, project.path / name) == [], name


# How a shell is called in the documents, and how its script ends at the first error.
STRICT = {
    "bash": ("bash", "-ec"),
    "PowerShell": ("pwsh", "-NoProfile", "-NonInteractive", "-Command"),
}
STOP = "$ErrorActionPreference = 'Stop'; $PSNativeCommandUseErrorActionPreference = $true"


@pytest.mark.needs("bash", "pwsh", "index")
@pytest.mark.parametrize("shell", STRICT)
def test_the_commands_of_daily_work_run_one_after_the_other(shell: str, bake: Bakery) -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    project = bake(isolation="venv", app="cli", python_version=here)
    project.commit()
    text = project.read("DEVELOPMENT.md")
    lines = "".join(blocks(text, "sh")).splitlines()
    daily = [line for line in lines if line.startswith(RUNNER)]
    [activate] = re.findall(rf"^\| .*\b{shell}\b.* \| `(.*)` \|$", text, re.MULTILINE)
    others = ("sync", "check", "clean")
    first = [STOP] if shell == "PowerShell" else []
    lines = [*first, activate, *daily, "python -c 'import httpx'", "deactivate"]
    lines += [f"echo 'command -v pytest' | {RUNNER} shell", *(f"{RUNNER} {w}" for w in others)]

    page = (ROOT / "docs/shells.md").read_text("utf-8")
    words = {line.split()[1] for line in daily} | {"shell", *others}
    assert words == set(re.findall(rf"^\| `{RUNNER} (\w+)", page, re.MULTILINE))

    done = project.run(*STRICT[shell], "\n".join(lines), env={"SHELL": "/bin/sh"})
    assert "Hello, Ada!" in done.stdout and " passed" in done.stdout
    assert f"\n{project.path}/.venv/bin/pytest\n" in done.stdout
    assert "\nhttpx\n" in project.read("requirements.in")


@pytest.mark.needs("pwsh", "index")
def test_the_commands_for_powershell_run(bake: Bakery) -> None:
    """All but the one for its policy, which Windows alone has."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    project = bake(isolation="venv", app="cli", python_version=here)
    texts = ((ROOT / "docs/shells.md").read_text("utf-8"), project.read("DEVELOPMENT.md"))
    found = "".join(block for text in texts for block in blocks(text, "powershell"))
    lines = [line for line in found.splitlines() if not line.startswith("Set-ExecutionPolicy")]
    last = '"$env:VIRTUAL_ENV-$env:APP_GREETING-"'
    done = project.run(*STRICT["PowerShell"], "\n".join([STOP, *lines, last]))
    assert "Hello, Ada!" in done.stdout and "Hi, Ada!" in done.stdout
    assert done.stdout.endswith("\n--\n")


# --- This repository ----------------------------------------------------------------------

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
# What questions.md shows are answers, which test_hostile.py tries.
OWN = [path for path in PAGES if path.name != "questions.md"]
# Files of projects in examples or of older versions, versions, and what is no file either.
EXAMPLES = {
    *("scripts/", "scripts/venv", ".editorconfig", ".gitattributes", "apt-packages-build.txt"),
    *("ARGUMENT...", "OWNER/REPO"),
    *(
        "requirements/",
        "base.txt",
        "dev.txt",
        "local.txt",
        "prod.txt",
        "production.txt",
        "test.txt",
    ),
    *("uv.lock", "poetry.lock", "Pipfile.lock"),
    *(".env.production", "docker-compose.yml", "greet.py", "setup.py", "standard.yml"),
    *("manage.py", "mysite.wsgi", "other.txt", "a.b/c..d"),
    *("1/1", "UpdateStatus.State", "deploy.resources.limits", "deployment/my-project"),
    *("kustomize/staging", "policy/v1beta1"),
    *("registry.example.org/me/my-project", "linux/amd64,linux/arm64", "starlette>=1.10.1"),
    *(".-_", ".jinja", "3.11", "3.15", "Apache-2.0", "importlib.metadata", "python.exe"),
}
VERSION = re.compile(r"v?[\d.]+(post|-?rc)?[\d.]*(dev\d+)?|vMAJOR\.MINOR\.PATCH")


@pytest.fixture(scope="module")
def made(bake: Bakery) -> list[Project]:
    """Projects that have, together, every file there is."""
    services = ["postgres", "redis"]
    answers = {"ci": "github", "update_bot": "schedule", "publish": "tags"}
    first = bake(app="cli", services=services, **answers, **NETWORK)
    return [
        first,
        bake(ci="gitlab", update_bot="renovate", app="web", services=services, deploy="kubernetes"),
    ]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_each_link_of_this_repository_leads_somewhere(path: Path) -> None:
    assert broken_links(ROOT, path) == []


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_each_file_that_this_repository_names_exists(path: Path, made: list[Project]) -> None:
    missing = []
    for span in spans(path.read_text("utf-8")):
        # The first word may be a program of this repository, the others its files.
        words = [word.removeprefix(".venv/bin/") for word in span.split()]
        for word in filter(looks_like_a_file, words):
            known = word in EXAMPLES or VERSION.fullmatch(word) or any(ROOT.glob(word))
            if not known and all(lacks(project, word) for project in made):
                missing.append(word)
    assert missing == []


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_each_command_that_this_repository_names_fits_a_project(
    path: Path, made: list[Project]
) -> None:
    text = path.read_text("utf-8")
    found = []
    for command in [*blocks(text, "sh"), *filter(is_command, spans(text))]:
        for words in simple_commands(command.replace(".venv/bin/", "")):
            # Commands for projects of other people's are told here as well.
            if words[0] in CHECKS.keys() - {"python"} | {"--data"}:
                found += problem(made[0], words)
    assert found == []


def test_each_file_in_the_list_of_what_you_get_is_in_a_project(made: list[Project]) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    listed = blocks(text.partition("\n## What you get\n")[2], "text")
    # Two spaces or more are between names, and before the words about them.
    names = [name for line in "".join(listed).splitlines() for name in re.split("  +", line)[:-1]]
    assert len(names) > 12
    for name in names:
        assert any(any(project.path.glob(name)) for project in made), name


def test_the_list_of_questions_names_each_choice() -> None:
    text = (ROOT / "docs/questions.md").read_text("utf-8").partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE))
    for name in ("isolation", "app", "services", "license", "ci", "update_bot", "company_network"):
        named = re.findall(r"`([^`]+)`", rows[name])
        values = [
            value for value in choices(name) if not isinstance(value, list) or len(value) == 1
        ]
        assert {as_text(*v) if isinstance(v, list) else as_text(v) for v in values} <= {*named}, (
            name
        )
