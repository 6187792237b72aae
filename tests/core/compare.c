#include "compare.h"

#include "check.h"
#include "compare_layers.h"
#include "oracle.h"

#include <math.h>
#include <string.h>

static const char *const stage_names[STAGES] = {"scores", "scaled", "capped", "masked", "weights"};

bool same_floats(const float *a, const float *b, hl_index count) {
    for (hl_index i = 0; i < count; i++) {
        if (isnan(a[i]) && isnan(b[i]))
            continue;
        if (memcmp(a + i, b + i, sizeof *a) != 0)
            return false;
    }
    return true;
}

bool run_attention(pool *p, hl_attention_args args, unsigned stages, attention_result *result) {
    hl_error error = {0};
    memset(result, 0, sizeof *result);
    hl_attention_shape *s = &result->shape;
    hl_status status = hl_attention_plan(&args, s, &error);
    if (!expect(status == HL_OK, "plan: %s: %s", error.argument, error.message))
        return false;
    hl_index rows = s->batch * s->heads * s->q_len;
    args.output = result->output = output_floats(p, rows * s->v_dim);
    float **fields[STAGES] = {&args.scores, &args.scaled, &args.capped, &args.masked,
                              &args.weights};
    for (int i = 0; i < STAGES; i++) {
        if (stages >> i & 1) {
            *fields[i] = result->stage[i] = output_floats(p, rows * s->kv_len);
        }
    }
    if (stages & ROW_SUMS) {
        args.logsumexp = result->logsumexp = output_floats(p, rows);
        args.statistics = result->statistics = output_floats(p, 2 * rows);
    }
    if (args.past_k.rank != 0 && !args.use_cache) {
        hl_index keys = s->batch * s->kv_heads * s->kv_len;
        args.present_k = result->present_k = output_floats(p, keys * s->qk_dim);
        args.present_v = result->present_v = output_floats(p, keys * s->v_dim);
    }
    void *workspace = workspace_bytes(p, s->workspace);
    seal_inputs(p);
    status = hl_attention(&args, workspace, s->workspace, &error);
    return expect(status == HL_OK, "%s: %s", error.argument, error.message) &&
           expect(intact(p), "wrote beyond an output, or into an input");
}

/* Weights of a row: as the oracle's, but that a hidden key may have 0 where the row is NaN; their
 * sum; and that the tolerance would not have taken a row of zeros. */
static void compare_weights(const oracle_attention *want, const float *weights) {
    for (hl_index row = 0; row < want->weights.count; row += want->kv_len) {
        double sum = 0, largest = 0, expected_sum = 0;
        for (hl_index j = row; j < row + want->kv_len; j++) {
            oracle_array cell = {1, want->weights.value + j, want->weights.error + j};
            bool zero_for_nan = !want->visible[j] && isnan(cell.value[0]) && weights[j] == 0;
            expect(zero_for_nan || oracle_mismatch(&cell, weights + j) < 0,
                   "weights[%td] is %.9g, not %.9g ± %.2g", j, (double)weights[j], cell.value[0],
                   cell.error[0]);
            expect(want->visible[j] || isnan(weights[j]) || weights[j] == 0,
                   "weights[%td] of a hidden key is %g", j, (double)weights[j]);
            sum += (double)weights[j];
            expected_sum += cell.value[0];
            largest = fmax(largest, cell.value[0]);
        }
        if (isnan(expected_sum) || expected_sum == 0)
            continue;
        expect(fabs(sum - 1) <= 1e-6, "weights from %td on sum to 1 %+.3g", row, sum - 1);
        expect(want->weights.error[row] <= largest / 8, "weak tolerance %g of %g",
               want->weights.error[row], largest);
    }
}

/* past, then k (in q's layout), bit by bit. */
static void compare_present(const hl_tensor *past, const hl_tensor *new, hl_index heads,
                            const float *present) {
    hl_index batch = past->size[0], past_len = past->size[2], dim = past->size[3];
    hl_index new_len = new->size[new->rank - 2], len = past_len + new_len;
    for (hl_index i = 0; i < batch * heads * len * dim; i++) {
        hl_index c = i % dim, t = i / dim % len, h = i / dim / len % heads,
                 b = i / dim / len / heads;
        const float *want;
        if (t < past_len) {
            want = past->data + ((b * heads + h) * past_len + t) * dim + c;
        } else if (new->rank == 4) {
            want = new->data + ((b * heads + h) * new_len + t - past_len) * dim + c;
        } else {
            want = new->data + ((b * new_len + t - past_len) * heads + h) * dim + c;
        }
        if (!expect(same_floats(want, present + i, 1), "present[%td] is %g, not %g", i,
                    (double)present[i], (double)*want)) {
            return;
        }
    }
}

static void compare_shape(const oracle_attention *want, const hl_attention_shape *s) {
    expect(s->batch == want->batch && s->heads == want->heads && s->kv_heads == want->kv_heads,
           "batch, heads, kv_heads are %td, %td, %td, not %td, %td, %td", s->batch, s->heads,
           s->kv_heads, want->batch, want->heads, want->kv_heads);
    expect(s->q_len == want->q_len && s->kv_len == want->kv_len,
           "q_len, kv_len are %td, %td, not %td, %td", s->q_len, s->kv_len, want->q_len,
           want->kv_len);
    expect(s->qk_dim == want->qk_dim && s->v_dim == want->v_dim,
           "qk_dim, v_dim are %td, %td, not %td, %td", s->qk_dim, s->v_dim, want->qk_dim,
           want->v_dim);
}

void compare_attention(pool *p, const hl_attention_args *args, unsigned stages) {
    attention_result result, other;
    if (!run_attention(p, *args, stages | ROW_SUMS, &result))
        return;
    oracle_attention want = oracle_attend(args);
    compare_shape(&want, &result.shape);
    const oracle_array *expected[STAGES] = {&want.scores, &want.scaled, &want.capped, &want.masked};
    for (int i = 0; i < STAGES - 1; i++) {
        if (result.stage[i])
            compare_array(stage_names[i], expected[i], result.stage[i]);
    }
    if (result.stage[STAGES - 1])
        compare_weights(&want, result.stage[STAGES - 1]);
    compare_array("logsumexp", &want.logsumexp, result.logsumexp);
    compare_array("statistics", &want.statistics, result.statistics);
    compare_array("output", &want.output, result.output);
    if (args->past_k.rank != 0) {
        compare_present(&args->past_k, &args->k, want.kv_heads, result.present_k);
        compare_present(&args->past_v, &args->v, want.kv_heads, result.present_v);
    }
    const unsigned others[] = {0, WEIGHTS};
    for (int i = 0; i < 2; i++) {
        if (!run_attention(p, *args, others[i], &other))
            continue;
        expect(same_floats(result.output, other.output, want.output.count),
               "the output depends on the matrices asked for (%u or %u)", stages, others[i]);
    }
    oracle_attention_free(&want);
}
