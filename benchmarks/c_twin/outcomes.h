/* Outcomes, absorbing once true, and the count of belligerents they may ask for (outcomes.py). */
#ifndef OUTCOMES_H
#define OUTCOMES_H

#include <string.h>

#include "draws.h"
#include "rules.h"

/* Aftermath: states at war or in combat, and whether two nuclear powers are among the opponents. */
static void count_belligerents(const Setup *s, World *w)
{
    int64_t fighting = 0, opposing = 0;
    memset(w->belligerent, 0, (size_t)n_states(s));
    for (int64_t edge = 0; edge < n_edges(s); edge++) {
        if (!w->war[s->dyad[edge]] && !in_combat(s, w, edge))
            continue;
        const int actor = s->actor[edge], target = s->target[edge];
        w->belligerent[actor] = w->belligerent[target] = 1;
        if (s->nuclear[actor] && s->nuclear[target])
            opposing = 1;
    }
    for (int64_t state = 0; state < n_states(s); state++)
        fighting += w->belligerent[state];
    w->clock[CLOCK_BELLIGERENTS] = fighting;
    w->clock[CLOCK_OPPOSING] = opposing;
}

/* The day from which these conditions can have held in this tick: its first, or that of an outcome they await. */
static double awaited(const Setup *s, const World *w, const int32_t range[2])
{
    double day = today(s, w);
    for (int x = range[0]; x < range[1]; x++)
        if (s->condition_kind[x] == IF_OUTCOME && !s->condition_not[x])
            day = larger(day, w->outcome_day[s->condition_a[x]]);
    return day;
}

/* Aftermath: outcomes that have become true, with their day (uniform in the tick) and the record behind them. */
static void settle(const Setup *s, World *w, const Luck *luck)
{
    for (int64_t o = 0; o < s->outcome_id_length; o++) {
        if (w->outcome_day[o] >= 0.0)
            continue;
        double begun = INFINITY;
        int record = -1;
        for (int clause = s->clauses_from[o]; clause < s->clauses_from[o + 1]; clause++) {
            const int32_t *conditions = &s->clause_conditions[2 * clause];
            if (!hold(s, w, conditions))
                continue;
            const double since = awaited(s, w, conditions);
            const int latest = evidence(s, w, conditions);
            if (since < begun || (since == begun && (record < 0 || (0 <= latest && latest < record)))) {
                begun = since;
                record = latest;
            }
        }
        if (begun < INFINITY) {
            const double u = uniform(luck, w->clock[CLOCK_TICK], s->outcome_id[o], OUTCOME_DAY);
            w->outcome_day[o] = begun + u * (today(s, w) + s->tick_days - begun);
            w->outcome_record[o] = record;
        }
    }
}

#endif
