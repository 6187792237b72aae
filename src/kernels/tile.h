/* The two loops that everything fast goes through. Internal; arguments were checked at the edge. */
#ifndef HL_TILE_H
#define HL_TILE_H

#include "vec.h"

#include <stddef.h>

#define DOT_COLS (DOT_VECS * VEC_LANES)
#define MIX_COLS (MIX_VECS * VEC_LANES)

/* The longest chain of products that keeps their sum within 4 roundings (2⁻²⁴) of Σ|aᵢbᵢ|. Rounding
 * errs to one side where all products are equal: then chains of 8 cost up to 3.3 roundings, or 3.9
 * where products are rounded themselves; of 6 2.8 or 3.3, of 4 2.8 or 2.2. */
#define DOT_CHAIN 8

/* c (DOT_ROWS × DOT_COLS, rows ldc apart) = a·b; a [depth][DOT_ROWS], b [depth][DOT_COLS]; depth
 * may be 0. Products are added in chains, chains in pairs, pairs in pairs, and so on: an addition
 * rounds by the size of what has been added so far, so few of them may be of the whole. */
void tile_dot(const float *a, const float *b, float *c, size_t ldc, size_t depth, size_t chain);

/* c (rows × width) = a·b by tiles: a [⌈rows/DOT_ROWS⌉][depth][DOT_ROWS], b
 * [width/DOT_COLS][depth][DOT_COLS]. Writes whole tiles. */
void tiles_dot(const float *a, const float *b, float *c, size_t width, size_t rows, size_t depth,
               size_t chain);

/* c (MIX_ROWS × MIX_COLS, rows ldc apart) = a·b where first, += a·b elsewhere, in one chain.
 * a: depth steps, step_a apart, of MIX_ROWS numbers; b: likewise of MIX_COLS. Counts in floats.
 * Reads and writes exactly that; depth may be 0. */
void tile_mix(const float *a, size_t step_a, const float *b, size_t step_b, float *c, size_t ldc,
              size_t depth, int first);

#endif
