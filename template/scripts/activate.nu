# Activate the virtual environment of this project; make or update it first if need be.
#
#     overlay use scripts/activate.nu
#     deactivate                          puts everything back (overlay hide activate)
#
# What .venv should be is scripts/venv.py's business. The activate files of all shells
# do the same in turn: find the project, sync .venv, leave another one, apply, define
# deactivate. The overlay does the last three: it holds what this file sets.

const scripts = path self .

export alias deactivate = overlay hide activate

export-env {
    let root = $scripts | path dirname
    let venv = $root | path join .venv
    let bin = $venv | path join (if $nu.os-info.name == windows { "Scripts" } else { "bin" })
    let python = $bin | path join (if $nu.os-info.name == windows { "python.exe" } else { "python" })

    # Is .venv what its inputs say?
    let read = {|name| try { open --raw ($root | path join $name) | into binary } catch { 0x[] } }
    let inputs = [scripts/venv.py .python-version requirements.txt requirements-dev.txt .env]
    let current = ($env.PROJECT_PYTHON? | is-empty) and ($python | path exists) and (
        ($venv | path join stamp.json | path exists)
        and (do $read .venv/activate.root) == ($"($root)\n" | into binary)
        and (do $read .venv/activate.inputs) == ($inputs | each $read | bytes collect)
    )
    if not $current {
        # venv.py, with the first Python that can run it.
        let test = [-I -S -c "import sys; sys.exit(sys.version_info < (3, 9))"]
        let found = [$env.PROJECT_PYTHON? $python python3 python] | compact | where {|python|
            try { (^$python ...$test | complete).exit_code == 0 } catch { false }
        }
        if ($found | is-empty) {
            error make --unspanned {
                msg: "activate.nu: no Python from 3.9 on was found; install one, or set PROJECT_PYTHON"
            }
        }
        ^($found | first) -I ($scripts | path join venv.py) sync --if-changed
    }

    load-env (open ($venv | path join activate.json))
    $env.PATH = $env.PATH | prepend $bin
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
