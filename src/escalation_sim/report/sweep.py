"""The command `sweep`: plan, cost, run or go on, put together, and say what came out."""

from __future__ import annotations

import contextlib
import functools
import json
import platform
import shlex
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from escalation_sim._compiled import source_hash
from escalation_sim.analysis.wording import percent, percent_of_share
from escalation_sim.report.save import option_words, source_hashes, tell_if_cold
from escalation_sim.store import columns
from escalation_sim.store.lock import WHOLE, InUseError, locked
from escalation_sim.store.provenance import FORMAT_VERSION, PROGRAM, digest_of, origin, sha256
from escalation_sim.store.shards import has_part, looks_whole, sweep_up
from escalation_sim.store.sweeps import begin, check_sweep_folder, finish, is_finished, read_sweep, reopen
from escalation_sim.study import executors
from escalation_sim.study.drive import Halt, Open, Work, drive
from escalation_sim.study.ensemble import processors
from escalation_sim.study.pathways import Bar
from escalation_sim.study.planning import Asked, Cost, check_cost, cost_of, planned
from escalation_sim.study.sweep import FAILURES, Plan, heads

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
    hashes = source_hashes([asked.file, Path(asked.design)])
    plan = planned(asked)
    cost = cost_of(plan)
    folder = options["out"] or default_folder(plan)
    if options["dry_run"]:
        return Said("\n".join([*told(plan), *_told_cost(plan, cost, folder, options["max_hours"]), "Nothing was run."]))
    check_cost(cost, options["max_hours"])
    check_sweep_folder(folder)
    record = begin(folder, _record(plan, asked, hashes))
    part = options["shard"]
    name = f"{WHOLE}-{part[0]}-of-{part[1]}" if part else WHOLE
    with locked(folder, name), Halt() as halt:
        if not part:
            sweep_up(folder)
        work = Work(folder, plan, digest_of(record["plan"]), halt, lambda done: None)
        _run(work, options, bar)
        if halt.signal is not None:
            return _stopped(work, asked, options, folder)
        return _finished(work, record, options, folder)


def default_folder(plan: Plan) -> Path:
    """Where a sweep goes if nobody says where."""
    return Path("results") / f"{plan.base.id}-{plan.layout.id}"


def _record(plan: Plan, asked: Asked, hashes: dict[str, str]) -> dict[str, Any]:
    """What lies beside the plan: where it comes from, and which program it is for."""
    resolved = resolved_text(plan)
    return {
        "program": PROGRAM,
        "format_version": FORMAT_VERSION,
        "command": repeats(asked, Path("DIR"), {}),
        "scenario": {"id": plan.base.id, "title": plan.base.title, "resolved_sha256": sha256(resolved.encode())},
        "sources": hashes,
        "plan": plan.as_record(),
        "made_by": {**origin(), "machine": platform.machine(), "code": source_hash()},
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


def _told_cost(plan: Plan, cost: Cost, folder: Path, most_hours: float) -> list[str]:
    takes = f"{cost.hours:,.1f} hours" if cost.hours >= 1 else f"{max(cost.hours * 60, 0.1):,.1f} minutes"
    said = (
        f"{cost.replicates:,} replicates in {plan.chunks:,} chunks of {plan.chunk:,} points; roughly {takes} of one "
        f"processor and {cost.size / 1e6:,.1f} MB in {folder}."
    )
    try:
        check_cost(cost, most_hours)
    except Exception as error:
        return [said, f"It would be refused: {error}"]
    return [said]


def _run(work: Work, options: Mapping[str, Any], bar: Bar) -> None:
    """Run the chunks that are missing, or some of them, or those of which points have failed."""
    part = options["shard"] or (0, 1)
    own = [chunk for chunk in range(work.plan.chunks) if chunk % part[1] == part[0]]
    whole = [chunk for chunk in own if looks_whole(work.folder, chunk, work.digest)]
    again = (
        [one for one in whole if has_part(work.folder, one, work.digest, FAILURES)] if options["retry_failed"] else []
    )
    kept = set(whole) - set(again)
    chunks = [chunk for chunk in own if chunk not in kept]
    if not chunks:
        return
    if is_finished(work.folder):
        reopen(work.folder)
    tell_if_cold()
    total = len(own) * work.plan.chunk * work.plan.replicates
    with bar(total, "replicates") as advance:
        advance(len(kept) * work.plan.chunk * work.plan.replicates)
        drive(work._replace(progress=advance), chunks, _opened(options, len(chunks)))


def _opened(options: Mapping[str, Any], chunks: int) -> Open:
    """How to open the executor that was asked for."""
    jobs = min(options["jobs"] or processors(), chunks)
    if options["dask"]:
        return functools.partial(executors.dask, options["dask"], options["jobs"] or processors())
    return executors.here if jobs == 1 else functools.partial(executors.processes, jobs)


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
    return shlex.join([*words, "--out", str(folder)])


def _stopped(work: Work, asked: Asked, options: Mapping[str, Any], folder: Path) -> Said:
    done = sum(looks_whole(work.folder, chunk, work.digest) for chunk in range(work.plan.chunks))
    said = f"Stopped: {done:,} of {work.plan.chunks:,} chunks are done and kept. Go on with:"
    sys.stderr.write(f"{said}\n  {repeats(asked, folder, options)}\n")
    return Said("", 128 + (work.halt.signal or 0))


def _finished(work: Work, record: dict[str, Any], options: Mapping[str, Any], folder: Path) -> Said:
    """Put the tables together once every chunk is there, and sum them up."""
    plan = work.plan
    missing = sum(not looks_whole(folder, chunk, work.digest) for chunk in range(plan.chunks))
    if missing:
        others = "the other parts have still to run" if options["shard"] else "run the same command again"
        return Said(f"{plan.chunks - missing:,} of {plan.chunks:,} chunks are done in {folder}; {others}.")
    try:
        with locked(folder, f"{WHOLE}-tables") if options["shard"] else contextlib.nullcontext():
            if not is_finished(folder):
                finish(folder, record, plan.chunks, heads(plan), variables_of(plan), resolved_text(plan))
    except InUseError:
        return Said(f"All {plan.chunks:,} chunks are done in {folder}; another part puts the tables together.")
    if options["parquet"]:
        from escalation_sim.store.parquet import write_parquet

        write_parquet(folder)
    return summed_up(folder, plan, options["as_json"])


def resolved_text(plan: Plan) -> str:
    """The resolved scenario that the variables vary, as YAML."""
    from escalation_sim.scenario.dump import dump

    return dump(plan.base)


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
    points = read_sweep(folder).points
    failed = int(points.loc[points["n_failed"] > 0, "point"].nunique())
    rows = []
    for name, table in points.groupby("outcome", sort=False):
        longest = table[table["window_days"] == table["window_days"].max()]
        good = longest[longest["n"] > 0]
        if len(good):
            rows.append((name, good.loc[good["probability"].idxmin()], good.loc[good["probability"].idxmax()]))
    code = SOME_FAILED if failed else 0
    if as_json:
        ends = [_as_object(name, low, high) for name, low, high in rows]
        counts = {"points": plan.layout.size, "failed_points": failed, "replicates": plan.replicates}
        return Said(
            json.dumps({"folder": str(folder), "design": plan.layout.id, **counts, "outcomes": ends}, indent=1), code
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
