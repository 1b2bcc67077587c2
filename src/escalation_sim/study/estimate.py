"""The coefficient table, estimated from public records of history: what `escalation-sim estimate` does.

Rows of the table that the record cannot tell (words, aid, arms, partners, nuclear use) are taken over from a table that
is there already; rows that it can tell are fitted anew, in two steps: every gate to weeks (`analysis.gates`), then the
gates that matter most to whole confrontations as the engine plays them (`study.moments`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation_sim.analysis import confrontations as record
from escalation_sim.analysis.covariates import Covariates
from escalation_sim.analysis.fit import Data, Fit, Prior, fit_gate
from escalation_sim.analysis.gates import GateFit, Key, fit_gates
from escalation_sim.scenario.numbers import matrix_of, middle, root_of
from escalation_sim.scenario.schema import Coefficients, Correlation, Quantity
from escalation_sim.study.crises import Record as CrisisRecord
from escalation_sim.study.crises import fit_link, play_crises
from escalation_sim.study.dyads import Players
from escalation_sim.study.moments import Moved, match_moments
from escalation_sim.world import DYNAMIC_COVARIATES, STATIC_COVARIATES

_ORDER = {name: place for place, name in enumerate((*STATIC_COVARIATES, *DYNAMIC_COVARIATES))}
_MIE = "MIE 1.0 (Gibler and Miller 2023)"
_COW_WARS = "COW Inter-State War 4.0 (Sarkees and Wayman 2010)"
CRISIS_REPLICATES = 400
WORSE_STRAIN = 0.7  # strain of the worse side, taken for all past wars: it is not on record


class Record(CrisisRecord, Protocol):
    """The tables that are fitted to; `store.history.History` has them."""

    @property
    def disputes(self) -> pd.DataFrame: ...
    @property
    def wars(self) -> pd.DataFrame: ...


class Onsets(NamedTuple):
    """The record as the estimation sees it."""

    events: pd.DataFrame
    table: pd.DataFrame  # from `confrontations.onsets`
    known: Covariates


class Estimate(NamedTuple):
    """A new table and how it came about."""

    coefficients: Coefficients
    fits: dict[Key, GateFit]
    moved: Moved
    onsets: pd.DataFrame


def read_onsets(history: Record, players: Players) -> Onsets:
    """Onsets of the record with the memories that the players' table gives them."""
    known = Covariates(history)
    events = record.dyad_events(history.events)
    table = record.onsets(events, known, players.half_life, players.severity)
    table["first_at_war"] = record.first_at_war(events, table)
    return Onsets(events, table, known)


def estimate(
    history: Record,
    base: Coefficients,
    held_out: float = 0.0,
    only: npt.NDArray[np.bool_] | None = None,
    slopes: npt.NDArray[np.float64] | None = None,
    jobs: int = 1,
    progress: Callable[[int], object] = lambda done: None,
) -> Estimate:
    """Estimate the table from a record.

    Parameters
    ----------
    history : Record
        From `store.history.read_history`.
    base : Coefficients
        Gives the elicited rows and the half-lives.
    held_out : float in [0, 1)
        Share of confrontations taken out of the record.
    only : array of bool, one per onset, optional
        Onsets that may be used; the others are not looked at (for folds, which leave the violence of crises alone).
    slopes : array, optional
        Of all onsets, from an earlier estimation; see `moments.match_moments`.
    jobs : int
    progress : callable
        Called with 1 after each evaluation of the second step; `evaluations()` says how many there are.

    Returns
    -------
    Estimate
    """
    players = Players(base)
    seen = read_onsets(history, players)
    kept = np.ones(len(seen.table), dtype=bool) if only is None else only
    table = seen.table[kept].reset_index(drop=True)
    rows = record.weeks(seen.events, table, seen.known, players.half_life, players.severity)
    weeks = dict(zip(("initiative", "reply"), rows, strict=True))
    first = table["first_at_war"].to_numpy(dtype=bool)
    fits = fit_gates(base, weeks, first, held_out, war_era(history.disputes))
    fitted = with_fits(base, fits, _span(table))
    moved = match_moments(Players(fitted), table, fits, None if slopes is None else slopes[kept], jobs, progress)
    ends = war_end(history.wars, middle(base.war_end.get("strain", Quantity(value=0.0))))
    whole = with_moved(fitted, moved).model_copy(update={"war_end": base.war_end | ends})
    return Estimate(with_link(whole, history, jobs) if only is None else whole, fits, moved, table)


def with_link(table: Coefficients, history: Record, jobs: int) -> Coefficients:
    """The table with the link to the violence of crises fitted anew to what it plays, if crises are on record."""
    if history.crises is None or history.crisis_actors is None:
        return table
    played = play_crises(history, Players(table), CRISIS_REPLICATES, jobs=jobs)
    return table.model_copy(update={"violence": fit_link(played)})


def _span(table: pd.DataFrame) -> str:
    return f"{table['year'].min()}-{table['year'].max()}"


def war_era(disputes: pd.DataFrame) -> tuple[float, float]:
    """Log-odds that a dispute became war after 1990 less those before, since 1946, and their standard error.

    Half a war is added to each cell (Jeffreys prior).

    >>> rows = pd.DataFrame({"start": pd.to_datetime(["1950-01-01", "1995-01-01"] * 50), "hostility": [5, 4] * 50})
    >>> war_era(rows)[0] < -4
    True
    """
    year = disputes["start"].dt.year
    war, late = (disputes["hostility"] == 5)[year >= record.FIRST_YEAR], (year > 1990)[year >= record.FIRST_YEAR]
    cells = [float((war_is & era).sum()) + 0.5 for era in (late, ~late) for war_is in (war, ~war)]
    return float(np.log(cells[0] * cells[3] / (cells[1] * cells[2]))), float(np.sqrt(sum(1.0 / c for c in cells)))


