# What activate and venv, which source this file, are made of.
# shellcheck shell=sh

# Tell whether this shell takes the variables of .venv in the folder $1. Only for a subshell,
# which some shells end when one is read-only.
_venv_try() {
    # shellcheck source=/dev/null disable=SC2269
    . "$1/.venv/activate.sh" && unset PYTHONHOME && IFS='' && PATH=$PATH && {
        [ -n "${VIRTUAL_ENV_DISABLE_PROMPT-}" ] || PS1=${PS1-}
    }
}

# Tell whether .venv in the folder $1 is as its inputs say. That nothing changed is the daily
# case, and so nothing is started for it but cat and cmp.
_venv_current() {
    {
        # Or bash gives up the whole line where there are no certificates.
        # shellcheck disable=SC3044
        shopt -u failglob
        [ -z "${PROJECT_PYTHON-}" ] && [ ! -d "$1/.env" ] && {
            [ -r "$1/.env" ] || [ ! -e "$1/.env" ]
        } && {
            IFS='' read -r _venv_root && IFS='' read -r _venv_part
        } <"$1/.venv/activate.root" && [ "$_venv_root" -ef "$1" ] && [ -f "$1/.venv/$_venv_part" ] &&
            [ -f "$1/.venv/pyvenv.cfg" ] && [ -f "$1/.venv/stamp.json" ] &&
            [ -x "$1/.venv/bin/python" ] && _venv_try "$1" &&
            exec cat "$1/scripts/venv.py" "$1/scripts/shells.py" "$1/scripts/network.py" \
                "$1/.python-version" "$1/requirements.txt" "$1/requirements-dev.txt" "$1/.env" \
                "$1/pip.conf" "$1/certs/bundle.pem" "$1"/certs/*.crt
    } | command cmp -s - "$1/.venv/activate.inputs"
} 2>/dev/null

# Leave another environment, of this kind or another. What else is called deactivate comes
# back when ours goes, but for functions in shells that cannot print them.
_venv_leave() {
    if command -v _venv_deactivate >/dev/null; then
        if [ "${VIRTUAL_ENV-}" != "${_venv_active-}" ] && [ "$(command -v deactivate)" = deactivate ]; then
            \deactivate # it came after ours
        fi
        # shellcheck disable=SC2218
        ! command -v _venv_deactivate >/dev/null || _venv_deactivate
    fi
    _venv_undo=''
    command -v deactivate >/dev/null || return 0
    _venv_undo=$(alias deactivate 2>/dev/null || :)
    case $_venv_undo in
        *deactivate=*) _venv_undo="alias ${_venv_undo#alias }" && unalias deactivate ;;
        *) _venv_undo='' ;;
    esac
    [ "$(command -v deactivate)" = deactivate ] || return 0 # a command, as pyenv has one
    [ -z "${VIRTUAL_ENV-}" ] || \deactivate
    _venv_undo="$(eval 'typeset -f deactivate' 2>/dev/null || :)
        $_venv_undo"
}

# Note in _venv_undo how deactivate puts the variable $1 back: exported, set or unset.
_venv_save() {
    _venv_undo="$_venv_undo
        unset $1"
    eval "[ -n \"\${$1+set}\" ]" || return 0
    eval "_venv_old_$1=\$$1"
    _venv_undo="$_venv_undo; $1=\$_venv_old_$1; unset _venv_old_$1"
    ! command printenv "$1" >/dev/null || _venv_undo="$_venv_undo; export $1"
}
