"""Locks, activation, and the commands of the virtual environment."""

from __future__ import annotations

from .breaking import between, delete, edit, not_executable, replace, returns_at_once, without_lines
from .model import (
    CMD,
    CSH,
    DO_CMD,
    DO_POWERSHELL,
    FISH,
    NU,
    POSIX,
    POWERSHELL,
    RUNNER,
    Mutation,
    group,
)

mutations: list[Mutation] = []


# --- Locks ------------------------------------------------------------------------------

lock = group(
    mutations,
    "lock",
    "test_lock_lines.py test_locks.py: lands or one_version or one_for_each or each_lock_gains",
)


def first_package_without_hashes(text: str) -> str:
    """Take all hashes of one package, and leave those of the others."""
    return replace(r"^(rich==\S+)( ;.*?)? \\\n(?:    --hash=\S+(?: \\)?\n)+", r"\1\2\n")(text)


lock(
    "A package is locked without a hash beside others that have one",
    edit("includes/locks/requirements-cli.txt", first_package_without_hashes),
)
lock(
    "A lock names no hash at all",
    edit(
        "includes/locks/requirements-web.txt", replace(r" \\\n(?:    --hash=\S+(?: \\)?\n)+", "\n")
    ),
)
lock(
    "Two locks have different versions of a package",
    edit("includes/locks/requirements-cli.txt", replace(r"^(typer==\d+)\.", r"\1.99")),
)
lock(
    "There is no lock for the command line with Redis",
    delete("includes/locks/requirements-cli-redis.txt"),
)
lock(
    "A lock lacks a package that the application needs",
    edit("includes/locks/requirements-web-redis.txt", replace(r"^redis==(?s:.*?)(?=^\w)", "")),
    "test_lock_lines.py test_locks.py: lands or one_version or one_for_each or tool or resolving",
)
lock(
    "A package for Windows alone is installed everywhere",
    edit(
        "includes/locks/requirements-*cli*.txt", replace(r"^(colorama==\S+) ; \S+.*? \\$", r"\1 \\")
    ),
    "test_lock_lines.py test_locks.py: lands or one_version or one_for_each or tool or resolving",
)
lock(
    "The tool that locks does nothing",
    edit("tools/lock.py", replace(r"^    main\(\)$", "    pass")),
    "test_lock_lines.py test_locks.py: lands or one_version or one_for_each or tool or resolving",
)
lock(
    "The tool that locks takes newer versions unasked",
    edit("tools/lock.py", replace(r"if not arguments\.upgrade:", "if False:")),
    "test_lock_lines.py test_locks.py: tool or resolving",
)
lock(
    "The tool that locks forgets hashes",
    edit("tools/lock.py", replace(r'"--generate-hashes", ', "")),
    "test_lock_lines.py test_locks.py: tool or resolving",
)
lock(
    "The tool that locks goes by the newest Python alone",
    edit("tools/lock.py", replace(r"--python-version=3\.11", "--python-version=3.14")),
    "test_lock_lines.py test_locks.py: tool or resolving",
)
lock(
    "Projects do not name a package that they use",
    edit("template/requirements.in*", without_lines("^pydantic-settings")),
    "test_lock_lines.py test_locks.py: tool or resolving",
)
lock(
    "Development has no pytest",
    edit("template/requirements-dev.in*", without_lines("^pytest$")),
    "test_lock_lines.py test_locks.py: tool or resolving",
)

# --- The virtual environment ------------------------------------------------------------


def pythonhome(shell: str) -> str:
    """Return the tests that set PYTHONHOME, which leads each Python astray, in a shell."""
    return f"test_pythonhome.py: [{shell} or -{shell}]"


