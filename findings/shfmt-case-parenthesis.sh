#!/usr/bin/env bash
# shfmt of shfmt-py 4.2.0: the parenthesis before a pattern of `case` goes, also inside `$( )`.
#
# Behaviour: `case $1 in (a) echo yes ;; esac` becomes `case $1 in a) echo yes ;; esac`. Both mean
# the same by POSIX. But the bash 3.2 of macOS ends a `$(` at the first `)` that has no `(` of its
# own, so that the formatted script is a syntax error there. No option keeps the parenthesis.
# Common wrong guess: a formatter changes no script that a shell could read before.
# This fails once shfmt keeps the parenthesis.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -q shfmt-py==4.2.0

# shellcheck disable=SC2016
printf '%s\n' '#!/bin/sh' 'found=$(case $1 in (a) echo yes ;; esac)' 'echo "$found"' >script.sh
before=$(tr -cd '(' <script.sh | wc -c)
venv/bin/shfmt -w script.sh
after=$(tr -cd '(' <script.sh | wc -c)
echo "opening parentheses: $before before, $after after"
[ "$before" = 2 ] && [ "$after" = 1 ]
