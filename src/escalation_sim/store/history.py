"""Public tables of the history of conflict, read from a folder and cleaned: what estimating and backtesting need.

`history_layout.SOURCES` says which columns of which file are read, what they mean and what they are called here;
docs/data.md says where the files come from and how to prepare them. Nothing else of a file is looked at. States bear
the numbers of the Correlates of War project (COW); the two tables of crises bear those of Gleditsch and Ward, which
nearly agree.

Four of the tables stop before today: contiguity and major powers in 2016, alliances in 2018, capabilities in 2022.
They are read as they stand; `analysis.covariates` lets a spell that runs to the last year of its table go on.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from escalation_sim.errors import DataError
from escalation_sim.scenario.messages import did_you_mean
from escalation_sim.store import history_layout as layout

_EMPTY = ["", "NA", "NaN", "nan", "."]
_GUIDE = "docs/data.md"
_EXACT = 2.0**53  # whole numbers beyond it are not exact in a float
_UNKNOWN_DAY = 15  # the middle of the month


class History(NamedTuple):
    """The tables, each with the columns of `history_layout.SOURCES`; the last three are None if the file is missing."""

    events: pd.DataFrame
    capabilities: pd.DataFrame
    contiguity: pd.DataFrame
    alliances: pd.DataFrame
    nuclear: pd.DataFrame
    majors: pd.DataFrame
    rivalries: pd.DataFrame
    wars: pd.DataFrame
    disputes: pd.DataFrame
    democracy: pd.DataFrame | None
    crises: pd.DataFrame | None
    crisis_actors: pd.DataFrame | None


def read_history(folder: str | Path) -> History:
    """Read the tables in a folder.

    Files are CSV in UTF-8, with or without a byte order mark; lines end as they like. They may hold more columns, in
    any order. Whole numbers become int64, 0 and 1 bool, other numbers float64 with NaN where missing, days datetime64
    with NaT where missing.

    Raises
    ------
    DataError
        In one sentence with file, line and column: a folder, file or column is missing, a file is empty or is no CSV,
        or a cell is not what its column holds.

    >>> read_history("no/such/folder")
    Traceback (most recent call last):
    ...
    escalation_sim.errors.DataError: no/such/folder: there is no such folder; give that of the tables of docs/data.md
    """
    root = Path(folder)
    if not root.is_dir():
        raise DataError(f"{root}: there is no such folder; give that of the tables of {_GUIDE}")
    tables: dict[str, Any] = {name: read_table(root, source) for name, source in layout.SOURCES.items()}
    return History(**tables)


def read_table(folder: Path, source: layout.Source) -> pd.DataFrame | None:
    """One table of `history_layout.SOURCES`, cleaned; None if its file is missing and need not be there."""
    path = folder / source.file
    if not path.exists():
        if not source.needed:
            return None
        raise DataError(f"{path}: the file is missing; {_GUIDE} says where to obtain it and how to prepare it")
    cells = _cells(path, source)
    columns = {field.name: _READ[field.kind](_Cells(path, cells, field)) for field in source.fields}
    return pd.DataFrame(columns).reset_index(drop=True)


class _Cells(NamedTuple):
    """The text of the cells that a column is made of; the index of `frame` is the line in the file, from 1."""

    path: Path
    frame: pd.DataFrame
    field: layout.Field

    def numbers(self, column: str) -> pd.Series[Any]:
        """A column as float64, NaN where the cell is empty."""
        text = self.frame[column].str.strip()
        values = pd.to_numeric(text, errors="coerce").astype("float64")
        self.refuse(column, values.isna() & ~text.isin(_EMPTY) | np.isinf(values), "no number")
        return values

    def whole(self, column: str) -> pd.Series[Any]:
        """A column of whole numbers as float64, NaN where the cell is empty."""
        values = self.numbers(column)
        self.refuse(column, (values % 1 != 0) & values.notna() | (values.abs() > _EXACT), "no whole number")
        return values

    def refuse(self, column: str, wrong: pd.Series[Any], what: str) -> None:
        """Raise an error that names the first wrong cell, if there is one."""
        if wrong.any():
            line = wrong.idxmax()
            cell = str(self.frame.at[line, column])[:40]
            raise DataError(
                f"{self.path}:{line}: column '{column}': {cell!r} is {what}; {_GUIDE} says what the column holds"
            )


def _cells(path: Path, source: layout.Source) -> pd.DataFrame:
    """The columns in use as text, without empty lines; the index counts the lines of the file."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # cells without a column
            frame = pd.read_csv(
                io.StringIO(content), dtype=str, keep_default_na=False, skip_blank_lines=False, index_col=False
            )
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; make it readable") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: the text is not UTF-8 (byte {error.start}); save the file as CSV in UTF-8") from error
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path}: the file is empty; {_GUIDE} says how to prepare it") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        said = " ".join(str(error).split()).removeprefix("Error tokenizing data. C error: ")
        raise DataError(f"{path}: the file is no CSV with one header ({said}); prepare it as {_GUIDE} says") from error
    names = list(dict.fromkeys(name for field in source.fields for name in field.source.split()))
    for name in names:
        if name not in frame.columns:
            hint = did_you_mean(name, [str(column) for column in frame.columns])
            raise DataError(f"{path}:1: there is no column '{name}'{hint or f'; {_GUIDE} lists the columns it takes'}")
    frame = frame[names].fillna("")
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    frame = frame[(frame != "").any(axis=1)]
    if frame.empty:
        raise DataError(f"{path}: the file has a header but no rows; {_GUIDE} says how to prepare it")
    return frame


