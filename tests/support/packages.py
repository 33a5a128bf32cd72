"""Packages of one module, made by the tests.

A project that needs only these is set up at once, without a network; what projects otherwise begin
with takes pip seconds to install.
"""

from __future__ import annotations

import hashlib
import stat
import zipfile
from pathlib import Path

from .projects import Project

# Works where both packages of `small` are installed, and prints the folder of the environment.
BOTH_THERE = "python -c 'import alpha, beta, sys; print(sys.prefix)'"


def wheel(
    folder: Path,
    name: str,
    version: str,
    *commands: str,
    programs: dict[str, str] | None = None,
    tag: str = "py3-none-any",
    metadata: str = "",
) -> Path:
    """Write a wheel of one module, NAME.VERSION being its version; return its path.

    `commands` become entry points that do nothing; `programs` are scripts, by name, with their text.
    `tag` says for which Python and platform it is, and `metadata` has more lines of its metadata.
    """
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    entries = "".join(f"{command} = {name}:main\n" for command in commands)
    files = {
        f"{name}.py": f"VERSION = '{version}'\n\n\ndef main() -> None:\n    pass\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{entries}",
    }
    for program, text in (programs or {}).items():
        files[f"{name}-{version}.data/scripts/{program}"] = text
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])

    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in files.items():
            entry = zipfile.ZipInfo(member)
            mode = 0o755 if "/scripts/" in member else 0o644
            entry.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(entry, text)
    return path


def locked(path: Path) -> str:
    """Return the lines that a lock has for a wheel: name, version and hash."""
    name, version, *_ = path.name.split("-")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


def small(project: Project, folder: Path) -> dict[str, str]:
    """Replace the locks of a project, so that it needs two packages, alpha and beta, and no other.

    Their wheels are written into a folder. Returns the variables that make pip and uv look in that
    folder only.
    """
    project.write("requirements.txt", locked(wheel(folder, "alpha", "1.0")))
    project.write("requirements-dev.txt", locked(wheel(folder, "beta", "1.0")))
    found = {"PIP_FIND_LINKS": str(folder), "UV_FIND_LINKS": str(folder)}
    return found | {"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1"}
