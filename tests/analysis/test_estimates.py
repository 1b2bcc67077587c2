"""Probabilities and their intervals: known answers, coverage, and honest edges."""

import math
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, binom, binomtest, norm
from scipy.stats import t as stats_t

from escalation_sim.analysis.estimates import (
    binomial_interval,
    counted,
    cumulative,
    curves,
    effective_size,
    estimated,
    outcome_table,
    parameter_interval,
    places,
    variance_of_mean,
)
from escalation_sim.analysis.wording import percent, percent_of_count, word


@pytest.mark.parametrize(("count", "n"), [(0, 1000), (1, 7), (37, 1000), (500, 500), (9_999, 10_000)])
def test_interval_is_clopper_pearson(count, n):
    exact = binomtest(count, n).proportion_ci(0.95, "exact")
    assert binomial_interval(count, n) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_interval_known_values():
    assert binomial_interval(37, 1000) == pytest.approx((0.02618, 0.05064), abs=5e-6)
    assert binomial_interval(0, 1000) == pytest.approx((0.0, 0.00368), abs=5e-6)


def test_interval_of_nothing_is_everything():
    assert binomial_interval(0, 0) == (0.0, 1.0)


def test_interval_broadcasts():
    low, high = binomial_interval([[0, 5], [10, 2]], 10)
    assert low.shape == high.shape == (2, 2)
    assert (low[0, 0], high[1, 0]) == (0.0, 1.0)
    assert (low[1, 1], high[1, 1]) == pytest.approx(binomial_interval(2, 10))


def _coverage(interval, n, p):
    counts = np.arange(n + 1)
    low, high = interval(counts, n)
    return binom.pmf(counts, n, p)[(low <= p) & (p <= high)].sum()


def _wald(count, n):
    share = count / n
    half = 1.959964 * np.sqrt(share * (1 - share) / n)
    return share - half, share + half


@pytest.mark.parametrize(
    ("n", "p", "exact"),
    [(1000, 0.001, 0.9811), (1000, 0.01, 0.9761), (1000, 0.05, 0.9581), (200, 0.02, 0.9622)],
)
def test_interval_covers_as_the_exact_sum_says(n, p, exact):
    assert _coverage(binomial_interval, n, p) == pytest.approx(exact, abs=5e-5)


def test_the_coverage_test_can_fail():
    assert _coverage(_wald, 1000, 0.001) == pytest.approx(0.6317, abs=5e-5)


@pytest.mark.parametrize(("count", "n", "confidence"), [(-1, 5, 0.95), (6, 5, 0.95), (1, 5, 1.0), (1, 5, 95)])
def test_interval_refuses_nonsense(count, n, confidence):
    with pytest.raises(ValueError, match="between 0 and"):
        binomial_interval(count, n, confidence)


def _simulated_interval(rng, a, b, draws=100, replicates=100):
    return parameter_interval(rng.binomial(replicates, rng.beta(a, b, draws)), np.full(draws, replicates))


def test_parameter_interval_recovers_the_spread_of_the_draws():
    rng = np.random.default_rng(20241024)
    found = np.array([_simulated_interval(rng, 2, 38) for _ in range(200)])
    assert found.mean(0) == pytest.approx(beta.ppf([0.05, 0.95], 2, 38), abs=0.004)
    assert (np.abs(found - beta.ppf([0.05, 0.95], 2, 38)) < 0.03).mean() > 0.95


def test_raw_quantiles_would_be_too_wide():
    rng = np.random.default_rng(20241024)
    raw = [np.quantile(rng.binomial(100, rng.beta(20, 380, 100)) / 100, [0.05, 0.95]) for _ in range(200)]
    found = np.array([_simulated_interval(rng, 20, 380) for _ in range(200)])
    true_width = np.diff(beta.ppf([0.05, 0.95], 20, 380))[0]
    assert np.diff(np.mean(raw, 0))[0] > 1.8 * true_width
    assert np.diff(found.mean(0))[0] == pytest.approx(true_width, rel=0.1)


def test_parameter_interval_without_spread_is_the_mean():
    rng = np.random.default_rng(7)
    widths = [np.diff(parameter_interval(rng.binomial(1000, 0.2, 100), np.full(100, 1000)))[0] for _ in range(50)]
    raw_width = 2 * 1.645 * math.sqrt(0.2 * 0.8 / 1000)
    assert np.mean(widths) < 0.3 * raw_width
    assert np.median(widths) < 0.01
    assert parameter_interval([0, 0, 0], [50, 50, 50]) == (0.0, 0.0)


