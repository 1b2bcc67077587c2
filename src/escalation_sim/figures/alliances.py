"""Who stands with whom: states, wars, support and commitments as a network of two camps.

Camps stand on the left and the right arc of an ellipse, the belligerents inside it. An alliance of three or
more is a shaded band behind its members, which the layout makes neighbours; a commitment of two is a numbered
line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from matplotlib.patheffects import withStroke

from escalation_sim.figures import style
from escalation_sim.figures.camps import RESTRAINTS, Point, camps, positions

HEIGHT, KEY_LINE, SMALLEST, LARGEST = (
    4.3,
    0.15,
    0.075,
    0.2,
)  # inches: the map, a line of the key, radii of states
BAND = 34  # points: the width of the first alliance's band
HALO = [withStroke(linewidth=2.0, foreground="white")]
BANDS = (style.SKY, style.YELLOW, style.PURPLE, style.GREEN)
HEAVY = {"arm", "strike", "fight", "war"}  # support that kills is a full line, lesser support a dotted one

PLACE = "Larger circle: more capability. A state's place shows its ties in this scenario, not its allegiance."


class Tie(NamedTuple):
    """A commitment as drawn: who takes part, what it is called, whether it holds at the start."""

    members: tuple[str, ...]
    label: str
    in_force: bool
    restrains: bool = False


@style.styled
def network_figure(resolved: Mapping[str, Any], note: str = "") -> Figure:
    """States, commitments, wars and support at the start of a scenario.

    Parameters
    ----------
    resolved : mapping
        ``states``: ``id``, ``name``, perhaps ``capability``, which sets the size; ``commitments``: ``label``, ``type``,
        ``members`` or ``holder`` and ``ally``, perhaps ``in_force_from`` and ``in_force_at_start``; ``wars``:
        ``sides`` (two lists of ids), ``label``; ``support``: ``by``, ``to``, ``against``, ``rung``.
    note : str
        The caption.
    """
    states = {s["id"]: s for s in resolved["states"]}
    ties = _ties(resolved.get("commitments", ()), states)
    wars, support = list(resolved.get("wars", ())), list(resolved.get("support", ()))
    binding = [t.members for t in ties if not t.restrains]
    where = positions(camps(list(states), wars, support, binding), wars, binding)
    pairs = [t for t in ties if len(t.members) == 2]
    groups = [t for t in ties if len(t.members) > 2]
    key = [f"{i}  {_described(t, states)}" for i, t in enumerate(pairs, 1)]
    columns = 2 if all(style.text_width(k, style.SMALL) < style.PAGE_WIDTH / 2 - 0.25 for k in key) else 1
    named = [style.wrap(_described(t, states), style.PAGE_WIDTH - 0.75, style.SMALL, lines=3) for t in groups]
    below = KEY_LINE * (sum(map(len, named)) + -(-len(key) // columns)) + 0.12
    alt = _alt(states, ties, wars, support)
    fig = style.page(HEIGHT + below, "Who stands with whom", f"{note} {_key(ties, wars, support)}".strip(), alt)
    axes = style.box(fig, 0.0, 0.0, style.PAGE_WIDTH, HEIGHT)
    axes.set_xlim(-style.PAGE_WIDTH / 2, style.PAGE_WIDTH / 2)
    axes.set_ylim(-HEIGHT / 2, HEIGHT / 2)
    axes.axis("off")
    radius = _radii(states)
    for i, group in enumerate(groups):
        _draw_band(axes, [where[m] for m in group.members if m in where], i, group.in_force)
    _draw_wars(axes, wars, where)
    _draw_support(axes, support, where, radius, {frozenset(t.members) for t in pairs})
    _draw_pairs(axes, pairs, where)
    _draw_states(axes, states, where, radius, {m for group in groups for m in group.members})
    _draw_key(fig, key, columns, named)
    return fig


def _key(ties: Sequence[Tie], wars: Sequence[Any], support: Sequence[Any]) -> str:
    """How to read what this figure shows, and nothing else."""
    said = {
        "Thick line: war.": bool(wars),
        "Arrow: support of a belligerent (full: lethal aid or troops, dotted: less).": bool(support),
        "Numbered line: commitment of two states.": any(len(t.members) == 2 for t in ties),
        "Thin and grey: one that only restrains, such as non-aggression.": any(t.restrains for t in ties),
        "Band: alliance of more.": any(len(t.members) > 2 for t in ties),
        "Dashed: not in force at the start.": not all(t.in_force for t in ties),
        PLACE: True,
    }
    return " ".join(text for text, shown in said.items() if shown)


def _ties(commitments: Sequence[Mapping[str, Any]], states: Mapping[str, Any]) -> list[Tie]:
    """Commitments with the same parties and the same beginning become one tie that bears all their labels."""
    found: dict[tuple[tuple[str, ...], bool, bool], list[str]] = {}
    for c in commitments:
        members = c.get("members") or (c["holder"], c["ally"])
        holds, restrains = bool(c.get("in_force_at_start", True)), c.get("type") in RESTRAINTS
        key = (tuple(sorted(m for m in members if m in states)), holds, restrains)
        label = str(c.get("label") or c.get("id") or c.get("type", "commitment"))
        if not key[1] and c.get("in_force_from"):
            label += f" (from {c['in_force_from']})"
        if label not in found.setdefault(key, []):
            found[key].append(label)
    return [Tie(who, "; ".join(labels), *rest) for (who, *rest), labels in found.items() if len(who) > 1]


def _described(tie: Tie, states: Mapping[str, Any]) -> str:
    return f"{' – '.join(str(states[m].get('name', m)) for m in tie.members)}: {tie.label}"


def _alt(states: Mapping[str, Any], ties: Sequence[Tie], wars: Sequence[Any], support: Sequence[Any]) -> str:
    said = [f"war of {' and '.join(w['sides'][0])} against {' and '.join(w['sides'][1])}" for w in wars]
    said += [f"{s['by']} supports {s['to']} against {s['against']} ({s['rung']})" for s in support]
    said += [_described(t, states) + ("" if t.in_force else ", not in force at the start") for t in ties]
    return f"Network of {len(states)} states: " + "; ".join(said)


def _radii(states: Mapping[str, Any]) -> dict[str, float]:
    """Circle radii in inches; areas go with capability between a smallest and a largest circle."""
    capability = {i: float(s.get("capability") or 0.0) for i, s in states.items()}
    largest = max(capability.values(), default=0.0)
    if largest <= 0:
        return dict.fromkeys(states, 0.12)
    return {i: max(SMALLEST, LARGEST * (c / largest) ** 0.5) for i, c in capability.items()}


def _draw_band(axes: Axes, members: Sequence[Point], index: int, in_force: bool) -> None:
    """A broad line behind the members in the order of their angles; further alliances are narrower."""
    ring = sorted(members, key=lambda p: p.angle)
    gaps = [(b.angle - a.angle) % (2 * np.pi) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
    start = (int(np.argmax(gaps)) + 1) % len(ring)
    ring = ring[start:] + ring[:start]
    look: dict[str, Any] = {"color": BANDS[index % len(BANDS)], "zorder": 0.5 + 0.01 * index}
    look |= {
        "lw": max(BAND - 11 * index, 8),
        "alpha": 0.45,
        "solid_capstyle": "round",
        "solid_joinstyle": "round",
    }
    xs, ys = [p.x for p in ring], [p.y for p in ring]
    axes.plot(xs, ys, **look)
    if not in_force:
        axes.plot(xs, ys, color=style.GREY, lw=0.8, ls=(0, (4, 3)), zorder=0.6)


def _draw_wars(axes: Axes, wars: Sequence[Mapping[str, Any]], where: Mapping[str, Point]) -> None:
    for war in wars:
        for i, a in enumerate(war["sides"][0]):
            for j, b in enumerate(war["sides"][1]):
                p, q = where[a], where[b]
                axes.plot([p.x, q.x], [p.y, q.y], color=style.VERMILION, lw=4.5, solid_capstyle="butt", zorder=2)
                if i == j == 0:
                    text = "\n".join(style.wrap(str(war.get("label", "war")), 1.2, style.SMALL, lines=3))
                    place: dict[str, Any] = {"ha": "center", "va": "bottom", "weight": "bold", "zorder": 6}
                    axes.text((p.x + q.x) / 2, (p.y + q.y) / 2 + 0.07, text, size=style.SMALL, **place)


def _draw_support(
    axes: Axes,
    support: Sequence[Mapping[str, Any]],
    where: Mapping[str, Point],
    radius: Mapping[str, float],
    pairs: set[frozenset[str]],
) -> None:
    """Arrows from supporter to belligerent; one bends aside where a commitment joins the same two states."""
    for s in support:
        heavy = str(s["rung"]) in HEAVY
        look: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 8, "color": style.INK, "zorder": 3}
        look |= {"lw": 1.1 if heavy else 0.9, "ls": "-" if heavy else (0, (1, 1.6))}
        a, b = where[s["by"]], where[s["to"]]
        bend = _clear(a, b, [p for p in where.values() if p not in (a, b)], frozenset((s["by"], s["to"])) in pairs)
        ends: dict[str, Any] = {"shrinkA": 72 * radius[s["by"]], "shrinkB": 72 * radius[s["to"]] + 1}
        axes.add_patch(FancyArrowPatch((a.x, a.y), (b.x, b.y), connectionstyle=f"arc3,rad={bend}", **look, **ends))


def _clear(a: Point, b: Point, others: Sequence[Point], beside: bool) -> float:
    """How far an arrow bends (as a share of its length): as little as leads past all other states."""
    t = np.linspace(0, 1, 41)[:, None]
    ends, aside = np.array([[a.x, a.y], [b.x, b.y]]), np.array([b.y - a.y, a.x - b.x])
    for bend in (0.25, -0.25, 0.4, -0.4, 0.55) if beside else (0.08, -0.08, 0.25, -0.25, 0.4, -0.4):
        curve = (1 - t) ** 2 * ends[0] + 2 * t * (1 - t) * (ends.mean(0) + bend * aside) + t**2 * ends[1]
        if all(np.hypot(*(curve - [p.x, p.y]).T).min() > LARGEST + 0.05 for p in others):
            return bend
    return 0.25 if beside else 0.08


def _draw_pairs(axes: Axes, pairs: Sequence[Tie], where: Mapping[str, Point]) -> None:
    """Lines of two, bent towards the middle, each with its number on a white disc that avoids the others."""
    taken: list[tuple[float, float]] = []
    for number, tie in enumerate(pairs, 1):
        a, b = (where[m] for m in tie.members)
        bend = 0.75 if np.hypot(a.x - b.x, a.y - b.y) > 1.5 else 0.92
        middle = ((a.x + b.x) / 2 * bend, (a.y + b.y) / 2 * bend)
        t = np.linspace(0, 1, 41)[:, None]
        ends = np.array([[a.x, a.y], [b.x, b.y]])
        curve = (1 - t) ** 2 * ends[0] + 2 * t * (1 - t) * np.array(middle) + t**2 * ends[1]
        dash = "-" if tie.in_force else (0, (4, 2.5))
        color, width = (style.GREY, 0.8) if tie.restrains else (style.BLUE, 1.6)
        axes.plot(*curve.T, color=color, lw=width, ls=dash, zorder=2.5)
        order = sorted(range(8, 33), key=lambda k: abs(k - 20))
        free = [k for k in order if all(np.hypot(*(curve[k] - p)) > 0.2 for p in taken)] or order
        x, y = curve[free[0]]
        taken.append((x, y))
        axes.plot([x], [y], "o", ms=9, mfc="white", mec=color, mew=0.9, zorder=4)
        axes.text(x, y, str(number), size=style.SMALL, ha="center", va="center_baseline", zorder=5)


def _draw_states(
    axes: Axes,
    states: Mapping[str, Any],
    where: Mapping[str, Point],
    radius: Mapping[str, float],
    banded: set[str],
) -> None:
    """Circles and names: outside the ring and its bands, but of a belligerent below the line of war."""
    for name, p in where.items():
        axes.scatter([p.x], [p.y], s=(144 * radius[name]) ** 2, c=style.INK, ec="white", lw=0.8, zorder=5)
        place: dict[str, Any] = {"weight": "bold", "zorder": 6, "linespacing": 1.0, "path_effects": HALO}
        away = max(radius[name], BAND / 144 if name in banded else 0.0) + 0.06
        edge = style.PAGE_WIDTH / 2 - 0.15 - abs(p.x + away * p.normal[0])
        room = 0.9 if p.inside or abs(p.normal[0]) <= 0.3 else min(0.9, 0.87 * edge)  # bold letters are wider
        text = "\n".join(style.wrap(str(states[name].get("name", name)), room, style.SIZE, lines=4))
        if p.inside:
            place |= {"ha": "left" if p.x < 0 else "right", "va": "top"}
            axes.text(p.x - np.sign(p.x) * 0.06, p.y - radius[name] - 0.02, text, **place)
            continue
        place |= {"ha": "left" if p.normal[0] > 0.3 else "right" if p.normal[0] < -0.3 else "center"}
        place |= {"va": "bottom" if p.normal[1] > 0.8 else "top" if p.normal[1] < -0.8 else "center"}
        axes.text(p.x + away * p.normal[0], p.y + away * p.normal[1], text, **place)


def _draw_key(fig: Figure, key: Sequence[str], columns: int, groups: Sequence[Sequence[str]]) -> None:
    """What the numbers mean, in one or two columns, and what the bands mean, in rows of their own."""
    rows, width = -(-len(key) // columns), style.PAGE_WIDTH - 0.3
    height = KEY_LINE * (rows + sum(map(len, groups)))
    if not height:
        return
    axes = style.box(fig, 0.15, HEIGHT + 0.04, width, height)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    for i, text in enumerate(key):
        line = style.wrap(text, width / columns - 0.1, style.SMALL, lines=1)[0]
        place = (width / columns * (i // rows), KEY_LINE * (i % rows + 0.5))
        axes.text(*place, line, size=style.SMALL, va="center")
    y = KEY_LINE * (rows + 0.5)
    for i, lines in enumerate(groups):
        axes.plot([0.05, 0.25], [y, y], color=BANDS[i % len(BANDS)], lw=6, alpha=0.6, solid_capstyle="butt")
        for line in lines:
            axes.text(0.35, y, line, size=style.SMALL, va="center")
            y += KEY_LINE
