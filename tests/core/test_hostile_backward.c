/* hl_attention_backward and its plan against hostile arguments. */
#include "check.h"
#include "compare_backward.h"
#include "data.h"
#include "headlight.h"
#include "hostile.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static pool memory;
static void *workspace;
static size_t bytes;

static hl_status plan(const void *args, hl_error *error) {
    size_t planned = 77;
    hl_status status = hl_attention_backward_plan(args, &planned, error);
    expect(status == HL_OK || planned == 77, "workspace_bytes was written");
    return status;
}

static hl_status run(const void *args, hl_error *error) {
    return hl_attention_backward(args, workspace, bytes, error);
}

static hl_attention_backward_args base(void) {
    rng r = {1};
    pool *p = &memory;
    attention_inputs in = every_input(p, &r);
    hl_attention_backward_args args = {
        .q = in.q,
        .k = in.k,
        .v = in.v,
        .options = in.options,
        .kv_lengths = in.kv_lengths,
        .kv_lengths_count = 2,
        .output = normal_tensor(p, &r, 1, 4, (hl_index[]){2, 4, 5, 3}),
        .statistics = normal_tensor(p, &r, 1, 4, (hl_index[]){2, 4, 5, 2}),
        .d_output = normal_tensor(p, &r, 1, 4, (hl_index[]){2, 4, 5, 3}),
        .d_q = output_floats(p, 2 * 4 * 5 * 6),
        .d_k = output_floats(p, 2 * 2 * 7 * 6),
        .d_v = output_floats(p, 2 * 2 * 7 * 3),
    };
    hl_error error = {0};
    begin_case("backward, the arguments to be spoiled are good");
    expect(hl_attention_backward_plan(&args, &bytes, &error) == HL_OK, "%s", error.message);
    end_case();
    workspace = workspace_bytes(p, bytes);
    seal_inputs(p);
    return args;
}

#define AT(field) offsetof(hl_attention_backward_args, field)

static const change changes[] = {
    {"q null", SET_NULL, AT(q.data), 0, 0, POINTER, "q", false},
    {"k misaligned", SET_ODD, AT(k.data), 0, 0, POINTER, "k", false},
    {"v beyond memory", SET_WRAP, AT(v.data), 0, 0, POINTER, "v", false},
    {"q of rank 5", SET_INDEX, AT(q.rank), 5, 0, SHAPE, "q", false},
    {"k of rank 3", SET_INDEX, AT(k.rank), 3, 0, SHAPE, "k", false},
    {"a huge length", SET_INDEX, AT(q.size[2]), PTRDIFF_MAX, 0, MEMORY, "q", false},
    {"another dim in k", SET_INDEX, AT(k.size[3]), 5, 0, SHAPE, "k", false},
    {"other heads than q has", SET_INDEX, AT(options.heads), 3, 0, SHAPE, "heads", false},
    {"a scale of NaN", SET_FLOAT, AT(options.scale), 0, NAN, VALUE, "scale", false},
    {"a negative softcap", SET_FLOAT, AT(options.softcap), 0, -1, VALUE, "softcap", false},
    {"a negative window", SET_INT, AT(options.window[0]), -1, 0, VALUE, "window", false},
    {"mask of other heads", SET_INDEX, AT(options.mask.size[1]), 2, 0, SHAPE, "mask", false},
    {"mask null", SET_NULL, AT(options.mask.data), 0, 0, POINTER, "mask", false},
    {"too few kv_lengths", SET_INDEX, AT(kv_lengths_count), 1, 0, SHAPE, "kv_lengths", false},
    {"output null", SET_NULL, AT(output.data), 0, 0, POINTER, "output", false},
    {"output misaligned", SET_ODD, AT(output.data), 0, 0, POINTER, "output", false},
    {"output of rank 0", SET_INDEX, AT(output.rank), 0, 0, SHAPE, "output", false},
    {"output of rank 3", SET_INDEX, AT(output.rank), 3, 0, SHAPE, "output", false},
    {"output of another length", SET_INDEX, AT(output.size[2]), 4, 0, SHAPE, "output", false},
    {"output of another dim", SET_INDEX, AT(output.size[3]), 2, 0, SHAPE, "output", false},
    {"output of a negative dim", SET_INDEX, AT(output.size[3]), -3, 0, SHAPE, "output", false},
    {"statistics null", SET_NULL, AT(statistics.data), 0, 0, POINTER, "statistics", false},
    {"statistics beyond memory", SET_WRAP, AT(statistics.data), 0, 0, POINTER, "statistics", false},
    {"statistics of rank 1", SET_INDEX, AT(statistics.rank), 1, 0, SHAPE, "statistics", false},
    {"statistics of rank 3", SET_INDEX, AT(statistics.rank), 3, 0, SHAPE, "statistics", false},
    {"statistics of one number", SET_INDEX, AT(statistics.size[3]), 1, 0, SHAPE, "statistics",
     false},
    {"statistics of other heads", SET_INDEX, AT(statistics.size[1]), 2, 0, SHAPE, "statistics",
     false},
    {"d_output null", SET_NULL, AT(d_output.data), 0, 0, POINTER, "d_output", false},
    {"d_output misaligned", SET_ODD, AT(d_output.data), 0, 0, POINTER, "d_output", false},
    {"d_output of another batch", SET_INDEX, AT(d_output.size[0]), 1, 0, SHAPE, "d_output", false},
    {"d_output of a huge size", SET_INDEX, AT(d_output.size[1]), PTRDIFF_MAX, 0, MEMORY, "d_output",
     false},
    {"d_q misaligned", SET_ODD, AT(d_q), 0, 0, POINTER, "d_q", true},
    {"d_k beyond memory", SET_WRAP, AT(d_k), 0, 0, POINTER, "d_k", true},
    {"d_v misaligned", SET_ODD, AT(d_v), 0, 0, POINTER, "d_v", true},
    {"d_q over q", SET_SAME, AT(d_q), AT(q.data), 0, OVERLAP, "d_q", true},
    {"d_k over part of k", SET_SHIFTED, AT(d_k), AT(k.data), 0, OVERLAP, "d_k", true},
    {"d_v over d_output", SET_SAME, AT(d_v), AT(d_output.data), 0, OVERLAP, "d_v", true},
    {"d_v over output", SET_SHIFTED, AT(d_v), AT(output.data), 0, OVERLAP, "d_v", true},
    {"d_q over statistics", SET_SAME, AT(d_q), AT(statistics.data), 0, OVERLAP, "d_q", true},
    {"d_q over the mask", SET_SAME, AT(d_q), AT(options.mask.data), 0, OVERLAP, "d_q", true},
    {"d_k over kv_lengths", SET_SAME, AT(d_k), AT(kv_lengths), 0, OVERLAP, "d_k", true},
    {"d_q over d_k", SET_SAME, AT(d_q), AT(d_k), 0, OVERLAP, "d_q", true},
};