def test_parameter_interval_of_one_draw_is_unknown():
    assert all(math.isnan(x) for x in parameter_interval([3], [10]))
    assert all(math.isnan(x) for x in parameter_interval([1, 0, 1], [1, 1, 1]))
    low, high = parameter_interval(np.ones((1, 4)), [10])
    assert np.isnan(low).all()
    assert low.shape == high.shape == (4,)


def test_parameter_interval_survives_draws_that_decide_all():
    low, high = parameter_interval([0, 10, 0, 10], [10, 10, 10, 10])
    assert (low, high) == pytest.approx((0.0, 1.0))


def test_parameter_interval_by_column_and_with_unequal_sizes():
    counts, sizes = np.array([[2, 20], [9, 30], [4, 11], [0, 1]]), [100, 120, 90, 1]
    low, high = parameter_interval(counts, sizes)
    for column in range(2):
        one = parameter_interval(counts[:, column], sizes)
        assert (low[column], high[column]) == one
        assert one[0] < counts[:, column].sum() / 311 < one[1]


@pytest.mark.parametrize(
    ("probability", "term"),
    [
        (0.0, "less than 1 %"),
        (0.0099, "less than 1 %"),
        (0.01, "almost no chance (1–5 %)"),
        (0.05, "very unlikely (5–20 %)"),
        (0.12, "very unlikely (5–20 %)"),
        (0.3, "unlikely (20–45 %)"),
        (0.5, "roughly even chance (45–55 %)"),
        (0.55, "likely (55–80 %)"),
        (0.82, "very likely (80–95 %)"),
        (0.99, "almost certain (95–99 %)"),
        (0.991, "more than 99 %"),
        (1.0, "more than 99 %"),
    ],
)
def test_word(probability, term):
    assert word(probability) == term


@pytest.mark.parametrize(
    ("probability", "term"),
    [
        (0.0, "exceptionally unlikely (0–1 %)"),
        (0.01, "exceptionally unlikely (0–1 %)"),
        (0.011, "extremely unlikely (0–5 %)"),
        (0.1, "very unlikely (0–10 %)"),
        (0.32, "unlikely (0–33 %)"),
        (0.33, "about as likely as not (33–66 %)"),
        (0.5, "about as likely as not (33–66 %)"),
        (0.51, "more likely than not (50–100 %)"),
        (0.66, "likely (66–100 %)"),
        (0.9, "very likely (90–100 %)"),
        (0.95, "extremely likely (95–100 %)"),
        (0.99, "virtually certain (99–100 %)"),
        (1.0, "virtually certain (99–100 %)"),
    ],
)
def test_the_ten_terms_of_the_ipcc(probability, term):
    assert word(probability, "ipcc") == term
    low, high = (float(end) / 100 for end in re.search(r"\((\d+)–(\d+) %\)", term).groups())
    assert low <= probability <= high


def test_no_words_are_no_words():
    assert word(0.3, "none") == ""


@pytest.mark.parametrize(("probability", "scale"), [(math.nan, "icd203"), (1.1, "icd203"), (0.5, "kent")])
def test_word_refuses_nonsense(probability, scale):
    with pytest.raises(ValueError, match=r"not nan|not 1\.1|'kent'"):
        word(probability, scale)


def test_percent_never_rounds_to_impossible_or_certain():
    for exponent in range(1, 6):
        assert float(percent(10.0**-exponent).rstrip(" %")) > 0
    assert (percent(1e-9), percent(1.0 - 1e-9)) == ("< 0.001 %", "> 99.999 %")
    assert percent(0.9999) == "99.99 %"
    assert (percent(0.0), percent(1.0)) == ("0 %", "100 %")
    assert percent_of_count(0, 10_000) == "< 0.04 %"
    assert percent_of_count(10_000, 10_000) == "> 99.96 %"


def test_cumulative_counts_the_day_itself_and_never_the_censored():
    first = np.array([-1, 0, 28, 30, 30.5, 400], np.float32)
    assert cumulative(first, [365, 0, 30, 1000]).tolist() == [4, 1, 3, 5]


