#!/bin/sh
# The everyday commands of this project; `dev/do` alone lists them. They are in dev_do.py: this file
# only finds a Python to run it.

# bash stops sourcing `activate` if this ends by a signal.
trap 'exit 130' INT

# A bash script would source the file in this variable, which may be `activate`. With the others, a
# Python would mistake itself for another installation.
unset BASH_ENV PYTHONEXECUTABLE __PYVENV_LAUNCHER__

file=$0
[ ! -L "$file" ] || file=$(readlink -f -- "$file")
case $file in */*) CDPATH='' cd -P -- "${file%/*}/.." ;; *) cd -P .. ;; esac || exit
set -- -X utf8 -B -E -s -S dev/dev_do.py "$@"

# Only running a Python shows whether it works: pyenv and others put commands on PATH that fail for
# a version that is not installed. The Python of .venv comes first, since it starts without pyenv.
for python in ${PROJECT_PYTHON:+"$PROJECT_PYTHON"} .venv/bin/python .venv/Scripts/python \
    python3 python py "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python; do
    fits=$("$python" -I -S -c 'import sys; print(sys.version_info >= (3, 9))' 2>/dev/null)
    if [ "${fits%%[!A-Za-z]*}" = True ]; then
        exec "$python" "$@"
    fi
done
if uv --version >/dev/null 2>&1; then
    export UV_PYTHON_DOWNLOADS="${UV_PYTHON_DOWNLOADS-never}"
    exec uv run --quiet --no-project python "$@"
fi
echo "dev/do: expected Python 3.9 or later, found none; install one, or set PROJECT_PYTHON" >&2
exit 1
