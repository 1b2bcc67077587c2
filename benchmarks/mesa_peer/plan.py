"""What a scenario fixes, as Python objects: read once from the arrays, shared by all replicates and never changed."""

from __future__ import annotations

from dataclasses import dataclass

from .conditions import Row


@dataclass(frozen=True, slots=True, eq=False)
class Rung:
    """One rung of the ladder."""

    number: int
    severity: float
    remembered: float  # weight in the act memories
    needs_partner: bool  # an act is in support of somebody
    needs_war: bool  # of the partner
    starts_war: bool
    joins_war: bool


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """The gate before one rung, for one edge and one phase, with all that never changes added up in `base`."""

    rung: Rung
    base: float
    weights: tuple[tuple[int, float], ...]  # (covariate, coefficient), without zeros
    replied_to: tuple[float, ...]  # log-odds by the rung that is answered; empty for initiatives
    rules: tuple[tuple[Row, float], ...]  # rows with conditions


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """An edge that may reply to an act, and how much the act weighs there."""

    edge: int
    weight: float
    third_party: float
    accomplice: float


@dataclass(frozen=True, slots=True, eq=False)
class EdgePlan:
    """One state towards another. Pairs are (initiative, reply)."""

    number: int
    actor: int
    target: int
    reverse: int | None
    dyad: int
    rival: bool
    gates: tuple[tuple[Gate, ...], tuple[Gate, ...]]
    caps: tuple[tuple[tuple[Row, int], ...], tuple[tuple[Row, int], ...]]
    movers: tuple[tuple[tuple[Row, int, float], ...], tuple[tuple[Row, int, float], ...]]  # (row, rung, log-odds)
    third: tuple[tuple[int, float], ...]  # edges of the target against partners of the actor, with their weight
    helped: tuple[tuple[int, int], ...]  # partners that could be supported, with their dyad with the target
    answers: tuple[Answer, ...]  # who may reply to the actor
    answers_behind: dict[int, tuple[Answer, ...]]  # who may reply to the beneficiary
    watches: tuple[tuple[int, ...], ...]  # that an act on each rung may fit
    memory: tuple[float, float, float]
    standing: Rung | None
    support: int | None
    deployed: float


@dataclass(frozen=True, slots=True, eq=False)
class DyadPlan:
    """Two states and how their war stands at the start."""

    states: tuple[int, int]
    edges: tuple[int, ...]
    war: bool
    initiator: int | None
    war_day: float
    war_end_rules: tuple[tuple[Row, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PromisePlan:
    """One state's commitment to another."""

    holder: int
    ally: int
    to_arms: bool
    force_from: float
    force_until: float
    trigger_rung: int
    covers_initiators: bool
    reliability: float
    inside: frozenset[int]
    holder_edges: dict[int, int]  # edge of the holder by aggressor
    ally_dyads: dict[int, int]  # dyad of the ally by aggressor


@dataclass(frozen=True, slots=True, eq=False)
class EventPlan:
    """Something from outside the model."""

    number: int
    actor: int
    edge: int | None
    rung: Rung | None
    support: int | None
    first_day: float
    last_day: float
    chance: float  # probability (dated) or rate a week (hazard)
    troops: float
    withdraws: bool
    recruits: float
    conditions: Row
    rules: tuple[tuple[Row, float], ...]
    sure: frozenset[int]  # states that will believe it
    unsure: tuple[tuple[int, float], ...]  # (state, probability that it believes)


@dataclass(frozen=True, slots=True, eq=False)
class EventGroup:
    """Events that exclude each other: all dated, or all hazards."""

    is_hazard: bool
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class WatchPlan:
    """A pattern of acts that conditions ask for."""

    beneficiaries: frozenset[int] | None
    magnitude: float
    observer: int | None
    whom_at_war: int  # 0 nobody, 1 the actor, 2 the target must be at war with the observer
    dyads: dict[int, int]  # dyad of the observer by state


@dataclass(frozen=True, slots=True, eq=False)
class EffortPlan:
    """The war effort of a state."""

    state: int
    troops: float
    needed: float
    losses: float  # a week
    recruits: float  # a week
    winter: float
    tolerance: float
    rear: float


@dataclass(frozen=True, slots=True, eq=False)
class OutcomePlan:
    """A question: any of these clauses, each with the outcomes that it waits for."""

    clauses: tuple[tuple[Row, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One parameter draw of a scenario."""

    n_ticks: int
    tick_days: float
    reply_rounds: int
    months: tuple[int, ...]
    winters: tuple[float, ...]
    nuclear: tuple[bool, ...]
    rungs: tuple[Rung, ...]
    war_rung: int
    fight_rung: int
    war_end: tuple[float, float, float, float]
    frailty_sd: float
    kept: tuple[float, float, float]
    contingent: float
    edges: tuple[EdgePlan, ...]
    dyads: tuple[DyadPlan, ...]
    promises: tuple[PromisePlan, ...]
    events: tuple[EventPlan, ...]
    groups: tuple[EventGroup, ...]
    watches: tuple[WatchPlan, ...]
    efforts: tuple[EffortPlan, ...]
    outcomes: tuple[OutcomePlan, ...]
