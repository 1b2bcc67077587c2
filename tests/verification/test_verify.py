"""The command `verify`: what it prints, how it fails, and that everything passes on the program as it is."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from escalation_sim.cli import main
from escalation_sim.errors import EscalationSimError
from escalation_sim.verification import checks, closed_form, table, walks
from escalation_sim.verification.verdict import Effort, Row, between, equal, few, law, mean, share

SMALL = Effort(6_000, 1, 2, 4.5)
DEAR = {"rare", "two-layers", "ensemble-interval", "same-bytes", "rename", "seeds", "unused", "sweep", "stream"}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in DEAR else []) for n in checks.CHECKS]
)
def test_every_check_passes(name):
    (verdict,) = checks.verified([name], SMALL, again=True)
    assert verdict.passed, verdict.rows
    assert verdict.about.endswith(".")


def verify(*words):
    return CliRunner().invoke(main, ["verify", *words])


def test_the_table_says_what_was_compared():
    answer = verify("--only", "generator,exact-interval")
    assert answer.exit_code == 0
    head, *lines = answer.stdout.splitlines()
    assert head.split() == ["check", "compared", "exact", "got", "z", "or", "difference", "n", "verdict"]
    assert next(line for line in lines if line.startswith("exact-interval") and "n = 10,000" in line).endswith("ok")
    assert "2 of 2 checks passed (7 comparisons" in answer.stdout
    assert "[1/2] generator: passed" in answer.stderr


def test_a_failure_is_loud(monkeypatch):
    def broken(effort):
        return [equal("two and two", 4, 5, 1)]

    monkeypatch.setitem(checks.CHECKS, "generator", broken)
    monkeypatch.setitem(checks.CHECKS, "stream", lambda effort: 1 / 0)
    answer = verify("--only", "generator,stream,exact-interval", "--json")
    assert answer.exit_code == table.FAILED == 3
    assert "2 checks failed: generator, stream. Trust no probability" in answer.stderr
    found = json.loads(answer.stdout)
    assert found["passed"] is False
    assert [one["passed"] for one in found["checks"]] == [False, False, True]
    assert found["checks"][1]["rows"][0]["compared"] == "broke: ZeroDivisionError: division by zero"
    assert found["checks"][0]["rows"][0] == {
        "compared": "two and two", "exact": 4.0, "got": 5.0, "difference": 1.0, "n": 1, "passed": False,
    }  # fmt: skip


def test_a_check_that_nobody_knows():
    answer = verify("--only", "genrator")
    assert answer.exit_code == 2
    assert answer.stderr == "--only genrator: there is no such check; did you mean 'generator'?\n"
    with pytest.raises(EscalationSimError, match="--list"):
        checks.chosen("weather")


def test_the_list_names_every_check():
    lines = verify("--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(checks.CHECKS)
    assert all(line.endswith(".") for line in lines)


def test_the_seed_is_fixed_when_quick_and_new_when_full():
    assert table.effort_of(False, None, 1) == table.QUICK._replace(jobs=1)
    assert len({table.effort_of(True, None, 1).seed for _ in range(20)}) > 1
    assert table.effort_of(True, 7, 1) == table.FULL._replace(seed=7, jobs=1)


def test_bad_luck_is_tried_again_and_only_luck(monkeypatch):
    asked = []

    def unlucky(effort):
        asked.append(effort)
        return [share("heads", effort.n // 2 if len(asked) > 1 else 0, effort.n, 0.5, effort)]

    monkeypatch.setitem(checks.CHECKS, "generator", unlucky)
    monkeypatch.setitem(checks.CHECKS, "stream", lambda effort: [equal("bytes", 0, 1, 1)])
    luck, bytes_ = checks.verified(["generator", "stream"], Effort(100, 1, 1, 4.8), again=True)
    assert [(one.n, one.seed) for one in asked] == [(100, 1), (400, 2)]
    assert (luck.passed, luck.repeated, bytes_.passed, bytes_.repeated) == (True, True, False, False)
    (once,) = checks.verified(["stream"], Effort(100, 1, 1, 4.8), again=False)
    assert not once.passed


def test_no_rows_are_no_success():
    assert not checks.Verdict("nothing", "", [], 0.0, False).passed


EFFORT = Effort(1000, 1, 1, 4.5)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (share("s", 510, 1000, 0.5, EFFORT), share("s", 600, 1000, 0.5, EFFORT)),
        (mean("m", np.arange(100.0), 50.0, EFFORT), mean("m", np.arange(100.0), 70.0, EFFORT)),
        (mean("m", [1.0, 1.0], 1.0, EFFORT), mean("m", [1.0, 1.0], 2.0, EFFORT)),
        (few("f", [0.9, 1.0, 1.1, 1.0] * 5, 1.0, EFFORT), few("f", [0.9, 1.0, 1.1, 1.0] * 5, 1.2, EFFORT)),
        (law("l", 0.2, 10, EFFORT), law("l", 1e-7, 10, EFFORT)),
        (law("l", 1.0, 10, EFFORT), law("l", 0.0, 10, EFFORT)),
        (between("b", 0.95, 0.9, 1.0, 0.01, 9, EFFORT), between("b", 0.8, 0.9, 1.0, 0.01, 9, EFFORT)),
        (between("b", 0.89, 0.9, 1.0, 0.01, 9, EFFORT), between("b", float("nan"), 0.9, 1.0, 0.01, 9, EFFORT)),
        (equal("e", 1.0, 1.0, 1), equal("e", 1.0, 1.0 + 1e-9, 1)),
    ],
)
def test_each_kind_of_row_can_pass_and_fail(good: Row, bad: Row):
    assert good.passed
    assert not bad.passed


def test_exact_values_are_those_worked_out_by_hand():
    """Published beside the cases they belong to, to eight digits; computed here by other means."""
    wait = closed_form.geometric_mean_wait(0.02, 52)
    assert wait == pytest.approx((32.51257196, 22.03093440), abs=5e-9)
    r = 11 / 9
    top = (1 - r**3) / (1 - r**8)
    where, ticks = walks.in_the_end(walks.RUIN)
    assert (where[8], where[0], ticks) == pytest.approx((top, 1.0 - top, (3 - 8 * top) / (0.33 - 0.27)), abs=1e-9)
    assert walks.by(walks.RUIN, 5000)[8] == pytest.approx(top, abs=1e-9)
    assert walks.by(walks.RUIN, 52)[8] == pytest.approx(0.18258429, abs=5e-9)
    for start, war in ((1, 54 / 137), (2, 135 / 274), (3, 161 / 274)):
        assert walks.in_the_end(walks.CRISIS._replace(start=start))[0][5] == pytest.approx(war, abs=1e-9)
    assert walks.in_the_end(walks.CRISIS)[1] == pytest.approx(3000 / 137, abs=1e-9)
    assert walks.by(walks.CRISIS, 5000)[5] == pytest.approx(54 / 137, abs=1e-9)
    for ticks, war in ((10, 0.14504731), (26, 0.27148772), (52, 0.35386331), (104, 0.38980874)):
        assert walks.by(walks.CRISIS, ticks)[5] == pytest.approx(war, abs=5e-9)
    joining = closed_form.number_joining(closed_form.joiners_chances())
    assert joining == pytest.approx([0.01279779, 0.11027368, 0.30921307, 0.36095525, 0.17711582, 0.02964439], abs=5e-9)
    m = 0.0
    for week in closed_form.acting(0.1, 0.8, None, 10):
        m = 0.1 + 0.7 * m
        assert (week[0, 0], week[1, 1]) == pytest.approx(((1.0 - m) ** 2, m**2), abs=1e-12)
        assert week[0, 1] == pytest.approx(m * (1.0 - m), abs=1e-12)
    assert m == pytest.approx(0.32391749, abs=5e-9)
    assert closed_form.rising_by(0.002, 52) == pytest.approx(0.94260894, abs=5e-9)


def test_the_page_names_every_check():
    page = Path("docs/verification.md").read_text(encoding="utf-8")
    assert set(checks.CHECKS) <= set(re.findall(r"`([a-z-]+)`", page))
    assert f"names the {len(checks.CHECKS)} checks" in page
