/*
 * What the engine can do at best, for the benchmark to hold the core against: multiply-adds from
 * registers alone, a plain sum over memory, and the core's tiles alone, on operands that stay in
 * L1.
 */
#include "kernels/tile.h"

#include <stdlib.h>

#define EXPORT(name) __attribute__((export_name(#name)))

static float total(const vec *sums, int count) {
    float total = 0.0f;
    for (int i = 0; i < count; i++) {
        float lanes[VEC_LANES];
        vec_store(lanes, sums[i]);
        for (int lane = 0; lane < VEC_LANES; lane++)
            total += lanes[lane];
    }
    return total;
}

/* More chains than latency × units; with both operands and a product they fill 15 registers. */
#define CHAINS 12

/* 2 · CHAINS · VEC_LANES flops a step. Each sum goes to b / (1 − a); returns their total. */
EXPORT(peak) float peak(size_t steps, float a, float b) {
    vec sum[CHAINS], left = vec_splat(a), right = vec_splat(b);
    for (int i = 0; i < CHAINS; i++)
        sum[i] = vec_splat((float)i);
#pragma clang loop unroll(disable)
    for (; steps > 0; steps--) {
        for (int i = 0; i < CHAINS; i++)
            sum[i] = vec_madd(sum[i], left, right);
    }
    return total(sum, CHAINS);
}

/* Few enough that the loads of all fit beside the sums. */
#define STREAMS 6

/* Memory of so many floats, a multiple of 24, that read_all sums. */
EXPORT(reserve) float *reserve(size_t floats) {
    float *data = aligned_alloc(16, floats * sizeof *data);
    for (size_t i = 0; data != NULL && i < floats; i++)
        data[i] = 1.0f;
    return data;
}

EXPORT(read_all) float read_all(const float *data, size_t floats) {
    vec sum[STREAMS];
    for (int i = 0; i < STREAMS; i++)
        sum[i] = vec_splat(0.0f);
#pragma clang loop unroll(disable)
    for (; floats > 0; floats -= STREAMS * VEC_LANES) {
        for (int i = 0; i < STREAMS; i++, data += VEC_LANES)
            sum[i] = vec_add(sum[i], vec_load(data));
    }
    return total(sum, STREAMS);
}

/* Volatile, since constants would be carried into the tiles, and then V8 spills their registers. */
static volatile size_t mix_rows = MIX_ROWS, mix_cols = MIX_COLS, dot_cols = DOT_COLS;

#define DEPTH 256
static float left[DEPTH * 8], right[DEPTH * 16], result[8 * 16];

/* The tile of scores and projections. Returns the flops. */
EXPORT(dot) double dot(size_t times, size_t depth) {
    for (size_t i = 0; i < times; i++)
        tile_dot(left, right, result, dot_cols, depth, DOT_CHAIN);
    return 2.0 * DOT_ROWS * DOT_COLS * (double)depth * (double)times;
}

/* The tile of weights · V. Returns the flops. */
EXPORT(mix) double mix(size_t times, size_t depth) {
    for (size_t i = 0; i < times; i++)
        tile_mix(left, mix_rows, right, mix_cols, result, mix_cols, depth, i == 0);
    return 2.0 * MIX_ROWS * MIX_COLS * (double)depth * (double)times;
}
