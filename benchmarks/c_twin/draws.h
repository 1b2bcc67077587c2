/* Random draws: Philox4x64-10 (Salmon, Moraes, Dror & Shaw 2011), as in draws.py. */
#ifndef DRAWS_H
#define DRAWS_H

#include <stdint.h>

typedef unsigned __int128 Wide;

/* Whose luck: the ten round keys of the seed, and the number of the replicate. */
typedef struct Luck {
    const uint64_t *keys;
    uint64_t lineage;
} Luck;

/* One uniform draw in [0, 1) with 53 random bits; a pure function of its arguments. */
static inline double uniform(const Luck *luck, int64_t tick, uint64_t entity, int purpose)
{
    uint64_t c0 = luck->lineage, c1 = (uint64_t)tick, c2 = entity, c3 = (uint64_t)(purpose >> 2);
    for (int round = 0; round < 10; round++) {
        const Wide first = (Wide)0xD2E7470EE14C6C93u * c0, second = (Wide)0xCA5A826395121157u * c2;
        c0 = (uint64_t)(second >> 64) ^ c1 ^ luck->keys[2 * round];
        c1 = (uint64_t)second;
        c2 = (uint64_t)(first >> 64) ^ c3 ^ luck->keys[2 * round + 1];
        c3 = (uint64_t)first;
    }
    const int word = purpose & 3;
    const uint64_t chosen = word == 0 ? c0 : word == 1 ? c1 : word == 2 ? c2 : c3;
    return (double)(chosen >> 11) * 0x1p-53;
}

#endif
