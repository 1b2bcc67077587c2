"""Small crises made from plain blocks, and the few helpers that every test of the engine needs.

A crisis starts with two rivals, all gates shut and nothing uncertain; a test opens what it is about.
"""

import datetime as dt
import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import numpy as np
import pandas as pd
import pytest

from escalation_sim import world as w
from escalation_sim._compiled import grouped
from escalation_sim.drivers import ensemble
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.schema import Coefficients, Scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.verification.verdict import fit as fit_of
from escalation_sim.verification.worlds import crisis as make_crisis
from escalation_sim.verification.worlds import outcome as make_outcome
from escalation_sim.verification.worlds import storm as make_storm

# The same examples in every run, so that a change fails by its own fault; `.ci/nightly` tries new ones.
hypothesis.settings.register_profile("steady", derandomize=True, database=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


class Stage(NamedTuple):
    """One world to play with: the arrays, and the same arrays as compiled code sees them."""

    setup: w.Setup
    world: w.World
    records: w.Records
    names: w.Names
    inside: tuple[Any, Any, Any]


def run_crisis(
    scenario: Scenario,
    n: int,
    seed: int = 20241024,
    *,
    draws: int = 1,
    jobs: int = 2,
    days: Sequence[float] = (),
    rows: int | None = None,
    **changes: Any,
) -> ensemble.Tally:
    """Tally of `n` replicates; `changes` replace arrays of the setup (a planted mistake)."""
    compiler, values = Compiler(scenario), parameter_draws(scenario, seed, draws)
    return ensemble.run(
        lambda p: compiler.setup(values[p])._replace(**changes), draws, n, seed, jobs, days=days, rows=rows
    )


def set_stage(scenario: Scenario, **changes: Any) -> Stage:
    """Blank arrays of a scenario, before `begin`."""
    compiler = Compiler(scenario)
    setup = compiler.setup()._replace(**changes)
    world, records = w.blank_world(setup), w.blank_records(setup)
    return Stage(setup, world, records, compiler.names, (grouped(setup), grouped(world), grouped(records)))


def z_score(happened: Any, p: float) -> float:
    """Standard errors between a sample of yes and no and the probability it should come from."""
    sample = np.asarray(happened)
    return float((sample.mean() - p) / np.sqrt(p * (1.0 - p) / sample.size))


def happened(tally: ensemble.Tally, scenario: Scenario, name: str) -> Any:
    """(R,) whether an outcome came true."""
    return tally.outcome_day[:, Compiler(scenario).names.outcomes.index(name)] >= 0


@pytest.fixture(scope="session")
def crisis():
    """Function that makes a small scenario from blocks, see `verification.worlds.crisis`."""
    return make_crisis


@pytest.fixture(scope="session")
def outcome():
    """Function that makes an outcome block from a name and conditions."""
    return make_outcome


@pytest.fixture(scope="session")
def run():
    """Function that runs a scenario to a Tally, see `run_crisis`."""
    return run_crisis


@pytest.fixture(scope="session")
def stage():
    """Function that lays out the arrays of a scenario, see `set_stage`."""
    return set_stage


@pytest.fixture(scope="session")
def z():
    """Function that measures a sample of yes and no against a probability, in standard errors."""
    return z_score


@pytest.fixture(scope="session")
def fit():
    """Function that gives the p-value of counts against probabilities."""
    return fit_of


@pytest.fixture(scope="session")
def came_true():
    """Function that tells in which replicates an outcome came true."""
    return happened


@pytest.fixture(scope="session")
def storm():
    """Function that makes a mid-size scenario; blocks given replace its own."""
    return make_storm


@pytest.fixture(scope="session")
def same():
    """Function that tells whether two tallies agree in every array, or names those that differ."""

    def different(one: ensemble.Tally, other: ensemble.Tally, *, but: tuple[str, ...] = ()) -> list[str]:
        pairs = zip(one._fields, one, other, strict=True)
        return [name for name, a, b in itertools.islice(pairs, None) if name not in but and not np.array_equal(a, b)]

    return different


def make_table(**changes: Any) -> Coefficients:
    """A whole table of coefficients on the packaged ladder, made up: crises are short, and every gate can open."""
    gates = {"threaten": 0.8, "display": 0.9, "seize": 0.2, "strike": 0.9, "war": -2.2, "nuclear": -5.0}
    gates |= {"assist": 0.0, "arm": 0.0, "fight": 0.0}  # which two states alone pass over
    initiative: dict[str, dict[str, Any]] = {gate: {"intercept": x} for gate, x in gates.items()}
    reply: dict[str, dict[str, Any]] = {gate: {"intercept": x - 0.6} for gate, x in gates.items()}
    initiative |= {
        "protest": {"intercept": -4.0, "own_slow": 2.0, "their_slow": 1.0},
        "coerce": {"intercept": 0.0, "own_slow": 0.5},
    }
    reply |= {"protest": {"intercept": 3.0, "habituation": -0.5}, "coerce": {"intercept": 3.0}}
    initiative["threaten"] |= {"frailty": 1.0, "rival": {"value": 0.3, "se": 0.2}, "their_nuclear": -0.4}
    initiative["war"] |= {"power_ratio": 0.2, "own_worst": 0.5}
    reply["threaten"] |= {"reply_to_strike": {"value": 0.6, "se": 0.3}, "first_reply": 0.3}
    numbers = {
        "initiative": initiative,
        "reply": reply,
        "war_end": {"intercept": -2.0, "strain": 2.0, "years": 0.1, "winter": -0.1},
        "memory": {"fast": 2.0, "slow": 10.0, "worst": 26.0},
        "frailty_sd": {"dist": "lognorm", "s": 0.1, "scale": 0.5},
    }
    return Coefficients.model_validate(numbers | changes)


@pytest.fixture(scope="session")
def table():
    """Function that makes a whole table of coefficients, see `make_table`."""
    return make_table


STATES_ON_RECORD = range(11, 19)


def invented_events(seed: int = 5) -> pd.DataFrame:
    """60 confrontations among twelve pairs of states, five each, some of which come to war."""
    rng = np.random.default_rng(seed)
    pairs = list(itertools.combinations(STATES_ON_RECORD, 2))
    dyads = [pairs[k] for k in rng.permutation(len(pairs))[:12]]
    actions = np.array([1, 7, 14, 15, 16, 17, 20, 22])
    odds = np.array([0.2, 0.2, 0.05, 0.1, 0.2, 0.1, 0.05, 0.1])
    rows = []
    for number, (turn, dyad) in enumerate(itertools.product(range(5), dyads), start=1):
        day = dt.date(1986, 1, 1) + dt.timedelta(days=int(turn * 700 + rng.integers(0, 400)))
        sides = dyad[:: rng.choice([1, -1])]
        first = rng.choice(actions[:6], p=odds[:6] / odds[:6].sum())
        acts = [(day, sides[0], sides[1], first)]
        for _ in range(rng.geometric(0.25)):
            if rng.random() < 0.6:  # an answer a few days later; else something new
                day, sides = day + dt.timedelta(days=int(rng.integers(0, 3))), sides[::-1]
            else:
                day = day + dt.timedelta(days=int(rng.integers(3, 40)))
            acts.append((day, sides[0], sides[1], rng.choice(actions, p=odds)))
        rows += [(number, k, a, b, d.year, d.month, d.day, action) for k, (d, a, b, action) in enumerate(acts, start=1)]
    return pd.DataFrame(rows, columns=["micnum", "eventnum", "ccode1", "ccode2", "styear", "stmon", "stday", "action"])


def invented_tables(seed: int = 5) -> dict[str, pd.DataFrame]:
    """Every table that docs/data.md asks for, with states, wars and disputes that never were."""
    rng = np.random.default_rng(seed + 1)
    events = invented_events(seed).assign(sidea1=1, hostlev=2, fatalmin1=0, fatalmax1=0, fatalmin2=0, fatalmax2=0)
    states, pairs = np.array(STATES_ON_RECORD), np.array(list(itertools.combinations(STATES_ON_RECORD, 2)))
    some = pairs[rng.random(len(pairs)) < 0.5]
    pair, span = {"ccode1": some[:, 0], "ccode2": some[:, 1]}, {"styear": 1950, "endyear": 2018}
    other = {"ccode1": pairs[::3, 0], "ccode2": pairs[::3, 1]}
    years = np.tile(np.arange(1970, 2003), len(states))
    n = 200
    dispute = {"dispnum": range(1, n + 1), "styear": rng.integers(1950, 2010, n), "stmon": 5, "stday": 1}
    dispute |= {"endyear": dispute["styear"], "endmon": 6, "endday": 1, "hiact": 16, "fatality": 0}
    dispute["hostlev"] = np.where(np.arange(n) % 25 == 0, 5, 4)
    length = rng.geometric(0.03, 30) * 7
    begun = [dt.date(1950, 1, 1) + dt.timedelta(days=500 * k) for k in range(30)]
    over = [day + dt.timedelta(days=int(days)) for day, days in zip(begun, length, strict=True)]
    parts = {f"Start{p}1": [getattr(d, p.lower()) for d in begun] for p in ("Year", "Month", "Day")}
    parts |= {f"End{p}1": [getattr(d, p.lower()) for d in over] for p in ("Year", "Month", "Day")}
    none = {f"{end}{p}2": -8 for end in ("Start", "End") for p in ("Year", "Month", "Day")}
    war = {
        "WarNum": range(1, 31),
        "ccode": 11,
        "Side": 1,
        **parts,
        **none,
        "Initiator": 1,
        "Outcome": 1,
        "BatDeath": -9,
    }
    clauses = {"defense": [k % 2 for k in range(len(other["ccode1"]))], "offense": 0, "neutral": 0, "nonagg": 1}
    whole = {"styear": 1950, "stmonth": 1, "stday": 1, "endyear": 2016, "endmonth": 12, "endday": 31}
    return {
        "mie_events.csv": events,
        "nmc_cinc.csv": pd.DataFrame(
            {"ccode": np.repeat(states, 33), "year": years, "cinc": np.repeat(rng.uniform(0.001, 0.1, 8), 33)}
        ),
        "contiguity_spells.csv": pd.DataFrame(pair | {"conttype": 1, "stdate": "1950-01-01", "enddate": "2016-12-01"}),
        "atop_alliance_spells.csv": pd.DataFrame(other | span | clauses | {"consul": 0}),
        "nuclear_weapon_states.csv": pd.DataFrame({"ccode": [11, 12], "styear": [1960, 1985], "endyear": 2100}),
        "cow_majors.csv": pd.DataFrame({"ccode": [11, 13]} | whole),
        "strategic_rivalries.csv": pd.DataFrame(
            {"ccode1": pairs[::2, 0], "ccode2": pairs[::2, 1], "start": 1950, "end": 2020}
        ),
        "cow_interstate_war_participants.csv": pd.DataFrame(war),
        "mid5_disputes.csv": pd.DataFrame(dispute | {"recip": 1, "numa": 1, "numb": 1}),
    }


def invented_crises(seed: int = 7, n: int = 60) -> dict[str, pd.DataFrame]:
    """The two tables of crises, made up: the more violent the trigger, the more violent the crisis."""
    rng = np.random.default_rng(seed)
    pairs = np.array([rng.permutation(STATES_ON_RECORD)[:2] for _ in range(n)])
    trigger = rng.choice([1, 2, 7, 9], n)
    violence = np.clip(1 + rng.binomial(3, np.where(trigger > 7, 0.6, 0.3)), 1, 4)
    day = {"yrtrig": rng.integers(1975, 2000, n), "motrig": 3, "datrig": 9}
    crises = {"crisno": range(1, n + 1), "crisname": "INVENTED", "yrterm": day["yrtrig"], "moterm": 9, "daterm": 1}
    crises |= {"break": trigger, "trigent": pairs[:, 0], "gravcr": 3, "sevviosy": violence}
    crises |= {"iwcmb": 1, "protrac": rng.integers(1, 3, n), "pcid": rng.integers(1, 20, n)}
    actors = {"crisno": range(1, n + 1), "cracid": pairs[:, 1], "triggr": trigger, "trigent": pairs[:, 0]}
    actors |= {"southv": pairs[:, 0], "majres": 5, "yerres": day["yrtrig"], "monres": 4, "dayres": 1}
    actors |= {"sevvio": violence, "gravty": 3, "outcom": 1}
    return {"icb1_crises.csv": pd.DataFrame(crises | day), "icb2_actors.csv": pd.DataFrame(actors | day)}


@pytest.fixture(scope="session")
def crises_on_record():
    """Function that makes the two tables of crises, by file, see `invented_crises`."""
    return invented_crises


@pytest.fixture(scope="session")
def invented_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of public tables as docs/data.md describes them, all of it made up; without crises, which may miss."""
    folder = tmp_path_factory.mktemp("data")
    for name, frame in invented_tables().items():
        frame.to_csv(folder / name, index=False)
    return folder


def hurry_up(patch: pytest.MonkeyPatch) -> None:
    """Statistical forecasters with few trees, and intervals from few samples."""
    import functools

    from escalation_sim.analysis import benchmarks, scoring

    for name, some in (("_PENALTIES", (0.1, 1.0)), ("_DEPTHS", (2,)), ("_ROUNDS", 3), ("_INNER_FOLDS", 2)):
        patch.setattr(benchmarks, name, some)
    patch.setattr(scoring, "grouped_bootstrap", functools.partial(scoring.grouped_bootstrap, n=20))


@pytest.fixture(scope="session")
def hurry():
    """Function that makes a backtest quick for as long as a patch lasts, see `hurry_up`."""
    return hurry_up


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimation and backtest of seconds: few coefficients move, in one round."""
    from escalation_sim.study import moments

    hurry_up(monkeypatch)
    for name, value in (("REPLICATES", 10), ("STEPS", 2)):
        monkeypatch.setattr(moments, name, value)
    few = {("initiative", "threaten"): ("intercept", "rival"), ("reply", "threaten"): ("intercept",)}
    monkeypatch.setattr(moments, "MOVED", few)
