"""The command `verify`: the checks as a table or as JSON, and a sentence that names those that failed."""

from __future__ import annotations

import json
import math
import platform
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from escalation_sim import __version__
from escalation_sim.draws import STREAM_VERSION
from escalation_sim.study.ensemble import processors
from escalation_sim.verification.checks import CHECKS, Verdict, about, chosen, verified
from escalation_sim.verification.verdict import Effort, Row

QUICK = Effort(200_000, 1, 1, 4.5)
FULL = Effort(2_000_000, 1, 1, 4.8)
FAILED = 3  # exit code
HEAD = ("check", "compared", "exact", "got", "z or difference", "n", "verdict")


class Said(NamedTuple):
    """What goes to stdout, what is told besides, and the exit code."""

    text: str
    sentence: str
    exit_code: int


def listed() -> str:
    """All checks by name, each with what it is about."""
    width = max(map(len, CHECKS))
    return "\n".join(f"{name:{width}}  {about(name)}" for name in CHECKS)


def effort_of(full: bool, seed: int | None, jobs: int | None) -> Effort:
    """How hard to look: fixed luck in the quick tier, new luck each time in the full one unless a seed is given."""
    tier = FULL if full else QUICK
    luck = seed if seed is not None else secrets.randbelow(2**31) if full else tier.seed
    return tier._replace(seed=luck, jobs=jobs or processors())


def verify_and_report(options: Mapping[str, Any], tell: Callable[[str], object]) -> Said:
    """Run the checks asked for.

    Parameters
    ----------
    options : mapping
        full, seed, jobs, only, as_json: those of the command.
    tell : callable
        Called with a line of progress before and after each check.

    Raises
    ------
    EscalationSimError
        If there is no check of a name asked for.
    """
    names, full = chosen(options["only"]), bool(options["full"])
    effort = effort_of(full, options["seed"], options["jobs"])
    tell(f"{len(names)} checks, {'full' if full else 'quick'}, seed {effort.seed}, {effort.jobs} threads")
    found = []
    for place, verdict in enumerate(verified(names, effort, again=full), start=1):
        found.append(verdict)
        word = "passed" if verdict.passed else "FAILED"
        tell(f"[{place}/{len(names)}] {verdict.name}: {word}, {verdict.seconds:.1f} s")
    text = as_json(found, effort, full) if options["as_json"] else as_table(found, effort, full)
    failed = [verdict.name for verdict in found if not verdict.passed]
    return Said(text, sentence(failed), FAILED if failed else 0)


def sentence(failed: Sequence[str]) -> str:
    """What to make of the failures; empty if there are none."""
    if not failed:
        return ""
    what = "1 check failed" if len(failed) == 1 else f"{len(failed)} checks failed"
    return (
        f"{what}: {', '.join(failed)}. Trust no probability of this installation before the reason is known; "
        f"`escalation-sim verify --only {','.join(failed)}` tries again."
    )


def as_table(found: Sequence[Verdict], effort: Effort, full: bool) -> str:
    """One line for each comparison, and what they come to."""
    lines = [HEAD, *(_cells(verdict, row) for verdict in found for row in verdict.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    text = [
        "  ".join(_set(cell, widths[column], column) for column, cell in enumerate(line)).rstrip() for line in lines
    ]
    rows = [row for verdict in found for row in verdict.rows]
    good, largest = sum(verdict.passed for verdict in found), largest_z(rows)
    text.append("")
    text.append(
        f"{good} of {len(found)} checks passed ({len(rows)} comparisons; largest |z| {largest:.2f}, limit "
        f"{effort.limit:g}; {'full' if full else 'quick'}, seed {effort.seed}, escalation-sim {__version__}, "
        f"streams {STREAM_VERSION})."
    )
    text.append(
        "This shows that the program computes what docs/model.md says, not that the model is right about the world."
    )
    return "\n".join(text)


def largest_z(rows: Sequence[Row]) -> float:
    """The largest z-score of either sign; 0 if no row is one of luck."""
    return max((abs(row.off) for row in rows if row.by_chance), default=0.0)


def _cells(verdict: Verdict, row: Row) -> tuple[str, ...]:
    off = f"z {row.off:+.2f}" if row.by_chance else f"{row.off:+.3g}" if row.off else "0"
    word = "ok" if row.passed else "FAILED"
    if verdict.repeated:
        word += " (again)"
    return (verdict.name, row.compared, _number(row.exact), _number(row.got), off, f"{row.n:,}", word)


def _number(x: float) -> str:
    return "-" if math.isnan(x) else f"{x:.6g}"


def _set(cell: str, width: int, column: int) -> str:
    return cell.rjust(width) if column in (2, 3, 4, 5) else cell.ljust(width)


def as_json(found: Sequence[Verdict], effort: Effort, full: bool) -> str:
    """The same as one object; what cannot be told is null."""
    checks = [
        {"check": one.name, "about": one.about, "passed": one.passed, "repeated": one.repeated,
         "seconds": round(one.seconds, 2), "rows": [_plain(row) for row in one.rows]}
        for one in found
    ]  # fmt: skip
    head = {"tier": "full" if full else "quick", "seed": effort.seed, "limit": effort.limit, "jobs": effort.jobs,
            "version": __version__, "stream_version": STREAM_VERSION, "platform": platform.platform(),
            "passed": all(one.passed for one in found)}  # fmt: skip
    return json.dumps(head | {"checks": checks}, indent=1)


def _plain(row: Row) -> dict[str, Any]:
    cells = {
        name: None if isinstance(cell, float) and not math.isfinite(cell) else cell
        for name, cell in row._asdict().items()
    }
    return {"compared": cells["compared"], "exact": cells["exact"], "got": cells["got"],
            "z" if row.by_chance else "difference": cells["off"], "n": row.n, "passed": row.passed}  # fmt: skip
