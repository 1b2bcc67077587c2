"""The page on the data lists the very columns that the program reads, and every file of them."""

import re
from pathlib import Path

import pytest

from escalation_sim.store import history_layout as layout

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
_LIST = re.compile(r"^<!-- columns: (\S+) -->\n(.*?)^<!-- end of columns -->$", re.MULTILINE | re.DOTALL)


def column_list(source: layout.Source) -> str:
    """The columns of a file as they stand on the page."""
    lines = ["| column | holds | meaning | name in Python |", "| --- | --- | --- | --- |"]
    for field in source.fields:
        columns = ", ".join(f"`{column}`" for column in field.source.split())
        lines.append(f"| {columns} | {field.kind} | {field.meaning} | `{field.name}` |")
    return "\n".join(lines) + "\n"


def listed(page: str) -> dict[str, str]:
    """File -> its list of columns, as the page has it."""
    return dict(_LIST.findall(page))


@pytest.mark.parametrize("source", layout.SOURCES.values(), ids=layout.SOURCES)
def test_the_page_lists_the_columns_that_are_read(source: layout.Source) -> None:
    assert listed(PAGE).get(source.file) == column_list(source), f"docs/data.md: put there\n{column_list(source)}"


def test_the_page_lists_no_other_file() -> None:
    assert set(listed(PAGE)) == {source.file for source in layout.SOURCES.values()}


def test_the_page_says_which_files_may_be_missing() -> None:
    for source in layout.SOURCES.values():
        (heading,) = re.findall(rf"^### .*`{source.file}`(.*)$", PAGE, re.MULTILINE)
        assert ("may be missing" in heading) is not source.needed


def test_a_column_more_is_noticed() -> None:
    source = layout.SOURCES["events"]
    wider = source._replace(fields=(*source.fields, layout.Field("x", "x", layout.WHOLE, "no such thing")))
    assert listed(PAGE)[source.file] != column_list(wider)


def test_every_kind_of_column_is_explained() -> None:
    kinds = {field.kind for source in layout.SOURCES.values() for field in source.fields}
    assert kinds
    assert all(f"| {kind} |" in PAGE.split("## ")[1] for kind in kinds)