def war_end(wars: pd.DataFrame, strain: float) -> dict[str, Quantity]:
    """How interstate wars end, by week: a logit on the log of their age in years and on winter.

    A war lasts from the first day of any participant to the last day of any; a second spell of a state is left out.
    `strain` is the coefficient of strain: the intercept is moved so that it holds without any.
    """
    span = wars.groupby("war").agg(start=("start", "min"), end=("end", "max")).dropna()
    parts = []
    for number, (start, end) in enumerate(zip(span["start"], span["end"], strict=True)):
        n_weeks = max(1, -(-((end - start).days + 1) // 7))
        day = start + pd.to_timedelta(7 * np.arange(n_weeks), unit="D")
        columns = {"war": number, "years": np.log1p(np.arange(n_weeks) / 52.18), "winter": day.month.isin((12, 1, 2))}
        parts.append(pd.DataFrame(columns).assign(over=np.arange(n_weeks) == n_weeks - 1))
    rows = pd.concat(parts, ignore_index=True)
    x = np.column_stack([np.ones(len(rows)), rows["years"], rows["winter"].astype(float)])
    ones = np.ones(len(rows))
    prior = Prior(np.zeros(3), np.array([np.inf, 2.0, 0.7]))
    fit = fit_gate(Data(x, rows["over"].to_numpy(), ones, ones, rows["war"].to_numpy()), prior)
    source = f"{_COW_WARS}, {len(span)} wars, war-weeks; strain of the worse side taken to be {WORSE_STRAIN}"
    made = _quantities(("intercept", "years", "winter"), fit, source)
    rested = round((made["intercept"].value or 0.0) - strain * WORSE_STRAIN, 3)
    return made | {"intercept": made["intercept"].model_copy(update={"value": rested})}


def with_fits(base: Coefficients, fits: Mapping[Key, GateFit], span: str) -> Coefficients:
    """The table with the fitted rows in place of all that it had estimated before."""
    changes: dict[str, Any] = {}
    correlations = []
    for phase in ("initiative", "reply"):
        gates = {gate: dict(row) for gate, row in getattr(base, phase).items()}
        for (_, gate), found in ((key, fit) for key, fit in fits.items() if key[0] == phase):
            row = {name: q for name, q in gates.get(gate, {}).items() if q.basis != "estimated"}
            source = f"{_MIE}, {span}, {found.fit.n_opened} acts"
            row |= _quantities(found.names, found.fit, source)
            gates[gate] = dict(sorted(row.items(), key=lambda item: _ORDER.get(item[0], len(_ORDER))))
            names = [f"{phase}.{gate}.{name}" for name in found.names]
            correlations.append(_block(names, _correlations(found.fit.covariance)))
        changes[phase] = gates
    frailty = fits["initiative", "threaten"].fit
    changes["correlation"] = tuple(correlations)
    changes["frailty_sd"] = Quantity(
        dist="lognorm",
        s=round(max(frailty.frailty_log_se, 0.01), 3),
        scale=round(frailty.frailty_sd, 3),
        n=float(frailty.n),
        basis="estimated",
        source=f"{_MIE}, {span}, spread between confrontations at the threaten gate",
    )
    return base.model_copy(update=changes)


def with_moved(fitted: Coefficients, moved: Moved) -> Coefficients:
    """The table with the values, standard errors and correlations of the second step in place of the first's."""
    names = [path.removeprefix("coefficients.") for path in moved.paths]
    errors = np.sqrt(np.diag(moved.covariance))
    tables = {phase: {g: dict(row) for g, row in getattr(fitted, phase).items()} for phase in ("initiative", "reply")}
    for name, value, se in zip(names, moved.value, errors, strict=True):
        phase, gate, covariate = name.split(".")
        old = tables[phase][gate][covariate]
        changed = {"value": round(float(value), 3), "se": round(float(se), 3), "source": f"{old.source}, and roll-outs"}
        tables[phase][gate][covariate] = old.model_copy(update=changed)
    joint = tuple(_replaced(block, names, moved.covariance) for block in fitted.correlation)
    return fitted.model_copy(update=tables | {"correlation": joint})


def _replaced(block: Correlation, names: list[str], covariance: npt.NDArray[np.float64]) -> Correlation:
    """The correlations of a gate with those of the coefficients that moved in place of the first step's."""
    moved = [place for place, name in enumerate(names) if name in block.of]
    matrix = matrix_of(block)
    where = [block.of.index(names[place]) for place in moved]
    matrix[np.ix_(where, where)] = _correlations(covariance[np.ix_(moved, moved)])
    root = root_of(matrix)  # correlations of two steps put together may contradict each other
    return _block(block.of, root @ root.T)


def _quantities(names: tuple[str, ...], fit: Fit, source: str) -> dict[str, Quantity]:
    errors = np.sqrt(np.diag(fit.covariance))
    return {
        name: Quantity(
            value=round(float(value), 3), se=round(float(se), 3), n=float(fit.n), basis="estimated", source=source
        )
        for name, value, se in zip(names, fit.value, errors, strict=True)
    }


def _correlations(covariance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    error = np.sqrt(np.diag(covariance))
    return np.clip(covariance / np.outer(error, error), -1.0, 1.0)


def _block(names: Sequence[str], matrix: npt.NDArray[np.float64]) -> Correlation:
    rows = tuple(tuple(round(float(r), 2) for r in matrix[i, :i]) for i in range(1, len(names)))
    return Correlation(of=tuple(names), rows=rows)
