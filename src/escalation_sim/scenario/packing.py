"""Rows and names as arrays: the small steps of compiling a scenario, and the dates and groups of its blocks."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from escalation_sim.draws import entity_id
from escalation_sim.scenario.schema import Commitment, Event
from escalation_sim.world import Flags, Floats, Ids, Ints


def ints(values: Iterable[Any]) -> Ints:
    """Whole numbers as an int32 array."""
    return np.array(list(values), dtype=np.int32)


def floats(values: Iterable[Any]) -> Floats:
    """Numbers as a float64 array."""
    return np.array(list(values), dtype=np.float64)


def flags(values: Iterable[Any]) -> Flags:
    """Truth values as a uint8 array."""
    return np.array([int(value) for value in values], dtype=np.uint8)


def ids(names: Iterable[str]) -> Ids:
    """Entity ids of names, for the draws."""
    return np.array([entity_id(name) for name in names], dtype=np.uint64)


def pairs(values: Iterable[tuple[int, int]]) -> Ints:
    """Ranges (first, last + 1) as an int32 array of shape (n, 2), also for n = 0."""
    return ints(values).reshape(-1, 2)


def starts(rows: Sequence[Sequence[Any]]) -> Ints:
    """Where each of a list of rows begins when they are laid end to end, and where the last one ends.

    >>> starts([[7, 7], [], [7]]).tolist()
    [0, 2, 2, 3]
    """
    return np.cumsum([0] + [len(row) for row in rows]).astype(np.int32)


def places(names: Iterable[Any]) -> dict[Any, int]:
    """Position of each name.

    >>> places(["KOR", "PRK"])
    {'KOR': 0, 'PRK': 1}
    """
    return {name: place for place, name in enumerate(names)}


def group(event: Event) -> str:
    """Name of the group in which an event competes: its own id if it stands alone.

    Hazards and dated events of one name are told apart, since the two are drawn in different ways.
    """
    return f"{event.one_of or event.id}:{'hazard' if event.hazard else 'dated'}"


def event_days(event: Event, start: dt.date) -> tuple[float, float]:
    """From and until which day an event may happen, counted from the start; the last date of `between` is included."""
    if event.hazard:
        first = (event.hazard.from_ - start).days if event.hazard.from_ else -math.inf
        last = (event.hazard.until - start).days if event.hazard.until else math.inf
        return float(first), float(last)
    if event.between:
        first_date, last_date = event.between
        return float((first_date - start).days), float((last_date - start).days + 1)
    assert event.on is not None
    return (float((event.on - start).days),) * 2


def force_days(c: Commitment, holder: str, ally: str, start: dt.date) -> tuple[float, float]:
    """From and until which day a commitment binds two states, counted from the start."""
    begins = [c.in_force_from, c.joined.get(holder), c.joined.get(ally)]
    ends = [c.in_force_until, c.left.get(holder), c.left.get(ally)]
    first = max(((day - start).days for day in begins if day), default=-math.inf)
    last = min(((day - start).days for day in ends if day), default=math.inf)
    return float(first), float(last)
