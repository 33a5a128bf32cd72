#!/bin/sh
# The everyday commands of this project. Each is shown, and runs in the folder of the project.
#
#     dev/do run [ARGUMENT...]        run the program
#     dev/do test [ARGUMENT...]       run the tests
#     dev/do lint [ARGUMENT...]       check the code and its format
#     dev/do format [ARGUMENT...]     format the code
#     dev/do add [--dev] PACKAGE...   add packages to the requirements, lock and install them
#     dev/do lock [--upgrade]         lock the requirements, with the newest versions if asked to
#     dev/do shell                    start a shell in which everything is installed
#     dev/do sync                     build the images
#     dev/do check                    check that the packages in the image fit together
#     dev/do clean                    remove the containers; volumes with data are kept

file=$0
[ ! -L "$file" ] || file=$(readlink -f -- "$file")
case $file in */*) CDPATH='' cd -P -- "${file%/*}/.." ;; *) cd -P .. ;; esac || exit

# Podman has the same commands.
engine=docker
command -v docker >/dev/null || engine=podman

# Print the list above.
usage() {
    sed -n 's/^#     //p' dev/do
}

# Show a command of the engine and run it.
engine() {
    echo "+ $engine $*" >&2
    "$engine" "$@"
}

tool() { engine compose run --rm test "$@"; }

# With the project mounted, so that the command can change its files as the user.
editor() { engine compose run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/app" test "$@"; }

{% if app == "own" -%}
# Where code moves in, dev/adopt.py finds its packages.
adopt() {
    image=$("$engine" build --quiet --target=build .) || return
    engine run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/app" "$image" python -B dev/adopt.py
}

{% endif -%}
lock() { engine build --target=lock ${1:+--build-arg=UPGRADE=1} --output=. .; }
build() { engine compose --profile=* build; }

# Fail if git ignores a file of the template: clones lack it, and updates delete it.
check_ignored() {
    set -- dev/* dev/.g* *.yaml requirements*.* Dockerfile .dockerignore .copier-answers.yml
    ignored=$(git check-ignore -- "$@" 2>/dev/null | tr '\n' ' ')
    [ -n "$ignored" ] || return 0
    git check-ignore --verbose -- "$@" >&2
    echo "dev/do: git ignores files of the template, see above; run: git add --force $ignored" >&2
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
case $word in
    '') usage ;;
{%- if listens %}
    run) engine compose up "$@" ;;
{%- else %}
    run) engine compose run --rm app {{ start }} "$@" ;;
{%- endif %}
    test) tool pytest "$@" ;;
    lint) tool ruff check "$@" && tool ruff format --check "$@" ;;
    format) editor ruff format "$@" ;;
    add) add "$@" ;;
{%- if app == "own" %}
    adopt) adopt && lock && check_ignored ;;
{%- endif %}
    lock) lock "$@" ;;
    shell) editor bash ;;
    sync) build ;;
    check) check_ignored && tool python -m pip check ;;
    clean) engine compose --profile=* down --remove-orphans ;;
    *) usage >&2 && exit 2 ;;
esac
