/* The layers against the oracle: one call with all its memory, and everything checked. */
#ifndef COMPARE_LAYERS_H
#define COMPARE_LAYERS_H

#include "data.h"
#include "headlight.h"
#include "oracle.h"

typedef struct multihead_result {
    hl_multihead_shape shape;
    float *output, *weights; /* weights NULL where not asked for */
} multihead_result;

/* Plans and runs; false, and the case failed, without success. */
bool run_multihead(pool *p, hl_multihead_args args, bool weights, multihead_result *result);
float *run_linear(pool *p, hl_linear_args args); /* NULL where that failed */

/* Expects of a result what the oracle says, and the same output without weights. */
void compare_multihead(pool *p, const hl_multihead_args *args);
void compare_linear(pool *p, const hl_linear_args *args);

/* Expects each number within the error that the oracle allows. */
void compare_array(const char *name, const oracle_array *expected, const float *actual);

#endif