static void wrong_memory(const hl_attention_backward_args *good) {
    hl_error error = {0};
    char *odd = (char *)workspace + 4;
    begin_case("backward refuses workspaces and structs that are not there");
    const struct {
        const void *args;
        void *workspace;
        size_t bytes;
        hl_status status;
        const char *argument;
    } wrong[] = {
        {good, NULL, bytes, POINTER, "workspace"},
        {good, odd, bytes, POINTER, "workspace"},
        {good, workspace, bytes - 1, MEMORY, "workspace"},
        {good, workspace, 0, MEMORY, "workspace"},
        {NULL, workspace, bytes, POINTER, "args"},
        {(const char *)good + 1, workspace, bytes, POINTER, "args"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        hl_status status =
            hl_attention_backward(wrong[i].args, wrong[i].workspace, wrong[i].bytes, &error);
        expect_refusal(&memory, status, &error, wrong[i].status, wrong[i].argument);
    }
    size_t planned;
    expect_refusal(&memory, hl_attention_backward_plan(NULL, &planned, &error), &error, POINTER,
                   "args");
    expect_refusal(&memory, hl_attention_backward_plan(good, NULL, &error), &error, POINTER,
                   "workspace_bytes");
    end_case();

    begin_case("backward refuses to write over its workspace or its arguments");
    hl_attention_backward_args args = *good;
    args.d_q = workspace;
    hl_status status = run(&args, &error);
    expect(status == OVERLAP, "d_q in the workspace: status %d", status);
    args.d_q = (float *)(void *)&args;
    status = run(&args, &error);
    expect(status == OVERLAP, "d_q over args: status %d", status);
    expect(untouched(&memory), "something was written");
    end_case();
}

int main(void) {
    hl_attention_backward_args args = base();
    target t = {"backward", &args, sizeof args, plan, run};
    expect_refusals(&memory, &t, changes, sizeof changes / sizeof *changes);
    wrong_memory(&args);
    free_pool(&memory);
    return finish_cases();
}
