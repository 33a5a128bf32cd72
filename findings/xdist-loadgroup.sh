#!/usr/bin/env bash
# pytest 9.2.0 with pytest-xdist 3.8.0: `--dist=loadgroup` keeps no group together.
#
# Behaviour: xdist marks the group of a test by appending `@group` to its id, in an attribute of
# the item that pytest 9.2 no longer reads (pytest-dev/pytest-xdist#1386). Eight tests of one group
# are spread over both workers; with pytest 9.0.2 they stay on one.
# Common wrong guess: tests that are marked with `xdist_group` run one after the other.
# This fails once the group stays together with the newer pytest as well.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >test_group.py <<'END'
import os
import time

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_in_one_group(number):
    time.sleep(0.2)
    with open("workers", "a") as file:
        print(os.environ["PYTEST_XDIST_WORKER"], file=file)
END

workers() { # how many workers run the group with this version of pytest
    python3 -m venv "venv-$1"
    "venv-$1/bin/pip" install -q "pytest==$1" pytest-xdist==3.8.0
    rm -f workers
    "venv-$1/bin/pytest" -q -n 2 --dist=loadgroup test_group.py >/dev/null
    sort -u workers | wc -l
}

older=$(workers 9.0.2)
newer=$(workers 9.2.0)
echo "workers that ran the group: $older with pytest 9.0.2, $newer with pytest 9.2.0"
[ "$older" = 1 ] && [ "$newer" = 2 ]
