"""The scenario language as types: what a file may say, before names are looked up.

Every class is one block of the file. Validation here is local (types, ranges, one block at a time); names that point
to other blocks are checked in `resolve`. Lists of blocks with an `id` are addressed by that id in overrides.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from escalation_sim.scenario.coefficients import (
    Coefficients as Coefficients,
)
from escalation_sim.scenario.coefficients import (
    Correlation as Correlation,
)
from escalation_sim.scenario.designs import (
    Design as Design,
)
from escalation_sim.scenario.levers import (
    Lever as Lever,
)
from escalation_sim.scenario.predicates import (
    RELATIONS as RELATIONS,
)
from escalation_sim.scenario.predicates import (
    ActCondition as ActCondition,
)
from escalation_sim.scenario.predicates import (
    AnyoneBut as AnyoneBut,
)
from escalation_sim.scenario.predicates import (
    CalendarCondition as CalendarCondition,
)
from escalation_sim.scenario.predicates import (
    CommitmentCondition as CommitmentCondition,
)
from escalation_sim.scenario.predicates import (
    Condition as Condition,
)
from escalation_sim.scenario.predicates import (
    CountCondition as CountCondition,
)
from escalation_sim.scenario.predicates import (
    MemoryCondition as MemoryCondition,
)
from escalation_sim.scenario.predicates import (
    Selector as Selector,
)
from escalation_sim.scenario.predicates import (
    StandingCondition as StandingCondition,
)
from escalation_sim.scenario.predicates import (
    StrainCondition as StrainCondition,
)
from escalation_sim.scenario.predicates import (
    WarCondition as WarCondition,
)
from escalation_sim.scenario.quantity import (
    DAYS as DAYS,
)
from escalation_sim.scenario.quantity import (
    DISTRIBUTIONS as DISTRIBUTIONS,
)
from escalation_sim.scenario.quantity import (
    MOST as MOST,
)
from escalation_sim.scenario.quantity import (
    Amount as Amount,
)
from escalation_sim.scenario.quantity import (
    Basis as Basis,
)
from escalation_sim.scenario.quantity import (
    Block as Block,
)
from escalation_sim.scenario.quantity import (
    Chance as Chance,
)
from escalation_sim.scenario.quantity import (
    Date as Date,
)
from escalation_sim.scenario.quantity import (
    Duration as Duration,
)
from escalation_sim.scenario.quantity import (
    Id as Id,
)
from escalation_sim.scenario.quantity import (
    Ids as Ids,
)
from escalation_sim.scenario.quantity import (
    Pair as Pair,
)
from escalation_sim.scenario.quantity import (
    Quantity as Quantity,
)
from escalation_sim.scenario.quantity import (
    Sourced as Sourced,
)
from escalation_sim.scenario.quantity import (
    Text as Text,
)
from escalation_sim.scenario.quantity import (
    Version as Version,
)
from escalation_sim.scenario.quantity import (
    calendar_day as calendar_day,
)
from escalation_sim.scenario.quantity import (
    days as days,
)


class Source(Block):
    """A public source that the scenario draws on."""

    id: Id
    title: Text
    publisher: Text | None = None
    date: Date | None = None
    url: Text | None = None


Need = Literal["partner", "partner_at_war", "nuclear_weapon"]


class Rung(Block):
    """One rung of the ladder. The first of the list is rung 0, where nothing is done."""

    id: Id
    label: Text
    severity: Annotated[float, Field(ge=0, le=1)]
    hostility_level: Annotated[int, Field(ge=1, le=5)]
    memory: Annotated[float, Field(ge=0, le=1)] = 1.0
    needs: Need | None = None
    starts_war: bool = False
    joins_war: bool = False
    source: Text | None = None


class State(Sourced):
    """A state as an agent; facts left out are taken from the packaged library by id."""

    id: Id
    name: Text | None = None
    capability: Amount | None = None
    military_spending: Amount | None = None
    personnel: Amount | None = None
    warheads: Amount | None = None
    regime: Quantity | None = None
    major_power: bool | None = None
    cow: int | None = None
    members: tuple[Id, ...] | None = None


class Relation(Sourced):
    """An unordered pair of states: a rivalry or a border."""

    between: Pair


class Closed(Sourced):
    """Rungs that one side cannot use against the other (geography, means)."""

    by: Ids
    toward: Ids
    rungs: Ids


class War(Sourced):
    """A war that goes on at the start: every state of one side against every state of the other."""

    id: Id
    label: Text | None = None
    sides: Annotated[tuple[Ids, Ids], Field(strict=False)]
    initiator: Id | None = None
    since: Date


class Support(Sourced):
    """Standing support at the start: `by` acts on `rung` in support of `to`, against `against`."""

    id: Id
    by: Id
    to: Id
    against: Id
    rung: Id
    since: Date | None = None
    troops: Amount | None = None


class PastAct(Sourced):
    """An act before the start, remembered as far as memories reach."""

    by: Id
    toward: Id
    act: Id
    on: Date


class Trigger(Block):
    """What sets off a commitment: an act of at least this rung against the ally, from outside the pact.

    `by` narrows it to acts of these states, where the ground that a treaty covers leaves the others out.
    """

    at_least: Id
    by: Ids | None = None
    covers_initiators: bool = False


CommitmentType = Literal["defence", "offence", "consultation", "neutrality", "non_aggression", "support_policy"]


class Commitment(Sourced):
    """A treaty or policy. `members` hold it towards each other, or `holder` towards `ally`."""

    id: Id
    label: Text | None = None
    type: CommitmentType | None = None
    members: Ids | None = None
    holder: Id | None = None
    ally: Id | None = None
    joined: dict[Id, Date] = Field(default_factory=dict)
    left: dict[Id, Date] = Field(default_factory=dict)
    signed: Date | None = None
    in_force_from: Date | None = None
    in_force_until: Date | None = None
    clause: Text | None = None
    trigger: Trigger | None = None
    reliability: Chance | None = None
    weight: Annotated[float, Field(ge=0, le=1)] | None = None


class Hazard(Block):
    """Something that may happen at any time: events per unit of time, between two dates if given."""

    rate: Amount
    per: Literal["week", "month", "year"]
    from_: Annotated[Date | None, Field(alias="from")] = None
    until: Date | None = None


class Event(Sourced):
    """An act (or a mere flag) that comes from outside the model, on a date, in a window of dates, or at a hazard.

    Events of one `one_of` group exclude each other. Conditions in `when` must hold when the event falls due;
    a dated event whose conditions do not hold then does not happen.
    """

    id: Id
    label: Text | None = None
    actor: Id
    act: Id | None = None
    toward: Id | None = None
    in_support_of: Id | None = None
    on: Date | None = None
    between: Annotated[tuple[Date, Date], Field(strict=False)] | None = None
    hazard: Hazard | None = None
    probability: Chance | None = None
    one_of: Id | None = None
    when: Annotated[tuple[Condition, ...], Field(strict=False)] = ()
    believed: dict[Id, Chance] = Field(default_factory=dict)
    troops: Amount | None = None
    withdraws: bool = False
    recruits_per_week: Amount | None = None

    @model_validator(mode="after")
    def _timed(self) -> Event:
        if sum(timing is not None for timing in (self.on, self.between, self.hazard)) != 1:
            raise ValueError("an event has exactly one of 'on', 'between' and 'hazard'")
        if self.between and self.between[0] > self.between[1]:
            raise ValueError("'between' runs from the earlier to the later date")
        if self.hazard and self.probability is not None:
            raise ValueError("an event with a hazard takes no 'probability'")
        if (self.act or self.withdraws or self.troops or self.in_support_of) and self.toward is None:
            raise ValueError("an event that acts, supports, deploys or withdraws needs 'toward'")
        return self


class Effort(Sourced):
    """The war effort of a belligerent. Strain is the shortage of troops over the shortage it can bear, in [0, 1]."""

    state: Id
    troops: Amount
    needed: Amount
    losses_per_week: Amount
    recruits_per_week: Amount
    winter_losses: Amount = Quantity(value=1.0)
    tolerance: Chance
    rear_value: Chance = Quantity(value=0.3, basis="elicited", because="rear troops free some own units for the front")


class Uncertainty(Block):
    """How unsure an elicited effect is: standard deviation of all log-odds of the rule together."""

    sd: Annotated[float, Field(ge=0, le=MOST)]


class Rule(Sourced):
    """Selector and conditions, and what they do to the log-odds at named gates (rungs, events, `war_end`)."""

    id: Id
    actor: Selector
    toward: Selector = "anyone"
    when: Annotated[tuple[Condition, ...], Field(strict=False)] = ()
    then: dict[Id, Quantity] = Field(default_factory=dict)
    not_above: Id | None = None
    phase: Literal["both", "initiative", "reply"] = "both"
    uncertainty: Uncertainty | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Rule:
        if not self.then and self.not_above is None:
            raise ValueError("a rule needs 'then' (log-odds at gates) or 'not_above' (a cap)")
        return self


class Outcome(Block):
    """A predicate over the trajectory, true from its first moment on, with the windows it is asked for."""

    id: Id
    label: Text
    kind: Literal["vertical", "horizontal", "political"]
    resolution: Text
    when: Annotated[tuple[Condition, ...], Field(strict=False)] = ()
    any_of: Annotated[
        tuple[Annotated[tuple[Condition, ...], Field(strict=False, min_length=1)], ...], Field(strict=False)
    ] = ()
    windows: Annotated[tuple[Duration, ...], Field(strict=False)] | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _one_form(self) -> Outcome:
        if bool(self.when) == bool(self.any_of):
            raise ValueError("an outcome has either 'when' (all must hold) or 'any_of' (lists of conditions)")
        return self


class Show(Block):
    """What the figures show: dyads of the ladder picture, outcomes whose paths are drawn."""

    dyads: Annotated[tuple[Pair, ...], Field(strict=False)] = ()
    paths: Annotated[tuple[Id, ...], Field(strict=False)] = ()


class Scenario(Block):
    """A crisis as a file says it. `resolve` fills what is left out from the packaged library."""

    format_version: Version
    id: Id
    title: Text
    description: Text | None = None
    extends: Text | None = None
    sources: Annotated[tuple[Source, ...], Field(strict=False)] = ()
    start: Date
    tick: Duration = 7.0
    horizon: Duration
    reply_rounds: Annotated[int, Field(ge=0, le=3)] = 1
    windows: Annotated[tuple[Duration, ...], Field(strict=False)] = ()
    contingent: Amount = Quantity(
        value=5000.0, basis="elicited", because="troops of a state that joins a war undeclared"
    )
    ladder: Annotated[tuple[Rung, ...], Field(strict=False)] = ()
    coefficients: Coefficients = Coefficients()
    states: Annotated[tuple[State, ...], Field(strict=False, min_length=1)]
    rivalries: Annotated[tuple[Relation, ...], Field(strict=False)] = ()
    borders: Annotated[tuple[Relation, ...], Field(strict=False)] = ()
    closed: Annotated[tuple[Closed, ...], Field(strict=False)] = ()
    wars: Annotated[tuple[War, ...], Field(strict=False)] = ()
    support: Annotated[tuple[Support, ...], Field(strict=False)] = ()
    history: Annotated[tuple[PastAct, ...], Field(strict=False)] = ()
    commitments: Annotated[tuple[Commitment, ...], Field(strict=False)] = ()
    events: Annotated[tuple[Event, ...], Field(strict=False)] = ()
    efforts: Annotated[tuple[Effort, ...], Field(strict=False)] = ()
    rules: Annotated[tuple[Rule, ...], Field(strict=False)] = ()
    outcomes: Annotated[tuple[Outcome, ...], Field(strict=False, min_length=1)]
    show: Show = Show()
    levers: Annotated[tuple[Lever, ...], Field(strict=False)] = ()
    designs: Annotated[tuple[Design, ...], Field(strict=False)] = ()
    variants: dict[Id, dict[str, Any]] = Field(default_factory=dict)
