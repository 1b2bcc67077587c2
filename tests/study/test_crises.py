"""Crises as onsets and forecasts: who acts first, what was known, what stays out. All data are invented."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation_sim.analysis import violence
from escalation_sim.analysis.confrontations import dyad_events
from escalation_sim.analysis.covariates import Covariates
from escalation_sim.errors import DataError
from escalation_sim.scenario.schema import Quantity
from escalation_sim.study import crises as c
from escalation_sim.study.dyads import Players
from escalation_sim.world import STATIC_COVARIATES

HALF_LIFE, SEVERITY = np.array([2.0, 20.0, 26.0]), np.array([0.0, 0.3, 0.4, 0.5, 0.6, 0.9])
NOTHING = pd.DataFrame({"a": [1], "b": [2], "first_year": [1800], "last_year": [1801]})
CRISIS = {"start": "1950-03-20", "start_known": True, "end": "1950-06-01", "trigger": 7, "trigger_state": 11.0,
          "violence": 1, "intra_war": 1.0, "protracted": 1.0, "conflict": 40.0, "gravity": 3.0}  # fmt: skip
ACTOR = {"state": 12, "trigger": 7, "trigger_state": 11.0, "trigger_date": "1950-03-20", "threat_source": 13.0}
EVENT = {
    "confrontation": 1,
    "event": 1,
    "actor": 11,
    "target": 12,
    "date": "1950-03-06",
    "day_known": True,
    "action": 7,
}


def days(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a table whose days are days."""
    table = pd.DataFrame(rows)
    named = [name for name in table if str(name) in ("start", "end", "date", "trigger_date")]
    return table.assign(**{name: pd.to_datetime(table[name]).astype("datetime64[s]") for name in named})


def record(
    crises: list[dict[str, Any]], actors: list[dict[str, Any]] | None = None, events: list[dict[str, Any]] | None = None
) -> Any:
    """A history with invented crises, numbered from 1; each has an actor of its own unless actors are given."""
    spells = days([{"a": 11, "b": 12, "kind": 1, "start": "1900-01-01", "end": "2016-12-31"}])
    clauses = dict.fromkeys(("defence", "offence", "neutrality", "nonaggression"), False)
    return SimpleNamespace(
        crises=days([CRISIS | {"crisis": k} | one for k, one in enumerate(crises, start=1)]),
        crisis_actors=days([ACTOR | one for one in actors or [{"crisis": k + 1} for k in range(len(crises))]]),
        events=days([EVENT | one for one in events or [{"actor": 1, "target": 2}]]),
        capabilities=pd.DataFrame({"state": [11, 12, 13], "year": 1949, "cinc": [0.04, 0.01, 0.01]}),
        contiguity=spells,
        alliances=NOTHING.assign(**clauses),
        rivalries=NOTHING,
        nuclear=pd.DataFrame({"state": [11], "first_year": [1951], "last_year": [2100]}),
        majors=days([{"state": 13, "start": "1900-01-01", "end": "2016-12-31"}]),
    )


def onsets(*args: Any) -> pd.DataFrame:
    history = record(*args)
    return c.crisis_onsets(history, Covariates(history), dyad_events(history.events, 1900), HALF_LIFE, SEVERITY)


def test_who_triggered_it_acts_first_against_the_first_crisis_actor() -> None:
    late = {"crisis": 1, "state": 14, "trigger_date": "1950-03-25", "trigger_state": 12.0}
    row = onsets([{}], [late, {"crisis": 1}]).iloc[0]
    assert (row["actor"], row["target"], row["first_level"], row["clash"]) == (11, 12, c.DISPLAY, False)
    assert row["power_ratio"] == pytest.approx(np.log(4.0))
    assert (row["contiguous"], row["own_nuclear"], row["own_major"]) == (1.0, 0.0, 0.0)  # nuclear only a year later
    assert set(STATIC_COVARIATES) <= set(row.index)


@pytest.mark.parametrize(
    ("crisis", "actor", "who", "non_state"),
    [
        ({"trigger_state": 996.0}, {"trigger_state": 995.0}, 13, 1.0),  # the source of threat stands in
        ({"trigger_state": 996.0}, {}, 11, 1.0),  # whom the actor itself held responsible
        ({"trigger_state": 12.0}, {}, 11, 0.0),  # nobody acts against itself
        ({"trigger_state": np.nan}, {"trigger_state": 997.0, "threat_source": 996.0}, c.NOBODY, 0.0),
    ],
)
def test_an_adversary_is_found_where_no_state_triggered_it(
    crisis: dict[str, float], actor: dict[str, float], who: int, non_state: float
) -> None:
    row = onsets([crisis], [{"crisis": 1} | actor]).iloc[0]
    assert (row["actor"], row["non_state"]) == (who, non_state)
    if who == c.NOBODY:
        assert row[["power_ratio", "contiguous", "rival", "pact"]].tolist() == [0.0] * 4


def test_triggers_have_their_levels_and_a_running_war_is_one() -> None:
    rows = [{"trigger": k} for k in range(1, 10)] + [{"trigger": 2, "intra_war": 3.0}]
    assert onsets(rows)["first_level"].tolist() == [1, 1, 1, 1, 1, 1, 2, 4, 4, 5]


