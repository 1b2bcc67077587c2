"""Rates are per unit of time: what the length of a tick may change, and how fast that goes away as ticks get shorter.

Where nothing feeds back, the tick changes nothing at all. Where things feed back (a state acts once a tick on an edge,
what it did moves others from the next tick on, a war that has begun lasts until the next tick), results are off by an
amount that is proportional to the tick: halving the tick halves it. Limits of ever shorter ticks are exact values.
"""

import itertools
import math

import numpy as np
import pytest

from escalation_sim import load, run_ensemble

LIMIT = 4.5
STEP = [
    {"id": "routine", "label": "r", "severity": 0.0, "hostility_level": 1, "memory": 0.0},
    {"id": "protest", "label": "p", "severity": 0.1, "hostility_level": 1, "memory": 0.5},
    {"id": "strike", "label": "s", "severity": 0.6, "hostility_level": 4},
    {"id": "war", "label": "w", "severity": 0.9, "hostility_level": 5, "starts_war": True},
]
DAYS = (30.0, 90.0, 365.0)


def logit(p):
    return math.log(p / (1.0 - p))


def chances(tally, days=DAYS):
    """(outcomes, days) share of replicates in which an outcome came true by then."""
    day = tally.outcome_day[:, :, None]
    return ((day >= 0.0) & (day < np.array(days))).mean(axis=0)


def apart(one, other, n):
    """Largest difference of two tables of shares, in standard errors of the difference."""
    spread = np.sqrt(np.maximum(one * (1.0 - one) + other * (1.0 - other), 1e-9) / n)
    return np.max(np.abs(one - other) / spread)


@pytest.fixture(scope="module")
def steady(crisis, outcome):
    """Function that makes a crisis without feedback: one gate, hazards, dates, a war that ends, beliefs."""

    def made(tick, hurry=0.0):
        shut = {"intercept": -60.0}
        return crisis(
            ladder=STEP,
            states=["AAA", "BBB", "CCC", "DDD"],
            rivalries=[{"between": ["AAA", "BBB"]}],
            wars=[{"id": "old", "sides": [["CCC"], ["DDD"]], "since": "2024-01-01"}],
            initiative={"protest": {"intercept": -4.0 + hurry, "frailty": 1.0}, "strike": shut, "war": shut},
            frailty_sd=0.8,
            war_end={"intercept": -4.0 + hurry, "years": -0.3},
            events=[
                {"id": "coup", "actor": "AAA", "hazard": {"rate": 0.5, "per": "year"}, "one_of": "fate"},
                {"id": "vote", "actor": "AAA", "hazard": {"rate": 1.1, "per": "year"}, "one_of": "fate"},
                {"id": "talks", "actor": "BBB", "between": ["2024-11-01", "2025-06-01"], "probability": 0.6},
            ],
            rules=[{"id": "unrest", "actor": "AAA", "then": {"coup": 0.8, "protest": 0.5}}],
            outcomes=[
                *(outcome(name, {"event": name}) for name in ("coup", "vote", "talks")),
                outcome("protest", {"act": {"by": "BBB", "at_least": "protest"}}),
                outcome("peace", {"war": {"between": ["CCC", "DDD"], "status": "ended"}}),
            ],
            horizon="365 days",
            tick=tick,
        )

    return made


@pytest.fixture(scope="module")
def weekly(steady, run):
    return chances(run(steady("7 days"), 20_000, 1))


@pytest.mark.parametrize("tick", ["84 hours", "14 days", pytest.param("1 day", marks=pytest.mark.slow)])
def test_without_feedback_the_tick_changes_nothing(steady, run, weekly, tick):
    assert apart(weekly, chances(run(steady(tick), 20_000, 2)), 20_000) < LIMIT


def test_a_rate_off_by_a_quarter_is_found(steady, run, weekly):
    assert apart(weekly, chances(run(steady("84 hours", hurry=0.22), 20_000, 2)), 20_000) > LIMIT


@pytest.fixture(scope="module")
def tangled(storm):
    """Function that makes a crisis with everything in it, at the pace of the packaged coefficients."""

    def made(tick, hurry=0.0):
        pace = {"protest": -4.5, "arm": -1.5, "strike": -1.0, "fight": -1.5, "war": -1.5}
        initiative = {gate: {"intercept": x} for gate, x in pace.items()}
        initiative["protest"] = {"intercept": -4.5 + hurry, "own_slow": 1.0, "their_slow": 0.5, "frailty": 1.0}
        reply = {gate: {"intercept": x} for gate, x in pace.items()}
        reply["protest"] = {"intercept": -2.0, "reply_to_strike": 1.0, "third_party": -1.0}
        return storm(tick=tick, horizon="365 days", initiative=initiative, reply=reply, war_end={"intercept": -4.0})

    return made


LENGTHS = [(("84 hours", "42 hours"), 5_000)]
LENGTHS += [pytest.param(ticks, 20_000, marks=pytest.mark.slow)
            for ticks in (("7 days", "84 hours"), ("84 hours", "42 hours"), ("1 day", "12 hours"))]  # fmt: skip


