#include "attention.h"

#include <math.h>
#include <string.h>

head_view hl_side_by_side(float *data, size_t len, size_t heads, size_t dim) {
    return (head_view){data, len * heads * dim, dim, heads * dim};
}

head_view hl_head_by_head(float *data, size_t len, size_t heads, size_t dim) {
    return (head_view){data, heads * len * dim, len * dim, dim};
}

attention_problem hl_one_head(const attention_problem *all, size_t head) {
    attention_problem one = *all;
    one.heads = one.kv_heads = 1;
    one.scores = one.scaled = one.capped = one.masked = one.weights = NULL;
    one.logsumexp = one.statistics = NULL;
    one.q.data += head * all->q.head;
    one.k.data += head * all->k.head;
    one.v.data += head * all->v.head;
    one.output.data += head * all->output.head;
    for (int i = 0; i < 2; i++) {
        mask_view *mask = &one.masks[i];
        if (mask->kind != HL_MASK_NONE)
            mask->data = (const char *)mask->data + head * mask->head * hl_mask_element(mask->kind);
    }
    return one;
}

hl_status hl_spread_mask(const hl_mask *mask, const char *name, size_t batch, size_t heads,
                         size_t q_len, size_t keys, mask_view *view, size_t *visible_keys,
                         hl_error *error) {
    *view = (mask_view){.kind = HL_MASK_NONE};
    HL_TRY(hl_check_mask(mask, name, error));
    if (mask->kind == HL_MASK_NONE)
        return HL_OK;
    static const char *const axes[HL_MAX_RANK] = {"batch", "heads", "queries", "keys"};
    size_t expected[HL_MAX_RANK] = {batch, heads, q_len, keys}, size[HL_MAX_RANK];
    for (hl_index axis = 0; axis < HL_MAX_RANK; axis++) {
        hl_index own = axis - (HL_MAX_RANK - mask->rank);
        size[axis] = own < 0 ? 1 : (size_t)mask->size[own];
        bool fits = axis == 3 ? size[axis] <= expected[axis]
                              : size[axis] == 1 || size[axis] == expected[axis];
        if (fits)
            continue;
        hl_tensor shape = {NULL, mask->rank, {0}};
        memcpy(shape.size, mask->size, sizeof shape.size);
        return hl_fail(error, HL_ERROR_SHAPE, name, "%s is %t: %d for the %s, expected %s%d", name,
                       &shape, (hl_index)size[axis], axes[axis],
                       axis == 3            ? "at most "
                       : expected[axis] > 1 ? "1 or "
                                            : "",
                       (hl_index)expected[axis]);
    }
    view->data = mask->data;
    view->kind = mask->kind;
    view->query = size[2] == 1 ? 0 : size[3];
    view->head = size[1] == 1 ? 0 : size[2] * size[3];
    view->batch = size[0] == 1 ? 0 : size[1] * size[2] * size[3];
    if (size[3] < *visible_keys)
        *visible_keys = size[3];
    return HL_OK;
}

static hl_status check_window(int32_t value, hl_error *error) {
    if (value >= 0)
        return HL_OK;
    return hl_fail(error, HL_ERROR_VALUE, "window", "window has %d, expected 0 or more",
                   (hl_index)value);
}

/* Beyond any position, and far from overflow when positions are added. */
#define FAR (INT64_MAX / 4)

hl_status hl_take_options(const hl_attention_options *options, attention_problem *problem,
                          hl_error *error) {
    problem->scale = problem->qk_dim > 0 ? (float)(1 / sqrt((double)problem->qk_dim)) : 1;
    if (options->use_scale) {
        HL_TRY(hl_check_finite((double)options->scale, "scale", error));
        problem->scale = options->scale;
    }
    HL_TRY(hl_check_finite((double)options->softcap, "softcap", error));
    if (options->softcap < 0) {
        return hl_fail(error, HL_ERROR_VALUE, "softcap", "softcap is %g, expected 0 or more",
                       (double)options->softcap);
    }
    problem->softcap = options->softcap;
    problem->banded = options->causal || options->use_window;
    problem->left = problem->right = FAR;
    if (options->use_window) {
        HL_TRY(check_window(options->window[0], error));
        HL_TRY(check_window(options->window[1], error));
        if (options->window[0] != HL_WINDOW_UNLIMITED)
            problem->left = options->window[0];
        if (options->window[1] != HL_WINDOW_UNLIMITED)
            problem->right = options->window[1];
    }
    if (options->causal)
        problem->right = 0;
    return HL_OK;
}

