"""Rare outcomes by multilevel splitting: what comes near the outcome goes on in many copies, each with luck of its own.

Fixed effort (Garvels 2000): in each stage `n` trajectories start from worlds that entered the level before, and run
until they enter the next one (see `levels`), or until the window closes. The product of the shares that got through is
an unbiased estimate, because a copy made at an entrance is as likely as its original from there on: draws already made
stay, a decision in which the level was entered is drawn again below the draw that entered it, and all else (what is
drawn once per replicate but has not shown itself, too) is drawn anew. Levels are chosen beforehand, from trajectories
of their own (`choose_levels`), so that they do not depend on what they measure. Repetitions are independent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from escalation_sim import world as w
from escalation_sim._compiled import compiled, grouped
from escalation_sim.draws import RESAMPLING, Words, uniform
from escalation_sim.drivers.levels import Aims, aims_of, distance, log_need
from escalation_sim.theory.decision import decide
from escalation_sim.theory.tick import act, aftermath, ask, begin, foretell, luck, may_decide, open_tick

BEFORE = -1  # phase of an entrance before anything of a tick happened
STAGES = 64  # the luck of branch j in stage s of repetition r is that of lineage ((r STAGES + s) << 32) + j


class Entrances(NamedTuple):
    """Where N trajectories stood when they entered a level; whole worlds, so that a copy can go on from there."""

    worlds: w.Flags  # (N, bytes)
    records: w.Flags  # (N, bytes) acts of the tick under way
    phase: w.Ints  # (N,) of the decision that entered, BEFORE if the tick had not begun
    edge: w.Ints  # (N,) whose decision it was
    below: w.Floats  # (N,) the draw that the decision had to stay below
    best: w.Floats  # (N,) the nearest the trajectory came; infinity: the outcome came about in its window
    day: w.Floats  # (N,) when
    ticks: npt.NDArray[np.int64]  # (1,) simulated in all


def blank_entrances(n: int, world_bytes: int, record_bytes: int) -> Entrances:
    """Room for the entrances of so many trajectories."""
    return Entrances(
        np.zeros((n, world_bytes), dtype=np.uint8),
        np.zeros((n, record_bytes), dtype=np.uint8),
        np.full(n, BEFORE, dtype=np.int32),
        np.zeros(n, dtype=np.int32),
        np.ones(n),
        np.full(n, -np.inf),
        np.full(n, w.NEVER),
        np.zeros(1, dtype=np.int64),
    )


class Span(NamedTuple):
    """How long a stage follows its trajectories, and as far as which level."""

    level: float
    outcome: int
    window: float  # days
    n_ticks: int
    forgets: bool  # keep the acts of the tick under way only


@compiled
def _enter(packed: tuple[w.Flags, w.Flags], to: Entrances, j: w.Whole, phase: w.Whole, edge: w.Whole) -> None:
    """Note where trajectory j stands."""
    to.worlds[j], to.records[j] = packed[0], packed[1]
    to.phase[j], to.edge[j] = phase, edge


@compiled
def _decisions(
    setup: w.Setup,
    world: w.World,
    records: w.Records,
    keys: Words,
    lineage: np.uint64,
    aims: Aims,
    span: Span,
    to: Entrances,
    j: w.Whole,
    place: tuple[int, int, float],
) -> tuple[int, int]:
    """Initiatives and replies of a tick, from a place (phase, edge, bound of its draw) on: where the level was entered.

    (Ten parameters: the groups of arrays, whose luck, which level, where to note it, from where on.)
    """
    first_phase, first_edge, below = place
    for phase in range(first_phase, w.BY_REPLY + setup.reply_rounds):
        if first_edge == 0:
            ask(setup, world, records, phase)
        for edge in range(first_edge, len(setup.actor)):
            if not may_decide(world, edge, phase):
                continue
            is_reply = int(phase >= w.BY_REPLY)
            u = below * luck(setup, world, keys, lineage, edge, phase)
            need = log_need(setup, world, records, aims, edge, is_reply)
            if need > -math.inf:
                near = need - math.log(max(u, 1e-300))
                to.best[j] = max(to.best[j], near)
                if near >= span.level:
                    to.below[j] = min(below, math.exp(need - span.level))
                    return phase, edge
            decide(setup, world, records, edge, is_reply, u)
            below = 1.0
        act(setup, world, records, phase)
        first_edge, below = 0, 1.0
    return BEFORE, BEFORE


@compiled
def run_stage(
    setup: w.Setup,
    world: w.World,
    records: w.Records,
    packed: tuple[w.Flags, w.Flags],
    keys: Words,
    lineages: Words,
    aims: Aims,
    span: Span,
    parents: w.Ints,
    source: Entrances,
    to: Entrances,
) -> None:
    """Follow trajectories from where their parents entered a level until they enter the next, or the window closes.

    A parent of -1 starts at the beginning. (Eleven parameters: the groups of arrays, the bytes behind two of them,
    whose luck, what counts as near and as over, from where, and where to note it.)
    """
    for j in range(len(lineages)):
        lineage, parent = lineages[j], parents[j]
        phase, edge, below = BEFORE, 0, 1.0
        to.best[j], to.day[j], to.below[j] = -math.inf, w.NEVER, 1.0
        if parent < 0:
            begin(setup, world, keys, lineage)
        else:
            packed[0][:], packed[1][:] = source.worlds[parent], source.records[parent]
            phase, edge, below = source.phase[parent], source.edge[parent], source.below[parent]
            if source.day[parent] >= 0.0:  # the outcome came about with the last level
                to.best[j], to.day[j] = math.inf, source.day[parent]
                _enter(packed, to, j, BEFORE, 0)
                continue
            shown = world.clock[w.CLOCK_TICK] + (1 if phase != BEFORE else 0)
            foretell(setup, world, keys, lineage, shown * setup.tick_days)
        while world.clock[w.CLOCK_TICK] < span.n_ticks:
            if phase == BEFORE:
                left = span.n_ticks - world.clock[w.CLOCK_TICK]
                near = distance(setup, world, records, aims, left)
                to.best[j] = max(to.best[j], near)
                if near >= span.level:
                    _enter(packed, to, j, BEFORE, 0)
                    break
                if span.forgets:
                    world.clock[w.CLOCK_RECORDS] = 0
                open_tick(setup, world, records, keys, lineage)
                phase = w.BY_INITIATIVE
            else:
                distance(setup, world, records, aims, span.n_ticks - world.clock[w.CLOCK_TICK])
            place = (int(phase), int(edge), float(below))
            phase, edge = _decisions(setup, world, records, keys, lineage, aims, span, to, j, place)
            if phase != BEFORE:
                _enter(packed, to, j, phase, edge)
                break
            edge, below = 0, 1.0
            aftermath(setup, world, keys, lineage)
            to.ticks[0] += 1
            if world.outcome_day[span.outcome] >= 0.0:
                if world.outcome_day[span.outcome] <= span.window:
                    to.best[j], to.day[j] = math.inf, world.outcome_day[span.outcome]
                    _enter(packed, to, j, BEFORE, 0)
                break


class Course:
    """Trajectories of one parameter draw towards one outcome, stage by stage.

    Parameters
    ----------
    setup : Setup
    keys : uint64 array (10, 2)
        From `draws.key_schedule`; luck that no ensemble uses.
    outcome : int
    window : float
        Days within which the outcome is asked for.
    forgets : bool
        Keep the acts of the tick under way only; otherwise all, which costs memory, and `records` holds them.
    """

    def __init__(self, setup: w.Setup, keys: Words, outcome: int, window: float, forgets: bool = True) -> None:
        n_ticks = min(math.ceil(window / setup.tick_days), int(setup.n_ticks))
        self.keys, self.span = keys, Span(math.inf, outcome, window, n_ticks, forgets)
        self.world, world_bytes = w.packed_world(setup)
        self.records, record_bytes = w.packed_records(setup, 1 if forgets else n_ticks)
        self._packed = world_bytes, record_bytes
        self._aims = grouped(aims_of(setup, outcome))
        self._inside = grouped(setup), grouped(self.world), grouped(self.records)
        self.ticks = 0

    def stage(self, lineages: Words, level: float, source: Entrances | None = None, parents: Any = None) -> Entrances:
        """Follow one trajectory per lineage from its parent among `source` (None: the beginning) to a level."""
        to = blank_entrances(len(lineages), *map(len, self._packed))
        if source is None:
            source, parents = blank_entrances(1, *map(len, self._packed)), np.full(len(lineages), -1)
        run_stage(
            *self._inside,
            self._packed,
            self.keys,
            lineages,
            self._aims,
            self.span._replace(level=float(level)),
            np.asarray(parents, dtype=np.int32),
            grouped(source),
            grouped(to),
        )
        self.ticks += int(to.ticks[0])
        return to


class Repetition(NamedTuple):
    """One unbiased estimate. The outcome came about in each of H trajectories, each of which weighs `weight`."""

    days: w.Floats  # (H,) day on which it came about
    weight: float
    entered: w.Ints  # (stages,) trajectories that got through each stage; 0 after a stage that none got through
    roots: int  # different beginnings among the H
    ticks: int  # simulated
    parents: tuple[w.Ints, ...]  # for each stage but the first, which trajectory of the stage before each one goes on
    hits: w.Ints  # (H,) which trajectories of the last stage


def lineages_of(repetition: int, stage: int, n: int) -> Words:
    """Whose luck the trajectories of a stage have."""
    return np.uint64((repetition * STAGES + stage) << 32) + np.arange(n, dtype=np.uint64)


def repeat(course: Course, levels: Sequence[float], n: int, repetition: int) -> Repetition:
    """One repetition: `n` trajectories in each stage, from the beginning through all levels to the outcome."""
    before, source, parents, entered = course.ticks, None, None, np.zeros(len(levels) + 1, dtype=np.int32)
    history: list[w.Ints] = []
    roots, weight = np.arange(n), 1.0 / n
    for stage, level in enumerate([*levels, math.inf]):
        to = course.stage(lineages_of(repetition, stage, n), level, source, parents)
        through = np.flatnonzero(to.best >= level)
        entered[stage] = len(through)
        if stage == len(levels) or len(through) == 0:
            break
        weight *= len(through) / n
        parents = through[_copies(course.keys, len(through), n, repetition, stage)]
        history.append(parents.astype(np.int32))
        roots, source = roots[parents], to
    hits = through if stage == len(levels) else through[:0]
    met = course.ticks - before
    return Repetition(to.day[hits], weight, entered, len(set(roots[hits])), met, tuple(history), hits.astype(np.int32))


def _copies(keys: Words, n_parents: int, n: int, repetition: int, stage: int) -> npt.NDArray[np.int64]:
    """Which entrance each of `n` copies starts from: all equally often, and by lot who gets the odd ones."""
    counts = np.full(n_parents, n // n_parents)
    lot = uniform(keys, lineages_of(repetition, stage, 1)[0], 0, np.uint64(0), RESAMPLING)
    counts[(int(lot * n_parents) + np.arange(n % n_parents)) % n_parents] += 1
    return np.repeat(np.arange(n_parents), counts)


def replay(course: Course, levels: Sequence[float], found: Repetition, repetition: int, hit: int) -> float:
    """Run one of the trajectories in which the outcome came about again, alone; the day on which it comes about.

    Its acts are then in `course.records` if the course does not forget.
    """
    line = [int(found.hits[hit])]
    for parents in reversed(found.parents):
        line.append(int(parents[line[-1]]))
    to = None
    for stage, (level, j) in enumerate(zip([*levels, math.inf], reversed(line), strict=True)):
        lineage = lineages_of(repetition, stage, j + 1)[-1:]
        to = course.stage(lineage, level, to, None if to is None else [0])
    return float(to.day[0]) if to is not None else w.NEVER


def choose_levels(courses: Sequence[Course], n: int, share: float = 0.2, most: int = STAGES - 2) -> list[float]:
    """Levels that about `share` of the trajectories get through each, chosen from `n` trajectories of each course.

    No level is added once that many come as far as the outcome, or when none comes nearer than the last level.
    """
    levels: list[float] = []
    sources: list[Entrances | None] = [None] * len(courses)
    parents: list[Any] = [None] * len(courses)
    sizes = [n] * len(courses)
    while len(levels) < most:
        stage, lines = len(levels), [lineages_of(0, len(levels), size) for size in sizes]
        best = [
            course.stage(line, math.inf, *start).best if len(line) else np.empty(0)
            for course, line, *start in zip(courses, lines, sources, parents, strict=True)
        ]
        together = np.sort(np.concatenate(best))[::-1]
        level = float(together[math.ceil(share * len(together)) - 1])
        if not (levels[-1] + 1e-6 if levels else -math.inf) < level < math.inf:
            return levels
        levels.append(level)
        through = [int((one >= level).sum()) for one in best]
        for k, course in enumerate(courses):
            if sizes[k] == 0:
                continue
            entered = course.stage(lines[k], level, sources[k], parents[k])
            sizes[k] = round(n * len(courses) * through[k] / sum(through))
            found = np.flatnonzero(entered.best >= level)
            parents[k] = found[_copies(course.keys, len(found), sizes[k], 0, stage)] if len(found) else found
            sources[k] = entered
    return levels
