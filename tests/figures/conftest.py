"""Tables as a study would hand them over: 18 outcomes from likely to never seen, and what else is drawn."""

import numpy as np
import pandas as pd
import pytest

from escalation_sim.analysis.calibration import reliability
from escalation_sim.analysis.estimates import binomial_interval, counted, curves, outcome_table
from escalation_sim.analysis.hindcast import scored
from escalation_sim.analysis.pairs import difference_table
from escalation_sim.analysis.signals import Signal, signal_table

WINDOWS = [30, 90, 180, 365]
YEAR = {
    ("nk-combat", "North Korean units in combat", "horizontal"): 0.82,
    ("second-tranche", "Second tranche of 1,000 or more", "horizontal"): 0.5,
    ("kor-arms", "South Korea sends lethal aid", "political"): 0.09,
    ("deep-strikes", "Permission for deep strikes with Western weapons", "political"): 0.55,
    ("rus-kor", "Russia threatens South Korea", "vertical"): 0.6,
    ("doctrine", "Russian doctrine change or nuclear threat", "political"): 0.6,
    ("mobilization", "Russian mobilization", "political"): 0.15,
    ("article-4", "NATO Article 4 consultation", "political"): 0.25,
    ("nato-clash", "NATO–Russia lethal clash", "vertical"): 0.05,
    ("nato-war", "NATO–Russia war", "vertical"): 0.003,
    ("nato-troops", "NATO combat troops in Ukraine", "horizontal"): 0.01,
    ("belarus", "Belarus enters the war", "horizontal"): 0.03,
    ("third-state", "Another third state sends combat units", "horizontal"): 0.02,
    ("korea-clash", "Clash between the Koreas", "vertical"): 0.04,
    ("article-5", "NATO Article 5 invoked", "political"): 0.004,
    ("ceasefire", "General ceasefire", "political"): 0.15,
    ("nuclear", "Nuclear use", "vertical"): 0.003,
    ("world-war", "World war", "horizontal"): 0.0,
}
NATO = ["USA", "GBR", "POL", "DEU", "FRA"]
NAMES = {
    "UKR": "Ukraine", "RUS": "Russia", "PRK": "North Korea", "KOR": "South Korea", "USA": "United States",
    "GBR": "United Kingdom", "BLR": "Belarus", "CHN": "China", "JPN": "Japan", "POL": "Poland",
    "DEU": "Germany", "FRA": "France",
}  # fmt: skip


@pytest.fixture(scope="session")
def outcomes():
    return [
        {"id": name, "label": label, "kind": kind, "windows": WINDOWS, "resolution": f"{label}, as reported."}
        for name, label, kind in YEAR
    ]


@pytest.fixture(scope="session")
def replicates():
    """First days (10,000 x 18) under constant hazards that differ between 100 parameter draws."""
    rng = np.random.default_rng(20241024)
    draw = np.repeat(np.arange(100), 100)
    columns = []
    for p in YEAR.values():
        p_draw = 1 / (1 + (1 - p) / max(p, 1e-300) * np.exp(0.4 * rng.normal(size=100)))
        day = np.floor(rng.exponential(1, 10_000) / np.maximum(-np.log1p(-p_draw[draw]) / 365, 1e-300) / 7) * 7
        columns.append(np.where(day <= 364, day, -1))
    return np.column_stack(columns).astype(np.float32), draw


@pytest.fixture(scope="session")
def table(replicates, outcomes):
    return outcome_table(counted(*replicates, WINDOWS), outcomes)


@pytest.fixture(scope="session")
def scores(table):
    """Every third outcome happened early, every third late, the others not at all."""
    names = [name for name, _, _ in YEAR]
    days, dates = [5.0, 100.0, np.nan], ["2024-10-29", "2025-02-01", ""]
    truth = {"outcome": names, "day": days * 6, "on": dates * 6, "confidence": 0.9, "block": names, "per_year": 0.1}
    return scored(table, pd.DataFrame(truth), observed_days=365)


