/* Which keys the queries of a panel see: lengths, causality, window and masks. Internal. */
#ifndef HL_MASK_H
#define HL_MASK_H

#include "attention.h"

#define PANEL 24  /* queries worked on together; a multiple of every DOT_COLS and MIX_ROWS */
#define BLOCK 240 /* keys; with a panel's scores 23 KB, inside the first-level cache */

typedef struct sight {
    const attention_problem *problem;
    size_t batch, head, first, lanes; /* queries first … first + lanes − 1 */
    size_t low[PANEL], high[PANEL];   /* of the masked keys, only low … high − 1 may be seen */
    bool any[PANEL];                  /* set by mask_block: the lane has seen a key */
} sight;

/* How many keys from the first on any query of a batch may see. */
size_t sight_keys(const attention_problem *problem, size_t batch);

/* Fills low, high and any; tells the keys from *from to *to − 1 outside of which no lane sees. */
void sight_begin(sight *s, size_t *from, size_t *to);

/* Whether a lane sees each of count keys from start on, a block at most. */
void sight_of(const sight *s, size_t lane, size_t start, size_t count, bool *seen);

/* logits [count][width] of the keys from start on, a block at most: −Inf where hidden, else plus
 * the masks' numbers. Cost: nothing for keys that all lanes see and no mask speaks of. */
void mask_block(sight *s, float *logits, size_t width, size_t start, size_t count);

#endif
