"""One replicate as a Mesa model: states are agents, named and inspectable, speaking the compiled theory's sentences.

An agent is a view of the arrays and owns nothing; decisions, acts and the aftermath are the very functions that the
ensemble runs, so one replicate of either driver gives equal arrays. Mesa's own random generators are not used.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, NamedTuple

import mesa
import numpy as np

from escalation_sim import world as w
from escalation_sim._compiled import grouped
from escalation_sim.draws import key_schedule
from escalation_sim.theory.decision import decide
from escalation_sim.theory.effort import at_war
from escalation_sim.theory.ladder import floor
from escalation_sim.theory.tick import act, aftermath, ask, begin, luck, may_decide, open_tick


class _IdsPerModel:
    """Mesa 3.3 counts agents in a table keyed by model that never lets a model go (mesa/mesa#3179); this one does."""

    def __getitem__(self, model: mesa.Model) -> itertools.count[int]:
        counter: itertools.count[int] = model.__dict__.setdefault("_agent_ids", itertools.count(1))
        return counter


class Reasons(NamedTuple):
    """Why an act was chosen: what the gates said and what moved them."""

    tick: int
    edge: int
    phase: int  # BY_INITIATIVE, BY_REPLY, ...
    rung: int
    gates: list[tuple[int, float]]  # (rung, probability that its gate opened) up to the gate that stayed shut
    covariates: list[tuple[str, float]]  # (name, log-odds it added at the gate of the chosen rung), largest first
    rules: list[tuple[int, float]]  # (rule, log-odds it added at the gate of the chosen rung), those that held


class StateAgent(mesa.Agent):
    """A state. Its attributes are read from the model's world at the moment they are asked for."""

    _ids = _IdsPerModel()

    def __init__(self, model: EscalationModel, index: int) -> None:
        super().__init__(model)
        self.index = index
        self.name = model.names.states[index]
        self.edges = [int(edge) for edge in np.flatnonzero(model.setup.actor == index)]

    @property
    def strain(self) -> float:
        """Strain of the war effort, in [0, 1]."""
        return float(self.model.world.strain[self.index])

    @property
    def at_war(self) -> bool:
        """Whether the state is at war with anyone."""
        return bool(at_war(self.model.inside.setup, self.model.inside.world, self.index))

    @property
    def belligerent(self) -> bool:
        """Whether the state is at war or in combat beside a partner."""
        return bool(self.model.world.belligerent[self.index])

    @property
    def rung(self) -> str:
        """The highest rung of its acts in the last tick, or of the combat or war it is in."""
        return str(self.model.names.rungs[self.model.level_of(self.index)])

    def decide(self, phase: int) -> None:
        """Decide on every edge (in a reply phase: on every edge that something prompts)."""
        model = self.model
        for edge in self.edges:
            setup, world, records = model.inside
            if not may_decide(world, edge, phase):
                continue
            u = luck(setup, world, model.keys, model.lineage, edge, phase)
            rung = decide(setup, world, records, edge, int(phase >= w.BY_REPLY), u)
            if rung > 0 and model.explaining:
                model.reasons.append(_reasons(model, edge, phase, rung))


class _Inside(NamedTuple):
    """The arrays as compiled code sees them."""

    setup: Any
    world: Any
    records: Any


class EscalationModel(mesa.Model):
    """One replicate of a scenario, tick by tick.

    Parameters
    ----------
    setup : Setup
        One parameter draw of a scenario.
    names : Names
        What its indices stand for.
    luck : int
        Seed of the study.
    replicate : int
        Number of the replicate, whose luck is replayed.
    explaining : bool
        Keep the reasons of every act in `reasons`.
    rng : int, optional
        For Mesa's own generators, which the theory does not use.
    """

    def __init__(
        self,
        setup: w.Setup,
        names: w.Names,
        luck: int = 0,
        replicate: int = 0,
        explaining: bool = False,
        rng: Any = None,
    ) -> None:
        super().__init__(rng=int(rng) if isinstance(rng, str) and rng.isdigit() else rng)
        self.setup, self.names, self.explaining = setup, names, explaining
        self.keys, self.lineage = key_schedule(luck), np.uint64(replicate)
        self.world, self.records = w.blank_world(setup), w.blank_records(setup)
        self.inside = _Inside(grouped(setup), grouped(self.world), grouped(self.records))
        self.reasons: list[Reasons] = []
        begin(self.inside.setup, self.inside.world, self.keys, self.lineage)
        StateAgent.create_agents(self, len(names.states), list(range(len(names.states))))
        self.datacollector = mesa.DataCollector(
            model_reporters={
                "day": "day",
                "belligerents": "n_belligerents",
                "acts": "n_acts",
                "rung": "rung",
                "outcomes": "outcomes",
            },
            agent_reporters={"state": "name", "strain": "strain", "belligerent": "belligerent", "rung": "rung"},
        )
        self.datacollector.collect(self)

    @property
    def tick(self) -> int:
        """Number of the tick that comes next."""
        return int(self.world.clock[w.CLOCK_TICK])

    @property
    def day(self) -> float:
        """Days since the start."""
        return self.tick * float(self.setup.tick_days)

    @property
    def n_acts(self) -> int:
        """Acts and events recorded so far."""
        return int(self.world.clock[w.CLOCK_RECORDS])

    @property
    def n_belligerents(self) -> int:
        """States at war or in combat."""
        return int(self.world.clock[w.CLOCK_BELLIGERENTS])

    @property
    def rung(self) -> str:
        """Highest rung anywhere: acts of the last tick, combat, war."""
        return str(self.names.rungs[max(self.rungs(), default=0)])

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes that have become true."""
        reached = zip(self.names.outcomes, self.world.outcome_day, strict=True)
        return tuple(name for name, day in reached if day >= 0)

    def rungs(self, edges: Iterable[int] | None = None) -> list[int]:
        """Rung of each edge, or of some: its highest act in the last tick, or the combat or war in which it stands."""
        asked = range(len(self.names.edges)) if edges is None else edges
        level = {int(edge): int(floor(*self.inside[:2], edge)) for edge in asked}
        for n in range(self.world.clock[w.CLOCK_TICK_START], self.n_acts):
            if (edge := int(self.records.edge[n])) in level:
                level[edge] = max(level[edge], int(self.records.rung[n]))
        return list(level.values())

    def level_of(self, state: int) -> int:
        """Highest rung on which a state acted in the last tick, or fights."""
        return max(self.rungs(np.flatnonzero(self.setup.actor == state)), default=0)

    def step(self) -> None:
        """One tick: events, initiatives, replies, aftermath. Past the horizon, one step that only stops the run.

        The last step changes nothing because `mesa.batch_run` reports the state before the last step.
        """
        setup, world, records = self.inside
        if self.tick >= setup.n_ticks:
            self.running = False
            return
        open_tick(setup, world, records, self.keys, self.lineage)
        self.agents.do("decide", w.BY_INITIATIVE)
        act(setup, world, records, w.BY_INITIATIVE)
        for phase in range(w.BY_REPLY, w.BY_REPLY + setup.reply_rounds):
            ask(setup, world, records, phase)
            self.agents.do("decide", phase)
            act(setup, world, records, phase)
        aftermath(setup, world, self.keys, self.lineage)
        self.datacollector.collect(self)

    def run_model(self) -> EscalationModel:
        """Run to the horizon; returns the model."""
        while self.running:
            self.step()
        return self


def _reasons(model: EscalationModel, edge: int, phase: int, rung: int) -> Reasons:
    """What a decision just made rested on: the scratch arrays still hold what it saw and how far it looked."""
    setup, world, _ = model.inside
    is_reply = int(phase >= w.BY_REPLY)
    gates = [(k, float(p)) for k, p in enumerate(world.p_gate) if p >= 0.0]
    coefficient = setup.dynamic_coefficient[is_reply, rung]
    parts = [
        (name, float(coefficient[f] * world.covariate[f]))
        for f, name in enumerate(w.DYNAMIC_COVARIATES)
        if coefficient[f] * world.covariate[f] != 0.0
    ]
    parts.sort(key=lambda part: -abs(part[1]))
    held = []
    for row in range(setup.rows_from[edge], setup.rows_from[edge + 1]):
        if world.held[row] == 1:
            effects = range(*setup.row_effects[row])
            moved = sum(setup.effect_value[x] for x in effects if setup.effect_gate[x] == rung)
            held.append((int(setup.row_rule[row]), float(moved)))
    return Reasons(model.tick, edge, phase, rung, gates, parts, held)
