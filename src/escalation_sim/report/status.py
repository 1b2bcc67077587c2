"""The command `status`: what of a sweep is done, missing or failed, who works on it, and how long it will take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from escalation_sim.store.lock import owner_of
from escalation_sim.store.provenance import digest_of
from escalation_sim.store.read import read_manifest
from escalation_sim.store.shards import has_part, looks_whole, path_of
from escalation_sim.store.sweeps import FILES, flaw, is_finished, read_plan, strangers
from escalation_sim.study.sweep import FAILURES, Plan

_RECENT = 50  # shards whose times tell the pace


def status_of(folder: Path) -> dict[str, Any]:
    """How far a sweep is: chunks and points done, missing and failed, pace, owner.

    Raises
    ------
    StoreError
        If the folder holds no sweep.
    """
    record = read_plan(folder)
    plan, digest = Plan.from_record(record["plan"]), digest_of(record["plan"])
    whole = [chunk for chunk in range(plan.chunks) if looks_whole(folder, chunk, digest)]
    damaged = [chunk for chunk in set(range(plan.chunks)) - set(whole) if path_of(folder, chunk).exists()]
    failed = [chunk for chunk in whole if has_part(folder, chunk, digest, FAILURES)]
    points = sum(len(plan.points_of(chunk)) for chunk in whole)
    has_ended = is_finished(folder)
    damage = flaw(folder) if has_ended else ""
    finished = has_ended and not damage
    owner = owner_of(folder)
    left = _seconds_left(folder, whole, plan.chunks) if owner else None
    return {
        "folder": str(folder),
        "scenario": record["scenario"]["id"],
        "design": plan.layout.id,
        "points": plan.layout.size,
        "points_done": points,
        "points_missing": plan.layout.size - points,
        "chunks": plan.chunks,
        "chunks_done": len(whole),
        "chunks_damaged": len(damaged),
        "chunks_with_failed_points": len(failed),
        "strangers": strangers(folder, plan.chunks, read_manifest(folder)["files"] if finished else FILES),
        "finished": finished,
        "damage": damage,
        "owner": owner,
        "seconds_left": left,
    }


def _seconds_left(folder: Path, whole: list[int], chunks: int) -> float | None:
    """At the pace of the shards written last; None where it cannot be told."""
    times = sorted(path_of(folder, chunk).stat().st_mtime for chunk in whole)[-_RECENT:]
    if len(times) < 2 or times[-1] <= times[0]:
        return None
    return (chunks - len(whole)) * (times[-1] - times[0]) / (len(times) - 1)


def status_text(folder: Path, as_json: bool) -> str:
    """The status in words, or as one JSON object."""
    now = status_of(folder)
    if as_json:
        return json.dumps(now, indent=1)
    done = f"{now['points_done']:,} of {now['points']:,} points ({now['chunks_done']:,} of {now['chunks']:,} chunks)"
    lines = [
        f"Sweep '{now['design']}' of {now['scenario']} in {folder}",
        f"  done     {done}",
        f"  missing  {now['points_missing']:,} points",
        f"  failed   points in {now['chunks_with_failed_points']:,} chunks",
    ]
    if now["chunks_damaged"]:
        lines.append(f"  damaged  {now['chunks_damaged']:,} shards; they are run again")
    if now["strangers"]:
        lines.append(f"  not of this sweep: {', '.join(now['strangers'][:5])}; they are not read")
    return "\n".join([*lines, f"  {_state(now)}"])


def _state(now: dict[str, Any]) -> str:
    if now["owner"] is not None:
        who = f"process {now['owner'].get('pid')} on {now['owner'].get('host')}"
        left = now["seconds_left"]
        return f"running  {who}" + (f", about {left / 60:,.1f} minutes left" if left is not None else "")
    if now["damage"]:
        return f"damaged  {now['damage']}"
    if now["finished"]:
        return "finished; try: escalation-sim sensitivity " + now["folder"]
    return "stopped; the command that began it goes on"
