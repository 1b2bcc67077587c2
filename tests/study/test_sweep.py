"""What a point of a sweep gives depends on the plan alone, and is what `run_ensemble` gives for its scenario."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from escalation_sim.errors import ExecutorError
from escalation_sim.scenario.load import load
from escalation_sim.store import sweeps
from escalation_sim.store.provenance import digest_of
from escalation_sim.study import executors, sweep
from escalation_sim.study.ensemble import run_ensemble
from escalation_sim.study.sweep import Plan, cell, failed_point, finish_chunk, made_by, run_chunk, run_point

KEYS = ["outcome", "window_days"]


def _is_same(read: Any, made: Any) -> bool:
    """Whether numbers read from text are those that were written; days have the precision of the driver."""
    return np.array_equal(np.asarray(read, np.float32), np.asarray(made, np.float32), equal_nan=True)


def test_a_plan_survives_its_record(plan_of: Any) -> None:
    import json

    plan = plan_of(odds=(-3.0, 0.1 + 0.2), common=False)
    again = Plan.from_record(json.loads(json.dumps(plan.as_record())))
    assert again == plan
    assert digest_of(again.as_record()) == digest_of(plan.as_record())
    assert [again.seed_of(k) for k in range(4)] == [plan.seed_of(k) for k in range(4)]


@pytest.mark.parametrize("chunk", [1, 2, 4, 9, 100])
def test_chunks_share_out_the_points(plan_of: Any, chunk: int) -> None:
    plan = plan_of(chunk=chunk)
    assert [point for number in range(plan.chunks) for point in plan.points_of(number)] == list(range(9))


def test_a_point_is_the_ensemble_of_its_scenario(swept: Any) -> None:
    points, runs = swept().driven(executors.here).tables()
    for point, (odds, weeks) in enumerate((x, y) for x in (-3.0, -1.0, 1.0) for y in (1.0, 2.0, 3.0)):
        settings = [f"coefficients.reply.war.intercept={odds}", f"coefficients.memory.fast={weeks}"]
        alone = run_ensemble(load("library:starter", settings=settings), 12, 3, 1)
        found = points[points["point"] == point].set_index(KEYS)
        expected = alone.probabilities.rename(columns={"id": "outcome"}).set_index(KEYS).loc[found.index]
        for name in ("probability", "mc_low", "mc_high", "parameter_low", "parameter_high", "n", "count", "label"):
            assert found[name].tolist() == expected[name].tolist(), name
        assert (found[["odds", "weeks"]].to_numpy() == [odds, weeks]).all()
        assert (found["n_failed"] == 0).all()
        rows = runs[runs["point"] == point].drop(columns="point").reset_index(drop=True)
        for name in rows:
            assert _is_same(rows[name], alone.runs[name]), name


def test_common_random_numbers_and_own_ones(swept: Any) -> None:
    """Points that change nothing: under shared luck each is the baseline itself, under luck of their own none is."""
    nothing = {"id": "name", "set": "title", "values": ["one", "two", "three"]}
    base = run_ensemble(load("library:starter"), 200, 3, 1)
    rows = {}
    for common in (True, False):
        one = swept(str(common), variables=(nothing,), common=common, replicates=200).driven(executors.here)
        points, runs = one.tables()
        rows[common] = [group.drop(columns="point").reset_index(drop=True) for _, group in runs.groupby("point")]
        assert (points.groupby(KEYS)["count"].nunique() == 1).all() == common
    expected = base.runs[list(runs.columns[1:])]
    assert [_is_same(group, expected) for group in rows[True]] == [True] * 3
    assert [_is_same(group, expected) for group in rows[False]] == [False] * 3
    assert not _is_same(rows[False][0], rows[False][1])


def test_more_levels_and_more_replicates_leave_the_first_as_they_were(swept: Any) -> None:
    """The prefix rule: a grid of 3 x 3 in one of 3 x 4, and 12 replicates in 24."""
    small, _ = swept("small").driven(executors.here).tables()
    wide, rows = swept("wide", weeks=(1.0, 2.0, 2.5, 3.0), chunk=5).driven(executors.here).tables()
    on = ["odds", "weeks", *KEYS]
    both = small.merge(wide, on=on, suffixes=("", "_wide"))
    assert len(both) == len(small) < len(wide)
    for name in small.columns.difference([*on, "point"]):
        pd.testing.assert_series_equal(both[name], both[f"{name}_wide"], check_names=False)
    _, many = swept("many", weeks=(1.0, 2.0, 2.5, 3.0), replicates=24).driven(executors.here).tables()
    first = many[many["replicate"] < 12].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, rows.reset_index(drop=True))
    own = [swept(f"own{k}", common=False, weeks=weeks).driven(executors.here).tables()[0] for k, weeks in
           enumerate([(1.0, 2.0, 3.0), (1.0, 2.0, 2.5, 3.0)])]  # fmt: skip
    assert own[0].merge(own[1], on=on, suffixes=("", "_wide")).eval("count == count_wide").mean() < 1.0


def test_order_and_repetition_of_chunks_change_nothing(swept: Any, reference: dict[str, bytes]) -> None:
    one = swept().driven(executors.here, [3, 0, 4, 1, 2, 0, 3])
    assert one.finish() == reference


def test_rows_that_are_not_kept_change_no_probability(swept: Any, reference: dict[str, bytes]) -> None:
    found = swept(runs=False).driven(executors.here).finish()
    assert found["points.csv"] == reference["points.csv"]
    assert "runs.csv.gz" not in found


def test_a_point_that_fails_is_told_and_the_others_go_on(swept: Any) -> None:
    """Each variable alone is sound; only together are they not, so that nothing was told before."""
    twice = (
        {"id": "who", "variants": ["base", "doubted_treaty"]},  # which makes the reliability a plain number
        {"id": "scale", "set": "commitments.us-philippines.reliability.scale", "values": [0.5, 0.9]},
    )
    one = swept(variables=twice, chunk=1).driven(executors.here)
    found = one.finish()
    told = pd.read_csv(one.folder / "failures.csv")
    points = sweeps.read_sweep(one.folder).points
    assert told[["point", "who", "scale", "error"]].to_numpy().tolist() == [
        [2, "doubted_treaty", 0.5, "ScenarioError"], [3, "doubted_treaty", 0.9, "ScenarioError"]
    ]  # fmt: skip
    assert "need a 'dist'" in told["message"][0]
    assert told["place"][0].split(".")[0] in {"messages", "validate", "sampling", "load"}
    assert "/" not in told["place"][0]
    failed = points[points["point"] > 1]
    assert (failed["n"] == 0).all()
    assert (failed["n_failed"] == 12).all()
    assert failed["probability"].isna().all()
    assert (failed[["mc_low", "mc_high"]].to_numpy() == [0.0, 1.0]).all()
    assert (points[points["point"] < 2]["n"] == 12).all()
    assert failed[KEYS].to_numpy().tolist() == points[points["point"] < 2][KEYS].to_numpy().tolist()
    assert found["failures.csv"].count(b"\n") == 3


@pytest.mark.parametrize("error", [ValueError("two\nlines"), KeyError(), MemoryError(), RecursionError("=1")])
def test_whatever_a_point_raises_is_told_in_a_line(plan_of: Any, monkeypatch: pytest.MonkeyPatch, error: Any) -> None:
    def broken(*words: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(sweep, "run_ensemble", broken)
    parts = run_point(plan_of(), 4)
    assert parts["runs"] == b""
    assert parts["failures"].count(b"\n") == 1
    assert parts["failures"].startswith(b"4,-1.0,2.0," + type(error).__name__.encode())
    assert parts["points"].count(b"\n") == parts["points"].count(b",0.0,1.0,")


def test_an_interrupt_is_no_failure_of_a_point(plan_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*words: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep, "run_ensemble", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_point(plan_of(), 0)


def test_the_place_of_an_error_is_one_of_ours_wherever_the_checkout_lies(plan_of: Any) -> None:
    """The name of the package in the path of a library's file does not make the file ours."""
    code = compile("def broken():\n    raise ValueError('no')", "/somewhere/escalation_sim/.venv/site/lib.py", "exec")
    space: dict[str, Any] = {}
    exec(code, space)
    try:
        space["broken"]()
    except ValueError as error:
        told = failed_point(plan_of(), 0, error)["failures"]
    assert told.decode().rstrip("\n").split(",")[-2:] == ["no", ""]


