"""Little lands in a project: how much, at most, for each isolation."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from support.footprint import Footprint, footprint
from support.projects import Bakery

# Of a command-line program with all defaults. Who raises a limit says in the commit for whom.
LIMITS = {
    #                 files, lines, root, dev/, DEVELOPMENT.md
    "venv": Footprint(34, 1650, 15, 950, 140),
    "docker": Footprint(31, 1100, 23, 400, 140),
    "both": Footprint(42, 1950, 23, 950, 140),
}


@pytest.mark.parametrize("isolation", LIMITS)
def test_a_project_gets_no_more_than_this(isolation: str, bake: Bakery) -> None:
    found = footprint(bake(isolation=isolation).files())
    limit = asdict(LIMITS[isolation])
    above = {name for name, count in asdict(found).items() if count > limit[name]}
    assert not above, f"\nfound: {found}\nlimit: {LIMITS[isolation]}\nabove: {sorted(above)}"
