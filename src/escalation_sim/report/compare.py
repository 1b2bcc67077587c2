"""The command `compare`: alternatives to a scenario, as tables, figures, and what the terminal says."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import json
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from escalation_sim.analysis.pairs import bound_of, longest, told_from_zero
from escalation_sim.analysis.wording import percent_of_share, points
from escalation_sim.errors import ComparisonError
from escalation_sim.report.objects import preamble, records_of
from escalation_sim.report.save import (
    command_line,
    option_words,
    provenance,
    save_study,
    tell_if_cold,
)
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.layers import Tree
from escalation_sim.scenario.load import compose, load, read_tree
from escalation_sim.scenario.messages import marks_of
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.store.write import COMPARISON, check_folder
from escalation_sim.study.compare import Comparison, compare, shared_outcomes
from escalation_sim.study.ensemble import REPLICATES, Ensemble, Size
from escalation_sim.study.pathways import Bar

if TYPE_CHECKING:
    from escalation_sim.figures.style import Figure

_LABEL, _WIDTH = 44, 112


class Asked(NamedTuple):
    """What is held against what, in the words of the command line."""

    file: Path
    baseline: tuple[str, ...]  # variants under everything
    others: tuple[Path, ...]
    variants: tuple[str, ...]  # each `a+b` is one alternative
    settings: tuple[str, ...]  # each `a=1; b=2` is one alternative


def alternatives(asked: Asked, tree: Tree) -> dict[str, Scenario]:
    """The alternatives by the names the user gave them, resolved; `tree` is that of the file that was asked for.

    Raises
    ------
    ComparisonError
        If one is named twice, or there is none.
    ScenarioError
        If a file, variant or setting is wrong.
    """
    base, names = asked.baseline, [*map(str, asked.others), *asked.variants, *asked.settings]
    if not names:
        names = [name for name in compose(tree).variants if name not in base]
        asked = asked._replace(variants=tuple(names))
        if not names:
            raise ComparisonError(f"{asked.file}: has no variant to compare; name one with --set PATH=VALUE")
    for name, count in Counter(names).items():
        if count > 1:
            raise ComparisonError(f"{name}: stands {count} times among the alternatives; name it once")
    found = {str(other): load(other) for other in asked.others}
    found |= {name: compose(tree, [*base, *name.split("+")]) for name in asked.variants}
    found |= {text: compose(tree, base, [one.strip() for one in text.split(";")]) for text in asked.settings}
    return {name: resolve(scenario) for name, scenario in found.items()}


def compare_and_report(asked: Asked, options: dict[str, Any], bar: Bar) -> str:
    """Run baseline and alternatives, write the folder, and say what differs (as text, or JSON with `as_json`)."""
    started = dt.datetime.now(dt.UTC)
    tree = extended(asked.file, read_tree)
    baseline, others = resolve(compose(tree, asked.baseline)), alternatives(asked, tree)
    folder = options["out"] or Path("results") / "-".join([baseline.id, *asked.baseline, "compare"])
    check_folder(folder, baseline.id, options["force"], COMPARISON)
    left_out = {name: _unshared(baseline, other, name) for name, other in others.items()}
    tell_if_cold()
    if unused := [name for name in ("less", "more", "by") if options[name]]:
        raise ComparisonError(f"--{unused[0]}: asks for a frontier; add --levers")
    size = Size(options["replicates"] or REPLICATES, options["parameters"], options["seed"], options["jobs"])
    with bar(size.replicates * (1 + len(others)), "replicates") as advance:
        found = compare(baseline, others, *size, advance)
    table = found.differences
    record = provenance(found.baseline, command_line("compare", asked.file, found.baseline, _words(asked)), started)
    for other in others.values():
        record["sources"] |= marks_of(other).files

    def paint(target: Path) -> None:
        from escalation_sim.figures import style

        for name, make in figures_of(found).items():
            style.save(make(), target, name)

    tables = {"probabilities": found.baseline.probabilities, "differences": table}
    figures = paint if options["figures"] else None
    save_study(found.baseline, folder, COMPARISON, tables, record, figures, options["force"])
    if options["as_json"]:
        return json.dumps(as_object(found, table, left_out), indent=1)
    parts = [said for name, rows in table.groupby("variant", sort=False) for said in _told(str(name), rows, left_out)]
    top = [baseline.title, *textwrap.wrap(given(found.baseline), _WIDTH)]
    return "\n".join([*top, *parts, "", *pairing(table), "", f"Written to {folder}."])


def figures_of(found: Comparison) -> dict[str, Callable[[], Figure]]:
    """The figures of a comparison by the names of their files, each drawn when it is called: one per alternative, and
    all alternatives beside each other if there are several."""
    from escalation_sim.figures.alternatives import overview_figure, pages
    from escalation_sim.figures.differences import differences_figure

    table, about = found.differences, note(found.baseline)
    rows = {str(name): rows for name, rows in table.groupby("variant", sort=False)}
    figures: dict[str, Callable[[], Figure]] = {
        f"differences-{file}": functools.partial(differences_figure, rows[name], name, about)
        for name, file in file_names(rows).items()
    }
    for number, some in enumerate(pages(table) if len(rows) > 1 else (), start=1):
        figures[f"overview-{number}" if number > 1 else "overview"] = functools.partial(overview_figure, some, about)
    return figures


def _unshared(baseline: Scenario, other: Scenario, name: str) -> list[str]:
    shared = {outcome.id for outcome, _ in shared_outcomes(baseline, other, name)}
    return sorted({outcome.id for one in (baseline, other) for outcome in one.outcomes} - shared)


def _words(asked: Asked) -> list[str]:
    chosen = {"baseline": asked.baseline, "with": asked.variants, "set": asked.settings}
    return [*map(str, asked.others), *option_words(chosen)]


def slug(name: str) -> str:
    """A name as part of a file name.

    >>> slug("commitments.us-rok.reliability=0.5; x")
    'commitments-us-rok-reliability-0-5-x'
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:60] or "alternative"


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A part of a file name for each name, no two of them alike, whatever a file system thinks of capitals.

    >>> file_names(["a=0.5", "A=0,5"])
    {'a=0.5': 'a-0-5', 'A=0,5': 'A-0-5-2'}
    """
    found: dict[str, str] = {}
    for name in names:
        tries = (slug(name) + (f"-{number}" if number > 1 else "") for number in itertools.count(1))
        taken = {given.lower() for given in found.values()}
        found[name] = next(one for one in tries if one.lower() not in taken)
    return found


def given(baseline: Ensemble) -> str:
    """What the differences are conditional on, in a sentence."""
    return (
        f"{baseline.replicates:,} replicates over {baseline.parameters:,} parameter draws, seed {baseline.seed}, the "
        "same draws and the same luck for all. Conditional on this model and this scenario. [..] Monte-Carlo 95 %; "
        "{..} parameters 90 %."
    )


def note(baseline: Ensemble) -> str:
    """The line under a figure."""
    return (
        f"{baseline.scenario.title}. Conditional on this model and scenario. {baseline.replicates:,} replicates over "
        f"{baseline.parameters:,} parameter draws, from {baseline.scenario.start}; same draws and luck for both."
    )


def interval(row: Mapping[Any, Any], low: str, high: str) -> str:
    """Two ends of an interval in points; `--` where they are not known."""
    ends = (row[low], row[high])
    return ", ".join("--" if end != end else points(end) for end in ends)


def _told(name: str, rows: pd.DataFrame, left_out: dict[str, list[str]]) -> list[str]:
    """One alternative at its longest window: what differs, largest first, and what cannot be told from zero."""
    window, rows = rows["window_days"].max(), longest(rows)
    seen = rows[told_from_zero(rows)].sort_values("difference", key=abs, ascending=False, kind="stable")
    lines = ["", f"{name}, within {window:g} days:"]
    for row in seen.to_dict("records"):
        before, after = (percent_of_share(row[p], row["n"]) for p in ("baseline", "alternative"))
        change = (
            f"{before:>8} -> {after:<8} {points(row['difference']):>6} points [{interval(row, 'mc_low', 'mc_high')}]"
        )
        change += f" {{{interval(row, 'parameter_low', 'parameter_high')}}}"
        label = textwrap.shorten(row["label"], _LABEL, placeholder="…")
        counts = f"{row['gained']:,} gained, {row['lost']:,} lost"
        lines.append(f"  {label:{_LABEL}} {change}{_ratio(row)}  {counts}")
    unseen = rows[~told_from_zero(rows)]
    exact = unseen[(unseen["mc_low"] == 0.0) & (unseen["mc_high"] == 0.0)]
    if len(exact) == len(rows):
        return [*lines, "  Exactly zero: it computes the same as the baseline."]
    if len(unseen):
        words = f"No difference seen beyond ± {points(bound_of(unseen))[1:]} points: {'; '.join(unseen['label'])}."
        lines += textwrap.wrap(words, _WIDTH, initial_indent="  ", subsequent_indent="    ")
    if left_out.get(name):
        words = f"Not compared, for only one of the two asks for it: {', '.join(left_out[name])}."
        lines += textwrap.wrap(words, _WIDTH, initial_indent="  ", subsequent_indent="    ")
    return lines


def _ratio(row: Mapping[Any, Any]) -> str:
    """The ratio of the probabilities; nothing where the baseline never saw the outcome, a bound where it vanished."""
    if row["ratio"] != row["ratio"]:
        return ""
    return f"  x{_ratio_of(row['ratio'])}" if row["ratio"] > 0.0 else f"  x < {_ratio_of(row['ratio_high'])}"


def _ratio_of(x: float) -> str:
    """A ratio of probabilities: near 1 the second decimal counts, far from it two digits do.

    >>> [_ratio_of(x) for x in (0.00222, 0.58, 1.043, 14.2, 163.4)]
    ['0.0022', '0.58', '1.04', '14', '163']
    """
    return f"{x:,.0f}" if x >= 10.0 else f"{x:.2f}" if x >= 0.1 else f"{x:.2g}"


def _times(x: float) -> str:
    """A factor with about two digits that count.

    >>> _times(7.23), _times(163.4)
    ('7.2', '163')
    """
    return f"{x:.1f}" if x < 10 else f"{x:,.0f}"


def pairing(table: pd.DataFrame) -> list[str]:
    """What pairing gained, in a sentence or two, over the outcomes at their longest windows."""
    last = longest(table)
    gains = last["variance_ratio"].dropna()
    if gains.empty:
        return ["Pairing: no replicate changed its answer."]
    words = (
        f"Pairing divides the variance of a difference by {_times(gains.median())} (median of {len(gains)} that are "
        f"not zero; {_times(gains.min())} to {_times(gains.max())})."
    )
    bound = last[(last["variance_ratio"] < 5.0) & (last["variance_ratio_limit"] < 5.0)]
    if len(bound):
        words += (
            f" For {len(bound)} of them the two probabilities lie so far apart that no pairing could reach 5 "
            f"(at most {_times(bound['variance_ratio_limit'].min())} to {_times(bound['variance_ratio_limit'].max())})."
        )
    return textwrap.wrap(words, _WIDTH)


def as_object(found: Comparison, table: pd.DataFrame, left_out: Mapping[str, list[str]]) -> dict[str, Any]:
    """The differences as one JSON object; numbers that cannot be told are null."""
    return {
        **preamble(found.baseline),
        "not_compared": {name: ids for name, ids in left_out.items() if ids},
        "differences": records_of(table),
    }
