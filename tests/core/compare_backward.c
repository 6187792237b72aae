#include "compare_backward.h"

#include "check.h"
#include "compare.h"
#include "oracle.h"

#include <math.h>
#include <string.h>

static const hl_tensor *operand(const hl_attention_backward_args *args, int which) {
    return which == 0 ? &args->q : which == 1 ? &args->k : &args->v;
}

static float **gradient(hl_attention_backward_args *args, int which) {
    return which == 0 ? &args->d_q : which == 1 ? &args->d_k : &args->d_v;
}

bool make_backward(pool *p, rng *r, const hl_attention_args *forward,
                   hl_attention_backward_args *args) {
    attention_result made;
    if (!run_attention(p, *forward, ROW_SUMS, &made))
        return false;
    const hl_attention_shape *s = &made.shape;
    *args = (hl_attention_backward_args){
        .q = forward->q,
        .k = forward->k,
        .v = forward->v,
        .options = forward->options,
        .kv_lengths = forward->kv_lengths,
        .kv_lengths_count = forward->kv_lengths_count,
        .output = forward->q,
        .statistics = {made.statistics, 4, {s->batch, s->heads, s->q_len, 2}},
    };
    args->output.size[forward->q.rank - 1] = forward->q.rank == 4 ? s->v_dim : s->heads * s->v_dim;
    args->output.data = made.output;
    args->d_output = normal_tensor(p, r, 1, args->output.rank, args->output.size);
    for (int i = 0; i < 3; i++) {
        hl_index count = element_count(operand(args, i));
        *gradient(args, i) = output_floats(p, count);
        fill_normal(r, *gradient(args, i), count, 1);
    }
    return true;
}

bool run_backward(pool *p, const hl_attention_backward_args *args) {
    hl_error error = {0};
    size_t bytes = 0;
    hl_status status = hl_attention_backward_plan(args, &bytes, &error);
    if (!expect(status == HL_OK, "plan: %s: %s", error.argument, error.message))
        return false;
    void *workspace = workspace_bytes(p, bytes);
    seal_inputs(p);
    status = hl_attention_backward(args, workspace, bytes, &error);
    return expect(status == HL_OK, "%s: %s", error.argument, error.message) &&
           expect(intact(p), "wrote beyond a gradient, or into an input");
}

hl_index compare_backward(pool *p, const hl_attention_args *forward,
                          const hl_attention_backward_args *args) {
    static const char *const names[] = {"d_q", "d_k", "d_v"};
    hl_attention_backward_args run = *args;
    oracle_gradients want = oracle_attend_backward(forward, args->d_output.data);
    hl_index beyond = 0;
    for (int i = 0; i < 3; i++) {
        hl_index count = element_count(operand(args, i));
        float *before = *gradient((hl_attention_backward_args *)args, i);
        *gradient(&run, i) = output_floats(p, count);
        memcpy(*gradient(&run, i), before, (size_t)count * sizeof(float));
    }
    bool ran = run_backward(p, &run);
    for (int i = 0; ran && i < 3; i++) {
        const float *before = *gradient((hl_attention_backward_args *)args, i);
        const float *after = *gradient(&run, i);
        for (hl_index at = 0; at < want.of[i].count; at++) {
            double change = want.of[i].value[at], value = (double)before[at] + change;
            double bound = want.of[i].error[at] + 0x1p-24 * fabs(value);
            oracle_array cell = {1, &value, &bound};
            beyond += fabs(change) > 20 * bound;
            if (!expect(oracle_mismatch(&cell, after + at) < 0, "%s[%td] is %.9g, not %.9g ± %.2g",
                        names[i], at, (double)after[at], value, bound))
                break;
        }
        hl_attention_backward_args alone = *args;
        alone.d_q = alone.d_k = alone.d_v = NULL;
        float *only = *gradient(&alone, i) = output_floats(p, want.of[i].count);
        memcpy(only, before, (size_t)want.of[i].count * sizeof(float));
        if (run_backward(p, &alone))
            expect(same_floats(after, only, want.of[i].count), "%s alone is another", names[i]);
    }
    oracle_gradients_free(&want);
    return beyond;
}
