"""What pages quote is what the program says: blocks of output line by line, the reference result number by number."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats

from escalation_sim.analysis.wording import percent
from escalation_sim.cli import main

ROOT = Path(__file__).parents[2]
KOREA = str(ROOT / "scenarios" / "north-korea-troops-2024.yaml")
QUOTES = {
    ("docs/first-run.md", "10,000 replicates over"): ["run", "library:starter"],
    ("docs/compare.md", "hundred_thousand, within"): ["compare", KOREA, "--with", "hundred_thousand"],
    ("docs/signals.md", "South Korea sends lethal"): ["signals", KOREA, "--parameters", "1000"],
}


def flat(text: str) -> str:
    """A text with its white space narrowed."""
    return " ".join(text.split())


def quoted(page: str, beginning: str) -> list[str]:
    """The lines of the block that begins so, cut where it leaves something out."""
    text = (ROOT / page).read_text(encoding="utf-8")
    (block,) = re.findall(rf"^```(?:text)?\n({re.escape(beginning)}.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [flat(piece) for line in block.splitlines() for piece in line.split("...") if piece.strip("; ")]


def missing(pieces: list[str], said: str) -> list[str]:
    """Which of these pieces the program did not say."""
    return [piece for piece in pieces if piece.strip("; ") not in flat(said)]


@pytest.mark.parametrize(
    ("page", "beginning"),
    [pytest.param(*place, marks=[pytest.mark.slow] * (place[0] != "docs/first-run.md")) for place in QUOTES],
)
def test_what_is_quoted_is_printed(page: str, beginning: str, tmp_path: Path) -> None:
    words = [*QUOTES[page, beginning], "--no-figures", "--out", str(tmp_path / "out")]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 0, answer.output
    assert missing(quoted(page, beginning), answer.stdout) == []


def test_a_number_that_is_wrong_is_found() -> None:
    pieces = quoted("docs/first-run.md", "10,000 replicates over")
    said = " ".join(pieces)
    assert missing(pieces, said) == []
    assert len(missing(pieces, said.replace("2.2 %", "2.3 %"))) == 1


@pytest.fixture(scope="module")
def reference() -> Any:
    """Rows of the reference result within a year, by outcome."""
    table = pd.read_csv(ROOT / "results" / "reference" / "probabilities.csv")
    return table[table["window_days"] == 365.0].set_index("outcome")


def within(row: Any, which: str, pair: str) -> str:
    """An interval as pages write it."""
    low, high = pair
    return f"{low}{percent(row[f'{which}_low'])}, {percent(row[f'{which}_high'])}{high}"


def test_the_page_on_reading_quotes_the_reference(reference: Any) -> None:
    page = flat((ROOT / "docs" / "reading.md").read_text(encoding="utf-8"))
    clash, nuclear, article = (reference.loc[name] for name in ("nato-russia-clash", "nuclear-use", "article-5"))
    count, n = int(clash["count"]), int(clash["n"])
    low, high = (100 * p for p in stats.binomtest(count, n).proportion_ci())
    said = [
        f"NATO-Russia lethal clash: {percent(clash['probability'])} within 365 days {within(clash, 'mc', '[]')}"
        f" {within(clash, 'parameter', '{}')}, n = {n:,}, {count} seen.",
        f"{count} of {n:,} replicates.",
        f"**{within(clash, 'mc', '[]')}: Monte-Carlo",
        f"**{within(clash, 'parameter', '{}')}: parameters",
        f"binomial interval ({low:.1f} to {high:.1f} %)",
        f"## Why {percent(clash['probability'])} and not",
        f"Article 5, {percent(article['probability'])} {within(article, 'mc', '[]')}. `n` ({int(article['n']):,})"
        f" and `count` ({int(article['count'])})",
        f"nuclear use {percent(nuclear['probability'])} {within(nuclear, 'parameter', '{}')} |",
        f"| {percent(reference.loc['russia-threatens-seoul', 'probability'])} that Russia threatens South Korea",
        f"a ceasefire {percent(reference.loc['general-ceasefire', 'probability'])},"
        f" mobilization {percent(reference.loc['russian-mobilization', 'probability'])}",
        f"North Korean combat {percent(reference.loc['north-korean-combat', 'probability'])},",
    ]
    assert [sentence for sentence in said if sentence not in page] == []


def test_the_page_for_sceptics_quotes_the_reference(reference: Any) -> None:
    page = flat((ROOT / "docs" / "sceptics.md").read_text(encoding="utf-8"))
    clash = reference.loc["nato-russia-clash"]
    assert f"**Isn't {percent(clash['probability'])} false precision?**" in page
    assert f"It stands with {within(clash, 'parameter', '{}')}," in page
