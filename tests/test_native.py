"""PowerShell wherever it is installed, and the real cmd on Windows.

.ci/run brings PowerShell for Linux; .github/workflows/ci.yml runs these on Windows, macOS and
Ubuntu. wine.py checks activate.bat without Windows.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.components import NATIVE
from support.projects import Bakery, Project
from test_venv import HERE


class Shell(NamedTuple):
    """How a shell is started with a script, and what it calls things."""

    command: tuple[str, ...]
    suffix: str
    run: str
    activate: str
    deactivate: str
    if_failed: str


POWERSHELL = Shell(
    ("-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"),
    ".ps1",
    "& {}",
    "& ./dev/activate.ps1",
    "deactivate",
    "if ($LASTEXITCODE -ne 0) { 'failed' }",
)
CMD = Shell(
    ("/d", "/c"),
    ".bat",
    "{}",
    r"call dev\activate",
    "call deactivate",
    "if errorlevel 1 echo failed",
)
KINDS = {name: CMD if name == "cmd" else POWERSHELL for name in NATIVE}
EACH = [pytest.param(name, marks=pytest.mark.needs(name)) for name in NATIVE]

# Written to a file, since Windows has another encoding for what is printed.
SHOW = """
import json, os, sys
with open(sys.argv[1], "w") as file:
    of_the_system = {"_", "__PYVENV_LAUNCHER__"}
    json.dump([sys.prefix, {k: v for k, v in os.environ.items() if k not in of_the_system}], file)
