"""Small crises made from plain blocks, and the few helpers that every test of the engine needs.

A crisis starts with two rivals, all gates shut and nothing uncertain; a test opens what it is about.
"""

import datetime as dt
import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest

from escalation_sim import world as w
from escalation_sim._compiled import grouped
from escalation_sim.drivers import ensemble
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler

SHUT, OPEN = -60.0, 60.0  # log-odds of a gate that never, or always, opens
START = dt.date(2024, 10, 24)
LADDER = [
    {"id": "routine", "label": "r", "severity": 0.0, "hostility_level": 1, "memory": 0.0},
    {"id": "protest", "label": "p", "severity": 0.1, "hostility_level": 1, "memory": 0.5},
    {"id": "arm", "label": "a", "severity": 0.35, "hostility_level": 3, "memory": 0.3, "needs": "partner"},
    {"id": "strike", "label": "s", "severity": 0.6, "hostility_level": 4},
    {"id": "fight", "label": "f", "severity": 0.8, "hostility_level": 5, "needs": "partner_at_war", "joins_war": True},
    {"id": "war", "label": "w", "severity": 0.9, "hostility_level": 5, "starts_war": True},
]


class Stage(NamedTuple):
    """One world to play with: the arrays, and the same arrays as compiled code sees them."""

    setup: w.Setup
    world: w.World
    records: w.Records
    names: w.Names
    inside: tuple[Any, Any, Any]


def make_crisis(**blocks: Any) -> Scenario:
    """A scenario from blocks; `initiative` and `reply` are gate tables laid over gates that are shut."""
    ladder = blocks.pop("ladder", LADDER)
    shut = {rung["id"]: {"intercept": SHUT} for rung in ladder[1:]}
    coefficients = {
        "initiative": shut | blocks.pop("initiative", {}),
        "reply": shut | blocks.pop("reply", {}),
        "war_end": blocks.pop("war_end", {"intercept": SHUT}),
        "memory": blocks.pop("memory", {"fast": 2.0, "slow": 20.0, "worst": 26.0}),
        "frailty_sd": blocks.pop("frailty_sd", 0.0),
    }
    states = [{"id": name, "capability": 0.1} for name in blocks.pop("states", ["AAA", "BBB"])]
    defaults = {
        "format_version": 1,
        "id": "small",
        "title": "small",
        "start": START.isoformat(),
        "horizon": "7 days",
        "ladder": ladder,
        "coefficients": coefficients,
        "states": states,
        "rivalries": [{"between": ["AAA", "BBB"]}],
        "outcomes": [make_outcome("anything", {"act": {"at_least": ladder[1]["id"]}})],
    }
    return Scenario.model_validate(defaults | blocks)


def make_outcome(name: str, *when: dict[str, Any]) -> dict[str, Any]:
    """An outcome that is true once all of `when` hold."""
    return {"id": name, "label": name, "kind": "vertical", "resolution": "as the arrays say", "when": list(when)}


def run_crisis(
    scenario: Scenario, n: int, seed: int = 20241024, *, draws: int = 1, jobs: int = 2, **changes: Any
) -> ensemble.Tally:
    """Tally of `n` replicates; `changes` replace arrays of the setup (a planted mistake)."""
    compiler, values = Compiler(scenario), parameter_draws(scenario, seed, draws)
    return ensemble.run(lambda p: compiler.setup(values[p])._replace(**changes), draws, n, seed=seed, jobs=jobs)


def set_stage(scenario: Scenario, **changes: Any) -> Stage:
    """Blank arrays of a scenario, before `begin`."""
    compiler = Compiler(scenario)
    setup = compiler.setup()._replace(**changes)
    world, records = w.blank_world(setup), w.blank_records(setup)
    return Stage(setup, world, records, compiler.names, (grouped(setup), grouped(world), grouped(records)))


def z_score(happened: Any, p: float) -> float:
    """Standard errors between a sample of yes and no and the probability it should come from."""
    sample = np.asarray(happened)
    return float((sample.mean() - p) / np.sqrt(p * (1.0 - p) / sample.size))


def chi_square(counts: Any, p: Any) -> float:
    """p-value of counts against probabilities that sum to 1 (cells that expect fewer than five are joined)."""
    from scipy import stats

    expected = np.sum(counts) * np.asarray(p, dtype=float)
    cells = [(0.0, 0.0)]
    for pair in zip(counts, expected, strict=True):
        cells[-1] = (cells[-1][0] + pair[0], cells[-1][1] + pair[1])
        if cells[-1][1] >= 5.0:
            cells.append((0.0, 0.0))
    rest = cells.pop()
    cells[-1] = (cells[-1][0] + rest[0], cells[-1][1] + rest[1])
    seen, wanted = zip(*cells, strict=True)
    return float(stats.chisquare(seen, wanted).pvalue)


def happened(tally: ensemble.Tally, scenario: Scenario, name: str) -> Any:
    """(R,) whether an outcome came true."""
    return tally.outcome_day[:, Compiler(scenario).names.outcomes.index(name)] >= 0


@pytest.fixture(scope="session")
def crisis():
    """Function that makes a small scenario from blocks, see `make_crisis`."""
    return make_crisis


@pytest.fixture(scope="session")
def outcome():
    """Function that makes an outcome block from a name and conditions."""
    return make_outcome


