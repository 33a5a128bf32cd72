"""Everything that the tests replace inside other packages, and why.

Where git, versions or updates are tested, only `no_trust` is in use.
`test_rendering.py` renders with and without it and compares.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import copier
import jinja2
import pytest
from plumbum import local

compiled: dict[Any, Any] = {}
compile_template = jinja2.Environment.compile


def copy_without_trust(**options: Any) -> Any:
    return copier.run_copy(**{**options, "unsafe": False, "quiet": True})


def update_without_trust(**options: Any) -> Any:
    return copier.run_update(**{**options, "unsafe": False, "quiet": True})


@contextlib.contextmanager
def no_trust() -> Iterator[None]:
    """Let pytest-copie refuse what needs trust: it passes `unsafe=True` and has no option."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pytest_copie.plugin.run_copy", copy_without_trust)
        patch.setattr("pytest_copie.plugin.run_update", update_without_trust)
        yield


def compile_once(self: jinja2.Environment, source: Any, *names: Any, **options: Any) -> Any:
    # `names` are the name of the template, and its path, which only tracebacks show.
    key = type(self), self.undefined, source, names[:1], tuple(options.items())
    if key not in compiled:
        compiled[key] = compile_template(self, source, *names, **options)
    return compiled[key]


@contextlib.contextmanager
def quick() -> Iterator[None]:
    """Render four times as many projects a second from a folder that is not a git repository.

    Compiled templates are shared between projects. And git is not on PATH: Copier asks it whether
    the folder is a repository or a bundle, and for each file whether `core.fileMode` is false.
    """
    with pytest.MonkeyPatch.context() as patch, local.env(PATH=""):
        patch.setattr(jinja2.Environment, "compile", compile_once)
        yield
