"""A page as one HTML file: no scripts, nothing from elsewhere, and no text that is taken for markup."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from escalation_sim.report.blocks import Page, Picture
from escalation_sim.report.svg import labelled
from escalation_sim.scenario.messages import printable

_SPACE = re.compile(r"[ \t\r\n\u00a0\u202f]+")


def visible(text: str) -> str:
    r"""The text with nothing in it that cannot be seen: control characters, and those that turn the reading direction.

    >>> visible("two\nlines " + chr(27) + "[31m " + chr(0x202E) + "txt")
    'two lines \\x1b[31m \\u202etxt'
    """
    return printable(_SPACE.sub(" ", text), len(text) + 1)


def html(page: Page, opened: bool = False) -> str:
    """The page as HTML; `opened`: with everything that folds unfolded, for paper."""
    environment = Environment(
        loader=PackageLoader("escalation_sim.report"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(page=page, opened=opened, svg=_svg, lines=str.splitlines)


def _shown(value: Any) -> Any:
    """What an expression of a template becomes, before it is escaped; markup of our own stays."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return visible(value).replace(" %", "\u00a0%")  # no line ends between a number and its sign


def _svg(picture: Picture) -> Markup:
    """The drawing of a figure, which `svg.sanitised` has written."""
    drawing = picture.drawing
    words = (visible(text) for text in (drawing.title or picture.name, drawing.description))
    return Markup(labelled(drawing, picture.prefix, *words))
