"""Changes to a scenario or a study that must change nothing: order, bystanders, dead rules, more of the same."""

import random

import numpy as np
import pytest

from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler

N, DRAWS = 1200, 3
LISTS = ("states", "rivalries", "wars", "support", "commitments", "events", "efforts", "rules", "outcomes")


def blocks(scenario):
    return scenario.model_dump(exclude_none=True, by_alias=True)


def again(data):
    return Scenario.model_validate(data)


@pytest.fixture(scope="module")
def base(storm, run):
    """The scenario and its tally."""
    scenario = storm()
    return scenario, run(scenario, N, draws=DRAWS)


@pytest.mark.parametrize("luck", range(3))
def test_the_order_of_blocks_changes_no_array(base, run, same, luck):
    data = blocks(base[0])
    shuffler = random.Random(luck)
    for name in LISTS:
        items = list(data[name])
        while len(items) > 1 and items == list(data[name]):
            shuffler.shuffle(items)
        data[name] = items
    data["rivalries"] = [{"between": pair["between"][::-1]} for pair in data["rivalries"]]
    data["commitments"] = [
        c | ({"members": c["members"][::-1]} if c.get("members") else {}) for c in data["commitments"]
    ]
    data["coefficients"]["initiative"] = dict(reversed(data["coefficients"]["initiative"].items()))
    shuffled = again(data)
    one, other = Compiler(base[0]).setup(), Compiler(shuffled).setup()
    assert [name for name in one._fields if not np.array_equal(getattr(one, name), getattr(other, name))] == []
    assert same(base[1], run(shuffled, N, draws=DRAWS)) == []


def test_two_threads_give_the_numbers_of_one(base, run, same):
    assert same(base[1], run(base[0], N, draws=DRAWS, jobs=1)) == []


def test_a_scenario_against_itself_differs_nowhere_and_another_seed_does(base, run, same):
    assert same(base[1], run(base[0], N, draws=DRAWS)) == []
    assert "outcome_day" in same(base[1], run(base[0], N, 1, draws=DRAWS))


ROWS = ("outcome_day", "highest", "acts", "belligerents")


def test_more_replicates_leave_the_first_ones_alone(base, run):
    more = run(base[0], 3 * N, draws=DRAWS)
    for name in ROWS:
        np.testing.assert_array_equal(getattr(more, name)[:N], getattr(base[1], name))
    np.testing.assert_array_equal(more.chains[more.chains[:, 1] < N], base[1].chains)
    assert not np.array_equal(more.highest[N : 2 * N], base[1].highest)


def test_a_longer_horizon_leaves_the_first_weeks_alone(base, storm, run):
    short, long = base[1], run(storm(horizon="364 days"), N, draws=DRAWS)
    early = np.where(long.outcome_day < 182.0, long.outcome_day, -1.0)
    np.testing.assert_array_equal(early, short.outcome_day)
    for name in ("levels", "strain"):
        np.testing.assert_array_equal(getattr(long, name)[:26], getattr(short, name))
    assert (long.outcome_day >= 182.0).any()


def bystander(data):
    """A state that nobody knows, with a rival of its own that nobody knows either."""
    data["states"] = [{"id": name, "capability": 0.2} for name in ("AAB", "ZZZ")] + list(data["states"])
    data["rivalries"] = [*data["rivalries"], {"between": ["AAB", "ZZZ"]}]
    quiet = {"id": "quiet", "actor": ["AAB", "ZZZ"], "not_above": "routine"}
    data["rules"] = [*data["rules"], quiet]


def dead_rule(data):
    """A rule whose condition never holds."""
    never = [{"calendar": {"until": "2020-01-01"}}]
    then = {"protest": 9.0, "coup": 9.0, "war_end": 9.0}
    rule = {"id": "a_dead_rule", "actor": "anyone", "when": never, "then": then, "not_above": "routine"}
    data["rules"] = [rule, *data["rules"]]


