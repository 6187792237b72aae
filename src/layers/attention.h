/* From the caller's tensors to the kernel's views: what the layers share. Internal. */
#ifndef HL_LAYER_ATTENTION_H
#define HL_LAYER_ATTENTION_H

#include "../check.h"
#include "../kernels/attention.h"

/* hl_attention in two steps, for who places outputs in between. The first checks all but what will
 * be written, and sets the problem up, keys and values still the new ones; the second checks that,
 * and runs. */
typedef struct attention_plan {
    attention_problem problem;
    size_t past_len, workspace; /* keys before the new ones; bytes */
} attention_plan;

hl_status hl_plan_attention(const hl_attention_args *args, attention_plan *plan, hl_error *error);
hl_attention_shape hl_planned_shape(const attention_plan *plan);
hl_status hl_run_attention(const hl_attention_args *args, attention_plan *plan, void *workspace,
                           size_t bytes, hl_error *error);

/* Checks mask against (batch, heads, q_len, keys) and spreads it: a view, and how many keys it
 * speaks of where that is fewer than *visible_keys. */
hl_status hl_spread_mask(const hl_mask *mask, const char *name, size_t batch, size_t heads,
                         size_t q_len, size_t keys, mask_view *view, size_t *visible_keys,
                         hl_error *error);

/* Fills scale, softcap and band of a problem whose sizes are known. */
hl_status hl_take_options(const hl_attention_options *options, attention_problem *problem,
                          hl_error *error);

/* (batch, heads, len, dim) where heads lie side by side in a row: (batch, len, heads·dim). */
head_view hl_side_by_side(float *data, size_t len, size_t heads, size_t dim);
/* … and where each head is a matrix of its own: (batch, heads, len, dim). */
head_view hl_head_by_head(float *data, size_t len, size_t heads, size_t dim);

/* One head of a problem without grouped heads, without matrices. */
attention_problem hl_one_head(const attention_problem *all, size_t head);

#endif
