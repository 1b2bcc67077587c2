"""escalation-sim: how likely is each kind of escalation, within which window, by which path, and how sure are we?

>>> import escalation_sim
>>> scenario = escalation_sim.load("library:starter")
>>> result = escalation_sim.run_ensemble(scenario, replicates=50, parameters=5)
>>> list(result.probabilities.columns)[:4]
['outcome', 'label', 'kind', 'window_days']
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_DOORS = {
    "load": "escalation_sim.scenario.load",
    "resolve": "escalation_sim.scenario.resolve",
    "explain": "escalation_sim.scenario.explain",
    "run_ensemble": "escalation_sim.study.ensemble",
    "trajectory": "escalation_sim.study.trace",
    "mesa_model": "escalation_sim.study.trace",
    "save": "escalation_sim.report.save",
    "EscalationSimError": "escalation_sim.errors",
}
__all__ = ["__version__", *_DOORS]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that importing the package costs nothing."""
    if name in _DOORS:
        return getattr(importlib.import_module(_DOORS[name]), name)
    raise AttributeError(f"module 'escalation_sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
