"""Confrontations of the record, played: two states, the first act, what was known of them on that day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from escalation_sim import world as w
from escalation_sim._compiled import grouped
from escalation_sim.analysis.confrontations import QUIET_WEEKS, RUNG_OF_LEVEL, WINDOW_DAYS
from escalation_sim.draws import entity_id, key_schedule
from escalation_sim.drivers.confrontation import Played, play
from escalation_sim.scenario.numbers import Draw, middle, parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Coefficients, Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.theory.tick import hoist_base

_START = dt.date(1946, 1, 1)  # of the pattern; the seasons touch nothing that a dyad alone can do but the end of a war
_MIRROR = {  # what is the actor's seen from the target, and the reverse
    name: other
    for what in ("nuclear", "major")
    for name, other in ((f"own_{what}", f"their_{what}"), (f"their_{what}", f"own_{what}"))
}
_ASKED = {"id": "war", "label": "war", "kind": "vertical", "resolution": "war", "when": [{"act": {"at_least": "war"}}]}


class Players:
    """Two nameless states on the default ladder, and their setup for each onset of a table.

    Parameters
    ----------
    coefficients : Coefficients, optional
        The packaged table if left out.

    Attributes
    ----------
    levels : array (K,)
        Level (1 threat to 5 war) of an act on each rung, 0 below.
    """

    def __init__(self, coefficients: Coefficients | None = None) -> None:
        scenario = resolve(_pattern())
        if coefficients is not None:  # as a whole: rows of the packaged table must not fill its gaps
            scenario = scenario.model_copy(update={"coefficients": coefficients})
        self.compiler = Compiler(scenario)
        rungs = self.compiler.names.rungs
        self.rung = {level: rungs.index(name) for level, name in RUNG_OF_LEVEL.items()}
        self.levels = np.zeros(len(rungs), dtype=np.int64)
        for level in sorted(self.rung):
            self.levels[self.rung[level] :] = level
        self.severity = np.array([0.0] + [scenario.ladder[self.rung[level]].severity for level in RUNG_OF_LEVEL])
        self.half_life = np.array(
            [middle(scenario.coefficients.memory[m]) for m in ("fast", "slow", "worst")], dtype=np.float64
        )

    def draws(self, seed: int, n: int) -> list[Draw]:
        """Joint draws of the uncertain coefficients; with n = 1 all of them in their middle."""
        return parameter_draws(self.compiler.scenario, seed, n)

    def setup(self, row: Mapping[str, Any], whole: w.Setup) -> w.Setup:
        """The setup of one onset; `whole` is that of the pattern for some draw of the coefficients."""
        own = [row[name] for name in w.STATIC_COVARIATES]
        static = np.array([own, [row[_MIRROR.get(name, name)] for name in w.STATIC_COVARIATES]], dtype=np.float64)
        static[1, w.STATIC_COVARIATES.index("power_ratio")] *= -1.0
        nuclear = np.array([row["own_nuclear"], row["their_nuclear"]], dtype=np.uint8)
        closed = whole.closed.copy()
        closed[:, whole.need == w.NEED_NUCLEAR_WEAPON] = (1 - nuclear)[:, None]
        memory = np.array([[row[f"{side}_{m}"] for side in ("own", "their")] for m in ("fast", "slow", "worst")])
        setup = whole._replace(
            static=static,
            nuclear=nuclear,
            closed=closed,
            first_memory=memory,
            base=np.zeros_like(whole.base),
            event_rung=np.full(2, self.rung[int(row["first_level"])], dtype=np.int32),
            event_chance=np.array([1.0, float(row["clash"])]),
        )
        hoist_base(grouped(setup))  # all else it shares with `whole`, which other threads read
        return setup

    def play(
        self,
        onsets: pd.DataFrame,
        replicates: int,
        seed: int = 1,
        draws: list[Draw] | None = None,
        jobs: int = 1,
        progress: Callable[[int], object] = lambda done: None,
    ) -> list[Played]:
        """Play every onset; replicate r uses draw r mod P of the coefficients (their middle if none are given)."""
        wholes = [self.compiler.setup(draw) for draw in draws or [{}]]
        keys = key_schedule(seed)
        force = self.rung[3]

        def one(row: dict[str, Any]) -> Played:
            offset = entity_id(f"onset:{row['confrontation']}:{row['actor']}>{row['target']}") & ~np.uint64(0xFFFFFFFF)
            parts = []
            for p, whole in enumerate(wholes):
                lineages = np.arange(p, replicates, len(wholes), dtype=np.uint64) + np.uint64(offset)
                parts.append(play(self.setup(row, whole), keys, lineages, self.rung[1], force, QUIET_WEEKS))
            progress(1)
            return Played(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

        with ThreadPoolExecutor(max_workers=jobs) as pool:
            return list(pool.map(one, onsets.to_dict("records")))


def _pattern() -> Scenario:
    """Two rivals, and the first act of either as an event; all else is filled in for each onset."""
    state = {"capability": {"value": 0.01, "because": "a stand-in; nothing here reads it"}}
    act = {"act": "strike", "on": _START.isoformat()}
    data: dict[str, Any] = {
        "format_version": 1,
        "id": "dyad",
        "title": "Two states",
        "start": _START.isoformat(),
        "tick": "1 week",
        "horizon": f"{WINDOW_DAYS:g} days",
        "windows": [f"{WINDOW_DAYS:g} days"],
        "states": [{"id": "AAA", "name": "actor", **state}, {"id": "BBB", "name": "target", **state}],
        "rivalries": [{"between": ["AAA", "BBB"]}],
        "events": [
            {"id": "first", "actor": "AAA", "toward": "BBB", **act},
            {"id": "second", "actor": "BBB", "toward": "AAA", **act},
        ],
        "outcomes": [_ASKED],
    }
    return Scenario.model_validate(data)
