"""What an ensemble counted, as tidy tables: the ladder over time, the strain of war efforts, a row per replicate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from escalation_sim.drivers.ensemble import Tally
    from escalation_sim.world import Names

SYSTEM = "system"
_QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)


def rungs_table(tally: Tally, names: Names, tick_days: float) -> pd.DataFrame:
    """Share of the replicates by the highest rung on each dyad, and in the whole system, in each tick.

    Parameters
    ----------
    tally : Tally
        `levels` (T, D + 1, K).
    names : Names
        Of the scenario that was run.
    tick_days : float
        Length of a tick in days.

    Returns
    -------
    DataFrame
        dyad ("RUS-USA", or "system" for the highest of all dyads), tick (from 0), day (at its end), rung (position on
        the ladder) and share. Rungs that no replicate reached on a dyad in any tick are left out, so the shares of a
        dyad in a tick add up to 1.
    """
    share = tally.levels / tally.levels.sum(axis=2, keepdims=True)
    reached = tally.levels.max(axis=0, keepdims=True) > 0
    dyad, tick, rung = np.nonzero(np.repeat(reached, len(share), axis=0).swapaxes(0, 1))
    return pd.DataFrame(
        {
            "dyad": np.array([*names.dyads, SYSTEM], dtype=object)[dyad],
            "tick": tick,
            "day": (tick + 1.0) * tick_days,
            "rung": rung,
            "share": share[tick, dyad, rung],
        }
    )


def strain_table(tally: Tally, states: Sequence[str], tick_days: float) -> pd.DataFrame:
    """How the strain of each war effort spreads over the replicates, tick by tick.

    Parameters
    ----------
    tally : Tally
        `strain` (T, efforts, bins): counts in equal bins of [0, 1].
    states : sequence of str
        Names of the states with a war effort, in the order of the efforts (`ValueError` if not as many).
    tick_days : float
        Length of a tick in days.

    Returns
    -------
    DataFrame
        state, day (at the end of the tick), mean, q05, q25, q50, q75, q95. Replicates are taken to spread evenly over
        their bin, so mean and quantiles are right to within the width of one.
    """
    n_ticks, n_efforts, n_bins = tally.strain.shape
    if len(states) != n_efforts:
        raise ValueError(f"{len(states)} names for {n_efforts} war efforts")
    counts = tally.strain.swapaxes(0, 1).reshape(-1, n_bins)  # a row per effort and tick
    below = np.cumsum(counts, axis=1)
    n, row = below[:, -1], np.arange(len(counts))
    columns = {"mean": counts @ (np.arange(n_bins) + 0.5) / n_bins / n}
    for q in _QUANTILES:
        place = (below >= q * n[:, None]).argmax(axis=1)  # first bin that reaches the quantile; never an empty one
        inside = 1.0 - (below[row, place] - q * n) / counts[row, place]
        columns[f"q{round(100 * q):02}"] = (place + inside) / n_bins
    day = np.tile((np.arange(n_ticks) + 1.0) * tick_days, n_efforts)
    return pd.DataFrame({"state": np.repeat(np.array(states, dtype=object), n_ticks), "day": day, **columns})


def runs_table(tally: Tally, names: Names, draw_index: npt.ArrayLike) -> pd.DataFrame:
    """A row per replicate.

    Parameters
    ----------
    tally : Tally
        `outcome_day` (R, O), `highest`, `acts` and `belligerents` (R,).
    names : Names
        Of the scenario that was run.
    draw_index : array of int, shape (R,)
        Which draw of the parameters each replicate used.

    Returns
    -------
    DataFrame
        replicate, parameter_draw, highest_rung (position on the ladder), acts (and events), belligerents (the most at
        one time), and for each outcome `day_<id>`: days since the start when it happened, NaN if it did not. Days keep
        their single precision, so that their shortest text falls into the same windows.
    """
    days = np.where(tally.outcome_day >= 0, tally.outcome_day, np.float32(np.nan))
    return pd.DataFrame(
        {
            "replicate": np.arange(len(tally.acts)),
            "parameter_draw": np.asarray(draw_index),
            "highest_rung": tally.highest,
            "acts": tally.acts,
            "belligerents": tally.belligerents,
            **{f"day_{outcome}": days[:, o] for o, outcome in enumerate(names.outcomes)},
        }
    )
