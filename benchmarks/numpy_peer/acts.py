"""What acts change: memories, standing support, watches, commitments, wars to come."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from escalation_sim import world as w
from numpy_peer.state import State


class Acts(NamedTuple):
    """Records of acts, as much of them as the theory itself reads again in their tick."""

    cell: Any  # (n,) each cell at most once in a phase, ascending
    rung: Any
    support: Any  # -1: in support of nobody
    novelty: Any
    event: int  # -1: decided
    doubtful: bool  # whether it is an event that not everybody believes


def note(s: State, cell: Any, rung: Any, support: Any, event: int = -1) -> Acts:
    """Write acts down before any of them takes effect: how new are they to what is remembered on their edges?"""
    severity, slow, worst = s.setup.severity.take(rung), s.slow.take(cell), s.worst.take(cell)
    novelty = 1.0 - np.where(severity <= worst, slow, slow * worst / severity)
    doubtful = event >= 0 and bool((s.setup.belief[event] < 1.0).any())
    return Acts(cell, rung, support, novelty, event, doubtful)


class Performance:
    """How acts take effect in a scenario."""

    def __init__(self, setup: w.Setup) -> None:
        self.setup, self.n_rungs = setup, len(setup.severity)
        self.supports = np.isin(setup.need, (w.NEED_PARTNER, w.NEED_PARTNER_AT_WAR))
        self.starts, self.joins = setup.starts_war.astype(bool), setup.joins_war.astype(bool)
        self.patterns = _patterns(setup)
        self.seen_from = min((pattern.low for pattern in self.patterns), default=self.n_rungs)
        self.promises = [_promises(setup, edge) for edge in range(len(setup.actor))]
        grave = np.tile(self.starts | (self.joins & self.supports), (len(setup.actor), 1))
        for edge, promises in enumerate(self.promises):
            grave[edge] |= np.arange(self.n_rungs) >= setup.trigger_rung[promises].min(initial=self.n_rungs)
        self.grave = grave.ravel()  # acts whose order matters: they begin wars, join them or trigger commitments

    def perform(self, s: State, acts: Acts, magnitude: float = 0.0) -> None:
        """Let recorded acts of one phase take effect, in the order of their edges."""
        cell, rung = acts.cell, acts.rung
        if not len(cell):
            return
        self._remember(s, acts)
        seen = np.full(len(cell), magnitude)
        at = np.flatnonzero(self.supports.take(rung))
        if len(at):
            self._stand(s, acts, at, seen)
        edge = s.edge_at.take(cell)
        grave = np.flatnonzero(self.grave.take(edge * self.n_rungs + rung))
        if len(grave):
            ends = np.append(np.flatnonzero(np.diff(edge[grave])) + 1, len(grave))
            for first, last in zip([0, *ends[:-1]], ends, strict=True):
                own = grave[first:last]
                self._escalate(s, int(edge[own[0]]), s.replicate_at.take(cell[own]), rung[own])
        at = np.flatnonzero(rung >= self.seen_from)
        if len(at):
            self._watch(s, acts, at, seen)

    def _remember(self, s: State, acts: Acts) -> None:
        cell, rung = acts.cell, acts.rung
        remembered, severity = self.setup.remembered.take(rung), self.setup.severity.take(rung)
        s.acted.ravel()[cell] = True
        for memory, weight in ((s.fast, remembered), (s.slow, remembered), (s.worst, severity)):
            memory.ravel()[cell] = np.maximum(memory.take(cell), weight)
        news = severity * acts.novelty
        newer = news > s.fresh.take(cell)
        newest = cell[newer]
        s.fresh.ravel()[newest] = news[newer]
        s.doubtful.ravel()[newest] = acts.event
        if acts.doubtful:
            s.has_doubts[s.edge_at[cell[0]]] = True

    def _stand(self, s: State, acts: Acts, at: Any, seen: Any) -> None:
        """Acts in support of others go on. (Rungs that join a war are entered later: their order matters.)"""
        cell, rung = acts.cell[at], acts.rung[at]
        s.support.ravel()[cell] = acts.support[at]
        joining = self.joins.take(rung)
        s.standing.ravel()[cell] = np.maximum(s.standing.take(cell), np.where(joining, 0, rung))
        fighting = cell[joining]
        if len(fighting):
            deployed = s.deployed.take(fighting)
            deployed = np.where(deployed <= 0.0, self.setup.contingent[0], deployed)
            s.deployed.ravel()[fighting] = deployed
            seen[at[joining]] = deployed

    def _escalate(self, s: State, edge: int, replicate: Any, rung: Any) -> None:
        """Grave acts on one edge: combat beside a partner, wars to come, commitments triggered."""
        d = self.setup.dyad[edge]
        joining = self.joins.take(rung) & self.supports.take(rung)
        if joining.any():
            at = replicate[joining]
            s.standing[edge, at] = np.maximum(s.standing[edge, at], rung[joining])
        starting = replicate[self.starts.take(rung)]
        if len(starting):
            starting = starting[~(s.war[d, starting] | s.war_coming[d, starting])]
            s.war_coming[d, starting] = True
            s.war_initiator[d, starting] = self.setup.actor[edge]
        if len(self.promises[edge]):
            trigger(s, edge, replicate, rung, self.promises[edge])

    def _watch(self, s: State, acts: Acts, at: Any, seen: Any) -> None:
        """Let the watches see acts."""
        edge, rung = s.edge_at.take(acts.cell[at]), acts.rung[at]
        place = edge * self.n_rungs + rung
        # Events open a tick, decisions fill it: either is seen for as many ticks as the time a condition asks for.
        when = s.day + (self.setup.tick_days if acts.event < 0 else 0.0)
        for pattern in self.patterns:
            fitting = np.flatnonzero(pattern.fits.take(place))
            if not len(fitting):
                continue
            replicate = s.replicate_at.take(acts.cell[at[fitting]])
            kept = pattern.magnitude <= seen[at[fitting]]
            if pattern.beneficiaries is not None:
                kept &= pattern.beneficiaries.take(acts.support[at[fitting]])
            if pattern.between is not None:
                between = pattern.between.take(edge[fitting])
                kept &= s.war[between, replicate] & (between >= 0)
            replicate = replicate[kept]
            for watch, observer in pattern.watches:
                knowing = replicate
                if acts.doubtful:
                    knowing = replicate[s.believed[acts.event, observer, replicate]]
                s.watch_day[watch, knowing] = when


class Pattern(NamedTuple):
    """What some watches look for; they differ by observer alone."""

    low: int
    fits: Any  # (E * K,) whether an act on an edge, of a rung, may fit
    magnitude: float
    beneficiaries: Any  # (N + 1,) in support of whom; None: of any or none
    between: Any  # (E,) dyad that must be at war, -1 if there is none; None: no matter
    watches: list[tuple[int, int]]  # (watch, observer)


def _patterns(setup: w.Setup) -> list[Pattern]:
    found: dict[tuple[Any, ...], Pattern] = {}
    edges: list[list[int]] = [[] for _ in setup.watch_low]
    for edge in range(len(setup.actor)):
        for watch in setup.watch_of[setup.watches_from[edge] : setup.watches_from[edge + 1]]:
            edges[watch].append(edge)
    for k, (low, high, support, magnitude, observer, at_war) in enumerate(
        zip(
            setup.watch_low.tolist(),
            setup.watch_high.tolist(),
            setup.watch_support.tolist(),
            setup.watch_magnitude.tolist(),
            setup.watch_observer.tolist(),
            setup.watch_at_war.tolist(),
            strict=True,
        )
    ):
        key = (tuple(edges[k]), low, high, support, magnitude, at_war, observer if at_war else None)
        if key not in found:
            fits = np.zeros((len(setup.actor), len(setup.severity)), dtype=bool)
            fits[edges[k], low : high + 1] = True
            beneficiaries = np.append(setup.sets[support], 0).astype(bool) if support >= 0 else None
            between = _between(setup, observer, at_war) if at_war else None
            found[key] = Pattern(low, fits.ravel(), magnitude, beneficiaries, between, [])
        found[key].watches.append((k, observer))
    return list(found.values())


def _between(setup: w.Setup, observer: int, at_war: int) -> Any:
    """For an act on each edge, the dyad of the observer and the actor (1) or target (2); of the two if nobody looks."""
    if observer < 0:
        return setup.dyad
    edge = setup.edge_of[observer, setup.actor if at_war == 1 else setup.target]
    return np.where(edge >= 0, setup.dyad[edge], -1)


def _promises(setup: w.Setup, edge: int) -> Any:
    """Commitments to the target of an edge that acts of its actor may trigger."""
    aggressor, victim = setup.actor[edge], setup.target[edge]
    promises = setup.to_ally[setup.to_ally_from[victim] : setup.to_ally_from[victim + 1]]
    open_to = setup.inside[setup.treaty[promises], aggressor] == 0
    return promises[open_to & (setup.trigger_rung[promises] < len(setup.severity))]


def trigger(s: State, edge: int, replicate: Any, rung: Any, promises: Any) -> None:
    """Let acts on an edge, one in each replicate given, trigger commitments."""
    setup = s.setup
    promises = promises[(setup.force_from[promises] <= s.day) & (s.day < setup.force_until[promises])]
    waiting = ~s.triggered[promises[:, None], replicate] & (rung >= setup.trigger_rung[promises][:, None])
    if not waiting.any():
        return
    d, back = setup.dyad[edge], setup.reverse[edge]
    began_it = (s.war[d, replicate] | s.war_coming[d, replicate]) & (
        s.war_initiator[d, replicate] == setup.target[edge]
    )
    began_it |= setup.joins_war.astype(bool)[s.standing[back, replicate]]
    waiting &= ~began_it | (setup.covers_initiators[promises] == 1)[:, None]
    row, place = np.nonzero(waiting)
    called, where = promises[row], replicate[place]
    s.triggered[called, where] = True
    s.triggered_by[called, where] = setup.actor[edge]
    oblige(s, called, where)


def oblige(s: State, called: Any, where: Any) -> None:
    """Raise the obligation of triggered commitments, each in a replicate, if they are honoured and call to arms."""
    setup = s.setup
    arms = (setup.calls[called] == w.CALLS_TO_ARMS) & s.honoured[called, where]
    called, where = called[arms], where[arms]
    edge = setup.edge_of[setup.holder_of[called], s.triggered_by[called, where]]
    s.obliged[edge[edge >= 0], where[edge >= 0]] = 1.0
