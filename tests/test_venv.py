"""The venv half, really: environments are made, activated in real shells, and used."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.answers import SAMPLES, choices
from support.commands import ROOT, run
from support.packages import BOTH_THERE, locked, small, wheel
from support.projects import Bakery, Project
from support.scripts import load_scripts

POSIX = ("bash", "zsh", "ksh", "mksh", "dash", "busybox", "yash")
SOURCE = {
    **dict.fromkeys(POSIX, ". {}/activate"),
    "fish": "source {}/activate.fish",
    "tcsh": "source {}/activate.csh",
    "nu": "overlay use {}/activate.nu",
    "pwsh": "{}/activate.ps1",
}
NO_STARTUP_FILES = {
    "bash": ("--norc",),
    "busybox": ("ash",),
    "fish": ("--no-config",),
    "nu": ("--no-config-file",),
    "pwsh": ("-NoProfile", "-NonInteractive"),
    "tcsh": ("-f",),
    "zsh": ("-f",),
}
# Prints the environment, from which the tests see what a shell has exported.
SHOW = "python -c 'import json, os, sys; print(json.dumps([sys.prefix, dict(os.environ)]))'"


def path_without_uv() -> str:
    """Return PATH without the folders that hold a uv, but with what else is needed."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(path for path in folders if not Path(path, "uv").exists())


# The version that the tests run on is there for certain.
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
WITHOUT_UV = {"PATH": path_without_uv()}


