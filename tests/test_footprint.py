"""Little lands in a project: how much, at most, for each isolation."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from support.footprint import Footprint, footprint
from support.projects import Bakery

# Of a command-line program with all defaults. A commit that raises a limit says for whom. Lower a
# limit when a count falls: in `both`, 1,950 lines and 950 lines of code in dev/ are wanted.
LIMITS = {
    #                 files, lines, root, dev/, DEVELOPMENT.md
    "venv": Footprint(35, 2108, 15, 1200, 102),
    "docker": Footprint(33, 1274, 23, 364, 96),
    "both": Footprint(43, 2535, 23, 1270, 107),
}


@pytest.mark.parametrize("isolation", LIMITS)
def test_a_project_gets_no_more_than_this(isolation: str, bake: Bakery) -> None:
    found = footprint(bake(isolation=isolation).files())
    limit = asdict(LIMITS[isolation])
    above = {name for name, count in asdict(found).items() if count > limit[name]}
    assert not above, f"\nfound: {found}\nlimit: {LIMITS[isolation]}\nabove: {sorted(above)}"
