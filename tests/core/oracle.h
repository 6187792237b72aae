/*
 * The oracle: every formula of headlight.h in float64, as plain loops, with the error that float32
 * is allowed. It never ships, reads nothing that the core computed and shares no code with it.
 *
 * Each result is a pair of arrays: value[i], and error[i], what a float32 result may differ by:
 * - a score: 4 · 2^-24 · Σ|aᵢbᵢ|, plus what its inputs' errors can do to it;
 * - a projection: 2e-6 · Σ|aᵢbᵢ|, likewise;
 * - weights: 2e-6 of the row's largest, plus what the logits' errors can do: with logits off by at
 *   most δⱼ, weight j is off by at most wⱼ·(e^δⱼ / Σ wᵢ·e^-δᵢ − 1);
 * - output: 2e-6 of the row's largest, plus what that does to Σ wⱼ·vⱼ, a sum as scores are;
 * - logsumexp and statistics: what the logits' errors can do, 1e-6 for the sum, and logsumexp's own
 *   rounding;
 * - gradients: as oracle_backward.c says;
 * - everywhere a few of the smallest denormal, which is what float32 counts in near 0.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "headlight.h"

#include <stdbool.h>

/* Row-major as the comments of headlight.h say; error is absolute. */
typedef struct oracle_array {
    hl_index count;
    double *value, *error;
} oracle_array;

typedef struct oracle_attention {
    hl_index batch, heads, kv_heads, q_len, kv_len, past_len, qk_dim, v_dim;
    bool *visible;                                        /* (batch, heads, q_len, kv_len) */
    oracle_array scores, scaled, capped, masked, weights; /* (batch, heads, q_len, kv_len) */
    oracle_array logsumexp;                               /* (batch, heads, q_len) */
    oracle_array statistics;                              /* (batch, heads, q_len, 2) */
    oracle_array output;                                  /* in q's layout */
} oracle_attention;

oracle_attention oracle_attend(const hl_attention_args *args);
void oracle_attention_free(oracle_attention *result);

/* Gradients by q, k and v, in their layouts, of Σ d_output · attention(q, k, v). */
typedef struct oracle_gradients {
    oracle_array of[3];
} oracle_gradients;

oracle_gradients oracle_attend_backward(const hl_attention_args *args, const float *d_output);
void oracle_gradients_free(oracle_gradients *gradients);

/* That sum, with element `at` of q, k or v (0 to 2) moved by step. */
double oracle_attention_loss(const hl_attention_args *args, const float *d_output, int which,
                             hl_index at, double step);

typedef struct oracle_multihead {
    hl_index batch, heads, q_len, kv_len, d_out;
    oracle_array output, weights; /* weights averaged where the arguments say so */
} oracle_multihead;

oracle_multihead oracle_multihead_layer(const hl_multihead_args *args);
void oracle_multihead_free(oracle_multihead *result);

/* Names as of hl_trace; NULL for an unknown one. */
typedef struct oracle_trace {
    hl_index len, d_model, heads, qk_dim, v_dim, d_out;
    oracle_array x, q, k, v, scores, scaled, capped, logits, weights, head_output, concat, output;
} oracle_trace;

oracle_trace oracle_trace_run(const hl_trace_args *args);
const oracle_array *oracle_trace_array(oracle_trace *trace, const char *name);
void oracle_trace_free(oracle_trace *trace);

oracle_array oracle_linear(const hl_tensor *x, const hl_tensor *w, const hl_tensor *b);
oracle_array oracle_softmax(const hl_tensor *x);
oracle_array oracle_position_encoding(hl_index len, hl_index d_model, double base, double first);
void oracle_array_free(oracle_array *array);

/* Index of the first element that is not as it should be, or -1. NaN must be NaN, Inf that Inf. */
hl_index oracle_mismatch(const oracle_array *expected, const float *actual);

#endif
