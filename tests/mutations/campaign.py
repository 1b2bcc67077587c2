"""Mutants by the hundred, judged, and a table of what became of them."""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from judge import Subject, Verdict, furnish, judged, placed, subjects
from mutate import TREES, Mutant, mutant

from escalation_sim.scenario.load import read_tree

BIG = 30_000  # characters; a file above it takes ten times as long as others


class Case(NamedTuple):
    """A mutant of a subject by its seed, and what became of it."""

    seed: str
    subject: str
    mutant: Mutant
    verdict: Verdict


def one(subject: Subject, seed: str) -> Mutant:
    """The mutant of a subject that belongs to a seed."""
    return mutant(subject.text, random.Random(f"{subject.name}:{seed}"))


def campaign(n: int, seed: str, folder: Path, share_of_big: float) -> Iterator[Case]:
    """So many mutants of all subjects, each used in a folder that holds what an `extends` may lead to."""
    home = folder / "home"
    furnish(home)
    every = subjects()
    reference = {}
    for subject in every:
        file = home / "mutant.yaml"
        file.write_text(subject.text, encoding="utf-8")
        TREES[subject.text] = read_tree(file).value
        reference[subject.name] = subject.use(file)
    big = [subject for subject in every if len(subject.text) > BIG]
    small = [subject for subject in every if len(subject.text) <= BIG]
    rng = random.Random(seed)
    for k in range(n):
        subject = rng.choice(big if rng.random() < share_of_big else small)
        made = one(subject, f"{seed}/{k}")
        yield Case(
            f"{seed}/{k}", subject.name, made, judged(made, subject, home / "mutant.yaml", reference[subject.name])
        )


class Table:
    """Counts of what became of mutants."""

    def __init__(self) -> None:
        self.by_kind: dict[str, Counter[str]] = {}
        self.faults: list[Case] = []
        self.n = self.refused = self.placed = 0

    def add(self, case: Case) -> None:
        """Count a case; keep it if it has a fault."""
        counts = self.by_kind.setdefault(case.mutant.kind, Counter())
        counts["refused" if case.verdict.refused else "accepted"] += 1
        counts[case.verdict.fault or "good"] += 1
        self.n += 1
        self.refused += case.verdict.refused
        self.placed += case.verdict.refused and placed(case.verdict.lines)
        if case.verdict.fault:
            self.faults.append(case)

    @property
    def share_placed(self) -> float:
        """Share of the messages that say where."""
        return self.placed / max(self.refused, 1)

    def told(self) -> str:
        """The table as text, faults with their seeds first."""
        lines = []
        for case in self.faults:
            lines.append(f"{case.verdict.fault}: {case.mutant.kind} of {case.subject}, seed {case.seed!r}")
            lines += [f"    {line[:200]}" for line in case.verdict.lines[-6:]]
        for kind, counts in sorted(self.by_kind.items()):
            lines.append(f"{kind:18} {dict(counts)}")
        lines.append(
            f"{self.n} mutants, {self.refused} refused, {100 * self.share_placed:.2f} % of the messages with a line"
        )
        return "\n".join(lines)


if __name__ == "__main__":
    table = Table()
    with tempfile.TemporaryDirectory() as scratch:
        for case in campaign(int(sys.argv[1]), sys.argv[2], Path(scratch), float(sys.argv[3])):
            table.add(case)
            if case.verdict.fault:
                print(
                    case.verdict.fault,
                    case.mutant.kind,
                    case.subject,
                    repr(case.seed),
                    *case.verdict.lines[-4:],
                    sep=" | ",
                    flush=True,
                )
            if case.verdict.refused and not placed(case.verdict.lines):
                print(
                    "NOLINE",
                    case.mutant.kind,
                    case.subject,
                    repr(case.seed),
                    *case.verdict.lines[:2],
                    sep=" | ",
                    flush=True,
                )
    print(table.told())
