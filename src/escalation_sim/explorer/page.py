"""The page as a whole: where its panels stand, and what follows when time or a number moves."""

from __future__ import annotations

import asyncio

from nicegui import run, ui

from escalation_sim.errors import EscalationSimError
from escalation_sim.explorer.causes import Memories, Reasons
from escalation_sim.explorer.charts import BLUE
from escalation_sim.explorer.likelihoods import Likelihoods
from escalation_sim.explorer.panels import Ladder, Playing, block
from escalation_sim.explorer.quick import SupersededError, run_quick
from escalation_sim.explorer.rail import Numbers
from escalation_sim.explorer.session import Case, Session
from escalation_sim.scenario.words import date, duration
from escalation_sim.study.ensemble import Ensemble

_PATIENCE = 0.15  # seconds without another change before an ensemble is run


class Page:
    """One browser tab: its session and its panels."""

    def __init__(self, case: Case, replicate: int) -> None:
        self.session = Session(case, replicate)
        self.asked = 0  # ensembles asked for so far: only the latest may be shown
        self.numbers = Numbers(self.session, self.changed)
        self.playing = Playing(self.session, self.show)
        self.ladder, self.reasons, self.memories = Ladder(self.session), Reasons(self.session), Memories(self.session)
        self.likelihoods = Likelihoods(self.session)

    def build(self) -> None:
        """Put the page on the screen."""
        scenario = self.session.scenario
        ui.colors(primary=BLUE)
        with block("head"):
            ui.label(scenario.title).classes("title")
            horizon = duration(scenario.horizon)
            ui.label(f"From {date(scenario.start)}, over {horizon}. All conditional on this model and this scenario.")
        with block("columns"):
            with block("column rail"):
                self.numbers.build()
            with block("column main"):
                self.playing.build()
                self.reasons.build()
                self.ladder.build()
                self.reasons.build_log()
            with block("column side"):
                self.likelihoods.build()
                self.memories.build()
        self.show()
        self.likelihoods.show(self.session.case.ensemble)

    def show(self) -> None:
        """Show the day that the session stands on."""
        for panel in (self.playing, self.reasons, self.ladder, self.memories):
            panel.show()

    async def changed(self) -> None:
        """A number or a variant has changed: play the same luck again, and run a new ensemble beside it."""
        self.asked += 1
        mine = self.asked
        self.likelihoods.wait()
        await asyncio.sleep(_PATIENCE)
        if mine != self.asked:
            return
        session = self.session
        try:
            session.rebuild()
            self.show()
            found = await self._ensemble(mine)
        except SupersededError:
            return
        except EscalationSimError as error:
            ui.notify(str(error), type="warning", multi_line=True)
            self.likelihoods.refused()
            return
        if found is not None and mine == self.asked:
            self.likelihoods.show(found)

    async def _ensemble(self, mine: int) -> Ensemble | None:
        """The ensemble of what the session holds; None if the server goes down meanwhile."""
        session, case = self.session, self.session.case
        if not session.touched:
            return case.ensemble
        return await run.io_bound(run_quick, session.scenario, case.replicates, case.luck, lambda: mine == self.asked)
