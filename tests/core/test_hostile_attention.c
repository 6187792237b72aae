/* hl_attention and its plan against hostile arguments. */
#include "check.h"
#include "data.h"
#include "headlight.h"
#include "hostile.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static pool memory;
static void *workspace;
static hl_attention_shape shape;

static hl_status plan(const void *args, hl_error *error) {
    hl_attention_shape planned, before;
    memset(&planned, 0x77, sizeof planned);
    before = planned;
    hl_status status = hl_attention_plan(args, &planned, error);
    expect(status == HL_OK || memcmp(&planned, &before, sizeof planned) == 0,
           "the shape was written");
    return status;
}

static hl_status run(const void *args, hl_error *error) {
    return hl_attention(args, workspace, shape.workspace, error);
}

/* Every input, with every matrix asked for. */
static hl_attention_args base(bool past) {
    static rng r = {1};
    pool *p = &memory;
    attention_inputs in = every_input(p, &r);
    hl_attention_args args = {
        .q = in.q,
        .k = in.k,
        .v = in.v,
        .options = in.options,
        .output = output_floats(p, 2 * 4 * 5 * 3),
    };
    hl_index kv_len = 7;
    if (past) {
        kv_len = 9;
        args.past_k = normal_tensor(p, &r, 1, 4, (hl_index[]){2, 2, 2, 6});
        args.past_v = normal_tensor(p, &r, 1, 4, (hl_index[]){2, 2, 2, 3});
        args.present_k = output_floats(p, 2 * 2 * 9 * 6);
        args.present_v = output_floats(p, 2 * 2 * 9 * 3);
    } else {
        args.kv_lengths = in.kv_lengths;
        args.kv_lengths_count = 2;
    }
    float **matrices[] = {&args.scores, &args.scaled, &args.capped, &args.masked, &args.weights};
    for (int i = 0; i < 5; i++)
        *matrices[i] = output_floats(p, 2 * 4 * 5 * kv_len);
    args.logsumexp = output_floats(p, 2 * 4 * 5);
    args.statistics = output_floats(p, 2 * 4 * 5 * 2);
    hl_error error = {0};
    begin_case("attention, the arguments to be spoiled are good%s", past ? ", with past" : "");
    expect(hl_attention_plan(&args, &shape, &error) == HL_OK, "%s", error.message);
    end_case();
    workspace = workspace_bytes(p, shape.workspace);
    seal_inputs(p);
    return args;
}

#define AT(field) offsetof(hl_attention_args, field)

