"""Levers in a file: loaded, checked in every position, told, and without any part in a result."""

from pathlib import Path

import pytest

from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.check import check
from escalation_sim.scenario.dump import dump
from escalation_sim.scenario.explain import explain
from escalation_sim.scenario.levers import positions
from escalation_sim.scenario.load import load
from escalation_sim.scenario.resolve import resolve

BASE = (Path(__file__).parents[1] / "cases" / "invalid" / "base" / "small.yaml").read_text(encoding="utf-8")
LEVERS = """levers:
  - {id: call-up, label: A call-up, by: [RUS], set: events.call-up.hazard.rate, values: [0.0, 2], because: an example}
  - {id: link, by: [KOR, PRK], set: rules.seoul.enabled, values: [false], because: an example}
  - {id: force, by: [PRK], variants: [large], because: an example}
variants:
  large: {events: [{id: troops, troops: 50000}]}
"""


def _file(folder: Path, levers: str = LEVERS) -> Path:
    file = folder / "crisis.yaml"
    file.write_text(BASE + levers, encoding="utf-8")
    return file


def test_every_position_applies(tmp_path: Path) -> None:
    file = _file(tmp_path)
    assert check(file) == []
    found = list(positions(load(file).levers))
    assert [one.name for one in found] == ["call-up=0.0", "call-up=2", "link=false", "force=large"]
    rate = resolve(load(file, settings=found[1].settings)).events[1].hazard
    assert rate is not None
    assert rate.rate.value == 2.0
    assert resolve(load(file, settings=found[2].settings)).rules == ()
    troops = resolve(load(file, found[3].variants)).events[0].troops
    assert troops is not None
    assert troops.value == 50000.0


def test_levers_leave_the_resolved_scenario_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with_levers, without = _file(tmp_path), _file(tmp_path / "a", "")
    assert dump(resolve(load(with_levers))) == dump(resolve(load(without)))


def test_explain_tells_who_holds_which_lever(tmp_path: Path) -> None:
    told = " ".join(explain(load(_file(tmp_path))).split())
    assert "[call-up] A call-up, in the hands of Russia: events.call-up.hazard.rate at 0.0 or 2" in told
    assert "in the hands of South Korea and North Korea" in told


@pytest.mark.parametrize(
    ("lever", "said"),
    [
        ("{id: x, by: [RUSS], variants: [large], because: y}", "no state named 'RUSS'"),
        ("{id: x, by: [RUS], variants: [lrage], because: y}", "did you mean 'large'"),
        ("{id: x, by: [RUS], set: events.trops.troops, values: [1], because: y}", "with lever x=1"),
        ("{id: x, by: [RUS], set: events.troops.troops, values: [many], because: y}", "with lever x="),
        ("{id: x, by: [RUS], set: events.troops.troops, because: y}", "either 'set' (a path) with 'values', or"),
        ("{id: x, by: [RUS], variants: [large], values: [1], because: y}", "either 'set' (a path) with 'values', or"),
        ("{id: x, by: [RUS], set: events.troops.troops, values: [[1]], because: y}", "a number, a text, true or false"),
        ("{id: x, by: [], variants: [large], because: y}", "by"),
    ],
)
def test_a_lever_that_cannot_be_moved_is_found_with_its_place(tmp_path: Path, lever: str, said: str) -> None:
    file = _file(tmp_path, f"levers:\n  - {lever}\nvariants:\n  large: {{horizon: 1 year}}\n")
    problems = check(file)
    assert any(said in line for line in problems), problems
    assert len(problems) <= 2
    assert any("crisis.yaml:" in line or "--set" in line for line in problems)


def test_a_lever_named_twice_is_refused(tmp_path: Path) -> None:
    one = "  - {id: x, by: [RUS], variants: [large], because: y}\n"
    with pytest.raises(ScenarioError, match="'x' stands twice"):
        load(_file(tmp_path, f"levers:\n{one}{one}variants:\n  large: {{horizon: 1 year}}\n"))
