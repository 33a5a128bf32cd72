"""Whatever stands in a value arrives in each shell as it was: the quoting functions of shells.py."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.commands import run
from support.scripts import load_scripts

SHELLS = load_scripts().shells
# All that an environment variable can hold. The first alphabet is what shells act on.
VALUES = st.lists(
    st.one_of(
        st.text(alphabet="'\"\\$`!#~*?[]{}()<>|&;:%^=@, \t\nab1é", max_size=12),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8),
    ),
    min_size=1,
    max_size=20,
)
SHOW = "import json, os; print(json.dumps([v for k, v in sorted(os.environ.items()) if k[:6] == 'VALUE_']))"
SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def seen(words: list[str], setter: str, values: list[str], tmp_path: Path) -> list[str]:
    """Return the values that a program sees after a shell has read a file that sets them."""
    form, quote = SHELLS.SETTERS[setter]
    lines = [form.format(f"VALUE_{i:03}", quote(value)) for i, value in enumerate(values)]
    show = tmp_path / "show.py"
    show.write_text(SHOW)
    script = tmp_path / "script"
    text = "".join([*lines, f"{shlex.quote(sys.executable)} {show}\n"])
    script.write_bytes(text.encode())
    return list(json.loads(run(*words, script).stdout))


@pytest.mark.parametrize("shell", ["bash", "zsh", "ksh", "mksh", "dash", "yash"])
@SETTINGS
@given(values=VALUES)
def test_sh(shell: str, values: list[str], tmp_path: Path) -> None:
    found = seen([shell], "sh", values, tmp_path)
    assert found == values


@pytest.mark.needs("zsh")
@SETTINGS
@given(values=VALUES)
def test_zsh_with_its_own_quoting_rules(values: list[str], tmp_path: Path) -> None:
    words = ["zsh", "-f", "-o", "rcquotes", "-o", "extendedglob"]
    assert seen(words, "sh", values, tmp_path) == values


@pytest.mark.needs("fish")
@SETTINGS
@given(values=VALUES)
def test_fish(values: list[str], tmp_path: Path) -> None:
    words = ["fish", "--no-config"]
    assert seen(words, "fish", values, tmp_path) == values


@pytest.mark.needs("tcsh")
@SETTINGS
@given(values=VALUES)
def test_csh(values: list[str], tmp_path: Path) -> None:
    words = ["tcsh", "-f"]
    assert seen(words, "csh", values, tmp_path) == values


@given(value=st.text())
def test_powershell(value: str) -> None:
    """As its language specification has it: in single quotes, only quotes count, doubled.

    https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.core/about/about_quoting_rules
    """
    quoted = SHELLS.SETTERS["ps1"][1](value)
    assert quoted[0] == quoted[-1] == "'"
    text, rest = "", list(quoted[1:-1])
    while rest:
        character = rest.pop(0)
        if character in "'\u2018\u2019\u201a\u201b":
            assert rest.pop(0) in "'\u2018\u2019\u201a\u201b", "ends the string"
        text += character
    assert text == value
