"""Decisions: all cells that decide climb together, and those whose gates stay shut fall out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from escalation_sim import world as w
from numpy_peer.gates import Gates
from numpy_peer.state import State


class Prompts(NamedTuple):
    """What each of some cells replies to."""

    cell: Any  # (n,), ascending
    rung: Any
    novelty: Any
    third_party: Any
    accomplice: Any


class Choices(NamedTuple):
    """What the cells that act have chosen."""

    cell: Any  # (n,), ascending
    rung: Any
    support: Any  # in support of whom, -1: of nobody


class Climb:
    """One phase of decisions, all on the same world."""

    def __init__(self, gates: Gates, s: State, phase: int, prompts: Prompts | None = None) -> None:
        self.gates, self.s, self.setup, self.phase, self.prompts = gates, s, s.setup, phase, prompts
        self.code = gates.codes.read(s)
        self.partner, self.partner_at_war = gates.partners(s)
        self.choice = np.zeros(s.standing.shape, dtype=np.int8)
        self.weeks = self.setup.tick_days / 7.0
        self.news = gates.partner_news(s) if gates.uses_partner_news[phase] else None

    def initiatives(self) -> Choices:
        """All edges decide."""
        start = self.s.floor()
        drawn = self.s.luck.initiative(self.s)
        resting = start == 0
        if self._is_plain(1):
            reach = self._opens(1, None, None, False)
            climbing = np.flatnonzero((drawn < self._in_tick(reach)) & resting)
            self.choice.ravel()[climbing] = 1
            self._go_on(2, climbing, drawn.ravel()[climbing], reach.ravel()[climbing], None)
        else:
            climbing = np.flatnonzero(resting)
            self._go_on(1, climbing, drawn.ravel()[climbing], np.ones(len(climbing)), None)
        for floor in sorted({self.setup.fight_rung, self.setup.war_rung}):
            standing = np.flatnonzero(start == floor)
            if len(standing):
                self._go_on(floor + 1, standing, drawn.ravel()[standing], np.ones(len(standing)), None, True)
        return self._choices()

    def replies(self, reply_round: int) -> Choices:
        """The prompted cells decide, save those that stand in war or combat anyway."""
        assert self.prompts is not None
        place = np.flatnonzero(self.s.floor().ravel()[self.prompts.cell] == 0)
        cell = self.prompts.cell[place]
        self._go_on(1, cell, self.s.luck.reply(self.s, reply_round, cell), np.ones(len(cell)), place)
        return self._choices()

    def _choices(self) -> Choices:
        cell = np.flatnonzero(self.choice > 0)
        rung = self.choice.ravel()[cell]
        need = self.setup.need[rung]
        supports = (need == w.NEED_PARTNER) | (need == w.NEED_PARTNER_AT_WAR)
        return Choices(cell, rung, np.where(supports, self.partner.ravel()[cell], -1))

    def _is_plain(self, rung: int) -> bool:
        """Whether the gate is there for everybody, so that the whole array may go through it at once."""
        plain = (
            self.setup.need[rung] in (w.NEED_NOTHING, w.NEED_NUCLEAR_WEAPON) and not self.setup.closed[:, rung].any()
        )
        return plain and not (self.gates.cap[self.phase] < rung).any()

    def _in_tick(self, reach: Any) -> Any:
        """Probability over a tick of an act that high: an initiative is a rate, a reply is not."""
        if self.phase == 1 or self.weeks == 1.0:
            return reach
        if self.weeks < 1.0:
            return reach * self.weeks
        return -np.expm1(self.weeks * np.log1p(-reach))

    def _go_on(self, rung: int, cell: Any, drawn: Any, reach: Any, place: Any, standing: bool = False) -> None:
        """Climb from a rung on; closed gates are stepped over. (`place`: of each cell among the prompts.)"""
        for gate in range(rung, len(self.setup.severity)):
            if self.gates.capped[self.phase]:
                allowed = self.gates.cap[self.phase].take(self.code.ravel()[cell]) >= gate
                cell, drawn, reach, place = _keep(allowed, cell, drawn, reach, place)
            if not len(cell):
                return
            usable = self._usable(gate, cell)
            if usable is None:
                reach = reach * self._opens(gate, cell, place, standing)
                going = drawn < self._in_tick(reach)
                self.choice.ravel()[cell[going]] = gate
            elif not usable.any():
                continue
            else:
                at = np.flatnonzero(usable)
                reach[at] *= self._opens(gate, cell[at], None if place is None else place[at], standing)
                opened = drawn[at] < self._in_tick(reach[at])
                self.choice.ravel()[cell[at[opened]]] = gate
                going = ~usable
                going[at] = opened
            cell, drawn, reach, place = _keep(going, cell, drawn, reach, place)

    def _usable(self, gate: int, cell: Any) -> Any:
        """Which cells the gate is there for, None if for all."""
        usable = None
        if self.setup.need[gate] == w.NEED_PARTNER:
            usable = self.partner.ravel()[cell] >= 0
        elif self.setup.need[gate] == w.NEED_PARTNER_AT_WAR:
            usable = self.partner_at_war.ravel()[cell]
        if self.setup.closed[:, gate].any():
            there = self.setup.closed[:, gate].take(self.s.edge_at.take(cell)) == 0
            usable = there if usable is None else usable & there
        return usable

    def _opens(self, gate: int, cell: Any, place: Any, standing: bool) -> Any:
        """Probability that a gate opens, for some cells or (None) for all."""
        code = self.code if cell is None else self.code.ravel().take(cell)
        odds = self.gates.value[self.phase, gate].take(code)
        for covariate, coefficient in self.gates.terms[self.phase][gate]:
            seen = self._sees(covariate, cell, place, standing)
            if seen is not None:
                odds += coefficient * seen
        if self.prompts is not None:
            odds += self.setup.reply_to[gate].take(self.prompts.rung.take(place))
        np.negative(odds, out=odds)
        np.exp(odds, out=odds)
        odds += 1.0
        return np.reciprocal(odds, out=odds)

    def _sees(self, covariate: int, cell: Any, place: Any, standing: bool) -> Any:
        """A covariate as the actors see it; None where it is 0 for all."""
        s = self.s
        if covariate <= w.OWN_WORST:
            return _at(s.memory[covariate], cell)
        if covariate <= w.THEIR_WORST:
            return self._theirs(s.memory[covariate - w.THEIR_FAST], cell)
        if covariate == w.OPPOSED:
            return self._theirs(s.backing, cell) * (self._theirs(s.support, cell) >= 0)
        if covariate == w.STRAIN:
            return _at(s.strain[self.setup.actor], cell)
        if covariate == w.WINTER:
            return self.setup.winter[s.tick]
        if covariate == w.STANDING:
            return 1.0 if standing else None
        if covariate >= w.FIRST_REPLY:
            return self._sees_in_prompt(covariate, cell, place)
        whole = {
            w.PARTNER_FRESH: self.news,
            w.OBLIGATION: s.obliged,
            w.SUPPORTER: s.backing,
            w.FRAILTY: s.frailty,
        }
        return _at(whole[covariate], cell)

    def _sees_in_prompt(self, covariate: int, cell: Any, place: Any) -> Any:
        if self.prompts is None:
            return None
        if covariate == w.FIRST_REPLY:
            return ~_at(self.s.acted, cell)
        if covariate == w.HABITUATION:
            return 1.0 - self.prompts.novelty.take(place)
        return (self.prompts.third_party if covariate == w.THIRD_PARTY else self.prompts.accomplice).take(place)

    def _theirs(self, whole: Any, cell: Any) -> Any:
        if cell is None:
            return whole[self.setup.reverse]
        return whole.take(self.s.reverse_at.take(cell))


def _at(whole: Any, cell: Any) -> Any:
    return whole if cell is None else whole.take(cell)


def _keep(kept: Any, cell: Any, drawn: Any, reach: Any, place: Any) -> tuple[Any, Any, Any, Any]:
    at = np.flatnonzero(kept)  # one search for all
    return cell.take(at), drawn.take(at), reach.take(at), None if place is None else place.take(at)
