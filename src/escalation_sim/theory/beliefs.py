"""Who believes that an event took place."""

from __future__ import annotations

from escalation_sim._compiled import compiled
from escalation_sim.world import Whole, World


@compiled
def knows(world: World, observer: Whole, event: Whole) -> bool:
    """Whether an act enters the observer's view: acts that were decided always do, events only if believed.

    `observer` -1 is nobody in particular, who sees the truth; `event` -1 is an act that was decided.
    """
    return bool(event < 0 or observer < 0 or world.believed[event, observer] == 1)