@pytest.fixture(scope="session")
def curve(replicates, outcomes):
    days = np.arange(0, 365, 7)
    return curves(counted(*replicates, days), days, [o["id"] for o in outcomes])


@pytest.fixture(scope="session")
def rungs():
    rows = []
    for dyad, start, drift in (
        ("system", 5.5, 0.5),
        ("KOR-RUS", 1.5, 2.0),
        ("PRK-UKR", 2.0, 6.0),
        ("RUS-USA", 4.0, 1.0),
    ):
        for tick in range(52):
            share = np.exp(-0.4 * (np.arange(11) - start - drift * tick / 51) ** 2)
            rows += [(dyad, tick, 7 * tick, rung, s) for rung, s in enumerate(share / share.sum()) if s > 1e-9]
    return pd.DataFrame(rows, columns=["dyad", "tick", "day", "rung", "share"])


@pytest.fixture(scope="session")
def paths():
    chains = {
        "PRK sends main body (event) → PRK fights UKR for RUS → KOR arms UKR against RUS": 310,
        "PRK sends main body (event) → KOR protests against RUS → KOR arms UKR against RUS": 140,
        "KOR protests against RUS → RUS threatens KOR → KOR arms UKR against RUS": 120,
        "PRK sends main body (event) → PRK fights UKR → RUS threatens KOR → KOR arms UKR against RUS": 96,
        "KOR arms UKR against RUS": 60,
        " → ".join([*(f"RUS act {i} against USA" for i in range(6)), "KOR arms UKR against RUS"]): 44,
        "KOR protests against RUS → PRK displays against KOR → KOR arms UKR against RUS": 21,
        "PRK sends second tranche (event) → KOR arms UKR against RUS": 12,
        "JPN protests against RUS → KOR arms UKR against RUS": 5,
    }
    frame = pd.DataFrame({"path": list(chains), "count": list(chains.values()), "n": 934, "outcome": "kor-arms"})
    return frame.assign(rank=range(1, 10), share=frame["count"] / frame["n"])


@pytest.fixture(scope="session")
def strain():
    day, rows = np.arange(0, 365, 7), []
    for state, start, end in (("Ukraine", 0.5, 0.75), ("Russia", 0.4, 0.5), ("North Korea", 0.02, 0.1)):
        for d in day:
            middle, spread = start + (end - start) * d / 364, 0.02 + 0.0003 * d
            quantiles = np.clip(middle + spread * np.array([-1.6, -0.7, 0, 0.7, 1.6]), 0, 1)
            rows.append((state, d, middle + 0.01, *quantiles))
    return pd.DataFrame(rows, columns=["state", "day", "mean", "q05", "q25", "q50", "q75", "q95"])


@pytest.fixture(scope="session")
def resolved():
    return {
        "states": [{"id": i, "name": n, "capability": 0.2 if i == "CHN" else 0.02} for i, n in NAMES.items()],
        "commitments": [
            {"id": "a5", "label": "NATO Article 5", "members": NATO, "type": "defence"},
            {"id": "a4", "label": "NATO Article 4", "members": NATO, "type": "consultation"},
            {"id": "rb", "label": "Union State", "members": ["RUS", "BLR"], "type": "defence"},
            {"id": "rk", "label": "Partnership treaty", "members": ["RUS", "PRK"],
             "in_force_from": "2024-12-04", "in_force_at_start": False},
            {"id": "uk", "label": "Treaty of 1953", "holder": "USA", "ally": "KOR", "type": "defence"},
            {"id": "uj", "label": "Treaty of 1960", "holder": "USA", "ally": "JPN", "type": "defence"},
            {"id": "cp", "label": "Treaty of 1961", "members": ["CHN", "PRK"], "type": "defence"},
        ],
        "wars": [{"sides": [["UKR"], ["RUS"]], "label": "Russia–Ukraine war"}],
        "support": [
            *({"by": by, "to": "UKR", "against": "RUS", "rung": "arm"} for by in NATO),
            {"by": "KOR", "to": "UKR", "against": "RUS", "rung": "assist"},
            {"by": "PRK", "to": "RUS", "against": "UKR", "rung": "arm"},
        ],
    }  # fmt: skip


