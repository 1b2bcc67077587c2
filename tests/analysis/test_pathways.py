"""Chains merged into families: every chain in one, thin branches cut, the median path found, the turn told."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from escalation_sim.analysis import pathways as p
from escalation_sim.analysis.paths import BY_ITSELF, Step
from escalation_sim.world import BY_EVENT, BY_INITIATIVE, BY_REPLY

LABELS = {"boom": "The boom"}


def _act(words, tick, later=math.inf):
    """`A>B rung`, `A>B rung r` for a reply, or the name of an event."""
    if ">" not in words:
        return p.Act(0, Step(None, None, None, BY_EVENT, words, None), tick, None, later)
    who, rung, *reply = words.split()
    actor, target = who.split(">")
    return p.Act(0, Step(actor, target, rung, BY_REPLY if reply else BY_INITIATIVE, None, None), tick, None, later)


def _chain(number, *acts, day=None):
    done = [_act(words, tick) for words, tick in acts]
    return p.Chain(number, tuple(done), float(7 * acts[-1][1] + 3 if acts else 50) if day is None else day)


STRIKE, SHOW = "A>B strike", "A>B display"


@pytest.fixture(scope="module")
def chains():
    """60 strikes out of nothing, 30 after a display, 8 after a display after the boom, 2 of other kinds."""
    made = [_chain(k, (STRIKE, k % 40)) for k in range(60)]
    made += [_chain(60 + k, (SHOW, k), (STRIKE, k + 5)) for k in range(30)]
    made += [_chain(90 + k, ("boom", 1), (SHOW, 2 + k), (STRIKE, 20)) for k in range(8)]
    return [*made, _chain(98, ("B>A strike", 9)), _chain(99, ("C>A war", 9))]


def test_families_end_alike_and_each_chain_is_in_one(chains):
    found = p.families(chains, LABELS)
    assert [str(family) for family in found] == [
        "A strikes B",
        "A shows force against B → A strikes B",
        "The boom (event) → A shows force against B → A strikes B",
        "in other ways",
    ]
    assert [len(family.members) for family in found] == [60, 30, 8, 2]
    assert sorted(itertools.chain(*(family.members for family in found))) == list(range(100))


def test_thin_branches_are_merged_into_what_they_share(chains):
    found = p.families(chains, LABELS, least_share=0.2)
    assert [(str(f), len(f.members)) for f in found] == [
        ("A strikes B", 60),
        ("A shows force against B → A strikes B", 30),
        ("in other ways", 10),
    ]
    deep = p.families(chains, LABELS, depth=1)
    assert [(str(f), len(f.members)) for f in deep] == [
        ("A strikes B", 60),
        ("… → A strikes B", 38),
        ("in other ways", 2),
    ]


def test_order_of_the_chains_changes_no_family(chains):
    shuffled = [chains[i] for i in np.random.default_rng(1).permutation(len(chains))]
    tables = [p.family_table("o", p.families(some, LABELS), some) for some in (chains, shuffled)]
    pd.testing.assert_frame_equal(*tables)


def test_states_of_one_name_act_as_one():
    made = [_chain(k, (f"{who}>B strike", 3)) for k, who in enumerate("ACDE")]
    assert len(p.families(made, {})) == 1, "four chains that differ are too few to be told apart"
    merged = p.families(made, dict.fromkeys("ACDE", "member"))
    assert [str(family) for family in merged] == ["member strikes B"]


def test_an_act_that_recurs_counts_where_it_stood_last():
    chain = _chain(0, (SHOW, 1), ("B>A display r", 2), (SHOW, 4), (STRIKE, 5))
    assert list(p.told(chain, {}).items()) == [
        ("B shows force against A (reply)", 2),
        ("A shows force against B", 4),
        ("A strikes B", 5),
    ]


def test_nothing_needed_is_told_as_such():
    found = p.families([_chain(k) for k in range(5)], {})
    assert [str(family) for family in found] == [BY_ITSELF]
    assert p.families([], {}) == []
    assert p.family_table("o", [], []).empty


def test_the_median_path_is_the_nearest_to_all(chains):
    found = p.families(chains, LABELS)
    ticks = [chains[i].acts[-1].tick for i in found[0].members]
    assert chains[found[0].median].acts[-1].tick in (int(np.median(ticks)), int(np.median(ticks)) + 1)
    table = p.family_table("o", found, chains)
    assert table["replicate"].tolist() == [chains[f.median].replicate for f in found]
    assert table["share"].sum() == pytest.approx(1.0)
    assert (table["low"] < table["share"]).all()
    assert (table["share"] < table["high"]).all()


def test_acts_that_chains_need_most_often(chains):
    table = p.common_table("o", chains, LABELS)
    assert dict(zip(table["act"], table["count"], strict=True)) == {
        "A strikes B": 98,
        "A shows force against B": 38,
        "The boom (event)": 8,
        "B strikes A": 1,
        "C goes to war with A": 1,
    }
    assert (table["n"] == 100).all()
    assert table["count"].is_monotonic_decreasing


def test_the_table_of_acts_tells_who_when_and_what_without(chains):
    asked = _act("B>A strike", 0)
    second = p.Act(7, _act("A>B strike r", 4).step, 4, asked.step, 12.0)
    chain = p.Chain(3, (_act("boom", 1), second), 30.0)
    table = p.act_table("o", p.families([chain], LABELS), [chain], LABELS, 7.0)
    assert table["act"].tolist() == ["The boom (event)", "A strikes B (reply)"]
    assert table["phase"].tolist() == ["event", "reply"]
    assert table["answers"].tolist() == ["", "B strikes A"]
    assert table["day"].tolist() == [7.0, 28.0]
    assert table["weeks_since_previous"].tolist()[1] == 3.0
    assert math.isnan(table["weeks_since_previous"][0])
    assert math.isnan(table["days_later"][0]), "without it never"
    assert table["days_later"][1] == 12.0


@pytest.mark.parametrize(
    ("counts", "half", "words"),
    [
        ([(10, 20), (30, 60), (70, 100)], 2, "likelier than not from week 1 on"),
        ([(10, 20), (30, 40), (40, 100)], 3, "likelier than not only with its last act (40 % just before)"),
        ([(60, 70), (70, 100)], 1, "likelier than not before its first act (60 %)"),
        ([(10, 20), (20, 50)], None, "likelier than not at none of its acts"),  # a half is not more than a half
    ],
)
def test_the_turn_is_the_first_act_after_which_it_is_likelier_than_not(counts, half, words):
    turns = [p.Turn(_act(STRIKE, k), before, after, 100) for k, (before, after) in enumerate(counts)]
    table = p.turn_table("o", [turns], {}, 7.0)
    assert table.loc[table["passes_half"] == 1, "place"].tolist() == ([half] if half else [])
    assert p.turning_words(table).startswith(words)
    assert ((table["before_low"] <= table["before"]) & (table["after"] <= table["after_high"])).all()
