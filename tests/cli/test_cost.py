"""What would take days or all memory is refused at once, with the estimate and the option that lifts the limit."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from escalation_sim.cli import main
from escalation_sim.scenario.starter import new_scenario
from escalation_sim.study.cost import LIMITS

MANY = ["--replicates", str(10**12)]
DRAWS = ["--parameters", str(10**12)]
DESIGN = "id: wide\nkind: grid\nvariables:\n" + "".join(
    f"  - {{id: v{k}, set: a.b{k}, between: [0, 1], levels: 10}}\n" for k in range(10)
)
SWEEP = ["sweep", "reef.yaml", "--design", "dose.yaml"]
DOSE = "id: dose\nkind: grid\nvariables:\n  - {id: rate, set: events.collision.hazard.rate, values: [0.1, 2.0]}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a scenario and two designs, in which all commands run."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"reef": new_scenario("reef"), "dose": DOSE, "wide": DESIGN}.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def call(*words: str) -> Result:
    """A command as typed."""
    return CliRunner().invoke(main, list(words))


def test_the_options_tell_the_usual_limits() -> None:
    told = {option.name: option.default for option in main.commands["run"].params}
    assert {name: told[f"max_{name}"] for name in LIMITS._fields} == LIMITS._asdict()


@pytest.mark.parametrize(
    "words",
    [
        ["run", "reef.yaml", *MANY],
        ["run", "reef.yaml", *MANY, *DRAWS],
        ["run", "reef.yaml", *DRAWS],
        ["compare", "reef.yaml", *MANY],
        ["compare", "reef.yaml", "--replicates", str(2 * 10**7)],
        ["knockout", "reef.yaml", *MANY],
        ["paths", "reef.yaml", *MANY],
        ["paths", "reef.yaml", "--futures", str(10**12)],
        ["signals", "reef.yaml", *MANY],
        ["trace", "reef.yaml", *DRAWS],
        [*SWEEP, *MANY],
        [*SWEEP, *DRAWS],
        [*SWEEP, *MANY, "--emit", "slurm"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_too_much_is_refused_at_once(words: list[str], form: list[str], folder: Path) -> None:
    if words[0] == "trace" and form:
        pytest.skip("a trace is text only")
    before = sorted(folder.iterdir())
    started = time.process_time()
    answer = call(*words, *form)
    assert time.process_time() - started < 2.0
    assert answer.exit_code == 2, answer.output
    assert isinstance(answer.exception, SystemExit)
    assert answer.stdout == ""
    *said, last = answer.stderr.splitlines()
    assert len(said) <= 1  # what a knock-out is about to run
    assert re.search(r"^[\d,]+ replicates take about [\d,]+ core hours and [\d,.]+ GB of memory", last)
    assert re.search(r"above the limit of [\d,]+ (core hours|GB of memory); ask for fewer .*--\w+", last)
    assert re.search(r"lift the limit with --max-(hours|memory)$", last)
    assert sorted(folder.iterdir()) == before


def test_what_no_option_lifts_is_told_with_its_price_too() -> None:
    ticks = call("run", "reef.yaml", "--set", "horizon=900000 days", "--set", "tick=1 hour")
    assert re.search(r"21,600,000 ticks, at least 24 core hours for 10,000 replicates, above the limit", ticks.stderr)
    points = call("sweep", "reef.yaml", "--design", "wide.yaml")
    assert re.search(r"10,000,000,000 points with .* takes at least 138,889 core hours", points.stderr)
    days = call("run", "reef.yaml", "--set", "horizon=1000000000 days")
    assert "too long; a duration is below a million days" in days.stderr
    assert [answer.exit_code for answer in (ticks, points, days)] == [2, 2, 2]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (7_000, r"\d+:\d+: states: 7,003 states; at most 400 .* GB of memory and .* core hours"),
        (100_000, "larger than 256 kB; a scenario of this size is a mistake"),
    ],
    ids=["7,003", "100,003"],
)
def test_a_crowd_is_refused_at_once(more: int, said: str) -> None:
    crowd = new_scenario("reef").replace("states:", "states:\n" + "".join(f"  - id: A{k}\n" for k in range(more)), 1)
    Path("crowd.yaml").write_text(crowd, encoding="utf-8")
    started = time.process_time()
    answer = call("run", "crowd.yaml")
    assert time.process_time() - started < 2.0
    assert answer.exit_code == 2
    assert re.search(f"crowd.yaml: ?{said}", answer.stderr)


def test_an_option_lifts_the_limit_or_lowers_it(monkeypatch: pytest.MonkeyPatch) -> None:
    few = ["run", "reef.yaml", "--replicates", "20", "--parameters", "2", "--no-figures", "--rare", "none", "--force"]
    assert call(*few).exit_code == 0
    low = call(*few, "--max-hours", "1e-9")
    assert (low.exit_code, low.stderr.endswith("lift the limit with --max-hours\n")) == (2, True)
    monkeypatch.setattr("escalation_sim.scenario.resolve.DECISION", 1.0)
    monkeypatch.setattr("escalation_sim.study.cost.DECISION", 1e3)
    assert call(*few).exit_code == 2
    assert call(*few, "--max-hours", "1e9").exit_code == 0
