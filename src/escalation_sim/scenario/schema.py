"""The scenario language as types: what a file may say, before names are looked up.

Every class is one block of the file. Validation here is local (types, ranges, one block at a time); names that point
to other blocks are checked in `resolve`. Lists of blocks with an `id` are addressed by that id in overrides.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

ID = r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"
Id = Annotated[str, Field(pattern=ID)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Basis = Literal["fact", "estimated", "elicited"]

DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
_UNITS = {"h": 1 / 24, "hour": 1 / 24, "d": 1.0, "w": 7.0, "y": 365.25} | DAYS
_DURATION = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+?)s?\s*$")
_ISO_DURATION = re.compile(r"^P(?:(\d+)W|(?:(\d+)D)?(?:T(\d+)H)?)$")


def days(text: object) -> float:
    """Length of a duration in days: `2 weeks`, `7d`, `36h`, `P7D`, `P2W`.

    Raises
    ------
    ValueError
        If the text is not a positive duration.

    >>> days("2 weeks"), days("7d"), days("P1DT12H"), days("1 year")
    (14.0, 7.0, 1.5, 365.25)
    """
    if isinstance(text, str):
        iso = _ISO_DURATION.match(text) if text.startswith("P") else None
        if iso and any(iso.groups()):
            weeks, whole, hours = (int(part or 0) for part in iso.groups())
            length = 7.0 * weeks + whole + hours / 24
        else:
            match = _DURATION.match(text)
            unit = _UNITS.get(match[2]) if match else None
            length = float(match[1]) * unit if match and unit else math.nan
        if 0 < length < 1e6:
            return length
    if isinstance(text, float) and not isinstance(text, bool) and 0 < text < 1e6:
        return text  # already in days: a duration that went through `resolve`
    raise ValueError(f"{text!r} is not a duration; write '2 weeks', '7d', '36h' or 'P7D'")


def calendar_day(text: object) -> dt.date:
    """A date written as YYYY-MM-DD (nothing else is a date here).

    >>> calendar_day("2024-10-24")
    datetime.date(2024, 10, 24)
    """
    if isinstance(text, dt.date) and not isinstance(text, dt.datetime):
        return text
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f"{text!r} is not a date of the calendar; write YYYY-MM-DD, such as 2024-10-24")


Duration = Annotated[
    float,
    BeforeValidator(days, json_schema_input_type=str),
    PlainSerializer(lambda length: f"{length:.10g} days", return_type=str),
]
Date = Annotated[dt.date, BeforeValidator(calendar_day, json_schema_input_type=str)]


class Block(BaseModel):
    """A mapping of the file: unknown keys are refused, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True)


DISTRIBUTIONS: dict[str, tuple[set[str], set[str]]] = {  # scipy.stats name -> required and optional parameters
    "norm": ({"loc", "scale"}, set()),
    "uniform": ({"loc", "scale"}, set()),
    "triang": ({"c", "loc", "scale"}, set()),
    "beta": ({"a", "b"}, {"loc", "scale"}),
    "lognorm": ({"s", "scale"}, {"loc"}),
    "gamma": ({"a", "scale"}, {"loc"}),
    "truncnorm": ({"a", "b", "loc", "scale"}, set()),
    "expon": ({"scale"}, {"loc"}),
    "loguniform": ({"a", "b"}, set()),
}


