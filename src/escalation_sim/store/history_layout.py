"""Which columns of which public tables are read, what they mean, and what they are called here.

This is the one list of them: `history.read_history` reads by it, and docs/data.md is tested against it.
"""

from __future__ import annotations

from typing import NamedTuple

TEXT = "text"
WHOLE = "whole number"  # int64, never missing
FLAG = "0 or 1"  # bool, never missing
AMOUNT = "number or missing"  # float64; an empty cell or a negative code such as -9 is a missing value
SIGNED = "signed number or missing"  # float64; only an empty cell is missing
DAY = "year month day"  # three columns, a day never missing; an unknown day of the month (-9, 88) is the 15th
DAY_IF_ANY = "year month day, or missing"  # NaT without a year or month
MONTH_START = "date (start of month)"  # YYYY-MM-DD
MONTH_END = "date (end of month)"  # YYYY-MM-DD of any day of the last month, which counts to its end
KNOWN = "day known"  # bool: whether the day of the month is known


class Field(NamedTuple):
    """One column of a table here, and the column (for a DAY the three columns) of the file that it is read from."""

    source: str
    name: str
    kind: str
    meaning: str


class Source(NamedTuple):
    """One file, its columns, and whether it must be there."""

    file: str
    fields: tuple[Field, ...]
    needed: bool = True


def _dyad_fields() -> tuple[Field, ...]:
    return (Field("ccode1", "a", WHOLE, "state with the lower number"), Field("ccode2", "b", WHOLE, "the other state"))


def _years(start: str, end: str) -> tuple[Field, ...]:
    return (Field(start, "first_year", WHOLE, "first year"), Field(end, "last_year", WHOLE, "last year, included"))


_STATE = Field("ccode", "state", WHOLE, "COW number of the state")
_DISPUTE = Field("dispnum", "dispute", WHOLE, "number of the dispute")
_HOSTILITY = Field("hostlev", "hostility", WHOLE, "1 none, 2 threat, 3 display of force, 4 use of force, 5 war")
_HIGHEST = Field("hiact", "highest_action", WHOLE, "most hostile action, 0 to 21")
_FATALITY = Field("fatality", "fatality", AMOUNT, "deaths in battle, coded 0 (none) to 6 (1,000 or more)")
_START = Field("styear stmon stday", "start", DAY, "first day")
_END = Field("endyear endmon endday", "end", DAY, "last day")

