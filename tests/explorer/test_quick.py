"""The quick ensemble is the ensemble of `run`, small; an older request gives way to a newer one."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from escalation_sim import load, run_ensemble
from escalation_sim.explorer.numbers import settings_of
from escalation_sim.explorer.quick import SupersededError, curves_of, rows_of, run_quick, windows_of
from escalation_sim.explorer.session import Case

FIXED = {"events.collision.hazard.rate": 3.0, "rules.washington-shows-the-flag.then.display": 2.5}


def test_it_is_what_run_gives_with_the_same_settings(case: Case) -> None:
    quick = run_quick(case.scenario((), FIXED), case.replicates, case.luck)
    real = run_ensemble(load("library:starter", settings=settings_of(FIXED)), case.replicates, 20, 1)
    pd.testing.assert_frame_equal(quick.probabilities, real.probabilities)
    pd.testing.assert_frame_equal(quick.curves, real.curves)
    assert not quick.curves.equals(case.ensemble.curves)


def test_rows_hold_the_table_and_what_is_untouched(case: Case) -> None:
    quick = run_quick(case.scenario((), FIXED), case.replicates, case.luck)
    assert windows_of(quick) == [30.0, 180.0, 365.0]
    rows = rows_of(quick, case.ensemble, 365.0)
    assert [row.outcome for row in rows] == [one.id for one in case.untouched.outcomes]
    table = quick.probabilities.set_index(["outcome", "window_days"])
    for row in rows:
        real = table.loc[(row.outcome, 365.0)]
        assert (row.probability, row.low, row.high, row.n) == (
            real["probability"], real["mc_low"], real["mc_high"], case.replicates,
        )  # fmt: skip
        assert row.probability == curves_of(quick)[row.outcome].probability[-1]
    clash = rows[0]
    assert clash.probability > clash.before > 0


def test_an_outcome_without_a_counterpart_has_no_number(case: Case) -> None:
    rows = rows_of(case.ensemble, case.ensemble, 365.0)
    assert not any(math.isnan(row.before) for row in rows)
    assert rows_of(case.ensemble, case.ensemble, 1.0) == []


def test_a_request_that_nobody_wants_any_more_stops(case: Case) -> None:
    asked: list[bool] = []

    def wanted() -> bool:
        asked.append(True)
        return len(asked) < 2

    with pytest.raises(SupersededError):
        run_quick(case.untouched, case.replicates, case.luck, wanted)
    assert len(asked) == 2
