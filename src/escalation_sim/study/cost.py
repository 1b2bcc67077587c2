"""What a computation will take, and the limits above which it is refused before anything is spent.

Every command that computes passes through `check`. The limits hold within `allowed`, which the options of the command
line enter: nothing that a scenario says can lift them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from escalation_sim.errors import CostError
from escalation_sim.scenario.resolve import DECISION
from escalation_sim.scenario.to_arrays import Compiler

_DRAW = 4e-3  # seconds for a draw of the parameters, as measured on the scenarios that are shipped (benchmarks/)
_DRAWN = 100  # bytes of one uncertain number in one draw


class Limits(NamedTuple):
    """How much may be spent: hours of one processor, GB of memory, GB on disk."""

    hours: float = 50.0
    memory: float = 4.0
    disk: float = 200.0


class Cost(NamedTuple):
    """What a computation takes, roughly (processors differ): replicates, hours of one processor, bytes.

    >>> Cost(10, 0.5, 2e9) + Cost(20, 0.5, 1e9)
    Cost(replicates=30, hours=1.0, memory=3000000000.0, disk=0.0)
    """

    replicates: int
    hours: float
    memory: float = 0.0
    disk: float = 0.0

    def __add__(self, other: Cost) -> Cost:  # type: ignore[override]
        return Cost(*(one + more for one, more in zip(self, other, strict=True)))  # type: ignore[arg-type]

    def times(self, n: int) -> Cost:
        """That of n such computations, all held in memory."""
        return Cost(self.replicates * n, self.hours * n, self.memory * n, self.disk * n)


LIMITS = Limits()
_ALLOWED: ContextVar[Limits] = ContextVar("allowed", default=LIMITS)


@contextmanager
def allowed(limits: Limits) -> Iterator[None]:
    """What may be spent by computations that are started within the block, instead of the usual limits.

    >>> with allowed(Limits(hours=1.0)):
    ...     check(Cost(7_000_000, 2.0))
    Traceback (most recent call last):
    ...
    escalation_sim.errors.CostError: 7,000,000 replicates take about 2 core hours and 0.0 GB of memory, above the limit
    of 1 core hours; ask for fewer --replicates, or lift the limit with --max-hours
    """
    before = _ALLOWED.set(limits)
    try:
        yield
    finally:
        _ALLOWED.reset(before)


def seconds(compiler: Compiler, replicates: int, parameters: int) -> float:
    """Roughly what an ensemble takes on one processor."""
    decisions = replicates * float(compiler.fixed["n_ticks"]) * len(compiler.names.edges)
    return DECISION * decisions + _DRAW * min(parameters, replicates)


def cost_of(compiler: Compiler, replicates: int, parameters: int, watched: int = 0, rows: int | None = None) -> Cost:
    """Roughly what an ensemble takes; see `study.ensemble.run_ensemble` for what is watched and which rows are kept."""
    scenario, names, ticks = compiler.scenario, compiler.names, int(compiler.fixed["n_ticks"])
    row = 24 * (len(names.outcomes) + 5)  # in the arrays, in the table and as text
    row += len(names.edges) + len(names.events) + len(scenario.efforts) if watched else 0
    days = ticks + 1 + sum(len(outcome.windows or ()) for outcome in scenario.outcomes)
    counts = 8 * len(names.outcomes) * days * min(parameters, replicates)
    kept = replicates if rows is None else min(rows, replicates)
    memory = kept * row + counts + parameters * _DRAWN * n_uncertain(compiler)
    return Cost(replicates, seconds(compiler, replicates, parameters) / 3600, memory)


def n_uncertain(compiler: Compiler) -> int:
    """How many numbers of a scenario are uncertain."""
    from escalation_sim.scenario.numbers import is_random, quantities

    return sum(is_random(quantity) for _, quantity in quantities(compiler.scenario))


def check(cost: Cost, fewer: str = "--replicates") -> None:
    """Refuse what takes more than is allowed.

    Parameters
    ----------
    cost : Cost
    fewer : the options that make it less, in the words of the message

    Raises
    ------
    CostError
        With the estimate, and the option that lifts the limit.
    """
    limits = _ALLOWED.get()
    estimate = f"{cost.replicates:,} replicates take about {cost.hours:,.0f} core hours"
    estimate += f" and {cost.memory / 1e9:,.1f} GB of memory" + (
        f", {cost.disk / 1e9:,.0f} GB on disk" * bool(cost.disk)
    )
    for spent, limit, unit, option in (
        (cost.hours, limits.hours, "core hours", "--max-hours"),
        (cost.memory / 1e9, limits.memory, "GB of memory", "--max-memory"),
        (cost.disk / 1e9, limits.disk, "GB on disk", "--max-disk"),
    ):
        if spent > limit:
            raise CostError(
                f"{estimate}, above the limit of {limit:,g} {unit}; "
                f"ask for fewer {fewer}, or lift the limit with {option}"
            )