/* One of q, k, v taken apart. */
typedef struct parts {
    size_t batch, heads, len, dim;
    head_view view;
} parts;

static hl_status take_apart(const hl_tensor *tensor, hl_index rank, hl_index heads,
                            const char *heads_name, const char *name, parts *out, hl_error *error) {
    HL_TRY(hl_check_tensor(tensor, 2, 4, name, error));
    if (tensor->rank != rank) {
        return hl_fail(error, HL_ERROR_SHAPE, name, "%s is %t, expected rank %d as q has", name,
                       tensor, rank);
    }
    const hl_index *size = tensor->size;
    if (rank == 4) {
        if (heads != 0 && heads != size[1]) {
            return hl_fail(error, HL_ERROR_SHAPE, heads_name,
                           "%s is %d but %s is %t (batch, heads, len, dim)", heads_name, heads,
                           name, tensor);
        }
        *out = (parts){(size_t)size[0], (size_t)size[1], (size_t)size[2], (size_t)size[3], {0}};
        out->view = hl_head_by_head(tensor->data, out->len, out->heads, out->dim);
        return HL_OK;
    }
    hl_index last = size[rank - 1];
    if (last % heads != 0) {
        return hl_fail(error, HL_ERROR_SHAPE, name,
                       "%s is %t but %s is %d: %d is not a multiple of %d", name, tensor,
                       heads_name, heads, last, heads);
    }
    *out = (parts){rank == 3 ? (size_t)size[0] : 1,
                   (size_t)heads,
                   (size_t)size[rank - 2],
                   (size_t)(last / heads),
                   {0}};
    out->view = hl_side_by_side(tensor->data, out->len, out->heads, out->dim);
    return HL_OK;
}

static hl_status expect_past(const hl_tensor *past, const parts *of, const char *name,
                             const char *of_name, hl_error *error) {
    HL_TRY(hl_check_tensor(past, 4, 4, name, error));
    if ((size_t)past->size[0] == of->batch && (size_t)past->size[1] == of->heads &&
        (size_t)past->size[3] == of->dim) {
        return HL_OK;
    }
    return hl_fail(error, HL_ERROR_SHAPE, name,
                   "%s is %t, expected (batch %d, heads %d, any length, dim %d) as of %s", name,
                   past, (hl_index)of->batch, (hl_index)of->heads, (hl_index)of->dim, of_name);
}

/* Of the rows of past_k, *past_len, only the first cache_length are the past. */
static hl_status take_cache(const hl_attention_args *args, bool has_past, size_t fresh,
                            size_t *past_len, hl_error *error) {
    if (!has_past)
        return hl_fail(error, HL_ERROR_POINTER, "past_k", "past_k is missing: it is the cache");
    size_t capacity = *past_len;
    if (args->cache_length < 0 || (size_t)args->cache_length > capacity) {
        return hl_fail(error, HL_ERROR_VALUE, "cache_length",
                       "cache_length is %d, expected 0 to %d", args->cache_length,
                       (hl_index)capacity);
    }
    *past_len = (size_t)args->cache_length;
    if (fresh <= capacity - *past_len)
        return HL_OK;
    return hl_fail(error, HL_ERROR_MEMORY, "past_k",
                   "past has a capacity of %d keys: %d are there, and %d more do not fit",
                   (hl_index)capacity, (hl_index)*past_len, (hl_index)fresh);
}