@pytest.fixture(scope="session")
def run():
    """Function that runs a scenario to a Tally, see `run_crisis`."""
    return run_crisis


@pytest.fixture(scope="session")
def stage():
    """Function that lays out the arrays of a scenario, see `set_stage`."""
    return set_stage


@pytest.fixture(scope="session")
def z():
    """Function that measures a sample of yes and no against a probability, in standard errors."""
    return z_score


@pytest.fixture(scope="session")
def fit():
    """Function that gives the p-value of counts against probabilities."""
    return chi_square


@pytest.fixture(scope="session")
def came_true():
    """Function that tells in which replicates an outcome came true."""
    return happened


def make_storm(**changes: Any) -> Scenario:
    """A scenario with a bit of everything: war, support, treaties, events, beliefs, rules, effort, uncertainty."""
    states = ["AAA", "BBB", "CCC", "DDD", "EEE"]
    gates = {"protest": -1.5, "arm": -1.0, "strike": -2.0, "fight": -1.5, "war": -2.0}
    initiative = {gate: {"intercept": x} for gate, x in gates.items()}
    initiative["protest"] |= {"own_slow": 1.0, "their_slow": 0.5, "frailty": 1.0, "obligation": 1.5}
    reply = {gate: {"intercept": x + 0.5} for gate, x in gates.items()}
    reply["protest"] |= {"reply_to_strike": 1.0, "third_party": -1.0, "habituation": -0.5}
    defaults: dict[str, Any] = {
        "states": states,
        "horizon": "182 days",
        "initiative": initiative,
        "reply": reply,
        "war_end": {"intercept": -3.0, "strain": 1.0},
        "frailty_sd": 0.7,
        "rivalries": [{"between": ["AAA", "BBB"]}, {"between": ["CCC", "DDD"]}, {"between": ["AAA", "DDD"]}],
        "wars": [{"id": "old", "sides": [["AAA"], ["BBB"]], "initiator": "AAA", "since": "2024-01-01"}],
        "support": [
            {"id": "c_to_b", "by": "CCC", "to": "BBB", "against": "AAA", "rung": "arm"},
            {"id": "d_to_a", "by": "DDD", "to": "AAA", "against": "BBB", "rung": "arm", "troops": 3000.0},
        ],
        "commitments": [
            {"id": "pact", "type": "defence", "members": ["CCC", "EEE"], "trigger": {"at_least": "strike"},
             "reliability": {"dist": "beta", "a": 8.0, "b": 2.0}},
            {"id": "axis", "type": "defence", "holder": "DDD", "ally": "AAA", "trigger": {"at_least": "strike"},
             "reliability": 0.5, "in_force_from": "2024-12-04"},
        ],
        "events": [
            {"id": "parade", "actor": "DDD", "act": "strike", "toward": "BBB", "in_support_of": "AAA",
             "between": ["2024-11-01", "2024-12-15"], "probability": 0.8, "troops": 7000.0,
             "believed": {"CCC": 0.6, "others": 0.9}},
            {"id": "coup", "actor": "AAA", "hazard": {"rate": 0.8, "per": "year"}, "one_of": "fate"},
            {"id": "vote", "actor": "AAA", "hazard": {"rate": 1.5, "per": "year"}, "one_of": "fate"},
        ],
        "efforts": [{"state": "AAA", "troops": 50000.0, "needed": 55000.0, "losses_per_week": 800.0,
                     "recruits_per_week": {"dist": "uniform", "loc": 500.0, "scale": 400.0}, "tolerance": 0.2}],
        "rules": [
            {"id": "alarm", "actor": "CCC", "toward": "AAA", "uncertainty": {"sd": 0.5},
             "when": [{"act": {"by": "DDD", "in_support_of": "AAA", "at_least": "strike", "within": "8 weeks"}}],
             "then": {"arm": 1.1, "protest": 1.0}},
            {"id": "weary", "actor": "AAA", "toward": "BBB", "then": {"war_end": 0.5, "coup": 0.7}},
            {"id": "restraint", "actor": "EEE", "not_above": "strike"},
        ],
        "outcomes": [
            make_outcome("ceasefire", {"war": {"between": ["AAA", "BBB"], "status": "ended"}}),
            make_outcome("coup", {"event": "coup"}),
            make_outcome("vote", {"event": "vote"}),
            make_outcome("arms", {"act": {"by": "CCC", "toward": "AAA", "at_least": "arm"}}),
            make_outcome("wider", {"belligerents": {"at_least": 3}}),
            make_outcome("pact_called", {"commitment": {"id": "pact", "status": "triggered"}}),
            make_outcome("pact_kept", {"commitment": {"id": "pact", "status": "honoured"}}),
            make_outcome("strained", {"strain": {"of": "AAA", "at_least": 0.8}}),
        ],
    }  # fmt: skip
    return make_crisis(**(defaults | changes))


@pytest.fixture(scope="session")
def storm():
    """Function that makes a mid-size scenario; blocks given replace its own."""
    return make_storm


@pytest.fixture(scope="session")
def same():
    """Function that tells whether two tallies agree in every array, or names those that differ."""

    def different(one: ensemble.Tally, other: ensemble.Tally, *, but: tuple[str, ...] = ()) -> list[str]:
        pairs = zip(one._fields, one, other, strict=True)
        return [name for name, a, b in itertools.islice(pairs, None) if name not in but and not np.array_equal(a, b)]

    return different
