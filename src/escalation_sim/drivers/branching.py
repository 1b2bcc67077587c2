"""One trajectory that can be stopped at any phase, run on under other luck, or run again without one of its acts.

Two questions need this. *Would it have come about without this act?* The trajectory is run again under the same luck,
with the act left out. *How likely was it by then?* Many futures are run from one point, each under luck of its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from escalation_sim import world as w
from escalation_sim._compiled import compiled, grouped
from escalation_sim.draws import Words
from escalation_sim.theory.tick import begin, finish_tick, foretell, phase_of_tick, whole_tick

FUTURES = 32  # bits: the luck of future f of replicate r is that of lineage r + (f + 1) 2**FUTURES


class Moment(NamedTuple):
    """A point of a trajectory: after `phase` of `tick`; phase -1 is before anything of the tick happened."""

    tick: int
    phase: int


@compiled
def _run_on(
    setup: w.Setup,
    world: w.World,
    records: w.Records,
    keys: Words,
    lineage: np.uint64,
    phase: w.Whole,
    outcome: w.Whole,
    last_tick: w.Whole,
) -> None:
    """Finish the tick from a phase on (-1: it has not begun), then go on until an outcome is true or after a tick.

    (Eight parameters: the group of arrays, whose luck, from where and until when.)
    """
    if phase >= 0:
        finish_tick(setup, world, records, keys, lineage, phase)
    while world.clock[w.CLOCK_TICK] <= last_tick and world.outcome_day[outcome] < 0.0:
        whole_tick(setup, world, records, keys, lineage)


class Trajectory:
    """A replicate, from its beginning to one outcome.

    Parameters
    ----------
    setup : Setup
        One parameter draw of a scenario.
    keys : uint64 array (10, 2)
        From `draws.key_schedule`.
    replicate : int
        Whose luck it has.
    outcome : int
        Which outcome ends it.
    window : float
        Days within which the outcome is asked for.
    """

    def __init__(self, setup: w.Setup, keys: Words, replicate: int, outcome: int, window: float) -> None:
        self.setup, self.keys, self.replicate = setup, keys, replicate
        self.outcome, self.window = outcome, window
        self.last_tick = min(int(np.ceil(window / setup.tick_days)), int(setup.n_ticks)) - 1
        self.world, self.records = w.blank_world(setup), w.blank_records(setup)
        self._inside = grouped(setup), grouped(self.world), grouped(self.records)
        self._lineage = np.uint64(replicate)
        begin(self._inside[0], self._inside[1], keys, self._lineage)
        self._saved = [_copied(self.world)]
        while len(self._saved) <= self.last_tick + 1 and not self.comes_about:
            whole_tick(*self._inside, keys, self._lineage)
            self._saved.append(_copied(self.world))
        self.acts: w.Records = _copied(self.records, int(self.world.clock[w.CLOCK_RECORDS]))
        self.final = int(self.world.outcome_record[outcome])
        self.day = float(self.world.outcome_day[outcome])

    @property
    def comes_about(self) -> bool:
        """Whether the outcome has come about within its window, in the run that was made last."""
        return bool(0.0 <= self.world.outcome_day[self.outcome] <= self.window)

    def moment(self, number: int) -> Moment:
        """The moment at which an act of the trajectory had been done."""
        return Moment(int(self.acts.tick[number]), int(self.acts.phase[number]))

    def without(self, number: int) -> float:
        """Day on which the outcome comes about under the same luck if one act is left out at its time; infinity: never.

        Whoever is kept from the act then may do the same later, if luck has it.
        """
        tick, phase = self.moment(number)
        self._restore(tick)
        event = int(self.acts.event[number])
        self.world.withheld[:] = tick, phase, event if event >= 0 else self.acts.edge[number]
        _run_on(*self._inside, self.keys, self._lineage, -1, self.outcome, self.last_tick)
        return float(self.world.outcome_day[self.outcome]) if self.comes_about else np.inf

    def futures(self, moment: Moment, n: int) -> int:
        """In how many of `n` futures from a moment on the outcome comes about within its window.

        What the trajectory has not shown by then is drawn anew (see `theory.tick.foretell`). Tempers of dyads and
        parameters stay those of the trajectory. Futures of one number share their luck, whatever the moment.
        """
        self._restore(moment.tick)
        for phase in range(moment.phase + 1):
            phase_of_tick(*self._inside, self.keys, self._lineage, phase)
        here, reached = _copied(self.world), 0
        unseen = (moment.tick + (moment.phase >= 0)) * float(self.setup.tick_days)
        for future in range(n):
            _paste(here, self.world)
            lineage = np.uint64(self.replicate + ((future + 1) << FUTURES))
            foretell(self._inside[0], self._inside[1], self.keys, lineage, unseen)
            first = moment.phase + 1 if moment.phase >= 0 else -1
            _run_on(*self._inside, self.keys, lineage, first, self.outcome, self.last_tick)
            reached += self.comes_about
        return reached

    def _restore(self, tick: int) -> None:
        """Back to the beginning of a tick; records that come later are written over."""
        _paste(self._saved[tick], self.world)
        _paste(self.acts, self.records, int(self.world.clock[w.CLOCK_RECORDS]))


def _copied(group: Any, n: int | None = None) -> Any:
    """A named tuple of arrays with copies of (the first `n` entries of) them."""
    return type(group)(*(array[:n].copy() for array in group))


def _paste(source: Any, target: Any, n: int | None = None) -> None:
    """Write (the first `n` entries of) all arrays of one group into those of another."""
    for value, array in zip(source, target, strict=True):
        array[:n] = value[:n]
