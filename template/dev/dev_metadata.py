# fmt: off
# ruff: noqa
# mypy: ignore-errors
"""Write the version and the commands of this project where Python and the shell find them.

This replaces an installation of the project, which would need a build backend. The arguments are a
folder on sys.path, and the folder of the programs.
"""

import os
import sys
from pathlib import Path

PROGRAM = "#!{python}\nimport sys\n\nfrom {module} import {name}\n\nsys.exit({name}())\n"
BATCH = '@"%~dp0python.exe" -c "import sys; from {module} import {name}; sys.exit({name}())" %*\n'


def write(path: Path, text: str) -> None:
    """Write a file unless it has this text already."""
    if not path.exists() or path.read_text("utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o755)


def main(folder: Path, programs: Path) -> None:
    """Read pyproject.toml, which needs Python 3.11, and write the files."""
    import tomllib

    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8")).get("project", {})
    if "name" not in project:
        return
    groups = {"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}
    lines = []
    for group, entries in groups.items():
        lines += [f"[{group}]", *(f"{key} = {value}" for key, value in entries.items())]

    information = folder / f"{project['name'].replace('-', '_')}.dist-info"
    version = project.get("version", "0")
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n"
    write(information / "METADATA", metadata)
    write(information / "RECORD", f"{information.name}/METADATA,,\n")
    write(information / "entry_points.txt", "\n".join(lines) + "\n")
    for command, target in groups["console_scripts"].items():
        module, _, name = target.partition(":")
        words = {"python": sys.executable, "module": module, "name": name}
        if os.name == "nt":
            write(programs / f"{command}.bat", BATCH.format(**words))
        else:
            write(programs / command, PROGRAM.format(**words))


if __name__ == "__main__":
    if sys.version_info >= (3, 11) and Path("pyproject.toml").exists():
        main(*map(Path, sys.argv[1:]))
