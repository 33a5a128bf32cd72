"""The ends of lines that git writes into a checkout, whatever the machine is set to."""

from __future__ import annotations

import pytest
from support.projects import Bakery


@pytest.mark.parametrize("app", ["cli", "own"])
def test_each_shell_finds_the_line_endings_that_it_can_read(app: str, bake: Bakery) -> None:
    """cmd loses its labels without a carriage return; a POSIX shell chokes on one."""
    project = bake(isolation="both", app=app)
    project.commit()

    listed = project.run("git", "ls-files", "--eol", "*activate*", "*/do*").stdout
    found = {line.split("\t")[1]: line.split("\t")[0].split()[-1] for line in listed.splitlines()}

    assert len(found) >= 6
    for name, ending in found.items():
        assert ending == ("eol=crlf" if name.endswith(".bat") else "eol=lf"), name
