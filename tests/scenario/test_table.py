"""A table of coefficients in a file of its own: written, read back, and refused with the place of what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.fill import library_coefficients
from escalation_sim.scenario.schema import Coefficients
from escalation_sim.scenario.table import dump_table, load_table

OTHERS = "".join(
    f"  {gate}: {{intercept: 0}}\n"
    for gate in ("protest", "coerce", "assist", "threaten", "display", "arm", "seize", "strike", "fight", "nuclear")
)
TEXT = f"""\
memory: {{fast: 2, slow: 10, worst: 26}}
correlation:
  - {{of: [initiative.war.intercept, initiative.war.rival], rows: [[0.5]]}}
initiative:
  war: {{intercept: {{value: -3, se: 0.5}}, rival: {{value: 1, se: 0.2}}}}
{OTHERS}\
reply:
  war: {{intercept: -4}}
{OTHERS}\
war_end: {{intercept: -2, strain: 1, years: 0, winter: 0}}
frailty_sd: 0.5
"""


def test_what_is_written_is_read_back(table: Any, tmp_path: Path) -> None:
    for one in (table(), library_coefficients()):
        file = tmp_path / "table.yaml"
        file.write_text(dump_table(one, "how it came about:\n\nby hand"))
        assert file.read_text().startswith("# how it came about:\n#\n# by hand\n")
        assert load_table(file) == one
    assert load_table(file) != table()


def test_a_changed_number_is_another_table(tmp_path: Path) -> None:
    file = tmp_path / "table.yaml"
    file.write_text(TEXT)
    table = load_table(file)
    assert table.correlation[0].rows == ((0.5,),)
    file.write_text(TEXT.replace("[[0.5]]", "[[0.6]]"))
    assert load_table(file) != table


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("war: {intercept: {", "wra: {intercept: {", "5:8: initiative.wra: no gate named 'wra'; did you mean 'war'?"),
        ("rival: {", "rivall: {", "5:50: initiative.war.rivall: no covariate named 'rivall'; did you mean 'rival'?"),
        (
            "initiative.war.rival]",
            "initiative.war.pact]",
            "3:37: correlation.0.of.1: no coefficient named 'initiative.war.pact'; did you mean",
        ),
        ("[[0.5]]", "[[5]]", "3:5: correlation.0: a correlation lies in [-1, 1], but this is 5"),
        (", slow: 10", "", "1:9: memory: a coefficient table of its own needs 'memory.slow'"),
        ("  nuclear: {intercept: 0}\n", "", "5:3: initiative: a coefficient table of its own needs the gate 'nuclear'"),
        ("frailty_sd: 0.5\n", "", "1:1: frailty_sd: a coefficient table of its own needs 'frailty_sd'"),
        ("slow: 10", "slwo: 10", "1:25: memory.slwo: no memory named 'slwo'; did you mean 'slow'?"),
        ("initiative:\n", "initiatve:\n", "4:1: initiatve: unknown key 'initiatve'; did you mean 'initiative'?"),
        ("value: -3", "value: low", "5:28: initiative.war.intercept.value: 'low' is not a number"),
        ("{fast", "[fast", "1:9: "),
        (TEXT, "", " the file is empty; a coefficient table begins with 'initiative:'"),
        (TEXT, "- a\n", "1:1: a coefficient table is a mapping; begin with 'initiative:'"),
    ],
)
def test_a_fault_is_told_with_its_place(old: str, new: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "table.yaml"
    file.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(ScenarioError) as refused:
        load_table(file)
    assert any(line.startswith(f"{file}:{said}") for line in refused.value.problems), refused.value.problems
    assert refused.value.exit_code == 2


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.yaml: no such file"):
        load_table(tmp_path / "none.yaml")
    with pytest.raises(ScenarioError, match="give the path of a coefficient table"):
        load_table(tmp_path)


def test_the_heading_is_comments_only() -> None:
    text = dump_table(Coefficients(memory={"fast": 2.0}), "a: 1\nmemory: {fast: 3}")
    assert [line for line in text.splitlines() if not line.startswith("#")] == ["memory:", "  fast: {value: 2.0}"]
