# The everyday commands of this project, in PowerShell:  dev/do COMMAND [ARGUMENT...]
# On Windows they are in do.bat. PowerShell could start that file itself, but would not quote the
# argument of `dev/do add "httpx>=0.28"`, so that cmd would take the > for a redirection.

# These settings of your session do not apply here: progress on standard error is no failure.
$ErrorActionPreference = 'Continue'
$PSNativeCommandUseErrorActionPreference = $false

# PowerShell makes an array of an argument such as `E,F`.
$words = @(foreach ($word in $args) { $word -join ',' })

if ($env:OS -ne 'Windows_NT') {
    & /bin/sh "$PSScriptRoot/do" @words
    exit $LASTEXITCODE
}

# cmd removes the outer quotes, and expands a variable once, whatever characters are in the path.
$PSNativeCommandArgumentPassing = 'Legacy'
$line = '"%DEV_DO%" '
foreach ($word in $words) { $line += '"' + ($word -replace '"', '""') + '" ' }
$env:DEV_DO = "$PSScriptRoot\do.bat"
& $env:ComSpec /d /q /v:off /s /c $line
$env:DEV_DO = $null
exit $LASTEXITCODE
