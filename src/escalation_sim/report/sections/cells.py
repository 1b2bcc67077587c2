"""Cells and tables of a report, from the tables of result folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from escalation_sim.analysis.rare import told
from escalation_sim.analysis.wording import percent, percent_of_count, percent_of_share, points, word
from escalation_sim.report.blocks import Table
from escalation_sim.scenario.words import number
from escalation_sim.store import layout
from escalation_sim.store.columns import TEXT, WHOLE

KINDS = {
    "vertical": "Vertical: a pair of states climbs the ladder",
    "horizontal": "Horizontal: another state joins the fighting",
    "political": "Political: aims, doctrine or policy change",
}
NONE = "–"
_SHARES = {"share", "probability"}
Row = Mapping[Any, Any]


def span(low: float, high: float, say: Callable[[float], str] = percent) -> str:
    """The ends of an interval; a dash where they are not known.

    >>> span(0.12, 0.2), span(float("nan"), 0.2), span(-0.01, 0.02, points)
    ('12 – 20 %', '–', '-1.0 to +2.0')
    """
    if low != low or high != high:
        return NONE
    return f"{say(low)} to {say(high)}" if say is points else f"{say(low).removesuffix(' %')} – {say(high)}"


def longest(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of each outcome at its longest window."""
    last = table.groupby("outcome")["window_days"].transform("max")
    return table[table["window_days"] == last]


def outcomes_of(table: pd.DataFrame) -> list[str]:
    """The outcomes of a table in its order."""
    return list(dict.fromkeys(map(str, table["outcome"])))


def chance(row: Row) -> str:
    """A probability, or its bound where it was never or always seen."""
    return told(row["probability"], int(row["count"]), int(row["n"]))


def term(row: Row, scale: str) -> str:
    """The term for a probability; of what was never or always seen the term for its bound.

    >>> term({"probability": 0.0, "mc_high": 0.037, "count": 0, "n": 100}, "ipcc")
    'at most extremely unlikely (0–5 %)'
    """
    count, n = int(row["count"]), int(row["n"])
    bound = ("at most ", row["mc_high"]) if count == 0 else ("at least ", row["mc_low"]) if count == n else ("", None)
    said = word(row["probability"] if bound[1] is None else bound[1], scale)
    return f"{bound[0]}{said}" if said else ""


def seen(row: Row) -> str:
    """In how many replicates; by splitting, that it was."""
    return "by splitting" if row.get("method") == "splitting" else f"{int(row['count']):,} of {int(row['n']):,}"


def outcome_table(table: pd.DataFrame, scale: str) -> Table:
    """Outcomes by kind, the likeliest first: every window, and at the longest both intervals, words and counts."""
    windows, sizes = sorted(table["window_days"].unique()), table.loc[table["count"] < table["n"], "n"]
    counted = sizes[table["method"] == "counting"] if "method" in table else sizes
    n = int(counted.iloc[0]) if counted.nunique() == 1 else 0  # as many for all: said once, in the caption
    head = ["Outcome", *(f"{days:g} days" for days in windows), "Monte-Carlo 95 %", "Parameters 90 %"]
    head += ["In words", "Seen"] if scale != "none" else ["Seen"]
    rows: list[list[str]] = []
    last = longest(table).sort_values("probability", ascending=False, kind="stable")
    for kind, title in KINDS.items():
        own = last[last["kind"] == kind]
        rows += [[title]] if len(own) else []
        for row in own.to_dict("records"):
            by = {one["window_days"]: one for one in table[table["outcome"] == row["outcome"]].to_dict("records")}
            cells = [str(row["label"]), *(chance(by[days]) if days in by else NONE for days in windows)]
            cells += [span(row["mc_low"], row["mc_high"]), span(row["parameter_low"], row["parameter_high"])]
            times = f"{int(row['count']):,}" if row["n"] == n else seen(row)
            rows.append([*cells, *([term(row, scale)] if scale != "none" else []), times])
    caption = "Probability by window; intervals, words and counts are those of the longest window of an outcome."
    caption += f" Counts are of {n:,} replicates." if n else ""
    return Table(caption, head, rows, "l" + "r" * len(windows) + "cc" + ("w" if scale != "none" else "") + "r")


def windows_table(table: pd.DataFrame, scale: str) -> Table:
    """A row for each outcome and window, with everything that is known of it."""
    ordered = table.sort_values(["kind", "label", "window_days"], kind="stable").to_dict("records")
    head = ["Outcome", "Days", "Probability", "Monte-Carlo 95 %", "Parameters 90 %"]
    words = ["In words"] if scale != "none" else []
    rows = [
        [
            *(str(row["label"]), f"{row['window_days']:g}", chance(row), span(row["mc_low"], row["mc_high"])),
            span(row["parameter_low"], row["parameter_high"]),
            *(term(row, scale) for _ in words),
            seen(row),
        ]
        for row in ordered
    ]
    return Table("", [*head, *words, "Seen"], rows, "lrrcc" + "w" * len(words) + "r")


def change_cells(row: Row) -> list[str]:
    """From what to what, and by how many points, with both intervals and the replicates behind it."""
    before, after = (percent_of_share(row[name], int(row["n"])) for name in ("baseline", "alternative"))
    return [
        *(before, after, points(row["difference"]), span(row["mc_low"], row["mc_high"], points)),
        span(row["parameter_low"], row["parameter_high"], points),
        f"{int(row['gained']):,} / {int(row['lost']):,}",
    ]


