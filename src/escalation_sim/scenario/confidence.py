"""How sure a resolved scenario is of itself: what it leaves uncertain, and what it rests on. Lines for `explain`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from escalation_sim.scenario.claims import claims
from escalation_sim.scenario.numbers import is_random, quantile, quantities
from escalation_sim.scenario.schema import Quantity, Scenario
from escalation_sim.scenario.sentences import describe_quantity
from escalation_sim.scenario.words import counted, listing

_WIDEST = 6


def uncertain(scenario: Scenario) -> Iterator[str]:
    """What is not known exactly: how many numbers of each block, and the widest of them."""
    unsure = [(path, quantity) for path, quantity in quantities(scenario) if is_random(quantity)]
    blocks = Counter(path.partition(".")[0] for path, _ in unsure)
    yield (
        f"{counted(len(unsure), 'uncertain number')}, drawn anew in every parameter draw: "
        f"{listing(f'{n} in {name}' for name, n in blocks.most_common()) or 'all are taken as known'}."
    )
    doubts = [rule.uncertainty.sd for rule in scenario.rules if rule.uncertainty and rule.uncertainty.sd]
    if doubts:
        yield (
            f"{counted(len(doubts), 'rule')} with a doubt of {'its' if len(doubts) == 1 else 'their'} own, of a "
            f"standard deviation from {min(doubts):g} to {max(doubts):g} in log-odds."
        )
    widths = {path: _width(quantity) for path, quantity in unsure if not path.startswith("coefficients.")}
    widest = sorted(widths, key=lambda path: (-widths[path], path))[:_WIDEST]
    if widest:
        yield "The widest of them for their size (the path is what --set takes):"
    told = dict(unsure)
    for path in widest:
        yield f"- {path}: {describe_quantity(told[path])}" + (f" {told[path].unit}" if told[path].unit else "")


def foundations(scenario: Scenario) -> Iterator[str]:
    """What the numbers and statements rest on: facts, estimates or judgements, counted."""
    numbers, table = shares(scenario).values()
    yield f"Numbers about this crisis: {_bases(numbers)}."
    yield f"Coefficients of the model: {_bases(table)}."
    fields = ("rivalries", "borders", "closed", "wars", "support", "history", "commitments", "events")
    said = Counter(block.basis for name in fields for block in getattr(scenario, name))
    yield f"Statements without a number (wars, support, past acts, events and the like): {_bases(said)}."
    yield f"Sources listed in the file: {len(scenario.sources) or 'none'}."


def shares(scenario: Scenario) -> dict[str, Counter[Any]]:
    """How many numbers rest on which basis (None: no stated one): those about the crisis, those of the model."""
    numbers = Counter(quantity.basis or block.basis for _, quantity, block in claims(scenario))
    table = Counter(q.basis for path, q in quantities(scenario) if path.startswith("coefficients."))
    return {"numbers about this crisis": numbers, "coefficients of the model": table}


def _width(quantity: Quantity) -> float:
    low, mid, high = quantile(quantity, np.array([0.05, 0.5, 0.95]))
    return float((high - low) / max(abs(mid), 1e-9))


def _bases(counts: Counter[Any]) -> str:
    names = {
        "fact": ("public fact", " with a source"),
        "estimated": ("estimate", " from data"),
        "elicited": ("judgement", " with reasons"),
    }
    said = [counted(counts[key], noun) + rest for key, (noun, rest) in names.items() if counts[key]]
    said += [f"{counts[None]} of no stated kind"] if counts[None] else []
    return listing(said) or "none"
