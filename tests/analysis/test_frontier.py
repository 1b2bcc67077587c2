"""Which alternatives nothing beats."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from escalation_sim.analysis.frontier import along, unbeaten

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12)


@given(ROWS)
def test_nothing_on_the_frontier_is_beaten_and_all_else_is(rows):
    gains = np.array(rows, dtype=float)
    kept = unbeaten(gains)
    for i, own in enumerate(rows):
        beaten = any(all(o >= m for o, m in zip(other, own, strict=True)) and other != own for other in rows)
        assert bool(kept[i]) == (not beaten and rows.index(own) == i)


@given(ROWS)
def test_along_the_frontier_one_aim_falls_as_the_other_rises(rows):
    gains = np.array(rows, dtype=float)
    order = along(gains, unbeaten(gains))
    first, second = gains[order, 0], gains[order, 1]
    assert (np.diff(first) < 0).all()
    assert (np.diff(second) > 0).all()
