"""The command `sensitivity`: what of a sweep's variables drives each outcome, as tables, figures, and in words."""

from __future__ import annotations

import datetime as dt
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from escalation_sim.analysis.discovery import boxes_table, sentences
from escalation_sim.analysis.luck import CommonLuck, Luck
from escalation_sim.analysis.pawn import pawn_table
from escalation_sim.analysis.responses import Design, heat_table, responses_table, tornado_table
from escalation_sim.analysis.sobol import sobol_table
from escalation_sim.analysis.wording import percent, points
from escalation_sim.errors import ComparisonError, MissingLibraryError
from escalation_sim.report.objects import records_of
from escalation_sim.scenario.messages import did_you_mean
from escalation_sim.store import layout
from escalation_sim.store.provenance import drawn_by, file_hashes, manifest
from escalation_sim.store.sweeps import Sweep, read_sweep
from escalation_sim.store.write import SENSITIVITY, check_folder, write_study
from escalation_sim.study.pathways import Bar
from escalation_sim.study.sweep import Plan

_KINDS = {True: "number", False: "choice"}
_TOLD = 5  # variables told at the terminal, of each outcome


class Asked(NamedTuple):
    """What of a sweep is looked at."""

    folder: Path
    outcomes: Sequence[str]
    above: float | None
    pair: tuple[str, str] | None


class Found(NamedTuple):
    """A sweep and what was found in it."""

    sweep: Sweep
    plan: Plan
    variables: list[dict[str, Any]]
    outcomes: list[str]
    tables: dict[str, pd.DataFrame]
    notes: list[str]

    def at(self, table: str, outcome: str) -> pd.DataFrame:
        """The rows of a table about one outcome, within its longest window."""
        rows = self.tables[table]
        rows = rows[rows["outcome"] == outcome]
        return rows[rows["window_days"] == rows["window_days"].max()]


def sensitivity_and_report(asked: Asked, options: Mapping[str, Any], bar: Bar) -> str:
    """Read a sweep, write the folder of its sensitivities, and say what drives each outcome asked for.

    Raises
    ------
    EscalationSimError
        If the sweep is not finished or damaged, an outcome or variable is unknown, or the folder cannot be written.
    """
    started = dt.datetime.now(dt.UTC)
    sweep = read_sweep(asked.folder)
    plan = Plan.from_record(sweep.plan)
    folder = options["out"] or asked.folder.with_name(f"{asked.folder.name}-sensitivity")
    check_folder(folder, plan.base.id, options["force"], SENSITIVITY)
    found = analysed(asked, sweep, plan, bar)
    record = _record(asked, found, started)

    def paint(target: Path) -> None:
        from escalation_sim.report.sensitivity_figures import draw

        draw(found, target)

    texts = {layout.RESOLVED: (asked.folder / layout.RESOLVED).read_bytes()}
    write_study(
        folder, SENSITIVITY, found.tables, record, texts, paint if options["figures"] else None, options["force"]
    )
    if options["as_json"]:
        tables = {name: records_of(table) for name, table in found.tables.items() if name != "responses"}
        return json.dumps(
            {"sweep": str(asked.folder), "points": plan.layout.size, "notes": found.notes, **tables}, indent=1
        )
    return "\n".join([*_told(found), f"Written to {folder}."])


def _record(asked: Asked, found: Found, started: dt.datetime) -> dict[str, Any]:
    plan, folder = found.plan, asked.folder
    words = [word for name in asked.outcomes for word in ("--outcome", name)]
    words += [f"--above={asked.above}"] if asked.above is not None else []
    words += [f"--heat={','.join(asked.pair)}"] if asked.pair else []
    return manifest(
        command=shlex.join(["escalation-sim", "sensitivity", str(folder), *words]),
        seed=plan.seed,
        replicates=plan.replicates * plan.layout.size,
        draws=plan.parameters,
        scenario_id=plan.base.id,
        resolved_text=(folder / layout.RESOLVED).read_text(encoding="utf-8"),
        source_hashes=file_hashes([folder / layout.MANIFEST]),
        started=started,
        finished=dt.datetime.now(dt.UTC),
        failed=_failed(found) * plan.replicates,
    ) | {"drawn_by": drawn_by(found.sweep.record)}


