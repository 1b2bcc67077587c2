"""Wars begin, go on, and end."""

from __future__ import annotations

import math

import numpy as np

from escalation_sim import world as w
from escalation_sim._compiled import compiled
from escalation_sim.draws import WAR_END, Words, uniform
from escalation_sim.theory.gates import logistic, over
from escalation_sim.theory.ladder import fights, partner_at_war
from escalation_sim.theory.rules import ANY_PHASE, NO_RUNG, push, reconsider


@compiled
def war_end_log_odds(coefficient: w.Floats, strain: w.Real, years: w.Real, winter: w.Real) -> float:
    """Log-odds, for one week, that a war ends: more likely under strain, less likely the longer it has lasted.

    Parameters
    ----------
    coefficient : float array (4,)
        Of the intercept, strain, log of 1 + years, and winter (`world.WAR_END_COVARIATES`).
    strain : float in [0, 1]
        The larger strain of the two sides.
    years : float, >= 0
        How long the war has lasted.
    winter : float in [0, 1]
    """
    log_odds = coefficient[0] + coefficient[1] * strain + coefficient[2] * math.log1p(years) + coefficient[3] * winter
    return float(log_odds)


@compiled
def fight_on(setup: w.Setup, world: w.World, keys: Words, lineage: np.uint64) -> None:
    """Aftermath: wars that were begun in this tick begin; others end or go on."""
    day, tick, first_dyad = (
        w.today(setup, world),
        world.clock[w.CLOCK_TICK],
        len(setup.actor) + len(setup.event_id),
    )
    for d in range(len(setup.dyad_id)):
        if world.war_coming[d]:
            world.war_coming[d] = 0
            world.war[d] = 1
            world.war_begun[d] = day
            continue
        if not world.war[d]:
            continue
        edge = setup.dyad_edges[d, 0]
        strain = max(world.strain[setup.actor[edge]], world.strain[setup.target[edge]])
        began = world.war_begun[d] if world.war_begun[d] >= 0.0 else setup.first_war_day[d]
        log_odds = war_end_log_odds(setup.war_end, strain, (day - began) / 365.25, setup.winter[tick])
        reconsider(setup, world, first_dyad + d)
        log_odds += push(setup, world, first_dyad + d, ANY_PHASE, NO_RUNG)
        u = uniform(keys, lineage, tick, setup.dyad_id[d], WAR_END)
        if u < over(logistic(log_odds), setup.tick_days / 7.0):
            world.war[d] = 0
            world.war_ended[d] = day
    uphold(setup, world)


@compiled
def uphold(setup: w.Setup, world: w.World) -> None:
    """Wars and support go on and are remembered as they go on; combat beside a partner ends with the partner's war.

    Called in the aftermath, and again when memories have faded, so that decisions see what goes on undimmed.
    `backing` is 1 for all who have a partner at war with the target and fades slowly after that war: backers and their
    partner's enemy do not become strangers on the day of a ceasefire.
    """
    for edge in range(len(setup.actor)):
        if world.war[setup.dyad[edge]]:
            world.fast[edge] = 1.0
            world.slow[edge] = 1.0
            world.worst[edge] = max(world.worst[edge], setup.severity[setup.war_rung])
        if partner_at_war(setup, world, edge) >= 0:
            world.backing[edge] = 1.0
        if fights(setup, world, edge):
            between = setup.edge_of[world.support[edge], setup.target[edge]]
            if between < 0 or not world.war[setup.dyad[between]]:
                world.standing[edge] = 0
        rung = world.standing[edge]
        if rung > 0:
            world.fast[edge] = max(world.fast[edge], setup.remembered[rung])
            world.slow[edge] = max(world.slow[edge], setup.remembered[rung])
            world.worst[edge] = max(world.worst[edge], setup.severity[rung])
