/* Arguments for hl_attention drawn at random, all of them valid. */
#ifndef DRAW_H
#define DRAW_H

#include "data.h"
#include "headlight.h"

/* Sizes around the edges of tiles (4 or 6 × 8), panels (24) and blocks (240), mostly small. */
hl_index draw_len(rng *r);
hl_index draw_dim(rng *r);

/* Shapes with memory for q, k, v and past: of any layout and number of heads, filled with normal
 * numbers; without options but for the heads. */
hl_attention_args draw_tensors(pool *p, rng *r);

/* Adds options at random: scale, softcap, causal, window, mask, lengths. */
void draw_options(pool *p, rng *r, hl_attention_args *args);

/* A mask of any kind, rank and broadcast for that shape, perhaps with fewer keys. */
hl_mask draw_mask(pool *p, rng *r, const hl_index shape[4]);

#endif
