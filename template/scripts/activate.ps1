# Activate the virtual environment of this project; make or update it first if need be.
#
#     scripts\activate        in PowerShell; on Linux and macOS: scripts/activate.ps1
#     deactivate              puts everything back
#
# If scripts may not run: Set-ExecutionPolicy RemoteSigned -Scope CurrentUser
#
# What .venv should be is scripts/venv.py's business. The activate files of all shells
# do the same in turn: find the project, sync .venv, leave another one, apply, define
# deactivate. What has to outlive this file is global, so it need not be dot-sourced;
# all else is in a block of its own, so that nothing is left behind if it is.

& {
    $venv = Join-Path (Split-Path -Parent $PSScriptRoot) '.venv'
    $bin = if ($env:OS -eq 'Windows_NT') { Join-Path $venv 'Scripts' } else { Join-Path $venv 'bin' }

    # Run venv.py with the first Python that can; the Microsoft Store's stub is found, but fails.
    $found = $false
    foreach ($line in @($env:PROJECT_PYTHON, (Join-Path $bin 'python'), 'py', 'python3', 'python')) {
        if (-not $line -or -not (Get-Command $line -ErrorAction SilentlyContinue)) { continue }
        try { & $line -I -S -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>$null } catch { continue }
        if ($LASTEXITCODE -ne 0) { continue }
        $found = $true
        & $line -I (Join-Path $PSScriptRoot 'venv.py') sync --if-changed
        break
    }
    if (-not $found) {
        Write-Error 'activate: no Python from 3.9 on was found; install one, or set PROJECT_PYTHON'
        $global:LASTEXITCODE = 1
        return
    }
    if ($LASTEXITCODE -ne 0) { return }

    if (Test-Path Function:\deactivate) { deactivate }

    $global:_venv_saved = @{ }
    function Set-VenvVariable([string]$name, $value) { # $null as the value removes it
        if (-not $global:_venv_saved.ContainsKey($name)) {
            $global:_venv_saved[$name] = [Environment]::GetEnvironmentVariable($name)
        }
        [Environment]::SetEnvironmentVariable($name, $value)
    }
    Set-Alias -Name _venv_set -Value Set-VenvVariable
    . (Join-Path $venv 'activate.ps1')
    _venv_set PATH ($bin + [IO.Path]::PathSeparator + $env:PATH)
    _venv_set PYTHONHOME $null
    if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT) {
        $global:_venv_prompt = $function:prompt
        function global:prompt {
            Write-Host -NoNewline "($env:VIRTUAL_ENV_PROMPT) "
            & $global:_venv_prompt
        }
    }

    function global:deactivate {
        foreach ($name in $global:_venv_saved.Keys) {
            [Environment]::SetEnvironmentVariable($name, $global:_venv_saved[$name])
        }
        if (Test-Path Variable:\global:_venv_prompt) {
            Set-Item -Path Function:\global:prompt -Value $global:_venv_prompt
            Remove-Variable -Scope Global -Name _venv_prompt
        }
        Remove-Variable -Scope Global -Name _venv_saved
        Remove-Item Function:\deactivate
    }
}
