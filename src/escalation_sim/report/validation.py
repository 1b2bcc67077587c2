"""What is known of the model's validity, as packaged data: tables of docs/validation.md, weaknesses of docs/defence.md.

A report carries them wherever it is read. A test holds each cell against the page, so the two cannot differ in silence.
"""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    """A table of the validation page.

    Attributes
    ----------
    source : str
        Section of docs/validation.md.
    caption : str
    head, rows : sequence of str, and of such
        Cells as on the page, without its bold type.
    aligned : str
        l, r or c for each column.
    """

    source: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    aligned: str


HIGHEST_LEVEL = Known(
    "2. Backtest: disputes since 1946",
    "Highest level that either side reaches, 1,070 dyad-confrontations since 1946, five folds",
    ("forecaster", "Brier (95 %)", "log score", "slope", "ECE", "Brier to 1990", "Brier after 1990"),
    (
        ("simulation", "0.459 (0.416–0.504)", "0.834", "0.83", "0.018", ".511", ".380"),
        ("multinomial logit", "0.464 (0.420–0.506)", "0.876", "0.97", "0.009", ".516", ".385"),
        ("gradient boosting", "0.467 (0.424–0.509)", "0.880", "1.00", "0.013", ".515", ".392"),
        ("table by first act", "0.496 (0.460–0.534)", "0.883", "1.01", "0.013", ".538", ".433"),
        ("base rate", "0.647 (0.621–0.675)", "1.239", "0.97", "0.033", ".638", ".662"),
    ),
    "lcrrrrr",
)
TARGET_ACTS = Known(
    "2. Backtest: disputes since 1946",
    "Whether the target acts at all, the same folds",
    ("forecaster", "Brier (95 %)", "log score", "slope", "ECE", "Brier to 1990", "Brier after 1990"),
    (
        ("simulation", "0.429 (0.411–0.448)", "0.606", "1.00", "0.026", ".449", ".399"),
        ("multinomial logit", "0.426 (0.403–0.450)", "0.604", "0.81", "0.037", ".445", ".397"),
        ("gradient boosting", "0.431 (0.412–0.451)", "0.610", "1.00", "0.022", ".454", ".396"),
        ("table by first act", "0.463 (0.450–0.473)", "0.641", "0.84", "0.042", ".473", ".446"),
        ("base rate", "0.499 (0.492–0.506)", "0.692", "0.62", "0.057", ".486", ".519"),
    ),
    "lcrrrrr",
)
CRISES = Known(
    "3. Backtest: the violence of crises",
    "Violence of 336 crises, 1918–2005, folds of crises",
    ("forecaster", "Brier (95 %)", "log score", "slope", "ECE", "Brier to 1990", "Brier after 1990"),
    (
        ("simulation", "0.620 (0.581–0.661)", "1.168", "1.02", "0.033", ".607", ".715"),
        ("multinomial logit", "0.617 (0.578–0.658)", "1.171", "0.95", "0.033", ".603", ".725"),
        ("gradient boosting", "0.627 (0.590–0.666)", "1.179", "0.99", "0.036", ".608", ".773"),
        ("table by first act", "0.640 (0.601–0.681)", "1.204", "0.95", "0.031", ".633", ".693"),
        ("base rate", "0.723 (0.705–0.742)", "1.334", "0.91", "0.037", ".717", ".768"),
    ),
    "lcrrrrr",
)
BASE_RATES = Known(
    "4. Base rates",
    "Base rates of the record and of the packaged coefficients",
    ("rate", "denominator", "record", "interval", "packaged table"),
    (
        ("dispute becomes war", "disputes after 1945 (1,076)", "1.7 %", "1.2–2.4", "1.6 %"),
        ("the same, after 1990", "disputes 1992–2005 (341)", "0.9 %", "0.2–2.5", "0.7 %"),
        ("the same, both nuclear", "disputes of two nuclear powers", "–", "at most 2", "0.3 %"),
        ("a display is answered within 30 days", "first displays (667)", "35.7 %", "30.9–40.7", "35.1 %"),
        ("… by force", "the same", "21.6 %", "17.9–25.8", "19.2 %"),
        ("force by one side is answered within 30 days", "first uses of force (227)", "30.8 %", "25.0–37.1", "29.9 %"),
        ("… by force", "the same", "25.1 %", "19.0–31.5", "22.0 %"),
        ("an answer within 30 days comes in the first week", "such answers", "76 %", "66–87", "72.8 %"),
        ("the target acts at all, clashes counted", "dyad-confrontations (1,070)", "55.0 %", "51–59", "51.4 %"),
        ("force is reached", "the same", "60.3 %", "56–64", "58.6 %"),
        ("an ally of the target joins", "allies of states at war after 1945 (261)", "6.1 %", "3.5–9.8", "7.3 %"),
        (
            "a state that borders the attacker (in the model: its rival) joins without a pact",
            "by the logit of joining",
            "2.8 %",
            "1.9–4.1",
            "2.2 %",
        ),
        ("a crisis of ICB becomes full-scale war", "crises after 1945 (254)", "16.1 %", "11.8–21.3", "18.1 %"),
        ("a war gains a third belligerent", "wars 1816–2007", "27 %", "20–35", "31.2 %"),
    ),
    "llrcr",
)
HINDCASTS = Known(
    "5. Hindcasts",
    "Four scenarios written from what was known on the first day, then scored once",
    (
        "scenario",
        "outcomes × windows (blocks)",
        "Brier",
        "50 %",
        "base rate",
        "status quo",
        "log score",
        "50 %",
        "base rate",
        "status quo",
        "joint",
    ),
    (
        (
            "North Korean troops, October 2024",
            "18 (14)",
            "0.226",
            "0.500",
            "0.220",
            "0.525",
            "0.34",
            "0.69",
            "0.33",
            "1.24",
            "0.08–0.28; 15 %",
        ),
        (
            "Cuban missile crisis, October 1962",
            "14 (8)",
            "0.341",
            "0.500",
            "0.718",
            "0.776",
            "0.52",
            "0.69",
            "1.62",
            "1.83",
            "0.18–0.46; 20 %",
        ),
        (
            "Kargil, May 1999",
            "12 (6)",
            "0.455",
            "0.500",
            "0.682",
            "0.735",
            "0.64",
            "0.69",
            "1.34",
            "1.73",
            "0.06–0.33; 0.9 %",
        ),
        ("July 1914", "13 (6)", "0.729", "0.500", "0.878", "0.871", "1.30", "0.69", "2.41", "2.05", "0.03–0.38; 0.4 %"),
    ),
    "lcrrrrrrrrc",
)
CREDIBILITY = Known(
    "7. Credibility, by our own assessment",
    "Credibility by the eight factors of NASA-STD-7009, levels 0 to 4, rated by the authors",
    ("factor", "level", "why"),
    (
        (
            "verification",
            "3",
            "closed-form cases, two drivers that agree bit for bit, metamorphic checks, known answers of the "
            "generator; no independent second implementation",
        ),
        (
            "validation",
            "1",
            "disputes and crises: folds and benchmarks; four hindcasts; nothing yet on forecasts made before the event",
        ),
        (
            "input pedigree",
            "2",
            "militarized gates from public data with citations; words, support, partners and nuclear use elicited "
            "by few people",
        ),
        (
            "results uncertainty",
            "2",
            "chance and parameters kept apart and both shown; half-lives, severities and the form of the model "
            "carry none",
        ),
        ("results robustness", "2", "sensitivity of any scenario by command; published for one outcome"),
        ("use history", "0", "new"),
        (
            "management of model and simulation",
            "2",
            "versioned, tested, every result with its manifest; no independent review",
        ),
        ("people qualification", "1", "not certified by anybody"),
    ),
    "lcl",
)

