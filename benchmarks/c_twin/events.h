/* Acts and flags from outside: on a date, within dates, or at a hazard (events.py). */
#ifndef EVENTS_H
#define EVENTS_H

#include "acts.h"
#include "draws.h"

/* Event after the last of the group that starts at `first`. */
static inline int64_t group_end(const Setup *s, int64_t first)
{
    int64_t event = first;
    while (event < n_events(s) && s->event_group[event] == s->event_group[first])
        event++;
    return event;
}

/* Share of the dates of a dated event that lie before a day. */
static double passed(const Setup *s, int64_t event, double day)
{
    const double first = larger(s->event_from[event], 0.0), last = s->event_until[event];
    if (day <= first)
        return 0.0;
    return day < last ? (day - first) / (last - first) : 1.0;
}

/* Whether an event of the group that starts at `first` has fallen due before a day: no other one will. */
static bool is_spent(const Setup *s, const World *w, int64_t first, double day)
{
    for (int64_t event = first; event < group_end(s, first); event++)
        if (w->happened[event] >= 0.0 || (0.0 <= w->due[event] && w->due[event] < day))
            return true;
    return false;
}

/* Probability that no dated event of the group that starts at `first` has fallen due before a day. */
static double open_share(const Setup *s, int64_t first, double day)
{
    double share = 1.0;
    for (int64_t event = first; event < group_end(s, first); event++)
        share -= s->event_chance[event] * passed(s, event, day);
    return share;
}

/* Draw who will believe an event. */
static void convince(const Setup *s, World *w, const Luck *luck, int64_t event)
{
    for (int64_t state = 0; state < n_states(s); state++) {
        const double share = s->belief[event * n_states(s) + state];
        const bool sure = share >= 1.0 || share <= 0.0;
        const uint64_t entity = s->event_id[event] ^ s->state_id[state];
        w->believed[event * n_states(s) + state] = sure ? share >= 1.0 : uniform(luck, 0, entity, BELIEF) < share;
    }
}

/* Which dated events will fall due from a day on and when, and who will believe each event that is to come. */
static void schedule(const Setup *s, World *w, const Luck *luck, double day)
{
    double slice_end = 0.0, scale = 1.0;
    bool spent = false;
    int group = -1;
    for (int64_t event = 0; event < n_events(s); event++) {
        if (s->event_group[event] != group) {
            group = s->event_group[event];
            slice_end = 0.0;
            if (!s->event_is_hazard[event]) {
                spent = is_spent(s, w, event, day);
                scale = 1.0 / larger(open_share(s, event, day), 1e-300);
            }
        }
        if (!s->event_is_hazard[event] && !spent) {
            const double chance = s->event_chance[event] * (1.0 - passed(s, event, day)) * scale;
            slice_end += chance;
            const double u = uniform(luck, 0, s->group_id[group], EVENT_CHANCE);
            w->due[event] = NEVER;
            if (slice_end - chance <= u && u < slice_end) {
                const double when = uniform(luck, 0, s->event_id[event], EVENT_DATE);
                const double earliest = larger(larger(s->event_from[event], 0.0), day);
                w->due[event] = earliest + when * (s->event_until[event] - earliest);
            }
        }
        if (w->happened[event] < 0.0)
            convince(s, w, luck, event);
    }
}

/* Hazard rate a week after rules have moved the log-odds of its weekly probability. */
static double weekly_rate(double rate, double log_odds)
{
    if (log_odds == 0.0 || rate <= 0.0)
        return rate;
    const double moved = rate + log(-expm1(-rate)) + log_odds; /* p / (1 - p) is exp(rate) - 1 */
    return fmax(moved, 0.0) + log1p(exp(-fabs(moved)));
}

/* What an event does to the troops on its edge. */
static void deploy(const Setup *s, World *w, int64_t event)
{
    const int edge = s->event_edge[event];
    if (edge < 0)
        return;
    w->deployed[edge] += s->event_troops[event];
    if (s->event_troops[event] > 0.0 && w->support[edge] < 0)
        w->support[edge] = s->event_support[event];
    if (s->event_withdraws[event]) {
        w->standing[edge] = 0;
        w->deployed[edge] = 0.0;
        w->support[edge] = -1;
    }
}

