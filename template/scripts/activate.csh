# Activate the virtual environment of this project; make or update it first if need be.
#
#     source scripts/activate.csh     in tcsh, which some systems call csh
#     deactivate                      puts everything back
#
# The activate files of all shells do the same in turn: find this folder, sync .venv, leave
# another environment, save and set the variables, define deactivate. csh has no functions, so
# `deactivate` sources this file again; and a sourced file ends only at its end, so each step
# asks whether there is something to do.

set _venv_dir = ""
if (! $?tcsh) then
    \sh -c 'echo "activate.csh: this csh lacks what deactivate needs; use tcsh" >&2'
else if ("$0" =~ *activate.csh) then
    \sh -c 'echo "activate.csh: this file has to be sourced: source scripts/activate.csh" >&2'
else if ("$1" != _venv_leave) then
    # No variable tells where a sourced file is, but on Linux csh holds it open.
    set _venv_dir = "$cwd:q/scripts"
    # $$ is not a subshell's.
    set _venv_look = 'for fd in /proc/$PPID/fd/*; do if [ -f "$fd" ]; then readlink "$fd"; fi; done'
    foreach _venv_link ("`\sh -c '$_venv_look:q'`")
        if ("$_venv_link:q" =~ */scripts/activate.csh) set _venv_dir = "$_venv_link:h:q"
    end
    if (! -f "$_venv_dir:q/venv.py") then
        \sh -c 'echo "activate.csh: cannot tell where the project is; cd to it, then: source scripts/activate.csh" >&2'
        set _venv_dir = ""
    endif
endif
if ("$_venv_dir:q" != "") \sh "$_venv_dir:q/venv" sync --if-changed || set _venv_dir = ""

# Leave another environment; one of this kind by putting back what _venv_names lists.
if ($?VIRTUAL_ENV && "$_venv_dir:q" != "") then
    if (! $?_venv_active) set _venv_active = ""
    if ("$VIRTUAL_ENV:q" != "$_venv_active:q" && "`alias deactivate`" != "") eval deactivate
endif
if ($?_venv_names && ("$1" == _venv_leave || "$_venv_dir:q" != "")) then
    foreach _venv_name ($_venv_names)
        unsetenv $_venv_name
        eval "set _venv_had = "'$?'"_venv_old_$_venv_name"
        if ($_venv_had) eval "setenv $_venv_name "'"$_venv_old_'"$_venv_name"':q"'
        unset _venv_old_$_venv_name
    end
    if ($?_venv_old_prompt) eval 'set prompt = "$_venv_old_prompt:q"'
    unalias deactivate
    if ("$_venv_alias:q" != "") alias deactivate "$_venv_alias:q"
    unset _venv_alias _venv_old_prompt _venv_names _venv_root _venv_active
    rehash
endif

if ("$_venv_dir:q" != "") then
    set _venv_root = "$_venv_dir:h:q"
    set _venv_names = (`\cat "$_venv_root:q/.venv/activate.names"` PATH)
    # To csh, a variable of its own is set as well.
    set _venv_look = 'for name; do if printenv "$name" >/dev/null; then echo "$name"; fi; done'
    set _venv_had = " `\sh -c '$_venv_look:q' sh $_venv_names` "
    foreach _venv_name ($_venv_names)
        if ("$_venv_had" !~ "* $_venv_name *") continue
        eval "set _venv_old_$_venv_name = "'"$'"$_venv_name"':q"'
    end
    source "$_venv_root:q/.venv/activate.csh"
    setenv PATH "$VIRTUAL_ENV:q/bin:$PATH:q"
    unsetenv PYTHONHOME
    set _venv_active = "$VIRTUAL_ENV:q"
    if ($?prompt && ! $?VIRTUAL_ENV_DISABLE_PROMPT) then
        set _venv_old_prompt = "$prompt:q"
        set prompt = "($VIRTUAL_ENV_PROMPT:q) $prompt:q"
    endif
    set _venv_alias = "`alias deactivate`"
    alias deactivate 'source "$_venv_root:q/scripts/activate.csh" _venv_leave'
    rehash
endif

set _venv_failed = 0
if ("$_venv_dir:q" == "" && "$1" != _venv_leave) set _venv_failed = 1
unset _venv_dir _venv_look _venv_link _venv_had _venv_name
eval "unset _venv_failed; \sh -c 'exit $_venv_failed'"