def feed(
    project: Project, name: str, *lines: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run lines in a new shell."""
    script = "\n".join([*lines, ""])
    words = [name, *NO_STARTUP_FILES.get(name, ())]
    if name in ("nu", "pwsh"):  # nushell reads no script from standard input, PowerShell echoes it
        options["env"] = options.get("env", {}) | {"NO_COLOR": "1"}
        return project.run(*words, "-c", script, **options)
    return project.run(*words, input=script, **options)


def session(
    project: Project, name: str, *lines: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run lines in a new shell, after the one that activates the project."""
    return feed(project, name, SOURCE[name].format("dev"), *lines, **options)


def shell(project: Project, name: str, *lines: str, **options: Any) -> str:
    """Return what lines print in a shell that has activated the project."""
    return session(project, name, *lines, **options).stdout


def french(folder: Path) -> dict[str, str]:
    """Return the variables of another language, which has an order of letters of its own."""
    if not shutil.which("localedef") or not Path("/usr/share/i18n/locales/fr_FR").exists():
        pytest.skip("needs localedef and the sources of fr_FR")
    run("localedef", "-i", "fr_FR", "-f", "UTF-8", folder / "fr_FR.UTF-8", check=False)
    return {"LOCPATH": str(folder), "LC_ALL": "fr_FR.UTF-8", "LANG": "fr_FR.UTF-8"}


def environment(output: str) -> dict[str, str]:
    """Return the environment in a line that SHOW has printed."""
    return dict(json.loads(output)[1])


@pytest.fixture(scope="module")
def project(bake: Bakery) -> Project:
    """A project whose environment uv has made."""
    project = bake(isolation="venv", app="cli", python_version=HERE)
    project.run("dev/do", "sync")
    return project


@pytest.fixture(scope="module", params=SAMPLES)
def sample(request: pytest.FixtureRequest, bake: Bakery) -> Project:
    """The same of each sample, for what is not the same in all of them."""
    project = bake(isolation="venv", app=request.param, python_version=HERE)
    project.run("dev/do", "sync")
    return project


@pytest.mark.needs("bash", "index")
def test_runs_the_tests_and_linters(sample: Project) -> None:
    assert "passed" in shell(sample, "bash", "pytest -q")
    assert "All checks passed" in shell(sample, "bash", "ruff check")


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", SOURCE)
def test_runs_the_tools_of_the_environment(project: Project, name: str) -> None:
    lines = "ruff check", "python -m my_project hello"
    assert shell(project, name, *lines).splitlines() == ["All checks passed!", "Hello, World!"]


@pytest.mark.needs("bash")
def test_uv_run_uses_the_environment_whatever_python_it_has(bake: Bakery, tmp_path: Path) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    project.write(".python-version", "3.99\n")
    settings = small(project, tmp_path) | {"UV_PYTHON": "3.98"}
    lines = f"uv {BOTH_THERE.replace('python', 'run python', 1)}", "deactivate", "echo $UV_PYTHON"
    done = session(project, "bash", *lines, env=settings)
    assert ".python-version asks for 3.99, found only Python " in done.stderr
    assert done.stdout == f"{project.path}/.venv\n3.98\n"


@pytest.mark.parametrize("command", ["sync", "add six"])
def test_uv_itself_locks_nothing(project: Project, command: str) -> None:
    before = project.files()
    done = project.run("uv", *command.split(), check=False)
    assert done.returncode and "marked as unmanaged" in done.stderr
    assert project.files() == before
    assert f"`dev/do {command.split()[0]}`" in project.read("pyproject.toml")


# All that a shell knows, but for what changes with every command.
STATE = {
    **dict.fromkeys(
        POSIX,
        "set | grep -v -E '^(_|[A-Z_]*PIPESTATUS|BASHPID|EPOCHREALTIME|LINENO|RANDOM|SECONDS)='; alias; set -o",
    ),
    "bash": "(set -o posix; set | grep -v -E '^(_|PIPESTATUS|BASH_[A-Z]*|SHELLOPTS)='); declare -F; alias; shopt; set -o",
    "zsh": "typeset +; functions; alias; setopt",
    "fish": "set --names; functions --all --names; abbr; alias",
    "tcsh": "set | grep -v _venv_never; alias",
    "nu": "print (scope aliases | get name) (scope commands | where type == custom | get name)",
    "pwsh": "Get-Variable | Where-Object Name -notmatch '^[_?^$]$|LASTEXITCODE|StackTrace' |"
    ' ForEach-Object { "$($_.Name) = $($_.Value)" }; $Error.Count; Get-Alias;'
    " Get-ChildItem Function: | ForEach-Object { $_.Name; $_.Definition }",
}


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", SOURCE)
def test_leaves_no_trace(project: Project, name: str) -> None:
    before = {"VIRTUAL_ENV_PROMPT": "x y", "PYTHONHOME": "", "dir": "d", "name": "n"}
    path = shlex.quote(sys.executable)
    show = SHOW.replace("python", f"^{path}" if name == "nu" else path, 1)
    source = SOURCE[name].format("dev")
    mark = "print '---'" if name == "nu" else "echo ---"
    script = [mark, STATE[name], mark, show]
    lines = [*script, mark, source, SHOW, source, "deactivate", *script]
    # Once before, so that what the commands themselves leave is there both times.
    done = feed(project, name, STATE[name], *lines, env=before)
    _, state, variables, inside, state_after, variables_after = done.stdout.split("---\n")
    assert json.loads(inside)[0] == str(project.path / ".venv")
    assert environment(inside)["VIRTUAL_ENV_PROMPT"] == project.path.name
    assert state_after == state
    ignored = {"_", "LAST_EXIT_CODE", "PROMPT_COMMAND", "SHLVL", "__PYVENV_LAUNCHER__"}
    strip = {k: v for k, v in environment(variables).items() if k not in ignored}
    assert {k: v for k, v in environment(variables_after).items() if k not in ignored} == strip


# On a system without /proc, some shells cannot tell where a file is that they read.
LOCATED = [
    name
    for name in SOURCE
    if Path("/proc/self/fd").exists() or name not in ("mksh", "dash", "busybox", "yash", "tcsh")
]


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", LOCATED)
def test_is_found_from_anywhere(project: Project, name: str, tmp_path: Path) -> None:
    source = SOURCE[name].format(project.path / "dev")
    odd = ["IFS=:E"] if name in POSIX else []
    done = feed(Project(tmp_path, {}), name, *odd, source, SHOW)
    assert json.loads(done.stdout)[0] == str(project.path / ".venv")


@pytest.mark.parametrize("name", SOURCE)
def test_started_as_a_program_tells_what_to_type_in_each_shell(bake: Bakery, name: str) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    done = feed(project, name, "dev/activate", check=False)
    assert done.returncode == 1 and done.stdout == ""
    for source in SOURCE.values():
        assert re.search(rf": {re.escape(source.format('dev'))}(;|$)", done.stderr, re.MULTILINE)


@pytest.mark.parametrize("name", [name for name in SOURCE if name != "pwsh"])
def test_executed_instead_of_sourced_tells_the_command(bake: Bakery, name: str) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    file = SOURCE[name].format("dev").split()[-1]
    flags = ("ash",) if name == "busybox" else ()
    done = project.run(name, *flags, file, check=False)
    assert done.returncode != 0
    assert SOURCE[name].format("dev") in done.stderr


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", [*POSIX, "fish"])
def test_starts_no_python_when_current(project: Project, name: str) -> None:
    session(project, name)
    python, python3 = project.path / ".venv/bin/python", project.path / ".venv/bin/python3"
    target, note = python.readlink(), project.path / "started"
    python.unlink()
    python.write_text(f"#!/bin/sh\necho started >>'{note}'\nexec '{target}' \"$@\"\n")
    python.chmod(0o755)
    path = {"PATH": f"{python3.parent}{os.pathsep}{os.environ['PATH']}"}
    try:
        done = session(project, name, "echo $VIRTUAL_ENV", env=path)
        assert not note.exists()
        (project.path / ".venv/activate.inputs").unlink()
        session(project, name, env=path)
        assert note.exists(), "it would have been noted"
    finally:
        python.unlink()
        python.symlink_to(target)
        note.unlink(missing_ok=True)
    assert (done.stdout.strip(), done.stderr) == (str(project.path / ".venv"), "")


@pytest.fixture(scope="module", params=["\n", ""], ids=["", "without a last line feed"])
def watched(
    request: pytest.FixtureRequest, bake: Bakery, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A project whose environment is current, and that says so when it is asked to sync."""
    project = bake(isolation="venv", app="cli", python_version=HERE)
    project.write(".python-version", HERE + request.param)
    (project.path / "certs").mkdir()
    project.run("dev/do", "sync", env=small(project, tmp_path_factory.mktemp("wheels")))
    project.write("dev/do", "#!/bin/sh\necho synced\n")
    return project


@pytest.mark.parametrize("name", SOURCE)
def test_each_input_is_compared(watched: Project, name: str) -> None:
    inputs = ["requirements.txt", "requirements-dev.txt", ".python-version", ".copier-answers.yml"]
    inputs += ["pip.conf", "certs/new.crt", ".venv/pyvenv.cfg"]
    sh = "^sh" if name == "nu" else "sh"
    activate, lines = SOURCE[name].format("dev"), []
    for path in inputs:
        lines += [
            f"{sh} -c 'cp {path} kept 2>/dev/null; echo {path}; echo \"#\" >>{path}'",
            *(activate, "deactivate"),
            f"{sh} -c 'rm {path}; mv kept {path} 2>/dev/null; true'",
        ]
    printed = feed(watched, name, *lines, activate).stdout.split()
    assert printed == [word for path in inputs for word in (path, "synced")]


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", POSIX)
def test_is_safe_in_a_strict_shell_with_aliases(project: Project, name: str) -> None:
    source = SOURCE[name].format("dev")
    aliases = "alias python=false python3=false cd=false cat=false cmp=false pwd=false"
    expand = "shopt -s expand_aliases" if name == "bash" else ":"
    function = 'cd() { command cd "$@" && ls; }'
    lines = ["set -eu", "IFS=:", "CDPATH=/:/tmp", function, expand, aliases, source]
    lines += ["unalias python"]
    flags = ("ash",) if name == "busybox" else ()
    script = "\n".join([*lines, SHOW, "deactivate", "echo left", ""])
    done = project.run(name, *flags, input=script)
    assert json.loads(done.stdout.splitlines()[0])[0] == str(project.path / ".venv")
    assert done.stdout.splitlines()[1:] == ["left"] and done.stderr == ""


@pytest.mark.needs("index")
@pytest.mark.parametrize("name", LOCATED)
def test_a_second_project_leaves_the_first(project: Project, name: str, bake: Bakery) -> None:
    second = bake(isolation="venv", app="cli", python_version=HERE)
    source = SOURCE[name].format(second.path / "dev")
    out = shell(project, name, source, SHOW)
    prefix, variables = json.loads(out)
    assert prefix == str(second.path / ".venv")
    assert f"{project.path}/" not in variables["PATH"]


@pytest.fixture(scope="module", params=["no Python", "a broken lock"])
def broken(
    request: pytest.FixtureRequest, bake: Bakery, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Project, dict[str, str]]:
    """A project that has an environment and cannot update it, and the variables to use it with."""
    project = bake(isolation="venv", app="cli", python_version=HERE)
    variables = small(project, tmp_path_factory.mktemp("wheels"))
    project.run("dev/do", "sync", env=variables)
    if request.param == "no Python":
        return project, variables | {"PROJECT_PYTHON": "/no/python"}
    project.append("requirements.txt", "this is no requirement --hash=sha256:0\n")
    return project, variables


# How each shell looks at a failure: in a chain of commands, and in a script that ends at the first
# error. fish has no such scripts, and those of nushell all are.
CHAIN = {
    **dict.fromkeys(SOURCE, "ACTIVATE && echo went on || echo stopped"),
    "nu": "try { ACTIVATE; print 'went on' } catch { print stopped }",
}
STRICT = {
    **dict.fromkeys(POSIX, "set -e\nACTIVATE\necho went on"),
    "fish": "ACTIVATE; or exit; echo went on",
    "nu": "ACTIVATE\nprint 'went on'",
    "pwsh": "$ErrorActionPreference = 'Stop'\nACTIVATE\n'went on'",
    "tcsh": "exec tcsh -fec 'ACTIVATE; echo went on'",
}


@pytest.mark.parametrize("name", SOURCE)
def test_a_failure_is_seen_by_all_that_looks(
    name: str, broken: tuple[Project, dict[str, str]]
) -> None:
    project, variables = broken

    def run(lines: str) -> subprocess.CompletedProcess[str]:
        lines = lines.replace("ACTIVATE", SOURCE[name].format("dev"))
        return feed(project, name, lines, env=variables, check=False)

    assert run(CHAIN[name]).stdout == "stopped\n"
    for lines in ("ACTIVATE", STRICT[name]):
        done = run(lines)
        assert (done.returncode, done.stdout) == (1, "")
        assert "dev: " in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", SOURCE)
def test_a_failure_leaves_the_shell_as_it_was(
    name: str, broken: tuple[Project, dict[str, str]]
) -> None:
    project, environ = broken
    python = shlex.quote(sys.executable)
    show = SHOW.replace("python", f"^{python}" if name == "nu" else python, 1)
    source = SOURCE[name].format("dev")
    if name == "nu":  # an overlay that fails ends the script
        source = f"try {{ {source} }} catch {{ }}"
    done = feed(project, name, source, show, env=environ, check=False)
    variables = environment(done.stdout)
    assert "VIRTUAL_ENV" not in variables
    assert f"{project.path}/" not in variables["PATH"]


@pytest.mark.needs("bash")
@pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
def test_follows_the_lock(uv: bool, bake: Bakery, tmp_path: Path) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    environment = small(project, tmp_path) | ({} if uv else WITHOUT_UV)
    shell(project, "bash", "python -c 'import alpha, beta'", env=environment)
    project.write("requirements-dev.txt", locked(wheel(tmp_path, "gamma", "1.0")))
    done = session(
        project, "bash", "python -c 'import alpha, gamma, beta'", env=environment, check=False
    )
    assert "dev: requirements-dev.txt changed" in done.stderr
    assert "dev: removed packages that are not in the locks: beta\n" in done.stderr
    assert "No module named 'beta'" in done.stderr
    project.run("dev/do", "check")


@pytest.mark.needs("bash", "index")
def test_a_wrong_hash_is_refused_and_the_environment_still_works(bake: Bakery) -> None:
    project = bake(isolation="venv", app="cli")
    shell(project, "bash", "true")
    lock = project.read("requirements.txt")
    project.write(
        "requirements.txt",
        lock + f"six==1.17.0 --hash=sha256:{'0' * 64}\n",
    )
    done = session(project, "bash", 'echo "$?-$VIRTUAL_ENV-$PATH"', check=False)
    assert done.stdout.strip() == f"1--{os.environ['PATH']}"
    assert done.stderr.splitlines()[-1].startswith("dev: `uv pip sync` ended with status")
    project.write("requirements.txt", lock)
    done = session(project, "bash", "python -m my_project hello")
    assert (done.stdout, done.stderr) == ("Hello, World!\n", "")


@pytest.mark.needs("shells")
@pytest.mark.parametrize(
    ("name", "uv"),
    [
        ("with space", True),
        ('quote\'s "$HOME" `x` & ; ! %', True),
        ("Größe 日本", True),
        ('Größe 日本 quote\'s "$HOME" `x` & ; ! %', False),
    ],
)
def test_works_in_odd_paths_and_after_a_move(
    name: str, uv: bool, bake: Bakery, tmp_path: Path
) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    environment = small(project, tmp_path) | ({} if uv else WITHOUT_UV)
    odd = Project(tmp_path / name, {})
    project.path.rename(odd.path)
    for shell_name in SOURCE:
        assert shell(odd, shell_name, BOTH_THERE, env=environment) == f"{odd.path}/.venv\n"
    moved = Project(tmp_path / f"{name} moved", {})
    odd.path.rename(moved.path)
    done = session(moved, "bash", BOTH_THERE, env=environment)
    assert f"the project was moved here from {odd.path}" in done.stderr
    assert done.stdout == f"{moved.path}/.venv\n"


@pytest.mark.needs("bash", "index")
def test_debris_is_healed(bake: Bakery) -> None:
    """What `kill -9` leaves at any moment has no stamp."""
    project = bake(isolation="venv", app="cli", python_version=HERE)
    shell(project, "bash", "true")
    (project.path / ".venv/activate.inputs").unlink()
    assert "not complete; creating it again" in session(project, "bash").stderr
    (project.path / ".venv/activate.inputs").unlink()
    shutil.rmtree(next((project.path / ".venv/lib").glob("python*")) / "site-packages" / "typer")
    done = project.run("dev/do", "check", check=False)
    assert "not complete; run: dev/do sync" in done.stderr and done.returncode
    project.run("dev/do", "sync")
    assert shell(project, "bash", "python -m my_project hello") == "Hello, World!\n"
    project.run("dev/do", "check")


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("part", ["pyvenv.cfg", "lib", "bin/python"])
def test_a_part_that_is_gone_is_missed(part: str, bake: Bakery) -> None:
    """A cleaner, or a backup that left it out, takes no stamp away."""
    project = bake(isolation="venv", app="cli", python_version=HERE)
    shell(project, "bash", "true")
    project.run("rm", "-r", f".venv/{part}")
    assert project.run("dev/do", "check", check=False).returncode
    assert shell(project, "bash", "python -m my_project hello") == "Hello, World!\n"


@pytest.mark.needs("bash")
def test_a_uv_that_does_not_run_is_passed_by(bake: Bakery, tmp_path: Path) -> None:
    """pyenv puts one on PATH when any of its Pythons has it."""
    project = bake(isolation="venv", app="cli", python_version=HERE)
    wheels = small(project, tmp_path / "wheels")
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "uv").write_text("#!/bin/sh\necho pyenv: uv: command not found >&2\nexit 127\n")
    (shims / "uv").chmod(0o755)
    path = {"PATH": f"{shims}{os.pathsep}{WITHOUT_UV['PATH']}"}
    found = shell(project, "bash", BOTH_THERE, env=wheels | path)
    assert found == f"{project.path}/.venv\n"


@pytest.mark.needs("bash", "index")
def test_a_killed_update_is_not_trusted_when_the_lock_goes_back(
    bake: Bakery, tmp_path: Path
) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    shell(project, "bash", "true")
    lock = project.read("requirements-dev.txt")
    project.append("requirements-dev.txt", "# changed\n")
    (tmp_path / "uv").write_text(
        "#!/bin/sh\nrm -rf .venv/lib/*/site-packages/typer*\nkill -9 $PPID\n"
    )
    (tmp_path / "uv").chmod(0o755)
    killer = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    assert session(project, "bash", env=killer, check=False).returncode
    project.write("requirements-dev.txt", lock)
    done = session(project, "bash", "python -m my_project hello")
    assert "not complete; creating it again" in done.stderr and done.stdout == "Hello, World!\n"


@pytest.mark.needs("index")
def test_an_unreadable_requires_python_is_named(bake: Bakery) -> None:
    project = bake(isolation="venv", app="cli")
    metadata = project.read("pyproject.toml")
    project.write("pyproject.toml", metadata.replace('">=3.11"', '"<4"'))
    done = project.run("dev/do", "lock", check=False)
    assert done.returncode and "expected a line such as requires-python" in done.stderr
    project.write(
        "pyproject.toml",
        metadata.replace('requires-python = ">=3.11"', "requires-python='~= 3.12'"),
    )
    project.run("dev/do", "lock")
    assert "--python-version=3.12" in project.read("requirements.txt").splitlines()[1]


@pytest.mark.parametrize(
    "line",
    [
        "requires-python='~= 3.12'",
        'requires-python = "==3.12.*"',
        'requires-python = ">3.12"',
        'requires-python = "<3.15, >=3.12, !=3.13.1"',
        '# not requires-python = "<4"\nrequires-python = ">=3.12,<=3.14"  # yet',
        'requires-python = ">=3.12"  # not >=3.13',
    ],
)
def test_the_oldest_that_requires_python_allows(line: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\n{line}\n")
    assert load_scripts(tmp_path).locks.supported()[0] == 12


@pytest.mark.parametrize(
    ("line", "newest"),
    [
        ('requires-python = ">=3.11"  # <3.13 on servers', 99),
        ('requires-python = ">=3.11, <4"', 99),
        ('requires-python = ">=3.11,<3.13"', 12),
        ("requires-python='<= 3.12, >3.11'", 12),
        ('requires-python = ">=3.11,<3.12.4"', 12),
        ('requires-python = "==3.12.*"', 12),
        ('requires-python = "~=3.12"', 99),
        ('requires-python = "~=3.12.4"', 12),
    ],
)
def test_the_newest_that_requires_python_allows(line: str, newest: int, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\n{line}\n")
    assert load_scripts(tmp_path).locks.supported()[1] == newest


MINOR = sys.version_info.minor


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        (f">=3.{MINOR + 1}", f"3.{MINOR + 1} or later"),
        (f">=3.{MINOR - 2},<3.{MINOR}", f"3.{MINOR - 2} to 3.{MINOR - 1}"),
    ],
)
def test_a_version_that_pyproject_rules_out_is_refused(
    requires: str, expected: str, bake: Bakery
) -> None:
    project = bake(isolation="venv")
    metadata = project.read("pyproject.toml")
    project.write("pyproject.toml", metadata.replace(">=3.11", requires))
    project.write(".python-version", f"{HERE}.1\n")
    done = project.run("dev/do", "sync", check=False)
    assert done.returncode and not (project.path / ".venv/pyvenv.cfg").exists()
    asks = f".python-version asks for {HERE}"
    assert f"{asks}, pyproject.toml requires {expected}; change" in done.stderr
    done = project.run("dev/do", "sync", env={"PROJECT_PYTHON": sys.executable}, check=False)
    assert done.returncode and f", pyproject.toml requires {expected}\n" in done.stderr


@pytest.mark.needs("index")
def test_the_newest_python_that_pyproject_allows_is_taken(bake: Bakery) -> None:
    project = bake(isolation="venv", app="cli")
    metadata = project.read("pyproject.toml")
    project.write("pyproject.toml", metadata.replace(">=3.11", f">=3.11,<3.{MINOR + 1}"))
    project.write(".python-version", "\n")
    assert f"with Python {HERE}." in project.run("dev/do", "sync").stderr


@pytest.mark.needs("bash", "index")
def test_what_is_installed_may_not_be_a_packages_name(sample: Project) -> None:
    """A package of that name would hide it, or be hidden by it."""
    script = "import importlib.metadata as m; print(*m.packages_distributions())"
    modules = shell(sample, "bash", f"python -c '{script}'").split()
    taken = (ROOT / "includes/names.jinja").read_text("utf-8").split()
    assert {name for name in modules if name.isidentifier() and not name.startswith("_")} <= {
        *taken
    }


@pytest.mark.needs("bash")
def test_something_else_called_venv_is_left_alone(bake: Bakery) -> None:
    project = bake(isolation="venv")
    (project.path / ".venv").mkdir()
    project.write(".venv/precious", "data\n")
    done = session(project, "bash", check=False)
    assert done.returncode and "is not a virtual environment; move it away" in done.stderr
    assert project.read(".venv/precious") == "data\n"


@pytest.mark.needs("bash", "index")
def test_check_names_what_is_wrong(bake: Bakery) -> None:
    project = bake(isolation="venv", python_version=HERE)
    check = ("dev/do", "check")
    done = project.run(*check, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "dev: there is no .venv yet; run: dev/do sync\n",
    )
    shell(project, "bash", "true")
    assert project.run(*check).stderr == ""
    shell(project, "bash", "python -m pip uninstall -q -y shellingham")
    assert (
        "dev: shellingham is missing; run: dev/do sync" in project.run(*check, check=False).stderr
    )


@pytest.mark.needs("bash", "index")
def test_another_python_is_used_with_a_warning(bake: Bakery) -> None:
    """No machine has Python 3.99; the project should still work, and say so."""
    project = bake(isolation="venv")
    project.write(".python-version", "3.99\n")
    done = session(project, "bash", "python -m my_project hello")
    assert done.stdout == "Hello, World!\n"
    [warning] = [line for line in done.stderr.splitlines() if "warning" in line]
    assert ".python-version asks for 3.99, found only Python 3." in warning
    done = project.run("dev/do", "check", check=False)
    assert done.returncode and ".python-version says 3.99" in done.stderr


@pytest.mark.parametrize("named", [False, True], ids=["at home", "PYENV_ROOT"])
@pytest.mark.parametrize(
    ("windows", "root", "program"),
    [(False, ".pyenv", "bin/python"), (True, ".pyenv/pyenv-win", "python.exe")],
    ids=["pyenv", "pyenv-win"],
)
def test_the_newest_that_pyenv_keeps_is_found(
    named: bool,
    windows: bool,
    root: str,
    program: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PYENV_ROOT names the folder that has `versions` on each system; pyenv-win sets it, too."""
    pythons = load_scripts().interpreters
    pythons.WINDOWS = windows
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    if named:
        monkeypatch.setenv("PYENV_ROOT", str(tmp_path / root))
    for version in ("3.99.9", "3.99.10"):
        python = tmp_path / root / "versions" / version / program
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\necho {python}\necho {version}\n")
        python.chmod(0o755)
    assert pythons.find(99) == (str(python), "3.99.10")


@pytest.mark.needs("bash", "index")
def test_project_python_decides(bake: Bakery) -> None:
    project = bake(isolation="venv")
    chosen = {"PROJECT_PYTHON": sys.executable}
    done = session(project, "bash", "python -m my_project info", env=chosen)
    assert done.stdout.startswith(f"Python {sys.version.split()[0]} ")
    wrong = {"PROJECT_PYTHON": "/no/python"}
    done = session(project, "bash", env=wrong, check=False)
    assert done.returncode and "PROJECT_PYTHON=/no/python starts no Python" in done.stderr


@pytest.mark.needs("index")
@pytest.mark.parametrize("app", choices("app"))
@pytest.mark.parametrize("uv", [True, False], ids=["uv", "temporary uv"])
def test_locking_again_changes_nothing(uv: bool, app: str, bake: Bakery) -> None:
    project = bake(isolation="venv", app=app)
    before = project.files()
    path = {} if uv else WITHOUT_UV
    project.run("dev/do", "lock", env=path)
    assert project.files() == before


@pytest.mark.needs("bash", "index")
def test_locking_takes_what_was_added(bake: Bakery) -> None:
    project = bake(isolation="venv", app="cli")
    project.append("requirements.in", "six\n")
    project.run("dev/do", "lock")
    assert "\nsix==" in project.read("requirements.txt")
    assert shell(project, "bash", "python -c 'import six; print(six.PY3)'") == "True\n"


@pytest.mark.needs("index")
def test_pip_install_works_and_types_hold(sample: Project, tmp_path: Path) -> None:
    python, target = sample.path / ".venv/bin/python", tmp_path / "installed"
    sample.run(python, "-m", "pip", "install", "-q", "--no-deps", "--target", target, ".")
    assert (target / "bin/my-project").exists() and (target / "my_project/__main__.py").exists()
    metadata = next(target.glob("*.dist-info/METADATA")).read_text("utf-8")
    assert "Requires-Dist: pydantic-settings\n" in metadata
    done = sample.run("mypy", "--strict", "--python-executable", python, "src", "tests")
    assert "no issues found" in done.stdout


@pytest.mark.needs("bash", "index")
def test_uv_changes_nothing_in_the_environment(project: Project) -> None:
    """As it would follow pyproject.toml rather than the locks."""
    shell(project, "bash", "true")
    assert project.run("uv", "run", "python", "-c", "print(6 * 7)").stdout == "42\n"
    assert project.run("uv", "sync", check=False).returncode
    assert not (project.path / "uv.lock").exists()
    project.run("dev/do", "check")


@pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
def test_the_environment_is_called_as_the_project(uv: bool, bake: Bakery, tmp_path: Path) -> None:
    """Prompts such as that of starship show the name that stands in it."""
    project = bake(isolation="venv", app="cli", python_version=HERE)
    wheels = small(project, tmp_path / "wheels")
    odd = Project(tmp_path / "-o'd $d", {})
    project.path.rename(odd.path)
    odd.run("dev/do", "sync", env=wheels | ({} if uv else WITHOUT_UV))
    name = "-o'd $d".replace("'", "_").replace("$", "_")
    [line] = (line for line in odd.read(".venv/pyvenv.cfg").splitlines() if "prompt = " in line)
    assert line.removeprefix("prompt = ").strip("'") == name


@pytest.mark.needs("bash", "index")
@pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
def test_no_install_setting_leads_astray(uv: bool, bake: Bakery, tmp_path: Path) -> None:
    project = bake(isolation="venv", app="cli")
    lock = project.read("requirements.txt")
    project.run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "other")
    before = sorted((tmp_path / "other").rglob("*.dist-info"))
    (tmp_path / "pip.conf").write_text(
        "[global]\nuser = true\nrequire-virtualenv = true\n"
        f"python = {tmp_path}/other/bin/python\ntarget = {tmp_path}/astray\n"
        f"prefix = {tmp_path}/astray\ndry-run = true\n"
    )
    (tmp_path / "constraints.txt").write_text("typer < 0.1\n")
    astray = {
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
        "PIP_DRY_RUN": "1",
        "PIP_IGNORE_INSTALLED": "1",
        "PIP_REQUIRE_HASHES": "1",
        "PIP_USER": "1",
        "PIP_TARGET": str(tmp_path / "astray"),
        "PIP_PREFIX": str(tmp_path / "astray"),
        "PIP_ROOT": str(tmp_path / "astray"),
        "PYTHONEXECUTABLE": str(tmp_path / "other/bin/python"),
        "PYTHONHOME": "/nowhere",
        "PYTHONPATH": "/nowhere",
        "PIP_CONSTRAINT": str(tmp_path / "constraints.txt"),
        "UV_CONSTRAINT": str(tmp_path / "constraints.txt"),
        "PIP_EDITABLE": "/nowhere",
        "PIP_PLATFORM": "nowhere",
        "PIP_PYTHON_VERSION": "3.8",
        "PIP_REQUIREMENT": "/nowhere",
        "UV_BUILD_CONSTRAINT": "/nowhere",
        "UV_EXCLUDE": str(tmp_path / "constraints.txt"),
        "UV_OVERRIDE": str(tmp_path / "constraints.txt"),
        "UV_PROJECT": "/nowhere",
        "UV_PYTHON": str(tmp_path / "other/bin/python"),
        "UV_WORKING_DIR": str(tmp_path),
        "UV_SYSTEM_PYTHON": "1",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    out = shell(
        project,
        "bash",
        "env -u PYTHONEXECUTABLE python -m my_project hello; echo ${PYTHONHOME-unset}; dev/do lock",
        env=astray | ({} if uv else WITHOUT_UV),
    )
    assert out == "Hello, World!\nunset\n"
    assert project.read("requirements.txt") == lock
    assert sorted((tmp_path / "other").rglob("*.dist-info")) == before
    assert not (tmp_path / "astray").exists()
    project.append("requirements-dev.txt", "# changed\n")
    project.run("dev/do", "sync", env=astray | ({} if uv else WITHOUT_UV))
    assert len([*(project.path / ".venv").rglob("pip-*.dist-info")]) == 1
