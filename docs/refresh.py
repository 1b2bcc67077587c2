"""Make anew what the pages show: the reference result, its table in the README, the figures, the schema for editors.

Run it from the root of the repository after any change that moves a number: `.venv/bin/python docs/refresh.py`; with
`--sweeps` the worked examples of sweeps are run, too (an hour). It ends with `docs/gallery.py`, which also runs alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from escalation_sim.analysis.rare import told
from escalation_sim.analysis.wording import percent
from escalation_sim.scenario.dump import json_schema

SCENARIO = "scenarios/north-korea-troops-2024.yaml"
REFERENCE = Path("results/reference")
BEGIN, END = "<!-- table: results/reference/probabilities.csv -->\n", "<!-- end of table -->"
FIGURES = ("outcomes", "ladder", "network", "strain")
STUDIES = {  # command and options -> figures that pages show
    ("compare", "--with", "no_deployment"): ("differences-no_deployment",),
    ("compare", "--levers", "--less", "nato-russia-clash", "--more", "general-ceasefire"): ("frontier",),
    ("knockout", "--outcome", "seoul-lethal-aid"): ("knockout-seoul-lethal-aid",),
    ("paths", "--outcome", "seoul-lethal-aid"): ("pathways-seoul-lethal-aid",),
    ("signals", "--parameters", "1000", "--outcome", "seoul-lethal-aid"): ("signals-seoul-lethal-aid",),
}
SWEEPS = {  # design -> outcome asked for, figures that pages show
    "troops": ("seoul-lethal-aid", ("response-troops",)),
    "clash-drivers": ("nato-russia-clash", ("indices-nato-russia-clash",)),
}


def table(probabilities: pd.DataFrame) -> str:
    """The outcome table of a run in Markdown: by kind, the likeliest first, intervals at the longest window."""
    windows = sorted(probabilities["window_days"].unique())
    head = [f"{days:g} days" for days in windows]
    lines = [f"| outcome | {' | '.join(head)} | Monte-Carlo 95 % | parameters 90 % |"]
    lines.append("| --- |" + " --: |" * len(windows) + " :-: | :-: |")
    longest = probabilities[probabilities["window_days"] == windows[-1]].sort_values("probability", ascending=False)
    for kind in ("vertical", "horizontal", "political"):
        lines.append(f"| **{kind}** |" + " |" * (len(windows) + 2))
        for row in longest[longest["kind"] == kind].itertuples():
            own = probabilities[probabilities["outcome"] == row.outcome].set_index("window_days")
            cells = [told(*own.loc[days, ["probability", "count", "n"]]) for days in windows]
            chance = f"{percent(row.mc_low)} – {percent(row.mc_high)}"
            parameters = f"{percent(row.parameter_low)} – {percent(row.parameter_high)}"
            label = f"{row.label} (by splitting)" if row.method == "splitting" else row.label
            lines.append(f"| {label} | {' | '.join(cells)} | {chance} | {parameters} |")
    return "\n".join(lines) + "\n"


def with_table(page: str, text: str) -> str:
    """A page with the text between its two marks replaced."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + text + END + rest.split(END)[1]


def main() -> None:
    """Run the scenario of the README and put what comes out where the pages show it."""
    program = [sys.executable, "-m", "escalation_sim"]
    command = [*program, "run", SCENARIO]
    shutil.rmtree(REFERENCE, ignore_errors=True)
    subprocess.run([*command, "--no-figures", "--out", str(REFERENCE)], check=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*command, "--out", f"{folder}/run"], check=True)
        Path("docs/figures").mkdir(exist_ok=True)
        for name in FIGURES:
            shutil.copy(f"{folder}/run/figures/{name}.png", f"docs/figures/{name}.png")
        for number, ((name, *options), figures) in enumerate(STUDIES.items()):
            subprocess.run([*program, name, SCENARIO, *options, "--out", f"{folder}/{number}"], check=True)
            for figure in figures:
                shutil.copy(f"{folder}/{number}/figures/{figure}.png", f"docs/figures/{figure}.png")
        for design, (outcome, figures) in SWEEPS.items() if "--sweeps" in sys.argv else ():
            there = f"{folder}/{design}"
            sweep = [*program, "sweep", SCENARIO, "--design", f"scenarios/designs/{design}.yaml", "--out", there]
            subprocess.run(sweep, check=True)
            subprocess.run([*program, "sensitivity", there, "--outcome", outcome, "--out", f"{there}-s"], check=True)
            for figure in figures:
                shutil.copy(f"{there}-s/figures/{figure}.png", f"docs/figures/{figure}.png")
    page = Path("README.md")
    page.write_text(with_table(page.read_text(), table(pd.read_csv(REFERENCE / "probabilities.csv"))))
    subprocess.run([sys.executable, "docs/gallery.py"], check=True)
    Path("docs/scenario.schema.json").write_text(json.dumps(json_schema(), indent=1) + "\n")


if __name__ == "__main__":
    main()
