"""The folders that a report is made from: read, checked against their manifests, and held to one scenario."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from escalation_sim.errors import ComparisonError, StoreError
from escalation_sim.report.render import visible
from escalation_sim.report.status import status_of
from escalation_sim.scenario.load import load
from escalation_sim.scenario.messages import printable
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.store import layout
from escalation_sim.store.read import read_result
from escalation_sim.store.sweeps import PLAN, SWEEP, is_finished, read_plan, read_sweep
from escalation_sim.store.write import BACKTEST, COMPARISON, RUN, SCORE

if TYPE_CHECKING:
    import pandas as pd

LEVERS = "levers"  # a comparison of levers, which has a table of that name


@dataclass(frozen=True)
class Folder:
    """A result folder as a report takes it.

    Attributes
    ----------
    path : Path
    kind : str
        As in the manifest; ``levers`` for a comparison of levers.
    record : dict
        The manifest; of a sweep that is not finished, its plan.
    tables, figures : dict
        By name; figures as bytes, by the name of the file.
    unlisted : sequence of str
        Files that the manifest does not know and that were not read.
    missing : str
        What of the results is not there, as "k of n ..., INCOMPLETE"; empty if all is.
    """

    path: Path
    kind: str
    record: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    figures: Mapping[str, bytes] = field(default_factory=dict)
    unlisted: Sequence[str] = ()
    missing: str = ""

    @property
    def name(self) -> str:
        """What a reader knows the folder by."""
        return self.path.name or str(self.path)

    @property
    def size(self) -> str:
        """How much was run, in a clause."""
        record = self.record
        if self.kind == SWEEP:
            plan = record["plan"]
            points = len(plan["layout"]["columns"][0]["values"])
            return f"{points:,} points x {plan['replicates']:,} replicates over {plan['parameters']:,} parameter draws"
        counts = f"{record['replicates']['requested']:,} replicates over {record['parameter_draws']:,} parameter draws"
        return f"{counts}, seed {record['seed']}"


@dataclass(frozen=True)
class Inputs:
    """All folders of a report, and the scenario they are about (none if only an unfinished sweep or a backtest is)."""

    folders: Sequence[Folder]
    scenario: Scenario | None

    def of(self, *kinds: str) -> Iterator[Folder]:
        """The folders of some kinds, in the order in which they were given."""
        return (folder for folder in self.folders if folder.kind in kinds)

    def with_table(self, name: str) -> Iterator[Folder]:
        """The folders that hold a table."""
        return (folder for folder in self.folders if name in folder.tables)

    @property
    def file(self) -> str:
        """The scenario file as a command would name it: the first of its sources that the command of a folder names."""
        for folder in self.folders:
            words = f"{folder.record.get('command', '')} "
            named = [name for name in folder.record.get("sources", {}) if f" {shlex.quote(name)} " in words]
            if named and folder.kind not in (BACKTEST, SCORE):
                return str(min(named, key=lambda name: words.index(f" {shlex.quote(name)} ")))
        return "FILE"


def opened(paths: Sequence[Path]) -> Inputs:
    """Read all folders.

    Raises
    ------
    StoreError
        If one of them is no result, incomplete or damaged.
    ComparisonError
        If they are of different scenarios, or one is given twice.
    """
    folders = [_read(path) for path in paths]
    if doubled := [
        path for number, path in enumerate(paths) if path.resolve() in {one.resolve() for one in paths[:number]}
    ]:
        raise ComparisonError(f"{doubled[0]}: given twice; name each folder once")
    about = [folder for folder in folders if folder.kind != BACKTEST]
    for folder in about[1:]:
        ours, theirs = (str(one.record["scenario"]["id"]) for one in (about[0], folder))
        if ours != theirs:
            raise ComparisonError(
                f"{folder.path}: of the scenario '{printable(theirs)}', but {about[0].path} is of '{printable(ours)}'; "
                "a report is about one scenario"
            )
    holders = [folder for folder in about if (folder.kind != SWEEP or folder.tables)]
    holders.sort(key=lambda folder: folder.kind != RUN)
    return Inputs(
        [_pictured(folder) for folder in folders],
        resolve(load(holders[0].path / layout.RESOLVED)) if holders else None,
    )


def _pictured(folder: Folder) -> Folder:
    """The folder of a run with its figures drawn, where it was kept without."""
    parts = ("probabilities", "curves", "rungs", "strain", "paths")
    if folder.kind != RUN or folder.figures or not folder.tables.keys() >= set(parts):
        return folder
    from escalation_sim.report.gallery import Kept, drawn

    scenario = resolve(load(folder.path / layout.RESOLVED))
    counts = folder.record["replicates"]["requested"], folder.record["parameter_draws"]
    return replace(folder, figures=drawn(Kept(scenario, *counts, *(_visible(folder.tables[name]) for name in parts))))


def _visible(table: pd.DataFrame) -> pd.DataFrame:
    """The table with nothing in its texts that no font can draw."""
    texts = [name for name in table.columns if table[name].dtype.kind not in "iuf"]
    return table.assign(**{name: [visible(str(cell)) for cell in table[name]] for name in texts})


def _read(path: Path) -> Folder:
    if (path / PLAN).exists():
        return _read_sweep(path)
    result = read_result(path)
    record, kind = result.manifest, result.manifest.get("kind", RUN)
    if kind == COMPARISON and LEVERS in result.tables:
        kind = LEVERS
    try:
        counts = {name: int(record["replicates"][name]) for name in ("requested", "ok", "failed")}
        complete = counts["ok"] == counts["requested"]
        record["parameter_draws"], record["seed"], record["command"], record["version"]
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path}: the manifest does not say how much was run ({printable(str(error))})") from error
    missing = "" if complete else f"{path.name}: {counts['ok']:,} of {counts['requested']:,} replicates, INCOMPLETE"
    return Folder(path, kind, record, result.tables, result.figures, result.unlisted, missing)


def _read_sweep(path: Path) -> Folder:
    """A sweep, finished or not."""
    if not is_finished(path):
        now = status_of(path)
        missing = f"{path.name}: {now['points_done']:,} of {now['points']:,} points, INCOMPLETE"
        return Folder(path, SWEEP, read_plan(path), unlisted=now["strangers"], missing=missing)
    sweep = read_sweep(path)
    points = sweep.points
    total, failed = points["point"].nunique(), points.loc[points["n_failed"] > 0, "point"].nunique()
    missing = f"{path.name}: {total - failed:,} of {total:,} points, INCOMPLETE" if failed else ""
    record = {**sweep.record, "plan": sweep.plan}
    return Folder(path, SWEEP, record, {"points": points}, unlisted=sweep.unlisted, missing=missing)
