# What activate and venv, which source this file, do first.
# shellcheck shell=sh

# Tell whether this shell takes the variables of .venv in the folder $1. Only for a subshell,
# which some shells end when one is read-only.
_venv_try() {
    # shellcheck source=/dev/null disable=SC2269
    . "$1/.venv/activate.sh" && \unset PYTHONHOME && IFS='' && PATH=$PATH && {
        [ -n "${VIRTUAL_ENV_DISABLE_PROMPT-}" ] || PS1=${PS1-}
    }
}

# Tell whether .venv in the folder $1 was made from what its inputs hold now, of which
# activate.inputs is a copy. Asked at each activation, so it starts nothing but cat and cmp.
_venv_current() {
    {
        # With failglob, certs/*.crt that matches nothing would be an error.
        # shellcheck disable=SC3044
        [ -z "${BASH_VERSION-}" ] || shopt -u failglob
        { IFS='' read -r _venv_root && IFS='' read -r _venv_part; } <"$1/.venv/activate.root" &&
            { [ ! -e "$1/.env" ] || { [ -r "$1/.env" ] && [ ! -d "$1/.env" ]; }; } &&
            [ -z "${PROJECT_PYTHON-}" ] && [ "$_venv_root" -ef "$1" ] &&
            [ -f "$1/.venv/$_venv_part" ] && [ -f "$1/.venv/pyvenv.cfg" ] &&
            [ -f "$1/.venv/stamp.json" ] && [ -x "$1/.venv/bin/python" ] &&
            _venv_try "$1" && LC_ALL=C && # so that * sorts as in project.py
            exec cat "$1/dev/project.py" "$1/dev/pythons.py" "$1/dev/packages.py" \
                "$1/dev/shells.py" "$1/dev/venv.py" "$1/dev/network.py" \
                "$1/.python-version" "$1/requirements.txt" "$1/requirements-dev.txt" "$1/.env" \
                "$1/pip.conf" "$1/certs/bundle.pem" "$1"/certs/*.crt
    } | command cmp -s - "$1/.venv/activate.inputs"
} 2>/dev/null
