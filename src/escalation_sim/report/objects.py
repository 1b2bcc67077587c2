"""Results as JSON objects: what every command's `--json` is made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from escalation_sim.study.ensemble import Ensemble


def plain(value: Any) -> Any:
    """A cell of a table as JSON knows it; NaN is null.

    >>> plain(0.5), plain(float("nan"))
    (0.5, None)
    """
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value


def records_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as one object for each row; numbers that cannot be told are null."""
    return [{str(name): plain(cell) for name, cell in row.items()} for row in table.to_dict("records")]


def preamble(ensemble: Ensemble) -> dict[str, Any]:
    """What an object is about: the scenario, and how much was run under whose luck."""
    return {
        "scenario": ensemble.scenario.id,
        "seed": ensemble.seed,
        "replicates": ensemble.replicates,
        "parameter_draws": ensemble.parameters,
    }
