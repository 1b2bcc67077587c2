"""Frames tell the trajectory that `trace` tells, and a session moves through it."""

from __future__ import annotations

import pytest

from escalation_sim import load, resolve
from escalation_sim.explorer.session import Case, Session
from escalation_sim.explorer.trajectory import Trajectory
from escalation_sim.scenario.messages import Marks
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.validate import validated_as
from escalation_sim.study.ensemble import run_ensemble
from escalation_sim.study.trace import begun

KOREA = "scenarios/north-korea-troops-2024.yaml"


@pytest.fixture(scope="module")
def korea() -> Trajectory:
    return Trajectory(resolve(load(KOREA)), 4, 1, 100).play(1_000)


def test_it_is_the_replicate_of_trace(korea: Trajectory) -> None:
    model = begun(load(KOREA), 4, 1, 100).run_model()
    assert len(korea.frames) == korea.n_ticks + 1
    assert sum(len(frame.acts) for frame in korea.frames) == model.n_acts
    assert [reason.gates for reason in model.reasons] == [reason.gates for reason in korea.model.reasons]
    assert korea.model.outcomes == model.outcomes


def test_every_outcome_is_told_in_the_tick_in_which_it_came(korea: Trajectory) -> None:
    days = dict(zip(korea.names.outcomes, korea.model.world.outcome_day, strict=True))
    labels = {one.label: one.id for one in korea.scenario.outcomes}
    told = {labels[name]: frame.day for frame in korea.frames for name in frame.outcomes}
    assert set(told) == set(korea.model.outcomes)
    assert told
    assert all(told[name] - 7.0 <= days[name] < told[name] for name in told)


def test_a_decided_act_has_its_gates_and_an_event_has_none(korea: Trajectory) -> None:
    acts = [act for frame in korea.frames for act in frame.acts]
    decided = [act for act in acts if act.gates]
    assert decided
    for act in decided:
        opened = [rung for rung, _, was in act.gates if was]
        assert opened[-1] == korea.names.rungs[act.rung]
        assert [was for _, _, was in act.gates] == sorted((was for _, _, was in act.gates), reverse=True)
    assert all(act.sentence.endswith("(event)") for act in acts if not act.gates)


def test_rungs_are_those_of_acts_or_of_war(korea: Trajectory) -> None:
    war = korea.names.rungs.index("war")
    at_war = korea.names.edges.index("RUS>UKR")
    assert korea.frames[0].rungs[at_war] == war
    quiet = 0
    for frame in korea.frames[1:]:
        for act in frame.acts:
            assert act.edge < 0 or frame.rungs[act.edge] >= act.rung
        done = {act.edge for act in frame.acts}
        quiet += sum(rung == 0 for edge, rung in enumerate(frame.rungs) if edge not in done)
    assert quiet > 0


def test_going_back_shows_what_was(case: Case) -> None:
    session = Session(case, 3)
    session.go(20)
    seen = session.frame
    session.go(4)
    assert session.frame.day == 28.0
    session.go(20)
    assert session.frame is seen
    session.go(10_000)
    assert session.tick == session.played.n_ticks
    session.go(-5)
    assert session.tick == 0


def test_a_fixed_number_moves_the_trajectory_and_a_released_one_moves_it_back(case: Case) -> None:
    session = Session(case, 0)
    session.go(53)
    before = [frame.rungs for frame in session.played.frames]
    session.fixed["events.collision.hazard.rate"] = 40.0
    session.rebuild()
    assert session.tick == 53
    assert [frame.rungs for frame in session.played.frames] != before
    session.fixed.clear()
    session.rebuild()
    assert [frame.rungs for frame in session.played.frames] == before


def test_a_variant_is_laid_over_both(case: Case) -> None:
    session = Session(case, 0)
    session.variants = ("doubted_treaty",)
    session.rebuild()
    assert session.touched
    assert "commitments.us-philippines.reliability" not in {one.path for one in session.numbers}
    assert session.command == "escalation-sim run library:starter --with doubted_treaty --parameters 20"


def test_pairs_keep_their_names_when_a_state_joins(case: Case) -> None:
    session = Session(case)
    names = session.played.pairs()
    assert names[:2] == ["CHN>PHL", "CHN>USA"]
    joined = [*({"id": state.id} for state in case.untouched.states), {"id": "AUS"}]
    rivalries = [*case.tree.value["rivalries"], {"between": ["AUS", "CHN"]}]
    tree = {**case.tree.value, "states": joined, "rivalries": rivalries}
    other = Trajectory(resolve(validated_as(Scenario, tree, Marks())), 0, 1, 20)
    assert other.names.edges.index("CHN>PHL") != session.played.names.edges.index("CHN>PHL")
    for name in names:
        assert [other.names.edges[edge] for edge in other.both(name)] == [name, ">".join(reversed(name.split(">")))]
    assert other.both("XXX>YYY") == []


def test_the_model_agrees_with_the_row_of_the_ensemble(case: Case) -> None:
    rows = run_ensemble(case.untouched, replicates=6, parameters=20, seed=1).runs
    for replicate in range(6):
        played = Trajectory(case.untouched, replicate, 1, 20).play(53)
        assert played.model.n_acts == rows["acts"][replicate]
