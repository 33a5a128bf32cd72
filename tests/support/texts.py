"""All texts that a user of the template can meet, each with the place where it is written.

Pages are split into paragraphs, list items, table cells and headings; other files into comments
and docstrings. `tools/texts.py` prints them, and test_words.py checks them.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .answers import QUESTIONS
from .commands import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]

# Answers of projects that, together, have every file.
PROJECTS: list[dict[str, Any]] = [
    {"isolation": "venv", "app": "own", "ci": "github", "update_bot": "schedule"},
    {"isolation": "docker", "app": "web", "services": ["postgres", "redis"], "ci": "gitlab"},
    {"app": "cli", "services": ["postgres", "redis"], "ci": "github", "update_bot": "renovate"},
    {"app": "web", "company_network": True, "package_index": "https://pypi.example.com/simple"},
]

# Endings and names of files in which a line that starts with # is a comment.
HASH = (".sh", ".fish", ".csh", ".nu", ".ps1", ".yaml", ".yml", ".toml", ".in", ".conf", ".env")
HASH_NAMES = {"activate", "do", "Dockerfile", ".dockerignore", ".env.example", ".gitignore"}
HASH_NAMES |= {".gitattributes", ".editorconfig", "apt-packages.txt"}

# Comments that are for programs, or that show a line which users may switch on.
FOR_PROGRAMS = re.compile(
    r"!|shellcheck |noqa|type:|syntax=|hadolint |https?://\S+$|[\w-]+ = |\w+="
)


@dataclass(frozen=True)
class Text:
    """A paragraph, a cell, a comment or a message."""

    file: str
    line: int
    kind: str  # "heading", "cell", "prose", "comment", "remark", "docstring", "question", "message"
    text: str

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


# --- Markdown -----------------------------------------------------------------


def of_page(file: str, content: str) -> Iterator[Text]:
    """Yield the texts of a Markdown page, without its blocks of code."""
    lines: list[str] = []
    start = 1
    in_code = False

    def paragraph() -> Iterator[Text]:
        if lines:
            yield Text(file, start, "prose", " ".join(lines))
            lines.clear()

    for number, line in enumerate(content.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("```"):
            in_code = not in_code
            yield from paragraph()
        elif in_code:
            continue
        elif stripped.startswith("#"):
            yield from paragraph()
            yield Text(file, number, "heading", stripped.lstrip("# "))
        elif stripped.startswith("|"):
            yield from paragraph()
            for cell in re.split(r"(?<!\\)\|", stripped.strip("|")):
                if cell.strip(" :-"):
                    yield Text(file, number, "cell", cell.strip())
        elif not stripped:
            yield from paragraph()
        else:
            item = re.match(r"([-*]|\d+\.) +", stripped)
            if item:
                yield from paragraph()
            if not lines:
                start = number
            lines.append(stripped[item.end() :] if item else stripped)
    yield from paragraph()


# --- Comments -----------------------------------------------------------------


def of_python(file: str, content: str) -> Iterator[Text]:
    """Yield the comments and docstrings of a module."""
    own_lines, remarks = [], []
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        if token.type == tokenize.COMMENT:
            alone = not token.line[: token.start[1]].strip()
            (own_lines if alone else remarks).append((token.start[0], token.string))
    yield from of_comments(file, [(number, text.lstrip("# ")) for number, text in own_lines])
    for number, text in remarks:
        if not FOR_PROGRAMS.match(text.lstrip("# ")):
            yield Text(file, number, "remark", text.lstrip("# "))

    for node in ast.walk(ast.parse(content)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = ast.get_docstring(node)
            for part in (docstring or "").split("\n\n"):
                is_code = part.startswith("    ")
                if part and not is_code and not FOR_PROGRAMS.match(part):
                    line = getattr(node, "lineno", 1)
                    yield Text(file, line, "docstring", " ".join(part.split()))


def of_lines(file: str, content: str, marker: str = "#") -> Iterator[Text]:
    """Yield the comments that have lines of their own."""
    found = []
    for number, line in enumerate(content.splitlines(), 1):
        stripped = line.strip()
        if stripped.lower().startswith(marker):
            found.append((number, stripped[len(marker) :].removeprefix(" ")))
    yield from of_comments(file, found)


def of_comments(file: str, lines: Iterable[tuple[int, str]]) -> Iterator[Text]:
    """Join the lines of each comment, and leave out those that are not for people."""
    block: list[tuple[int, str]] = []
    for number, text in [*lines, (0, "")]:
        follows = block and number == block[-1][0] + 1
        is_prose = bool(text.strip()) and not text.startswith(" ")
        is_prose = is_prose and not FOR_PROGRAMS.match(text) and not re.fullmatch(r"\S+:", text)
        if block and not (follows and is_prose):
            joined = " ".join(part for _, part in block)
            yield Text(file, block[0][0], "comment", joined)
            block = []
        if is_prose:
            block.append((number, text.strip()))


def of_file(file: str, content: str) -> Iterator[Text]:
    """Yield the texts of a file in a project."""
    name = Path(file).name
    if name.endswith(".md"):
        yield from of_page(file, content)
    elif name.endswith(".py"):
        yield from of_python(file, content)
    elif name.endswith(".bat"):
        yield from of_lines(file, content, "@rem")
    elif name.endswith(HASH) or name in HASH_NAMES:
        yield from of_lines(file, content)


def of_project(folder: Path) -> Iterator[Text]:
    """Yield the texts of a project. Locks and licences are not written by this template."""
    for path in sorted(folder.rglob("*")):
        file = path.relative_to(folder).as_posix()
        if path.is_file() and file != ".copier-answers.yml":
            yield from of_file(file, path.read_text("utf-8"))


# --- Questions and messages ---------------------------------------------------


def line_of(text: str, content: str) -> int:
    """Return the number of the first line that contains a text."""
    return content.partition(text)[0].count("\n") + 1 if text in content else 1


def of_questions() -> Iterator[Text]:
    """Yield what Copier asks and offers, and the messages of the validators."""
    content = (ROOT / "copier.yml").read_text("utf-8")
    for name, question in QUESTIONS.items():
        start = line_of(f"\n{name}:", content) + 1
        for part in re.split(r"\{%.*?%\}", question.get("help", ""), flags=re.DOTALL):
            if part.strip():
                yield Text("copier.yml", start, "question", " ".join(part.split()))

        choices = question.get("choices", {})
        for label in choices if isinstance(choices, dict) else []:
            yield Text("copier.yml", line_of(label, content), "choice", label)

        validators = [question.get("validator", "")]
        validators += [c["validator"] for c in choices_with_validators(choices)]
        for validator in validators:
            for message in re.split(r"\{[%#].*?[%#]\}", validator, flags=re.DOTALL):
                if message.strip():
                    said = re.sub(r"\{\{.*?\}\}", "...", " ".join(message.split()))
                    yield Text("copier.yml", start, "message", said)


def choices_with_validators(choices: object) -> list[dict[str, str]]:
    values = choices.values() if isinstance(choices, dict) else []
    return [value for value in values if isinstance(value, dict) and "validator" in value]


def of_repository() -> Iterator[Text]:
    """Yield the texts of this repository that users and contributors read."""
    for path in PAGES:
        yield from of_page(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    yield from of_questions()
    yield from of_lines("copier.yml", (ROOT / "copier.yml").read_text("utf-8"))
    for path in sorted((ROOT / "includes").glob("*.txt")):
        content = re.sub(r"\{[%#].*?[%#]\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        for part in content.split("\n\n"):
            lines = [line for line in part.splitlines() if line and not line.startswith("    ")]
            if lines:
                file = path.relative_to(ROOT).as_posix()
                yield Text(file, line_of(lines[0], content), "prose", " ".join(lines).strip())
