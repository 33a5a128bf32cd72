"""The Python modules that projects get, for tests that call them."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace

import pytest

from .commands import ROOT


def load_scripts() -> SimpleNamespace:
    """Return new copies of venv.py and of the modules that it is made of."""
    names = ("network", "project", "pythons", "packages", "shells", "venv")
    for name in names:
        sys.modules.pop(name, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "template/dev")
        return SimpleNamespace(**{name: importlib.import_module(name) for name in names})