hl_status hl_plan_attention(const hl_attention_args *args, attention_plan *plan, hl_error *error) {
    attention_problem *problem = &plan->problem;
    size_t *past_len = &plan->past_len;
    plan->past_len = plan->workspace = 0;
    const hl_attention_options *options = &args->options;
    HL_TRY(hl_check_tensor(&args->q, 2, 4, "q", error));
    hl_index rank = args->q.rank, heads = options->heads, kv_heads = options->kv_heads;
    if (heads < 0) {
        return hl_fail(error, HL_ERROR_VALUE, "heads", "heads is %d, expected 1 or more", heads);
    }
    if (kv_heads < 0) {
        return hl_fail(error, HL_ERROR_VALUE, "kv_heads", "kv_heads is %d, expected 1 or more",
                       kv_heads);
    }
    if (rank != 4 && heads == 0)
        heads = 1;
    if (rank != 4 && kv_heads == 0)
        kv_heads = heads;
    parts q, k, v;
    HL_TRY(take_apart(&args->q, rank, heads, "heads", "q", &q, error));
    HL_TRY(take_apart(&args->k, rank, kv_heads, "kv_heads", "k", &k, error));
    HL_TRY(take_apart(&args->v, rank, kv_heads, "kv_heads", "v", &v, error));
    if (k.batch != q.batch || k.dim != q.dim) {
        return hl_fail(
            error, HL_ERROR_SHAPE, "k",
            "k is %t but q is %t: expected %d numbers a head and batch %d, found %d and %d",
            &args->k, &args->q, (hl_index)q.dim, (hl_index)q.batch, (hl_index)k.dim,
            (hl_index)k.batch);
    }
    if (v.batch != k.batch || v.heads != k.heads || v.len != k.len) {
        return hl_fail(error, HL_ERROR_SHAPE, "v",
                       "v is %t but k is %t: expected the same batch, heads and length", &args->v,
                       &args->k);
    }
    if (k.heads == 0 ? q.heads != 0 : q.heads % k.heads != 0) {
        return hl_fail(error, HL_ERROR_SHAPE, "kv_heads",
                       "%d query heads cannot share %d key/value heads: expected a divisor",
                       (hl_index)q.heads, (hl_index)k.heads);
    }

    bool has_past = hl_given(&args->past_k) || hl_given(&args->past_v);
    if (has_past) {
        HL_TRY(expect_past(&args->past_k, &k, "past_k", "k", error));
        HL_TRY(expect_past(&args->past_v, &v, "past_v", "v", error));
        *past_len = (size_t)args->past_k.size[2];
        if ((size_t)args->past_v.size[2] != *past_len) {
            return hl_fail(error, HL_ERROR_SHAPE, "past_v",
                           "past_v is %t but past_k is %t: expected the same length", &args->past_v,
                           &args->past_k);
        }
    }
    if (args->use_cache)
        HL_TRY(take_cache(args, has_past, k.len, past_len, error));

    bool overflow = false;
    *problem = (attention_problem){
        .batch = q.batch,
        .heads = q.heads,
        .kv_heads = k.heads,
        .q_len = q.len,
        .kv_len = hl_add(*past_len, k.len, &overflow),
        .qk_dim = q.dim,
        .v_dim = v.dim,
        .q = q.view,
        .k = k.view,
        .v = v.view,
        .offset = (int64_t)*past_len,
        .kv_lengths = args->kv_lengths,
    };
    problem->masked_keys = problem->visible_keys = problem->kv_len;
    problem->output = rank == 4 ? hl_head_by_head(NULL, q.len, q.heads, v.dim)
                                : hl_side_by_side(NULL, q.len, q.heads, v.dim);
    HL_TRY(hl_take_options(options, problem, error));
    HL_TRY(hl_spread_mask(&options->mask, "mask", q.batch, q.heads, q.len, problem->kv_len,
                          &problem->masks[0], &problem->visible_keys, error));
    if (args->kv_lengths != NULL) {
        if (has_past) {
            return hl_fail(error, HL_ERROR_VALUE, "kv_lengths", "kv_lengths cannot go with past");
        }
        if (args->kv_lengths_count != (hl_index)q.batch) {
            return hl_fail(error, HL_ERROR_SHAPE, "kv_lengths",
                           "kv_lengths has %d numbers, expected one per batch: %d",
                           args->kv_lengths_count, (hl_index)q.batch);
        }
        HL_TRY(hl_check_block(args->kv_lengths, q.batch * sizeof(int32_t), sizeof(int32_t),
                              "kv_lengths", error));
        for (size_t b = 0; b < q.batch; b++) {
            int32_t length = args->kv_lengths[b];
            if (length >= 0 && (size_t)length <= problem->kv_len)
                continue;
            return hl_fail(error, HL_ERROR_VALUE, "kv_lengths",
                           "kv_lengths[%d] is %d, expected 0 to %d", (hl_index)b, (hl_index)length,
                           (hl_index)problem->kv_len);
        }
        problem->offset_by_length = true;
    }

    /* Everything that may be written must be countable, asked for or not. */
    size_t rows = hl_mul(hl_mul(q.batch, q.heads, &overflow), q.len, &overflow);
    size_t kv_rows = hl_mul(hl_mul(k.batch, k.heads, &overflow), problem->kv_len, &overflow);
    hl_mul(hl_mul(rows, v.dim, &overflow), sizeof(float), &overflow);
    hl_mul(q.heads, v.dim, &overflow); /* an axis of the output, though it have no rows */
    hl_mul(hl_mul(kv_rows, v.dim > q.dim ? v.dim : q.dim, &overflow), sizeof(float), &overflow);
    if (overflow)
        return hl_too_large("q", error);
    plan->workspace = hl_mul(attention_workspace(problem, &overflow), sizeof(float), &overflow);
    return overflow ? hl_too_large("k", error) : HL_OK;
}

