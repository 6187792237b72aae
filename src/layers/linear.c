#include "linear.h"

#include "../kernels/gemm.h"

hl_status hl_check_projection(const hl_tensor *x, const char *x_name, const hl_tensor *w,
                              const char *w_name, hl_error *error) {
    HL_TRY(hl_check_tensor(w, 2, 2, w_name, error));
    hl_index depth = x->size[x->rank - 1];
    if (w->size[0] == depth)
        return HL_OK;
    return hl_fail(error, HL_ERROR_SHAPE, w_name,
                   "%s is %t but %s is %t: %s·%s needs %d rows%s%s%s", w_name, w, x_name, x, x_name,
                   w_name, depth, w->size[1] == depth ? "; did you pass " : "",
                   w->size[1] == depth ? w_name : "", w->size[1] == depth ? "ᵀ?" : "");
}

hl_status hl_check_heads(const hl_tensor *w, const char *name, hl_index heads, hl_error *error) {
    hl_index cols = w->size[1];
    if (cols % heads == 0 && (cols > 0 || heads == 1))
        return HL_OK;
    return hl_fail(error, HL_ERROR_SHAPE, name,
                   "%s is %t but heads is %d: expected a multiple of %d columns, 1 or more a head",
                   name, w, heads, heads);
}

hl_status hl_check_bias(const hl_tensor *b, const char *name, hl_index count, const char *of,
                        hl_error *error) {
    if (!hl_given(b))
        return HL_OK;
    HL_TRY(hl_check_tensor(b, 1, 1, name, error));
    if (b->size[0] == count)
        return HL_OK;
    return hl_fail(error, HL_ERROR_SHAPE, name, "%s has %d numbers, expected %d as %s has columns",
                   name, b->size[0], count, of);
}

typedef struct sizes {
    size_t rows, depth, cols, workspace, output; /* the last two in bytes */
} sizes;

static hl_status take(const hl_linear_args *args, sizes *out, hl_error *error) {
    HL_TRY(hl_check_block(args, sizeof *args, sizeof(void *), "args", error));
    HL_TRY(hl_check_tensor(&args->x, 1, HL_MAX_RANK, "x", error));
    HL_TRY(hl_check_projection(&args->x, "x", &args->w, "w", error));
    HL_TRY(hl_check_bias(&args->b, "b", args->w.size[1], "w", error));
    bool overflow = false;
    size_t rows = 1;
    for (hl_index axis = 0; axis + 1 < args->x.rank; axis++) {
        rows = hl_mul(rows, (size_t)args->x.size[axis], &overflow);
    }
    *out = (sizes){.rows = rows, .depth = (size_t)args->w.size[0], .cols = (size_t)args->w.size[1]};
    out->output = hl_mul(hl_mul(rows, out->cols, &overflow), sizeof(float), &overflow);
    out->workspace = hl_mul(gemm_workspace(rows, out->depth, &overflow), sizeof(float), &overflow);
    return overflow ? hl_too_large("x", error) : HL_OK;
}

hl_status hl_linear_plan(const hl_linear_args *args, size_t *workspace_bytes, hl_error *error) {
    HL_TRY(hl_check_result(workspace_bytes, sizeof *workspace_bytes, "workspace_bytes", args,
                           sizeof *args, error));
    sizes planned;
    HL_TRY(take(args, &planned, error));
    *workspace_bytes = planned.workspace;
    return HL_OK;
}

hl_status hl_linear(const hl_linear_args *args, void *workspace, size_t workspace_bytes,
                    hl_error *error) {
    sizes planned;
    HL_TRY(take(args, &planned, error));
    HL_TRY(hl_check_workspace(workspace, workspace_bytes, planned.workspace, "workspace", error));
    HL_TRY(hl_check_block(args->output, planned.output, sizeof(float), "output", error));
    hl_ranges ranges = {.count = 0};
    hl_add_range(&ranges, args->output, planned.output, "output", true);
    hl_add_range(&ranges, workspace, planned.workspace, "workspace", true);
    hl_read_tensor(&ranges, &args->x, "x");
    hl_read_tensor(&ranges, &args->w, "w");
    hl_read_tensor(&ranges, &args->b, "b");
    hl_add_range(&ranges, args, sizeof *args, "args", false);
    HL_TRY(hl_check_ranges(&ranges, error));
    gemm(args->x.data, planned.depth, (gemm_right){args->w.data, planned.cols}, args->b.data,
         args->output, planned.cols, planned.rows, planned.depth, planned.cols, workspace);
    return HL_OK;
}

size_t hl_packed_bytes(const hl_tensor *w, bool *overflow) {
    size_t floats = gemm_packed((size_t)w->size[0], (size_t)w->size[1], overflow);
    return hl_mul(floats, sizeof(float), overflow);
}

/* Checks w, and tells what it takes when packed. */
static hl_status take_packed(const hl_tensor *w, size_t *bytes, hl_error *error) {
    HL_TRY(hl_check_block(w, sizeof *w, sizeof(void *), "w", error));
    HL_TRY(hl_check_tensor(w, 2, 2, "w", error));
    bool overflow = false;
    *bytes = hl_packed_bytes(w, &overflow);
    return overflow ? hl_too_large("w", error) : HL_OK;
}

hl_status hl_pack_plan(const hl_tensor *w, size_t *packed_bytes, hl_error *error) {
    HL_TRY(
        hl_check_result(packed_bytes, sizeof *packed_bytes, "packed_bytes", w, sizeof *w, error));
    size_t bytes;
    HL_TRY(take_packed(w, &bytes, error));
    *packed_bytes = bytes;
    return HL_OK;
}

hl_status hl_pack(const hl_tensor *w, float *packed, hl_error *error) {
    size_t bytes;
    HL_TRY(take_packed(w, &bytes, error));
    HL_TRY(hl_check_block(packed, bytes, sizeof(float), "packed", error));
    hl_ranges ranges = {.count = 0};
    hl_add_range(&ranges, packed, bytes, "packed", true);
    hl_read_tensor(&ranges, w, "w");
    hl_add_range(&ranges, w, sizeof *w, "w", false);
    HL_TRY(hl_check_ranges(&ranges, error));
    gemm_pack(w->data, (size_t)w->size[1], (size_t)w->size[0], (size_t)w->size[1], packed);
    return HL_OK;
}
