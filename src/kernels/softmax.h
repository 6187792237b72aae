/* Softmax along rows, and the sums that it needs. Internal. */
#ifndef HL_SOFTMAX_H
#define HL_SOFTMAX_H

#include "two_sum.h"

#include <stddef.h>

/* A sum in each lane that stays within a few roundings however long it grows: callers add up chains
 * of SUM_CHAIN terms, and of the chains nothing is lost. */
#define SUM_CHAIN 16

typedef struct row_sum {
    vec total, lost; /* lost: what rounding took from total in the last addition */
} row_sum;

static inline row_sum row_sum_zero(void) {
    return (row_sum){vec_splat(0.0f), vec_splat(0.0f)};
}

static inline void row_sum_add(row_sum *sum, vec chain) {
    sum->total = two_sum(sum->total, vec_add(chain, sum->lost), &sum->lost);
}

static inline void row_sum_scale(row_sum *sum, vec factor) {
    sum->total = vec_mul(sum->total, factor);
    sum->lost = vec_mul(sum->lost, factor);
}

/* y = softmax(x), both count numbers; y may be x. All −Inf gives NaN. Three passes over the row. */
void softmax_row(const float *x, float *y, size_t count);

/* row = exp(row − max) · inverse, in place. */
void softmax_finish_row(float *row, size_t count, float max, float inverse);

#endif
