"""Every column is explained, and no text becomes a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation_sim.store import layout

FIRST = st.sampled_from(["", "'", "''", "=", "+", "-", "@", "\t", "\r"])


@given(FIRST, st.text())
def test_escaping_is_undone_whatever_the_text(first, rest):
    assert layout.unescaped(layout.escaped(first + rest)) == first + rest


@given(FIRST, st.text())
def test_no_escaped_text_starts_a_formula(first, rest):
    assert not layout.escaped(first + rest).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_harmless_text_is_left_alone():
    assert layout.escaped("Seoul: 'no lethal aid' = policy") == "Seoul: 'no lethal aid' = policy"


def test_columns_are_unique_and_explained():
    for table, columns in layout.TABLES.items():
        names = [column.name for column in columns]
        assert len(set(names)) == len(names), table
        assert all(column.meaning and column.kind in {layout.TEXT, layout.WHOLE, layout.NUMBER} for column in columns)


@pytest.mark.parametrize(("table", "name"), [("runs", "daily"), ("runs", "day"), ("nothing", "outcome")])
def test_unexplained_columns_are_refused(table, name):
    with pytest.raises(ValueError, match="no entry in the data dictionary"):
        layout.column(table, name)
