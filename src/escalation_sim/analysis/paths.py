"""By which steps an outcome came about: packed records as acts, acts as words, chains of acts counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from escalation_sim.world import BY_REPLY

if TYPE_CHECKING:
    from escalation_sim.drivers.ensemble import Tally
    from escalation_sim.world import Names, Records, Setup

ARROW = " → "
BY_ITSELF = "by itself (no act before it)"
_NO_LABELS: Mapping[str, str] = {}

# a acts against t; b is the beneficiary. Without one, and with one. Rungs not named here are told by their id.
_VERBS = {
    "protest": ("{a} protests against {t}", "{a} protests against {t} for {b}"),
    "coerce": ("{a} coerces {t}", "{a} coerces {t} for {b}"),
    "assist": ("{a} aids others against {t}", "{a} aids {b} against {t}"),
    "threaten": ("{a} threatens {t}", "{a} threatens {t} for {b}"),
    "display": ("{a} shows force against {t}", "{a} shows force against {t} for {b}"),
    "arm": ("{a} arms others against {t}", "{a} arms {b} against {t}"),
    "seize": ("{a} seizes from or blockades {t}", "{a} seizes from or blockades {t} for {b}"),
    "strike": ("{a} strikes {t}", "{a} strikes {t} for {b}"),
    "fight": ("{a} fights {t}", "{a} fights {t} for {b}"),
    "war": ("{a} goes to war with {t}", "{a} goes to war with {t} for {b}"),
    "nuclear": ("{a} uses nuclear weapons against {t}", "{a} uses nuclear weapons against {t} for {b}"),
}
_ANY_RUNG = ("{a}: {rung} vs {t}", "{a}: {rung} vs {t} for {b}")


class Step(NamedTuple):
    """One act or event, in names; None where there is none. A mere event has no actor, target or rung."""

    actor: str | None
    target: str | None
    rung: str | None
    phase: int  # world.BY_EVENT, BY_INITIATIVE or BY_REPLY
    event: str | None
    beneficiary: str | None


def unpack(code: int, names: Names) -> Step | None:
    """The act or event behind a code of `Tally.chains`; None for 0, where a chain has ended.

    The inverse of `drivers.ensemble.pack`: mixed-radix digits for edge, rung, phase, event and beneficiary.

    Raises
    ------
    ValueError
        If no record of a scenario with these names has this code.

    >>> from escalation_sim.world import Names
    >>> empty = dict.fromkeys(("dyads", "treaties", "commitments", "rules", "outcomes"), ())
    >>> names = Names(states=("A", "B"), edges=("A>B", "B>A"), rungs=("none", "strike"), events=("e",), **empty)
    >>> unpack(1 + ((((2 * 2 + 1) * 3 + 2) * 2 + 0) * 3 + 0), names)
    Step(actor='B', target='A', rung='strike', phase=2, event=None, beneficiary=None)
    """
    if code == 0:
        return None
    rest, support = divmod(code - 1, len(names.states) + 1)
    rest, event = divmod(rest, len(names.events) + 1)
    rest, phase = divmod(rest, BY_REPLY + 1)
    edge, rung = divmod(rest, len(names.rungs))
    if not 0 <= edge <= len(names.edges):
        raise ValueError(f"code {code} belongs to no record of this scenario")
    actor, target = names.edges[edge - 1].split(">") if edge else (None, None)
    return Step(
        actor,
        target,
        names.rungs[rung] if edge else None,
        phase,
        names.events[event - 1] if event else None,
        names.states[support - 1] if support else None,
    )


def recorded(names: Names, setup: Setup, records: Records, number: int) -> Step:
    """A record of a replicate as an act or event in names."""
    edge, event, support = (int(column[number]) for column in (records.edge, records.event, records.support))
    return Step(
        actor=names.states[setup.actor[edge]] if edge >= 0 else None,
        target=names.states[setup.target[edge]] if edge >= 0 else None,
        rung=names.rungs[records.rung[number]],
        phase=min(int(records.phase[number]), BY_REPLY),
        event=names.events[event] if event >= 0 else None,
        beneficiary=names.states[support] if support >= 0 else None,
    )


def sentence(step: Step, labels: Mapping[str, str] = _NO_LABELS) -> str:
    """A step in a few words, for a box of a figure or a line of a table.

    `labels` says what to call states and events; an id that is missing stands for itself.

    >>> from escalation_sim.world import BY_EVENT, BY_INITIATIVE
    >>> sentence(Step("PRK", "UKR", "fight", BY_INITIATIVE, None, "RUS"))
    'PRK fights UKR for RUS'
    >>> sentence(Step("RUS", "KOR", "threaten", BY_REPLY, None, None), {"RUS": "Russia"})
    'Russia threatens KOR (reply)'
    >>> sentence(Step(None, None, None, BY_EVENT, "main_body", None), {"main_body": "main body arrives"})
    'main body arrives (event)'
    >>> sentence(Step("KOR", "RUS", "send_shells", BY_INITIATIVE, None, None))
    'KOR: send_shells vs RUS'
    """
    if step.event is not None:
        words = labels.get(step.event, step.event) + " (event)"
    else:
        a, t, b = (labels.get(state or "", state) for state in (step.actor, step.target, step.beneficiary))
        form = _VERBS.get(step.rung or "", _ANY_RUNG)[b is not None]
        words = form.format(a=a, t=t, b=b, rung=step.rung) + (" (reply)" if step.phase >= BY_REPLY else "")
    return words.replace("→", "->")  # the arrow is what separates the steps of a path


def path_table(tally: Tally, names: Names, labels: Mapping[str, str] = _NO_LABELS, top: int = 20) -> pd.DataFrame:
    """The most frequent chains of acts that led to each outcome.

    Parameters
    ----------
    tally : Tally
        `chains` (C, 2 + CHAIN).
    names : Names
        Of the scenario that was run.
    labels : mapping
        What to call states and events, by id.
    top : int
        The most paths listed for an outcome.

    Returns
    -------
    DataFrame
        A row per path: outcome, rank (1 first; as frequent ones in order of their text), path, share, count, n.
        `count` of the `n` replicates looked at, all in which the outcome happened or the first CHAINS of them, took the
        path. The earliest act stands first, each is what the next one answered; chains are followed back over no more
        than CHAIN acts. An act that answers its like is told once, with ×2, ×3 ... An outcome that never happened has
        no row.
    """
    rows: list[tuple[str, int, str, float, int, int]] = []
    for o, outcome in enumerate(names.outcomes):
        led_there, words = _in_words(tally.chains[tally.chains[:, 0] == o, 2:], names, labels)
        n = len(led_there)
        counted = [(int(count), _told(list(words[chain[::-1]]))) for chain, count in _frequent(led_there, top)]
        ranked = sorted(counted, key=lambda item: (-item[0], item[1]))[:top]
        rows += [(outcome, rank, path, count / n, count, n) for rank, (count, path) in enumerate(ranked, start=1)]
    return pd.DataFrame(rows, columns=["outcome", "rank", "path", "share", "count", "n"])


def _in_words(
    chains: npt.NDArray[np.int64], names: Names, labels: Mapping[str, str]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """Chains of codes as chains of numbers of sentences, and the sentences."""
    place, codes = pd.factorize(chains.ravel())
    told = [sentence(step, labels) if (step := unpack(int(code), names)) else "" for code in codes]
    word_of_code, words = pd.factorize(np.array(told, dtype=object))  # two events may bear the same label
    return word_of_code[place].reshape(chains.shape), words


def _frequent(rows: npt.NDArray[np.int64], top: int) -> Iterator[tuple[npt.NDArray[np.int64], int]]:
    """Distinct rows with how often each occurs: the `top` most frequent and all that are as frequent as the last.

    (By lexsort: numpy.unique with an axis takes four times as long.)
    """
    ordered = rows[np.lexsort(rows.T)]
    first = np.flatnonzero(np.r_[True, np.any(ordered[1:] != ordered[:-1], axis=1)][: len(rows)])
    count = np.diff(np.r_[first, len(rows)])
    least = np.sort(count)[-top:][:1]
    kept = np.flatnonzero(count >= least) if len(count) else count
    return zip(ordered[first[kept]], count[kept], strict=True)


def _told(steps: Sequence[str]) -> str:
    """Steps as a path; empty ones are where the chain had ended.

    >>> _told(["", "A strikes B", "A strikes B", "B strikes A (reply)"])
    'A strikes B ×2 → B strikes A (reply)'
    """
    runs = [(words, len(list(same))) for words, same in groupby(step for step in steps if step)]
    return ARROW.join(f"{words} ×{times}" if times > 1 else words for words, times in runs) or BY_ITSELF
