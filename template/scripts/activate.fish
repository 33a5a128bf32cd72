# Activate the virtual environment of this project; make or update it first if need be.
#
#     source scripts/activate.fish
#     deactivate                      puts everything back
#
# What .venv should be is scripts/venv.py's business. The activate files of all shells
# do the same in turn: find the project, sync .venv, leave another one, apply, define
# deactivate. A sourced file must not exit, and leaves no names behind but what
# deactivate needs.

function _venv_find # Set _venv_root.
    if not string match -q -- '*from sourcing file*' (status stack-trace)
        echo "activate.fish: this file has to be sourced: source scripts/activate.fish" >&2
        return 1
    end
    set -g _venv_root (path resolve (status dirname)/.. | string collect)
end

function _venv_current # Is .venv what its inputs say? In the shell alone: this is the daily case.
    set -l venv $_venv_root/.venv
    test -z "$PROJECT_PYTHON" -a -f $venv/stamp.json -a -x $venv/bin/python -a -f $venv/activate.root
    and read -l made <$venv/activate.root
    and test "$made" = "$_venv_root"
    and command cat $_venv_root/{scripts/venv.py,.python-version,requirements.txt,requirements-dev.txt,.env} 2>/dev/null |
        command cmp -s - $venv/activate.inputs
end

function _venv_save # Remember a variable for deactivate: unset, set, or exported.
    contains -- $argv[1] $_venv_names; and return
    set -ga _venv_names $argv[1]
    set -qg $argv[1]; or return
    set -g _venv_old_$argv[1] $$argv[1]
    contains -- $argv[1] (set -xng); and set -g _venv_exported_$argv[1]
end

function _venv_set
    _venv_save $argv[1]
    set -gx $argv[1] $argv[2]
end

function _venv_activate
    _venv_find; and begin
        _venv_current; or command sh $_venv_root/scripts/venv sync --if-changed
    end
    or return
    if set -q VIRTUAL_ENV; and functions -q deactivate
        deactivate
    end

    set -g _venv_names
    source $_venv_root/.venv/activate.fish
    _venv_save PATH
    set -gx PATH $_venv_root/.venv/bin $PATH
    _venv_save PYTHONHOME
    set -eg PYTHONHOME
    if status is-interactive; and test -z "$VIRTUAL_ENV_DISABLE_PROMPT"; and functions -q fish_prompt
        functions -c fish_prompt _venv_old_prompt
        function fish_prompt
            set -l last_status $status
            set_color normal
            printf '(%s) ' $VIRTUAL_ENV_PROMPT
            echo "exit $last_status" | source # the prompt may show it
            _venv_old_prompt
        end
    end

    function deactivate -d 'Leave the virtual environment'
        for name in $_venv_names
            set -eg $name
            set -l old _venv_old_$name
            if set -qg $old
                set -g $name $$old
                set -qg _venv_exported_$name; and set -gx $name $$old
            end
            set -eg $old
            set -eg _venv_exported_$name
        end
        set -eg _venv_names
        if functions -q _venv_old_prompt
            functions -e fish_prompt
            functions -c _venv_old_prompt fish_prompt
            functions -e _venv_old_prompt
        end
        functions -e deactivate
    end
end

_venv_activate
set -l _venv_status $status
functions -e _venv_find _venv_current _venv_save _venv_set _venv_activate
set -eg _venv_root
test $_venv_status -eq 0
