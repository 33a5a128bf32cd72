"""The metadata with which a project is packaged."""

from __future__ import annotations

import ast
import tomllib

import pytest
from support.projects import Bakery


@pytest.mark.parametrize("app", ["cli", "web"])
def test_the_command_that_the_package_installs_starts_a_function(app: str, bake: Bakery) -> None:
    project = bake(app=app)
    scripts = tomllib.loads(project.read("pyproject.toml"))["project"]["scripts"]
    module, _, function = scripts["my-project"].partition(":")

    source = project.read(f"src/{module.replace('.', '/')}.py")
    defined = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert function in defined
