# Activate the virtual environment of this project; make or update it first if need be.
#
#     source scripts/activate.csh     in tcsh, which some systems call csh
#     deactivate                      puts everything back
#
# The activate files of all shells do the same in turn: find this folder, sync .venv, leave
# another environment, save and set the variables, define deactivate. csh has no functions, so
# _venv_undo holds what `deactivate` runs; and a sourced file ends only at its end, so each step
# asks whether there is something to do.

set _venv_dir = ""
if (! $?tcsh) then
    \sh -c 'echo "activate.csh: this csh lacks what deactivate needs; use tcsh" >&2'
else if ("$0" =~ *activate.csh) then
    \sh -c 'echo "activate.csh: this file has to be sourced: source scripts/activate.csh" >&2'
else
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

# Leave another environment; one of this kind by what its deactivate runs.
if ($?VIRTUAL_ENV && "$_venv_dir:q" != "") then
    if (! $?_venv_active) set _venv_active = ""
    if ("$VIRTUAL_ENV:q" != "$_venv_active:q" && "`alias deactivate`" != "") eval deactivate
endif
if ($?_venv_undo && "$_venv_dir:q" != "") eval 'eval "$_venv_undo:q"'

if ("$_venv_dir:q" != "") then
    set _venv_root = "$_venv_dir:h:q"
    set _venv_names = (`\cat "$_venv_root:q/.venv/activate.names"` PATH)
    # To csh, a variable of its own is set as well.
    set _venv_look = 'for name; do if printenv "$name" >/dev/null; then echo "$name"; fi; done'
    set _venv_had = " `\sh -c '$_venv_look:q' sh $_venv_names` "
    set _venv_undo = ""
    foreach _venv_name ($_venv_names)
        set _venv_undo = "$_venv_undo:q unsetenv $_venv_name;"
        if ("$_venv_had" !~ "* $_venv_name *") continue
        eval "set _venv_old_$_venv_name = "'"$'"$_venv_name"':q"'
        set _venv_undo = "$_venv_undo:q setenv $_venv_name "'"$_venv_old_'"$_venv_name"':q";'
        set _venv_undo = "$_venv_undo:q unset _venv_old_$_venv_name;"
    end
    source "$_venv_root:q/.venv/activate.csh"
    setenv PATH "$VIRTUAL_ENV:q/bin:$PATH:q"
    unsetenv PYTHONHOME
    set _venv_active = "$VIRTUAL_ENV:q"
    if ($?prompt && ! $?VIRTUAL_ENV_DISABLE_PROMPT) then
        set _venv_old_prompt = "$prompt:q"
        set prompt = "($VIRTUAL_ENV_PROMPT:q) $prompt:q"
        set _venv_undo = "$_venv_undo:q"' set prompt = "$_venv_old_prompt:q"; unset _venv_old_prompt;'
    endif
    set _venv_alias = "`alias deactivate`"
    set _venv_undo = "$_venv_undo:q unalias deactivate;"
    if ("$_venv_alias:q" != "") set _venv_undo = "$_venv_undo:q"' alias deactivate "$_venv_alias:q";'
    set _venv_undo = "$_venv_undo:q unset _venv_alias _venv_undo _venv_active; rehash"
    alias deactivate 'eval "$_venv_undo:q"'
    rehash
endif

set _venv_failed = 0
if ("$_venv_dir:q" == "") set _venv_failed = 1
unset _venv_dir _venv_look _venv_link _venv_had _venv_name _venv_names _venv_root
eval "unset _venv_failed; \sh -c 'exit $_venv_failed'"
