"""Print each text that a user of the template can meet once, to be read in one go.

.venv/bin/python tools/texts.py            questions, messages, pages, comments
.venv/bin/python tools/texts.py docs/      only files whose names begin like this
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import copier
from support.texts import PROJECTS, Text, of_project, of_repository
from support.versions import export


def collect(folder: Path) -> list[Text]:
    """Return the texts of this repository and of these projects, rendered in a folder."""
    template = export(folder / "template")
    found = [*of_repository()]
    for number, answers in enumerate(PROJECTS):
        project = folder / str(number)
        copier.run_copy(str(template), project, answers, defaults=True, quiet=True)
        found += of_project(project)

    once: dict[tuple[str, str], Text] = {}
    for text in found:
        once.setdefault((text.file, text.text), text)
    return list(once.values())


def main() -> None:
    wanted = tuple(sys.argv[1:]) or ("",)
    with tempfile.TemporaryDirectory() as folder:
        texts = collect(Path(folder))
    for text in texts:
        if text.file.startswith(wanted):
            print(f"{text.place} [{text.kind}] {text.text}")


if __name__ == "__main__":
    main()
