"""Crises whose probabilities can be worked out exactly: hazards, joiners, echoes, promises. (A1, A4 to A8)

Each is a scenario, run through the engine of every ensemble. The exact values are computed here from the textbook's
formula, never by the engine.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from escalation_sim.scenario.schema import Scenario
from escalation_sim.verification.verdict import Effort, Row, differing, fit, law, mean, share
from escalation_sim.verification.worlds import (
    OPEN,
    SHUT,
    START,
    STEP,
    calm,
    crisis,
    logit,
    names_of,
    outcome,
    run,
    weekly,
)

WEEK, YEAR = 7.0, 365.25  # days


def geometric_mean_wait(p: float, horizon: int) -> tuple[float, float]:
    """Mean ticks waited up to a horizon, and mean tick of what happens by then, at probability `p` a tick.

    >>> [round(x, 8) for x in geometric_mean_wait(0.02, 52)]
    [32.51257196, 22.0309344]
    """
    ticks = np.arange(1, horizon + 1)
    first = p * (1.0 - p) ** (ticks - 1)
    return (1.0 - (1.0 - p) ** horizon) / p, float((ticks * first).sum() / first.sum())


def geometric(effort: Effort) -> list[Row]:
    """A1: a constant hazard."""
    p, horizon, n = 0.02, 52, effort.share(0.5, 500)
    scenario = calm([{"id": "spark", "hazard": weekly(p)}], horizon=WEEK * horizon)
    day = run(scenario, n, effort.seed, effort.jobs).outcome_day[:, 0]
    tick = np.where(day >= 0.0, np.floor(day / WEEK) + 1.0, np.inf)
    rows = [  # the median is tick 35: by 34 less than half have happened, by 35 more
        share(f"by tick {by}", (tick <= by).sum(), n, 1.0 - (1.0 - p) ** by, effort)
        for by in (1, 12, 26, 34, 35, horizon)
    ]
    waited, early = geometric_mean_wait(p, horizon)
    rows.append(mean("mean ticks waited, up to 52", np.minimum(tick, horizon), waited, effort))
    rows.append(mean("mean tick of those by 52", tick[tick <= horizon], early, effort))
    return rows


def competing(effort: Effort) -> list[Row]:
    """A4: two hazards of which the first to happen excludes the other, in ticks of a month, a week and a day."""
    rates, years = {"settlement": 0.5, "war": 0.3}, 2.0
    total = sum(rates.values())
    some = -math.expm1(-total * years)
    rows = []
    for label, per_year, part in (("month", 12, 1.0), ("week", 52, 0.15), ("day", 365, 0.03)):
        n = effort.share(part, 500)
        events = [{"id": name, "one_of": "fate", "hazard": {"rate": r, "per": "year"}} for name, r in rates.items()]
        scenario = calm(events, horizon=years * YEAR, tick=YEAR / per_year)
        came = run(scenario, n, effort.seed, effort.jobs).outcome_day >= 0.0
        for place, name in enumerate(names_of(scenario)):
            p = rates[name] / total * some
            rows.append(share(f"{name}, tick of a {label}", came[:, place].sum(), n, p, effort))
        neither = n - came.any(axis=1).sum()
        rows.append(share(f"neither, tick of a {label}", neither, n, 1.0 - some, effort))
        rows.append(differing(f"both, tick of a {label}", came.all(axis=1), np.zeros(n, dtype=bool)))
    return rows


LEANING = {"JA": 0.2, "JB": 0.8, "JC": 1.5, "JD": 2.1, "JE": 3.0}


def number_joining(p: Sequence[float]) -> list[float]:
    """Law of the number of successes in independent trials.

    >>> number_joining([0.5, 0.5])
    [0.25, 0.5, 0.25]
    """
    found = [1.0]
    for one in p:
        found = [a * (1.0 - one) + b * one for a, b in zip([*found, 0.0], [0.0, *found], strict=True)]
    return found


def joiners_chances() -> list[float]:
    """P(join) = 1 / (1 + exp(1.2 - 0.9 x)) of the five."""
    return [1.0 / (1.0 + math.exp(1.2 - 0.9 * x)) for x in LEANING.values()]


def joiners_world() -> Scenario:
    """Five states decide once, each for itself, whether to act against X."""
    rules = [{"id": f"r{name}", "actor": name, "toward": "X", "then": {"strike": 0.9 * x}}
             for name, x in LEANING.items()]  # fmt: skip
    return crisis(
        ladder=STEP,
        states=["X", *LEANING],
        rivalries=[{"between": ["X", name]} for name in LEANING],
        initiative={"strike": {"intercept": -1.2}},
        rules=[*rules, {"id": "still", "actor": "X", "not_above": "routine"}],
        outcomes=[outcome(name, {"act": {"by": name, "toward": "X", "at_least": "strike"}}) for name in LEANING],
    )


def joiners(effort: Effort) -> list[Row]:
    """A5: five states that decide independently, by a logit."""
    n = effort.share(0.5, 500)
    joined = run(joiners_world(), n, effort.seed, effort.jobs).outcome_day >= 0.0
    p, number = joiners_chances(), joined.sum(axis=1)
    wanted = number_joining(p)
    rows = [share(f"{name} joins", joined[:, k].sum(), n, p[k], effort) for k, name in enumerate(sorted(LEANING))]
    rows.append(law("number joining, 0 to 5", fit(np.bincount(number, minlength=6), wanted), n, effort))
    rows.append(share("three or more join", (number >= 3).sum(), n, sum(wanted[3:]), effort))
    variance = sum(one * (1.0 - one) for one in p)
    rows.append(mean("variance of the number", (number - sum(p)) ** 2, variance, effort))
    return rows


def echo_world(start: float, echo: float, answer: float | None, ticks: int) -> Scenario:
    """Two states: P(act) is `echo` after the other's act last week, else `start`; in reply `answer` (None: none).

    An act of the last week stands on a rung of its own, so that the outcomes are who acts in that week.
    """
    seen = {"act": {"by": "toward", "toward": "actor", "at_least": "strike", "within": "7 days"}}
    push = {"id": "echo", "actor": "anyone", "when": [seen], "phase": "initiative",
            "then": {"strike": logit(echo) - logit(start)}}  # fmt: skip
    replies: dict[str, Any] = {"reply_rounds": 0} if answer is None else {}
    late = {"id": "late", "label": "l", "severity": 0.6, "hostility_level": 4}
    week = {"calendar": {"from": (START + dt.timedelta(days=7 * (ticks - 1))).isoformat()}}
    mark = {"id": "mark", "actor": "anyone", "when": [week], "then": {"late": OPEN - SHUT}}
    return crisis(
        ladder=[*STEP, late],
        initiative={"strike": {"intercept": logit(start)}},
        reply={"strike": {"intercept": logit(0.5 if answer is None else answer)}},
        rules=[push, mark],
        outcomes=[outcome(name, {"act": {"by": name, "at_least": "late"}}) for name in ("AAA", "BBB")],
        horizon=WEEK * ticks,
        **replies,
    )


def acting(start: float, echo: float, answer: float | None, ticks: int) -> list[dict[tuple[int, int], float]]:
    """P(the one acts or not, the other acts or not) in each week, by following all that can happen.

    >>> weeks = acting(0.1, 0.8, None, 5)
    >>> [round(week[1, 0] + week[1, 1], 8) for week in weeks]
    [0.1, 0.17, 0.219, 0.2533, 0.27731]
    >>> round(weeks[4][1, 1], 8)
    0.07690084
    """
    chance, weeks, reply = {(0, 0): 1.0}, [], answer or 0.0
    for _ in range(ticks):
        later = dict.fromkeys(((0, 0), (0, 1), (1, 0), (1, 1)), 0.0)
        for (a, b), p in chance.items():
            for ia, ib, ra, rb in itertools.product((0, 1), repeat=4):
                chances = ((ia, echo if b else start), (ib, echo if a else start), (ra, reply), (rb, reply))
                each = math.prod(q if yes else 1.0 - q for yes, q in chances)
                later[int(ia or (ib and ra)), int(ib or (ia and rb))] += p * each
        chance = later
        weeks.append(chance)
    return weeks


def simultaneous(effort: Effort) -> list[Row]:
    """A6: two states that echo each other's acts, all deciding on the same world; without and with replies."""
    rows, n = [], effort.share(0.5, 500)
    for label, echo, answer in (("no replies", 0.8, None), ("with replies", 0.6, 0.3)):
        weeks = acting(0.1, echo, answer, 12)
        for last in (2, 5, 12):
            tally = run(echo_world(0.1, echo, answer, last), n, effort.seed, effort.jobs)
            one, other = (tally.outcome_day >= 0.0).T
            p = weeks[last - 1]
            for name, acts in (("the first", one), ("the second", other)):
                rows.append(share(f"{name} acts in tick {last}, {label}", acts.sum(), n, p[1, 0] + p[1, 1], effort))
            rows.append(share(f"both act in tick {last}, {label}", (one & other).sum(), n, p[1, 1], effort))
        for t in (1, 2, 3, 5, 10, 12):
            quiet = tally.levels[t - 1, 0, 0]
            rows.append(share(f"nobody acts in tick {t}, {label}", quiet, n, weeks[t - 1][0, 0], effort))
    return rows


