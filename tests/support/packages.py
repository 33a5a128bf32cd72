"""Small packages, and projects that need no others: pip takes seconds to install what they bring."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from pathlib import Path

from .projects import Project

# A command that works where both packages of a small project are installed.
BOTH_THERE = "python -c 'import alpha, beta, sys; print(sys.prefix)'"


def wheel(
    folder: Path, name: str, version: str, *commands: str, programs: dict[str, str] | None = None
) -> Path:
    """Write a wheel of one module, which knows its version.

    Its commands do nothing; its programs are scripts with this text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    entries = "".join(f"{command} = {name}:main\n" for command in commands)
    files = {
        f"{name}.py": f"VERSION = '{version}'\n\n\ndef main() -> None:\n    pass\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{entries}",
    }
    for program, text in (programs or {}).items():
        files[f"{name}-{version}.data/scripts/{program}"] = text
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])

    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in files.items():
            entry = zipfile.ZipInfo(member)
            mode = 0o755 if "/scripts/" in member else 0o644
            entry.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(entry, text)
    return path


def locked(path: Path) -> str:
    """Return the entry of a wheel in a lock."""
    name, version, *_ = path.name.split("-")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


def small(project: Project, folder: Path) -> dict[str, str]:
    """Let a project need two small packages, which are written into a folder.

    Returns the variables with which pip and uv find them there, and nothing anywhere else.
    """
    project.write("requirements.txt", locked(wheel(folder, "alpha", "1.0")))
    project.write("requirements-dev.txt", locked(wheel(folder, "beta", "1.0")))
    found = {"PIP_FIND_LINKS": str(folder), "UV_FIND_LINKS": str(folder)}
    return found | {"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1"}
