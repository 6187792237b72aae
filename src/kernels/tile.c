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

static const float *bytes_on(const float *p, size_t bytes) {
    return (const float *)(const void *)((const char *)p + bytes);
}

/* tile_dot for chains that are added one after another. */
static __attribute__((noinline)) void dot_leaf(const float *a, const float *b, float *c, size_t ldc,
                                               size_t depth, size_t chain) {
    vec sum[DOT_ROWS][DOT_VECS];
    for (int row = 0; row < DOT_ROWS; row++) {
        for (int col = 0; col < DOT_VECS; col++)
            sum[row][col] = vec_splat(0.0f);
    }
    int first = 1;
    do {
        size_t steps = depth < chain ? depth : chain;
        depth -= steps;
#ifdef __clang__
#pragma clang loop unroll(disable)
#endif
        for (; steps > 0; steps--) {
            vec right[DOT_VECS];
            for (int col = 0; col < DOT_VECS; col++)
                right[col] = vec_load(b + col * VEC_LANES);
            for (int row = 0; row < DOT_ROWS; row++) {
                vec left = vec_splat(a[row]);
                for (int col = 0; col < DOT_VECS; col++)
                    sum[row][col] = vec_madd(left, right[col], sum[row][col]);
            }
            a += DOT_ROWS;
            b += DOT_COLS;
        }
        float *at = c;
        if (first) {
            for (int row = 0; row < DOT_ROWS; row++, at += ldc) {
                for (int col = 0; col < DOT_VECS; col++) {
                    vec_store(at + col * VEC_LANES, sum[row][col]);
                    sum[row][col] = vec_splat(0.0f);
                }
            }
        } else {
            for (int row = 0; row < DOT_ROWS; row++, at += ldc) {
                for (int col = 0; col < DOT_VECS; col++) {
                    float *to = at + col * VEC_LANES;
                    vec_store(to, vec_add(sum[row][col], vec_load(to)));
                    sum[row][col] = vec_splat(0.0f);
                }
            }
        }
        first = 0;
    } while (depth > 0);
}

void tile_dot(const float *a, const float *b, float *c, size_t ldc, size_t depth, size_t chain,
              size_t leaf) {
    if (depth <= leaf) {
        dot_leaf(a, b, c, ldc, depth, chain);
        return;
    }
    /* Powers of two, so that of equal products all pairs but the last ones are equal. */
    size_t half = leaf;
    while (2 * half < depth)
        half *= 2;
    float rest[DOT_ROWS * DOT_COLS];
    tile_dot(a, b, c, ldc, half, chain, leaf);
    tile_dot(a + half * DOT_ROWS, b + half * DOT_COLS, rest, DOT_COLS, depth - half, chain, leaf);
    for (int row = 0; row < DOT_ROWS; row++, c += ldc) {
        for (int col = 0; col < DOT_COLS; col += VEC_LANES)
            vec_store(c + col, vec_add(vec_load(c + col), vec_load(rest + row * DOT_COLS + col)));
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
