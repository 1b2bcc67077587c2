"""Drawings from a result folder made fit to stand inside a page: what is not known to be harmless is left out.

A folder may come from a stranger. Its SVG files are read by an XML parser, without entities, and written anew from a
list of elements, attributes and forms of values: no scripts, no events, no styles of their own, nothing from elsewhere.
References reach only into the drawing, and names get a prefix, so that several drawings in a page do not mix.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from escalation_sim.errors import StoreError

_SVG, _XLINK, _DUBLIN = (
    "http://www.w3.org/2000/svg ",
    "http://www.w3.org/1999/xlink ",
    "http://purl.org/dc/elements/1.1/ ",
)
_SHAPES = {"path", "rect", "image"}  # what may be drawn again by reference: one level, so copies cannot multiply
_HOLDERS = {"clipPath", "pattern"}  # inside these nothing refers to anything else
_ELEMENTS = {"svg", "g", "defs", "use", *_SHAPES, *_HOLDERS}
_UNSEEN = {"title", "desc", "metadata", "style"}  # left out of every drawing, as expected
_NUMBER = r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?(?:pt|px|%)?"
_NUMBERS = re.compile(rf"{_NUMBER}(?:[\s,]+{_NUMBER})*")
_ID = re.compile(r"[A-Za-z_][\w.:-]{0,99}", re.ASCII)
_MOVES = r"(?:translate|scale|rotate|matrix|skewX|skewY)"
_ATTRIBUTES = {
    **dict.fromkeys(("x", "y", "width", "height", "viewBox", "opacity"), _NUMBERS),
    "d": re.compile(r"[MmLlHhVvCcSsQqTtAaZz0-9eE+\-.,\s]*"),
    "transform": re.compile(rf"(?:\s*{_MOVES}\s*\([0-9eE+\-.,\s]*\))+\s*"),
    "patternTransform": re.compile(rf"(?:\s*{_MOVES}\s*\([0-9eE+\-.,\s]*\))+\s*"),
    "patternUnits": re.compile("userSpaceOnUse|objectBoundingBox"),
    "preserveAspectRatio": re.compile(r"[A-Za-z ]{1,30}"),
}
_PAINT = re.compile(r"none|#[0-9A-Fa-f]{3,8}|[A-Za-z]{3,20}|rgba?\([0-9.,%\s]+\)")
_WORD = re.compile(r"[a-z-]{1,20}")
_STYLES = {
    **dict.fromkeys(("fill", "stroke", "color"), _PAINT),
    **dict.fromkeys(("stroke-linecap", "stroke-linejoin", "fill-rule", "clip-rule", "image-rendering"), _WORD),
    **dict.fromkeys(
        ("opacity", "fill-opacity", "stroke-opacity", "stroke-width", "stroke-miterlimit", "stroke-dashoffset"),
        _NUMBERS,
    ),
    "stroke-dasharray": re.compile(rf"none|{_NUMBERS.pattern}"),
}
_LOCAL = re.compile(r"url\(\s*#([\w.:-]+)\s*\)", re.ASCII)
_PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=\s]+")
LARGEST, DEEPEST = 20_000_000, 60  # bytes, and elements within each other


class Drawing(NamedTuple):
    """A drawing as part of a page.

    Attributes
    ----------
    markup : str
        One `svg` element, with role, title and description.
    title, description : str
        Its heading and the text for who cannot see it, as the file tells them; not made safe for anything.
    width : float
        Points.
    dropped : int
        Elements that were left out because they are no part of a drawing.
    """

    markup: str
    title: str
    description: str
    width: float
    dropped: int


def sanitised(data: bytes, prefix: str, name: str) -> Drawing:
    """The drawing in the bytes of an SVG file.

    Parameters
    ----------
    data : bytes
    prefix : str
        Letters and digits; begins every id.
    name : str
        What to call the file in an error.

    Raises
    ------
    StoreError
        If it is no SVG, too large, or holds declarations of its own.

    >>> one = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="x()"><path d="M 0 0" id="a"/></svg>'
    >>> sanitised(one, "f1", "one.svg").markup
    '<svg viewBox="0 0 9 9" role="img"><path d="M 0 0" id="f1-a"/></svg>'
    """
    if len(data) > LARGEST:
        raise StoreError(f"{name}: larger than {LARGEST // 1_000_000} MB; this is no figure of a result")
    first, second = _Names(), _Copy(prefix)
    for reader in (first, second):
        _read(data, reader.start, reader.end, reader.text, name)
        second.shapes = first.shapes
    if not second.is_svg:
        raise StoreError(f"{name}: this is not a drawing in SVG; do not trust the result")
    title, description = (" ".join("".join(first.said.get(key, ())).split()) for key in ("title", "description"))
    return Drawing("".join(second.parts), title, description, second.width, second.dropped)


def labelled(drawing: Drawing, prefix: str, title: str, description: str) -> str:
    """The markup with title and description as its own first elements, for those who listen to a page.

    >>> print(labelled(Drawing('<svg role="img"></svg>', "", "", 1.0, 0), "f1", "A < B", "Bars"))
    <svg aria-labelledby="f1-title f1-desc" role="img"><title id="f1-title">A &lt; B</title><desc id="f1-desc">Bars...
    """
    head, opening, rest = drawing.markup.partition('role="img">')
    named = f'<title id="{prefix}-title">{escape(title)}</title><desc id="{prefix}-desc">{escape(description)}</desc>'
    labels = f'aria-labelledby="{prefix}-title {prefix}-desc" '
    return f"{head}{labels}{opening}{named}{rest}"


def _read(
    data: bytes, start: Callable[..., None], end: Callable[..., None], text: Callable[..., None], name: str
) -> None:
    """Parse once; entities and declarations are refused, and so is what is not well-formed."""

    def refused(*_: Any) -> Any:
        raise StoreError(f"{name}: the drawing declares entities of its own; do not trust the result")

    def doctype(_name: str, _system: str | None, _public: str | None, internal: int) -> None:
        if internal:
            refused()

    parser = expat.ParserCreate("utf-8", " ")
    parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = doctype, refused
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise StoreError(f"{name}: not well-formed in line {error.lineno}; do not trust the result") from error
    except RecursionError as error:
        raise StoreError(f"{name}: nested more than {DEEPEST} levels deep; do not trust the result") from error


class _Names:
    """First reading: title, description, and the names of shapes that may be drawn again."""

    def __init__(self) -> None:
        self.shapes: set[str] = set()
        self.said: dict[str, list[str]] = {}
        self.depth, self.now = 0, ""

    def start(self, element: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise RecursionError
        own = element.removeprefix(_SVG)
        if own in _SHAPES:
            self.shapes.add(attributes.get("id", ""))
        self.now = {_DUBLIN + "title": "title", _DUBLIN + "description": "description"}.get(element, "")

    def end(self, _element: str) -> None:
        self.depth, self.now = self.depth - 1, ""

    def text(self, text: str) -> None:
        if self.now:
            self.said.setdefault(self.now, []).append(text)


class _Copy:
    """Second reading: what is known to be harmless, written anew."""

    def __init__(self, prefix: str) -> None:
        self.prefix, self.shapes = prefix, set[str]()
        self.parts: list[str] = []
        self.left_out, self.held, self.dropped, self.depth = 0, 0, 0, 0  # depths inside what is skipped, and of holders
        self.is_svg, self.width = False, 0.0

    def start(self, element: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        own = element.removeprefix(_SVG)
        known = element.startswith(_SVG) and own in _ELEMENTS and (own == "svg") == (self.depth == 1)
        if self.left_out or not known or (own == "use" and not self._may_use(attributes)):
            self.dropped += not self.left_out and not (element.startswith(_SVG) and own in _UNSEEN)
            self.left_out += 1
            return
        self.held += own in _HOLDERS
        self.parts.append(f"<{own}{self._attributes(own, attributes)}>")
        if own == "svg":
            self.is_svg = True
            self.width = float(re.sub("[^0-9.]", "", attributes.get("width", ""))[:9] or 0.0)

    def end(self, element: str) -> None:
        self.depth -= 1
        if self.left_out:
            self.left_out -= 1
            return
        own = element.removeprefix(_SVG)
        self.held -= own in _HOLDERS
        if self.parts[-1].startswith(f"<{own}") and own != "svg" and not self.parts[-1].endswith("/>"):
            self.parts[-1] = f"{self.parts[-1][:-1]}/>"
        else:
            self.parts.append(f"</{own}>")

    def text(self, _text: str) -> None:
        """Nothing is said inside a drawing: letters are outlines."""

    def _may_use(self, attributes: dict[str, str]) -> bool:
        return not self.held and _reference(attributes).removeprefix("#") in self.shapes

    def _attributes(self, element: str, given: dict[str, str]) -> str:
        sizes = {"width", "height"} if element == "svg" else set()  # the page decides how large it stands
        kept = [
            (name, " ".join(value.split()))
            for name, value in given.items()
            if name in _ATTRIBUTES and name not in sizes and _ATTRIBUTES[name].fullmatch(value)
        ]
        if _ID.fullmatch(given.get("id", "")):
            kept.append(("id", f"{self.prefix}-{given['id']}"))
        if style := self._style(given.get("style", "")):
            kept.append(("style", style))
        if (local := _LOCAL.fullmatch(given.get("clip-path", ""))) and not self.held:
            kept.append(("clip-path", f"url(#{self.prefix}-{local[1]})"))
        reference = _reference(given)
        if element == "use":
            kept.append(("href", f"#{self.prefix}-{reference[1:]}"))
        if element == "image" and _PICTURE.fullmatch(reference):
            kept.append(("href", "".join(reference.split())))
        if element == "svg":
            kept.append(("role", "img"))
        return "".join(f" {name}={quoteattr(value)}" for name, value in kept)

    def _style(self, text: str) -> str:
        kept = []
        for declaration in text.split(";"):
            name, _, value = (part.strip() for part in declaration.partition(":"))
            if name in _STYLES and _STYLES[name].fullmatch(value):
                kept.append(f"{name}: {value}")
            elif name in ("fill", "clip-path") and (local := _LOCAL.fullmatch(value)) and not self.held:
                kept.append(f"{name}: url(#{self.prefix}-{local[1]})")
        return "; ".join(kept)


def _reference(attributes: dict[str, str]) -> str:
    return attributes.get(f"{_XLINK}href") or attributes.get("href") or ""
