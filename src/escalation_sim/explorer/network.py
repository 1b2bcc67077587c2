"""The states of a trajectory as a network in SVG: who acts against whom, on which rung. Every text is escaped."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from escalation_sim.explorer.charts import GREY, INK, PALE, VERMILION, rung_colour, shortened, text
from escalation_sim.explorer.trajectory import Frame, Trajectory
from escalation_sim.figures.camps import RESTRAINTS, Point, camps, positions
from escalation_sim.scenario.schema import Scenario

WIDTH, HEIGHT, _INCH, _KEY = 760, 500, 116, 34
_SMALLEST, _LARGEST = 7.0, 17.0  # radii of states
_GRAVE = 0.5  # severity from which an act is named on its line


class Node(NamedTuple):
    """A state on the drawing."""

    name: str
    x: float
    y: float
    radius: float
    place: Point


class Network:
    """Places of the states of a resolved scenario, worked out once; `drawn` shows a frame.

    States are placed as in the figure of a run: belligerents inside, the others on the arcs of their camps.
    """

    def __init__(self, scenario: Scenario) -> None:
        ties = [
            one.members or (one.holder or "", one.ally or "")
            for one in scenario.commitments
            if one.type not in RESTRAINTS
        ]
        ties = [tuple(member for member in members if member) for members in ties]
        wars = [war.model_dump() for war in scenario.wars]
        support = [one.model_dump() for one in scenario.support]
        where = positions(camps([state.id for state in scenario.states], wars, support, ties), wars, ties)
        capability = {
            state.id: (state.capability.value if state.capability else None) or 0.0 for state in scenario.states
        }
        most = max(capability.values()) or 1.0
        centre = (HEIGHT - _KEY) / 2
        self.severity = [rung.severity for rung in scenario.ladder]
        self.rungs = [rung.label.partition(" (")[0] for rung in scenario.ladder]
        self.nodes = {
            state.id: Node(
                state.name or state.id,
                WIDTH / 2 + _INCH * where[state.id].x,
                centre - _INCH * where[state.id].y,
                _SMALLEST + (_LARGEST - _SMALLEST) * math.sqrt(capability[state.id] / most),
                where[state.id],
            )
            for state in scenario.states
        }

    def drawn(self, played: Trajectory, frame: Frame) -> str:
        """One frame of a trajectory."""
        said = escape(f"{len(self.nodes)} states on {frame.date}: acts of this tick by rung")
        parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}" class="network">']
        parts += self._edges(played, frame)
        for index, name in enumerate(played.names.states):
            parts += self._state(self.nodes[name], frame.belligerent[index], frame.strain[index])
        return "".join([*parts, *self._key(), "</svg>"])

    def _edges(self, played: Trajectory, frame: Frame) -> Iterator[str]:
        names, setup = played.names, played.model.setup
        pairs = zip(setup.actor, setup.target, strict=True)
        ends = [(self.nodes[names.states[a]], self.nodes[names.states[b]]) for a, b in pairs]
        told: dict[int, list[str]] = defaultdict(list)
        for act in frame.acts:
            told[act.edge].append(act.sentence)
        for edge, (a, b) in enumerate(ends):
            if edge < setup.reverse[edge]:
                yield f'<line x1="{a.x:.1f}" y1="{a.y:.1f}" x2="{b.x:.1f}" y2="{b.y:.1f}" stroke="{PALE}"/>'
        for edge in sorted(range(len(ends)), key=lambda e: frame.rungs[e]):
            rung, standing = frame.rungs[edge], frame.standing[edge]
            if rung or standing:
                a, b = ends[edge]
                say = told[edge] or [f"{a.name} against {b.name}: {self.rungs[rung or standing]} goes on"]
                yield self._arrow(ends[edge], rung, standing, "; ".join(say))

    def _arrow(self, ends: tuple[Node, Node], rung: int, standing: int, said: str) -> str:
        """An arrow that bends to its own side; dashed where nothing new was done but support goes on."""
        a, b = ends
        colour = rung_colour(rung or standing, len(self.rungs))
        width = 1.2 + 4.3 * self.severity[rung] if rung else 1.2
        length = math.hypot(b.x - a.x, b.y - a.y) or 1.0
        ux, uy = (b.x - a.x) / length, (b.y - a.y) / length
        bend = 0.11 * length if length < 240 else 26 + 0.16 * (length - 240)  # long ones pass beside what is between
        mid = (a.x + b.x) / 2 + uy * bend, (a.y + b.y) / 2 - ux * bend
        x1, y1 = _towards((a.x, a.y), mid, a.radius + 3)
        x2, y2 = _towards((b.x, b.y), mid, b.radius + 5)
        head = _head((x2, y2), mid, 5.5 + width)
        xb, yb = _towards((x2, y2), mid, 4 + width / 2)
        dash = "" if rung else ' stroke-dasharray="2 4"'
        line = f'<path d="M{x1:.1f} {y1:.1f} Q{mid[0]:.1f} {mid[1]:.1f} {xb:.1f} {yb:.1f}" fill="none"'
        out = f'<g><title>{escape(said)}</title>{line} stroke="transparent" stroke-width="14"/>'
        out += f'{line} stroke="{colour}" stroke-width="{width:.1f}"{dash}/><path d="{head}" fill="{colour}"/>'
        if self.severity[rung] >= _GRAVE:
            x, y = 0.49 * x1 + 0.42 * mid[0] + 0.09 * x2, 0.49 * y1 + 0.42 * mid[1] + 0.09 * y2  # 3/10 of the way
            out += text(x + uy * 9, y - ux * 9 + 4, self.rungs[rung], "middle", INK, 'class="halo grave"')
        return out + "</g>"

    def _state(self, node: Node, fights: bool, strain: float) -> Iterator[str]:
        fill, edge = (INK, VERMILION) if fights else ("#ffffff", INK)
        said = (
            f"{node.name}{', in war or combat' if fights else ''}{f', strain {100 * strain:.0f} %' if strain else ''}"
        )
        yield f"<g><title>{escape(said)}</title>"
        circle = f'<circle cx="{node.x:.1f}" cy="{node.y:.1f}"'
        yield f'{circle} r="{node.radius:.1f}" fill="{fill}" stroke="{edge}" stroke-width="{3 if fights else 1.6}"/>'
        if strain > 0:
            radius = node.radius + 6
            whole = 2 * math.pi * radius
            ring = f'{circle} r="{radius:.1f}" fill="none" transform="rotate(-90 {node.x:.1f} {node.y:.1f})"'
            yield f'{ring} stroke="{PALE}" stroke-width="4"/>'
            yield f'{ring} stroke="{VERMILION}" stroke-width="4" stroke-dasharray="{strain * whole:.1f} {whole:.1f}"/>'
        x, y, anchor = _beside(node)
        yield text(x, y, shortened(node.name, 22), anchor, INK, 'class="halo name"')
        if strain > 0:
            yield text(x, y + 14, f"strain {100 * strain:.0f} %", anchor, GREY, 'class="halo"')
        yield "</g>"

    def _key(self) -> Iterator[str]:
        """The rungs from left to right with their colours."""
        used = self.rungs[1:]
        cell = (WIDTH - 20) / max(len(used), 1)
        for place, label in enumerate(used):
            x = 10 + place * cell
            colour = rung_colour(place + 1, len(self.rungs))
            yield f'<rect x="{x:.1f}" y="{HEIGHT - 24}" width="{cell - 3:.1f}" height="7" fill="{colour}"/>'
            yield text(x, HEIGHT - 5, shortened(label, max(int(cell / 6.2), 3)))


def _towards(start: tuple[float, float], end: tuple[float, float], by: float) -> tuple[float, float]:
    length = math.hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    return start[0] + by * (end[0] - start[0]) / length, start[1] + by * (end[1] - start[1]) / length


def _head(tip: tuple[float, float], source: tuple[float, float], size: float) -> str:
    """The head of an arrow that comes from `source`."""
    x, y = _towards(tip, source, size)
    wide = 0.42
    dx, dy = (tip[1] - y) * wide, (x - tip[0]) * wide
    return f"M{tip[0]:.1f} {tip[1]:.1f} L{x + dx:.1f} {y + dy:.1f} L{x - dx:.1f} {y - dy:.1f}Z"


def _beside(node: Node) -> tuple[float, float, str]:
    """Where the name stands: outside the ring, but below a belligerent."""
    if node.place.inside:
        return node.x, node.y + node.radius + 29, "middle"
    across, up = node.place.normal
    away = node.radius + 8
    anchor = "start" if across > 0.3 else "end" if across < -0.3 else "middle"
    return node.x + away * across, node.y - away * up + 4 - 4 * up, anchor
