"""Conditions of rules, events and outcomes: small objects that are asked whether they hold in a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .acts import Act
    from .model import EscalationModel


def later(one: Act | None, other: Act | None) -> Act | None:
    """The later of two acts, either of which may be missing."""
    if one is None or (other is not None and other.number > one.number):
        return other
    return one


class Condition:
    """What can be asked of the world; most point back at the act that made them true."""

    __slots__ = ()

    def holds(self, model: EscalationModel) -> bool:
        """Whether it is true now."""
        raise NotImplementedError

    def evidence(self, model: EscalationModel) -> Act | None:
        """The latest act that made it true."""
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Not(Condition):
    """The opposite of another condition; the absence of something points back at nothing."""

    condition: Condition

    def holds(self, model: EscalationModel) -> bool:
        """Whether the other condition does not hold."""
        return not self.condition.holds(model)


@dataclass(frozen=True, slots=True, eq=False)
class ActSeen(Condition):
    """An act that fits a watch, not longer ago than `within` days."""

    watch: int
    within: float

    def holds(self, model: EscalationModel) -> bool:
        """Whether the watch has seen one lately."""
        watch = model.watches[self.watch]
        return watch.act is not None and model.day - watch.day < self.within

    def evidence(self, model: EscalationModel) -> Act | None:
        """The last act that the watch has seen."""
        return model.watches[self.watch].act


@dataclass(frozen=True, slots=True, eq=False)
class EventHappened(Condition):
    """An event, as far as the observer (if any) believes it."""

    event: int
    observer: int | None

    def holds(self, model: EscalationModel) -> bool:
        """Whether it has happened and is believed."""
        event = model.events[self.event]
        return event.act is not None and (self.observer is None or self.observer in event.believers)

    def evidence(self, model: EscalationModel) -> Act | None:
        """The record of the event."""
        return model.events[self.event].act


@dataclass(frozen=True, slots=True, eq=False)
class Strain(Condition):
    """Strain of a war effort."""

    state: int
    at_least: float

    def holds(self, model: EscalationModel) -> bool:
        """Whether the strain is that high."""
        return model.states[self.state].strain >= self.at_least


@dataclass(frozen=True, slots=True, eq=False)
class Memory(Condition):
    """A memory on an edge (`fast`, `slow` or `worst`)."""

    edge: int | None
    kind: str
    at_least: float

    def holds(self, model: EscalationModel) -> bool:
        """Whether the memory is that strong."""
        return (0.0 if self.edge is None else getattr(model.edges[self.edge], self.kind)) >= self.at_least


@dataclass(frozen=True, slots=True, eq=False)
class WarStatus(Condition):
    """A war between any of these dyads is `on`, has `begun` or has `ended`."""

    dyads: tuple[int, ...]
    status: str

    def holds(self, model: EscalationModel) -> bool:
        """Whether this is so for one of the dyads."""
        for number in self.dyads:
            dyad = model.dyads[number]
            if self.status == "on":
                if dyad.war:
                    return True
            elif (dyad.begun if self.status == "began" else dyad.ended) is not None:
                return True
        return False

    def evidence(self, model: EscalationModel) -> Act | None:
        """The last act that began such a war."""
        found = None
        for number in self.dyads:
            found = later(found, model.dyads[number].act)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class CommitmentStatus(Condition):
    """A treaty is `in_force`, `triggered` or `honoured`, for any of its pairs."""

    promises: tuple[int, ...]
    status: str

    def holds(self, model: EscalationModel) -> bool:
        """Whether this is so for one of the pairs."""
        for number in self.promises:
            promise = model.promises[number]
            if self.status == "in_force":
                if promise.plan.force_from <= model.day < promise.plan.force_until:
                    return True
            elif promise.triggered and (self.status == "triggered" or promise.honoured):
                return True
        return False

    def evidence(self, model: EscalationModel) -> Act | None:
        """The last act that triggered it."""
        found = None
        for number in self.promises:
            found = later(found, model.promises[number].act)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Standing(Condition):
    """Standing support or combat on any of these edges."""

    edges: tuple[int, ...]
    at_least: int
    beneficiaries: frozenset[int] | None

    def holds(self, model: EscalationModel) -> bool:
        """Whether it stands that high, for one of these beneficiaries."""
        for number in self.edges:
            edge = model.edges[number]
            if (0 if edge.standing is None else edge.standing.number) >= self.at_least and (
                self.beneficiaries is None or edge.support in self.beneficiaries
            ):
                return True
        return False


@dataclass(frozen=True, slots=True, eq=False)
class Month(Condition):
    """The tick begins in one of these months."""

    months: frozenset[int]

    def holds(self, model: EscalationModel) -> bool:
        """Whether it does."""
        return model.plan.months[model.tick] in self.months


@dataclass(frozen=True, slots=True, eq=False)
class Dates(Condition):
    """The tick begins between two days."""

    first: float
    last: float

    def holds(self, model: EscalationModel) -> bool:
        """Whether it does."""
        return self.first <= model.day < self.last


@dataclass(frozen=True, slots=True, eq=False)
class Belligerents(Condition):
    """So many states are at war or in combat."""

    at_least: int

    def holds(self, model: EscalationModel) -> bool:
        """Whether there were as many at the end of the last tick."""
        return model.n_belligerents >= self.at_least


@dataclass(frozen=True, slots=True, eq=False)
class OpposingNuclearPowers(Condition):
    """Two nuclear powers are opponents in war or combat."""

    def holds(self, model: EscalationModel) -> bool:
        """Whether they were at the end of the last tick."""
        return model.opposing_nuclear_powers


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeReached(Condition):
    """Another outcome has become true."""

    outcome: int

    def holds(self, model: EscalationModel) -> bool:
        """Whether it has."""
        return model.outcomes[self.outcome].day >= 0.0

    def evidence(self, model: EscalationModel) -> Act | None:
        """The act that made it true."""
        return model.outcomes[self.outcome].act


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Conditions that must all hold."""

    conditions: tuple[Condition, ...]

    def holds(self, model: EscalationModel) -> bool:
        """Whether they all do; none is always true."""
        for condition in self.conditions:  # noqa: SIM110 (a generator costs more than the conditions)
            if not condition.holds(model):
                return False
        return True

    def evidence(self, model: EscalationModel) -> Act | None:
        """The latest act that made one of them true."""
        found = None
        for condition in self.conditions:
            found = later(found, condition.evidence(model))
        return found