"""


@pytest.fixture
def project(bake: Bakery) -> Project:
    return bake(isolation="venv", python_version=HERE)


def session(project: Project, name: str, *lines: str) -> tuple[dict[str, Any], list[str]]:
    """Run lines in a new shell; return what each `show:NAME` saw, and what was printed.

    `python:NAME` shows what the Python on PATH sees; that of these tests is called otherwise.
    """
    shell = KINDS[name]
    scratch = project.path.parent / "session"
    scratch.mkdir(exist_ok=True)
    (scratch / "show.py").write_text(SHOW)

    def words(line: str) -> str:
        kind, _, note = line.partition(":")
        if kind not in ("show", "python"):
            return line
        python = f'"{sys.executable}"' if kind == "show" else "python"
        return shell.run.format(f'{python} "{scratch / "show.py"}" "{scratch / note}.json"')

    head = ["@echo off", "chcp 65001 >nul"] if shell is CMD else []
    for seen_before in scratch.glob("*.json"):
        seen_before.unlink()
    script = scratch / f"script{shell.suffix}"
    # Windows' own PowerShell reads UTF-8 only after a mark, which cmd would take for a command.
    encoding = "utf-8" if shell is CMD else "utf-8-sig"
    script.write_bytes("\r\n".join([*head, *map(words, lines), ""]).encode(encoding))
    options = {"env": {"SET_BEFORE": "x y"}, "errors": "replace", "check": False}
    done = project.run(name, *shell.command, script, **options)
    seen = {file.stem: json.loads(file.read_text()) for file in scratch.glob("*.json")}
    assert seen, done.stdout + done.stderr
    return seen, done.stdout.splitlines()


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", EACH)
def test_activates_and_leaves_no_trace(name: str, project: Project) -> None:
    shell = KINDS[name]
    session(project, name, shell.activate, "show:first")
    # No value of a project has all of these characters.
    value = 'It\'s "quoted" $HOME `date` # ! é % %PATH% ^ & | < > ( ) ; * ~'
    project.append(".venv/activation", f"VALUE={value}\nSET_BEFORE=other\n")
    inside = [shell.activate, "python:inside", shell.activate, "python:again"]
    seen, printed = session(project, name, "show:before", *inside, shell.deactivate, "show:after")
    prefix, variables = seen["inside"]
    assert Path(prefix).samefile(project.path / ".venv")
    assert Path(variables["VIRTUAL_ENV"]).samefile(prefix)
    assert (variables["VALUE"], variables["SET_BEFORE"]) == (value, "other")
    assert seen["again"] == seen["inside"]
    assert seen["after"] == seen["before"]
    assert printed == []


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", EACH)
def test_runs_the_tests_and_linters(name: str, project: Project) -> None:
    shell = KINDS[name]
    _, printed = session(project, name, shell.activate, "pytest -q", "ruff check", "show:end")
    assert any(" passed" in line for line in printed)
    assert "All checks passed!" in printed


@pytest.mark.parametrize("name", EACH)
def test_a_failure_leaves_the_shell_as_it_was(name: str, project: Project) -> None:
    project.append("requirements.txt", "this is no requirement\n")
    shell = KINDS[name]
    lines = ("show:before", shell.activate, shell.if_failed, "show:after")
    seen, printed = session(project, name, *lines)
    assert seen["after"] == seen["before"] and "failed" in printed


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("folder", ["quote's $HOME & ; ! (x)", "50% off Größe", "[x] a[1 {b}"])
def test_works_in_odd_paths(name: str, folder: str, project: Project, tmp_path: Path) -> None:
    moved = Project(tmp_path / folder.replace(os.pathsep, ""), project.answers)
    project.path.rename(moved.path)
    seen, _ = session(moved, name, KINDS[name].activate, "python:inside")
    assert Path(seen["inside"][0]).samefile(moved.path / ".venv")


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", EACH)
def test_is_made_anew_by_its_own_python(name: str, project: Project) -> None:
    """In an activated shell that is the one on PATH, and Windows removes nothing that runs."""
    remove = "import os; os.remove('.venv/activate.inputs')"
    shell = KINDS[name]
    lines = (shell.activate, shell.run.format(f'python -c "{remove}"'), shell.activate)
    seen, printed = session(project, name, *lines, shell.if_failed, "python:inside")
    assert "failed" not in printed
    assert Path(seen["inside"][0]).samefile(project.path / ".venv")


@pytest.mark.needs("index")
@pytest.mark.skipif(os.name != "nt", reason="elsewhere .venv has a link to its Python")
@pytest.mark.parametrize("name", EACH)
def test_a_python_that_is_gone_is_replaced(name: str, project: Project) -> None:
    """What .venv has in its place starts another one, which pyvenv.cfg names."""
    shell = KINDS[name]
    session(project, name, shell.activate, "show:first")
    text = project.read(".venv/pyvenv.cfg")
    project.write(".venv/pyvenv.cfg", re.sub("(?m)^home = .*", r"home = C:\\nowhere", text))
    seen, _ = session(project, name, shell.activate, "python:inside")
    assert Path(seen["inside"][0]).samefile(project.path / ".venv")


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", EACH)
def test_a_second_project_leaves_the_first(name: str, project: Project, bake: Bakery) -> None:
    second = bake(isolation="venv", python_version=HERE)
    shell = KINDS[name]
    lines = (shell.activate, f'cd "{second.path}"', shell.activate, "python:second")
    seen, _ = session(project, name, *lines)
    prefix, variables = seen["second"]
    assert Path(prefix).samefile(second.path / ".venv")
    assert str(project.path) not in variables["PATH"]


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", EACH)
def test_pythonhome_is_unset_inside_and_comes_back(name: str, project: Project) -> None:
    """It would make each Python look for its library elsewhere."""
    mislead, show = "$env:PYTHONHOME = '/nowhere'", 'Write-Output "home=$env:PYTHONHOME"'
    if name == "cmd":
        mislead, show = "set PYTHONHOME=/nowhere", "echo home=%PYTHONHOME%"
    shell = KINDS[name]
    lines = [mislead, shell.activate, show, "python:inside", shell.deactivate, show]
    _, printed = session(project, name, *lines)
    assert printed == ["home=", "home=/nowhere"]


# --- PowerShell alone ---------------------------------------------------------

POWERSHELLS = [param for param in EACH if param.values != ("cmd",)]
BROKEN = "this is no requirement\n"


def powershell(
    project: Project, name: str, *lines: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run lines in a new PowerShell."""
    words = ("-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-Command")
    options = {"check": False, "env": {"NO_COLOR": "1"}, "errors": "replace"} | options
    return project.run(name, *words, "\n".join(lines), **options)


