"""Crises of the record, played: how violent will a crisis become that began so, between these two, on this day?

The International Crisis Behavior project (ICB; Brecher and Wilkenfeld 1997) says who was first in crisis, what set it
off, and how intense violence became. Here such a crisis is a confrontation of two states: the one that triggered it
acts first, against the first crisis actor. What is played becomes a forecast by the link of `analysis.violence`.

Only what was known on the trigger day goes in. Out stay `gravcr` (the gravest value at stake at any time of the
crisis), the number of actors, `powdissy` (of all actors), the code 2 of `iwcmb` (a war begins with the crisis), and a
long war in a crisis of that code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation_sim.analysis import violence
from escalation_sim.analysis.confrontations import dyad_events, memories, static_covariates
from escalation_sim.analysis.covariates import Covariates, Tables
from escalation_sim.errors import DataError
from escalation_sim.scenario.schema import Quantity
from escalation_sim.study.dyads import Players

Floats = npt.NDArray[np.float64]

FIRST_YEAR = 1918  # of ICB
_REMEMBERED_YEARS = 10  # older acts have faded: half-lives are of weeks
_ICB = "ICB 15 (Brecher et al. 2023)"
NOBODY = 0  # an adversary that is no state, or unknown: nothing on record binds or parts the two
THREAT, DISPLAY, ATTACK, WAR = 1, 2, 4, 5
# ICB triggers: 1 verbal, 2 political, 3 economic, 5 other non-violent act; 7 non-violent military; 8 indirect and 9
# direct violent. 4 (external change) and 6 (internal challenge) are no act of the adversary against the actor: the
# play then begins with the mildest act that it has.
LEVEL_OF_TRIGGER = {1: THREAT, 2: THREAT, 3: THREAT, 4: THREAT, 5: THREAT, 6: THREAT, 7: DISPLAY, 8: ATTACK, 9: ATTACK}
_WAR_BEGINS, _INSIDE_WAR = 2, 3  # `iwcmb`
_PROTRACTED, _LONG_WAR = 2, 3  # `protrac`
_NO_STATE = 995  # and above: internal, non-state, several


class Record(Tables, Protocol):
    """The tables that crises are read from; `store.history.History` has them."""

    @property
    def events(self) -> pd.DataFrame: ...
    @property
    def crises(self) -> pd.DataFrame | None: ...
    @property
    def crisis_actors(self) -> pd.DataFrame | None: ...


def crisis_onsets(
    history: Record, known: Covariates, events: pd.DataFrame, half_life_weeks: Floats, severity: Floats
) -> pd.DataFrame:
    """One row per crisis that `Players` can play, with what was known on the trigger day.

    Parameters
    ----------
    history : Record
    known : Covariates
    events : DataFrame
        From `confrontations.dyad_events`, from as early as memories shall reach.
    half_life_weeks, severity : arrays
        As for `confrontations.onsets`.

    Returns
    -------
    DataFrame
        In the order of `history.crises`: crisis, confrontation (the same number, which names the luck), conflict,
        actor (who acts first), target (the first crisis actor), date, first_level, clash (False), the covariates of
        `world.STATIC_COVARIATES` seen by the actor, memories (`own_*`, `their_*`), the covariates of the crisis in
        `violence.CRISIS_COVARIATES`; and what came, violence (1 none to 4 full-scale war).

    Raises
    ------
    DataError
        If a table of crises is missing, or a crisis has no actor or no such trigger.
    """
    crises, actors = history.crises, history.crisis_actors
    if crises is None or actors is None:
        raise DataError(
            "the tables of crises, icb1_crises.csv and icb2_actors.csv, are missing; docs/data.md says where to obtain"
            " them"
        )
    table = _dyads(crises, actors)
    past = dict(iter(events.groupby(["low", "high"], sort=False)))
    remembered = [memories(_before(past, row, events), row, half_life_weeks, severity) for _, row in table.iterrows()]
    static = static_covariates(table["actor"], table["target"], table["date"], known)
    parts = [table, static, pd.DataFrame(remembered, index=table.index), _crisis_covariates(table)]
    return pd.concat(parts, axis=1).drop(columns=["trigger_state", "protracted_code", "intra_war_code", "date_known"])


def _dyads(crises: pd.DataFrame, actors: pd.DataFrame) -> pd.DataFrame:
    """Who acts first against whom, when, and on which level."""
    first = actors.dropna(subset="trigger_date").sort_values("trigger_date", kind="stable")
    first = first.drop_duplicates("crisis").set_index("crisis").reindex(crises["crisis"]).reset_index()
    bad = (
        first["state"].isna() | crises["start"].isna().to_numpy() | ~crises["trigger"].isin(LEVEL_OF_TRIGGER).to_numpy()
    )
    if bad.any():
        raise DataError(
            f"icb1_crises.csv: crisis {crises['crisis'].to_numpy()[bad][0]} has no day, no trigger from 1 to 9, or no"
            " actor with a day in icb2_actors.csv; complete it or take it out"
        )
    date = crises["start"]
    target = cow_number(first["state"], date)
    suspects = [
        cow_number(one, date) for one in (crises["trigger_state"], first["trigger_state"], first["threat_source"])
    ]
    actor = np.full(len(crises), NOBODY)
    for suspect in reversed(suspects):
        actor = np.where((suspect > 0) & (suspect < _NO_STATE) & (suspect != target), suspect, actor)
    inside = (crises["intra_war"] >= _INSIDE_WAR).to_numpy()
    level = np.where(inside, WAR, crises["trigger"].map(LEVEL_OF_TRIGGER))
    columns: dict[str, Any] = {
        "crisis": crises["crisis"],
        "confrontation": crises["crisis"],
        "conflict": crises["conflict"],
    }
    columns |= {"actor": actor, "target": target, "date": date, "date_known": crises["start_known"]}
    columns |= {"first_level": level, "clash": False, "trigger_state": crises["trigger_state"]}
    columns |= {"intra_war_code": crises["intra_war"], "protracted_code": crises["protracted"]}
    return pd.DataFrame(columns | {"violence": crises["violence"]}).reset_index(drop=True)


def cow_number(state: pd.Series, date: pd.Series) -> npt.NDArray[np.int64]:
    """Correlates of War numbers of states with Gleditsch-Ward numbers on days; 0 where missing.

    The two lists (Gleditsch and Ward 1999) part over united Germany, united Yemen, and Serbia.

    >>> cow_number(pd.Series([260, 260, 678, 340, 2]), pd.Series(pd.to_datetime(["1961-08-13"] + ["1999-03-22"] * 4)))
    array([260, 255, 679, 345,   2])
    """
    number, day = state.fillna(NOBODY).to_numpy(np.int64), date.to_numpy()
    number = np.where((number == 260) & (day >= np.datetime64("1990-10-03")), 255, number)
    number = np.where((number == 678) & (day >= np.datetime64("1990-05-22")), 679, number)
    return np.where(number == 340, 345, number)


def _before(past: dict[Any, pd.DataFrame], row: pd.Series, events: pd.DataFrame) -> pd.DataFrame:
    """Events of a dyad that surely came before the trigger: where a day is unknown, those of earlier months."""
    mine = past.get((min(row["actor"], row["target"]), max(row["actor"], row["target"])))
    if mine is None:
        return events.iloc[:0]
    month = row["date"].replace(day=1)
    exact = mine["day_known"] & bool(row["date_known"])
    return mine[(mine["date"] < month) | (exact & (mine["date"] < row["date"]))]


def _crisis_covariates(table: pd.DataFrame) -> pd.DataFrame:
    """The columns of `violence.CRISIS_COVARIATES`, each 0 or 1."""
    columns = {
        "intra_war": table["intra_war_code"] >= _INSIDE_WAR,
        "protracted": table["protracted_code"] >= _PROTRACTED,
        "long_war": (table["protracted_code"] == _LONG_WAR) & (table["intra_war_code"] != _WAR_BEGINS),
        "non_state": table["trigger_state"] >= _NO_STATE,
    }
    return pd.DataFrame({name: columns[name].astype(float) for name in violence.CRISIS_COVARIATES})


def play_crises(
    history: Record,
    players: Players,
    replicates: int,
    seed: int = 1,
    jobs: int = 1,
    progress: Callable[[int], object] = lambda done: None,
) -> pd.DataFrame:
    """Crises with what was known, what was played and what came: `crisis_onsets` and `violence.PLAYED_COVARIATES`.

    Parameters
    ----------
    history : Record
        From `store.history.read_history`.
    players : Players
    replicates : int
        Of each crisis, with all coefficients in their middle.
    seed, jobs : int
    progress : callable
        Called with 1 after each crisis.
    """
    events = dyad_events(history.events, FIRST_YEAR - _REMEMBERED_YEARS)
    table = crisis_onsets(history, Covariates(history), events, players.half_life, players.severity)
    played = players.play(table, replicates, seed, jobs=jobs, progress=progress)
    return pd.concat([table, violence.played_covariates(played, players.levels)], axis=1)


def fit_link(played: pd.DataFrame) -> dict[str, dict[str, Quantity]]:
    """Fit the link of `analysis.violence` to crises from `play_crises`: the key `violence` of a coefficient table.

    Crises of one protracted conflict are one cluster; the rest each stand alone.
    """
    cluster = np.where(played["protracted"] > 0, played["conflict"].fillna(0.0), -played["crisis"])
    years = f"{played['date'].dt.year.min()}-{played['date'].dt.year.max()}"
    return violence.fit_link(played, played["violence"], cluster, f"{_ICB}, crises of {years}")


def forecast_crises(
    history: Record,
    players: Players,
    link: violence.Link,
    replicates: int,
    seed: int = 1,
    jobs: int = 1,
) -> pd.DataFrame:
    """Probability of each class of violence in every crisis of a record. (Six parameters, and none to spare.)

    Returns
    -------
    DataFrame
        crisno (number of the crisis), p1 none, p2 minor clashes, p3 serious clashes, p4 full-scale war.
    """
    return forecasts(play_crises(history, players, replicates, seed, jobs), link)


def forecasts(played: pd.DataFrame, link: violence.Link) -> pd.DataFrame:
    """As `forecast_crises`, for crises from `play_crises`: a link fitted in folds needs them played only once."""
    p = violence.apply_link(link, played)
    return pd.DataFrame({"crisno": played["crisis"], **{f"p{k + 1}": p[:, k] for k in range(len(violence.CLASSES))}})
