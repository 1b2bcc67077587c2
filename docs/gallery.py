"""Make the gallery anew: its numbers (results/gallery), its pictures (docs/figures), its page (docs/gallery.md).

Run it from the root of the repository: `.venv/bin/python docs/gallery.py` (three minutes on two cores; the extra
`discovery` is needed); with `--page` only the page is written, from the numbers that are there. Its words
are those of docs/gallery.in.md, where what stands between double braces is filled in from the tables:

    {{kargil-1999 interstate-war 180}}    what was said of an outcome within a window, with both intervals
    {{kargil-1999 interstate-war}}        what became of it
    {{kargil-1999 n}}                     replicates and parameter draws
    {{kargil-1999 scores}}                Brier scores over all windows, and how surprised the model is
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from datetime import date
from pathlib import Path

import pandas as pd
from PIL import Image, PngImagePlugin

from escalation_sim import load, resolve
from escalation_sim.analysis.rare import told
from escalation_sim.analysis.wording import percent
from escalation_sim.scenario.dump import dump
from escalation_sim.study.ensemble import PARAMETERS, REPLICATES

DATA, FIGURES, PAGE, TEMPLATE = (
    Path("results/gallery"), Path("docs/figures"), Path("docs/gallery.md"), Path("docs/gallery.in.md"),
)  # fmt: skip
KOREA, CUBA, KARGIL, JULY = SCENARIOS = (
    "north-korea-troops-2024", "cuban-missile-crisis-1962", "kargil-1999", "july-1914",
)  # fmt: skip
REFERENCE = Path("results/reference")  # the run of the first, which docs/refresh.py makes
DESIGN, OUTCOME = "july-1914-drivers", "austro-serbian-war"
COURSES = ("air_strike", "blockade_first", "quiet_diplomacy", "invasion_at_once")
SHOWN = {  # scenario -> figures of its run that the page shows
    CUBA: ("paths-us-soviet-war",),
    KARGIL: ("outcomes", "probabilities"),
    JULY: ("network", "paths-britain-at-war"),
}
SENSITIVITIES = ("tornado", "pawn", "heat", "boxes")
WIDTH, AS_IT_IS = 130, {"break_long_words": False, "break_on_hyphens": False}
COLOURS = 128  # of a picture on a page: a quarter of the bytes, and no difference to be seen
PROGRAM = [sys.executable, "-m", "escalation_sim"]
PLACE = re.compile(r"\{\{([a-z0-9-]+) ([a-z0-9-]+)(?: (\d+))?\}\}")


def file(scenario: str) -> str:
    """The path of a shipped scenario."""
    return f"scenarios/{scenario}.yaml"


def fingerprint(scenario: str) -> str:
    """SHA-256 of a scenario as it is run, every default filled in."""
    return hashlib.sha256(dump(resolve(load(file(scenario)))).encode()).hexdigest()


def scored(scenario: str, folder: Path) -> None:
    """Run and score a scenario; keep its numbers, the hindcast and the figures that the page shows."""
    run, score = REFERENCE if scenario == KOREA else folder / scenario, folder / f"{scenario}-score"
    if run != REFERENCE:
        subprocess.run([*PROGRAM, "run", file(scenario), "--out", str(run)], check=True)
    truth = f"scenarios/truth/{scenario}.yaml"
    subprocess.run([*PROGRAM, "score", str(run), "--truth", truth, "--out", str(score)], check=True)
    for table in ("scores", "summary"):
        shutil.copy(score / f"{table}.csv", DATA / f"{scenario}-{table}.csv")
    (DATA / f"{scenario}.sha256").write_text(f"{fingerprint(scenario)}\n")
    kept(score / "figures/hindcast.png", f"hindcast-{scenario}")
    for figure in SHOWN.get(scenario, ()):
        kept(run / f"figures/{figure}.png", f"{figure}-{scenario}")


def compared(folder: Path) -> None:
    """The courses that were on the table in October 1962, beside each other."""
    courses = [word for course in COURSES for word in ("--with", course)]
    there = folder / "compare"
    subprocess.run([*PROGRAM, "compare", file(CUBA), *courses, "--out", str(there)], check=True)
    kept(there / "figures/overview.png", f"overview-{CUBA}")


def swept(folder: Path) -> None:
    """What drives the first of the wars of 1914."""
    there, design = folder / "sweep", f"scenarios/designs/{DESIGN}.yaml"
    subprocess.run([*PROGRAM, "sweep", file(JULY), "--design", design, "--out", str(there)], check=True)
    asked = ["--outcome", OUTCOME, "--out", str(folder / "sensitivity")]
    subprocess.run([*PROGRAM, "sensitivity", str(there), *asked], check=True)
    for figure in SENSITIVITIES:
        kept(folder / f"sensitivity/figures/{figure}-{OUTCOME}.png", f"{figure}-{JULY}")


def kept(picture: Path, name: str) -> None:
    """Put a picture among those of the pages."""
    shutil.copy(picture, FIGURES / f"{name}.png")


def shrink(picture: Path) -> None:
    """Give a picture a palette, unless it has one; its title and alternative text stay."""
    with Image.open(picture) as opened:
        if opened.mode == "P":
            return
        about = PngImagePlugin.PngInfo()
        for key, text in opened.info.items():
            if isinstance(text, str):
                about.add_itxt(key, text)
        small = opened.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        held = io.BytesIO()
        small.save(held, "png", optimize=True, pnginfo=about, dpi=opened.info["dpi"])
    picture.write_bytes(held.getvalue())


def filled(template: str, scores: dict[str, pd.DataFrame], summaries: dict[str, pd.DataFrame]) -> str:
    """The page: the template with the numbers of the tables in their places."""

    def number(match: re.Match[str]) -> str:
        scenario, what, window = match.groups()
        if what == "n":
            return f"{REPLICATES:,} replicates over {PARAMETERS} parameter draws"
        if what == "scores":
            return verdict(summaries[scenario])
        rows = scores[scenario][scores[scenario]["outcome"] == what]
        return chance(rows[rows["window_days"] == int(window)].iloc[0]) if window else became(rows.iloc[0])

    paragraphs = PLACE.sub(number, template).split("\n\n")
    return "\n\n".join(textwrap.fill(part, WIDTH, **AS_IT_IS) if part[0].isalpha() else part for part in paragraphs)


def chance(row: pd.Series) -> str:
    """What was said of an outcome within a window, with its Monte-Carlo and its parameter interval."""
    intervals = (
        f"{percent(row[f'{x}_low']).removesuffix(' %')} to {percent(row[f'{x}_high'])}" for x in ("mc", "parameter")
    )
    return f"{told(row['probability'], row['count'], row['n'])} [{'; '.join(intervals)}]"


def became(row: pd.Series) -> str:
    """What became of an outcome, by the truth file."""
    if pd.isna(row["on"]):
        return "did not happen"
    day = date.fromisoformat(row["on"])
    return f"happened on {day.day} {day:%B %Y}"


def verdict(summary: pd.DataFrame) -> str:
    """Mean Brier scores over all windows, and the share of the model's own runs that would score as badly."""
    every = summary[summary["window_days"].isna()].set_index("forecaster")
    ours, base = every.loc["model"], every.loc["base_rate"]
    return (
        f"a Brier score of {ours['brier']:.2f} over all windows (base rates: {base['brier']:.2f}; always 50 %: "
        f"{every.loc['even', 'brier']:.2f}), and {percent(ours['joint_worse'])} of its own runs would score as badly "
        "or worse"
    )


def page() -> str:
    """The page as the tables of results/gallery have it."""
    scores, summaries = (
        {scenario: pd.read_csv(DATA / f"{scenario}-{table}.csv") for scenario in SCENARIOS}
        for table in ("scores", "summary")
    )
    return filled(TEMPLATE.read_text(encoding="utf-8"), scores, summaries)


def main() -> None:
    """Make what the page shows, and the page."""
    if "--page" not in sys.argv:
        DATA.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            for scenario in SCENARIOS:
                scored(scenario, Path(folder))
            compared(Path(folder))
            swept(Path(folder))
    for picture in FIGURES.glob("*.png"):
        shrink(picture)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