def _failed(found: Found) -> int:
    table = found.sweep.points
    return int(table.loc[table["n_failed"] > 0, "point"].nunique())


def analysed(asked: Asked, sweep: Sweep, plan: Plan, bar: Bar) -> Found:
    """All tables that the design of a sweep allows."""
    variables = [
        {
            "id": one.id,
            "label": one.label,
            "unit": one.unit,
            "log": one.log,
            "kind": "number" if one.is_number else "choice",
        }
        for one in plan.layout.columns
    ]
    design, table = Design(plan.layout.kind, plan.layout.common), sweep.points
    responses = responses_table(table, variables, design)
    tables = {
        "responses": responses,
        "tornado": tornado_table(responses),
        "pawn": pawn_table(table, variables, design.kind),
    }
    outcomes = _outcomes(asked.outcomes, plan)
    found = Found(sweep, plan, variables, outcomes, tables, [])
    if failed := _failed(found):
        found.notes.append(
            f"{failed:,} of {plan.layout.size:,} points failed and are left out; nothing is known of them."
        )
    if design.kind == "sobol":
        _add_indices(found, bar)
    if (pair := asked.pair or _pair(found)) is not None:
        tables["heat"] = heat_table(
            table[table["outcome"].isin(outcomes)], variables, *_known_pair(pair, found), design
        )
    _add_boxes(found, asked.above)
    return found


def _outcomes(asked: Sequence[str], plan: Plan) -> list[str]:
    known = [one.id for one in plan.base.outcomes]
    for name in asked:
        if name not in known:
            near = did_you_mean(name, known) or f"; there are: {', '.join(known)}"
            raise ComparisonError(f"--outcome {name}: the sweep asks for no such outcome{near}")
    return list(dict.fromkeys(asked or plan.base.show.paths or known[:1]))


def _known_pair(pair: tuple[str, str], found: Found) -> tuple[str, str]:
    known = [one["id"] for one in found.variables]
    for name in pair:
        if name not in known:
            near = did_you_mean(name, known) or f"; there are: {', '.join(known)}"
            raise ComparisonError(f"--heat {','.join(pair)}: the design has no variable '{name}'{near}")
    if pair[0] == pair[1]:
        raise ComparisonError(f"--heat {','.join(pair)}: name two different variables")
    return pair


def _pair(found: Found) -> tuple[str, str] | None:
    """The two variables that drive the first outcome most; None if there are not two."""
    if len(found.variables) < 2:
        return None
    ranked = found.at("pawn", found.outcomes[0]).sort_values("pawn", ascending=False, kind="stable")
    first, second = ranked["variable"].tolist()[:2]
    return first, second


def _add_indices(found: Found, bar: Bar) -> None:
    """Sobol indices, with the luck taken out, where nothing keeps them from being computed."""
    plan = found.plan
    if _failed(found):
        found.notes.append("Sobol indices need every point: run the sweep again with --retry-failed.")
    elif plan.layout.common and not plan.runs:
        found.notes.append(
            "No Sobol indices: the luck that points share is known from the replicates, and none were kept."
        )
    elif plan.replicates < 2:
        found.notes.append("No Sobol indices: a single replicate says nothing about its luck.")
    else:
        luck = _common_luck(found, bar) if plan.layout.common else None
        found.tables["indices"] = sobol_table(found.sweep.points, found.variables, luck)


def _common_luck(found: Found, bar: Bar) -> Luck:
    """The luck that all points share, read from the replicates base row after base row."""
    plan, size = found.plan, len(found.variables) + 2
    asked = found.sweep.points.drop_duplicates(["outcome", "window_days"])
    columns = [f"day_{name}" for name in asked["outcome"]]
    windows = asked["window_days"].to_numpy()
    luck = CommonLuck(plan.parameters)
    with bar(plan.layout.size, "points read") as advance:
        for frame in found.sweep.runs(size):
            days = frame[columns].to_numpy().reshape(size, plan.replicates, len(columns))
            with np.errstate(invalid="ignore"):
                luck.add(days <= windows)
            advance(size)
    return luck.result()


