"""Thousands of replicates: compiled loops over the theory, in threads, counted as they run.

Replicate r uses parameter draw r mod P and the luck of lineage r. So the first n replicates are the same whatever the
number asked for, and neither threads nor the order in which blocks finish can change a result.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from escalation_sim import world as w
from escalation_sim._compiled import compiled, grouped
from escalation_sim.draws import Words, key_schedule
from escalation_sim.theory.ladder import floor
from escalation_sim.theory.tick import begin, whole_tick

CHAIN = 6  # acts followed back from an outcome
STRAIN_BINS = 50
BLOCK = 512  # replicates handed to a thread at a time


class Tally(NamedTuple):
    """What an ensemble leaves behind. R replicates, O outcomes, T ticks, D dyads, K rungs.

    `levels` counts replicates by the highest rung on a dyad in a tick; its last row (index D) is the whole system.
    `chains` holds packed records (see `pack`), latest first, 0 where a chain has ended.
    """

    outcome_day: npt.NDArray[np.float32]  # (R, O) days since the start, -1 never
    chains: npt.NDArray[np.int64]  # (R, O, CHAIN)
    highest: w.Ints  # (R,) highest rung of an act in the replicate
    acts: w.Ints  # (R,) records written
    belligerents: w.Ints  # (R,) largest number of states at war
    levels: npt.NDArray[np.int64]  # (T, D + 1, K)
    strain: npt.NDArray[np.int64]  # (T, efforts, STRAIN_BINS)
    early: w.Flags  # (R, E) highest rung of an act by the tick that is watched; (R, 0) if none is
    early_events: w.Flags  # (R, V) whether an event has happened by then; (R, 0) if none is watched
    early_strain: w.Flags  # (R, efforts) strain of each war effort at the end of that tick, in percent; (R, 0) likewise


def blank_tally(setup: w.Setup, n_replicates: int, watched: int = 0) -> Tally:
    """A Tally of zeros for so many replicates; what they did in the first `watched` ticks is kept, if any."""
    n_edges, n_events, n_efforts = len(setup.actor), len(setup.event_id), len(setup.effort_state)
    n_outcomes, n_dyads, n_rungs = len(setup.outcome_id), len(setup.dyad_id), len(setup.severity)
    return Tally(
        outcome_day=np.full((n_replicates, n_outcomes), -1, dtype=np.float32),
        chains=np.zeros((n_replicates, n_outcomes, CHAIN), dtype=np.int64),
        highest=np.zeros(n_replicates, dtype=np.int32),
        acts=np.zeros(n_replicates, dtype=np.int32),
        belligerents=np.zeros(n_replicates, dtype=np.int32),
        levels=np.zeros((setup.n_ticks, n_dyads + 1, n_rungs), dtype=np.int64),
        strain=np.zeros((setup.n_ticks, len(setup.effort_state), STRAIN_BINS), dtype=np.int64),
        early=np.zeros((n_replicates, n_edges if watched else 0), dtype=np.uint8),
        early_events=np.zeros((n_replicates, n_events if watched else 0), dtype=np.uint8),
        early_strain=np.zeros((n_replicates, n_efforts if watched else 0), dtype=np.uint8),
    )


@compiled
def pack(setup: w.Setup, records: w.Records, number: w.Whole) -> int:
    """A record as one positive whole number: who against whom, rung, phase, event, in support of whom."""
    phase = min(records.phase[number], w.BY_REPLY)
    code = np.int64(records.edge[number] + 1)
    code = code * len(setup.severity) + records.rung[number]
    code = code * 3 + phase
    code = code * (len(setup.event_id) + 1) + records.event[number] + 1
    return 1 + code * (len(setup.nuclear) + 1) + records.support[number] + 1


@compiled
def _observe(
    setup: w.Setup, world: w.World, records: w.Records, tally: Tally, level: w.Ints, tick: w.Whole, replicate: w.Whole
) -> None:
    """Count one tick: highest rung by dyad and in the system (acts; war and combat while they last), strain."""
    n_dyads = len(setup.dyad_id)
    level[:] = 0
    for edge in range(len(setup.actor)):
        level[setup.dyad[edge]] = max(level[setup.dyad[edge]], floor(setup, world, edge))
    for number in range(world.clock[w.CLOCK_TICK_START], world.clock[w.CLOCK_RECORDS]):
        if records.edge[number] >= 0:
            d = setup.dyad[records.edge[number]]
            level[d] = max(level[d], records.rung[number])
            tally.highest[replicate] = max(tally.highest[replicate], records.rung[number])
    for d in range(n_dyads):
        tally.levels[tick, d, level[d]] += 1
        level[n_dyads] = max(level[n_dyads], level[d])
    tally.levels[tick, n_dyads, level[n_dyads]] += 1
    for k in range(len(setup.effort_state)):
        place = int(world.strain[setup.effort_state[k]] * STRAIN_BINS)
        tally.strain[tick, k, min(place, STRAIN_BINS - 1)] += 1
    most = world.clock[w.CLOCK_BELLIGERENTS]
    tally.belligerents[replicate] = max(tally.belligerents[replicate], most)


@compiled
def _close(setup: w.Setup, world: w.World, records: w.Records, tally: Tally, replicate: w.Whole) -> None:
    """Write down the outcomes of a replicate and the chains of acts that led to them."""
    tally.acts[replicate] = world.clock[w.CLOCK_RECORDS]
    for o in range(len(setup.outcome_id)):
        tally.outcome_day[replicate, o] = world.outcome_day[o]
        number = world.outcome_record[o]
        for step in range(CHAIN):
            if number < 0:
                break
            tally.chains[replicate, o, step] = pack(setup, records, number)
            number = records.cause[number]


@compiled
def _watch(setup: w.Setup, world: w.World, records: w.Records, tally: Tally, replicate: w.Whole) -> None:
    """Write down how things stand: highest rung so far on each edge, events that have happened, strain of efforts."""
    for number in range(world.clock[w.CLOCK_RECORDS]):
        if records.edge[number] >= 0:
            rung = max(tally.early[replicate, records.edge[number]], records.rung[number])
            tally.early[replicate, records.edge[number]] = rung
        if records.event[number] >= 0:
            tally.early_events[replicate, records.event[number]] = 1
    for k in range(len(setup.effort_state)):
        tally.early_strain[replicate, k] = int(100.0 * world.strain[setup.effort_state[k]])


@compiled
def run_block(
    setup: w.Setup,
    world: w.World,
    records: w.Records,
    keys: Words,
    tally: Tally,
    lineages: Words,
    watched: w.Whole,
) -> None:
    """Run the replicates named by `lineages` (R,) one after the other, counting into `tally`.

    (Seven parameters: the group of arrays, whose luck, and how many ticks are watched.)
    """
    level = np.zeros(len(setup.dyad_id) + 1, dtype=np.int32)
    for replicate in range(len(lineages)):
        begin(setup, world, keys, lineages[replicate])
        for tick in range(setup.n_ticks):
            whole_tick(setup, world, records, keys, lineages[replicate])
            _observe(setup, world, records, tally, level, tick, replicate)
            if tick + 1 == watched:
                _watch(setup, world, records, tally, replicate)
        _close(setup, world, records, tally, replicate)


def _blocks(replicates: int, draws: int) -> Iterator[npt.NDArray[np.int64]]:
    """Replicate numbers in blocks that share a parameter draw."""
    for draw in range(min(draws, replicates)):
        numbers = np.arange(draw, replicates, draws)
        for first in range(0, len(numbers), BLOCK):
            yield numbers[first : first + BLOCK]


def _run(setup: w.Setup, keys: Words, numbers: npt.NDArray[np.int64], watched: int) -> Tally:
    tally = blank_tally(setup, len(numbers), watched)
    world, records = grouped(w.blank_world(setup)), grouped(w.blank_records(setup))
    run_block(grouped(setup), world, records, keys, grouped(tally), numbers.astype(np.uint64), watched)
    return tally


def run(
    setup_of: Callable[[int], w.Setup],
    draws: int,
    replicates: int,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[int], object] = lambda done: None,
    watched: int = 0,
) -> Tally:
    """Run an ensemble and count its outcomes. (Seven parameters: what, how much, whose luck, how, what to keep.)

    Parameters
    ----------
    setup_of : callable
        Setup of parameter draw p, for p in 0 .. draws - 1; all of one scenario.
    draws, replicates : int, >= 1
    seed : int in [0, 2**64)
    jobs : int, >= 1
        Threads. Results do not depend on it.
    progress : callable
        Called with the number of replicates just finished.
    watched : int, >= 0
        Ticks whose acts are kept by replicate (`Tally.early`); 0 keeps none.

    Returns
    -------
    Tally
        Rows in the order of the replicates.
    """
    keys = key_schedule(seed)
    first = setup_of(0)
    whole = blank_tally(first, replicates, watched)
    blocks = iter(_blocks(replicates, draws))
    running: dict[Future[Tally], npt.NDArray[np.int64]] = {}
    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        while True:
            for numbers in itertools.islice(blocks, 2 * jobs - len(running)):
                draw = int(numbers[0]) % draws
                running[pool.submit(_run, first if draw == 0 else setup_of(draw), keys, numbers, watched)] = numbers
            if not running:
                return whole
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                numbers = running.pop(future)
                _merge(whole, future.result(), numbers)
                progress(len(numbers))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C, only blocks under way are finished


def _merge(whole: Tally, part: Tally, numbers: npt.NDArray[np.int64]) -> None:
    """Add a block: rows in their places, counts (whole numbers, so in any order) on top."""
    for name in ("outcome_day", "chains", "highest", "acts", "belligerents", "early", "early_events", "early_strain"):
        getattr(whole, name)[numbers] = getattr(part, name)
    whole.levels[...] += part.levels
    whole.strain[...] += part.strain
