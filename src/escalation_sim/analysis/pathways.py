"""By which acts an outcome came about: minimal chains, merged into families, with the median path of each.

A chain holds the acts without any one of which, all luck being equal, the outcome would not have come about when it did
(the but-for test of law, and of Lewis 1973, J. Philosophy 70, 556-567). Two acts either of which would have been
enough escape this test.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from escalation_sim.analysis.estimates import binomial_interval
from escalation_sim.analysis.paths import ARROW, BY_ITSELF, Step, sentence
from escalation_sim.analysis.wording import percent
from escalation_sim.world import BY_EVENT, BY_INITIATIVE

LEAST_SHARE, DEPTH = 0.05, 4  # a branch of the tree that carries less is merged; so are acts further back than this
OTHER = "…"  # acts of many kinds, which are not told apart
FAMILY_COLUMNS = (
    "outcome", "family", "path", "share", "low", "high", "count", "n", "median_day", "acts", "replicate",
)  # fmt: skip
NEEDED_COLUMNS = (
    "outcome", "family", "replicate", "place", "day", "act", "actor", "target", "rung", "phase", "answers",
    "weeks_since_previous", "days_later",
)  # fmt: skip
TURN_COLUMNS = (
    "outcome", "family", "place", "day", "act", "before", "before_low", "before_high", "after", "after_low",
    "after_high", "futures", "passes_half",
)  # fmt: skip
_Leaf = tuple[tuple[str, ...], bool, tuple[int, ...]]  # path (acts, latest first), whether it is whole, who is in it


class Act(NamedTuple):
    """An act that an outcome needed; `number` is its place among all acts and events of the replicate."""

    number: int
    step: Step
    tick: int
    answered: Step | None  # what it was a reply to, or what the rule behind it points back to
    later: float  # days by which the outcome is put off without it; infinity: it does not come about in its window


class Turn(NamedTuple):
    """An act of a median path, and in how many of so many futures the outcome came, from just before and just after."""

    act: Act
    before: int
    after: int
    futures: int


class Chain(NamedTuple):
    """The acts that one replicate needed, earliest first, and the day of its outcome."""

    replicate: int
    acts: tuple[Act, ...]
    day: float


class Family(NamedTuple):
    """Chains that end alike.

    `path` holds the acts they share, earliest first; it is `whole` if nothing came before. `members` are places in the
    list of chains, `median` is the place of the one whose timing is nearest to the median of all.
    """

    path: tuple[str, ...]
    whole: bool
    members: tuple[int, ...]
    median: int

    def __str__(self) -> str:
        if not self.path:
            return BY_ITSELF if self.whole else "in other ways"
        return ARROW.join(self.path if self.whole else (OTHER, *self.path))


def told(chain: Chain, labels: Mapping[str, str]) -> dict[str, int]:
    """The acts of a chain in words and the tick of each, in order; an act that recurs counts where it stood last.

    `labels` may give several states one name, which makes their acts one.
    """
    latest: dict[str, int] = {}
    for act in chain.acts:
        words = sentence(act.step, labels)
        latest.pop(words, None)
        latest[words] = act.tick
    return latest


def families(
    chains: Sequence[Chain], labels: Mapping[str, str], least_share: float = LEAST_SHARE, depth: int = DEPTH
) -> list[Family]:
    """Merge chains that end alike: a tree grown backwards from the outcome, with its thin branches cut.

    Parameters
    ----------
    chains : sequence of Chain
    labels : mapping
        Names of events, and of states; states with one name are taken for one.
    least_share : float in (0, 1)
        A branch that carries less of the chains is merged with its like into one that says less.
    depth : int
        Acts told at most, counted from the outcome.

    Returns
    -------
    list of Family
        The heaviest first. Each chain is in exactly one.
    """
    words = [told(chain, labels) for chain in chains]
    backwards = [tuple(reversed(list(acts))) for acts in words]
    least = max(least_share * len(chains), 2.0)
    found = [
        Family(path[::-1], whole, members, _median(members, path, words, chains))
        for path, whole, members in _branches(backwards, (), range(len(chains)), least, depth)[0]
    ]
    return sorted(found, key=lambda family: (-len(family.members), not family.whole, family.path))


def _branches(
    chains: Sequence[tuple[str, ...]], path: tuple[str, ...], members: Sequence[int], least: float, depth: int
) -> tuple[list[_Leaf], list[int]]:
    """Leaves of the tree below `path` (acts, latest first), and the members that are too few to be told apart there."""
    below: dict[str | None, list[int]] = {}
    for i in members:
        below.setdefault(chains[i][len(path)] if len(chains[i]) > len(path) else None, []).append(i)
    leaves: list[_Leaf] = []
    rest: list[int] = []
    for act, inside in below.items():
        if len(inside) < least or (act is not None and len(path) == depth):
            rest += inside
        elif act is None:
            leaves.append((path, True, tuple(inside)))
        else:
            further, few = _branches(chains, (*path, act), inside, least, depth)
            leaves += further
            rest += few
    if path and len(rest) < least:
        return leaves, rest
    whole = all(len(chains[i]) == len(path) for i in rest)
    return leaves + ([(path, whole, tuple(sorted(rest)))] if rest else []), []


def _median(
    members: tuple[int, ...], path: tuple[str, ...], words: Sequence[dict[str, int]], chains: Sequence[Chain]
) -> int:
    """The member nearest to the median tick of each act of the path, and to the median day of the outcome."""
    ticks = np.array([[*(words[i][act] for act in path), chains[i].day / 7.0] for i in members], dtype=float)
    distance = np.abs(ticks - np.median(ticks, axis=0)).sum(axis=1)
    keys = [(d, len(words[i]), chains[i].replicate, i) for d, i in zip(distance.tolist(), members, strict=True)]
    return min(keys)[-1]


def family_table(outcome: str, found: Sequence[Family], chains: Sequence[Chain]) -> pd.DataFrame:
    """One row per family: how much of the outcome it carries, and which replicate tells its median path.

    Returns
    -------
    DataFrame
        outcome, family (1 carries most), path, share, low, high (exact 95 %), count, n (chains looked at), median_day
        (of the outcome), acts (median number of acts needed), replicate (of the median path).
    """
    n = len(chains)
    rows = []
    for rank, family in enumerate(found, start=1):
        count = len(family.members)
        low, high = binomial_interval(count, n)
        days = [chains[i].day for i in family.members]
        acts = [len(chains[i].acts) for i in family.members]
        share, replicate = count / n, chains[family.median].replicate
        rows.append(
            (outcome, rank, str(family), share, low, high, count, n, np.median(days), np.median(acts), replicate)
        )
    return pd.DataFrame(rows, columns=list(FAMILY_COLUMNS))


def act_table(
    outcome: str, found: Sequence[Family], chains: Sequence[Chain], labels: Mapping[str, str], tick_days: float
) -> pd.DataFrame:
    """One row per act of every chain, earliest first.

    Returns
    -------
    DataFrame
        outcome, family, replicate, place (from 1), day (on which the tick began), act, actor, target, rung, phase
        (event, initiative or reply), answers (the act it followed from; empty if none), weeks_since_previous (act of
        the chain), days_later (by which the outcome is put off without this act; NaN: it does not come about).
    """
    family_of = {i: rank for rank, family in enumerate(found, start=1) for i in family.members}
    rows = [
        (outcome, family_of[i], chain.replicate, place, act.tick * tick_days, *_told_row(act, labels),
         (act.tick - before.tick) * tick_days / 7.0 if before else math.nan,
         act.later if math.isfinite(act.later) else math.nan)
        for i, chain in enumerate(chains)
        for place, (before, act) in enumerate(zip((None, *chain.acts), chain.acts, strict=False), start=1)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(NEEDED_COLUMNS))


def _told_row(act: Act, labels: Mapping[str, str]) -> tuple[str, str, str, str, str, str]:
    step = act.step
    phase = {BY_EVENT: "event", BY_INITIATIVE: "initiative"}.get(step.phase, "reply")
    answers = sentence(act.answered, labels) if act.answered else ""
    return sentence(step, labels), step.actor or "", step.target or "", step.rung or "", phase, answers


def common_table(outcome: str, chains: Sequence[Chain], labels: Mapping[str, str]) -> pd.DataFrame:
    """One row per act: in which share of the chains it is needed, the most frequent first.

    The acts that bring the outcome about themselves are in it too. Shares add up to more than one.

    Returns
    -------
    DataFrame
        outcome, act, share, low, high (exact 95 %), count, n (chains looked at).
    """
    counted = Counter(words for chain in chains for words in told(chain, labels))
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    n = len(chains)
    rows = [(outcome, words, count / n, *binomial_interval(count, n), count, n) for words, count in ranked]
    return pd.DataFrame(rows, columns=["outcome", "act", "share", "low", "high", "count", "n"])


def turn_table(
    outcome: str, turns: Sequence[Sequence[Turn]], labels: Mapping[str, str], tick_days: float
) -> pd.DataFrame:
    """One row per act of the median path of each family: how likely the outcome was before it and after it.

    Parameters
    ----------
    turns : sequence of sequences of Turn
        In the order of the families.

    Returns
    -------
    DataFrame
        outcome, family, place (from 1), day, act, before, before_low, before_high, after, after_low, after_high (exact
        95 %), futures (run from either point), passes_half (1 for the first act after which it is likelier than not).
    """
    rows = []
    for family, path in enumerate(turns, start=1):
        half = next((place for place, turn in enumerate(path) if 2 * turn.after > turn.futures), -1)
        for place, turn in enumerate(path):
            day, n = turn.act.tick * tick_days, turn.futures
            before, after = ((count / n, *binomial_interval(count, n)) for count in (turn.before, turn.after))
            words = sentence(turn.act.step, labels)
            rows.append((outcome, family, place + 1, day, words, *before, *after, n, int(place == half)))
    columns = (
        "outcome family place day act before before_low before_high after after_low after_high futures passes_half"
    )
    return pd.DataFrame(rows, columns=columns.split())


def turning_words(turns: pd.DataFrame) -> str:
    """In a sentence, where on a median path the outcome became likelier than not.

    Parameters
    ----------
    turns : DataFrame
        The rows of one family in `turn_table`, in order.

    >>> row = {"act": "A strikes B", "day": 14.0, "before": 0.1, "after": 1.0, "passes_half": 1}
    >>> turning_words(pd.DataFrame([row]))
    'likelier than not only with its last act (10 % just before)'
    """
    crossed = turns[turns["passes_half"] == 1]
    if crossed.empty:
        return "likelier than not at none of its acts" if len(turns) else "moved by no act"
    act = crossed.iloc[0]
    if act["before"] > 0.5:
        return f"likelier than not before its first act ({percent(act['before'])})"
    if crossed.index[0] == turns.index[-1]:
        return f"likelier than not only with its last act ({percent(act['before'])} just before)"
    odds = f"{percent(act['before'])} before, {percent(act['after'])} after"
    return f"likelier than not from week {act['day'] / 7.0:.0f} on: {act['act']} ({odds})"


def often_words(common: pd.DataFrame, most: int = 6) -> str:
    """The acts that chains needed most often, in a sentence; empty if they needed none.

    Parameters
    ----------
    common : DataFrame
        As from `common_table`, of one outcome.

    >>> often_words(pd.DataFrame({"act": ["A strikes B"], "share": [0.4]}))
    'Needed most often: A strikes B 40 %.'
    """
    first = common.head(most)
    named = [f"{act} {percent(share)}" for act, share in zip(first["act"], first["share"], strict=True)]
    return f"Needed most often: {'; '.join(named)}." if named else ""