WEAKNESSES = (  # of substance: title on docs/defence.md, and the gist
    (
        "Data stop below the top",
        "wars of major powers and nuclear use since 1945 are too few to estimate a gate, so the tails are judgements",
    ),
    (
        "Militarized events hold no protest, no sanctions and no aid",
        "protests, sanctions and aid rest on judgement, and so does what the threat gate was fitted to",
    ),
    ("Third parties", "who joins whom was set by judgement, partly tuned to rates of joining and arming"),
    ("Severity and memory weights", "the scale of acts and memories was chosen, not measured"),
    (
        "A crisis is selected",
        "a scenario is written because something happened; average coefficients may understate it",
    ),
    ("Independence across dyads", "no common shock to the system but events and parameters"),
    (
        "Independent judgements",
        "elicited numbers vary independently, so the parameter interval may be too wide or too narrow",
    ),
    (
        "Numbers without doubt",
        "half-lives, severities and weights of partners do not vary, so the parameter interval is too narrow by "
        "what they add",
    ),
    ("Who joins is not in the backtest", "wars that others began and one joined are missed by the backtest"),
    ("Judged mostly on disputes", "gates of words, support and partners were scored in a handful of scenarios only"),
    ("The end of wars", "beyond two years the rate rests on seven wars, and what strain does on weak evidence"),
    ("The present is thinly covered", "the fit ends in 2005, and the era is one step in 1990"),
    ("Model uncertainty is in neither interval", "no interval here holds it"),
)
MECHANISMS = (  # weaknesses of mechanism, by their titles there
    "Unbelieved acts are still remembered",
    "Where, and who struck first below war, is not asked",
    "Rungs are compared by their place",
    "An old war can trigger a treaty of defence",
    "Partners know no dates within a run",
    "Standing support does not wane",
    "A war is a set of dyads",
    "Who fights beside a partner loses troops only in the partner's war effort",
    "The tick matters where things feed back",
    "Hazards live in whole ticks",
    "One beneficiary at a time",
    "Paths of a run are one cause deep",
    "Words are too many",
    "A threat is a threat",
    "Peace lifts a restraint",
)
