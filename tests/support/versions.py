"""Versions of the template: the working tree, releases made for a test, and real older ones."""

from __future__ import annotations

import shutil
from pathlib import Path

from .commands import ROOT, run

# Before any release was tagged, projects were made from commits: this was the newest.
FIRST = "9d6c119"


def export(target: Path) -> Path:
    """Copy the working tree without git: what is committed, what is changed, what is new."""
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in names.stdout.rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def release(repository: Path, version: str) -> None:
    """Commit what is in a template's repository, and tag it."""
    run("git", "init", "-q", cwd=repository)
    run("git", "add", "-A", cwd=repository)
    run("git", "commit", "-qm", version, cwd=repository)
    run("git", "tag", version, cwd=repository)


def last_release() -> str:
    """Return the newest tag that is not on the commit under test, else the first version."""
    tags = run("git", "tag", "--list", "v*", "--sort=-version:refname", cwd=ROOT).stdout.split()
    at_head = run("git", "tag", "--points-at", "HEAD", cwd=ROOT).stdout.split()
    older = [tag for tag in tags if tag not in at_head]
    return older[0] if older else FIRST


def history(repository: Path) -> tuple[str, str]:
    """Make a repository with the last release and, after it, the working tree.

    Returns the tags of both. Copier updates from tag to tag, so a commit without one gets one.
    """
    older, newer = last_release(), "v999.0.0"
    run("git", "clone", "-q", "--no-checkout", ROOT, repository)
    run("git", "checkout", "-q", older, cwd=repository)
    if not older.startswith("v"):
        older = "v0.1.0"
        run("git", "tag", older, cwd=repository)
    run("git", "rm", "-qr", ".", cwd=repository)
    release(export(repository), newer)
    return older, newer
