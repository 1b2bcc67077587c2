"""Confrontations of the record as onsets and weeks: a small table of events whose answer was worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation_sim.analysis import confrontations
from escalation_sim.analysis.confrontations import dyad_events, first_at_war, onsets, weeks
from escalation_sim.analysis.covariates import Covariates
from escalation_sim.errors import DataError
from escalation_sim.world import STATIC_COVARIATES

DAY_0 = pd.Timestamp("1950-01-02")
HALF_LIFE = np.array([1.0, 2.0, 4.0])
SEVERITY = np.array([0.0, 0.1, 0.2, 0.4, 0.6, 0.9])
THREAT, SHOW, ATTACK, CLASH, WAR_BEGUN, BATTLE = 1, 7, 16, 17, 20, 22
BY_HAND = [  # confrontation, actor, target, day, action
    (1, 12, 11, 0, SHOW),
    (1, 11, 12, 3, ATTACK),
    (1, 11, 12, 15, THREAT),
    (1, 12, 11, 16, CLASH),
    (1, 12, 11, 30, WAR_BEGUN),
    (1, 11, 12, 44, BATTLE),
    (2, 11, 12, 98, THREAT),
]
END = (9, 11, 13, 98 + 7 * 400, WAR_BEGUN)  # ends the record; begins with war, so it is no onset


def events_of(rows: list[tuple[int, int, int, int, int]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["confrontation", "actor", "target", "day", "action"])
    table["date"] = DAY_0 + pd.to_timedelta(table.pop("day"), unit="D")
    return table.assign(event=range(1, len(table) + 1))


@pytest.fixture(scope="module")
def known() -> Covariates:
    """Eleven is nuclear and twice as strong, twelve is major; the two are neighbours, rivals and bound by a pact."""
    span = {"first_year": [1949], "last_year": [2018]}
    days = {"start": [pd.Timestamp("1940-01-01")], "end": [pd.Timestamp("2016-12-31")]}
    clauses = {"defence": [False], "offence": [False], "neutrality": [True], "nonaggression": [False]}
    pair = {"a": [11], "b": [12]}
    return Covariates(
        SimpleNamespace(
            capabilities=pd.DataFrame({"state": [11, 12], "year": [1949, 1949], "cinc": [0.2, 0.1]}),
            contiguity=pd.DataFrame(pair | days | {"kind": [1]}),
            alliances=pd.DataFrame(pair | span | clauses),
            rivalries=pd.DataFrame(pair | span),
            nuclear=pd.DataFrame({"state": [11]} | span),
            majors=pd.DataFrame({"state": [12]} | days),
        )
    )


@pytest.fixture(scope="module")
def by_hand(known: Covariates) -> SimpleNamespace:
    return whole(BY_HAND, known)


def whole(rows: list[tuple[int, int, int, int, int]], known: Covariates) -> SimpleNamespace:
    """Everything that is made of some events (and of the one that ends the record)."""
    events = dyad_events(events_of([*rows, END]))
    table = onsets(events, known, HALF_LIFE, SEVERITY)
    initiatives, replies = weeks(events, table, known, HALF_LIFE, SEVERITY)
    return SimpleNamespace(events=events, table=table, initiatives=initiatives, replies=replies)


def chosen(rows: pd.DataFrame, group: int, side: int) -> pd.DataFrame:
    return rows[(rows["group"] == group) & (rows["side"] == side)].set_index("week")


def test_onsets_are_those_worked_out_by_hand(by_hand: SimpleNamespace) -> None:
    first, second = by_hand.table.to_dict("records")
    assert (first["actor"], first["target"], first["first_level"], first["clash"]) == (12, 11, 2, False)
    assert (first["observed_level"], first["reciprocated"]) == (5, True)
    assert (first["active_weeks"], first["length_weeks"]) == (4, 7)  # weeks 0, 2, 4, 6
    assert (first["answer_week"], first["force_answer_week"]) == (0, 0)
    assert (second["actor"], second["target"], second["first_level"]) == (11, 12, 1)
    assert (second["observed_level"], second["reciprocated"]) == (1, False)
    assert (second["active_weeks"], second["length_weeks"]) == (1, 1)
    assert (second["answer_week"], second["force_answer_week"]) == (-1, -1)
    assert by_hand.table["confrontation"].tolist() == [1, 2]  # what begins with war is left out


def test_memories_at_an_onset_are_those_worked_out_by_hand(by_hand: SimpleNamespace) -> None:
    memories = [f"{side}_{name}" for side in ("own", "their") for name in ("fast", "slow", "worst")]
    assert by_hand.table.loc[0, memories].tolist() == [0.0] * 6
    second = by_hand.table.loc[1]
    own, their = (98 - 44) / 7, (98 - 30) / 7  # weeks since the last act of eleven, and of twelve
    assert second["own_fast"] == pytest.approx(0.5**own)
    assert second["own_slow"] == pytest.approx(0.5 ** (own / 2))
    assert second["own_worst"] == pytest.approx(0.9 * 0.5 ** (own / 4))
    assert second["their_slow"] == pytest.approx(0.5 ** (their / 2))
    assert second["their_worst"] == pytest.approx(0.9 * 0.5 ** (their / 4))


def test_a_worse_act_of_long_ago_can_be_the_worst_still(known: Covariates) -> None:
    rows = [(1, 12, 11, 0, ATTACK), (2, 12, 11, 7, THREAT), (3, 11, 12, 14, THREAT)]
    third = whole(rows, known).table.loc[2]
    assert third["their_worst"] == pytest.approx(0.6 * 0.5 ** (2 / 4))
    assert third["their_fast"] == pytest.approx(0.5)


def test_initiatives_are_those_worked_out_by_hand(by_hand: SimpleNamespace) -> None:
    for side, acts in ((0, {4: 5}), (1, {2: 4})):  # the first event is nobody's decision
        rows = chosen(by_hand.initiatives, 0, side)
        assert rows.index.tolist() == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13]  # at war in weeks 5 and 6
        assert {week: level for week, level in rows["level"].items() if level} == acts
        assert rows["weight"].unique().tolist() == [1.0]
    own, k = chosen(by_hand.initiatives, 0, 0), 0.5**0.25
    assert own["own_fast"].tolist()[:5] == pytest.approx([1.0, 0.5, 0.25, 0.5, 0.25])
    assert own["their_fast"].tolist()[:5] == pytest.approx([0.0, 0.5, 0.25, 0.5, 0.25])
    assert own["own_worst"].tolist()[:5] == pytest.approx([0.2, 0.2 * k, 0.2 * k**2, 0.6 * k, 0.6 * k**2])
    assert own.loc[7, "own_worst"] == pytest.approx(0.9 * k**3)  # war of week 4
    assert own.loc[7, "their_slow"] == pytest.approx(0.5 ** (1 / 2))  # battle of week 6


def test_replies_are_those_worked_out_by_hand(by_hand: SimpleNamespace) -> None:
    rows = by_hand.replies
    first = rows[rows["group"] == 0].sort_values("week")
    assert first[["week", "side", "prompt", "level"]].to_numpy().tolist() == [[0, 1, 2, 4], [2, 0, 4, 4], [4, 1, 5, 0]]
    assert first["first_reply"].tolist() == [True, False, False]
    assert first["their_fast"].tolist() == first["their_slow"].tolist() == [1.0] * 3  # the act that is answered
    assert first["their_worst"].tolist() == pytest.approx([0.2, 0.6, 0.9])
    slow, worst = 0.5 ** (2 / 2), 0.6 * 0.5 ** (2 / 4)  # of either side's acts two weeks before
    k = 0.5**0.25
    habituation = [0.0, slow * worst / 0.6, slow * 0.6 * k**2 / 0.9]  # the first event came out of the blue
    assert first["habituation"].tolist() == pytest.approx(habituation)
    second = rows[rows["group"] == 1]
    assert second[["week", "side", "prompt", "level"]].to_numpy().tolist() == [[0, 1, 1, 0]]
    assert second["habituation"].item() == pytest.approx(by_hand.table.loc[1, "own_slow"])  # no worse than before


def test_what_follows_the_first_event_at_once_is_answered_as_what_it_is(known: Covariates) -> None:
    """A worse act of the same week is the prompt, and the first event is what makes it less of a surprise."""
    made = whole([(1, 12, 11, 0, SHOW), (1, 12, 11, 1, ATTACK), (1, 11, 12, 2, SHOW)], known)
    reply = made.replies.iloc[0]
    assert (reply["prompt"], reply["level"]) == (4, 2)
    assert reply["habituation"] == pytest.approx(0.2 / 0.6)
    assert chosen(made.initiatives, 0, 0).loc[0, "level"] == 4  # what the first actor did later is an initiative


def test_an_attack_in_place_of_the_clash_is_noticed(by_hand: SimpleNamespace, known: Covariates) -> None:
    """The twin that must fail: an attack is an act of one side only."""
    rows = [(*row[:4], ATTACK) if row[4] == CLASH else row for row in BY_HAND]
    other = whole(rows, known)
    assert chosen(by_hand.initiatives, 0, 1).loc[2, "level"] == 4
    assert chosen(other.initiatives, 0, 1).loc[2, "level"] == 1


def test_a_clash_that_begins_is_an_act_of_both(known: Covariates) -> None:
    made = whole([(1, 12, 11, 0, CLASH), (1, 11, 12, 20, THREAT)], known)
    assert made.table[["clash", "reciprocated"]].to_numpy().tolist() == [[True, True]]
    assert chosen(made.initiatives, 0, 1).loc[0, ["own_fast", "their_fast"]].tolist() == [1.0, 1.0]
    assert made.replies["first_reply"].tolist() == [False, False]


def test_quiet_weeks_are_thinned_and_weighed(by_hand: SimpleNamespace) -> None:
    rows = chosen(by_hand.initiatives, 1, 0)
    assert rows.index.tolist() == [*range(157), *range(182, 400, 26)]
    assert (rows["weight"] == np.where(rows.index > 156, 26.0, 1.0)).all()
    assert abs(rows["weight"].sum() - 400) < 26  # they stand for all 400 weeks
    assert rows["weight"].max() > 1.0  # without the thinning there would be nothing to weigh


def test_an_answer_comes_when_the_target_first_acts_and_first_uses_force(known: Covariates) -> None:
    rows = [(1, 12, 11, 0, SHOW), (1, 12, 11, 6, ATTACK), (1, 11, 12, 8, THREAT), (1, 12, 11, 30, CLASH)]
    assert whole(rows, known).table[["answer_week", "force_answer_week"]].to_numpy().tolist() == [[1, 4]]
    assert whole(rows[:3], known).table[["answer_week", "force_answer_week"]].to_numpy().tolist() == [[1, -1]]


def test_the_order_of_the_file_changes_nothing(by_hand: SimpleNamespace, known: Covariates) -> None:
    shuffled = dyad_events(events_of([*BY_HAND, END]).sample(frac=1.0, random_state=3))
    pd.testing.assert_frame_equal(shuffled, by_hand.events)
    backwards = dyad_events(events_of([*BY_HAND, END]).assign(date=lambda t: t["date"].iloc[::-1].to_numpy()))
    assert not backwards.equals(by_hand.events)


def test_events_before_1946_against_oneself_or_of_no_level_are_left_out() -> None:
    rows = [(1, 11, 12, -365 * 5, THREAT), (2, 11, 11, 0, THREAT), (3, 11, 12, 1, 0), (4, 12, 11, 2, CLASH)]
    kept = dyad_events(events_of(rows))
    assert kept["confrontation"].tolist() == [4]
    assert kept[["low", "high", "level", "clash"]].to_numpy().tolist() == [[11, 12, 4, True]]


@pytest.mark.parametrize(("later", "level"), [(1092, 4), (1093, 1)])
def test_forecasts_look_1092_days_ahead(known: Covariates, later: int, level: int) -> None:
    made = whole([(1, 11, 12, 0, THREAT), (1, 12, 11, later, ATTACK)], known)
    assert made.table["observed_level"].tolist() == [level]
    assert made.table["reciprocated"].tolist() == [level == 4]


def test_the_side_that_decides_sees_its_own_covariates(by_hand: SimpleNamespace) -> None:
    twelve = {"power_ratio": -np.log(2.0), "own_nuclear": 0, "their_nuclear": 1, "own_major": 1, "their_major": 0}
    eleven = {"power_ratio": np.log(2.0), "own_nuclear": 1, "their_nuclear": 0, "own_major": 0, "their_major": 1}
    both = {"intercept": 1, "both_nuclear": 0, "contiguous": 1, "rival": 1, "pact": 1, "post_1990": 0}
    for side, seen in ((0, twelve), (1, eleven)):
        row = chosen(by_hand.initiatives, 0, side).loc[3, list(STATIC_COVARIATES)]
        assert row.to_dict() == pytest.approx(seen | both)
    assert by_hand.table.loc[0, list(STATIC_COVARIATES)].to_dict() == pytest.approx(twelve | both)
    assert twelve != eleven


def test_the_era_is_that_of_the_week(known: Covariates) -> None:
    start = (pd.Timestamp("1990-12-20") - DAY_0).days
    made = whole([(1, 12, 11, start, THREAT), (1, 12, 11, start + 60, THREAT), (*END[:3], start + 100, BATTLE)], known)
    rows = chosen(made.initiatives, 0, 0)
    assert rows["post_1990"].tolist() == [0.0, 0.0] + [1.0] * (len(rows) - 2)
    assert made.table["post_1990"].tolist() == [0.0]  # an onset has that of its first day


def test_who_joins_a_war_did_not_begin_one(known: Covariates) -> None:
    rows = [
        (3, 14, 15, 0, THREAT), (3, 14, 16, 1, THREAT), (3, 14, 15, 10, WAR_BEGUN), (3, 16, 14, 12, BATTLE),
        (4, 14, 17, 30, THREAT),
    ]  # fmt: skip
    made = whole(rows, known)
    pairs = made.table[["confrontation", "target"]].to_numpy().tolist()
    assert dict(zip(map(tuple, pairs), first_at_war(made.events, made.table), strict=True)) == {
        (3, 15): True, (3, 16): False, (4, 17): True,
    }  # fmt: skip


def test_a_record_without_an_onset_is_refused(known: Covariates) -> None:
    with pytest.raises(DataError, match=r"mie_events\.csv: no confrontation since 1946") as refused:
        onsets(dyad_events(events_of([END])), known, HALF_LIFE, SEVERITY)
    assert refused.value.exit_code == 2


def test_levels_cover_all_actions() -> None:
    levels: Any = confrontations.level_of(range(23))
    assert levels.tolist() == [0] + [1] * 6 + [2] * 6 + [3] * 3 + [4, 4, 5, 4, 5, 5, 5]
