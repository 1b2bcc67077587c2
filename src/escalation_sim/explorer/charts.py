"""Small charts as SVG: steps on the ladder, memories, curves of probability. Every text is escaped."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from escalation_sim.explorer.quick import Curve

INK, GREY, PALE = "#1f2933", "#5f6b76", "#e3e7eb"
BLUE, ORANGE, GREEN, VERMILION = "#0072b2", "#b86e00", "#00795a", "#d55e00"  # Okabe and Ito, darker where text needs it
_RIGHT, _TOP, _BOTTOM = 8, 8, 20
_CIVIDIS = ((200, 184, 102), (148, 142, 119), (102, 105, 112), (53, 69, 108), (0, 34, 78))  # from 0.2 to 1, reversed
_NOTHING = "#c5ccd3"


def rung_colour(rung: int, n_rungs: int) -> str:
    """Colour of a rung: grey for routine, then cividis from light to dark.

    >>> rung_colour(0, 12), rung_colour(1, 12), rung_colour(11, 12)
    ('#c5ccd3', '#c8b866', '#00224e')
    """
    if rung <= 0:
        return _NOTHING
    place = (rung - 1) / max(n_rungs - 2, 1) * (len(_CIVIDIS) - 1)
    below = min(int(place), len(_CIVIDIS) - 2)
    share = place - below
    mixed = (round(a + share * (b - a)) for a, b in zip(_CIVIDIS[below], _CIVIDIS[below + 1], strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def text(x: float, y: float, said: str, anchor: str = "start", fill: str = GREY, more: str = "") -> str:
    """A text of a drawing.

    >>> text(1, 2, "<b>")
    '<text x="1.0" y="2.0" text-anchor="start" fill="#5f6b76" >&lt;b&gt;</text>'
    """
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" {more}>{escape(said)}</text>'


class Axes(NamedTuple):
    """The frame of a small chart: pixels, and the ranges that they stand for."""

    last: float  # days
    top: float
    start: dt.date
    bottom: float = 0.0
    width: float = 290
    height: float = 140
    left: float = 66  # room for the labels of the ticks

    def x(self, day: float) -> float:
        """Where a day stands."""
        return self.left + (self.width - self.left - _RIGHT) * day / self.last

    def y(self, value: float) -> float:
        """Where a value stands."""
        return self.height - _BOTTOM - (self.height - _TOP - _BOTTOM) * (value - self.bottom) / (self.top - self.bottom)

    def path(self, days: Sequence[float], values: Sequence[float]) -> str:
        """The `d` of a line."""
        points = (f"{self.x(day):.1f} {self.y(value):.1f}" for day, value in zip(days, values, strict=True))
        return "M" + " L".join(points)

    def drawn(self, ticks: Iterable[tuple[float, str]], parts: Iterable[str], said: str) -> str:
        """The whole chart: grid with its labels, dates, then the parts; `said` is for who cannot see it."""
        out = [f'<svg viewBox="0 0 {self.width:g} {self.height:g}" role="img" aria-label="{escape(said)}">']
        right = self.width - _RIGHT
        for value, label in ticks:
            y = self.y(value)
            out.append(f'<line x1="{self.left:g}" x2="{right:g}" y1="{y:.1f}" y2="{y:.1f}" stroke="{PALE}"/>')
            out.append(text(self.left - 6, y + 3.5, shortened(label, 9), "end"))
        for day, anchor in ((0.0, "start"), (self.last, "end")):
            when = self.start + dt.timedelta(days=int(day))
            out.append(text(self.x(day), self.height - 5, f"{when.day} {when:%b %Y}", anchor))
        return "".join([*out, *parts, "</svg>"])


def shortened(said: str, longest: int) -> str:
    """The text, cut if it is longer.

    >>> shortened("Vladivostok", 6), shortened("Kursk", 6)
    ('Vladi…', 'Kursk')
    """
    return said if len(said) <= longest else said[: longest - 1] + "…"


def stroke(d: str, colour: str, width: float = 1.8, dash: str = "") -> str:
    """A line."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"{dashed}/>'


def ladder_chart(axes: Axes, days: Sequence[float], sides: Sequence[Sequence[int]], rungs: Sequence[str]) -> str:
    """Steps of both sides of a dyad so far; a tick's rung stands over the whole tick."""
    parts = []
    for values, colour, shift in zip(sides, (BLUE, ORANGE), (0.0, 0.12), strict=False):
        xs, ys = [days[0]], [float(values[0]) + shift]
        for before, day, rung in zip(days, days[1:], values[1:], strict=False):
            xs += [before, day]
            ys += [rung + shift, rung + shift]
        parts.append(stroke(axes.path(xs, ys), colour))
        parts.append(f'<circle cx="{axes.x(xs[-1]):.1f}" cy="{axes.y(ys[-1]):.1f}" r="3" fill="{colour}"/>')
    ticks = [(float(rung), rungs[rung]) for rung in range(0, len(rungs), 2)]
    now = ", ".join(rungs[values[-1]] for values in sides)
    return axes.drawn(ticks, parts, f"rung over time; now: {now}")


MEMORIES = (("short", BLUE, ""), ("long", GREEN, ""), ("worst", VERMILION, "4 3"))


def memory_chart(axes: Axes, days: Sequence[float], lines: Sequence[Sequence[float]]) -> str:
    """The short and the long memory of the acts on an edge, and the worst remembered, all in [0, 1]."""
    parts = [
        stroke(axes.path(days, values), colour, 1.8, dash)
        for values, (_, colour, dash) in zip(lines, MEMORIES, strict=True)
    ]
    said = ", ".join(f"{name} {values[-1]:.2f}" for values, (name, *_) in zip(lines, MEMORIES, strict=True))
    return axes.drawn([(0.0, "0"), (0.5, "0.5"), (1.0, "1")], parts, f"memories now: {said}")


def curve_chart(axes: Axes, now: Curve, before: Curve | None) -> str:
    """The cumulative probability of an outcome with its band; dashed and grey as the scenario stands untouched."""
    parts = []
    if before is not None:
        parts.append(stroke(axes.path(before.days, before.probability), GREY, 1.4, "4 3"))
    band = axes.path([*now.days, *reversed(now.days)], [*now.high, *reversed(now.low)])
    parts.insert(0, f'<path d="{band}Z" fill="{BLUE}" fill-opacity="0.16"/>')
    parts.append(stroke(axes.path(now.days, now.probability), BLUE, 2.0))
    ticks = [(value, f"{100 * value:g} %") for value in (0.0, axes.top / 2, axes.top)]
    return axes.drawn(ticks, parts, f"probability by the end of the horizon: {100 * now.probability[-1]:.1f} %")


def nice_top(highest: float) -> float:
    """The end of an axis of probabilities.

    >>> nice_top(0.13), nice_top(0.0), nice_top(0.7)
    (0.2, 0.01, 1.0)
    """
    return next(top for top in (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 1.0) if highest <= top or math.isclose(top, 1.0))
