"""All that is wrong with a scenario file, its variants, levers and designs included."""

from __future__ import annotations

from pathlib import Path as FilePath

from escalation_sim.errors import EscalationSimError
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.levers import positions
from escalation_sim.scenario.load import compose, read_tree
from escalation_sim.scenario.messages import shortened
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.sampling import faults


def check(path: str | FilePath) -> list[str]:
    """Load and resolve a scenario as it stands, with each of its variants, positions of levers, and designs.

    Returns
    -------
    list of str
        One line for each problem; empty if all is well. Variants, levers and designs are looked at, and named, once the
        scenario as it stands is good: most of what is wrong with them before then is what is wrong with it.
    """
    try:
        tree = extended(path, read_tree)
        scenario = compose(tree, [])
        resolve(scenario)
    except EscalationSimError as error:
        return shortened(str(error).splitlines())
    found: dict[str, None] = {}
    for name in scenario.variants:
        try:
            resolve(compose(tree, [name]))
        except EscalationSimError as error:
            _note(found, str(error), f"with variant {name}: ")
    for position in positions(scenario.levers):
        try:
            resolve(compose(tree, position.variants, position.settings))
        except EscalationSimError as error:
            place = tree.marks.place(("levers", *position.levers))
            _note(found, str(error), f"{place}: with lever {position.name}: ")
    for design in scenario.designs:
        marks = tree.marks.below(("designs", design.id))
        for line in faults(tree, design.swept, design.with_, design.set_, marks):
            _note(found, line, f"in design {design.id}: ")
    return shortened(list(found))


def _note(found: dict[str, None], said: str, where: str) -> None:
    """Enter the lines of an error that are not there yet."""
    for line in said.splitlines():
        if line not in found and not any(known.endswith(f": {line}") for known in found):
            found[f"{where}{line}"] = None
