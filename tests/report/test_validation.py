"""What every report says of the model's validity is what the pages say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from escalation_sim.report import validation
from escalation_sim.report.validation import Known

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "validation.md").read_text(encoding="utf-8")
TABLES = [one for one in vars(validation).values() if isinstance(one, Known)]


def tables_of(page: str, section: str) -> list[tuple[tuple[str, ...], ...]]:
    """The tables under a heading, as cells without bold type, the line below the head left out."""
    text = re.split(r"^## ", page, flags=re.MULTILINE)
    (own,) = [part for part in text if part.startswith(section)]
    blocks = re.findall(r"((?:^\|.*\n)+)", own, re.MULTILINE)
    return [tuple(cells(line) for k, line in enumerate(block.splitlines()) if k != 1) for block in blocks]


def cells(line: str) -> tuple[str, ...]:
    """The cells of one row."""
    return tuple(cell.strip().replace("**", "") for cell in line.strip().strip("|").split("|"))


@pytest.mark.parametrize("known", TABLES, ids=lambda known: known.caption[:30])
def test_a_packaged_table_is_that_of_the_page(known: Known) -> None:
    assert (known.head, *known.rows) in tables_of(PAGE, known.source)
    assert len(known.aligned) == len(known.head)


@pytest.mark.parametrize("known", TABLES, ids=lambda known: known.caption[:30])
def test_a_cell_that_changed_is_found(known: Known) -> None:
    last = known.rows[-1][-1]
    changed = PAGE.replace(f"| {last} |\n", "| 0.0815 |\n")
    assert changed != PAGE
    assert (known.head, *known.rows) not in tables_of(changed, known.source)


def test_there_are_tables_and_the_eight_factors() -> None:
    assert len(TABLES) == 6
    assert len(validation.CREDIBILITY.rows) == 8


def test_the_weaknesses_are_those_of_the_defence() -> None:
    told = (DOCS / "defence.md").read_text(encoding="utf-8").split("## Known weaknesses")[1]
    substance, mechanism = (
        re.findall(r"^\d+\. \*\*(.+?)\.?\*\*", part, re.MULTILINE) for part in told.split("Of mechanism:")
    )
    assert [title for title, _ in validation.WEAKNESSES] == substance
    assert list(validation.MECHANISMS) == mechanism
    assert substance
    assert mechanism
