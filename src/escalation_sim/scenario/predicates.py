"""Selectors and conditions: the part of the scenario language that rules, events and outcomes share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from escalation_sim.scenario.quantity import Block, Date, Duration, Id, Ids

RELATIONS = ("anyone", "ally", "partner", "rival", "belligerent", "actor", "toward")


class AnyoneBut(Block):
    """Every state except these (ids of states or commitments)."""

    anyone_but: Ids


Selector = Id | Ids | AnyoneBut


class ActCondition(Block):
    """An act that happened (within a time), as far as the deciding state believes it."""

    by: Selector = "anyone"
    toward: Selector = "anyone"
    in_support_of: Selector | None = None
    at_least: Id
    at_most: Id | None = None
    within: Duration | None = None
    magnitude_at_least: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _one_belligerent(self) -> ActCondition:
        if self.in_support_of == "belligerent" or (self.by == "belligerent" and self.toward == "belligerent"):
            raise ValueError("'belligerent' stands for one side of the act: either 'by' or 'toward'")
        return self


class MemoryCondition(Block):
    """A memory on the rule's edge above a threshold: of the actor's own acts or of theirs."""

    of: Literal["own", "theirs"]
    kind: Literal["fast", "slow", "worst"]
    at_least: Annotated[float, Field(ge=0, le=1)]


class CommitmentCondition(Block):
    """A commitment (any pair of that id) is in force, triggered, or triggered and honoured."""

    id: Id
    status: Literal["in_force", "triggered", "honoured"]


class StrainCondition(Block):
    """The strain of a state's war effort, in [0, 1]."""

    of: Id
    at_least: Annotated[float, Field(ge=0, le=1)]


class CalendarCondition(Block):
    """A part of the calendar: months of the year, or dates (from inclusive, until exclusive)."""

    months: Annotated[tuple[Annotated[int, Field(ge=1, le=12)], ...], Field(strict=False, min_length=1)] | None = None
    from_: Annotated[Date | None, Field(alias="from")] = None
    until: Date | None = None

    @model_validator(mode="after")
    def _one(self) -> CalendarCondition:
        if not self.months and self.from_ is None and self.until is None:
            raise ValueError("a calendar condition needs 'months', 'from' or 'until'")
        if self.months and (self.from_ is not None or self.until is not None):
            raise ValueError("'months' and dates are two conditions; write them as two")
        return self


class WarCondition(Block):
    """A state of the first selector is at war with one of the second (`began`, `ended`: since the start)."""

    between: Annotated[tuple[Selector, Selector], Field(strict=False)]
    status: Literal["on", "began", "ended"] = "on"

    @model_validator(mode="after")
    def _known_states(self) -> WarCondition:
        if "belligerent" in self.between:
            raise ValueError("'belligerent' is what this condition is about; name the states, or write anyone")
        return self


class CountCondition(Block):
    """A number of states."""

    at_least: Annotated[int, Field(ge=1)]


class StandingCondition(Block):
    """Standing support or combat on a rung or above, by one state in support of another."""

    by: Selector
    in_support_of: Selector | None = None
    at_least: Id

    @model_validator(mode="after")
    def _known_states(self) -> StandingCondition:
        if "belligerent" in (self.by, self.in_support_of):
            raise ValueError("'belligerent' cannot be asked for here; name the states")
        return self


class Condition(Block):
    """One condition: exactly one of the keys below. `not` turns it round."""

    act: ActCondition | None = None
    memory: MemoryCondition | None = None
    commitment: CommitmentCondition | None = None
    strain: StrainCondition | None = None
    calendar: CalendarCondition | None = None
    war: WarCondition | None = None
    standing: StandingCondition | None = None
    belligerents: CountCondition | None = None
    opposing_nuclear_powers: bool | None = None
    event: Id | None = None
    outcome: Id | None = None
    not_: Annotated[Condition | None, Field(alias="not")] = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Condition:
        given = [key for key in type(self).model_fields if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError("a condition has exactly one key (for 'or', write two rules or use any_of in outcomes)")
        if self.not_ is not None and self.not_.not_ is not None:
            raise ValueError("'not' inside 'not' says nothing; take both away")
        if self.opposing_nuclear_powers is False:
            raise ValueError("write {not: {opposing_nuclear_powers: true}}")
        return self

    def kind(self) -> str:
        """Name of the one key that is set.

        >>> Condition(event="main_body").kind()
        'event'
        """
        return next(key for key in type(self).model_fields if getattr(self, key) is not None)
