"""A table of coefficients as a file of its own, read as strictly as a scenario."""

from __future__ import annotations

from pathlib import Path as FilePath

from escalation_sim.scenario.dump import dump_tree
from escalation_sim.scenario.load import read_tree
from escalation_sim.scenario.schema import Coefficients
from escalation_sim.scenario.validate import validated_as


def load_table(path: str | FilePath) -> Coefficients:
    """Load a whole table of coefficients, such as `escalation-sim estimate` writes.

    Raises
    ------
    ScenarioError
        All faults at once, each with its place.
    """
    tree = read_tree(path, what="coefficient table")
    return validated_as(Coefficients, tree.value, tree.marks)


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
