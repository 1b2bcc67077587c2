"""Commitments: is the clause triggered, and is it honoured? Two questions, kept apart.

A commitment is triggered once in a replicate, by the first act that its clause names. Whether it is honoured was drawn
at the beginning from its reliability. Honoured calls to arms oblige: the holder's edge against the aggressor carries
the covariate `obligation`, at 1 while the ally is at war with the aggressor and fading slowly afterwards.
"""

from __future__ import annotations

from escalation_sim import world as w
from escalation_sim._compiled import compiled
from escalation_sim.theory.ladder import fights


@compiled
def in_force(day: w.Real, force_from: w.Real, force_until: w.Real) -> bool:
    """Whether a treaty binds on a day: signed is not in force.

    >>> in_force(10.0, 41.0, 1e9), in_force(41.0, 41.0, 1e9)
    (False, True)
    """
    return bool(force_from <= day < force_until)


@compiled
def trigger(setup: w.Setup, world: w.World, edge: w.Whole, rung: w.Whole, record: w.Whole, going_on: bool) -> None:
    """Let an act on an edge trigger the commitments made to its target."""
    aggressor, victim = setup.actor[edge], setup.target[edge]
    d, back = setup.dyad[edge], setup.reverse[edge]
    at_war = world.war[d] or world.war_coming[d]  # a war of this very tick counts: it may be answered at once
    began_it = bool(at_war) and world.war_initiator[d] == victim
    if fights(setup, world, back):
        began_it = True  # it fights the aggressor beside a partner: what it meets there is no attack on it
    day = w.today(setup, world)
    for row in range(setup.to_ally_from[victim], setup.to_ally_from[victim + 1]):
        c = setup.to_ally[row]
        if world.triggered[c] >= 0.0 or rung < setup.trigger_rung[c]:
            continue
        if going_on and setup.calls[c] != w.CALLS_TO_ARMS:
            continue
        if setup.inside[setup.treaty[c], aggressor] or (began_it and not setup.covers_initiators[c]):
            continue
        if not in_force(day, setup.force_from[c], setup.force_until[c]):
            continue
        world.triggered[c] = day
        world.triggered_by[c] = aggressor
        world.trigger_record[c] = record
        oblige(setup, world, c)


@compiled
def oblige(setup: w.Setup, world: w.World, c: w.Whole) -> None:
    """Raise the obligation of a triggered commitment that is honoured and calls to arms."""
    if world.honoured[c] and setup.calls[c] == w.CALLS_TO_ARMS:
        edge = setup.edge_of[setup.holder_of[c], world.triggered_by[c]]
        if edge >= 0:
            world.obliged[edge] = 1.0


@compiled
def renew(setup: w.Setup, world: w.World) -> None:
    """Aftermath: wars that go on trigger calls to arms that came into force, and keep obligations alive.

    Promises to consult speak of attacks to come, so a war that is there already does not trigger them.
    """
    for d in range(len(setup.dyad_id)):
        if world.war[d]:
            for side in range(2):
                trigger(setup, world, setup.dyad_edges[d, side], setup.war_rung, world.war_record[d], True)
    for c in range(len(setup.treaty)):
        if world.triggered[c] >= 0.0:
            fight = setup.edge_of[world.triggered_by[c], setup.ally_of[c]]
            if fight >= 0 and world.war[setup.dyad[fight]]:
                oblige(setup, world, c)
