"""Every shell in every situation: the right environment is there, and nobody is told off."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Bake, Project, run
from test_venv import HERE, NO_STARTUP_FILES, POSIX, SHOW, SOURCE, feed, session, shell

pytestmark = pytest.mark.needs("shells")

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
    "error trap": (("bash", "zsh", "ksh"), "trap 'echo TRAPPED >&2' ERR\nactivate"),
    "after cd": (tuple(SOURCE), "cd src\ncd ..\nactivate"),
    "twice": (tuple(SOURCE), "activate\nactivate"),
    "csh aliases": (("tcsh",), "alias ls 'ls -F'\nalias cat 'cat -n'\nalias sh false\nactivate"),
}


@pytest.fixture(scope="module")
def project(bake: Bake) -> Iterator[Project]:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    shell(project, "bash", "true")
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
    lines = SITUATIONS[situation][1].replace("activate", SOURCE[name].format("scripts"))
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


@pytest.mark.parametrize("name", [name for name in SOURCE if name != "nu"])
def test_leaves_a_stock_environment(project: Project, stock: Path, name: str) -> None:
    suffix = {"fish": ".fish", "tcsh": ".csh"}.get(name, "")
    other = f"{SOURCE[name].split()[0]} {stock}/bin/activate{suffix}"
    source = SOURCE[name].format("scripts")
    done = feed(project, name, other, source, SHOW, "deactivate", f"{sys.executable} -c 1", "env")
    inside, after = done.stdout.split("\n", 1)
    prefix, variables = json.loads(inside)
    assert prefix == str(project.path / ".venv") and done.stderr == ""
    assert str(stock) not in variables["PATH"] + after and "VIRTUAL_ENV=" not in after


@pytest.mark.parametrize("same", [True, False], ids=["the same", "another"])
@pytest.mark.parametrize("name", SOURCE)
def test_an_inherited_environment_comes_back(
    project: Project, stock: Path, name: str, same: bool
) -> None:
    """A shell that was started within an environment knows its variables, not its functions."""
    outer = project.path / ".venv" if same else stock
    path = f"{outer}/bin:{os.environ['PATH']}"
    show = f"{'^' if name == 'nu' else ''}{sys.executable} -c {SHOW.split(' -c ')[1]}"
    variables = {"VIRTUAL_ENV": str(outer), "PATH": path}
    done = session(project, name, SHOW, "deactivate", show, env=variables)
    inside, after = done.stdout.splitlines()
    assert json.loads(inside)[0] == str(project.path / ".venv")
    assert variables.items() <= json.loads(after)[1].items()


# Shells that cannot print a function cannot keep it either.
KEEPS_FUNCTIONS = ("bash", "zsh", "mksh", "fish")


@pytest.mark.parametrize(
    ("name", "define"),
    [
        *((name, "deactivate() { echo mine; }") for name in KEEPS_FUNCTIONS if name != "fish"),
        ("fish", "function deactivate; echo mine; end"),
        *((name, "alias deactivate='echo mine'") for name in POSIX),
        ("tcsh", "alias deactivate 'echo mine'"),
    ],
)
def test_the_users_own_deactivate_comes_back(project: Project, name: str, define: str) -> None:
    expand = ["shopt -s expand_aliases"] if name == "bash" else []
    source = SOURCE[name].format("scripts")
    lines = [*expand, define, source, SHOW, "deactivate", "deactivate"]
    inside, after = feed(project, name, *lines).stdout.splitlines()
    assert json.loads(inside)[0] == str(project.path / ".venv")
    assert after == "mine"


@pytest.mark.parametrize("name", SOURCE)
def test_a_dead_interpreter_is_replaced(bake: Bake, name: str) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    (project.path / ".venv/bin").mkdir(parents=True)
    (project.path / ".venv/pyvenv.cfg").write_text("home = /gone/bin\n")
    for python in ("python", "python3"):
        (project.path / ".venv/bin" / python).symlink_to("/gone/bin/python3")
    done = session(project, name, SHOW)
    assert json.loads(done.stdout)[0] == str(project.path / ".venv")
    assert "venv: .venv is not complete; making it anew" in done.stderr.splitlines()


def test_a_removed_interpreter_is_named(bake: Bake, tmp_path: Path) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    own = tmp_path / "own"
    run("uv", "venv", "-q", "--python", sys.executable, tmp_path / "first")
    project.run("scripts/venv", "sync", env={"PROJECT_PYTHON": str(tmp_path / "first/bin/python")})
    stamp = project.path / ".venv/stamp.json"
    noted = json.loads(stamp.read_bytes())
    stamp.write_text(json.dumps(noted | {"python": str(own)}))
    (project.path / ".venv/bin/python").unlink()
    (project.path / ".venv/bin/python").symlink_to(own)
    done = session(project, "bash", SHOW)
    assert f"venv: the Python of .venv is gone: {own}; making it anew" in done.stderr
    assert json.loads(done.stdout)[0] == str(project.path / ".venv")


ODD = {
    "newline": "new\nline",
    "tab": "tab\there",
    "backslash": "back\\slash",
    "glob": "a*b?[c]{d,e}",
    "dash": "-dash",
    "blanks at its ends": " x ",
    "tilde": "~tilde",
    "hash": "#hash",
    "percent": "%PATH%",
    "equals": "=eq",
    "emoji": "emoji 😀",
    "very long": "/".join(["x" * 200] * 4),
}


@pytest.mark.parametrize("path", ODD)
def test_works_in_odder_paths(project: Project, path: str, tmp_path: Path) -> None:
    odd = Project(tmp_path / ODD[path], {})
    shutil.copytree(project.path, odd.path, symlinks=True)
    for name in SOURCE:
        if (name, path) == ("tcsh", "newline"):  # cannot hold one in a variable
            done = session(odd, name, check=False)
            assert done.returncode and "cannot tell where the project is" in done.stderr
            continue
        done = session(odd, name, SHOW, "python -m my_project hello")
        inside, hello = done.stdout.splitlines()
        assert json.loads(inside)[0] == str(odd.path / ".venv")
        assert hello == "Hello, World!"


def test_a_path_that_cannot_be_on_path_is_refused(project: Project, tmp_path: Path) -> None:
    odd = Project(tmp_path / "a:b", {})
    shutil.copytree(project.path, odd.path, symlinks=True)
    for name in SOURCE:
        done = session(odd, name, check=False)
        assert done.returncode
        assert f"venv: an entry of PATH cannot hold ':'; rename {odd.path}" in done.stderr


def test_conda_is_mentioned_once(bake: Bake) -> None:
    project = bake(isolation="venv", app="cli", python_version=HERE)
    assert session(project, "bash", env=CONDA).stderr.count("conda's /opt/conda is active") == 1
    assert session(project, "bash", env=CONDA).stderr == ""


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_links_to_the_project_are_followed(project: Project, name: str, tmp_path: Path) -> None:
    """The environment is the one of the real folder, by whatever way one comes to it."""
    (tmp_path / "link").symlink_to(project.path)
    done = feed(Project(tmp_path, {}), name, SOURCE[name].format("link/scripts"), SHOW)
    assert json.loads(done.stdout)[0] == str(project.path / ".venv") and done.stderr == ""
    words = [name, *NO_STARTUP_FILES[name]]
    done = run(*words, input=f". ./activate\n{SHOW}\n", cwd=project.path / "scripts")
    assert json.loads(done.stdout)[0] == str(project.path / ".venv") and done.stderr == ""