static const change changes[] = {
    {"q null", SET_NULL, AT(q.data), 0, 0, POINTER, "q", false},
    {"k null", SET_NULL, AT(k.data), 0, 0, POINTER, "k", false},
    {"v null", SET_NULL, AT(v.data), 0, 0, POINTER, "v", false},
    {"q misaligned", SET_ODD, AT(q.data), 0, 0, POINTER, "q", false},
    {"k misaligned", SET_ODD, AT(k.data), 0, 0, POINTER, "k", false},
    {"v misaligned", SET_ODD, AT(v.data), 0, 0, POINTER, "v", false},
    {"q beyond memory", SET_WRAP, AT(q.data), 0, 0, POINTER, "q", false},
    {"v beyond memory", SET_WRAP, AT(v.data), 0, 0, POINTER, "v", false},
    {"q of rank 0", SET_INDEX, AT(q.rank), 0, 0, SHAPE, "q", false},
    {"q of rank 1", SET_INDEX, AT(q.rank), 1, 0, SHAPE, "q", false},
    {"q of rank 5", SET_INDEX, AT(q.rank), 5, 0, SHAPE, "q", false},
    {"q of rank -1", SET_INDEX, AT(q.rank), -1, 0, SHAPE, "q", false},
    {"q of a huge rank", SET_INDEX, AT(q.rank), PTRDIFF_MAX, 0, SHAPE, "q", false},
    {"k of rank 3", SET_INDEX, AT(k.rank), 3, 0, SHAPE, "k", false},
    {"k of the least rank", SET_INDEX, AT(k.rank), PTRDIFF_MIN, 0, SHAPE, "k", false},
    {"v of rank 2", SET_INDEX, AT(v.rank), 2, 0, SHAPE, "v", false},
    {"a negative batch", SET_INDEX, AT(q.size[0]), -2, 0, SHAPE, "q", false},
    {"a negative length", SET_INDEX, AT(k.size[2]), -7, 0, SHAPE, "k", false},
    {"the least length", SET_INDEX, AT(q.size[2]), PTRDIFF_MIN, 0, SHAPE, "q", false},
    {"a negative dim", SET_INDEX, AT(v.size[3]), -1, 0, SHAPE, "v", false},
    {"a huge length", SET_INDEX, AT(q.size[2]), PTRDIFF_MAX, 0, MEMORY, "q", false},
    {"a huge v_dim", SET_INDEX, AT(v.size[3]), PTRDIFF_MAX / 2, 0, MEMORY, "v", false},
    {"a product that wraps to 0", SET_INDEX, AT(q.size[2]), PTRDIFF_MAX / 2 + 1, 0, MEMORY, "q",
     false},
    {"another batch in k", SET_INDEX, AT(k.size[0]), 1, 0, SHAPE, "k", false},
    {"another batch in v", SET_INDEX, AT(v.size[0]), 1, 0, SHAPE, "v", false},
    {"another dim in k", SET_INDEX, AT(k.size[3]), 5, 0, SHAPE, "k", false},
    {"another length in v", SET_INDEX, AT(v.size[2]), 6, 0, SHAPE, "v", false},
    {"other heads than q has", SET_INDEX, AT(options.heads), 3, 0, SHAPE, "heads", false},
    {"other kv_heads than k has", SET_INDEX, AT(options.kv_heads), 4, 0, SHAPE, "kv_heads", false},
    {"negative heads", SET_INDEX, AT(options.heads), -4, 0, VALUE, "heads", false},
    {"negative kv_heads", SET_INDEX, AT(options.kv_heads), PTRDIFF_MIN, 0, VALUE, "kv_heads",
     false},
    {"a scale of NaN", SET_FLOAT, AT(options.scale), 0, NAN, VALUE, "scale", false},
    {"a scale of Inf", SET_FLOAT, AT(options.scale), 0, INFINITY, VALUE, "scale", false},
    {"a softcap of NaN", SET_FLOAT, AT(options.softcap), 0, NAN, VALUE, "softcap", false},
    {"a softcap of -Inf", SET_FLOAT, AT(options.softcap), 0, -INFINITY, VALUE, "softcap", false},
    {"a negative softcap", SET_FLOAT, AT(options.softcap), 0, -1, VALUE, "softcap", false},
    {"a negative window", SET_INT, AT(options.window[0]), -1, 0, VALUE, "window", false},
    {"the least window", SET_INT, AT(options.window[1]), INT32_MIN, 0, VALUE, "window", false},
    {"a mask of no kind", SET_INT, AT(options.mask.kind), 3, 0, VALUE, "mask", false},
    {"a mask of kind -1", SET_INT, AT(options.mask.kind), -1, 0, VALUE, "mask", false},
    {"mask null", SET_NULL, AT(options.mask.data), 0, 0, POINTER, "mask", false},
    {"mask misaligned", SET_ODD, AT(options.mask.data), 0, 0, POINTER, "mask", false},
    {"mask beyond memory", SET_WRAP, AT(options.mask.data), 0, 0, POINTER, "mask", false},
    {"mask of rank 0", SET_INDEX, AT(options.mask.rank), 0, 0, SHAPE, "mask", false},
    {"mask of rank 5", SET_INDEX, AT(options.mask.rank), 5, 0, SHAPE, "mask", false},
    {"mask of another batch", SET_INDEX, AT(options.mask.size[0]), 3, 0, SHAPE, "mask", false},
    {"mask of other heads", SET_INDEX, AT(options.mask.size[1]), 2, 0, SHAPE, "mask", false},
    {"mask of no query", SET_INDEX, AT(options.mask.size[2]), 0, 0, SHAPE, "mask", false},
    {"mask of a negative size", SET_INDEX, AT(options.mask.size[2]), -5, 0, SHAPE, "mask", false},
    {"mask of more keys", SET_INDEX, AT(options.mask.size[3]), 10, 0, SHAPE, "mask", false},
    {"mask of a huge size", SET_INDEX, AT(options.mask.size[3]), PTRDIFF_MAX, 0, MEMORY, "mask",
     false},
    {"output null", SET_NULL, AT(output), 0, 0, POINTER, "output", true},
    {"output misaligned", SET_ODD, AT(output), 0, 0, POINTER, "output", true},
    {"output beyond memory", SET_WRAP, AT(output), 0, 0, POINTER, "output", true},
    {"scores misaligned", SET_ODD, AT(scores), 0, 0, POINTER, "scores", true},
    {"scaled misaligned", SET_ODD, AT(scaled), 0, 0, POINTER, "scaled", true},
    {"capped misaligned", SET_ODD, AT(capped), 0, 0, POINTER, "capped", true},
    {"masked misaligned", SET_ODD, AT(masked), 0, 0, POINTER, "masked", true},
    {"weights misaligned", SET_ODD, AT(weights), 0, 0, POINTER, "weights", true},
    {"weights beyond memory", SET_WRAP, AT(weights), 0, 0, POINTER, "weights", true},
    {"logsumexp misaligned", SET_ODD, AT(logsumexp), 0, 0, POINTER, "logsumexp", true},
    {"logsumexp beyond memory", SET_WRAP, AT(logsumexp), 0, 0, POINTER, "logsumexp", true},
    {"statistics misaligned", SET_ODD, AT(statistics), 0, 0, POINTER, "statistics", true},
    {"statistics over logsumexp", SET_SAME, AT(statistics), AT(logsumexp), 0, OVERLAP, "logsumexp",
     true},
    {"logsumexp over v", SET_SAME, AT(logsumexp), AT(v.data), 0, OVERLAP, "logsumexp", true},
    {"output over q", SET_SAME, AT(output), AT(q.data), 0, OVERLAP, "output", true},
    {"output over part of v", SET_SHIFTED, AT(output), AT(v.data), 0, OVERLAP, "output", true},
    {"output over the mask", SET_SAME, AT(output), AT(options.mask.data), 0, OVERLAP, "output",
     true},
    {"scores over k", SET_SAME, AT(scores), AT(k.data), 0, OVERLAP, "scores", true},
    {"scaled over q", SET_SHIFTED, AT(scaled), AT(q.data), 0, OVERLAP, "scaled", true},
};

