#!/usr/bin/env bash
# Copier 9.19.1: an answer that is not asked keeps the type that it was recorded with.
#
# Behaviour: version 1 of a template asks for a number (`type: int`); version 2 asks the same as
# text (`type: str`). An update of a project for which the question is asked records '8000', as
# text; where `ask` is false, the recorded 8000 stays a number, and the template renders a number.
# Common wrong guess: each recorded answer has the type that copier.yml names now.
# This fails once both projects record the same.
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

mkdir -p template/files
cat >template/files/'{{ _copier_conf.answers_file }}.jinja' <<'END'
{{ _copier_answers | to_nice_yaml }}
END
release() { # release TYPE as VERSION
    cat >template/copier.yml <<END
_subdirectory: files
listens: {type: bool, default: true}
port: {type: $1, default: 8000, ask: "{{ listens }}"}
END
    git -C template init -q
    git -C template add -A
    git -C template commit -qm "$2"
    git -C template tag "$2"
}

release int v1
for listens in true false; do
    venv/bin/copier copy -q --defaults --data "listens=$listens" --data port=8000 template "$listens"
    git -C "$listens" init -q
    git -C "$listens" add -A
    git -C "$listens" commit -qm v1
done
release str v2
for listens in true false; do
    venv/bin/copier update -q --defaults "$listens"
    grep port "$listens/.copier-answers.yml"
done
grep -qx "port: '8000'" true/.copier-answers.yml
grep -qx "port: 8000" false/.copier-answers.yml
