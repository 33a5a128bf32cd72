@rem Activate the virtual environment of this project; make or update it first if need be:
@rem     dev\activate
@rem `deactivate` puts everything back. The activate files of all shells do the same in turn: find
@rem this folder, sync .venv, leave another environment, save and set the variables, define
@rem deactivate. Each line has its @, since `echo off` would outlive this file. `for` moves values,
@rem as it does not read them again; `call` does, so it gets few paths but relative ones. A Python
@rem is called, because that of pyenv-win is a batch file, which else would not return.
@if "%~1"=="deactivate" goto deactivate
@pushd "%~dp0.."
@call :activate
@popd & set "_VENV_PY=" & exit /b %errorlevel%

:activate
@rem The first Python that can run venv.py; the Microsoft Store's stub is found, but fails.
@set _VENV_PY=
@for %%p in ("%PROJECT_PYTHON%" .venv\Scripts\python.exe py python) do @call :try "%%~p"
@if defined _VENV_PY goto sync
@for /f "delims=" %%p in ('uv python find --no-project 2^>nul') do @call :try "%%p"
@if defined _VENV_PY goto sync
@echo activate.bat: no Python 3.9 or later was found; install one, or set PROJECT_PYTHON>&2
@exit /b 1
:sync
@call "%_VENV_PY%" -I -S dev\venv.py sync --if-changed
@if not %errorlevel%==0 exit /b 1
@if not exist "%VIRTUAL_ENV%\Scripts\deactivate.bat" goto left
@pushd "%VIRTUAL_ENV%\Scripts"
@call deactivate.bat
@popd
:left
@if defined _VENV_NAMES call :deactivate
@for /f "delims=" %%n in (.venv\activate.names) do @set "_VENV_NAMES=%%n PATH PROMPT"
@for %%n in (%_VENV_NAMES%) do @call :copy %%n _VENV_OLD_%%n
@for /f "tokens=2 delims=:." %%a in ('chcp') do @set _VENV_CODEPAGE=%%a
@chcp 65001 >nul
@call .venv\activate.bat
@if defined _VENV_CODEPAGE chcp %_VENV_CODEPAGE% >nul
@set _VENV_CODEPAGE=
@set "PATH=%VIRTUAL_ENV%\Scripts;%PATH%"
@set PYTHONHOME=
@if not defined VIRTUAL_ENV_DISABLE_PROMPT set "PROMPT=(%VIRTUAL_ENV_PROMPT%) %PROMPT%"
@exit /b 0

:try
@if defined _VENV_PY exit /b 0
@if not "%~1"=="" call %1 -I -S -c "import sys; sys.exit(sys.version_info < (3, 9))" >nul 2>nul
@if %errorlevel%==0 set "_VENV_PY=%~1"
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