def _add_boxes(found: Found, above: float | None) -> None:
    """Scenario discovery for each outcome asked for, where the library for it is installed."""
    tables, kind = [], found.plan.layout.kind
    try:
        for outcome in found.outcomes:
            rows = found.sweep.points[found.sweep.points["outcome"] == outcome]
            rows = rows[rows["window_days"] == rows["window_days"].max()]
            tables.append(boxes_table(rows, found.variables, _threshold(rows) if above is None else above, kind))
    except MissingLibraryError as error:
        found.notes.append(str(error))
        return
    found.tables["boxes"] = pd.concat(tables, ignore_index=True)


def _threshold(rows: pd.DataFrame) -> float:
    """A round number that about a quarter of the points are above: what is likely, as far as this sweep goes."""
    quartile = float(rows["probability"].quantile(0.75))
    return float(f"{quartile:.1g}") if quartile == quartile else 0.0


def _told(found: Found) -> list[str]:
    """What drives each outcome asked for, strongest first."""
    plan = found.plan
    lines = [
        f"{plan.base.title}: sweep '{plan.layout.id}' ({plan.layout.kind}), {plan.layout.size:,} points x "
        f"{plan.replicates:,} replicates. Conditional on this model, this scenario and this design.",
        "",
    ]
    for outcome in found.outcomes:
        lines += [*_about(found, outcome), ""]
    return [*lines, *found.notes]


def _about(found: Found, outcome: str) -> list[str]:
    rows = found.sweep.points[found.sweep.points["outcome"] == outcome]
    rows = rows[rows["window_days"] == rows["window_days"].max()]
    chances, label = rows["probability"], rows["label"].iloc[0]
    lines = [
        f"{label}, within {rows['window_days'].iloc[0]:g} days: {percent(chances.mean())} on average over the points, "
        f"from {percent(chances.min())} to {percent(chances.max())}"
    ]
    if "indices" in found.tables:
        lines += _indices_told(found.at("indices", outcome))
    swings = found.at("tornado", outcome)
    swings = swings.reindex(swings["swing"].abs().sort_values(ascending=False, kind="stable").index).head(_TOLD)
    others = ", the others averaged over the design" if len(found.variables) > 1 else ""
    lines.append(f"  from the lowest to the highest values of one variable{others}:")
    for row in swings.to_dict("records"):
        ends = (f"{percent(row[f'at_{end}'])} at {_value(row[f'{end}_value'])}" for end in ("low", "high"))
        lines.append(f"    {row['variable']:<24} {points(row['swing']):>6} points   {', '.join(ends)}")
    pawn = found.at("pawn", outcome)
    inert = pawn.loc[pawn["told"] == 0, "variable"].tolist()
    if inert:
        lines.append(f"  not told from a variable without influence (PAWN): {', '.join(inert)}")
    if "boxes" in found.tables:
        boxes = found.tables["boxes"]
        lines += [f"  {said}" for said in sentences(boxes[boxes["outcome"] == outcome], found.variables)]
    return lines


def _indices_told(indices: pd.DataFrame) -> list[str]:
    if indices["total"].isna().all():
        return ["  Sobol: its variation over the points cannot be told from luck; run more replicates"]
    share = indices["luck_share"].iloc[0]
    lines = [f"  Sobol, of the variance of the probability ({percent(share)} of what is seen is luck, taken out):"]
    for row in indices.sort_values("total", ascending=False, kind="stable").head(_TOLD).to_dict("records"):
        total = f"total {row['total']:.2f} [{row['total_low']:.2f}, {row['total_high']:.2f}]"
        first = f"first {row['first']:.2f} [{row['first_low']:.2f}, {row['first_high']:.2f}]"
        lines.append(f"    {row['variable']:<24} {total}   {first}")
    return lines


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
