"""Early signals: found where they are, not found where there are none, and never the outcome itself."""

import numpy as np
import pytest
from scipy import stats

from escalation_sim.analysis import signals as s
from escalation_sim.analysis.contingency import Split

ASKED = {"id": "war", "label": "War", "windows": [90.0, 364.0]}
N = 4_000


def _world(seed, lift=0.0, n=N):
    """Signals by day 56, and an outcome that comes later with .1, or more where the first signal was seen."""
    rng = np.random.default_rng(seed)
    seen = rng.random((20, n)) < np.linspace(0.05, 0.6, 20)[:, None]
    comes = rng.random(n) < 0.1 + lift * seen[0]
    day = np.where(comes, rng.uniform(57, 364, n), -1.0)
    found = [s.Signal(f"signal {k}", f"family {k}", row) for k, row in enumerate(seen)]
    return found, day, np.arange(n) % 50


def test_a_planted_signal_is_found_and_told_right():
    found, day, draws = _world(1, lift=0.3)
    table = s.signal_table(found, ASKED, day, draws, 56.0)
    row = table.iloc[0]
    assert row["signal"] == "signal 0"
    assert row["given_seen_low"] < 0.4 < row["given_seen_high"]
    assert row["given_unseen_low"] < 0.1 < row["given_unseen_high"]
    assert row["difference_low"] < 0.3 < row["difference_high"]
    assert row["within_draws"] == pytest.approx(row["difference"], abs=0.05)
    assert row["likelihood_ratio_low"] < 4.0 < row["likelihood_ratio_high"] * 1.5
    assert row["likelihood_ratio_unseen_high"] < 1 < row["likelihood_ratio_low"]
    assert row["n_seen"] + row["n_unseen"] == N


def test_where_there_is_nothing_to_see_hardly_anything_is_told():
    """False discoveries: with no signal at all, at most some 5 % of the tables may name one."""
    told = sum(len(s.signal_table(*(w := _world(seed, n=800))[:1], ASKED, *w[1:], 56.0)) > 0 for seed in range(100))
    assert told <= stats.binom.ppf(0.9999, 100, s.FALSE_DISCOVERIES)


def _numbers_of_their_own(seed, n=4_000, draws=40, spread=1.0):
    """Signals and an outcome that have nothing to do with each other, each with an uncertain number of its own."""
    rng = np.random.default_rng(seed)
    draw = np.arange(n) % draws
    p = 1 / (1 + np.exp(1 - spread * rng.normal(size=(11, draws))))
    happens = rng.random((11, n)) < p[:, draw]
    found = [s.Signal(f"signal {k}", f"family {k}", row) for k, row in enumerate(happens[1:])]
    return found, np.where(happens[0], 200.0, -1.0), draw


def test_numbers_that_happen_to_go_together_are_no_signals():
    told = twin = 0
    for seed in range(60):
        found, day, draw = _numbers_of_their_own(seed)
        told += len(s.signal_table(found, ASKED, day, draw, 56.0)) > 0
        twin += len(s.signal_table(found, ASKED, day, np.zeros_like(draw), 56.0)) > 0
    assert told <= stats.binom.ppf(0.9999, 60, s.FALSE_DISCOVERIES)
    assert twin > 40, "the twin: replicates taken for independent find signals in most of these worlds"


def _family(name, p_values):
    split = Split(*(np.array([count]) for count in (5.0, 10.0, 5.0, 20.0)))
    return [
        s._Test(s.Signal(f"{name} {k}", name, np.ones(1, bool)), 90.0, split, p, 0.1) for k, p in enumerate(p_values)
    ]


def test_rungs_of_real_signals_pay_for_no_false_ones():
    rng = np.random.default_rng(9)
    shares, twins = [], []
    for _ in range(200):
        real = [test for k in range(10) for test in _family(f"real {k}", [1e-9] * 8)]
        nothing = [test for k, p in enumerate(rng.random(100)) for test in _family(f"nothing {k}", [p])]
        told = [test.signal.family for test, _ in s._discovered([*real, *nothing])]
        assert len(set(told)) == len(told) >= 10
        shares.append(np.mean([name.startswith("nothing") for name in told]))
        q = stats.false_discovery_control([test.p_value for test in [*real, *nothing]])
        each = {test.signal.family for test, value in zip([*real, *nothing], q, strict=True) if value <= 0.05}
        twins.append(np.mean([name.startswith("nothing") for name in each]))
    assert np.mean(shares) < 0.06
    assert np.mean(twins) > 0.12, "the twin: every rung a discovery of its own"


