"""From a crisis as it was played to the class of violence that ICB codes: none, minor clashes, serious clashes, war.

The engine plays two states on a ladder of acts; the International Crisis Behavior project (ICB) grades the most intense
violence by any actor of a crisis. A sequential logit links them: P(any violence), P(serious | any), P(war | serious).
Its covariates are what was played, and the few things known on the trigger day that two states on a ladder cannot show.
Contiguity is both: it makes acts likelier, but crises between neighbours are less often serious than those from afar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from escalation_sim.analysis.fit import Data, Prior, fit_gate
from escalation_sim.drivers.confrontation import Played
from escalation_sim.errors import DataError
from escalation_sim.scenario.numbers import middle
from escalation_sim.scenario.schema import Quantity

Floats = npt.NDArray[np.float64]
Link = Mapping[str, Mapping[str, Quantity]]  # log-odds by gate and covariate

CLASSES = ("none", "minor clashes", "serious clashes", "full-scale war")  # 1 to 4 in ICB's SEVVIOSY
GATES = ("minor", "serious", "war")  # what each class above the first takes
PLAYED_COVARIATES = (
    "force",  # share of replicates with force (an attack, a clash, war)
    "answered_force",  # share with force in which the target of the first act acted, too
    "force_ticks",  # mean log of the ticks of force, over replicates with force
)
CRISIS_COVARIATES = (
    "intra_war",  # the crisis began inside a running war
    "protracted",  # it belongs to a protracted conflict
    "long_war",  # it belongs to a long war
    "non_state",  # triggered from within, by a non-state actor, or by several
)
COVARIATES = ("intercept", *PLAYED_COVARIATES, *CRISIS_COVARIATES, "contiguous")

# Ridge, as the standard deviation of the prior of a coefficient of a covariate scaled to a standard deviation of 1. Of
# 0.1 to 1.0, values from 0.3 to 0.4 forecast best in folds of crises and of protracted conflicts.
PRIOR_SD = 0.3
_INTERCEPT_SD = 10.0  # says nearly nothing, but keeps a gate finite that always opened
_FORCE = 4  # level of an attack


def played_covariates(played: Sequence[Played], levels: npt.NDArray[np.int64]) -> pd.DataFrame:
    """What was played, as `PLAYED_COVARIATES`: one row per crisis.

    Parameters
    ----------
    played : sequence of Played
    levels : array (K,)
        Level of an act on each rung, as `Players.levels`.

    >>> two = [np.array(both) for both in ([4, 2], [1, 0], [1, 1], [3, 1], [2, 0], [0, -1], [0, -1])]
    >>> played_covariates([Played(*two)], np.arange(6)).round(3).values.tolist()
    [[0.5, 0.5, 0.693]]
    """
    rows = []
    for one in played:
        force = levels[one.highest] >= _FORCE
        ticks = np.log(np.maximum(one.forceful[force], 1))
        rows.append((force.mean(), (force & (one.answered > 0)).mean(), ticks.mean() if len(ticks) else 0.0))
    return pd.DataFrame(rows, columns=list(PLAYED_COVARIATES), dtype=float)


def fit_link(
    table: pd.DataFrame, violence: npt.ArrayLike, group: npt.ArrayLike, source: str
) -> dict[str, dict[str, Quantity]]:
    """Estimate the link.

    Parameters
    ----------
    table : DataFrame
        One row per crisis, with the columns of `COVARIATES`.
    violence : array of int (N,)
        1 none to 4 full-scale war.
    group : array of int (N,)
        Crises of one group are one cluster for the standard errors.
    source : str
        What the rows are, in words that a reader can look up.

    Returns
    -------
    dict
        Gate -> covariate -> Quantity with value, se, n, basis and source: the key `violence` of a coefficient table.

    Raises
    ------
    DataError
        If no crisis came to a gate.

    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame(rng.integers(0, 2, (400, len(COVARIATES))), columns=list(COVARIATES)).assign(intercept=1)
    >>> link = fit_link(table, 1 + 3 * (table["force"] | (rng.uniform(size=400) < 0.2)), np.arange(400), "invented")
    >>> link["minor"]["force"].value > 2.0, abs(link["minor"]["protracted"].value) < 1.0, link["minor"]["force"].n
    (True, True, 400.0)
    """
    x = table[list(COVARIATES)].to_numpy(float)
    seen, cluster = np.asarray(violence, np.int64), np.asarray(group, np.int64)
    spread = x.std(axis=0)
    prior = Prior(np.zeros(len(COVARIATES)), PRIOR_SD / np.where(spread > 0.0, spread, 1.0))
    prior.sd[0] = _INTERCEPT_SD
    link = {}
    for k, gate in enumerate(GATES, start=1):
        came = seen >= k
        if not came.any():
            raise DataError(f"no crisis had {CLASSES[k - 1]} or more, which the link to ICB needs; give more crises")
        rows = Data(x[came], seen[came] > k, np.ones(came.sum()), np.ones(came.sum()), cluster[came])
        fit = fit_gate(rows, prior)
        se = np.sqrt(np.diag(fit.covariance))
        told = f"{source}, {fit.n_opened} of {fit.n} passed this gate"
        link[gate] = {
            name: Quantity(
                value=round(float(b), 3), se=round(float(e), 3), n=float(fit.n), basis="estimated", source=told
            )
            for name, b, e in zip(COVARIATES, fit.value, se, strict=True)
        }
    return link


def apply_link(link: Link, table: pd.DataFrame) -> Floats:
    """Probability of each class of violence, (N, 4); rows sum to 1.

    Parameters
    ----------
    link : mapping
        From `fit_link`, or the key `violence` of a coefficient table. Only values count, not standard errors.
    table : DataFrame
        One row per crisis, with every covariate that the link names.

    Raises
    ------
    DataError
        If the link lacks a gate, or names a covariate that the table does not have.

    >>> even = {gate: {"intercept": Quantity(value=0.0)} for gate in GATES}
    >>> apply_link(even, pd.DataFrame({"intercept": [1.0]})).tolist()
    [[0.5, 0.25, 0.125, 0.125]]
    """
    reached = np.ones(len(table))
    classes = []
    for gate in GATES:
        if gate not in link:
            raise DataError(f"the coefficient table has no 'violence: {gate}:'; estimate it from the tables of crises")
        for name in link[gate]:
            if name not in table:
                raise DataError(f"'violence: {gate}: {name}' is no covariate; it takes {', '.join(COVARIATES)}")
        log_odds = sum(
            (table[name].to_numpy(float) * middle(one) for name, one in link[gate].items()), np.zeros(len(table))
        )
        opened = expit(log_odds)
        classes.append(reached * (1.0 - opened))
        reached = reached * opened
    return np.column_stack([*classes, reached])