static const change length_changes[] = {
    {"kv_lengths misaligned", SET_ODD, AT(kv_lengths), 0, 0, POINTER, "kv_lengths", false},
    {"kv_lengths beyond memory", SET_WRAP, AT(kv_lengths), 0, 0, POINTER, "kv_lengths", false},
    {"too few kv_lengths", SET_INDEX, AT(kv_lengths_count), 1, 0, SHAPE, "kv_lengths", false},
    {"negatively many kv_lengths", SET_INDEX, AT(kv_lengths_count), -2, 0, SHAPE, "kv_lengths",
     false},
    {"too many kv_lengths", SET_INDEX, AT(kv_lengths_count), PTRDIFF_MAX, 0, SHAPE, "kv_lengths",
     false},
    {"output over kv_lengths", SET_SAME, AT(output), AT(kv_lengths), 0, OVERLAP, "output", true},
};

static const change past_changes[] = {
    {"past_k null", SET_NULL, AT(past_k.data), 0, 0, POINTER, "past_k", false},
    {"past_v null", SET_NULL, AT(past_v.data), 0, 0, POINTER, "past_v", false},
    {"past_k misaligned", SET_ODD, AT(past_k.data), 0, 0, POINTER, "past_k", false},
    {"past_v beyond memory", SET_WRAP, AT(past_v.data), 0, 0, POINTER, "past_v", false},
    {"past_k of rank 3", SET_INDEX, AT(past_k.rank), 3, 0, SHAPE, "past_k", false},
    {"past_v of rank 5", SET_INDEX, AT(past_v.rank), 5, 0, SHAPE, "past_v", false},
    {"past_k of another batch", SET_INDEX, AT(past_k.size[0]), 1, 0, SHAPE, "past_k", false},
    {"past_k of other heads", SET_INDEX, AT(past_k.size[1]), 4, 0, SHAPE, "past_k", false},
    {"past_k of another dim", SET_INDEX, AT(past_k.size[3]), 3, 0, SHAPE, "past_k", false},
    {"past_v of another length", SET_INDEX, AT(past_v.size[2]), 1, 0, SHAPE, "past_v", false},
    {"past_v of a negative length", SET_INDEX, AT(past_v.size[2]), -2, 0, SHAPE, "past_v", false},
    {"past_k of a huge length", SET_INDEX, AT(past_k.size[2]), PTRDIFF_MAX, 0, MEMORY, "past_k",
     false},
    {"kv_lengths beside past", SET_SAME, AT(kv_lengths), AT(q.data), 0, VALUE, "kv_lengths", false},
    {"present_k null", SET_NULL, AT(present_k), 0, 0, POINTER, "present_k", true},
    {"present_v null", SET_NULL, AT(present_v), 0, 0, POINTER, "present_v", true},
    {"present_k misaligned", SET_ODD, AT(present_k), 0, 0, POINTER, "present_k", true},
    {"present_v beyond memory", SET_WRAP, AT(present_v), 0, 0, POINTER, "present_v", true},
    {"present_k over past_k", SET_SAME, AT(present_k), AT(past_k.data), 0, OVERLAP, "present_k",
     true},
    {"present_v over part of v", SET_SHIFTED, AT(present_v), AT(v.data), 0, OVERLAP, "present_v",
     true},
};

