"""Militarized confrontations of the record, as onsets to forecast from and as weeks to fit gates to.

The unit is the dyad-confrontation: two states within one confrontation of the Militarized Interstate Events, from the
first act of either against the other. Its weeks are counted from that day, as the ticks of a scenario that starts there
are, and go on until the next confrontation of the two begins or the record ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation_sim.analysis.covariates import Covariates
from escalation_sim.errors import DataError
from escalation_sim.theory.memory import habituation, kept_share
from escalation_sim.world import STATIC_COVARIATES

LEVELS = ("threat", "display", "seize", "attack", "war")  # 1 to 5
RUNG_OF_LEVEL = {1: "threaten", 2: "display", 3: "seize", 4: "strike", 5: "war"}
CLASH = 17  # an action
SEIZE, WAR = 3, 5  # levels: the lowest use of force, and war
WINDOW_DAYS = 1092.0  # 156 weeks; forecasts look no further
QUIET_WEEKS = 26  # a confrontation closes after so long without an event
FIRST_YEAR = 1946
_LEVEL_OF_ACTION = np.array([0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 4, 5, 5, 5])
_THIN_AFTER, _THIN = 156, 26  # weeks after the last act from which only every 26th is kept, with the weight of all

Floats = npt.NDArray[np.float64]


def level_of(action: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Level of an action of the Militarized Interstate Events: 1 threat, 2 display, 3 seize, 4 attack, 5 war.

    >>> level_of([1, 7, 13, 17, 22]).tolist()
    [1, 2, 3, 4, 5]
    """
    return _LEVEL_OF_ACTION[np.asarray(action, dtype=np.int64)]


def dyad_events(events: pd.DataFrame, first_year: int = FIRST_YEAR) -> pd.DataFrame:
    """Events since a year in the order of time, with their level, whether a clash, and the two states sorted."""
    kept = events[events["date"].dt.year >= first_year].copy()
    kept["level"] = level_of(kept["action"])
    kept["clash"] = kept["action"] == CLASH
    kept["low"] = kept[["actor", "target"]].min(axis=1)
    kept["high"] = kept[["actor", "target"]].max(axis=1)
    kept = kept[(kept["level"] > 0) & kept["date"].notna() & (kept["low"] != kept["high"])]
    return kept.sort_values(["date", "confrontation", "event"], kind="stable").reset_index(drop=True)


def static_covariates(actor: npt.ArrayLike, target: npt.ArrayLike, date: pd.Series, known: Covariates) -> pd.DataFrame:
    """The covariates of `world.STATIC_COVARIATES` of actors against targets on days, as a scenario would have them."""
    a, b = np.asarray(actor), np.asarray(target)
    day, year = pd.DatetimeIndex(date), pd.DatetimeIndex(date).year.to_numpy()
    own, other = known.cinc(a, year), known.cinc(b, year)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((own > 0) & (other > 0), np.log(own / other), 0.0)
    nuclear = known.nuclear(a, year), known.nuclear(b, year)
    columns = {
        "intercept": np.ones(len(a)),
        "power_ratio": np.clip(ratio, -6.0, 6.0),
        "own_nuclear": nuclear[0],
        "their_nuclear": nuclear[1],
        "both_nuclear": nuclear[0] & nuclear[1],
        "contiguous": known.contiguous(a, b, day),
        "rival": known.rival(a, b, year),
        "pact": known.bound(a, b, year),
        "own_major": known.major(a, day),
        "their_major": known.major(b, day),
        "post_1990": year > 1990,
    }
    return pd.DataFrame({name: np.asarray(columns[name], dtype=float) for name in STATIC_COVARIATES})


