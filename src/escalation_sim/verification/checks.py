"""The list of all checks, and how they are run. A check is a plain function from an effort to rows."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from escalation_sim.errors import EscalationSimError
from escalation_sim.verification import (
    closed_form,
    coverage,
    decisions,
    engine,
    laws,
    metamorphic,
    random_numbers,
    walks,
)
from escalation_sim.verification.verdict import Effort, Row, equal

Function = Callable[[Effort], list[Row]]

CHECKS: dict[str, Function] = {
    "generator": random_numbers.generator,
    "stream": random_numbers.stream,
    "uniform": random_numbers.uniform,
    "independent": random_numbers.independent,
    "geometric": closed_form.geometric,
    "ruin": walks.ruin,
    "absorbing": walks.absorbing,
    "competing": closed_form.competing,
    "joiners": closed_form.joiners,
    "simultaneous": closed_form.simultaneous,
    "promises": closed_form.chain,
    "rising": closed_form.rising,
    "climb": decisions.climb,
    "memory": decisions.memory,
    "replies": decisions.replies,
    "frailty": decisions.frailty,
    "rare": engine.rare,
    "exact-interval": coverage.table,
    "ensemble-interval": coverage.counted,
    "two-layers": coverage.two_layers,
    "difference-interval": coverage.differences,
    "rename": laws.rename,
    "reorder": metamorphic.reorder,
    "inert": metamorphic.inert,
    "unused": metamorphic.unused,
    "itself": metamorphic.itself,
    "seeds": laws.seeds,
    "copies": laws.copies,
    "certain": laws.certain,
    "likelier": laws.likelier,
    "longer": metamorphic.longer,
    "more": metamorphic.more,
    "sweep": metamorphic.swept,
    "symmetric": laws.symmetric,
    "drivers": engine.drivers,
    "same-bytes": engine.same_bytes,
    "parameters": engine.parameter_streams,
}


class Verdict(NamedTuple):
    """What a check came to."""

    name: str
    about: str
    rows: list[Row]
    seconds: float
    repeated: bool  # luck failed it once, and these rows are of four times as many replicates under another seed

    @property
    def passed(self) -> bool:
        """Whether all rows passed, and there were some."""
        return bool(self.rows) and all(row.passed for row in self.rows)


def about(name: str) -> str:
    """The sentence that says what a check is about.

    >>> about("geometric")
    'A1: a constant hazard.'
    """
    return (CHECKS[name].__doc__ or "").strip().split("\n")[0]


def chosen(asked: str | None) -> list[str]:
    """Names of checks with commas between them, checked; all of them if nothing is asked for.

    Raises
    ------
    EscalationSimError
        If there is no such check.
    """
    names = [name.strip() for name in asked.split(",")] if asked else list(CHECKS)
    for name in names:
        if name not in CHECKS:
            near = difflib.get_close_matches(name, CHECKS, n=1)
            rest = f"did you mean '{near[0]}'?" if near else "escalation-sim verify --list names them all"
            raise EscalationSimError(f"--only {name}: there is no such check; {rest}")
    return list(dict.fromkeys(names))


def verified(names: Sequence[str], effort: Effort, again: bool) -> Iterator[Verdict]:
    """Run checks one after the other; one that breaks has failed, and its only row says how.

    With `again`, what luck alone may have failed is tried once more, four times as hard.
    """
    for name in names:
        started = time.monotonic()
        rows, repeated = _rows(name, effort), False
        failed = [row for row in rows if not row.passed]
        if again and failed and all(row.by_chance for row in failed):
            rows, repeated = _rows(name, effort._replace(n=4 * effort.n, seed=effort.seed + 1)), True
        yield Verdict(name, about(name), rows, time.monotonic() - started, repeated)


def _rows(name: str, effort: Effort) -> list[Row]:
    try:
        return CHECKS[name](effort)
    except Exception as error:  # whatever it is, the other checks go on
        return [equal(f"broke: {type(error).__name__}: {error}", 0, 1, 0)]
