"""The command `sweep`: plan, cost, run or go on, put together, and say what came out."""

from __future__ import annotations

import contextlib
import functools
import json
import shlex
import signal
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from escalation_sim.analysis.wording import percent, percent_of_share
from escalation_sim.errors import CostError
from escalation_sim.report.save import option_words, tell_if_cold
from escalation_sim.store import columns
from escalation_sim.store.folders import read
from escalation_sim.store.lock import WHOLE, InUseError, locked
from escalation_sim.store.provenance import FORMAT_VERSION, PROGRAM, digest_of, sha256
from escalation_sim.store.read import Result
from escalation_sim.store.shards import has_part, is_whole, looks_whole, path_of, sweep_up
from escalation_sim.store.sweeps import begin, blocks_of_points, finish, flaw, prepare, reopen
from escalation_sim.study import executors
from escalation_sim.study.cost import LIMITS, Cost
from escalation_sim.study.drive import Halt, Open, Work, drive
from escalation_sim.study.ensemble import processors
from escalation_sim.study.pathways import Bar
from escalation_sim.study.planning import MOST_HOURS, Asked, check, cost_of, planned
from escalation_sim.study.sweep import FAILURES, Plan, heads, made_by

_WIDTH = 112
SOME_FAILED = 3  # exit code


class Said(NamedTuple):
    """What a command has to say, and its exit code."""

    text: str
    exit_code: int = 0


def sweep_and_report(asked: Asked, options: Mapping[str, Any], bar: Bar) -> Said:
    """Run a sweep, or what is missing of it, and say what came out.

    Raises
    ------
    EscalationSimError
        Before anything is run: bad input, a folder of something else, a sweep too dear. Later: what cannot be written.
    """
    plan = planned(asked)
    cost = cost_of(plan)
    folder = options["out"] or default_folder(plan)
    if options["dry_run"]:
        return Said("\n".join([*told(plan), *_told_cost(plan, cost, folder), "Nothing was run."]))
    check(plan)
    prepare(folder)
    part = options["shard"]
    name = f"{WHOLE}-{part[0]}-of-{part[1]}" if part else WHOLE
    with locked(folder, name), Halt() as halt:
        record = begin(folder, _record(plan, asked))
        if not part:
            sweep_up(folder)
        work = Work(folder, plan, digest_of(record["plan"]), halt, lambda done: None)
        try:
            _run(work, options, bar)
            if halt.signal is None:
                return _finished(work, record, options, folder)
        except KeyboardInterrupt:  # the second signal
            pass
        return _stopped(work, asked, options, folder)


def sweep(
    file: str | Path,
    design: str | Path,
    folder: str | Path,
    replicates: int | None = None,
    parameters: int | None = None,
    seed: int = 1,
    jobs: int = 1,
) -> Result:
    """Run an ensemble at each point of a design, or what is missing of it, and read the folder: the command `sweep`.

    Stopped or killed at any moment, the same call goes on. (Seven parameters: what is swept, where to, and how much.)

    Parameters
    ----------
    file : path
        Of a scenario.
    design : str or path
        The id of a design of the scenario, a `.yaml` file with one, or a `.csv` file with a column per dotted path (or
        `variant`) and a row per point.
    folder : path
        New, empty, or the same sweep begun before.
    replicates, parameters : int, optional
        Of each point; by default those of the design, else 1,000 over 100 draws.
    seed : int
        All points share its luck, unless the design says otherwise.
    jobs : int
        Processes. With more than one, a script must keep the call below `if __name__ == "__main__":`.

    Returns
    -------
    Result
        As from `read`: `tables["points"]` has a row per point, outcome and window. A point that failed has an empty
        probability, bounds of 0 and 1, and its replicates in `n_failed`.

    Raises
    ------
    EscalationSimError
        Before anything is run: bad input, a folder of something else, a sweep too dear. Later: what cannot be written.
    KeyboardInterrupt
        If it was stopped by a signal; what is done is kept.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     _ = Path(place, "points.csv").write_text("reply_rounds\\n1\\n2\\n")
    ...     found = sweep("library:starter", f"{place}/points.csv", f"{place}/out", replicates=20, parameters=2)
    >>> sorted(found.tables["points"]["reply_rounds"].unique().tolist())
    [1.0, 2.0]
    """
    asked = Asked(Path(file), str(design), replicates=replicates, parameters=parameters, seed=seed)
    options = {"out": Path(folder), "max_hours": MOST_HOURS, "jobs": jobs, "as_json": False}
    options |= dict.fromkeys(("dry_run", "shard", "retry_failed", "dask", "parquet"))
    said = sweep_and_report(asked, options, lambda total, unit: contextlib.nullcontext(lambda done: None))
    if said.exit_code not in (0, SOME_FAILED):
        raise KeyboardInterrupt
    return read(folder)


