@rem Activate the virtual environment of this project; make or update it first if need be.
@rem
@rem     scripts\activate        in cmd
@rem     deactivate              puts everything back
@rem
@rem What .venv should be is scripts/venv.py's business. The activate files of all shells
@rem do the same in turn: find the project, sync .venv, leave another one, apply, define
@rem deactivate. Each line has its @, since `echo off` would outlive this file. Values are
@rem moved by `for`, which does not read them again, whatever characters they hold.
@if "%~1"=="deactivate" goto deactivate

@rem The first Python that can run venv.py; the Microsoft Store's stub is found, but fails.
@set "_VENV_DIR=%~dp0..\.venv"
@set "_VENV_TEST=-I -S -c "import sys; sys.exit(sys.version_info < (3, 9))""
@if not defined PROJECT_PYTHON goto search
@set "_VENV_RUN="%PROJECT_PYTHON%""
@%_VENV_RUN% %_VENV_TEST% >nul 2>nul && goto sync
:search
@set "_VENV_RUN="%_VENV_DIR%\Scripts\python.exe""
@%_VENV_RUN% %_VENV_TEST% >nul 2>nul && goto sync
@set "_VENV_RUN=py -3"
@%_VENV_RUN% %_VENV_TEST% >nul 2>nul && goto sync
@set "_VENV_RUN=python"
@%_VENV_RUN% %_VENV_TEST% >nul 2>nul && goto sync
@echo activate: no Python from 3.9 on was found; install one, or set PROJECT_PYTHON>&2
@goto failed

:sync
@%_VENV_RUN% -I "%~dp0venv.py" sync --if-changed && goto apply
:failed
@for %%n in (DIR TEST RUN) do @set _VENV_%%n=
@exit /b 1

:apply
@if defined _VENV_NAMES call :deactivate
@if defined VIRTUAL_ENV if exist "%VIRTUAL_ENV%\Scripts\deactivate.bat" call "%VIRTUAL_ENV%\Scripts\deactivate.bat"
@call "%_VENV_DIR%\activate.bat" names
@for %%n in (%_VENV_NAMES%) do @call :save %%n
@call "%_VENV_DIR%\activate.bat" values
@set "PATH=%VIRTUAL_ENV%\Scripts;%PATH%"
@set PYTHONHOME=
@if not defined VIRTUAL_ENV_DISABLE_PROMPT set "PROMPT=(%VIRTUAL_ENV_PROMPT%) %PROMPT%"
@for %%n in (DIR TEST RUN) do @set _VENV_%%n=
@exit /b 0

:save
@for /f "tokens=1* delims==" %%a in ('set %1 2^>nul') do @if /i "%%a"=="%1" set "_VENV_OLD_%1=%%b"
@exit /b 0

:restore
@set %1=
@for /f "tokens=1* delims==" %%a in ('set _VENV_OLD_%1 2^>nul') do @if /i "%%a"=="_VENV_OLD_%1" set "%1=%%b"
@set _VENV_OLD_%1=
@exit /b 0

:deactivate
@for %%n in (%_VENV_NAMES%) do @call :restore %%n
@set _VENV_NAMES=
@exit /b 0
