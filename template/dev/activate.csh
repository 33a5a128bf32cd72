# Activate the virtual environment of this project; make or update it first if need be:
#     source dev/activate.csh
# `deactivate` puts everything back. The activate files of all shells do the same in turn: find
# this folder, sync .venv, leave another environment, save and set the variables, define
# deactivate. csh has no functions, so _venv_undo holds what `deactivate` runs.

set _venv_status = 1
# No variable tells where a sourced file is, but on Linux csh holds it open; $$ is no subshell's.
set _venv_dir = "$cwd:q/scripts"
set _venv_sh = 'for fd in /proc/$PPID/fd/*; do if [ -f "$fd" ]; then readlink "$fd"; fi; done'
foreach _venv_link ("`\sh -c '$_venv_sh:q'`")
    if ("$_venv_link:q" =~ */dev/activate.csh) set _venv_dir = "$_venv_link:h:q"
end
set _venv_error = ""
if (! -f "$_venv_dir:q/venv.py") then
    set _venv_error = "cannot tell where the project is; cd to it, then"
endif
if ($?0) then
    if ("$0:t" == activate.csh) set _venv_error = "this file has to be sourced"
endif
if (! $?tcsh) set _venv_error = "this csh lacks what deactivate needs; in tcsh"
if ("$_venv_error" != "") then
    \sh -c 'echo "activate.csh: $1: source dev/activate.csh" >&2' sh "$_venv_error"
    goto finish
endif
\sh "$_venv_dir:q/do" sync --if-changed || goto finish

if ($?VIRTUAL_ENV && "`alias deactivate`" != "") eval deactivate
if ($?_venv_undo) eval 'eval "$_venv_undo:q"' # or it would be expanded though it is not set

set _venv_names = (`\cat "$_venv_dir:h:q/.venv/activate.names"` PATH)
set _venv_undo = "unalias deactivate; unsetenv $_venv_names;"
set _venv_alias = "`alias deactivate`"
if ("$_venv_alias:q" != "") set _venv_undo = "$_venv_undo:q"' alias deactivate "$_venv_alias:q";'
# To csh, a variable of its own is set as well.
set _venv_sh = 'for name; do if printenv "$name" >/dev/null; then echo "$name"; fi; done'
foreach _venv_name ("`\sh -c '$_venv_sh:q' sh $_venv_names`")
    eval "set _venv_old_$_venv_name = "'"$'"$_venv_name"':q"'
    set _venv_undo = "$_venv_undo:q setenv $_venv_name "'"$_venv_old_'"$_venv_name"':q";'
end
source "$_venv_dir:h:q/.venv/activate.csh"
if (! $?PATH) set path = ($path:q) # which exports it
setenv PATH "$VIRTUAL_ENV:q/bin:$PATH:q"
unsetenv PYTHONHOME
if ($?prompt && ! $?VIRTUAL_ENV_DISABLE_PROMPT) then
    set _venv_old_prompt = "$prompt:q"
    set prompt = "($VIRTUAL_ENV_PROMPT:q) $prompt:q"
    set _venv_undo = "$_venv_undo:q"' set prompt = "$_venv_old_prompt:q";'
endif

set _venv_undo = "$_venv_undo:q unset _venv_old_* _venv_alias _venv_undo; rehash"
alias deactivate 'eval "$_venv_undo:q"'
rehash
set _venv_status = 0

finish:
unset _venv_dir _venv_sh _venv_link _venv_error _venv_name _venv_names
eval "unset _venv_status; \sh -c 'exit $_venv_status'"
