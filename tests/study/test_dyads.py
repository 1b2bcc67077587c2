"""Confrontations of a record as the engine plays them: the same as a scenario that says the same."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation_sim import world as w
from escalation_sim.analysis.confrontations import QUIET_WEEKS
from escalation_sim.draws import entity_id, key_schedule
from escalation_sim.drivers.confrontation import Played, play
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study.dyads import Players
from escalation_sim.study.estimate import Onsets

HALF_LIVES = {"fast": 2.0, "slow": 10.0, "worst": 26.0}  # those of the made-up table
ROW = {
    "confrontation": 77, "actor": 11, "target": 12, "first_level": 2, "clash": False,
    "intercept": 1.0, "power_ratio": np.log(4.0), "own_nuclear": 1.0, "their_nuclear": 0.0, "both_nuclear": 0.0,
    "contiguous": 1.0, "rival": 1.0, "pact": 1.0, "own_major": 0.0, "their_major": 1.0, "post_1990": 0.0,
    "own_fast": 0.0, "own_slow": 0.0, "own_worst": 0.0,
}  # fmt: skip


def row_with_a_past(players: Players, weeks: int = 10) -> dict[str, Any]:
    """The onset above, after an attack by the target some weeks before."""
    kept = {name: 0.5 ** (weeks / half) for name, half in HALF_LIVES.items()}
    kept["worst"] *= float(players.severity[4])
    return ROW | {f"their_{name}": share for name, share in kept.items()}


def written_out(players: Players, **changes: Any) -> Compiler:
    """The same onset as a scenario in the ordinary words of the language."""
    start = dt.date(1946, 1, 1)
    made_up = {"basis": "elicited", "because": "made up"}
    states = [
        {"id": "AAA", "name": "a", "capability": 0.04, "warheads": 5, "major_power": False, **made_up},
        {"id": "BBB", "name": "b", "capability": 0.01, "warheads": 0, "major_power": True, **made_up},
    ]
    pair = {"between": ["AAA", "BBB"], **made_up}
    tree: dict[str, Any] = {
        "format_version": 1, "id": "out", "title": "Written out", "start": start.isoformat(), "horizon": "1092 days",
        "states": states, "rivalries": [pair], "borders": [pair],
        "commitments": [{"id": "pact", "type": "neutrality", "members": ["AAA", "BBB"], "reliability": 1.0, **made_up}],
        "history": [{"by": "BBB", "toward": "AAA", "act": "strike", "on": (start - dt.timedelta(weeks=10)).isoformat(),
                     **made_up}],
        "events": [{"id": "first", "actor": "AAA", "toward": "BBB", "act": "display", "on": start.isoformat(),
                    **made_up}],
        "outcomes": [{"id": "war", "label": "w", "kind": "vertical", "resolution": "w",
                      "when": [{"act": {"at_least": "war"}}]}],
    }  # fmt: skip
    scenario = resolve(Scenario.model_validate(tree | changes))
    return Compiler(scenario.model_copy(update={"coefficients": players.compiler.scenario.coefficients}))


def same(one: Played, other: Played) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_an_onset_is_played_as_the_scenario_that_says_the_same(players: Players) -> None:
    (mine,) = players.play(pd.DataFrame([row_with_a_past(players)]), 300)
    offset = entity_id("onset:77:11>12") & ~np.uint64(0xFFFFFFFF)
    lineages = np.arange(300, dtype=np.uint64) + np.uint64(offset)
    asked = (key_schedule(1), lineages, players.rung[1], players.rung[3], QUIET_WEEKS)
    assert same(mine, play(written_out(players).setup(), *asked))
    assert 0.0 < mine.answered.mean() < 1.0
    assert len(set(mine.highest.tolist())) > 2
    for change in ({"history": []}, {"borders": [], "rivalries": []}):  # the twins: another past, other covariates
        assert not same(mine, play(written_out(players, **change).setup(), *asked))


def test_from_the_other_side_covariates_swap(players: Players) -> None:
    whole, row = players.compiler.setup(), row_with_a_past(players)
    mirrored = row | {f"own_{m}": row[f"their_{m}"] for m in HALF_LIVES} | {f"their_{m}": 0.0 for m in HALF_LIVES}
    mirrored |= {"power_ratio": -row["power_ratio"], "own_nuclear": 0.0, "their_nuclear": 1.0}
    mirrored |= {"own_major": 1.0, "their_major": 0.0}
    here, there = players.setup(row, whole), players.setup(mirrored, whole)
    assert whole.actor.tolist() == [0, 1]
    for name in ("static", "closed"):
        assert getattr(here, name)[::-1].tolist() == getattr(there, name).tolist(), name
        assert getattr(here, name).tolist() != getattr(there, name).tolist(), name
    assert here.first_memory[:, ::-1].tolist() == there.first_memory.tolist()
    assert here.base[:, ::-1] == pytest.approx(there.base)
    assert here.nuclear[::-1].tolist() == there.nuclear.tolist()
    places = {name: k for k, name in enumerate(w.STATIC_COVARIATES)}
    for name in ("contiguous", "rival", "pact", "post_1990", "both_nuclear"):
        assert here.static[0, places[name]] == here.static[1, places[name]] == row[name]


def test_nuclear_use_is_for_those_who_have_the_weapon(players: Players) -> None:
    setup = players.setup(row_with_a_past(players), players.compiler.setup())
    nuclear = setup.need == w.NEED_NUCLEAR_WEAPON
    assert setup.closed[:, nuclear].ravel().tolist() == [0, 1]


def test_results_do_not_depend_on_threads_nor_on_the_order_of_the_onsets(players: Players, onsets: Onsets) -> None:
    some, draws = onsets.table.head(12), players.draws(1, 3)
    plain = players.play(some, 30, draws=draws)
    for again in (players.play(some, 30, draws=draws, jobs=3), players.play(some[::-1], 30, draws=draws)[::-1]):
        assert all(map(same, plain, again))
    assert not all(map(same, plain, players.play(some, 30, seed=2, draws=draws)))


def test_each_onset_has_luck_of_its_own(players: Players) -> None:
    row = row_with_a_past(players)
    one, other = players.play(pd.DataFrame([row, row | {"confrontation": 78}]), 200)
    assert not same(one, other)
    assert abs(one.answered.mean() - other.answered.mean()) < 0.2


def test_a_clash_is_an_act_of_both_and_no_level_falls_below_the_first(players: Players, onsets: Onsets) -> None:
    for row, one in zip(onsets.table.to_dict("records"), players.play(onsets.table, 20), strict=True):
        assert (players.levels[one.highest] >= row["first_level"]).all()
        assert not row["clash"] or one.answered.all()
        assert (one.length >= one.active).all()
        assert (one.active >= 1).all()


def test_replicates_are_dealt_to_the_draws(players: Players, onsets: Onsets) -> None:
    seen: list[int] = []
    played = players.play(onsets.table.head(3), 10, draws=players.draws(1, 4), progress=seen.append)
    assert [len(one.highest) for one in played] == [10] * 3
    assert seen == [1, 1, 1]
    few = players.play(onsets.table.head(1), 2, draws=players.draws(1, 4))
    assert len(few[0].highest) == 2


def test_a_given_table_stands_for_itself(table: Any) -> None:
    """Rows that the packaged table has and a given one lacks are not filled in."""
    given = table(memory={"fast": {"dist": "uniform", "loc": 1.0, "scale": 2.0}, "slow": 10.0, "worst": 26.0})
    players = Players(given)
    assert players.compiler.scenario.coefficients == given
    assert players.half_life.tolist() == pytest.approx([2.0, 10.0, 26.0])
    assert Players().compiler.scenario.coefficients != given


def test_the_setup_of_an_onset_leaves_that_of_the_pattern_as_it_is(players: Players, onsets: Onsets) -> None:
    """Threads that play other onsets read it at the same time: what is frozen here could not be written to."""
    whole = players.compiler.setup()
    for array in whole:
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    for row in onsets.table.head(3).to_dict("records"):
        setup = players.setup(row, whole)
        assert setup.n_terms is whole.n_terms
        assert setup.base.any()
