"""What a person reads at the terminal after a run: numbers first, words beside them, both kinds of uncertainty."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from escalation_sim.analysis.rare import told
from escalation_sim.analysis.wording import percent
from escalation_sim.report.sections.cells import term
from escalation_sim.study.ensemble import Ensemble

_KINDS = {"vertical": "VERTICAL (a dyad climbs)", "horizontal": "HORIZONTAL (others join)", "political": "POLITICAL"}


def summary(
    result: Ensemble,
    folder: Path | None,
    file: str = "FILE",
    variants: tuple[str, ...] = (),
    notes: Sequence[str] = (),
) -> str:
    """Outcome table in words and numbers, notes, the two most frequent paths, where the files are, what to try next."""
    scenario = result.scenario
    parts = [
        f"{scenario.title}",
        f"{result.replicates:,} replicates over {result.parameters:,} parameter draws, seed {result.seed}; "
        f"start {scenario.start}, ticks of {scenario.tick:g} days. Conditional on this model and this scenario.",
        "",
        _table(result),
        "",
        "[..] Monte-Carlo 95 % (replicates, draws). {..} parameters 90 %; as [..] where lost in chance.",
        *notes,
        *_paths(result),
    ]
    if folder is not None:
        drawn = "figures/, " if (folder / "figures").is_dir() else ""
        parts += [
            "",
            f"Written to {folder}: {drawn}probabilities.csv, paths.csv and more (see dictionary.csv).",
        ]
        if result.rows < result.replicates:
            parts.append(f"runs.csv holds the first {result.rows:,} of {result.replicates:,} replicates (--rows).")
    return "\n".join([*parts, "", *_next(file, variants)])


def _interval(low: float, high: float, opening: str, closing: str) -> str:
    if math.isnan(low) or math.isnan(high):
        return f"{opening}--{closing}"
    return f"{opening}{percent(low)} – {percent(high)}{closing}"


def _table(result: Ensemble) -> str:
    """Rows by kind, most likely first, at the longest window; the other windows in columns."""
    table = result.probabilities
    windows = sorted(table["window_days"].unique())
    longest = table[table["window_days"] == windows[-1]].sort_values("probability", ascending=False, kind="stable")
    width = min(44, max(len(label) for label in table["label"]))
    head = f"{'':{width}}  " + "".join(f"{f'{days:g} d':>9}" for days in windows)
    lines = [f"{head}   within {windows[-1]:g} days, in words"]
    for kind, title in _KINDS.items():
        rows = longest[longest["kind"] == kind]
        if len(rows):
            lines += ["", title]
        for row in rows.itertuples():
            own = table[table["outcome"] == row.outcome].set_index("window_days")
            cells = "".join(
                f"{told(own.loc[d, 'probability'], own.loc[d, 'count'], own.loc[d, 'n']) if d in own.index else '':>9}"
                for d in windows
            )
            label = textwrap.shorten(row.label, width, placeholder="…")
            lines.append(f"{label:{width}}  {cells}   {_words(row)}")
    return "\n".join(lines)


def _words(row: Any) -> str:
    chance = _interval(row.mc_low, row.mc_high, "[", "]")
    parameters = _interval(row.parameter_low, row.parameter_high, "{", "}")
    method = ", by splitting" if row.method == "splitting" else ""
    return f"{term(row._asdict(), 'icd203')} {chance} {parameters}{method}"


def _paths(result: Ensemble) -> list[str]:
    """The two most frequent paths of the outcome that the scenario asks about first (or the likeliest one)."""
    wanted = [*result.scenario.show.paths, *result.probabilities["outcome"]]
    paths = result.paths
    for outcome in wanted:
        found = paths[(paths["outcome"] == outcome) & (paths["count"] > 0)].head(2)
        if len(found):
            label = next(o.label for o in result.scenario.outcomes if o.id == outcome)
            rows = [f"  {percent(row.share)} of {row.n:,}: {row.path}" for row in found.itertuples()]
            wrapped = [textwrap.fill(row, 110, subsequent_indent="      ") for row in rows]
            return ["", f"Most frequent paths to '{label}':", *wrapped]
    return []


def _next(file: str, variants: tuple[str, ...]) -> list[str]:
    lines = ["Next:", f"  escalation-sim explain {file}", f"  escalation-sim trace {file} --replicate 0"]
    if variants:
        lines.append(f"  escalation-sim run {file} --with {variants[0]}   (variants: {', '.join(variants)})")
    return lines
