/* The start of a replicate and its ticks: events, initiatives, replies, aftermath (tick.py). */
#ifndef TICK_H
#define TICK_H

#include "decision.h"
#include "events.h"
#include "outcomes.h"
#include "wars.h"

#define FILL(array, value)                                                                                             \
    for (int64_t at = 0; at < array##_length; at++)                                                                    \
    (array)[at] = (value)
#define COPY(array, values) memcpy(array, values, sizeof *(array) * (size_t)array##_length)

/* Wars, promises and events of a fresh world. */
static void begin_wars(const Setup *s, World *w)
{
    COPY(w->war, s->first_war);
    COPY(w->war_initiator, s->first_initiator);
    FILL(w->war_begun, NEVER);
    FILL(w->war_ended, NEVER);
    FILL(w->war_record, -1);
    FILL(w->war_coming, 0);
    FILL(w->triggered, NEVER);
    FILL(w->triggered_by, -1);
    FILL(w->trigger_record, -1);
    FILL(w->happened, NEVER);
    FILL(w->happened_record, -1);
    FILL(w->due, NEVER);
    FILL(w->withheld, -1);
}

/* What states remember and where they stand in a fresh world. */
static void begin_edges(const Setup *s, World *w)
{
    FILL(w->clock, 0);
    COPY(w->fast, &s->first_memory[0]);
    COPY(w->slow, &s->first_memory[n_edges(s)]);
    COPY(w->worst, &s->first_memory[2 * n_edges(s)]);
    FILL(w->fresh, 0.0);
    FILL(w->doubtful, -1);
    FILL(w->acted, 0);
    COPY(w->standing, s->first_standing);
    COPY(w->support, s->first_support);
    COPY(w->deployed, s->first_deployed);
    FILL(w->obliged, 0.0);
    FILL(w->backing, 0.0);
    FILL(w->prompt, -1);
    FILL(w->choice, 0);
}

/* What is drawn once per replicate: frailties of dyads (Box and Muller 1958), promises to be kept, dates of events. */
static void foretell(const Setup *s, World *w, const Luck *luck)
{
    for (int64_t d = 0; d < n_dyads(s); d++) {
        const double radius = uniform(luck, 0, s->dyad_id[d], FRAILTY_RADIUS);
        const double angle = uniform(luck, 0, s->dyad_id[d], FRAILTY_ANGLE);
        w->frailty[d] = s->frailty_sd[0] * (sqrt(-2.0 * log1p(-radius)) * cos(2.0 * M_PI * angle));
    }
    for (int64_t c = 0; c < s->treaty_length; c++)
        if (w->triggered[c] < 0.0)
            w->honoured[c] = uniform(luck, 0, s->commitment_id[c], HONOUR) < s->reliability[c];
    schedule(s, w, luck, 0.0);
}

/* The world at the start, with everything that is drawn once per replicate. */
static void begin(const Setup *s, World *w, const Luck *luck)
{
    begin_edges(s, w);
    begin_wars(s, w);
    foretell(s, w, luck);
    FILL(w->watch_day, NEVER);
    FILL(w->watch_record, -1);
    COPY(w->troops, s->effort_troops);
    COPY(w->recruits, s->effort_recruits);
    FILL(w->strain, 0.0);
    for (int64_t k = 0; k < s->effort_state_length; k++)
        strain(s, w, k);
    FILL(w->outcome_day, NEVER);
    FILL(w->outcome_record, -1);
    uphold(s, w);
    count_belligerents(s, w);
}

/* Memories fade by one tick. */
static void fade(const Setup *s, World *w)
{
    for (int64_t edge = 0; edge < n_edges(s); edge++) {
        w->fast[edge] *= s->kept[0];
        w->slow[edge] *= s->kept[1];
        w->worst[edge] *= s->kept[2];
        w->fresh[edge] *= s->kept[0];
        w->obliged[edge] *= s->kept[1];
        w->backing[edge] *= s->kept[1];
    }
}

/* Phase 1: memories fade, events that fall due happen. */
static void open_tick(const Setup *s, World *w, Records *r, const Luck *luck)
{
    if (w->clock[CLOCK_TICK] > 0) {
        fade(s, w);
        uphold(s, w);
    }
    w->clock[CLOCK_TICK_START] = w->clock[CLOCK_RECORDS];
    FILL(w->prompt, -1);
    fall_due(s, w, r, luck);
}

/* All act on what they chose: first everything is written down, then everything takes effect. */
static void act(const Setup *s, World *w, Records *r, int phase)
{
    const int first = (int)w->clock[CLOCK_RECORDS];
    for (int64_t edge = 0; edge < n_edges(s); edge++) {
        if (w->choice[edge] > 0 && !is_withheld(w, phase, edge))
            note(s, w, r, (Act){.edge = (int)edge,
                                .rung = w->choice[edge],
                                .support = w->choice_support[edge],
                                .phase = phase,
                                .cause = w->choice_cause[edge],
                                .event = -1});
        w->choice[edge] = 0;
    }
    for (int number = first; number < w->clock[CLOCK_RECORDS]; number++)
        perform(s, w, r, number);
}

/* Whether a prompt is more urgent than another: by weight, then link, then rung, then how new it is. */
static int is_more_urgent(const Setup *s, const Records *r, int number, int link, double weight, int than,
                          int than_link, double than_weight)
{
    const int rung = r->rung[number], than_rung = r->rung[than];
    const double heavy = weight * s->severity[rung], than_heavy = than_weight * s->severity[than_rung];
    if (heavy != than_heavy)
        return heavy > than_heavy;
    if (link != than_link)
        return link < than_link;
    if (rung != than_rung)
        return rung > than_rung;
    return r->novelty[number] > r->novelty[than];
}

/* Let an edge reply to a record if its actor knows of it and nothing more urgent prompts it. */
static void offer(const Setup *s, World *w, const Records *r, int edge, int number, int link, double weight)
{
    if (edge < 0 || !knows(s, w, s->actor[edge], r->event[number]))
        return;
    if (w->prompt[edge] >= 0 && !is_more_urgent(s, r, number, link, weight, w->prompt[edge], w->prompt_link[edge],
                                                w->prompt_weight[edge]))
        return;
    w->prompt[edge] = number;
    w->prompt_link[edge] = link;
    w->prompt_weight[edge] = weight;
}

/* Let all reply to a record who may: its target and those who care about the target, against `whom`. */
static void offer_all(const Setup *s, World *w, const Records *r, int number, int whom, int link)
{
    const int actor = s->actor[r->edge[number]], target = s->target[r->edge[number]];
    offer(s, w, r, edge_between(s, target, whom), number, link, 1.0);
    for (int row = s->holders_from[target]; row < s->holders_from[target + 1]; row++)
        if (s->holder[row] != actor) /* else it acted itself, against a state it cares about */
            offer(s, w, r, edge_between(s, s->holder[row], whom), number, link + 1, s->holder_weight[row]);
}

/* Find which edges may reply to the records from `first` to `last` (exclusive), and to which of them. */
static void prompt(const Setup *s, World *w, const Records *r, int first, int last)
{
    FILL(w->prompt, -1);
    for (int number = first; number < last; number++) {
        if (r->edge[number] < 0)
            continue;
        offer_all(s, w, r, number, s->actor[r->edge[number]], DIRECT);
        if (r->support[number] >= 0)
            offer_all(s, w, r, number, r->support[number], ALONGSIDE);
    }
}

/* One round of replies; a later round answers the replies of the round before it. */
static void reply(const Setup *s, World *w, Records *r, const Luck *luck, int phase)
{
    int first = (int)w->clock[CLOCK_TICK_START];
    const int last = (int)w->clock[CLOCK_RECORDS], purpose = INITIATIVE + phase - BY_INITIATIVE;
    while (phase > BY_REPLY && first < last && r->phase[first] < phase - 1)
        first++;
    prompt(s, w, r, first, last);
    for (int64_t edge = 0; edge < n_edges(s); edge++)
        if (w->prompt[edge] >= 0)
            decide(s, w, r, edge, 1, uniform(luck, w->clock[CLOCK_TICK], s->edge_id[edge], purpose));
    act(s, w, r, phase);
    FILL(w->prompt, -1);
}

/* All four phases of one tick. */
static void whole_tick(const Setup *s, World *w, Records *r, const Luck *luck)
{
    open_tick(s, w, r, luck);
    for (int64_t edge = 0; edge < n_edges(s); edge++)
        decide(s, w, r, edge, 0, uniform(luck, w->clock[CLOCK_TICK], s->edge_id[edge], INITIATIVE));
    act(s, w, r, BY_INITIATIVE);
    for (int round = 0; round < s->reply_rounds; round++)
        reply(s, w, r, luck, BY_REPLY + round);
    fight_on(s, w, luck);
    wear(s, w);
    renew(s, w);
    count_belligerents(s, w);
    settle(s, w, luck);
    w->clock[CLOCK_TICK]++;
}

#endif
