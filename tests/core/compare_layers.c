#include "compare_layers.h"

#include "check.h"
#include "compare.h"

#include <string.h>

void compare_array(const char *name, const oracle_array *expected, const float *actual) {
    hl_index i = oracle_mismatch(expected, actual);
    if (i < 0)
        return;
    expect(false, "%s[%td] is %.9g, not %.9g ± %.2g", name, i, (double)actual[i],
           expected->value[i], expected->error[i]);
}

bool run_multihead(pool *p, hl_multihead_args args, bool weights, multihead_result *result) {
    hl_error error = {0};
    memset(result, 0, sizeof *result);
    hl_multihead_shape *s = &result->shape;
    hl_status status = hl_multihead_plan(&args, s, &error);
    if (!expect(status == HL_OK, "plan: %s: %s", error.argument, error.message))
        return false;
    args.output = result->output = output_floats(p, s->batch * s->q_len * s->d_out);
    if (weights) {
        hl_index heads = args.average_weights ? 1 : s->heads;
        args.weights = result->weights = output_floats(p, s->batch * heads * s->q_len * s->kv_len);
    }
    void *workspace = workspace_bytes(p, s->workspace);
    seal_inputs(p);
    status = hl_multihead(&args, workspace, s->workspace, &error);
    return expect(status == HL_OK, "%s: %s", error.argument, error.message) &&
           expect(intact(p), "wrote beyond an output, or into an input");
}

/* The same layer with its projections packed. */
static bool pack_projections(pool *p, hl_multihead_args *args) {
    hl_tensor *w[] = {&args->wq, &args->wk, &args->wv, &args->wo};
    for (int i = 0; i < 4; i++) {
        hl_error error = {0};
        size_t bytes = 0;
        hl_status status = hl_pack_plan(w[i], &bytes, &error);
        if (!expect(status == HL_OK, "pack plan: %s", error.message))
            return false;
        float *packed = output_floats(p, (hl_index)(bytes / sizeof *packed));
        status = hl_pack(w[i], packed, &error);
        if (!expect(status == HL_OK && intact(p), "pack: %s", error.message))
            return false;
        w[i]->data = packed;
    }
    args->packed = 1;
    return true;
}

void compare_multihead(pool *p, const hl_multihead_args *args) {
    multihead_result result, other;
    if (!run_multihead(p, *args, true, &result))
        return;
    oracle_multihead want = oracle_multihead_layer(args);
    const hl_multihead_shape *s = &result.shape;
    expect(s->batch == want.batch && s->heads == want.heads && s->q_len == want.q_len &&
               s->kv_len == want.kv_len && s->d_out == want.d_out,
           "batch, heads, q_len, kv_len, d_out are %td, %td, %td, %td, %td", s->batch, s->heads,
           s->q_len, s->kv_len, s->d_out);
    compare_array("output", &want.output, result.output);
    compare_array("weights", &want.weights, result.weights);
    if (run_multihead(p, *args, false, &other)) {
        expect(same_floats(result.output, other.output, want.output.count),
               "the output depends on the weights being asked for");
    }
    hl_multihead_args packed = *args;
    if (pack_projections(p, &packed) && run_multihead(p, packed, false, &other)) {
        expect(same_floats(result.output, other.output, want.output.count),
               "the output depends on packing");
    }
    oracle_multihead_free(&want);
}

float *run_linear(pool *p, hl_linear_args args) {
    hl_error error = {0};
    size_t bytes = 0;
    hl_status status = hl_linear_plan(&args, &bytes, &error);
    if (!expect(status == HL_OK, "plan: %s: %s", error.argument, error.message))
        return NULL;
    hl_index count = 1;
    for (hl_index axis = 0; axis < args.x.rank - 1; axis++)
        count *= args.x.size[axis];
    count *= args.w.size[1]; /* last, as rows may be none */
    args.output = output_floats(p, count);
    void *workspace = workspace_bytes(p, bytes);
    seal_inputs(p);
    status = hl_linear(&args, workspace, bytes, &error);
    expect(status == HL_OK, "%s: %s", error.argument, error.message);
    expect(intact(p), "wrote beyond an output, or into an input");
    return status == HL_OK ? args.output : NULL;
}

void compare_linear(pool *p, const hl_linear_args *args) {
    const float *output = run_linear(p, *args);
    if (output == NULL)
        return;
    oracle_array want = oracle_linear(&args->x, &args->w, &args->b);
    compare_array("output", &want, output);
    oracle_array_free(&want);
}