SPECS = [
    {"id": "clash", "label": "Clash", "kind": "vertical", "windows": [30, 365], "resolution": "A clash."},
    {"id": "war", "label": "War", "kind": "vertical", "windows": [90], "resolution": "A war."},
]


DAYS = np.arange(0, 366, 5)  # by which replicates are counted, the ends of all windows among them


@pytest.fixture
def replicates():
    rng = np.random.default_rng(3)
    draw = rng.permutation(np.repeat(np.arange(40), 25))
    p = rng.beta(4, 6, 40)[draw]
    clash = np.where(rng.random(1000) < p, rng.uniform(0, 365, 1000), -1)
    return np.column_stack([clash, np.full(1000, -1)]).astype(np.float32), draw


def test_outcome_table(replicates):
    first, draw = replicates
    table = outcome_table(counted(first, draw, DAYS), SPECS)
    assert ",".join(table.columns) == (
        "outcome,label,kind,window_days,probability,mc_low,mc_high,parameter_low,parameter_high,n,count,resolution"
    )
    assert table[["outcome", "window_days"]].values.tolist() == [["clash", 30], ["clash", 365], ["war", 90]]
    month, year, war = (table.iloc[i] for i in range(3))
    assert month["count"] == ((first[:, 0] >= 0) & (first[:, 0] <= 30)).sum()
    assert year.probability == year["count"] / 1000 == (first[:, 0] >= 0).mean()
    exact = binomial_interval(year["count"], 1000)
    assert year.mc_low < exact[0] < exact[1] < year.mc_high, "draws that differ are worth fewer replicates"
    by_draw = [(first[draw == d, 0] >= 0).sum() for d in range(40)]
    assert (year.parameter_low, year.parameter_high) == pytest.approx(parameter_interval(by_draw, [25] * 40))
    assert year.parameter_high - year.parameter_low > year.mc_high - year.mc_low
    assert (war["count"], war.mc_low, war.resolution) == (0, 0.0, "A war.")
    assert war.mc_high == pytest.approx(0.003682, abs=1e-6)


def test_the_interval_covers_what_other_draws_would_have_given():
    """4,000 ensembles of 100 draws with 100 replicates of each, whose probability is a clipped normal."""
    rng, each = np.random.default_rng(0), np.full(100, 100)
    p = np.clip(rng.normal(0.3, 0.15, (100, 4000)), 0, 1)
    found = estimated(rng.binomial(100, p), each)
    mean = 0.3 + 0.15 * (norm.pdf(2.0) - 2.0 * norm.sf(2.0))  # what is clipped off below; above is next to nothing
    low, high = binomial_interval(found["count"], found["n"])
    assert np.mean((found["mc_low"] <= mean) & (mean <= found["mc_high"])) == pytest.approx(0.95, abs=0.015)
    assert np.mean((low <= mean) & (mean <= high)) < 0.6, "the twin: as if all replicates were independent"


def test_what_replicates_are_worth():
    means, sizes = np.array([[0.0, 0.2], [1.0, 0.2], [1.0, 0.2]]), np.array([10, 10, 10])
    worth = effective_size(means, sizes, np.array([2 / 9, 0.16]))
    assert worth[0] < 3, "three draws that do not vary inside are worth less than three"
    assert worth[1] == 30, "draws that agree to the last count"
    assert effective_size(means[:1], sizes[:1], np.array([0.0, 0.16])).tolist() == [10, 10]
    alone = effective_size(np.arange(50.0)[:, None] % 2, np.ones(50, int), np.array([0.25]))
    assert alone[0] == pytest.approx(50 * 49 / 50, rel=0.02), "a draw for each: nearly independent ones"


def test_the_error_of_a_single_draw_is_that_of_a_mean():
    for n in (2, 3, 10):
        found = estimated(np.array([[1]]), np.array([n]))
        sample = np.array([1.0] + [0.0] * (n - 1))
        assert found["standard_error"] == pytest.approx([sample.std(ddof=1) / math.sqrt(n)])
        assert (found["mc_low"][0], found["mc_high"][0]) == pytest.approx(binomial_interval(1, n))
    assert np.isnan(estimated(np.array([[1]]), np.array([1]))["standard_error"]).all()


