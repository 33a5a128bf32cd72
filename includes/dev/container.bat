@rem The everyday commands of this project, in cmd:  dev\do COMMAND [ARGUMENT...]
@rem Each command is shown, and runs in the folder of the project. Without a command, this lists
@rem them. Each line has its own @, since `echo off` would outlive this file.

@setlocal DisableDelayedExpansion
@pushd "%~dp0.."
@set _words=%*
@set "_word=%~1"
@set "_first=%~2"
@set "_second=%~3"
@set _args=
@if defined _first set _args=%_words:* =%

@rem Podman has the same commands.
@set _engine=podman
@for %%e in (docker.exe) do @if not "%%~$PATH:e"=="" set _engine=docker
@call :do
@popd
@rem A program has to end this file, because && and || do not see the status of `exit /b`.
@cmd /d /c exit %errorlevel%
@goto end

:do
@set _run=%_engine% compose run --rm
@set _tool=%_run% --no-deps test
@set _command=
{%- if listens %}
@if "%_word%"=="run" set _command=%_engine% compose up
{%- else %}
@if "%_word%"=="run" set _command=%_run% app {{ start | replace("%", "%%") }}
{%- endif %}
@if "%_word%"=="test" set _command=%_run% test {{ test | replace("%", "%%") }}
@if "%_word%"=="lint" set _command=%_tool% ruff check
@if "%_word%"=="format" set _command=%_tool% ruff format
@if "%_word%"=="shell" set _command=%_run% test bash
@if "%_word%"=="sync" set _command=%_engine% compose build
@if "%_word%"=="check" set _command=%_tool% python -m pip check
@if "%_word%"=="clean" set _command=%_engine% compose down --remove-orphans
{%- if app == "own" %}
@if "%_word%"=="adopt" goto adopt
{%- endif %}
@set "_index=%UV_DEFAULT_INDEX%%UV_INDEX_URL%%PIP_INDEX_URL%"
@if defined _index for %%w in (add lock sync) do @if "%_word%"=="%%w" @>&2 echo dev\do: note: the image uses the answer package_index, not your variables
@if defined _command goto show
@if "%_word%"=="add" goto add
@if "%_word%"=="lock" goto lock

@rem The list is at the head of the other runner.
@for /f "usebackq tokens=1,2* delims=/ " %%k in ("dev\do") do @if "%%k%%l"=="#dev" echo dev\%%m
@if "%_word%"=="" exit /b 0
@exit /b 2
{% if app == "own" %}
@rem Where code moves in, dev\adopt.py finds its packages.
:adopt
@set _image=
@for /f "delims=" %%i in ('%_engine% build --quiet --target=build .') do @set _image=%%i
@if not defined _image exit /b 1
@%_engine% run --rm --volume "%CD%:/app" %_image% python -B dev/adopt.py
@if not %errorlevel%==0 exit /b 1
@set _word=lock
{%- endif %}

:lock
@rem The index may have changed, so the engine does not reuse its last result.
@set _now=%RANDOM%%RANDOM%
@set _command=%_engine% build --target=lock "--build-arg=UPGRADE=%_args%" --build-arg=NOW=%_now% --output=. .
@set _args=

:show
@>&2 echo + %_command% %_args%
@%_command% %_args%
@if not %errorlevel%==0 exit /b %errorlevel%
@if not "%_word%"=="lint" exit /b 0
@set _word=
@set _command=%_command:check=format --check%
@goto show

@rem Add packages to a list, lock and install. If the lock fails, the list is as before.
:add
@set _list=requirements.in
@if not "%_first%"=="--dev" goto list
@set _list=requirements-dev.in
@set "_first=%_second%"
@set _args=%_args:* =%
:list
@if defined _first goto append
@>&2 echo dev\do add: expected a package, found none; for example: dev\do add httpx
@exit /b 2
:append
@copy /y %_list% %_list%.before >nul
@rem The last line of the list may have no end.
@>>%_list% echo.
:next
@for /f "usebackq tokens=1*" %%p in ('%_args%') do @>>%_list% echo %%~p& set _args=%%q
@if defined _args goto next
@set _first=
@call :lock
@if not %errorlevel%==0 goto restore
@del %_list%.before
@set _command=%_engine% compose build
@goto show
:restore
@move /y %_list%.before %_list% >nul
@exit /b 1

:end