shells = group(mutations, "activation", needs="bash")
shells(
    "PYTHONHOME leads bash and its kind astray",
    edit(POSIX, without_lines(r"^ *\\?unset PYTHONHOME$")),
    pythonhome("bash"),
)
shells(
    "PYTHONHOME leads csh astray",
    edit(CSH, without_lines("unsetenv PYTHONHOME")),
    pythonhome("tcsh"),
    needs="tcsh",
)
shells(
    "PYTHONHOME leads fish astray",
    edit(FISH, without_lines("PYTHONHOME")),
    pythonhome("fish"),
    "test_situations.py: universal_pythonhome",
    needs="fish",
)
shells(
    "PYTHONHOME leads nushell astray",
    edit(NU, without_lines("hide-env .*PYTHONHOME")),
    pythonhome("nu"),
    needs="nu",
)
shells(
    "PYTHONHOME leads PowerShell astray",
    edit(POWERSHELL, without_lines("Remove-Item Env:PYTHONHOME")),
    pythonhome("pwsh"),
    needs="pwsh",
)
shells(
    "PYTHONHOME leads cmd astray",
    edit(CMD, without_lines("set PYTHONHOME=")),
    "wine.py: leaves_no_trace",
    needs="wine",
)
shells(
    "`deactivate` in bash leaves PATH as it is",
    edit(POSIX, without_lines(r"^ +PATH=\$_venv_old_path")),
    "test_venv.py: leaves_no_trace and bash",
)
shells(
    "`deactivate` in fish leaves variables",
    edit(FISH, replace("&& set -gx .* \\|\\| set -eg .*", "|| true")),
    "test_venv.py: leaves_no_trace and fish",
    needs="fish",
)
shells(
    "`deactivate` in csh leaves its variables",
    edit(CSH, replace("unset _venv_old_\\*", "true")),
    "test_venv.py: leaves_no_trace and tcsh",
    needs="tcsh",
)
shells(
    "`deactivate` in PowerShell leaves variables",
    edit(POWERSHELL, without_lines(r"foreach \(\$variable in")),
    "test_native.py: pwsh and trace",
    needs="pwsh",
)
shells(
    "`deactivate` in cmd leaves variables",
    edit(CMD, between("^:deactivate", r"\Z", without_lines("call :copy"))),
    "wine.py: leaves_no_trace",
    needs="wine",
)
shells(
    "bash does not show what is active",
    edit(POSIX, replace(r"^( +)PS1=\$_venv_prompt\$PS1", r"\1:")),
    "test_prompts.py",
    needs="bash fish zsh tcsh nu",
)
shells(
    "fish does not show what is active",
    edit(FISH, without_lines(r"printf '\(%s\) '")),
    "test_prompts.py: fish",
    needs="fish",
)
shells(
    "nushell does not show what is active",
    edit(NU, replace(r'"\\\(\(\$name\)\\\) ', '"')),
    "test_prompts.py: nu",
    needs="nu",
)
shells(
    "A prompt of the user's own gets a second name",
    edit(POSIX, replace(r' && \[ -z "\$\{VIRTUAL_ENV_DISABLE_PROMPT-\}" \]', "")),
    "test_prompts.py test_situations.py test_venv.py: prompt",
    needs="bash",
)
shells(
    "bash goes on when the environment could not be made",
    edit(POSIX, replace(r"sync \|\| return", "sync || :")),
    "test_venv.py: failure and bash",
)
shells(
    "fish goes on when the environment could not be made",
    edit(FISH, without_lines("^    or return")),
    "test_venv.py: failure and fish",
    needs="fish",
)
shells(
    "csh goes on when the environment could not be made",
    edit(CSH, replace(r" \|\| goto finish", "")),
    "test_venv.py: failure and tcsh",
    needs="tcsh",
)
shells(
    "PowerShell goes on when the environment could not be made",
    edit(POWERSHELL, without_lines("^ +exit 1")),
    "test_native.py: pwsh and failure",
    needs="pwsh",
)
shells(
    "PowerShell does not notice that an input changed",
    edit(POWERSHELL, without_lines(r"string\]::Equals")),
    "test_native.py: pwsh and input",
    needs="pwsh",
)
shells(
    "A prompt in PowerShell does not see that a command failed",
    edit(POWERSHELL, without_lines(r"if \(-not \$succeeded\)")),
    "test_native.py: pwsh and prompt",
    needs="pwsh",
)
shells(
    "A script in PowerShell that stops at errors goes on after a failed activation",
    edit(POWERSHELL, without_lines("Write-Error 'activate")),
    "test_native.py test_venv.py: pwsh and failure",
    needs="pwsh",
)
shells(
    "PowerShell stays in another environment",
    edit(POWERSHELL, without_lines(r"\{ deactivate \}$")),
    "test_situations.py: stock_environment and pwsh",
    needs="pwsh",
)
shells(
    "The user's own deactivate is lost in PowerShell",
    edit(POWERSHELL, without_lines(r"if \(\$old\.deactivate\)")),
    "test_native.py: pwsh and own",
    needs="pwsh",
)
shells(
    "PowerShell loses the prompt of the user",
    edit(POWERSHELL, without_lines(r"-Value \$old\.prompt")),
    "test_venv.py test_situations.py: pwsh and (trace or stock_environment)",
    needs="pwsh",
)
shells(
    "The runner in PowerShell splits an argument with a comma",
    edit(DO_POWERSHELL, replace(r"\$word -join ','", "$word")),
    "test_native.py: runner_gets",
    needs="pwsh",
)
shells(
    "The runner in PowerShell loses the status of a command",
    edit(DO_POWERSHELL, replace(r"^    exit \$LASTEXITCODE", "    exit")),
    "test_native.py: runner_gets",
    needs="pwsh",
)
shells(
    "A setting of the session turns a failure of the runner into two",
    edit(DO_POWERSHELL, without_lines(r"^\$PSNativeCommandUseErrorActionPreference")),
    "test_native.py: strict_settings",
    needs="pwsh",
)
shells(
    "The runner in cmd loses the status of a command",
    edit(DO_CMD, replace(r"cmd /d /c exit %errorlevel%", "cmd /d /c exit 0")),
    "wine.py: fails_is_seen",
    needs="wine",
)
shells(
    "The runner in cmd leaves a package in the list that cannot be locked",
    edit(DO_CMD, without_lines(r"move /y %_list%\.before")),
    "wine.py: adds_packages",
    needs="wine",
)
shells(
    "cmd goes on when the environment could not be made",
    edit(CMD, without_lines("if not %errorlevel%==0 goto failed")),
    "wine.py: failure",
    needs="wine",
)
shells(
    "Another environment is not left first",
    edit(POSIX, replace(r"\\deactivate$", ":")),
    "test_situations.py: stock_environment and bash",
)
shells(
    "A second project in fish does not leave the first",
    edit(FISH, without_lines("_venv_deactivate && _venv_deactivate")),
    "test_venv.py test_situations.py: (second_project or was_unset or on_top) and fish",
    needs="fish",
)
shells(
    "The user's own deactivate is lost",
    edit(POSIX, replace(r"_venv_undo=\"\$\(eval 'typeset -f deactivate'.*", '_venv_undo="')),
    "test_situations.py: own_deactivate and bash",
)
shells(
    "Who executes the script instead of sourcing it hears nothing",
    edit(POSIX, replace(r'echo "activate: this file has to be sourced(?s:.*?)" >&2', ":")),
    "test_venv.py: (executed or started_as) and bash",
)
shells(
    "Who starts the script in another shell does not hear what to type there",
    edit(POSIX, replace("; in PowerShell: dev/activate.ps1", "")),
    "test_venv.py: started_as and pwsh",
    needs="pwsh",
)
shells(
    "The script cannot be started, and says nothing then",
    not_executable("template/*/activate"),
    "test_venv.py: started_as and bash",
)
shells(
    "bash does not notice that an input changed",
    edit(POSIX, replace(r'\[ "\$_venv_found" != .*? \] \|\| exit 0', "exit 0")),
    "test_venv.py: input and bash",
)
shells(
    "dash does not notice that an input changed",
    edit(POSIX, replace(r"\| command cmp -s .*", "| command cat >/dev/null")),
    "test_venv.py: input and dash",
    needs="dash",
)
shells(
    "The runner cannot be started",
    not_executable("template/*/do.jinja"),
    "test_venv.py test_files.py test_readme.py: executable or lock or check",
)
shells(
    "A batch file has lines that cmd cannot read",
    edit(CMD, replace(r"\r$", "")),
    "test_lint.py test_files.py: batch or whole",
    needs="",
)

