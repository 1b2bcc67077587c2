"""All that is wrong with a scenario file, its variants included."""

from __future__ import annotations

from pathlib import Path as FilePath

from escalation_sim.errors import EscalationSimError, ScenarioError
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.load import compose, read_tree
from escalation_sim.scenario.resolve import resolve


def check(path: str | FilePath) -> list[str]:
    """Load and resolve a scenario as it stands and with each of its variants.

    Returns
    -------
    list of str
        One line for each problem, those of a variant alone with its name; empty if all is well.
    """
    try:
        tree = extended(path, read_tree)
    except ScenarioError as error:
        return error.problems
    names = tree.value.get("variants")
    found: dict[str, None] = {}
    for name in (None, *(names if isinstance(names, dict) else ())):
        try:
            resolve(compose(tree, [name] if name else []))
        except EscalationSimError as error:
            for line in str(error).splitlines():
                if line not in found and f"with variant {name}: {line}" not in found:
                    found[f"with variant {name}: {line}" if name else line] = None
    return list(found)
