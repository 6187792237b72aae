/* One query against keys and values where they lie: with few queries there is too little to do with
 * a key to pack it. Internal; arguments were checked at the edge. */
#ifndef HL_ROW_H
#define HL_ROW_H

#include <stdbool.h>
#include <stddef.h>

/* scores[i] = q · kᵢ for count keys of depth numbers, stride apart; a block at most. Rounds as
 * tile_dot does. Writes up to the next multiple of VEC_LANES. */
void row_dot(const float *q, const float *k, size_t stride, size_t count, size_t depth,
             float *scores);

/* output (cols) = Σ weightᵢ · vᵢ where first, += elsewhere, over count rows, stride apart, in one
 * chain. */
void row_mix(const float *weights, size_t count, const float *v, size_t stride, size_t cols,
             float *output, bool first);

#endif
