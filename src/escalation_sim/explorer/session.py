"""What one open page is looking at: fixed numbers, variants, a trajectory and the day it is shown on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from escalation_sim.explorer.network import Network
from escalation_sim.explorer.numbers import Adjustable, adjustable, command, settings_of
from escalation_sim.explorer.quick import run_quick
from escalation_sim.explorer.trajectory import Frame, Trajectory
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.load import compose, read_tree
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario


class Case:
    """A scenario file as it was called; shared by all pages.

    Parameters
    ----------
    file : path
    variants, settings : sequence of str
        As `--with` and `--set` give them.
    luck : (int, int)
        Seed, and draws of the uncertain numbers.
    replicates : int
        Of a quick ensemble.

    Raises
    ------
    ScenarioError
        If the file, a variant or a setting cannot be used.
    """

    def __init__(
        self, file: str | Path, variants: Sequence[str], settings: Sequence[str], luck: tuple[int, int], replicates: int
    ) -> None:
        self.file, self.variants, self.settings = str(file), tuple(variants), tuple(settings)
        self.luck, self.replicates = luck, replicates
        self.tree = extended(file, read_tree)
        self.untouched = self.scenario(self.variants, {})
        self.choices = list(self.tree.value.get("variants") or {})

    def scenario(self, variants: Sequence[str], fixed: dict[str, float]) -> Scenario:
        """The scenario, resolved, with variants and fixed numbers."""
        return resolve(compose(self.tree, variants, [*self.settings, *settings_of(fixed)]))

    def prepare(self) -> None:
        """Run the untouched ensemble once; on a new machine this compiles the model."""
        self.ensemble = run_quick(self.untouched, self.replicates, self.luck)


class Session:
    """One page's view of a case.

    Attributes
    ----------
    fixed : dict of str -> float
        Path -> value of the numbers that were fixed.
    variants : tuple of str
    replicate, tick : int
        Which trajectory is shown, and the tick after which.
    """

    def __init__(self, case: Case, replicate: int = 0) -> None:
        self.case, self.replicate, self.tick = case, replicate, 0
        self.fixed: dict[str, float] = {}
        self.variants = case.variants
        self.numbers: list[Adjustable] = []
        self._listed: tuple[str, ...] | None = None  # variants for which the numbers are listed
        self._play(0)

    def rebuild(self) -> None:
        """Play the trajectory anew, as far as it was played before: after a change of numbers or variants."""
        self._play(len(self.played.frames) - 1)

    def _play(self, ticks: int) -> None:
        self.scenario = self.case.scenario(self.variants, self.fixed)
        if self.variants != self._listed:
            self.numbers = adjustable(self.case.scenario(self.variants, {}))
            self._listed = self.variants
        self.network = Network(self.scenario)
        self.played = Trajectory(self.scenario, self.replicate, *self.case.luck).play(ticks)
        self.tick = min(self.tick, ticks)

    @property
    def frame(self) -> Frame:
        """What is shown."""
        return self.played.frames[self.tick]

    @property
    def touched(self) -> bool:
        """Whether anything differs from the scenario as it was called."""
        return bool(self.fixed) or self.variants != self.case.variants

    def go(self, tick: int) -> None:
        """Show the world after so many ticks, playing on if need be."""
        self.played.play(tick)
        self.tick = max(0, min(tick, len(self.played.frames) - 1))

    def restart(self, replicate: int) -> None:
        """Another trajectory, from its first day."""
        self.replicate = replicate
        self._play(0)

    @property
    def command(self) -> str:
        """The command for the real ensemble."""
        settings = [*self.case.settings, *settings_of(self.fixed)]
        return command(self.case.file, self.variants, settings, self.case.luck)
