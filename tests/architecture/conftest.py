"""What the architecture tests look at: the checkout and the package inside it."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def package(repository: Path) -> Path:
    """The folder of the package's sources."""
    return repository / "src" / "escalation_sim"
