"""What a page is made of: sections of paragraphs, lists, tables and figures. All text in it is plain, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from escalation_sim.report.svg import Drawing


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `strong` ones are what a hurried reader takes away, `small` ones explain."""

    form: ClassVar[str] = "paragraph"
    text: str
    tone: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    form: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Bullets:
    """A list."""

    form: ClassVar[str] = "bullets"
    items: Sequence[str]


@dataclass(frozen=True)
class Code:
    """Commands or hashes, line by line as they are."""

    form: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    caption : str
    head : sequence of str
    rows : sequence of sequence of str
        As many cells as the head; a row of a single cell is a heading over those that follow.
    aligned : str
        A letter for each column: l(eft), r(ight), c(entred), or w(ide and left); left where none is given.
    """

    form: ClassVar[str] = "table"
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    aligned: str = ""

    def side(self, column: int) -> str:
        """Where a column stands: left unless said otherwise."""
        return self.aligned[column : column + 1] or "l"


@dataclass(frozen=True)
class Picture:
    """A figure with the text for who cannot see it and the numbers that it shows.

    Attributes
    ----------
    prefix : str
        Of the ids in its drawing.
    png : path or bytes
        The same as pixels: where it lies, or its content.
    """

    form: ClassVar[str] = "picture"
    prefix: str
    name: str
    drawing: Drawing
    png: Path | bytes | None
    data: Table | None


@dataclass(frozen=True)
class Fold:
    """Blocks that stand behind a summary until somebody opens it; in print they are open."""

    form: ClassVar[str] = "fold"
    summary: str
    blocks: Sequence[Block]


Block = Paragraph | Heading | Bullets | Code | Table | Picture | Fold


@dataclass(frozen=True)
class Section:
    """A part of a page under a title; `id` is what the table of contents points to, and an annex bears no number."""

    id: str
    title: str
    blocks: Sequence[Block]
    numbered: bool = True


@dataclass(frozen=True)
class Page:
    """A report.

    Attributes
    ----------
    title, subtitle : str
    incomplete : sequence of str
        What is missing from the results, each "k of n, INCOMPLETE"; nothing if all is there.
    sections : sequence of Section
    """

    title: str
    subtitle: str
    incomplete: Sequence[str] = ()
    sections: Sequence[Section] = field(default_factory=tuple)