def onsets(events: pd.DataFrame, known: Covariates, half_life_weeks: Floats, severity: Floats) -> pd.DataFrame:
    """One row per dyad-confrontation whose first event is not war: what was known on that day, and what came.

    Parameters
    ----------
    events : DataFrame
        From `dyad_events`; the earlier confrontations of a dyad in it make the memories of its later ones.
    known : Covariates
    half_life_weeks : array (3,)
        Of the fast, slow and worst memory.
    severity : array (6,)
        Of an act on each level; 0 at index 0.

    Returns
    -------
    DataFrame
        Known: confrontation, actor, target (of the first event), date, year, first_level, clash, the covariates of
        `world.STATIC_COVARIATES` seen by the actor, and three memories of either side's acts (`own_*`, `their_*`).
        What came within `WINDOW_DAYS`: observed_level (highest of either side), reciprocated (the target acted;
        a clash is an act of both), answer_week and force_answer_week (weeks until it first acted, and first used
        force; -1 never), active_weeks, length_weeks.

    Raises
    ------
    DataError
        If there is none.
    """
    rows = []
    past = dict(iter(events.groupby(["low", "high"], sort=False)))
    dyads: Any = events.groupby(["confrontation", "low", "high"], sort=True)
    for (number, low, high), group in dyads:
        first = group.iloc[0]
        if first["level"] == WAR:
            continue
        days = (group["date"] - first["date"]).dt.days.to_numpy()
        inside = group[days <= WINDOW_DAYS]
        days = days[days <= WINDOW_DAYS]
        weeks = np.unique(days // 7)
        answers = ((inside["actor"] == first["target"]) | inside["clash"]).to_numpy()
        before = past[low, high]
        row = {
            "confrontation": int(number),
            "actor": int(first["actor"]),
            "target": int(first["target"]),
            "date": first["date"],
            "year": first["date"].year,
            "first_level": int(first["level"]),
            "clash": bool(first["clash"]),
            "observed_level": int(inside["level"].max()),
            "reciprocated": bool(answers.any()),
            "answer_week": _first_week(days, answers),
            "force_answer_week": _first_week(days, answers & (inside["level"] >= SEIZE).to_numpy()),
            "active_weeks": len(weeks),
            "length_weeks": int(weeks[-1]) + 1,
        }
        rows.append(row | memories(before[before["date"] < first["date"]], first, half_life_weeks, severity))
    if not rows:
        raise DataError(
            f"mie_events.csv: no confrontation since {FIRST_YEAR} begins short of war; take a longer record"
        )
    table = pd.DataFrame(rows)
    return pd.concat([table, static_covariates(table["actor"], table["target"], table["date"], known)], axis=1)


def _first_week(days: npt.NDArray[np.int64], mask: npt.NDArray[np.bool_]) -> int:
    return int(days[mask].min() // 7) if mask.any() else -1


def memories(before: pd.DataFrame, first: pd.Series, half_life: Floats, severity: Floats) -> dict[str, float]:
    """What either side did to the other before the first event, faded until its day: `own_fast` to `their_worst`."""
    faded = {}
    for side, state in (("own", first["actor"]), ("their", first["target"])):
        acts = before[(before["actor"] == state) | before["clash"]]
        weeks = (first["date"] - acts["date"]).dt.days.to_numpy() / 7.0
        sizes = (1.0, 1.0, severity[acts["level"].to_numpy()])
        for name, size, half in zip(("fast", "slow", "worst"), sizes, half_life, strict=True):
            kept = np.array([kept_share(half, week) for week in weeks])
            faded[f"{side}_{name}"] = float((size * kept).max()) if len(acts) else 0.0
    return faded


def weeks(
    events: pd.DataFrame, table: pd.DataFrame, known: Covariates, half_life_weeks: Floats, severity: Floats
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The weeks of all onsets, as initiatives and as replies.

    Within a week the side that acted first has an initiative and the other a reply to it. The first event itself is
    nobody's decision; what its actor does later in that week is an initiative. Weeks of war are not at risk. Long
    after the last act, when memories are empty, one week in 26 stands for all.

    Parameters
    ----------
    events : DataFrame
        From `dyad_events`.
    table : DataFrame
        From `onsets`, of the same events.
    known : Covariates
    half_life_weeks, severity : arrays
        As for `onsets`.
    """
    record_end = events["date"].max()
    by_dyad = dict(iter(events.groupby(["low", "high"], sort=False)))
    parts: tuple[list[pd.DataFrame], list[pd.DataFrame]] = ([], [])
    rows: Any = table.reset_index(drop=True).itertuples()
    for row in rows:
        whole = by_dyad[min(row.actor, row.target), max(row.actor, row.target)]
        mine = whole[(whole["confrontation"] == row.confrontation)]
        later = whole[(whole["date"] > mine["date"].max()) & (whole["confrontation"] != row.confrontation)]["date"]
        end = later.min() if len(later) else record_end
        n_weeks = max(1, (end - row.date).days // 7)
        played = _Segment(row, mine, n_weeks, half_life_weeks, severity)
        for place, made in zip(parts, (played.initiatives(), played.replies()), strict=True):
            place.append(made)
    return _stacked(parts[0], table, known), _stacked(parts[1], table, known)


class _Segment:
    """One confrontation week by week. Side 0 is the actor of the first event."""

    def __init__(self, row: Any, acts: pd.DataFrame, n_weeks: int, half_life: Floats, severity: Floats) -> None:
        self.row, self.n, self.severity = row, n_weeks, severity
        self.first = (int(row.first_level), int(row.first_level) if row.clash else 0)
        self.level = np.zeros((2, n_weeks), dtype=np.int64)  # highest level of a side in a week, the first event aside
        self.opened = np.full(n_weeks, -1)  # side that acted first in a week
        self.opened[0] = 0
        days = (acts["date"] - row.date).dt.days.to_numpy()[1:]
        columns = (days, acts["actor"][1:], acts["level"][1:], acts["clash"][1:])
        for day, actor, level, clash in zip(*columns, strict=True):
            week, side = min(int(day) // 7, n_weeks - 1), int(actor != row.actor)
            for s in (side, 1 - side) if clash else (side,):
                self.level[s, week] = max(self.level[s, week], level)
            if self.opened[week] < 0:
                self.opened[week] = side
        self._remember(half_life)
        top, number = self.level.max(axis=0), np.arange(n_weeks)
        self.since = number - np.maximum.accumulate(np.where(top > 0, number, 0))  # weeks since the last act of either
        war = np.flatnonzero(top == WAR)
        self.at_war = np.zeros(n_weeks, dtype=bool)
        if len(war):
            self.at_war[war[0] + 1 : war[-1] + 1] = True

    def _remember(self, half_life: Floats) -> None:
        """Memories of both sides' acts as a decision in each week sees them, and whether a side has acted before."""
        kept = np.array([kept_share(half, 1.0) for half in half_life])
        self.memory, self.acted = np.zeros((2, 3, self.n)), np.zeros((2, self.n), dtype=bool)
        for side, whose in enumerate(("own", "their")):
            now = np.array([getattr(self.row, f"{whose}_{m}") for m in ("fast", "slow", "worst")])
            done, acted = self.first[side], self.first[side] > 0
            for week in range(self.n):
                if week == 0 and done:
                    now = np.maximum(now, [1.0, 1.0, self.severity[done]])
                self.memory[side, :, week], self.acted[side, week] = now, acted
                done = self.level[side, week]
                if done:
                    now, acted = np.maximum(now, [1.0, 1.0, self.severity[done]]), True
                now = now * kept

    def _rows(self, side: int, level: Any, prompt: Any, weight: Any) -> pd.DataFrame:
        own, their = self.memory[side], self.memory[1 - side]
        columns = {"group": self.row.Index, "side": side, "week": np.arange(self.n), "weight": weight, "level": level}
        columns |= {"prompt": prompt}
        columns |= {f"own_{m}": own[k] for k, m in enumerate(("fast", "slow", "worst"))}
        columns |= {f"their_{m}": their[k] for k, m in enumerate(("fast", "slow", "worst"))}
        return pd.DataFrame(columns)

    def initiatives(self) -> pd.DataFrame:
        """Weeks of both sides in which they could act unprompted."""
        parts = []
        for side in range(2):
            level = np.where(self.opened == side, self.level[side], 0)
            keep = ~self.at_war & ((self.since <= _THIN_AFTER) | (self.since % _THIN == 0))
            weight = np.where(self.since > _THIN_AFTER, float(_THIN), 1.0)
            parts.append(self._rows(side, level, 0, weight)[keep])
        return pd.concat(parts)

    def replies(self) -> pd.DataFrame:
        """Acts of one side that the other could answer in the same week."""
        parts = []
        for side in range(2):
            prompt = np.where(self.opened == 1 - side, self.level[1 - side], 0)
            if side == 1:
                prompt[0] = max(prompt[0], self.first[0])
            asked = np.flatnonzero((prompt > 0) & ~self.at_war)
            rows = self._rows(side, self.level[side], prompt, 1.0).iloc[asked].copy()
            severity = self.severity[prompt[asked]]
            slow, worst = self.memory[1 - side, 1].copy(), self.memory[1 - side, 2].copy()
            if side == 1 and prompt[0] == self.first[0]:  # news or not is judged by what was before the first event
                slow[0], worst[0] = self.row.own_slow, self.row.own_worst
            before = zip(slow[asked], worst[asked], severity, strict=True)
            rows["habituation"] = np.array([habituation(*one) for one in before], dtype=np.float64)
            rows["first_reply"] = ~self.acted[side, asked]
            rows["their_fast"], rows["their_slow"] = 1.0, 1.0
            rows["their_worst"] = np.maximum(rows["their_worst"], severity)
            parts.append(rows)
        return pd.concat(parts)


def _stacked(parts: list[pd.DataFrame], table: pd.DataFrame, known: Covariates) -> pd.DataFrame:
    """All rows with the static covariates of the side that decides; the era is that of the week."""
    rows = pd.concat(parts, ignore_index=True)
    chosen = table.iloc[rows["group"].to_numpy()].reset_index(drop=True)
    turned = rows["side"].to_numpy() == 1
    actor = np.where(turned, chosen["target"], chosen["actor"])
    target = np.where(turned, chosen["actor"], chosen["target"])
    static = static_covariates(actor, target, chosen["date"], known)
    now = chosen["date"] + pd.to_timedelta(7 * rows["week"], unit="D")
    static["post_1990"] = (now.dt.year > 1990).astype(float)
    return pd.concat([rows, static], axis=1)


def first_at_war(events: pd.DataFrame, table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether no other dyad of its confrontation was at war before an onset's own came to war, (N,).

    Who joins a war that others began has decided something else than to begin one.
    """
    battles = events[events["level"] == WAR].sort_values(["date", "event"], kind="stable")
    opening = battles.drop_duplicates("confrontation").set_index("confrontation")[["low", "high"]]
    begun = opening.reindex(table["confrontation"])
    low = np.minimum(table["actor"].to_numpy(), table["target"].to_numpy())
    high = np.maximum(table["actor"].to_numpy(), table["target"].to_numpy())
    none_yet = begun["low"].isna().to_numpy()
    return none_yet | ((begun["low"].to_numpy() == low) & (begun["high"].to_numpy() == high))
