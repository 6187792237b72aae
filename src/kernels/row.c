/*
 * Both read each number of K and V once, in order: their speed is that of the memory. As in tile.c,
 * inner loops are not unrolled, since V8 up to 12.4 holds all that one pass of them loads at once.
 */
#include "row.h"

#include "../memory.h"
#include "mask.h"
#include "vec.h"

/* A lane adds products in chains, and chains in a leaf; lanes are added in pairs, and so are
 * leaves: as many roundings as in tile_dot, which does the same with one number a lane. */
#define CHAIN 4
#define LEAF (4 * CHAIN * VEC_LANES)
#define ROWS VEC_LANES /* keys side by side */
#define KEYS 6         /* rows of V side by side: weights, loads and a sum take 13 registers */
#define MOST 16        /* vectors of columns whose sums are kept meanwhile */

/* Four scores of one leaf, for rows that begin at k, k + at[1], … (in floats). */
static inline __attribute__((always_inline)) vec dot_four(const float *q, const float *k,
                                                          const size_t at[ROWS], size_t depth) {
    vec total[ROWS];
    for (int i = 0; i < ROWS; i++)
        total[i] = vec_splat(0.0f);
    for (size_t left = depth / VEC_LANES; left > 0;) {
        size_t steps = hl_smaller(left, CHAIN);
        left -= steps;
        vec sum[ROWS];
        for (int i = 0; i < ROWS; i++)
            sum[i] = vec_splat(0.0f);
#ifdef __clang__
#pragma clang loop unroll(disable)
#endif
        for (; steps > 0; steps--) {
            vec right = vec_load(q);
            for (int i = 0; i < ROWS; i++)
                sum[i] = vec_madd(right, vec_load(k + at[i]), sum[i]);
            q += VEC_LANES;
            k += VEC_LANES;
        }
        for (int i = 0; i < ROWS; i++)
            total[i] = vec_add(total[i], sum[i]);
    }
    vec score = vec_sum4(total[0], total[1], total[2], total[3]);
    if (depth % VEC_LANES == 0)
        return score;
    vec rest = vec_splat(0.0f);
    for (size_t col = 0; col < depth % VEC_LANES; col++) {
        const float lanes[ROWS] = {k[at[0] + col], k[at[1] + col], k[at[2] + col], k[at[3] + col]};
        rest = vec_madd(vec_splat(q[col]), vec_load(lanes), rest);
    }
    return vec_add(score, rest);
}

/* row_dot for one leaf. */
static void dot_leaf(const float *q, const float *k, size_t stride, size_t count, size_t depth,
                     float *scores) {
    const size_t all[ROWS] = {0, stride, 2 * stride, 3 * stride};
    size_t key = 0;
    for (; count - key >= ROWS; key += ROWS)
        vec_store(scores + key, dot_four(q, k + key * stride, all, depth));
    if (key == count)
        return;
    /* Beyond the last key, that one again. */
    size_t last = count - key - 1, at[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        at[i] = hl_smaller(i, last) * stride;
    vec_store(scores + key, dot_four(q, k + key * stride, at, depth));
}

void row_dot(const float *q, const float *k, size_t stride, size_t count, size_t depth,
             float *scores) {
    if (depth <= LEAF) {
        dot_leaf(q, k, stride, count, depth, scores);
        return;
    }
    size_t half = hl_round_up(depth / 2, LEAF);
    float rest[BLOCK];
    row_dot(q, k, stride, count, half, scores);
    row_dot(q + half, k + half, stride, count, depth - half, rest);
    for (size_t i = 0; i < count; i += VEC_LANES)
        vec_store(scores + i, vec_add(vec_load(scores + i), vec_load(rest + i)));
}

/* sums (vecs vectors) += Σ weightᵢ · vᵢ for KEYS rows side by side, or where few are left, one. */
static inline __attribute__((always_inline)) void
mix(const float *weights, const float *v, size_t stride, size_t vecs, float *sums, int keys) {
    vec weight[KEYS];
    const float *row[KEYS];
    for (int i = 0; i < keys; i++) {
        weight[i] = vec_splat(weights[i]);
        row[i] = v + (size_t)i * stride;
    }
#ifdef __clang__
#pragma clang loop unroll(disable)
#endif
    for (; vecs > 0; vecs--) {
        vec sum = vec_load(sums);
        for (int i = 0; i < keys; i++) {
            sum = vec_madd(weight[i], vec_load(row[i]), sum);
            row[i] += VEC_LANES;
        }
        vec_store(sums, sum);
        sums += VEC_LANES;
    }
}

void row_mix(const float *weights, size_t count, const float *v, size_t stride, size_t cols,
             float *output, bool first) {
    size_t whole = cols / VEC_LANES;
    for (size_t col = 0; col < whole; col += MOST) {
        size_t vecs = hl_smaller(MOST, whole - col), key = 0;
        const float *from = v + col * VEC_LANES;
        float sums[MOST * VEC_LANES] = {0}, *to = output + col * VEC_LANES;
        for (; count - key >= KEYS; key += KEYS)
            mix(weights + key, from + key * stride, stride, vecs, sums, KEYS);
        for (; key < count; key++)
            mix(weights + key, from + key * stride, stride, vecs, sums, 1);
        for (size_t i = 0; i < vecs * VEC_LANES; i += VEC_LANES) {
            vec sum = vec_load(sums + i);
            vec_store(to + i, first ? sum : vec_add(sum, vec_load(to + i)));
        }
    }
    for (size_t col = whole * VEC_LANES; col < cols; col++) {
        float sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += weights[i] * v[i * stride + col];
        output[col] = first ? sum : sum + output[col];
    }
}
