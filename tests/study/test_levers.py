"""Levers tried one by one and in pairs, and the frontier between two outcomes, in a world where it is known."""

import math

import pytest

from escalation_sim.errors import ComparisonError
from escalation_sim.scenario.levers import Lever, pairs, positions
from escalation_sim.scenario.resolve import resolve
from escalation_sim.study.ensemble import Size
from escalation_sim.study.levers import BASELINE, Aim, frontier, tried

AIMS = Aim("raid", more=False), Aim("peace", more=True)


@pytest.fixture(scope="module")
def two_events(crisis, outcome, founded):
    """Two dated events that nothing else touches: a raid with .5, peace with .2."""
    events = [
        {"id": name, "actor": "AAA", "between": ["2024-10-24", "2025-01-01"], "probability": p, "because": "made up"}
        for name, p in (("raid", 0.5), ("peace", 0.2))
    ]
    outcomes = [outcome("raid", {"event": "raid"}), outcome("peace", {"event": "peace"})]
    return founded(crisis(events=events, outcomes=outcomes, horizon="140 days", windows=["140 days"]))


def _lever(name, by, event, *values):
    return Lever.model_validate(
        {"id": name, "by": (by,), "set": f"events.{event}.probability", "values": values, "because": "made up"}
    )


def _set(scenario, position):
    """What `compose` does with the settings of a file, for a scenario made in Python."""
    events = {event.id: event for event in scenario.events}
    for setting in position.settings:
        path, _, value = setting.partition("=")
        event = events[path.split(".")[1]]
        probability = event.probability.model_copy(update={"value": float(value)})
        events[event.id] = event.model_copy(update={"probability": probability})
    return scenario.model_copy(update={"events": tuple(events.values())})


def test_positions_and_pairs():
    levers = [_lever("arms", "AAA", "raid", 0.1, 0.9), _lever("talks", "BBB", "peace", 0.6)]
    singles = list(positions(levers))
    assert [one.name for one in singles] == ["arms=0.1", "arms=0.9", "talks=0.6"]
    both = list(pairs(singles))
    assert [one.name for one in both] == ["arms=0.1 & talks=0.6", "arms=0.9 & talks=0.6"]
    assert both[0].by == ("AAA", "BBB")
    off = levers[0].model_copy(update={"enabled": False})
    assert [one.name for one in positions([off, levers[1]])] == ["talks=0.6"]


def test_the_frontier_holds_what_nothing_beats(two_events):
    levers = (_lever("arms", "AAA", "raid", 0.1, 0.9), _lever("talks", "BBB", "peace", 0.6, 0.0))
    scenario = resolve(two_events)
    tries = [(one, _set(scenario, one)) for one in tried(scenario.model_copy(update={"levers": levers}))]
    assert len(tries) == 4 + 4
    found, table = frontier(scenario, tries, AIMS, Size(2_000, 1))
    on_it = table[table["frontier"] > 0]["position"].unique().tolist()
    assert on_it == ["arms=0.1 & talks=0.6"]
    best = table[table["position"] == on_it[0]].set_index("outcome")
    assert best.loc["raid", "alternative"] == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 2_000))
    assert best.loc["peace", "alternative"] == pytest.approx(0.6, abs=4 * math.sqrt(0.24 / 2_000))
    assert table["position"].iloc[0] == BASELINE
    assert (table[table["position"] == BASELINE]["difference"] == 0).all()
    assert found.baseline.replicates == 2_000


def test_a_position_that_changes_nothing_is_said_to_be_alike(two_events):
    lever = _lever("idle", "AAA", "raid", 0.4999)
    scenario = resolve(two_events)
    tries = [(one, _set(scenario, one)) for one in tried(scenario.model_copy(update={"levers": (lever,)}))]
    _, table = frontier(scenario, tries, AIMS, Size(2_000, 1))
    idle = table[table["position"] == "idle=0.4999"]
    assert (idle["alike"] == BASELINE).all() or (idle["frontier"] == 0).all()


@pytest.mark.parametrize("change", [{"windows": (70.0,)}, {"outcomes": ()}], ids=["shorter", "not asked"])
def test_a_position_that_asks_something_else_is_refused_before_anything_runs(two_events, change):
    """Its probability would stand on the frontier for another window than that of the others."""
    scenario = resolve(two_events)
    asked = tuple(one.model_copy(update={"windows": (70.0,)}) for one in scenario.outcomes[:1])
    other = scenario.model_copy(update={"outcomes": (*(asked if "windows" in change else ()), scenario.outcomes[1])})
    (position,) = positions([_lever("odd", "AAA", "raid", 0.5)])
    ran = []
    with pytest.raises(ComparisonError, match=r"odd=0\.5: does not ask for 'raid' within 140 days"):
        frontier(scenario, [(position, other)], AIMS, Size(20, 1), ran.append)
    assert ran == []
    frontier(scenario, [(position, scenario)], AIMS, Size(20, 1), ran.append)
    assert sum(ran) == 40


def test_levers_of_others_are_left_out(two_events):
    levers = (_lever("arms", "AAA", "raid", 0.1), _lever("talks", "BBB", "peace", 0.6))
    scenario = two_events.model_copy(update={"levers": levers})
    assert [one.name for one in tried(scenario, ["BBB"])] == ["talks=0.6"]
    with pytest.raises(ComparisonError, match="--by CCC: the scenario has no such state"):
        tried(scenario, ["CCC"])
    with pytest.raises(ComparisonError, match="has no levers"):
        tried(two_events)
