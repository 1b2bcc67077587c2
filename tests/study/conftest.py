"""The invented record as the estimation reads it; made-up scenarios with reasons."""

from pathlib import Path
from typing import Any

import pytest

from escalation_sim.scenario.schema import Scenario
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


@pytest.fixture(scope="session")
def founded() -> Any:
    """Function that gives the blocks of a made-up scenario a reason, as `resolve` wants it."""

    def with_reasons(scenario: Scenario) -> Scenario:
        named = ("states", "commitments", "support", "events", "efforts", "rules")
        blocks = {
            name: tuple(block.model_copy(update={"because": "made up"}) for block in getattr(scenario, name))
            for name in named
        }
        return scenario.model_copy(update=blocks)

    return with_reasons
