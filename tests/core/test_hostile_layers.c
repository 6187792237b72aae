/* Every public function but attention against hostile arguments. */
#include "check.h"
#include "data.h"
#include "headlight.h"
#include "hostile.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define REFUSALS(p, t, changes) expect_refusals(p, t, changes, sizeof(changes) / sizeof *(changes))

static pool memory;
static rng r = {1};
static void *workspace;
static size_t workspace_size;

static hl_tensor matrix(hl_index rows, hl_index cols) {
    return normal_tensor(&memory, &r, 1, 2, (hl_index[]){rows, cols});
}

static hl_tensor vector(hl_index count) {
    return normal_tensor(&memory, &r, 1, 1, (hl_index[]){count});
}

static void good(const char *name, hl_status status, const hl_error *error) {
    begin_case("%s, the arguments to be spoiled are good", name);
    expect(status == HL_OK, "%s: %s", error->argument, error->message);
    end_case();
    workspace = workspace_bytes(&memory, workspace_size);
    seal_inputs(&memory);
}

/* ---- Multi-head layer
 * ---------------------------------------------------------------------------*/

static hl_status plan_multihead(const void *args, hl_error *error) {
    hl_multihead_shape shape, before;
    memset(&shape, 0x77, sizeof shape);
    before = shape;
    hl_status status = hl_multihead_plan(args, &shape, error);
    expect(status == HL_OK || memcmp(&shape, &before, sizeof shape) == 0, "the shape was written");
    return status;
}

static hl_status run_multihead(const void *args, hl_error *error) {
    return hl_multihead(args, workspace, workspace_size, error);
}

