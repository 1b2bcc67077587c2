"""One look for every figure, and the only place that writes one to disk.

Figures are `matplotlib.figure.Figure` objects made without pyplot: no global state, no window, no backend to
choose. Texts are laid out by their measured widths (`text_width`, `wrap`, `spread`), so labels do not collide
by chance. Colours are told apart by lightness or line style too, so that a grey print and a colour-blind
reader lose nothing.
"""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Figure  # for those who only pass figures on
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import TextToPath

P = ParamSpec("P")

# Okabe and Ito (2008), Color Universal Design: eight colours that colour-blind readers tell apart.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
INK, GREY, PALE, FAINT = "#1A1A1A", "#5F5F5F", "#D9D9D9", "#F3F3F3"

PAGE_WIDTH = 6.9  # inches: the text column of an A4 page with margins of 17 mm
SIZE, SMALL, TITLE = 7.5, 6.5, 10.0  # points

KINDS = {"vertical": BLUE, "horizontal": VERMILION, "political": GREEN}
KIND_TITLES = {
    "vertical": "Vertical: a pair of states climbs the ladder",
    "horizontal": "Horizontal: another state joins the fighting",
    "political": "Political: aims, doctrine or policy change",
}

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same letters on every machine
    "font.size": SIZE,
    "axes.titlesize": SIZE,
    "axes.labelsize": SIZE,
    "axes.linewidth": 0.6,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "text.parse_math": False,  # a label is the user's text: "$" is a dollar, not a formula
    "text.hinting": "no_hinting",  # hinting widens text at low resolution, beyond what was measured
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.3,
    "hatch.linewidth": 0.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.dpi": 200,
    "svg.fonttype": "path",  # letters as outlines: widths hold on machines without the font
    "svg.hashsalt": "escalation-sim",  # ids depend on the content alone, so equal figures are equal bytes
}


@contextmanager
def look() -> Iterator[None]:
    """As long as the block runs, `STYLE` over matplotlib's own defaults: no `matplotlibrc`, no caller changes a figure.

    >>> with mpl.rc_context({"axes.grid": True}), look():
    ...     mpl.rcParams["axes.grid"]
    False
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def styled(make: Callable[P, Figure]) -> Callable[P, Figure]:
    """Decorator: run a figure function under `look`, leaving the caller's own settings alone."""

    @functools.wraps(make)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with look():
            return make(*args, **kwargs)

    return wrapper


def page(height: float, title: str, note: str, alt: str) -> Figure:
    """An empty figure of the page's width with title, caption and alternative text.

    Parameters
    ----------
    height : float
        Inches of the drawing area; title and caption are added to it.
    title, note : str
        The heading, and the line at the bottom that says what the numbers are conditional on.
    alt : str
        What a reader who cannot see the figure should be told; kept as the figure's label and in its files.
    """
    below = 0.16 + 0.13 * len(wrap(note, PAGE_WIDTH - 0.3, SMALL)) if note else 0.05
    fig = Figure(figsize=(PAGE_WIDTH, height + 0.4 + below))
    fig.set_label(alt)
    shown = wrap(title, 0.85 * (PAGE_WIDTH - 0.3), TITLE, lines=1)[0]  # bold letters are wider than those measured
    fig.text(0.15 / PAGE_WIDTH, 1 - 0.12 / fig.get_figheight(), shown, size=TITLE, weight="bold", va="top")
    caption(fig, note)
    return fig


def caption(fig: Figure, text: str) -> None:
    """A small text at the bottom, wrapped: conditional on what, how many replicates, which bands."""
    width, height = fig.get_size_inches()
    lines = "\n".join(wrap(text, width - 0.3, SMALL))
    place: dict[str, Any] = {"va": "bottom", "linespacing": 1.25, "gid": "caption"}
    fig.text(0.15 / width, 0.07 / height, lines, size=SMALL, color=GREY, **place)


