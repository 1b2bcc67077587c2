"""Where states stand on the network figure: two camps by their ties, ordered so that ties are short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

WIDTH, HEIGHT = 2.15, 1.72  # half axes of the ellipse, inches
RESTRAINTS = {"neutrality", "non_aggression"}  # commitments to keep still: no tie that brings a state to another's side
INSIDE = 0.8  # distance of belligerents from the middle, inches


class Point(NamedTuple):
    """A place in inches from the middle; the angle is that on the ellipse; belligerents stand inside it."""

    x: float
    y: float
    angle: float
    inside: bool

    @property
    def normal(self) -> tuple[float, float]:
        """The direction that leads straight out of the ellipse here."""
        across, up = np.cos(self.angle) / WIDTH, np.sin(self.angle) / HEIGHT
        length = float(np.hypot(across, up))
        return float(across) / length, float(up) / length


def camps(
    states: Sequence[str],
    wars: Sequence[Mapping[str, Any]],
    support: Sequence[Mapping[str, Any]],
    ties: Sequence[Sequence[str]],
) -> tuple[list[str], list[str]]:
    """Left and right camp: belligerents by side, others by whom they support, then by their commitments.

    Each state leans to the average of its partners' leanings (support counts three times, an alliance is
    shared among its members), iterated from the belligerents outwards; without a tie to either side it goes
    left.

    >>> camps(["A", "B", "C"], [{"sides": [["A"], ["B"]]}], [{"by": "C", "to": "B", "against": "A"}], [])
    (['A'], ['B', 'C'])
    """
    fixed = {m: sign for war in wars for sign, side in zip((-1.0, 1.0), war["sides"], strict=True) for m in side}
    index = {name: i for i, name in enumerate(states)}
    weight = np.zeros((len(states), len(states)))
    for s in support:
        weight[index[s["by"]], index[s["to"]]] += 3.0
        if s.get("against") in index:
            weight[index[s["by"]], index[s["against"]]] -= 3.0
    for members in ties:
        for a, b in combinations([m for m in members if m in index], 2):
            weight[index[a], index[b]] += 1.0 / (len(members) - 1)
            weight[index[b], index[a]] += 1.0 / (len(members) - 1)
    lean = np.array([fixed.get(name, 0.0) for name in states])
    total = np.maximum(np.abs(weight).sum(1), 1.0)
    for _ in range(2 * len(states)):
        lean = np.where([name in fixed for name in states], lean, weight @ lean / total)
    left = [name for name in states if lean[index[name]] <= 1e-9]
    return left, [name for name in states if name not in left]


def positions(
    sides: tuple[Sequence[str], Sequence[str]],
    wars: Sequence[Mapping[str, Any]],
    ties: Sequence[Sequence[str]],
) -> dict[str, Point]:
    """A place for each state: belligerents inside, the others evenly on their camp's arc."""
    fighting = {m for war in wars for side in war["sides"] for m in side}
    where: dict[str, Point] = {}
    arc = 2.5 if all(sides) else 5.6  # radians; without a second camp the whole ellipse is free
    for sign, side in zip((-1, 1), sides, strict=True):
        inner = [m for m in side if m in fighting]
        for k, name in enumerate(inner):
            y = 0.7 * ((len(inner) - 1) / 2 - k)
            where[name] = Point(sign * INSIDE, y, float(np.arctan2(y, sign * INSIDE)), True)
        outer = _ordered([m for m in side if m not in fighting], ties)
        for k, name in enumerate(outer):
            turn = (k - (len(outer) - 1) / 2) * min(0.18 * arc, arc / max(len(outer) - 1, 1))
            angle = float(np.pi + turn if sign < 0 else -turn)
            where[name] = Point(float(WIDTH * np.cos(angle)), float(HEIGHT * np.sin(angle)), angle, False)
    return where


def _ordered(names: Sequence[str], ties: Sequence[Sequence[str]]) -> list[str]:
    """The order on an arc with the shortest ties, by exchanging two states as long as that helps.

    A commitment of two costs the distance of its parties; an alliance the stretch from its first to its last
    member, ten times, so that its band does not run behind others.
    """

    def cost(order: Sequence[str]) -> float:
        rank = {name: i for i, name in enumerate(order)}
        spans = [[rank[m] for m in members if m in rank] for members in ties]
        return sum((max(s) - min(s)) * (10 if len(s) > 2 else 1) for s in spans if len(s) > 1)

    order = list(names)
    best, better = cost(order), True
    while better:
        better = False
        for i, j in combinations(range(len(order)), 2):
            order[i], order[j] = order[j], order[i]
            now = cost(order)
            if now < best:
                best, better = now, True
            else:
                order[i], order[j] = order[j], order[i]
    return order