def _whole(cells: _Cells) -> pd.Series[Any]:
    values = cells.whole(cells.field.source)
    cells.refuse(cells.field.source, values.isna(), "no whole number")
    return values.astype("int64")


def _flag(cells: _Cells) -> pd.Series[Any]:
    values = cells.numbers(cells.field.source)
    cells.refuse(cells.field.source, ~values.isin([0.0, 1.0]), "neither 0 nor 1")
    return values == 1.0


def _amount(cells: _Cells) -> pd.Series[Any]:
    values = cells.numbers(cells.field.source)
    return values.where(values >= 0.0)


def _day(cells: _Cells) -> pd.Series[Any]:
    columns = dict(zip(("year", "month", "day"), cells.field.source.split(), strict=True))
    parts = pd.DataFrame({part: cells.whole(column) for part, column in columns.items()})
    known = pd.Series(True, parts.index)
    for part in ("year", "month"):
        if cells.field.kind == layout.DAY:
            cells.refuse(columns[part], ~(parts[part] > 0), f"no {part}")
        known &= parts[part] > 0
    parts["day"] = parts["day"].where(parts["day"].between(1, 31), _UNKNOWN_DAY)
    dates = pd.to_datetime(parts[known], errors="coerce").reindex(parts.index)
    return _dates(cells, columns["day"], dates, known)


def _known(cells: _Cells) -> pd.Series[Any]:
    return cells.whole(cells.field.source).between(1, 31)


def _month_start(cells: _Cells) -> pd.Series[Any]:
    column = cells.field.source
    text = cells.frame[column].str.strip()
    return _dates(cells, column, pd.to_datetime(text, format="%Y-%m-%d", errors="coerce"), text.notna())


def _month_end(cells: _Cells) -> pd.Series[Any]:
    return _month_start(cells) + pd.offsets.MonthEnd(0)


def _dates(cells: _Cells, column: str, dates: pd.Series[Any], known: pd.Series[Any]) -> pd.Series[Any]:
    cells.refuse(column, known & dates.isna(), "no day of the calendar")
    return dates.astype("datetime64[s]")


_READ: dict[str, Callable[[_Cells], pd.Series[Any]]] = {
    layout.TEXT: lambda cells: cells.frame[cells.field.source],
    layout.WHOLE: _whole,
    layout.FLAG: _flag,
    layout.AMOUNT: _amount,
    layout.SIGNED: lambda cells: cells.numbers(cells.field.source),
    layout.DAY: _day,
    layout.DAY_IF_ANY: _day,
    layout.MONTH_START: _month_start,
    layout.MONTH_END: _month_end,
    layout.KNOWN: _known,
}
