"""Every shell in every situation: the right environment is there, and nobody is told off."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from support.commands import run
from support.components import find_python
from support.projects import Bakery, Project
from test_venv import (
    HERE,
    NO_STARTUP_FILES,
    POSIX,
    SHOW,
    SOURCE,
    feed,
    french,
    path_without_uv,
    session,
    shell,
)

# Each of them uses an environment with all that a new project has.
pytestmark = pytest.mark.needs("index")

# What SHOW prints, by a Python that is not on PATH.
SHOW_OUTSIDE = SHOW.replace("python", sys.executable, 1)

# What a user may have set, done or be in when the line `activate` comes.
STRICT = ("bash", "zsh", "ksh", "mksh")
SITUATIONS = {
    "noclobber": (POSIX, "set -C\nactivate"),
    "noglob": (POSIX, "set -f\nactivate"),
    "strict": (POSIX, "set -eu\nactivate"),
    "pipefail": (STRICT, "set -euo pipefail\nactivate"),
    "posix mode": (("bash",), "set -o posix\nactivate"),
    "bash options": (("bash",), "shopt -s failglob nullglob extglob nocasematch\nactivate"),
    "zsh options": (
        ("zsh",),
        "setopt ksh_arrays sh_word_split no_unset err_exit no_glob no_clobber glob_subst\n"
        + "setopt csh_null_glob ignore_braces rc_quotes rc_expand_param\nactivate",
    ),
    "no prompt": (POSIX, "unset PS1; set -u\nactivate"),
    "in a function": (POSIX, "f() {\nactivate\n}\nf"),
    "in a fish function": (("fish",), "function f\nactivate\nend\nf"),
    "with arguments": (POSIX, "set -- one 'two words'\nactivate\n[ \"$2\" = 'two words' ]"),
    "functions": (
        POSIX,
        "cat() { :; }\ncmp() { :; }\nprintf() { :; }\nreadlink() { :; }\nactivate",
    ),
    "fish functions": (
        ("fish",),
        "function realpath\nend\nfunction sh\nend\nfunction source\nend\nbuiltin activate",
    ),
    "read-only names": (POSIX, "readonly dir=1 fd=2 file=3 link=4 name=5\nactivate"),
    "all words are assignments": (("bash", "ksh", "mksh"), "set -k\nactivate"),
    "error trap": (("bash", "zsh", "ksh"), "trap 'echo TRAPPED >&2' ERR\nactivate"),
    "after cd": (tuple(SOURCE), "cd src\ncd ..\nactivate"),
    "twice": (tuple(SOURCE), "activate\nactivate"),
    "csh aliases": (("tcsh",), "alias ls 'ls -F'\nalias cat 'cat -n'\nalias sh false\nactivate"),
}


@pytest.fixture(scope="module")
def project(bake: Bakery) -> Iterator[Project]:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    project.run("dev/do", "sync")
    yield project


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment made by `python -m venv`."""
    path = tmp_path_factory.mktemp("stock") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", path)
    return path


@pytest.mark.parametrize(
    ("name", "situation"),
    [(name, label) for label, (names, _) in SITUATIONS.items() for name in names],
)
def test_activates_in_silence(project: Project, name: str, situation: str) -> None:
    lines = SITUATIONS[situation][1].replace("activate", SOURCE[name].format("dev"))
    done = feed(project, name, lines, SHOW, "deactivate")
    assert json.loads(done.stdout)[0] == str(project.path / ".venv")
    assert done.stderr == ""


CONDA = {"CONDA_PREFIX": "/opt/conda", "CONDA_DEFAULT_ENV": "base", "CONDA_SHLVL": "1"}
VARIABLES: dict[str, dict[str, str]] = {
    "C locale": {"LC_ALL": "C"},
    "conda": CONDA,
    "no home": {"HOME": ""},
    "CDPATH": {"CDPATH": "/:/tmp:."},
    "plain PATH": {"PATH": "/usr/local/bin:/usr/bin:/bin"},
    "misled pip": {"PIP_USER": "1", "PIP_TARGET": "/nowhere", "PIP_PREFIX": "/nowhere"},
    "misled Python": {"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"},
    "names in use": {"_venv_dir": "x", "_venv_file": "y", "_venv_alias": "z"},
}