#define AT(field) offsetof(hl_multihead_args, field)
static const change multihead_changes[] = {
    {"query null", SET_NULL, AT(query.data), 0, 0, POINTER, "query", false},
    {"key null", SET_NULL, AT(key.data), 0, 0, POINTER, "key", false},
    {"value misaligned", SET_ODD, AT(value.data), 0, 0, POINTER, "value", false},
    {"query beyond memory", SET_WRAP, AT(query.data), 0, 0, POINTER, "query", false},
    {"query of rank 1", SET_INDEX, AT(query.rank), 1, 0, SHAPE, "query", false},
    {"query of rank 4", SET_INDEX, AT(query.rank), 4, 0, SHAPE, "query", false},
    {"key of rank 2", SET_INDEX, AT(key.rank), 2, 0, SHAPE, "key", false},
    {"value of rank -3", SET_INDEX, AT(value.rank), -3, 0, SHAPE, "value", false},
    {"key of another batch", SET_INDEX, AT(key.size[0]), 1, 0, SHAPE, "key", false},
    {"value of another batch", SET_INDEX, AT(value.size[0]), 1, 0, SHAPE, "value", false},
    {"value of another length", SET_INDEX, AT(value.size[1]), 3, 0, SHAPE, "value", false},
    {"query of a negative size", SET_INDEX, AT(query.size[1]), -3, 0, SHAPE, "query", false},
    {"query of a huge size", SET_INDEX, AT(query.size[1]), PTRDIFF_MAX, 0, MEMORY, "query", false},
    {"wq null", SET_NULL, AT(wq.data), 0, 0, POINTER, "wq", false},
    {"wk misaligned", SET_ODD, AT(wk.data), 0, 0, POINTER, "wk", false},
    {"wv beyond memory", SET_WRAP, AT(wv.data), 0, 0, POINTER, "wv", false},
    {"wo null", SET_NULL, AT(wo.data), 0, 0, POINTER, "wo", false},
    {"wq of rank 1", SET_INDEX, AT(wq.rank), 1, 0, SHAPE, "wq", false},
    {"wo of rank 3", SET_INDEX, AT(wo.rank), 3, 0, SHAPE, "wo", false},
    {"wq of other rows", SET_INDEX, AT(wq.size[0]), 3, 0, SHAPE, "wq", false},
    {"wk of other rows", SET_INDEX, AT(wk.size[0]), 4, 0, SHAPE, "wk", false},
    {"wv of other rows", SET_INDEX, AT(wv.size[0]), 7, 0, SHAPE, "wv", false},
    {"wo of other rows", SET_INDEX, AT(wo.size[0]), 8, 0, SHAPE, "wo", false},
    {"wk of other columns", SET_INDEX, AT(wk.size[1]), 6, 0, SHAPE, "wk", false},
    {"wq of negative columns", SET_INDEX, AT(wq.size[1]), -8, 0, SHAPE, "wq", false},
    {"wo of huge columns", SET_INDEX, AT(wo.size[1]), PTRDIFF_MAX / 4, 0, MEMORY, "wo", false},
    {"bq misaligned", SET_ODD, AT(bq.data), 0, 0, POINTER, "bq", false},
    {"bk of another size", SET_INDEX, AT(bk.size[0]), 7, 0, SHAPE, "bk", false},
    {"bv of rank 2", SET_INDEX, AT(bv.rank), 2, 0, SHAPE, "bv", false},
    {"bo of a negative size", SET_INDEX, AT(bo.size[0]), -5, 0, SHAPE, "bo", false},
    {"bias_k null", SET_NULL, AT(bias_k.data), 0, 0, POINTER, "bias_k", false},
    {"bias_v of another size", SET_INDEX, AT(bias_v.size[0]), 8, 0, SHAPE, "bias_v", false},
    {"negative heads", SET_INDEX, AT(heads), -2, 0, VALUE, "heads", false},
    {"the least heads", SET_INDEX, AT(heads), PTRDIFF_MIN, 0, VALUE, "heads", false},
    {"heads that do not divide", SET_INDEX, AT(heads), 3, 0, SHAPE, "wq", false},
    {"mask of no kind", SET_INT, AT(mask.kind), 9, 0, VALUE, "mask", false},
    {"mask null", SET_NULL, AT(mask.data), 0, 0, POINTER, "mask", false},
    {"mask of other heads", SET_INDEX, AT(mask.size[0]), 3, 0, SHAPE, "mask", false},
    {"mask of added keys", SET_INDEX, AT(mask.size[2]), 5, 0, SHAPE, "mask", false},
    {"key_mask of kind -2", SET_INT, AT(key_mask.kind), -2, 0, VALUE, "key_mask", false},
    {"key_mask null", SET_NULL, AT(key_mask.data), 0, 0, POINTER, "key_mask", false},
    {"key_mask of rank 3", SET_INDEX, AT(key_mask.rank), 3, 0, SHAPE, "key_mask", false},
    {"key_mask of another batch", SET_INDEX, AT(key_mask.size[0]), 3, 0, SHAPE, "key_mask", false},
    {"key_mask of more keys", SET_INDEX, AT(key_mask.size[1]), 5, 0, SHAPE, "key_mask", false},
    {"key_mask of a huge size", SET_INDEX, AT(key_mask.size[1]), PTRDIFF_MAX, 0, MEMORY, "key_mask",
     false},
    {"output null", SET_NULL, AT(output), 0, 0, POINTER, "output", true},
    {"output misaligned", SET_ODD, AT(output), 0, 0, POINTER, "output", true},
    {"output over query", SET_SAME, AT(output), AT(query.data), 0, OVERLAP, "output", true},
    {"output over part of wo", SET_SHIFTED, AT(output), AT(wo.data), 0, OVERLAP, "output", true},
    {"output over bias_v", SET_SAME, AT(output), AT(bias_v.data), 0, OVERLAP, "output", true},
    {"output over key_mask", SET_SAME, AT(output), AT(key_mask.data), 0, OVERLAP, "output", true},
    {"weights misaligned", SET_ODD, AT(weights), 0, 0, POINTER, "weights", true},
    {"weights over bk", SET_SAME, AT(weights), AT(bk.data), 0, OVERLAP, "weights", true},
};
#undef AT

