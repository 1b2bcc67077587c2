"""Every public name of the package says what it means."""

import ast
from pathlib import Path

NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def undocumented(source: str) -> list[str]:
    """Names at the top of a module that are public and bear no docstring; "module" for the module itself.

    The source is read, not imported: a compiled function hides its docstring, and an import may cost seconds.
    """
    tree = ast.parse(source)
    names = [
        f"{node.name} (line {node.lineno})"
        for node in tree.body
        if isinstance(node, NAMED) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    return names if ast.get_docstring(tree) else ["module", *names]


def test_every_public_name_is_documented(repository: Path, package: Path) -> None:
    modules = sorted(package.rglob("*.py"))
    assert modules, f"no modules under {package}"
    missing = {
        str(module.relative_to(repository)): names
        for module in modules
        if (names := undocumented(module.read_text(encoding="utf-8")))
    }
    assert not missing, missing


def test_an_undocumented_name_is_found() -> None:
    told = '"""Documented."""\ndef told():\n    """Told."""\n'
    source = told + "def untold(): ...\ndef _private(): ...\nclass Bare: ...\n"
    assert undocumented(source) == ["untold (line 4)", "Bare (line 6)"]
    assert undocumented("x = 1\n") == ["module"]
