"""Small crises whose probabilities can be worked out exactly. Beside each stands the usual mistake, which must be seen.

Numbers of replicates: enough to see a bias of half a percentage point; a hundredfold under the mark `slow`.
"""

import itertools
import math

import numpy as np
import pytest

SIZES = [50_000, pytest.param(2_000_000, marks=pytest.mark.slow)]
LIMIT = 4.5  # standard errors; a right model fails one such comparison in 150,000
STEP = [
    {"id": "routine", "label": "r", "severity": 0.0, "hostility_level": 1, "memory": 0.0},
    {"id": "strike", "label": "s", "severity": 0.6, "hostility_level": 4},
]


def logit(p):
    return math.log(p / (1.0 - p))


def weekly(p):
    """A hazard that happens with probability p in a week."""
    return {"rate": -math.log1p(-p), "per": "week"}


@pytest.fixture(scope="module")
def calm(crisis, outcome):
    """Function that makes a crisis of events alone: nobody can act."""

    def made(events, **blocks):
        outcomes = [outcome(event["id"], {"event": event["id"]}) for event in events]
        events = [{"actor": "AAA"} | event for event in events]
        return crisis(**({"events": events, "outcomes": outcomes, "rivalries": []} | blocks))

    return made


@pytest.mark.parametrize("n", SIZES)
def test_a_constant_hazard_is_geometric(calm, run, z, n):
    p, horizon = 0.02, 52
    tally = run(calm([{"id": "spark", "hazard": weekly(p)}], horizon=7.0 * horizon), n)
    day = tally.outcome_day[:, 0].astype(float)
    tick = np.where(day >= 0, np.floor(day / 7.0) + 1, np.inf)
    for by in (1, 12, 26, 52):
        assert abs(z(tick <= by, 1.0 - (1.0 - p) ** by)) < LIMIT
    assert abs(z(tick <= 12, 1.0 - (1.0 - p) ** 11)) > LIMIT  # counted from 0
    waited = np.minimum(tick, horizon)
    assert waited.mean() == pytest.approx(32.51257196, abs=LIMIT * waited.std() / math.sqrt(n))
    early = tick[tick <= horizon]
    assert early.mean() == pytest.approx(22.03093440, abs=LIMIT * early.std() / math.sqrt(len(early)))
    assert np.median(tick) == 35


def test_certain_and_impossible_events(calm, run):
    events = [{"id": "never", "hazard": {"rate": 0.0, "per": "week"}}, {"id": "sure", "on": "2024-10-24"},
              {"id": "doubtless", "hazard": {"rate": 1e4, "per": "week"}},
              {"id": "refused", "on": "2024-10-24", "probability": 0.0}]  # fmt: skip
    scenario = calm(events, horizon="70 days")
    came = run(scenario, 2000).outcome_day
    names = sorted(event["id"] for event in events)
    assert (came[:, [names.index("never"), names.index("refused")]] == -1.0).all()
    assert ((came >= 0.0) & (came < 7.0))[:, [names.index("sure"), names.index("doubtless")]].all()


TICKS = {"1/12": 365.25 / 12, "1/52": 365.25 / 52, "1/365": 365.25 / 365}