static void multihead(void) {
    hl_multihead_args args = {
        .query = normal_tensor(&memory, &r, 1, 3, (hl_index[]){2, 3, 4}),
        .key = normal_tensor(&memory, &r, 1, 3, (hl_index[]){2, 4, 5}),
        .value = normal_tensor(&memory, &r, 1, 3, (hl_index[]){2, 4, 6}),
        .wq = matrix(4, 8),
        .wk = matrix(5, 8),
        .wv = matrix(6, 6),
        .wo = matrix(6, 5),
        .bq = vector(8),
        .bk = vector(8),
        .bv = vector(6),
        .bo = vector(5),
        .bias_k = vector(8),
        .bias_v = vector(6),
        .heads = 2,
        .mask = {NULL, HL_MASK_FLOAT, 3, {2, 3, 4}},
        .key_mask = {NULL, HL_MASK_FLOAT, 2, {2, 4}},
        .add_zero_attn = 1,
        .output = output_floats(&memory, 2 * 3 * 5),
        .weights = output_floats(&memory, 2 * 2 * 3 * 6),
    };
    args.mask.data = normal_tensor(&memory, &r, 1, 3, args.mask.size).data;
    args.key_mask.data = matrix(2, 4).data;
    hl_error error = {0};
    hl_multihead_shape shape = {0};
    hl_status status = hl_multihead_plan(&args, &shape, &error);
    workspace_size = shape.workspace;
    good("multi-head layer", status, &error);
    const target t = {"multi-head layer", &args, sizeof args, plan_multihead, run_multihead};
    REFUSALS(&memory, &t, multihead_changes);

    begin_case("multi-head layer refuses workspaces and structs that are not there");
    const size_t size = workspace_size;
    char *odd = (char *)workspace + 8;
    expect_refusal(&memory, hl_multihead(&args, NULL, size, &error), &error, POINTER, "workspace");
    expect_refusal(&memory, hl_multihead(&args, odd, size, &error), &error, POINTER, "workspace");
    expect_refusal(&memory, hl_multihead(&args, workspace, size - 1, &error), &error, MEMORY,
                   "workspace");
    expect_refusal(&memory, hl_multihead(NULL, workspace, size, &error), &error, POINTER, "args");
    expect_refusal(&memory, hl_multihead_plan(NULL, &shape, &error), &error, POINTER, "args");
    expect_refusal(&memory, hl_multihead_plan(&args, NULL, &error), &error, POINTER, "shape");
    end_case();
    free_pool(&memory);
}

/* ---- Linear, softmax, embedding, position encoding
 * ----------------------------------------------*/

static hl_status plan_linear(const void *args, hl_error *error) {
    size_t bytes = 77;
    hl_status status = hl_linear_plan(args, &bytes, error);
    expect(status == HL_OK || bytes == 77, "the bytes were written");
    return status;
}

static hl_status run_linear(const void *args, hl_error *error) {
    return hl_linear(args, workspace, workspace_size, error);
}

#define AT(field) offsetof(hl_linear_args, field)
static const change linear_changes[] = {
    {"x null", SET_NULL, AT(x.data), 0, 0, POINTER, "x", false},
    {"x misaligned", SET_ODD, AT(x.data), 0, 0, POINTER, "x", false},
    {"x beyond memory", SET_WRAP, AT(x.data), 0, 0, POINTER, "x", false},
    {"x of rank 0", SET_INDEX, AT(x.rank), 0, 0, SHAPE, "x", false},
    {"x of rank 5", SET_INDEX, AT(x.rank), 5, 0, SHAPE, "x", false},
    {"x of a negative size", SET_INDEX, AT(x.size[0]), -3, 0, SHAPE, "x", false},
    {"x of a huge size", SET_INDEX, AT(x.size[0]), PTRDIFF_MAX, 0, MEMORY, "x", false},
    {"w null", SET_NULL, AT(w.data), 0, 0, POINTER, "w", false},
    {"w misaligned", SET_ODD, AT(w.data), 0, 0, POINTER, "w", false},
    {"w of rank 1", SET_INDEX, AT(w.rank), 1, 0, SHAPE, "w", false},
    {"w of other rows", SET_INDEX, AT(w.size[0]), 5, 0, SHAPE, "w", false},
    {"w of negative columns", SET_INDEX, AT(w.size[1]), -5, 0, SHAPE, "w", false},
    {"w of huge columns", SET_INDEX, AT(w.size[1]), PTRDIFF_MAX / 2, 0, MEMORY, "w", false},
    {"b misaligned", SET_ODD, AT(b.data), 0, 0, POINTER, "b", false},
    {"b of another size", SET_INDEX, AT(b.size[0]), 4, 0, SHAPE, "b", false},
    {"b of rank 2", SET_INDEX, AT(b.rank), 2, 0, SHAPE, "b", false},
    {"output null", SET_NULL, AT(output), 0, 0, POINTER, "output", true},
    {"output misaligned", SET_ODD, AT(output), 0, 0, POINTER, "output", true},
    {"output beyond memory", SET_WRAP, AT(output), 0, 0, POINTER, "output", true},
    {"output over x", SET_SAME, AT(output), AT(x.data), 0, OVERLAP, "output", true},
    {"output over part of w", SET_SHIFTED, AT(output), AT(w.data), 0, OVERLAP, "output", true},
    {"output over b", SET_SAME, AT(output), AT(b.data), 0, OVERLAP, "output", true},
};
#undef AT

