"""What became of a crisis: a truth file says which outcomes happened, when and how surely."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Annotated

from pydantic import Field, model_validator

from escalation_sim.scenario.load import read_tree
from escalation_sim.scenario.messages import Problem, did_you_mean, lines, refuse, unknown
from escalation_sim.scenario.quantity import Basis, Block, Date, Id, Text, Version
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.validate import validated_as

FILE = "truth file"


class BaseRate(Block):
    """How often the outcome comes about in a year, from history alone: what a forecast should do better than."""

    per_year: Annotated[float, Field(ge=0)]
    basis: Basis
    n: Annotated[float, Field(gt=0)] | None = None  # observations behind an estimate: years, crises, states
    because: Text | None = None
    source: Text | None = None

    @model_validator(mode="after")
    def _founded(self) -> BaseRate:
        if self.basis == "estimated" and self.n is None:
            raise ValueError("an estimated rate needs 'n', the number of observations behind it")
        if not (self.because or self.source):
            raise ValueError("this rate does not say what it rests on; give it a 'source', or a 'because'")
        return self


class Coding(Block):
    """What became of one outcome, by the resolution rule of the scenario."""

    id: Id
    happened: bool
    on: Date | None = None
    confidence: Annotated[float, Field(gt=0.5, le=1)]
    source: Text
    because: Text | None = None
    block: Id | None = None
    base_rate: BaseRate

    @model_validator(mode="after")
    def _dated(self) -> Coding:
        if self.happened and self.on is None:
            raise ValueError("an outcome that happened needs 'on', the date on which its rule was met")
        if self.on is not None and not self.happened:
            raise ValueError("an outcome that did not happen has no date; take 'on' out, or write 'happened: true'")
        return self


class Truth(Block):
    """The outcomes of a scenario as they came about, as far as they were observed."""

    format_version: Version
    scenario: Id
    observed_until: Date
    outcomes: Annotated[tuple[Coding, ...], Field(strict=False, min_length=1)]

    def complete(self, start: dt.date, window_days: float) -> bool:
        """Whether a window from the start lies within what was observed, so that "no" is known to be no."""
        return window_days <= (self.observed_until - start).days


def load_truth(path: str | FilePath, scenario: Scenario) -> Truth:
    """Load a truth file and hold it against the scenario whose outcomes it codes.

    Parameters
    ----------
    path : path of a truth file
    scenario : Scenario
        Resolved, as it was run.

    Raises
    ------
    ScenarioError
        All faults at once, each `file:line:col: path: what is wrong`, by the same strict rules as a scenario.
    """
    tree = read_tree(path, what=FILE)
    truth = validated_as(Truth, tree.value, tree.marks)
    if problems := list(_problems(truth, scenario)):
        refuse(lines(problems, tree.marks))
    return truth


def _problems(truth: Truth, scenario: Scenario) -> Iterator[Problem]:
    """What a truth file says that its scenario cannot have meant."""
    if truth.scenario != scenario.id:
        near = did_you_mean(truth.scenario, [scenario.id]) or "; score a result of that scenario"
        yield Problem(("scenario",), f"the truth of '{truth.scenario}', but the result is of '{scenario.id}'{near}")
        return
    windows = {outcome.id: outcome.windows or () for outcome in scenario.outcomes}
    for coding in truth.outcomes:
        if coding.id not in windows:
            yield Problem(("outcomes", coding.id, "id"), unknown("outcome of this result", coding.id, windows))
        if coding.on is not None and coding.on > truth.observed_until:
            said = f"{coding.on} is later than observed_until ({truth.observed_until}); one of the two is wrong"
            yield Problem(("outcomes", coding.id, "on"), said)
        if coding.on is not None and coding.on < scenario.start:
            said = (
                f"{coding.on} is before the start of the scenario ({scenario.start}); a forecast is of what comes later"
            )
            yield Problem(("outcomes", coding.id, "on"), said)
    asked = [days for coding in truth.outcomes for days in windows.get(coding.id, ())]
    if asked and not any(truth.complete(scenario.start, days) for days in asked):
        soonest = scenario.start + dt.timedelta(days=min(asked))
        said = f"no window has ended by then, the first one ends on {soonest}; nothing can be scored yet"
        yield Problem(("observed_until",), said)