CHANGE_HEAD = ("Before", "After", "Points", "Monte-Carlo 95 %", "Parameters 90 %", "Gained / lost")
CHANGE_SIDES = "rrrccr"


def signal_cells(row: Row) -> list[str]:
    """How often a signal is seen, and what follows if it is and if it is not."""
    sides = []
    for name in ("seen", "unseen"):
        sides.append(percent_of_count(int(row[f"count_{name}"]), int(row[f"n_{name}"])))
        sides.append(span(row[f"given_{name}_low"], row[f"given_{name}_high"]))
    within = points(row["within_draws"]) if row["within_draws"] == row["within_draws"] else NONE
    return [percent(row["seen"]), *sides, points(row["difference"]), within]


SIGNAL_HEAD = ("Signal", "Seen in", "If seen", "95 %", "If not", "95 %", "Points", "Within draws")
SIGNAL_SIDES = "lrrcrcrr"


def plain_table(name: str, table: pd.DataFrame, caption: str = "", most: int = 60) -> Table:
    """A table of a result folder as it is, for readers.

    Shares stand in percent, ends of intervals beside what they belong to, and what is the same in all rows in the
    caption; empty columns and ids whose labels stand beside them are left out.
    """
    said = {column: [_sayer(name, column, table)(cell) for cell in table[column]] for column in _readable(table)}
    columns = {}
    for column, texts in said.items():
        ends = [end for end in (_end(column, "low"), _end(column, "high")) if end in said]
        if (column in _IS_END and _IS_END[column] in said) or _stem(column) in said:
            continue
        if len(ends) == 2:
            texts = [
                f"{text} [{low} – {high}]" for text, low, high in zip(texts, *(said[end] for end in ends), strict=True)
            ]
        columns[column] = texts
    if len(table) > 1:
        alike = {column: texts[0] for column, texts in columns.items() if len(set(texts)) == 1}
        columns = {column: texts for column, texts in columns.items() if column not in alike}
        caption = " ".join([caption, *(f"{_name(column)}: {text}." for column, text in alike.items())]).strip()
    if len(table) > most:
        caption = f"{caption} The first {most} of {len(table):,} rows; all are in {name}.csv.".strip()
    rows = list(zip(*(texts[:most] for texts in columns.values()), strict=True))
    sides = "".join("r" if pd.api.types.is_numeric_dtype(table[column]) else "l" for column in columns)
    return Table(caption, [_name(column) for column in columns], rows, sides)


_IS_END = {"mc_low": "probability", "mc_high": "probability", "low": "pawn", "high": "pawn"}


def _end(column: str, which: str) -> str:
    """The column with an end of the interval of another."""
    named = {f"{end}": owner for end, owner in _IS_END.items() if end.endswith(which)}
    return next((end for end, owner in named.items() if owner == column), f"{column}_{which}")


def _stem(column: str) -> str:
    """The column whose interval this one bounds; the column itself with another ending if it bounds none."""
    for ending in ("_low", "_high"):
        if column.endswith(ending):
            return column.removesuffix(ending)
    return ""


def _name(column: str) -> str:
    return column.removesuffix("_label").replace("_", " ")


def _readable(table: pd.DataFrame) -> list[str]:
    """Columns that say something: not empty, no id beside its label, no failures where there are none."""
    found = []
    for column in map(str, table.columns):
        empty = table[column].isna().all() or (table[column].astype(str) == "").all()
        told_by_label = f"{column}_label" in table or (column == "outcome" and "label" in table)
        if not empty and not told_by_label and not (column == "n_failed" and not table[column].any()):
            found.append(column)
    return found


def _sayer(name: str, column: str, table: pd.DataFrame) -> Callable[[Any], str]:
    """How to write the cells of one column, by what the data dictionary says of it."""
    try:
        known = layout.column(name, column)
    except ValueError:
        kind, unit = (None, "") if pd.api.types.is_numeric_dtype(table[column]) else (TEXT, "")
    else:
        kind, unit = known.kind, known.unit
    if kind == TEXT:
        return _short
    if kind == WHOLE:
        return lambda cell: f"{int(cell):,}"
    signed = column.startswith(("difference", "swing", "interaction", "sum")) and unit in _SHARES
    say = points if signed else percent if unit in _SHARES and _is_share(table[column]) else number
    return lambda cell: NONE if cell != cell else say(cell)


def _short(cell: Any) -> str:
    """A text; a number that stands as text with no more digits than count.

    >>> _short("0.18118032"), _short("rear_use"), _short("2024")
    ('0.18', 'rear_use', '2024')
    """
    try:
        return number(float(cell)) if "." in str(cell) else str(cell)
    except ValueError:
        return str(cell)


def _is_share(column: pd.Series[Any]) -> bool:
    return bool(column.dropna().between(0.0, 1.0).all())


def wide_table(
    table: pd.DataFrame, index: Sequence[str], value: str, most: int = 13, say: Callable[[float], str] = percent
) -> Table:
    """Numbers over time: a row for each combination of `index`, a column for some of the days."""
    days = sorted(table["day"].unique())
    step = -(-len(days) // most)
    chosen = days[::-1][::step][::-1]
    wide = table[table["day"].isin(chosen)].pivot_table(index=list(index), columns="day", values=value, sort=False)
    rows = [
        [*map(str, names if isinstance(names, tuple) else (names,)), *(NONE if x != x else say(x) for x in cells)]
        for names, cells in zip(wide.index, wide[chosen].to_numpy(), strict=True)
    ]
    return Table("", [*index, *(f"day {day:g}" for day in chosen)], rows, "l" * len(index) + "r" * len(chosen))
