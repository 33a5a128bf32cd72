"""The ways in which mutations.py breaks files of the template.

Files are found by name, and what is broken by a pattern, so that both can move and be written
anew. What is not found raises DoesNotApply: a mutation that changes nothing proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

Edit = Callable[[str], str]
Break = Callable[[Path], None]

# Lines of Jinja that belong together in pairs, so that none may go alone.
PAIRED = re.compile(r"\{%-?\s*(if|elif|else|endif|for|endfor|set|endset)\b")


class DoesNotApply(Exception):
    """What a mutation breaks was not found."""


# --- On files ----------------------------------------------------------------------------


def found(root: Path, *patterns: str) -> list[Path]:
    """Return the files that one of the patterns names; one behind a `!` names exceptions."""
    wanted = {path for pattern in patterns if pattern[0] != "!" for path in root.glob(pattern)}
    unwanted = {
        path for pattern in patterns if pattern[0] == "!" for path in root.glob(pattern[1:])
    }
    paths = sorted(path for path in wanted - unwanted if path.is_file())
    if not paths:
        raise DoesNotApply(f"no file {' '.join(patterns)}")
    return paths


def edit(where: str, *edits: Edit) -> Break:
    """Change each file in which all edits find their pattern; `where` is words with wildcards."""

    def change(root: Path) -> None:
        reasons = []
        changed = False
        for path in found(root, *where.split()):
            # As bytes, so that the ends of lines stay as they are.
            text = before = path.read_bytes().decode("utf-8")
            try:
                for one in edits:
                    text = one(text)
            except DoesNotApply as error:
                reasons.append(str(error))
                continue
            if text != before:
                path.write_bytes(text.encode("utf-8"))
                changed = True
        if not changed:
            said = "; ".join(dict.fromkeys(reasons)) or "nothing changes"
            raise DoesNotApply(f"{where}: {said}")

    return change


def delete(where: str) -> Break:
    """Remove files."""

    def change(root: Path) -> None:
        for path in found(root, *where.split()):
            path.unlink()

    return change


def not_executable(where: str) -> Break:
    """Take the permission to run a file."""

    def change(root: Path) -> None:
        paths = [path for path in found(root, *where.split()) if path.stat().st_mode & 0o111]
        if not paths:
            raise DoesNotApply(f"{where}: is not executable")
        for path in paths:
            path.chmod(0o644)

    return change


def all_of(*breaks: Break) -> Break:
    """Do several of these, each of which has to apply."""

    def change(root: Path) -> None:
        for one in breaks:
            one(root)

    return change


# --- On text -----------------------------------------------------------------------------


def replace(pattern: str, new: str, count: int = 0) -> Edit:
    """Replace what a pattern finds, everywhere or the first so many times."""

    def change(text: str) -> str:
        changed, number = re.subn(pattern, new, text, count=count, flags=re.MULTILINE)
        if not number:
            raise DoesNotApply(f"nothing matches {pattern}")
        return changed

    return change


def without_lines(pattern: str) -> Edit:
    """Remove each line in which a pattern is found."""

    def change(text: str) -> str:
        lines = text.splitlines(keepends=True)
        kept = [line for line in lines if not re.search(pattern, line.rstrip("\r\n"))]
        if len(kept) == len(lines):
            raise DoesNotApply(f"no line matches {pattern}")
        return "".join(kept)

    return change


def indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def block(lines: list[str], pattern: str) -> tuple[int, int]:
    """Return from where to where a line that matches goes, with all lines indented below it.

    Lines of Jinja begin in the first column, wherever they are.
    """
    for start, line in enumerate(lines):
        if re.search(pattern, line.rstrip("\r\n")):
            break
    else:
        raise DoesNotApply(f"no line matches {pattern}")

    end = start + 1
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if not line.strip() or PAIRED.match(line):
            continue  # inside only when more of the block follows
        if indentation(line) <= indentation(lines[start]) and not line.startswith("{%"):
            break
        end = number + 1
    return start, end


def without_block(pattern: str) -> Edit:
    """Remove a key of YAML with all that is below it, and the remarks above it.

    The conditions around and inside it stay, as they come in pairs.
    """

    def change(text: str) -> str:
        lines = text.splitlines(keepends=True)
        start, end = block(lines, pattern)
        margin = " " * indentation(lines[start])
        kept = [line for line in lines[start:end] if PAIRED.match(line)]
        while start and lines[start - 1].startswith(f"{margin}#"):
            start -= 1
        if start and not lines[start - 1].strip():
            start -= 1
        return "".join([*lines[:start], *kept, *lines[end:]])

    return change


def inside(pattern: str, *edits: Edit) -> Edit:
    """Change only what is in the block that begins with a line that matches."""

    def change(text: str) -> str:
        lines = text.splitlines(keepends=True)
        start, end = block(lines, pattern)
        part = "".join(lines[start:end])
        for one in edits:
            part = one(part)
        return "".join([*lines[:start], part, *lines[end:]])

    return change


def between(start: str, end: str, *edits: Edit) -> Edit:
    """Change only what is from a line that matches up to another, or to the end of the file."""

    def change(text: str) -> str:
        first = re.search(start, text, re.MULTILINE)
        if not first:
            raise DoesNotApply(f"no line matches {start}")
        last = re.compile(end, re.MULTILINE).search(text, first.end())
        stop = last.start() if last else len(text)
        part = text[first.start() : stop]
        for one in edits:
            part = one(part)
        return text[: first.start()] + part + text[stop:]

    return change


def swap(first: str, second: str) -> Edit:
    """Let two words that patterns find change places, each where it stands first."""

    def change(text: str) -> str:
        one = re.search(first, text, re.MULTILINE)
        other = re.search(second, text, re.MULTILINE)
        if not one or not other:
            raise DoesNotApply(f"nothing matches {second if one else first}")
        if other.start() < one.start():
            one, other = other, one
        middle = text[one.end() : other.start()]
        return text[: one.start()] + other[0] + middle + one[0] + text[other.end() :]

    return change


def append(more: str) -> Edit:
    """Add text at the end."""
    return lambda text: text + more


def returns_at_once(name: str, value: str = "") -> Edit:
    """Let a function of Python do nothing."""
    return replace(rf"^( *)def ({name})\((.*)$", rf"\1def \2(\3\n\1    return {value}".rstrip())


def excused(condition: str) -> Edit:
    """Let the validator of a question look away where this is so, however it is written.

    To be used inside the block of that question.
    """

    def change(text: str) -> str:
        lines = text.splitlines(keepends=True)
        start, end = block(lines, "^  validator:")
        margin = " " * indentation(lines[start + 1])
        before = f"{margin}{{% if not ({condition}) %}}\n"
        after = f"{margin}{{% endif %}}\n"
        return "".join([*lines[: start + 1], before, *lines[start + 1 : end], after, *lines[end:]])

    return change