@pytest.fixture(scope="session")
def reliabilities():
    """Three tasks by five forecasters: the simulation too extreme, the base rate the same for everyone."""
    rng = np.random.default_rng(1946)
    shares = {
        "highest level": [0.05, 0.35, 0.09, 0.47, 0.04],
        "reciprocated": [0.45, 0.55],
        "violence of ICB crises": [0.3, 0.25, 0.25, 0.2],
    }
    slopes = {
        "simulation": 1.4,
        "multinomial logit": 1.0,
        "gradient boosting": 1.1,
        "first-level table": 0.6,
        "base rate": 0,
    }
    parts = []
    for task, share in shares.items():
        lean = 1.2 * rng.normal(size=(1000, len(share)))
        said = {name: np.log(share) + slope * lean for name, slope in slopes.items()}
        said = {name: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) for name, x in said.items()}
        came = (said["multinomial logit"].cumsum(axis=1) < rng.random((1000, 1))).sum(axis=1)
        parts += [reliability(p, came).assign(task=task, forecaster=name) for name, p in said.items()]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="session")
def rollouts():
    """Confrontations that the simulation lets end too soon and reach war too seldom."""
    levels = {"threat": (45, 0.046), "display": (354, 0.403), "seize": (88, 0.09), "attack": (470, 0.436)}
    rows = [("highest_level", k, name, *pair) for k, (name, pair) in enumerate(levels.items(), start=1)]
    rows.append(("highest_level", 5, "war", 43, 0.025))
    for quantity, power in (("active_weeks", 1.0), ("length_weeks", 0.5)):
        for weeks in (1, 2, 3, 4, 6, 9, 14, 20, 27, 40, 53, 79, 105, 157):
            count = int(1000 * np.exp(-0.6 * (weeks - 1) ** power))
            rows.append((quantity, weeks, f"{weeks} weeks or more", count, np.exp(-0.8 * (weeks - 1) ** power)))
    frame = pd.DataFrame(rows, columns=["quantity", "value", "label", "count", "simulated"])
    low, high = binomial_interval(frame["count"].to_numpy(), 1000)
    bounds = {"observed_low": low, "observed_high": high, "n": 1000}
    return frame.assign(observed=frame["count"] / 1000, **bounds).drop(columns="count")


@pytest.fixture(scope="session")
def families():
    """Families of chains to an outcome, and how likely it was along their median paths."""
    paths = [
        "KOR shows force against RUS → KOR arms UKR against RUS",
        "… → KOR arms UKR against RUS",
        "KOR arms UKR against RUS",
        "… → Russian technology for missiles is held proven by Seoul (event) → KOR shows force against RUS → "
        "KOR arms UKR against RUS",
        "RUS threatens KOR → KOR arms UKR against RUS (reply)",
        "in other ways",
    ]
    counts = [90, 80, 60, 30, 25, 15]
    low, high = binomial_interval(counts, 300)
    table = pd.DataFrame(
        {"outcome": "kor-arms", "family": range(1, 7), "path": paths, "share": np.array(counts) / 300, "low": low,
         "high": high, "count": counts, "n": 300, "median_day": 150.0, "acts": 2.0, "replicate": range(10, 70, 10)}
    )  # fmt: skip
    turns = pd.DataFrame(
        [(family, 7.0 * place, f"act {place}", place / 10, place / 10 + 0.1, int(place == 5))
         for family in range(1, 7) for place in range(1, family + 1)],
        columns=["family", "day", "act", "before", "after", "passes_half"],
    )  # fmt: skip
    often = pd.DataFrame(
        {"act": ["KOR shows force against RUS", "The main body arrives (event)"], "share": [0.58, 0.2]}
    )
    return {"families": table, "turns": turns, "common": often}


