"""Write an ensemble, or a study that starts from one, to a folder: tables, resolved scenario, manifest, figures."""

from __future__ import annotations

import datetime as dt
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from escalation_sim._compiled import COMPILING, is_warm
from escalation_sim.scenario.load import load
from escalation_sim.scenario.messages import marks_of
from escalation_sim.scenario.resolve import resolve
from escalation_sim.scenario.schema import Scenario
from escalation_sim.store import layout
from escalation_sim.store.provenance import manifest
from escalation_sim.store.write import check_folder, write_result, write_study
from escalation_sim.study.ensemble import Ensemble

if TYPE_CHECKING:
    import pandas as pd


def tell_if_cold() -> None:
    """Say on a terminal that the first run compiles, so that nobody takes it for hanging."""
    if COMPILING and not is_warm() and sys.stderr.isatty():
        sys.stderr.write("First run of this version: compiling the theory takes half a minute to a minute.\n")


def option_words(chosen: Mapping[str, Sequence[str]]) -> list[str]:
    """Options of a command line, each as often as it has values.

    >>> option_words({"with": ["rear_use"], "set": ["a=1", "b=2"]})
    ['--with', 'rear_use', '--set', 'a=1', '--set', 'b=2']
    """
    return [word for name, values in chosen.items() for value in values for word in (f"--{name}", value)]


class Opened(NamedTuple):
    """A study of one scenario before it is run: what it reads, where it will write, and the words that repeat it."""

    file: Path
    scenario: Scenario
    folder: Path
    words: list[str]
    started: dt.datetime

    def record(self, name: str, baseline: Ensemble, words: Sequence[str] = ()) -> dict[str, Any]:
        """The provenance of what came out; `words` are the options of the command's own."""
        return provenance(baseline, command_line(name, self.file, baseline, [*self.words, *words]), self.started)


def opened(
    file: Path, variants: Sequence[str], settings: Sequence[str], options: Mapping[str, Any], kind: str, ending: str
) -> Opened:
    """Load and resolve a scenario for a study, and look at its folder before anything is run.

    `kind` is that of the folder (see `store.write`), `ending` what its default name ends with.
    """
    started = dt.datetime.now(dt.UTC)
    scenario = resolve(load(file, variants, settings))
    folder = options["out"] or Path("results") / "-".join([scenario.id, *variants, ending])
    check_folder(folder, scenario.id, options["force"], kind)
    return Opened(file, scenario, folder, option_words({"with": variants, "set": settings}), started)


def command_line(name: str, file: Path, result: Ensemble, words: Sequence[str] = ()) -> str:
    """The command that repeats a result: `words` are the options of its own."""
    counts = [f"--{option}={getattr(result, option)}" for option in ("replicates", "parameters", "seed")]
    return shlex.join(["escalation-sim", name, str(file), *words, *counts])


def provenance(result: Ensemble, command: str, started: dt.datetime | None = None) -> dict[str, Any]:
    """What a result was made from: the command that repeats it, versions, hashes, counts."""
    now = dt.datetime.now(dt.UTC)
    return manifest(
        command=command,
        seed=result.seed,
        replicates=result.replicates,
        draws=result.parameters,
        scenario_id=result.scenario.id,
        resolved_text=result.resolved_text,
        source_hashes=marks_of(result.scenario).files,
        started=started or now,
        finished=now,
    )


def tables_of(result: Ensemble) -> dict[str, pd.DataFrame]:
    """The tables of a run by their names."""
    import pandas as pd

    tables = {
        "probabilities": result.probabilities,
        "curves": result.curves,
        "rungs": result.rungs,
        "runs": result.runs,
        "paths": result.paths,
        "strain": result.strain,
    }
    if result.rare:
        tables["splitting"] = pd.concat([found.stages for found in result.rare.values()], ignore_index=True)
    return tables


def save(
    result: Ensemble,
    folder: Path | str,
    record: dict[str, Any] | None = None,
    figures: bool = True,
    force: bool = False,
) -> Path:
    """Write the tables, the resolved scenario, a manifest and the figures of a run, atomically; returns the folder.

    Parameters
    ----------
    result : Ensemble
        As from `run_ensemble`.
    folder : path
        New, empty, or a former result of the same scenario.
    force : bool
        Replace a result of another scenario, too.
    record : dict, optional
        From `provenance`; the number of rows in `runs` is added.
    figures : bool
        Draw them too.

    Raises
    ------
    StoreError
        If the folder cannot be written, or holds something that is not a result.

    >>> import tempfile
    >>> from escalation_sim import load, run_ensemble
    >>> result = run_ensemble(load("library:starter"), replicates=20, parameters=2)
    >>> with tempfile.TemporaryDirectory() as place:
    ...     sorted(file.name for file in save(result, f"{place}/small", figures=False).glob("p*.csv"))
    ['paths.csv', 'probabilities.csv']
    """

    def paint(target: Path) -> None:
        from escalation_sim.report.gallery import draw_figures

        draw_figures(result, target)

    record = {**(record or provenance(result, "escalation_sim.save")), "rows": result.rows}
    return write_result(
        folder, tables_of(result), record, result.resolved_text, paint if figures else None, force=force
    )


def save_study(
    baseline: Ensemble,
    folder: Path | str,
    kind: str,
    tables: Mapping[str, pd.DataFrame],
    record: dict[str, Any],
    figures: Callable[[Path], object] | None = None,
    force: bool = False,
) -> Path:
    """Write the tables of a study that starts from one ensemble, atomically; returns the folder.

    Parameters
    ----------
    baseline : Ensemble
        Its resolved scenario is written beside the tables.
    folder, force
        As for `save`; an earlier study of the same kind and scenario is replaced.
    kind : str
        See `store.write`.
    record : dict
        From `provenance`.
    figures : callable
        Gets an empty folder and draws into it.
    """
    texts = {layout.RESOLVED: baseline.resolved_text.encode()}
    return write_study(folder, kind, tables, record, texts, figures, force)
