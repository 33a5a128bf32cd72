# Activate the virtual environment of this project; make or update it first if need be.
#
#     source scripts/activate.fish
#     deactivate                      puts everything back
#
# The activate files of all shells do the same in turn: find this folder, sync .venv, leave
# another environment, save and set the variables, define deactivate. A sourced file must
# not exit, and leaves no names behind but what deactivate needs.

function _venv_activate -a file
    functions -e _venv_activate # what runs goes on running
    if test (count (string match -- '*activate.fish*' $argv[2..])) -lt 2 # once only when executed
        echo "activate.fish: this file has to be sourced: source scripts/activate.fish" >&2
        return 1
    end
    set -l dir (string replace -r '/[^/]+$' '' -- $file | string collect)
    command sh $dir/venv sync --if-changed; or return
    if set -q VIRTUAL_ENV; and test "$VIRTUAL_ENV" != "$_venv_active"; and functions -q deactivate
        deactivate # another kind, which came after ours
    end
    functions -q _venv_deactivate; and _venv_deactivate
    functions -q deactivate; and functions -c deactivate _venv_old_deactivate

    set -g _venv_names (string split ' ' <$dir/../.venv/activate.names) PATH
    for name in $_venv_names
        set -qg $name; or continue
        set -g _venv_old_$name $$name
        contains -- $name (set -xng); and set -g _venv_exported_$name
    end
    builtin source $dir/../.venv/activate.fish
    set -gx PATH $VIRTUAL_ENV/bin $PATH
    set -eg PYTHONHOME
    set -qU PYTHONHOME; and set -gu PYTHONHOME # hides it
    set -g _venv_active $VIRTUAL_ENV
    if status is-interactive; and test -z "$VIRTUAL_ENV_DISABLE_PROMPT"; and functions -q fish_prompt
        functions -c fish_prompt _venv_old_fish_prompt
        function fish_prompt
            set -l last_status $status
            set_color normal
            printf '(%s) ' $VIRTUAL_ENV_PROMPT
            echo "exit $last_status" | builtin source # the prompt may show it
            _venv_old_fish_prompt
        end
    end

    function deactivate -d 'Leave the virtual environment'
        for name in $_venv_names
            set -l old _venv_old_$name
            if set -qg $old # stays a path variable if it is one
                set -gu $name $$old
                set -qg _venv_exported_$name; and set -gx $name $$old
            else
                set -eg $name
            end
            set -eg $old _venv_exported_$name
        end
        set -eg _venv_names _venv_active
        functions -e deactivate _venv_deactivate
        for name in fish_prompt deactivate
            functions -q _venv_old_$name; or continue
            functions -e $name
            functions -c _venv_old_$name $name
            functions -e _venv_old_$name
        end
    end
    functions -c deactivate _venv_deactivate # for when another kind takes the name
end

_venv_activate (builtin realpath (status filename | string collect) | string collect) (status stack-trace)
