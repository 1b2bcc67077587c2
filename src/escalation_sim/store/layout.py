"""What lies in a result folder, and what every column of its tables means.

A folder holds one CSV per table, `dictionary.csv` that explains them, the scenario as it was run, the figures, and a
manifest with the hash of all of these. The folder of a score holds two tables of its own and the truth file besides.
CSV files are UTF-8 with LF at line ends, decimal points and a header; an empty cell of a column of numbers is a missing
number. Text that a spreadsheet would take for a formula gets an apostrophe in front (`escaped`), which `read_result`
takes away again (`unescaped`).
"""

from __future__ import annotations

import re

from escalation_sim.store.columns import (
    CHANGE,
    COUNT,
    DAY,
    KIND,
    LABEL,
    NUMBER,
    OUTCOME,
    PROBABILITY,
    SCORES,
    TEXT,
    WHOLE,
    WINDOW,
    Column,
    N,
)
from escalation_sim.store.sweep_layout import SWEEP_TABLES

MANIFEST, RESOLVED, DICTIONARY, FIGURES = "manifest.json", "resolved.yaml", "dictionary.csv", "figures"
TABLE = "coefficients.yaml"  # in the folder of a backtest: the table that it was given
SWEEP_RUNS, SWEEP_RUNS_TABLE, FAILURES = "runs.csv.gz", "runs", "failures"  # in the folder of a sweep
TRUTH = "truth.yaml"  # in the folder of a score: the truth file as it was read

