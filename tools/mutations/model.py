"""What a mutation is, and where the files are that mutations break."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .breaking import Break


@dataclass(frozen=True)
class Tests:
    """Tests that could notice: each entry names files, and after a colon what `-k` selects."""

    entries: tuple[str, ...]

    def parts(self, root: Path) -> list[tuple[list[Path], str]]:
        """Return the files of each entry that are there, and its selection."""
        parts = []
        for entry in self.entries:
            names, _, keyword = entry.partition(":")
            paths = [path for name in names.split() for path in root.glob(f"tests/{name}")]
            if paths:
                parts.append((sorted({*paths}), keyword.strip()))
        return parts

    def files(self, root: Path) -> list[str]:
        """Return the test files, for the command line of pytest."""
        return sorted({str(path) for paths, _ in self.parts(root) for path in paths})

    def expression(self, root: Path) -> str:
        """Return what selects the tests, for `-k`."""
        terms = []
        for paths, keyword in self.parts(root):
            in_files = " or ".join(path.name for path in paths)
            terms.append(f"(({in_files}) and ({keyword}))" if keyword else f"({in_files})")
        return " or ".join(terms)

    def __str__(self) -> str:
        return "; ".join(self.entries)


@dataclass(frozen=True)
class Mutation:
    """A way to break the template."""

    name: str  # what a user loses
    kind: str  # of the file that is broken
    make: Break
    tests: Tests
    needs: tuple[str, ...] = ()  # what these tests need: docker, or a shell
    harmless: str = ""  # why it is no fault that no test notices


def group(to: list[Mutation], kind: str, *tests: str, needs: str = "") -> Callable[..., None]:
    """Return a function that adds mutations of one kind to a list.

    Those that name no tests of their own get these.
    """

    def add(
        name: str, make: Break, *own_tests: str, needs: str = needs, harmless: str = ""
    ) -> None:
        could_notice = Tests(own_tests or tests)
        to.append(Mutation(name, kind, make, could_notice, tuple(needs.split()), harmless))

    return add


# --- Where things are --------------------------------------------------------------------

COPIER = "copier.yml"
NAMES = "includes/names.jinja"
NEXT_STEPS = "includes/next-steps.*"
GITIGNORE = "template/.gitignore*"
DOCKERIGNORE = "template/.dockerignore*"
SETTINGS_EXAMPLE = "template/.env.example*"
GITHUB = "template/.github/workflows/*ci*"
GITHUB_WEEKLY = "template/.github/workflows/*update*"
GITLAB = "template/.gitlab-ci.yml*"
PUBLISHING = "template/.github/workflows/*publish*"
PUBLISH = "includes/publish.sh"
ALL_CI = f"{GITHUB} {GITHUB_WEEKLY} {GITLAB} includes/github-*"
RENOVATE = "template/renovate.json*"
DOCKERFILE = "template/Dockerfile*"
PRODUCTION = "template/compose*.yaml* !template/compose.override* !template/compose.own*"
DEVELOPMENT = "template/compose.override.yaml*"
DEVCONTAINER = "template/.devcontainer/*compose.yaml*"
LOCKS = "includes/locks/*.txt"
POSIX = "template/**/activate"
CSH, FISH, NU, POWERSHELL, CMD = (
    f"template/**/activate.{x}" for x in ["csh", "fish", "nu", "ps1", "bat"]
)
DO_POWERSHELL, DO_CMD = "template/**/do.ps1", "includes/dev/*.bat"
RUNNER = "template/**/dev_*.py template/**/dev_do.py.jinja includes/dev/*.sh"
SOURCE = "template/src/**/*"
GUIDES = "template/DEVELOPMENT.md* docs/*.md"
README = "README.md"
PROJECT_README = "template/README.md*"
PYPROJECT = "template/pyproject.toml*"