static const change cache_changes[] = {
    {"a cache that is not there", SET_NULL, AT(past_k.data), 0, 0, POINTER, "past_k", false},
    {"cache misaligned", SET_ODD, AT(past_v.data), 0, 0, POINTER, "past_v", false},
    {"cache beyond memory", SET_WRAP, AT(past_k.data), 0, 0, POINTER, "past_k", false},
    {"a cache of rank 3", SET_INDEX, AT(past_v.rank), 3, 0, SHAPE, "past_v", false},
    {"a cache of another batch", SET_INDEX, AT(past_k.size[0]), 1, 0, SHAPE, "past_k", false},
    {"a cache of other heads", SET_INDEX, AT(past_v.size[1]), 1, 0, SHAPE, "past_v", false},
    {"a cache of another dim", SET_INDEX, AT(past_k.size[3]), 5, 0, SHAPE, "past_k", false},
    {"a cache of two capacities", SET_INDEX, AT(past_v.size[2]), 8, 0, SHAPE, "past_v", false},
    {"a cache of a huge capacity", SET_INDEX, AT(past_k.size[2]), PTRDIFF_MAX, 0, MEMORY, "past_k",
     false},
    {"a full cache", SET_INDEX, AT(cache_length), 3, 0, MEMORY, "past_k", false},
    {"a negative cache_length", SET_INDEX, AT(cache_length), -1, 0, VALUE, "cache_length", false},
    {"the least cache_length", SET_INDEX, AT(cache_length), PTRDIFF_MIN, 0, VALUE, "cache_length",
     false},
    {"a cache_length beyond capacity", SET_INDEX, AT(cache_length), 10, 0, VALUE, "cache_length",
     false},
    {"a huge cache_length", SET_INDEX, AT(cache_length), PTRDIFF_MAX, 0, VALUE, "cache_length",
     false},
    {"output over the cache", SET_SHIFTED, AT(output), AT(past_k.data), 0, OVERLAP, "output", true},
    {"weights over the cache", SET_SAME, AT(weights), AT(past_v.data), 0, OVERLAP, "weights", true},
    {"k in the cache", SET_SAME, AT(k.data), AT(past_k.data), 0, OVERLAP, "past_k", true},
    {"q in the cache", SET_SHIFTED, AT(q.data), AT(past_v.data), 0, OVERLAP, "past_v", true},
};

static void no_cache(const hl_attention_args *good) {
    begin_case("attention refuses use_cache without past");
    hl_attention_args args = *good;
    args.past_k = args.past_v = (hl_tensor){0};
    hl_error error = {0};
    expect_refusal(&memory, plan(&args, &error), &error, POINTER, "past_k");
    expect_refusal(&memory, run(&args, &error), &error, POINTER, "past_k");
    end_case();
}

/* Outputs over each other: either of the two may be named. */
static void overlapping_outputs(const hl_attention_args *good) {
    float *const outputs[] = {good->output, good->scores, good->scaled,
                              good->capped, good->masked, good->weights};
    begin_case("attention refuses outputs over each other");
    for (int i = 0; i < 36; i++) {
        if (i / 6 == i % 6)
            continue;
        hl_attention_args args = *good;
        float **fields[] = {&args.output, &args.scores, &args.scaled,
                            &args.capped, &args.masked, &args.weights};
        *fields[i / 6] = outputs[i % 6] + 1;
        hl_error error = {0};
        hl_status status = run(&args, &error);
        expect(status == OVERLAP && error.status == OVERLAP, "status %d: %s", status,
               error.message);
        expect(untouched(&memory), "something was written");
    }
    end_case();
}

static void wrong_lengths(const hl_attention_args *good) {
    const int32_t wrong[] = {-1, 8, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        begin_case("attention refuses a kv_length of %d", wrong[i]);
        const int32_t lengths[] = {7, wrong[i]};
        hl_attention_args args = *good;
        args.kv_lengths = lengths;
        hl_error error = {0};
        expect_refusal(&memory, run(&args, &error), &error, VALUE, "kv_lengths");
        expect_refusal(&memory, plan(&args, &error), &error, VALUE, "kv_lengths");
        end_case();
    }
}

