"""The command `compare --levers`: the frontier between two outcomes, as a table, a figure, and in words."""

from __future__ import annotations

import datetime as dt
import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd

from escalation_sim.analysis.wording import percent_of_share, points
from escalation_sim.errors import ComparisonError
from escalation_sim.report.compare import Asked, given, interval, note
from escalation_sim.report.objects import records_of
from escalation_sim.report.save import (
    command_line,
    option_words,
    provenance,
    save_study,
    tell_if_cold,
)
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.load import compose, read_tree
from escalation_sim.scenario.messages import did_you_mean
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.store.write import COMPARISON, check_folder
from escalation_sim.study.ensemble import Size
from escalation_sim.study.levers import BASELINE, REPLICATES, Aim, frontier, tried
from escalation_sim.study.pathways import Bar

_WIDTH = 112


def levers_and_report(asked: Asked, options: dict[str, Any], bar: Bar) -> str:
    """Try every lever and every pair, write the folder, and say which positions nothing beats."""
    started = dt.datetime.now(dt.UTC)
    if asked.others or asked.variants or asked.settings:
        raise ComparisonError("--levers: tries the levers of one file; leave out other files, --with and --set")
    tree = extended(asked.file, read_tree)
    written = compose(tree, asked.baseline)
    baseline, aims = resolve(written), aims_of(resolve(written), options["less"], options["more"])
    positions = tried(written, options["by"])
    alternatives = [(one, resolve(compose(tree, (*asked.baseline, *one.variants), one.settings))) for one in positions]
    folder = options["out"] or Path("results") / "-".join([baseline.id, *asked.baseline, "levers"])
    check_folder(folder, baseline.id, options["force"], COMPARISON)
    tell_if_cold()
    size = Size(options["replicates"] or REPLICATES, options["parameters"], options["seed"], options["jobs"])
    sys.stderr.write(f"{len(positions)} positions of the levers, {size.replicates:,} replicates of each.\n")
    with bar(size.replicates * (1 + len(positions)), "replicates") as advance:
        found, table = frontier(baseline, alternatives, aims, size, advance)
    aimed = option_words({key: options[key] for key in ("less", "more", "by")})
    words = [*option_words({"baseline": asked.baseline}), "--levers", *aimed]
    record = provenance(found.baseline, command_line("compare", asked.file, found.baseline, words), started)

    def paint(target: Path) -> None:
        from escalation_sim.figures import style
        from escalation_sim.figures.frontier import frontier_figure

        style.save(frontier_figure(table, note(found.baseline)), target, "frontier")

    tables = {"probabilities": found.baseline.probabilities, "levers": table}
    figures = paint if options["figures"] else None
    save_study(found.baseline, folder, COMPARISON, tables, record, figures, options["force"])
    if options["as_json"]:
        counts = {"replicates": size.replicates, "parameter_draws": size.parameters, "seed": size.seed}
        return json.dumps({"scenario": baseline.id, **counts, "levers": records_of(table)}, indent=1)
    head = [baseline.title, *textwrap.wrap(given(found.baseline), _WIDTH)]
    return "\n".join([*head, "", *_told(table, len(positions)), "", f"Written to {folder}."])


def aims_of(scenario: Scenario, less: tuple[str, ...], more: tuple[str, ...]) -> tuple[Aim, Aim]:
    """The two outcomes that the frontier lies between.

    Raises
    ------
    ComparisonError
        If not exactly two different outcomes of the scenario are named.
    """
    known = [outcome.id for outcome in scenario.outcomes]
    for name in (*less, *more):
        if name not in known:
            raise ComparisonError(f"{name}: the scenario asks for no such outcome{did_you_mean(name, known)}")
    aims = [*(Aim(name, False) for name in less), *(Aim(name, True) for name in more)]
    if len({aim.outcome for aim in aims}) != 2 or len(aims) != 2:
        raise ComparisonError(
            "--levers: name two different outcomes, such as --less nato-russia-clash --more ceasefire"
        )
    return aims[0], aims[1]


def _told(table: pd.DataFrame, n: int) -> list[str]:
    """The frontier in order, and what each member of it does to both outcomes."""
    first, second = (
        f"{row['wanted']} of '{row['label']}' within {row['window_days']:g} days"
        for row in table.head(2).to_dict("records")
    )
    on_it = table[table["frontier"] > 0].sort_values("frontier", kind="stable")
    lines = textwrap.wrap(
        f"Of {n} positions these are beaten by none, from the best for {first} to the best for {second}:", _WIDTH
    )
    for rank, members in on_it.groupby("frontier", sort=True):
        head = members.iloc[0]
        whose = f"   ({head['by']})" if head["by"] else ""
        lines.append(f"{rank:>3}. {head['position']}{whose}")
        for row in members.to_dict("records"):
            chance = percent_of_share(row["alternative"], row["n"])
            change = f"{points(row['difference'])} points [{interval(row, 'mc_low', 'mc_high')}]"
            change += f" {{{interval(row, 'parameter_low', 'parameter_high')}}}"
            told = "" if head["position"] == BASELINE else f"   {change}"
            lines.append(f"       {textwrap.shorten(row['label'], 44, placeholder='…'):44} {chance:>8}{told}")
        if head["alike"]:
            lines.append(f"       cannot be told from: {head['alike']}")
    return lines
