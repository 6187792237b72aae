/* hl_attention against the oracle: one call with all its memory, and everything checked. */
#ifndef COMPARE_H
#define COMPARE_H

#include "data.h"
#include "headlight.h"

/* What a call can be asked for, as bits: matrices; logsumexp and statistics. */
enum { SCORES = 1, SCALED = 2, CAPPED = 4, MASKED = 8, WEIGHTS = 16, STAGES = 5, ALL_STAGES = 31 };
enum { ROW_SUMS = 32 };

typedef struct attention_result {
    hl_attention_shape shape;
    float *output, *stage[STAGES], *present_k, *present_v; /* stages not asked for are NULL */
    float *logsumexp, *statistics;                         /* likewise */
} attention_result;

/* Plans and runs args with outputs from the pool; false, and the case failed, without success. */
bool run_attention(pool *p, hl_attention_args args, unsigned stages, attention_result *result);

/* Expects what the oracle says of the result, its rows' sums always with it; and that the output
 * has the same bits without any matrix, and with the weights alone. */
void compare_attention(pool *p, const hl_attention_args *args, unsigned stages);

/* The same bits, or NaN in both. */
bool same_floats(const float *a, const float *b, hl_index count);

#endif
