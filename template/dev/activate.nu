# Activate the virtual environment of this project; make or update it first if need be:
#     overlay use dev/activate.nu
# `deactivate` puts everything back. The activate files of all shells do the same in turn: find
# this folder, sync .venv, leave another environment, save and set the variables, define
# deactivate (here an alias, at the top). The overlay saves them: it holds what this file sets, and
# goes as a whole.

const file = path self

export alias deactivate = overlay hide --keep-env [PWD] activate

def main [] {
    print --stderr "activate.nu: this file is an overlay: overlay use dev/activate.nu"
    exit 1
}

export-env {
    let scripts = $file | path expand | path dirname # a link has this as its file
    let venv = $scripts | path dirname | path join .venv
    let windows = $nu.os-info.name == windows
    let bin = $venv | path join (if $windows { "Scripts" } else { "bin" })

    if $windows { # The first Python that can run venv.py.
        let test = [-I -S -c "import sys; sys.exit(sys.version_info < (3, 9))"]
        let found = [$env.PROJECT_PYTHON? ($bin | path join python.exe) py python] | compact
            | where {|python| try { (^$python ...$test | complete).exit_code == 0 } catch { false } }
            | first 1
            | default --empty { try { ^uv python find --no-project | lines } catch { [] } }
        if ($found | is-empty) {
            error make --unspanned {
                msg: "activate.nu: no Python 3.9 or later was found; install one, or set PROJECT_PYTHON"
            }
        }
        ^($found | first) -I -S ($scripts | path join venv.py) sync --if-changed
    } else {
        ^sh ($scripts | path join do) sync --if-changed
    }

    if "_venv_old" in $env { # Another project's, in this same overlay.
        let old = $env._venv_old | transpose name value
        hide-env --ignore-errors ...$old.name
        load-env ($old | where value != null | transpose --header-row --as-record)
    }
    let variables = open ($venv | path join activate.json)
    $env._venv_old = $env | select --optional ...($variables | columns) PATH PYTHONHOME PROMPT_COMMAND
    load-env $variables
    $env.PATH = $env.PATH | split row (char esep) | prepend $bin
    hide-env --ignore-errors PYTHONHOME
    if ($env.VIRTUAL_ENV_DISABLE_PROMPT? | is-empty) {
        let name = $env.VIRTUAL_ENV_PROMPT
        let prompt = $env.PROMPT_COMMAND? | default ""
        $env.PROMPT_COMMAND = {||
            let old = if ($prompt | describe) == closure { do $prompt } else { $prompt }
            $"\(($name)\) ($old)"
        }
    }
}
