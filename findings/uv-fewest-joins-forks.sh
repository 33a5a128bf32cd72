#!/usr/bin/env bash
# uv 0.13.9: `--fork-strategy=fewest` does not keep versions that are locked for one Python each.
#
# Behaviour: by default, a lock for Python 3.10 and later has two versions of numpy, as the newer one
# needs Python 3.11. When that lock is resolved again with `fewest`, one version is left, the older.
# With the default strategy both stay, and a package that has one version keeps that one.
# Common wrong guess: versions in the output file are kept as long as they fit.
# This fails once `fewest` keeps both versions.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q uv==0.13.9

echo numpy >requirements.in
lock() { # lock [FLAG]: prints how many versions of numpy the lock has
    venv/bin/uv pip compile -q --no-config --universal --python-version=3.10 \
        --exclude-newer=2026-01-01 "$@" --output-file=requirements.txt requirements.in
    grep -c '^numpy==' requirements.txt
}

first=$(lock)
again=$(lock)
fewest=$(lock --fork-strategy=fewest)
after=$(lock)
echo "versions: $first at first, $again when locked again, $fewest with fewest, $after by default after that"
[ "$first $again $fewest $after" = "2 2 1 1" ]
