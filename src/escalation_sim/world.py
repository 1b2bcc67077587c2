"""The arrays: `Setup` (what a scenario fixes), `World` (what changes during a run), `Records` (what was done).

The arrays are the only copy of the truth; both drivers and every rule of the theory read and write these and nothing
else. Shapes use N states, E edges, D dyads, K rungs, F covariates, C commitments (one per ordered pair), G treaties,
V events, W watches, X conditions, O outcomes, T ticks. Indices into these axes are `*_index`-like int32 arrays; -1
stands for "none". Times are days since the start.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from escalation_sim._compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.uint64]
Whole = int | np.signedinteger[Any]  # a whole number, read from an array or not
Real = float | np.floating[Any]

# What a gate can depend on. Static covariates are fixed for an edge; dynamic ones are read off the world at a decision.
STATIC_COVARIATES = (
    "intercept",
    "power_ratio",  # log of own over their capability, clipped to [-6, 6]
    "own_nuclear",
    "their_nuclear",
    "both_nuclear",
    "contiguous",
    "rival",
    "pact",  # a defence, neutrality or non-aggression commitment binds the two
    "own_major",
    "their_major",
    "post_1990",
)
DYNAMIC_COVARIATES = (
    "own_fast",  # memories of own acts on this edge
    "own_slow",
    "own_worst",
    "their_fast",  # memories of their acts on the reverse edge
    "their_slow",
    "their_worst",
    "partner_fresh",  # what they lately did to our partners, by weight of the commitment, old news discounted
    "obligation",  # a commitment against them is triggered and honoured
    "supporter",  # a partner of ours is at war with them (1), or was (fading)
    "opposed",  # they support, or fight beside, a state that is at war with us (1), or was (fading)
    "strain",  # of our own war effort
    "winter",  # share of the tick in December to February
    "standing",  # the climb starts from standing combat or war, not from routine
    "frailty",
    "first_reply",  # reply only: we have not acted on this edge yet
    "third_party",  # reply only: the act was against a partner of ours
    "accomplice",  # reply only: the act was somebody else's, in support of them
    "habituation",  # reply only: how far the act was more of the same
)
S_RIVAL = STATIC_COVARIATES.index("rival")
(
    OWN_FAST,
    OWN_SLOW,
    OWN_WORST,
    THEIR_FAST,
    THEIR_SLOW,
    THEIR_WORST,
    PARTNER_FRESH,
    OBLIGATION,
    SUPPORTER,
    OPPOSED,
    STRAIN,
    WINTER,
    STANDING,
    FRAILTY,
    FIRST_REPLY,
    THIRD_PARTY,
    ACCOMPLICE,
    HABITUATION,
) = range(len(DYNAMIC_COVARIATES))
WAR_END_COVARIATES = ("intercept", "strain", "years", "winter")

# Codes in the arrays.
NEED_NOTHING, NEED_PARTNER, NEED_PARTNER_AT_WAR, NEED_NUCLEAR_WEAPON = range(4)
CALLS_TO_ARMS, CALLS_TO_TALK, CALLS_NOT = range(3)  # defence and offence; consultation; the rest
BY_EVENT, BY_INITIATIVE, BY_REPLY = 0, 1, 2  # phase of a record; reply round r is BY_REPLY + r - 1
# How a reply is linked to the act it answers: done to us by them, to a partner of ours by them, to us by somebody else
# in support of them, to a partner of ours by somebody else in support of them.
DIRECT, THIRD, ALONGSIDE, THIRD_ALONGSIDE = 1, 2, 3, 4  # link + 1: the third-party form
(
    IF_ACT,
    IF_MEMORY,
    IF_COMMITMENT,
    IF_STRAIN,
    IF_MONTH,
    IF_DATE,
    IF_WAR,
    IF_STANDING,
    IF_BELLIGERENTS,
    IF_OPPOSING_NUCLEAR,
    IF_EVENT,
    IF_OUTCOME,
) = range(12)
NEVER = -1.0


class Setup(NamedTuple):
    """Everything a scenario fixes, for one draw of its parameters. See the module's docstring for shapes.

    Rows of rules are owned by an edge, an event or a dyad (whose war may end); `rows_from[owner]` to
    `rows_from[owner + 1]` are its rows, with owners numbered edges first, then events, then dyads.
    """

    # time
    n_ticks: int
    tick_days: float
    reply_rounds: int
    month: Ints  # (T,) month of the first day of each tick
    winter: Floats  # (T,) share of the tick in December to February
    # states and edges
    state_id: Ids  # (N,)
    nuclear: Flags  # (N,)
    actor: Ints  # (E,)
    target: Ints  # (E,)
    reverse: Ints  # (E,) the edge of the target against the actor: edges come in pairs
    edge_of: Ints  # (N, N) edge of actor against target, or -1
    edge_id: Ids  # (E,)
    dyad: Ints  # (E,)
    dyad_edges: Ints  # (D, 2) the two edges of a dyad
    dyad_id: Ids  # (D,)
    # ladder
    severity: Floats  # (K,)
    remembered: Floats  # (K,) weight of an act in the act memories
    need: Ints  # (K,)
    starts_war: Flags  # (K,)
    joins_war: Flags  # (K,)
    war_rung: int  # lowest rung that starts a war (K if none)
    fight_rung: int  # lowest rung that joins one (K if none)
    closed: Flags  # (E, K) rungs this edge can never use
    # gates: phase 0 initiative, 1 reply
    static: Floats  # (E, F static)
    static_coefficient: Floats  # (2, K, F static)
    dynamic_coefficient: Floats  # (2, K, F dynamic)
    reply_to: Floats  # (K, K) log-odds at a reply's gate by the rung replied to
    base: Floats  # (2, E, K) what the static covariates add up to; filled by `hoist`
    n_terms: Ints  # (2, K) number of dynamic covariates whose coefficient is not zero; filled by `hoist`
    terms: Ints  # (2, K, F dynamic) which they are
    war_end: Floats  # (4,) log-odds a week that a war ends, see WAR_END_COVARIATES
    frailty_sd: Floats  # (1,)
    kept: Floats  # (3,) share of the fast, slow and worst memory kept over one tick; filled by `hoist`
    half_life_weeks: Floats  # (3,)
    # partners
    holders_from: Ints  # (N + 1,) for each state, who cares about it
    holder: Ints
    holder_weight: Floats
    third_from: Ints  # (E + 1,) for edge i->j, the edges j->k with k a partner of i
    third_edge: Ints
    third_weight: Floats
    helped_from: Ints  # (E + 1,) for edge i->j, the partners k of i that i could support against j
    helped: Ints
    helped_dyad: Ints  # dyad of k and j
    # commitments, one per ordered pair
    holder_of: Ints  # (C,) state bound
    ally_of: Ints  # (C,) state promised to
    treaty: Ints  # (C,)
    commitment_id: Ids  # (C,)
    calls: Ints  # (C,)
    force_from: Floats  # (C,)
    force_until: Floats  # (C,)
    trigger_rung: Ints  # (C,) K if nothing triggers it
    covers_initiators: Flags  # (C,)
    reliability: Floats  # (C,)
    inside: Flags  # (G, N) states whose acts do not trigger a treaty: its members, and who strikes off its ground
    to_ally_from: Ints  # (N + 1,) commitments by ally
    to_ally: Ints
    # events
    event_id: Ids  # (V,)
    event_actor: Ints
    event_edge: Ints  # -1: a mere flag
    event_rung: Ints  # 0: no act
    event_support: Ints
    event_from: Floats  # earliest day
    event_until: Floats  # latest day
    event_is_hazard: Flags
    event_chance: Floats  # probability (dated) or rate a week (hazard)
    event_group: Ints  # events of one group exclude each other; groups run in order of their events
    group_id: Ids
    event_troops: Floats
    event_withdraws: Flags
    event_recruits: Floats
    event_conditions: Ints  # (V, 2) first and last + 1 condition
    belief: Floats  # (V, N) probability that the state believes the event
    # rules
    rows_from: Ints  # (E + V + D + 1,)
    row_rule: Ints
    row_conditions: Ints  # (rows, 2)
    row_effects: Ints  # (rows, 2) first and last + 1 effect
    effect_gate: Ints
    effect_value: Floats
    push_from: Ints  # (2, E + V + D, K + 1) where the effects on a gate begin, by phase and owner
    push_row: Ints
    push_effect: Ints
    cap_from: Ints  # (2, E + V + D + 1) where the rows with a cap begin, by phase and owner
    cap_row: Ints
    rule_phase: Ints  # 0 both, 1 initiative, 2 reply
    rule_cap: Ints  # highest rung allowed; K if no cap
    # conditions
    condition_kind: Ints  # (X,)
    condition_not: Flags
    condition_a: Ints
    condition_b: Ints
    condition_c: Ints
    condition_low: Floats
    condition_high: Floats
    listed: Ints  # edges and dyads that conditions point to by range
    sets: Flags  # (S, N) sets of states
    # watches: the last act that fits a pattern, as one observer (or nobody in particular) knows it
    watches_from: Ints  # (E + 1,) watches an act on the edge may fit
    watch_of: Ints
    watch_low: Ints  # (W,) rungs from
    watch_high: Ints  # to
    watch_support: Ints  # (W,) row of `sets`: beneficiaries that fit, -1: any or none
    watch_magnitude: Floats  # (W,)
    watch_observer: Ints  # (W,) -1: the truth
    watch_at_war: Flags  # (W,) 0 no, 1 the actor, 2 the target must be at war with the observer
    # war efforts
    effort_state: Ints
    effort_troops: Floats
    effort_needed: Floats
    effort_losses: Floats  # a week
    effort_recruits: Floats  # a week
    effort_winter: Floats
    effort_tolerance: Floats
    effort_rear: Floats
    contingent: Floats  # (1,) troops of a state that joins without having deployed any
    # the start
    first_memory: Floats  # (3, E) fast, slow, worst
    first_standing: Ints  # (E,)
    first_support: Ints  # (E,)
    first_deployed: Floats  # (E,)
    first_war: Flags  # (D,)
    first_initiator: Ints  # (D,)
    first_war_day: Floats  # (D,) negative: days before the start
    # outcomes
    outcome_id: Ids
    clauses_from: Ints  # (O + 1,)
    clause_conditions: Ints  # (clauses, 2)


class World(NamedTuple):
    """Everything that changes during one replicate."""

    clock: npt.NDArray[np.int64]  # see CLOCK_*
    fast: Floats  # (E,)
    slow: Floats
    worst: Floats
    fresh: Floats
    doubtful: Ints  # (E,) event that `fresh` rests on, -1 if everybody saw it
    acted: Flags  # (E,)
    standing: Ints  # (E,) rung of standing support or combat
    support: Ints  # (E,) in support of whom
    deployed: Floats  # (E,) troops in the theatre
    obliged: Floats  # (E,)
    backing: Floats  # (E,) 1 while a partner of the actor is at war with the target, fading afterwards
    frailty: Floats  # (D,)
    ceiling: Floats  # (E,) the most that the chance of an initiative from peace can be in a tick
    war: Flags  # (D,)
    war_begun: Floats  # (D,) day
    war_ended: Floats  # (D,) day, NEVER
    war_initiator: Ints  # (D,)
    war_record: Ints  # (D,) record that began it
    war_coming: Flags  # (D,)
    triggered: Floats  # (C,) day
    triggered_by: Ints
    trigger_record: Ints
    honoured: Flags  # (C,)
    happened: Floats  # (V,) day
    happened_record: Ints
    due: Floats  # (V,) day of dated events, NEVER if they will not happen
    believed: Flags  # (V, N)
    watch_day: Floats  # (W,)
    watch_record: Ints
    troops: Floats  # (efforts,)
    recruits: Floats
    strain: Floats  # (N,)
    outcome_day: Floats  # (O,)
    outcome_record: Ints
    # the act that a counterfactual leaves out: tick, phase, and edge (in the phase of events: event); -1: none
    withheld: Ints  # (3,)
    # scratch of the tick
    choice: Ints  # (E,) rung chosen
    choice_support: Ints
    choice_cause: Ints
    prompt: Ints  # (E,) record a reply answers
    prompt_link: Ints
    prompt_weight: Floats
    covariate: Floats  # (F dynamic,)
    p_gate: Floats  # (K,) probability that each gate opened in this decision, NEVER where the climb did not come
    held: Flags  # (rows,) whether a row of rules holds in this decision, once looked at
    belligerent: Flags  # (N,)


CLOCK_TICK, CLOCK_RECORDS, CLOCK_TICK_START, CLOCK_BELLIGERENTS, CLOCK_OPPOSING = range(5)


class Records(NamedTuple):
    """What was done, in order: one record per act or event of a replicate."""

    tick: Ints
    edge: Ints  # -1: an event without an act
    rung: Ints
    phase: Ints
    cause: Ints  # the record it answers or follows from, -1: none
    event: Ints  # -1: decided, not an event
    support: Ints
    magnitude: Floats
    novelty: Floats  # 1: nothing like it before; 0: more of the same


def blank_world(setup: Setup) -> World:
    """A World of the right shapes; `tick.begin` fills it."""
    return packed_world(setup)[0]


def packed_world(setup: Setup) -> tuple[World, Flags]:
    """A World of the right shapes, and the bytes that all its arrays are views of: copying them copies the world."""
    n_edges, n_dyads, n_states = len(setup.actor), len(setup.dyad_id), len(setup.nuclear)
    n_events, n_outcomes, n_watches = len(setup.event_id), len(setup.outcome_id), len(setup.watch_low)
    sizes = {
        "clock": 5,
        "withheld": 3,
        "covariate": len(DYNAMIC_COVARIATES),
        "p_gate": len(setup.severity),
        "held": len(setup.row_rule),
    }
    groups = (
        (n_states, "strain belligerent"),
        (len(setup.effort_state), "troops recruits"),
        (n_dyads, "frailty war war_begun war_ended war_initiator war_record war_coming"),
        (len(setup.treaty), "triggered triggered_by trigger_record honoured"),
        (n_events, "happened happened_record due"),
        (n_watches, "watch_day watch_record"),
        (n_outcomes, "outcome_day outcome_record"),
    )
    for size, names in groups:
        sizes |= dict.fromkeys(names.split(), size)
    shapes: dict[str, tuple[int, ...]] = {name: (sizes.get(name, n_edges),) for name in World._fields}
    shapes["believed"] = n_events, n_states
    return _packed(World, shapes)


def _packed(group: Any, shapes: dict[str, tuple[int, ...]]) -> tuple[Any, Flags]:
    """Arrays of zeros, laid end to end in one piece of memory."""
    kinds = {name: np.dtype(kind) for name, kind in _number_types(group).items()}
    words = [-(-math.prod(shapes[name]) * kind.itemsize // 8) for name, kind in kinds.items()]
    whole = np.zeros(8 * sum(words), dtype=np.uint8)
    pieces = np.split(whole, 8 * np.cumsum(words)[:-1])
    arrays = (
        piece[: math.prod(shapes[name]) * kind.itemsize].view(kind).reshape(shapes[name])
        for piece, (name, kind) in zip(pieces, kinds.items(), strict=True)
    )
    return group(*arrays), whole


@functools.cache
def _number_types(group: type) -> dict[str, Any]:
    """Number type of each array of a group, from its annotation such as `Floats`."""
    return {name: get_args(get_args(kind)[1])[0] for name, kind in get_type_hints(group).items()}


def blank_records(setup: Setup) -> Records:
    """Records with room for the most that a replicate can do, so that nothing grows during a run."""
    return packed_records(setup, setup.n_ticks)[0]


def packed_records(setup: Setup, n_ticks: int) -> tuple[Records, Flags]:
    """Records with room for the most that can be done in so many ticks, and the bytes that they are views of."""
    room = len(setup.event_id) + n_ticks * len(setup.actor) * (1 + setup.reply_rounds)
    return _packed(Records, dict.fromkeys(Records._fields, (room,)))


@compiled
def today(setup: Setup, world: World) -> float:
    """Day on which the current tick begins."""
    return float(world.clock[CLOCK_TICK] * setup.tick_days)


class Names(NamedTuple):
    """What the numbers of a Setup are called, axis by axis."""

    states: tuple[str, ...]
    edges: tuple[str, ...]  # "RUS>UKR"
    dyads: tuple[str, ...]  # "RUS-UKR"
    rungs: tuple[str, ...]
    treaties: tuple[str, ...]
    commitments: tuple[str, ...]  # "nato:USA>POL"
    events: tuple[str, ...]
    rules: tuple[str, ...]
    outcomes: tuple[str, ...]
