#include "attention_backward.h"
#include "attention.h"

#include <string.h>

/* (batch, heads, q_len, 2), or (q_len, 2) where that is the same. */
static hl_status check_statistics(const hl_tensor *t, const attention_problem *forward,
                                  hl_error *error) {
    HL_TRY(hl_check_tensor(t, 2, 4, "statistics", error));
    hl_index q_len = (hl_index)forward->q_len;
    hl_tensor expected = {NULL, 4, {(hl_index)forward->batch, (hl_index)forward->heads, q_len, 2}};
    if (t->rank == 2 && forward->batch == 1 && forward->heads == 1)
        expected = (hl_tensor){NULL, 2, {q_len, 2}};
    return hl_check_like(t, &expected, 2, "statistics", error);
}

/* A tensor's view with the data of another of its shape. */
static head_view like(head_view view, float *data) {
    view.data = data;
    return view;
}

hl_status hl_plan_attention_backward(const hl_attention_backward_args *args, backward_plan *plan,
                                     hl_error *error) {
    attention_plan planned;
    HL_TRY(hl_plan_attention(&(hl_attention_args){.q = args->q,
                                                  .k = args->k,
                                                  .v = args->v,
                                                  .options = args->options,
                                                  .kv_lengths = args->kv_lengths,
                                                  .kv_lengths_count = args->kv_lengths_count},
                             &planned, error));
    attention_problem *forward = &planned.problem;
    size_t last = args->q.rank == 4 ? forward->v_dim : forward->heads * forward->v_dim;
    HL_TRY(hl_check_tensor(&args->output, 2, 4, "output", error));
    HL_TRY(hl_check_like(&args->output, &args->q, last, "output", error));
    HL_TRY(check_statistics(&args->statistics, forward, error));
    HL_TRY(hl_check_tensor(&args->d_output, 2, 4, "d_output", error));
    HL_TRY(hl_check_like(&args->d_output, &args->q, last, "d_output", error));
    forward->output.data = args->output.data;
    plan->problem = (backward_problem){
        .forward = *forward,
        .d_output = like(forward->output, args->d_output.data),
        .statistics = args->statistics.data,
    };
    bool overflow = false;
    plan->workspace =
        hl_mul(attention_backward_workspace(&plan->problem, &overflow), sizeof(float), &overflow);
    return overflow ? hl_too_large("k", error) : HL_OK;
}

hl_status hl_run_attention_backward(const hl_attention_backward_args *args, backward_plan *plan,
                                    bool fresh, void *workspace, size_t bytes, hl_error *error) {
    backward_problem *problem = &plan->problem;
    HL_TRY(hl_check_workspace(workspace, bytes, plan->workspace, "workspace", error));
    const struct {
        const hl_tensor *of;
        float *data;
        const char *name;
    } gradients[] = {
        {&args->q, args->d_q, "d_q"}, {&args->k, args->d_k, "d_k"}, {&args->v, args->d_v, "d_v"}};
    hl_ranges ranges = {.count = 0};
    for (int i = 0; i < 3; i++)
        hl_add_range(&ranges, gradients[i].data, hl_bytes(gradients[i].of), gradients[i].name,
                     true);
    hl_add_range(&ranges, workspace, plan->workspace, "workspace", true);
    hl_read_tensor(&ranges, &args->q, "q");
    hl_read_tensor(&ranges, &args->k, "k");
    hl_read_tensor(&ranges, &args->v, "v");
    hl_read_mask(&ranges, &args->options.mask, "mask");
    hl_add_range(&ranges, args->kv_lengths, problem->forward.batch * sizeof(int32_t), "kv_lengths",
                 false);
    hl_read_tensor(&ranges, &args->output, "output");
    hl_read_tensor(&ranges, &args->statistics, "statistics");
    hl_read_tensor(&ranges, &args->d_output, "d_output");
    hl_add_range(&ranges, args, sizeof *args, "args", false);
    HL_TRY(hl_check_ranges(&ranges, error));

    for (int i = 0; fresh && i < 3; i++) {
        if (gradients[i].data != NULL)
            memset(gradients[i].data, 0, hl_bytes(gradients[i].of));
    }
    problem->d_q = like(problem->forward.q, args->d_q);
    problem->d_k = like(problem->forward.k, args->d_k);
    problem->d_v = like(problem->forward.v, args->d_v);
    attention_backward(problem, workspace);
    return HL_OK;
}

hl_status hl_attention_backward_plan(const hl_attention_backward_args *args,
                                     size_t *workspace_bytes, hl_error *error) {
    HL_TRY(hl_check_block(args, sizeof *args, sizeof(void *), "args", error));
    HL_TRY(hl_check_result(workspace_bytes, sizeof *workspace_bytes, "workspace_bytes", args,
                           sizeof *args, error));
    backward_plan plan;
    HL_TRY(hl_plan_attention_backward(args, &plan, error));
    *workspace_bytes = plan.workspace;
    return HL_OK;
}

hl_status hl_attention_backward(const hl_attention_backward_args *args, void *workspace,
                                size_t workspace_bytes, hl_error *error) {
    HL_TRY(hl_check_block(args, sizeof *args, sizeof(void *), "args", error));
    backward_plan plan;
    HL_TRY(hl_plan_attention_backward(args, &plan, error));
    return hl_run_attention_backward(args, &plan, false, workspace, workspace_bytes, error);
}
