# fmt: off
# ruff: noqa
# mypy: ignore-errors
"""Find where existing code lists its packages: in requirements*.in, or in pyproject.toml."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dev_locks import LISTS, ROOT, Problem, check_requirements, lock_text

TOOLS = "dev/tools.in"
REQUIREMENT = re.compile(r"-|[A-Za-z0-9][\w.-]*\s*(\[[^]]*\]\s*)?([(<>=!~;@]|--hash|$)")


def sources() -> list[list[str]]:
    """Return what uv resolves for each lock: a list, or else tables of pyproject.toml."""
    check_lists(LISTS)
    application, development = ([name] if (ROOT / name).exists() else [] for name in LISTS)
    if application and development:
        return [application, development]

    content = metadata()
    project, groups = content.get("project", {}), content.get("dependency-groups", {})
    extras = project.get("optional-dependencies", {})
    for name, source in content.get("tool", {}).get("uv", {}).get("sources", {}).items():
        if isinstance(source, dict) and source.keys() & {"git", "path", "workspace"}:
            fix = "leave it out, or publish a package"
            raise Problem(f"pyproject.toml: tool.uv.sources: {name} has no hash to lock; {fix}")

    if not application:
        if "dependencies" not in project:
            raise Problem("expected requirements.in, or dependencies in [project]; found neither")
        check_table("project.dependencies", project["dependencies"])
        application = ["pyproject.toml"]

    extra = next((name for name in ("dev", "test") if name in extras), "")
    if not development and "dev" in groups:
        check_table("dependency-groups.dev", groups["dev"])
        development = [TOOLS, "--group=dev"]
    elif not development and extra:
        check_table(f"project.optional-dependencies.{extra}", extras[extra])
        development = [TOOLS, "pyproject.toml", f"--extra={extra}"]
    return [application, development or [TOOLS]]


def metadata() -> dict[str, Any]:
    """Return the content of pyproject.toml, nothing if it is missing."""
    if sys.version_info < (3, 11):
        found = f"found {sys.version.split()[0]}; set PROJECT_PYTHON to a newer one"
        raise Problem(f"expected Python 3.11 or later to read pyproject.toml, {found}")
    import tomllib

    try:
        return tomllib.loads(lock_text("pyproject.toml"))
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"pyproject.toml: {error}") from None


def check_table(table: str, requirements: list[Any]) -> None:
    """Raise Problem for the first requirement of a table that cannot be locked."""
    # A group can include another group, by an entry that is a table.
    entries = [entry if isinstance(entry, str) else "" for entry in requirements]
    check_requirements(f"pyproject.toml: {table}", entries)


def check_lists(lists: Iterable[str]) -> None:
    """Raise Problem for the first line of these lists, or of lists in them, that uv cannot lock."""
    names = [name for name in lists if (ROOT / name).exists()]
    for name in names:
        try:
            lines = (ROOT / name).read_text("utf-8-sig").splitlines()
        except UnicodeError:
            fix = "expected UTF-8, found another encoding; save it as UTF-8"
            raise Problem(f"{name}: {fix}") from None

        check_requirements(name, lines)
        for number, line in enumerate(lines, 1):
            requirement = re.sub(r"(^|\s)#.*", "", line).strip("\\ \t")
            if included := re.match(r"(?:-[rc]|--requirement|--constraint)[ =]*(.+)", requirement):
                names += find_included(f"{name}:{number}", Path(name).parent, included[1], names)
            elif requirement and not REQUIREMENT.match(requirement):
                expected = "expected a line such as httpx>=0.28"
                raise Problem(f"{name}:{number}: {expected}, found {requirement}")


def find_included(place: str, folder: Path, included: str, known: list[str]) -> list[str]:
    """Return the path of a list that another one includes, nothing if it is known already."""
    # The image has the lists at the root and those in the folder requirements.
    path = os.path.normpath(folder / included).replace(os.sep, "/")
    in_image = re.fullmatch(r"requirements/.*|(requirements|constraints)[^/]*\.(in|txt)", path)
    if not (ROOT / path).is_file() or ((ROOT / "Dockerfile").exists() and not in_image):
        raise Problem(f"{place}: expected a file in requirements/, found {included}")
    return [path] if path not in known else []
