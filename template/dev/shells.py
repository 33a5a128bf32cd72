"""Say to each shell which variables to set: those of .env and of the environment itself.

The activate scripts source what stands here in their shell's own language, so all depends on
the quoting: what a value holds is never executed, and arrives as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

# Run by the Python of the environment, which has python-dotenv.
PARSE = """
import json
from dotenv.parser import parse_stream
def line(original):  # it begins with the empty lines before
    return original.line + original.string.partition(original.string.strip())[0].count("\\n")
with open(".env", encoding="utf-8-sig", errors="surrogateescape") as stream:
    found = [(line(b.original), b.key, b.value, b.error) for b in parse_stream(stream)]
print(json.dumps(found))
"""
NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
UNFIT = re.compile("[\0\udc80-\udcff]")  # ends a variable; is no UTF-8
# Variables that belong to a shell, which lets nobody set them, computes with what they hold, and
# so may run it, or acts on it; and those of activation.
RESERVED = r"""
    (BASH|FISH|KSH|YASH|ZLE|ZSH|dis|fish|zsh|_venv)_.* | BASH(OPTS|PID) | KSH[EGU]*ID
    | ARGC | ARGV0 | COLUMNS | COMMAND_NOT_FOUND_HANDLER | CURRENT_FILE | DIRSTACK(SIZE)?
    | ENV_CONVERSIONS | FILE_PWD | E?[GU]ID | EPOCH(REALTIME|SECONDS) | ERRNO
    | ERRORLEVEL | FUNC(NAME|NEST) | GROUPS | HIST(CHARS|CMD|SIZE) | IFS | JOBMAX | KEYBOARD_HACK
    | KEYTIMEOUT | LINENO | LINES | LISTMAX | LOGCHECK | MAIL(CHECK|PATH) | OPTIND | PGRP
    | PIPESTATUS | POSIXLY_CORRECT | PPID | PWD | RANDOM | REPORT(MEMORY|TIME) | SAVEHIST | SECONDS
    | SHELLOPTS | SHLVL | SRANDOM | TMOUT | TTYIDLE | TRY_BLOCK_(ERROR|INTERRUPT) | USERNAME
    | USER_ID | WATCH(FMT)? | [RS]?PROMPT[0-9]? | R?PS[0-9] | PROMPT_COMMAND
    | _ | aliases | argv | builtins | cdpath | commands | cwd | dirstack | fignore | fpath
    | func(file|source)?trace | funcstack | functions(_source)? | galiases | histchars
    | history(words)? | hostname | job(dir|state|text)s | keymaps | mailpath | manpath
    | module_path | modules | nameddirs | options | parameters | patchars | path | pipestatus
    | prompt | psvar | reswords | saliases | signals | status(_generation)? | termcap | terminfo
    | umask | user(dir|group)s | version | watch | widgets
    | [Pp][Aa][Tt][Hh] | PROJECT_PYTHON | PYTHONHOME | VIRTUAL_ENV | VIRTUAL_ENV_PROMPT
"""


def variables(parsed: str) -> tuple[dict[str, str], list[str]]:
    """Return the variables in .env as they stand, and what is wrong in it, line by line.

    Nothing is expanded, nothing executed. A line that is no assignment is left out.
    `parsed` is what PARSE prints.
    """
    found: dict[str, str] = {}
    wrong = []
    for line, name, value, error in json.loads(parsed):
        if not error and name is None:
            continue  # a comment or an empty line
        if (name or "").startswith("COMPOSE_"):
            continue  # Docker Compose reads .env itself; in a shell, other projects would see it
        if error or value is None or UNFIT.search(value) or not NAME.fullmatch(name):
            wrong.append(f".env:{line}: expected NAME=value, in UTF-8; this line is left out")
        elif re.fullmatch(RESERVED, name, re.VERBOSE):
            wrong.append(f".env:{line}: {name} belongs to the shell; this line is left out")
        else:
            found[name] = value
    return found, wrong


def quote_sh(text: str, special: str = "'") -> str:
    """Quote for sh; special characters stand outside the quotes, behind a backslash."""
    return "'" + re.sub(f"[{re.escape(special)}]", r"'\\\g<0>'", text) + "'"


# For each shell the line that sets a variable, and how its value is quoted.
SETTERS: dict[str, tuple[str, Callable[[str], str]]] = {
    # Ends with the first variable that it refuses, forgets that one is an integer; no alias counts.
    "sh": ("\\unset -v {0} && {0}={1} && \\export {0} || return\n", quote_sh),
    # Expands ! even in quotes, which a newline ends, and can be set to see backslashes there.
    "csh": ("setenv {} {}\n", lambda s: quote_sh(s, "'!\\").replace("\n", "\\\n")),
    # Here a backslash counts in quotes, and in PowerShell typographic quotes are quotes.
    "fish": ("set -gx {} {}\n", lambda s: "'" + re.sub(r"(['\\])", r"\\\1", s) + "'"),
    "ps1": ("$env:{} = {}\n", lambda s: "'" + re.sub("(['\u2018-\u201b])", r"\1\1", s) + "'"),
    # An empty line after a caret is the end of a line in the value.
    "bat": (
        "@set {}={}\r\n",
        lambda s: re.sub(r'([&|<>^"()\n])', r"^\1", s).replace("%", "%%").replace("\n", "\r\n\r\n"),
    ),
}


def files(to_set: dict[str, str]) -> dict[str, bytes]:
    """Return the content of activate.SUFFIX by suffix: one for each shell, json for nushell.

    The one with the names tells what to save before.
    """
    # Set last and restored first, as csh reads each line by the locale of that moment.
    names = sorted(to_set, key=lambda name: name != "LANG" and not name.startswith("LC_"))
    texts = {"names": " ".join([*names, "PYTHONHOME\n"]), "json": json.dumps(to_set)}
    for shell, (form, quote) in SETTERS.items():
        texts[shell] = "".join(form.format(k, quote(to_set[k])) for k in reversed(names))
    # Windows PowerShell takes a file for UTF-8 only with the mark.
    encodings = {"ps1": "utf-8-sig"}
    return {
        suffix: text.encode(encodings.get(suffix, "utf-8"), "surrogateescape")
        for suffix, text in texts.items()
    }
