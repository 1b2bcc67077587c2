"""Changes that must change no replicate: order, bystanders, what is not used, more of the same. (M2 to M5, M9 to M11)

All are held against five worlds: a storm in which everything happens, the packaged starter, two states
that echo each other, a chain of promises, and a walk of wars.
"""

from __future__ import annotations

import functools
import json
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from escalation_sim.drivers.ensemble import Tally
from escalation_sim.scenario.load import load
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.verification.closed_form import CHAIN, echo_world, promises_world
from escalation_sim.verification.verdict import Effort, Row, differing, equal
from escalation_sim.verification.walks import CRISIS, world
from escalation_sim.verification.worlds import names_of, outcome, run, storm

Blocks = dict[str, Any]
LISTS = ("states", "rivalries", "wars", "support", "commitments", "events", "efforts", "rules", "outcomes")
ROWS = ("outcome_day", "highest", "acts", "belligerents")
DRAWS = 3  # of the uncertain numbers


@functools.cache
def starter() -> Scenario:
    """The packaged starter, resolved."""
    return resolve(load("library:starter"))


def five() -> dict[str, Scenario]:
    """The five worlds, by name."""
    return {
        "storm": storm(),
        "starter": starter(),
        "echo": echo_world(0.1, 0.6, 0.3, 12),
        "chain": promises_world(CHAIN),
        "walk": world(CRISIS, 26),
    }


def blocks_of(scenario: Scenario) -> Blocks:
    """A scenario as plain blocks, which can be changed and read again."""
    return scenario.model_dump(exclude_none=True, by_alias=True)


def again(data: Blocks) -> Scenario:
    """Blocks as a scenario."""
    return Scenario.model_validate(data)


def rows_of(tally: Tally) -> npt.NDArray[np.float64]:
    """All that is kept of each replicate, side by side: (R, columns)."""
    return np.column_stack([getattr(tally, name).astype(float) for name in ROWS])


def differing_rows(compared: str, one: Tally, other: Tally, columns: Any = slice(None)) -> Row:
    """Replicates that differ between two tallies; `columns`: outcomes of the second in the order of the first."""
    a, b = rows_of(one), rows_of(other._replace(outcome_day=other.outcome_day[:, columns]))
    return equal(compared, 0, int((a != b).any(axis=1).sum()) if a.shape == b.shape else len(a), len(a))


def _size(effort: Effort) -> int:
    return effort.share(0.01, 200)


def shuffled(scenario: Scenario, luck: int) -> Scenario:
    """The same scenario with every list in another order, and pairs turned round."""
    data, shuffler = blocks_of(scenario), random.Random(luck)
    for name in LISTS:
        data[name] = list(data.get(name, ()))
        shuffler.shuffle(data[name])
    data["rivalries"] = [pair | {"between": pair["between"][::-1]} for pair in data["rivalries"]]
    for treaty in data["commitments"]:
        if treaty.get("members"):
            treaty["members"] = treaty["members"][::-1]
    data["coefficients"]["initiative"] = dict(reversed(data["coefficients"]["initiative"].items()))
    return again(data)


def reorder(effort: Effort) -> list[Row]:
    """M2: the order of blocks in a file changes no replicate."""
    n = _size(effort)
    return [
        differing_rows(
            f"{label}, order {luck}",
            *(run(one, n, effort.seed, effort.jobs, draws=DRAWS) for one in (scenario, shuffled(scenario, luck))),
        )
        for label, scenario in five().items()
        for luck in (1, 2)
    ]


def bystander(data: Blocks) -> None:
    """Two states that nobody knows, rivals of each other only."""
    data["states"] = [{"id": name, "capability": 0.2} for name in ("AAB", "ZZZ")] + list(data["states"])
    data["rivalries"] = [*data.get("rivalries", ()), {"between": ["AAB", "ZZZ"]}]
    data["rules"] = [
        *data.get("rules", ()),
        {"id": "quiet", "actor": ["AAB", "ZZZ"], "not_above": data["ladder"][0]["id"]},
    ]


def dead_rule(data: Blocks) -> None:
    """A rule whose condition never holds."""
    never = [{"calendar": {"until": "1900-01-01"}}]
    then = {data["ladder"][1]["id"]: 9.0, "war_end": 9.0}
    data["rules"] = [{"id": "a_dead_rule", "actor": "anyone", "when": never, "then": then}, *data.get("rules", ())]


def impossible_event(data: Blocks) -> None:
    """An event of probability 0."""
    actor = data["states"][0]["id"]
    never = {"id": "aa_never", "actor": actor, "on": str(data["start"]), "probability": 0.0}
    data["events"] = [never, *data.get("events", ())]


def doubt(data: Blocks) -> None:
    """An uncertain number on which nothing depends: the reliability of a treaty that nothing triggers."""
    holder, ally = (state["id"] for state in data["states"][:2])
    idle = {"id": "aa_idle", "type": "consultation", "holder": holder, "ally": ally, "weight": 0.0,
            "reliability": {"dist": "beta", "a": 2.0, "b": 2.0}}  # fmt: skip
    data["commitments"] = [idle, *data.get("commitments", ())]


def further_outcome(data: Blocks) -> None:
    """One more question, before all others."""
    data["outcomes"] = [outcome("aaa_more", {"belligerents": {"at_least": 2}}), *data["outcomes"]]


