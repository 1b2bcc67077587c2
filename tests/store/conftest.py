"""A small result, what a study would hand over to have it written, and a made-up sweep."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from escalation_sim.store import layout
from escalation_sim.store.columns import NUMBER, TEXT, Column
from escalation_sim.store.provenance import FORMAT_VERSION, PROGRAM, digest_of, manifest
from escalation_sim.store.shards import write_shard
from escalation_sim.store.sweeps import begin, finish, prepare
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


class Swept(NamedTuple):
    """A made-up sweep of six points in three chunks: nothing is run, its shards are written as a sweep would."""

    folder: Path
    record: dict[str, Any]
    heads: dict[str, list[str]]
    variables: list[Column]
    chunks: int = 3

    @property
    def digest(self) -> str:
        """Of the plan."""
        return digest_of(self.record["plan"])

    def begin(self) -> dict[str, Any]:
        """Make the folder and write the plan."""
        prepare(self.folder)
        return begin(self.folder, self.record)

    def shard(self, chunk: int, fails: bool = False, rows: int = 2) -> None:
        """Write the shard of a chunk of two points."""
        points = (2 * chunk, 2 * chunk + 1)
        told = "".join(f"{p},{TEXTS[p]},0.1,war,a war,30.0,0.5,0.1,0.9,0.2,0.8,0.05,{rows},0,1\n" for p in points)
        runs = "".join(f"{p},{k},0,3,7,2,{'' if k else 12.3}\n" for p in points for k in range(rows))
        failures = f"{points[0]},{TEXTS[points[0]]},0.1,ValueError,no,place\n" if fails else ""
        parts = {"points": told.encode(), "runs": gzip.compress(runs.encode(), mtime=0), "failures": failures.encode()}
        write_shard(self.folder, chunk, self.digest, parts)

    def finish(self) -> None:
        """Put the tables together."""
        finish(self.folder, self.record, self.chunks, self.heads, self.variables, "id: small\n")

    def whole(self) -> "Swept":
        """Begin, write all shards and finish."""
        self.begin()
        for chunk in range(self.chunks):
            self.shard(chunk)
        self.finish()
        return self


TEXTS = ("NA", "NO", "null", "'=1+1", "", '"a, b"')  # as they stand in a CSV file
PLAIN = ("NA", "NO", "null", "=1+1", "", "a, b")  # and what they mean


@pytest.fixture
def swept(tmp_path: Path) -> Swept:
    """A made-up sweep that is not begun yet."""
    variables = [Column("who", TEXT, "", "a text"), Column("odds", NUMBER, "", "a number")]
    own = [column.name for column in variables]
    columns = {name: [column.name for column in layout.TABLES[name][1:]] for name in ("points", "failures")}
    heads = {
        "points": ["point", *own, *columns["points"]],
        "runs": ["point", "replicate", "parameter_draw", "highest_rung", "acts", "belligerents", "day_war"],
        "failures": ["point", *own, *columns["failures"]],
    }
    plan = {"runs": True, "replicates": 2, "seed": 1, "layout": {"columns": [{"id": "odds", "values": [1.0, 2.0]}]}}
    record = {"program": PROGRAM, "format_version": FORMAT_VERSION, "scenario": {"id": "small"}, "plan": plan}
    return Swept(tmp_path / "sweep", record | {"made_by": {"version": "1"}}, heads, variables)