@pytest.fixture(scope="session")
def changes(replicates, outcomes):
    """Differences of one alternative in which every third outcome is likelier and every third less likely."""
    first, draw = replicates
    second = first.copy()
    rng = np.random.default_rng(11)
    for o in range(first.shape[1]):
        struck = rng.random(len(first)) < 0.12
        if o % 3 == 0:
            second[struck, o] = 10.0
        elif o % 3 == 1:
            second[struck, o] = -1.0
    return difference_table(first, second, draw, outcomes)


@pytest.fixture(scope="session")
def lever_table(changes):
    """Twelve positions of levers and what they do to two outcomes; four on the frontier, one of them like another."""
    rng = np.random.default_rng(12)
    last = changes[changes["window_days"] == 365].iloc[:2]
    rows = []
    for k in range(12):
        for shift, (_, row) in zip(rng.normal(0, 0.03, 2), last.iterrows(), strict=True):
            change = {"alternative": row["baseline"] + shift, "difference": shift, "mc_low": shift - 0.01}
            head = {"position": f"lever-{k}=0.5 & another-lever=a_variant", "levers": "a, b", "by": "RUS, PRK"}
            head |= {"frontier": k + 1 if k < 4 else 0, "alike": "as it stands" if k == 2 else "", "wanted": "less"}
            rows.append(row.to_dict() | change | {"mc_high": shift + 0.01} | head)
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def knocked(changes):
    """Single elements, whole kinds and pairs for one outcome."""
    last = changes[changes["window_days"] == 365]
    label = last["label"].iloc[0]
    kinds = ["rule", "commitment", "event", "belief", "covariate"]
    names = [f"an-element-of-a-rather-long-name-{k}" for k in range(len(last))]
    singles = last.assign(label=label, element_kind="rule", element=names, n_edges_gone=0)
    singles.loc[singles.index[0], "n_edges_gone"] = 2
    singles["told"] = ((singles["mc_low"] > 0) | (singles["mc_high"] < 0)).astype(int)
    wholes = last.head(5).assign(label=label, element_kind=kinds, element=[f"all {k}s" for k in kinds], n_edges_gone=0)
    pairs = [
        {"first": f"rule {names[i]}", "second": f"rule {names[j]}", "interaction": 0.01 * (i - j) * (-1) ** i,
         "mc_low": -0.02, "mc_high": 0.02 if (i + j) % 2 else -0.001, "told": 1 - (i + j) % 2}
        for i in range(5) for j in range(i + 1, 5)
    ]  # fmt: skip
    return singles, wholes, pd.DataFrame(pairs)


@pytest.fixture(scope="session")
def watched():
    """Signals of one outcome, of which one is never followed by it, and how likely it still is."""
    rng = np.random.default_rng(13)
    n = 3_000
    found = [Signal(f"RUS against KOR: rung {k} or above", f"f{k}", rng.random(n) < 0.05 * (k + 1)) for k in range(15)]
    odds = sum(0.25 * one.seen for one in found) - 2.5
    day = np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), 200.0, -1.0)
    day[found[0].seen] = -1.0
    asked = {"id": "kor-arms", "label": "South Korea sends lethal aid", "kind": "political", "windows": [365.0]}
    draws = np.arange(n) % 30
    counts = counted(day[:, None], draws, asked["windows"])
    still = outcome_table(counts, [asked | {"resolution": "as reported"}]).to_dict("records")[0]
    return signal_table(found, asked, day, draws, 56.0), still


VARIED = {
    "reliability": ("Reliability of the US-South Korea alliance", 0.0, 1.0, -2.5),
    "troops": ("North Korean troops sent to Russia", 0.0, 100_000.0, 2.2),
    "belief": ("Belief of Seoul that missile technology is transferred", 0.0, 1.0, 1.2),
    "deterrence": ("Weight of nuclear deterrence in the gate from conventional to nuclear use", 0.5, 4.0, -0.8),
    "tranche": ("Weeks until a second tranche", 4.0, 52.0, -0.6),
    "aid": ("Western aid to Ukraine, billions of dollars a year", 0.0, 120.0, 0.05),
}
DEPLOYMENTS = ["as it stands", "no_deployment", "deployment of two divisions to the front in Ukraine", "withdrawal"]
SWEPT = {
    "kor-arms": ("South Korea sends lethal aid", -1.5),
    "deep-strikes": ("Permission for deep strikes with Western weapons deep inside Russia", 0.3),
    "nato-clash": ("NATO–Russia lethal clash", -3.5),
    "nuclear": ("Nuclear use", -7.0),
}
HEAD = ["outcome", "label", "window_days"]