static void linear(void) {
    hl_linear_args args = {
        .x = matrix(3, 4), .w = matrix(4, 5), .b = vector(5), .output = output_floats(&memory, 15)};
    hl_error error = {0};
    hl_status status = hl_linear_plan(&args, &workspace_size, &error);
    good("linear", status, &error);
    const target t = {"linear", &args, sizeof args, plan_linear, run_linear};
    REFUSALS(&memory, &t, linear_changes);
    begin_case("linear refuses workspaces and structs that are not there");
    const size_t size = workspace_size;
    size_t bytes;
    expect_refusal(&memory, hl_linear(&args, NULL, size, &error), &error, POINTER, "workspace");
    expect_refusal(&memory, hl_linear(&args, workspace, size - 1, &error), &error, MEMORY,
                   "workspace");
    expect_refusal(&memory, hl_linear(NULL, workspace, size, &error), &error, POINTER, "args");
    expect_refusal(&memory, hl_linear_plan(NULL, &bytes, &error), &error, POINTER, "args");
    expect_refusal(&memory, hl_linear_plan(&args, NULL, &error), &error, POINTER,
                   "workspace_bytes");
    end_case();
    free_pool(&memory);
}

static hl_status run_softmax(const void *args, hl_error *error) {
    return hl_softmax(args, workspace, error);
}

#define AT(field) offsetof(hl_tensor, field)
static const change softmax_changes[] = {
    {"x null", SET_NULL, AT(data), 0, 0, POINTER, "x", false},
    {"x misaligned", SET_ODD, AT(data), 0, 0, POINTER, "x", false},
    {"x beyond memory", SET_WRAP, AT(data), 0, 0, POINTER, "x", false},
    {"x of rank 0", SET_INDEX, AT(rank), 0, 0, SHAPE, "x", false},
    {"x of rank 5", SET_INDEX, AT(rank), 5, 0, SHAPE, "x", false},
    {"x of the least rank", SET_INDEX, AT(rank), PTRDIFF_MIN, 0, SHAPE, "x", false},
    {"x of a negative size", SET_INDEX, AT(size[1]), -1, 0, SHAPE, "x", false},
    {"x of a huge size", SET_INDEX, AT(size[1]), PTRDIFF_MAX, 0, MEMORY, "x", false},
};
#undef AT

static void softmax(void) {
    const hl_tensor x = matrix(3, 4);
    hl_error error = {0};
    workspace_size = 3 * 4 * sizeof(float); /* the output */
    good("softmax", HL_OK, &error);
    const target t = {"softmax", &x, sizeof x, run_softmax, run_softmax};
    REFUSALS(&memory, &t, softmax_changes);
    begin_case("softmax refuses outputs that are not there, and a part of x");
    float *odd = (float *)(void *)((char *)workspace + 1);
    expect_refusal(&memory, hl_softmax(NULL, workspace, &error), &error, POINTER, "x");
    expect_refusal(&memory, hl_softmax(&x, NULL, &error), &error, POINTER, "output");
    expect_refusal(&memory, hl_softmax(&x, odd, &error), &error, POINTER, "output");
    expect_refusal(&memory, hl_softmax(&x, x.data + 1, &error), &error, OVERLAP, "output");
    expect(hl_softmax(&x, NULL, NULL) == POINTER, "without an error the status is another");
    end_case();
    free_pool(&memory);
}

