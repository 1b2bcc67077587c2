"""A scenario with every default filled and every name looked up: what the rest of the program works with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from escalation_sim.errors import CostError
from escalation_sim.scenario.claims import unfounded
from escalation_sim.scenario.fill import filled
from escalation_sim.scenario.messages import Marks, Problem, lines, marks_of, refuse, remember
from escalation_sim.scenario.references import Names, lever_names, references
from escalation_sim.scenario.schema import Scenario
from escalation_sim.scenario.soundness import soundness

MAX_STATES = 400
MAX_TICKS = 20_000
DECISION = 2e-7  # seconds, as measured on the scenarios that are shipped (benchmarks/)
_MANY, _PAIR = 10_000, 500  # replicates of a usual run; bytes of an ordered pair of states
_ADDRESSED = (
    *("sources", "ladder", "states", "wars", "support", "commitments", "events", "rules", "outcomes"),
    *("levers", "designs"),
)


def resolve(scenario: Scenario) -> Scenario:
    """Fill what a scenario leaves out and check all that it says against itself.

    Facts of states and commitments, the ladder and the coefficients come from the packaged library, by id;
    what the scenario gives itself wins. Blocks with `enabled: false` are left out. The result is complete
    without the library, carries no variants, and resolves to itself. `run_ensemble` and all else do it themselves.

    Parameters
    ----------
    scenario : Scenario
        As from `load`.

    Raises
    ------
    ScenarioError
        All faults at once, with their places if the scenario came from a file.
    CostError
        If the scenario asks for more states or ticks than any machine should be given.

    >>> from escalation_sim import load
    >>> whole = resolve(load("library:starter"))
    >>> whole.states[0].name, len(whole.ladder)
    ('China', 12)
    """
    marks = marks_of(scenario)
    _check_size(scenario, marks)
    if doubled := list(_duplicates(scenario)):
        refuse(lines(doubled, marks))
    whole, problems = filled(scenario)
    names = Names.of(whole, scenario)
    broken = {problem.path for problem in problems}  # what could not be filled is not faulted again
    later = (*references(whole, names), *lever_names(scenario, names), *soundness(whole), *unfounded(whole))
    problems += [problem for problem in later if problem.path[:2] not in broken]
    if problems:
        refuse(lines(problems, marks))
    return remember(whole, marks)


def _check_size(scenario: Scenario, marks: Marks) -> None:
    n, ticks = len(scenario.states), scenario.horizon / scenario.tick
    pairs = n * (n - 1)
    if n > MAX_STATES:
        what = f"{n:,} states; at most {MAX_STATES} are simulated and no option lifts that, so leave some out"
        takes = f"{pairs:,} ordered pairs take some {pairs * _PAIR / 1e9:,.1f} GB of memory and {_hours(52 * pairs)}"
        raise CostError(lines([Problem(("states",), f"{what}: {takes}")], marks)[0])
    if ticks > MAX_TICKS:
        asked = (
            f"{scenario.horizon:g} days in ticks of {scenario.tick:g} days are {ticks:,.0f} ticks, {_hours(2 * ticks)}"
        )
        limit = f"above the limit of {MAX_TICKS:,} ticks, which no option lifts"
        what = f"{asked}, {limit}; take a longer tick or a shorter horizon"
        raise CostError(lines([Problem(("horizon",), what)], marks)[0])


def _hours(decisions: float) -> str:
    return f"at least {decisions * _MANY * DECISION / 3600:,.0f} core hours for {_MANY:,} replicates"


def _duplicates(scenario: Scenario) -> Iterator[Problem]:
    """Ids that stand twice in a list; a file cannot have them, a scenario built in Python can."""
    for field in _ADDRESSED:
        for name, count in Counter(block.id for block in getattr(scenario, field)).items():
            if count > 1:
                yield Problem((field, name), f"'{name}' stands {count} times in '{field}'; an id names one block")
    for name, count in Counter(effort.state for effort in scenario.efforts).items():
        if count > 1:
            yield Problem(("efforts", name), f"'{name}' has {count} efforts; a state has one")
