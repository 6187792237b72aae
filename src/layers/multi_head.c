#include "attention.h"
#include "linear.h"

#include "../kernels/gemm.h"

#include <string.h>

/* A layer taken apart: sizes, and where everything lies in the workspace. */
typedef struct multihead_layer {
    attention_problem problem;
    size_t kv_given, d_out; /* keys without the added ones */
    float *q, *k, *v;       /* (batch, q_len, d_qk), (batch, kv_len, d_qk), (batch, kv_len, d_v) */
    float *concat;          /* (batch, q_len, d_v) */
    float *weights;         /* (batch, 1, q_len, kv_len): one head's, where they are averaged */
    bool packed;            /* the projections */
    float *scratch;         /* for gemm and attention in turn */
    size_t workspace;       /* bytes */
} multihead_layer;

static hl_status check_input(const hl_tensor *x, const hl_tensor *query, const char *name,
                             hl_error *error) {
    HL_TRY(hl_check_tensor(x, 2, 3, name, error));
    if (x->rank == query->rank && (x->rank == 2 || x->size[0] == query->size[0]))
        return HL_OK;
    return hl_fail(error, HL_ERROR_SHAPE, name, "%s is %t but query is %t: expected the same %s",
                   name, x, query, x->rank == query->rank ? "batch" : "rank");
}

static hl_status check_shapes(const hl_multihead_args *args, hl_index heads, hl_error *error) {
    const hl_tensor *query = &args->query, *key = &args->key, *value = &args->value;
    HL_TRY(check_input(query, query, "query", error));
    HL_TRY(check_input(key, query, "key", error));
    HL_TRY(check_input(value, query, "value", error));
    if (value->size[value->rank - 2] != key->size[key->rank - 2]) {
        return hl_fail(error, HL_ERROR_SHAPE, "value",
                       "value is %t but key is %t: expected the same length", value, key);
    }
    HL_TRY(hl_check_projection(query, "query", &args->wq, "wq", error));
    HL_TRY(hl_check_projection(key, "key", &args->wk, "wk", error));
    HL_TRY(hl_check_projection(value, "value", &args->wv, "wv", error));
    HL_TRY(hl_check_tensor(&args->wo, 2, 2, "wo", error));
    hl_index d_qk = args->wq.size[1], d_v = args->wv.size[1];
    if (args->wk.size[1] != d_qk) {
        return hl_fail(error, HL_ERROR_SHAPE, "wk",
                       "wk is %t but wq is %t: expected the same number of columns", &args->wk,
                       &args->wq);
    }
    if (args->wo.size[0] != d_v) {
        return hl_fail(error, HL_ERROR_SHAPE, "wo",
                       "wo is %t but wv is %t: concat·wo needs %d rows", &args->wo, &args->wv, d_v);
    }
    HL_TRY(hl_check_heads(&args->wq, "wq", heads, error));
    HL_TRY(hl_check_heads(&args->wv, "wv", heads, error));
    HL_TRY(hl_check_bias(&args->bq, "bq", d_qk, "wq", error));
    HL_TRY(hl_check_bias(&args->bk, "bk", d_qk, "wk", error));
    HL_TRY(hl_check_bias(&args->bv, "bv", d_v, "wv", error));
    HL_TRY(hl_check_bias(&args->bo, "bo", args->wo.size[1], "wo", error));
    HL_TRY(hl_check_bias(&args->bias_k, "bias_k", d_qk, "wk", error));
    HL_TRY(hl_check_bias(&args->bias_v, "bias_v", d_v, "wv", error));
    if (hl_given(&args->bias_k) == hl_given(&args->bias_v))
        return HL_OK;
    return hl_fail(error, HL_ERROR_SHAPE, hl_given(&args->bias_k) ? "bias_v" : "bias_k",
                   "bias_k and bias_v go together, found only %s",
                   hl_given(&args->bias_k) ? "bias_k" : "bias_v");
}

#define PROJECTIONS 4

static const char *const projection_names[PROJECTIONS] = {"wq", "wk", "wv", "wo"};

