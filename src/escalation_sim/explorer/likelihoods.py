"""The panel of the quick ensemble: curves by outcome and a table, beside those of the untouched scenario."""

from __future__ import annotations

from nicegui import ui

from escalation_sim.explorer import markup
from escalation_sim.explorer.charts import Axes, curve_chart, nice_top
from escalation_sim.explorer.panels import card, html, several
from escalation_sim.explorer.quick import curves_of, rows_of, windows_of
from escalation_sim.explorer.session import Session
from escalation_sim.study.ensemble import Ensemble

_CURVES = 4  # charts at first


class Likelihoods:
    """The quick ensemble: curves by outcome and a table, beside those of the untouched scenario."""

    def __init__(self, session: Session) -> None:
        self.session, self.ensemble = session, session.case.ensemble

    def build(self) -> None:
        """Put it on the page."""
        case = self.session.case
        note = f"Quick estimate: the first {case.replicates:,} replicates that a run gives."
        with card("How likely", note):
            self.state = ui.label("").classes("state")
            labels = {one.id: one.label for one in case.untouched.outcomes}
            wanted = dict.fromkeys((*case.untouched.show.paths, *labels))
            self.outcomes = several(labels, list(wanted)[:_CURVES], "outcomes", self.draw)
            self.curves = html("charts")
            self.key = html("key")
            windows = windows_of(case.ensemble)
            choices = {window: f"{window:g} days" for window in windows}
            self.window = ui.toggle(choices, value=windows[-1], on_change=self.draw).props("dense no-caps unelevated")
            self.table = html("table-box")
            ui.label("The interval is that of so few replicates and draws, not of the model.").classes("note")

    def wait(self) -> None:
        """Say that an ensemble is being run."""
        self.state.set_text("Running with the changed numbers …").classes("busy")

    def refused(self) -> None:
        """Say that the last change could not be run."""
        self.state.set_text("The last change could not be run; the curves are those before it.")

    def show(self, ensemble: Ensemble) -> None:
        """Show an ensemble."""
        self.ensemble = ensemble
        said = "With the changes at the left" if self.session.touched else "The scenario as it stands"
        self.state.set_text(f"{said}: {ensemble.replicates:,} replicates over {ensemble.parameters:,} draws.")
        self.state.classes(remove="busy")
        self.draw()

    def draw(self) -> None:
        """Draw the chosen outcomes and the table of the chosen window."""
        case, touched = self.session.case, self.ensemble is not self.session.case.ensemble
        now, before = curves_of(self.ensemble), curves_of(case.ensemble)
        out = []
        labels = {one.id: one.label for one in self.ensemble.scenario.outcomes}
        for name in self.outcomes.value:
            if name in now:
                old = before.get(name) if touched else None
                top = nice_top(max(*now[name].high, *(old.probability if old else ())))
                axes = Axes(case.untouched.horizon, top, case.untouched.start, width=220, height=124, left=44)
                title = markup.ending(labels[name], now[name], old)
                out.append(markup.figure(title, curve_chart(axes, now[name], old)))
        self.curves.set_content("".join(out))
        self.key.set_content(markup.curve_key(touched))
        window = self.window.value
        rows = rows_of(self.ensemble, case.ensemble, window)
        self.table.set_content(markup.table_html(rows, window, touched))