static void wrong_memory(const hl_attention_args *good) {
    hl_error error = {0};
    const size_t bytes = shape.workspace;
    char *odd = (char *)workspace + 4;
    begin_case("attention refuses workspaces and structs that are not there");
    expect_refusal(&memory, hl_attention(good, NULL, bytes, &error), &error, POINTER, "workspace");
    expect_refusal(&memory, hl_attention(good, odd, bytes, &error), &error, POINTER, "workspace");
    expect_refusal(&memory, hl_attention(good, workspace, bytes - 1, &error), &error, MEMORY,
                   "workspace");
    expect_refusal(&memory, hl_attention(good, workspace, 0, &error), &error, MEMORY, "workspace");
    expect_refusal(&memory, hl_attention(NULL, workspace, bytes, &error), &error, POINTER, "args");
    const void *misaligned = (const char *)good + 1;
    expect_refusal(&memory, hl_attention(misaligned, workspace, bytes, &error), &error, POINTER,
                   "args");
    hl_attention_shape planned;
    expect_refusal(&memory, hl_attention_plan(NULL, &planned, &error), &error, POINTER, "args");
    expect_refusal(&memory, hl_attention_plan(good, NULL, &error), &error, POINTER, "shape");
    end_case();

    begin_case("attention refuses to write over its workspace or its arguments");
    hl_attention_args args = *good;
    args.output = workspace;
    hl_status status = run(&args, &error);
    expect(status == OVERLAP, "output in the workspace: status %d", status);
    args.output = (float *)(void *)&args;
    status = run(&args, &error);
    expect(status == OVERLAP, "output over args: status %d", status);
    expect(untouched(&memory), "something was written");
    end_case();
}

/* Without a past there is no present: to be asked for it and write nothing would be a lie. */
static void no_present(const hl_attention_args *with_past) {
    begin_case("attention refuses a present without past, or beside a cache");
    hl_error error = {0};
    hl_attention_args args = *with_past;
    args.past_k = args.past_v = (hl_tensor){0};
    args.options.mask.size[args.options.mask.rank - 1] = 7;
    hl_attention_shape planned;
    expect(hl_attention_plan(&args, &planned, &error) == HL_OK, "%s", error.message);
    expect_refusal(&memory, run(&args, &error), &error, VALUE, "present_k");
    args.present_k = NULL;
    expect_refusal(&memory, run(&args, &error), &error, VALUE, "present_v");
    args = *with_past;
    args.use_cache = 1;
    args.cache_length = 0;
    args.past_k.size[2] = args.past_v.size[2] = 9;
    args.past_k.data = input_floats(&memory, &(rng){4}, 2 * 2 * 9 * 6);
    args.past_v.data = input_floats(&memory, &(rng){5}, 2 * 2 * 9 * 3);
    args.options.mask.kind = HL_MASK_NONE;
    seal_inputs(&memory);
    expect_refusal(&memory, run(&args, &error), &error, VALUE, "present_k");
    end_case();
}

int main(void) {
    hl_attention_args args = base(false);
    target t = {"attention", &args, sizeof args, plan, run};
    expect_refusals(&memory, &t, changes, sizeof changes / sizeof *changes);
    expect_refusals(&memory, &t, length_changes, sizeof length_changes / sizeof *length_changes);
    overlapping_outputs(&args);
    wrong_lengths(&args);
    wrong_memory(&args);
    free_pool(&memory);

    args = base(true);
    t.args = &args;
    expect_refusals(&memory, &t, past_changes, sizeof past_changes / sizeof *past_changes);
    no_present(&args);
    args.use_cache = 1;
    args.cache_length = 2;
    hl_index capacity = args.past_k.size[2] = args.past_v.size[2] = 9;
    args.past_k.data = input_floats(&memory, &(rng){2}, 2 * 2 * capacity * 6);
    args.past_v.data = input_floats(&memory, &(rng){3}, 2 * 2 * capacity * 3);
    args.present_k = args.present_v = NULL;
    seal_inputs(&memory);
    t.name = "attention with a cache";
    expect_refusals(&memory, &t, cache_changes, sizeof cache_changes / sizeof *cache_changes);
    no_cache(&args);
    free_pool(&memory);
    return finish_cases();
}