static const hl_tensor *projection(const hl_multihead_args *args, int i) {
    return (const hl_tensor *[]){&args->wq, &args->wk, &args->wv, &args->wo}[i];
}

/* What hl_pack writes may be more than what it reads. */
static hl_status check_packed(const hl_multihead_args *args, hl_error *error) {
    for (int i = 0; i < PROJECTIONS; i++) {
        const hl_tensor *w = projection(args, i);
        bool overflow = false;
        size_t bytes = hl_packed_bytes(w, &overflow);
        if (overflow)
            return hl_too_large(projection_names[i], error);
        HL_TRY(hl_check_block(w->data, bytes, sizeof(float), projection_names[i], error));
    }
    return HL_OK;
}

/* (keys) or (batch, keys) as a mask over (batch, 1, 1, keys). */
static hl_status spread_key_mask(const hl_mask *mask, attention_problem *problem, hl_error *error) {
    hl_mask spread = *mask;
    if (mask->kind != HL_MASK_NONE) {
        HL_TRY(hl_check_mask(mask, "key_mask", error));
        hl_index batch = mask->rank == 2 ? mask->size[0] : 1, keys = mask->size[mask->rank - 1];
        if (mask->rank > 2 || (batch != 1 && (size_t)batch != problem->batch) ||
            (size_t)keys > problem->masked_keys) {
            hl_tensor shape = {NULL, mask->rank, {0}};
            memcpy(shape.size, mask->size, sizeof shape.size);
            return hl_fail(error, HL_ERROR_SHAPE, "key_mask",
                           "key_mask is %t, expected (keys) or (batch, keys): batch %d, at most %d "
                           "keys",
                           &shape, (hl_index)problem->batch, (hl_index)problem->masked_keys);
        }
        spread.rank = 4;
        memcpy(spread.size, (hl_index[]){batch, 1, 1, keys}, sizeof spread.size);
    }
    return hl_spread_mask(&spread, "key_mask", problem->batch, problem->heads, problem->q_len,
                          problem->masked_keys, &problem->masks[1], &problem->visible_keys, error);
}

