/* What the oracle's files share with each other. */
#ifndef ORACLE_PARTS_H
#define ORACLE_PARTS_H

#include "oracle.h"

oracle_array oracle_new(hl_index count); /* zeros, errors too */
oracle_array oracle_floats(const float *data, hl_index count);
hl_index oracle_count(const hl_tensor *tensor);
double oracle_sum_bound(double magnitude, hl_index terms);
double oracle_projection_bound(double magnitude, hl_index terms);

/* Makes every array for the shape that is set; every key is visible. */
void oracle_allocate(oracle_attention *s);

/* Takes away a key that the mask hides from query i, else adds the mask's number to bias. */
void oracle_hide(oracle_attention *s, const hl_mask *mask, double *bias, hl_index b, hl_index head,
                 hl_index i, hl_index j);

/* That for every cell, with causal, window and lengths too; kv_lengths may be NULL. */
void oracle_hide_all(oracle_attention *s, const hl_attention_options *options,
                     const int32_t *kv_lengths, double *bias);

/* oracle_attend with element `at` of q, k or v (0 to 2) moved by step. */
oracle_attention oracle_attend_moved(const hl_attention_args *args, int which, hl_index at,
                                     double step);

/* A tensor in any of the layouts as (batch, heads, len, dim), element `at`, unless that is
 * negative, moved by step. */
oracle_array oracle_apart(const hl_tensor *tensor, hl_index heads, hl_index at, double step);

double oracle_scale(const hl_attention_options *options, hl_index qk_dim);

/* x (rows, in) · w (in, out) + b (out), where x brings its own errors; b may be absent. */
oracle_array oracle_multiply(oracle_array x, hl_index rows, const hl_tensor *w, const hl_tensor *b);

/* Every stage from q (batch, heads, q_len, qk_dim), k (batch, kv_heads, kv_len, qk_dim) and
 * v (…, v_dim), with bias (batch, heads, q_len, kv_len); the output is (batch, heads, q_len,
 * v_dim). */
void oracle_core(oracle_attention *s, oracle_array q, oracle_array k, oracle_array v, double scale,
                 double softcap, const double *bias);

/* (batch, heads, len, dim) to (batch, len, heads · dim), and back. They free what they take. */
oracle_array oracle_heads_together(oracle_array a, hl_index batch, hl_index heads, hl_index len);
oracle_array oracle_heads_apart(oracle_array a, hl_index batch, hl_index heads, hl_index len);

/* (groups, m) and (groups, n) to (groups, m + n). Frees both. */
oracle_array oracle_append(oracle_array a, oracle_array b, hl_index groups);

#endif