@pytest.mark.parametrize("situation", VARIABLES)
@pytest.mark.parametrize("name", SOURCE)
def test_no_variable_leads_astray(project: Project, name: str, situation: str) -> None:
    # PYTHONPATH is the user's own, and stays for what they run.
    show = SHOW.replace("python", "python -I", 1)
    done = session(project, name, show, env=VARIABLES[situation])
    assert json.loads(done.stdout)[0] == str(project.path / ".venv")
    assert done.stderr == ""


def of(stock: Path, name: str) -> str:
    """Return the command that activates a stock environment."""
    return f"{stock}/bin/Activate.ps1" if name == "pwsh" else SOURCE[name].format(stock / "bin")


@pytest.mark.parametrize("name", [name for name in SOURCE if name != "nu"])
def test_leaves_a_stock_environment(project: Project, stock: Path, name: str) -> None:
    other = of(stock, name)
    source = SOURCE[name].format("dev")
    done = feed(project, name, other, source, SHOW, "deactivate", f"{sys.executable} -c 1", "env")
    inside, after = done.stdout.split("\n", 1)
    prefix, variables = json.loads(inside)
    assert prefix == str(project.path / ".venv") and done.stderr == ""
    assert str(stock) not in variables["PATH"] + after and "VIRTUAL_ENV=" not in after


@pytest.mark.parametrize("left", [True, False], ids=["left", "still active"])
@pytest.mark.parametrize("name", [name for name in SOURCE if name != "nu"])
def test_a_stock_environment_on_top_of_this_one_goes_first(
    project: Project, stock: Path, name: str, left: bool
) -> None:
    other = of(stock, name)
    source = SOURCE[name].format("dev")
    begin, prompt = {
        "fish": ("", ""),
        "pwsh": ("function prompt { '> ' }", "prompt"),
        "tcsh": ("set prompt='> '", 'echo "$prompt"'),
    }.get(name, ("PS1='> '", 'echo "$PS1"'))
    leave = "deactivate" if left else ""
    lines = [begin, source, other, leave, source, SHOW, "deactivate", SHOW_OUTSIDE, prompt]
    done = feed(project, name, *lines)
    inside, after, *prompts = done.stdout.splitlines()
    assert json.loads(inside)[0] == str(project.path / ".venv") and done.stderr == ""
    found = json.loads(after)[1]
    # PowerShell puts its own folder in front of PATH.
    assert found["PATH"].endswith(os.environ["PATH"]) and "VIRTUAL_ENV" not in found
    assert str(stock) not in found["PATH"] and f"{project.path}/" not in found["PATH"]
    assert prompts in ([], ["> "])


@pytest.mark.parametrize("same", [True, False], ids=["the same", "another"])
@pytest.mark.parametrize("name", SOURCE)
def test_an_inherited_environment_comes_back(
    project: Project, stock: Path, name: str, same: bool
) -> None:
    """A shell that was started within an environment knows its variables, not its functions."""
    outer = project.path / ".venv" if same else stock
    path = f"{outer}/bin:{os.environ['PATH']}"
    show = f"{'^' if name == 'nu' else ''}{SHOW_OUTSIDE}"
    variables = {"VIRTUAL_ENV": str(outer), "PATH": path}
    done = session(project, name, SHOW, "deactivate", show, env=variables)
    inside, after = done.stdout.splitlines()
    assert json.loads(inside)[0] == str(project.path / ".venv")
    found = json.loads(after)[1]
    assert found["VIRTUAL_ENV"] == str(outer)
    assert found["PATH"].endswith(path)  # PowerShell puts its own folder in front


