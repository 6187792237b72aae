/* The two loops that everything fast goes through. Internal; arguments were checked at the edge. */
#ifndef HL_TILE_H
#define HL_TILE_H

#include "vec.h"

#include <stddef.h>

#define DOT_COLS (DOT_VECS * VEC_LANES)
#define MIX_COLS (MIX_VECS * VEC_LANES)

/* c (DOT_ROWS × DOT_COLS, rows ldc apart) = a·b; a [depth][DOT_ROWS], b [depth][DOT_COLS]; depth
 * may be 0. Products are added in chains, chains in leaves of so many products, leaves in pairs,
 * pairs in pairs: an addition rounds by the size of what has been added so far, so few of them may
 * be of the whole. Where all products are equal rounding errs to one side: then a chain of 4, of
 * products or of chains, costs up to 1.3 roundings (2⁻²⁴) of Σ|aᵢbᵢ|, one of 6 2.3, one of 8 3.1,
 * and one of 2 none. leaf is a multiple of chain. */
void tile_dot(const float *a, const float *b, float *c, size_t ldc, size_t depth, size_t chain,
              size_t leaf);

/* c (MIX_ROWS × MIX_COLS, rows ldc apart) = a·b where first, += a·b elsewhere, in one chain.
 * a: depth steps, step_a apart, of MIX_ROWS numbers; b: likewise of MIX_COLS. Counts in floats.
 * Reads and writes exactly that; depth may be 0. */
void tile_mix(const float *a, size_t step_a, const float *b, size_t step_b, float *c, size_t ldc,
              size_t depth, int first);

#endif
