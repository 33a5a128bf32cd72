#!/usr/bin/env bash
# Copier 9.19.1: a development version of a post-release is refused as a downgrade.
#
# Behaviour: Copier sorts tags by PEP 440, so v1.0.post2.dev1 is the newest with --prereleases. It
# reads the version of that checkout as 1.0.post1.dev1, however, and says that this is
# a downgrade from v1.0.post1. A fourth number, as in v1.0.0.1 and v1.0.0.2rc1, has no such trouble.
# Common wrong guess: each tag that PEP 440 allows can be a version of a template.
# This fails once the update to v1.0.post2.dev1 succeeds, or that to v1.0.0.2rc1 does not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GIT_CONFIG_GLOBAL=/dev/null COPIER_SETTINGS_PATH=$work/settings.yml
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org
echo '{}' >settings.yml

python3 -m venv venv
venv/bin/pip install -q copier==9.19.1

release() { # release TEMPLATE VERSION
    mkdir -p "$1/files"
    echo '_subdirectory: files' >"$1/copier.yml"
    echo '{{ _copier_answers | to_nice_yaml }}' >"$1/files/{{ _copier_conf.answers_file }}.jinja"
    echo "$2" >"$1/files/version"
    git -C "$1" init -q
    git -C "$1" add -A
    git -C "$1" commit -qm "$2"
    git -C "$1" tag "$2"
}

updates() { # whether a project of version $1 can be updated to $2
    release "template-$1" "$1"
    venv/bin/copier copy -q --defaults "template-$1" "project-$1"
    git -C "project-$1" init -q
    git -C "project-$1" add -A
    git -C "project-$1" commit -qm "$1"
    release "template-$1" "$2"
    venv/bin/copier update -q --defaults --prereleases "project-$1" 2>"said-$1"
}

updates v1.0.0.1 v1.0.0.2rc1
! updates v1.0.post1 v1.0.post2.dev1
cat said-v1.0.post1
grep -q "You are downgrading" said-v1.0.post1
