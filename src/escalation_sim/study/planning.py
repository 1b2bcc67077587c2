"""What a sweep will be, and what it will cost, before anything is run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from escalation_sim.errors import CostError
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.load import read_tree
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study import cost
from escalation_sim.study.design import MOST_POINTS, find_design, laid_out, listed, size_of
from escalation_sim.study.ensemble import PARAMETERS
from escalation_sim.study.sweep import REPLICATES, Plan

MOST_HOURS = 1_000.0  # of one processor, unless more are asked for: sweeps are made for clusters
MOST_CHUNKS = 10_000  # files in a folder
_CHUNK = 2.0  # seconds that a chunk should take: much more than its overhead, much less than a stop may wait
_POINT = 0.05  # seconds beside its ensemble, as measured


class Asked(NamedTuple):
    """A sweep as it was asked for; what is None is left to the design or the default."""

    file: Path
    design: str
    variants: Sequence[str] = ()
    settings: Sequence[str] = ()
    replicates: int | None = None
    parameters: int | None = None
    seed: int = 1
    common: bool | None = None
    runs: bool = True


def planned(asked: Asked) -> Plan:
    """The plan of a sweep: file and design read, all variables tried out, cut into chunks.

    Chunks are cut by what a point should cost, not by what it does: the same sweep has the same ones everywhere.

    Raises
    ------
    ScenarioError
        If the scenario or the design cannot be used.
    """
    tree = extended(asked.file, read_tree)
    design = find_design(tree, asked.design)
    if isinstance(design, Path):
        variants, settings, replicates, parameters = asked.variants, asked.settings, None, None
        layout = listed(tree, design, variants, settings)
    else:
        # What the command says comes last, and so has its way.
        variants, settings = [*design.with_, *asked.variants], [*design.set_, *asked.settings]
        replicates, parameters = design.replicates, design.parameters
        _check_points(size_of(design), asked.replicates or replicates or REPLICATES)
        layout = laid_out(tree, design, variants, settings)
    size = asked.replicates or replicates or REPLICATES, asked.parameters or parameters or PARAMETERS
    if asked.common is not None:
        layout = layout.under(asked.common)
    files = tree.marks.files
    plan = Plan(tree.value, list(variants), list(settings), layout, *size, asked.seed, asked.runs, 1, files)
    points = max(1, round(_CHUNK / seconds(plan)), math.ceil(layout.size / MOST_CHUNKS))
    return plan.cut(min(points, layout.size))


def _check_points(points: int, replicates: int) -> None:
    """Refuse a design that is too large to be laid out, with what it would take at the very least."""
    if points > MOST_POINTS:
        raise CostError(
            f"a design of {points:,} points with {points * replicates:,} replicates takes at least "
            f"{points * _POINT / 3600:,.0f} core hours; at most {MOST_POINTS:,} are run and no option lifts that, "
            "so take fewer levels or variables, or a latin_hypercube"
        )


def seconds(plan: Plan) -> float:
    """Roughly what a point takes on one processor."""
    return cost.seconds(Compiler(plan.base), plan.replicates, plan.parameters) + _POINT


def cost_of(plan: Plan) -> cost.Cost:
    """What a plan will roughly cost; points are not held in memory together."""
    points = plan.layout.size
    outcomes = len(plan.base.outcomes)
    windows = sum(len(one.windows or ()) for one in plan.base.outcomes)
    rows = plan.replicates * (8 + outcomes) if plan.runs else 0  # compressed
    size = points * (windows * (150 + 20 * len(plan.layout.columns)) + rows)
    one = cost.cost_of(Compiler(plan.base), plan.replicates, plan.parameters, rows=None if plan.runs else 0)
    return cost.Cost(
        points * plan.replicates, points * seconds(plan) / 3600, one.memory, 2.0 * size
    )  # shards and tables


def check(plan: Plan) -> None:
    """Refuse a sweep that takes more than is allowed, before anything is spent; see `study.cost.check`."""
    cost.check(cost_of(plan), "points or --replicates (--no-runs leaves out their rows)")
