"""The invented record as the estimation reads it; made-up scenarios with reasons; small sweeps."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from escalation_sim.scenario.designs import Design
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.load import read_tree
from escalation_sim.scenario.schema import Scenario
from escalation_sim.store.columns import NUMBER, TEXT, Column
from escalation_sim.store.history import History, read_history
from escalation_sim.store.provenance import FORMAT_VERSION, PROGRAM, digest_of
from escalation_sim.store.sweeps import begin, finish, prepare, read_sweep
from escalation_sim.study import executors
from escalation_sim.study.design import laid_out
from escalation_sim.study.drive import Halt, Open, Work, drive
from escalation_sim.study.dyads import Players
from escalation_sim.study.estimate import Onsets, read_onsets
from escalation_sim.study.sweep import Plan, heads, made_by


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


class Swept(NamedTuple):
    """A small sweep of the starter, and the folder it goes to."""

    folder: Path
    plan: Plan

    @property
    def record(self) -> dict[str, Any]:
        """What is written before anything is run."""
        scenario = {"id": self.plan.base.id}
        record = {"program": PROGRAM, "format_version": FORMAT_VERSION, "scenario": scenario, "made_by": made_by()}
        return record | {"plan": self.plan.as_record()}

    def begin(self) -> Work:
        """Make the folder, and say what is to be done."""
        prepare(self.folder)
        digest = digest_of(begin(self.folder, self.record)["plan"])
        return Work(self.folder, self.plan, digest, Halt(), lambda done: None)

    def driven(self, opened: Open, chunks: Sequence[int] | None = None) -> "Swept":
        """Run chunks (all, unless some are named) through an executor."""
        drive(self.begin(), range(self.plan.chunks) if chunks is None else chunks, opened)
        return self

    def finish(self) -> dict[str, bytes]:
        """Put the tables together; every file of the folder."""
        variables = [Column(one.id, NUMBER if one.is_number else TEXT, "", "") for one in self.plan.layout.columns]
        finish(self.folder, self.record, self.plan.chunks, heads(self.plan), variables, "")
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*.*")}

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Points and replicates."""
        self.finish()
        sweep = read_sweep(self.folder)
        return sweep.points, pd.concat(list(sweep.runs()))


WAR, FAST = "coefficients.reply.war.intercept", "coefficients.memory.fast"


@pytest.fixture(scope="session")
def plan_of() -> Any:
    """Function that makes the plan of a small sweep: 12 replicates over 3 draws at 3 x 3 points, two to a chunk."""
    tree = extended("library:starter", read_tree)

    def plan(odds: Sequence[float] = (-3.0, -1.0, 1.0), weeks: Sequence[float] = (1.0, 2.0, 3.0), **said: Any) -> Plan:
        variables = ({"id": "odds", "set": WAR, "values": odds}, {"id": "weeks", "set": FAST, "values": weeks})
        design = Design.model_validate({"id": "try", "kind": "grid", "variables": said.pop("variables", variables)})
        layout = laid_out(tree, design).under(said.pop("common", True))
        sizes = {"replicates": 12, "parameters": 3, "seed": 1, "runs": True, "chunk": 2} | said
        return Plan(tree.value, [], [], layout, **sizes)

    return plan


@pytest.fixture
def swept(plan_of: Any, tmp_path: Path) -> Any:
    """Function that makes a small sweep, see `plan_of`."""
    return lambda name="sweep", **said: Swept(tmp_path / name, plan_of(**said))


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have points of sweeps die, fail or tarry, see deadly.py; gives the function that says which."""
    from escalation_sim.study import drive, sweep

    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setattr(sweep, "run_point", sweep.run_point)  # put back afterwards
    import deadly

    for name in ("run_chunk", "run_one"):
        monkeypatch.setattr(drive, name, getattr(deadly, name))
    return deadly.orders


@pytest.fixture(scope="session")
def reference(plan_of: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every file of the small sweep, run in this process without interruption."""
    return Swept(tmp_path_factory.mktemp("reference") / "sweep", plan_of()).driven(executors.here).finish()
