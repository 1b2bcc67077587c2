"""A drawing from a stranger's folder brings nothing into a page but lines and surfaces."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from escalation_sim.errors import StoreError
from escalation_sim.report.svg import DEEPEST, Drawing, labelled, sanitised

HEAD = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'
HOSTILE = {
    "a script": b"<script>alert(1)</script>",
    "an event": b'<path d="M 0 0" onclick="alert(1)" onload="x()"/>',
    "another document": b'<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">live</p></foreignObject>',
    "a remote picture": b'<image xlink:href="https://evil.example/a.png" width="9" height="9"/>',
    "a picture that is a document": b'<image href="data:image/svg+xml;base64,PHN2Zz4=" width="9" height="9"/>',
    "a link": b'<a href="javascript:alert(1)"><path d="M 0 0"/></a>',
    "a remote use": b'<use xlink:href="https://evil.example/a.svg#x"/>',
    "a style": b"<style>@import url(https://evil.example/a.css);</style>",
    "a remote fill": b'<path d="M 0 0" style="fill: url(https://evil.example/a.svg#x)"/>',
    "a remote clip": b'<g clip-path="url(https://evil.example/a.svg#x)"/>',
    "an animation": b'<path d="M 0 0"><animate attributeName="href" to="javascript:alert(1)"/></path>',
    "a set": b'<set attributeName="onload" to="alert(1)"/>',
    "a style of the page": b'<path d="M 0 0" style="position: fixed; background: url(https://evil.example)"/>',
    "text": b"<text>\xe2\x80\xaeevil</text>",
    "a namespace of its own": b'<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
    "an attribute that ends": b'<path d="M 0 0&quot; onload=&quot;alert(1)"/>',
    "another drawing inside": b'<svg><path d="M 0 0"/></svg>',
}
FORBIDDEN = re.compile(
    r"script|alert|onload|onclick|evil|javascript|import|foreign|animate|<set|<a |position|<text|svg\+xml|http"
    r"|<svg.*<svg",
    re.IGNORECASE,
)


def drawn(inside: bytes, prefix: str = "f1") -> Drawing:
    """What is left of a drawing with something inside."""
    return sanitised(HEAD + inside + b"</svg>", prefix, "x.svg")


@pytest.mark.parametrize("inside", HOSTILE.values(), ids=HOSTILE)
def test_nothing_of_a_hostile_drawing_is_live(inside: bytes) -> None:
    assert FORBIDDEN.search(inside.decode()) or b"<svg" in inside  # the twin: the pattern knows it when it is there
    kept = drawn(inside + b'<path d="M 1 1" style="fill: #ff0000"/>').markup
    assert not FORBIDDEN.search(kept), kept
    assert 'style="fill: #ff0000"' in kept  # what is harmless stays
    ElementTree.fromstring(kept)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + HEAD + b"&a;</svg>", "entities"),
        (b'<!DOCTYPE svg SYSTEM "x" [<!ENTITY % a SYSTEM "file:///etc/passwd">%a;]>' + HEAD + b"</svg>", "entities"),
        (HEAD + b"<g>" * DEEPEST + b"</g>" * DEEPEST + b"</svg>", "levels deep"),
        (HEAD + b"<g></svg>", "not well-formed in line 1"),
        (b"not a drawing", "not well-formed"),
        (b'<html xmlns="http://www.w3.org/1999/xhtml"/>', "not a drawing in SVG"),
        (b"<svg/>", "not a drawing in SVG"),
        (HEAD + b"&undeclared;</svg>", "not well-formed"),
    ],
)
def test_what_is_no_drawing_is_refused_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        sanitised(data, "f1", "figures/x.svg")
    assert str(caught.value).startswith("figures/x.svg: ")
    assert "\n" not in str(caught.value)


def test_references_stay_inside_and_bear_the_prefix() -> None:
    inside = (
        b'<defs><path id="a" d="M 0 0"/><clipPath id="c"><rect width="1" height="1"/></clipPath></defs>'
        b'<g clip-path="url(#c)"><use xlink:href="#a" x="3"/></g>'
    )
    kept = drawn(inside, "f7").markup
    assert 'id="f7-a"' in kept
    assert '<use x="3" href="#f7-a"/>' in kept
    assert 'clip-path="url(#f7-c)"' in kept
    assert drawn(inside, "f8").markup.replace("f8-", "f7-") == kept


def test_copies_of_copies_are_left_out() -> None:
    """Ten groups that each draw the one before ten times would be ten billion paths."""
    groups = b'<path id="g0" d="M 0 0"/>' + b"".join(
        b'<g id="g%d">' % k + b'<use xlink:href="#g%d"/>' % (k - 1) * 10 + b"</g>" for k in range(1, 11)
    )
    kept = drawn(groups)
    assert kept.markup.count("<use") == 10
    assert kept.dropped == 90


def test_the_figures_of_a_run_lose_nothing(folders: dict[str, Path]) -> None:
    for folder in folders.values():
        for file in folder.glob("figures/*.svg"):
            drawing = sanitised(file.read_bytes(), "f1", file.name)
            assert drawing.dropped == 0, file
            assert drawing.title, file
            assert len(drawing.description) > 20, file
            assert drawing.markup.count("<use ") == file.read_text().count("<use "), file
            assert drawing.markup.count("<path ") == file.read_text().count("<path "), file
            ElementTree.fromstring(labelled(drawing, "f1", drawing.title, drawing.description))
