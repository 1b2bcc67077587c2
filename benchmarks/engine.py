"""How fast is the engine? Against peers of the same theory, in alternation in one run, and against its own size.

    python benchmarks/engine.py peers      # replicate-ticks a second: Mesa, NumPy over replicates, C, the engine
    python benchmarks/engine.py growth     # cost by states, ticks, replicates, idle states; one and two threads
    python benchmarks/engine.py start      # imports, cold and warm starts of the command line, peak memory

Tables go to `results/`. CPU time of one thread unless said otherwise; medians, so run them on a quiet machine.
`check_peers.py`, `check_numpy_luck.py` and `c_twin/check.py` show that the peers say what the engine says.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import worlds
from mesa_peer import build
from mesa_peer import simulate as simulate_mesa
from numpy_peer import simulate as simulate_numpy
from tables import written

from escalation_sim import load
from escalation_sim import world as w
from escalation_sim.draws import key_schedule
from escalation_sim.drivers import ensemble
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.to_arrays import Compiler

sys.path.insert(0, str(Path(__file__).parent / "c_twin"))
import twin

ROOT = Path(__file__).parents[1]
NORTH_KOREA = ROOT / "scenarios" / "north-korea-troops-2024.yaml"
ROUNDS = 5


def shipped(file: Path) -> w.Setup:
    """A shipped scenario with its uncertain numbers at their middle."""
    return Compiler(resolve(load(file))).setup()


def engine(setup: w.Setup, n: int, jobs: int = 1) -> None:
    """Run `n` replicates."""
    ensemble.run(lambda _: setup, 1, n, seed=1, jobs=jobs, rows=0)


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """How long something takes."""
    begun = clock()
    work()
    return clock() - begun


def peers() -> Iterator[str]:
    """Replicate-ticks per CPU second and ratios to idiomatic Mesa (medians of rounds in alternation)."""
    yield f"{'world':26} {'edges':>5} {'Mesa':>8} {'NumPy':>9} {'C':>9} {'engine':>9}"
    yield "and as multiples of Mesa: NumPy, C, the engine (its range)"
    cases = {file.stem: shipped(file) for file in sorted((ROOT / "scenarios").glob("*.yaml"))}
    cases |= {f"{n} states, {t} ticks": worlds.world(n, t) for n, t in ((13, 52), (50, 52), (200, 52), (13, 365))}
    keys = key_schedule(1)
    for name, setup in cases.items():
        plan, ticks = build(setup), setup.n_ticks
        few = max(1, 30_000 // (ticks * len(setup.actor)))
        many = max(20, 4_000_000 // (ticks * len(setup.actor)))
        numbers = np.arange(many, dtype=np.uint64)
        works: list[tuple[int, Callable[[], object]]] = [
            (few, lambda plan=plan, few=few: [simulate_mesa(plan, seed) for seed in range(few)]),
            (2048, lambda setup=setup: simulate_numpy(setup, 2048, 1)),
            (many, lambda setup=setup, numbers=numbers: twin.run(setup, keys, numbers)),
            (many, lambda setup=setup, many=many: engine(setup, many)),
        ]
        if len(setup.actor) > 300:
            works[1] = (256, lambda setup=setup: simulate_numpy(setup, 256, 1))
        for _, work in works[2:]:
            work()
        rounds = [[n * ticks / seconds(work) for n, work in works] for _ in range(ROUNDS)]
        rates = [statistics.median(column) for column in zip(*rounds, strict=True)]
        ratios = [[one / row[0] for one in row] for row in rounds]
        told = [statistics.median(column) for column in zip(*ratios, strict=True)][1:]
        span = f"({min(row[3] for row in ratios):.0f} to {max(row[3] for row in ratios):.0f})"
        numbers_told = " ".join(f"{rate:{width},.0f}" for rate, width in zip(rates, (8, 9, 9, 9), strict=True))
        yield f"{name:26} {len(setup.actor):5} {numbers_told}   {told[0]:.0f}, {told[1]:.0f}, {told[2]:.0f} {span}"


def growth() -> Iterator[str]:
    """Microseconds of CPU by size, and what a second thread brings."""
    yield "microseconds a replicate-tick, and nanoseconds an edge and tick"
    base = shipped(NORTH_KOREA)
    cases = {"article's scenario": base, "the same, 4 idle states more": _with_idle(4)}
    cases |= {f"{n} states, {t} ticks": worlds.world(n, t) for n in (13, 50, 200) for t in (52, 365)}
    for name, setup in cases.items():
        n = max(10, 2_000_000 // (setup.n_ticks * len(setup.actor)))
        engine(setup, 2)
        spent = statistics.median(seconds(lambda s=setup, n=n: engine(s, n)) for _ in range(ROUNDS)) / n / setup.n_ticks
        yield f"  {name:30} {1e6 * spent:8.2f}   {1e9 * spent / len(setup.actor):8.1f}   ({len(setup.actor)} edges)"
    yield "milliseconds a replicate, by replicates of the article's scenario"
    for n in (100, 1_000, 10_000):
        yield f"  {n:7,} {1e3 * seconds(lambda n=n: engine(base, n)) / n:8.3f}"
    pairs = [[seconds(lambda j=j: engine(base, 6_000, j), time.perf_counter) for j in (1, 2)] for _ in range(ROUNDS)]
    yield f"two threads, wall time: {statistics.median(one / two for one, two in pairs):.2f} times as fast as one"


def _with_idle(n: int) -> w.Setup:
    """The article's scenario with states that have no relations."""
    scenario = resolve(load(NORTH_KOREA))
    first = scenario.states[0]
    idle = [first.model_copy(update={"id": f"X{number}"}) for number in range(n)]
    return Compiler(scenario.model_copy(update={"states": (*scenario.states, *idle)})).setup()


def start() -> Iterator[str]:
    """Wall seconds of whole processes, and the memory that they came to."""
    for module in (
        "escalation_sim",
        "escalation_sim.drivers.ensemble",
        "escalation_sim.report.run",
        "mesa",
        "matplotlib.pyplot",
    ):
        times = [_process([sys.executable, "-c", f"import {module}"])[0] for _ in range(ROUNDS)]
        yield f"import {module:35} {statistics.median(times):6.2f} s"
    run = [sys.executable, "-m", "escalation_sim", "run", str(NORTH_KOREA), "--force", "--no-figures", "--rare", "none"]
    with tempfile.TemporaryDirectory() as folder:
        out = ["--out", str(Path(folder) / "result")]
        cold = {**os.environ, "NUMBA_CACHE_DIR": folder}
        taken, memory = _process([*run, *out, "--replicates", "1000"], cold)
        yield f"first run ever (compiles), 1,000 replicates      {taken:6.1f} s   {memory:6.0f} MB"
        taken = statistics.median(_process([*run, *out, "--replicates", "1000"], cold)[0] for _ in range(ROUNDS))
        yield f"warm run, 1,000 replicates                       {taken:6.1f} s"
        for n in (10_000, 100_000):
            taken, memory = _process([*run, *out, "--replicates", str(n)], cold)
            yield f"warm run, {n:9,} replicates                   {taken:6.1f} s   {memory:6.0f} MB"


def _process(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, float]:
    """Wall seconds and peak memory in MB of a process."""
    begun = time.perf_counter()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{command} failed")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


if __name__ == "__main__":
    written({"peers": peers, "growth": growth, "start": start}, "engine", __doc__)
