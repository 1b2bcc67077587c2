"""A page as Markdown: the same words and tables, with links to the figures as pixels."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from escalation_sim.report.blocks import Block, Bullets, Code, Fold, Heading, Page, Paragraph, Picture, Table
from escalation_sim.report.render import visible

_ACTIVE = re.compile(r"([\\`*_{}\[\]<>()#+!|~&@$^=-])")
_ADDRESS = re.compile(r"(?i)(https?|ftp)://|www\.")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")
_SIDES = {"l": "---", "w": "---", "r": "--:", "c": ":-:"}


def markdown(page: Page, link: Callable[[Picture], str]) -> str:
    """The page as Markdown.

    Parameters
    ----------
    page : Page
    link : callable
        Gives the relative address of the pixels of a figure, or an empty text if there are none.
    """
    parts = [f"**{plain(sentence)}**" for sentence in page.incomplete]
    parts += [f"# {plain(page.title)}", plain(page.subtitle)]
    for number, section in enumerate(page.sections, start=1):
        parts.append(f"## {f'{number}. ' * section.numbered}{plain(section.title)}")
        for block in section.blocks:
            parts += _block(block, link)
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(text: str) -> str:
    r"""A text in which nothing is taken for markup, and no address becomes a link.

    >>> plain("a *b* <i>"), plain("see https://x.org"), plain("1. first")
    ('a \\*b\\* \\<i\\>', 'see https\\://x.org', '1\\. first')
    """
    safe = _ACTIVE.sub(r"\\\1", visible(text))
    safe = _ADDRESS.sub(lambda found: found[0].replace(":", "\\:").replace("www.", "www\\."), safe)
    return _NUMBERED.sub(r"\1\\\2", safe)


def address(path: Path, start: Path) -> str:
    """A file as a relative link from a folder.

    >>> address(Path("results/a b/x.png"), Path("results"))
    'a%20b/x.png'
    """
    return quote(Path(os.path.relpath(path, start)).as_posix())


def _block(block: Block, link: Callable[[Picture], str]) -> Iterator[str]:
    match block:
        case Paragraph():
            yield f"**{plain(block.text)}**" if block.tone == "strong" else plain(block.text)
        case Heading():
            yield f"### {plain(block.text)}"
        case Bullets():
            yield "\n".join(f"- {plain(item)}" for item in block.items)
        case Code():
            yield "\n".join(f"    {visible(line)}" for line in block.text.splitlines())
        case Table():
            yield from _table(block)
        case Fold():
            yield f"*{plain(block.summary)}*"
            for inner in block.blocks:
                yield from _block(inner, link)
        case Picture():
            if where := link(block):
                yield f"![{plain(block.drawing.description or block.name)}]({where})"
            if block.data:
                yield from _table(block.data)


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield plain(table.caption)
    lines = [_row(table.head), _row_of([_SIDES[table.side(place)] for place in range(len(table.head))])]
    for row in table.rows:
        whole = (
            [f"**{plain(row[0])}**", *[""] * (len(table.head) - 1)] if len(row) == 1 else [plain(cell) for cell in row]
        )
        lines.append(_row_of(whole))
    yield "\n".join(lines)


def _row(cells: object) -> str:
    return _row_of([plain(str(cell)) for cell in cells])  # type: ignore[attr-defined]


def _row_of(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
