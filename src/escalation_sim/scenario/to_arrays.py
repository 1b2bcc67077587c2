"""Scenario -> Setup. The structure is built once; the numbers are filled in for each draw of the parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from escalation_sim import world as w
from escalation_sim._compiled import grouped
from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.numbers import Draw, middle
from escalation_sim.scenario.packing import floats, ints
from escalation_sim.scenario.quantity import MOST
from escalation_sim.scenario.schema import DAYS, Event, Quantity
from escalation_sim.scenario.structure import Structure
from escalation_sim.theory.memory import kept_share
from escalation_sim.theory.tick import hoist

_TINY = 1e-300  # a ratio of positive numbers that underflows to 0
_BINDS = {"defence", "offence", "neutrality", "non_aggression"}


class Compiler(Structure):
    """A resolved scenario that turns draws of its parameters into arrays."""

    def setup(self, draw: Draw | None = None) -> w.Setup:
        """The arrays for one draw of the parameters (medians where a path is missing)."""
        values = _Values(draw or {})
        numbers: dict[str, Any] = {}
        for part in (self._gates, self._event_numbers, self._effort_numbers):
            numbers |= part(values)
        numbers["reliability"] = floats(
            values(f"commitments.{c.id}.reliability", c.reliability) for c, _, _ in self.commitments
        )
        numbers["effect_value"] = floats(
            values(f"rules.{rule.id}.then.{gate}", quantity)
            for rule in self.rules
            for gate, quantity in sorted(rule.then.items())
        )
        setup = w.Setup(**self.fixed, **numbers)
        hoist(grouped(setup))
        return setup

    def _gates(self, values: _Values) -> dict[str, Any]:
        """Coefficient arrays, static covariates, and the memories at the start."""
        c, n_rungs = self.scenario.coefficients, len(self.scenario.ladder)
        static = np.zeros((2, n_rungs, len(w.STATIC_COVARIATES)))
        dynamic = np.zeros((2, n_rungs, len(w.DYNAMIC_COVARIATES)))
        reply_to = np.zeros((n_rungs, n_rungs))
        for phase, gates in enumerate((c.initiative, c.reply)):
            for gate, covariates in gates.items():
                for name, quantity in covariates.items():
                    value = values(f"coefficients.{('initiative', 'reply')[phase]}.{gate}.{name}", quantity)
                    k = self.index["rung"][gate]
                    if name.startswith("reply_to_"):
                        reply_to[k, self.index["rung"][name.removeprefix("reply_to_")]] = value
                    elif name in w.STATIC_COVARIATES:
                        static[phase, k, w.STATIC_COVARIATES.index(name)] = value
                    else:
                        dynamic[phase, k, w.DYNAMIC_COVARIATES.index(name)] = value
        half_life = [values(f"coefficients.memory.{m}", c.memory.get(m), 1.0) for m in ("fast", "slow", "worst")]
        return {
            "static": self._static(values),
            "static_coefficient": static,
            "dynamic_coefficient": dynamic,
            "reply_to": reply_to,
            "base": np.zeros((2, len(self.graph.edges), n_rungs)),
            "n_terms": np.zeros((2, n_rungs), dtype=np.int32),
            "terms": np.zeros(dynamic.shape, dtype=np.int32),
            "war_end": floats(
                values(f"coefficients.war_end.{name}", c.war_end.get(name), 0.0) for name in w.WAR_END_COVARIATES
            ),
            "frailty_sd": floats([values("coefficients.frailty_sd", c.frailty_sd, 0.0)]),
            "kept": np.zeros(3),
            "half_life_weeks": floats(half_life),
            "first_memory": self._first_memory(half_life),
        }

    def _first_memory(self, half_life: list[float]) -> Any:
        """Fast, slow and worst memory of every edge at the start, (3, E): past acts, faded until today."""
        memory = np.zeros((3, len(self.graph.edges)))
        for edge, weight, severity, days_ago in self.past:
            for m, size in enumerate((weight, weight, severity)):
                memory[m, edge] = max(memory[m, edge], size * kept_share(half_life[m], days_ago / 7.0))
        return memory

    def _static(self, values: _Values) -> Any:
        states = {state.id: state for state in self.scenario.states}
        bound = {pair for c in self.scenario.commitments if c.type in _BINDS for pair in self.graph.bound(c)}
        power = {name: values(f"states.{name}.capability", state.capability, 0.0) for name, state in states.items()}
        nuclear, rows = self.nuclear, []
        for a, b in self.graph.edges:
            own, other = a in nuclear, b in nuclear
            ratio = math.log(max(power[a] / power[b], _TINY)) if power[a] > 0 and power[b] > 0 else 0.0
            pact = (a, b) in bound or (b, a) in bound
            row: tuple[float, ...] = (
                1.0,
                min(6.0, max(-6.0, ratio)),
                own,
                other,
                own and other,
                (a, b) in self.graph.borders,
            )
            row += (
                (a, b) in self.graph.rivals,
                pact,
                bool(states[a].major_power),
                bool(states[b].major_power),
            )
            rows.append([float(x) for x in (*row, self.scenario.start.year > 1990)])
        return np.array(rows, dtype=np.float64).reshape(-1, len(w.STATIC_COVARIATES))

    def _event_numbers(self, values: _Values) -> dict[str, Any]:
        belief = np.ones((len(self.events), len(self.graph.states)))
        for v, event in enumerate(self.events):
            for i, state in enumerate(self.graph.states):
                for name in (state, "others"):
                    if name in event.believed:
                        belief[v, i] = values(f"events.{event.id}.believed.{name}", event.believed[name])
                        break
            belief[v, self.index["state"][event.actor]] = 1.0  # who acts knows it, whatever he says
        return {
            "event_chance": floats(_event_chance(values, event) for event in self.events),
            "event_troops": floats(values(f"events.{e.id}.troops", e.troops, 0.0) for e in self.events),
            "event_recruits": floats(
                values(f"events.{e.id}.recruits_per_week", e.recruits_per_week, 0.0) for e in self.events
            ),
            "belief": belief,
        }

    def _effort_numbers(self, values: _Values) -> dict[str, Any]:
        def column(field: str) -> Any:
            return floats(values(f"efforts.{e.state}.{field}", getattr(e, field)) for e in self.efforts)

        deployed = np.zeros(len(self.graph.edges))
        for row in self.scenario.support:
            deployed[self.index["edge"][row.by, row.against]] = values(f"support.{row.id}.troops", row.troops, 0.0)
        fields = {
            "effort_troops": "troops",
            "effort_needed": "needed",
            "effort_losses": "losses_per_week",
            "effort_recruits": "recruits_per_week",
            "effort_winter": "winter_losses",
            "effort_tolerance": "tolerance",
            "effort_rear": "rear_value",
        }
        return {
            "effort_state": ints(self.index["state"][e.state] for e in self.efforts),
            "contingent": floats([values("contingent", self.scenario.contingent)]),
            "first_deployed": deployed,
        } | {name: column(field) for name, field in fields.items()}


class _Values:
    """Looks a number up by its path: the draw if it has one, else its middle, else the default."""

    def __init__(self, draw: Mapping[str, float]) -> None:
        self.draw = draw

    def __call__(self, path: str, quantity: Quantity | None, default: float = 0.0) -> float:
        if quantity is None:
            return default
        found = self.draw.get(path)
        number = found if found is not None else middle(quantity)
        if not abs(number) <= MOST:  # NaN, too: what the engine computes is finite because all it is given is bounded
            raise ScenarioError(
                [f"{path}: its distribution gives {number:g}, and no number may exceed {MOST:g}; make it narrower"]
            )
        return number


def _event_chance(values: _Values, event: Event) -> float:
    """Probability of a dated event, or rate a week of a hazard."""
    if event.hazard is None:
        return values(f"events.{event.id}.probability", event.probability, 1.0)
    return values(f"events.{event.id}.hazard.rate", event.hazard.rate) * 7.0 / DAYS[event.hazard.per]