KEPT = 0.6


def promises_world(promises: Sequence[tuple[str, str]]) -> Scenario:
    """An attack on S1, and promises between S1 .. S6, each kept with probability 0.6.

    Whoever keeps his promise strikes back and is struck in reply, which calls those who hold him.
    """
    names = [f"S{k}" for k in range(1, 7)]
    commitments = [{"id": f"p{holder}", "type": "defence", "holder": holder, "ally": ally, "reliability": KEPT,
                    "trigger": {"at_least": "strike"}} for holder, ally in promises]  # fmt: skip
    return crisis(
        ladder=STEP,
        states=["X", *names],
        rivalries=[{"between": ["X", name]} for name in names],
        memory={"fast": 2.0, "slow": 1000.0, "worst": 26.0},
        initiative={"strike": {"intercept": -60.0, "obligation": 120.0}},
        commitments=commitments,
        events=[{"id": "raid", "actor": "X", "act": "strike", "toward": "S1", "on": START.isoformat()}],
        rules=[{"id": "hits_back", "actor": "X", "phase": "reply", "then": {"strike": 120.0}}],
        outcomes=[outcome(name, {"act": {"by": name, "toward": "X", "at_least": "strike"}}) for name in names],
        horizon="70 days",
    )


CHAIN = [(f"S{k + 1}", f"S{k}") for k in range(1, 6)]  # each holds the one before
STAR = [(f"S{k}", "S1") for k in range(2, 7)]  # all hold the first


