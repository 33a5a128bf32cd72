# Activate the virtual environment of this project; make or update it first if need be.
#
#     source scripts/activate.csh     in tcsh and csh
#     deactivate                      puts everything back
#
# What .venv should be is scripts/venv.py's business. The activate files of all shells
# do the same in turn: find the project, sync .venv, leave another one, apply, define
# deactivate. csh has no functions, so `deactivate` sources this file again, and a sourced
# file ends only at its end, so each step asks whether there is something to do for it.

set _venv_new = ""
if ("$0" =~ *activate.csh) then
    sh -c 'echo "activate.csh: this file has to be sourced: source scripts/activate.csh" >&2'
else if (! $?_venv_leave) then
    # No variable tells where a sourced file is, but on Linux csh holds it open.
    set _venv_new = "$cwd:q/scripts/activate.csh"
    foreach _venv_fd (`ls /proc/$$/fd`)
        set _venv_link = "`readlink /proc/$$/fd/$_venv_fd`"
        if ("$_venv_link:q" =~ */scripts/activate.csh) set _venv_new = "$_venv_link:q"
    end
    set _venv_new = "$_venv_new:h:q"
    set _venv_new = "$_venv_new:h:q"
    if (! -f "$_venv_new:q/scripts/venv.py") then
        sh -c 'echo "activate.csh: cannot tell where the project is; cd to it, then: source scripts/activate.csh" >&2'
        set _venv_new = ""
    endif
endif

# Is .venv what its inputs say? If not, or if that cannot be told here, venv.py knows.
if ("$_venv_new:q" != "") then
    sh -c '[ -z "$PROJECT_PYTHON" ] && [ "$1" = "$(cat "$1/.venv/activate.root")" ] && \
        [ -f "$1/.venv/stamp.json" ] && [ -x "$1/.venv/bin/python" ] && \
        cd "$1" && { cat scripts/venv.py .python-version requirements.txt requirements-dev.txt .env | \
        cmp -s - .venv/activate.inputs; }' sh "$_venv_new:q" >& /dev/null \
        || sh "$_venv_new:q/scripts/venv" sync --if-changed || set _venv_new = ""
endif

# Leave: put back what _venv_names lists.
if ($?_venv_names && ($?_venv_leave || "$_venv_new:q" != "")) then
    foreach _venv_name ($_venv_names)
        unsetenv $_venv_name
        eval "set _venv_had = "'$?'"_venv_old_$_venv_name"
        if ($_venv_had) then
            eval "setenv $_venv_name "'"$_venv_old_'"$_venv_name"':q"'
        endif
        unset _venv_old_$_venv_name
    end
    if ($?_venv_old_prompt) then
        set prompt = "$_venv_old_prompt:q"
        unset _venv_old_prompt
    endif
    unset _venv_had _venv_names _venv_name _venv_root
    unalias deactivate
    rehash
endif

if ("$_venv_new:q" != "") then
    set _venv_root = "$_venv_new:q"
    source "$_venv_root:q/.venv/activate.csh"
    setenv PATH "$_venv_root:q/.venv/bin:$PATH:q"
    unsetenv PYTHONHOME
    if ($?prompt && ! $?VIRTUAL_ENV_DISABLE_PROMPT) then
        set _venv_old_prompt = "$prompt:q"
        set prompt = "($VIRTUAL_ENV_PROMPT:q) $prompt:q"
    endif
    alias deactivate 'set _venv_leave; source "$_venv_root:q/scripts/activate.csh"'
    rehash
endif

set _venv_failed = 0
if ("$_venv_new:q" == "" && ! $?_venv_leave) set _venv_failed = 1
unset _venv_new _venv_fd _venv_link _venv_leave
eval "unset _venv_failed; sh -c 'exit $_venv_failed'"
