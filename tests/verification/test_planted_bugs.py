"""A check that cannot fail proves nothing: each catches a bug that is planted for it."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("bugs", HERE / "bugs.py")
assert _spec is not None
assert _spec.loader is not None
bugs = importlib.util.module_from_spec(_spec)
sys.modules["bugs"] = bugs
_spec.loader.exec_module(bugs)


def _params(plain: bool) -> list[object]:
    return [
        pytest.param(name, marks=[pytest.mark.slow] if bug.slow else [])
        for name, bug in bugs.BUGS.items()
        if bug.plain is plain
    ]


def planted_in_plain_python(names: Sequence[str]) -> dict[str, bool]:
    """Plant bugs in functions of the theory, which is then not compiled."""
    run = subprocess.run(
        [sys.executable, str(HERE / "bugs.py"), *names],
        env=os.environ | {"ESCALATION_SIM_COMPILE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, bool] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("name", _params(plain=False))
def test_a_planted_bug_is_caught(name: str) -> None:
    bug = bugs.BUGS[name]
    with pytest.MonkeyPatch.context() as patch:
        bug.plant(patch)
        assert bugs.fails(bug)


@pytest.mark.parametrize("name", _params(plain=True))
def test_a_bug_planted_in_the_theory_is_caught(name: str) -> None:
    assert planted_in_plain_python([name]) == {name: True}


def test_every_check_has_a_bug_that_it_catches() -> None:
    assert {bug.check for bug in bugs.BUGS.values()} == set(bugs.CHECKS)


@pytest.mark.slow
@pytest.mark.parametrize("plain", [False, True])
def test_nothing_is_caught_where_no_bug_is(plain: bool) -> None:
    """With as many replicates, and with compilation off, the checks pass as long as nothing is planted."""
    sizes = {(bug.check, bug.n): name for name, bug in bugs.BUGS.items() if bug.plain is plain}
    if not plain:
        assert not [name for name in sizes.values() if bugs.fails(bugs.BUGS[name])]
        return
    code = f"import bugs, json; print(json.dumps([n for n in {list(sizes.values())!r} if bugs.fails(bugs.BUGS[n])]))"
    env = os.environ | {"ESCALATION_SIM_COMPILE": "0"}
    run = subprocess.run([sys.executable, "-c", code], cwd=HERE, env=env, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == []


def test_the_page_says_how_many_bugs_are_planted() -> None:
    page = Path("docs/verification.md").read_text(encoding="utf-8")
    assert f"plants {len(bugs.BUGS)} bugs" in page
    assert f"All {len(bugs.BUGS)} are caught" in page
