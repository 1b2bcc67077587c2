"""The command `reproduce`: a run once more from its own folder, each table held against the one that lies there."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from escalation_sim.errors import ComparisonError
from escalation_sim.report.save import provenance, save, tables_of, tell_if_cold
from escalation_sim.report.sweep import SOME_FAILED, Said
from escalation_sim.scenario.load import load
from escalation_sim.scenario.messages import printable
from escalation_sim.scenario.resolve import resolve
from escalation_sim.store import layout
from escalation_sim.store.provenance import sha256
from escalation_sim.store.read import Result, bytes_of, frame_of, kinds_of, read_result
from escalation_sim.store.write import RUN, check_folder, csv
from escalation_sim.study.ensemble import Ensemble, Size, run_ensemble
from escalation_sim.study.pathways import Bar
from escalation_sim.study.rare import effort, estimate_rare

TOLERANCE = 1e-12  # relative; what another processor or library may change in a float
_TINY = 1e-15  # an absolute difference that counts as none, for numbers near zero
EQUAL, CLOSE, DIFFERENT = "equal bytes", "equal but for rounding", "different"


class Compared(NamedTuple):
    """One table held against the one that was kept.

    Attributes
    ----------
    table : str
    verdict : str
        `EQUAL`, `CLOSE` or `DIFFERENT`.
    columns : dict
        Name of a column that is not the same -> in how many rows, and the largest difference (numbers only).
    """

    table: str
    verdict: str
    columns: dict[str, str]


def reproduce_and_report(folder: Path, options: Mapping[str, Any], bar: Bar) -> Said:
    """Run a result again and say whether the tables are the same; exit code 0 if they are, 3 if not.

    Raises
    ------
    ComparisonError
        If the folder is none of a run, or of another version of the random numbers.
    StoreError
        If it is damaged.
    """
    started, kept = dt.datetime.now(dt.UTC), read_result(folder)
    size = _size(kept)
    scenario = resolve(load(folder / layout.RESOLVED))
    if options["out"]:
        check_folder(options["out"], scenario.id, options["force"])
    tell_if_cold()
    with bar(size.replicates, "replicates") as advance:
        result = run_ensemble(scenario, *size._replace(jobs=options["jobs"]), advance, rows=kept.manifest["rows"])
    result = _split(result, kept, size, options, bar)
    command = shlex.join(["escalation-sim", "reproduce", str(folder)])
    record = provenance(result, command, started) | {"sources": kept.manifest.get("sources", {})}
    if options["out"]:
        extra = {name: kept.manifest[name] for name in ("precision", "splitting") if name in kept.manifest}
        save(result, options["out"], record | extra, figures=False, force=options["force"])
    elsewhere = place_of(record) != place_of(kept.manifest)
    found = compared(kept, result)
    same = _same(found, elsewhere)
    text = _as_json(folder, found, elsewhere, same) if options["as_json"] else _told(folder, found, elsewhere, same)
    return Said(text, 0 if same else SOME_FAILED)


def _size(kept: Result) -> Size:
    """How much was run and under which seed; refuses what cannot be run again."""
    from escalation_sim.draws import STREAM_VERSION

    record, folder = kept.manifest, kept.folder
    if (kind := record.get("kind", RUN)) != RUN:
        raise ComparisonError(
            f"{folder}: this is a {printable(str(kind))}, and only runs are made again from their folder; its "
            f"command is: {printable(str(record.get('command')), 1000)}"
        )
    if record.get("stream_version") != STREAM_VERSION:
        raise ComparisonError(
            f"{folder}: made with version {printable(str(record.get('stream_version')))} of the random numbers, and "
            f"this program has version {STREAM_VERSION}; use escalation-sim {printable(str(record.get('version')))}"
        )
    try:
        if record["replicates"]["failed"]:
            raise ComparisonError(f"{folder}: some of its replicates failed; run the scenario again")
        counts = [int(one) for one in (record["replicates"]["requested"], record["parameter_draws"], record["seed"])]
        int(record["rows"])
    except (KeyError, TypeError, ValueError) as error:
        raise ComparisonError(
            f"{folder}: the manifest does not say how much was run; run the scenario again"
        ) from error
    return Size(*counts)


def _split(result: Ensemble, kept: Result, size: Size, options: Mapping[str, Any], bar: Bar) -> Ensemble:
    """The outcomes that were estimated by splitting, once more, in the order of the table."""
    table = kept.tables.get("splitting")
    names = [] if table is None else list(dict.fromkeys(map(str, table["outcome"])))
    known = {outcome.id for outcome in result.scenario.outcomes}
    if strangers := sorted(set(names) - known):
        raise ComparisonError(
            f"{kept.folder}: splitting.csv names an outcome that the scenario lacks: {printable(strangers[0])}"
        )
    found = {}
    for name in names:
        with bar(effort(size)[0], f"splitting for {name}") as advance:
            found[name] = estimate_rare(result.scenario, name, size._replace(jobs=options["jobs"]), advance)
    return dataclasses.replace(result, rare=found)


def place_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """What may change the last bits of a number: versions, system and processor."""
    cpu = record.get("cpu") or {}
    names = ("version", "python", "libraries", "platform")
    return {name: record.get(name) for name in names} | {"cpu": [cpu.get("model"), cpu.get("vectors")]}


def compared(kept: Result, result: Ensemble) -> list[Compared]:
    """Every table of a run, and its resolved scenario, held against what its folder holds."""
    hashes, fresh = kept.manifest["files"], tables_of(result)
    kinds = kinds_of(bytes_of(kept.folder / layout.DICTIONARY))
    found = [_resolved(kept, result)]
    for name in sorted({*fresh, *kept.tables}):
        if name not in fresh or name not in kept.tables:
            found.append(
                Compared(name, DIFFERENT, {"(all)": "only in the folder" if name in kept.tables else "only now"})
            )
            continue
        data = csv(fresh[name])
        if sha256(data) == hashes[f"{name}.csv"]:
            found.append(Compared(name, EQUAL, {}))
        elif list(fresh[name].columns) != list(kinds[name]):
            columns = sorted(set(map(str, fresh[name].columns)) ^ set(kinds[name])) or ["(order)"]
            found.append(Compared(name, DIFFERENT, dict.fromkeys(columns, "not in both")))
        else:
            found.append(held_against(name, kept.tables[name], frame_of(data, kinds[name])))
    return found


def _resolved(kept: Result, result: Ensemble) -> Compared:
    same = kept.resolved == result.resolved_text
    return Compared(
        layout.RESOLVED, EQUAL if same else DIFFERENT, {} if same else {"(text)": "other defaults or order"}
    )


def held_against(name: str, kept: pd.DataFrame, fresh: pd.DataFrame) -> Compared:
    """Two tables with the same columns: text and whole numbers equal, floats to 1e-12.

    >>> one, other = (pd.DataFrame({"n": [3], "share": [x]}) for x in (0.1, 0.1 * (1 + 1e-14)))
    >>> held_against("curves", one, other).verdict
    'equal but for rounding'
    >>> held_against("curves", one, one.assign(n=4)).columns
    {'n': '1 of 1 rows, by up to 1'}
    """
    if len(kept) != len(fresh):
        return Compared(name, DIFFERENT, {"(rows)": f"{len(fresh):,} instead of {len(kept):,}"})
    unlike = dict(_unlike(kept, fresh))
    return Compared(name, DIFFERENT if unlike else CLOSE, unlike)


def _unlike(kept: pd.DataFrame, fresh: pd.DataFrame) -> Iterator[tuple[str, str]]:
    for column in map(str, kept.columns):
        ours, theirs = fresh[column].to_numpy(), kept[column].to_numpy()
        if kept[column].dtype.kind == "f":
            off = ~np.isclose(ours, theirs, rtol=TOLERANCE, atol=_TINY, equal_nan=True)
        else:
            off = ours != theirs
        if (count := int(np.sum(off))) and kept[column].dtype.kind in "fi":
            gap = np.abs(ours[off].astype(float) - theirs[off].astype(float))
            largest = "one of the two is missing" if np.isnan(gap).all() else f"by up to {np.nanmax(gap):.3g}"
            yield column, f"{count:,} of {len(off):,} rows, {largest}"
        elif count:
            yield column, f"{count:,} of {len(off):,} rows"


def _same(found: list[Compared], elsewhere: bool) -> bool:
    return all(one.verdict == EQUAL or (elsewhere and one.verdict == CLOSE) for one in found)


def _told(folder: Path, found: list[Compared], elsewhere: bool, same: bool) -> str:
    """One line for each table, and what it comes to."""
    where = "another platform or version" if elsewhere else "the same platform and versions"
    lines = [f"{folder}: run again on {where}."]
    for one in found:
        lines.append(f"  {one.table:15} {one.verdict}")
        lines += [f"    {printable(column)}: {what}" for column, what in one.columns.items()]
    rule = "whole numbers equal and floats to 1e-12" if elsewhere else "every byte equal"
    return "\n".join([*lines, f"The same ({rule})." if same else f"Not the same ({rule} was wanted)."])


def _as_json(folder: Path, found: list[Compared], elsewhere: bool, same: bool) -> str:
    tables = [one._asdict() for one in found]
    return json.dumps({"folder": str(folder), "same": same, "elsewhere": elsewhere, "tables": tables}, indent=1)