@pytest.fixture(scope="session")
def sweep():
    """240 points at random over six numbers and a choice, 200 replicates each: a row per point, outcome and window."""
    rng, n, parts = np.random.default_rng(1953), 240, []
    shares = {name: rng.random(n) for name in VARIED}
    values = {name: low + (high - low) * shares[name] for name, (_, low, high, _) in VARIED.items()}
    place = np.arange(n) % len(DEPLOYMENTS)
    pull = sum(pull * (shares[name] - 0.5) for name, (*_, pull) in VARIED.items()) + 0.5 * (place - 1.5)
    for outcome, (label, base) in SWEPT.items():
        for window in (30.0, 90.0, 365.0):
            p = 1 - (1 - 1 / (1 + np.exp(-base - pull))) ** (window / 365)
            head = {"point": range(n), **values, "deployment": np.array(DEPLOYMENTS)[place]}
            head |= {"outcome": outcome, "label": label, "window_days": window}
            parts.append(pd.DataFrame(head | {"count": rng.binomial(200, p), "n": 200, "n_failed": 0}))
    return pd.concat(parts, ignore_index=True)


def pooled(rows, keys):
    """Probability over the points of each group, its interval as for a quarter of the replicates."""
    sums = {
        "count": ("count", "sum"),
        "n": ("n", "sum"),
        "n_failed": ("n_failed", "sum"),
        "n_points": ("point", "size"),
    }
    table = rows.groupby([*HEAD, *keys], sort=False, observed=True, dropna=False).agg(**sums).reset_index()
    low, high = binomial_interval(table["count"] / 4, table["n"] / 4)
    return table.assign(probability=table["count"] / table["n"], mc_low=low, mc_high=high)


def binned(rows, name, bins, levels=None, prefix="value"):
    """Rows with the mean and edges of the bin of a variable, or with a level in place of each bin."""
    if name == "deployment":
        return rows.assign(**{prefix: np.nan, f"{prefix}_low": np.nan, f"{prefix}_high": np.nan, "text": rows[name]})
    bin_of = pd.qcut(rows[name], bins)
    if levels is not None:
        level = np.array(levels, float)[bin_of.cat.codes]
        return rows.assign(**{prefix: level, f"{prefix}_low": level, f"{prefix}_high": level, "text": ""})
    by_bin = rows.groupby(bin_of, observed=True)[name]
    edges = {f"{prefix}_low": by_bin.transform("min"), f"{prefix}_high": by_bin.transform("max")}
    return rows.assign(**{prefix: by_bin.transform("mean"), **edges, "text": ""})


def response(rows, name, bins=10, levels=None):
    table = pooled(binned(rows, name, bins, levels), ["value", "value_low", "value_high", "text"])
    return table.assign(variable=name, variable_label=VARIED.get(name, ("What Pyongyang does",))[0])


@pytest.fixture(scope="session")
def responses(sweep):
    """By the name of a variable: levels of troops, bins of reliability, choices of deployments."""
    return {
        "troops": response(sweep, "troops", 5, [0, 1_000, 12_000, 50_000, 100_000]),
        "reliability": response(sweep, "reliability"),
        "deployment": response(sweep, "deployment"),
    }