class Quantity(Block):
    """A number, what it rests on, and how unsure it is.

    Either `value` (with `se`: normal with that standard error) or `dist` with the parameters that scipy.stats gives
    that distribution. A plain number in a file is short for `{value: number}`.
    """

    value: float | None = None
    se: Annotated[float, Field(ge=0)] | None = None
    dist: str | None = None
    a: float | None = None
    b: float | None = None
    c: float | None = None
    s: float | None = None
    loc: float | None = None
    scale: Annotated[float, Field(gt=0)] | None = None
    n: Annotated[float, Field(ge=0)] | None = None
    unit: Text | None = None
    year: int | None = None
    basis: Basis | None = None
    source: Text | None = None
    because: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        if isinstance(data, (int, float)) and not isinstance(data, bool):
            return {"value": float(data)}
        if not isinstance(data, (dict, Quantity)):
            raise ValueError(f"{data!r} is not a number; write a number, {{value: ..}} or {{dist: .., ..}}")
        return data

    @model_validator(mode="after")
    def _whole(self) -> Quantity:
        if (self.value is None) == (self.dist is None):
            raise ValueError("a quantity has either 'value' or 'dist', and not both")
        given = {key for key in ("a", "b", "c", "s", "loc", "scale") if getattr(self, key) is not None}
        if self.dist is None:
            if given:
                raise ValueError(f"parameters {sorted(given)} need a 'dist'")
            return self
        if self.dist not in DISTRIBUTIONS:
            raise ValueError(f"unknown distribution '{self.dist}'; known: {', '.join(sorted(DISTRIBUTIONS))}")
        required, optional = DISTRIBUTIONS[self.dist]
        if not required <= given <= required | optional or self.se is not None:
            names = ", ".join(sorted(required)) + (f" (and may have {', '.join(sorted(optional))})" if optional else "")
            raise ValueError(f"distribution '{self.dist}' takes the parameters {names}")
        self._check_parameters()
        return self

    def _check_parameters(self) -> None:
        a, b, c = self.a, self.b, self.c
        if self.dist in {"beta", "gamma"} and any(x is not None and x <= 0 for x in (a, b)):
            raise ValueError(f"distribution '{self.dist}' needs shape parameters above 0")
        if self.dist == "lognorm" and (self.s or 0) <= 0:
            raise ValueError("distribution 'lognorm' needs s > 0")
        if self.dist == "triang" and not 0 <= (c or 0) <= 1:
            raise ValueError("distribution 'triang' needs 0 <= c <= 1 (the mode is loc + c * scale)")
        if self.dist in {"truncnorm", "loguniform"} and not (a is not None and b is not None and a < b):
            raise ValueError(f"distribution '{self.dist}' needs a < b")
        if self.dist == "loguniform" and (a or 0) <= 0:
            raise ValueError("distribution 'loguniform' needs a > 0")

    def support(self) -> tuple[float, float]:
        """Smallest and largest value the quantity can take.

        >>> Quantity(dist="beta", a=2.0, b=5.0).support()
        (0.0, 1.0)
        """
        if self.value is not None:
            return (-math.inf, math.inf) if self.se else (self.value, self.value)
        loc, scale = self.loc or 0.0, self.scale or 1.0
        if self.dist == "norm":
            return (-math.inf, math.inf)
        if self.dist in {"beta", "uniform", "triang"}:
            return (loc, loc + scale)
        if self.dist == "truncnorm":
            return (loc + (self.a or 0) * scale, loc + (self.b or 0) * scale)
        if self.dist == "loguniform":
            return (self.a or 0, self.b or 0)
        return (loc, math.inf)


def _within(low: float, high: float, what: str) -> Any:
    def check(quantity: Quantity) -> Quantity:
        bottom, top = quantity.support()
        if not (low <= bottom and top <= high):
            raise ValueError(f"{what} lies in [{low:g}, {high:g}], but this can be {bottom:g} to {top:g}")
        return quantity

    return check


class _Checked:  # marks a Quantity with the range its whole support must lie in
    def __init__(self, low: float, high: float, what: str) -> None:
        self.check = _within(low, high, what)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self.check, handler(source))


Chance = Annotated[Quantity, _Checked(0.0, 1.0, "a probability")]
Amount = Annotated[Quantity, _Checked(0.0, math.inf, "this number")]


class Sourced(Block):
    """A block that may say where it comes from."""

    source: Text | None = None
    basis: Basis | None = None
    because: Text | None = None
    enabled: bool = True


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


Pair = Annotated[tuple[Id, Id], Field(strict=False)]
Ids = Annotated[tuple[Id, ...], Field(strict=False, min_length=1)]


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
    """What sets off a commitment: an act of at least this rung against the ally, from outside the pact."""

    at_least: Id
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
    joined: dict[Id, Date] = {}
    left: dict[Id, Date] = {}
    signed: Date | None = None
    in_force_from: Date | None = None
    in_force_until: Date | None = None
    clause: Text | None = None
    trigger: Trigger | None = None
    reliability: Chance | None = None
    weight: Chance | None = None


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
        return self


class WarCondition(Block):
    """Some state of the first selector is (`began`, `ended`: came to be, ceased to be) at war with some of the second."""

    between: Annotated[tuple[Selector, Selector], Field(strict=False)]
    status: Literal["on", "began", "ended"] = "on"


class CountCondition(Block):
    """A number of states."""

    at_least: Annotated[int, Field(ge=1)]


class StandingCondition(Block):
    """Standing support or combat on a rung or above, by one state in support of another."""

    by: Selector
    in_support_of: Selector | None = None
    at_least: Id


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
    believed: dict[Id, Chance] = {}
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

    sd: Annotated[float, Field(ge=0)]


class Rule(Sourced):
    """Selector and conditions, and what they do to the log-odds at named gates (rungs, events, `war_end`)."""

    id: Id
    actor: Selector
    toward: Selector = "anyone"
    when: Annotated[tuple[Condition, ...], Field(strict=False)] = ()
    then: dict[Id, Quantity] = {}
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


GateTable = dict[Id, dict[Id, Quantity]]


class Coefficients(Block):
    """Log-odds by phase, gate and covariate; the hazard at which wars end; memories; frailty."""

    initiative: GateTable = {}
    reply: GateTable = {}
    war_end: dict[Id, Quantity] = {}
    memory: dict[Id, Amount] = {}
    frailty_sd: Amount | None = None


class Scenario(Block):
    """A crisis as a file says it. `resolve` fills what is left out from the packaged library."""

    format_version: Literal[1]
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
    variants: dict[Id, dict[str, Any]] = {}
