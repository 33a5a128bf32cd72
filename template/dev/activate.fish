# Activate the virtual environment of this project; create or update it first if needed:
#     source dev/activate.fish
# `deactivate` restores everything. This file takes the steps of `activate`, in the same order.

function _venv_activate -a _venv_file
    functions -e _venv_activate # it goes on running

    # The stack trace names the file twice if it is sourced.
    set -l _venv_name (string escape --style=regex -- (string split / -- $_venv_file)[-1])
    if test (count (string match -r -- $_venv_name $argv[2..])) -lt 2
        echo "activate.fish: this file has to be sourced: source dev/activate.fish" >&2
        return 1
    end
    set _venv_file (builtin realpath $_venv_file | string collect)
    set -l _venv_dir (string replace -r '/[^/]+$' '' -- $_venv_file | string collect)

    command sh $_venv_dir/activate --is-current
    or command sh $_venv_dir/do sync
    or return

    # Leave the active environment first, and ours if another kind was activated on top of it.
    test -n "$VIRTUAL_ENV" && functions -q deactivate && deactivate
    functions -q _venv_deactivate && _venv_deactivate
    functions -q deactivate && functions -c deactivate _venv_old_deactivate

    set -l _venv_lines (command cat $_venv_dir/../.venv/activation)
    set -g _venv_names (string replace -r '=.*' '' -- $_venv_lines) PATH PYTHONHOME
    for _venv_name in $_venv_names
        set -qg $_venv_name && set -g _venv_old_$_venv_name $$_venv_name
    end
    for _venv_line in $_venv_lines
        set -gx (string split -m 1 = -- $_venv_line)
    end
    set -gx PATH $VIRTUAL_ENV/bin $PATH
    set -gu PYTHONHOME # this also hides a universal variable
    if status is-interactive && test -z "$VIRTUAL_ENV_DISABLE_PROMPT" && functions -q fish_prompt
        functions -c fish_prompt _venv_old_fish_prompt
        function fish_prompt -V VIRTUAL_ENV_PROMPT # with its present value
            set -l prompt (_venv_old_fish_prompt) # first, as it may show the last status
            set_color normal
            printf '(%s) ' $VIRTUAL_ENV_PROMPT
            string join -- \n $prompt
        end
    end

    function deactivate -d 'Leave the virtual environment'
        for _venv_name in $_venv_names
            set -l _venv_old _venv_old_$_venv_name
            set -qg $_venv_old && set -gx $_venv_name $$_venv_old || set -eg $_venv_name
            set -eg $_venv_old
        end
        set -eg _venv_names
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
