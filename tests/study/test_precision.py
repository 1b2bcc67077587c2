"""A size settled by a pilot: nothing of the run decides when the run stops, so its estimates are unbiased."""

import numpy as np
import pytest

from escalation_sim import resolve
from escalation_sim.errors import ComparisonError, CostError
from escalation_sim.study import precision as study
from escalation_sim.study.ensemble import Size, run_ensemble
from escalation_sim.study.precision import at_last, choose, reached

P = 0.1  # mean of the Beta below
ASKED = 0.4


@pytest.fixture(scope="module")
def vote(crisis, outcome, founded):
    """A vote in the first week, of a probability that is itself uncertain; and one that never comes."""
    chance = {"dist": "beta", "a": 1.0, "b": 9.0}
    events = [
        {"id": "vote", "actor": "AAA", "on": "2024-10-25", "probability": chance},
        {"id": "flood", "actor": "AAA", "on": "2024-10-25", "probability": 0.0},
    ]
    outcomes = [outcome("flooded", {"event": "flood"}), outcome("voted", {"event": "vote"})]
    return resolve(founded(crisis(events=events, outcomes=outcomes, windows=["3 days", "7 days"])))


@pytest.fixture(scope="module")
def bar():
    from contextlib import nullcontext

    return lambda total, unit: nullcontext(lambda done: None)


def z_of(estimates, truth):
    return (np.mean(estimates) - truth) / (np.std(estimates, ddof=1) / np.sqrt(len(estimates)))


@pytest.mark.parametrize("repetitions", [40, pytest.param(600, marks=pytest.mark.slow)])
def test_estimates_are_unbiased(vote, bar, monkeypatch, repetitions):
    monkeypatch.setattr(study, "PILOT", 200)
    estimates, sizes, errors = [], set(), []
    for seed in range(repetitions):
        size = choose(vote, ASKED, ["voted"], 10_000, Size(parameters=10, seed=seed, jobs=1), bar).size
        ensemble = run_ensemble(vote, *size, rows=0)
        estimates.append(at_last(ensemble, ["voted"]).sum() / size.replicates)
        errors.append(reached(ensemble, ["voted"])["voted"])
        sizes.add(size.replicates)
    assert len(sizes) > 20
    assert abs(z_of(estimates, P)) < 4
    assert np.std(estimates) / P < 1.1 * ASKED
    assert np.median(errors) < ASKED


def test_who_stops_when_the_error_looks_small_is_biased(vote):
    """The twin of the test above: the same rule, applied to the run itself."""
    whole = run_ensemble(vote, 120_000, 1000).tally
    happened = (whole.outcome_day[:, 1] >= 0).reshape(300, 400)
    n = np.arange(1, 401)
    share = happened.cumsum(axis=1) / n
    error = np.sqrt((1 - share) / np.maximum(share, 1e-9) / n)
    stopped = np.where((good := (error <= ASKED) & (n >= 10)).any(axis=1), good.argmax(axis=1), 399)
    assert z_of(share[np.arange(300), stopped], happened.mean()) > 4


def test_the_pilot_has_luck_of_its_own(vote, bar, monkeypatch):
    seen = []
    monkeypatch.setattr(study, "run_ensemble", lambda *args, **named: seen.append(args) or run_ensemble(*args, **named))
    size = Size(parameters=50, seed=3, jobs=1)
    one, other = (choose(vote, ASKED, [], 10_000, size._replace(seed=seed), bar) for seed in (3, 4))
    assert len({3, 4, *(args[3] for args in seen)}) == 4
    assert one.size.seed == 3
    assert one.size.parameters >= 50
    assert list(one.expected) == ["voted"]
    assert one.seldom == ["flooded"]
    assert choose(vote, ASKED, [], 10_000, size, bar) == one != other


def test_a_pilot_grows_for_an_outcome_that_is_named(vote, bar, monkeypatch):
    monkeypatch.setattr(study, "PILOT", 50)
    size = Size(parameters=10, jobs=1)
    assert choose(vote, ASKED, ["voted"], 10_000, size, bar).pilot == (200, 10)
    found = choose(vote, ASKED, ["flooded", "voted"], 10_000, size, bar)
    assert found.pilot == (1000, 10)
    assert found.expected["flooded"] == np.inf
    assert found.size.replicates == 10_000


def test_what_cannot_be_planned_is_refused(vote, bar, monkeypatch):
    with pytest.raises(ComparisonError, match="--of votes: the scenario asks for no such outcome"):
        choose(vote, ASKED, ["votes"], 10_000, Size(), bar)
    monkeypatch.setattr(study, "PILOT", 20)
    with pytest.raises(
        CostError, match="no outcome came about 10 times in a pilot of 20 replicates; name one with --of"
    ):
        choose(vote, ASKED, [], 10_000, Size(parameters=2), bar)
