"""What is said of a precision: the size, what is left out, and what is out of reach."""

import math

from escalation_sim.report.precision import announcement
from escalation_sim.study.ensemble import Size
from escalation_sim.study.precision import Chosen


def said(expected, seldom=(), most=None):
    choice = Chosen(Size(7440, 465), (2000, 100), expected, list(seldom))
    return " ".join(announcement(choice, {"precision": 0.1, "max_replicates": most}).split())


def test_the_size_and_its_reasons_are_said():
    text = said({"clash": 0.08, "arms": 0.1}, ["world-war"])
    assert "--replicates 7440 --parameters 465" in text
    assert "of 10 % for clash, arms." in text
    assert "left out (see --of): world-war." in text
    assert "reached" not in text


def test_what_is_out_of_reach_is_said_with_its_error():
    text = said({"clash": 0.08, "arms": 0.234, "war": 1.7, "nuclear": math.inf}, most=20_000)
    assert "with 20,000 replicates (--max-replicates): arms 23 %, war above 100 %, nuclear unknown." in text