/* Let an event happen: its act, its troops, its recruits, its withdrawal. */
static void happen(const Setup *s, World *w, Records *r, int64_t event, int cause)
{
    if (is_withheld(w, BY_EVENT, event))
        return;
    const int rung = s->event_rung[event];
    const int number = note(s, w, r, (Act){.edge = rung > 0 ? s->event_edge[event] : -1,
                                           .rung = rung,
                                           .support = s->event_support[event],
                                           .phase = BY_EVENT,
                                           .cause = cause,
                                           .event = (int)event,
                                           .troops = s->event_troops[event]});
    w->happened[event] = today(s, w);
    w->happened_record[event] = number;
    deploy(s, w, event);
    if (rung > 0)
        perform(s, w, r, number);
    for (int64_t k = 0; k < s->effort_state_length; k++)
        if (s->effort_state[k] == s->event_actor[event])
            w->recruits[k] += s->event_recruits[event];
}

/* Rate a week of a hazard now, 0 outside its dates or when its conditions do not hold; and the record behind it. */
static double live_rate(const Setup *s, World *w, int64_t event, int *cause)
{
    const double day = today(s, w);
    const int32_t *conditions = &s->event_conditions[2 * event];
    *cause = -1;
    if (day < s->event_from[event] || day >= s->event_until[event] || !hold(s, w, conditions))
        return 0.0;
    const int64_t owner = n_edges(s) + event;
    reconsider(s, w, owner);
    const double log_odds = push(s, w, owner, ANY_PHASE, NO_RUNG);
    *cause = higher(mover(s, w, owner, ANY_PHASE, NO_RUNG, NO_RUNG), evidence(s, w, conditions));
    return weekly_rate(s->event_chance[event], log_odds);
}

/* Hazards of the group that starts at event `first`: at most one of them happens. */
static void compete(const Setup *s, World *w, Records *r, const Luck *luck, int64_t first)
{
    const double weeks = s->tick_days / 7.0;
    const int64_t end = group_end(s, first);
    double total = 0.0;
    int cause;
    for (int64_t event = first; event < end; event++)
        total += live_rate(s, w, event, &cause);
    if (total <= 0.0)
        return;
    const double u = uniform(luck, w->clock[CLOCK_TICK], s->group_id[s->event_group[first]], EVENT_HAZARD);
    double left = u / -expm1(-total * weeks) * total; /* below `total` if anything happens */
    for (int64_t event = first; left < total && event < end; event++) {
        const double rate = live_rate(s, w, event, &cause);
        if (left < rate) {
            happen(s, w, r, event, cause);
            return;
        }
        left -= rate;
        total -= rate;
    }
}

static bool group_done(const Setup *s, const World *w, int64_t first)
{
    for (int64_t event = first; event < group_end(s, first); event++)
        if (w->happened[event] >= 0.0)
            return true;
    return false;
}

/* Phase 1 of a tick: the events that fall due happen, groups in order of their names. */
static void fall_due(const Setup *s, World *w, Records *r, const Luck *luck)
{
    const double day = today(s, w), tomorrow = (double)(w->clock[CLOCK_TICK] + 1) * s->tick_days;
    for (int64_t event = 0; event < n_events(s); event++) {
        const int32_t *conditions = &s->event_conditions[2 * event];
        if (s->event_is_hazard[event]) {
            const bool begins_group = event == 0 || s->event_group[event - 1] != s->event_group[event];
            if (begins_group && !group_done(s, w, event))
                compete(s, w, r, luck, event);
        } else if (w->happened[event] < 0.0 && day <= w->due[event] && w->due[event] < tomorrow) {
            if (hold(s, w, conditions))
                happen(s, w, r, event, evidence(s, w, conditions));
        }
    }
}

#endif
