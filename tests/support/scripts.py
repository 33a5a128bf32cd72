"""The Python modules that projects get, for tests that call them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from .commands import ROOT

NAMES = ("locks", "interpreters", "packages", "environment", "network")


def load_scripts(root: Path | None = None) -> SimpleNamespace:
    """Return new copies of the modules, as if they were those of the project in `root`."""
    for name in NAMES:
        sys.modules.pop(f"dev_{name}", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "template/dev")
        modules = {name: importlib.import_module(f"dev_{name}") for name in NAMES}
    if root:
        modules["locks"].ROOT = root
    return SimpleNamespace(**modules)
