"""From an ensemble to the acts that its outcomes needed, against a small world in which they are known."""

import math

import pandas as pd
import pytest

from escalation_sim import load
from escalation_sim.errors import ComparisonError
from escalation_sim.study.ensemble import run_ensemble
from escalation_sim.study.pathways import Seeker, grouped_labels, pathways
from escalation_sim.study.trace import begun, needed_story

SHUT, OPEN = {"intercept": -60.0}, {"intercept": 60.0}


@pytest.fixture(scope="module")
def chain_of_two(crisis, outcome, founded):
    """BBB strikes only what the rule allows: AAA, after the vote, on one of the days of four months, if at all."""
    return founded(crisis(
        horizon="364 days",
        initiative={"protest": {"intercept": math.log(0.2 / 0.8)}},
        events=[
            {"id": "vote", "actor": "AAA", "between": ["2024-11-07", "2025-02-27"], "probability": 0.8,
             "because": "made up"},
            {"id": "fair", "actor": "AAA", "hazard": {"rate": 0.1, "per": "week"}, "because": "made up"},
        ],
        rules=[
            {"id": "wrath", "actor": "BBB", "toward": "AAA", "when": [{"event": "vote"}], "then": {"strike": 120.0},
             "because": "made up"},
        ],
        outcomes=[outcome("struck", {"act": {"by": "BBB", "toward": "AAA", "at_least": "strike"}})],
    ))  # fmt: skip


@pytest.fixture(scope="module")
def found(chain_of_two):
    ensemble = run_ensemble(chain_of_two, replicates=200, parameters=1)
    return pathways(ensemble, "struck", chains=60, futures=50)


def test_only_what_was_needed_is_in_a_chain(found):
    assert found.hits > 60
    assert len(found.chains) == 60
    for chain in found.chains:
        acts = [act.step.event or act.step.rung for act in chain.acts]
        assert acts[-1] == "strike"
        assert "vote" in acts
        assert "fair" not in acts, "an event that no rule speaks of"
    assert str(found.families[0]) == "vote (event) → BBB strikes AAA"


def test_the_probability_jumps_with_the_acts(found):
    turns = found.tables["turns"]
    first = turns[turns["family"] == 1]
    assert first["act"].tolist() == ["vote (event)", "BBB strikes AAA"]
    assert first["before"].iloc[0] < first["after"].iloc[0]
    assert first["after"].iloc[1] == 1.0


def test_threads_change_nothing(chain_of_two, found):
    ensemble = run_ensemble(chain_of_two, replicates=200, parameters=1)
    alone = pathways(ensemble, "struck", chains=60, futures=50, jobs=1)
    for name, table in found.tables.items():
        pd.testing.assert_frame_equal(table, alone.tables[name])


def test_an_unknown_outcome_is_refused(chain_of_two):
    with pytest.raises(ComparisonError, match=r"--outcome struk: .*did you mean 'struck'"):
        Seeker(chain_of_two, "struk")


def test_an_outcome_never_seen_has_no_path(crisis, founded):
    ensemble = run_ensemble(founded(crisis()), replicates=20, parameters=1)
    found = pathways(ensemble, "anything", chains=5, futures=5)
    assert (found.hits, found.chains, found.families) == (0, [], [])
    assert all(table.empty for table in found.tables.values())


def test_members_of_a_large_pact_are_told_as_such():
    labels = grouped_labels(load("scenarios/north-korea-troops-2024.yaml"))
    assert "POL" not in labels, "the pact's members are the library's: they are known once the scenario is resolved"
    from escalation_sim.scenario.resolve import resolve

    labels = grouped_labels(resolve(load("scenarios/north-korea-troops-2024.yaml")))
    assert labels["POL"] == labels["USA"] == "nato member"
    assert not {"KOR", "RUS", "PRK"} & labels.keys(), "a pact of two keeps their names"


def test_the_trace_of_an_outcome_tells_what_it_needed(chain_of_two, found):
    replicate = found.chains[0].replicate
    model = begun(chain_of_two, replicate, parameters=1).run_model()
    lines = list(needed_story(chain_of_two, model, "struck", 1, 1))
    assert f"on day {found.chains[0].day:.0f}" in lines[0]
    acts = [line for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert [act.split(",")[0].strip() for act in acts] == ["vote (event)", "BBB strikes AAA", "** OUTCOME: struck"]
    assert sum("without it: " in line for line in lines) == 2


def test_the_trace_says_where_the_outcome_did_not_come(crisis, founded):
    scenario = founded(crisis())
    lines = list(needed_story(scenario, begun(scenario, 4, parameters=1).run_model(), "anything", 1, 1))
    assert lines == ["'anything' does not come about within 7 days in replicate 4."]
