"""Mutation testing: of small mistakes planted in the theory and in the estimates, how many do the tests find?

Cosmic Ray says where a mistake can be planted and plants it. Its own runner would change the files of the checkout and
start Python anew for every mutant; here each mutant lives in a fork that finds the changed source in place of the
file, so that one takes about a second and two can run at a time. Compilation is off, in which the tests ask the same.

    pip install cosmic-ray==8.7.0
    python benchmarks/mutation.py [MODULE ...] [--sample 30] [--seed 1] [--jobs 2]

MODULE is a file of the package, such as theory/gates.py; by default all of theory/ and analysis/estimates.py. So many
mutants as `--sample` says are drawn at random from each module (0: all of them). Prints survivors, then the share found
by module with its exact 95 % interval.

Not planted, since nothing can find them, or everything does: `is` for `==` between small numbers, the removal of a
decorator that does nothing, changes to type annotations, and operators of bits on real numbers.
"""

from __future__ import annotations

import argparse
import difflib
import importlib.machinery
import os
import random
import re
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

os.environ["ESCALATION_SIM_COMPILE"] = "0"

import cosmic_ray.ast
import cosmic_ray.mutating
import cosmic_ray.plugins
import hypothesis
import mesa  # noqa: F401 (imported here once, rather than in every fork)
import numpy as np
import pandas as pd  # noqa: F401
import pydantic  # noqa: F401
import pytest
from scipy import stats

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "escalation_sim"
SECONDS = 60  # of a processor; a mutant that takes longer loops for ever: found
OPERATORS = re.compile(
    r"core/(ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|Mul_Add|Pow_Mul|BitXor_BitAnd|RShift_LShift)"
    r"|ReplaceComparisonOperator_\w+(?<!Is)(?<!IsNot)|ReplaceUnaryOperator_(Delete_\w+|USub_UAdd)|AddNot"
    r"|Replace(TrueWithFalse|FalseWithTrue|AndWithOr|OrWithAnd|BreakWithContinue|ContinueWithBreak)"
    r"|NumberReplacer|ZeroIterationForLoop)"
)
QUICK = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
TESTS = {  # those first that find most
    "theory": ["tests/agreement/test_peer.py", "tests/theory", "tests/properties/test_sentences.py",
               "--deselect=tests/theory/test_indices.py", "-k", "not falls_between_two_ticks"],
    "analysis": ["tests/analysis/test_estimates.py", "-k", "not other_draws and not importing"],
}  # fmt: skip


class Mutant(NamedTuple):
    """One planted mistake: the module, its changed source, and what was changed."""

    module: Path
    source: str
    change: str


def places(module: Path) -> list[tuple[str, int]]:
    """Where mistakes can be planted in a module: names of operators, and which of the places that each fits."""
    nodes = list(cosmic_ray.ast.ast_nodes(cosmic_ray.ast.get_ast(module.read_text(encoding="utf-8"))))
    found = []
    for name in sorted(filter(OPERATORS.fullmatch, cosmic_ray.plugins.operator_names())):
        operator = cosmic_ray.plugins.get_operator(name)()
        n_places = sum(len(list(operator.mutation_positions(node))) for node in nodes)
        found += [(name, occurrence) for occurrence in range(n_places)]
    return found


def planted(module: Path, name: str, occurrence: int) -> Mutant:
    """A module with one mistake in it."""
    source = module.read_text(encoding="utf-8")
    changed = cosmic_ray.mutating.mutate_code(source, cosmic_ray.plugins.get_operator(name)(), occurrence)
    return Mutant(module, changed, f"{name.split('/')[1]}: {_difference(source, changed)}")


def _difference(before: str, after: str) -> str:
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    return " ".join(re.sub(r"\s+", " ", line) for line in lines)


def is_found(mutant: Mutant) -> bool:
    """Whether the tests of a module fail with this mistake in it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = _examined(mutant)
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] != 0


def _examined(mutant: Mutant) -> int:
    """In the fork: run the tests upon the changed source; 0 if they pass."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    usual = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: Any, name: str) -> Any:
        changed = Path(loader.path) == mutant.module
        return compile(mutant.source, loader.path, "exec") if changed else usual(loader, name)

    importlib.machinery.SourceFileLoader.get_code = get_code
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    quick = {"max_examples": 15, "phases": [hypothesis.Phase.generate], "derandomize": True, "database": None}
    hypothesis.settings.register_profile("mutation", deadline=None, **quick)
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"  # which the tests load
    return int(pytest.main([*QUICK, *TESTS[mutant.module.parent.name]]))


def interval(count: int, n: int) -> tuple[float, float]:
    """Exact 95 % interval of a share (not that of the package, which is under test)."""
    low = stats.beta.ppf(0.025, count, n - count + 1) if count else 0.0
    return float(low), float(stats.beta.ppf(0.975, count + 1, n - count) if count < n else 1.0)


def examined(modules: list[Path], sample: int, seed: int, jobs: int) -> Iterator[tuple[Path, int, list[bool]]]:
    """Each module with how many mutants it has and which of those drawn were found; survivors are printed."""
    for module in modules:
        everything = places(module)
        order = random.Random(f"{seed} {module.name}").sample(everything, len(everything))
        drawn = [planted(module, *place) for place in order[: sample or None]]
        with ThreadPoolExecutor(jobs) as pool:
            found = list(pool.map(is_found, drawn))
        for mutant, was_found in zip(drawn, found, strict=True):
            if not was_found:
                print(f"survived {module.name} {mutant.change}", flush=True)
        yield module, len(everything), found


def main() -> int:
    """Plant mistakes and report; 1 if the tests fail without any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", nargs="*", help="files of the package")
    parser.add_argument("--sample", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    modules = [PACKAGE / name for name in asked.module] or [
        *sorted(PACKAGE.glob("theory/[!_]*.py")),
        PACKAGE / "analysis" / "estimates.py",
    ]
    os.chdir(ROOT)
    for module in {module.parent: module for module in modules}.values():
        if is_found(Mutant(module, module.read_text(encoding="utf-8"), "none")):
            print(f"the tests of {module.parent.name} fail without a mutant", file=sys.stderr)
            return 1
    rows = []
    for module, n_mutants, found in examined(modules, asked.sample, asked.seed, asked.jobs):
        rows.append((n_mutants, sum(found), len(found)))
        low, high = interval(sum(found), len(found))
        print(f"{module.name:<16}{n_mutants:>6} mutants, {sum(found):>4} of {len(found):>4} found, "
              f"{sum(found) / len(found):6.1%} ({low:.1%} to {high:.1%})", flush=True)  # fmt: skip
    weights, shares = np.array([row[0] for row in rows]), np.array([row[1] / row[2] for row in rows])
    print(f"all: {np.average(shares, weights=weights):.1%} of {weights.sum()} (modules weighted by their mutants)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
