"""Random draws as a pure function of (seed, lineage, tick, entity, purpose).

The generator is Philox4x64-10 of Salmon, Moraes, Dror & Shaw (2011), *Parallel random numbers: as easy as 1, 2, 3*,
counter-based: nothing is stored, so results cannot depend on threads, batches or the order of anything. Entities enter
by an id made from their name and not by position: a state, edge or rule added to a scenario changes nobody's luck.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from escalation_sim._compiled import compiled, inlined, wide_product

STREAM_VERSION = 1  # part of the key: raise it when a draw changes its meaning
BRANCHES = STREAM_VERSION + 2**32  # in its place: luck of branches, which no replicate has

# Purposes. Four share one block of the generator; the first block holds the decisions of an edge.
INITIATIVE, REPLY = 0, 1  # replies of rounds 1, 2, 3 take 1, 2, 3
FRAILTY_RADIUS, FRAILTY_ANGLE = 4, 5
HONOUR, WAR_END = 8, 9
EVENT_CHANCE, EVENT_DATE, EVENT_HAZARD = 12, 13, 14
BELIEF = 16
OUTCOME_DAY = 20
PARAMETER = 24
RESAMPLING = 28

_M0, _M1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_W0, _W1 = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B
_11 = np.uint64(11)
_UNIT = 2.0**-53

Words = npt.NDArray[np.uint64]


def entity_id(name: str) -> int:
    """A 64-bit id made from a name (BLAKE2b), the same on every machine and in every run.

    >>> hex(entity_id("edge:RUS>UKR"))
    '0x5bc26c25a9a8ddb6'
    """
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def key_schedule(seed: int, version: int = STREAM_VERSION) -> Words:
    """The ten round keys of Philox4x64-10, shape (10, 2), for a seed in [0, 2**64).

    >>> key_schedule(7).shape
    (10, 2)
    """
    mask = 2**64 - 1
    rounds = [((seed + r * _W0) & mask, (version + r * _W1) & mask) for r in range(10)]
    return np.array(rounds, dtype=np.uint64)


@inlined
def block(
    keys: Words, c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Four 64-bit words of Philox4x64-10 at the counter (c0, c1, c2, c3), all uint64.

    >>> zero = np.uint64(0)
    >>> hex(block(key_schedule(0, 0), zero, zero, zero, zero)[0])
    '0x16554d9eca36314c'
    """
    for r in range(10):
        high_0, low_0 = wide_product(_M0, c0)
        high_1, low_1 = wide_product(_M1, c2)
        c0, c1, c2, c3 = high_1 ^ c1 ^ keys[r, 0], low_1, high_0 ^ c3 ^ keys[r, 1], low_0
    return c0, c1, c2, c3


@inlined
def uniform(
    keys: Words, lineage: np.uint64, tick: int | np.signedinteger[Any], entity: np.uint64, purpose: int
) -> float:
    """One uniform draw in [0, 1) with 53 random bits.

    Parameters
    ----------
    keys : uint64 array (10, 2)
        From `key_schedule`.
    lineage : uint64
        Number of the replicate (or branch) whose luck this is.
    tick : int >= 0
        Tick of the draw; 0 for what is drawn once per replicate.
    entity : uint64
        From `entity_id`: the edge, event, commitment or parameter that draws.
    purpose : int
        One of the purposes of this module.

    >>> keys = key_schedule(1)
    >>> draw = uniform(keys, np.uint64(0), 3, np.uint64(entity_id("edge:RUS>UKR")), INITIATIVE)
    >>> bool(0 <= draw < 1)
    True
    """
    w0, w1, w2, w3 = block(keys, lineage, np.uint64(tick), entity, np.uint64(purpose >> 2))
    word = purpose & 3
    chosen = w0 if word == 0 else w1 if word == 1 else w2 if word == 2 else w3
    return float(chosen >> _11) * _UNIT


@compiled
def uniforms(keys: Words, n: int, entity: np.uint64, purpose: int) -> npt.NDArray[np.float64]:
    """One draw for each lineage 0 .. n - 1, at tick 0, moved off 0 so that every quantile is finite.

    >>> bool((uniforms(key_schedule(1), 3, np.uint64(7), PARAMETER) > 0).all())
    True
    """
    drawn = np.empty(n)
    for lineage in range(n):
        drawn[lineage] = max(uniform(keys, np.uint64(lineage), 0, entity, purpose), _UNIT)
    return drawn
