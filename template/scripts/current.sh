# Tell whether .venv is as its inputs say. Sourced by activate and venv: nothing changed is the
# daily case, and so nothing is started for it but cat and cmp.
# shellcheck shell=sh

_venv_current() { # in the folder $1
    [ -z "${PROJECT_PYTHON-}" ] && {
        IFS='' read -r _venv_root && IFS='' read -r _venv_part
    } <"$1/.venv/activate.root" && [ "$_venv_root" -ef "$1" ] && [ -f "$1/.venv/$_venv_part" ] &&
        [ -f "$1/.venv/pyvenv.cfg" ] && [ -f "$1/.venv/stamp.json" ] && [ -x "$1/.venv/bin/python" ] && {
        # Or bash gives up the whole line where there are no certificates.
        # shellcheck disable=SC3044
        shopt -u failglob
        exec cat "$1/scripts/venv.py" "$1/.python-version" "$1/requirements.txt" \
            "$1/requirements-dev.txt" "$1/.env" "$1/pip.conf" "$1"/certs/*.crt
    } | command cmp -s - "$1/.venv/activate.inputs"
} 2>/dev/null