def test_a_worker_with_another_version_is_refused(swept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = swept()
    work = one.begin()
    sweep._plan.cache_clear()
    monkeypatch.setattr(sweep, "made_by", lambda: made_by() | {"version": "0.0.9"})
    with pytest.raises(ExecutorError, match="a worker has another version of the program or its libraries"):
        run_chunk(str(one.folder), work.digest, 0)
    assert list((one.folder / "shards").iterdir()) == []


def test_a_chunk_says_how_many_of_its_points_failed(swept: Any) -> None:
    one = swept()
    work = one.begin()
    good = run_point(one.plan, 0)
    bad = failed_point(one.plan, 1, ValueError("no"))
    assert finish_chunk(str(one.folder), work.digest, 0, [good, bad]) == 1
    assert run_chunk(str(one.folder), work.digest, 0) == 0


def test_progress_is_told_in_replicates(swept: Any) -> None:
    one, told = swept(), []
    work = one.begin()
    run_chunk(str(one.folder), work.digest, 0, progress=told.append)
    assert sum(told) == 2 * 12


def test_cells() -> None:
    assert [cell(x) for x in (True, False, 1, 0.5, "true")] == ["true", "false", 1, 0.5, "true"]


def test_values_of_variables_stand_in_the_tables_as_they_were_set(swept: Any) -> None:
    names = ["NO", "=1+1", "a, b", "true", ""]
    texts = {"id": "name", "set": "title", "values": names[:4]}
    one = swept(variables=(texts, {"id": "on", "set": "rules.typhoon-season.enabled", "values": [True, False]}))
    points, _ = one.driven(executors.here).tables()
    firsts = points.drop_duplicates("point")
    assert firsts["name"].tolist() == [name for name in names[:4] for _ in range(2)]
    assert firsts["on"].tolist() == ["true", "false"] * 4


def test_the_folder_is_the_only_thing_a_chunk_needs(swept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sees the folder can run a chunk, from any place, without the scenario file."""
    one = swept()
    work = one.begin()
    monkeypatch.chdir("/")
    assert run_chunk(str(one.folder), work.digest, 1) == 0