@pytest.mark.parametrize("n", [40_000, pytest.param(2_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("tick", TICKS)
def test_competing_hazards_share_what_happens_by_their_rates(calm, run, came_true, z, n, tick):
    rates = {"settle": 0.5, "war": 0.3}
    events = [{"id": name, "one_of": "fate", "hazard": {"rate": rate, "per": "year"}} for name, rate in rates.items()]
    scenario = calm(events, horizon=2 * 365.25, tick=TICKS[tick])
    tally = run(scenario, n)
    settled, war = (came_true(tally, scenario, name) for name in rates)
    assert not (settled & war).any()
    assert abs(z(war, 0.29928881)) < LIMIT
    assert abs(z(settled, 0.49881468)) < LIMIT
    assert abs(z(~settled & ~war, 0.20189652)) < LIMIT


@pytest.mark.slow
def test_hazards_asked_one_after_the_other_are_found(calm, run, came_true, z):
    """Each in its own group, the first to happen counts, `war` where both do: .305541 at a tick of a month."""
    rates = {"settle": 0.5, "war": 0.3}
    events = [{"id": name, "hazard": {"rate": rate, "per": "year"}} for name, rate in rates.items()]
    scenario = calm(events, horizon=2 * 365.25, tick=TICKS["1/12"])
    month = np.floor(run(scenario, 400_000).outcome_day / TICKS["1/12"])
    month[month < 0] = np.inf
    war_first = (month[:, 1] <= month[:, 0]) & np.isfinite(month[:, 1])
    assert abs(z(war_first, 0.305541)) < LIMIT
    assert abs(z(war_first, 0.29928881)) > LIMIT


def test_dated_events_of_a_group_exclude_each_other(calm, run, came_true, z):
    shares = {"ceasefire": 0.2, "offensive": 0.5, "talks": 0.25}
    events = [{"id": name, "one_of": "spring", "between": ["2024-11-01", "2024-12-01"], "probability": p}
              for name, p in shares.items()]  # fmt: skip
    scenario = calm(events, horizon="70 days")
    tally = run(scenario, 50_000)
    assert ((tally.outcome_day >= 0).sum(axis=1) <= 1).all()
    for name, p in shares.items():
        assert abs(z(came_true(tally, scenario, name), p)) < LIMIT
    alone = calm([event | {"one_of": None} for event in events], horizon="70 days")
    assert ((run(alone, 2000).outcome_day >= 0).sum(axis=1) > 1).any()


LEANING = {"JA": 0.2, "JB": 0.8, "JC": 1.5, "JD": 2.1, "JE": 3.0}
JOINERS = [0.01279779, 0.11027368, 0.30921307, 0.36095525, 0.17711582, 0.02964439]


@pytest.fixture(scope="module")
def joiners(crisis, outcome):
    """Five states decide once, each for itself, whether to act against X; P = logistic(-1.2 + 0.9 x)."""
    rules = [{"id": f"r{name}", "actor": name, "toward": "X", "then": {"strike": 0.9 * x}}
             for name, x in LEANING.items()]  # fmt: skip
    return crisis(
        ladder=STEP,
        states=["X", *LEANING],
        rivalries=[{"between": ["X", name]} for name in LEANING],
        initiative={"strike": {"intercept": -1.2}},
        rules=[*rules, {"id": "still", "actor": "X", "not_above": "routine"}],
        outcomes=[outcome(name, {"act": {"by": name, "toward": "X", "at_least": "strike"}}) for name in LEANING],
    )


@pytest.mark.parametrize("n", SIZES)
def test_joiners_decide_each_for_himself(joiners, run, z, fit, n):
    joined = run(joiners, n).outcome_day >= 0
    for i, x in enumerate(LEANING.values()):
        assert abs(z(joined[:, i], 1.0 / (1.0 + math.exp(1.2 - 0.9 * x)))) < LIMIT
    number = joined.sum(axis=1)
    assert fit(np.bincount(number, minlength=6), JOINERS) > 1e-5
    assert number.var() == pytest.approx(1.05112375, rel=0.03)


def test_one_draw_shared_by_all_is_found(joiners, stage, run, z, fit):
    one = np.full_like(stage(joiners).setup.edge_id, 7)
    joined = run(joiners, 20_000, edge_id=one).outcome_day >= 0
    assert all(abs(z(joined[:, i], 1 / (1 + math.exp(1.2 - 0.9 * x)))) < LIMIT for i, x in enumerate(LEANING.values()))
    assert fit(np.bincount(joined.sum(axis=1), minlength=6), JOINERS) < 1e-5


START, ECHO, ANSWER = 0.1, 0.6, 0.3  # act out of calm; after the other's act last week; in reply, this week


def quiet_weeks(weeks, in_turn=False):
    """P(neither acts) for each week, from who acted last week. `in_turn`: the mistake of moving in turn."""
    chance, quiet = {(0, 0): 1.0}, []
    for _ in range(weeks):
        later = dict.fromkeys(itertools.product((0, 1), repeat=2), 0.0)
        for (a, b), p in chance.items():
            for ia, ib, ra, rb in itertools.product((0, 1), repeat=4):
                seen = ia if in_turn else a
                chances = ((ia, ECHO if b else START), (ib, ECHO if seen else START), (ra, ANSWER), (rb, ANSWER))
                each = math.prod(q if yes else 1.0 - q for yes, q in chances)
                later[int(ia or (ib and ra)), int(ib or (ia and rb))] += p * each
        chance = later
        quiet.append(chance[0, 0])
    return quiet


@pytest.mark.parametrize("n", SIZES)
def test_two_states_that_echo_each_other(crisis, run, n):
    echo = {"act": {"by": "toward", "toward": "actor", "at_least": "strike", "within": "7 days"}}
    rule = {"id": "echo", "actor": "anyone", "when": [echo], "phase": "initiative",
            "then": {"strike": logit(ECHO) - logit(START)}}  # fmt: skip
    scenario = crisis(
        ladder=STEP,
        initiative={"strike": {"intercept": logit(START)}},
        reply={"strike": {"intercept": logit(ANSWER)}},
        rules=[rule],
        horizon="84 days",
    )
    quiet = run(scenario, n).levels[:, 0, 0] / n

    def standard_errors(p):
        return np.abs(quiet - p) / np.sqrt(np.multiply(p, np.subtract(1.0, p)) / n)

    assert standard_errors(quiet_weeks(12)).max() < LIMIT
    assert standard_errors(quiet_weeks(12, in_turn=True)).max() > LIMIT


KEPT = 0.6


@pytest.fixture(scope="module")
def alliance(crisis, outcome):
    """Function that makes an attack on S1 and promises between S1 .. S6, each kept with probability 0.6.

    Whoever keeps his promise strikes back and is struck in reply, which calls those who hold him.
    """

    def made(promises):
        names = [f"S{k}" for k in range(1, 7)]
        commitments = [{"id": f"p{holder}", "type": "defence", "holder": holder, "ally": ally, "reliability": KEPT,
                        "trigger": {"at_least": "strike"}} for holder, ally in promises]  # fmt: skip
        return crisis(
            ladder=STEP,
            states=["X", *names],
            rivalries=[{"between": ["X", name]} for name in names],
            memory={"fast": 2.0, "slow": 1000.0, "worst": 26.0},
            initiative={"strike": {"intercept": -60.0, "obligation": 120.0}},
            commitments=commitments,
            events=[{"id": "raid", "actor": "X", "act": "strike", "toward": "S1", "on": "2024-10-24"}],
            rules=[{"id": "hits_back", "actor": "X", "phase": "reply", "then": {"strike": 120.0}}],
            outcomes=[outcome(name, {"act": {"by": name, "toward": "X", "at_least": "strike"}}) for name in names],
            horizon="70 days",
        )

    return made


CHAIN = [KEPT ** (k - 1) * (1.0 - KEPT) for k in range(1, 6)] + [KEPT**5]
STAR = [math.comb(5, k) * KEPT**k * (1.0 - KEPT) ** (5 - k) for k in range(6)]


@pytest.mark.parametrize("n", [40_000, pytest.param(2_000_000, marks=pytest.mark.slow)])
def test_a_chain_of_promises_breaks_at_the_first_that_is_not_kept(alliance, run, fit, n):
    tally = run(alliance([(f"S{k + 1}", f"S{k}") for k in range(1, 6)]), n)
    joined = tally.outcome_day[:, 1:] >= 0
    number = joined.sum(axis=1)
    assert (np.cumprod(joined, axis=1) == joined).all()  # nobody joins past a broken link
    assert fit(np.bincount(number, minlength=6), CHAIN) > 1e-5
    assert fit(np.bincount(number, minlength=6), STAR) < 1e-5
    assert (tally.outcome_day[number == 5, 5] // 7 == 4).all()  # one link a tick: the sixth in the fifth


@pytest.mark.parametrize("n", [40_000, pytest.param(2_000_000, marks=pytest.mark.slow)])
def test_a_star_of_promises_is_binomial(alliance, run, stage, fit, n):
    scenario = alliance([(f"S{k}", "S1") for k in range(2, 7)])
    number = (run(scenario, n).outcome_day[:, 1:] >= 0).sum(axis=1)
    assert fit(np.bincount(number, minlength=6), STAR) > 1e-5
    shared = np.full_like(stage(scenario).setup.commitment_id, 3)
    number = (run(scenario, 5000, commitment_id=shared).outcome_day[:, 1:] >= 0).sum(axis=1)
    assert fit(np.bincount(number, minlength=6), STAR) < 1e-5


@pytest.mark.parametrize("n", SIZES)
def test_a_rising_hazard(calm, run, z, n):
    """Week t has probability 0.002 t: a hazard of 0.002, moved by one rule of the calendar for each week."""
    first = np.datetime64("2024-10-24")
    rules = []
    for t in range(2, 53):
        week = [str(first + np.timedelta64(7 * (t - k), "D")) for k in (1, 0)]
        rules.append({"id": f"w{t}", "actor": "AAA", "when": [{"calendar": {"from": week[0], "until": week[1]}}],
                      "then": {"spark": logit(0.002 * t) - logit(0.002)}})  # fmt: skip
    scenario = calm([{"id": "spark", "hazard": weekly(0.002)}], rules=rules, horizon=7.0 * 52)
    day = run(scenario, n).outcome_day[:, 0]
    for weeks, right, from_zero in ((26, 0.51068135, 0.48384108), (52, 0.94260894, 0.93594748)):
        came = (day >= 0) & (day < 7.0 * weeks)
        assert abs(z(came, right)) < LIMIT
        assert abs(z(came, from_zero)) > LIMIT
