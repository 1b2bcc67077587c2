"""The invented record as the estimation reads it."""

from pathlib import Path
from typing import Any

import pytest

from escalation_sim.store.history import History, read_history
from escalation_sim.study.dyads import Players
from escalation_sim.study.estimate import Onsets, read_onsets


@pytest.fixture(scope="session")
def history(invented_record: Path) -> History:
    """The invented tables, read."""
    return read_history(invented_record)


@pytest.fixture(scope="session")
def players(table: Any) -> Players:
    """Players by the made-up table."""
    return Players(table())


@pytest.fixture(scope="session")
def onsets(history: History, players: Players) -> Onsets:
    """Onsets of the invented record."""
    return read_onsets(history, players)
