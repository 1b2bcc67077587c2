/* What an act changes: memories, standing support, watches, commitments, wars to come (acts.py, commitments.py). */
#ifndef ACTS_H
#define ACTS_H

#include "rules.h"

/* Whether a counterfactual leaves out what an edge (or, in the phase of events, an event) is about to do. */
static inline bool is_withheld(const World *w, int phase, int64_t actor)
{
    return w->withheld[0] == w->clock[CLOCK_TICK] && w->withheld[1] == phase && w->withheld[2] == actor;
}

/* What is written down of an act or an event. */
typedef struct Act {
    int edge, rung, support, phase, cause, event;
    double troops;
} Act;

/* Write a record and return its number. */
static int note(const Setup *s, World *w, Records *r, Act act)
{
    const int number = (int)w->clock[CLOCK_RECORDS]++;
    r->tick[number] = (int32_t)w->clock[CLOCK_TICK];
    r->edge[number] = act.edge;
    r->rung[number] = act.rung;
    r->support[number] = act.support;
    r->magnitude[number] = act.troops;
    r->phase[number] = act.phase;
    r->cause[number] = act.cause;
    r->event[number] = act.event;
    r->novelty[number] = 0.0;
    if (act.edge >= 0)
        r->novelty[number] = 1.0 - habituation(w->slow[act.edge], w->worst[act.edge], s->severity[act.rung]);
    return number;
}

/* Whether a record fits the pattern of watch k, as its observer knows it. */
static bool fits(const Setup *s, const World *w, const Records *r, int k, int number)
{
    const int edge = r->edge[number], rung = r->rung[number], support = r->support[number];
    const int set = s->watch_support[k], observer = s->watch_observer[k];
    if (rung < s->watch_low[k] || rung > s->watch_high[k])
        return false;
    if (set >= 0 && (support < 0 || !s->sets[set * n_states(s) + support]))
        return false;
    if (r->magnitude[number] < s->watch_magnitude[k] || !knows(s, w, observer, r->event[number]))
        return false;
    if (!s->watch_at_war[k])
        return true;
    const int whom = s->watch_at_war[k] == 1 ? s->actor[edge] : s->target[edge];
    const int between = observer >= 0 ? edge_between(s, observer, whom) : edge;
    return between >= 0 && w->war[s->dyad[between]];
}

/* Let the watches of the edge see the act. Decisions fill a tick, so they are seen for one tick longer than events. */
static void watch(const Setup *s, World *w, const Records *r, int number)
{
    const int edge = r->edge[number];
    for (int row = s->watches_from[edge]; row < s->watches_from[edge + 1]; row++) {
        const int k = s->watch_of[row];
        if (!fits(s, w, r, k, number))
            continue;
        w->watch_day[k] = today(s, w) + (r->phase[number] != BY_EVENT ? s->tick_days : 0.0);
        w->watch_record[k] = number;
    }
}

/* Raise the obligation of a triggered commitment that is honoured and calls to arms. */
static void oblige(const Setup *s, World *w, int64_t c)
{
    if (!w->honoured[c] || s->calls[c] != CALLS_TO_ARMS)
        return;
    const int edge = edge_between(s, s->holder_of[c], w->triggered_by[c]);
    if (edge >= 0)
        w->obliged[edge] = 1.0;
}

/* Let an act on an edge trigger the commitments made to its target. */
static void trigger(const Setup *s, World *w, int edge, int rung, int record, bool going_on)
{
    const int aggressor = s->actor[edge], victim = s->target[edge], d = s->dyad[edge], back = s->reverse[edge];
    const bool at_war = w->war[d] || w->war_coming[d];
    const bool began_it = (at_war && w->war_initiator[d] == victim) || (back >= 0 && fights(s, w, back));
    const double day = today(s, w);
    for (int row = s->to_ally_from[victim]; row < s->to_ally_from[victim + 1]; row++) {
        const int c = s->to_ally[row];
        if (w->triggered[c] >= 0.0 || rung < s->trigger_rung[c])
            continue;
        if (going_on && s->calls[c] != CALLS_TO_ARMS)
            continue;
        if (s->inside[s->treaty[c] * n_states(s) + aggressor] || (began_it && !s->covers_initiators[c]))
            continue;
        if (!in_force(day, s->force_from[c], s->force_until[c]))
            continue;
        w->triggered[c] = day;
        w->triggered_by[c] = aggressor;
        w->trigger_record[c] = record;
        oblige(s, w, c);
    }
}

/* An act in support of a partner stands from now on; combat brings the troops it needs. */
static void support(const Setup *s, World *w, Records *r, int number)
{
    const int edge = r->edge[number], rung = r->rung[number];
    w->standing[edge] = higher(w->standing[edge], rung);
    w->support[edge] = r->support[number];
    if (s->joins_war[rung]) {
        if (w->deployed[edge] <= 0.0)
            w->deployed[edge] = s->contingent[0];
        r->magnitude[number] = w->deployed[edge];
    }
}

/* Let a recorded act take effect on the world. */
static void perform(const Setup *s, World *w, Records *r, int number)
{
    const int edge = r->edge[number], rung = r->rung[number], d = s->dyad[edge];
    w->acted[edge] = 1;
    w->fast[edge] = larger(w->fast[edge], s->remembered[rung]);
    w->slow[edge] = larger(w->slow[edge], s->remembered[rung]);
    w->worst[edge] = larger(w->worst[edge], s->severity[rung]);
    const double news = s->severity[rung] * r->novelty[number];
    if (news > w->fresh[edge]) {
        w->fresh[edge] = news;
        w->doubtful[edge] = r->event[number];
    }
    if (needs_partner(s->need[rung]))
        support(s, w, r, number);
    if (s->starts_war[rung] && !w->war[d] && !w->war_coming[d]) {
        w->war_coming[d] = 1;
        w->war_initiator[d] = s->actor[edge];
        w->war_record[d] = number;
    }
    watch(s, w, r, number);
    trigger(s, w, edge, rung, number, false);
}

#endif
