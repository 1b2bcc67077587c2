"""Does the C twin say what the shipped kernel says, and how fast is either on one thread? Prints a table.

Run it from the root of the repository: `python benchmarks/c_twin/check.py --replicates 500 --draws 4 --repeats 3`.
It needs gcc. Replicates are for each draw of the parameters. Times are the best of the repeats, the two kernels in
turn; compilation is not counted.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import twin

from escalation_sim import world as w
from escalation_sim.draws import key_schedule
from escalation_sim.drivers import ensemble
from escalation_sim.scenario.load import load
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.to_arrays import Compiler

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SEED = 1
COMPARED = ("outcome_day", "highest", "acts", "belligerents", "levels", "strain")
HEAD = ("scenario", "days", "differ", "counts", "differ", "Python", "C", "times faster")


class Row(NamedTuple):
    """One scenario: numbers compared and how many of them differ, and replicate-ticks per second of either kernel."""

    scenario: str
    days: int
    days_differ: int
    counts: int
    counts_differ: int
    python: float
    c: float

    def cells(self) -> list[str]:
        """The row as text."""
        compared = [f"{number:,}" for number in self[1:5]]
        return [self.scenario, *compared, f"{self.python:,.0f}", f"{self.c:,.0f}", f"{self.c / self.python:.2f}"]


def c_ensemble(setups: list[w.Setup], replicates: int) -> ensemble.Tally:
    """What `ensemble.run` returns, counted by the twin."""
    whole = ensemble.blank_tally(setups[0], replicates)
    keys = key_schedule(SEED)
    for draw, setup in enumerate(setups):
        numbers = np.arange(draw, replicates, len(setups))
        part = twin.run_tally(setup, keys, numbers.astype(np.uint64))
        for name in ("outcome_day", "highest", "acts", "belligerents"):
            getattr(whole, name)[numbers] = getattr(part, name)
        whole.levels[...] += part.levels
        whole.strain[...] += part.strain
    return whole


def timed(run: Callable[[], ensemble.Tally]) -> tuple[ensemble.Tally, float]:
    """What a run returns, and its seconds."""
    began = time.perf_counter()
    tally = run()
    return tally, time.perf_counter() - began


def compare(path: Path, draws: int, replicates: int, repeats: int) -> Row:
    """Run both kernels on one scenario, `replicates` for each of the draws."""
    scenario = resolve(load(path))
    compiler = Compiler(scenario)
    setups = [compiler.setup(draw) for draw in parameter_draws(scenario, SEED, draws)]

    def both(total: int) -> list[tuple[ensemble.Tally, float]]:
        python = timed(lambda: ensemble.run(setups.__getitem__, draws, total, SEED))
        return [python, timed(lambda: c_ensemble(setups, total))]

    both(draws)  # compiles
    runs = [both(draws * replicates) for _ in range(repeats)]
    python, c = (tally for tally, _ in runs[0])
    seconds = [min(run[kernel][1] for run in runs) for kernel in range(2)]
    sizes = [getattr(c, name).size for name in COMPARED]
    differ = [int((getattr(python, name) != getattr(c, name)).sum()) for name in COMPARED]
    ticks = draws * replicates * setups[0].n_ticks
    rates = [ticks / spent for spent in seconds]
    return Row(path.stem, sizes[0], differ[0], sum(sizes[1:]), sum(differ[1:]), *rates)


def table(rows: list[Row]) -> str:
    """The rows in columns, numbers to the right."""
    lines = [list(HEAD), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    aligned = ([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])] for line in lines)
    return "\n".join("  ".join(line) for line in aligned)


def main() -> int:
    """Compare the shipped scenarios; 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("replicates", 500), ("draws", 4), ("repeats", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    paths = sorted(SCENARIOS.glob("*.yaml"))
    rows = [compare(path, asked.draws, asked.replicates, asked.repeats) for path in paths]
    sys.stdout.write(table(rows) + "\nReplicate-ticks per second, one thread.\n")
    return int(any(row.days_differ or row.counts_differ for row in rows))


if __name__ == "__main__":
    sys.exit(main())