def impossible_event(data):
    """An event of probability 0, and a hazard whose time is over."""
    gone = {"rate": 5.0, "per": "week", "until": "2024-10-01"}
    data["events"] = [
        {"id": "aa_never", "actor": "AAA", "act": "war", "toward": "BBB", "on": "2024-12-01", "probability": 0.0},
        {"id": "aa_gone", "actor": "AAA", "hazard": gone},
        *data["events"],
    ]


def unrelated_doubt(data):
    """An uncertain number that nothing depends on: the capability of a state no gate asks about."""
    first = data["states"][0] | {"capability": {"dist": "uniform", "loc": 0.1, "scale": 0.2}}
    data["states"] = [first, *data["states"][1:]]


def further_outcome(data):
    """An outcome more, before all others."""
    when = [{"belligerents": {"at_least": 2}}]
    extra = {"id": "aaa", "label": "l", "kind": "vertical", "resolution": "r", "when": when}
    data["outcomes"] = [extra, *data["outcomes"]]


CHANGES = [bystander, dead_rule, impossible_event, unrelated_doubt, further_outcome]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_does_not_matter_changes_no_replicate(base, run, change):
    data = blocks(base[0])
    change(data)
    changed = again(data)
    tally, names = run(changed, N, draws=DRAWS), Compiler(changed).names.outcomes
    kept = [names.index(name) for name in Compiler(base[0]).names.outcomes]
    np.testing.assert_array_equal(tally.outcome_day[:, kept], base[1].outcome_day)
    for name in ("highest", "acts", "belligerents"):
        np.testing.assert_array_equal(getattr(tally, name), getattr(base[1], name))


def test_what_matters_changes_some(base, run):
    """The comparison above can fail: a rule that fires, a state with a stake."""
    data = blocks(base[0])
    data["rules"] = [{"id": "push", "actor": "CCC", "then": {"protest": 0.3}}, *data["rules"]]
    assert not np.array_equal(run(again(data), N, draws=DRAWS).acts, base[1].acts)


def test_a_higher_hazard_is_never_later(base, run, storm):
    data = blocks(storm())
    data["events"] = [e | ({"hazard": e["hazard"] | {"rate": 3.0}} if e["id"] == "vote" else {})
                      for e in data["events"] if e["id"] != "coup"]  # fmt: skip
    data["rules"] = [rule for rule in data["rules"] if "coup" not in rule.get("then", {})]
    data["outcomes"] = [o for o in data["outcomes"] if o["id"] != "coup"]
    likelier = again(data)
    for event in data["events"]:
        if event["id"] == "vote":
            event["hazard"] = event["hazard"] | {"rate": 1.0}
    place = Compiler(likelier).names.outcomes.index("vote")
    early, late = (np.where(t.outcome_day[:, place] < 0, np.inf, t.outcome_day[:, place])
                   for t in (run(likelier, N), run(again(data), N)))  # fmt: skip
    assert (np.floor(early / 7) <= np.floor(late / 7)).all()
    assert (early < late).any()


def test_the_first_parameter_draws_do_not_depend_on_their_number(base):
    scenario = base[0]
    few, many = parameter_draws(scenario, 9, 5), parameter_draws(scenario, 9, 50)
    assert many[:5] == few
    assert parameter_draws(scenario, 10, 5) != few
    assert len({draw["commitments.pact.reliability"] for draw in many}) == 50


def test_another_uncertain_number_changes_no_draw_of_the_first(base):
    data = blocks(base[0])
    unrelated_doubt(data)
    few, more = parameter_draws(base[0], 9, 5), parameter_draws(again(data), 9, 5)
    assert [{path: draw[path] for path in few[0]} for draw in more] == few
    assert set(more[0]) - set(few[0]) == {f"states.{data['states'][0]['id']}.capability"}


def test_one_draw_alone_is_the_middle_of_every_number(base):
    (draw,) = parameter_draws(base[0], 9, 1)
    assert draw == {
        "commitments.pact.reliability": pytest.approx(0.8206, abs=5e-4),  # median of beta(8, 2)
        "efforts.AAA.recruits_per_week": pytest.approx(700.0),
    }
