#!/usr/bin/env bash
# uv 0.13.9: locking again does not add the hashes of files that were published later.
#
# Behaviour: `uv pip compile --generate-hashes` keeps the hashes that the output has for a version that
# stays. MarkupSafe 2.1.3 got its wheels for Python 3.12 three months after the others: a lock from
# before does not get their hashes, so an installation with hashes cannot use them. Without its
# hashes, the same lock gets all of them, and keeps the version.
# Common wrong guess: locking again refreshes the hashes.
# This fails once locking again adds the hashes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q uv==0.13.9

echo markupsafe >requirements.in
lock() { # lock DATE: as the index was at that date; prints the number of hashes
    venv/bin/uv pip compile -q --no-config --universal --python-version=3.11 --generate-hashes \
        "--exclude-newer=$1" --output-file=requirements.txt requirements.in
    grep -c -- --hash= requirements.txt
}

before=$(lock 2023-08-01)
again=$(lock 2023-10-01)
sed -i -e '/--hash=/d' -e 's/ \\$//' requirements.txt
without=$(lock 2023-10-01)
echo "hashes: $before at first, $again when locked again, $without when locked without hashes"
grep -q '^markupsafe==2\.1\.3 ' requirements.txt
[ "$again" = "$before" ] && [ "$without" -gt "$before" ]
