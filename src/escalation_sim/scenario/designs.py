"""Designs: which numbers of a scenario a sweep varies, over which values, and how its points are laid out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from escalation_sim.scenario.levers import scalar
from escalation_sim.scenario.quantity import Block, Id, Ids, Quantity, Sourced, Text, Version

BASE = "base"  # among the variants of a variable: the scenario without any
OWN = "scenario"  # as a distribution: the one that the number has in the scenario
MOST_LEVELS = 10_000
Scalar = Annotated[Any, AfterValidator(scalar)]
Kind = Literal["grid", "latin_hypercube", "sobol"]
# Columns of the tables of a sweep; a variable of such a name would be mistaken for one of them.
TAKEN = {
    *("point", "outcome", "label", "kind", "window_days", "probability", "standard_error", "n", "n_failed", "count"),
    *("mc_low", "mc_high", "parameter_low", "parameter_high", "replicate", "parameter_draw", "highest_rung", "acts"),
    *("belligerents", "error", "message", "place", "case"),
}


class Variable(Sourced):
    """A number or switch that a design sets, with its levels, range or distribution; or variants to choose from."""

    id: Id
    label: Text | None = None
    unit: Text | None = None
    set_: Annotated[Text | None, Field(alias="set")] = None
    values: Annotated[tuple[Scalar, ...], Field(strict=False)] = ()
    between: Annotated[tuple[float, float] | None, Field(strict=False)] = None
    log: bool = False
    levels: Annotated[int | None, Field(ge=2, le=MOST_LEVELS)] = None
    distribution: Quantity | Literal["scenario"] | None = None
    variants: Ids | tuple[()] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Variable:
        if self.id in TAKEN or self.id.startswith("day_"):
            raise ValueError(f"'{self.id}' is a column of the results; give the variable another id")
        if sum((bool(self.values), self.between is not None, self.distribution is not None, bool(self.variants))) != 1:
            raise ValueError("a variable has exactly one of 'values', 'between', 'distribution' and 'variants'")
        if (self.set_ is None) != bool(self.variants):
            raise ValueError("a variable has either 'set' (a path) or 'variants'")
        if self.between is None and (self.log or self.levels):
            raise ValueError("'log' and 'levels' belong to 'between'")
        if self.between is not None and not self.between[0] < self.between[1]:
            raise ValueError("'between' runs from the lower to the higher end")
        if self.log and self.between is not None and self.between[0] <= 0:
            raise ValueError("'log' needs a range above 0")
        if isinstance(self.distribution, Quantity) and self.distribution.value is not None and not self.distribution.se:
            raise ValueError("a distribution has a 'dist', or a 'value' with its 'se'")
        choices = self.values or self.variants
        if len({(type(choice), choice) for choice in choices}) < len(choices):
            raise ValueError("a value of a variable stands twice")
        return self

    @property
    def is_continuous(self) -> bool:
        """Whether it takes any value of a range or distribution."""
        return self.between is not None or self.distribution is not None


class Design(Block):
    """Points at which a sweep runs an ensemble each.

    A `grid` holds every combination of levels, a `latin_hypercube` spreads so many `points` evenly, `sobol` lays out
    what Sobol indices need: `points` x (variables + 2) of them.
    """

    format_version: Version = 1
    id: Id
    title: Text | None = None
    kind: Kind
    points: Annotated[int | None, Field(ge=2)] = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    common_random_numbers: bool = True
    replicates: Annotated[int | None, Field(ge=1)] = None
    parameters: Annotated[int | None, Field(ge=1)] = None
    with_: Annotated[Ids | tuple[()], Field(alias="with")] = ()
    set_: Annotated[tuple[Text, ...], Field(alias="set", strict=False)] = ()
    variables: Annotated[tuple[Variable, ...], Field(strict=False, min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Design:
        if (self.kind == "grid") != (self.points is None):
            raise ValueError("a grid has no 'points', its variables have levels; the other kinds say how many 'points'")
        if self.kind == "sobol" and self.points and self.points & (self.points - 1):
            raise ValueError("'points' of a sobol design is a power of 2, such as 256: only then is the sequence even")
        for one in self.swept:
            if self.kind == "grid" and (one.distribution or (one.between and not one.levels)):
                raise ValueError(f"a grid needs levels: give '{one.id}' 'values', or 'between' with 'levels'")
            if self.kind != "grid" and one.levels:
                raise ValueError(f"'levels' of '{one.id}' belong to a grid; this design is a {self.kind}")
        paths = [one.set_ for one in self.swept if one.set_]
        if len(set(paths)) < len(paths) or sum(bool(one.variants) for one in self.swept) > 1:
            raise ValueError("two variables set the same; give one of them all the values")
        if not self.swept:
            raise ValueError("no variable is switched on")
        return self

    @property
    def swept(self) -> tuple[Variable, ...]:
        """The variables that are switched on."""
        return tuple(one for one in self.variables if one.enabled)
