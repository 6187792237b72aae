/* The backward pass of attention.h. Internal; arguments were checked at the edge. */
#ifndef HL_KERNEL_ATTENTION_BACKWARD_H
#define HL_KERNEL_ATTENTION_BACKWARD_H

#include "attention.h"

typedef struct backward_problem {
    attention_problem forward; /* as it ran, its output there */
    head_view d_output;
    const float *statistics; /* (batch, heads, q_len, 2), as the forward pass gave them */
    head_view d_q, d_k, d_v; /* data NULL: not wanted */
} backward_problem;

/* Floats of workspace: kv_len · (3 qk_dim + 2 v_dim) and a few tiles for each thread, and kv_len ·
 * (qk_dim + v_dim) for all together. */
size_t attention_backward_workspace(const backward_problem *problem, bool *overflow);

/* Adds the gradients of Σ d_output · attention(q, k, v) to d_q, d_k and d_v. Cost: batch · heads ·
 * q_len · visible keys · (3 qk_dim + 2 v_dim) multiply-adds and one exp a visible pair: where both
 * dimensions are equal, 2.5 times the products of the forward pass. */
void attention_backward(const backward_problem *problem, float *workspace);

#endif
