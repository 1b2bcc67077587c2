"""A sweep: an ensemble at each point of a design, chunk by chunk, each chunk a shard on disk.

What a chunk gives depends on the plan and its number alone: not on who runs it, when, how often, or beside what.
"""

from __future__ import annotations

import dataclasses
import functools
import gzip
import json
import math
import platform
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from escalation_sim._compiled import source_hash
from escalation_sim.draws import entity_id
from escalation_sim.errors import ExecutorError, ScenarioError
from escalation_sim.scenario.dump import dump
from escalation_sim.scenario.layers import Tree
from escalation_sim.scenario.messages import Marks
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.sampling import OTHER_QUESTIONS, composed, questions, setting_of
from escalation_sim.scenario.schema import Scenario
from escalation_sim.store.provenance import origin
from escalation_sim.store.shards import write_shard
from escalation_sim.store.sweeps import read_plan
from escalation_sim.store.write import csv
from escalation_sim.study.cost import Limits, allowed
from escalation_sim.study.design import Column, Layout
from escalation_sim.study.ensemble import Ensemble, run_ensemble

if TYPE_CHECKING:
    import pandas as pd

REPLICATES = 1_000  # of each point, unless asked otherwise
POINTS, RUNS, FAILURES = "points", "runs", "failures"  # parts of a shard
_RUN_ORDER = ("replicate", "parameter_draw", "highest_rung", "acts", "belligerents")
_ORDER = [
    *("outcome", "label", "window_days", "probability", "mc_low", "mc_high", "parameter_low", "parameter_high"),
    *("standard_error", "n", "n_failed", "count"),
]
_Progress = Callable[[int], object]
_PACKAGE = Path(__file__).parents[1]


