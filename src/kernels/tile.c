/*
 * Both tiles are rank-1 updates of rows × vectors of accumulators, one splat a row. Where V8 spills
 * accumulators they run at half speed, so each is a leaf function of its own, its depth unknown to
 * the compiler, its inner loop not unrolled, its pointers stepping by constants or by bytes whose
 * number is opaque. 6 × 2 stays in registers in V8 up to 12.4 (Node 20 and 22) in the form of
 * tile_mix alone: one plain loop, and two ends that both use the accumulators. tests/bench holds it
 * against the peak.
 */
#include "tile.h"

#include "../memory.h"

#include <stdbool.h>
#include <string.h>

static const float *bytes_on(const float *p, size_t bytes) {
    return (const float *)(const void *)((const char *)p + bytes);
}

#define INLINE static inline __attribute__((always_inline))

/* sum = (or += where not first) the products of one step. */
INLINE void multiply(const float *a, const float *b, bool first, vec sum[DOT_ROWS][DOT_VECS]) {
    vec right[DOT_VECS];
    for (int col = 0; col < DOT_VECS; col++)
        right[col] = vec_load(b + col * VEC_LANES);
    for (int row = 0; row < DOT_ROWS; row++) {
        vec left = vec_splat(a[row]);
        for (int col = 0; col < DOT_VECS; col++)
            sum[row][col] =
                first ? vec_mul(left, right[col]) : vec_madd(left, right[col], sum[row][col]);
    }
}

INLINE void add(const float *tile, vec sum[DOT_ROWS][DOT_VECS]) {
    for (int row = 0; row < DOT_ROWS; row++) {
        for (int col = 0; col < DOT_VECS; col++, tile += VEC_LANES)
            sum[row][col] = vec_add(sum[row][col], vec_load(tile));
    }
}

INLINE void store(const vec sum[DOT_ROWS][DOT_VECS], float *to, size_t stride) {
    for (int row = 0; row < DOT_ROWS; row++, to += stride) {
        for (int col = 0; col < DOT_VECS; col++)
            vec_store(to + col * VEC_LANES, sum[row][col]);
    }
}

/* As many as the number of chains can have bits. */
#define LEVELS 32

__attribute__((noinline)) void tile_dot(const float *a, const float *b, float *c, size_t ldc,
                                        size_t depth, size_t chain) {
    vec sum[DOT_ROWS][DOT_VECS];
    /* The sum of 2^level chains where that bit of the number of chains so far is set. */
    float sums[LEVELS][DOT_ROWS * DOT_COLS];
    if (depth == 0) {
        for (int row = 0; row < DOT_ROWS; row++)
            memset(c + row * ldc, 0, DOT_COLS * sizeof *c);
        return;
    }
    for (size_t chains = 0;; chains++) {
        size_t steps = hl_smaller(depth, chain);
        depth -= steps;
        multiply(a, b, true, sum);
#ifdef __clang__
#pragma clang loop unroll(disable)
#endif
        while (--steps > 0)
            multiply(a += DOT_ROWS, b += DOT_COLS, false, sum);
        a += DOT_ROWS;
        b += DOT_COLS;
        size_t bits = chains, level = 0;
        for (; bits & 1; bits >>= 1)
            add(sums[level++], sum);
        if (depth > 0) {
            store(sum, sums[level], DOT_COLS);
            continue;
        }
        for (; bits > 0; bits >>= 1, level++) {
            if (bits & 1)
                add(sums[level], sum);
        }
        store(sum, c, ldc);
        return;
    }
}

void tiles_dot(const float *a, const float *b, float *c, size_t width, size_t rows, size_t depth,
               size_t chain) {
    for (size_t col = 0; col < width; col += DOT_COLS) {
        for (size_t row = 0; row < rows; row += DOT_ROWS)
            tile_dot(a + row * depth, b + col * depth, c + row * width + col, width, depth, chain);
    }
}

__attribute__((noinline)) void tile_mix(const float *a, size_t step_a, const float *b,
                                        size_t step_b, float *c, size_t ldc, size_t depth,
                                        int first) {
    vec sum[MIX_ROWS][MIX_VECS];
    for (int row = 0; row < MIX_ROWS; row++) {
        for (int col = 0; col < MIX_VECS; col++)
            sum[row][col] = vec_splat(0.0f);
    }
    step_a *= sizeof(float);
    step_b *= sizeof(float);
    __asm__ volatile("" : "+r"(step_a), "+r"(step_b));
#ifdef __clang__
#pragma clang loop unroll(disable)
#endif
    for (; depth > 0; depth--) {
        vec right[MIX_VECS];
        for (int col = 0; col < MIX_VECS; col++)
            right[col] = vec_load(b + col * VEC_LANES);
        for (int row = 0; row < MIX_ROWS; row++) {
            vec left = vec_splat(a[row]);
            for (int col = 0; col < MIX_VECS; col++)
                sum[row][col] = vec_madd(left, right[col], sum[row][col]);
        }
        a = bytes_on(a, step_a);
        b = bytes_on(b, step_b);
    }
    if (first) {
        for (int row = 0; row < MIX_ROWS; row++, c += ldc) {
            for (int col = 0; col < MIX_VECS; col++)
                vec_store(c + col * VEC_LANES, sum[row][col]);
        }
    } else {
        for (int row = 0; row < MIX_ROWS; row++, c += ldc) {
            for (int col = 0; col < MIX_VECS; col++) {
                float *to = c + col * VEC_LANES;
                vec_store(to, vec_add(sum[row][col], vec_load(to)));
            }
        }
    }
}
