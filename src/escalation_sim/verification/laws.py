"""Changes whose effect on a law is known without a formula: none, a product, never later, the mirror image.

(M1, M5 to M8, M12)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from escalation_sim.drivers.ensemble import Tally
from escalation_sim.verification.metamorphic import again, blocks_of, five
from escalation_sim.verification.verdict import Effort, Row, equal, law, share
from escalation_sim.verification.worlds import OPEN, SHUT, START, calm, crisis, logit, names_of, outcome, run


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Blocks with every state under another name, wherever it stands."""
    if isinstance(value, dict):
        return {names.get(key, key): renamed(one, names) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [renamed(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def rename(effort: Effort) -> list[Row]:
    """M1: other names of states are other luck under the same law."""
    rows, n = [], effort.share(0.02, 1000)
    for label, scenario in five().items():
        names = {state.id: f"Q{state.id}" for state in scenario.states}
        other = again(renamed(blocks_of(scenario), names))
        back = {f"Q{name}": name for name in names}
        first, second = names_of(scenario), [back.get(name, name) for name in names_of(other)]
        came, came_too = (run(one, n, effort.seed, effort.jobs).outcome_day >= 0.0 for one in (scenario, other))
        for place, name in enumerate(first):
            x, y = came[:, place].sum(), came_too[:, second.index(name)].sum()
            rows.append(_two_shares(f"{label}: {name}", int(x), int(y), n, effort))
    return rows


def _two_shares(compared: str, x: int, y: int, n: int, effort: Effort) -> Row:
    """Two independent samples of n that should have one probability."""
    from scipy.stats import hypergeom

    if x + y in (0, 2 * n):
        return equal(compared, x, y, n)
    half = hypergeom(2 * n, x + y, n)  # exact, given how often it happened in both together
    p = min(1.0, 2.0 * min(half.cdf(x), half.sf(x - 1)))
    return law(compared, float(p), n, effort)._replace(exact=x / n, got=y / n)


def seeds(effort: Effort) -> list[Row]:
    """M5: under two seeds the same scenario differs as much as chance says: p-values of pairs are even."""
    pairs, each = effort.share(1.25e-3, 100), 400
    scenario = calm([{"id": "spark", "hazard": {"rate": 0.1, "per": "week"}}], horizon=35.0)
    first = effort.seed * 1_000_003
    counts = [run(scenario, each, first + k, days=[35.0], rows=0).counts[0, 0, 0] for k in range(2 * pairs)]
    return [law(f"p-values of {pairs} pairs of seeds", _pairs_p(np.array(counts), each), pairs, effort)]


def _pairs_p(counts: npt.NDArray[np.int64], each: int) -> float:
    """Kolmogorov and Smirnov on the p-values of pairs, spread evenly over the steps that counts allow."""
    from scipy.stats import hypergeom, kstest

    x, y = counts.reshape(-1, 2).T
    half = hypergeom(2 * each, x + y, each)
    spread = (np.arange(len(x)) * 0.6180339887498949) % 1.0  # where in its step: any even sequence will do
    return float(kstest(half.cdf(x - 1) + spread * half.pmf(x), "uniform").pvalue)


def copies(effort: Effort) -> list[Row]:
    """M6: two copies of a dyad that know nothing of each other follow the product law."""
    pairs, n = (("AAA", "BBB"), ("CCC", "DDD")), effort.n
    scenario = crisis(
        states=[name for pair in pairs for name in pair],
        rivalries=[{"between": pair} for pair in pairs],
        initiative={"protest": {"intercept": logit(0.1), "frailty": 1.0}},
        reply={"protest": {"intercept": 0.0}, "strike": {"intercept": 0.0}},
        frailty_sd=1.0,
        outcomes=[outcome(pair[0], {"act": {"by": pair[0], "at_least": "strike"}}) for pair in pairs],
        horizon="28 days",
    )
    one, other = (run(scenario, n, effort.seed, effort.jobs).outcome_day >= 0.0).T
    p = (one.mean() + other.mean()) / 2.0
    off = (one - p) * (other - p) / (p * (1.0 - p)) * math.sqrt(n)
    return [
        _two_shares("the one against the other", int(one.sum()), int(other.sum()), n, effort),
        law("both: correlation of the two", math.erfc(abs(off.mean()) / math.sqrt(2.0)), n, effort),
    ]


def certain(effort: Effort) -> list[Row]:
    """M7: probability 0 is never, probability 1 is the first tick, always."""
    events: list[dict[str, Any]] = [
        {"id": "never", "hazard": {"rate": 0.0, "per": "week"}},
        {"id": "sure", "on": START.isoformat()},
        {"id": "doubtless", "hazard": {"rate": 1e4, "per": "week"}},
        {"id": "refused", "on": START.isoformat(), "probability": 0.0},
    ]
    scenario, n = calm(events, horizon="70 days"), effort.share(0.05, 500)
    day, names = run(scenario, n, effort.seed, effort.jobs).outcome_day, names_of(scenario)
    rows = [
        equal(f"event {name}: comes", 0, int((day[:, names.index(name)] >= 0).sum()), n)
        for name in ("never", "refused")
    ]
    first = (day >= 0.0) & (day < 7.0)
    rows += [
        equal(f"event {name}: not in the first tick", 0, int((~first[:, names.index(name)]).sum()), n)
        for name in ("sure", "doubtless")
    ]
    gates = {"protest": {"intercept": OPEN}, "strike": {"intercept": SHUT}}
    asked = [outcome(gate, {"act": {"by": "AAA", "at_least": gate}}) for gate in ("protest", "strike")]
    protest, strike = run(crisis(initiative=gates, outcomes=asked), n, effort.seed, effort.jobs).outcome_day.T
    return [*rows, equal("open gate: not passed", 0, int((protest < 0).sum()), n),
            equal("shut gate: passed", 0, int((strike >= 0).sum()), n)]  # fmt: skip


def likelier(effort: Effort) -> list[Row]:
    """M8: under the same luck, a higher hazard or a wider gate makes nothing later."""
    n = effort.share(0.05, 1000)
    hazards = [calm([{"id": "vote", "hazard": {"rate": rate, "per": "year"}}], horizon="364 days") for rate in (1, 3)]
    gates = [crisis(initiative={"strike": {"intercept": x}, "protest": {"intercept": 0.0}}, reply_rounds=0,
                    outcomes=[outcome("strike", {"act": {"at_least": "strike"}})], horizon="84 days")
             for x in (-3.0, -2.0)]  # fmt: skip
    rows = []
    for label, pair in (("hazard", hazards), ("gate", gates)):
        late, early = (_ticks(run(one, n, effort.seed, effort.jobs)) for one in pair)
        rows.append(equal(f"{label}: later", 0, int((early > late).sum()), n))
        rows.append(equal(f"{label}: never earlier", 0, int(not (early < late).any()), n))
    return rows


def _ticks(tally: Tally) -> npt.NDArray[np.float64]:
    day = tally.outcome_day[:, 0].astype(float)
    return np.where(day < 0.0, np.inf, np.floor(day / 7.0))


def symmetric(effort: Effort) -> list[Row]:
    """M12: what is alike on both sides comes out alike."""
    n = effort.share(0.5, 1000)
    scenario = crisis(
        initiative={"protest": {"intercept": -2.0, "own_slow": 1.0, "their_fast": 1.0}, "strike": {"intercept": -1.0},
                    "war": {"intercept": -2.0}},
        reply={"protest": {"intercept": 0.0}, "strike": {"intercept": -1.0}, "war": {"intercept": -1.0}},
        frailty_sd=0.5,
        outcomes=[outcome(f"{rung}_{name}", {"act": {"by": name, "at_least": rung}})
                  for name in ("AAA", "BBB") for rung in ("protest", "strike", "war")],
        horizon="42 days",
    )  # fmt: skip
    day, names = run(scenario, n, effort.seed, effort.jobs).outcome_day, names_of(scenario)
    rows = []
    for rung in ("protest", "strike", "war"):
        one, other = (day[:, names.index(f"{rung}_{name}")] >= 0.0 for name in ("AAA", "BBB"))
        only, apart = int((one & ~other).sum()), int((one != other).sum())
        rows.append(share(f"{rung}: the first, of those by one side only", only, apart, 0.5, effort))
    return rows