hl_attention_shape hl_planned_shape(const attention_plan *plan) {
    const attention_problem *problem = &plan->problem;
    return (hl_attention_shape){
        .batch = (hl_index)problem->batch,
        .heads = (hl_index)problem->heads,
        .kv_heads = (hl_index)problem->kv_heads,
        .q_len = (hl_index)problem->q_len,
        .kv_len = (hl_index)problem->kv_len,
        .qk_dim = (hl_index)problem->qk_dim,
        .v_dim = (hl_index)problem->v_dim,
        .workspace = plan->workspace,
    };
}

hl_status hl_attention_plan(const hl_attention_args *args, hl_attention_shape *shape,
                            hl_error *error) {
    HL_TRY(hl_check_block(args, sizeof *args, sizeof(void *), "args", error));
    HL_TRY(hl_check_result(shape, sizeof *shape, "shape", args, sizeof *args, error));
    attention_plan plan;
    HL_TRY(hl_plan_attention(args, &plan, error));
    *shape = hl_planned_shape(&plan);
    return HL_OK;
}

/* Copies len rows of every head to the rows from `first` on. */
static void put_rows(const attention_problem *problem, const head_view *from, size_t len,
                     size_t dim, const head_view *to, size_t first) {
    if (len == 0 || dim == 0)
        return;
    bool dense = from->row == dim && to->row == dim;
    for (size_t b = 0; b < problem->batch; b++) {
        for (size_t h = 0; h < problem->kv_heads; h++) {
            const float *source = from->data + b * from->batch + h * from->head;
            float *target = to->data + b * to->batch + h * to->head + first * to->row;
            for (size_t i = 0; i < (dense ? 1 : len); i++)
                memcpy(target + i * to->row, source + i * from->row,
                       (dense ? len : 1) * dim * sizeof *target);
        }
    }
}

/* The new keys (or values) behind the past: in place, or both in present. Returns where all are. */
static head_view join(const attention_problem *problem, const hl_tensor *past, bool in_place,
                      size_t past_len, const head_view *fresh, size_t dim, float *present) {
    head_view before = hl_head_by_head(past->data, (size_t)past->size[2], problem->kv_heads, dim);
    head_view all = before;
    if (!in_place) {
        all = hl_head_by_head(present, problem->kv_len, problem->kv_heads, dim);
        put_rows(problem, &before, past_len, dim, &all, 0);
    }
    put_rows(problem, fresh, problem->kv_len - past_len, dim, &all, past_len);
    return all;
}

static hl_status refuse_present(const float *present, const char *name, hl_error *error) {
    if (present == NULL)
        return HL_OK;
    return hl_fail(error, HL_ERROR_VALUE, name,
                   "%s is given, but there is no past that is not a cache: expected none", name);
}

