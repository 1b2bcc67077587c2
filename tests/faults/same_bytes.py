"""The same small studies run in every way there is, as one hash of its tables each; as a script, too."""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from escalation_sim.drivers import ensemble
from escalation_sim.report.save import tables_of
from escalation_sim.report.sweep import variables_of
from escalation_sim.scenario.designs import Design
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.load import load, read_tree
from escalation_sim.store.provenance import FORMAT_VERSION, PROGRAM, digest_of
from escalation_sim.store.sweeps import begin, finish, prepare
from escalation_sim.store.write import csv
from escalation_sim.study import executors
from escalation_sim.study.design import laid_out
from escalation_sim.study.drive import Halt, Work, drive
from escalation_sim.study.ensemble import run_ensemble
from escalation_sim.study.sweep import Plan, heads, made_by

REPOSITORY = Path(__file__).parents[2]
SCENARIOS = {
    "starter": "library:starter",
    "small": str(REPOSITORY / "tests/cases/valid/small.yaml"),
    "korea": str(REPOSITORY / "scenarios/north-korea-troops-2024.yaml"),
}
REPLICATES, DRAWS = 140, 2
WORKERS, SIZES, SEEDS = (1, 2, 8), (1, 7, 64, 10**6), ("0", "1", "random")
WAR, FAST = "coefficients.reply.war.intercept", "coefficients.memory.fast"


class Late(ThreadPoolExecutor):
    """Threads that finish in another order than they began."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        number = getattr(self, "count", 0)
        self.count = number + 1

        def later() -> Any:
            time.sleep(0.005 * (number * 7919 % 5))
            return fn(*args, **kwargs)

        return super().submit(later)


def of_run(scenario: str, threads: int, block: int, late: bool = False) -> str:
    """Hash of all tables of a run with so many threads, blocks of so many replicates, and blocks that may be late."""
    before = ensemble.BLOCK, ensemble.ThreadPoolExecutor
    ensemble.BLOCK = block
    ensemble.ThreadPoolExecutor = Late if late else ThreadPoolExecutor  # type: ignore[misc]
    try:
        found = run_ensemble(load(SCENARIOS[scenario]), REPLICATES, DRAWS, 1, threads, watched=4)
    finally:
        ensemble.BLOCK, ensemble.ThreadPoolExecutor = before  # type: ignore[misc]
    tables = tables_of(found)
    return _hash(csv(tables[name]) for name in sorted(tables))


def of_sweep(scenario: str, where: str, workers: int, chunk: int) -> str:
    """Hash of both tables of a sweep of 8 points, run here, in processes, or on Dask, so many points to a chunk."""
    tree = extended(SCENARIOS[scenario], read_tree)
    numbers = (
        {"id": "odds", "set": WAR, "values": [-3.0, -1.0, 0.0, 1.0]},
        {"id": "weeks", "set": FAST, "values": [1.0, 3.0]},
    )
    design = Design.model_validate({"id": "try", "kind": "grid", "variables": numbers})
    plan = Plan(tree.value, [], [], laid_out(tree, design).under(True), 8, 2, 1, True, min(chunk, 8))
    opened = {"here": lambda: executors.here, "processes": lambda: functools.partial(executors.processes, workers),
              "dask": lambda: functools.partial(executors.dask, "local", workers)}[where]()  # fmt: skip
    record = {"program": PROGRAM, "format_version": FORMAT_VERSION, "scenario": {"id": plan.base.id}}
    record |= {"made_by": made_by(), "plan": plan.as_record()}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "sweep"
        prepare(folder)
        digest = digest_of(begin(folder, record)["plan"])
        drive(Work(folder, plan, digest, Halt(), lambda done: None), range(plan.chunks), opened)
        finish(folder, record, plan.chunks, heads(plan), variables_of(plan), "")
        # Rows are compressed chunk by chunk; what they say does not depend on the chunks.
        rows = gzip.decompress((folder / "runs.csv.gz").read_bytes())
        return _hash(iter([(folder / "points.csv").read_bytes(), rows]))


def _hash(parts: Iterator[bytes]) -> str:
    content = hashlib.sha256()
    for part in parts:
        content.update(len(part).to_bytes(8, "little") + part)
    return content.hexdigest()


def ways(full: bool) -> Iterator[tuple[str, Callable[[], str]]]:
    """(What must be the same, how to get its hash), over the whole matrix or a corner of it."""
    for scenario in SCENARIOS if full else ("starter",):
        for threads, block in ((t, b) for t in WORKERS for b in SIZES) if full else ((2, 7),):
            yield f"run {scenario}", functools.partial(of_run, scenario, threads, block)
        for where, workers in (("here", 1), *((w, n) for w in ("processes", "dask") for n in WORKERS if full)):
            for chunk in SIZES if full else (7,):
                yield f"sweep {scenario}", functools.partial(of_sweep, scenario, where, workers, chunk)


if __name__ == "__main__":
    seen: dict[str, list[str]] = {}
    for name, way in ways(sys.argv[1:] == ["full"]):
        seen.setdefault(name, []).append(way())
    print(json.dumps(seen))
