"""What is known of states on a day: capability, borders, pacts, nuclear weapons, rank, rivalry; arrays in, arrays out.

Each table ends some time: contiguity and major powers (Correlates of War) in 2016, alliances (ATOP 5.1) in 2018,
capabilities (NMC 7.0) in 2022. A spell that runs to the last day or year of its table was not seen to end, and goes on
here; a pact that ended in that very year goes on, too, and nothing is known that began later.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

CAPABILITY_YEARS = 5  # a share of capability older than this is not used
LAND_OR_NARROW, ANY = 2, 5  # widest kinds of contiguity: 12 and 400 miles of water

_SPAN = 10**7  # more than any time (a year, or a day since the year 0), so that key and time make one number
_STATES = 1_000  # more than any COW number, so that two states make one number
_YEAR_0 = 719_528  # days from the first of the year 0 to 1 January 1970


class Tables(Protocol):
    """The tables that are looked up in; `store.history.History` has them."""

    @property
    def capabilities(self) -> pd.DataFrame: ...
    @property
    def contiguity(self) -> pd.DataFrame: ...
    @property
    def alliances(self) -> pd.DataFrame: ...
    @property
    def nuclear(self) -> pd.DataFrame: ...
    @property
    def majors(self) -> pd.DataFrame: ...
    @property
    def rivalries(self) -> pd.DataFrame: ...


class Covariates:
    """Answers for arrays of states (COW numbers), years and days (datetime64), all of shape (N,).

    The states of a dyad come in either order. An unknown state or a missing day (NaT) is in no spell.

    Parameters
    ----------
    tables : Tables
        As `store.history.read_history` gives them.

    >>> from types import SimpleNamespace
    >>> spells = pd.DataFrame({"a": [7, 7], "b": [8, 9], "first_year": [1949, 1990], "last_year": [1955, 2018]})
    >>> reigns = pd.DataFrame({"state": [7, 8], "first_year": [1949, 1960], "last_year": [1955, 2100]})
    >>> days = pd.DataFrame({"start": ["1920-01-01"] * 2, "end": ["1945-05-31", "2016-12-31"]}).astype("datetime64[s]")
    >>> known = Covariates(SimpleNamespace(
    ...     capabilities=pd.DataFrame({"state": [7, 7, 8], "year": [1950, 1951, 1951], "cinc": [0.1, 0.2, 0.3]}),
    ...     contiguity=days.assign(a=[7, 7], b=[8, 9], kind=[1, 4]), majors=days.assign(state=[7, 8]),
    ...     alliances=spells.assign(defence=[True, False], offence=False, neutrality=False, nonaggression=False),
    ...     rivalries=spells, nuclear=reigns))
    >>> known.cinc([7, 7, 7, 8], [1949, 1951, 1957, 1955])
    array([nan, 0.2, nan, 0.3])
    >>> day = np.array(["1930-06-01", "1946-01-01", "2024-10-24"], "datetime64[D]")
    >>> known.contiguous(8, 7, day), known.contiguous(7, 9, day, widest=LAND_OR_NARROW)
    (array([ True, False, False]), array([False, False, False]))
    >>> known.contiguous(7, 9, day), known.major(8, day)
    (array([ True,  True,  True]), array([ True,  True,  True]))
    >>> known.defence_pact([8, 7, 9], [7, 8, 7], [1949, 1956, 2000])
    array([ True, False, False])
    >>> known.rival([8, 9], 7, [1950, 2024]), known.nuclear([7, 7, 8], [1948, 1949, 2024])
    (array([ True,  True]), array([False,  True,  True]))
    """

    def __init__(self, tables: Tables) -> None:
        capabilities = tables.capabilities.dropna(subset="cinc").sort_values(["state", "year"])
        self._cinc_keys = _moments(capabilities["state"], capabilities["year"])
        self._cinc = capabilities["cinc"].to_numpy(np.float64)
        borders = tables.contiguity
        self._borders = {
            widest: _spells_of_dyads(borders, ("start", "end"), borders["kind"].between(1, widest))
            for widest in range(1, ANY + 1)
        }
        years = ("first_year", "last_year")
        self._pacts = _spells_of_dyads(tables.alliances, years, tables.alliances["defence"])
        clauses = ["defence", "offence", "neutrality", "nonaggression"]
        self._bonds = _spells_of_dyads(tables.alliances, years, tables.alliances[clauses].any(axis=1))
        self._rivalries = _spells_of_dyads(tables.rivalries, years)
        self._nuclear = _Spells(tables.nuclear, tables.nuclear["state"], years)
        self._majors = _Spells(tables.majors, tables.majors["state"], ("start", "end"))

    def cinc(self, state: npt.ArrayLike, year: npt.ArrayLike) -> Floats:
        """Share of the capability of all states: of the latest year up to `year` and at most 5 years old, else NaN."""
        states, years = np.broadcast_arrays(np.asarray(state, np.int64), np.asarray(year, np.int64))
        if not self._cinc.size:
            return np.full(states.shape, np.nan)
        place = np.searchsorted(self._cinc_keys, _moments(states, years), side="right") - 1
        found = self._cinc_keys[np.maximum(place, 0)]
        # The difference of two such numbers of one state is one of years; of two states it is at least about _SPAN.
        recent = (place >= 0) & (_moments(states, years) - found <= CAPABILITY_YEARS)
        return np.where(recent, self._cinc[np.maximum(place, 0)], np.nan)

    def contiguous(self, a: npt.ArrayLike, b: npt.ArrayLike, day: npt.ArrayLike, widest: int = ANY) -> Bools:
        """Whether two states share a border on land, or are parted by no more water than the kind `widest` allows.

        1 land only, 2 (`LAND_OR_NARROW`) up to 12 miles, 3 up to 24, 4 up to 150, 5 (`ANY`) up to 400 miles of water.
        """
        return self._borders[widest].cover(_dyads(a, b), _time(day))

    def defence_pact(self, a: npt.ArrayLike, b: npt.ArrayLike, year: npt.ArrayLike) -> Bools:
        """Whether an alliance in force in that year obliges one of two states to defend the other."""
        return self._pacts.cover(_dyads(a, b), _time(year))

    def bound(self, a: npt.ArrayLike, b: npt.ArrayLike, year: npt.ArrayLike) -> Bools:
        """Whether an alliance of that year binds the two in more than a promise to consult: the covariate `pact`."""
        return self._bonds.cover(_dyads(a, b), _time(year))

    def nuclear(self, state: npt.ArrayLike, year: npt.ArrayLike) -> Bools:
        """Whether the state has nuclear weapons in that year."""
        return self._nuclear.cover(np.asarray(state, np.int64), _time(year))

    def major(self, state: npt.ArrayLike, day: npt.ArrayLike) -> Bools:
        """Whether the state is a major power on that day."""
        return self._majors.cover(np.asarray(state, np.int64), _time(day))

    def rival(self, a: npt.ArrayLike, b: npt.ArrayLike, year: npt.ArrayLike) -> Bools:
        """Whether two states are strategic rivals in that year."""
        return self._rivalries.cover(_dyads(a, b), _time(year))


class _Spells:
    """Spells of keys (a state or a dyad), which may overlap; whether a moment lies in one takes two searches."""

    def __init__(self, table: pd.DataFrame, keys: Any, columns: tuple[str, str], wanted: Any = None) -> None:
        first, last = (_time(table[column].to_numpy()) for column in columns)
        if last.size:
            last = np.where((last == last.max()) | (last < 0), _SPAN - 1, last)
        kept = (last >= first) & (np.ones(len(table), bool) if wanted is None else np.asarray(wanted, bool))
        keys = np.asarray(keys, np.int64)[kept]
        self._starts = np.sort(_moments(keys, first[kept]))
        self._ends = np.sort(_moments(keys, last[kept]))

    def cover(self, keys: Whole, time: Whole) -> Bools:
        """Whether more spells have begun than ended; those of other keys have done both or neither."""
        moment = _moments(keys, np.clip(time, 0, _SPAN - 1))
        return np.searchsorted(self._starts, moment, "right") > np.searchsorted(self._ends, moment, "left")


def _spells_of_dyads(table: pd.DataFrame, columns: tuple[str, str], wanted: Any = None) -> _Spells:
    return _Spells(table, _dyads(table["a"], table["b"]), columns, wanted)


def _dyads(a: npt.ArrayLike, b: npt.ArrayLike) -> Whole:
    """One number for two states in either order."""
    one, other = np.asarray(a, np.int64), np.asarray(b, np.int64)
    return np.minimum(one, other) * _STATES + np.maximum(one, other)


def _time(time: npt.ArrayLike) -> Whole:
    """Years as they are; days counted from the year 0, and NaT as a negative number."""
    values = np.asarray(time)
    if values.dtype.kind == "M":
        return values.astype("datetime64[D]").astype(np.int64) + _YEAR_0
    return values.astype(np.int64)


def _moments(keys: Any, time: Any) -> Whole:
    """Numbers in the order of keys, and of time within a key."""
    return np.asarray(keys, np.int64) * _SPAN + np.asarray(time, np.int64)