def test_that_war_came_with_the_crisis_is_not_known() -> None:
    apart = {"crisis", "confrontation"}
    plain, begins = onsets([{"protracted": 2.0}, {"protracted": 2.0, "intra_war": 2.0}]).drop(columns=[*apart]).values
    assert plain.tolist() == begins.tolist()
    long_war = onsets(
        [{"protracted": 3.0}, {"protracted": 3.0, "intra_war": 2.0}, {"protracted": 3.0, "intra_war": 7.0}]
    )
    assert long_war["long_war"].tolist() == [1.0, 0.0, 1.0]
    assert long_war["protracted"].tolist() == [1.0, 1.0, 1.0]
    assert long_war["intra_war"].tolist() == [0.0, 0.0, 1.0]


def test_what_came_after_the_trigger_changes_nothing_that_was_known() -> None:
    hindsight = {"violence": 4, "gravity": 6.0, "end": "1955-01-01"}
    before = {"date": "1950-03-06"}
    plain = onsets([{}], None, [before])
    later = onsets(
        [hindsight], None, [before, {"date": "1950-03-20", "action": 18}, {"date": "1950-04-02", "action": 20}]
    )
    pd.testing.assert_frame_equal(plain.drop(columns="violence"), later.drop(columns="violence"))
    assert plain["own_fast"][0] == pytest.approx(0.5)  # two weeks, one half-life
    assert plain["their_fast"][0] == 0.0


@pytest.mark.parametrize(
    ("crisis", "event", "remembered"),
    [
        ({}, {"date": "1950-03-15", "day_known": False}, False),  # some day of the month of the trigger
        ({}, {"date": "1950-02-15", "day_known": False}, True),
        ({"start": "1950-03-15", "start_known": False}, {"date": "1950-03-06"}, False),
        ({}, {"date": "1950-03-19"}, True),
        ({}, {"date": "1950-03-06", "target": 14}, False),  # another dyad
    ],
)
def test_only_what_surely_came_before_is_remembered(
    crisis: dict[str, Any], event: dict[str, Any], remembered: bool
) -> None:
    assert bool(onsets([crisis], None, [event])["own_slow"][0] > 0.0) == remembered


def test_tables_that_cannot_be_used_are_refused() -> None:
    history = record([{}])
    history.crisis_actors = None
    with pytest.raises(DataError, match=r"icb2_actors\.csv, are missing; docs/data\.md says"):
        c.crisis_onsets(history, Covariates(history), dyad_events(history.events), HALF_LIFE, SEVERITY)
    with pytest.raises(DataError, match="crisis 2 has no day, no trigger from 1 to 9, or no actor"):
        onsets([{}, {}], [{"crisis": 1}])
    with pytest.raises(DataError, match="crisis 1 has no day"):
        onsets([{"trigger": 0}])


def test_forecasts_follow_the_link_and_the_seed() -> None:
    history = record([{"trigger": 2}, {"trigger": 9}, {"trigger": 9, "intra_war": 7.0}])
    players = Players()
    link = {gate: {"intercept": Quantity(value=-1.0), "force": Quantity(value=2.0)} for gate in violence.GATES}
    told = c.forecast_crises(history, players, link, 200, seed=3)
    assert list(told.columns) == ["crisno", "p1", "p2", "p3", "p4"]
    assert told["crisno"].tolist() == [1, 2, 3]
    p = told[["p1", "p2", "p3", "p4"]].to_numpy()
    assert p.sum(axis=1) == pytest.approx(np.ones(3))
    opened = 1.0 / (1.0 + np.exp(-1.0))  # after a violent trigger every replicate has force
    assert p[1].tolist() == pytest.approx([1 - opened, opened * (1 - opened), opened**2 * (1 - opened), opened**3])
    assert p[0, 0] > p[1, 0]
    pd.testing.assert_frame_equal(told, c.forecast_crises(history, players, link, 200, seed=3, jobs=2))
    other = c.forecast_crises(history, players, link, 200, seed=4)
    assert not np.array_equal(p[0], other.iloc[0, 1:].to_numpy(float))


def test_a_running_war_is_played_as_war() -> None:
    played = c.play_crises(record([{"trigger": 2}, {"trigger": 2, "intra_war": 7.0}]), Players(), 100)
    assert played["force"][0] < played["force"][1] == 1.0
    assert played["force_ticks"][1] > played["force_ticks"][0]


def test_a_link_is_fitted_with_the_crises_of_a_conflict_as_one_cluster() -> None:
    rng = np.random.default_rng(5)
    n = 200
    played = pd.DataFrame({name: rng.integers(0, 2, n) for name in violence.COVARIATES}, dtype=float)
    played = played.assign(intercept=1.0, crisis=np.arange(n) + 1, conflict=7.0, violence=rng.integers(1, 5, n))
    played["date"] = pd.Timestamp("1950-03-20")
    apart, together = c.fit_link(played.assign(protracted=0.0)), c.fit_link(played.assign(protracted=1.0))
    assert apart["minor"]["force"].value == together["minor"]["force"].value
    assert together["minor"]["force"].se < apart["minor"]["force"].se  # of one cluster only the prior's score is left
    assert "crises of 1950-1950" in apart["minor"]["force"].source
