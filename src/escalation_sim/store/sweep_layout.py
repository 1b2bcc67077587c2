"""What the columns of the tables of a sweep, and of the sensitivities taken from it, mean."""

from __future__ import annotations

from escalation_sim.store.columns import LABEL, NUMBER, OUTCOME, PROBABILITY, TEXT, WHOLE, WINDOW, Column

_POINT = Column("point", WHOLE, "", "number of the point of the design, from 0")

SWEEP_TABLES: dict[str, tuple[Column, ...]] = {
    "points": (
        _POINT,
        OUTCOME,
        LABEL,
        WINDOW,
        *PROBABILITY,
        Column(
            "standard_error", NUMBER, "share", "of the probability: luck, and draws of what the design does not set"
        ),
        Column("n", WHOLE, "replicates", "replicates that gave a result"),
        Column("n_failed", WHOLE, "replicates", "replicates that gave none; their outcome is unknown, not no"),
        Column("count", WHOLE, "replicates", "of the n, those in which it happened within the window"),
    ),
    "failures": (
        _POINT,
        Column("error", TEXT, "", "kind of error"),
        Column("message", TEXT, "", "what was wrong, in a sentence"),
        Column("place", TEXT, "", "module and function of the program where it came up"),
    ),
}
