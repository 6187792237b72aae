#include "attention.h"
#include "linear.h"

#include "../kernels/gemm.h"
#include "../kernels/position.h"

#include <string.h>

enum { X, Q, K, V, SCORES, SCALED, CAPPED, LOGITS, WEIGHTS, HEADS, CONCAT, OUTPUT, TENSORS };

static const char *const names[TENSORS] = {"x",       "q",      "k",      "v",
                                           "scores",  "scaled", "capped", "logits",
                                           "weights", "heads",  "concat", "output"};

#define TRACE_KIND 0x484C5452u /* "HLTR" */

struct hl_trace {
    uint32_t kind; /* TRACE_KIND once everything is computed */
    size_t bytes;  /* of the memory that it heads */
    hl_tensor tensors[TENSORS];
};

typedef struct plan {
    hl_trace trace;
    attention_problem problem;
    float *scratch; /* for gemm and attention in turn */
} plan;

static hl_status check_shapes(const hl_trace_args *args, hl_index heads, hl_error *error) {
    const hl_tensor *x = &args->embeddings;
    HL_TRY(hl_check_tensor(x, 2, 2, "embeddings", error));
    if (hl_given(&args->positions)) {
        HL_TRY(hl_check_tensor(&args->positions, 2, 2, "positions", error));
        if (memcmp(args->positions.size, x->size, 2 * sizeof *x->size) != 0) {
            return hl_fail(error, HL_ERROR_SHAPE, "positions",
                           "positions is %t but embeddings is %t: expected the same shape",
                           &args->positions, x);
        }
    }
    HL_TRY(hl_check_projection(x, "x", &args->wq, "wq", error));
    HL_TRY(hl_check_projection(x, "x", &args->wk, "wk", error));
    HL_TRY(hl_check_projection(x, "x", &args->wv, "wv", error));
    if (args->wk.size[1] != args->wq.size[1]) {
        return hl_fail(error, HL_ERROR_SHAPE, "wk",
                       "wk is %t but wq is %t: expected the same number of columns", &args->wk,
                       &args->wq);
    }
    HL_TRY(hl_check_heads(&args->wq, "wq", heads, error));
    HL_TRY(hl_check_heads(&args->wv, "wv", heads, error));
    if (!hl_given(&args->wo))
        return HL_OK;
    hl_tensor concat = {NULL, 2, {x->size[0], args->wv.size[1]}};
    return hl_check_projection(&concat, "concat", &args->wo, "wo", error);
}

static void place(hl_tensor *tensor, hl_carver *carver, hl_index rank, const hl_index *size) {
    size_t count = 1;
    tensor->rank = rank;
    for (hl_index axis = 0; axis < rank; axis++) {
        tensor->size[axis] = size[axis];
        count = hl_mul(count, (size_t)size[axis], &carver->overflow);
    }
    tensor->data = hl_carve(carver, count);
}

/* Whether one of the matrices SCORES … WEIGHTS is left out. */
static bool omits(const hl_trace_args *args, int matrix) {
    return (args->omit >> (matrix - SCORES) & 1) != 0;
}

