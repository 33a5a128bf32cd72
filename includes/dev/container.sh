#!/bin/sh
# The everyday commands of this project. Each is shown, and runs in the folder of the project.
#
#     dev/do run [ARGUMENT...]        run the program
#     dev/do test [ARGUMENT...]       run the tests
#     dev/do lint [ARGUMENT...]       check the code and its format
#     dev/do format [ARGUMENT...]     format the code
#     dev/do add [--dev] PACKAGE...   add packages to the requirements, lock and install them
#     dev/do lock [OPTION...]         lock the requirements; --upgrade replaces all versions
#     dev/do shell                    start a shell in which everything is installed
#     dev/do sync                     build the images
#     dev/do check                    check the packages and files in the image, and .env
#     dev/do clean                    remove the containers; volumes with data are kept

file=$0
[ ! -L "$file" ] || file=$(readlink -f -- "$file")
case $file in */*) CDPATH='' cd -P -- "${file%/*}/.." ;; *) cd -P .. ;; esac || exit

# Podman has the same commands.
engine=docker
command -v docker >/dev/null || engine=podman

# So that files in the project stay yours.
grep -qs '^HOST_UID=' .env || HOST_UID=${HOST_UID-$(id -u)} HOST_GID=${HOST_GID-$(id -g)}
export HOST_UID HOST_GID

# Print the list above.
usage() {
    sed -n 's/^#     //p' dev/do
}

# Show a command of the engine and run it.
engine() {
    echo "+ $engine $*" >&2
    "$engine" "$@"
}

tool() { engine compose run --rm --no-deps test "$@"; }

{% if app == "own" -%}
# Where code moves in, dev/adopt.py finds its packages.
adopt() {
    image=$("$engine" build --quiet --target=build .) || return
    engine run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/app" "$image" python -B dev/adopt.py
}

{% endif -%}
# The index may have changed, so the engine does not reuse its last result.
lock() { engine build --target=lock --build-arg="UPGRADE=$*" --build-arg=NOW="$(date +%s)" --output=. .; }
build() { engine compose build; }

# Name each file of the program that is not in the image; fail if git tracks one.
compare() {
    git ls-files -z -t --cached --others --exclude-standard -- {{ paths }} |
        "$engine" compose -f compose.yaml run --rm --build --no-deps -T --entrypoint python app -c "
import os, sys
lost = [line for line in sys.stdin.read().split('\0') if not os.path.lexists(line[2:] or '.')]
for line in lost:
    print('not in the image, see .dockerignore:', line[2:], '(untracked)' if line[0] == '?' else '')
sys.exit(any(line[0] != '?' for line in lost))"
}

# Fail at a line of .env that Docker Compose and python-dotenv could read differently.
settings() {
    grep -nvxEf - .env 2>/dev/null <<'END' | {
 *(#.*)?
[A-Za-z0-9_]+=[A-Za-z0-9_./:@%+,?&=~-]*
[A-Za-z0-9_]+='([^'\\$]|\$+[^'\\${])*\$*'
END
        read -r line || exit 0
        echo "dev/do: .env:${line%%:*}: expected NAME=value or NAME='value', as .env.example says" >&2
        exit 1
    }
}

# Fail if git ignores a file of the template: clones lack it, and updates delete it.
check_ignored() {
    set -- dev/* dev/.g* *.yaml requirements*.* Dockerfile .dockerignore .copier-answers.yml
    ignored=$(git check-ignore -- "$@" 2>/dev/null) || return 0
    git check-ignore --verbose -- "$@" >&2
    # shellcheck disable=SC2086 # no name of the template has a space
    set -- $ignored
    echo "dev/do: git ignores files of the template, see above; run: git add --force $*" >&2
    return 1
}

# Add packages to a list, lock and install. If the lock fails, the list is as before.
add() {
    list=requirements.in
    [ "${1-}" != --dev ] || { list=requirements-dev.in && shift; }
    [ $# != 0 ] || { usage >&2 && return 2; }
{%- if app == "own" %}
    if [ ! -f "$list" ]; then
        echo "dev/do: $list is missing; add the package to pyproject.toml, then run: dev/do lock" >&2
        return 1
    fi
{%- endif %}

    for package; do
        name=${package%%[!A-Za-z0-9._-]*}
        if grep -Eiq "^$name([^A-Za-z0-9._-]|\$)" "$list"; then
            echo "dev/do: $name is in $list already; edit its line there, then run: dev/do lock" >&2
            return 1
        fi
    done

    cp -- "$list" "$list.before" || return
    trap 'mv -- "$list.before" "$list"; exit 130' INT
    [ -z "$(tail -c 1 "$list")" ] || echo >>"$list"
    printf '%s\n' "$@" >>"$list"
    lock || { mv -- "$list.before" "$list" && return 1; }
    trap - INT
    rm -- "$list.before"
    build
}

word=${1-}
[ $# = 0 ] || shift
note="dev/do: note: the image uses the answer package_index, not your variables"
[ -z "${UV_DEFAULT_INDEX-}${UV_INDEX_URL-}${PIP_INDEX_URL-}" ] ||
    case $word in add | lock | sync) echo "$note" >&2 ;; esac
case $word in
    '') usage ;;
{%- if listens %}
    run) engine compose up "$@" ;;
{%- else %}
    run) engine compose run --rm app {{ start }} "$@" ;;
{%- endif %}
    test) engine compose run --rm test {{ test }} "$@" ;;
    lint) tool ruff check "$@" && tool ruff format --check "$@" ;;
    format) tool ruff format "$@" ;;
    add) add "$@" ;;
{%- if app == "own" %}
    adopt) adopt && lock && check_ignored ;;
{%- endif %}
    lock) lock "$@" ;;
    shell) engine compose run --rm test bash ;;
    sync) build ;;
    check) check_ignored && settings && tool python -m pip check && compare ;;
    clean) engine compose down --remove-orphans ;;
    *) usage >&2 && exit 2 ;;
esac
