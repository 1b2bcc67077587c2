"""The scripts that make what the pages show, as modules."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, f"docs/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def gallery() -> ModuleType:
    """The script that makes the gallery."""
    return _script("gallery")


@pytest.fixture(scope="session")
def refresh() -> ModuleType:
    """The script that makes the pages' results."""
    return _script("refresh")