static void pack(void) {
    const hl_tensor w = matrix(5, 3);
    float *packed = output_floats(&memory, 80); /* any build's tile is narrower than 16 */
    seal_inputs(&memory);
    hl_error error = {0};
    size_t bytes = 0;
    hl_tensor wrong = w;
    float *odd = (float *)(void *)((char *)packed + 1);
    begin_case("pack refuses what is not there, wrong sizes and overlap");
    good("pack", hl_pack_plan(&w, &bytes, &error), &error);
    expect(bytes >= 60 && bytes <= 320, "packed takes %zu bytes", bytes);
    expect_refusal(&memory, hl_pack_plan(NULL, &bytes, &error), &error, POINTER, "w");
    expect_refusal(&memory, hl_pack_plan(&w, NULL, &error), &error, POINTER, "packed_bytes");
    expect_refusal(&memory, hl_pack(NULL, packed, &error), &error, POINTER, "w");
    expect_refusal(&memory, hl_pack(&w, NULL, &error), &error, POINTER, "packed");
    expect_refusal(&memory, hl_pack(&w, odd, &error), &error, POINTER, "packed");
    expect_refusal(&memory, hl_pack(&w, w.data, &error), &error, OVERLAP, "packed");
    wrong.rank = 1;
    expect_refusal(&memory, hl_pack(&wrong, packed, &error), &error, SHAPE, "w");
    wrong = w;
    wrong.size[0] = PTRDIFF_MAX;
    expect_refusal(&memory, hl_pack(&wrong, packed, &error), &error, MEMORY, "w");
    end_case();
    free_pool(&memory);
}

static void embed(void) {
    const hl_tensor table = matrix(5, 3);
    int32_t *ids = input_bytes(&memory, 4 * sizeof *ids);
    for (int i = 0; i < 4; i++)
        ids[i] = i;
    float *output = output_floats(&memory, 12);
    seal_inputs(&memory);
    hl_error error = {0};
    hl_tensor wrong = table;
    const int32_t *odd_ids = (int32_t *)(void *)((char *)ids + 1);
    float *odd = (float *)(void *)((char *)output + 2);
#define REFUSED(status, argument, ...)                                                             \
    expect_refusal(&memory, hl_embed(__VA_ARGS__, &error), &error, status, argument)
    begin_case("embed refuses what is not there");
    REFUSED(POINTER, "ids", NULL, 4, &table, output);
    REFUSED(POINTER, "ids", odd_ids, 3, &table, output);
    REFUSED(POINTER, "table", ids, 4, NULL, output);
    REFUSED(POINTER, "output", ids, 4, &table, NULL);
    REFUSED(POINTER, "output", ids, 4, &table, odd);
    wrong.data = NULL;
    REFUSED(POINTER, "table", ids, 4, &wrong, output);
    end_case();
    begin_case("embed refuses wrong sizes and overlap");
    REFUSED(SHAPE, "ids", ids, -1, &table, output);
    REFUSED(SHAPE, "ids", ids, PTRDIFF_MIN, &table, output);
    REFUSED(MEMORY, "ids", ids, PTRDIFF_MAX, &table, output);
    wrong = table;
    wrong.rank = 1;
    REFUSED(SHAPE, "table", ids, 4, &wrong, output);
    wrong = table;
    wrong.size[1] = -3;
    REFUSED(SHAPE, "table", ids, 4, &wrong, output);
    wrong.size[1] = PTRDIFF_MAX / 2;
    REFUSED(MEMORY, "table", ids, 4, &wrong, output);
    wrong = table;
    wrong.size[0] = 3; /* ids reach 3 */
    REFUSED(VALUE, "ids", ids, 4, &wrong, output);
    REFUSED(OVERLAP, "output", ids, 4, &table, table.data);
    REFUSED(OVERLAP, "output", ids, 4, &table, (float *)(void *)(ids + 1));
    end_case();
#undef REFUSED
    free_pool(&memory);
}

