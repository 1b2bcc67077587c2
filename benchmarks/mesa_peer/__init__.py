"""The same theory as a plain Mesa model: an agent for each state, Python objects, no compiled code.

It is written as Mesa's tutorials teach and serves as a baseline for the speed of the shipped engine. Both take their
numbers from the same compiled scenario; luck is Python's own generator, so they agree in distribution, not in runs.
"""

from __future__ import annotations

import mesa

from .agents import StateAgent
from .build import build
from .model import EscalationModel
from .plan import Plan

__all__ = ["EscalationModel", "Plan", "StateAgent", "build", "run", "simulate"]


def run(plan: Plan, seed: int) -> EscalationModel:
    """Run one replicate and return the model as it stands in the end.

    Parameters
    ----------
    plan : Plan
        From `build`.
    seed : int
        Of the luck of this replicate.
    """
    model = EscalationModel(plan, seed)
    model.run_model()
    mesa.Agent._ids.pop(model, None)  # Mesa 3.3 counts agents in a table that never lets a model go (mesa/mesa#3179)
    return model


def simulate(plan: Plan, seed: int) -> list[float]:
    """Run one replicate; the day of each outcome, -1 for never. Parameters as in `run`."""
    return [outcome.day for outcome in run(plan, seed).outcomes]
