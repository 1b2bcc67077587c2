"""Designs: what may stand in one, and the sentence for everything that may not."""

from typing import Any

import pytest
from pydantic import ValidationError

from escalation_sim.scenario.designs import TAKEN, Design, Variable
from escalation_sim.store.layout import SWEEP_RUNS_TABLE, TABLES

ODDS: dict[str, Any] = {"id": "odds", "set": "coefficients.reply.war.intercept", "values": [-3.0, -2.0]}
RATE: dict[str, Any] = {"id": "rate", "set": "events.collision.hazard.rate", "between": [0.1, 0.9]}
WHO: dict[str, Any] = {"id": "who", "variants": ["base", "doubted_treaty"]}


def _design(**said: Any) -> Design:
    return Design.model_validate({"id": "try", "kind": "grid", "variables": [ODDS]} | said)


@pytest.mark.parametrize(
    "said",
    [
        {"variables": [ODDS, WHO, RATE | {"levels": 3}]},
        {"variables": [ODDS | {"values": [0, 1.5, True, "text"]}]},
        {"kind": "latin_hypercube", "points": 10, "variables": [ODDS, RATE, WHO]},
        {"kind": "sobol", "points": 8, "variables": [RATE | {"log": True}]},
        {"kind": "sobol", "points": 2, "variables": [{"id": "x", "set": "a.b", "distribution": "scenario"}]},
        {"kind": "latin_hypercube", "points": 3, "variables": [{"id": "x", "set": "a", "distribution":
            {"value": 1.0, "se": 0.5}}]},
        {"variables": [ODDS, RATE | {"enabled": False}]},  # switched off, it may even lack its levels
        {"with": ["doubted_treaty"], "set": ["tick=7 days"], "replicates": 10, "parameters": 1, "seed": 0},
    ],
)  # fmt: skip
def test_good_designs_are_accepted(said: dict[str, Any]) -> None:
    assert _design(**said).variables


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ({"id": "x", "set": "a"}, "exactly one of 'values', 'between', 'distribution' and 'variants'"),
        ({"id": "x", "set": "a", "values": []}, "exactly one of 'values', 'between', 'distribution' and 'variants'"),
        (ODDS | {"between": [0, 1]}, "exactly one of 'values', 'between', 'distribution' and 'variants'"),
        (WHO | {"values": [1]}, "exactly one of"),
        ({"id": "x", "values": [1, 2]}, "either 'set' (a path) or 'variants'"),
        (WHO | {"set": "a"}, "either 'set' (a path) or 'variants'"),
        (ODDS | {"log": True}, "'log' and 'levels' belong to 'between'"),
        (ODDS | {"levels": 3}, "'log' and 'levels' belong to 'between'"),
        (RATE | {"between": [1.0, 1.0]}, "'between' runs from the lower to the higher end"),
        (RATE | {"between": [2.0, 1.0]}, "'between' runs from the lower to the higher end"),
        (RATE | {"between": [0.0, 1.0], "log": True}, "'log' needs a range above 0"),
        (RATE | {"between": [float("nan"), 1.0]}, "finite"),
        (RATE | {"between": [0.0, float("inf")]}, "finite"),
        (RATE | {"levels": 1}, "greater than or equal to 2"),
        (RATE | {"levels": 10_001}, "less than or equal to 10000"),
        ({"id": "x", "set": "a", "distribution": {"value": 1.0}}, "a 'dist', or a 'value' with its 'se'"),
        ({"id": "x", "set": "a", "distribution": {"value": 1.0, "se": 0.0}}, "a 'dist', or a 'value' with its 'se'"),
        ({"id": "x", "set": "a", "distribution": {"dist": "norm"}}, "takes the parameters loc, scale"),
        ({"id": "x", "set": "a", "distribution": "own"}, "'scenario'"),
        (ODDS | {"values": [1, 1]}, "a value of a variable stands twice"),
        (WHO | {"variants": ["a", "a"]}, "a value of a variable stands twice"),
        (ODDS | {"values": [[1], 2]}, "a value to set is a number, a text, true or false"),
        (ODDS | {"values": [None]}, "a value to set is a number, a text, true or false"),
        (ODDS | {"id": "day_war"}, "'day_war' is a column of the results"),
        (ODDS | {"id": "2nd"}, "pattern"),
        (ODDS | {"label": ""}, "at least 1 character"),
        (ODDS | {"steps": 3}, "Extra inputs"),
        *((ODDS | {"id": name}, f"'{name}' is a column of the results") for name in sorted(TAKEN)),
    ],
)
def test_what_a_variable_may_not_say(variable: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=r".") as caught:
        Variable.model_validate(variable)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("design", "said"),
    [
        ({"points": 10}, "a grid has no 'points'"),
        ({"kind": "latin_hypercube"}, "the other kinds say how many 'points'"),
        ({"kind": "sobol", "variables": [RATE]}, "the other kinds say how many 'points'"),
        ({"kind": "sobol", "points": 12, "variables": [RATE]}, "'points' of a sobol design is a power of 2"),
        ({"kind": "latin_hypercube", "points": 1}, "greater than or equal to 2"),
        ({"variables": [RATE]}, "a grid needs levels: give 'rate' 'values', or 'between' with 'levels'"),
        ({"variables": [{"id": "x", "set": "a", "distribution": "scenario"}]}, "a grid needs levels: give 'x'"),
        ({"kind": "latin_hypercube", "points": 4, "variables": [RATE | {"levels": 3}]},
         "'levels' of 'rate' belong to a grid; this design is a latin_hypercube"),
        ({"variables": [ODDS, ODDS | {"id": "again"}]}, "two variables set the same"),
        ({"variables": [WHO, WHO | {"id": "again", "variants": ["base", "other"]}]}, "two variables set the same"),
        ({"variables": [ODDS | {"enabled": False}]}, "no variable is switched on"),
        ({"variables": []}, "at least 1 item"),
        ({"kind": "random"}, "'grid', 'latin_hypercube' or 'sobol'"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"seed": 2**63}, "less than"),
        ({"replicates": 0}, "greater than or equal to 1"),
        ({"parameters": 0}, "greater than or equal to 1"),
        ({"format_version": 2}, "should be 1"),
    ],
)  # fmt: skip
def test_what_a_design_may_not_say(design: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=r".") as caught:
        _design(**design)
    assert said in str(caught.value)


def test_no_column_of_the_results_is_left_for_a_variable() -> None:
    """Else a variable of that name would be written over it, or it over the variable."""
    from escalation_sim.store.sweep_layout import SWEEP_TABLES

    columns = {column.name for name in ("points", "failures") for column in SWEEP_TABLES[name]}
    columns |= {column.name for column in TABLES[SWEEP_RUNS_TABLE]}
    written = {name for name in columns if not name.startswith("day_")}
    assert {"point", "outcome", "probability", "replicate", "message"} <= written
    missing = {name for name in written if name not in TAKEN}
    assert not missing


def test_only_variables_that_are_switched_on_are_swept() -> None:
    design = _design(variables=[ODDS, RATE | {"enabled": False, "levels": 2}, WHO])
    assert [one.id for one in design.swept] == ["odds", "who"]
    assert [one.is_continuous for one in design.variables] == [False, True, False]
