# Activate the virtual environment of this project; create or update it first if needed:
#     source dev/activate.csh
# `deactivate` restores everything. This file takes the steps of `activate`, in the same order.
# csh has no functions, so _venv_undo contains what `deactivate` runs.

set _venv_status = 1

# No variable names the file that is sourced, but on Linux csh has it open. In a subshell, $$ is not
# the number of the process.
set _venv_dir = "$cwd:q/dev"
set _venv_sh = 'for fd in /proc/$PPID/fd/*; do if [ -f "$fd" ]; then readlink "$fd"; fi; done'
foreach _venv_line ("`\sh -c '$_venv_sh:q'`")
    if ("$_venv_line:q" =~ */dev/activate.csh) set _venv_dir = "$_venv_line:h:q"
end
set _venv_error = ""
if (! -f "$_venv_dir:q/do") then
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

# One sh asks and syncs, because tcsh -e would exit when the answer is no.
set _venv_sh = 'sh "$1/activate" --is-current || exec sh "$1/do" sync'
\sh -c "$_venv_sh:q" sh "$_venv_dir:q" || goto finish

# Leave the active environment first, and ours if another kind was activated on top of it. `eval`
# keeps csh from expanding a variable that may not be set.
if ($?VIRTUAL_ENV && "`alias deactivate`" != "") eval deactivate
if ($?_venv_undo) eval 'eval "$_venv_undo:q"'

set _venv_undo = "unalias deactivate;"
set _venv_alias = "`alias deactivate`"
if ("$_venv_alias:q" != "") set _venv_undo = "$_venv_undo:q"' alias deactivate "$_venv_alias:q";'

# Keep the value of each variable that is exported; a variable of csh alone looks the same here,
# but not to printenv. sh does the reading, since csh expands too much.
setenv _venv_activation "$_venv_dir:h:q/.venv/activation"
set _venv_sh = 'sed "s/=.*//" "$_venv_activation"'
set _venv_names = ("`\sh -c '$_venv_sh:q'`")
set _venv_undo = "$_venv_undo:q unsetenv $_venv_names PATH PYTHONHOME;"
set _venv_sh = 'for name; do if printenv "$name" >/dev/null; then echo "$name"; fi; done'
foreach _venv_name ("`\sh -c '$_venv_sh:q' sh $_venv_names PATH PYTHONHOME`")
    eval "set _venv_old_$_venv_name = "'"$'"$_venv_name"':q"'
    set _venv_undo = "$_venv_undo:q setenv $_venv_name "'"$_venv_old_'"$_venv_name"':q";'
end

set _venv_sh = 'sed "s/^[^=]*=//" "$_venv_activation"'
set _venv_values = ("`\sh -c '$_venv_sh:q'`")
foreach _venv_name ($_venv_names)
    setenv $_venv_name "$_venv_values[1]:q"
    shift _venv_values
end
unsetenv _venv_activation
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
unset _venv_dir _venv_sh _venv_line _venv_error _venv_name _venv_names _venv_values
eval "unset _venv_status; \sh -c 'exit $_venv_status'"
