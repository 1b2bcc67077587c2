"""One engine: equal arrays by both drivers, the same bytes in threads and batches, splitting at the exact value."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from escalation_sim._compiled import grouped
from escalation_sim.draws import key_schedule
from escalation_sim.drivers import agents, ensemble
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study.ensemble import Size
from escalation_sim.study.rare import estimate_rare
from escalation_sim.theory.tick import begin, whole_tick
from escalation_sim.verification.closed_form import CHAIN, echo_world, promises_world
from escalation_sim.verification.metamorphic import starter
from escalation_sim.verification.verdict import Effort, Row, equal, few
from escalation_sim.verification.worlds import crisis, logit, outcome, run, storm
from escalation_sim.world import Records, World, blank_records, blank_world

SCRATCH = {"covariate", "p_gate", "held", "prompt_link", "prompt_weight"}  # what a decision leaves lying about


def alone(setup: Any, replicate: int, seed: int) -> tuple[World, Records]:
    """One replicate through the ensemble's own loop."""
    world, records, keys = blank_world(setup), blank_records(setup), key_schedule(seed)
    inside = grouped(setup), grouped(world), grouped(records)
    begin(inside[0], inside[1], keys, np.uint64(replicate))
    for _ in range(setup.n_ticks):
        whole_tick(*inside, keys, np.uint64(replicate))
    return world, records


def differences(one: Any, other: Any) -> list[str]:
    """Names of the arrays of two groups that are not equal, scratch left aside."""
    return [
        name
        for name in one._fields
        if name not in SCRATCH and not np.array_equal(getattr(one, name), getattr(other, name))
    ]


def drivers(effort: Effort) -> list[Row]:
    """The Mesa model and the ensemble give equal arrays, replicate by replicate."""
    rows, each = [], effort.share(2.5e-5, 3)
    worlds = {
        "storm": storm(),
        "starter": starter(),
        "echo": echo_world(0.1, 0.6, 0.3, 12),
        "chain": promises_world(CHAIN),
    }
    for label, scenario in worlds.items():
        compiler = Compiler(scenario)
        setup, wrong, acts, n = compiler.setup(), 0, 0, 0
        for replicate in range(each):
            model = agents.EscalationModel(setup, compiler.names, luck=effort.seed, replicate=replicate).run_model()
            world, records = alone(setup, replicate, effort.seed)
            wrong += len(differences(model.world, world)) + len(differences(model.records, records))
            n += len(World._fields) + len(Records._fields)
            acts += model.n_acts
        rows.append(equal(f"{label}: arrays that differ", 0, wrong, n))
        rows.append(equal(f"{label}: replicates without any act, of all together", 0, int(acts == 0), each))
    return rows


def same_bytes(effort: Effort) -> list[Row]:
    """Threads and batches change no byte."""
    rows, n = [], min(effort.share(0.003, 300), 2_000)
    for label, scenario in (("storm", storm()), ("starter", starter())):
        one, two = (run(scenario, n, effort.seed, jobs, draws=3) for jobs in (1, 2))
        rows.append(equal(f"{label}: arrays that differ between 1 and 2 threads", 0, len(differences(one, two)), n))
        whole = _in_batches(scenario, n, effort, 1)
        for batches in (7, n):  # a batch holds the replicates of one parameter draw; here all draws are the same
            other = _in_batches(scenario, n, effort, batches)
            wrong = [name for name in differences(whole, other) if name not in ("counts", "sizes")]
            rows.append(equal(f"{label}: arrays that differ in {batches} batches", 0, len(wrong), n))
    return rows


def _in_batches(scenario: Scenario, n: int, effort: Effort, batches: int) -> ensemble.Tally:
    setup = Compiler(scenario).setup()
    return ensemble.run(lambda draw: setup, batches, n, effort.seed, effort.jobs)


def parameter_streams(effort: Effort) -> list[Row]:
    """The first draws of the uncertain numbers do not depend on how many are drawn."""
    few_draws, many = (parameter_draws(storm(), effort.seed, count) for count in (5, 50))
    wrong = sum(a != b for a, b in zip(few_draws, many, strict=False))
    return [equal("first draws that differ between 5 and 50", 0, wrong, 5),
            equal("different draws among 50", 50, len({str(draw) for draw in many}), 50)]  # fmt: skip


TICKS = 52


def one_climb(p: float) -> Scenario:
    """An act of one decision, whose chance in a week is the product of its gates."""
    gates = {"protest": {"intercept": logit(0.1)}, "strike": {"intercept": logit(p / 0.1)}}
    return crisis(initiative=gates, horizon=7.0 * TICKS, outcomes=[_struck()])


def two_steps(step: float) -> Scenario:
    """AAA protests with a chance and strikes, so likely, in a later protest."""
    protested = {"act": {"by": "AAA", "toward": "BBB", "at_least": "protest"}}
    again = {
        "id": "again",
        "actor": "AAA",
        "toward": "BBB",
        "when": [protested],
        "then": {"strike": logit(step) + 60.0},
    }
    gates = {"protest": {"intercept": logit(step)}}
    return crisis(initiative=gates, rules=[again], horizon=7.0 * TICKS, outcomes=[_struck()])


def _struck() -> dict[str, Any]:
    return outcome("struck", {"act": {"by": "AAA", "at_least": "strike"}}) | {"windows": [f"{7 * TICKS} days"]}


def two_steps_by(step: float, ticks: int) -> float:
    """P(struck by the end of so many weeks): a first protest, then in a later week a protest that goes on."""
    firsts = (step * (1.0 - step) ** t for t in range(ticks))
    return math.fsum(a * -math.expm1((ticks - 1 - t) * math.log1p(-(step**2))) for t, a in enumerate(firsts))


def rare(effort: Effort) -> list[Row]:
    """Splitting reaches rare outcomes at their exact probability."""
    climbs = {f"one climb of {p:g} a week": (one_climb(p), -math.expm1(TICKS * math.log1p(-p))) for p in (1e-6, 1e-9)}
    steps = {f"two steps of {p:g} a week": (two_steps(p), two_steps_by(p, TICKS)) for p in (0.03, 1e-3)}
    size = Size(effort.share(0.04, 1_600), 1, effort.seed, effort.jobs)
    rows = []
    for label, (scenario, exact) in (climbs | steps).items():
        found = estimate_rare(scenario, "struck", size).found
        rows.append(few(label, [one.weight * len(one.days) for one in found], exact, effort))
    return rows
