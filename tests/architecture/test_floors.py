"""The eight floors and the one-door libraries, held by the contracts in pyproject.toml."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of root/pyproject.toml against root/src, whatever else is installed."""
    search_path = os.pathsep.join([str(root / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": search_path},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copy_of_package(repository: Path, package: Path, tmp_path: Path) -> Path:
    """A copy of the contracts and the sources that a test may spoil; returns its root."""
    shutil.copy(repository / "pyproject.toml", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, tmp_path / "src" / package.name, ignore=ignored)
    return tmp_path


def folders_out_of_sight(package: Path) -> set[Path]:
    """Folders with modules but no __init__.py: the contracts would pass over them in silence."""
    return {module.parent for module in package.rglob("*.py") if not (module.parent / "__init__.py").exists()}


def test_no_folder_escapes_the_contracts(package: Path) -> None:
    assert not folders_out_of_sight(package)


def test_a_folder_out_of_sight_is_found(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (tmp_path / "__init__.py").touch()
    (hidden / "module.py").touch()
    assert folders_out_of_sight(tmp_path) == {hidden}


def test_the_package_keeps_every_contract(repository: Path) -> None:
    answer = lint_imports(repository)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "0 broken" in answer.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("errors", "from escalation_sim import world", "Floors"),
        ("theory/ladder", "import escalation_sim.drivers.agents", "Floors"),
        ("world", "from escalation_sim import draws", "Floors"),
        ("newcomer", "", "Floors"),
        ("world", "import numba", "One door: numba"),
        ("theory/gates", "from mesa import Agent", "One door: mesa"),
        ("scenario/schema", "import yaml", "One door: yaml"),
        ("drivers/ensemble", "import matplotlib.pyplot", "One door: matplotlib"),
        ("scenario/explain", "import click", "One door: click"),
        ("analysis/estimates", "import sklearn", "One door: scikit-learn"),
        ("analysis/estimates", "import ema_workbench", "One door: ema_workbench"),
        ("store/read", "import jinja2", "One door: jinja2"),
        ("report/page", "import weasyprint", "One door: weasyprint"),
        ("report/page", "from nicegui import ui", "One door: NiceGUI"),
        ("explorer/session", "import mesa", "One door: mesa"),
        ("explorer/markup", "import escalation_sim.report.svg", "Floors"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(copy_of_package: Path, module: str, line: str, contract: str) -> None:
    spoiled = copy_of_package / "src" / "escalation_sim" / f"{module}.py"
    with spoiled.open("a") as source:
        source.write(f"\n{line}\n")
    answer = lint_imports(copy_of_package)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    broken = [row for row in answer.stdout.splitlines() if " BROKEN" in row]
    assert any(row.startswith(contract) for row in broken), answer.stdout