static hl_status take(const hl_trace_args *args, char *memory, plan *out, hl_error *error) {
    HL_TRY(hl_check_block(args, sizeof *args, sizeof(void *), "args", error));
    const hl_attention_options *options = &args->options;
    if (args->omit < 0 || args->omit >= 2 * HL_TRACE_OMIT_WEIGHTS) {
        return hl_fail(error, HL_ERROR_VALUE, "omit", "omit is %d, expected 0 to %d",
                       (hl_index)args->omit, (hl_index)(2 * HL_TRACE_OMIT_WEIGHTS - 1));
    }
    if (options->heads < 0) {
        return hl_fail(error, HL_ERROR_VALUE, "heads", "heads is %d, expected 1 or more",
                       options->heads);
    }
    hl_index heads = options->heads == 0 ? 1 : options->heads;
    if (options->kv_heads != 0 && options->kv_heads != heads) {
        return hl_fail(error, HL_ERROR_VALUE, "kv_heads", "kv_heads is %d, expected heads: %d",
                       options->kv_heads, heads);
    }
    if (args->use_head && (args->head < 0 || args->head >= heads)) {
        return hl_fail(error, HL_ERROR_VALUE, "head", "head is %d, expected 0 to %d", args->head,
                       heads - 1);
    }
    HL_TRY(check_shapes(args, heads, error));
    const hl_index *x = args->embeddings.size;
    hl_index len = x[0], d_model = x[1], qk_dim = args->wq.size[1] / heads;
    hl_index v_dim = args->wv.size[1] / heads, d_v = args->wv.size[1];

    hl_carver carver = {.block = memory, .used = hl_round_up(sizeof(hl_trace), HL_WORKSPACE_ALIGN)};
    hl_tensor *t = out->trace.tensors;
    place(&t[X], &carver, 2, (hl_index[]){len, d_model});
    place(&t[Q], &carver, 3, (hl_index[]){heads, len, qk_dim});
    place(&t[K], &carver, 3, (hl_index[]){heads, len, qk_dim});
    place(&t[V], &carver, 3, (hl_index[]){heads, len, v_dim});
    for (int i = SCORES; i <= WEIGHTS; i++) {
        t[i] = (hl_tensor){0};
        hl_index count = args->use_head && i != WEIGHTS ? 1 : heads;
        if (!omits(args, i))
            place(&t[i], &carver, 3, (hl_index[]){count, len, len});
    }
    place(&t[HEADS], &carver, 3, (hl_index[]){heads, len, v_dim});
    place(&t[CONCAT], &carver, 2, (hl_index[]){len, d_v});
    t[OUTPUT] = t[CONCAT];
    if (hl_given(&args->wo))
        place(&t[OUTPUT], &carver, 2, (hl_index[]){len, args->wo.size[1]});
    out->trace.kind = TRACE_KIND;

    attention_problem *problem = &out->problem;
    *problem = (attention_problem){
        .batch = 1,
        .heads = (size_t)heads,
        .kv_heads = (size_t)heads,
        .q_len = (size_t)len,
        .kv_len = (size_t)len,
        .qk_dim = (size_t)qk_dim,
        .v_dim = (size_t)v_dim,
        .masked_keys = (size_t)len,
        .visible_keys = (size_t)len,
        .weights = t[WEIGHTS].data,
    };
    problem->q = hl_head_by_head(t[Q].data, problem->q_len, problem->heads, problem->qk_dim);
    problem->k = hl_head_by_head(t[K].data, problem->q_len, problem->heads, problem->qk_dim);
    problem->v = hl_head_by_head(t[V].data, problem->q_len, problem->heads, problem->v_dim);
    problem->output =
        hl_head_by_head(t[HEADS].data, problem->q_len, problem->heads, problem->v_dim);
    HL_TRY(hl_take_options(options, problem, error));
    HL_TRY(hl_spread_mask(&options->mask, "mask", 1, problem->heads, problem->q_len,
                          problem->kv_len, &problem->masks[0], &problem->visible_keys, error));

    bool overflow = carver.overflow;
    size_t depth = (size_t)(d_model > d_v ? d_model : d_v);
    size_t scratch = attention_workspace(problem, &overflow);
    size_t products = gemm_workspace((size_t)len, depth, &overflow);
    out->scratch = hl_carve(&carver, scratch > products ? scratch : products);
    out->trace.bytes = carver.used;
    return overflow || carver.overflow ? hl_too_large("embeddings", error) : HL_OK;
}

hl_status hl_trace_plan(const hl_trace_args *args, size_t *memory_bytes, hl_error *error) {
    HL_TRY(hl_check_result(memory_bytes, sizeof *memory_bytes, "memory_bytes", args, sizeof *args,
                           error));
    plan planned;
    HL_TRY(take(args, NULL, &planned, error));
    *memory_bytes = planned.trace.bytes;
    return HL_OK;
}

static hl_status check_memory(const hl_trace_args *args, const void *memory, size_t memory_bytes,
                              size_t planned, hl_trace **trace, hl_error *error) {
    HL_TRY(hl_check_workspace(memory, memory_bytes, planned, "memory", error));
    hl_ranges ranges = {.count = 0};
    hl_add_range(&ranges, memory, planned, "memory", true);
    hl_add_range(&ranges, trace, sizeof *trace, "trace", true);
    hl_read_tensor(&ranges, &args->embeddings, "embeddings");
    hl_read_tensor(&ranges, &args->positions, "positions");
    hl_read_tensor(&ranges, &args->wq, "wq");
    hl_read_tensor(&ranges, &args->wk, "wk");
    hl_read_tensor(&ranges, &args->wv, "wv");
    hl_read_tensor(&ranges, &args->wo, "wo");
    hl_read_mask(&ranges, &args->options.mask, "mask");
    hl_add_range(&ranges, args, sizeof *args, "args", false);
    return hl_check_ranges(&ranges, error);
}

/* x = embeddings + positions. */
static void add_positions(const hl_trace_args *args, const hl_tensor *x) {
    hl_index count = hl_count(x);
    const float *positions = args->positions.data;
    if (!hl_given(&args->positions) && args->sinusoidal) {
        position_encoding((size_t)x->size[0], (size_t)x->size[1], 10000, 0, x->data);
        positions = x->data;
    }
    for (hl_index i = 0; i < count; i++)
        x->data[i] = args->embeddings.data[i] + (positions == NULL ? 0 : positions[i]);
}