def chain(effort: Effort) -> list[Row]:
    """A7: a chain of promises breaks at the first that is not kept; a star of them is binomial."""
    n, rows = effort.share(0.2, 500), []
    day = run(promises_world(CHAIN), n, effort.seed, effort.jobs).outcome_day[:, 1:]
    joined = day >= 0.0
    number = joined.sum(axis=1)
    for k in range(1, 6):
        rows.append(share(f"chain: {k} or more join", (number >= k).sum(), n, KEPT**k, effort))
    rows.append(differing("chain: joined past a broken link", np.cumprod(joined, axis=1), joined))
    last = np.floor(day[number == 5, 4] / WEEK)
    rows.append(differing("chain: tick of the last, one a link", last, np.full(len(last), 4.0)))
    number = (run(promises_world(STAR), n, effort.seed, effort.jobs).outcome_day[:, 1:] >= 0.0).sum(axis=1)
    rows.append(
        law("star: number joining", fit(np.bincount(number, minlength=6), number_joining([KEPT] * 5)), n, effort)
    )
    return rows


def _weeks() -> Iterator[tuple[int, dict[str, str]]]:
    for t in range(2, 53):
        first, last = (START + dt.timedelta(days=7 * (t - k)) for k in (1, 0))
        yield t, {"from": first.isoformat(), "until": last.isoformat()}


def rising(effort: Effort) -> list[Row]:
    """A8: a hazard of 0.002 t in week t, moved by one rule of the calendar for each week."""
    slope, n = 0.002, effort.share(0.3, 500)
    rules = [{"id": f"w{t}", "actor": "AAA", "when": [{"calendar": week}],
              "then": {"spark": logit(slope * t) - logit(slope)}} for t, week in _weeks()]  # fmt: skip
    scenario = calm([{"id": "spark", "hazard": weekly(slope)}], rules=rules, horizon=WEEK * 52)
    days = [WEEK * by for by in (4, 26, 52)]
    tally = run(scenario, n, effort.seed, effort.jobs, days=days, rows=0)
    return [
        share(f"by week {int(day / WEEK)}", count, n, rising_by(slope, int(day / WEEK)), effort)
        for day, count in zip(days, tally.counts[0, 0], strict=True)
    ]


def rising_by(slope: float, ticks: int) -> float:
    """P(T <= ticks) at a hazard of slope * t in tick t.

    >>> round(rising_by(0.002, 26), 8), round(rising_by(0.002, 52), 8)
    (0.51068135, 0.94260894)
    """
    return 1.0 - math.prod(1.0 - slope * t for t in range(1, ticks + 1))
