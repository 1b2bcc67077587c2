"""The figures of a result folder, each with the numbers that it shows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from escalation_sim.analysis.wording import percent, points
from escalation_sim.report.blocks import Block, Picture, Table
from escalation_sim.report.compare import file_names
from escalation_sim.report.inputs import LEVERS, Folder, Inputs
from escalation_sim.report.sections import cells
from escalation_sim.report.svg import sanitised
from escalation_sim.scenario.knockouts import element_name
from escalation_sim.scenario.schema import Scenario
from escalation_sim.store import layout
from escalation_sim.study.knockout import ranked

_FEW = 25  # rows of a table under a figure
_SENSITIVITY = ("tornado", "pawn", "indices", "heat", "boxes")  # figures and tables of the same names


def pictures(inputs: Inputs, folder: Folder, *begins: str) -> Iterator[Picture]:
    """The figures of a folder whose names begin so (all of them by default), in this order, and then by name.

    Raises
    ------
    StoreError
        If a file is no drawing.
    """
    place = list(inputs.folders).index(folder) + 1
    names = sorted(name.removesuffix(".svg") for name in folder.figures if name.endswith(".svg"))
    for name in _chosen(names, begins):
        file, number = f"{name}.svg", names.index(name) + 1
        prefix = f"f{place}-{number}"
        drawing = sanitised(folder.figures[file], prefix, str(folder.path / layout.FIGURES / file))
        png: Path | bytes | None = folder.figures.get(f"{name}.png")
        on_disk = folder.path / layout.FIGURES / f"{name}.png"
        png = on_disk if png is not None and on_disk.exists() else png
        yield Picture(prefix, name, drawing, png, data_of(folder, name, inputs.scenario))


def figure_or(inputs: Inputs, folder: Folder, name: str, instead: Block) -> Iterator[Block]:
    """The figure of a name (which brings its numbers along), or what stands in its place where it was not drawn."""
    drawn: list[Block] = [one for one in pictures(inputs, folder, name) if one.name == name]
    yield from drawn or [instead]


def _chosen(names: list[str], begins: tuple[str, ...]) -> list[str]:
    """Those that begin so, in the order of the beginnings; without any all.

    >>> _chosen(["a-1", "b", "c"], ("c", "a")), _chosen(["a", "b"], ())
    (['c', 'a-1'], ['a', 'b'])
    """
    return [name for begin in begins or ("",) for name in names if name.startswith(begin)]


def data_of(folder: Folder, figure: str, scenario: Scenario | None) -> Table | None:
    """The numbers that a figure shows; None where the folder does not hold them."""
    kind, _, about = figure.partition("-")
    makers: dict[str, tuple[str, Callable[[pd.DataFrame], Table | None]]] = {
        "outcomes": ("probabilities", lambda table: cells.windows_table(table, "none")),
        "probabilities": ("curves", lambda table: _curves(table, scenario)),
        "ladder": ("rungs", lambda table: _ladder(table, scenario)),
        "strain": ("strain", lambda table: cells.wide_table(table, ["state"], "mean", say="{:.2f}".format)),
        "paths": ("paths", lambda table: _paths(table, about)),
        "differences": ("differences", lambda table: _differences(table, about)),
        "overview": ("differences", _overview),
        "frontier": (LEVERS, levers_table),
        "knockout": ("knockouts", lambda table: knockouts_table(table, about, _FEW)),
        "pathways": ("families", lambda table: families_table(table, about)),
        "signals": ("signals", lambda table: signals_table(table, about)),
        "hindcast": ("scores", scores_table),
        "reliability": ("reliability", lambda table: cells.plain_table("reliability", table)),
        "rollout": ("rollout", lambda table: cells.plain_table("rollout", table)),
        "response": (
            "responses",
            functools.partial(_of, name="responses", column="variable", value=about, outcomes=_drawn(folder)),
        ),
        **{name: (name, functools.partial(_of, name=name, column="outcome", value=about)) for name in _SENSITIVITY},
    }
    if kind == "network":
        return network_table(scenario) if scenario else None
    table, make = makers.get(kind, ("", lambda _: None))
    made = make(folder.tables[table]) if table in folder.tables else None
    return made if made and made.rows else None


def _drawn(folder: Folder) -> list[str]:
    """The outcomes that an analysis of a sweep was asked about, by the names of its figures."""
    return [
        name.removeprefix("tornado-").removesuffix(".svg") for name in folder.figures if name.startswith("tornado-")
    ]


def _of(table: pd.DataFrame, name: str, column: str, value: str, outcomes: Sequence[str] = ()) -> Table:
    """The rows of a table of sensitivities that a figure is about, at the longest window."""
    rows = table[table[column] == value] if column in table else table
    rows = rows[rows["outcome"].isin(outcomes)] if outcomes else rows
    return cells.plain_table(name, cells.longest(rows) if len(rows) else rows)


def _curves(table: pd.DataFrame, scenario: Scenario | None) -> Table:
    labels = {one.id: one.label for one in scenario.outcomes} if scenario else {}
    return cells.wide_table(table.assign(outcome=table["outcome"].replace(labels)), ["outcome"], "probability")


def _ladder(table: pd.DataFrame, scenario: Scenario | None) -> Table:
    """Shares of the highest rung on the dyads that the figure shows."""
    shown = ["-".join(sorted(pair)) for pair in scenario.show.dyads] if scenario else []
    shown = shown or list(dict.fromkeys(map(str, table["dyad"])))[:5]
    rungs = {number: rung.id for number, rung in enumerate(scenario.ladder)} if scenario else {}
    rows = table[table["dyad"].isin([*shown, "system"])]
    rows = rows.assign(rung=[rungs.get(int(rung), str(rung)) for rung in rows["rung"]])
    return cells.wide_table(rows, ["dyad", "rung"], "share", most=7)


def _paths(table: pd.DataFrame, outcome: str) -> Table:
    rows = table[table["outcome"] == outcome].head(10).to_dict("records")
    listed = [[percent(row["share"]), f"{row['count']:,} of {row['n']:,}", str(row["path"])] for row in rows]
    return Table("", ["Share", "Replicates", "Path"], listed, "rrl")


def _differences(table: pd.DataFrame, slug: str) -> Table | None:
    files = file_names(dict.fromkeys(map(str, table["variant"])))
    chosen = [name for name, file in files.items() if file == slug]
    return changes_table(table[table["variant"] == chosen[0]]) if chosen else None


def changes_table(table: pd.DataFrame) -> Table:
    """What an alternative does to each outcome at its longest window, the largest change first."""
    rows = cells.longest(table).sort_values("difference", key=abs, ascending=False, kind="stable").to_dict("records")
    listed = [[str(row["label"]), *cells.change_cells(row)] for row in rows]
    return Table("", ["Outcome", *cells.CHANGE_HEAD], listed, "l" + cells.CHANGE_SIDES)


def _overview(table: pd.DataFrame) -> Table:
    """Points by which each alternative changes each outcome."""
    rows = cells.longest(table)
    names = list(dict.fromkeys(map(str, rows["variant"])))
    wide = rows.pivot_table(index="label", columns="variant", values="difference", sort=False)
    listed = [
        [str(label), *(points(x) if x == x else cells.NONE for x in row)]
        for label, row in zip(wide.index, wide[names].to_numpy(), strict=True)
    ]
    return Table("Difference from the baseline in points.", ["Outcome", *names], listed, "l" + "r" * len(names))


def levers_table(table: pd.DataFrame, frontier_only: bool = False) -> Table:
    """Positions of the levers and what they do to both outcomes; those on the frontier first, in its order."""
    place = table["frontier"].where(table["frontier"] > 0, table["frontier"].max() + 1)
    order = table.assign(place=place).sort_values("place", kind="stable")
    head, rows = ["Frontier", "Position", "By"], []
    for row in table.drop_duplicates("outcome").to_dict("records"):
        head += [f"{row['label']} ({row['wanted']} is better)", "Points", "Monte-Carlo 95 %"]
    for position, own in order.groupby("position", sort=False):
        first = own.iloc[0]
        if first["frontier"] or not frontier_only:
            both = [cells.change_cells(row) for row in own.to_dict("records")]
            name = str(first["frontier"] or cells.NONE)
            rows.append([name, str(position), str(first["by"]), *(cell for one in both for cell in one[1:4])])
    return Table("", head, rows, "cll" + "rrc" * table["outcome"].nunique())


def knockouts_table(table: pd.DataFrame, outcome: str, most: int) -> Table:
    """What happens without each element, the largest change first."""
    rows = ranked(table, outcome)
    listed = [
        [f"{element_name(row)}", *cells.change_cells(row), "yes" if row["told"] else "no"]
        for row in rows.head(most).to_dict("records")
    ]
    left = f"The first {most} of {len(rows)}; all are in knockouts.csv." if len(rows) > most else ""
    return Table(left, ["Without", *cells.CHANGE_HEAD, "Told from zero"], listed, "l" + cells.CHANGE_SIDES + "c")


def families_table(table: pd.DataFrame, outcome: str) -> Table:
    """Families of chains of needed acts."""
    rows = table[table["outcome"] == outcome].to_dict("records")
    listed = [
        [
            *(str(row["family"]), percent(row["share"]), cells.span(row["low"], row["high"])),
            *(f"{row['count']:,} of {row['n']:,}", f"{row['median_day']:.0f}", str(row["path"])),
        ]
        for row in rows
    ]
    return Table("", ["", "Share", "95 %", "Chains", "Median day", "Path"], listed, "rrcrrl")


def signals_table(table: pd.DataFrame, outcome: str, most: int = _FEW) -> Table:
    """Signals of an outcome at its longest window, in their order."""
    rows = cells.longest(table[table["outcome"] == outcome]).sort_values("rank").head(most).to_dict("records")
    listed = [[str(row["signal"]), *cells.signal_cells(row)] for row in rows]
    return Table("", cells.SIGNAL_HEAD, listed, cells.SIGNAL_SIDES)


def scores_table(table: pd.DataFrame) -> Table:
    """Forecast and truth of each outcome and window."""
    rows = table.sort_values(["window_days", "probability"], ascending=[True, False], kind="stable").to_dict("records")
    listed = [
        [
            *(
                str(row["label"]),
                f"{row['window_days']:g}",
                cells.chance(row),
                cells.span(row["mc_low"], row["mc_high"]),
            ),
            cells.span(row["parameter_low"], row["parameter_high"]),
            str(row["on"]) if row["happened"] else f"no ({row['on']})" if row["on"] else "no",
            *(f"{row['brier']:.3f}", f"{row['log_score']:.2f}"),
        ]
        for row in rows
    ]
    head = ["Outcome", "Days", "Forecast", "Monte-Carlo 95 %", "Parameters 90 %", "Happened", "Brier", "Log"]
    return Table("", head, listed, "lrrcclrr")


def network_table(scenario: Scenario) -> Table:
    """States and what binds them."""
    rows: list[list[str]] = [["Commitments"]] if scenario.commitments else []
    for one in scenario.commitments:
        members = one.members or tuple(name for name in (one.holder, one.ally) if name)
        rows.append([one.label or one.id, (one.type or "defence").replace("_", " "), ", ".join(members)])
    rows += [["Wars"]] if scenario.wars else []
    rows += [
        [war.label or war.id, "war", " against ".join(", ".join(side) for side in war.sides)] for war in scenario.wars
    ]
    rows += [["Support"]] if scenario.support else []
    rows += [[one.id, one.rung, f"{one.by} for {one.to} against {one.against}"] for one in scenario.support]
    return Table("", ["What", "Kind", "States"], rows)
