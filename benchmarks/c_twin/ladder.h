/* Gates and the ladder: probabilities, old news, which rungs an edge can use (gates.py, memory.py, ladder.py). */
#ifndef LADDER_H
#define LADDER_H

#include <math.h>
#include <stdbool.h>

#include "arrays.h"

static inline double larger(double a, double b) { return b > a ? b : a; }
static inline double smaller(double a, double b) { return b < a ? b : a; }
static inline int higher(int a, int b) { return b > a ? b : a; }

static inline int64_t n_states(const Setup *s) { return s->nuclear_length; }
static inline int64_t n_edges(const Setup *s) { return s->actor_length; }
static inline int64_t n_dyads(const Setup *s) { return s->dyad_id_length; }
static inline int64_t n_rungs(const Setup *s) { return s->severity_length; }
static inline int64_t n_events(const Setup *s) { return s->event_id_length; }

static inline int edge_between(const Setup *s, int actor, int target)
{
    return s->edge_of[actor * n_states(s) + target];
}

/* Day on which the current tick begins. */
static inline double today(const Setup *s, const World *w) { return (double)w->clock[CLOCK_TICK] * s->tick_days; }

static inline double logistic(double log_odds)
{
    if (log_odds >= 0.0)
        return 1.0 / (1.0 + exp(-log_odds));
    const double odds = exp(log_odds);
    return odds / (1.0 + odds);
}

/* Probability over so many weeks of what has this probability in one week. */
static inline double over(double p_week, double weeks)
{
    if (weeks == 1.0 || p_week >= 1.0)
        return p_week;
    return -expm1(weeks * log1p(-p_week));
}

/* Probability over a tick of an initiative that comes this far with probability `reach` in a week. */
static inline double in_tick(double reach, double weeks) { return weeks <= 1.0 ? reach * weeks : over(reach, weeks); }

/* How far an act is more of the same, in [0, 1]. */
static inline double habituation(double slow, double worst, double severity)
{
    return severity <= worst ? slow : slow * worst / severity;
}

/* Whether the standing support of an edge is combat. */
static inline bool fights(const Setup *s, const World *w, int64_t edge)
{
    return w->standing[edge] > 0 && s->joins_war[w->standing[edge]];
}

/* Whether one of the two states of this edge fights beside an enemy of the other. */
static inline bool in_combat(const Setup *s, const World *w, int64_t edge)
{
    return fights(s, w, edge) || (s->reverse[edge] >= 0 && fights(s, w, s->reverse[edge]));
}

/* Rung on which the edge already stands: war, combat beside a partner (of either side), or 0. */
static inline int floor_of(const Setup *s, const World *w, int64_t edge)
{
    if (w->war[s->dyad[edge]])
        return (int)s->war_rung;
    return in_combat(s, w, edge) ? (int)s->fight_rung : 0;
}

/* A partner that the actor could support against the target, or -1. */
typedef struct Partner {
    int state;
    bool at_war;
} Partner;

static inline bool needs_partner(int need) { return need == NEED_PARTNER || need == NEED_PARTNER_AT_WAR; }

/* A partner at war with the target comes before one merely in conflict with it; a rival of the target helps no one. */
static Partner beneficiary(const Setup *s, const World *w, int64_t edge)
{
    const int64_t n_static = s->static_length / n_edges(s);
    int in_conflict = -1;
    for (int row = s->helped_from[edge]; row < s->helped_from[edge + 1]; row++) {
        const int dyad = s->helped_dyad[row];
        if (w->war[dyad])
            return (Partner){s->helped[row], true};
        if (in_conflict >= 0 || s->static_[edge * n_static + S_RIVAL] != 0.0)
            continue;
        for (int side = 0; side < 2; side++) {
            const int other = s->dyad_edges[2 * dyad + side];
            if (other >= 0 && w->slow[other] > ENGAGED)
                in_conflict = s->helped[row];
        }
    }
    return (Partner){in_conflict, false};
}

/* Whether a rung's need is met (weapons and geography are settled beforehand in `closed`). */
static inline bool usable(int need, Partner partner)
{
    if (need == NEED_PARTNER)
        return partner.state >= 0;
    return need != NEED_PARTNER_AT_WAR || partner.at_war;
}

#endif
