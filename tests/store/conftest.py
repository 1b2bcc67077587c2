"""A small result, and what a study would hand over to have it written."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from escalation_sim.store.provenance import manifest
from escalation_sim.store.write import write_result


class Made(NamedTuple):
    """What goes into a result folder."""

    tables: dict[str, pd.DataFrame]
    manifest: dict[str, Any]
    resolved: str

    def write(self, folder: Path, **options: Any) -> Path:
        """Write it, with one file as figure."""
        options.setdefault("figures", lambda target: (target / "ladder.svg").write_text("<svg/>"))
        return write_result(folder, self.tables, self.manifest, self.resolved, **options)


def make(scenario_id: str = "small", **tables: pd.DataFrame) -> Made:
    """A result with a table of text and one with missing numbers; `tables` replace or add."""
    paths = {
        "outcome": ["war", "war"], "rank": [1, 2], "path": ["AAA strikes BBB → war", "=cmd|' /C calc'!A0"],
        "share": [0.75, 0.25], "count": [3, 1], "n": [4, 4],
    }  # fmt: skip
    runs = {
        "replicate": [0, 1], "parameter_draw": [0, 1], "highest_rung": [3, 5], "acts": [7, 9], "belligerents": [2, 2],
        "day_war": np.array([np.nan, 12.3], np.float32),
    }  # fmt: skip
    moment = datetime(2024, 10, 24, 12, tzinfo=UTC)
    resolved = f"id: {scenario_id}\n"
    record = manifest("escalation-sim run a.yaml", 7, 2, 2, scenario_id, resolved, {"a.yaml": "0"}, moment, moment)
    return Made({"paths": pd.DataFrame(paths), "runs": pd.DataFrame(runs)} | tables, record, resolved)


@pytest.fixture
def result():
    """Function that makes what goes into a result folder."""
    return make


@pytest.fixture
def written(tmp_path):
    """A result folder on disk."""
    return make().write(tmp_path / "small")
