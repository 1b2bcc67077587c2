"""Widgets of the page for what lies behind acts: gates and odds, memories, promises, beliefs."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from escalation_sim.explorer import markup
from escalation_sim.explorer.charts import MEMORIES, Axes, memory_chart
from escalation_sim.explorer.panels import card, html
from escalation_sim.explorer.session import Session
from escalation_sim.explorer.trajectory import because_of

_LOG = 150  # lines


class Reasons:
    """What was done in this tick and why, and the log so far."""

    def __init__(self, session: Session) -> None:
        self.session, self.least = session, max(len(session.network.rungs) // 2, 1)

    def build(self) -> None:
        """Put it on the page."""
        with card("Why: the acts of this tick", "Open an act to see its gates and what moved them."):
            self.acts = html("acts")

    def build_log(self) -> None:
        """Put the log on the page."""
        with card("The log so far", "Events, outcomes and acts, the latest first."):
            rungs = dict(enumerate(self.session.network.rungs))
            ui.select(rungs, value=self.least, label="acts from rung", on_change=self.chosen).props(
                "dense outlined options-dense"
            ).classes("short")
            self.log = html("log")

    def chosen(self, event: Any) -> None:
        """Another rung was chosen for the log."""
        self.least = int(event.value)
        self.show()

    def show(self) -> None:
        """Show the acts of the tick that the session stands on."""
        session, n_rungs = self.session, len(self.session.network.rungs)
        self.acts.set_content(markup.acts_html(session.frame, because_of(session.scenario), n_rungs))
        self.log.set_content(markup.log_html(session.played.frames[: session.tick + 1], self.least, _LOG, n_rungs))


class Memories:
    """What the two sides of a dyad remember; commitments called upon; who believes what."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def build(self) -> None:
        """Put it on the page."""
        played = self.session.played
        with card("Memories", "Fading memories of acts: 0 is nothing remembered, 1 an act of force just now."):
            edges = {name: " → ".join(played.sides(edge)) for edge, name in enumerate(played.names.edges)}
            first = next(iter(played.pairs()), None)
            self.edge = ui.select(edges, value=first, with_input=True, label="acts of", on_change=self.show)
            self.edge.props("dense outlined options-dense").classes("wide")
            self.charts = html("charts")
            html("key").set_content(markup.key([(name, colour) for name, colour, _ in MEMORIES]))
        with card("Promises and beliefs"):
            self.minds = html("minds")

    def show(self) -> None:
        """Show the memories up to the day that the session stands on."""
        session, played = self.session, self.session.played
        frames = played.frames[: session.tick + 1]
        axes = Axes(session.scenario.horizon, 1.0, session.scenario.start, width=220, height=110, left=30)
        days, out = [frame.day for frame in frames], []
        for edge in played.both(self.edge.value):
            lines = [[getattr(f, kind)[edge] for f in frames] for kind in ("fast", "slow", "worst")]
            title = markup.plain_title("what is remembered of {} against {}", played.sides(edge))
            out.append(markup.figure(title, memory_chart(axes, days, lines)))
        self.charts.set_content("".join(out))
        self.minds.set_content(markup.minds_html(session.frame))