@pytest.fixture
def current(project: Project) -> Project:
    """A project whose environment is current, and that says so when it is asked to sync."""
    project.run("sh", "dev/do", "sync") if os.name != "nt" else project.run(r"dev\do.bat", "sync")
    project.write("dev/do.ps1", "'synced'; exit 0\n")
    return project


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", POWERSHELLS)
def test_starts_nothing_when_nothing_changed(name: str, current: Project) -> None:
    os.utime(current.path / "requirements.txt")
    assert powershell(current, name, "dev/activate.ps1; $env:VIRTUAL_ENV").stdout.split() == [
        str(current.path / ".venv")
    ]


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", POWERSHELLS)
def test_each_input_is_compared(name: str, current: Project) -> None:
    inputs = ["requirements.txt", "requirements-dev.txt", ".python-version", ".venv/pyvenv.cfg"]
    inputs += ["pip.conf", "certs/new.crt", ".copier-answers.yml"]
    (current.path / "certs").mkdir()
    lines = []
    for path in inputs:
        lines += [
            f"$before = if (Test-Path {path}) {{ [IO.File]::ReadAllText('{path}') }}",
            f"'{path}'; [IO.File]::AppendAllText('{path}', '#')",
            "dev/activate.ps1; deactivate",
            f"if ($before) {{ [IO.File]::WriteAllText('{path}', $before) }} else {{ rm {path} }}",
        ]
    printed = powershell(current, name, *lines, "dev/activate.ps1").stdout.split()
    assert printed == [word for path in inputs for word in (path, "synced")]


@pytest.mark.parametrize("name", POWERSHELLS)
@pytest.mark.parametrize("activate", ["dev/activate.ps1", ". dev/activate.ps1"])
def test_a_failure_is_seen(name: str, activate: str, project: Project) -> None:
    """By `$?`, the status of PowerShell, and a script that stops at errors, and only by it."""
    project.append("requirements.txt", BROKEN)
    alone = powershell(project, name, activate)
    assert (alone.returncode, alone.stdout) == (1, "")
    assert all(line.startswith("dev: ") for line in alone.stderr.splitlines())

    asked = powershell(project, name, activate, '"$? $LASTEXITCODE"; exit 0')
    assert asked.stdout == "False 1\n"

    stop = powershell(project, name, "$ErrorActionPreference = 'Stop'", activate, "'went on'")
    assert (stop.returncode, stop.stdout) == (1, "")


@pytest.mark.needs("pwsh")
def test_a_failure_ends_a_chain_of_commands(project: Project) -> None:
    project.append("requirements.txt", BROKEN)
    chain = "dev/activate.ps1 && 'went on' || 'stopped'"
    assert powershell(project, "pwsh", chain).stdout == "stopped\n"


@pytest.mark.parametrize("name", POWERSHELLS)
def test_a_failure_does_not_end_the_session(name: str, project: Project) -> None:
    """A session reads its lines one by one, as from a keyboard."""
    project.append("requirements.txt", BROKEN)
    lines = "dev/activate.ps1\n. dev/activate.ps1\n'still here'\n"
    words = ("-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-Command", "-")
    assert "still here" in project.run(name, *words, input=lines, check=False).stdout


