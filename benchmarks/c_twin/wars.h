/* Wars, war efforts, and commitments that wars keep alive (wars.py, effort.py, the rest of commitments.py). */
#ifndef WARS_H
#define WARS_H

#include "acts.h"
#include "draws.h"

/* Shortage of troops over the shortage that can be borne, clipped to [0, 1]. */
static inline double strain_of(double troops, double needed, double tolerance)
{
    if (needed <= 0.0)
        return 0.0;
    return smaller(1.0, larger(0.0, (1.0 - troops / needed) / larger(tolerance, 1e-9)));
}

/* Foreign soldiers that serve a state's front: those in combat in full, those in the rear at `rear_value`. */
static double foreign_troops(const Setup *s, const World *w, int state, double rear_value)
{
    double total = 0.0;
    for (int64_t edge = 0; edge < n_edges(s); edge++)
        if (w->deployed[edge] > 0.0 && w->support[edge] == state)
            total += w->deployed[edge] * (fights(s, w, edge) ? 1.0 : rear_value);
    return total;
}

static inline int an_edge_of(const Setup *s, int64_t d)
{
    return higher(s->dyad_edges[2 * d], s->dyad_edges[2 * d + 1]);
}

static bool at_war(const Setup *s, const World *w, int state)
{
    for (int64_t d = 0; d < n_dyads(s); d++) {
        if (w->war[d] && (s->actor[an_edge_of(s, d)] == state || s->target[an_edge_of(s, d)] == state))
            return true;
    }
    return false;
}

/* Losses of one tick, shared by own and fighting foreign troops. */
static void lose(const Setup *s, World *w, int64_t k, double weeks, double winter)
{
    const int state = s->effort_state[k];
    const double fighting = foreign_troops(s, w, state, 0.0);
    const double season = 1.0 + winter * (s->effort_winter[k] - 1.0);
    const double lost = weeks * season * s->effort_losses[k];
    const double present = larger(w->troops[k] + fighting, 1.0);
    for (int64_t edge = 0; edge < n_edges(s); edge++)
        if (w->support[edge] == state && fights(s, w, edge))
            w->deployed[edge] *= larger(0.0, 1.0 - lost / present);
    w->troops[k] -= lost * w->troops[k] / present;
}

static void strain(const Setup *s, World *w, int64_t k)
{
    const int state = s->effort_state[k];
    const double present = w->troops[k] + foreign_troops(s, w, state, s->effort_rear[k]);
    w->strain[state] = strain_of(present, s->effort_needed[k], s->effort_tolerance[k]);
}

/* Aftermath: losses and recruits of one tick, and the strain that results. */
static void wear(const Setup *s, World *w)
{
    const double weeks = s->tick_days / 7.0, winter = s->winter[w->clock[CLOCK_TICK]];
    for (int64_t k = 0; k < s->effort_state_length; k++) {
        if (at_war(s, w, s->effort_state[k]))
            lose(s, w, k, weeks, winter);
        w->troops[k] = larger(0.0, w->troops[k] + weeks * w->recruits[k]);
        strain(s, w, k);
    }
}

static void remember(World *w, int64_t edge, double weight, double severity)
{
    w->fast[edge] = larger(w->fast[edge], weight);
    w->slow[edge] = larger(w->slow[edge], weight);
    w->worst[edge] = larger(w->worst[edge], severity);
}

/* Wars and support are remembered as they go on; combat beside a partner ends with the partner's war. */
static void uphold(const Setup *s, World *w)
{
    for (int64_t edge = 0; edge < n_edges(s); edge++) {
        if (w->war[s->dyad[edge]]) {
            w->fast[edge] = w->slow[edge] = 1.0;
            w->worst[edge] = larger(w->worst[edge], s->severity[s->war_rung]);
        }
        if (beneficiary(s, w, edge).at_war)
            w->backing[edge] = 1.0;
        int rung = w->standing[edge];
        if (rung > 0 && s->joins_war[rung]) {
            const int between = edge_between(s, w->support[edge], s->target[edge]);
            if (between < 0 || !w->war[s->dyad[between]])
                rung = w->standing[edge] = 0;
        }
        if (rung > 0)
            remember(w, edge, s->remembered[rung], s->severity[rung]);
    }
}

/* Whether a war ends in this tick. */
static bool ends(const Setup *s, World *w, const Luck *luck, int64_t d, double day)
{
    const int edge = an_edge_of(s, d);
    const int64_t tick = w->clock[CLOCK_TICK], owner = n_edges(s) + n_events(s) + d;
    const double tired = larger(w->strain[s->actor[edge]], w->strain[s->target[edge]]);
    const double began = w->war_begun[d] >= 0.0 ? w->war_begun[d] : s->first_war_day[d];
    const double years = (day - began) / 365.25, *c = s->war_end;
    double log_odds = c[0] + c[1] * tired + c[2] * log1p(years) + c[3] * s->winter[tick];
    reconsider(s, w, owner);
    log_odds += push(s, w, owner, ANY_PHASE, NO_RUNG);
    return uniform(luck, tick, s->dyad_id[d], WAR_END) < over(logistic(log_odds), s->tick_days / 7.0);
}

/* Aftermath: wars that were begun in this tick begin; others end or go on. */
static void fight_on(const Setup *s, World *w, const Luck *luck)
{
    const double day = today(s, w);
    for (int64_t d = 0; d < n_dyads(s); d++) {
        if (w->war_coming[d]) {
            w->war_coming[d] = 0;
            w->war[d] = 1;
            w->war_begun[d] = day;
        } else if (w->war[d] && ends(s, w, luck, d, day)) {
            w->war[d] = 0;
            w->war_ended[d] = day;
        }
    }
    uphold(s, w);
}

/* Aftermath: wars that go on trigger calls to arms that came into force, and keep obligations alive. */
static void renew(const Setup *s, World *w)
{
    for (int64_t d = 0; d < n_dyads(s); d++) {
        if (!w->war[d])
            continue;
        for (int side = 0; side < 2; side++) {
            const int edge = s->dyad_edges[2 * d + side];
            if (edge >= 0)
                trigger(s, w, edge, (int)s->war_rung, w->war_record[d], true);
        }
    }
    for (int64_t c = 0; c < s->treaty_length; c++) {
        if (w->triggered[c] < 0.0)
            continue;
        const int fight = edge_between(s, w->triggered_by[c], s->ally_of[c]);
        if (fight >= 0 && w->war[s->dyad[fight]])
            oblige(s, w, c);
    }
}

#endif
