# Activate the virtual environment of this project; make or update it first if need be.
#
#     scripts\activate        in PowerShell; on Linux and macOS: scripts/activate.ps1
#     deactivate              puts everything back
#
# If scripts may not run: Set-ExecutionPolicy RemoteSigned -Scope CurrentUser
#
# The activate files of all shells do the same in turn: find this folder, sync .venv, leave
# another environment, save and set the variables, define deactivate. What has to outlive
# this file is global, so it need not be dot-sourced; if it is, the block keeps the rest in.

& {
    $venv = Join-Path (Split-Path -Parent $PSScriptRoot) '.venv'
    $bin = Join-Path $venv $(if ($env:OS -eq 'Windows_NT') { 'Scripts' } else { 'bin' })

    # The first Python that can run venv.py; the Microsoft Store's stub is found, but fails.
    $python = $null
    foreach ($name in @($env:PROJECT_PYTHON, (Join-Path $bin 'python'), 'py', 'python3', 'python')) {
        if (-not $name -or -not (Get-Command $name -ErrorAction SilentlyContinue)) { continue }
        try { & $name -I -S -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>$null } catch { continue }
        if ($LASTEXITCODE -eq 0) { $python = $name; break }
    }
    if (-not $python -and (Get-Command uv -ErrorAction SilentlyContinue)) { $python = uv python find --no-project }
    if (-not $python) {
        Write-Error 'activate: no Python from 3.9 on was found; install one, or set PROJECT_PYTHON'
        $global:LASTEXITCODE = 1
        return
    }
    & $python -I -S (Join-Path $PSScriptRoot 'venv.py') sync --if-changed
    if ($LASTEXITCODE -ne 0) { return }
    if ($env:VIRTUAL_ENV -and (Test-Path Function:\deactivate)) { deactivate }
    if (Test-Path Variable:\_venv_old) { & $global:_venv_old.leave } # another kind took the name

    $global:_venv_old = @{
        deactivate = Get-Item Function:\deactivate -ErrorAction SilentlyContinue
        prompt     = $function:prompt
        variables  = @{ PATH = $env:PATH }
    }
    foreach ($name in (Get-Content -LiteralPath (Join-Path $venv 'activate.names')) -split ' ') {
        $global:_venv_old.variables[$name] = if (Test-Path "Env:$name") { (Get-Item "Env:$name").Value }
    }
    . (Join-Path $venv 'activate.ps1')
    $env:PATH = $bin + $(if ($env:OS -eq 'Windows_NT') { ';' } else { ':' }) + $env:PATH
    Remove-Item Env:PYTHONHOME -ErrorAction SilentlyContinue
    if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT) {
        function global:prompt {
            Write-Host -NoNewline "($env:VIRTUAL_ENV_PROMPT) "
            & $global:_venv_old.prompt
        }
    }

    function global:deactivate {
        $old = $global:_venv_old
        foreach ($name in $old.variables.Keys) {
            if ($null -eq $old.variables[$name]) { Remove-Item "Env:$name" -ErrorAction SilentlyContinue }
            else { Set-Item "Env:$name" $old.variables[$name] }
        }
        Set-Item -Path Function:\global:prompt -Value $old.prompt
        Remove-Variable -Scope Global -Name _venv_old
        Remove-Item -Path Function:\deactivate -ErrorAction SilentlyContinue
        if ($old.deactivate) { Set-Item -Path Function:\global:deactivate -Value $old.deactivate.ScriptBlock }
    }
    $global:_venv_old.leave = $function:deactivate
}
