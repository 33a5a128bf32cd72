# Activate the virtual environment of this project; create or update it first if necessary:
#
#     dev/activate.ps1
#
# `deactivate` restores everything. The functions and the variable that have to outlive this file
# are global, so the file need not be dot-sourced. The block keeps all other names out of your session.
# The activate files of all shells follow the same steps.
#
# If PowerShell does not allow scripts: Set-ExecutionPolicy RemoteSigned -Scope CurrentUser

& {
    $root = Split-Path -Parent $PSScriptRoot
    $venv = Join-Path $root '.venv'
    $bin, $python, $separator = "$venv/bin", 'python3', ':'
    if ($env:OS -eq 'Windows_NT') { $bin, $python, $separator = "$venv\Scripts", 'python.exe', ';' }

    # The environment is current if it was made in this folder, its Python exists, and its inputs
    # have the contents that .venv/activate.inputs records. This check starts no program.
    function Test-Current {
        # In constrained language mode, PowerShell may not read bytes, so Python compares them.
        $mode = $ExecutionContext.SessionState.LanguageMode
        if ($env:PROJECT_PYTHON -or $mode -ne 'FullLanguage') { return $false }
        if (-not [IO.File]::Exists("$venv/activate.inputs")) { return $false }

        $certificates = @()
        if ([IO.Directory]::Exists("$root/certs")) {
            $certificates = [IO.Directory]::GetFiles("$root/certs", '*.crt')
            [Array]::Sort($certificates, [StringComparer]::Ordinal)
        }
        $inputs = @(
            "$root/.copier-answers.yml"
            "$root/.python-version"
            "$root/requirements.txt"
            "$root/requirements-dev.txt"
            "$root/pip.conf"
            $certificates
            "$venv/pyvenv.cfg"
        )

        # In this encoding, every byte is a character.
        $encoding = [Text.Encoding]::GetEncoding('iso-8859-1')
        $contents = foreach ($file in $inputs) {
            if ([IO.File]::Exists($file)) { $encoding.GetString([IO.File]::ReadAllBytes($file)) }
        }
        $recorded = $encoding.GetString([IO.File]::ReadAllBytes("$venv/activate.inputs"))
        if (-not [string]::Equals(-join $contents, $recorded)) { return $false }

        # The python in .venv can outlive the Python that pyvenv.cfg names.
        $base = [IO.File]::ReadAllLines("$venv/pyvenv.cfg") -match '^home *=' -replace '^home *= *'
        if (-not [IO.File]::Exists("$base/$python")) { return $false }

        [IO.File]::ReadAllLines("$venv/activation") -ccontains "VIRTUAL_ENV=$venv"
    }

    # A file that cannot be read is for Python to report.
    $current = try { Test-Current } catch { $false }
    if (-not $current) {
        & "$PSScriptRoot/do.ps1" sync
        if ($LASTEXITCODE -ne 0) {
            # The command has said why. `exit` ends this file, not your session, and sets `$?`, which
            # `&&` and the caller of PowerShell see. Only a script that stops at errors needs one.
            if ($ErrorActionPreference -eq 'Stop') { Write-Error 'activate.ps1: not activated, see above' }
            exit 1
        }
    }

    # Leave the active environment, of whatever kind. Ours may be below one of another kind.
    if ($env:VIRTUAL_ENV -and (Test-Path Function:\deactivate)) { deactivate }
    if (Test-Path Variable:\_venv_old) { & $global:_venv_old.leave }

    # Save what activation changes.
    $activation = Get-Content -LiteralPath "$venv/activation" -Encoding UTF8
    $names = @($activation -replace '=.*') + 'PATH' + 'PYTHONHOME'
    $global:_venv_old = @{
        set        = Get-Item ($names -replace '^', 'Env:') -ErrorAction Ignore
        unset      = $names | Where-Object { -not (Test-Path "Env:$_") }
        prompt     = $function:prompt
        deactivate = $function:deactivate
    }

    # Set the variables.
    foreach ($line in $activation) {
        $name, $value = $line -split '=', 2
        Set-Item "Env:$name" $value
    }
    $env:PATH = $bin + $separator + $env:PATH
    Remove-Item Env:PYTHONHOME -ErrorAction Ignore

    # Show the environment in the prompt. Your own prompt still sees whether the last command failed.
    if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT) {
        function global:prompt {
            $succeeded = $?
            Write-Host -NoNewline "($env:VIRTUAL_ENV_PROMPT) "
            if (-not $succeeded) { Write-Error '' -ErrorAction Ignore }
            & $global:_venv_old.prompt
        }
    }

    function global:deactivate {
        $old = $global:_venv_old
        foreach ($variable in $old.set) { Set-Item "Env:$($variable.Name)" $variable.Value }
        foreach ($name in $old.unset) { Remove-Item "Env:$name" -ErrorAction Ignore }
        Set-Item -Path Function:\global:prompt -Value $old.prompt

        Remove-Variable -Scope Global -Name _venv_old
        Remove-Item -Path Function:\deactivate -ErrorAction Ignore
        if ($old.deactivate) { Set-Item -Path Function:\global:deactivate -Value $old.deactivate }
    }
    $global:_venv_old.leave = $function:deactivate
}