def default_folder(plan: Plan) -> Path:
    """Where a sweep goes if nobody says where."""
    return Path("results") / f"{plan.base.id}-{plan.layout.id}"


def _record(plan: Plan, asked: Asked) -> dict[str, Any]:
    """What lies beside the plan: where it comes from, and which program it is for."""
    base, resolved = plan.base, sha256(plan.resolved_text.encode())
    return {
        "program": PROGRAM,
        "format_version": FORMAT_VERSION,
        "command": repeats(asked, Path("DIR"), {}),
        "scenario": {"id": base.id, "title": base.title, "resolved_sha256": resolved},
        "sources": dict(plan.files),
        "plan": plan.as_record(),
        "made_by": made_by(),
    }


def told(plan: Plan) -> list[str]:
    """A plan in words."""
    shape, size = plan.layout, f"{plan.replicates:,} replicates over {plan.parameters:,} parameter draws"
    luck = "common random numbers" if shape.common else "each point with its own random numbers"
    head = f"{plan.base.title}: sweep '{shape.id}' ({shape.kind}), {shape.size:,} points x {size}"
    lines = textwrap.wrap(f"{head}, seed {plan.seed}, {luck}.", _WIDTH)
    for column in shape.columns:
        given = sorted(set(column.values)) if column.is_number else list(dict.fromkeys(map(str, column.values)))
        ends = f"{given[0]:g} to {given[-1]:g}" if column.is_number else ", ".join(map(str, given[:6]))
        lines.append(f"  {column.id}: {column.set or 'variant'}, {len(given):,} values, {ends}")
    return lines


def _told_cost(plan: Plan, cost: Cost, folder: Path) -> list[str]:
    takes = f"{cost.hours:,.1f} hours" if cost.hours >= 1 else f"{max(cost.hours * 60, 0.1):,.1f} minutes"
    said = (
        f"{cost.replicates:,} replicates in {plan.chunks:,} chunks of {plan.chunk:,} points; roughly {takes} of one "
        f"processor and {cost.disk / 1e6:,.1f} MB in {folder}."
    )
    try:
        check(plan)
    except CostError as error:
        return [said, f"It would be refused: {error}"]
    return [said]


def _run(work: Work, options: Mapping[str, Any], bar: Bar) -> None:
    """Run the chunks that are missing, or some of them, or those of which points have failed."""
    part = options["shard"] or (0, 1)
    own = [chunk for chunk in range(work.plan.chunks) if chunk % part[1] == part[0]]
    kept = {chunk for chunk in own if is_whole(work.folder, chunk, work.digest)}
    if options["retry_failed"]:
        kept -= {chunk for chunk in kept if has_part(work.folder, chunk, work.digest, FAILURES)}
    chunks = [chunk for chunk in own if chunk not in kept]
    if not chunks:
        return
    reopen(work.folder)
    for chunk in chunks:  # damaged or to be tried again: from here on it is missing, whoever looks
        path_of(work.folder, chunk).unlink(missing_ok=True)
    tell_if_cold()
    with bar(sum(map(work.replicates, own)), "replicates") as advance:
        advance(sum(map(work.replicates, kept)))
        drive(work._replace(progress=advance), chunks, _opened(options, len(chunks)))


def _opened(options: Mapping[str, Any], chunks: int) -> Open:
    """How to open the executor that was asked for."""
    jobs = options["jobs"] or processors()
    if options["dask"]:
        return functools.partial(executors.dask, options["dask"], jobs)
    return executors.here if jobs == 1 else functools.partial(executors.processes, min(jobs, chunks))


def repeats(asked: Asked, folder: Path, options: Mapping[str, Any]) -> str:
    """The command line that goes on with a sweep."""
    chosen = {"with": asked.variants, "set": asked.settings}
    words = ["escalation-sim", "sweep", str(asked.file), "--design", asked.design, *option_words(chosen)]
    for name in ("replicates", "parameters"):
        words += [f"--{name}={value}"] if (value := getattr(asked, name)) else []
    words += [f"--seed={asked.seed}"] if asked.seed != 1 else []
    if asked.common is not None:
        words.append("--common-random-numbers" if asked.common else "--own-random-numbers")
    words += [] if asked.runs else ["--no-runs"]
    for name in ("jobs", "dask"):
        words += [f"--{name}={options[name]}"] if options.get(name) else []
    words += ["--shard={}/{}".format(*options["shard"])] if options.get("shard") else []
    for name, usual in LIMITS._replace(hours=MOST_HOURS)._asdict().items():
        words += [f"--max-{name}={most}"] if (most := options.get(f"max_{name}", usual)) != usual else []
    words += ["--parquet"] if options.get("parquet") else []
    return shlex.join([*words, "--out", str(folder)])


