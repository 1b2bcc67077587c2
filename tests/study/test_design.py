"""The points of a sweep: their order, how evenly they lie, and the line of a list that is wrong."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import qmc, sobol_indices

from escalation_sim.errors import CostError, ScenarioError
from escalation_sim.scenario.designs import Design
from escalation_sim.scenario.extends import extended
from escalation_sim.scenario.layers import Tree
from escalation_sim.scenario.load import read_tree
from escalation_sim.study.design import Layout, find_design, laid_out, listed

WAR, FAST, SLOW = "coefficients.reply.war.intercept", "coefficients.memory.fast", "coefficients.memory.slow"
STARTER = "library:starter"


@pytest.fixture(scope="module")
def tree() -> Tree:
    """The starter, merged."""
    return extended(STARTER, read_tree)


def _ranges(*ends: tuple[str, float, float], **said: Any) -> tuple[dict[str, Any], ...]:
    return tuple({"id": f"v{k}", "set": path, "between": [a, b]} | said for k, (path, a, b) in enumerate(ends))


def _layout(tree: Tree, kind: str, variables: Any, **said: Any) -> Layout:
    return laid_out(tree, Design.model_validate({"id": "try", "kind": kind, "variables": variables} | said))


def _places(layout: Layout, ends: tuple[tuple[str, float, float], ...]) -> Any:
    """(points, variables) in the unit cube."""
    columns = [(np.array(one.values) - a) / (b - a) for one, (_, a, b) in zip(layout.columns, ends, strict=True)]
    return np.array(columns).T


ENDS = ((WAR, -3.0, -1.0), (FAST, 1.0, 3.0), (SLOW, 8.0, 12.0))


def test_a_grid_holds_every_combination_the_last_variable_fastest(tree: Tree) -> None:
    odds = {"id": "odds", "set": WAR, "values": [-3.0, -2.0]}
    who = {"id": "who", "variants": ["doubted_treaty", "base"]}
    weeks = {"id": "weeks", "set": FAST, "between": [1.0, 3.0], "levels": 3}
    layout = _layout(tree, "grid", [odds, who, weeks])
    points = [tuple(layout.point(k).values()) for k in range(layout.size)]
    assert points == list(itertools.product([-3.0, -2.0], ["doubted_treaty", "base"], [1.0, 2.0, 3.0]))
    assert [one.id for one in layout.columns] == ["odds", "who", "weeks"]
    assert [one.is_number for one in layout.columns] == [True, False, True]
    assert [one.set for one in layout.columns] == [WAR, None, FAST]


@pytest.mark.parametrize("n", [2, 7, 64])
def test_a_latin_hypercube_has_one_point_in_every_stratum_of_every_variable(tree: Tree, n: int) -> None:
    layout = _layout(tree, "latin_hypercube", _ranges(*ENDS), points=n)
    strata = np.floor(_places(layout, ENDS) * n)
    for column in strata.T:
        assert sorted(column) == list(range(n))
    plain = np.floor(np.random.default_rng(1).random((64, 3)) * 64)  # chance alone does not do that
    assert sorted(plain[:, 0]) != list(range(64))


def test_choices_of_a_latin_hypercube_share_its_points(tree: Tree) -> None:
    who = {"id": "who", "variants": ["base", "doubted_treaty"]}
    layout = _layout(tree, "latin_hypercube", [*_ranges(ENDS[0]), who], points=40)
    assert layout.columns[1].values.count("base") == 20


def test_rows_of_a_sobol_design_are_a_b_and_a_with_one_variable_of_b(tree: Tree) -> None:
    n, d = 16, 3
    places = _places(_layout(tree, "sobol", _ranges(*ENDS), points=n), ENDS).reshape(n, d + 2, d)
    a, b = places[:, 0], places[:, 1]
    assert not np.isclose(a, b).any()
    for i in range(d):
        np.testing.assert_array_equal(np.delete(places[:, 2 + i], i, axis=1), np.delete(a, i, axis=1))
        np.testing.assert_array_equal(places[:, 2 + i, i], b[:, i])
    both = qmc.Sobol(d=2 * d, rng=np.random.default_rng(1)).random(n)
    np.testing.assert_allclose(np.hstack([a, b]), both, atol=1e-12)
    for column in both.T:  # a scrambled sequence of 2^m points is a net: one in each stratum
        assert sorted(np.floor(column * n)) == list(range(n))


def test_the_layout_is_the_one_that_scipy_takes_sobol_indices_from(tree: Tree) -> None:
    """f = 4 x + 2 y + z of uniform numbers has the indices 16/21, 4/21 and 1/21."""
    n, d = 256, 3
    places = _places(_layout(tree, "sobol", _ranges(*ENDS), points=n), ENDS).reshape(n, d + 2, d)
    f = places @ np.array([4.0, 2.0, 1.0])
    answers = {"f_A": f[:, 0][None], "f_B": f[:, 1][None], "f_AB": f[:, 2:].T[:, None, :]}
    expected = np.array([16.0, 4.0, 1.0]) / 21.0
    indices = sobol_indices(func=answers, n=n)
    np.testing.assert_allclose(indices.first_order, expected, atol=0.02)
    np.testing.assert_allclose(indices.total_order, expected, atol=0.02)
    turned = sobol_indices(func=answers | {"f_AB": answers["f_AB"][::-1]}, n=n)  # another order would show
    assert not np.allclose(turned.first_order, expected, atol=0.1)


@pytest.mark.parametrize(("kind", "size"), [("latin_hypercube", {"points": 8}), ("sobol", {"points": 4})])
def test_the_seed_of_a_design_decides_where_its_points_lie(tree: Tree, kind: str, size: dict[str, int]) -> None:
    one, same = (_layout(tree, kind, _ranges(*ENDS), seed=3, **size) for _ in range(2))
    other = _layout(tree, kind, _ranges(*ENDS), seed=4, **size)
    assert one.columns == same.columns
    assert one.columns[0].values != other.columns[0].values


def test_a_design_beyond_all_measure_is_refused_at_once(tree: Tree) -> None:
    ends = [(f"coefficients.initiative.{gate}.intercept", -2.0, -1.0) for gate in ("war", "seize", "arm", "fight")]
    with pytest.raises(CostError, match=r"100,000,000 points; at most 200,000 are run, so take fewer levels"):
        _layout(tree, "grid", _ranges(*ends, levels=100))
    with pytest.raises(CostError, match=r"1,572,864 points"):
        _layout(tree, "sobol", _ranges(*ends), points=2**18)
    with pytest.raises(CostError, match=r"1,000,000 points"):
        _layout(tree, "latin_hypercube", _ranges(*ends), points=1_000_000)


def test_faults_of_variables_name_them(tree: Tree) -> None:
    wrong = {"id": "p", "set": "commitments.us-philippines.reliability", "values": [0.5, 1.2]}
    with pytest.raises(ScenarioError, match=r"^variable 'p': .*a probability lies in \[0, 1\]"):
        _layout(tree, "grid", [wrong])


def _list(folder: Path, text: str, data: bytes | None = None) -> Path:
    path = folder / "some points.csv"
    path.write_bytes(text.encode() if data is None else data)
    return path


GOOD = f'{WAR},variant,title\n-3,base,NO\n-2.5,doubted_treaty,"a, b"\n'


@pytest.mark.parametrize(
    "text",
    [GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("\n", "\r"), "﻿" + GOOD, GOOD + "\n ,\n\n",
     GOOD.replace(",base", " ,  base ")],
)  # fmt: skip
def test_a_list_is_read_whatever_wrote_it(tree: Tree, tmp_path: Path, text: str) -> None:
    layout = listed(tree, _list(tmp_path, text))
    assert [layout.point(k) for k in range(layout.size)] == [
        {WAR: -3, "variant": "base", "title": "NO"},
        {WAR: -2.5, "variant": "doubted_treaty", "title": "a, b"},
    ]
    assert (layout.kind, layout.id, layout.common) == ("list", "some points", True)
    assert [one.set for one in layout.columns] == [WAR, None, "title"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has a header of dotted paths and a line for each point"),
        (f"{WAR}\n", "has a header of dotted paths and a line for each point"),
        (f"{WAR}\n\n \n", "has a header of dotted paths and a line for each point"),
        (f"{WAR},\n1,2\n", ":1: each column is named after the dotted path that it sets, or 'variant'"),
        (f"{WAR},{WAR}\n1,2\n", ":1: each column is named after the dotted path"),
        ("probability\n1\n", ":1: each column is named after the dotted path"),
        (f"{WAR}\n-3\n-2,1\n", ":3: 2 cells, but the header has 1"),
        (f"{WAR},title\n-3,a\n-3\n", ":3: 1 cells, but the header has 2"),
        (f"{WAR}\n-3\n\n-2\n", ":3: 0 cells, but the header has 1"),
        (f"{WAR},title\n-3,\n", ":2: title: an empty cell, or no single value"),
        (f"{WAR},title\n-3,null\n", ":2: title: an empty cell"),
        (f'{WAR},title\n-3,"[a, b]"\n', ":2: title: an empty cell, or no single value"),
        (f"{WAR},title\n-3,&a b\n", ":2: title: anchors and aliases"),
        (f"{WAR}\n1e999\n", f":2: {WAR}: the number 1e999 is too large"),
        (f'{WAR}\n"{"1" * 140_000}"\n', ":2: no line of cells with commas (field larger than"),
        (f"{WAR}\nmany\n", f"variable '{WAR}'"),
        ("coefficients.reply.war.intercpt\n1\n", "some points.csv:1:1: variable 'coefficients.reply.war.intercpt'"),
        ("variant\nbase\nsurge\n", "surge"),
        ("commitments.us-philippines.reliability\n0.5\n1.2\n", "a probability lies in [0, 1]"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_list_is_told_with_its_line(tree: Tree, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        listed(tree, _list(tmp_path, text))
    assert said in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_list_that_is_no_text(tree: Tree, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="not UTF-8 text"):
        listed(tree, _list(tmp_path, "", b"\xff\xfe\x00"))
    with pytest.raises(ScenarioError, match="no such file"):
        listed(tree, tmp_path / "nothing.csv")


def test_a_design_is_found_by_its_id_or_in_a_file(tree: Tree, tmp_path: Path) -> None:
    block = {"id": "odds", "kind": "grid", "variables": [{"id": "x", "set": WAR, "values": [-3.0, -2.0]}]}
    with_design = Tree(tree.value | {"designs": [block, {"id": ["a list"]}, "text", {}]}, tree.marks)
    found = find_design(with_design, "odds")
    assert isinstance(found, Design)
    assert found.id == "odds"
    with pytest.raises(ScenarioError, match=r"--design ods: the scenario has no such design.*did you mean 'odds'"):
        find_design(with_design, "ods")
    with pytest.raises(ScenarioError, match=r"no such design, and it is no \.yaml or \.csv file; there are: odds"):
        find_design(with_design, "zzz")
    with pytest.raises(ScenarioError, match=r"--design odds: the scenario has no such design"):
        find_design(tree, "odds")
    assert find_design(tree, "x/points.CSV") == Path("x/points.CSV")
    file = tmp_path / "own.yaml"
    file.write_text("id: own\nkind: grid\nvariables:\n  - {id: x, set: a.b, values: [1, 2]}\n")
    own = find_design(tree, str(file))
    assert isinstance(own, Design)
    assert own.id == "own"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "own.yaml: the file is empty; a design begins with 'id: my-design'"),
        ("id: own\nkind: gird\nvariables: []\n", "own.yaml:2:7: kind"),
        ("id: own\nkind: grid\npoints: 3\nvariables:\n  - {id: x, set: a, values: [1]}\n", "a grid has no 'points'"),
        ("id: own\nkind: grid\nvariables:\n  - {id: x, set: a, valeus: [1]}\n", "own.yaml:4:21: variables.x.valeus: "),
        ("id: own\nkind: grid\nvariables:\n  - {id: n, set: a, values: [1]}\n", "'n' is a column of the results"),
        ("id: own\nkind: grid\nvariables:\n  - {id: x, set: a, values: [1]}\n  - {id: x, set: b, values: [1]}\n",
         "'x' stands twice in this list"),
    ],
)  # fmt: skip
def test_a_design_in_a_file_is_checked(tree: Tree, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        find_design(tree, str(file))
    assert said in str(caught.value)