hl_status hl_run_attention(const hl_attention_args *args, attention_plan *plan, void *workspace,
                           size_t bytes, hl_error *error) {
    attention_problem *problem = &plan->problem;
    size_t past_len = plan->past_len, planned = plan->workspace;
    HL_TRY(hl_check_workspace(workspace, bytes, planned, "workspace", error));

    size_t rows = problem->batch * problem->heads * problem->q_len;
    size_t kv_rows = problem->batch * problem->kv_heads * problem->kv_len;
    size_t output_bytes = rows * problem->v_dim * sizeof(float);
    HL_TRY(hl_check_block(args->output, output_bytes, sizeof(float), "output", error));
    const struct {
        const void *data;
        const char *name;
        size_t cols;
    } rest[] = {
        {args->scores, "scores", problem->kv_len},   {args->scaled, "scaled", problem->kv_len},
        {args->capped, "capped", problem->kv_len},   {args->masked, "masked", problem->kv_len},
        {args->weights, "weights", problem->kv_len}, {args->logsumexp, "logsumexp", 1},
        {args->statistics, "statistics", 2}};
    hl_ranges ranges; /* its table is not cleared: small calls would feel that */
    ranges.count = 0;
    hl_add_range(&ranges, args->output, output_bytes, "output", true);
    hl_add_range(&ranges, workspace, planned, "workspace", true);
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        if (rest[i].data == NULL)
            continue;
        bool overflow = false;
        size_t asked = hl_mul(hl_mul(rows, rest[i].cols, &overflow), sizeof(float), &overflow);
        if (overflow)
            return hl_too_large(rest[i].name, error);
        hl_add_range(&ranges, rest[i].data, asked, rest[i].name, true);
    }
    bool has_past = hl_given(&args->past_k), in_place = args->use_cache != 0;
    if (has_past) {
        hl_add_range(&ranges, args->past_k.data, hl_bytes(&args->past_k), "past_k", in_place);
        hl_add_range(&ranges, args->past_v.data, hl_bytes(&args->past_v), "past_v", in_place);
    }
    if (!has_past || in_place) {
        HL_TRY(refuse_present(args->present_k, "present_k", error));
        HL_TRY(refuse_present(args->present_v, "present_v", error));
    } else {
        size_t k_bytes = kv_rows * problem->qk_dim * sizeof(float);
        size_t v_bytes = kv_rows * problem->v_dim * sizeof(float);
        HL_TRY(hl_check_block(args->present_k, k_bytes, sizeof(float), "present_k", error));
        HL_TRY(hl_check_block(args->present_v, v_bytes, sizeof(float), "present_v", error));
        hl_add_range(&ranges, args->present_k, k_bytes, "present_k", true);
        hl_add_range(&ranges, args->present_v, v_bytes, "present_v", true);
    }
    hl_read_tensor(&ranges, &args->q, "q");
    hl_read_tensor(&ranges, &args->k, "k");
    hl_read_tensor(&ranges, &args->v, "v");
    hl_read_mask(&ranges, &args->options.mask, "mask");
    hl_add_range(&ranges, args->kv_lengths, problem->batch * sizeof(int32_t), "kv_lengths", false);
    hl_add_range(&ranges, args, sizeof *args, "args", false);
    HL_TRY(hl_check_ranges(&ranges, error));

    if (has_past) {
        problem->k = join(problem, &args->past_k, in_place, past_len, &problem->k, problem->qk_dim,
                          args->present_k);
        problem->v = join(problem, &args->past_v, in_place, past_len, &problem->v, problem->v_dim,
                          args->present_v);
    }
    problem->output.data = args->output;
    problem->scores = args->scores;
    problem->scaled = args->scaled;
    problem->capped = args->capped;
    problem->masked = args->masked;
    problem->weights = args->weights;
    problem->logsumexp = args->logsumexp;
    problem->statistics = args->statistics;
    attention(problem, workspace);
    return HL_OK;
}

hl_status hl_attention(const hl_attention_args *args, void *workspace, size_t bytes,
                       hl_error *error) {
    HL_TRY(hl_check_block(args, sizeof *args, sizeof(void *), "args", error));
    attention_plan plan;
    HL_TRY(hl_plan_attention(args, &plan, error));
    return hl_run_attention(args, &plan, workspace, bytes, error);
}
