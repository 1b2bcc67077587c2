"""Whatever a folder says, a report shows it as text: no markup, no addresses to fetch, no characters that hide."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from escalation_sim.report.inputs import opened
from escalation_sim.report.markdown import markdown, plain
from escalation_sim.report.page import page_of
from escalation_sim.report.render import html
from escalation_sim.scenario.dump import dump_tree
from escalation_sim.scenario.load import library, read_tree
from escalation_sim.store import layout
from escalation_sim.store.provenance import sha256
from escalation_sim.store.read import read_result
from escalation_sim.store.write import write_result, write_study

MARKUP = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'>",
    "</style></title></svg><svg onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example>",
    "https://evil.example www.evil.example a@evil.example",
    "<!-- --> ]]> <![CDATA[ &lt;b&gt; &#60;i&#62;",
    "| a | b | `code` *bold* _it_ # head",
    "=cmd|' /C calc'!A0",
    "$\\frac{1}{2}$ \\begin{x}",
]
UNSEEN = [
    chr(27) + "[2J",
    chr(0x202E) + "txt.exe",
    chr(0x200B),
    chr(0x2028),
    chr(0x2066),
    chr(0xFEFF),
    chr(0x85),
    chr(7),
]
EVERYTHING = " ".join([*MARKUP, *UNSEEN])
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "nav",
        "main",
        "section",
        "div",
        "figure",
        "figcaption",
    ),
    *("h1", "h2", "h3", "p", "ol", "ul", "li", "a", "pre", "code", "details", "summary", "strong", "em", "img", "br"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
    *("svg", "g", "defs", "use", "path", "rect", "image", "clippath", "pattern", "desc"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "id", "class", "role", "aria-label", "aria-labelledby"),
    *("href", "scope", "colspan", "open", "style", "src", "alt", "start"),
    *("viewbox", "x", "y", "width", "height", "d", "transform", "clip-path", "patternunits", "patterntransform"),
    *("preserveaspectratio", "opacity"),
}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class _Faults(HTMLParser):
    """Collects all of a page that is live and not ours."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            self._check(tag, name, value or "")

    def _check(self, tag: str, name: str, value: str) -> None:
        if name not in ATTRIBUTES:
            self.found.append(f"{tag}.{name}={value[:40]}")
        if name == "id":
            self.ids.append(value)
        if name in ("href", "src") and not re.fullmatch(
            r"#[\w.:-]+|data:image/png;base64,[\w+/=]+|[\w%./-]+\.png", value
        ):
            self.found.append(f"{name}={value[:60]}")
        if name == "style" and re.search(r"@|\\|expression|url\((?!#)", value):
            self.found.append(f"style={value[:60]}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"comment {data[:40]}")


def faults(text: str) -> list[str]:
    """What is wrong with an HTML page: live markup, addresses, hidden characters, ids that stand twice."""
    parser = _Faults()
    parser.feed(text)
    hidden = {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}
    return [
        *parser.found,
        *(f"U+{ord(char):04X}" for char in hidden - {"\n"}),
        *(f"id {name} twice" for name in {one for one in parser.ids if parser.ids.count(one) > 1}),
    ]


def poisoned(node: Any, text: Iterator[str]) -> Any:
    """A scenario's tree with every free text replaced."""
    told = {
        "title",
        "label",
        "description",
        "because",
        "source",
        "resolution",
        "clause",
        "name",
        "publisher",
        "url",
        "unit",
    }
    if isinstance(node, list):
        return [poisoned(item, text) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: next(text) if key in told and isinstance(item, str) else poisoned(item, text) for key, item in node.items()
    }


def endless() -> Iterator[str]:
    """Hostile texts that a scenario file may hold, all of them and over again, and one that is all of them."""
    while True:
        yield from MARKUP
        yield " ".join(MARKUP)


def poison(folder: Path, target: Path) -> Path:
    """The same folder with every text of its tables, its scenario and its manifest replaced by something hostile."""
    kept = read_result(folder)
    ids = {"outcome", "kind", "element", "element_kind", "forecaster", "wanted", "method", "dyad", "state"}
    tables = {}
    for name, table in kept.tables.items():
        texts = [column for column in table if not pd.api.types.is_numeric_dtype(table[column]) and column not in ids]
        tables[name] = table.assign(**{column: [f"{EVERYTHING} {k}" for k in range(len(table))] for column in texts})
        if "variant" in texts:  # its name groups the rows
            tables[name]["variant"] = EVERYTHING
        if "position" in texts:
            tables[name]["position"] = [f"{EVERYTHING} {k // 2}" for k in range(len(table))]
    tree = poisoned(read_tree(folder / layout.RESOLVED).value, endless())
    resolved = dump_tree({"format_version": tree.pop("format_version"), **tree})
    record = {
        **kept.manifest,
        **dict.fromkeys(("platform", "python", "version", "started", "finished"), EVERYTHING),
        "command": f"{EVERYTHING} {shlex.quote(f'{EVERYTHING}.yaml')}",
        "libraries": {EVERYTHING: EVERYTHING},
        "sources": {f"{EVERYTHING}.yaml": EVERYTHING},
        "scenario": {"id": kept.manifest["scenario"]["id"], "resolved_sha256": sha256(resolved.encode())},
    }

    def paint(into: Path) -> None:
        for name, content in kept.figures.items():
            (into / name).write_bytes(content)

    if "kind" not in record:
        return write_result(target, tables, record, resolved, paint)
    return write_study(target, record["kind"], tables, record, {layout.RESOLVED: resolved.encode()}, paint)


@pytest.fixture(scope="module")
def hostile(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of every kind with everything in them hostile."""
    top = tmp_path_factory.mktemp("hostile")
    kinds = ("run", "score", "compare", "levers", "knockout", "paths", "signals")
    return [poison(folders[name], top / f"{name} <b>&'") for name in kinds]


def test_a_page_of_hostile_folders_is_all_text(hostile: list[Path]) -> None:
    text = html(page_of(opened(hostile), "icd203"))
    assert faults(text) == []
    assert POLICY in text
    assert "<script" not in text
    assert "49" not in re.findall(r"\{\{ 7 \* 7 \}\}|(?<=>)49(?=<)", text)
    assert "\\u202etxt.exe" in text  # shown, not hidden
    assert "\\x1b[2J" in text
    assert text.count("&lt;script&gt;alert(1)") > 50


def test_a_page_of_honest_folders_has_no_faults_either(folders: dict[str, Path]) -> None:
    page = page_of(opened([folders[name] for name in sorted(folders)]), "ipcc")
    assert faults(html(page)) == []
    assert faults(html(page, opened=True)) == []


@pytest.mark.parametrize("text", [*MARKUP[:3], *MARKUP[4:6], *UNSEEN])
def test_the_faults_are_found_where_they_are(text: str) -> None:
    rendered = MarkdownIt("commonmark", {"html": True}).render(f"x {text}")
    assert faults(f"<p>{text}</p>") or faults(rendered)


def test_a_run_is_drawn_anew_from_hostile_tables(hostile: list[Path], tmp_path: Path) -> None:
    kept = read_result(hostile[0])
    bare = write_result(tmp_path / "bare", kept.tables, kept.manifest, kept.resolved)
    assert faults(html(page_of(opened([bare]), "none"))) == []


def test_markdown_of_hostile_folders_is_all_text(hostile: list[Path]) -> None:
    text = markdown(page_of(opened(hostile), "icd203"), lambda picture: f"figures/{picture.name}.png")
    assert not {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"}} - {"\n"}
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert faults(rendered) == []
    assert "<a " not in rendered
    assert rendered.count("<h2>") == 9


@pytest.mark.parametrize("text", MARKUP)
def test_one_hostile_text_in_markdown(text: str) -> None:
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(plain(text))
    assert re.fullmatch(r"<p>[^<>]*</p>\n", rendered), rendered
    assert not re.search(r"https?://|www\.", plain(text))


def test_the_library_is_no_stranger() -> None:
    """The twin of the poisoned scenario: without poison its texts are the library's own."""
    assert any(row["label"] for row in library("ladder")["ladder"])
