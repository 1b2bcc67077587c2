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
from escalation_sim.study.design import find_design, laid_out, listed
from escalation_sim.study.ensemble import PARAMETERS
from escalation_sim.study.sweep import REPLICATES, Plan

MOST_HOURS = 1_000.0  # of one processor, unless more are asked for
MOST_BYTES = 200e9
MOST_CHUNKS = 10_000  # files in a folder
_CHUNK = 2.0  # seconds that a chunk should take: much more than its overhead, much less than a stop may wait
# As measured on the scenarios that are shipped (benchmarks/): decisions, a draw of the parameters, a point.
_DECISION, _DRAW, _POINT = 2e-7, 4e-3, 0.05


class Cost(NamedTuple):
    """What a sweep takes: replicates, hours of one processor (roughly: processors differ), bytes on disk."""

    replicates: int
    hours: float
    size: float


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
        layout = laid_out(tree, design, variants, settings)
    size = asked.replicates or replicates or REPLICATES, asked.parameters or parameters or PARAMETERS
    if asked.common is not None:
        layout = layout.under(asked.common)
    plan = Plan(tree.value, list(variants), list(settings), layout, *size, asked.seed, asked.runs, 1)
    points = max(1, round(_CHUNK / seconds(plan)), math.ceil(layout.size / MOST_CHUNKS))
    return plan.cut(min(points, layout.size))


def seconds(plan: Plan) -> float:
    """Roughly what a point takes on one processor."""
    compiler = Compiler(plan.base)
    decisions = plan.replicates * compiler.fixed["n_ticks"] * len(compiler.names.edges)
    return float(_DECISION * decisions + _DRAW * min(plan.parameters, plan.replicates) + _POINT)


def cost_of(plan: Plan) -> Cost:
    """What a plan will roughly cost."""
    points = plan.layout.size
    outcomes = len(plan.base.outcomes)
    windows = sum(len(one.windows or ()) for one in plan.base.outcomes)
    rows = plan.replicates * (8 + outcomes) if plan.runs else 0  # compressed
    size = points * (windows * (150 + 20 * len(plan.layout.columns)) + rows)
    return Cost(points * plan.replicates, points * seconds(plan) / 3600, 2.0 * size)  # shards and tables


def check_cost(cost: Cost, most_hours: float = MOST_HOURS) -> None:
    """Refuse a sweep that would take too long or fill the disk, before anything is spent.

    Raises
    ------
    CostError
        With the estimate, and how to lift the limit.
    """
    if cost.hours > most_hours:
        raise CostError(
            f"{cost.replicates:,} replicates take about {cost.hours:,.0f} hours of one processor, above the limit "
            f"of {most_hours:,.0f}; take fewer points or --replicates, or lift the limit with --max-hours"
        )
    if cost.size > MOST_BYTES:
        raise CostError(
            f"the results would need about {cost.size / 1e9:,.0f} GB; take fewer points or --replicates, or leave the "
            "rows of the replicates out with --no-runs"
        )
