"""Bugs to be planted, each with the check that must catch it.

`plain` ones sit in functions of the theory, which only plain Python looks up anew: run as a script, with compilation
off, this file plants those named on the command line, one by one, and prints which were caught.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from escalation_sim import draws
from escalation_sim import world as w
from escalation_sim.analysis import estimates, pairs
from escalation_sim.drivers import agents, ensemble, splitting
from escalation_sim.scenario import numbers, packing, structure
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.study import sweep
from escalation_sim.theory import commitments, decision, rules, tick
from escalation_sim.verification import worlds
from escalation_sim.verification.checks import CHECKS, verified
from escalation_sim.verification.verdict import Effort

LIMIT = 4.5
Patch = pytest.MonkeyPatch


class Bug(NamedTuple):
    """A bug, where it should show, with how many replicates, and how to plant it."""

    check: str
    n: int
    plant: Callable[[Patch], None]
    plain: bool = False
    slow: bool = False


BUGS: dict[str, Bug] = {}


def caught(
    check: str, n: int, plain: bool = False, slow: bool = False
) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """Put a planter on the list."""

    def listed(plant: Callable[[Patch], None]) -> Callable[[Patch], None]:
        name = f"{plant.__name__.lstrip('_')}@{check}"
        assert name not in BUGS
        assert check in CHECKS
        BUGS[name] = Bug(check, n, plant, plain, slow)
        return plant

    return listed


def fails(bug: Bug) -> bool:
    """Whether the check fails (and does not merely break)."""
    (verdict,) = verified([bug.check], Effort(bug.n, 1, 2, LIMIT), again=False)
    assert not any(row.compared.startswith("broke") for row in verdict.rows), verdict.rows
    return not verdict.passed


def around(patch: Patch, owner: Any, name: str, wrap: Callable[..., Any]) -> None:
    """Put `wrap(original, *arguments)` in the place of a function."""
    original = getattr(owner, name)
    patch.setattr(owner, name, lambda *args, **named: wrap(original, *args, **named))


def altered(patch: Patch, change: Callable[[Any, w.Setup], w.Setup | None]) -> None:
    """Change the arrays of every scenario after they are made."""

    def setup_of(original: Any, compiler: Compiler, draw: Any = None) -> w.Setup:
        setup = original(compiler, draw)
        return change(compiler, setup) or setup

    around(patch, Compiler, "setup", setup_of)


def replaced(patch: Patch, **arrays: Callable[[w.Setup], Any]) -> None:
    """Replace single arrays of every scenario."""
    altered(patch, lambda _, setup: setup._replace(**{name: make(setup) for name, make in arrays.items()}))


# --- the random numbers


@caught("generator", 1000)
@caught("stream", 1000)
def _round_key_off_by_one_bit(patch: Patch) -> None:
    patch.setattr(draws, "_W1", draws._W1 ^ 1)


@caught("generator", 1000, plain=True)
def _multiplier_off_by_one_bit(patch: Patch) -> None:
    patch.setattr(draws, "_M0", np.uint64(int(draws._M0) ^ 1))


@caught("uniform", 3000, plain=True, slow=True)
def _draws_lean_to_zero(patch: Patch) -> None:
    around(patch, draws, "uniform", lambda uniform, *args: uniform(*args) ** 1.15)


@caught("independent", 2000, plain=True, slow=True)
def _neighbouring_purposes_share_a_draw(patch: Patch) -> None:
    around(patch, draws, "uniform", lambda uniform, k, line, t, who, why: uniform(k, line, t, who, int(why) // 2 * 2))


@caught("independent", 2000, plain=True, slow=True)
def _ticks_share_a_draw(patch: Patch) -> None:
    around(patch, draws, "uniform", lambda uniform, k, line, t, *rest: uniform(k, line, int(t) // 16, *rest))


# --- known answers


@caught("ruin", 20_000)
@caught("absorbing", 20_000)
def _horizon_ignored(patch: Patch) -> None:
    def run(original: Any, *args: Any, days: Any = (), **named: Any) -> Any:
        return original(*args, days=[max(days, default=0.0) for _ in days], **named)

    around(patch, ensemble, "run", run)


@caught("ruin", 20_000)
def _a_year_is_enough(patch: Patch) -> None:
    """Nothing comes later, though the horizon is five years away."""
    replaced(patch, n_ticks=lambda setup: min(setup.n_ticks, 52))


@caught("absorbing", 20_000)
def _of_old_wars_only_the_first_is_on(patch: Patch) -> None:
    """A walk that starts in a crisis starts in tension."""

    def first_war(setup: w.Setup) -> Any:
        return np.where(np.cumsum(setup.first_war) > 1, 0, setup.first_war).astype(setup.first_war.dtype)

    replaced(patch, first_war=first_war)


@caught("absorbing", 20_000)
def _what_must_not_be_is_not_asked(patch: Patch) -> None:
    """Outcomes with a `not` leave it aside, so a walk stands in several positions at once."""

    def change(_: Any, setup: w.Setup) -> w.Setup:
        asked = np.zeros(len(setup.condition_not), dtype=bool)
        for first, last in setup.clause_conditions:
            asked[first:last] = setup.condition_not[first:last] == 1
        return setup._replace(  # it becomes a date, which is always
            condition_not=np.where(asked, 0, setup.condition_not).astype(setup.condition_not.dtype),
            condition_kind=np.where(asked, w.IF_DATE, setup.condition_kind).astype(setup.condition_kind.dtype),
            condition_low=np.where(asked, -np.inf, setup.condition_low),
            condition_high=np.where(asked, np.inf, setup.condition_high),
        )

    altered(patch, change)


@caught("geometric", 20_000)
@caught("rising", 40_000)
def _ticks_counted_from_zero(patch: Patch) -> None:
    replaced(
        patch,
        event_from=lambda setup: np.maximum(setup.event_from, 0.0) + setup.tick_days,
        condition_low=lambda setup: setup.condition_low + setup.tick_days,
        condition_high=lambda setup: setup.condition_high + setup.tick_days,
    )


@caught("competing", 200_000)
def _rate_times_time_as_probability(patch: Patch) -> None:
    def chance(setup: w.Setup) -> Any:
        weeks = setup.tick_days / 7.0
        return np.where(setup.event_is_hazard, -np.log1p(-setup.event_chance * weeks) / weeks, setup.event_chance)

    replaced(patch, event_chance=chance)


@caught("competing", 40_000)
def _hazards_drawn_apart(patch: Patch) -> None:
    replaced(
        patch,
        event_group=lambda setup: np.arange(len(setup.event_id), dtype=np.int32),
        group_id=lambda setup: setup.event_id,
    )


@caught("joiners", 20_000)
def _one_draw_for_all(patch: Patch) -> None:
    replaced(patch, edge_id=lambda setup: np.full_like(setup.edge_id, 7))


@caught("promises", 20_000)
def _one_draw_for_all_promises(patch: Patch) -> None:
    replaced(patch, commitment_id=lambda setup: np.full_like(setup.commitment_id, 3))


@caught("promises", 10_000)
def _promises_are_always_kept(patch: Patch) -> None:
    replaced(patch, reliability=lambda setup: np.ones_like(setup.reliability))


@caught("absorbing", 20_000)
@caught("rising", 40_000)
def _rules_push_nine_tenths(patch: Patch) -> None:
    replaced(patch, effect_value=lambda setup: setup.effect_value * 0.9)


@caught("rising", 200_000, slow=True)
def _a_push_multiplies_the_rate(patch: Patch) -> None:
    """And not the odds."""

    def pushed(setup: w.Setup) -> Any:
        rate = setup.event_chance[0]
        p, q = -np.expm1(-rate), -np.expm1(-rate * np.exp(setup.effect_value))
        return np.log(q / (1.0 - q)) - np.log(p / (1.0 - p))

    replaced(patch, effect_value=pushed)


@caught("memory", 10_000)
def _memory_never_fades(patch: Patch) -> None:
    replaced(patch, kept=lambda setup: np.ones_like(setup.kept))


@caught("memory", 100_000)
def _half_life_taken_for_a_mean_life(patch: Patch) -> None:
    replaced(patch, kept=lambda setup: np.exp(-setup.tick_days / 7.0 / setup.half_life_weeks))


@caught("frailty", 10_000)
def _spread_taken_for_a_variance(patch: Patch) -> None:
    replaced(patch, frailty_sd=lambda setup: np.sqrt(setup.frailty_sd))


@caught("climb", 10_000)
def _gates_do_not_know_the_length_of_a_tick(patch: Patch) -> None:
    replaced(patch, tick_days=lambda setup: 7.0)


@caught("simultaneous", 10_000)
def _whoever_acts_counts(patch: Patch) -> None:
    """Outcomes that ask for an act take it from anyone: that nobody acts is told well, who acts is not."""

    def change(_: Any, setup: w.Setup) -> w.Setup:
        anyone = np.flatnonzero(setup.watch_observer < 0)
        own = np.split(setup.watch_of, setup.watches_from[1:-1])
        all_ = [np.union1d(some, anyone).astype(setup.watch_of.dtype) for some in own]
        ends = np.cumsum([0, *map(len, all_)]).astype(setup.watches_from.dtype)
        return setup._replace(watches_from=ends, watch_of=np.concatenate(all_))

    altered(patch, change)


@caught("simultaneous", 4000, plain=True, slow=True)
def _actors_move_in_turn(patch: Patch) -> None:
    _in_turn(patch, (w.BY_INITIATIVE,))


@caught("replies", 4000, plain=True, slow=True)
def _replies_see_each_other(patch: Patch) -> None:
    _in_turn(patch, (w.BY_REPLY,))


def _in_turn(patch: Patch, phases: tuple[int, ...]) -> None:
    """In these phases each edge acts as soon as it has decided."""

    def phase_of_tick(original: Any, setup: Any, world: Any, records: Any, keys: Any, lineage: Any, phase: int) -> None:
        if phase not in phases:
            original(setup, world, records, keys, lineage, phase)
            return
        tick.ask(setup, world, records, phase)
        asked = [edge for edge in range(len(setup.actor)) if tick.may_decide(world, edge, phase)]
        prompts = world.prompt.copy()
        for edge in asked:
            world.prompt[:] = prompts
            u = tick.luck(setup, world, keys, lineage, edge, phase)
            tick.decide(setup, world, records, edge, int(phase >= w.BY_REPLY), u)
            tick.act(setup, world, records, phase)

    around(patch, tick, "phase_of_tick", phase_of_tick)


@caught("simultaneous", 4000, plain=True, slow=True)
def _a_window_lasts_a_tick_longer(patch: Patch) -> None:
    def is_true(original: Any, setup: Any, world: Any, x: int) -> bool:
        if setup.condition_kind[x] == w.IF_ACT:
            a = setup.condition_a[x]
            day = w.today(setup, world)
            return bool(world.watch_record[a] >= 0 and day - world.watch_day[a] <= setup.condition_high[x])
        return bool(original(setup, world, x))

    around(patch, rules, "is_true", is_true)


@caught("promises", 2500, plain=True, slow=True)
def _called_is_taken_for_kept(patch: Patch) -> None:
    def oblige(setup: Any, world: Any, c: int) -> None:
        edge = setup.edge_of[setup.holder_of[c], world.triggered_by[c]]
        if edge >= 0:
            world.obliged[edge] = 1.0

    patch.setattr(commitments, "oblige", oblige)


@caught("climb", 2000, plain=True, slow=True)
def _the_first_gate_decides(patch: Patch) -> None:
    """Gates above the first are not asked."""
    around(
        patch, decision, "logistic", lambda logistic, x: 1.0 if x >= 0.0 or x == math.log(0.4 / 0.6) else logistic(x)
    )


@caught("absorbing", 2500, plain=True, slow=True)
def _wars_end_in_the_tick_they_begin(patch: Patch) -> None:
    def fight_on(original: Any, setup: Any, world: Any, keys: Any, lineage: Any) -> None:
        world.war[:] |= world.war_coming
        world.war_coming[:] = 0
        original(setup, world, keys, lineage)

    around(patch, tick, "fight_on", fight_on)


# --- rare outcomes


@caught("rare", 200_000, slow=True)
def _one_share_left_out(patch: Patch) -> None:
    def repeat(original: Any, course: Any, levels: Any, n: int, repetition: int) -> Any:
        found = original(course, levels, n, repetition)
        return found._replace(weight=found.weight * n / max(found.entered[-2], 1)) if len(found.entered) > 1 else found

    around(patch, splitting, "repeat", repeat)


@caught("rare", 200_000, slow=True)
def _hits_counted_once(patch: Patch) -> None:
    """A repetition that reached the outcome counts as one hit."""
    around(patch, splitting, "repeat", lambda repeat, *args: (found := repeat(*args))._replace(days=found.days[:1]))


# --- intervals


def _wald(count: Any, n: Any, confidence: float = 0.95) -> tuple[Any, Any]:
    p = np.asarray(count) / np.asarray(n)
    half = 1.96 * np.sqrt(np.maximum(p * (1.0 - p), 0.0) / n)
    return p - half, p + half


@caught("exact-interval", 1000)
@caught("ensemble-interval", 20_000)
def _wald_interval(patch: Patch) -> None:
    patch.setattr(estimates, "binomial_interval", _wald)


@caught("exact-interval", 1000)
def _wilson_interval(patch: Patch) -> None:
    def wilson(count: Any, n: Any) -> Any:
        return pairs.wilson(np.asarray(count, float), np.asarray(n, float), np.float64(1.959964))

    patch.setattr(estimates, "binomial_interval", wilson)


@caught("exact-interval", 1000)
def _ninety_percent(patch: Patch) -> None:
    around(patch, estimates, "binomial_interval", lambda interval, count, n: interval(count, n, 0.9))


@caught("two-layers", 1000)
def _draws_not_counted_as_clusters(patch: Patch) -> None:
    patch.setattr(
        estimates, "effective_size", lambda means, sizes, variance: np.full(len(variance), float(sizes.sum()))
    )


@caught("two-layers", 1000)
def _noise_left_in_the_spread(patch: Patch) -> None:
    patch.setattr(estimates, "between_draws", lambda shares, sizes: shares.var(0, ddof=1))


@caught("two-layers", 1000)
def _replicates_are_worth_half_as_many_again(patch: Patch) -> None:
    """So that 90 % of the intervals of 95 % cover."""
    around(patch, estimates, "effective_size", lambda worth, *args: 1.5 * worth(*args))


@caught("two-layers", 800_000, slow=True)
def _draws_come_in_pairs(patch: Patch) -> None:
    """Of the engine, not of the interval: the second of two draws is the first once more."""

    def parameter_draws(original: Any, scenario: Any, seed: int, draws: int) -> Any:
        found = original(scenario, seed, draws)
        return [found[p // 2] for p in range(len(found))]

    around(patch, worlds, "parameter_draws", parameter_draws)


@caught("difference-interval", 20_000)
def _wald_interval_of_pairs(patch: Patch) -> None:
    def interval(gained: Any, lost: Any, n: Any) -> Any:
        b, c = np.atleast_1d(np.asarray(gained, float)), np.atleast_1d(np.asarray(lost, float))
        half = 1.96 * np.sqrt((b + c) / n - ((b - c) / n) ** 2) / np.sqrt(n)
        return (b - c) / n - half, (b - c) / n + half

    patch.setattr(pairs, "paired_interval", interval)


@caught("difference-interval", 20_000)
def _pairs_do_not_share_their_luck(patch: Patch) -> None:
    calls = itertools.count()
    around(patch, ensemble, "key_schedule", lambda keys, seed, *rest: keys(seed + next(calls), *rest))


# --- changes whose effect is known


@caught("rename", 20_000)
def _names_move_gates(patch: Patch) -> None:
    def change(compiler: Any, setup: w.Setup) -> None:
        bold = np.array([compiler.names.states[actor].startswith("Q") for actor in setup.actor], dtype=bool)
        setup.base[:, bold] += 0.7

    altered(patch, change)


@caught("reorder", 20_000)
def _first_in_the_file_is_bolder(patch: Patch) -> None:
    def change(compiler: Any, setup: w.Setup) -> None:
        first = compiler.names.states.index(compiler.scenario.states[0].id)
        setup.base[:, setup.actor == first] += 0.2

    altered(patch, change)


@caught("inert", 20_000)
@caught("unused", 20_000)
def _luck_by_position(patch: Patch) -> None:
    def ids(names: Any) -> Any:
        return np.arange(len(list(names)), dtype=np.uint64)

    for module in (packing, structure):
        patch.setattr(module, "ids", ids)


@caught("unused", 20_000)
def _uncertain_numbers_drawn_in_a_row(patch: Patch) -> None:
    def parameter_draws(original: Any, scenario: Any, seed: int, draws: int) -> Any:
        paths: dict[str, int] = {}
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(numbers, "entity_id", lambda path: paths.setdefault(path, len(paths)))
            return original(scenario, seed, draws)

    around(patch, worlds, "parameter_draws", parameter_draws)


@caught("itself", 20_000)
def _the_clock_is_in_the_seed(patch: Patch) -> None:
    calls = itertools.count()
    around(patch, ensemble, "key_schedule", lambda keys, seed, *rest: keys(seed + next(calls), *rest))


@caught("seeds", 100_000, slow=True)
def _two_seeds_are_one(patch: Patch) -> None:
    around(patch, ensemble, "key_schedule", lambda keys, seed, *rest: keys((seed + 1) // 2, *rest))


@caught("copies", 20_000)
def _dyads_share_their_luck(patch: Patch) -> None:
    replaced(patch, edge_id=lambda setup: setup.edge_id[np.arange(len(setup.edge_id)) % 2])


@caught("copies", 20_000)
def _promises_share_their_luck(patch: Patch) -> None:
    """Those of a chain and those of its copy, which have another name."""

    def change(_: Any, setup: w.Setup) -> w.Setup:
        n = len(setup.commitment_id)
        return setup._replace(commitment_id=setup.commitment_id[np.arange(n) % max(n // 2, 1)])

    altered(patch, change)


@caught("symmetric", 20_000)
def _promises_of_the_second_are_kept_less(patch: Patch) -> None:
    def change(_: Any, setup: w.Setup) -> w.Setup:
        n = len(setup.reliability)
        return setup._replace(reliability=setup.reliability * np.where(np.arange(n) < n // 2, 0.8, 1.0))

    altered(patch, change)


@caught("certain", 100_000)
def _nothing_is_certain(patch: Patch) -> None:
    replaced(
        patch,
        event_chance=lambda setup: np.where(setup.event_is_hazard, setup.event_chance, setup.event_chance * 0.998),
    )


@caught("certain", 100_000)
def _nothing_is_certain_among_allies(patch: Patch) -> None:
    def change(_: Any, setup: w.Setup) -> w.Setup | None:
        return setup._replace(event_chance=setup.event_chance * 0.9) if len(setup.commitment_id) else None

    altered(patch, change)


@caught("certain", 100_000)
def _nothing_is_impossible(patch: Patch) -> None:
    replaced(patch, base=lambda setup: np.clip(setup.base, -6.0, 60.0))


def _firsts(groups: Any) -> Any:
    return np.unique(groups, return_index=True)[1]


@caught("likelier", 20_000)
def _luck_depends_on_the_numbers(patch: Patch) -> None:
    replaced(
        patch,
        group_id=lambda setup: setup.group_id ^ setup.event_chance.view(np.uint64)[_firsts(setup.event_group)],
        edge_id=lambda setup: setup.edge_id ^ np.uint64(abs(int(1e6 * setup.base.sum()))),
    )


@caught("likelier", 20_000)
def _luck_depends_on_the_rules(patch: Patch) -> None:
    replaced(patch, edge_id=lambda setup: setup.edge_id ^ np.uint64(abs(int(1e6 * setup.effect_value.sum()))))


@caught("longer", 20_000)
def _luck_depends_on_the_horizon(patch: Patch) -> None:
    replaced(patch, edge_id=lambda setup: setup.edge_id ^ np.uint64(setup.n_ticks))


@caught("more", 20_000)
def _luck_depends_on_the_number_of_replicates(patch: Patch) -> None:
    around(
        patch,
        ensemble,
        "run",
        lambda run, setup, draws, n, seed, *rest, **named: run(setup, draws, n, seed + n, *rest, **named),
    )


@caught("sweep", 20_000)
def _points_of_a_sweep_know_their_place(patch: Patch) -> None:
    around(patch, sweep.Plan, "seed_of", lambda seed_of, plan, point: seed_of(plan, point) + point)


@caught("symmetric", 40_000)
def _one_side_is_bolder(patch: Patch) -> None:
    def change(_: Any, setup: w.Setup) -> None:
        setup.base[:, setup.actor == 0] += 0.15

    altered(patch, change)


# --- one engine


@caught("drivers", 1000)
def _a_driver_differs_on_one_edge(patch: Patch) -> None:
    around(
        patch,
        agents,
        "luck",
        lambda luck, s, world, k, n, edge, phase: luck(s, world, k, n, edge, phase) * (1.0 - (edge == 0) / 2),
    )


@caught("drivers", 1000)
def _a_driver_asks_for_no_replies(patch: Patch) -> None:
    patch.setattr(agents, "ask", lambda *args: None)


@caught("same-bytes", 20_000)
def _luck_by_place_in_a_batch(patch: Patch) -> None:
    def run(original: Any, setup: Any, keys: Any, numbers: Any, *rest: Any) -> Any:
        return original(setup, keys, np.arange(len(numbers)), *rest)

    around(patch, ensemble, "_run", run)


@caught("same-bytes", 20_000, slow=True)
def _luck_by_thread(patch: Patch) -> None:
    def run(original: Any, setup: Any, keys: Any, numbers: Any, *rest: Any) -> Any:
        return original(setup, keys, numbers + 1000 * threading.current_thread().name.endswith("_1"), *rest)

    around(patch, ensemble, "_run", run)


@caught("parameters", 1000)
def _uncertain_numbers_depend_on_how_many(patch: Patch) -> None:
    around(patch, numbers, "uniforms", lambda uniforms, *args: uniforms(*args)[::-1].copy())


def main(names: list[str]) -> None:
    """Plant bugs one by one and say which were caught, as JSON."""
    found = {}
    for name in names:
        with pytest.MonkeyPatch.context() as patch:
            BUGS[name].plant(patch)
            found[name] = fails(BUGS[name])
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
