"""Walks up and down between absorbing ends, as wars that begin and end one on top of the other. (A2, A3)

An act is no place, and memories only fade; but a war begins and ends. So position k of a walk is "the first k of K wars
are on": one up is the next war beginning, by a gate that rules open; one down is the last war ending, by its hazard;
out is an event. In a tick the event is drawn first, then the step up, then the step down, each given that what came
before it did not happen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from escalation_sim.scenario.schema import Scenario
from escalation_sim.verification.verdict import Effort, Row, share
from escalation_sim.verification.worlds import SHUT, crisis, logit, names_of, outcome, run

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


def _is_on(k: int) -> dict[str, Any]:
    return {"war": {"between": [f"X{k}", "Y"], "status": "on"}}


def _rules(walk: Walk) -> list[dict[str, Any]]:
    """What opens a gate, ends a war and moves an event at each position."""
    top, rules = len(walk.up) - 1, []
    for k in range(top + 1):
        here = [_is_on(k)] if k else []
        above = [{"not": _is_on(k + 1)}] if k < top else []
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
    """The walk as a scenario; its outcomes are the events, and that the first or the last position is entered."""
    top = len(walk.up) - 1
    lowest, highest = (["X1", "Y"], [f"X{top}", "Y"])
    ends = [outcome("bottom", {"war": {"between": lowest, "status": "ended"}}),
            outcome("top", {"war": {"between": highest, "status": "began"}})]  # fmt: skip
    hazard = {"rate": -math.log1p(-_BASE), "per": "week"}
    return crisis(
        ladder=_WARS,
        states=["Y", *(f"X{k}" for k in range(1, top + 1))],
        rivalries=[{"between": [f"X{k}", "Y"]} for k in range(1, top + 1)],
        wars=[{"id": f"w{k}", "sides": [[f"X{k}"], ["Y"]], "initiator": f"X{k}", "since": "2024-01-01"}
              for k in range(1, walk.start + 1)],
        reply_rounds=0,
        events=[{"id": name, "actor": "Y", "one_of": "fate", "hazard": hazard} for name in walk.out],
        rules=_rules(walk),
        outcomes=[*ends, *(outcome(name, {"event": name}) for name in walk.out)],
        horizon=7.0 * ticks,
    )  # fmt: skip


def ruin(effort: Effort) -> list[Row]:
    """A2: a ladder of nine rungs as the gambler's ruin."""
    ends = {"bottom": 0, "top": len(RUIN.up) - 1}
    return _compared(RUIN, ends, (10, 26, 52), effort.share(0.15, 500), effort)


def absorbing(effort: Effort) -> list[Row]:
    """A3: a chain of four positions that can be left, at each, for settlement or war."""
    ends = {name: len(CRISIS.up) + k for k, name in enumerate(CRISIS.out)}
    return _compared(CRISIS, ends, (10, 26, 52, 104), effort.share(0.2, 500), effort)


def _compared(walk: Walk, ends: Mapping[str, int], times: Sequence[int], n: int, effort: Effort) -> list[Row]:
    scenario = world(walk, times[-1])
    tally = run(scenario, n, effort.seed, effort.jobs, days=[7.0 * t for t in times], rows=0)
    names = names_of(scenario)
    return [
        share(f"{name} by tick {t}", tally.counts[0, names.index(name), k], n, by(walk, t)[place], effort)
        for name, place in ends.items()
        for k, t in enumerate(times)
    ]
