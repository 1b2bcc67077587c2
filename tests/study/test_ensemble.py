"""An ensemble says what it was made of."""

from escalation_sim import load, run_ensemble
from escalation_sim.report.summary import summary

STARTER = load("library:starter")


def test_no_more_draws_are_told_than_there_are_replicates() -> None:
    asked, made = run_ensemble(STARTER, 20, 50), run_ensemble(STARTER, 20, 20)
    assert asked.parameters == 20
    assert asked.runs.equals(made.runs)
    assert asked.probabilities.equals(made.probabilities)
    assert "20 replicates over 20 parameter draws" in summary(asked, None)


def test_a_single_replicate_has_a_draw_and_not_the_medians() -> None:
    single, medians = (run_ensemble(STARTER, 1, parameters) for parameters in (50, 1))
    assert (single.tally.strain[:] != medians.tally.strain[:]).any() or not single.runs.equals(medians.runs)
    assert run_ensemble(STARTER, 1, single.parameters).runs.equals(single.runs)


def test_the_word_for_what_was_never_seen_is_that_of_its_bound() -> None:
    """`< 31 %` is not "less than 1 %"."""
    lines = [line for line in summary(run_ensemble(STARTER, 10, 2), None).splitlines() if "[0 % " in line]
    assert lines
    assert all("at most unlikely (20–45 %) [0 % – 31 %]" in line for line in lines)
