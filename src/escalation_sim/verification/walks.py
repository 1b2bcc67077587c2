"""Walks up and down between absorbing ends, as wars that begin and end one on top of the other. (A2, A3)

An act is no place, and memories only fade; but a war begins and ends. So position k of a walk is "the first k of K wars
are on": one up is the next war beginning, by a gate that rules open; one down is the last war ending, by its hazard;
out is an event. In a tick the event is drawn first, then the step up, then the step down, each given that what came
before it did not happen.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from escalation_sim.scenario.schema import Scenario
from escalation_sim.verification.verdict import Effort, Row, mean, share
from escalation_sim.verification.worlds import SHUT, START, crisis, logit, names_of, outcome, run, weekly

_WARS = [
    {"id": "routine", "label": "r", "severity": 0.0, "hostility_level": 1, "memory": 0.0},
    {"id": "war", "label": "w", "severity": 0.9, "hostility_level": 5, "starts_war": True},
]
_BASE = 1e-3  # weekly probability of an event before rules move it


class Walk(NamedTuple):
    """A walk on positions 0 .. K. Chances a tick at each position; none at an end means that the walk stays there."""

    start: int
    up: Sequence[float]  # (K + 1,)
    down: Sequence[float]  # (K + 1,)
    out: Mapping[str, Sequence[float]]  # event -> (K + 1,)


RUIN = Walk(3, [0.0, *[0.27] * 7, 0.0], [0.0, *[0.33] * 7, 0.0], {})  # 0 settled, 8 war
CRISIS = Walk(  # 0 calm, 1 tension, 2 crisis, 3 limited war
    start=1,
    up=[0.15, 0.20, 0.20, 0.0],
    down=[0.0, 0.25, 0.20, 0.25],
    out={"settlement": [0.0, 0.05, 0.05, 0.10], "outbreak": [0.0, 0.0, 0.05, 0.20]},
)


def matrix(walk: Walk) -> npt.NDArray[np.float64]:
    """Transition matrix: the positions, then one absorbing state for each event."""
    size = len(walk.up)
    p = np.eye(size + len(walk.out))
    for k in range(size):
        for step, chance in ((1, walk.up[k]), (-1, walk.down[k])):
            if chance > 0.0:
                p[k, k + step] += chance
                p[k, k] -= chance
        for column, chances in enumerate(walk.out.values()):
            p[k, size + column] += chances[k]
            p[k, k] -= chances[k]
    return p


def by(walk: Walk, ticks: int) -> npt.NDArray[np.float64]:
    """Where the walk is after so many ticks.

    >>> by(RUIN, 52)[[8, 0]].round(8).tolist()
    [0.18258429, 0.73687446]
    >>> by(CRISIS, 52)[[5, 4, 0, 1, 2, 3]].round(8).tolist()
    [0.35386331, 0.54971377, 0.05455409, 0.02358952, 0.01311639, 0.00516291]
    """
    found: npt.NDArray[np.float64] = np.linalg.matrix_power(matrix(walk), ticks)[walk.start]
    return found


def in_the_end(walk: Walk) -> tuple[npt.NDArray[np.float64], float]:
    """Where the walk ends, (K + 1 + events,), and after how many ticks in the mean.

    >>> where, ticks = in_the_end(RUIN)
    >>> float(where[8].round(8)), round(ticks, 8)
    (0.20750131, 22.33315837)
    >>> [float(in_the_end(CRISIS._replace(start=k))[0][5].round(8)) for k in (1, 2, 3)]
    [0.39416058, 0.49270073, 0.58759124]
    """
    p = matrix(walk)
    passing = np.diag(p) < 1.0
    stays = np.linalg.inv(np.eye(int(passing.sum())) - p[np.ix_(passing, passing)])
    place = int(passing[: walk.start].sum())
    where = np.zeros(len(p))
    where[~passing] = (stays @ p[np.ix_(passing, ~passing)])[place]
    return where, float(stays[place].sum())


def _is_on(k: int) -> dict[str, Any]:
    return {"war": {"between": [f"X{k}", "Y"], "status": "on"}}


def _here(walk: Walk, k: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Conditions of being at position k: its war is on (none at 0), and the next is not (none at the top)."""
    return [_is_on(k)] if k else [], [{"not": _is_on(k + 1)}] if k < len(walk.up) - 1 else []


def _rules(walk: Walk) -> list[dict[str, Any]]:
    """What opens a gate, ends a war and moves an event at each position."""
    top, rules = len(walk.up) - 1, []
    for k in range(top + 1):
        here, above = _here(walk, k)
        leaving = [chances[k] for chances in walk.out.values()]
        left = 1.0 - sum(leaving)
        if walk.up[k]:
            rules.append({"id": f"up{k}", "actor": f"X{k + 1}", "toward": "Y", "when": here,
                          "then": {"war": logit(walk.up[k] / left) - SHUT}})  # fmt: skip
        if walk.down[k]:
            acted = {"act": {"by": f"X{k + 1}", "toward": "Y", "at_least": "war", "within": "1 day"}}
            still = [{"not": acted}] if k < top else []
            p = walk.down[k] / (left - walk.up[k])
            rules.append({"id": f"down{k}", "actor": f"X{k}", "toward": "Y", "when": [*above, *still],
                          "then": {"war_end": logit(p) - SHUT}})  # fmt: skip
        total = -math.log(left)
        for name, chance in zip(walk.out, leaving, strict=True):
            p = -math.expm1(-total * chance / sum(leaving)) if chance else 1e-12
            rules.append({"id": f"{name}{k}", "actor": "Y", "when": [*here, *above],
                          "then": {name: logit(p) - logit(_BASE)}})  # fmt: skip
    return rules