def test_the_error_over_draws_weighs_them_by_their_size():
    """Of two draws of 30 and 10: the variance of their weighted mean, as a survey takes it from two clusters."""
    means, sizes = np.array([[0.2], [0.6]]), np.array([30, 10])
    centre = 0.75 * 0.2 + 0.25 * 0.6
    expected = 2.0 * ((0.75 * (0.2 - centre)) ** 2 + (0.25 * (0.6 - centre)) ** 2)
    assert variance_of_mean(means, sizes) == pytest.approx([expected])
    found = estimated(np.array([[6], [6]]), sizes)
    assert found["standard_error"] == pytest.approx([math.sqrt(expected)])
    worth = centre * (1 - centre) / expected * (stats_t.ppf(0.975, 39) / stats_t.ppf(0.975, 1)) ** 2
    assert effective_size(means, sizes, np.array([centre * (1 - centre)])) == pytest.approx([worth])


def test_the_parameter_interval_is_that_of_a_beta_with_these_moments():
    counts, sizes = np.array([3, 14, 9, 40]), np.array([50, 60, 70, 80])
    x = counts / sizes
    m, v = counts.sum() / sizes.sum(), x.var(ddof=1) - np.mean(x * (1 - x) / (sizes - 1))
    s = m * (1 - m) / v - 1
    for level in (0.9, 0.5):
        tails = [(1 - level) / 2, (1 + level) / 2]
        assert parameter_interval(counts, sizes, level) == pytest.approx(beta.ppf(tails, m * s, (1 - m) * s))
    assert parameter_interval(np.append(counts, 1), np.append(sizes, 1)) == parameter_interval(counts, sizes)
    assert parameter_interval(np.append(counts, 1), np.append(sizes, 2)) != parameter_interval(counts, sizes)


def test_draws_that_agree_leave_the_interval_of_chance():
    found = estimated(np.array([[5, 1], [5, 9]]), np.array([10, 10]))
    assert (found["parameter_low"][0], found["parameter_high"][0]) == (found["mc_low"][0], found["mc_high"][0])
    assert (found["parameter_low"][1], found["parameter_high"][1]) != (found["mc_low"][1], found["mc_high"][1])


def test_days_are_found_among_those_counted():
    known = counted([[5.0], [7.0]], [0, 1], [30, 7, 90])
    assert places(known, [90, 7]).tolist() == [2, 0]
    assert known.days.tolist() == [7, 30, 90]


def test_the_order_of_replicates_changes_nothing(replicates):
    first, draw = replicates
    order = np.random.default_rng(9).permutation(len(draw))
    one, other = counted(first, draw, DAYS), counted(first[order], draw[order], DAYS[::-1])
    pd.testing.assert_frame_equal(outcome_table(one, SPECS), outcome_table(other, SPECS))


def test_curves_agree_with_the_table_and_never_fall(replicates):
    first, draw = replicates
    counts = counted(first, draw, DAYS)
    curve, table = curves(counts, DAYS, ["clash", "war"]), outcome_table(counts, SPECS)
    assert list(curve.columns) == [
        "outcome",
        "day",
        "probability",
        "mc_low",
        "mc_high",
        "parameter_low",
        "parameter_high",
    ]
    last = curve[(curve.outcome == "clash") & (curve.day == 365)].iloc[0]
    for column in curve.columns[2:]:
        assert last[column] == table.iloc[1][column]
    assert (curve[curve.outcome == "clash"].probability.diff().dropna() >= 0).all()
    assert len(curve) == 2 * 74


def test_no_replicates_give_no_probability():
    row = outcome_table(counted(np.empty((0, 1)), np.empty(0, int), [90]), SPECS[1:]).iloc[0]
    assert math.isnan(row.probability)
    assert (row.mc_low, row.mc_high, row.n) == (0.0, 1.0, 0)


def test_a_wrong_shape_is_named():
    with pytest.raises(ValueError, match="first_day has 3 rows, expected 4"):
        counted(np.zeros((3, 1)), np.zeros(4, int), DAYS)
    with pytest.raises(ValueError, match="counts of 1 outcomes, expected 2"):
        outcome_table(counted(np.zeros((3, 1)), np.zeros(3, int), DAYS), SPECS)


def test_a_window_by_which_nobody_counted_is_named(replicates):
    for windows in ([30, 31], [400]):
        with pytest.raises(ValueError, match=r"not by all of \["):
            outcome_table(counted(*replicates, DAYS), [SPECS[0] | {"windows": windows}, SPECS[1]])


def test_importing_the_package_pulls_no_statistics():
    code = "import escalation_sim, sys; print(*({'scipy', 'pandas', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
