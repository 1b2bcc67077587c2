"""escalation-sim: how likely is each kind of escalation, within which window, by which path, and how sure are we?

Twelve names, each imported when it is first asked for, so that `import escalation_sim` costs nothing:
load, explain and resolve a scenario; run_ensemble, compare and sweep it; read and save results, draw their figures;
mesa_model for one replicate inside Mesa; EscalationSimError above every error that a user can cause; __version__.

>>> import escalation_sim
>>> scenario = escalation_sim.load("library:starter")
>>> result = escalation_sim.run_ensemble(scenario, replicates=50, parameters=5)
>>> list(result.probabilities.columns)[:4]
['outcome', 'label', 'kind', 'window_days']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what editors and type checkers see; at run time `_DOORS` says the same, checked by a test
    from escalation_sim.errors import EscalationSimError
    from escalation_sim.report.gallery import draw
    from escalation_sim.report.save import save
    from escalation_sim.report.sweep import sweep
    from escalation_sim.scenario.explain import explain
    from escalation_sim.scenario.load import load
    from escalation_sim.scenario.resolve import resolve
    from escalation_sim.store.folders import read
    from escalation_sim.study.compare import compare
    from escalation_sim.study.ensemble import run_ensemble
    from escalation_sim.study.trace import mesa_model

__version__ = "0.1.0"
__all__ = [
    "EscalationSimError",
    "__version__",
    "compare",
    "draw",
    "explain",
    "load",
    "mesa_model",
    "read",
    "resolve",
    "run_ensemble",
    "save",
    "sweep",
]

_DOORS = {
    "load": "escalation_sim.scenario.load",
    "resolve": "escalation_sim.scenario.resolve",
    "explain": "escalation_sim.scenario.explain",
    "run_ensemble": "escalation_sim.study.ensemble",
    "compare": "escalation_sim.study.compare",
    "sweep": "escalation_sim.report.sweep",
    "read": "escalation_sim.store.folders",
    "save": "escalation_sim.report.save",
    "draw": "escalation_sim.report.gallery",
    "mesa_model": "escalation_sim.study.trace",
    "EscalationSimError": "escalation_sim.errors",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name in _DOORS:
        return getattr(importlib.import_module(_DOORS[name]), name)
    raise AttributeError(f"module 'escalation_sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