@pytest.mark.parametrize(("ticks", "n"), LENGTHS)
def test_half_the_tick_leaves_a_crisis_as_it_was(tangled, run, ticks, n):
    one, half = (chances(run(tangled(tick), n, 5)) for tick in ticks)
    assert apart(one, half, n) < LIMIT


def test_a_crisis_faster_by_half_is_found(tangled, run):
    calm, tense = (chances(run(tangled("84 hours", hurry), 5_000, 5)) for hurry in (0.0, 0.4))
    assert apart(calm, tense, 5_000) > LIMIT


def within_four_weeks(crisis, outcome, tick):
    """BBB answers at 0.1 a week for four weeks after an act: 1 - 0.9**4."""
    raid = {"id": "raid", "actor": "AAA", "act": "strike", "toward": "BBB", "between": ["2024-10-24", "2024-11-21"]}
    when = [{"act": {"by": "AAA", "at_least": "strike", "within": "4 weeks"}}]
    rule = {"id": "r", "actor": "BBB", "when": when, "then": {"protest": 60.0 + logit(0.1)}, "phase": "initiative"}
    hit = outcome("hit", {"act": {"by": "BBB", "at_least": "protest"}})
    return crisis(ladder=STEP, events=[raid], rules=[rule], outcomes=[hit], tick=tick, horizon="140 days")


def while_a_war_lasts(crisis, outcome, tick):
    """A hazard of 0.2 a week during a war that ends at 0.2 (a probability) a week: 0.2 / (0.2 - log 0.8)."""
    war = {"id": "attack", "actor": "AAA", "act": "war", "toward": "BBB", "between": ["2024-10-24", "2024-11-21"]}
    spark = {"id": "spark", "actor": "AAA", "hazard": {"rate": 0.2, "per": "week"},
             "when": [{"war": {"between": ["AAA", "BBB"]}}]}  # fmt: skip
    hit = outcome("hit", {"event": "spark"})
    return crisis(ladder=STEP, events=[war, spark], war_end={"intercept": logit(0.2)}, outcomes=[hit], tick=tick,
                  horizon="168 days")  # fmt: skip


def two_gates(crisis, outcome, tick):
    """Acts at 0.3 a week of which a fifth are strikes, for half a year: 1 - exp(-26 x 0.06)."""
    gates = {"protest": {"intercept": logit(0.3)}, "strike": {"intercept": logit(0.2)}}
    hit = outcome("hit", {"act": {"by": "AAA", "at_least": "strike"}})
    still = {"id": "still", "actor": "BBB", "not_above": "routine"}
    return crisis(ladder=STEP, initiative=gates, rules=[still], outcomes=[hit], tick=tick, horizon="182 days")


CASES = [(within_four_weeks, 0.1, 4), (two_gates, 0.06, 26)]


@pytest.mark.parametrize(("case", "p_week", "weeks"), CASES)
@pytest.mark.parametrize("tick", [7.0, 3.5, 1.75])
def test_a_rate_gives_the_exact_chance_for_its_tick(crisis, outcome, run, case, p_week, weeks, tick):
    n, part = 40_000, tick / 7.0
    share = (run(case(crisis, outcome, tick), n).outcome_day >= 0).mean()
    exact = 1.0 - (1.0 - p_week * part) ** (weeks / part)
    assert abs(share - exact) < LIMIT * math.sqrt(exact * (1.0 - exact) / n)


def test_counting_both_ends_of_a_time_is_found(crisis, outcome, run):
    share = (run(within_four_weeks(crisis, outcome, 7.0), 40_000).outcome_day >= 0).mean()
    five = 1.0 - 0.9**5
    assert abs(share - five) > LIMIT * math.sqrt(five * (1.0 - five) / 40_000)


def test_what_the_tick_distorts_halves_with_it(crisis, outcome, run):
    n, limit = 40_000, 0.2 / (0.2 - math.log(0.8))
    ticks = (7.0, 3.5, 1.75)
    share = np.array([(run(while_a_war_lasts(crisis, outcome, tick), n).outcome_day >= 0).mean() for tick in ticks])
    distortion = share - limit
    error = math.sqrt(0.25 / n)
    assert abs(distortion[0]) > 10 * error  # there is something to halve
    for long, short in itertools.pairwise(distortion):
        assert abs(short - long / 2.0) < 4.5 * error + 0.1 * abs(long)
    extrapolated = 2.0 * share[2] - share[1]
    assert abs(extrapolated - limit) < 4.5 * math.sqrt(5.0) * error
    assert abs(share[0] - limit) > 4.5 * math.sqrt(5.0) * error


def test_half_the_tick_leaves_the_shipped_crisis_as_it_was():
    """Every outcome of the article's scenario, at three windows, with weekly and with half-weekly ticks."""
    n = 3_000
    whole, half = (
        run_ensemble(load("scenarios/north-korea-troops-2024.yaml", settings=[f"tick={tick}"]), n, 100)
        for tick in ("7 days", "84 hours")
    )
    assert apart(chances(whole.tally), chances(half.tally), n) < LIMIT
