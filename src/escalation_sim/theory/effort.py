"""War effort: troops, losses, recruits, and the strain that follows from them."""

from __future__ import annotations

from escalation_sim import world as w
from escalation_sim._compiled import compiled
from escalation_sim.theory.ladder import fights


@compiled
def strain_of(troops: w.Real, needed: w.Real, tolerance: w.Real) -> float:
    """Shortage of troops over the shortage that can be borne, clipped to [0, 1].

    Parameters
    ----------
    troops, needed : float, >= 0
        Soldiers present and soldiers the front takes.
    tolerance : float in (0, 1]
        Shortage (share of what is needed) at which strain is full.

    >>> strain_of(75.0, 100.0, 0.5), strain_of(120.0, 100.0, 0.2)
    (0.5, 0.0)
    """
    if needed <= 0.0:
        return 0.0
    shortage = (1.0 - troops / needed) / max(tolerance, 1e-9)
    return float(min(1.0, max(0.0, shortage)))


@compiled
def foreign_troops(setup: w.Setup, world: w.World, state: w.Whole, rear_value: w.Real) -> float:
    """Foreign soldiers that serve a state's front: those in combat in full, those in the rear at `rear_value`."""
    total = 0.0
    for edge in range(len(setup.actor)):
        if world.deployed[edge] > 0.0 and world.support[edge] == state:
            total += world.deployed[edge] * (1.0 if fights(setup, world, edge) else rear_value)
    return total


@compiled
def at_war(setup: w.Setup, world: w.World, state: w.Whole) -> bool:
    """Whether a state is at war with anyone."""
    for d in range(len(setup.dyad_id)):
        if world.war[d]:
            edge = setup.dyad_edges[d, 0]
            if setup.actor[edge] == state or setup.target[edge] == state:
                return True
    return False


@compiled
def wear(setup: w.Setup, world: w.World) -> None:
    """Aftermath: losses and recruits of one tick, of own and fighting foreign troops, and the strain that results."""
    weeks = setup.tick_days / 7.0
    winter = setup.winter[world.clock[w.CLOCK_TICK]]
    for k in range(len(setup.effort_state)):
        state = setup.effort_state[k]
        if at_war(setup, world, state):
            fighting = foreign_troops(setup, world, state, 0.0)
            season = 1.0 + winter * (setup.effort_winter[k] - 1.0)
            lost = weeks * season * setup.effort_losses[k]
            present = max(world.troops[k] + fighting, 1.0)
            for edge in range(len(setup.actor)):
                if world.support[edge] == state and fights(setup, world, edge):
                    world.deployed[edge] *= max(0.0, 1.0 - lost / present)
            world.troops[k] -= lost * world.troops[k] / present
        world.troops[k] = max(0.0, world.troops[k] + weeks * world.recruits[k])
        foreign = foreign_troops(setup, world, state, setup.effort_rear[k])
        world.strain[state] = strain_of(world.troops[k] + foreign, setup.effort_needed[k], setup.effort_tolerance[k])
