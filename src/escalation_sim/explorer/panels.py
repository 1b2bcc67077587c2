"""Widgets of the page that show where a trajectory stands, and move it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from nicegui import ui

from escalation_sim.explorer import markup
from escalation_sim.explorer.charts import Axes, ladder_chart
from escalation_sim.explorer.session import Session

_PACE = 0.7  # seconds a tick stays on the screen while it plays
_DYADS = 6  # charts at first
_LARGEST = 10**9  # number of a replicate


@contextlib.contextmanager
def block(classes: str) -> Iterator[None]:
    """A part of the page with classes of the style sheet."""
    with ui.element("div").classes(classes):
        yield


@contextlib.contextmanager
def card(title: str, note: str = "") -> Iterator[None]:
    """A panel with a heading, and a line below it."""
    with ui.element("section").classes("card"):
        ui.label(title).classes("heading")
        if note:
            ui.label(note).classes("note")
        yield


def html(classes: str = "") -> Any:
    """A place for our own markup, in which every text is escaped already."""
    return ui.html("", sanitize=False).classes(classes)


def button(icon: str, said: str, act: Callable[[], object]) -> Any:
    """A small button with an icon and a name for who cannot see it."""
    return ui.button(icon=icon, on_click=act).props(f'flat dense aria-label="{said}" title="{said}"')


def several(choices: dict[Any, str], chosen: list[Any], noun: str, act: Callable[[], object]) -> Any:
    """A choice of several, which says in one line how many are chosen; `noun` is what they are."""
    field = ui.select(choices, multiple=True, value=chosen)

    def said() -> str:
        return f'display-value="{len(field.value)} of {len(choices)} {noun}"'

    def changed() -> None:
        field.props(said())
        act()

    field.on_value_change(changed)
    field.props(f'dense outlined options-dense aria-label="{noun} shown" {said()}').classes("wide")
    return field


class Playing:
    """One trajectory: buttons, the network of states, the ladder."""

    def __init__(self, session: Session, show: Callable[[], None]) -> None:
        self.session, self.show_all = session, show

    def build(self) -> None:
        """Put it on the page."""
        with card("One trajectory"):
            with block("controls"):
                button("restart_alt", "Back to the start", lambda: self.go(0))
                button("skip_previous", "Back", lambda: self.go(self.session.tick - 1))
                self.play = button("play_arrow", "Play or pause", self.toggle)
                button("skip_next", "Step", lambda: self.go(self.session.tick + 1))
                button("last_page", "To the end", lambda: self.go(self.session.played.n_ticks))
                self.slider = ui.slider(min=0, max=1, step=1, value=0, on_change=self.slid).classes("days")
                self.slider.props('aria-label="Day shown, among those played"')
                number = ui.number("replicate", value=self.session.replicate, min=0, step=1, precision=0)
                number.props("dense outlined debounce=400").classes("replicate").on_value_change(self.restart)
            self.when = ui.label().classes("when-now")
            self.reached = ui.label().classes("reached")
            self.drawing = html("network-box")
            ui.label(
                "Arrow: an act of this tick, or a war or combat that goes on; the darker, the higher its rung. "
                "Dotted: support that goes on. Dark state: in war or combat. Orange ring: strain of its war effort."
            ).classes("note")
        self.timer = ui.timer(_PACE, self.tick, active=False)

    def go(self, tick: int) -> None:
        """Show the world after so many ticks."""
        self.session.go(tick)
        self.show_all()

    def slid(self, event: Any) -> None:
        """The slider of days was moved by hand."""
        if event.value is not None and int(event.value) != self.session.tick:
            self.go(int(event.value))

    def restart(self, event: Any) -> None:
        """Another replicate was asked for."""
        if event.value is not None and 0 <= event.value <= _LARGEST:
            self.session.restart(int(event.value))
            self.show_all()

    def toggle(self) -> None:
        """Play, or pause."""
        self.timer.active = not self.timer.active
        self.play.props(f"icon={'pause' if self.timer.active else 'play_arrow'}")

    def tick(self) -> None:
        """Play one tick on; stop at the horizon."""
        if self.session.tick >= self.session.played.n_ticks:
            self.toggle()
        else:
            self.go(self.session.tick + 1)

    def show(self) -> None:
        """Show the day that the session stands on."""
        session, frame = self.session, self.session.frame
        last = len(session.played.frames) - 1
        self.slider.props(f"max={max(last, 1)}").set_value(session.tick)
        done = f"after tick {session.tick} of {session.played.n_ticks}" if session.tick else "before the first tick"
        self.when.set_text(f"{frame.date.day} {frame.date:%B %Y}, {done}")
        so_far = [name for one in session.played.frames[: session.tick + 1] for name in one.outcomes]
        self.reached.set_text(f"Came about: {'; '.join(so_far)}" if so_far else "No outcome has come about yet.")
        self.drawing.set_content(session.network.drawn(session.played, frame))


class Ladder:
    """Steps of both sides of the chosen dyads, tick by tick."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def build(self) -> None:
        """Put it on the page."""
        with card("The ladder so far", "The rung of each side's acts, tick by tick."):
            played = self.session.played
            names = {name: " and ".join(played.sides(played.both(name)[0])) for name in played.pairs()}
            self.dyads = several(names, list(names)[:_DYADS], "pairs", self.show)
            self.ladder = html("charts")

    def show(self) -> None:
        """Draw the steps of the chosen pairs, up to the day shown."""
        session = self.session
        frames, played = session.played.frames[: session.tick + 1], session.played
        axes = Axes(session.scenario.horizon, len(session.network.rungs) - 0.8, session.scenario.start)
        days = [frame.day for frame in frames]
        out = []
        for edges in filter(None, map(played.both, self.dyads.value)):
            chart = ladder_chart(axes, days, [[f.rungs[e] for f in frames] for e in edges], session.network.rungs)
            out.append(markup.figure(markup.sides([played.sides(e) for e in edges]), chart))
        self.ladder.set_content("".join(out))