# Shells that cannot print a function cannot keep it either.
KEEPS_FUNCTIONS = ("bash", "zsh", "mksh", "fish")


@pytest.mark.parametrize(
    ("name", "define"),
    [
        *((name, "deactivate() { echo mine; }") for name in KEEPS_FUNCTIONS if name != "fish"),
        ("fish", "function deactivate; echo mine; end"),
        ("zsh", "deactivate() { : *(N.); print -r -- ${(L):-MINE}; }"),
        *((name, "alias deactivate='echo mine'") for name in POSIX),
        ("tcsh", "alias deactivate 'echo mine'"),
    ],
)
def test_the_users_own_deactivate_comes_back(project: Project, name: str, define: str) -> None:
    expand = ["shopt -s expand_aliases"] if name == "bash" else []
    source = SOURCE[name].format("dev")
    lines = [*expand, define, source, SHOW, "deactivate", "deactivate"]
    inside, after = feed(project, name, *lines).stdout.splitlines()
    assert json.loads(inside)[0] == str(project.path / ".venv")
    assert after == "mine"


@pytest.mark.parametrize("name", SOURCE)
def test_a_dead_interpreter_is_replaced(bake: Bakery, name: str) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    (project.path / ".venv/bin").mkdir(parents=True)
    (project.path / ".venv/pyvenv.cfg").write_text("home = /gone/bin\n")
    for python in ("python", "python3"):
        (project.path / ".venv/bin" / python).symlink_to("/gone/bin/python3")
    done = session(project, name, SHOW)
    assert json.loads(done.stdout)[0] == str(project.path / ".venv")
    assert "dev: .venv is not complete; creating it again" in done.stderr.splitlines()


@pytest.mark.needs("bash")
def test_a_removed_interpreter_is_named(bake: Bakery, tmp_path: Path) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    own = tmp_path / "own"
    run("uv", "venv", "-q", "--python", sys.executable, tmp_path / "first")
    project.run("dev/do", "sync", env={"PROJECT_PYTHON": str(tmp_path / "first/bin/python")})
    (project.path / ".venv/bin/python").unlink()
    (project.path / ".venv/bin/python").symlink_to(own)
    done = session(project, "bash", SHOW)
    assert "dev: the Python of .venv does not run any more; creating it again" in done.stderr
    assert json.loads(done.stdout)[0] == str(project.path / ".venv")


ODD = {
    "characters": "tab\t back\\slash a*b?[c]{d,e} %PATH% 😀",
    "first characters": "~tilde/#hash/=eq/ x /-dash",
    "blanks at its ends": " x ",
    "very long": "/".join(["x" * 200] * 4),
}


def copy(project: Project, path: Path) -> Project:
    """Return a copy of a project, whose environment is yet to be made."""
    shutil.copytree(project.path, path, ignore=shutil.ignore_patterns(".venv*"))
    return Project(path, {})


@pytest.mark.needs("shells")
@pytest.mark.parametrize("path", ODD)
def test_works_in_odder_paths(project: Project, path: str, tmp_path: Path) -> None:
    odd = copy(project, tmp_path / ODD[path])
    for name in SOURCE:
        if name == "pwsh" and "\\" in str(odd.path):
            continue  # it reads a backslash as a slash on every system, and finds no file there
        assert json.loads(shell(odd, name, SHOW))[0] == str(odd.path / ".venv")
    assert shell(odd, "bash", "python -m my_project hello") == "Hello, World!\n"


@pytest.mark.needs("shells")
def test_a_path_that_cannot_be_on_path_is_refused(project: Project, tmp_path: Path) -> None:
    for folder, names in ("a:b", SOURCE), ("new\nline", ["bash"]):
        odd = copy(project, tmp_path / folder)
        for name in names:
            done = session(odd, name, check=False)
            assert done.returncode
            assert f"found {str(odd.path)!r}; rename it" in done.stderr


