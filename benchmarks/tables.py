"""What the scripts of this folder do with their tables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path


def written(tables: Mapping[str, Callable[[], Iterator[str]]], script: str, usage: str | None) -> None:
    """Print the table named on the command line as its lines come, and keep it in `results/`; else how to ask."""
    asked = sys.argv[1] if len(sys.argv) == 2 else ""
    if asked not in tables:
        sys.exit(usage)
    lines = []
    for line in tables[asked]():
        print(line, flush=True)
        lines.append(line)
    (Path(__file__).parent / "results" / f"{script}-{asked}.txt").write_text("\n".join([*lines, ""]))
