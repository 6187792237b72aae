/* Attention over strided heads, with every mask. Internal; arguments were checked at the edge. */
#ifndef HL_KERNEL_ATTENTION_H
#define HL_KERNEL_ATTENTION_H

#include "../headlight.h"

#include <stdbool.h>

/* (batch, heads, len, dim) with the dim adjacent: how far apart the other axes are, in floats. */
typedef struct head_view {
    float *data;
    size_t batch, head, row;
} head_view;

/* A mask spread over (batch, heads, queries) by strides in elements, 0 where it broadcasts. */
typedef struct mask_view {
    const void *data;
    int32_t kind; /* hl_mask_kind; HL_MASK_NONE: lets everything through */
    size_t batch, head, query;
} mask_view;

typedef struct attention_problem {
    size_t batch, heads, kv_heads, q_len, kv_len, qk_dim, v_dim;
    head_view q, k, v, output;
    float scale, softcap; /* softcap 0: none */
    /* Key j of those that masks speak of (the first masked_keys) is visible to query i of batch b
     * when i + offset − left ≤ j ≤ i + offset + right, j < visible_keys, j < kv_lengths[b] and no
     * mask hides it. The keys from masked_keys on are visible to all. */
    size_t masked_keys, visible_keys;
    bool banded; /* left, right and offset count */
    int64_t left, right, offset;
    bool offset_by_length; /* offset is kv_lengths[b] − q_len instead */
    const int32_t *kv_lengths;
    mask_view masks[2];
    float *scores, *scaled, *capped, *masked, *weights; /* (batch, heads, q_len, kv_len) or NULL */
    float *logsumexp;                                   /* (batch, heads, q_len) or NULL */
    float *statistics; /* (batch, heads, q_len, 2) or NULL: max logit, Σ exp(logit − max) */
} attention_problem;

/* Floats of workspace: kv_len · (qk_dim and one tile's columns) and a few tiles, for each thread.
 */
size_t attention_workspace(const attention_problem *problem, bool *overflow);

/* softmax(softcap(scale · Q·Kᵀ) + mask) · V. Cost: batch · heads · q_len · visible keys ·
 * (qk_dim + v_dim) multiply-adds and one exp a visible pair. */
void attention(const attention_problem *problem, float *workspace);

#endif
