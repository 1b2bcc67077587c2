"""The random numbers: the published generator, even and unrelated on every axis, everywhere the same. (A10)"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from escalation_sim import draws
from escalation_sim._compiled import compiled
from escalation_sim.verification.verdict import Effort, Row, equal, law

Sample = npt.NDArray[np.float64]

ONES = 2**64 - 1
# Known answers of Philox4x64-10 (Random123, tests/kat_vectors): counter, key, output.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B)),
    ((ONES,) * 4, (ONES,) * 2, (0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0)),
    (
        (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0x452821E638D01377, 0xBE5466CF34E90C6C),
        (0xA528F45403E61D95, 0x38C72DBD566E9788, 0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6),
    ),
]
HASHED = 1_000_000
HASH = "9315c2b9a528f3cd"  # SHA-256 of so many draws of stream version 1, little-endian; found by NumPy's generator
AXES = ("lineage", "tick", "entity", "purpose")


@compiled
def _many(keys: draws.Words, lineages: Any, ticks: Any, entities: Any, purposes: Any) -> Sample:
    n = len(lineages)
    sample = np.empty(n)
    for i in range(n):
        sample[i] = draws.uniform(keys, lineages[i], ticks[i], entities[i], purposes[i])
    return sample


def sample(n: int, seed: int, **axes: Any) -> Sample:
    """n uniforms on a grid of which some axes (lineage, tick, entity, purpose) are given, as numbers or arrays.

    >>> sample(3, 1, lineage=np.arange(3)).shape
    (3,)
    """
    place = {"lineage": 0, "tick": 0, "entity": 7, "purpose": 0} | axes
    *columns, _ = np.broadcast_arrays(*(place[axis] for axis in AXES), np.zeros(n))
    types = (np.uint64, np.int64, np.uint64, np.int64)
    return _many(draws.key_schedule(seed), *(one.astype(kind) for one, kind in zip(columns, types, strict=True)))


def output(counter: Any, key: Any) -> tuple[int, ...]:
    """The four words of the generator at a counter of four and a key of two words."""
    words = draws.block(draws.key_schedule(*map(int, key)), *(np.uint64(c) for c in counter))
    return tuple(int(word) for word in words)


def generator(effort: Effort) -> list[Row]:
    """The generator gives the answers published for it, and those of NumPy's."""
    wrong = sum(a != b for counter, key, words in KNOWN for a, b in zip(output(counter, key), words, strict=True))
    rows = [equal("words that differ from the published vectors", 0, wrong, 12)]
    rng, wrong, n = np.random.default_rng(effort.seed), 0, 100
    for _ in range(n):
        counter, key = rng.integers(1, 2**64, 4, dtype=np.uint64), rng.integers(0, 2**64, 2, dtype=np.uint64)
        before = counter.copy()
        before[0] -= np.uint64(1)  # NumPy steps the counter before it uses it
        wanted = np.random.Philox(counter=before, key=key).random_raw(4)
        wrong += sum(a != int(b) for a, b in zip(output(counter, key), wanted, strict=True))
    return [*rows, equal("words that differ from NumPy's Philox", 0, wrong, 4 * n)]


def stream(effort: Effort) -> list[Row]:
    """A million draws of each purpose and on several entities and ticks are those of every other machine."""
    at = np.arange(HASHED)
    drawn = sample(HASHED, 1, lineage=at, tick=at % 53, entity=(at % 11) * 977, purpose=at % 29)
    digest = hashlib.sha256(drawn.astype("<f8").tobytes()).hexdigest()[:16]
    return [
        equal("version of the streams", 1, draws.STREAM_VERSION, 1),
        equal(f"{HASHED:,} draws: SHA-256 begins with {HASH}, here {digest}", 0, int(digest != HASH), HASHED),
    ]


def evenness(uniforms: Sample) -> tuple[float, float]:
    """p-values of chi-square over 256 cells and of Kolmogorov and Smirnov."""
    from scipy import stats

    counts = np.bincount((uniforms * 256).astype(int), minlength=256)
    return float(stats.chisquare(counts).pvalue), float(stats.kstest(uniforms, "uniform").pvalue)


def uniform(effort: Effort) -> list[Row]:
    """Draws are even along every axis."""
    n, rows = effort.n, []
    for axis in AXES:
        cells, steps = evenness(sample(n, effort.seed, **{axis: np.arange(n)}))
        rows += [law(f"256 cells along {axis}", cells, n, effort), law(f"steps along {axis}", steps, n, effort)]
    return rows


def related(one: Sample, other: Sample) -> float:
    """p-value of two samples being unrelated, as they are and where they are extreme; the smaller, doubled."""
    from scipy.stats import norm

    pairs = ((one, other), (np.abs(one - 0.5), np.abs(other - 0.5)))
    worst = max(abs(np.corrcoef(a, b)[0, 1]) * np.sqrt(len(a)) for a, b in pairs)
    return min(1.0, float(4.0 * norm.sf(worst)))


def independent(effort: Effort) -> list[Row]:
    """Neighbours on every axis are unrelated, and so are two seeds."""
    n, rows = effort.n, []
    for axis in AXES:
        base = {"tick" if axis == "lineage" else "lineage": np.arange(n)}
        first = sample(n, effort.seed, **base, **{axis: 8})
        for step in (1, 2, 4):
            p = related(first, sample(n, effort.seed, **base, **{axis: 8 + step}))
            rows.append(law(f"{axis} against {axis} + {step}", p, n, effort))
    at = np.arange(n)
    p = related(sample(n, effort.seed, lineage=at), sample(n, effort.seed + 1, lineage=at))
    return [*rows, law("seed against seed + 1", p, n, effort)]
