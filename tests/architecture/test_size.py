"""Modules stay short enough to be read in one sitting."""

from pathlib import Path

import pytest

BUDGET_LINES = 300  # beyond it a module has to say why
LIMIT_LINES = 400  # beyond it a module is two modules


def modules_longer_than(lines: int, folder: Path) -> dict[str, int]:
    """Modules under the folder with more lines than given, and how many they have."""
    sizes = {
        module.relative_to(folder).as_posix(): len(module.read_text(encoding="utf-8").splitlines())
        for module in sorted(folder.rglob("*.py"))
    }
    return {module: size for module, size in sizes.items() if size > lines}


def test_no_module_exceeds_the_limit(package: Path) -> None:
    assert modules_longer_than(0, package), f"no modules under {package}"
    for module, size in modules_longer_than(BUDGET_LINES, package).items():
        print(f"{module}: {size} lines, above the budget of {BUDGET_LINES}")
    assert not modules_longer_than(LIMIT_LINES, package)


@pytest.mark.parametrize(("size", "too_long"), [(LIMIT_LINES, False), (LIMIT_LINES + 1, True)])
def test_a_module_above_the_limit_is_found(tmp_path: Path, size: int, too_long: bool) -> None:
    (tmp_path / "module.py").write_text("x = 1\n" * size)
    assert bool(modules_longer_than(LIMIT_LINES, tmp_path)) is too_long
