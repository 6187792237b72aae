/* Matrix products from one register tile. Internal; arguments were checked at the edge. */
#ifndef HL_GEMM_H
#define HL_GEMM_H

#include "../headlight.h"
#include "vec.h"

#include <stdbool.h>

#define TILE_COLS (TILE_VECS * VEC_LANES)

static inline size_t round_up(size_t n, size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

/* c (TILE_ROWS × TILE_COLS, rows ldc apart) = a·b where first, += a·b elsewhere.
 * a: depth steps, step_a apart, of TILE_ROWS numbers; b: likewise of TILE_COLS. Counts in floats.
 * Reads and writes exactly that; depth may be 0.
 * Sums run in chains of so many products. What rounding takes when a chain is added to the others
 * begins the next chain, so that the error is that of one chain and one last rounding,
 * however deep the sum. */
void tile(const float *a, size_t step_a, const float *b, size_t step_b, float *c, size_t ldc,
          size_t depth, size_t chain, int first);

/* The chain that keeps a sum of depth products within four roundings of Σ|aᵢbᵢ|, even where all
 * have one sign: √depth, down to a power of two. Then the error of the chains, whose variance grows
 * with chain²/depth, stays below that of the last rounding. */
static inline size_t chain_for(size_t depth) {
    size_t chain = 2;
    while (4 * chain * chain <= depth)
        chain *= 2;
    return chain;
}

/* packed [⌈rows/width⌉][cols][width] = the rows of a (rows × cols, lda apart), interleaved by
 * width, rows beyond the last as zeros: a left operand for tile, or a transposed right one. */
void pack_rows(const float *a, size_t lda, size_t rows, size_t cols, size_t width, float *packed);

/* Floats that gemm needs to work in. */
size_t gemm_workspace(size_t rows, size_t depth, bool *overflow);

/* y (rows × cols, ldy apart) = x (rows × depth, ldx apart) · w (depth × cols, ldw apart) + bias
 * (cols, or NULL). Cost: rows·depth·cols multiply-adds, and x and w packed once. */
void gemm(const float *x, size_t ldx, const float *w, size_t ldw, const float *bias, float *y,
          size_t ldy, size_t rows, size_t depth, size_t cols, float *workspace);

#endif
