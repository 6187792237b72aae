#include "softmax.h"
#include "../check.h"
#include "exp.h"

#include <math.h>

/* The last lanes of a row, those beyond it filled with a number that changes nothing. */
static vec load_tail(const float *from, size_t count, float fill) {
    float lanes[VEC_LANES] = {fill, fill, fill, fill};
    for (size_t i = 0; i < count; i++)
        lanes[i] = from[i];
    return vec_load(lanes);
}

static void store_tail(float *to, vec x, size_t count) {
    float lanes[VEC_LANES];
    vec_store(lanes, x);
    for (size_t i = 0; i < count; i++)
        to[i] = lanes[i];
}

void softmax_row(const float *x, float *y, size_t count) {
    size_t whole = count / VEC_LANES * VEC_LANES, tail = count - whole;
    vec greatest = vec_max(vec_splat(-INFINITY), load_tail(x + whole, tail, -INFINITY));
    for (size_t i = 0; i < whole; i += VEC_LANES)
        greatest = vec_max(greatest, vec_load(x + i));
    float lanes[VEC_LANES];
    vec_store(lanes, greatest);
    float max = -INFINITY;
    for (int i = 0; i < VEC_LANES; i++)
        max = max < lanes[i] ? lanes[i] : max;

    exp_words words = exp_begin();
    vec shift = vec_splat(max);
    row_sum sum = row_sum_zero();
    for (size_t start = 0; start < whole; start += SUM_CHAIN * VEC_LANES) {
        size_t end = start + SUM_CHAIN * VEC_LANES < whole ? start + SUM_CHAIN * VEC_LANES : whole;
        vec chain = vec_splat(0.0f);
        for (size_t i = start; i < end; i += VEC_LANES) {
            vec e = vec_exp(vec_sub(vec_load(x + i), shift), &words);
            vec_store(y + i, e);
            chain = vec_add(chain, e);
        }
        row_sum_add(&sum, chain);
    }
    if (tail > 0) {
        vec e = vec_exp(vec_sub(load_tail(x + whole, tail, -INFINITY), shift), &words);
        store_tail(y + whole, e, tail);
        /* At x = shift = −Inf the lanes beyond are NaN, as the row is. */
        row_sum_add(&sum, load_tail(y + whole, tail, 0.0f));
    }
    vec_store(lanes, sum.total);
    float inverse = 1.0f / ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]));
    for (size_t i = 0; i < whole; i += VEC_LANES) {
        vec_store(y + i, vec_mul(vec_load(y + i), vec_splat(inverse)));
    }
    for (size_t i = whole; i < count; i++)
        y[i] *= inverse;
}

void softmax_finish_row(float *row, size_t count, float max, float inverse) {
    size_t whole = count / VEC_LANES * VEC_LANES;
    exp_words words = exp_begin();
    vec shift = vec_splat(max), factor = vec_splat(inverse);
    for (size_t i = 0; i < whole; i += VEC_LANES) {
        vec_store(row + i, vec_mul(vec_exp(vec_sub(vec_load(row + i), shift), &words), factor));
    }
    size_t tail = count - whole;
    vec last = vec_sub(load_tail(row + whole, tail, -INFINITY), shift);
    store_tail(row + whole, vec_mul(vec_exp(last, &words), factor), tail);
}