def world(walk: Walk, ticks: int) -> Scenario:
    """The walk as a scenario.

    Its outcomes are the events, that the first or the last position is entered, and where it stands in the last tick.
    """
    top = len(walk.up) - 1
    lowest, highest = (["X1", "Y"], [f"X{top}", "Y"])
    ends = [outcome("bottom", {"war": {"between": lowest, "status": "ended"}}),
            outcome("top", {"war": {"between": highest, "status": "began"}})]  # fmt: skip
    last = {"calendar": {"from": (START + dt.timedelta(days=7 * (ticks - 1))).isoformat()}}
    on = [last, *({"not": {"event": name}} for name in walk.out)]
    ends += [outcome(f"position{k}", *on, *here, *above) for k in range(top + 1) for here, above in (_here(walk, k),)]
    return crisis(
        ladder=_WARS,
        states=["Y", *(f"X{k}" for k in range(1, top + 1))],
        rivalries=[{"between": [f"X{k}", "Y"]} for k in range(1, top + 1)],
        wars=[{"id": f"w{k}", "sides": [[f"X{k}"], ["Y"]], "initiator": f"X{k}", "since": "2024-01-01"}
              for k in range(1, walk.start + 1)],
        reply_rounds=0,
        events=[{"id": name, "actor": "Y", "one_of": "fate", "hazard": weekly(_BASE)} for name in walk.out],
        rules=_rules(walk),
        outcomes=[*ends, *(outcome(name, {"event": name}) for name in walk.out)],
        horizon=7.0 * ticks,
    )  # fmt: skip


def ruin(effort: Effort) -> list[Row]:
    """A2: a ladder of nine rungs as the gambler's ruin."""
    ends = {"bottom": 0, "top": len(RUIN.up) - 1}
    return [*_compared(RUIN, ends, effort.share(0.15, 500), effort), *_ended(RUIN, ends, effort)]


def absorbing(effort: Effort) -> list[Row]:
    """A3: a chain of four positions that can be left, at each, for settlement or war."""
    ends = {name: len(CRISIS.up) + k for k, name in enumerate(CRISIS.out)}
    walks = [CRISIS._replace(start=start) for start in (1, 2, 3)]
    rows = [row for walk in walks[:2] for row in _compared(walk, ends, effort.share(0.2, 500), effort)]
    return rows + [row for walk in walks for row in _ended(walk, ends, effort)]


_TIMES, _LATE, _END = (10, 26, 52), 104, 260  # in ticks; after the last not 1 in 50,000 of these walks goes on


def _compared(walk: Walk, ends: Mapping[str, int], n: int, effort: Effort) -> list[Row]:
    """Shares of walks that have come to an end by given ticks, and where they stand in the last of these."""
    scenario, last = world(walk, _TIMES[-1]), len(_TIMES) - 1
    tally = run(scenario, n, effort.seed, effort.jobs, days=[7.0 * t for t in _TIMES], rows=0)
    count = dict(zip(names_of(scenario), tally.counts[0], strict=True))
    asked = [(name, place, k) for name, place in ends.items() for k in range(len(_TIMES))]
    asked += [(f"position{k}", k, last) for k in range(len(walk.up)) if walk.up[k] or walk.down[k]]
    return [
        share(f"from {walk.start}: {name}, tick {_TIMES[k]}", count[name][k], n, by(walk, _TIMES[k])[place], effort)
        for name, place, k in asked
    ]


def _ended(walk: Walk, ends: Mapping[str, int], effort: Effort) -> list[Row]:
    """Where walks end, and after how many ticks."""
    scenario, n, rows = world(walk, _END), effort.share(0.02, 100), []
    names, (where, ticks) = names_of(scenario), in_the_end(walk)
    day = run(scenario, n, effort.seed, effort.jobs).outcome_day[:, [names.index(name) for name in ends]]
    for came, (name, place) in zip(day.T >= 0.0, ends.items(), strict=True):
        rows.append(share(f"from {walk.start}: {name} in the end", came.sum(), n, where[place], effort))
    walked = np.where((day < 0.0).all(axis=1), _END, np.floor(day.max(axis=1) / 7.0) + 1.0)
    going = 1.0 - sum(by(walk, _LATE)[place] for place in ends.values())
    rows.append(share(f"from {walk.start}: goes on after tick {_LATE}", (walked > _LATE).sum(), n, going, effort))
    return [*rows, mean(f"from {walk.start}: mean ticks walked", walked, ticks, effort)]
