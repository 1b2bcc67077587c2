"""What a column of a table is, and the columns that several tables share."""

from __future__ import annotations

from typing import NamedTuple

TEXT, WHOLE, NUMBER = "text", "whole number", "number"


class Column(NamedTuple):
    """One column of a table. A name that ends in `*` stands for all columns that begin so."""

    name: str
    kind: str  # TEXT, WHOLE or NUMBER (which may be missing)
    unit: str
    meaning: str


OUTCOME = Column("outcome", TEXT, "id", "outcome of the scenario")
LABEL = Column("label", TEXT, "", "name of the outcome")
KIND = Column("kind", TEXT, "", "vertical (higher on the ladder), horizontal (more states) or political")
WINDOW = Column("window_days", NUMBER, "days", "length of the window, from the start")
N = Column("n", WHOLE, "replicates", "replicates run")
COUNT = Column("count", WHOLE, "replicates", "replicates in which it happened within the window")
DAY = Column("day", NUMBER, "days", "days since the start, at the end of the tick")
SCORES = (
    Column("brier", NUMBER, "0 to 2", "Brier score, summed over all classes (both yes and no); 0 is best"),
    Column("log_score", NUMBER, "nats", "minus the log of the probability of what came about; 0 is best"),
    Column("brier_expected", NUMBER, "0 to 2", "the same, expected if the coding is wrong with 1 - confidence"),
    Column("log_score_expected", NUMBER, "nats", "the same, expected if the coding is wrong with 1 - confidence"),
)
PROBABILITY = (
    Column("probability", NUMBER, "share", "share of the replicates in which it has happened, given this model"),
    Column(
        "mc_low",
        NUMBER,
        "share",
        "lower end of the 95 % interval for the finite number of replicates and parameter draws",
    ),
    Column("mc_high", NUMBER, "share", "upper end of that interval"),
    Column(
        "parameter_low",
        NUMBER,
        "share",
        "5 % quantile of the probability over the uncertain parameters (mc_low if that is lost in chance)",
    ),
    Column("parameter_high", NUMBER, "share", "95 % quantile of the probability over the uncertain parameters"),
)
CHANGE = (
    Column("baseline", NUMBER, "share", "probability in the baseline, given this model"),
    Column("alternative", NUMBER, "share", "probability in the alternative, under the same luck"),
    Column("difference", NUMBER, "share", "alternative - baseline, replicate against replicate"),
    Column(
        "mc_low",
        NUMBER,
        "share",
        "lower end of the 95 % score interval of the difference, replicates and draws (Tango 1998)",
    ),
    Column("mc_high", NUMBER, "share", "upper end of that interval"),
    Column(
        "parameter_low",
        NUMBER,
        "share",
        "5 % quantile of the difference over the uncertain parameters (mc_low if that is lost in chance)",
    ),
    Column("parameter_high", NUMBER, "share", "95 % quantile of the difference over the uncertain parameters"),
    Column("ratio", NUMBER, "", "alternative / baseline; empty if never seen in the baseline"),
    Column("ratio_low", NUMBER, "", "lower end of its 95 % interval (Bonett and Price 2006); empty if unbounded"),
    Column("ratio_high", NUMBER, "", "upper end of that interval; empty if unbounded"),
    Column("gained", WHOLE, "replicates", "replicates that changed from no to yes"),
    Column("lost", WHOLE, "replicates", "replicates that changed from yes to no"),
    N,
    Column("n_effective", NUMBER, "replicates", "independent pairs that these are worth, sharing parameter draws"),
    Column("variance_ratio", NUMBER, "", "variance of the difference unpaired / paired; empty if no replicate changed"),
    Column("variance_ratio_limit", NUMBER, "", "the most that any pairing could reach for these two probabilities"),
)