SOURCES: dict[str, Source] = {  # by the name of the table here
    "events": Source(
        "mie_events.csv",
        (
            Field("micnum", "confrontation", WHOLE, "number of the confrontation, mostly that of the MID dispute"),
            Field("eventnum", "event", WHOLE, "number of the event within it, in the order of time"),
            Field("ccode1", "actor", WHOLE, "state that acts"),
            Field("ccode2", "target", WHOLE, "state that is acted upon"),
            Field("styear stmon stday", "date", DAY, "day of the event, or its first day"),
            Field("stday", "day_known", KNOWN, "whether the day of the month is known"),
            Field("sidea1", "side_a", FLAG, "whether the actor is on side A"),
            Field("action", "action", WHOLE, "action, 1 (threat to use force) to 22 (battle in a war)"),
            Field("hostlev", "hostility", WHOLE, "2 threat, 3 display of force, 4 use of force, 5 war"),
            Field("fatalmin1", "actor_deaths_low", AMOUNT, "deaths of the actor, at least"),
            Field("fatalmax1", "actor_deaths_high", AMOUNT, "deaths of the actor, at most"),
            Field("fatalmin2", "target_deaths_low", AMOUNT, "deaths of the target, at least"),
            Field("fatalmax2", "target_deaths_high", AMOUNT, "deaths of the target, at most"),
        ),
    ),
    "capabilities": Source(
        "nmc_cinc.csv",
        (
            _STATE,
            Field("year", "year", WHOLE, "year"),
            Field("cinc", "cinc", AMOUNT, "share of the capability of all states, 0 to 1"),
        ),
    ),
    "contiguity": Source(
        "contiguity_spells.csv",
        (
            *_dyad_fields(),
            Field("conttype", "kind", WHOLE, "1 land, 2 to 5 water of up to 12, 24, 150, 400 miles, 0 none"),
            Field("stdate", "start", MONTH_START, "first month, YYYY-MM-DD of its first day"),
            Field("enddate", "end", MONTH_END, "last month, included, YYYY-MM-DD of its first day"),
        ),
    ),
    "alliances": Source(
        "atop_alliance_spells.csv",
        (
            *_dyad_fields(),
            *_years("styear", "endyear"),
            Field("defense", "defence", FLAG, "an obligation to defend"),
            Field("offense", "offence", FLAG, "an obligation to join an attack"),
            Field("neutral", "neutrality", FLAG, "an obligation to stay neutral"),
            Field("nonagg", "nonaggression", FLAG, "a promise not to attack each other"),
            Field("consul", "consultation", FLAG, "an obligation to consult"),
        ),
    ),
    "nuclear": Source("nuclear_weapon_states.csv", (_STATE, *_years("styear", "endyear"))),
    "majors": Source(
        "cow_majors.csv",
        (
            _STATE,
            Field("styear stmonth stday", "start", DAY, "first day as a major power"),
            Field("endyear endmonth endday", "end", DAY, "last day, included"),
        ),
    ),
    "rivalries": Source("strategic_rivalries.csv", (*_dyad_fields(), *_years("start", "end"))),
    "wars": Source(
        "cow_interstate_war_participants.csv",
        (
            Field("WarNum", "war", WHOLE, "number of the war"),
            _STATE,
            Field("Side", "side", WHOLE, "1 or 2"),
            Field("StartYear1 StartMonth1 StartDay1", "start", DAY, "day the state entered"),
            Field("EndYear1 EndMonth1 EndDay1", "end", DAY, "day it left"),
            Field("StartYear2 StartMonth2 StartDay2", "start_again", DAY_IF_ANY, "day it entered again, if it did"),
            Field("EndYear2 EndMonth2 EndDay2", "end_again", DAY_IF_ANY, "day it left again"),
            Field("Initiator", "initiator", WHOLE, "1 began the war, 2 did not"),
            Field("Outcome", "outcome", AMOUNT, "1 won, 2 lost, 3 to 8 other"),
            Field("BatDeath", "battle_deaths", AMOUNT, "deaths of its soldiers"),
        ),
    ),
    "disputes": Source(
        "mid5_disputes.csv",
        (
            _DISPUTE,
            _START,
            _END,
            _HIGHEST,
            _HOSTILITY,
            _FATALITY,
            Field("recip", "reciprocated", FLAG, "whether side B acted, too"),
            Field("numa", "n_side_a", WHOLE, "states on side A"),
            Field("numb", "n_side_b", WHOLE, "states on side B"),
        ),
    ),
    "democracy": Source(
        "democracy_1900_on.csv",
        (
            _STATE,
            Field("year", "year", WHOLE, "year"),
            Field("polity2", "polity", SIGNED, "Polity score, -10 (autocracy) to 10 (democracy)"),
            Field("v2x_polyarchy", "polyarchy", AMOUNT, "electoral democracy index of V-Dem, 0 to 1"),
        ),
        needed=False,
    ),
    "crises": Source(
        "icb1_crises.csv",
        (
            Field("crisno", "crisis", WHOLE, "number of the crisis"),
            Field("crisname", "name", TEXT, "name of the crisis"),
            Field("yrtrig motrig datrig", "start", DAY, "day of the first trigger"),
            Field("datrig", "start_known", KNOWN, "whether the day of the month is known"),
            Field("yrterm moterm daterm", "end", DAY_IF_ANY, "last day"),
            Field("break", "trigger", WHOLE, "trigger, 1 verbal to 9 violent"),
            Field("trigent", "trigger_state", AMOUNT, "state that triggered it; 995 to 997 for others"),
            Field("gravcr", "gravity", AMOUNT, "gravest value at stake, 0 economic to 7 other"),
            Field("sevviosy", "violence", WHOLE, "1 none, 2 minor clashes, 3 serious clashes, 4 full-scale war"),
            Field("iwcmb", "intra_war", AMOUNT, "1 outside a war, 2 the war starts with the crisis, 3 or more inside"),
            Field("protrac", "protracted", AMOUNT, "1 no protracted conflict, 2 protracted, 3 a long war"),
            Field("pcid", "conflict", AMOUNT, "number of the protracted conflict"),
        ),
        needed=False,
    ),
    "crisis_actors": Source(
        "icb2_actors.csv",
        (
            Field("crisno", "crisis", WHOLE, "number of the crisis"),
            Field("cracid", "state", WHOLE, "Gleditsch-Ward number of the state"),
            Field("triggr", "trigger", WHOLE, "trigger, 1 verbal to 9 violent"),
            Field("trigent", "trigger_state", AMOUNT, "state that triggered it; 995 to 997 for others"),
            Field("southv", "threat_source", AMOUNT, "state that it saw as the source of the threat"),
            Field("yrtrig motrig datrig", "trigger_date", DAY, "day of the trigger"),
            Field("majres", "response", AMOUNT, "major response, 1 none to 9 multiple with violence"),
            Field("yerres monres dayres", "response_date", DAY_IF_ANY, "day of the response"),
            Field("sevvio", "violence", AMOUNT, "1 none, 2 minor clashes, 3 serious clashes, 4 full-scale war"),
            Field("gravty", "gravity", AMOUNT, "gravest value at stake, 0 economic to 7 other"),
            Field("outcom", "outcome", AMOUNT, "1 victory, 2 compromise, 3 stalemate, 4 defeat"),
        ),
        needed=False,
    ),
}
