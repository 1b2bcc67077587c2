"""Thousands of replicates: compiled loops over the theory, in threads, counted as they run.

Replicate r uses parameter draw r mod P and the luck of lineage r. So the first n replicates are the same whatever the
number asked for, and neither threads nor the order in which blocks finish can change a result. Of all replicates only
counts are kept, of the first also rows: memory does not grow with the number of replicates.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from escalation_sim import world as w
from escalation_sim._compiled import compiled, grouped
from escalation_sim.draws import Words, key_schedule
from escalation_sim.errors import EngineError
from escalation_sim.theory.ladder import floor
from escalation_sim.theory.tick import begin, is_sound, whole_tick

CHAIN = 6  # acts followed back from an outcome
CHAINS = 10_000  # replicates of which the chain to an outcome is kept: the first ones in which it came about
STRAIN_BINS = 50
BLOCK = 512  # replicates handed to a thread at a time
UNSOUND = -1  # in place of the records of a replicate


class Tally(NamedTuple):
    """What an ensemble leaves behind. R rows, O outcomes, P draws, W days, C chains, T ticks, D dyads, K rungs.

    `counts` are the replicates of a draw in which an outcome had come about by a day, that day included, `sizes` all
    replicates of the draw. A row of `chains` names an outcome and a replicate, then the records (see `pack`) that led
    there, latest first, 0 where a chain has ended. `levels` counts replicates by the highest rung on a dyad in a tick;
    its last row (index D) is the whole system.
    """

    days: npt.NDArray[np.float64]  # (W,)
    counts: npt.NDArray[np.int64]  # (P, O, W)
    sizes: npt.NDArray[np.int64]  # (P,)
    outcome_day: npt.NDArray[np.float32]  # (R, O) days since the start, -1 never
    highest: w.Ints  # (R,) highest rung of an act in the replicate
    acts: w.Ints  # (R,) records written
    belligerents: w.Ints  # (R,) largest number of states at war
    early: w.Flags  # (R, E) highest rung of an act by the tick that is watched; (R, 0) if none is
    early_events: w.Flags  # (R, V) whether an event has happened by then; (R, 0) if none is watched
    early_strain: w.Flags  # (R, efforts) strain of each war effort at the end of that tick, in percent; (R, 0) likewise
    chains: npt.NDArray[np.int64]  # (C, 2 + CHAIN)
    levels: npt.NDArray[np.int64]  # (T, D + 1, K)
    strain: npt.NDArray[np.int64]  # (T, efforts, STRAIN_BINS)


_ROWS = ("outcome_day", "highest", "acts", "belligerents", "early", "early_events", "early_strain")


def blank_tally(
    setup: w.Setup, rows: int, watched: int = 0, days: Sequence[float] = (), draws: int = 1, chains: int = 0
) -> Tally:
    """A Tally of zeros for so many rows, draws and chains; `days` and `watched` as for `run`."""
    n_edges, n_events, n_efforts = len(setup.actor), len(setup.event_id), len(setup.effort_state)
    n_outcomes, n_dyads, n_rungs = len(setup.outcome_id), len(setup.dyad_id), len(setup.severity)
    return Tally(
        days=np.array(days, dtype=np.float64),
        counts=np.zeros((draws, n_outcomes, len(days)), dtype=np.int64),
        sizes=np.zeros(draws, dtype=np.int64),
        outcome_day=np.full((rows, n_outcomes), -1, dtype=np.float32),
        highest=np.zeros(rows, dtype=np.int32),
        acts=np.zeros(rows, dtype=np.int32),
        belligerents=np.zeros(rows, dtype=np.int32),
        early=np.zeros((rows, n_edges if watched else 0), dtype=np.uint8),
        early_events=np.zeros((rows, n_events if watched else 0), dtype=np.uint8),
        early_strain=np.zeros((rows, n_efforts if watched else 0), dtype=np.uint8),
        chains=np.zeros((chains, 2 + CHAIN), dtype=np.int64),
        levels=np.zeros((setup.n_ticks, n_dyads + 1, n_rungs), dtype=np.int64),
        strain=np.zeros((setup.n_ticks, n_efforts, STRAIN_BINS), dtype=np.int64),
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
    for d in range(n_dyads + 1):
        level[d] = 0
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
        tally.strain[tick, k, max(0, min(place, STRAIN_BINS - 1))] += 1
    most = world.clock[w.CLOCK_BELLIGERENTS]
    tally.belligerents[replicate] = max(tally.belligerents[replicate], most)


@compiled
def _close(
    setup: w.Setup, world: w.World, records: w.Records, tally: Tally, replicate: w.Whole, lineage: np.uint64
) -> None:
    """Count the outcomes of a replicate, and write down when they came about and the chains of acts that led there."""
    tally.sizes[0] += 1
    tally.acts[replicate] = world.clock[w.CLOCK_RECORDS] if is_sound(world, records) else UNSOUND
    for o in range(len(setup.outcome_id)):
        tally.outcome_day[replicate, o] = world.outcome_day[o]
        day = tally.outcome_day[replicate, o]  # in single precision, as a row has it: both fall into the same windows
        if day < 0.0:
            continue
        for window in range(len(tally.days)):
            if day <= tally.days[window]:
                tally.counts[0, o, window] += 1
        place = replicate * len(setup.outcome_id) + o
        tally.chains[place, 0], tally.chains[place, 1] = o, lineage
        number = world.outcome_record[o]
        for step in range(CHAIN):
            if number < 0:
                break
            tally.chains[place, 2 + step] = pack(setup, records, number)
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
        _close(setup, world, records, tally, replicate, lineages[replicate])


def _blocks(replicates: int, draws: int) -> Iterator[npt.NDArray[np.int64]]:
    """Replicate numbers in blocks that share a parameter draw."""
    for draw in range(min(draws, replicates)):
        for first in range(draw, replicates, draws * BLOCK):
            yield np.arange(first, min(first + draws * BLOCK, replicates), draws)


def _run(setup: w.Setup, keys: Words, numbers: npt.NDArray[np.int64], watched: int, days: Sequence[float]) -> Tally:
    tally = blank_tally(setup, len(numbers), watched, days, chains=len(numbers) * len(setup.outcome_id))
    world, records = grouped(w.blank_world(setup)), grouped(w.blank_records(setup))
    run_block(grouped(setup), world, records, keys, grouped(tally), numbers.astype(np.uint64), watched)
    for number in numbers[tally.acts == UNSOUND]:
        raise EngineError(
            f"replicate {number} did not end as every replicate must: a fault of the program, so there is no result; "
            "please report it with the scenario, the seed, and this number"
        )
    return tally._replace(chains=tally.chains[(tally.outcome_day >= 0.0).ravel()])


def run(
    setup_of: Callable[[int], w.Setup],
    draws: int,
    replicates: int,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[int], object] = lambda done: None,
    watched: int = 0,
    days: Sequence[float] = (),
    rows: int | None = None,
) -> Tally:
    """Run an ensemble and count its outcomes. (Nine parameters: what, how much, whose luck, how, what to keep.)

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
    days : sequence of float
        By which of them outcomes are counted (`Tally.counts`), since the start; in any order.
    rows : int, optional
        Replicates of which a row is kept, the first ones; all by default. Counts and chains do not depend on it.

    Returns
    -------
    Tally
        Rows in the order of the replicates, chains in that of outcome and replicate: of each outcome those of the
        first `CHAINS` replicates in which it came about. Draws that no replicate uses are left out. Each replicate is
        counted once, and none is ever left out.

    Raises
    ------
    EngineError
        If a replicate did not end as every one must, see `theory.tick.is_sound`.
    """
    keys, first = key_schedule(seed), setup_of(0)
    kept = replicates if rows is None else min(rows, replicates)
    whole = blank_tally(first, kept, watched, days, min(draws, replicates))
    chains = [whole.chains]
    blocks = iter(_blocks(replicates, draws))
    running: dict[Future[Tally], npt.NDArray[np.int64]] = {}
    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        while True:
            for numbers in itertools.islice(blocks, 2 * jobs - len(running)):
                draw = int(numbers[0]) % draws
                setup = first if draw == 0 else setup_of(draw)
                running[pool.submit(_run, setup, keys, numbers, watched, days)] = numbers
            if not running:
                if whole.sizes.sum() != replicates:
                    raise EngineError(f"{whole.sizes.sum():,} of {replicates:,} replicates were counted; please report")
                return whole._replace(chains=_first(chains))
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                numbers, part = running.pop(future), future.result()
                _merge(whole, part, numbers, int(numbers[0]) % draws)
                chains.append(part.chains)
                if sum(map(len, chains[1:])) > CHAINS:
                    chains = [_first(chains)]
                progress(len(numbers))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C, only blocks under way are finished


def _merge(whole: Tally, part: Tally, numbers: npt.NDArray[np.int64], draw: int) -> None:
    """Add a block: rows in their places, counts (whole numbers, so in any order) on top."""
    kept = numbers < len(whole.acts)
    for name in _ROWS:
        getattr(whole, name)[numbers[kept]] = getattr(part, name)[kept]
    whole.counts[draw] += part.counts[0]
    whole.sizes[draw] += part.sizes[0]
    whole.levels[...] += part.levels
    whole.strain[...] += part.strain


def _first(parts: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """Chains in the order of outcome and replicate, of each outcome the first `CHAINS` at most; empties `parts`."""
    chains = np.concatenate(parts)
    parts.clear()  # else they are in memory three times
    order = np.lexsort((chains[:, 1], chains[:, 0]))
    outcome = chains[order, 0]
    place = np.arange(len(order)) - np.searchsorted(outcome, outcome)
    return chains[order[place < CHAINS]]