def _stopped(work: Work, asked: Asked, options: Mapping[str, Any], folder: Path) -> Said:
    done = sum(looks_whole(work.folder, chunk, work.digest) for chunk in range(work.plan.chunks))
    said = f"Stopped: {done:,} of {work.plan.chunks:,} chunks are done and kept. Go on with:"
    sys.stderr.write(f"{said}\n  {repeats(asked, folder, options)}\n")
    return Said("", 128 + (work.halt.signal or signal.SIGINT))


def _finished(work: Work, record: dict[str, Any], options: Mapping[str, Any], folder: Path) -> Said:
    """Put the tables together once every chunk is there, and sum them up."""
    plan = work.plan
    missing = sum(not looks_whole(folder, chunk, work.digest) for chunk in range(plan.chunks))
    if missing:
        others = "the other parts have still to run" if options["shard"] else "run the same command again"
        return Said(f"{plan.chunks - missing:,} of {plan.chunks:,} chunks are done in {folder}; {others}.")
    try:
        with locked(folder, f"{WHOLE}-tables") if options["shard"] else contextlib.nullcontext():
            if flaw(folder):
                finish(folder, record, plan.chunks, heads(plan), variables_of(plan), plan.resolved_text)
            if options["parquet"]:
                from escalation_sim.store.parquet import write_parquet

                write_parquet(folder)
    except InUseError:
        return Said(f"All {plan.chunks:,} chunks are done in {folder}; another part puts the tables together.")
    return summed_up(folder, plan, options["as_json"])


def variables_of(plan: Plan) -> list[columns.Column]:
    """What the columns of the variables mean."""
    return [
        columns.Column(
            one.id,
            columns.NUMBER if one.is_number else columns.TEXT,
            one.unit,
            f"set by the design: {one.set or 'variant'}" + (f" ({one.label})" if one.label != one.set else ""),
        )
        for one in plan.layout.columns
    ]


def summed_up(folder: Path, plan: Plan, as_json: bool) -> Said:
    """The ends of what was found: the lowest and the highest probability of each outcome over the points."""
    longest = {one.id: max(one.windows or ()) for one in plan.base.outcomes}
    troubled, found = set[int](), []
    for block in blocks_of_points(folder):
        troubled.update(block.loc[block["n_failed"] > 0, "point"])
        found.append(_ends(block, longest))
    failed, ends = len(troubled), _ends(pd.concat(found, ignore_index=True), longest)
    rows = [(name, table.iloc[0], table.iloc[1]) for name, table in ends.groupby("outcome", sort=False)]
    code = SOME_FAILED if failed else 0
    if as_json:
        told_ends = [_as_object(name, low, high) for name, low, high in rows]
        counts = {"points": plan.layout.size, "failed_points": failed, "replicates": plan.replicates}
        return Said(
            json.dumps({"folder": str(folder), "design": plan.layout.id, **counts, "outcomes": told_ends}, indent=1),
            code,
        )
    lines = [
        *told(plan),
        "",
        "Lowest and highest probability over the points, longest window (conditional on this model):",
    ]
    for name, low, high in rows:
        both = "   ".join(f"{_chance(one):>26} at {_where(plan, one):<34}" for one in (low, high))
        lines.append(f"  {name:<24} {low['window_days']:>4g} d {both}".rstrip())
    if failed:
        lines += [
            "",
            f"{failed:,} of {plan.layout.size:,} points failed (see failures.csv); --retry-failed tries them again.",
        ]
    return Said("\n".join([*lines, "", f"Written to {folder}.", f"Next: escalation-sim sensitivity {folder}"]), code)


def _ends(points: pd.DataFrame, longest: Mapping[str, float]) -> pd.DataFrame:
    """Rows of the lowest and then of the highest probability of each outcome, within its longest window."""
    good = points[(points["n"] > 0) & (points["window_days"] == points["outcome"].map(longest))]
    chances = good.groupby("outcome", sort=False)["probability"]
    return good.loc[[*chances.idxmin(), *chances.idxmax()]]


def _chance(row: Any) -> str:
    return (
        f"{percent_of_share(row['probability'], int(row['n']))} [{percent(row['mc_low'])}, {percent(row['mc_high'])}]"
    )


def _where(plan: Plan, row: Any) -> str:
    """The values of the variables of a row, or its point where they are many."""
    values = [
        f"{one.id}={row[one.id]:g}" if one.is_number else f"{one.id}={row[one.id]}" for one in plan.layout.columns
    ]
    said = ", ".join(values)
    return said if len(said) <= 34 else f"point {row['point']}"


def _as_object(name: Any, low: Any, high: Any) -> dict[str, Any]:
    keys = ("point", "probability", "mc_low", "mc_high", "n")
    ends = {end: {key: row[key].item() for key in keys} for end, row in (("lowest", low), ("highest", high))}
    return {"id": name, "window_days": low["window_days"].item(), **ends}
