"""What a user would do with a file, and what must hold of what he is told."""

from __future__ import annotations

import os
import re
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from mutate import REFUSED, SAME, TREES, Mutant

from escalation_sim.errors import EscalationSimError, ScenarioError
from escalation_sim.scenario.check import check
from escalation_sim.scenario.explain import explain
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.load import load, read_tree
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.starter import new_scenario
from escalation_sim.scenario.to_arrays import Compiler
from escalation_sim.scenario.truth import load_truth
from escalation_sim.study.design import find_design, laid_out
from escalation_sim.study.ensemble import run_ensemble

MOST_SECONDS = 2.0  # of the processor, however busy the machine; at five times as many it counts as a hang
MOST_WAIT = 300  # seconds by the clock, for what waits and computes nothing
MOST_LINES = 12
JARGON = re.compile(
    r"Input should|pydantic|Value error|Traceback|constrained|tuple\[|yaml\.|<class|object at 0x|Error\("
)
PLACED = re.compile(r"\.(yaml|txt)(:\d+:\d+|: (the file|larger|not a file|no such))")


class Verdict(NamedTuple):
    """What became of a mutant, and what is wrong with that (nothing, if all is well)."""

    refused: bool
    fault: str  # "" or a word: traceback, hang, slow, accepted, refused, unclear, changed, unsound
    lines: list[str]
    seconds: float


class Subject(NamedTuple):
    """A file to spoil: its text, and what reading a spoiled one means, giving what it says."""

    name: str
    text: str
    use: Callable[[Path], Any]


class _RefusedError(Exception):
    """A file was refused; carries the lines."""


def use_scenario(file: Path) -> Any:
    """Check a scenario with its variants, read it back in words, and run a few replicates."""
    if problems := check(file):
        raise _RefusedError(problems)
    scenario = load(file)
    whole = resolve(scenario)
    said = explain(scenario)
    assert all(line.isprintable() for line in said.split("\n")), "explain prints what is not printable"
    Compiler(whole).setup()
    if whole.horizon / whole.tick * len(whole.states) < 20_000:
        table = run_ensemble(whole, 4, 2, jobs=1).probabilities
        assert np.isfinite(table["probability"]).all(), "a probability that is none"
        assert table["probability"].between(0, 1).all(), "a probability outside [0, 1]"
        assert (table["n"] == 4).all(), "replicates lost"
    return whole


def use_design(base: Path) -> Callable[[Path], Any]:
    """Lay a design out over a scenario."""
    tree = extended(base, read_tree)

    def use(file: Path) -> Any:
        design = find_design(tree, str(file))
        return laid_out(tree, design, design.with_, design.set_)

    return use


def use_truth(base: Path) -> Callable[[Path], Any]:
    """Hold a truth file against its scenario."""
    scenario = resolve(load(base))
    return lambda file: load_truth(file, scenario)


def values(node: Any) -> Counter[tuple[type, Any]]:
    """Every value of a tree and how often it stands there, whatever it is called."""
    if isinstance(node, dict | list):
        return sum(map(values, node.values() if isinstance(node, dict) else node), Counter())
    return Counter([(type(node), node)])


def differences(one: Any, other: Any) -> int:
    """How many values of a tree another one lacks."""
    return (values(one) - values(other)).total()


def _ring(*_: object) -> None:
    raise TimeoutError


def judged(mutant: Mutant, subject: Subject, file: Path, reference: Any) -> Verdict:
    """Use a mutant as a user would, under an alarm."""
    file.write_bytes(mutant.data)
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, _ring)
    signal.alarm(MOST_WAIT)
    signal.setitimer(signal.ITIMER_PROF, 5 * MOST_SECONDS)
    started = time.process_time()
    try:
        found = subject.use(file)
        lines: list[str] = []
    except _RefusedError as refused:
        lines = list(refused.args[0])
    except ScenarioError as refused:
        lines = refused.problems
    except EscalationSimError as refused:
        lines = str(refused).splitlines()
    except TimeoutError:
        return Verdict(False, "hang", [], time.process_time() - started)
    except BaseException:  # whatever else comes out is what must not
        return Verdict(False, "traceback", traceback.format_exc(limit=-4).splitlines(), time.process_time() - started)
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = time.process_time() - started
    fault = unclear(lines, file) if lines else _accepted(mutant, found, subject, file, reference)
    if lines and mutant.expect == SAME:
        fault = "refused"
    return Verdict(bool(lines), fault or ("slow" if seconds > MOST_SECONDS else ""), lines, seconds)


def _accepted(mutant: Mutant, found: Any, subject: Subject, file: Path, reference: Any) -> str:
    """What is wrong with taking a file."""
    if mutant.expect == REFUSED:
        return "accepted"
    if mutant.expect == SAME:
        return "" if _equal(found, reference) else "changed"
    if mutant.may_differ is not None:
        before, after = TREES[subject.text], read_tree(file).value
        if max(differences(before, after), differences(after, before)) > mutant.may_differ:
            return "changed"
    return ""


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other)


def unclear(lines: list[str], file: Path) -> str:
    """A word on what is wrong with a message, or nothing."""
    if len(lines) > MOST_LINES:
        return "too many lines"
    for line in lines:
        if not line.isprintable() or JARGON.search(line) or len(line) > 700 or len(line.replace(str(file), "")) < 12:
            return "unclear"
    return ""


def placed(lines: list[str]) -> bool:
    """Whether every line of a message says where (a file that is no text at all has no lines)."""
    return all(PLACED.search(line) or re.fullmatch(r"and \d+ more problems", line) for line in lines)


def furnish(folder: Path) -> None:
    """Put beside a scenario what an `extends` might lead to."""
    (folder / "folder").mkdir(parents=True, exist_ok=True)
    (folder.parent / "outside.yaml").write_text("password: hunter2\n")
    (folder / "secret.txt").write_text("password hunter2\n")
    (folder / "null.yaml").write_text("null\n")
    (folder / "loop-a.yaml").write_text("extends: loop-b.yaml\n")
    (folder / "loop-b.yaml").write_text("extends: loop-a.yaml\n")
    (folder / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    os.mkfifo(folder / "pipe.yaml")


ROOT = Path(__file__).parents[2]
_SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))
_SMALL = ROOT / "tests" / "cases" / "valid" / "small.yaml"


def subjects() -> list[Subject]:
    """Every file that is shipped (scenarios, the starter, designs, truth files), and a small one with every trick."""
    starter = new_scenario("starter")
    found = [
        Subject("starter", starter, use_scenario),
        Subject("small", _SMALL.read_text(encoding="utf-8"), use_scenario),
    ]
    for file in sorted((ROOT / "scenarios" / "designs").glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        (scenario,) = re.findall(r"sweep (scenarios/\S+) --design", text)  # its first lines say of which it is
        found.append(Subject(f"design {file.stem}", text, use_design(ROOT / scenario)))
    for file in _SHIPPED:
        found.append(Subject(file.stem, file.read_text(encoding="utf-8"), use_scenario))
        truth = ROOT / "scenarios" / "truth" / file.name
        found.append(Subject(f"truth {file.stem}", truth.read_text(encoding="utf-8"), use_truth(file)))
    return found
