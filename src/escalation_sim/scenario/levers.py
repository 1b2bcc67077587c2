"""Levers: what governments can set in a crisis, and to which values."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from escalation_sim.scenario.quantity import Id, Ids, Sourced, Text


def scalar(value: object) -> object:
    """The value itself, if it is one that a lever or a design can set.

    >>> scalar(0.5)
    0.5
    """
    if isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError("a value to set is a number, a text, true or false")


class Lever(Sourced):
    """Something that states control: a number or switch with its allowed values, or variants to choose from."""

    id: Id
    label: Text | None = None
    by: Ids
    set_: Annotated[Text | None, Field(alias="set")] = None
    values: Annotated[tuple[Annotated[Any, AfterValidator(scalar)], ...], Field(strict=False)] = ()
    variants: Annotated[tuple[Id, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Lever:
        if (self.set_ is None) == (not self.variants) or bool(self.values) != (self.set_ is not None):
            raise ValueError("a lever has either 'set' (a path) with 'values', or 'variants'")
        choices = [json.dumps(value) for value in self.values] or self.variants
        if len(set(choices)) < len(choices):
            raise ValueError("a choice of a lever stands twice")
        return self


class Position(NamedTuple):
    """One allowed position of a lever, or of several: what it is called, who controls it, and what it changes."""

    name: str  # "permission=0" or "permission=0 & troops=rear_use"
    levers: tuple[str, ...]
    by: tuple[str, ...]
    variants: tuple[str, ...]
    settings: tuple[str, ...]


def positions(levers: Iterable[Lever]) -> Iterator[Position]:
    """Every allowed position of every lever that is switched on.

    >>> lever = Lever.model_validate({"id": "aid", "by": ("USA",), "set": "events.aid.probability", "values": (0.0, 1)})
    >>> [(one.name, one.settings) for one in positions([lever])]
    [('aid=0.0', ('events.aid.probability=0.0',)), ('aid=1', ('events.aid.probability=1',))]
    """
    for lever in levers:
        if lever.enabled:
            for value in lever.values:
                setting = f"{lever.set_}={json.dumps(value)}"
                yield Position(f"{lever.id}={json.dumps(value)}", (lever.id,), lever.by, (), (setting,))
            for variant in lever.variants:
                yield Position(f"{lever.id}={variant}", (lever.id,), lever.by, (variant,), ())


def pairs(singles: Sequence[Position]) -> Iterator[Position]:
    """Every two positions of different levers together."""
    for one, other in itertools.combinations(singles, 2):
        if one.levers != other.levers:
            by = tuple(dict.fromkeys((*one.by, *other.by)))
            name, levers = f"{one.name} & {other.name}", (*one.levers, *other.levers)
            yield Position(name, levers, by, one.variants + other.variants, one.settings + other.settings)


def describe(levers: Iterable[Lever], name: Callable[[str], str]) -> Iterator[str]:
    """Levers in a sentence each; `name` says what to call a state."""
    for lever in levers:
        if lever.enabled:
            holders = " and ".join(map(name, lever.by))
            what = (
                f"{lever.set_} at {_either(map(json.dumps, lever.values))}" if lever.set_ else _either(lever.variants)
            )
            because = f", because {lever.because}" if lever.because else ""
            yield f"[{lever.id}] {lever.label or lever.id}, in the hands of {holders}: {what}{because}."


def _either(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
