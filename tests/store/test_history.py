"""Public tables come in typed and clean; a fault is one sentence with file, line and column. All data are invented."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from escalation_sim.errors import DataError
from escalation_sim.store import history_layout as layout
from escalation_sim.store.history import History, read_history

INVENTED = Path(__file__).parents[1] / "cases" / "history"
DTYPES = {
    layout.WHOLE: "int64",
    layout.FLAG: "bool",
    layout.KNOWN: "bool",
    layout.AMOUNT: "float64",
    layout.SIGNED: "float64",
    layout.DAY: "datetime64[s]",
    layout.DAY_IF_ANY: "datetime64[s]",
    layout.MONTH_START: "datetime64[s]",
    layout.MONTH_END: "datetime64[s]",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the invented tables that a test may spoil."""
    return Path(shutil.copytree(INVENTED, tmp_path / "data"))


def days(column: pd.Series) -> list[str]:
    return [str(day)[:10] for day in column]


def test_every_table_has_the_columns_and_types_of_the_layout(folder: Path) -> None:
    assert tuple(layout.SOURCES) == History._fields
    for name, table in read_history(folder)._asdict().items():
        fields = layout.SOURCES[name].fields
        assert list(table.columns) == [field.name for field in fields]
        assert list(table.index) == list(range(len(table)))
        for field in fields:
            assert field.kind == layout.TEXT or str(table[field.name].dtype) == DTYPES[field.kind], (name, field)


def test_values_are_cleaned(folder: Path) -> None:
    history = read_history(folder)
    events, wars = history.events, history.wars
    assert events[["confrontation", "actor", "target", "action"]].iloc[0].tolist() == [9001, 11, 12, 1]
    assert days(events["date"]) == ["1950-03-31", "1950-04-15", "1950-05-02", "1972-01-29"]
    assert events["day_known"].tolist() == [True, False, True, True]
    assert np.isnan(events["actor_deaths_low"][2])
    assert events["target_deaths_high"][2] == 25.0
    assert days(history.contiguity["end"]) == ["1960-02-29", "2016-12-31"]
    assert days(wars["start_again"]) == ["NaT", "1950-07-01"]
    assert wars["battle_deaths"].isna().tolist() == [False, True]
    assert days(history.disputes["end"])[0] == "1950-06-15"
    assert history.rivalries["first_year"].tolist() == [1700, 1960]
    assert history.democracy["polity"].fillna(99.0).tolist() == [-9.0, 99.0]  # a score, not the code for "missing"
    assert days(history.crises["end"]) == ["1950-06-15", "NaT"]
    assert days(history.crisis_actors["response_date"]) == ["1950-04-15", "1950-05-02"]


def test_byte_order_mark_carriage_returns_blank_lines_and_other_columns_change_nothing(folder: Path) -> None:
    plain = read_history(folder)
    for file in folder.iterdir():
        head, *rows = file.read_text().splitlines()
        lines = [f"extra,{head}", "", *(f"x,{row}" for row in rows), "", ""]
        file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    again = read_history(folder)
    for one, other in zip(plain, again, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_a_table_that_need_not_be_there_is_none(folder: Path) -> None:
    for name, source in layout.SOURCES.items():
        (folder / source.file).rename(folder / "aside")
        if source.needed:
            with pytest.raises(DataError, match=rf"{source.file}: the file is missing; docs/data.md says"):
                read_history(folder)
        else:
            assert getattr(read_history(folder), name) is None
        (folder / "aside").rename(folder / source.file)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hostlev", "hostlevel", "mie_events.csv:1: there is no column 'hostlev'; did you mean 'hostlevel'?"),
        ("9001,2,12", "9001,2,UKR", "mie_events.csv:3: column 'ccode1': 'UKR' is no number"),
        ("9001,2,12", "9001,2,", "mie_events.csv:3: column 'ccode1': '' is no whole number"),
        ("9001,2,12", "9001,2,12.5", "mie_events.csv:3: column 'ccode1': '12.5' is no whole number"),
        ("9001,2,12", "9001,2,1e999", "mie_events.csv:3: column 'ccode1': '1e999' is no number"),
        ("9001,2,12", "9001,2,1e17", "mie_events.csv:3: column 'ccode1': '1e17' is no whole number"),
        ("3,31,1950,3", "2,31,1950,3", "mie_events.csv:2: column 'stday': '31' is no day of the calendar"),
        ("3,31,1950,3", ",31,1950,3", "mie_events.csv:2: column 'stmon': '' is no month"),
        ("1972,1,17", "1972,2,17", "mie_events.csv:5: column 'sidea1': '2' is neither 0 nor 1"),
        ("4,2,4,0,1", "4,2,4,0,1,7", "mie_events.csv: the file is no CSV with one header"),
    ],
)
def test_a_wrong_cell_is_named(folder: Path, old: str, new: str, said: str) -> None:
    file = folder / "mie_events.csv"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(DataError) as refused:
        read_history(folder)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"ccode,year,cinc\n", "a header but no rows"),
        (b"ccode,year,cinc\n\n,,\n", "a header but no rows"),
        (b"ccode,year,cinc\n11,1950,\xff\n", "the text is not UTF-8"),
        (b'ccode,year,cinc\n"11,1950,0.1\n', "the file is no CSV"),
        (b"\x00\x01\x02", "nmc_cinc.csv"),
        (b"a;b;c\n1;2;3\n", "there is no column 'ccode'"),
    ],
)
def test_a_file_without_a_table_is_refused(folder: Path, content: bytes, said: str) -> None:
    (folder / "nmc_cinc.csv").write_bytes(content)
    with pytest.raises(DataError) as refused:
        read_history(folder)
    assert said in str(refused.value)
    assert str(folder / "nmc_cinc.csv") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_in_the_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "nmc_cinc.csv").unlink()
    (folder / "nmc_cinc.csv").mkdir()
    with pytest.raises(DataError, match=r"nmc_cinc.csv: cannot be read"):
        read_history(folder)


def test_a_file_in_the_place_of_the_folder_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="there is no such folder"):
        read_history(folder / "nmc_cinc.csv")