def box(fig: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes placed in inches from the left edge and from the top of the drawing area."""
    total_width, total = fig.get_size_inches()
    bottom = total - 0.4 - top - height
    return fig.add_axes((left / total_width, bottom / total, width / total_width, height / total))


def heading(fig: Figure, text: str, top: float, color: str) -> None:
    """A group's title with a rule in the group's colour, `top` inches below the top of the drawing area."""
    width, height = fig.get_size_inches()
    y = 1 - (0.4 + top + 0.05) / height
    rule = Line2D([0.15 / width, 1 - 0.15 / width], [y, y], color=color, lw=1.2, transform=fig.transFigure)
    fig.add_artist(rule)
    fig.text(0.15 / width, y - 0.04 / height, text, weight="bold", va="top")


def kind_color(kind: str) -> str:
    """The colour of a kind of escalation; black for one that has no colour of its own."""
    return KINDS.get(kind, BLACK)


@functools.lru_cache(maxsize=4096)
def text_width(text: str, size: float = SIZE, weight: str = "normal") -> float:
    """Width in inches of one line of text, from the font's own measures.

    >>> text_width("wide") > text_width("ill")
    True
    """
    font = FontProperties(family=STYLE["font.family"], size=size, weight=weight)
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72.0


def wrap(text: str, width: float, size: float = SIZE, lines: int | None = None) -> list[str]:
    """Break a text into lines of at most `width` inches; beyond `lines` lines the rest becomes an ellipsis.

    >>> wrap("North Korean units in combat", 1.0)
    ['North Korean units', 'in combat']
    """
    done: list[str] = []
    for word in text.split():
        if done and text_width(f"{done[-1]} {word}", size) <= width:
            done[-1] += f" {word}"
            continue
        while text_width(word, size) > width and len(word) > 1:  # a word wider than the line: cut it
            cut = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or text_width(word[:n], size) <= width)
            cut = word.rfind("-", 0, cut) + 1 or cut  # after a hyphen, if it has one
            done.append(word[:cut])
            word = word[cut:]
        done.append(word)
    if lines is None or len(done) <= lines:
        return done or [""]
    last = done[lines - 1]
    while last and text_width(f"{last}…", size) > width:
        last = last[:-1]
    return [*done[: lines - 1], f"{last.rstrip()}…"]


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Label positions at least `gap` apart, within [low, high], as near to the wanted ones as can be.

    Least squares under an order: with the gaps subtracted this is isotonic regression (pool adjacent
    violators). If the labels do not fit at all, they are spaced evenly.

    Parameters
    ----------
    wanted : sequence of float
        In any order; the answer keeps it.

    >>> spread([5.0, 1.0, 1.0], gap=2.0, low=0.0, high=10.0)
    [5.0, 0.0, 2.0]
    """
    n = len(wanted)
    if n == 0:
        return []
    gap = min(gap, (high - low) / max(n - 1, 1))
    order = sorted(range(n), key=lambda i: wanted[i])
    blocks: list[tuple[float, int]] = []
    for rank, i in enumerate(order):
        mean, size = wanted[i] - rank * gap, 1
        while blocks and blocks[-1][0] >= mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    level = [min(max(mean, low), high - (n - 1) * gap) for mean, size in blocks for _ in range(size)]
    answer = [0.0] * n
    for rank, i in enumerate(order):
        answer[i] = level[rank] + rank * gap
    return answer


def day_ticks(last: float, most: int = 5) -> list[float]:
    """Ticks of an axis of days: at most `most`, at steps people count in (weeks, months, quarters, years).

    >>> day_ticks(365)
    [0, 90, 180, 270, 360]
    """
    steps = (1, 2, 7, 14, 30, 60, 90, 180, 365, 730)
    step = next((s for s in steps if last / s < most), max(1, round(last / most)))
    return [step * i for i in range(int(last // step) + 1)]


def save(
    fig: Figure, folder: str | os.PathLike[str], name: str, formats: Sequence[str] = ("svg", "png")
) -> tuple[Path, ...]:
    """Write `name`.svg and `name`.png into `folder`, each whole or not at all; equal figures, equal bytes.

    The alternative text goes into the files (SVG description, PNG text chunk). Dates are left out.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    title = fig.texts[0].get_text() if fig.texts else name
    about = {"Title": title, "Description": str(fig.get_label())}
    metadata = {"svg": {**about, "Date": None, "Creator": None}, "png": {**about, "Software": None}}
    paths = []
    for kind in formats:
        path = target / f"{name}.{kind}"
        handle, temporary = tempfile.mkstemp(dir=target, prefix=f".{name}.", suffix=f".{kind}")
        os.close(handle)
        try:
            with look():
                fig.savefig(temporary, format=kind, metadata=metadata[kind])
            Path(temporary).chmod(0o644)  # mkstemp makes it private; results are for the group
            os.replace(temporary, path)  # noqa: PTH105
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        paths.append(path)
    return tuple(paths)
