"""The plain Mesa model under the very draws of the shipped engine: then every act must be equal, not just its share.

`Luck` stands in for the model's generator and finds out who draws from the frame that called it. That is a trick for a
check; the model under test knows nothing of it.
"""

from __future__ import annotations

import math
import sys
from types import FrameType
from typing import Any

import mesa
import mesa_peer
import numpy as np
from mesa_peer.acts import Act, Dyad, Promise

from escalation_sim import draws as d
from escalation_sim import world as w
from escalation_sim._compiled import grouped
from escalation_sim.theory.tick import begin, whole_tick

OF_EDGES = ("fast", "slow", "worst", "fresh", "obliged", "backing", "deployed")


class Luck:
    """The engine's draws of one replicate, asked for like those of `random.Random`."""

    def __init__(self, setup: w.Setup, keys: d.Words, lineage: int) -> None:
        self.setup, self.keys, self.lineage = setup, keys, np.uint64(lineage)
        self.model: Any = None

    def _draw(self, tick: int, entity: np.uint64, purpose: int) -> float:
        return d.uniform(self.keys, self.lineage, tick, entity, purpose)

    def gauss(self, mean: float, sd: float) -> float:
        """The normal draw of a dyad's frailty."""
        dyad = self.setup.dyad_id[self.model.plan.dyads.index(sys._getframe(1).f_locals["plan"])]
        radius, angle = self._draw(0, dyad, d.FRAILTY_RADIUS), self._draw(0, dyad, d.FRAILTY_ANGLE)
        return mean + sd * math.sqrt(-2.0 * math.log1p(-radius)) * math.cos(2.0 * math.pi * angle)

    def random(self) -> float:
        """The uniform draw that the engine makes at this point."""
        frame = sys._getframe(1)
        name = frame.f_code.co_name
        if name == "__init__":
            return self._at_birth(frame.f_locals)
        return getattr(self, f"_{name}")(frame)

    def _at_birth(self, local: dict[str, Any]) -> float:
        s, plan = self.setup, local["plan"]
        if isinstance(local["self"], Promise):
            return self._draw(0, s.commitment_id[self.model.plan.promises.index(plan)], d.HONOUR)
        return self._draw(0, s.event_id[plan.number] ^ s.state_id[local["state"]], d.BELIEF)

    def _schedule(self, frame: FrameType) -> float:
        if "event" in frame.f_locals:
            return self._draw(0, self.setup.event_id[frame.f_locals["number"]], d.EVENT_DATE)
        return self._draw(0, self._group(frame), d.EVENT_CHANCE)

    def _group(self, frame: FrameType) -> np.uint64:
        first = frame.f_locals["group"].events[0]
        entity: np.uint64 = self.setup.group_id[self.setup.event_group[first]]
        return entity

    def _compete(self, frame: FrameType) -> float:
        return self._draw(self.model.tick, self._group(frame), d.EVENT_HAZARD)

    def _decide(self, frame: FrameType) -> float:
        edge, phase = frame.f_locals["edge"], frame.f_locals["phase"]
        purpose = d.INITIATIVE if phase == 0 else d.REPLY + self.model.round
        return self._draw(self.model.tick, self.setup.edge_id[edge.plan.number], purpose)

    def _fight_on(self, frame: FrameType) -> float:
        dyad = self.model.dyads.index(frame.f_locals["dyad"])
        return self._draw(self.model.tick, self.setup.dyad_id[dyad], d.WAR_END)

    def _settle(self, frame: FrameType) -> float:
        outcome = self.model.outcomes.index(frame.f_locals["self"])
        return self._draw(self.model.tick, self.setup.outcome_id[outcome], d.OUTCOME_DAY)


class LuckyModel(mesa_peer.EscalationModel):
    """The model under test, with `Luck` in the place of its generator."""

    def __init__(self, plan: mesa_peer.Plan, luck: Luck) -> None:
        self.luck, self.round, luck.model = luck, 0, self
        super().__init__(plan, seed=0)

    @property
    def random(self) -> Luck:
        """The engine's draws."""
        return self.luck

    @random.setter
    def random(self, generator: object) -> None:
        """Mesa gives a model a generator of its own, which is not used here."""

    def step(self) -> None:
        """One tick, counting its rounds of replies."""
        self.round = -1
        super().step()

    def prompt(self, acts: list[Act]) -> None:
        """Another round."""
        self.round += 1
        super().prompt(acts)


def compare(name: str, setup: w.Setup, replicates: int, seed: int = 1) -> int:
    """Print and return how many of so many replicates differ in any act, memory, war, strain or outcome."""
    plan, keys = mesa_peer.build(setup), d.key_schedule(seed)
    different = acts = 0
    for lineage in range(replicates):
        same, n_acts = alike(setup, plan, keys, lineage)
        acts += n_acts
        different += not same
    sys.stdout.write(f"{name:<28}{replicates:>7,} replicates,{acts:>12,} acts,{different:>6} replicates differ\n")
    sys.stdout.flush()
    return different


def alike(setup: w.Setup, plan: mesa_peer.Plan, keys: d.Words, lineage: int) -> tuple[bool, int]:
    """Whether one replicate is the same in both, act by act and in the end; and how many acts there were."""
    world, records = w.blank_world(setup), w.blank_records(setup)
    inside = grouped(setup), grouped(world), grouped(records)
    begin(inside[0], inside[1], keys, np.uint64(lineage))
    for _ in range(setup.n_ticks):
        whole_tick(*inside, keys, np.uint64(lineage))
    model = LuckyModel(plan, Luck(setup, keys, lineage))
    model.run_model()
    mesa.Agent._ids.pop(model, None)
    return _same_acts(model, world, records) and _same_world(model, world), len(model.acts)


def _number(thing: Any) -> int:
    """Number of an act, event, edge or rung; -1 for none."""
    if thing is None:
        return -1
    return int(thing.number if hasattr(thing, "number") else thing.plan.number)


def _same_acts(model: LuckyModel, world: w.World, records: w.Records) -> bool:
    """Whether all was done alike: who against whom, how high, in answer to what, in support of whom."""
    n = world.clock[w.CLOCK_RECORDS]
    columns = records.edge, records.rung, records.cause, records.event, records.support
    done = [
        (
            _number(a.edge),
            max(_number(a.rung), 0),
            _number(a.cause),
            _number(a.event),
            -1 if a.support is None else a.support,
        )
        for a in model.acts
    ]
    return (
        done == list(zip(*(column[:n].tolist() for column in columns), strict=True))
        and np.allclose([act.novelty for act in model.acts], records.novelty[:n])
        and np.allclose([act.magnitude for act in model.acts], records.magnitude[:n])
    )


def _same_world(model: LuckyModel, world: w.World) -> bool:
    """Whether all stands alike in the end."""
    dyads: list[Dyad] = model.dyads
    return (
        all(np.allclose([getattr(edge, name) for edge in model.edges], getattr(world, name)) for name in OF_EDGES)
        and np.allclose([state.strain for state in model.states], world.strain)
        and [int(dyad.war) for dyad in dyads] == world.war.tolist()
        and [_number(watch.act) for watch in model.watches] == world.watch_record.tolist()
        and [promise.triggered for promise in model.promises] == (world.triggered >= 0.0).tolist()
        and np.allclose([outcome.day for outcome in model.outcomes], world.outcome_day)
        and [_number(outcome.act) for outcome in model.outcomes] == world.outcome_record.tolist()
    )
