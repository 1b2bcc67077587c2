/* One decision of one state on one edge (decision.py). */
#ifndef DECISION_H
#define DECISION_H

#include <string.h>

#include "rules.h"

/* What the target lately did to partners of the actor: the weightiest act not yet old news, as far as believed. */
static double partner_fresh(const Setup *s, const World *w, int64_t edge)
{
    double largest = 0.0;
    for (int row = s->third_from[edge]; row < s->third_from[edge + 1]; row++) {
        const int other = s->third_edge[row];
        if (knows(s, w, s->actor[edge], w->doubtful[other]))
            largest = larger(largest, s->third_weight[row] * w->fresh[other]);
    }
    return largest;
}

/* Fill the part of what the actor sees that only a reply has. */
static void perceive_prompt(const World *w, const Records *r, int64_t edge)
{
    double *x = w->covariate;
    const int prompt = w->prompt[edge], link = w->prompt_link[edge];
    x[FIRST_REPLY] = x[THIRD_PARTY] = x[ACCOMPLICE] = x[HABITUATION] = 0.0;
    if (prompt < 0)
        return;
    x[FIRST_REPLY] = w->acted[edge] ? 0.0 : 1.0;
    x[THIRD_PARTY] = link == THIRD || link == THIRD_ALONGSIDE ? 1.0 : 0.0;
    x[ACCOMPLICE] = link >= ALONGSIDE ? 1.0 : 0.0;
    x[HABITUATION] = 1.0 - r->novelty[prompt];
}

/* Fill the covariates with what the actor of an edge sees. */
static void perceive(const Setup *s, World *w, const Records *r, int64_t edge, int standing)
{
    double *x = w->covariate;
    const int back = s->reverse[edge];
    x[OWN_FAST] = w->fast[edge];
    x[OWN_SLOW] = w->slow[edge];
    x[OWN_WORST] = w->worst[edge];
    x[THEIR_FAST] = back >= 0 ? w->fast[back] : 0.0;
    x[THEIR_SLOW] = back >= 0 ? w->slow[back] : 0.0;
    x[THEIR_WORST] = back >= 0 ? w->worst[back] : 0.0;
    x[OPPOSED] = back >= 0 && w->support[back] >= 0 ? w->backing[back] : 0.0;
    x[PARTNER_FRESH] = partner_fresh(s, w, edge);
    x[OBLIGATION] = w->obliged[edge];
    x[SUPPORTER] = w->backing[edge];
    x[STRAIN] = w->strain[s->actor[edge]];
    x[WINTER] = s->winter[w->clock[CLOCK_TICK]];
    x[STANDING] = standing > 0 ? 1.0 : 0.0;
    x[FRAILTY] = w->frailty[s->dyad[edge]];
    perceive_prompt(w, r, edge);
}

/* Log-odds of one gate, after `perceive`; phase 0 initiative, 1 reply. */
static double gate_log_odds(const Setup *s, World *w, const Records *r, int64_t edge, int phase, int rung)
{
    const int64_t n_covariates = w->covariate_length;
    const double *coefficient = &s->dynamic_coefficient[(phase * n_rungs(s) + rung) * n_covariates];
    double total = s->base[(phase * n_edges(s) + edge) * n_rungs(s) + rung] + push(s, w, edge, phase, rung);
    for (int64_t f = 0; f < n_covariates; f++)
        total += coefficient[f] * w->covariate[f];
    if (phase == 1)
        total += s->reply_to[rung * n_rungs(s) + r->rung[w->prompt[edge]]];
    return total;
}

/* The highest usable gate that one draw opens, climbing from where the edge stands; 0 if none. */
static int climb(const Setup *s, World *w, const Records *r, int64_t edge, int phase, double u, int start,
                 Partner partner)
{
    double reach = 1.0;
    int top = 0;
    const int highest = cap(s, w, edge, phase);
    for (int rung = start + 1; rung <= highest; rung++) {
        if (s->closed[edge * n_rungs(s) + rung] || !usable(s->need[rung], partner))
            continue;
        w->p_gate[rung] = logistic(gate_log_odds(s, w, r, edge, phase, rung));
        reach *= w->p_gate[rung];
        if (u >= (phase == 0 ? in_tick(reach, s->tick_days / 7.0) : reach))
            break;
        top = rung;
    }
    return top;
}

/* Let the actor of an edge decide; the choice is left in the world and does not act yet. */
static void decide(const Setup *s, World *w, const Records *r, int64_t edge, int phase, double u)
{
    const int start = floor_of(s, w, edge);
    w->choice[edge] = 0;
    if (phase == 1 && start > 0)
        return;
    const Partner partner = beneficiary(s, w, edge);
    perceive(s, w, r, edge, start);
    reconsider(s, w, edge);
    for (int64_t rung = 0; rung < n_rungs(s); rung++)
        w->p_gate[rung] = NEVER;
    const int top = climb(s, w, r, edge, phase, u, start, partner);
    w->choice[edge] = top;
    if (top == 0)
        return;
    w->choice_support[edge] = needs_partner(s->need[top]) ? partner.state : -1;
    w->choice_cause[edge] = phase == 1 ? w->prompt[edge] : mover(s, w, edge, phase, start + 1, top);
}

#endif
