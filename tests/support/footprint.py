"""How much a project gets from the template."""

from __future__ import annotations

from dataclasses import asdict, dataclass

LOCKS = {"requirements.txt", "requirements-dev.txt"}
# How a comment starts in the languages of dev/; the last two are those of cmd.
COMMENT = ("#", "@rem", "::")


@dataclass(frozen=True)
class Footprint:
    """The counts of one project: of its files, their lines, and parts of these."""

    files: int
    lines: int
    entries_at_root: int
    code_in_dev: int
    lines_of_development_md: int

    def __str__(self) -> str:
        return ", ".join(
            f"{count} {name.replace('_', ' ')}" for name, count in asdict(self).items()
        )


def footprint(files: dict[str, bytes]) -> Footprint:
    """Count what is in a project, given the content of each file by its path."""
    lines = {name: content.decode("utf-8").splitlines() for name, content in files.items()}
    programs = [name for name in lines if name.startswith("dev/") and name != "dev/.gitattributes"]
    return Footprint(
        files=len(lines),
        lines=sum(len(lines[name]) for name in lines if name not in LOCKS),
        entries_at_root=len({name.partition("/")[0] for name in lines}),
        code_in_dev=sum(is_code(line) for name in programs for line in lines[name]),
        lines_of_development_md=len(lines["DEVELOPMENT.md"]),
    )


def is_code(line: str) -> bool:
    """Tell whether a line is neither blank nor a comment."""
    return bool(line.strip()) and not line.lstrip().lower().startswith(COMMENT)
