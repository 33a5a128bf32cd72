@rem Activate the virtual environment of this project; create or update it first if necessary:
@rem
@rem     dev\activate
@rem
@rem `deactivate` restores everything. The activate files of all shells follow the same steps. Each
@rem line has its own @, since `echo off` would outlive this file. Values are moved by `for`, because
@rem `call` reads a % or ^ in them again; that is also why `call` gets relative paths.

@if "%~1"=="deactivate" goto deactivate

@pushd "%~dp0.."
@call dev\do.bat sync
@if not %errorlevel%==0 goto failed

@rem Leave the active environment, of whatever kind. Ours may be below one of another kind.
@if not exist "%VIRTUAL_ENV%\Scripts\deactivate.bat" goto left
@pushd "%VIRTUAL_ENV%\Scripts"
@call deactivate.bat
@popd
:left
@if defined _VENV_NAMES call :deactivate

@rem .venv\activation is UTF-8; the code page of the console is restored below.
@for /f "tokens=2 delims=:." %%p in ('chcp') do @set _VENV_CODEPAGE=%%p
@chcp 65001 >nul

@rem Save what activation changes.
@set _VENV_NAMES=PATH PROMPT PYTHONHOME
@for /f "usebackq delims==" %%n in (".venv\activation") do @call set "_VENV_NAMES=%%_VENV_NAMES%% %%n"
@for %%n in (%_VENV_NAMES%) do @call :copy %%n _VENV_OLD_%%n

@rem Set the variables.
@for /f "usebackq tokens=1* delims==" %%n in (".venv\activation") do @set "%%n=%%o"
@for %%v in ("%~dp0..\.venv") do @set "VIRTUAL_ENV=%%~fv"
@set "PATH=%VIRTUAL_ENV%\Scripts;%PATH%"
@set PYTHONHOME=
@if not defined VIRTUAL_ENV_DISABLE_PROMPT set "PROMPT=(%VIRTUAL_ENV_PROMPT%) %PROMPT%"

@if defined _VENV_CODEPAGE chcp %_VENV_CODEPAGE% >nul
@set _VENV_CODEPAGE=
@popd
@exit /b 0

:copy
@if not defined %1 set %2=
@if defined %1 for /f "tokens=1* delims==" %%a in ('set %1') do @if /i "%%a"=="%1" set "%2=%%b"
@exit /b 0

:deactivate
@for %%n in (%_VENV_NAMES%) do @call :copy _VENV_OLD_%%n %%n
@for %%n in (%_VENV_NAMES%) do @set _VENV_OLD_%%n=
@set _VENV_NAMES=
@exit /b 0

:failed
@popd
@rem As the last command, this is seen by && and || as well; after `exit /b 1` they see success.
@cmd /d /c exit 1