static hl_status take(const hl_multihead_args *args, char *workspace, multihead_layer *out,
                      hl_error *error) {
    HL_TRY(hl_check_block(args, sizeof *args, sizeof(void *), "args", error));
    if (args->heads < 0) {
        return hl_fail(error, HL_ERROR_VALUE, "heads", "heads is %d, expected 1 or more",
                       args->heads);
    }
    hl_index heads = args->heads == 0 ? 1 : args->heads, rank = args->query.rank;
    HL_TRY(check_shapes(args, heads, error));
    if (args->packed)
        HL_TRY(check_packed(args, error));
    size_t d_qk = (size_t)args->wq.size[1], d_v = (size_t)args->wv.size[1];
    size_t added = (size_t)hl_given(&args->bias_k) + (args->add_zero_attn != 0);
    bool overflow = false;

    *out = (multihead_layer){.kv_given = (size_t)args->key.size[rank - 2],
                             .d_out = (size_t)args->wo.size[1],
                             .packed = args->packed != 0};
    attention_problem *problem = &out->problem;
    *problem = (attention_problem){
        .batch = rank == 3 ? (size_t)args->query.size[0] : 1,
        .heads = (size_t)heads,
        .kv_heads = (size_t)heads,
        .q_len = (size_t)args->query.size[rank - 2],
        .kv_len = hl_add(out->kv_given, added, &overflow),
        .qk_dim = d_qk / (size_t)heads,
        .v_dim = d_v / (size_t)heads,
        .masked_keys = out->kv_given,
        .visible_keys = out->kv_given,
    };
    hl_attention_options options = {.causal = args->causal};
    HL_TRY(hl_take_options(&options, problem, error));
    HL_TRY(hl_spread_mask(&args->mask, "mask", problem->batch, problem->heads, problem->q_len,
                          out->kv_given, &problem->masks[0], &problem->visible_keys, error));
    HL_TRY(spread_key_mask(&args->key_mask, problem, error));

    hl_carver carver = {.block = workspace};
    size_t rows = hl_mul(problem->batch, problem->q_len, &overflow);
    size_t keys = hl_mul(problem->batch, problem->kv_len, &overflow);
    out->q = hl_carve(&carver, hl_mul(rows, d_qk, &overflow));
    out->k = hl_carve(&carver, hl_mul(keys, d_qk, &overflow));
    out->v = hl_carve(&carver, hl_mul(keys, d_v, &overflow));
    out->concat = hl_carve(&carver, hl_mul(rows, d_v, &overflow));
    if (args->average_weights) {
        out->weights = hl_carve(&carver, hl_mul(rows, problem->kv_len, &overflow));
    }
    problem->q = hl_side_by_side(out->q, problem->q_len, problem->heads, problem->qk_dim);
    problem->k = hl_side_by_side(out->k, problem->kv_len, problem->heads, problem->qk_dim);
    problem->v = hl_side_by_side(out->v, problem->kv_len, problem->heads, problem->v_dim);
    problem->output = hl_side_by_side(out->concat, problem->q_len, problem->heads, problem->v_dim);
    if (!args->average_weights)
        problem->weights = args->weights;

    size_t scratch = attention_workspace(problem, &overflow);
    scratch = hl_larger(scratch, gemm_workspace(rows, (size_t)args->wq.size[0], &overflow));
    /* Without added keys those of all batches are projected at once. */
    size_t at_once = added == 0 ? keys : out->kv_given;
    scratch = hl_larger(scratch, gemm_workspace(at_once, (size_t)args->wk.size[0], &overflow));
    scratch = hl_larger(scratch, gemm_workspace(at_once, (size_t)args->wv.size[0], &overflow));
    scratch = hl_larger(scratch, gemm_workspace(rows, d_v, &overflow));
    out->scratch = hl_carve(&carver, scratch);
    out->workspace = carver.used;
    hl_mul(hl_mul(rows, out->d_out, &overflow), sizeof(float), &overflow);
    return overflow || carver.overflow ? hl_too_large("query", error) : HL_OK;
}

hl_status hl_multihead_plan(const hl_multihead_args *args, hl_multihead_shape *shape,
                            hl_error *error) {
    HL_TRY(hl_check_result(shape, sizeof *shape, "shape", args, sizeof *args, error));
    multihead_layer planned;
    HL_TRY(take(args, NULL, &planned, error));
    *shape = (hl_multihead_shape){
        .batch = (hl_index)planned.problem.batch,
        .heads = (hl_index)planned.problem.heads,
        .q_len = (hl_index)planned.problem.q_len,
        .kv_len = (hl_index)planned.problem.kv_len,
        .d_out = (hl_index)planned.d_out,
        .workspace = planned.workspace,
    };
    return HL_OK;
}

static hl_status check_memory(const hl_multihead_args *args, const multihead_layer *layer,
                              const void *workspace, size_t workspace_bytes, hl_error *error) {
    const attention_problem *problem = &layer->problem;
    size_t rows = problem->batch * problem->q_len;
    size_t output = rows * layer->d_out * sizeof(float);
    HL_TRY(hl_check_workspace(workspace, workspace_bytes, layer->workspace, "workspace", error));
    HL_TRY(hl_check_block(args->output, output, sizeof(float), "output", error));
    hl_ranges ranges = {.count = 0};
    hl_add_range(&ranges, args->output, output, "output", true);
    hl_add_range(&ranges, workspace, layer->workspace, "workspace", true);
    if (args->weights != NULL) {
        bool overflow = false;
        size_t heads = args->average_weights ? 1 : problem->heads;
        size_t bytes = hl_mul(hl_mul(hl_mul(rows, heads, &overflow), problem->kv_len, &overflow),
                              sizeof(float), &overflow);
        if (overflow)
            return hl_too_large("weights", error);
        hl_add_range(&ranges, args->weights, bytes, "weights", true);
    }
    const struct {
        const hl_tensor *tensor;
        const char *name;
    } inputs[] = {
        {&args->query, "query"}, {&args->key, "key"},       {&args->value, "value"},
        {&args->bq, "bq"},       {&args->bk, "bk"},         {&args->bv, "bv"},
        {&args->bo, "bo"},       {&args->bias_k, "bias_k"}, {&args->bias_v, "bias_v"},
    };
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        hl_read_tensor(&ranges, inputs[i].tensor, inputs[i].name);
    }
    for (int i = 0; i < PROJECTIONS; i++) {
        const hl_tensor *w = projection(args, i);
        bool overflow = false;
        size_t bytes = args->packed ? hl_packed_bytes(w, &overflow) : hl_bytes(w);
        hl_add_range(&ranges, w->data, bytes, projection_names[i], false);
    }
    hl_read_mask(&ranges, &args->mask, "mask");
    hl_read_mask(&ranges, &args->key_mask, "key_mask");
    hl_add_range(&ranges, args, sizeof *args, "args", false);
    return hl_check_ranges(&ranges, error);
}

