"""Do the intervals cover what they claim to? Held against exact sums, and against ensembles of the engine. (A9)

The exact value of a coverage is not 0.95: counts are whole numbers. An exact interval covers p if and only if neither
tail of the count at p is below 0.025; this is worked out without asking the interval.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from escalation_sim.analysis import estimates, pairs
from escalation_sim.verification.verdict import Effort, Row, between, equal, share
from escalation_sim.verification.worlds import START, calm, run, weekly

CELLS = ((1000, 0.001), (1000, 0.01), (1000, 0.05), (200, 0.02), (10_000, 0.0002))
NOMINAL = 0.95
MEAN_COVERED, LAW_INSIDE = (0.93, 0.98), (0.83, 0.92)  # no exact values are known; what few draws allow


def exact_coverage(n: int, p: float) -> float:
    """Coverage of the exact interval at p: of the counts that neither tail of the binomial law rejects at p.

    >>> [round(exact_coverage(*cell), 4) for cell in CELLS]
    [0.9811, 0.9761, 0.9581, 0.9622, 0.9834]
    """
    from scipy.stats import binom

    law, count, tail = binom(n, p), np.arange(n + 1), (1.0 - NOMINAL) / 2.0
    return float(law.pmf(count)[(law.sf(count - 1) > tail) & (law.cdf(count) > tail)].sum())


def table(effort: Effort) -> list[Row]:
    """A9: the interval of the package covers as often as an exact one must."""
    from scipy.stats import binom

    rows = []
    for n, p in CELLS:
        count = np.arange(n + 1)
        low, high = estimates.binomial_interval(count, n)
        got = float(binom(n, p).pmf(count)[(low <= p) & (p <= high)].sum())
        rows.append(equal(f"coverage of 95 %, n = {n:,}, p = {p:g}", exact_coverage(n, p), got, n, within=1e-9))
    return rows


def counted(effort: Effort) -> list[Row]:
    """Ensembles of the engine: how often the Monte-Carlo interval covers the exact probability."""
    rows = []
    for n, p in ((200, 0.02), (1000, 0.01), (1000, 0.05)):
        many = effort.share(1.0 / n, 20)
        counts, times = np.unique(_came(p, many, n, effort).sum(axis=1), return_counts=True)
        found = (estimates.estimated(np.array([[count]]), np.array([n])) for count in counts)
        covers = np.array([bool(one["mc_low"][0] <= p <= one["mc_high"][0]) for one in found])
        rows.append(
            share(f"ensembles of {n:,} that cover {p:g}", times[covers].sum(), many, exact_coverage(n, p), effort)
        )
    return rows


def _came(p: float, many: int, n: int, effort: Effort) -> npt.NDArray[np.bool_]:
    """Whether an event of probability `p` came, in `many` ensembles of `n` each, under the luck of the effort."""
    scenario = calm([{"id": "spark", "hazard": weekly(p)}])
    came: npt.NDArray[np.bool_] = run(scenario, many * n, effort.seed, effort.jobs).outcome_day[:, 0] >= 0.0
    return came.reshape(many, n)


A, B = 2.0, 8.0  # an event has a probability drawn from Beta(A, B)


def two_layers(effort: Effort) -> list[Row]:
    """Ensembles over an uncertain number: the mean is covered, the parameter interval holds most of its law."""
    from scipy.stats import beta

    rows, law = [], beta(A, B)
    unknown = {"id": "spark", "on": START.isoformat(), "probability": {"dist": "beta", "a": A, "b": B}}
    for draws, each, part in ((20, 25, 3e-4), (100, 20, 5e-5)):
        many = effort.share(part, 10)
        n = many * draws * each
        tally = run(calm([unknown]), n, effort.seed, effort.jobs, draws=many * draws, days=[7.0], rows=0)
        counts, sizes = tally.counts[:, 0].reshape(many, draws, 1), tally.sizes.reshape(many, draws)
        found = [estimates.estimated(count, size) for count, size in zip(counts, sizes, strict=True)]
        covers = [bool(one["mc_low"][0] <= A / (A + B) <= one["mc_high"][0]) for one in found]
        inside = [float(np.diff(law.cdf([one["parameter_low"][0], one["parameter_high"][0]]))[0]) for one in found]
        label = f"{draws} draws of {each}"
        error = math.sqrt(NOMINAL * (1.0 - NOMINAL) / many)
        rows.append(between(f"{label}: cover the mean, share", sum(covers) / many, *MEAN_COVERED, error, many, effort))
        error = float(np.std(inside)) / math.sqrt(many)
        rows.append(between(f"{label}: law inside", float(np.mean(inside)), *LAW_INSIDE, error, many, effort))
    return rows


def differences(effort: Effort) -> list[Row]:
    """Pairs under the same luck: none is lost to a likelier event, and the interval covers as its exact sum says."""
    from scipy.stats import binom, norm

    rows, n = [], 400
    many, z = effort.share(1.0 / n, 20), float(norm.isf((1.0 - NOMINAL) / 2.0))
    for p, q in ((0.10, 0.16), (0.10, 0.11)):
        one, other = (_came(chance, many, n, effort) for chance in (p, q))
        rows.append(
            equal(f"pairs lost to a likelier event, {p:.2f} to {q:.2f}", 0, int((one & ~other).sum()), many * n)
        )
        low, high = pairs.paired_interval(np.arange(n + 1), 0, n)
        covers = (low <= q - p) & (q - p <= high)
        exact = float(binom(n, q - p).pmf(np.arange(n + 1))[covers].sum())
        gained = (other & ~one).sum(axis=1)
        rows.append(share(f"pairs of {n} that cover {q - p:.2f}", covers[gained].sum(), many, exact, effort))
    half = z**2 / (n + z**2)  # Tango's statistic solved for no pair that differs
    rows.append(
        equal(f"upper end where none of {n} pairs differs", half, float(pairs.paired_interval(0, 0, n)[1][0]), n, 1e-9)
    )
    return rows
