"""Twenty small studies that touch every part of the language and of the engine, and what is remembered of each.

Whole numbers (counts, ticks, rungs, chains of acts) are hashed as they are: they are the same on every platform,
for the last bit of a logarithm decides a draw about once in 1e16. Floats are not: their last bits differ between
processors, and a rounded float may lie on the edge between two roundings, so that a hash of it would fail by chance.
Of each column of floats one sum of sizes is kept instead, weighted by place and without cancellation, and compared to
1e-10.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from escalation_sim.draws import INITIATIVE, OUTCOME_DAY, STREAM_VERSION, entity_id, key_schedule, uniforms
from escalation_sim.drivers.ensemble import Tally
from escalation_sim.scenario.load import load
from escalation_sim.scenario.numbers import parameter_draws
from escalation_sim.scenario.resolve import resolve
from escalation_sim.study.ensemble import Ensemble, Size, run_ensemble
from escalation_sim.study.rare import estimate_rare

REPOSITORY = Path(__file__).parents[2]
FILE = Path(__file__).with_name("hashes.json")
PROMISED = 1e-10  # relative, of a sum of floats; a single float is promised to 1e-12
WATCHED = 8  # ticks
LIBRARY, SMALL, MORE = "library:starter", "tests/cases/valid/small.yaml", "tests/cases/valid/extending.yaml"
KOREA, CUBA = "scenarios/north-korea-troops-2024.yaml", "scenarios/cuban-missile-crisis-1962.yaml"
JULY, KARGIL = "scenarios/july-1914.yaml", "scenarios/kargil-1999.yaml"


class Case(NamedTuple):
    """A scenario, what is laid over it, and how much of it is run."""

    file: str
    variants: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    size: Size = Size(64, 4, 1, 2)
    watched: int = 0
    split: str = ""  # an outcome that is estimated by splitting, too


CASES = {
    "starter": Case(LIBRARY),
    "starter, at the medians": Case(LIBRARY, size=Size(64, 1, 1, 2)),
    "starter, other luck": Case(LIBRARY, size=Size(200, 7, 2**63 - 1, 2)),
    "starter, a treaty doubted": Case(LIBRARY, ("doubted_treaty",), size=Size(600, 4, 1, 2)),
    "starter, no replies": Case(LIBRARY, settings=("reply_rounds=0",)),
    "starter, three rounds of replies": Case(LIBRARY, settings=("reply_rounds=3",)),
    "starter, days": Case(LIBRARY, settings=("tick=1d",)),
    "starter, fortnights": Case(LIBRARY, settings=("tick=2 weeks",)),
    "starter, what is seen by week eight": Case(LIBRARY, watched=WATCHED),
    "starter, splitting": Case(LIBRARY, size=Size(400, 4, 1, 2), split="american-fire"),
    "small: beliefs, calendar, support": Case(SMALL, size=Size(256, 4, 1, 2)),
    "small, an event made certain by a rule": Case(SMALL, settings=("rules.moscow.then.call-up=60",)),
    "small, calm": Case(SMALL, ("calm",), size=Size(256, 4, 1, 2)),
    "small, more": Case(SMALL, ("more",), size=Size(256, 4, 1, 2)),
    "extending: another table": Case(MORE, size=Size(128, 4, 1, 2)),
    "North Korea: efforts, wars, commitments": Case(KOREA),
    "North Korea, fifty thousand": Case(KOREA, ("fifty_thousand",)),
    "Cuba: closed rungs": Case(CUBA),
    "July 1914": Case(JULY),
    "Kargil": Case(KARGIL),
}


def measured(case: Case) -> dict[str, Any]:
    """What is remembered of a case: a hash of its whole numbers, and a sum for each column of floats."""
    name = case.file if case.file.startswith("library:") else str(REPOSITORY / case.file)
    scenario = resolve(load(name, case.variants, case.settings))
    found = run_ensemble(scenario, *case.size, watched=case.watched)
    floats = dict(_sums(found))
    if case.split:
        rare = estimate_rare(scenario, case.split, case.size)
        floats |= {"splitting": _sum(rare.estimates([rare.window])["probability"])}
    return {"whole": _digest(found.tally, scenario.tick), "floats": floats}


def _digest(tally: Tally, tick: float) -> str:
    """SHA-256 of every array of whole numbers, by name and shape; days as numbers of ticks."""
    arrays = tally._asdict() | {"outcome_day": np.floor(tally.outcome_day / tick)}
    content = hashlib.sha256()
    for name in sorted(set(arrays) - {"days"}):
        whole = np.ascontiguousarray(arrays[name], dtype="<i8")
        content.update(f"{name}{whole.shape}".encode() + whole.tobytes())
    return content.hexdigest()


def _sums(found: Ensemble) -> Iterator[tuple[str, float]]:
    for kind, table in (("probabilities", found.probabilities), ("curves", found.curves)):
        for name in ("probability", "mc_low", "mc_high", "parameter_low", "parameter_high"):
            yield f"{kind}.{name}", _sum(table[name])
    draws = parameter_draws(found.scenario, found.seed, found.parameters)
    yield "draws", _sum(pd.Series([draw[path] for draw in draws for path in sorted(draw)], dtype=float))


def _sum(column: pd.Series[float]) -> float:
    known = column.dropna().abs().to_numpy()
    return float(f"{(known * (1.0 + np.arange(len(known)) / max(len(known), 1))).sum():.13g}")


def draws() -> str:
    """SHA-256 of a few thousand uniforms: what has to change with `STREAM_VERSION`, and with nothing else."""
    keys = key_schedule(1)
    drawn = [uniforms(keys, 1000, np.uint64(entity_id(f"a{k}")), purpose)
             for k, purpose in enumerate(range(INITIATIVE, OUTCOME_DAY + 1))]  # fmt: skip
    return hashlib.sha256(np.concatenate(drawn).astype("<f8").tobytes()).hexdigest()


def measure(progress: Callable[[str], object] = lambda name: None) -> dict[str, Any]:
    """The whole record, as it is kept in `hashes.json`."""
    record: dict[str, Any] = {"stream_version": STREAM_VERSION, "draws": draws(), "cases": {}}
    for name, case in CASES.items():
        progress(name)
        record["cases"][name] = measured(case)
    return record


def kept() -> dict[str, Any]:
    """The record that is committed; empty if there is none yet."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"cases": {}}


def differences(kept: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """How one case differs from its record, a line each; none if it does not.

    >>> differences({"whole": "a", "floats": {"x": 1.0}}, {"whole": "a", "floats": {"x": 1.0 + 1e-12}})
    []
    """
    told = ["its whole numbers differ"] if kept["whole"] != found["whole"] else []
    names = {*kept["floats"], *found["floats"]}
    for name in sorted(names):
        before, now = kept["floats"].get(name, np.nan), found["floats"].get(name, np.nan)
        if not abs(before - now) <= PROMISED * abs(before):
            told.append(f"{name}: {before!r} before, {now!r} now")
    return told
