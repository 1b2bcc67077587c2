"""What the columns of the tables of a sweep, and of the sensitivities taken from it, mean."""

from __future__ import annotations

from escalation_sim.store.columns import LABEL, NUMBER, OUTCOME, PROBABILITY, TEXT, WHOLE, WINDOW, Column

_VARIABLE = (
    Column("variable", TEXT, "id", "variable of the design"),
    Column("variable_label", TEXT, "", "the same in words"),
)
_CHANCE = (
    Column("probability", NUMBER, "share", "mean over the points; empty if none gave a result"),
    Column("mc_low", NUMBER, "share", "lower end of the 95 % interval of that mean: luck and, in a sample, its points"),
    Column("mc_high", NUMBER, "share", "upper end of that interval"),
    Column("n_points", WHOLE, "points", "points with a result"),
    Column("n", WHOLE, "replicates", "their replicates"),
    Column("n_failed", WHOLE, "replicates", "replicates that gave no result"),
)


def _ends(name: str, what: str) -> tuple[Column, Column, Column]:
    """A probability or index with the ends of its 95 % interval."""
    return (
        Column(name, NUMBER, "share", what),
        Column(f"{name}_low", NUMBER, "share", "lower end of its 95 % interval"),
        Column(f"{name}_high", NUMBER, "share", "upper end of that interval"),
    )


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
    "responses": (
        OUTCOME,
        LABEL,
        WINDOW,
        *_VARIABLE,
        Column("value", NUMBER, "", "level of the variable, or mean of the points of a bin; empty for choices"),
        Column("value_low", NUMBER, "", "lower edge of the bin; of a level the level itself"),
        Column("value_high", NUMBER, "", "upper edge"),
        Column("text", TEXT, "", "the choice; empty for numbers"),
        *_CHANCE,
    ),
    "tornado": (
        OUTCOME,
        LABEL,
        WINDOW,
        *_VARIABLE,
        Column("low_value", TEXT, "", "lowest level or bin; of choices the one where the probability is least"),
        Column("high_value", TEXT, "", "highest level or bin; of choices the one where it is most"),
        *_ends("at_low", "probability there, the other variables averaged over the design"),
        *_ends("at_high", "probability at the high value"),
        Column("swing", NUMBER, "share", "at_high - at_low"),
    ),
    "pawn": (
        OUTCOME,
        LABEL,
        WINDOW,
        *_VARIABLE,
        Column("pawn", NUMBER, "share", "median distance (KS) of the probabilities of a bin from those of all points"),
        Column("low", NUMBER, "share", "lower end of its 95 % bootstrap interval"),
        Column("high", NUMBER, "share", "upper end of that interval"),
        Column("dummy", NUMBER, "share", "what 95 % of variables without influence stay below"),
        Column("told", WHOLE, "0/1", "1: above the dummy"),
        Column("n", WHOLE, "points", "points used"),
        Column("n_failed", WHOLE, "points", "points that failed"),
    ),
    "indices": (
        OUTCOME,
        LABEL,
        WINDOW,
        *_VARIABLE,
        *_ends("first", "Sobol index of the variable alone, of the probability without its luck; empty: lost in luck"),
        *_ends("total", "Sobol index of the variable with all its interactions"),
        Column("n", WHOLE, "rows", "base rows of the design"),
        Column("luck_share", NUMBER, "share", "share of the variance over the points that is luck and was taken out"),
    ),
    "heat": (
        OUTCOME,
        LABEL,
        WINDOW,
        Column("x_variable", TEXT, "id", "variable across"),
        Column("y_variable", TEXT, "id", "variable upwards"),
        Column("x_variable_label", TEXT, "", "the same in words"),
        Column("y_variable_label", TEXT, "", "the same in words"),
        *(
            column
            for axis in "xy"
            for column in (
                Column(axis, NUMBER, "", "level, or mean of the points of a bin; empty for choices"),
                Column(f"{axis}_low", NUMBER, "", "lower edge of the bin"),
                Column(f"{axis}_high", NUMBER, "", "upper edge"),
                Column(f"{axis}_text", TEXT, "", "the choice; empty for numbers"),
            )
        ),
        *_CHANCE,
    ),
    "boxes": (
        OUTCOME,
        LABEL,
        WINDOW,
        Column("threshold", NUMBER, "share", "points with a probability above it are the cases"),
        Column("box", WHOLE, "", "1 is found first; each next one among the points outside those before"),
        *_VARIABLE,
        Column("low", NUMBER, "", "least value inside the box; empty if not restricted on that side"),
        Column("high", NUMBER, "", "largest value inside the box; empty if not restricted on that side"),
        Column("choices", TEXT, "", "choices inside the box; empty for numbers"),
        Column("coverage", NUMBER, "share", "share of all cases that lie in the box"),
        Column("density", NUMBER, "share", "share of the points in the box that are cases"),
        Column("mass", NUMBER, "share", "share of all points that lie in the box"),
        Column("n_points", WHOLE, "points", "points in the box"),
        Column("n_cases", WHOLE, "points", "of these, cases"),
        Column("base_rate", NUMBER, "share", "share of all points that are cases"),
        Column("p_value", NUMBER, "", "quasi-p-value: how easily chance gives a restriction that does as much"),
    ),
}
