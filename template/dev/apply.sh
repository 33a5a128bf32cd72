# The rest of activate, once .venv is current: leave another environment, save and set the
# variables, define deactivate. Sourced by it, in a function.
# shellcheck shell=sh source=/dev/null disable=SC2154,SC2218,SC3044

# The one on top, of whatever kind; of an alias or a command, as pyenv has one, more is printed.
[ -z "${VIRTUAL_ENV-}" ] || [ "$(command -v deactivate)" != deactivate ] || \deactivate
! command -v _venv_deactivate >/dev/null || _venv_deactivate # ours, below one of another kind
# Another deactivate comes back when ours goes; not a function, in shells that cannot print it.
_venv_undo='' _venv_prompt='' _venv_old_path=$PATH
if command -v deactivate >/dev/null; then # or two subshells would be started for nothing
    _venv_undo=$(alias deactivate 2>/dev/null || :)
    case $_venv_undo in
        *deactivate=*) _venv_undo="alias ${_venv_undo#alias }" && unalias deactivate ;;
        *) _venv_undo='' ;;
    esac
    if [ "$(command -v deactivate)" = deactivate ]; then
        _venv_undo="$(eval 'typeset -f deactivate' 2>/dev/null || :)
            $_venv_undo"
    fi
fi

IFS='' read -r _venv_names <"$_venv_dir/../.venv/activate.names"
eval "set -- $_venv_names" # not split by IFS, which may be anything
# Each variable may be exported, set or unset.
for _venv_name; do
    _venv_undo="$_venv_undo
        \\unset $_venv_name"
    eval "[ -n \"\${$_venv_name+set}\" ]" || continue
    eval "_venv_old_$_venv_name=\$$_venv_name"
    _venv_undo="$_venv_undo; $_venv_name=\$_venv_old_$_venv_name; \\unset _venv_old_$_venv_name"
    # zsh's own cannot be unset and stay exported; others may be tied to an array.
    [ -z "${ZSH_VERSION-}" ] ||
        _venv_undo="$_venv_undo; typeset -g +x $_venv_name; $(typeset -p "$_venv_name")"
    ! command printenv "$_venv_name" >/dev/null || _venv_undo="$_venv_undo; \\export $_venv_name"
done
. "$_venv_dir/../.venv/activate.sh"
_venv_bin=$VIRTUAL_ENV/bin
[ -d "$_venv_bin" ] || _venv_bin=$(cygpath -u "$VIRTUAL_ENV")/Scripts # Git Bash on Windows
# A shell that `env -i` starts has a PATH that is not exported.
\export "PATH=$_venv_bin:$PATH"
\unset PYTHONHOME
if [ -n "${PS1-}" ] && [ -z "${VIRTUAL_ENV_DISABLE_PROMPT-}" ]; then
    _venv_prompt="($VIRTUAL_ENV_PROMPT) "
    PS1=$_venv_prompt$PS1
fi
hash -r 2>/dev/null || :

_venv_deactivate() {
    [ -z "${ZSH_VERSION-}" ] || emulate -L zsh -o no_aliases # a function of the user's comes back
    [ -z "$_venv_prompt" ] || case ${PS1-} in
        *"$_venv_prompt"*) PS1=${PS1%%"$_venv_prompt"*}${PS1#*"$_venv_prompt"} ;; # first or not
    esac
    PATH=$_venv_old_path
    eval "${_venv_undo-}"
    \unset _venv_undo _venv_old_path _venv_prompt
    hash -r 2>/dev/null || :
}

_venv_name='deactivate()' # in the ksh of macOS, this form crashes when it goes; the other stays
case ${KSH_VERSION-} in Version*) _venv_name='function deactivate' ;; esac
eval "$_venv_name { \\unset -f deactivate; _venv_deactivate; \\unset -f _venv_deactivate; }"