def test_every_window_after_the_landmark_has_its_own_rows():
    found, day, draws = _world(1, lift=0.3)
    asked = ASKED | {"windows": [30.0, 56.0, 200.0, 364.0]}
    table = s.signal_table(found, asked, day, draws, 56.0)
    assert table["window_days"].unique().tolist() == [200.0, 364.0]
    assert (table.groupby("window_days")["rank"].min() == 1).all()
    counts = table[table["signal"] == "signal 0"].set_index("window_days")
    assert counts.loc[200.0, "count_seen"] < counts.loc[364.0, "count_seen"]
    assert counts["n_seen"].nunique() == 1


def test_the_day_of_the_landmark_is_not_later():
    found, day, draws = _world(1, lift=0.3)
    on, after = (np.where(day >= 0, when, -1.0) for when in (56.0, np.nextafter(np.float32(56.0), 57.0)))
    assert s.signal_table(found, ASKED, on, draws, 56.0).empty
    assert len(s.signal_table(found, ASKED, after, draws, 56.0))


def test_what_was_never_seen_is_a_bound():
    found, day, draws = _world(1, lift=0.3)
    row = s.signal_table(found, ASKED, np.where(found[0].seen, day, -1.0), draws, 56.0).iloc[0]
    assert (row["count_unseen"], row["given_unseen"]) == (0, 0.0)
    assert row["given_unseen_high"] > 0
    assert row["likelihood_ratio_unseen"] == 0.0 < row["likelihood_ratio_unseen_high"]


def test_an_outcome_is_no_sign_of_itself():
    """It comes early in some replicates and brings the signal with it: among those left the signal tells nothing."""
    rng = np.random.default_rng(2)
    early = rng.random(N) < 0.3
    late = ~early & (rng.random(N) < 0.2)
    day = np.where(early, 10.0, np.where(late, 200.0, -1.0))
    signal = s.Signal("its shadow", "f", early | (rng.random(N) < 0.2))
    assert s.signal_table([signal], ASKED, day, np.zeros(N, int), 56.0).empty
    counted_in = s.signal_table([signal], ASKED, np.where(day == 10.0, 100.0, day), np.zeros(N, int), 56.0)
    assert len(counted_in) == 1, "the twin: counting those in which it came first would call it a signal"


def test_parameters_that_drive_both_are_told_from_the_course_of_events():
    rng = np.random.default_rng(3)
    draws = np.arange(N) % 40
    hot = draws < 20
    seen = rng.random(N) < np.where(hot, 0.8, 0.2)
    day = np.where(rng.random(N) < np.where(hot, 0.5, 0.1), 200.0, -1.0)
    row = s.signal_table([s.Signal("x", "f", seen)], ASKED, day, draws, 56.0).iloc[0]
    assert row["difference"] > 0.15
    assert abs(row["within_draws"]) < 0.04


def test_of_degrees_of_one_thing_the_most_telling_is_kept():
    rng = np.random.default_rng(4)
    rung = rng.integers(0, 4, N)
    day = np.where(rng.random(N) < np.where(rung >= 2, 0.4, 0.1), 100.0, -1.0)
    degrees = [s.Signal(f"rung {k}", "edge", rung >= k) for k in (1, 2, 3)]
    twin = s.Signal("another name for rung 2", "event", rung >= 2)
    table = s.signal_table([*degrees, twin], ASKED, day, np.zeros(N, int), 56.0)
    assert table["signal"].tolist() == ["another name for rung 2"], "equal ones are told once, in order of their names"
    assert s.signal_table(degrees, ASKED, day, np.zeros(N, int), 56.0)["signal"].tolist() == ["rung 2"]


def test_order_of_signals_changes_nothing():
    found, day, draws = _world(5, lift=0.2)
    one, other = (s.signal_table(some, ASKED, day, draws, 56.0) for some in (found, found[::-1]))
    assert one.equals(other)


def test_nothing_seen_nothing_told():
    found, day, draws = _world(8)
    none = s.signal_table([one._replace(seen=np.zeros(N, bool)) for one in found], ASKED, day, draws, 56.0)
    never = s.signal_table(found, ASKED, np.full(N, -1.0), draws, 56.0)
    assert none.empty
    assert never.empty
    assert list(none.columns) == list(s.COLUMNS)