def _unmoved(changes: tuple[Callable[[Blocks], None], ...], effort: Effort) -> Iterator[Row]:
    n = _size(effort)
    for label, scenario in five().items():
        base = run(scenario, n, effort.seed, effort.jobs, draws=DRAWS)
        for change in changes:
            data = blocks_of(scenario)
            change(data)
            other = again(data)
            names = names_of(other)
            columns = [names.index(name) for name in names_of(scenario)]
            tally = run(other, n, effort.seed, effort.jobs, draws=DRAWS)
            yield differing_rows(f"{label}: {change.__name__.replace('_', ' ')}", base, tally, columns)


def inert(effort: Effort) -> list[Row]:
    """M3: a bystander changes nobody's luck."""
    return list(_unmoved((bystander,), effort))


def unused(effort: Effort) -> list[Row]:
    """M4: a rule that never holds, an impossible event, an idle doubt and a further question change no replicate."""
    return list(_unmoved((dead_rule, impossible_event, doubt, further_outcome), effort))


def itself(effort: Effort) -> list[Row]:
    """M5: a scenario against itself differs nowhere."""
    n = _size(effort)
    rows = []
    for label, scenario in five().items():
        one, other = (run(scenario, n, effort.seed, effort.jobs, draws=DRAWS) for _ in range(2))
        rows.append(differing_rows(label, one, other))
    return rows


def longer(effort: Effort) -> list[Row]:
    """M9: twice the horizon leaves the first half as it was."""
    rows, n = [], _size(effort)
    for label, scenario in five().items():
        horizon = math.ceil(scenario.horizon / scenario.tick) * scenario.tick
        data = blocks_of(scenario)
        short, long = (again(data | {"horizon": f"{days!r} days"}) for days in (horizon, 2.0 * horizon))
        one, two = (run(each, n, effort.seed, effort.jobs, draws=DRAWS) for each in (short, long))
        early = np.where(two.outcome_day < horizon, two.outcome_day, -1.0)
        rows.append(differing(f"{label}: days of outcomes", one.outcome_day, early))
        rows.append(differing(f"{label}: rungs by tick", one.levels, two.levels[: len(one.levels)]))
    return rows


def more(effort: Effort) -> list[Row]:
    """M10: ten times the replicates leave the first ones as they were."""
    n = effort.share(0.004, 100)
    rows = []
    for label, scenario in five().items():
        some, many = (run(scenario, k * n, effort.seed, effort.jobs, draws=DRAWS) for k in (1, 10))
        rows.append(differing(label, rows_of(some), rows_of(many)[:n]))
    return rows


SWEPT = {  # what a sweep sets, to what, in each of the five
    "storm": ("coefficients.reply.strike.intercept", (-3.0, -1.0, 1.0)),
    "starter": ("coefficients.reply.war.intercept", (-3.0, -1.0, 1.0)),
    "echo": ("coefficients.initiative.strike.intercept", (-3.0, -2.0, -1.0)),
    "chain": ("commitments.pS2.reliability", (0.2, 0.5, 0.8)),
    "walk": ("coefficients.initiative.war.intercept", (-62.0, -61.0, -60.0)),
}


def swept(effort: Effort) -> list[Row]:
    """M11: a sweep in parts gives the points of the whole."""
    rows = []
    for label, scenario in five().items():
        path, (one, two, three) = SWEPT[label]
        whole, *parts = (_points(scenario, path, some, effort) for some in ((one, two, three), (one, three), (two,)))
        wrong = sum(a != b for a, b in zip(sorted(whole), sorted(parts[0] + parts[1]), strict=True))
        rows.append(equal(f"{label}: points of three that differ", 0, wrong, 3))
        rows.append(equal(f"{label}: points that are alike", 0, 3 - len({str(point) for point in whole}), 3))
    return rows


def _points(scenario: Scenario, path: str, values: Sequence[float], effort: Effort) -> list[list[str]]:
    """What a sweep over these values of one number finds, point by point."""
    from escalation_sim.scenario.designs import Design
    from escalation_sim.scenario.layers import Tree
    from escalation_sim.scenario.messages import Marks
    from escalation_sim.study.design import laid_out
    from escalation_sim.study.sweep import POINTS, RUNS, Plan, run_point

    data: Blocks = json.loads(json.dumps(blocks_of(scenario), default=str))  # as a file has it: lists, dates as text
    for name in set(LISTS) - {"outcomes"}:  # every number of a file says what it rests on
        data[name] = [{"because": "made up"} | block for block in data.get(name, ())]
    variable = {"id": "number", "set": path, "values": list(values)}
    design = Design.model_validate({"id": "try", "kind": "grid", "variables": [variable]})
    layout = laid_out(Tree(data, Marks()), design)
    plan = Plan(data, [], [], layout, effort.share(0.002, 200), DRAWS, effort.seed, True, 1)
    return [_without_number(run_point(plan, point, effort.jobs), (POINTS, RUNS)) for point in range(len(values))]


def _without_number(found: Mapping[str, bytes], parts: tuple[str, ...]) -> list[str]:
    """The lines of a point without its number, which is its place in the sweep."""
    return [line.partition(",")[2] for part in parts for line in found[part].decode().splitlines()]
