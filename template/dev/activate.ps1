# Activate the virtual environment of this project; make or update it first if need be:
#     dev\activate        (on Linux and macOS: dev/activate.ps1)
# `deactivate` puts everything back. The activate files of all shells do the same in turn: find
# this folder, sync .venv, leave another environment, save and set the variables, define
# deactivate. What has to outlive this file is global, so it need not be dot-sourced; if it is,
# the block keeps the rest in. To allow scripts: Set-ExecutionPolicy RemoteSigned -Scope CurrentUser

& {
    $venv = Join-Path (Split-Path -Parent $PSScriptRoot) '.venv'
    $bin, $sep = if ($env:OS -eq 'Windows_NT') { "$venv\Scripts", ';' } else { "$venv/bin", ':' }

    # The first Python that can run venv.py; the Microsoft Store's stub is found, but fails.
    $test = 'import sys; sys.exit(sys.version_info < (3, 9))'
    $pythons = $env:PROJECT_PYTHON, (Join-Path $bin 'python'), 'py', 'python3', 'python' -ne $null
    $python = $null
    foreach ($name in $pythons) {
        try { & $name -I -S -c $test 2>$null } catch { continue }
        if ($LASTEXITCODE -eq 0) { $python = $name; break }
    }
    if (-not $python) { try { $python = uv python find --no-project } catch { $python = $null } }
    if (-not $python) {
        Write-Error 'activate.ps1: no Python 3.9 or later was found; install one, or set PROJECT_PYTHON'
        $global:LASTEXITCODE = 1
        return
    }
    & $python -I -S (Join-Path $PSScriptRoot 'venv.py') sync --if-changed
    if ($LASTEXITCODE -ne 0) { return }
    if ($env:VIRTUAL_ENV -and (Test-Path Function:\deactivate)) { deactivate }
    if (Test-Path Variable:\_venv_old) { & $global:_venv_old.leave } # another kind took the name

    $names = (Get-Content -LiteralPath (Join-Path $venv 'activate.names')) + ' PATH' -split ' '
    $global:_venv_old = @{
        set        = Get-Item ($names -replace '^', 'Env:') -ErrorAction Ignore
        unset      = $names | Where-Object { -not (Test-Path "Env:$_") }
        prompt     = $function:prompt
        deactivate = $function:deactivate
    }
    . (Join-Path $venv 'activate.ps1')
    $env:PATH = $bin + $sep + $env:PATH
    Remove-Item Env:PYTHONHOME -ErrorAction Ignore
    if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT) {
        function global:prompt {
            Write-Host -NoNewline "($env:VIRTUAL_ENV_PROMPT) "
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
