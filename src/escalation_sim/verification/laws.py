"""Changes whose effect on a law is known without a formula: none, a product, never later, the mirror image.

(M1, M5 to M8, M12)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from escalation_sim.drivers import ensemble
from escalation_sim.drivers.ensemble import Tally
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.verification.metamorphic import LISTS, again, blocks_of, bystander, five
from escalation_sim.verification.verdict import Effort, Row, equal, law, mean, share
from escalation_sim.verification.worlds import OPEN, SHUT, START, calm, crisis, logit, names_of, outcome, run
from escalation_sim.world import Setup

Came = npt.NDArray[np.bool_]


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
    pairs, each = effort.share(2.5e-4, 50), 100
    vote = calm([{"id": "spark", "hazard": {"rate": 0.1, "per": "week"}}], horizon=35.0)
    first, rows = effort.seed * 1_000_003, []
    for label, scenario in ({"vote": vote} | five()).items():
        setup_of, days = _of_no_doubt(scenario), [scenario.horizon]
        counts = np.array(
            [
                ensemble.run(setup_of, 1, each, first + k, effort.jobs, days=days, rows=0).counts[0, :, 0]
                for k in range(2 * pairs)
            ]
        )
        column = np.abs(counts.mean(axis=0) - each / 2).argmin()  # the outcome that tells most: nearest to one half
        p = _pairs_p(counts[:, column], each)
        rows.append(law(f"{label}: p-values of {pairs} pairs of seeds", p, pairs, effort))
    return rows


def _of_no_doubt(scenario: Scenario) -> Callable[[int], Setup]:
    """Its arrays, compiled once, with every uncertain number at its median."""
    setup = Compiler(scenario).setup()
    return lambda draw: setup


def _pairs_p(counts: npt.NDArray[np.int64], each: int) -> float:
    """Kolmogorov and Smirnov on the p-values of pairs, spread evenly over the steps that counts allow."""
    from scipy.stats import hypergeom, kstest

    x, y = counts.reshape(-1, 2).T
    half = hypergeom(2 * each, x + y, each)
    spread = (np.arange(len(x)) * 0.6180339887498949) % 1.0  # where in its step: any even sequence will do
    return float(kstest(half.cdf(x - 1) + spread * half.pmf(x), "uniform").pvalue)


def doubled(scenario: Scenario) -> Scenario:
    """A world and its copy under other names, which know nothing of each other, in one file.

    What asks about all states at war together is left out of the outcomes.
    """
    data = blocks_of(scenario)
    blocks = {name: list(data.get(name, ())) for name in (*LISTS, "borders", "history")}
    blocks["outcomes"] = [block for block in blocks["outcomes"] if "belligerents" not in str(block)]
    everyone = [state["id"] for state in blocks["states"]]
    blocks["rules"] = [rule | ({"actor": everyone} if rule["actor"] == "anyone" else {}) for rule in blocks["rules"]]
    every = [block for some in blocks.values() for block in some]
    names = {block[key]: f"Q{block[key]}" for block in every for key in ("id", "one_of") if key in block}
    return again(data | {name: [*some, *renamed(some, names)] for name, some in blocks.items()} | {"show": {}})


def _side_by_side(scenario: Scenario, n: int, effort: Effort) -> tuple[Came, Came]:
    """Which outcomes came in a world, and in its copy: (n, O) each."""
    both = doubled(scenario)
    names, came = names_of(both), run(both, n, effort.seed, effort.jobs).outcome_day >= 0.0
    own = [name for name in names if f"Q{name}" in names]
    one, other = (came[:, [names.index(f"{mark}{name}") for name in own]] for mark in ("", "Q"))
    return one, other


def copies(effort: Effort) -> list[Row]:
    """M6: two copies of a dyad, or of a world, that know nothing of each other follow the product law."""
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
    rows = [
        _two_shares("the one against the other", int(one.sum()), int(other.sum()), n, effort),
        _unrelated("both: correlation of the two", one, other, effort),
    ]
    n = effort.share(0.01, 1000)
    for label, scenario in five().items():
        one, other = (came.sum(axis=1) for came in _side_by_side(scenario, n, effort))
        rows.append(_unrelated(f"{label} twice: correlation of how many outcomes", one, other, effort))
    return rows


def _unrelated(compared: str, one: Any, other: Any, effort: Effort) -> Row:
    """Two samples side by side that should know nothing of each other."""
    off = float(np.corrcoef(one, other)[0, 1]) * math.sqrt(len(one))
    return law(compared, math.erfc(abs(off) / math.sqrt(2.0)), len(one), effort)


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
    rows += [
        equal("open gate: not passed", 0, int((protest < 0).sum()), n),
        equal("shut gate: passed", 0, int((strike >= 0).sum()), n),
    ]
    return rows + [row for label, scenario in five().items() for row in _certain_in(label, scenario, effort)]


def _certain_in(label: str, scenario: Scenario, effort: Effort) -> list[Row]:
    """What never and what always comes, by events and by gates, amid all that happens in a world."""
    data, n = blocks_of(scenario), effort.share(0.01, 200)
    bystander(data)  # AAB, who always acts, and ZZZ, who never does
    data["rules"][-1]["actor"], rung = "ZZZ", data["ladder"][1]["id"]
    data["rules"] += [{"id": "open", "actor": "AAB", "then": {rung: 1e3}}]
    timings: dict[str, dict[str, Any]] = {
        "never": {"hazard": {"rate": 0.0, "per": "week"}},
        "refused": {"on": str(data["start"]), "probability": 0.0},
        "doubtless": {"hazard": {"rate": 1e4, "per": "week"}},
        "sure": {"on": str(data["start"])},
    }
    events = [{"id": name, "actor": "AAB"} | timing for name, timing in timings.items()]
    data["events"] = [*data.get("events", ()), *events]
    asked = [outcome(name, {"event": name}) for name in timings]
    data["outcomes"] = [*asked, *(outcome(by, {"act": {"by": by, "at_least": rung}}) for by in ("AAB", "ZZZ"))]
    other = again(data)
    day = run(other, n, effort.seed, effort.jobs).outcome_day
    first, zero = (day >= 0.0) & (day < other.tick), np.isin(names_of(other), ["never", "refused", "ZZZ"])
    return [
        equal(f"{label}: what has no chance, comes", 0, int((day[:, zero] >= 0.0).sum()), n),
        equal(f"{label}: what is sure, not in the first tick", 0, int((~first[:, ~zero]).sum()), n),
    ]


def likelier(effort: Effort) -> list[Row]:
    """M8: under the same luck, a higher hazard or a wider gate makes nothing later."""
    n, less = effort.share(0.05, 1000), effort.share(0.01, 2000)
    hazards = [calm([{"id": "vote", "hazard": {"rate": rate, "per": "year"}}], horizon="364 days") for rate in (1, 3)]
    gates = [crisis(initiative={"strike": {"intercept": x}, "protest": {"intercept": 0.0}}, reply_rounds=0,
                    outcomes=[outcome("strike", {"act": {"at_least": "strike"}})], horizon="84 days")
             for x in (-3.0, -2.0)]  # fmt: skip
    rows = []
    cases = [("hazard", hazards, n), ("gate", gates, n), *((*case, less) for case in _likelier_in_five().items())]
    for label, pair, size in cases:
        late, early = (_ticks(run(one, size, effort.seed, effort.jobs)) for one in pair)
        rows.append(equal(f"{label}: later", 0, int((early > late).sum()), size))
        rows.append(equal(f"{label}: never earlier", 0, int(not (early < late).any()), size))
    return rows


def _likelier_in_five() -> dict[str, list[Scenario]]:
    """Each world with a rarer and a likelier event, and with gates to its first blow as they are and wider.

    Until the first blow nothing but its chance differs, so it comes no later. In the chain every gate is certain.
    """
    found = {}
    for label, scenario in five().items():
        data = blocks_of(scenario)
        rung = next(rung["id"] for rung in data["ladder"] if rung["id"] in ("strike", "war"))
        blow, vote = outcome("blow", {"act": {"at_least": rung}}), outcome("late_vote", {"event": "late_vote"})
        vague = {"id": "late_vote", "actor": data["states"][0]["id"]}
        events = [vague | {"hazard": {"rate": rate, "per": "year"}} for rate in (1.0, 3.0)]
        found[f"{label}, hazard"] = [
            again(data | {"events": [*data.get("events", ()), event], "outcomes": [vote]}) for event in events
        ]
        if label != "chain":
            rules = [{"id": "eager", "actor": "anyone", "then": {rung: push}} for push in (0.0, 1.0)]
            found[f"{label}, gate"] = [
                again(data | {"rules": [*data.get("rules", ()), rule], "outcomes": [blow]}) for rule in rules
            ]
    return found


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
    n = effort.share(0.01, 1000)
    for label, scenario in five().items():
        one, other = _side_by_side(scenario, n, effort)
        more = (one.sum(axis=1) - other.sum(axis=1)).astype(float)
        rows.append(mean(f"{label} twice: outcomes of the first more than of the second", more, 0.0, effort))
    return rows
