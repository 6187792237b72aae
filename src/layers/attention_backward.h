/* The backward pass in two steps, as attention.h has the forward one. Internal. */
#ifndef HL_LAYER_ATTENTION_BACKWARD_H
#define HL_LAYER_ATTENTION_BACKWARD_H

#include "../check.h"
#include "../kernels/attention_backward.h"

typedef struct backward_plan {
    backward_problem problem;
    size_t workspace; /* bytes */
} backward_plan;

hl_status hl_plan_attention_backward(const hl_attention_backward_args *args, backward_plan *plan,
                                     hl_error *error);

/* fresh: the gradients take the place of what is there, instead of being added. */
hl_status hl_run_attention_backward(const hl_attention_backward_args *args, backward_plan *plan,
                                    bool fresh, void *workspace, size_t bytes, hl_error *error);

#endif
