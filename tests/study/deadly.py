"""A chunk as the sweep runs it, except that some points do what a file beside the folder of the sweep says.

Imported by name in worker processes of every kind, whatever way they were started.
"""

import json
import multiprocessing as mp
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from escalation_sim.study import sweep

_run_point = sweep.run_point
_orders: dict[str, str] = {}
_place = Path()


def orders(folder: str | Path, **said: str) -> None:
    """Have points do something: p3="exit", "once" (exit the first time), "group" (exit, and stop the sweep), "raise",
    or sleep so many seconds.
    """
    Path(f"{folder}.orders").write_text(json.dumps({name.removeprefix("p"): what for name, what in said.items()}))


def _obeying(plan: Any, point: int, jobs: int = 1, progress: Callable[[int], object] = lambda done: None) -> Any:
    said = _orders.get(str(point), "")
    if said == "once" and not (marker := Path(f"{_place}.{point}.once")).exists():
        marker.touch()
        said = "exit"
    if said == "exit":
        os._exit(1)
    if said == "group":
        os.kill(mp.parent_process().pid, signal.SIGTERM)  # type: ignore[union-attr]
        os._exit(1)
    if said == "raise":
        return sweep.failed_point(plan, point, ValueError("not this\none"))
    if said[:1].isdecimal():
        time.sleep(float(said))
    return _run_point(plan, point, jobs, progress)


def _obey(folder: str) -> None:
    global _place
    _place, file = Path(folder), Path(f"{folder}.orders")
    _orders.clear()
    _orders.update(json.loads(file.read_text()) if file.exists() else {})
    sweep.run_point = _obeying  # type: ignore[assignment]


def run_chunk(folder: str, *words: Any, **options: Any) -> int:
    """As in the sweep."""
    _obey(folder)
    return sweep.run_chunk(folder, *words, **options)


def run_one(folder: str, *words: Any) -> dict[str, bytes]:
    """As in the sweep."""
    _obey(folder)
    return sweep.run_one(folder, *words)