@pytest.mark.skipif(os.name == "nt", reason="a Windows without any Python is hard to come by")
@pytest.mark.needs("pwsh")
def test_without_a_python_it_fails_with_a_line(project: Project, tmp_path: Path) -> None:
    pwsh = shutil.which("pwsh")
    nothing = {"PATH": str(tmp_path), "HOME": str(tmp_path), "PYENV_ROOT": str(tmp_path)}
    done = powershell(project, pwsh, "dev/activate.ps1", env=nothing | {"NO_COLOR": "1"})
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "expected Python 3.9 or later, found none" in line


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", POWERSHELLS)
def test_the_prompt_sees_whether_the_last_command_failed(name: str, project: Project) -> None:
    """As starship and oh-my-posh show it."""
    prompt = 'function prompt { $ok = $?; "[$ok $LASTEXITCODE] " }'
    lines = [prompt, "dev/activate.ps1", "$LASTEXITCODE = 7", "Get-Item nowhere 2>$null; prompt"]
    lines += ["'' > $null; prompt"]
    printed = powershell(project, name, *lines).stdout.splitlines()
    name = project.path.name
    assert printed == [f"({name}) [False 7] ", f"({name}) [True 7] "]


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", POWERSHELLS)
@pytest.mark.parametrize(
    "setting",
    [
        "Set-StrictMode -Version Latest",
        "$ErrorActionPreference = 'Stop'; $PSNativeCommandUseErrorActionPreference = $true",
        "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'",
        "Set-Location Env:",
        "$WarningPreference = $VerbosePreference = $InformationPreference = 'Stop'",
    ],
)
def test_works_with_strict_settings(name: str, setting: str, project: Project) -> None:
    activate = f"& '{project.path / 'dev/activate.ps1'}'"
    lines = [setting, activate, activate, "$env:VIRTUAL_ENV", "deactivate", "$Error.Count"]
    printed = powershell(project, name, *lines).stdout.split("\n")
    assert printed[:2] == [str(project.path / ".venv"), "0"]


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", POWERSHELLS)
@pytest.mark.parametrize(
    "line",
    [
        "function f { dev/activate.ps1 }; f",
        "function f { [CmdletBinding()] param() . dev/activate.ps1 }; f",
        "New-Module { function f { dev/activate.ps1 } } | Import-Module; f",
        "New-Module { . dev/activate.ps1 } | Out-Null",
        "1 | ForEach-Object { dev/activate.ps1 }",
        "try { dev/activate.ps1 } finally { }",
    ],
)
def test_activates_from_within(name: str, line: str, project: Project) -> None:
    """A function, a module and a pipeline have scopes of their own."""
    lines = [line, "$env:VIRTUAL_ENV", "deactivate", "[string]$env:VIRTUAL_ENV", "$Error.Count"]
    lines = ["Set-StrictMode -Version Latest", *lines, "Test-Path Variable:_venv_old"]
    printed = powershell(project, name, *lines).stdout.split("\n")
    assert printed == [str(project.path / ".venv"), "", "0", "False", ""]


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", POWERSHELLS)
def test_a_job_activates_for_itself(name: str, project: Project) -> None:
    """It is a process of its own; its commands find the environment, and the session does not."""
    inside = f"Set-Location -LiteralPath '{project.path}'; dev/activate.ps1; $env:VIRTUAL_ENV"
    lines = [f"Start-Job {{ {inside} }} | Receive-Job -Wait", "[string]$env:VIRTUAL_ENV"]
    printed = powershell(project, name, *lines).stdout.split("\n")
    assert printed == [str(project.path / ".venv"), "", ""]


@pytest.mark.parametrize("name", POWERSHELLS)
@pytest.mark.parametrize(
    "setting",
    [
        "Set-StrictMode -Version Latest",
        "$PSNativeCommandUseErrorActionPreference = $true",
        "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'",
    ],
)
def test_a_failure_is_one_with_strict_settings(name: str, setting: str, project: Project) -> None:
    project.append("requirements.txt", BROKEN)
    asked = powershell(project, name, setting, "dev/activate.ps1", '"$? $LASTEXITCODE"; exit 0')
    assert asked.stdout == "False 1\n"
    assert all(line.startswith("dev: ") for line in asked.stderr.splitlines())
    function = "function f { dev/activate.ps1; 'went on' }; f"
    stop = powershell(project, name, setting, "$ErrorActionPreference = 'Stop'", function)
    assert (stop.returncode, stop.stdout) == (1, "")


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", POWERSHELLS)
def test_a_deactivate_of_your_own_comes_back(name: str, project: Project) -> None:
    lines = ["function deactivate { 'mine' }", "dev/activate.ps1", "deactivate", "deactivate"]
    assert powershell(project, name, *lines).stdout == "mine\n"


@pytest.mark.skipif(os.name == "nt", reason="tests/wine.py has those of Windows")
@pytest.mark.needs("pwsh")
@pytest.mark.parametrize("runner", ["dev/do", "dev/do.ps1"])
def test_the_runner_gets_arguments_as_they_are_typed(runner: str, project: Project) -> None:
    project.write("dev/do", '#!/bin/sh\nprintf "[%s]" "$@"\nexit 3\n')
    line = f'{runner} test -k \'a or b\' --select E,F "x>=1"; "; $LASTEXITCODE $?"'
    printed = powershell(project, "pwsh", line).stdout
    assert printed == "[test][-k][a or b][--select][E,F][x>=1]; 3 False\n"
