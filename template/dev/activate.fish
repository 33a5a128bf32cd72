# Activate the virtual environment of this project; make or update it first if need be:
#     source dev/activate.fish
# `deactivate` puts everything back. The activate files of all shells do the same in turn: find
# this folder, sync .venv, leave another environment, save and set the variables, define
# deactivate.

function _venv_activate -a _venv_file
    functions -e _venv_activate # what runs goes on running
    set -l _venv_name (string escape --style=regex -- (string split / -- $_venv_file)[-1])
    if test (count (string match -r -- $_venv_name $argv[2..])) -lt 2 # twice when sourced
        echo "activate.fish: this file has to be sourced: source dev/activate.fish" >&2
        return 1
    end
    set _venv_file (builtin realpath $_venv_file | string collect)
    set -l _venv_dir (string replace -r '/[^/]+$' '' -- $_venv_file | string collect)
    command sh $_venv_dir/do sync --if-changed || return

    test -n "$VIRTUAL_ENV" && functions -q deactivate && deactivate # of whatever kind is on top
    functions -q _venv_deactivate && _venv_deactivate
    functions -q deactivate && functions -c deactivate _venv_old_deactivate

    set -g _venv_names (string split ' ' <$_venv_dir/../.venv/activate.names) PATH
    set -g _venv_exported (set -xng)
    for _venv_name in $_venv_names # local ones of other names would hide those in .env
        set -qg $_venv_name && set -g _venv_old_$_venv_name $$_venv_name
    end
    builtin source $_venv_dir/../.venv/activate.fish
    set -gx PATH $VIRTUAL_ENV/bin $PATH
    set -gu PYTHONHOME # which hides a universal one, too
    if status is-interactive && test -z "$VIRTUAL_ENV_DISABLE_PROMPT" && functions -q fish_prompt
        functions -c fish_prompt _venv_old_fish_prompt
        function fish_prompt -V VIRTUAL_ENV_PROMPT # as it is now
            set -l prompt (_venv_old_fish_prompt) # first, as it may show the last status
            set_color normal
            printf '(%s) ' $VIRTUAL_ENV_PROMPT
            string join -- \n $prompt
        end
    end

    function deactivate -d 'Leave the virtual environment'
        for _venv_name in $_venv_names
            set -l _venv_old _venv_old_$_venv_name
            set -qg $_venv_old && set -gu $_venv_name $$_venv_old || set -eg $_venv_name
            contains -- $_venv_name $_venv_exported && set -gx $_venv_name $$_venv_old
            set -eg $_venv_old
        end
        set -eg _venv_names _venv_exported
        functions -e deactivate _venv_deactivate
        for name in fish_prompt deactivate
            functions -q _venv_old_$name || continue
            functions -e $name
            functions -c _venv_old_$name $name
            functions -e _venv_old_$name
        end
    end
    functions -c deactivate _venv_deactivate # for when another kind takes the name
end

_venv_activate (status filename | string collect) (status stack-trace)
