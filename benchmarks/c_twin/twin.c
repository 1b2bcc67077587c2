/* The compiled kernel of the simulation, hand-written in C: the same algorithm on the same arrays.
 *
 * `arrays.h` is generated from the Python sources: the structs Setup, World, Records and Tally (a pointer and a length
 * for each array) and the codes. Sums and products stand in the order of the Python sentences, so results agree to the
 * last bit when the compiler contracts nothing (-ffp-contract=off) and both use one libm. One translation unit: the
 * compiler sees everything at once, as the compiler of the Python kernel does.
 */
#include "tick.h"

/* Count one tick: highest rung by dyad and in the system (acts; war and combat while they last), strain. */
static void observe(const Setup *s, const World *w, const Records *r, Tally *tally, int *level, int64_t replicate)
{
    const int64_t dyads = n_dyads(s), rungs = n_rungs(s), tick = w->clock[CLOCK_TICK] - 1;
    memset(level, 0, sizeof *level * (size_t)(dyads + 1));
    for (int64_t edge = 0; edge < n_edges(s); edge++)
        level[s->dyad[edge]] = higher(level[s->dyad[edge]], floor_of(s, w, edge));
    for (int64_t number = w->clock[CLOCK_TICK_START]; number < w->clock[CLOCK_RECORDS]; number++) {
        if (r->edge[number] < 0)
            continue;
        const int d = s->dyad[r->edge[number]];
        level[d] = higher(level[d], r->rung[number]);
        tally->highest[replicate] = higher(tally->highest[replicate], r->rung[number]);
    }
    for (int64_t d = 0; d < dyads; d++) {
        tally->levels[(tick * (dyads + 1) + d) * rungs + level[d]]++;
        level[dyads] = higher(level[dyads], level[d]);
    }
    tally->levels[(tick * (dyads + 1) + dyads) * rungs + level[dyads]]++;
    for (int64_t k = 0; k < s->effort_state_length; k++) {
        const int place = (int)(w->strain[s->effort_state[k]] * STRAIN_BINS);
        const int bin = place < STRAIN_BINS ? place : STRAIN_BINS - 1;
        tally->strain[(tick * s->effort_state_length + k) * STRAIN_BINS + bin]++;
    }
    tally->belligerents[replicate] = higher(tally->belligerents[replicate], (int)w->clock[CLOCK_BELLIGERENTS]);
}

/* Run the replicates named by `lineages` one after the other, counting into `tally`. */
void run_block(const Setup *s, World *w, Records *r, Tally *tally, const uint64_t *keys, const uint64_t *lineages,
               int64_t n_replicates)
{
    int level[n_dyads(s) + 1];
    for (int64_t replicate = 0; replicate < n_replicates; replicate++) {
        const Luck luck = {keys, lineages[replicate]};
        begin(s, w, &luck);
        for (int64_t tick = 0; tick < s->n_ticks; tick++) {
            whole_tick(s, w, r, &luck);
            observe(s, w, r, tally, level, replicate);
        }
        tally->acts[replicate] = (int32_t)w->clock[CLOCK_RECORDS];
        for (int64_t o = 0; o < s->outcome_id_length; o++)
            tally->outcome_day[replicate * s->outcome_id_length + o] = (float)w->outcome_day[o];
    }
}