@pytest.mark.needs("bash")
def test_conda_is_mentioned_once(bake: Bakery) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    assert session(project, "bash", env=CONDA).stderr.count("conda's /opt/conda is active") == 1
    assert session(project, "bash", env=CONDA).stderr == ""


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_links_to_the_project_are_followed(project: Project, name: str, tmp_path: Path) -> None:
    """The environment is the one of the real folder, by whatever way one comes to it."""
    (tmp_path / "link").symlink_to(project.path)
    done = feed(Project(tmp_path, {}), name, SOURCE[name].format("link/dev"), SHOW)
    assert json.loads(done.stdout)[0] == str(project.path / ".venv") and done.stderr == ""
    words = [name, *NO_STARTUP_FILES[name]]
    done = run(*words, input=f". ./activate\n{SHOW}\n", cwd=project.path / "dev")
    assert json.loads(done.stdout)[0] == str(project.path / ".venv") and done.stderr == ""
    (tmp_path / "venv").symlink_to(project.path / "dev/do")
    run(tmp_path / "venv", "check", cwd=tmp_path)


# --- What a review of these files found -------------------------------------------------------


@pytest.mark.parametrize("refused", ["VIRTUAL_ENV_PROMPT", "PYTHONHOME", "IFS"])
@pytest.mark.parametrize("name", POSIX)
def test_a_variable_that_a_shell_refuses_changes_nothing(
    project: Project, name: str, refused: str
) -> None:
    readonly = f"readonly {refused}"
    source = f"if {SOURCE[name].format('dev')}; then echo activated; fi"
    lines = [readonly, source, "echo ${VIRTUAL_ENV-none}", "deactivate"]
    done = feed(project, name, *lines, check=False)
    assert done.stdout == "none\n"
    assert "activate: this shell refuses to set a variable, see above" in done.stderr
    assert done.returncode != 0, "there is no deactivate"


@pytest.mark.parametrize("name", POSIX)
def test_a_prompt_that_is_read_only_stays(project: Project, name: str) -> None:
    source = f"if {SOURCE[name].format('dev')}; then deactivate; echo activated; fi"
    lines = ["PS1='mine '", "readonly PS1", source, "echo ${VIRTUAL_ENV-none}"]
    done = feed(project, name, *lines)
    assert done.stdout == "none\n"
    assert "activate: this shell refuses to set a variable, see above" in done.stderr
    done = feed(project, name, *lines, env={"VIRTUAL_ENV_DISABLE_PROMPT": "1"})
    assert (done.stdout, done.stderr) == ("activated\nnone\n", "")