static void position_encoding(void) {
    float *output = output_floats(&memory, 12);
    float *odd = (float *)(void *)((char *)output + 1);
    hl_error error = {0};
#define REFUSED(status, argument, ...)                                                             \
    expect_refusal(&memory, hl_position_encoding(__VA_ARGS__, &error), &error, status, argument)
    begin_case("position encoding refuses what it cannot do");
    REFUSED(POINTER, "output", 3, 4, 10000, 0, NULL);
    REFUSED(POINTER, "output", 3, 4, 10000, 0, odd);
    REFUSED(VALUE, "len", -1, 4, 10000, 0, output);
    REFUSED(VALUE, "len", PTRDIFF_MIN, 4, 10000, 0, output);
    REFUSED(VALUE, "d_model", 3, -4, 10000, 0, output);
    REFUSED(MEMORY, "output", PTRDIFF_MAX, 4, 10000, 0, output);
    REFUSED(MEMORY, "output", 3, PTRDIFF_MAX / 2, 10000, 0, output);
    REFUSED(VALUE, "base", 3, 4, 0, 0, output);
    REFUSED(VALUE, "base", 3, 4, -1, 0, output);
    REFUSED(VALUE, "base", 3, 4, NAN, 0, output);
    REFUSED(VALUE, "base", 3, 4, INFINITY, 0, output);
    REFUSED(VALUE, "first", 3, 4, 10000, NAN, output);
    REFUSED(VALUE, "first", 3, 4, 10000, -INFINITY, output);
    end_case();
#undef REFUSED
    free_pool(&memory);
}

/* ---- Trace
 * --------------------------------------------------------------------------------------*/

static hl_status plan_trace(const void *args, hl_error *error) {
    size_t bytes = 77;
    hl_status status = hl_trace_plan(args, &bytes, error);
    expect(status == HL_OK || bytes == 77, "the bytes were written");
    return status;
}

static hl_status run_trace(const void *args, hl_error *error) {
    hl_trace *trace = NULL;
    hl_status status = hl_trace_run(args, workspace, workspace_size, &trace, error);
    expect(trace == NULL, "the trace was set");
    return status;
}

#define AT(field) offsetof(hl_trace_args, field)
static const change trace_changes[] = {
    {"embeddings null", SET_NULL, AT(embeddings.data), 0, 0, POINTER, "embeddings", false},
    {"embeddings misaligned", SET_ODD, AT(embeddings.data), 0, 0, POINTER, "embeddings", false},
    {"embeddings beyond memory", SET_WRAP, AT(embeddings.data), 0, 0, POINTER, "embeddings", false},
    {"embeddings of rank 3", SET_INDEX, AT(embeddings.rank), 3, 0, SHAPE, "embeddings", false},
    {"a negative length", SET_INDEX, AT(embeddings.size[0]), -8, 0, SHAPE, "embeddings", false},
    {"a huge length", SET_INDEX, AT(embeddings.size[0]), PTRDIFF_MAX, 0, MEMORY, "embeddings",
     false},
    {"positions misaligned", SET_ODD, AT(positions.data), 0, 0, POINTER, "positions", false},
    {"positions of another length", SET_INDEX, AT(positions.size[0]), 4, 0, SHAPE, "positions",
     false},
    {"positions of rank 1", SET_INDEX, AT(positions.rank), 1, 0, SHAPE, "positions", false},
    {"wq null", SET_NULL, AT(wq.data), 0, 0, POINTER, "wq", false},
    {"wk misaligned", SET_ODD, AT(wk.data), 0, 0, POINTER, "wk", false},
    {"wv beyond memory", SET_WRAP, AT(wv.data), 0, 0, POINTER, "wv", false},
    {"wq of rank 1", SET_INDEX, AT(wq.rank), 1, 0, SHAPE, "wq", false},
    {"wq transposed", SET_INDEX, AT(wq.size[0]), 4, 0, SHAPE, "wq", false},
    {"wk of other columns", SET_INDEX, AT(wk.size[1]), 2, 0, SHAPE, "wk", false},
    {"wv of negative columns", SET_INDEX, AT(wv.size[1]), -4, 0, SHAPE, "wv", false},
    {"wo of other rows", SET_INDEX, AT(wo.size[0]), 3, 0, SHAPE, "wo", false},
    {"wo misaligned", SET_ODD, AT(wo.data), 0, 0, POINTER, "wo", false},
    {"wo of huge columns", SET_INDEX, AT(wo.size[1]), PTRDIFF_MAX / 2, 0, MEMORY, "wo", false},
    {"negative heads", SET_INDEX, AT(options.heads), -1, 0, VALUE, "heads", false},
    {"heads that do not divide", SET_INDEX, AT(options.heads), 3, 0, SHAPE, "wq", false},
    {"fewer kv_heads", SET_INDEX, AT(options.kv_heads), 1, 0, VALUE, "kv_heads", false},
    {"a scale of NaN", SET_FLOAT, AT(options.scale), 0, NAN, VALUE, "scale", false},
    {"a softcap of Inf", SET_FLOAT, AT(options.softcap), 0, INFINITY, VALUE, "softcap", false},
    {"a negative window", SET_INT, AT(options.window[1]), -1, 0, VALUE, "window", false},
    {"mask null", SET_NULL, AT(options.mask.data), 0, 0, POINTER, "mask", false},
    {"mask of no kind", SET_INT, AT(options.mask.kind), 7, 0, VALUE, "mask", false},
    {"mask of more keys", SET_INDEX, AT(options.mask.size[1]), 6, 0, SHAPE, "mask", false},
    {"a sixth matrix left out", SET_INT, AT(omit), 32, 0, VALUE, "omit", false},
    {"a negative omission", SET_INT, AT(omit), -1, 0, VALUE, "omit", false},
    {"a head too many", SET_INDEX, AT(head), 2, 0, VALUE, "head", false},
    {"a negative head", SET_INDEX, AT(head), -1, 0, VALUE, "head", false},
};
#undef AT

