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
/* Vectors of columns: with 7, accumulators, loads and a splat take 15 registers; without vector
 * registers 2 are what there is room for. */
#define MIX (DOT_VECS > 1 ? 7 : 2)

/* row_dot for one leaf. */
static void dot_leaf(const float *q, const float *k, size_t stride, size_t count, size_t depth,
                     float *scores) {
    size_t whole = depth / VEC_LANES;
    for (size_t key = 0; key < count; key += ROWS) {
        /* Beyond the last key, that one again. */
        const float *row[ROWS], *x = q;
        vec total[ROWS];
        for (size_t i = 0; i < ROWS; i++) {
            row[i] = k + hl_smaller(key + i, count - 1) * stride;
            total[i] = vec_splat(0.0f);
        }
        for (size_t left = whole; left > 0;) {
            size_t steps = hl_smaller(left, CHAIN);
            left -= steps;
            vec sum[ROWS];
            for (int i = 0; i < ROWS; i++)
                sum[i] = vec_splat(0.0f);
#ifdef __clang__
#pragma clang loop unroll(disable)
#endif
            for (; steps > 0; steps--) {
                vec right = vec_load(x);
                x += VEC_LANES;
                for (int i = 0; i < ROWS; i++) {
                    sum[i] = vec_madd(right, vec_load(row[i]), sum[i]);
                    row[i] += VEC_LANES;
                }
            }
            for (int i = 0; i < ROWS; i++)
                total[i] = vec_add(total[i], sum[i]);
        }
        vec score = vec_sum4(total[0], total[1], total[2], total[3]), rest = vec_splat(0.0f);
        for (size_t col = 0; col < depth % VEC_LANES; col++) {
            const float lanes[ROWS] = {row[0][col], row[1][col], row[2][col], row[3][col]};
            rest = vec_madd(vec_splat(x[col]), vec_load(lanes), rest);
        }
        vec_store(scores + key, vec_add(score, rest));
    }
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

/* row_mix for so many vectors of columns. */
static inline __attribute__((always_inline)) void mix(const float *weights, size_t count,
                                                      const float *v, size_t stride, float *output,
                                                      bool first, int vecs) {
    vec sum[MIX];
    for (int i = 0; i < vecs; i++)
        sum[i] = vec_splat(0.0f);
#ifdef __clang__
#pragma clang loop unroll(disable)
#endif
    for (; count > 0; count--) {
        vec left = vec_splat(*weights++);
        for (int i = 0; i < vecs; i++)
            sum[i] = vec_madd(left, vec_load(v + i * VEC_LANES), sum[i]);
        v += stride;
    }
    for (int i = 0; i < vecs; i++) {
        float *to = output + i * VEC_LANES;
        vec_store(to, first ? sum[i] : vec_add(sum[i], vec_load(to)));
    }
}

void row_mix(const float *weights, size_t count, const float *v, size_t stride, size_t cols,
             float *output, bool first) {
    size_t col = 0;
    for (; cols - col >= MIX * VEC_LANES; col += MIX * VEC_LANES)
        mix(weights, count, v + col, stride, output + col, first, MIX);
    for (; MIX > 2 && cols - col >= 2 * VEC_LANES; col += 2 * VEC_LANES)
        mix(weights, count, v + col, stride, output + col, first, 2);
    if (cols - col >= VEC_LANES) {
        mix(weights, count, v + col, stride, output + col, first, 1);
        col += VEC_LANES;
    }
    for (; col < cols; col++) {
        float sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += weights[i] * v[i * stride + col];
        output[col] = first ? sum : sum + output[col];
    }
}