# A lock in which a line has no hash is refused before, and where there are hashes, both installers
# compare them whether they are told to or not.
HASHES_ANYWAY = "pip and uv compare hashes that a lock has, and a lock that lacks one is refused"

runner = group(
    mutations,
    "environment",
    "test_venv.py test_faults.py: lock or check or wrong or noticed",
    needs="bash",
)
runner(
    "Packages from uv are installed without a look at hashes",
    edit(
        RUNNER,
        between(
            r"^def install_with_uv\(", "^def ", replace(r'"--require-hashes", "--allow', '"--allow')
        ),
    ),
    "test_venv.py test_index.py: hash or refused",
    harmless=HASHES_ANYWAY,
)
runner(
    "Packages from pip are installed without a look at hashes",
    edit(
        RUNNER,
        between(
            r"^def install_with_pip\(",
            r"\Z",
            replace(r'"--no-compile", "--require-hashes"', '"--no-compile"'),
        ),
    ),
    "test_venv.py test_index.py: hash or refused",
    harmless=HASHES_ANYWAY,
)
runner(
    "`check` names no packages that are outside of the locks",
    edit(
        RUNNER,
        between(
            r"^def check\(",
            "^def ",
            without_lines("not in the locks"),
            replace("^ +if extra := .*", ""),
        ),
    ),
    "test_lock_lines.py: check",
)
runner(
    "`check` misses files that are gone",
    edit(
        RUNNER,
        between("^def missing_file", "^def ", replace(r"if not path\.exists\(\)", "if False")),
    ),
    "test_faults.py: check",
)
runner(
    "`check` passes with another Python than is asked for",
    edit(
        RUNNER,
        between(
            r"^def check\(", "^def ", replace(r"if pinned and minor\(.*\) != pinned", "if False")
        ),
    ),
    "test_venv.py: check or warning",
)
runner(
    "`check` says what is wrong, and passes",
    edit(RUNNER, between("^def main", "^def ", replace("return 1$", "return 0"))),
    "test_venv.py: check",
)
runner(
    "A changed lock is not installed",
    edit(
        RUNNER,
        between(
            "^def diagnose",
            "^# ---",
            replace(r"if record\.removeprefix\(CHOSEN\) != .*:", "if False:"),
        ),
    ),
    "test_venv.py: follows_the_lock",
)
runner(
    "A package that was changed by hand stays so",
    edit(
        RUNNER,
        between("^def differences", "^def ", replace(r"^    return found", "    return []")),
    ),
    "test_faults.py: by_hand or half_removed",
)
runner(
    "A project that was moved has a broken environment",
    edit(RUNNER, between("^def diagnose", "^# ---", replace("if root != ROOT", "if False"))),
    "test_venv.py: after_a_move",
)
runner(
    "An update that fails leaves no environment",
    edit(
        RUNNER,
        between(
            "^def replacing",
            "^# ---",
            without_lines(r"^ +put_back\("),
            replace(r"^ +write\(RECORD, record\)", "            pass"),
        ),
    ),
    "test_venv.py: wrong_hash",
)
runner(
    "A killed set-up is taken for a complete one",
    edit(RUNNER, between("^def updating", "^# ---", without_lines(r"RECORD\.unlink"))),
    "test_venv.py test_faults.py: killed or kill or half",
)
runner(
    "Two terminals at once make a broken environment",
    edit(RUNNER, replace(r"fcntl\.flock\(file, .*\)", "pass")),
    "test_faults.py: several_terminals or outlives",
)
runner(
    "A folder called .venv that is something else is emptied",
    edit(
        RUNNER,
        without_lines("is not a virtual environment; move it away"),
        replace("^ +if not is_new and mark.*:\n", ""),
    ),
    "test_venv.py: something_else",
)
runner(
    "Settings of pip lead the installation astray",
    edit(RUNNER, replace(r"PIP_\(REQUIREMENT\|ROOT\|TARGET\)", "PIP_(REQUIREMENT|ROOT)")),
    "test_venv.py test_situations.py: install_setting or installs_nothing",
)
runner(
    "PROJECT_PYTHON is passed over",
    edit(
        RUNNER,
        between(
            "^def choose",
            r"\Z",
            replace(r'asked := os\.environ\.get\("PROJECT_PYTHON"\)', 'asked := ""'),
        ),
    ),
    "test_venv.py: project_python",
)
runner(
    "requires-python is passed over",
    edit(
        RUNNER,
        between("^def supported", "^# ---", replace("return oldest, newest", "return oldest, 99")),
    ),
    "test_venv.py: requires_python or rules_out or newest",
)
runner(
    "Another Python than was asked for is taken without a word",
    edit(
        RUNNER,
        without_lines("warning: .python-version asks"),
        replace("^ +if pinned:\n", ""),
    ),
    "test_venv.py: warning",
)
runner(
    "`lock --upgrade` upgrades nothing",
    edit(RUNNER, replace(r'"--no-strip-extras", \*options\]', '"--no-strip-extras"]')),
    "test_index.py: locking_keeps",
)
runner(
    "`lock` does not add the hashes of files that came later",
    edit(RUNNER, replace(r"path\.write_bytes\(re\.sub\(.*$", "pass")),
    "test_index.py: came_later",
)
runner(
    "`lock` joins versions that are locked for one Python each",
    edit(RUNNER, replace(r"if not any\(twice.*:$", "if True:")),
    "test_index.py: differ_by_python",
)
runner(
    "uv does not use the index that is set for pip",
    edit(
        RUNNER,
        replace(r'"UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"\)', '"UV_DEFAULT_INDEX",)'),
    ),
    "test_index.py: most_important_place",
)
runner(
    "`lock` gives no hashes",
    edit(RUNNER, between(r"^def lock\(", r"\Z", replace(r'"--generate-hashes", ', ""))),
    "test_venv.py: locking",
)
runner(
    "`lock` that fails leaves one new and one old lock",
    edit(
        RUNNER,
        between(r"^def lock\(", r"\Z", replace(r"path\.write_bytes\(content\)", "pass")),
    ),
    "test_faults.py: together",
)
runner(
    "A folder is locked without a hash",
    edit(RUNNER, returns_at_once("check_requirements|check_hashes")),
    "test_faults.py test_situations.py test_lock*.py: folder or hash",
)
runner(
    "A list that is no lock is overwritten",
    edit(RUNNER, between(r"^def lock\(", r"\Z", replace(r"^    check_locks\(\)\n", ""))),
    "test_adopt.py: not_renamed",
)
runner(
    "`clean` leaves the environment",
    edit(RUNNER, between("^def clean", r"\Z", replace(r"remove\(path\)", "pass"))),
    "test_venv.py test_faults.py: clean or link_to_a_folder or wrong or own_installs",
)
runner(
    "What the runner says is mixed with answers",
    edit(RUNNER, between("^def say", "^# ---", replace("file=sys.stderr", "file=sys.stdout"))),
    "test_venv.py test_faults.py: one_line or named or check",
)
runner(
    "Certificates of the company are not trusted by pip",
    edit(RUNNER, replace(r'"PIP_CERT", ', "")),
    "test_network.py: environment_is_made or bundle or own_stays",
)
runner(
    "The company's index is used by pip alone",
    edit(RUNNER, without_lines('UV_INDEX_URL"\\]')),
    "test_network.py: environment_is_made",
)
runner(
    "Every activation starts a Python",
    edit(POSIX, replace(r"^_venv_is_current\(\) \($", "_venv_is_current() (\n    exit 1")),
    "test_venv.py: starts_no_python and bash",
)
runner(
    "`parity` passes when there is a difference",
    edit(RUNNER, without_lines("not the same everywhere"), replace("^    if different:\n", "")),
    "test_parity.py: difference and six",
    needs="docker",
)
runner(
    "`parity` does not look at the image for production",
    edit(RUNNER, replace(r"--target=\{target\}", "--target=dev")),
    "test_parity.py: same_on_both",
    needs="docker",
)