static void trace(void) {
    hl_trace_args args = {
        .embeddings = matrix(5, 3),
        .positions = matrix(5, 3),
        .wq = matrix(3, 4),
        .wk = matrix(3, 4),
        .wv = matrix(3, 4),
        .wo = matrix(4, 3),
        .options = {.heads = 2,
                    .use_scale = 1,
                    .scale = 1,
                    .use_window = 1,
                    .window = {2, 2},
                    .mask = {NULL, HL_MASK_FLOAT, 2, {5, 5}}},
        .use_head = 1,
        .head = 1,
    };
    args.options.mask.data = matrix(5, 5).data;
    hl_error error = {0};
    hl_status status = hl_trace_plan(&args, &workspace_size, &error);
    good("trace", status, &error);
    const target t = {"trace", &args, sizeof args, plan_trace, run_trace};
    REFUSALS(&memory, &t, trace_changes);

    begin_case("trace refuses memory and structs that are not there");
    const size_t size = workspace_size;
    char *odd = (char *)workspace + 4;
    size_t bytes;
    hl_trace *trace = NULL;
#define REFUSED(status, argument, ...)                                                             \
    expect_refusal(&memory, hl_trace_run(__VA_ARGS__, &error), &error, status, argument)
    REFUSED(POINTER, "memory", &args, NULL, size, &trace);
    REFUSED(POINTER, "memory", &args, odd, size, &trace);
    REFUSED(MEMORY, "memory", &args, workspace, size - 1, &trace);
    REFUSED(MEMORY, "memory", &args, workspace, 0, &trace);
    REFUSED(POINTER, "args", NULL, workspace, size, &trace);
    REFUSED(POINTER, "trace", &args, workspace, size, NULL);
    REFUSED(OVERLAP, "memory", &args, workspace, size, (hl_trace **)workspace);
    expect_refusal(&memory, hl_trace_plan(NULL, &bytes, &error), &error, POINTER, "args");
    expect_refusal(&memory, hl_trace_plan(&args, NULL, &error), &error, POINTER, "memory_bytes");
    end_case();

    begin_case("trace refuses memory that holds an input");
    hl_trace_args inside = args;
    float *start = workspace;
    inside.embeddings.data = start + 64;
    REFUSED(OVERLAP, "memory", &inside, workspace, size, &trace);
    inside = args;
    inside.wo.data = start + 8;
    REFUSED(OVERLAP, "memory", &inside, workspace, size, &trace);
    end_case();
#undef REFUSED
    free_pool(&memory);
}

int main(void) {
    multihead();
    linear();
    softmax();
    pack();
    embed();
    position_encoding();
    trace();
    return finish_cases();
}
