"""What to watch: which early acts and events tell most of whether an outcome will come about later.

A landmark analysis (Anderson, Cain and Gelber 1983, Journal of Clinical Oncology 1, 710-719): at the end of an early
period, replicates in which the outcome has not come about yet are split by what was seen in it. Counting those in which
it came first would let an outcome be a sign of itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation_sim.analysis.contingency import (
    Split,
    difference_interval,
    information,
    p_value,
    proportion_interval,
    ratio_interval,
    within_draws,
    worth,
)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
FALSE_DISCOVERIES = 0.05  # share of false ones among the signals that are told
ALIKE = 0.8  # squared correlation above which two signals are one
# What hardly any replicate shows (or lacks) says nothing and costs power. That does not look at the outcome, so it
# biases no test (Bourgon, Gentleman and Huber 2010, PNAS 107, 9546-9551).
LEAST = 10
COLUMNS = (
    "outcome", "label", "window_days", "rank", "signal", "information", "seen",
    "given_seen", "given_seen_low", "given_seen_high", "given_unseen", "given_unseen_low", "given_unseen_high",
    "difference", "difference_low", "difference_high", "within_draws", "within_draws_low", "within_draws_high",
    "likelihood_ratio", "likelihood_ratio_low", "likelihood_ratio_high",
    "likelihood_ratio_unseen", "likelihood_ratio_unseen_low", "likelihood_ratio_unseen_high",
    "q_value", "count_seen", "n_seen", "count_unseen", "n_unseen",
)  # fmt: skip


class Signal(NamedTuple):
    """Something that can be seen by the landmark: in words, what it is a degree of, and in which replicates."""

    words: str
    family: str  # of several degrees of one thing (rungs on an edge) the surest is told
    seen: Flags  # (R,)


class _Test(NamedTuple):
    """A signal held against an outcome in one window."""

    signal: Signal
    window: float
    split: Split
    p_value: float
    bits: float


def signal_table(
    signals: Sequence[Signal],
    outcome: Mapping[str, Any],
    day: npt.NDArray[Any],
    draw_index: npt.NDArray[np.int64],
    landmark: float,
) -> pd.DataFrame:
    """The signals of one outcome that chance does not explain, the most telling first.

    Parameters
    ----------
    signals : sequence of Signal
    outcome : mapping
        With ``id``, ``label`` and ``windows`` (days); those that end after the landmark count.
    day : array, shape (R,)
        Day of first occurrence, -1 = never.
    draw_index : array of int, shape (R,)
    landmark : float
        Day by which signals are seen; replicates in which the outcome came by then are left out.

    Returns
    -------
    DataFrame
        A row per window and signal: outcome, label, window_days, rank, signal, information (bits), seen (share of
        replicates), probability given_seen and given_unseen (exact 95 % intervals), their difference (Newcombe 1998),
        within_draws (the difference within parameter draws: what remains when seeing the signal tells nothing about
        the parameters), likelihood_ratio (how much likelier the signal is where the outcome follows: by so much seeing
        it multiplies the odds) and likelihood_ratio_unseen (the same for not seeing it), q_value (false discovery rate
        at which it is still told), and the counts. All intervals cover the luck of replicates and of parameter draws.
        Empty if nothing tells anything.
    """
    still = (day < 0) | (day > landmark)
    draws = draw_index[still]
    tests = []
    for window in sorted(days for days in outcome["windows"] if days > landmark):
        follows = (day[still] >= 0) & (day[still] <= window)
        if 0 < follows.sum() < len(follows):
            tests += [_tested(one, window, follows, one.seen[still], draws) for one in signals if _shows(one, still)]
    rows = []
    told = _discovered(tests)
    for window in sorted({test.window for test, _ in told}):
        ranked = sorted((one for one in told if one[0].window == window), key=lambda one: (-one[0].bits, one[0].signal))
        for rank, (test, q) in enumerate(_told_apart(ranked, still), start=1):
            head = {"outcome": outcome["id"], "label": outcome["label"], "window_days": window, "rank": rank}
            rows.append(head | {"signal": test.signal.words, "information": test.bits, "q_value": q} | _row(test.split))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _shows(signal: Signal, still: Flags) -> bool:
    """Whether enough replicates have the signal, and enough do not."""
    seen = int(signal.seen[still].sum())
    return LEAST <= seen <= int(still.sum()) - LEAST


def _tested(signal: Signal, window: float, follows: Flags, seen: Flags, draws: npt.NDArray[np.int64]) -> _Test:
    counts = np.bincount(4 * draws + 2 * seen + follows, minlength=4 * (int(draws.max()) + 1)).reshape(-1, 2, 2)
    split = Split(*(part.astype(float) for part in (
        counts[:, 1, 1], counts[:, 1].sum(axis=1), counts[:, 0, 1], counts[:, 0].sum(axis=1),
    )))  # fmt: skip
    return _Test(signal, window, split, p_value(split), float(information(counts.sum(axis=0).astype(float))))


def _discovered(tests: Sequence[_Test]) -> list[tuple[_Test, float]]:
    """Of each family (in each window) its surest signal with the q-value of the family, if chance does not explain it.

    Rungs on one edge are nearly one signal. If each counted as a discovery of its own, a few real families would pay
    for many false ones. So a family has one p-value (Simes 1986, Biometrika 73, 751-754), and the false discovery rate
    is that of families (Benjamini and Hochberg 1995, JRSS B 57, 289-300) over all windows of the outcome.
    """
    from scipy.stats import false_discovery_control

    families: dict[tuple[str, float], list[_Test]] = defaultdict(list)
    for test in sorted(tests, key=lambda test: (test.p_value, -test.bits, test.signal.words)):
        families[test.signal.family, test.window].append(test)
    if not families:
        return []
    simes = [min(len(all_) * t.p_value / k for k, t in enumerate(all_, start=1)) for all_ in families.values()]
    q_values = false_discovery_control(np.minimum(simes, 1.0))
    surest = [all_[0] for all_ in families.values()]
    return [(test, float(q)) for test, q in zip(surest, q_values, strict=True) if q <= FALSE_DISCOVERIES]


def _told_apart(ranked: Sequence[tuple[_Test, float]], still: Flags) -> list[tuple[_Test, float]]:
    """The same without those that say what a better one says: an event and its own act, for example."""
    kept: list[tuple[_Test, float]] = []
    for test, q in ranked:
        seen = test.signal.seen[still]
        if all(np.corrcoef(seen, other.signal.seen[still])[0, 1] ** 2 < ALIKE for other, _ in kept):
            kept.append((test, q))
    return kept


def _row(split: Split) -> dict[str, float]:
    """Probabilities, intervals and ratios of one signal."""
    a, n, b, m = split.pooled
    share = worth(split)
    independent = a * share, n * share, b * share, m * share
    follows, rest = a + b, n + m - a - b
    answers: dict[str, tuple[Any, ...]] = {
        "given_seen": (a / n, *proportion_interval(split.follows_seen, split.seen)),
        "given_unseen": (b / m, *proportion_interval(split.follows_unseen, split.unseen)),
        "difference": (a / n - b / m, *difference_interval(*independent)),
        "within_draws": within_draws(split),
        "likelihood_ratio": _likelihood_ratio(a, follows, n - a, rest, share),
        "likelihood_ratio_unseen": _likelihood_ratio(b, follows, m - b, rest, share),
    }
    row = {f"{name}{end}": float(np.squeeze(x)) for name, triple in answers.items()
           for end, x in zip(("", "_low", "_high"), triple, strict=True)}  # fmt: skip
    return row | {
        "seen": n / (n + m),
        "count_seen": int(a),
        "n_seen": int(n),
        "count_unseen": int(b),
        "n_unseen": int(m),
    }


def _likelihood_ratio(a: float, follows: float, b: float, rest: float, share: float) -> tuple[float, Floats, Floats]:
    """How much likelier something is where the outcome follows than where it does not; NaN where nothing bounds it."""
    ratio = (a / follows) / (b / rest) if b else float("nan")
    return ratio, *ratio_interval(a * share, follows * share, b * share, rest * share)