@pytest.mark.parametrize("name", POSIX)
def test_one_activate_may_source_another(project: Project, name: str, tmp_path: Path) -> None:
    """As in a repository of several projects; the inner one is meant."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/activate").write_text(f"{SOURCE[name]}\n".format(project.path / "dev"))
    done = feed(Project(tmp_path, {}), name, SOURCE[name].format("dev"), SHOW)
    assert json.loads(done.stdout)[0] == str(project.path / ".venv") and done.stderr == ""


@pytest.mark.parametrize("name", [*POSIX, "tcsh"])
def test_a_script_of_that_name_may_source_it(project: Project, name: str, tmp_path: Path) -> None:
    source = SOURCE[name].format(project.path / "dev")
    script = tmp_path / ("my-activate.csh" if name == "tcsh" else "activate")
    script.write_text(f"{source}\n{SHOW}\n")
    done = run(name, *NO_STARTUP_FILES.get(name, ()), script, cwd=tmp_path)
    assert json.loads(done.stdout)[0] == str(project.path / ".venv") and done.stderr == ""


@pytest.mark.parametrize("name", POSIX)
def test_a_python_may_be_asked_for_without_export(project: Project, name: str) -> None:
    source = f"{SOURCE[name].format('dev')} || echo $?-${{VIRTUAL_ENV-none}}"
    done = feed(project, name, "PROJECT_PYTHON=/nowhere", source)
    assert done.stdout == "1-none\n" and "PROJECT_PYTHON=/nowhere starts no Python" in done.stderr


@pytest.mark.parametrize(
    ("name", "define"),
    [
        ("bash", "command_not_found_handle() { touch asked; }"),
        ("zsh", "command_not_found_handler() { touch asked; }"),
        ("fish", "function fish_command_not_found\ntouch asked\nend"),
    ],
)
def test_no_package_is_looked_for(project: Project, name: str, define: str) -> None:
    """A handler of unknown commands may look for a second which package has it."""
    feed(project, name, define, SOURCE[name].format("dev"), "deactivate")
    asked = project.path / "asked"
    assert not asked.exists()
    feed(project, name, define, "no-such-command-at-all", "true")
    asked.unlink()


@pytest.mark.parametrize("name", POSIX)
def test_no_alias_counts(project: Project, name: str) -> None:
    """In zsh, one can stand for any word, such as the name of a variable."""
    define = "alias -g VIRTUAL_ENV_PROMPT='2>&1 | cat'\n" if name == "zsh" else ""
    define += "alias unset='echo UNSET' export='echo EXPORT' VIRTUAL_ENV=false"
    options = {"bash": "shopt -s expand_aliases", "zsh": "setopt aliases"}
    lines = [
        "VIRTUAL_ENV_PROMPT=before",
        "\\export VIRTUAL_ENV_PROMPT",
        options.get(name, ":"),
        define,
    ]
    source = SOURCE[name].format("dev")
    show = "printenv VIRTUAL_ENV_PROMPT; echo ${VIRTUAL_ENV-none}"
    done = feed(project, name, *lines, source, "deactivate", "unalias -a", show)
    assert (done.stdout, done.stderr) == ("before\nnone\n", "")


@pytest.mark.needs("tcsh")
def test_tcsh_that_has_no_path_to_search_gets_one(project: Project) -> None:
    words = ("env", "-i", shutil.which("tcsh"), "-f", "-c")
    done = project.run(*words, "source dev/activate.csh; /usr/bin/env")
    assert f"\nPATH={project.path}/.venv/bin:/" in done.stdout and done.stderr == ""


@pytest.mark.parametrize("name", [name for name in POSIX if name != "yash"])
def test_programs_see_a_path_that_was_not_exported(project: Project, name: str) -> None:
    """As what `env -i` starts has one; yash has none then."""
    words = ["busybox", "ash"] if name == "busybox" else [name]
    lines = f"{SOURCE[name].format('dev')} && /usr/bin/env"
    variables = project.run("env", "-i", str(shutil.which(words[0])), *words[1:], "-c", lines)
    [path] = [line for line in variables.stdout.splitlines() if line.startswith("PATH=")]
    assert path.startswith(f"PATH={project.path}/.venv/bin")


@pytest.mark.needs("bash")
def test_a_command_that_is_a_script_does_not_activate_again(
    project: Project, tmp_path: Path
) -> None:
    """BASH_ENV names what each bash script reads first; one of them may be `python3`."""
    python = tmp_path / "python3"
    python.write_text(f'#!/usr/bin/env bash\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    record = project.path / ".venv/activate.inputs"
    record.write_bytes(
        b"PROJECT_PYTHON\n" + record.read_bytes()
    )  # as with PROJECT_PYTHON: it is looked at
    variables = {"BASH_ENV": f"{project.path}/dev/activate", "PATH": path}
    done = project.run("bash", "-c", 'echo "$VIRTUAL_ENV"', env=variables, timeout=60)
    assert (done.stdout, done.stderr) == (f"{project.path}/.venv\n", "")


@pytest.mark.parametrize("name", ["bash", "zsh", "ksh", "mksh", "dash"])
def test_a_prompt_that_was_changed_inside_stays(project: Project, name: str) -> None:
    source = SOURCE[name].format("dev")
    show = 'printf "%s|" "$PS1"'
    same = feed(project, name, "PS1='old> '", source, show, "deactivate", show).stdout
    prompt = f"({project.path.name}) old> "
    assert same == f"{prompt}|old> |"
    changed = feed(project, name, "PS1='old> '", source, "PS1='new> '", "deactivate", show).stdout
    assert changed == "new> |"
    # As conda does it, and the terminal of VS Code.
    more = feed(project, name, "PS1='old> '", source, 'PS1="+$PS1"', "deactivate", show).stdout
    assert more == "+old> |"


@pytest.mark.parametrize("name", ["bash", "zsh", "dash", "fish", "tcsh"])
def test_leaves_the_first_project_whose_variable_was_unset(
    project: Project, name: str, bake: Bakery
) -> None:
    second = bake(isolation="venv", app="cli", python_version=HERE)
    trap = "set -E; trap 'echo TRAP' ERR" if name == "bash" else ":"
    sources = [SOURCE[name].format(path / "dev") for path in (project.path, second.path)]
    unset = {"fish": "set -e", "tcsh": "unsetenv"}.get(name, "unset") + " VIRTUAL_ENV"
    show = "printenv PATH"
    done = feed(project, name, trap, sources[0], unset, sources[1], show, "deactivate", show)
    inside, after = [line for line in done.stdout.splitlines() if line != "TRAP"]
    assert str(project.path) not in inside and inside == f"{second.path}/.venv/bin:{after}"


@pytest.mark.parametrize(
    ("name", "of_link"),
    [
        *((name, None) for name in SOURCE if name != "pwsh"),
        *((name, "env") for name in SOURCE if name not in ("nu", "pwsh")),
    ],
)
def test_a_link_to_the_file_is_followed(
    project: Project, name: str, of_link: str | None, tmp_path: Path
) -> None:
    """In nushell, the name of the file is that of the overlay, which `deactivate` needs.

    PowerShell knows the folder of the link only.
    """
    source = SOURCE[name].format(tmp_path)
    file = Path(source.split()[-1])
    link = tmp_path / (of_link or file.name)
    link.symlink_to(project.path / "dev" / file.name)
    source = source.replace(file.name, link.name)
    done = feed(Project(tmp_path, {}), name, source, SHOW)
    assert json.loads(done.stdout)[0] == str(project.path / ".venv")


@pytest.mark.parametrize("name", ["dash", "busybox", "mksh", "yash"])
def test_without_globbing_it_is_not_another_project(
    project: Project, name: str, bake: Bakery
) -> None:
    here = bake(isolation="venv", app="cli", python_version=HERE)
    source = SOURCE[name].format(project.path / "dev")
    done = feed(here, name, "set -f", source, SHOW, "case $- in *f*) echo noglob ;; esac")
    inside, option = done.stdout.splitlines()
    assert json.loads(inside)[0] == str(project.path / ".venv") and option == "noglob"


@pytest.mark.needs("tcsh")
@pytest.mark.parametrize("disabled", [False, True])
def test_tcsh_without_a_prompt_can_deactivate(
    project: Project, disabled: bool, tmp_path: Path
) -> None:
    """A script has none; on standard input, tcsh has one."""
    first = "setenv VIRTUAL_ENV_DISABLE_PROMPT 1" if disabled else ""
    script = tmp_path / "script.csh"
    twice = ["source dev/activate.csh", "echo $VIRTUAL_ENV", "deactivate"] * 2
    script.write_text("\n".join([first, *twice, "set | grep _venv", "alias", ""]))
    done = project.run("tcsh", "-f", script, check=False)
    assert (done.stdout, done.stderr) == (f"{project.path}/.venv\n" * 2, "")


@pytest.mark.needs("tcsh")
@pytest.mark.parametrize(
    "line",
    [
        "( source {}; printenv VIRTUAL_ENV )",
        "set x = `source {}; printenv VIRTUAL_ENV`; echo $x",
        "source {}; printenv VIRTUAL_ENV",
    ],
)
def test_tcsh_in_a_subshell_is_not_in_another_project(
    project: Project, line: str, bake: Bakery, tmp_path: Path
) -> None:
    here = bake(isolation="venv", app="cli", python_version=HERE)
    script = tmp_path / "script.csh"
    script.write_text(line.format(project.path / "dev/activate.csh") + "\n")
    done = here.run("tcsh", "-fe", script, env={"VIRTUAL_ENV": "/inherited"})
    assert (done.stdout, done.stderr) == (f"{project.path}/.venv\n", "")


@pytest.mark.needs("tcsh")
def test_tcsh_deactivates_when_the_project_is_gone(project: Project, tmp_path: Path) -> None:
    away = tmp_path / "away"
    lines = ("setenv VIRTUAL_ENV 'it is!'", "env | sort > before", SOURCE["tcsh"].format("dev"))
    lines += (f"mv {project.path} {away}", "deactivate")
    try:
        done = feed(project, "tcsh", *lines, f"env | sort | diff {away}/before -")
        assert (done.stdout, done.stderr) == ("", "")
    finally:
        away.rename(project.path)
        (project.path / "before").unlink()


@pytest.mark.needs("zsh")
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_zsh_finds_a_path_that_it_cannot_show(
    project: Project, locale: str, tmp_path: Path
) -> None:
    odd = tmp_path / "tab\tü日"
    shutil.copytree(project.path, odd, symlinks=True)
    source = f". '{odd}/dev/activate'"
    done = feed(Project(tmp_path, {}), "zsh", source, SHOW, env={"LC_ALL": locale})
    assert json.loads(done.stdout)[0] == str(odd / ".venv")


@pytest.mark.needs("fish")
def test_fish_hides_a_universal_pythonhome(project: Project) -> None:
    before = ["set -Ux PYTHONHOME /nowhere", "set -g IFS :"]
    lines = [*before, SOURCE["fish"].format("dev"), SHOW, "deactivate"]
    done = feed(project, "fish", *lines, "printenv PYTHONHOME")
    inside, *after = done.stdout.splitlines()
    prefix, variables = json.loads(inside)
    assert prefix == str(project.path / ".venv")
    assert "PYTHONHOME" not in variables
    assert after == ["/nowhere"] and done.stderr == ""


@pytest.mark.needs("nu")
def test_nushell_takes_a_path_that_is_a_text(project: Project) -> None:
    lines = ['$env.PATH = "/usr/bin:/bin"', SOURCE["nu"].format("dev"), "^ls dev/do"]
    assert feed(project, "nu", *lines).stdout == "dev/do\n"


@pytest.mark.needs("nu")
def test_nushell_stays_in_its_folder(project: Project) -> None:
    done = session(project, "nu", "cd src", "deactivate", "print $env.PWD")
    assert done.stdout.strip() == str(project.path / "src")


@pytest.mark.needs("fish")
def test_fish_in_another_language(project: Project, tmp_path: Path) -> None:
    variables = french(tmp_path)
    assert "fichier" in run("fish", "-c", "source /nowhere.fish", check=False, env=variables).stderr
    done = session(project, "fish", SHOW, env=variables)
    assert json.loads(done.stdout)[0] == str(project.path / ".venv")


@pytest.mark.parametrize("name", [name for name in (*POSIX, "tcsh") if name != "busybox"])
def test_an_interrupt_in_the_first_moment_leaves_no_trace(
    bake: Bakery, name: str, tmp_path: Path
) -> None:
    """While a Python is looked for: what runs then is a shell, not Python."""
    project = bake(isolation="venv", app="cli", python_version=HERE)
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\n[ -e '{slow}.now' ] || touch '{slow}.now'; sleep 5\n")
    slow.chmod(0o755)
    words = NO_STARTUP_FILES.get(name, ())
    child = pexpect.spawn(
        name, [*words, "-i"], cwd=str(project.path), encoding="utf-8", timeout=30,
        env={**os.environ, "PROJECT_PYTHON": str(slow), "TERM": "dumb", "VIRTUAL_ENV": ""},
    )  # fmt: skip
    child.sendline(SOURCE[name].format("dev"))
    while not Path(f"{slow}.now").exists():
        assert child.isalive()
        time.sleep(0.01)
    time.sleep(0.3)
    child.sendintr()
    child.sendline(f"echo status-{'$status' if name == 'tcsh' else '$?'}-")
    child.expect(r"status-(\d+)-")
    assert child.match[1] != "0"
    child.sendline("set | grep -c _ve''nv")
    child.expect(r"(?m)^(\d+)\r?\n")
    assert child.match[1] == "0"
    child.close(force=True)


@pytest.mark.needs("bash")
def test_an_installer_that_installs_nothing_here_is_noticed(bake: Bakery) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    (project.path / "config/uv").mkdir(parents=True)
    project.write("config/uv/uv.toml", f'[pip]\ntarget = "{project.path}/away"\n')
    config = {"XDG_CONFIG_HOME": str(project.path / "config")}
    done = session(project, "bash", 'echo "${VIRTUAL_ENV-none}"', env=config)
    assert done.stdout == "none\n"
    assert "dev: after the installation annotated-doc is missing, " in done.stderr
    assert json.loads(shell(project, "bash", SHOW))[0] == str(project.path / ".venv")


@pytest.mark.needs("bash")
def test_a_terminal_does_not_get_the_python_that_another_asked_for(bake: Bakery) -> None:
    other = find_python("3.12")
    if not other or HERE == "3.12":
        pytest.skip("needs a Python 3.12 beside this one")
    project = bake(isolation="venv", app="cli", python_version=HERE)
    version = "python -c 'import sys; print(*sys.version_info[:2], sep=\".\")'"
    for _ in range(2):
        assert shell(project, "bash", version, env={"PROJECT_PYTHON": other}).strip() == "3.12"
    done = session(project, "bash", version)
    assert done.stdout.strip() == HERE and f".python-version asks for {HERE}" in done.stderr


@pytest.mark.needs("bash")
def test_a_python_that_does_not_run_is_replaced(bake: Bakery) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    shell(project, "bash", "true")
    python = project.path / ".venv/bin/python"
    python.unlink()
    python.write_text("#!/bin/sh\nexit 127\n")
    python.chmod(0o755)
    done = project.run("dev/do", "check", check=False)
    assert done.returncode and "the Python of .venv does not run any more" in done.stderr
    project.run("dev/do", "sync")
    project.run("dev/do", "check")


def test_a_user_without_a_home_and_a_name_is_served(project: Project) -> None:
    if os.getuid() or not shutil.which("setpriv"):
        pytest.skip("needs root, and setpriv")
    words = ("env", "-u", "HOME", "-u", "PYENV_ROOT", "setpriv", "--reuid=54321", "--clear-groups")
    # Each start of pytest takes the way to its own folders from everybody else.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        theirs = copy(project, Path(folder, "project"))
        run("chmod", "-R", "a+rwX", theirs.path)
        done = theirs.run(*words, "dev/do", "sync", check=False)
        assert f'File "{theirs.path}' not in done.stderr, "a traceback of ours"
        without_uv = {"PATH": path_without_uv()}
        theirs.run(*words, "dev/do", "lock", env=without_uv)
        assert not (theirs.path / "~").exists()


@pytest.mark.parametrize("line", ["-e .", "thing @ git+https://git.example.org/thing"])
def test_what_has_no_hash_is_refused_before_it_is_locked(project: Project, line: str) -> None:
    before = project.read("requirements.in")
    project.append("requirements.in", f"{line}\n")
    done = project.run("dev/do", "lock", check=False)
    project.write("requirements.in", before)
    assert done.returncode
    assert done.stderr == (
        f"dev: requirements.in:4: {line} has no hash to lock; leave it out, or publish a package\n"
    )