/* y (heads, len, dim) = x · w, head h from its own columns of w. */
static void project_heads(const hl_tensor *x, const hl_tensor *w, const hl_tensor *y,
                          float *scratch) {
    size_t len = (size_t)y->size[1], dim = (size_t)y->size[2];
    size_t depth = (size_t)w->size[0], cols = (size_t)w->size[1];
    for (size_t head = 0; head < (size_t)y->size[0]; head++) {
        gemm(x->data, depth, (gemm_right){w->data + head * dim, cols}, NULL,
             y->data + head * len * dim, dim, len, depth, dim, scratch);
    }
}

/* All heads at once; where the matrices before the weights are of one head, that one once more. */
static void attend(const hl_trace_args *args, plan *run) {
    const hl_tensor *t = run->trace.tensors;
    attention_problem one, *staged = &run->problem;
    if (args->use_head) {
        attention(&run->problem, run->scratch);
        one = hl_one_head(&run->problem, (size_t)args->head);
        staged = &one;
    }
    staged->scores = t[SCORES].data;
    staged->scaled = t[SCALED].data;
    staged->capped = t[CAPPED].data;
    staged->masked = t[LOGITS].data;
    attention(staged, run->scratch);
}

/* (heads, len, dim) → (len, heads·dim) */
static void concat_heads(const hl_tensor *heads, float *concat) {
    hl_index count = heads->size[0], len = heads->size[1], dim = heads->size[2];
    if (dim == 0)
        return;
    for (hl_index row = 0; row < len; row++) {
        for (hl_index head = 0; head < count; head++, concat += dim) {
            memcpy(concat, heads->data + (head * len + row) * dim, (size_t)dim * sizeof *concat);
        }
    }
}

hl_status hl_trace_run(const hl_trace_args *args, void *memory, size_t memory_bytes,
                       hl_trace **trace, hl_error *error) {
    HL_TRY(hl_check_block(trace, sizeof *trace, sizeof *trace, "trace", error));
    plan run;
    HL_TRY(take(args, memory, &run, error));
    HL_TRY(check_memory(args, memory, memory_bytes, run.trace.bytes, trace, error));
    const hl_tensor *t = run.trace.tensors;
    add_positions(args, &t[X]);
    project_heads(&t[X], &args->wq, &t[Q], run.scratch);
    project_heads(&t[X], &args->wk, &t[K], run.scratch);
    project_heads(&t[X], &args->wv, &t[V], run.scratch);
    attend(args, &run);
    concat_heads(&t[HEADS], t[CONCAT].data);
    if (hl_given(&args->wo)) {
        size_t depth = (size_t)args->wo.size[0], cols = (size_t)args->wo.size[1];
        gemm(t[CONCAT].data, depth, (gemm_right){args->wo.data, cols}, NULL, t[OUTPUT].data, cols,
             (size_t)t[CONCAT].size[0], depth, cols, run.scratch);
    }
    *trace = memory;
    **trace = run.trace;
    return HL_OK;
}

/* name may be any address: it is read only as far as it agrees with known. */
static bool same_name(const char *name, const char *known) {
    for (;; name++, known++) {
        if (!hl_in_memory(name, 1) || *name != *known)
            return false;
        if (*known == '\0')
            return true;
    }
}

hl_status hl_trace_tensor(const hl_trace *trace, const char *name, hl_tensor *tensor,
                          hl_error *error) {
    HL_TRY(hl_check_block(trace, sizeof *trace, HL_WORKSPACE_ALIGN, "trace", error));
    HL_TRY(hl_check_block(name, 1, 1, "name", error));
    if (trace->kind != TRACE_KIND) {
        return hl_fail(error, HL_ERROR_HANDLE, "trace", "trace is not a finished trace");
    }
    HL_TRY(hl_check_result(tensor, sizeof *tensor, "tensor", trace, trace->bytes, error));
    for (int i = 0; i < TENSORS; i++) {
        if (!same_name(name, names[i]))
            continue;
        if (trace->tensors[i].rank == 0) {
            return hl_fail(error, HL_ERROR_VALUE, "name", "%s was left out of the trace", names[i]);
        }
        *tensor = trace->tensors[i];
        return HL_OK;
    }
    return hl_fail(error, HL_ERROR_VALUE, "name",
                   "a trace has no such tensor: expected x, q, k, v, scores, scaled, capped, "
                   "logits, weights, heads, concat or output");
}
