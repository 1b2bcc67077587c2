"""All that is wrong with a scenario file, its variants, levers and designs included."""

from __future__ import annotations

from pathlib import Path as FilePath

from escalation_sim.errors import EscalationSimError, ScenarioError
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.levers import positions
from escalation_sim.scenario.load import compose, read_tree
from escalation_sim.scenario.messages import shortened
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.sampling import faults
from escalation_sim.scenario.schema import Scenario


def check(path: str | FilePath) -> list[str]:
    """Load and resolve a scenario as it stands, with each of its variants, positions of levers, and designs.

    Returns
    -------
    list of str
        One line for each problem, those of a variant, lever or design alone with its name; empty if all is well.
    """
    try:
        tree = extended(path, read_tree)
    except ScenarioError as error:
        return error.problems
    found: dict[str, None] = {}
    names = tree.value.get("variants")
    scenario: Scenario | None = None
    for name in (None, *(names if isinstance(names, dict) else ())):
        try:
            whole = compose(tree, [name] if name else [])
            resolve(whole)
            scenario = whole if name is None else scenario
        except EscalationSimError as error:
            _note(found, str(error), f"with variant {name}: " if name else "")
    for position in positions(scenario.levers if scenario else ()):
        try:
            resolve(compose(tree, position.variants, position.settings))
        except EscalationSimError as error:
            place = tree.marks.place(("levers", *position.levers))
            _note(found, str(error), f"{place}: with lever {position.name}: ")
    for design in scenario.designs if scenario else ():
        marks = tree.marks.below(("designs", design.id))
        for line in faults(tree, design.swept, design.with_, design.set_, marks):
            _note(found, line, f"in design {design.id}: ")
    return shortened(list(found))


def _note(found: dict[str, None], said: str, where: str) -> None:
    """Enter the lines of an error that are not there yet."""
    for line in said.splitlines():
        if line not in found and not any(known.endswith(f": {line}") for known in found):
            found[f"{where}{line}"] = None