@pytest.fixture(scope="session")
def tornado(sweep):
    """Of one outcome: six numbers and a choice, from the first bin to the last."""
    rows, year = [], sweep[(sweep["outcome"] == "kor-arms") & (sweep["window_days"] == 365)]
    for name in [*VARIED, "deployment"]:
        table = response(year, name)
        table = table.sort_values("probability" if name == "deployment" else "value")
        row = table.iloc[0][[*HEAD, "variable", "variable_label"]].to_dict()
        for end, place, bound in (("low", 0, 1), ("high", -1, 2)):
            one = table.iloc[place]
            row |= {f"{end}_value": one["text"] or VARIED[name][bound], f"at_{end}": one["probability"]}
            row |= {f"at_{end}_low": one["mc_low"], f"at_{end}_high": one["mc_high"]}
        rows.append(row | {"swing": row["at_high"] - row["at_low"]})
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def heats(sweep):
    """Of one outcome: bins by bins, and choices by bins."""
    year = sweep[(sweep["outcome"] == "kor-arms") & (sweep["window_days"] == 365)]
    tables = {}
    for x, y in (("troops", "reliability"), ("deployment", "troops")):
        rows = binned(year, x, 6, prefix="x").rename(columns={"text": "x_text"})
        rows = binned(rows, y, 6, prefix="y").rename(columns={"text": "y_text"})
        table = pooled(rows, [f"{side}{part}" for side in "xy" for part in ("", "_low", "_high", "_text")])
        tables[x] = table.assign(x_variable=x, y_variable=y)
    return tables


@pytest.fixture(scope="session")
def indices():
    """Sobol's indices of one outcome; two variables are almost without influence."""
    first = np.array([0.36, 0.27, 0.09, 0.03, 0.02, -0.01])
    total, wide = first * 1.2 + 0.02, 0.03 + 0.2 * np.abs(first)
    bounds = {"first_low": first - wide, "first_high": first + wide}
    bounds |= {"total_low": total - wide, "total_high": total + wide, "n": 256, "luck_share": 0.12}
    names = {"variable": list(VARIED), "variable_label": [label for label, *_ in VARIED.values()]}
    head = {"outcome": "kor-arms", "label": "South Korea sends lethal aid", "window_days": 365.0}
    return pd.DataFrame(head | names | {"first": first, "total": total} | bounds)


@pytest.fixture(scope="session")
def pawn(indices):
    size = 0.08 + 0.5 * indices["total"]
    head = indices[[*HEAD, "variable", "variable_label"]]
    told = (size > 0.13).astype(int)
    return head.assign(pawn=size, low=size - 0.05, high=size + 0.06, dummy=0.13, told=told, n=240, n_failed=0)


@pytest.fixture(scope="session")
def boxes(sweep):
    """Two boxes of one outcome, over two numbers and over a number and a choice; and the points behind them."""
    year = sweep[(sweep["outcome"] == "kor-arms") & (sweep["window_days"] == 365)].reset_index(drop=True)
    points = year[[*VARIED, "deployment"]].assign(case=(year["count"] / year["n"] > 0.3).astype(int))
    kept = points["deployment"].isin(DEPLOYMENTS[2:])
    inside = {
        1: (points["troops"] >= 42_000) & (points["reliability"] <= 0.553),
        2: (points["belief"] >= 0.3) & (points["belief"] <= 0.9) & kept,
    }
    limits = [
        (1, "troops", 42_000.0, np.nan, "", 0.00001),
        (1, "reliability", np.nan, 0.553, "", 0.0021),
        (2, "belief", 0.3, 0.9, "", np.nan),
        (2, "deployment", np.nan, np.nan, ", ".join(DEPLOYMENTS[2:]), 0.03),
    ]
    rows = []
    for box, name, low, high, choices, p_value in limits:
        one = points["case"][inside[box]]
        label = VARIED.get(name, ("What Pyongyang does",))[0]
        row = {"outcome": "kor-arms", "label": SWEPT["kor-arms"][0], "window_days": 365.0, "threshold": 0.3, "box": box}
        row |= {"variable": name, "variable_label": label, "low": low, "high": high, "choices": choices}
        row |= {"coverage": one.sum() / points["case"].sum(), "density": one.mean(), "mass": len(one) / len(points)}
        rows.append(row | {"base_rate": points["case"].mean(), "p_value": p_value})
    return pd.DataFrame(rows), points
