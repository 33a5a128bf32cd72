"""Resolve all requirements again:  python tools/lock.py [--upgrade | --upgrade-package NAME]

Projects start with the locks in includes/locks/, one for each application and
choice of services; the tests of this repository use tests/requirements.txt, and its pictures
tools/requirements.txt. Without --upgrade the versions in them are kept where they still fit; with
it, the newest are taken. The hashes are always those that the index has now. Needs uv, jinja2 and
pyyaml, which are among the requirements of the tests.

The resolver is called exactly as `dev/do lock` calls it in a project,
so that a project which locks again without a change gets the same bytes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import jinja2
import yaml

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "includes" / "locks"
NAMES = ("requirements", "requirements-dev")
COMPILE = [
    *("uv", "pip", "compile", "--quiet", "--universal", "--python-version=3.11"),
    *("--fork-strategy=fewest", "--generate-hashes", "--no-strip-extras"),
]


def kinds() -> list[dict[str, Any]]:
    """Return every combination of answers that a lock depends on."""
    questions = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    apps, services = (list(questions[name]["choices"].values()) for name in ("app", "services"))
    return [
        {"app": app, "used_services": chosen}
        for app in apps
        for count in range(len(services) + 1 if app != "own" else 1)
        for chosen in itertools.combinations(services, count)
    ]


def lock(name: str, answers: dict[str, Any]) -> Path:
    """Return where a lock is kept; what development needs does not depend on the services."""
    services = answers["used_services"] if name == "requirements" else ()
    return LOCKS / ("-".join((name, answers["app"], *services)) + ".txt")


def direct(name: str, answers: dict[str, Any]) -> str:
    """Return the text of `name`.in as a project with these answers gets it."""
    source = (ROOT / "template" / f"{name}.in.jinja").read_text(encoding="utf-8")
    return jinja2.Template(source, undefined=jinja2.StrictUndefined).render(answers) + "\n"


def resolve(folder: Path, names: tuple[str, ...] = NAMES, *extra: str) -> None:
    """Lock the .in files of a folder; the versions in its .txt files are preferred."""
    for path in [folder / f"{name}.txt" for name in names]:
        # uv keeps hashes that it finds, and would not add those of files that came later.
        if path.exists():
            text = re.sub(r" \\\n +--hash=\S+", "", path.read_text("utf-8"))
            path.write_text(text, "utf-8")

    for name in names:
        constraints = ["--constraints=requirements.txt"] if name == "requirements-dev" else []
        command = [*COMPILE, *extra, *constraints, f"--output-file={name}.txt", f"{name}.in"]
        # This machine's uv configuration must not reach the locks.
        quiet = {"UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}
        subprocess.run(command, cwd=folder, check=True, env=os.environ | quiet)


# The platforms of the images. Other ones install with pip.
PLATFORMS = ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64")


def pin_uv() -> None:
    """Write which uv the images install packages with: the one of the tests."""
    [version] = re.findall(
        r"^uv==(\S+)", (ROOT / "tests/requirements.txt").read_text(), re.MULTILINE
    )
    pin = ROOT / "includes" / "uv.txt"
    if pin.read_text(encoding="utf-8").startswith(f"uv=={version} "):
        return

    url = f"https://pypi.org/pypi/uv/{version}/json"
    with urllib.request.urlopen(url) as answer:
        files = json.load(answer)["urls"]
    lines = [f"uv=={version}"]
    for platform in PLATFORMS:
        [digest] = [file["digests"]["sha256"] for file in files if platform in file["filename"]]
        lines.append(f"            --hash=sha256:{digest}")
    pin.write_text(" \\\n".join(lines), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    parser.add_argument("--upgrade-package", metavar="NAME", help="take its newest version")
    arguments = parser.parse_args()
    flags = ["--upgrade"] if arguments.upgrade else []
    if arguments.upgrade_package:
        flags = [f"--upgrade-package={arguments.upgrade_package}"]

    for folder in ("tests", "tools"):
        resolve(ROOT / folder, ("requirements",), *flags)
    pin_uv()
    with tempfile.TemporaryDirectory() as temporary:
        # All together first: every lock then prefers these versions,
        # so that no package has one version here and another one there.
        union = Path(temporary, "union")
        union.mkdir()
        for name in NAMES:
            texts = [direct(name, answers) for answers in kinds()]
            (union / f"{name}.in").write_text("\n".join(texts), encoding="utf-8")
            if not arguments.upgrade:
                paths = {lock(name, answers): None for answers in kinds()}
                old = [path.read_text("utf-8") for path in paths if path.exists()]
                (union / f"{name}.txt").write_text("\n".join(old), encoding="utf-8")
        resolve(union, NAMES, *flags)

        for answers in kinds():
            folder = Path(temporary, "-".join((answers["app"], *answers["used_services"])))
            folder.mkdir()
            for name in NAMES:
                (folder / f"{name}.in").write_text(direct(name, answers), encoding="utf-8")
                (folder / f"{name}.txt").write_bytes((union / f"{name}.txt").read_bytes())
            resolve(folder)
            for name in NAMES:
                target = lock(name, answers)
                target.write_bytes((folder / f"{name}.txt").read_bytes())
                print(f"{target.relative_to(ROOT)}: {target.read_text().count('==')} packages")


if __name__ == "__main__":
    main()