/* x · w + b for every row of a dense tensor. */
static void project(const multihead_layer *layer, const float *x, size_t rows, const hl_tensor *w,
                    const hl_tensor *b, float *y) {
    size_t depth = (size_t)w->size[0], cols = (size_t)w->size[1];
    gemm_right right = {w->data, layer->packed ? 0 : cols};
    gemm(x, depth, right, b->data, y, cols, rows, depth, cols, layer->scratch);
}

/* Keys (or values) of every batch, each followed by the added ones. */
static void project_keys(const multihead_layer *layer, const hl_tensor *x, const hl_tensor *w,
                         const hl_tensor *b, const hl_tensor *added, float *y) {
    size_t len = layer->kv_given, cols = (size_t)w->size[1];
    if (cols == 0 || layer->problem.kv_len == 0)
        return;
    if (len == layer->problem.kv_len) {
        project(layer, x->data, layer->problem.batch * len, w, b, y);
        return;
    }
    for (size_t batch = 0; batch < layer->problem.batch; batch++) {
        if (len > 0)
            project(layer, x->data + batch * len * (size_t)w->size[0], len, w, b, y);
        size_t filled = len;
        if (hl_given(added))
            memcpy(y + filled++ * cols, added->data, cols * sizeof *y);
        memset(y + filled * cols, 0, (layer->problem.kv_len - filled) * cols * sizeof *y);
        y += layer->problem.kv_len * cols;
    }
}

/* One head after another, so that the weights of only one are kept at a time. */
static void average_heads(const multihead_layer *layer, float *average) {
    const attention_problem *all = &layer->problem;
    size_t count = all->batch * all->q_len * all->kv_len;
    memset(average, 0, count * sizeof *average);
    for (size_t head = 0; head < all->heads; head++) {
        attention_problem one = hl_one_head(all, head);
        one.weights = layer->weights;
        attention(&one, layer->scratch);
        for (size_t i = 0; i < count; i++)
            average[i] += layer->weights[i];
    }
    for (size_t i = 0; i < count; i++)
        average[i] /= (float)all->heads;
}

hl_status hl_multihead(const hl_multihead_args *args, void *workspace, size_t workspace_bytes,
                       hl_error *error) {
    multihead_layer layer;
    HL_TRY(take(args, workspace, &layer, error));
    HL_TRY(check_memory(args, &layer, workspace, workspace_bytes, error));
    size_t rows = layer.problem.batch * layer.problem.q_len;
    if (rows == 0)
        return HL_OK;
    project(&layer, args->query.data, rows, &args->wq, &args->bq, layer.q);
    project_keys(&layer, &args->key, &args->wk, &args->bk, &args->bias_k, layer.k);
    project_keys(&layer, &args->value, &args->wv, &args->bv, &args->bias_v, layer.v);
    if (args->weights != NULL && args->average_weights) {
        average_heads(&layer, args->weights);
    } else {
        attention(&layer.problem, layer.scratch);
    }
    project(&layer, layer.concat, rows, &args->wo, &args->bo, args->output);
    return HL_OK;
}
