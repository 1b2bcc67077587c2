"""Give the NumPy peer the very luck of the simulation: then each replicate must do the same.

Outcomes must come true on the same days, as many acts be done, and the same highest rung be reached on every edge. Much
sharper than a comparison of probabilities, and a thousand replicates suffice.

Usage: PYTHONPATH=src python benchmarks/check_numpy_luck.py [replicates]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from check_numpy import SCENARIOS, say
from numpy_peer import Peer
from numpy_peer.luck import Luck

from escalation_sim import draws
from escalation_sim._compiled import compiled
from escalation_sim.drivers.ensemble import run
from escalation_sim.scenario.load import load
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.world import FIRST_REPLY, FRAILTY, PARTNER_FRESH, STRAIN, WINTER

SEED = 1
BLOCK = 500


@compiled
def _uniforms(keys, lineages, tick, entities, purpose):
    drawn = np.empty(len(lineages))
    for k in range(len(lineages)):
        drawn[k] = draws.uniform(keys, lineages[k], tick, entities[k], purpose)
    return drawn


class KeyedLuck(Luck):
    """The draws of the simulation for the lineages from `first` on."""

    def __init__(self, setup, size, first):
        super().__init__(size, np.random.default_rng(0))
        self.setup, self.first, self.keys = setup, first, draws.key_schedule(SEED)

    def _draw(self, tick, entities, purpose, replicate=None):
        replicate = np.arange(self.size) if replicate is None else replicate
        lineages, entities = np.broadcast_arrays((self.first + replicate).astype(np.uint64), entities)
        flat = _uniforms(self.keys, lineages.ravel(), tick, entities.ravel(), purpose)
        return flat.reshape(lineages.shape)

    def frailty(self, n_dyads):
        ids = self.setup.dyad_id[:, None]
        radius, angle = (self._draw(0, ids, purpose) for purpose in (draws.FRAILTY_RADIUS, draws.FRAILTY_ANGLE))
        return np.sqrt(-2.0 * np.log1p(-radius)) * np.cos(2.0 * np.pi * angle)

    def honour(self, n_commitments):
        return self._draw(0, self.setup.commitment_id[:, None], draws.HONOUR)

    def chance(self, n_groups):
        return self._draw(0, self.setup.group_id[:, None], draws.EVENT_CHANCE)

    def date(self, event, replicate):
        return self._draw(0, self.setup.event_id[event], draws.EVENT_DATE, replicate)

    def belief(self, event, state):
        return self._draw(0, self.setup.event_id[event] ^ self.setup.state_id[state], draws.BELIEF)

    def hazard(self, s, group, replicate):
        return self._draw(s.tick, self.setup.group_id[group], draws.EVENT_HAZARD, replicate)

    def initiative(self, s):
        return self._draw(s.tick, self.setup.edge_id[:, None], draws.INITIATIVE)

    def reply(self, s, reply_round, cell):
        ids = self.setup.edge_id[s.edge_at[cell]]
        return self._draw(s.tick, ids, draws.REPLY + reply_round - 1, s.replicate_at[cell])

    def war_end(self, s, dyad, replicate):
        return self._draw(s.tick, self.setup.dyad_id[dyad], draws.WAR_END, replicate)

    def outcome_day(self, s, outcome, replicate):
        return self._draw(s.tick, self.setup.outcome_id[outcome], draws.OUTCOME_DAY, replicate)


class Witness:
    """Counts what a peer does: acts of each replicate, (R,), and the highest rung on each edge, (R, E)."""

    def __init__(self, peer, size):
        self.acts = np.zeros(size, dtype=np.int64)
        self.highest = np.zeros((size, len(peer.setup.actor)), dtype=np.int64)
        self.perform = type(peer.performance).perform.__get__(peer.performance)
        peer.performance.perform = self

    def __call__(self, s, acts, magnitude=0.0):
        """See acts, then let them take effect."""
        replicate, edge = s.replicate_at[acts.cell], s.edge_at[acts.cell]
        self.acts += np.bincount(replicate, minlength=s.size)
        self.highest[replicate, edge] = np.maximum(self.highest[replicate, edge], acts.rung)
        self.perform(s, acts, magnitude)


def by_peer(setup, n):
    """Days of outcomes, number of acts, and highest rungs by the peer, under the luck of the simulation."""
    peer, parts = Peer(setup), []
    with np.errstate(all="ignore"):
        for first in range(0, n, BLOCK):
            size = min(BLOCK, n - first)
            witness = Witness(peer, size)
            days = peer.run(size, KeyedLuck(setup, size, first)).T
            parts.append((days, witness.acts, witness.highest))
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def differences(setup, n):
    """For each replicate, whether the two differ in a day of an outcome, in the number of acts, in a highest rung."""
    tally = run(lambda draw: setup, 1, n, seed=SEED, watched=setup.n_ticks)
    flags = (tally.early_events * (setup.event_rung == 0)).sum(axis=1)  # records that are no acts
    days, acts, highest = by_peer(setup, n)
    return (
        (~np.isclose(tally.outcome_day, days, atol=1e-3)).any(axis=1),
        tally.acts - flags != acts,
        (tally.early != highest).any(axis=1),
    )


def strained(setup):
    """A scenario bent so that what seldom matters does: doubts, news of partners, ties between prompts."""
    dynamic, belief = setup.dynamic_coefficient.copy(), setup.belief.copy()
    dynamic[:, :, PARTNER_FRESH] += 2.0
    dynamic[:, :, FRAILTY] += 0.5
    dynamic[1, :, FIRST_REPLY] += 1.0
    dynamic[:, 1:6, STRAIN] += 0.5
    dynamic[:, 1:6, WINTER] += 0.3
    actor = np.arange(len(setup.nuclear)) == setup.event_actor[:, None]
    belief[~actor] = 0.5
    return setup._replace(
        dynamic_coefficient=dynamic,
        belief=belief,
        event_chance=np.where(setup.event_is_hazard, 3.0 * setup.event_chance, setup.event_chance),
        holder_weight=np.ones_like(setup.holder_weight),
        reliability=np.full_like(setup.reliability, 0.9),
        reply_rounds=2,
    )


def main():
    """Print how many replicates differ; exit with 1 if any does."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    root, failed = Path(__file__).parent.parent, 0
    say(f"{n} replicates of each scenario; those that differ in days of outcomes, number of acts, highest rungs:")
    for name in SCENARIOS:
        setup = Compiler(resolve(load(str(root / "scenarios" / f"{name}.yaml")))).setup()
        for label, bent in (("as it is", setup), ("strained", strained(setup))):
            counts = [int(differing.sum()) for differing in differences(bent, n)]
            failed += sum(counts)
            say(f"{name:28}{label:12}{counts[0]:6}{counts[1]:6}{counts[2]:6}")
    sys.exit(int(failed > 0))


if __name__ == "__main__":
    main()
