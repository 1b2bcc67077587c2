"""Every public name of the package says what it means; the front door is narrow, told in full, and costs nothing."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import escalation_sim

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


MOST_NAMES = 12  # at the front door, the version among them
DOORS = [name for name in escalation_sim.__all__ if name != "__version__"]
HEAVY = {"numpy", "numba", "pandas", "scipy", "matplotlib", "mesa", "pydantic", "yaml"}


def test_the_front_door_is_narrow_and_says_the_same_in_all_its_lists(package: Path) -> None:
    assert len(escalation_sim.__all__) <= MOST_NAMES
    assert dir(escalation_sim) == sorted(escalation_sim.__all__)
    assert set(DOORS) == set(escalation_sim._DOORS)
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    (typed,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.name: node.module for node in typed.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == escalation_sim._DOORS


def test_no_name_at_the_door_is_that_of_a_room(package: Path) -> None:
    """Once a room is imported, it would stand where the function stood."""
    rooms = {path.stem for path in package.iterdir() if path.suffix in {"", ".py"}}
    assert {"report", "errors"} <= rooms
    assert rooms.isdisjoint(DOORS)


def untold(asked: Any) -> list[str]:
    """What the docstring of a public function lacks: a parameter, an error, an example."""
    text = asked.__doc__ or ""
    wanted = {"an example": ">>>", "what it raises": "Raises\n"}
    if inspect.isclass(asked):
        return [what for what, sign in wanted.items() if sign == ">>>" and sign not in text]
    lacks = [what for what, sign in wanted.items() if sign not in text]
    told = re.split(r"^ *(?:Returns|Raises)$", text, maxsplit=1, flags=re.MULTILINE)[0]
    return [name for name in inspect.signature(asked).parameters if not re.search(rf"\b{name}\b", told)] + lacks


@pytest.mark.parametrize("name", DOORS)
def test_every_name_at_the_door_is_told_in_full(name: str) -> None:
    assert untold(getattr(escalation_sim, name)) == []


def test_what_is_not_told_is_found() -> None:
    def half(told: int, hidden: int) -> None:
        """Half of it: `told`.

        >>> 1
        """

    assert untold(half) == ["hidden", "what it raises"]


def test_the_python_guide_tells_every_name(repository: Path) -> None:
    guide = (repository / "docs" / "python.md").read_text(encoding="utf-8")
    assert [name for name in DOORS if f"`{name}" not in guide] == []


def loaded_after(statement: str) -> set[str]:
    """Libraries that a fresh interpreter has imported after a statement."""
    command = f"import sys; {statement}; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    answer = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert HEAVY.isdisjoint(loaded_after("import escalation_sim"))
    assert "numba" in loaded_after("from escalation_sim import run_ensemble")


def test_a_name_that_is_not_there_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        _ = escalation_sim.lod
