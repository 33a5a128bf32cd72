@rem The everyday commands of this project, in cmd:  dev\do COMMAND [ARGUMENT...]
@rem They are in dev_do.py: this file only finds a Python to run it. Each line has its own @, since
@rem `echo off` would outlive this file.

@setlocal DisableDelayedExpansion
@pushd "%~dp0.."

@rem Only running a Python shows whether it works: the Microsoft Store puts commands on PATH that
@rem open the Store instead.
@set _python=
@for %%p in ("%PROJECT_PYTHON%" .venv\Scripts\python.exe py python) do @call :try "%%~p"
@if defined _python goto found
@for /f "delims=" %%p in ('uv python find --no-project 2^>nul') do @call :try "%%p"
@if defined _python goto found
@>&2 echo dev\do: expected Python 3.9 or later, found none; install one, or set PROJECT_PYTHON
@popd
@cmd /d /c exit 1
@goto end

@rem A Python is called, or has a cmd of its own below, because that of pyenv-win is a batch file,
@rem which would not return.
:try
@if defined _python exit /b 0
@if not "%~1"=="" call %1 -I -S -c "import sys; sys.exit(sys.version_info < (3, 9))" >nul 2>nul
@if %errorlevel%==0 set "_python=%~1"
@exit /b 0

:found
@rem `call` would change a % in the words. The @ keeps cmd from removing the first and the last quote.
@cmd /d /v:off /c @"%_python%" -X utf8 -B -E -s -S dev\dev_do.py %*
@popd
@rem A program has to end this file, because && and || do not see the status of `exit /b`.
@cmd /d /c exit %errorlevel%
:end
