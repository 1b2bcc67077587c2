"""Early signals: found where they are, not found where there are none, and never the outcome itself."""

import numpy as np
import pytest
from scipy import stats

from escalation_sim.analysis import signals as s

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
    assert row["likelihood_ratio"] > 2
    assert row["n_seen"] + row["n_unseen"] == N


def test_where_there_is_nothing_to_see_hardly_anything_is_told():
    """False discoveries: with no signal at all, at most some 5 % of the tables may name one."""
    told = sum(len(s.signal_table(*(w := _world(seed, n=800))[:1], ASKED, *w[1:], 56.0)) > 0 for seed in range(150))
    assert told <= stats.binom.ppf(0.9999, 150, s.FALSE_DISCOVERIES)
    everything = [s._q_values(*_counts(_world(seed, n=800)))[0] < 2 for seed in range(3)]
    assert all(everything), "the twin: a threshold that lets all pass would tell all"


def _counts(world):
    found, day, _ = world
    seen = np.stack([one.seen for one in found])
    follows = day >= 0
    return (seen & follows).sum(axis=1), seen.sum(axis=1), int(follows.sum()), len(day)


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


def test_newcombe_for_his_own_example():
    low, high = s.difference_interval(56, 70, 48, 80)
    assert (round(float(low[0]), 4), round(float(high[0]), 4)) == (0.0524, 0.3339)


@pytest.mark.parametrize(("p", "q"), [(0.02, 0.01), (0.3, 0.5), (0.004, 0.2)])
def test_the_interval_of_a_difference_covers(p, q):
    rng = np.random.default_rng(6)
    a, b = rng.binomial(300, p, 8_000), rng.binomial(900, q, 8_000)
    low, high = s.difference_interval(a, 300, b, 900)
    assert ((low <= p - q) & (p - q <= high)).mean() > 0.935


def test_walds_interval_would_be_noticed():
    rng = np.random.default_rng(6)
    a, b = rng.binomial(300, 0.004, 8_000) / 300, rng.binomial(900, 0.001, 8_000) / 900
    half = 1.96 * np.sqrt(a * (1 - a) / 300 + b * (1 - b) / 900)
    assert (np.abs(a - b - 0.003) <= half).mean() < 0.935


def test_information_is_symmetric_and_bounded():
    table = np.random.default_rng(7).integers(1, 50, (2, 2, 30)).astype(float)
    bits = s.information(table)
    assert np.allclose(bits, s.information(table.swapaxes(0, 1)))
    assert ((bits >= 0) & (bits <= 1)).all()


def test_nothing_seen_nothing_told():
    found, day, draws = _world(8)
    none = s.signal_table([one._replace(seen=np.zeros(N, bool)) for one in found], ASKED, day, draws, 56.0)
    never = s.signal_table(found, ASKED, np.full(N, -1.0), draws, 56.0)
    assert none.empty
    assert never.empty
    assert list(none.columns) == list(s.COLUMNS)
