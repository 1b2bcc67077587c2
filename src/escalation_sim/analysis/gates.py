"""Which covariates are fitted at which gate, and the fit of every militarized gate to weeks of the record.

The record begins with threats: words short of one are not in it. So the gates of words stay as the table has them, and
the gate of threats is fitted to what they leave over (`fit.Data.below`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from escalation_sim.analysis.confrontations import RUNG_OF_LEVEL, WAR
from escalation_sim.analysis.fit import Data, Fit, Prior, fit_gate
from escalation_sim.errors import DataError
from escalation_sim.scenario.numbers import middle
from escalation_sim.scenario.schema import Coefficients, Quantity
from escalation_sim.world import STATIC_COVARIATES

Floats = npt.NDArray[np.float64]
Key = tuple[str, str]  # phase and gate

WORDS = ("protest", "coerce")
_STATIC = tuple(STATIC_COVARIATES)
_FEW = ("intercept", "post_1990", "contiguous")
FITTED: dict[Key, tuple[str, ...]] = {
    ("initiative", "threaten"): (
        *_STATIC, "own_fast", "own_slow", "their_fast", "their_slow", "own_worst", "their_worst",
    ),
    ("initiative", "display"): (*_STATIC, "own_slow", "own_worst", "their_worst"),
    ("initiative", "seize"): (*_STATIC, "own_slow", "own_worst", "their_slow", "their_worst"),
    ("initiative", "strike"): (*_STATIC, "own_worst", "their_worst"),
    ("initiative", "war"): (*_FEW, "power_ratio", "rival", "own_major"),
    ("reply", "threaten"): (
        *_STATIC, "own_fast", "own_slow", "own_worst",
        "reply_to_display", "reply_to_seize", "reply_to_strike",
    ),
    ("reply", "display"): (*_FEW, "reply_to_seize", "reply_to_strike"),
    ("reply", "seize"): (*_STATIC, "own_worst", "reply_to_display", "reply_to_seize", "reply_to_strike"),
    ("reply", "strike"): (*_FEW, "rival", "own_worst", "reply_to_seize", "reply_to_strike"),
    ("reply", "war"): ("intercept", "post_1990"),
}  # fmt: skip
# Standard deviations of the normal prior with mean 0: wide for what happened in the crisis, narrower for what the two
# states are, where the record is thin (few nuclear dyads) and many covariates go together.
_WIDE, _NARROW, _RATIO = 2.0, 0.7, 0.3


class GateFit(NamedTuple):
    """Estimates of one gate with the names of their covariates."""

    names: tuple[str, ...]
    fit: Fit


def prior_of(names: tuple[str, ...], told: Mapping[str, tuple[float, float]] | None = None) -> Prior:
    """The prior on coefficients of these names; `told` gives (mean, sd) from other data, by name.

    >>> prior_of(("intercept", "rival", "own_slow")).sd.tolist()
    [inf, 0.7, 2.0]
    """
    told = told or {}
    mean, sd = np.zeros(len(names)), np.full(len(names), _WIDE)
    for place, name in enumerate(names):
        if name in told:
            mean[place], sd[place] = told[name]
        elif name == "intercept":
            sd[place] = np.inf
        elif name in STATIC_COVARIATES:
            sd[place] = _RATIO if name == "power_ratio" else _NARROW
    return Prior(mean, sd)


def column(rows: pd.DataFrame, name: str) -> Floats:
    """Values of a covariate of the theory in rows of `confrontations.weeks`; 0 for what the record does not hold."""
    if name.startswith("reply_to_"):
        answered = rows["prompt"].map(RUNG_OF_LEVEL) == name.removeprefix("reply_to_")
        return np.where(answered, 1.0, 0.0)
    return rows[name].to_numpy(dtype=float) if name in rows else np.zeros(len(rows))


def reach_of_words(table: Mapping[str, Mapping[str, Quantity]], rows: pd.DataFrame) -> Floats:
    """Probability that a climb passes the gates of words, (N,)."""
    reach = np.ones(len(rows))
    for gate in WORDS:
        terms = [middle(quantity) * column(rows, name) for name, quantity in table.get(gate, {}).items()]
        reach *= expit(np.sum(terms, axis=0)) if terms else 0.5
    return reach


def _elicited(row: Mapping[str, Quantity], names: tuple[str, ...], rows: pd.DataFrame) -> Floats:
    """Log-odds from the covariates of a gate that the record holds but that are not fitted to it, (N,)."""
    known = {name: q for name, q in row.items() if name in rows and name not in names and q.basis == "elicited"}
    return np.sum([middle(q) * column(rows, name) for name, q in known.items()] or [np.zeros(len(rows))], axis=0)


def fit_gates(
    table: Coefficients,
    weeks: Mapping[str, pd.DataFrame],
    first_at_war: npt.NDArray[np.bool_],
    held_out: float = 0.0,
    war_era: tuple[float, float] | None = None,
) -> dict[Key, GateFit]:
    """Fit every gate of `FITTED`, one by one: a continuation-ratio logit falls apart into its gates.

    Parameters
    ----------
    table : Coefficients
        Gives the gates of words.
    weeks : dict
        Rows of `confrontations.weeks` by phase.
    first_at_war : array of bool, one per onset
        Whether no other dyad of its confrontation was at war before it: who joined a war says nothing of this gate.
    held_out : float in [0, 1)
        Share of confrontations that was taken out of the record: quiet weeks are too many by it and weigh less.
    war_era : (mean, sd), optional
        What other data say of `post_1990` at the gate of war, as its prior.

    Returns
    -------
    dict of (phase, gate) -> GateFit

    Raises
    ------
    DataError
        If a gate was never seen open, or never seen shut.
    """
    fits: dict[Key, GateFit] = {}
    for (phase, gate), names in FITTED.items():
        level = next(k for k, rung in RUNG_OF_LEVEL.items() if rung == gate)
        rows = weeks[phase]
        rows = rows[rows["prompt"] < WAR]  # a battle is coded once, whoever else fought in it: no answer is on record
        rows = rows if level == 1 else rows[rows["level"] >= level - 1]
        if level == WAR:
            rows = rows[(rows["level"] < WAR) | first_at_war[rows["group"].to_numpy()]]
        weight = rows["weight"].to_numpy(dtype=float)
        below = np.ones(len(rows))
        if level == 1:
            weight = np.where(rows["level"] > 0, 1.0, weight * (1.0 - held_out)) if phase == "initiative" else weight
            below = reach_of_words(getattr(table, phase), rows)
        if not 0 < (rows["level"] >= level).sum() < len(rows):
            raise DataError(
                f"mie_events.csv: at the gate '{gate}' of {phase} all {len(rows)} rows went one way, so it cannot be "
                "estimated; take a longer record"
            )
        data = Data(
            x=np.column_stack([column(rows, name) for name in names]),
            opened=(rows["level"] >= level).to_numpy(),
            below=below,
            weight=weight,
            group=rows["group"].to_numpy(),
            offset=_elicited(getattr(table, phase).get(gate, {}), names, rows),
        )
        told = {"post_1990": war_era} if war_era and level == WAR else {}
        frailty = (phase, gate) == ("initiative", "threaten")
        fits[phase, gate] = GateFit(names, fit_gate(data, prior_of(names, told), frailty))
    return fits
