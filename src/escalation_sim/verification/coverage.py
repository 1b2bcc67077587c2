"""Do the intervals cover what they claim to? Held against exact sums, and against ensembles of the engine. (A9)

The exact value of a coverage is not 0.95: counts are whole numbers. An exact interval covers p if and only if neither
tail of the count at p is below 0.025; this is worked out without asking the interval.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from escalation_sim.analysis import estimates, pairs
from escalation_sim.verification.verdict import Effort, Row, between, equal, fit, law, share
from escalation_sim.verification.worlds import START, calm, run, weekly

CELLS = ((1000, 0.001), (1000, 0.01), (1000, 0.05), (200, 0.02), (10_000, 0.0002))
NOMINAL = 0.95
WITHIN = 0.015  # of the nominal coverage: Student's law is not exact where probabilities differ between draws


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
    for n, p in CELLS:
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
AT_ONCE = 1000  # ensembles held in memory


class Layers(NamedTuple):
    """Draws of that law, and replicates of each."""

    draws: int
    each: int
    held: float  # how much of the law the 90 % interval holds: few draws tell its spread badly; of 400,000 ensembles
    part: float  # of the effort: ensembles that the engine runs too

    def __str__(self) -> str:
        return f"{self.draws} draws of {self.each}"


LAYERS = (Layers(20, 25, 0.848, 3e-4), Layers(100, 20, 0.889, 5e-5), Layers(400, 25, 0.898, 0.0))


def two_layers(effort: Effort) -> list[Row]:
    """Ensembles over an uncertain number: the mean is covered, the parameter interval holds most of its law."""
    rows, many = [], effort.share(0.02, 2000)
    for layers in LAYERS:
        covers, held = _of_the_law(layers, many, effort.seed)
        for what, found, middle in (("cover the mean, share", covers, NOMINAL), ("law inside", held, layers.held)):
            bounds, error = (middle - WITHIN, middle + WITHIN), float(found.std()) / math.sqrt(many)
            rows.append(between(f"{layers}: {what}", float(found.mean()), *bounds, error, many, effort))
        if layers.part:
            rows += _of_the_engine(layers, float(covers.mean()), effort)
    return rows


def _of_the_law(layers: Layers, many: int, seed: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Of `many` ensembles drawn without the engine: whether each covers the mean, and how much of the law it holds."""
    rng, parts = np.random.default_rng(seed), []
    for first in range(0, many, AT_ONCE):
        p = rng.beta(A, B, (layers.draws, min(AT_ONCE, many - first)))
        parts.append(_judged(rng.binomial(layers.each, p), layers.each))
    covers, held = (np.concatenate(part) for part in zip(*parts, strict=True))
    return covers, held


def _judged(counts: npt.NDArray[np.int64], each: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """The same of ensembles side by side, from counts (draws, ensembles) of `each` replicates of a draw."""
    from scipy.stats import beta

    found, mean = estimates.estimated(counts, np.full(len(counts), each)), A / (A + B)
    covers = (found["mc_low"] <= mean) & (mean <= found["mc_high"])
    return covers, beta.cdf(found["parameter_high"], A, B) - beta.cdf(found["parameter_low"], A, B)


def _of_the_engine(layers: Layers, covering: float, effort: Effort) -> list[Row]:
    """That ensembles of the engine follow the law, draw by draw and in how many of them cover the mean."""
    from scipy.stats import betabinom

    (draws, each), many = layers[:2], effort.share(layers.part, 10)
    unknown = {"id": "spark", "on": START.isoformat(), "probability": {"dist": "beta", "a": A, "b": B}}
    n, places = many * draws * each, np.arange(each + 1)
    tally = run(calm([unknown]), n, effort.seed, effort.jobs, draws=many * draws, days=[7.0], rows=0)
    counts = tally.counts[:, 0, 0]
    spread = fit(np.bincount(counts, minlength=each + 1), betabinom(each, A, B).pmf(places))
    covers = _judged(counts.reshape(many, draws).T, each)[0]
    return [
        law(f"{layers} by the engine: counts", spread, len(counts), effort),
        share(f"{layers} by the engine: cover the mean", covers.sum(), many, covering, effort),
    ]


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