TABLES: dict[str, tuple[Column, ...]] = {
    "probabilities": (
        OUTCOME,
        LABEL,
        KIND,
        WINDOW,
        *PROBABILITY,
        Column("n", WHOLE, "replicates", "replicates run; by splitting: as many as would tell it as surely"),
        Column(
            "count", WHOLE, "replicates", "of these, those in which it happened (by splitting: would be expected to)"
        ),
        Column("resolution", TEXT, "", "rule by which a reader can tell whether it happened"),
        Column("method", TEXT, "", "counting (share of the replicates) or splitting (see the table of that name)"),
    ),
    "splitting": (
        OUTCOME,
        Column("stage", WHOLE, "", "1 starts at the beginning, each next one where the level before was entered"),
        Column("level", NUMBER, "nats", "log chance, on the model, that what the outcome misses comes; last: empty"),
        Column("started", WHOLE, "trajectories", "trajectories of the stage, all repetitions"),
        Column("entered", WHOLE, "trajectories", "of these, those that came as far as the level (last: the outcome)"),
        Column("share", NUMBER, "share", "entered / started"),
    ),
    "curves": (OUTCOME, Column("day", NUMBER, "days", "days since the start"), *PROBABILITY),
    "rungs": (
        Column("dyad", TEXT, "id-id", "two states, or `system` for the highest rung of all dyads"),
        Column("tick", WHOLE, "", "number of the tick, from 0"),
        DAY,
        Column("rung", WHOLE, "", "position on the ladder of resolved.yaml, from 0"),
        Column("share", NUMBER, "share", "share of the replicates in which this was the highest rung in this tick"),
    ),
    "runs": (
        Column("point", WHOLE, "", "in a sweep: number of the point, from 0"),
        Column("replicate", WHOLE, "", "number of the replicate, from 0; names its random draws"),
        Column("parameter_draw", WHOLE, "", "number of the draw of the parameters it used, from 0"),
        Column("highest_rung", WHOLE, "", "highest rung of an act, on the ladder of resolved.yaml, from 0"),
        Column("acts", WHOLE, "acts", "acts and events"),
        Column("belligerents", WHOLE, "states", "largest number of states at war at one time"),
        Column("day_*", NUMBER, "days", "days since the start when this outcome happened; empty if it did not"),
    ),
    "paths": (
        OUTCOME,
        Column("rank", WHOLE, "", "1 is the most frequent path to this outcome"),
        Column("path", TEXT, "", "chain of acts, each an answer to the one before; the last six before the outcome"),
        Column("share", NUMBER, "share", "share of the n replicates that took this path"),
        Column("count", WHOLE, "replicates", "replicates that took this path"),
        Column("n", WHOLE, "replicates", "replicates in which the outcome happened, the first 10,000 at most"),
    ),
    "families": (
        OUTCOME,
        Column("family", WHOLE, "", "1 carries most of the outcome"),
        Column("path", TEXT, "", "acts that all its chains end with, earliest first; … for other acts before them"),
        Column("share", NUMBER, "share", "share of the chains looked at"),
        Column("low", NUMBER, "share", "lower end of its exact 95 % interval"),
        Column("high", NUMBER, "share", "upper end of that interval"),
        Column("count", WHOLE, "replicates", "chains in the family"),
        Column("n", WHOLE, "replicates", "chains looked at: replicates in which the outcome happened, evenly spread"),
        Column("median_day", NUMBER, "days", "median day of the outcome"),
        Column("acts", NUMBER, "acts", "median number of acts that a chain needed"),
        Column("replicate", WHOLE, "", "replicate whose timing is nearest to the median of the family"),
    ),
    "common": (
        OUTCOME,
        Column("act", TEXT, "", "an act that chains needed; states of a large pact are told as its members"),
        Column("share", NUMBER, "share", "share of the chains looked at that needed it (or one like it)"),
        Column("low", NUMBER, "share", "lower end of its exact 95 % interval"),
        Column("high", NUMBER, "share", "upper end of that interval"),
        Column("count", WHOLE, "replicates", "chains that needed it"),
        Column("n", WHOLE, "replicates", "chains looked at"),
    ),
    "needed": (
        OUTCOME,
        Column("family", WHOLE, "", "family of the chain, as in `families`"),
        Column("replicate", WHOLE, "", "number of the replicate"),
        Column("place", WHOLE, "", "place in the chain, 1 the earliest act"),
        Column("day", NUMBER, "days", "day on which the tick of the act began"),
        Column("act", TEXT, "", "the act, without which the outcome would not have come about when it did"),
        Column("actor", TEXT, "id", "who acted; empty for a mere event"),
        Column("target", TEXT, "id", "against whom; empty for a mere event"),
        Column("rung", TEXT, "id", "how high on the ladder; empty for a mere event"),
        Column("phase", TEXT, "", "event, initiative (of the actor's own) or reply"),
        Column("answers", TEXT, "", "act that it replied to, or that the rule behind it points to; may be empty"),
        Column("weeks_since_previous", NUMBER, "weeks", "since the act before it in the chain"),
        Column("days_later", NUMBER, "days", "how much later the outcome comes without this act; empty: not in time"),
    ),
    "turns": (
        OUTCOME,
        Column("family", WHOLE, "", "family whose median path this is"),
        Column("place", WHOLE, "", "place in the chain, 1 the earliest act"),
        Column("day", NUMBER, "days", "day on which the tick of the act began"),
        Column("act", TEXT, "", "the act"),
        Column(
            "before", NUMBER, "share", "share of new futures, run from just before the act's tick, with the outcome"
        ),
        Column("before_*", NUMBER, "share", "ends of its exact 95 % interval"),
        Column("after", NUMBER, "share", "the same for futures run from just after the act's phase"),
        Column("after_*", NUMBER, "share", "ends of its exact 95 % interval"),
        Column("futures", WHOLE, "futures", "futures run from either point"),
        Column("passes_half", WHOLE, "0 or 1", "1 for the first act after which the outcome was likelier than not"),
    ),
    "strain": (
        Column("state", TEXT, "", "state that keeps up a war effort"),
        DAY,
        Column("mean", NUMBER, "0 to 1", "mean strain over the replicates, 0 relaxed and 1 exhausted, to within 0.02"),
        *(
            Column(f"q{q:02}", NUMBER, "0 to 1", f"strain that {q} % of the replicates do not exceed, to within 0.02")
            for q in (5, 25, 50, 75, 95)
        ),
    ),
    "differences": (
        Column("variant", TEXT, "", "the alternative: a variant, a setting, or another file"),
        OUTCOME,
        LABEL,
        KIND,
        WINDOW,
        *CHANGE,
    ),
    "knockouts": (
        Column("element_kind", TEXT, "", "rule, commitment, event, belief or covariate (block)"),
        Column("element", TEXT, "id", "what is switched off in the alternative; `all ...`: the whole kind"),
        Column("element_label", TEXT, "", "what it is called; of a covariate block its covariates"),
        Column("because", TEXT, "", "reason or source that the scenario gives for it"),
        Column("n_edges_gone", WHOLE, "edges", "ordered pairs of states that could act only because of it"),
        Column("edges_gone", TEXT, "id>id", "those pairs"),
        OUTCOME,
        LABEL,
        KIND,
        WINDOW,
        *CHANGE,
        Column(
            "told", WHOLE, "0 or 1", "whether it is told from zero, at 95 % for all knock-outs of the table at once"
        ),
        Column("sum_of_singles", NUMBER, "share", "of a whole kind: sum of the differences of its elements one by one"),
    ),
    "interactions": (
        OUTCOME,
        WINDOW,
        Column("first", TEXT, "", "kind and id of one element that is switched off"),
        Column("second", TEXT, "", "kind and id of the other"),
        Column("difference", NUMBER, "share", "change of the probability without both"),
        Column("sum", NUMBER, "share", "sum of the changes without the one and without the other"),
        Column("interaction", NUMBER, "share", "difference - sum, replicate against replicate"),
        Column("mc_low", NUMBER, "share", "lower end of the 95 % interval of the interaction"),
        Column("mc_high", NUMBER, "share", "upper end of that interval"),
        Column("parameter_low", NUMBER, "share", "5 % quantile over the parameters (mc_low if lost in chance)"),
        Column("parameter_high", NUMBER, "share", "95 % quantile over the parameters"),
        N,
        Column("told", WHOLE, "0 or 1", "whether it is told from zero, at 95 % for all pairs of the outcome at once"),
        Column("reading", TEXT, "", "redundant or complementary; empty if not told, or if the two pull apart"),
    ),
    "open": (
        OUTCOME,
        LABEL,
        KIND,
        WINDOW,
        *PROBABILITY,
        N._replace(meaning="replicates in which it had not come about by the end of the first weeks"),
        COUNT._replace(meaning="replicates of these in which it comes about later within the window"),
        Column("resolution", TEXT, "", "rule by which a reader can tell whether it happened"),
    ),
    "signals": (
        OUTCOME,
        LABEL,
        WINDOW,
        Column("rank", WHOLE, "", "1 tells most, in this window"),
        Column("signal", TEXT, "", "act, event, outcome or strain seen by the end of the first weeks"),
        Column("information", NUMBER, "bits", "mutual information of signal and later outcome"),
        Column("seen", NUMBER, "share", "share of the replicates with the signal, of those still open at the landmark"),
        Column("given_seen", NUMBER, "share", "probability of the outcome later in the window, if it was seen"),
        Column("given_seen_*", NUMBER, "share", "ends of its exact 95 % interval, replicates and draws"),
        Column("given_unseen", NUMBER, "share", "the same if it was not seen"),
        Column("given_unseen_*", NUMBER, "share", "ends of its exact 95 % interval, replicates and draws"),
        Column("difference", NUMBER, "share", "given_seen - given_unseen"),
        Column("difference_*", NUMBER, "share", "ends of its 95 % interval, replicates and draws (Newcombe 1998)"),
        Column("within_draws", NUMBER, "share", "the difference within parameter draws (Mantel and Haenszel weights)"),
        Column("within_draws_*", NUMBER, "share", "ends of its 95 % interval over the draws; empty with a single one"),
        Column(
            "likelihood_ratio", NUMBER, "", "by this seeing it multiplies the odds of the outcome; empty if unbounded"
        ),
        Column("likelihood_ratio_unseen", NUMBER, "", "by this not seeing it multiplies them; empty if unbounded"),
        Column("likelihood_ratio_*", NUMBER, "", "ends of their 95 % intervals (Newcombe 2016); empty if unbounded"),
        Column("q_value", NUMBER, "share", "false discovery rate at which the signal is still told"),
        Column("count_seen", WHOLE, "replicates", "those of n_seen in which the outcome followed"),
        Column("n_seen", WHOLE, "replicates", "replicates still open in which it was seen"),
        Column("count_unseen", WHOLE, "replicates", "those of n_unseen in which the outcome followed"),
        Column("n_unseen", WHOLE, "replicates", "replicates still open in which it was not"),
    ),
    "levers": (
        Column("position", TEXT, "", "levers and what they are set to, or the baseline: as it stands"),
        Column("levers", TEXT, "ids", "levers that are set"),
        Column("by", TEXT, "ids", "states that control them"),
        Column(
            "frontier", WHOLE, "", "place on the frontier, 1 best in the first outcome; 0: another beats it in both"
        ),
        Column("alike", TEXT, "", "the baseline or the place before, if it cannot be told from it in either outcome"),
        OUTCOME,
        Column("wanted", TEXT, "", "less or more of the outcome"),
        LABEL,
        KIND,
        WINDOW,
        *CHANGE,
    ),
    "scores": (
        OUTCOME,
        LABEL,
        KIND,
        Column("block", TEXT, "", "outcomes of one block count together as one"),
        WINDOW,
        *PROBABILITY,
        N,
        COUNT,
        Column("happened", WHOLE, "0 or 1", "whether it happened within the window, by the truth file"),
        Column("on", TEXT, "date", "when it happened, in the window or later; empty if it did not"),
        Column("confidence", NUMBER, "probability", "that this coding is right"),
        Column("base_rate", NUMBER, "probability", "what history alone expects within the window"),
        *SCORES,
        Column("task", TEXT, "", "what a backtest forecasts"),
        Column("era", TEXT, "", "onsets that the row counts, by their year"),
        Column("forecaster", TEXT, "", "simulation, or a statistical forecaster fitted to the other folds"),
        Column("groups", WHOLE, "confrontations", "groups that are drawn whole for the bootstrap"),
        Column("ece", NUMBER, "share", "expected calibration error, ten bins of equal counts, all classes"),
        Column("calibration_*", NUMBER, "", "logistic line through the forecasts; slope 1, intercept 0 are best"),
        Column("skill*", NUMBER, "", "1 - Brier score / that of the base rate (first_level: of the first-level table)"),
        Column("brier_*", NUMBER, "0 to 2", "ends of the 95 % bootstrap interval of the Brier score"),
        Column("log_score_*", NUMBER, "nats", "ends of the 95 % bootstrap interval of the log score"),
    ),
    "summary": (
        WINDOW._replace(meaning="length of the window; empty for the mean over all windows"),
        Column("forecaster", TEXT, "", "model, or a reference: even (50 %), base_rate (history), status_quo (1 %)"),
        Column("outcomes", WHOLE, "outcomes", "outcomes scored"),
        Column("blocks", WHOLE, "blocks", "blocks that these are, each of which counts as one"),
        *(score._replace(meaning=f"{score.meaning}; mean over blocks") for score in SCORES),
        Column("skill", NUMBER, "", "1 - Brier score of the model / that of this reference; empty for the model"),
        Column("joint_low", NUMBER, "0 to 2", "5 % quantile of the Brier score if the model were right"),
        Column("joint_high", NUMBER, "0 to 2", "95 % quantile of the Brier score if the model were right"),
        Column("joint_worse", NUMBER, "share", "replicates that would score at least as badly as what happened"),
    ),
    "predictions": (
        Column("micnum", WHOLE, "", "number of the confrontation"),
        Column("ccode1", WHOLE, "COW number", "actor of the first event"),
        Column("ccode2", WHOLE, "COW number", "target of the first event"),
        Column("year", WHOLE, "year", "year of the first event"),
        Column("p_level_*", NUMBER, "probability", "that this is the highest level of either side within 1,092 days"),
        Column("p_reciprocated", NUMBER, "probability", "that the target acts at all; a clash is an act of both"),
        Column("observed_level", WHOLE, "1 to 5", "1 threat, 2 display, 3 seize, 4 attack, 5 war"),
        Column("reciprocated", WHOLE, "0 or 1", "whether the target acted"),
    ),
    "icb_predictions": (
        Column("crisno", WHOLE, "", "number of the crisis"),
        Column("p1", NUMBER, "probability", "of no violence"),
        Column("p2", NUMBER, "probability", "of minor clashes"),
        Column("p3", NUMBER, "probability", "of serious clashes"),
        Column("p4", NUMBER, "probability", "of full-scale war"),
    ),
    "reliability": (
        Column("task", TEXT, "", "what is forecast"),
        Column("forecaster", TEXT, "", "simulation, or a statistical forecaster"),
        Column("forecast", NUMBER, "probability", "mean forecast of the bin"),
        Column("frequency", NUMBER, "share", "how often it came"),
        Column("low", NUMBER, "share", "lower end of the exact 95 % interval of that frequency"),
        Column("high", NUMBER, "share", "upper end of that interval"),
        Column("n", WHOLE, "forecasts", "forecasts in the bin, all classes pooled"),
        Column("count", WHOLE, "forecasts", "those of them that came"),
    ),
    "rollout": (
        Column("quantity", TEXT, "", "highest_level, active_weeks or length_weeks (first to last active week)"),
        Column("value", WHOLE, "", "the level, or a number of weeks"),
        Column("label", TEXT, "", "the same in words"),
        Column("observed", NUMBER, "share", "of the onsets on record (weeks: of at least so many)"),
        Column("observed_low", NUMBER, "share", "lower end of its exact 95 % interval"),
        Column("observed_high", NUMBER, "share", "upper end of that interval"),
        Column("simulated", NUMBER, "share", "of the replicates, each onset weighing the same"),
        Column("n", WHOLE, "onsets", "onsets on record"),
    ),
}
TABLES |= SWEEP_TABLES
DICTIONARY_COLUMNS = ("table", "column", "kind", "unit", "meaning")

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED_FORMULA = re.compile(r"'+[=+\-@\t\r]")


def column(table: str, name: str) -> Column:
    """What a column means.

    Raises
    ------
    ValueError
        For a table or column without an entry: nothing is written that the dictionary does not explain.

    >>> column("runs", "day_ceasefire")[:3]
    ('day_ceasefire', 'number', 'days')
    """
    for entry in TABLES.get(table, ()):
        if entry.name == name or (entry.name.endswith("*") and name.startswith(entry.name[:-1])):
            return entry._replace(name=name)
    raise ValueError(f"column {name!r} of table {table!r} has no entry in the data dictionary")


def escaped(text: str) -> str:
    r"""The text as a cell that no spreadsheet takes for a formula; `unescaped` gives the text back, whatever it was.

    OWASP's list of dangerous beginnings: = + - @ TAB CR. Such text gets an apostrophe, and so does text that already
    looks as if it had got one.

    >>> escaped("=1+1"), escaped("'=1+1"), escaped("'t was war")
    ("'=1+1", "''=1+1", "'t was war")
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unescaped(cell: str) -> str:
    """The text of a cell that `escaped` made.

    >>> unescaped(escaped("-2 states")), unescaped("'t was war")
    ('-2 states', "'t was war")
    """
    return cell[1:] if _ESCAPED_FORMULA.match(cell) else cell