@dataclasses.dataclass(frozen=True)
class Plan:
    """All that a sweep's results depend on.

    Attributes
    ----------
    tree : dict
        The scenario as its files say it, merged.
    variants, settings : sequence of str
        Laid over it at every point, before the variables.
    layout : Layout
    replicates, parameters, seed : int
        Of each point.
    runs : bool
        Whether every replicate is kept, not only what they come to.
    chunk : int
        Points of a chunk.
    files : mapping
        Name -> SHA-256 of each file that it was read from: no part of the plan, for a comment changes nothing.
    """

    tree: dict[str, Any]
    variants: Sequence[str]
    settings: Sequence[str]
    layout: Layout
    replicates: int
    parameters: int
    seed: int
    runs: bool
    chunk: int
    files: Mapping[str, str] = dataclasses.field(default_factory=dict, compare=False)

    @property
    def chunks(self) -> int:
        """Number of chunks."""
        return -(-self.layout.size // self.chunk)

    def cut(self, points: int) -> Plan:
        """The same plan in chunks of so many points."""
        return dataclasses.replace(self, chunk=points)

    def points_of(self, chunk: int) -> range:
        """Numbers of the points of a chunk."""
        return range(chunk * self.chunk, min((chunk + 1) * self.chunk, self.layout.size))

    def seed_of(self, point: int) -> int:
        """Seed of a point: that of the sweep if points share their luck, else one of its own."""
        return self.seed if self.layout.common else entity_id(f"point:{self.seed}:{point}") >> 1

    def scenario_at(self, point: int | None = None) -> Scenario:
        """The scenario of a point, or without any variable set; not yet resolved, which `run_ensemble` does."""
        columns = self.layout.columns if point is not None else ()
        changes = [setting_of(one.set, one.values[point or 0]) for one in columns]
        return composed(Tree(self.tree, Marks()), changes, self.variants, self.settings)

    @functools.cached_property
    def base(self) -> Scenario:
        """The resolved scenario that the variables vary."""
        return resolve(self.scenario_at())

    @functools.cached_property
    def resolved_text(self) -> str:
        """The same as YAML."""
        return dump(self.base)

    @functools.cached_property
    def run_columns(self) -> list[str]:
        """Columns of a row per replicate, outcomes by id."""
        return [*_RUN_ORDER, *(f"day_{name}" for name in sorted(one.id for one in self.base.outcomes))]

    def as_record(self) -> dict[str, Any]:
        """The plan as what JSON can hold."""
        own = {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.compare}
        own |= {"variants": list(self.variants), "settings": list(self.settings)}
        return own | {"layout": dataclasses.asdict(self.layout)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Plan:
        """The plan that `as_record` gave."""
        layout = record["layout"]
        columns = [Column(**column) for column in layout["columns"]]
        return cls(**{**record, "layout": Layout(**{**layout, "columns": columns})})


def run_chunk(folder: str, digest: str, chunk: int, jobs: int = 1, progress: _Progress = lambda done: None) -> int:
    """Run the points of a chunk and write its shard; returns how many points failed.

    Parameters
    ----------
    folder : str
        Of the sweep, which holds the plan.
    digest : str
        Of the plan that is meant.
    chunk, jobs : int
        Which, and threads for each point.
    progress : callable
        Called with the replicates just finished.
    """
    plan = _plan(folder, digest)
    found = [run_point(plan, point, jobs, progress) for point in plan.points_of(chunk)]
    return finish_chunk(folder, digest, chunk, found)


def finish_chunk(folder: str, digest: str, chunk: int, found: Sequence[Mapping[str, bytes]]) -> int:
    """Write the shard of a chunk from what its points gave; returns how many failed."""
    parts = {name: b"".join(one[name] for one in found) for name in (POINTS, RUNS, FAILURES)}
    if parts[RUNS]:  # one member of what becomes one file; its header holds no time and no name
        parts[RUNS] = gzip.compress(parts[RUNS], compresslevel=6, mtime=0)
    write_shard(Path(folder), chunk, digest, parts)
    return sum(bool(one[FAILURES]) for one in found)


def run_one(folder: str, digest: str, point: int) -> dict[str, bytes]:
    """What one point of a sweep gives, for a chunk that is put together elsewhere."""
    return run_point(_plan(folder, digest), point)


@functools.lru_cache(maxsize=1)
def _plan(folder: str, digest: str) -> Plan:
    record = read_plan(Path(folder), digest)
    if record["made_by"] != made_by():
        raise ExecutorError("a worker has another version of the program or its libraries; install the same everywhere")
    return Plan.from_record(record["plan"])


def made_by() -> dict[str, Any]:
    """The program, libraries and kind of machine that the last bits of results depend on."""
    return {**origin(), "machine": platform.machine(), "code": source_hash()}


def run_point(plan: Plan, point: int, jobs: int = 1, progress: _Progress = lambda done: None) -> dict[str, bytes]:
    """Lines of the tables for one point; a point that fails is told, and none of its replicates counts."""
    try:
        size, rows = (plan.replicates, plan.parameters, plan.seed_of(point), jobs), None if plan.runs else 0
        with allowed(Limits(math.inf, math.inf, math.inf)):  # the whole sweep was looked at before
            ensemble = run_ensemble(plan.scenario_at(point), *size, progress, rows=rows)
        if questions(ensemble.scenario) != questions(plan.base):
            raise ScenarioError([OTHER_QUESTIONS])
        runs = _lines(plan, point, ensemble.runs[plan.run_columns]) if plan.runs else b""
        return {POINTS: _lines(plan, point, point_table(ensemble), full=True), RUNS: runs, FAILURES: b""}
    except Exception as error:  # whatever it is, the other points go on
        return failed_point(plan, point, error)


def failed_point(plan: Plan, point: int, error: BaseException) -> dict[str, bytes]:
    """Lines of the tables for a point that gave no result: nothing is known, and the reason is told."""
    import pandas as pd

    asked = _asked(plan.base)
    unknown: dict[str, Any] = dict.fromkeys(
        ("probability", "parameter_low", "parameter_high", "standard_error"), np.nan
    )
    table = asked.assign(**unknown, mc_low=0.0, mc_high=1.0, n=0, n_failed=plan.replicates, count=0)[_ORDER]
    message = " / ".join(str(error).split("\n")) or "no message"
    reason = pd.DataFrame([{"error": type(error).__name__, "message": message, "place": _place(error)}])
    told = _lines(plan, point, reason, full=True)
    return {POINTS: _lines(plan, point, table, full=True), RUNS: b"", FAILURES: told}


def _place(error: BaseException) -> str:
    """The innermost function of ours that an error went through; no paths, they differ from machine to machine."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    return f"{Path(ours[-1].filename).stem}.{ours[-1].name}" if ours else ""


def point_table(ensemble: Ensemble) -> pd.DataFrame:
    """Probability of each outcome within each window at a point, with its intervals, standard error and counts.

    >>> from escalation_sim import load
    >>> point_table(run_ensemble(load("library:starter"), 20, 2))[["n", "n_failed"]].iloc[0].tolist()
    [20, 0]
    """
    from escalation_sim.analysis.estimates import estimated, places

    counts, asked = ensemble.counts, _asked(ensemble.scenario)
    outcome = asked["outcome"].map(ensemble.names.outcomes.index).to_numpy()
    by_draw = counts.by_draw[:, outcome, places(counts, asked["window_days"])]
    return asked.assign(**estimated(by_draw, counts.sizes), n_failed=0)[_ORDER]


def _asked(scenario: Scenario) -> pd.DataFrame:
    """The outcomes and windows of a resolved scenario, sorted by id and length."""
    import pandas as pd

    asked = [(one.id, one.label, days) for one in scenario.outcomes for days in one.windows or ()]
    return pd.DataFrame(sorted(asked), columns=["outcome", "label", "window_days"])


def _lines(plan: Plan, point: int, table: pd.DataFrame, full: bool = False) -> bytes:
    """A table as lines of CSV without a header, the point in front and, if `full`, the value of each variable."""
    for place, (name, value) in enumerate(plan.layout.point(point).items() if full else ()):
        table.insert(place, name, cell(value))
    table.insert(0, "point", point)
    return csv(table, header=False)


def cell(value: Any) -> Any:
    """A value of a variable as it stands in a table.

    >>> cell(True), cell("surge"), cell(0.5)
    ('true', 'surge', 0.5)
    """
    return json.dumps(value) if isinstance(value, bool) else value


def heads(plan: Plan) -> dict[str, list[str]]:
    """The columns of each table of a sweep, in their order."""
    variables = [column.id for column in plan.layout.columns]
    return {
        POINTS: ["point", *variables, *_ORDER],
        RUNS: ["point", *plan.run_columns],
        FAILURES: ["point", *variables, "error", "message", "place"],
    }
