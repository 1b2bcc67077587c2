/* Conditions and the rows of rules built on them (beliefs.py, rules.py). */
#ifndef RULES_H
#define RULES_H

#include "ladder.h"

/* Whether an act enters the observer's view: acts that were decided always do, events only if believed. */
static inline bool knows(const Setup *s, const World *w, int observer, int event)
{
    return event < 0 || observer < 0 || w->believed[event * n_states(s) + observer];
}

/* Whether a treaty binds on a day. */
static inline bool in_force(double day, double from, double until) { return from <= day && day < until; }

static bool war_is(const Setup *s, const World *w, int first, int last, int status)
{
    for (int row = first; row < last; row++) {
        const int d = s->listed[row];
        if ((status == WAR_ON && w->war[d]) || (status == WAR_BEGAN && w->war_begun[d] >= 0.0) ||
            (status == WAR_ENDED && w->war_ended[d] >= 0.0))
            return true;
    }
    return false;
}

static bool commitment_is(const Setup *s, const World *w, int treaty, int status)
{
    const double day = today(s, w);
    for (int64_t c = 0; c < s->treaty_length; c++) {
        if (s->treaty[c] != treaty)
            continue;
        if (status == FORCE && in_force(day, s->force_from[c], s->force_until[c]))
            return true;
        if (status != FORCE && w->triggered[c] >= 0.0 && (status == TRIGGERED || w->honoured[c]))
            return true;
    }
    return false;
}

static bool stands(const Setup *s, const World *w, int x)
{
    const int beneficiaries = s->condition_c[x];
    for (int row = s->condition_a[x]; row < s->condition_b[x]; row++) {
        const int edge = s->listed[row];
        if (w->standing[edge] < s->condition_low[x])
            continue;
        if (beneficiaries < 0 || (w->support[edge] >= 0 && s->sets[beneficiaries * n_states(s) + w->support[edge]]))
            return true;
    }
    return false;
}

static inline double memory_of(const World *w, int edge, int kind)
{
    if (edge < 0)
        return 0.0;
    return kind == FAST ? w->fast[edge] : kind == SLOW ? w->slow[edge] : w->worst[edge];
}

/* Whether condition x holds, its `not` left aside. */
static bool is_true(const Setup *s, const World *w, int x)
{
    const int a = s->condition_a[x], b = s->condition_b[x];
    const double low = s->condition_low[x], high = s->condition_high[x], day = today(s, w);
    switch (s->condition_kind[x]) {
    case IF_ACT:
        return w->watch_record[a] >= 0 && day - w->watch_day[a] < high;
    case IF_EVENT:
        return w->happened[a] >= 0.0 && knows(s, w, b, a);
    case IF_STRAIN:
        return w->strain[a] >= low;
    case IF_MEMORY:
        return memory_of(w, a, b) >= low;
    case IF_WAR:
        return war_is(s, w, a, b, s->condition_c[x]);
    case IF_COMMITMENT:
        return commitment_is(s, w, a, b);
    case IF_STANDING:
        return stands(s, w, x);
    case IF_MONTH:
        return (a >> s->month[w->clock[CLOCK_TICK]]) & 1;
    case IF_DATE:
        return low <= day && day < high;
    case IF_BELLIGERENTS:
        return w->clock[CLOCK_BELLIGERENTS] >= a;
    case IF_OPPOSING_NUCLEAR:
        return w->clock[CLOCK_OPPOSING] == 1;
    default:
        return w->outcome_day[a] >= 0.0;
    }
}

/* Whether all conditions of a range (first, last + 1) hold; none is always true. */
static bool hold(const Setup *s, const World *w, const int32_t range[2])
{
    for (int x = range[0]; x < range[1]; x++)
        if (is_true(s, w, x) == (s->condition_not[x] == 1))
            return false;
    return true;
}

/* The latest record that made the conditions of a range true, or -1. */
static int evidence(const Setup *s, const World *w, const int32_t range[2])
{
    int latest = -1;
    for (int x = range[0]; x < range[1]; x++) {
        const int kind = s->condition_kind[x], a = s->condition_a[x];
        if (s->condition_not[x])
            continue;
        if (kind == IF_ACT)
            latest = higher(latest, w->watch_record[a]);
        else if (kind == IF_EVENT)
            latest = higher(latest, w->happened_record[a]);
        else if (kind == IF_OUTCOME)
            latest = higher(latest, w->outcome_record[a]);
        else if (kind == IF_WAR)
            for (int row = a; row < s->condition_b[x]; row++)
                latest = higher(latest, w->war_record[s->listed[row]]);
        else if (kind == IF_COMMITMENT)
            for (int64_t c = 0; c < s->treaty_length; c++)
                latest = s->treaty[c] == a ? higher(latest, w->trigger_record[c]) : latest;
    }
    return latest;
}

/* Forget which rows of an owner held: the world may have changed since. */
static inline void reconsider(const Setup *s, World *w, int64_t owner)
{
    for (int row = s->rows_from[owner]; row < s->rows_from[owner + 1]; row++)
        w->held[row] = UNKNOWN;
}

/* Whether a row speaks in this phase and holds; its conditions are looked at once in a decision, if at all. */
static inline bool applies(const Setup *s, World *w, int row, int phase)
{
    if (s->rule_phase[s->row_rule[row]] == 2 - phase) /* 1 initiative only, 2 reply only */
        return false;
    if (w->held[row] == UNKNOWN)
        w->held[row] = hold(s, w, &s->row_conditions[2 * row]);
    return w->held[row] == 1;
}

/* Log-odds that the rules of an owner add at a gate. */
static double push(const Setup *s, World *w, int64_t owner, int phase, int gate)
{
    double total = 0.0;
    for (int row = s->rows_from[owner]; row < s->rows_from[owner + 1]; row++)
        for (int effect = s->row_effects[2 * row]; effect < s->row_effects[2 * row + 1]; effect++)
            if (s->effect_gate[effect] == gate && applies(s, w, row, phase))
                total += s->effect_value[effect];
    return total;
}

/* The highest rung that the rules of an edge allow. */
static int cap(const Setup *s, World *w, int64_t edge, int phase)
{
    int highest = (int)n_rungs(s) - 1;
    for (int row = s->rows_from[edge]; row < s->rows_from[edge + 1]; row++) {
        const int allowed = s->rule_cap[s->row_rule[row]];
        if (allowed < highest && applies(s, w, row, phase))
            highest = allowed;
    }
    return highest;
}

/* The record behind the rule that raised these gates most, or -1. */
static int mover(const Setup *s, World *w, int64_t owner, int phase, int lowest, int highest)
{
    int record = -1;
    double strongest = 0.0;
    for (int row = s->rows_from[owner]; row < s->rows_from[owner + 1]; row++)
        for (int effect = s->row_effects[2 * row]; effect < s->row_effects[2 * row + 1]; effect++) {
            const double value = s->effect_value[effect];
            const bool in_reach = lowest <= s->effect_gate[effect] && s->effect_gate[effect] <= highest;
            if (!in_reach || value <= strongest || !applies(s, w, row, phase))
                continue;
            const int found = evidence(s, w, &s->row_conditions[2 * row]);
            if (found >= 0) {
                record = found;
                strongest = value;
            }
        }
    return record;
}

#endif
