# Activate the virtual environment of this project; create or update it first if needed:
#     overlay use dev/activate.nu
# `deactivate` restores everything. This file takes the steps of `activate`, in the same order.
# Here, deactivate is an alias: the overlay contains all that this file sets, and hiding it restores
# the rest.

const file = path self

export alias deactivate = overlay hide --keep-env [PWD] activate

def main [] {
    print --stderr "activate.nu: this file is an overlay: overlay use dev/activate.nu"
    exit 1
}

export-env {
    let folder = $file | path expand | path dirname # a link is followed
    let venv = $folder | path dirname | path join .venv
    let windows = $nu.os-info.name == windows
    let bin = $venv | path join (if $windows { "Scripts" } else { "bin" })

    if $windows {
        ^($folder | path join do.bat) sync
    } else if (^sh ($folder | path join activate) --is-current | complete).exit_code != 0 {
        ^sh ($folder | path join do) sync
    }

    # Leave another project that was activated in this same overlay.
    if "_venv_old" in $env {
        let old = $env._venv_old | transpose name value
        hide-env --ignore-errors ...$old.name
        load-env ($old | where value != null | transpose --header-row --as-record)
    }

    let variables = open --raw ($venv | path join activation) | decode utf-8 | lines
        | parse "{name}={value}" | transpose --header-row --as-record
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
