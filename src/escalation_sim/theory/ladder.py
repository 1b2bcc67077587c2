"""Which rungs an edge can use at this moment."""

from __future__ import annotations

from escalation_sim import world as w
from escalation_sim._compiled import compiled, inlined

ENGAGED = 0.5  # slow memory from which a partner without a war is in need: a militarized act within its half-life


@inlined
def partner_at_war(setup: w.Setup, world: w.World, edge: w.Whole) -> int:
    """The partner of the actor that is at war with the target (the one whose commitment weighs most), or -1."""
    for row in range(setup.helped_from[edge], setup.helped_from[edge + 1]):
        if world.war[setup.helped_dyad[row]]:
            return int(setup.helped[row])
    return -1


@inlined
def beneficiary(setup: w.Setup, world: w.World, edge: w.Whole) -> tuple[int, bool]:
    """The partner that the actor could support against the target: (state, at war), or (-1, False).

    A partner at war with the target comes before one merely in conflict with it; among equals the one whose commitment
    weighs most (the order of `setup.helped`). A rival of the target has its own quarrel: short of a partner's war it
    climbs against the target for itself, and support of others is no step on that way.
    """
    fighting = partner_at_war(setup, world, edge)
    if fighting >= 0:
        return fighting, True
    if setup.static[edge, w.S_RIVAL] == 0.0:
        for row in range(setup.helped_from[edge], setup.helped_from[edge + 1]):
            for side in range(2):
                other = setup.dyad_edges[setup.helped_dyad[row], side]
                if world.slow[other] > ENGAGED:
                    return setup.helped[row], False
    return -1, False


@compiled
def usable(need: w.Whole, has_partner: bool, partner_at_war: bool) -> bool:
    """Whether a rung's need is met (weapons and geography are settled beforehand in `setup.closed`).

    >>> usable(w.NEED_PARTNER, True, False), usable(w.NEED_PARTNER_AT_WAR, True, False)
    (True, False)
    """
    if need == w.NEED_PARTNER:
        return has_partner
    if need == w.NEED_PARTNER_AT_WAR:
        return partner_at_war
    return True


@inlined
def is_support(need: w.Whole) -> bool:
    """Whether acts on a rung with this need are done for a partner."""
    return bool(need == w.NEED_PARTNER or need == w.NEED_PARTNER_AT_WAR)


@inlined
def floor(setup: w.Setup, world: w.World, edge: w.Whole) -> int:
    """Rung on which the edge already stands: war, combat beside a partner (of either side), or 0."""
    if world.war[setup.dyad[edge]]:
        return setup.war_rung
    if in_combat(setup, world, edge):
        return setup.fight_rung
    return 0


@inlined
def in_combat(setup: w.Setup, world: w.World, edge: w.Whole) -> bool:
    """Whether one of the two states of this edge fights beside an enemy of the other."""
    return fights(setup, world, edge) or fights(setup, world, setup.reverse[edge])


@inlined
def fights(setup: w.Setup, world: w.World, edge: w.Whole) -> bool:
    """Whether the actor of an edge fights its target beside a partner."""
    return bool(setup.joins_war[world.standing[edge]])  # never on the lowest rung, says `scenario.soundness`
