"""The command `signals`: what to watch in the first weeks, as a table, figures, and in words."""

from __future__ import annotations

import datetime as dt
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from escalation_sim.analysis.estimates import percent, percent_of_count, points
from escalation_sim.report.run import plain
from escalation_sim.report.save import command_line, provenance, save_study, tell_if_cold
from escalation_sim.scenario.load import load
from escalation_sim.scenario.resolve import resolve
from escalation_sim.store.provenance import file_hashes
from escalation_sim.store.write import SIGNALS, check_folder
from escalation_sim.study.ensemble import Size, asked_for
from escalation_sim.study.pathways import Bar
from escalation_sim.study.signals import Watch, watch, watched_ticks

_TOLD, _WIDTH = 6, 112


def signals_and_report(
    file: Path, variants: Sequence[str], settings: Sequence[str], options: dict[str, Any], bar: Bar
) -> str:
    """Run an ensemble, find early signals, and write a folder; the strongest as text, or all as JSON."""
    started = dt.datetime.now(dt.UTC)
    hashes = file_hashes([file]) if file.is_file() else {}
    scenario = resolve(load(file, variants, settings))
    folder = options["out"] or Path("results") / "-".join([scenario.id, *variants, "signals"])
    check_folder(folder, scenario.id, options["force"], SIGNALS)
    outcomes = asked_for(scenario, options["outcomes"])
    watched_ticks(scenario, options["weeks"])
    size = Size(options["replicates"], options["parameters"], options["seed"], options["jobs"])
    tell_if_cold()
    with bar(size.replicates, "replicates") as advance:
        found = watch(scenario, outcomes, options["weeks"], size, advance)
    words = [word for name in variants for word in ("--with", name)]
    words += [word for setting in settings for word in ("--set", setting)]
    words += [word for name in options["outcomes"] for word in ("--outcome", name)] + [f"--weeks={options['weeks']:g}"]
    record = provenance(found.ensemble, command_line("signals", file, found.ensemble, words), hashes, started)

    def paint(target: Path) -> None:
        from escalation_sim.figures import style
        from escalation_sim.figures.signals import signals_figure

        for outcome in outcomes:
            label = next(one.label for one in scenario.outcomes if one.id == outcome)
            rows = found.table[found.table["outcome"] == outcome]
            drawn = signals_figure(rows, label, found.landmark, note(found, outcome))
            style.save(drawn, target, f"signals-{outcome}")

    tables = {"probabilities": found.ensemble.probabilities, "signals": found.table}
    save_study(found.ensemble, folder, SIGNALS, tables, record, paint if options["figures"] else None, options["force"])
    if options["as_json"]:
        return json.dumps(as_object(found), indent=1)
    told = [line for outcome in outcomes for line in ("", *_told(found, outcome))]
    return "\n".join([scenario.title, *textwrap.wrap(_given(found), _WIDTH), *told, "", f"Written to {folder}."])


def _given(found: Watch) -> str:
    return (
        f"{found.ensemble.replicates:,} replicates over {found.ensemble.parameters:,} parameter draws, seed "
        f"{found.ensemble.seed}. Conditional on this model and this scenario. Signals of the first "
        f"{found.landmark / 7:g} weeks, among replicates in which the outcome has not come by then; [..] 95 %."
    )


def note(found: Watch, outcome: str) -> str:
    """The line under a figure."""
    later, still = found.open_share[outcome]
    return (
        f"{found.ensemble.scenario.title}. Conditional on this model and scenario. {still:,} of "
        f"{found.ensemble.replicates:,} replicates over {found.ensemble.parameters:,} parameter draws are still open "
        f"at the end of week {found.landmark / 7:g}; the outcome comes later in {later:,} of them."
    )


def _told(found: Watch, outcome: str) -> list[str]:
    """One outcome: how likely it still is, and what shifts that most."""
    later, still = found.open_share[outcome]
    rows = found.table[found.table["outcome"] == outcome]
    label, window = next(
        (one.label, max(one.windows or (0.0,))) for one in found.ensemble.scenario.outcomes if one.id == outcome
    )
    head = f"{label} after week {found.landmark / 7:g} and within {window:g} days: {percent_of_count(later, still)}"
    if rows.empty:
        return [f"{head}. Nothing seen by then tells more than chance."]
    lines = [f"{head}. If by then it was seen (or not) that"]
    for row in rows.head(_TOLD).to_dict("records"):
        seen, unseen = (f"{percent(row[p])} [{percent(row[f'{p}_low'])[:-2]} – {percent(row[f'{p}_high'])}]"
                        for p in ("given_seen", "given_unseen"))  # fmt: skip
        within = f"; {points(row['within_draws'])} within draws" if row["within_draws"] == row["within_draws"] else ""
        lines += textwrap.wrap(
            f"{row['rank']:>3}. {row['signal']} ({percent(row['seen'])} of replicates): {seen}, else {unseen}; "
            f"{points(row['difference'])} points{within}",
            _WIDTH,
            subsequent_indent=" " * 8,
        )
    if len(rows) > _TOLD:
        lines.append(f"  … and {len(rows) - _TOLD} more (signals.csv).")
    return lines


def as_object(found: Watch) -> dict[str, Any]:
    """The signals as one JSON object; numbers that cannot be told are null."""
    ensemble = found.ensemble
    return {
        "scenario": ensemble.scenario.id,
        "seed": ensemble.seed,
        "replicates": ensemble.replicates,
        "parameter_draws": ensemble.parameters,
        "landmark_days": found.landmark,
        "open": {name: {"later": later, "n": n} for name, (later, n) in found.open_share.items()},
        "signals": [{str(key): plain(cell) for key, cell in row.items()} for row in found.table.to_dict("records")],
    }
