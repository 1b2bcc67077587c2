"""The panel at the left: uncertain numbers as sliders, variants, what is fixed, and the command for the real run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from escalation_sim.explorer.numbers import Adjustable, owner_of, rounded, search
from escalation_sim.explorer.panels import block, card
from escalation_sim.explorer.session import Session
from escalation_sim.scenario.words import number

_AT_ONCE = 5  # sliders on the screen before more are asked for


class Numbers:
    """Sliders for the uncertain numbers; `changed` is awaited after each change."""

    def __init__(self, session: Session, changed: Callable[[], Awaitable[None]]) -> None:
        self.session, self.changed = session, changed
        self.shown = _AT_ONCE

    def build(self) -> None:
        """Put it on the page."""
        session = self.session
        with card(
            "What is uncertain", "A number that you move is fixed, here and in the ensemble; all others stay open."
        ):
            if session.case.choices:
                variants = ui.select(session.case.choices, multiple=True, label="variants", on_change=self.chosen)
                variants.set_value(list(session.variants))
                variants.props("dense outlined use-chips options-dense").classes("wide")
            self.wanted = ui.input(placeholder="search", on_change=self.searched)
            self.wanted.props('dense outlined clearable debounce=200 aria-label="Search numbers"').classes("wide")
            parts = dict.fromkeys(one.part for one in session.numbers)
            choices = {"all": "all", "fixed": "fixed", **{part: part for part in parts}}
            self.part = ui.select(choices, value="all", on_change=self.searched).props(
                'dense outlined options-dense aria-label="Block"'
            )
            self.part.classes("wide")
            self.count = ui.label().classes("note")
            self.list = ui.element("div").classes("sliders")
            self.more = ui.button("Show more", on_click=self.show_more).props("flat dense no-caps")
        with card("What is fixed"):
            self.fixed = ui.element("div").classes("kept")
        with card("The real run", "10,000 replicates, rare outcomes by splitting, tables and figures:"):
            self.command = ui.label().classes("command")
            ui.button("Copy", icon="content_copy", on_click=self.copy).props("flat dense no-caps")
        self.show_list()
        self.show_fixed()

    def copy(self) -> None:
        """Put the command on the clipboard."""
        ui.clipboard.write(self.session.command)
        ui.notify("Copied.")

    async def chosen(self, event: Any) -> None:
        """Other variants were chosen."""
        variants = tuple(event.value or ())
        if variants != self.session.variants:
            self.session.variants = variants
            await self._changed()
            self.show_list()

    def searched(self) -> None:
        """Other numbers are looked for."""
        self.shown = _AT_ONCE
        self.show_list()

    def show_more(self) -> None:
        """More of the numbers found."""
        self.shown += 3 * _AT_ONCE
        self.show_list()

    async def fix(self, path: str, value: float) -> None:
        """Fix a number."""
        self.session.fixed[path] = rounded(value)
        await self._changed()

    async def release(self, path: str | None) -> None:
        """Make one fixed number uncertain again, or all."""
        for name in [path] if path else list(self.session.fixed):
            self.session.fixed.pop(name, None)
        self.show_list()
        await self._changed()

    async def _changed(self) -> None:
        self.show_fixed()
        await self.changed()

    def show_list(self) -> None:
        """Sliders for the numbers found."""
        found = search(self.session.numbers, self.wanted.value or "", self.part.value, self.session.fixed)
        self.list.clear()
        with self.list:
            for one in found[: self.shown]:
                self._slider(one)
        self.count.set_text(
            f"{min(len(found), self.shown)} of {len(self.session.numbers)} numbers" if found else "None."
        )
        self.more.set_visibility(len(found) > self.shown)

    def _slider(self, one: Adjustable) -> None:
        fixed = self.session.fixed.get(one.path)

        def said(value: float, is_fixed: bool) -> str:
            return f"{'fixed at' if is_fixed else 'open, median'} {number(value)}"

        with block("slider"):
            ui.label(one.words).classes("words").tooltip(one.path)
            value = ui.label(said(one.middle if fixed is None else fixed, fixed is not None))
            value.classes("value" if fixed is None else "value set")
            slider = ui.slider(
                min=one.low,
                max=one.high,
                step=(one.high - one.low) / 200,
                value=one.middle if fixed is None else min(max(fixed, one.low), one.high),
                on_change=lambda event: value.set_text(said(event.value, True)),
            )
            slider.props(f'dense aria-label="{one.path}" color={"primary" if fixed is not None else "grey-6"}')

            async def moved(event: Any) -> None:
                slider.props("color=primary")
                value.classes("set")
                await self.fix(one.path, float(event.args))

            slider.on("change", moved)
            with block("ends"):
                ui.label(number(one.low))
                ui.label(" · ".join(filter(None, (one.unit, one.basis)))).tooltip(one.because or "no reason given")
                ui.label(number(one.high))

    def show_fixed(self) -> None:
        """Say what is fixed, and offer to let it go."""
        session = self.session
        words = {one.path: one for one in session.numbers}
        self.fixed.clear()
        with self.fixed:
            for path, value in session.fixed.items():
                with block("chip"):
                    name = words[path].words if path in words else path
                    ui.label(f"{name} = {number(value)}")
                    release = ui.button(icon="close", on_click=lambda path=path: self.release(path))
                    release.props(f'flat dense size=sm aria-label="Reset {path}"')
                rule = owner_of(path, session.scenario.rules)
                if rule:
                    said = f"The effects of rule {rule.id} share one doubt. It is off: the others are at their middle."
                    ui.label(said).classes("note")
            if session.fixed:
                ui.button("Reset all", on_click=lambda: self.release(None)).props("flat dense no-caps")
            else:
                ui.label("Nothing: every uncertain number is drawn from its distribution.").classes("note")
        self.command.set_text(session.command)
