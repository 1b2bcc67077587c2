"""A table of coefficients as a file of its own, read as strictly as a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath

from escalation_sim.scenario.dump import dump_tree
from escalation_sim.scenario.fill import library_coefficients, library_ladder
from escalation_sim.scenario.load import read_tree
from escalation_sim.scenario.messages import Problem, lines, refuse
from escalation_sim.scenario.references import coefficient_names
from escalation_sim.scenario.schema import Coefficients
from escalation_sim.scenario.validate import validated_as

FILE = "coefficient table"


def load_table(path: str | FilePath) -> Coefficients:
    """Load a whole table of coefficients on the packaged ladder, such as `escalation-sim estimate` writes.

    Raises
    ------
    ScenarioError
        All faults at once, each with its place.
    """
    tree = read_tree(path, what=FILE, head="initiative:")
    table = validated_as(Coefficients, tree.value, tree.marks)
    named = coefficient_names(table, tuple(rung.id for rung in library_ladder()), ())
    if problems := list(named) or list(_lacking(table)):  # what is mistyped is not missed as well
        refuse(lines(problems, tree.marks))
    return table


def _lacking(table: Coefficients) -> Iterator[Problem]:
    """What a table must have to stand alone and lacks, by the packaged one; a gate may lack any covariate."""
    whole = library_coefficients()
    for block in ("war_end", "memory"):
        for name in getattr(whole, block):
            if name not in getattr(table, block):
                yield Problem((block,), f"a {FILE} of its own needs '{block}.{name}'; take it from the packaged one")
    if table.frailty_sd is None:
        yield Problem(("frailty_sd",), f"a {FILE} of its own needs 'frailty_sd'; take it from the packaged one")
    for phase in ("initiative", "reply"):
        for gate in getattr(whole, phase):
            if gate not in getattr(table, phase):
                yield Problem((phase,), f"a {FILE} of its own needs the gate '{gate}'; take it from the packaged one")


def dump_table(table: Coefficients, head: str) -> str:
    r"""The table as YAML below a heading, whose lines become comments.

    >>> print(dump_table(Coefficients(memory={"fast": 2.0}), "made by hand"), end="")
    # made by hand
    memory:
      fast: {value: 2.0}
    """
    tree = table.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    comments = "".join(f"# {line}".rstrip() + "\n" for line in head.splitlines())
    return comments + dump_tree(tree)
