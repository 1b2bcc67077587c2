"""The command `signals`: what to watch in the first weeks, as a table, figures, and in words."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from escalation_sim.analysis.wording import percent, percent_of_count, points
from escalation_sim.report.objects import preamble, records_of
from escalation_sim.report.save import opened, option_words, save_study, tell_if_cold
from escalation_sim.scenario.words import spelled_out
from escalation_sim.store.write import SIGNALS
from escalation_sim.study.ensemble import Size, asked_for
from escalation_sim.study.pathways import Bar
from escalation_sim.study.signals import Watch, watch, watched_ticks

if TYPE_CHECKING:
    import pandas as pd

_TOLD, _WIDTH = 5, 112


def signals_and_report(
    file: Path, variants: Sequence[str], settings: Sequence[str], options: dict[str, Any], bar: Bar
) -> str:
    """Run an ensemble, find early signals, and write a folder; the strongest as text, or all as JSON."""
    study = opened(file, variants, settings, options, SIGNALS, "signals")
    scenario = study.scenario
    outcomes = asked_for(scenario, options["outcomes"])
    watched_ticks(scenario, options["weeks"], outcomes)
    size = Size(options["replicates"], options["parameters"], options["seed"], options["jobs"])
    tell_if_cold()
    with bar(size.replicates, "replicates") as advance:
        found = watch(scenario, outcomes, options["weeks"], size, advance)
    words = [*option_words({"outcome": options["outcomes"]}), f"--weeks={options['weeks']:g}"]
    record = study.record("signals", found.ensemble, words)

    def paint(target: Path) -> None:
        from escalation_sim.figures import style
        from escalation_sim.figures.signals import ROWS, signals_figure

        for outcome in outcomes:
            still, rows = longest(found, outcome)
            text = note(found, still) + spelled_out(scenario, rows["signal"].head(ROWS))
            style.save(signals_figure(rows, still, found.landmark, text), target, f"signals-{outcome}")

    tables = {"probabilities": found.ensemble.probabilities, "open": found.open, "signals": found.table}
    save_study(
        found.ensemble, study.folder, SIGNALS, tables, record, paint if options["figures"] else None, options["force"]
    )
    if options["as_json"]:
        return json.dumps(as_object(found), indent=1)
    told = [line for outcome in outcomes for line in ("", *_told(found, outcome))]
    return "\n".join([scenario.title, *textwrap.wrap(_given(found), _WIDTH), *told, "", f"Written to {study.folder}."])


def longest(found: Watch, outcome: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """How likely an outcome still is within its longest window, and its signals for that window."""
    rows = found.open[found.open["outcome"] == outcome].sort_values("window_days").to_dict("records")
    still = {str(name): cell for name, cell in rows[-1].items()}
    told: pd.DataFrame = found.table[found.table["outcome"] == outcome]
    return still, told[told["window_days"] == still["window_days"]]


def _given(found: Watch) -> str:
    return (
        f"{found.ensemble.replicates:,} replicates over {found.ensemble.parameters:,} parameter draws, seed "
        f"{found.ensemble.seed}. Conditional on this model and this scenario. Signals of the first "
        f"{found.landmark / 7:g} weeks, among replicates in which the outcome has not come by then. [..] 95 %, "
        "replicates and draws; (x..): by what seeing it, or not seeing it, multiplies the odds of the outcome."
    )


def note(found: Watch, still: Mapping[str, Any]) -> str:
    """The line under the figure of an outcome, whose row of `Watch.open` this is."""
    return (
        f"{found.ensemble.scenario.title}. Conditional on this model and scenario. {still['n']:,} of "
        f"{found.ensemble.replicates:,} replicates over {found.ensemble.parameters:,} parameter draws are still open "
        f"at the end of week {found.landmark / 7:g}; the outcome comes later in {still['count']:,} of them."
    )


def _told(found: Watch, outcome: str) -> list[str]:
    """One outcome: how likely it still is, and what shifts that most."""
    still, rows = longest(found, outcome)
    lines = textwrap.wrap(
        f"{still['label']} after week {found.landmark / 7:g} and within {still['window_days']:g} days: "
        f"{_with_interval(still, 'probability', 'mc', still['count'], still['n'])} of {still['n']:,} still open.",
        _WIDTH,
    )
    if rows.empty:
        return [*lines, "  Nothing seen by then tells more than chance."]
    for row in rows.head(_TOLD).to_dict("records"):
        lines += textwrap.wrap(
            f"{row['rank']:>3}. {row['signal']}, in {percent(row['seen'])}: "
            f"if seen {_with_interval(row, 'given_seen', 'given_seen', row['count_seen'], row['n_seen'])} "
            f"{_times(row, 'likelihood_ratio')}, "
            f"if not {_with_interval(row, 'given_unseen', 'given_unseen', row['count_unseen'], row['n_unseen'])} "
            f"{_times(row, 'likelihood_ratio_unseen')}; {_points(row, 'difference')} points{_within(row)}",
            _WIDTH,
            subsequent_indent=" " * 5,
        )
    if len(rows) > _TOLD:
        lines.append(f"  … and {len(rows) - _TOLD} more (signals.csv).")
    return lines


def _with_interval(row: Mapping[Any, Any], name: str, ends: str, count: int, n: int) -> str:
    """A probability, or its bound where it was never (or always) seen, with its interval."""
    low, high = (percent(row[f"{ends}_{end}"]).removesuffix(" %") for end in ("low", "high"))
    return f"{percent_of_count(count, n)} [{low} – {high}]"


def _times(row: Mapping[Any, Any], name: str) -> str:
    """A likelihood ratio; its bound where it is zero, or where nothing bounds it above."""
    ratio = row[name]
    if math.isnan(ratio):
        return f"(x > {row[f'{name}_low']:#.2g})"
    return f"(x{ratio:#.2g})" if ratio > 0 else f"(x < {row[f'{name}_high']:#.2g})"


def _points(row: Mapping[Any, Any], name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return points(row[name]) + ("" if math.isnan(low) else f" [{points(low)}, {points(high)}]")


def _within(row: Mapping[Any, Any]) -> str:
    return "" if math.isnan(row["within_draws"]) else f", {_points(row, 'within_draws')} within draws"


def as_object(found: Watch) -> dict[str, Any]:
    """The signals as one JSON object; numbers that cannot be told are null."""
    return {
        **preamble(found.ensemble),
        "landmark_days": found.landmark,
        "open": records_of(found.open),
        "signals": records_of(found.table),
    }
