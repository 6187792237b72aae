/* hl_trace: the notebook's numbers, the oracle's numbers, and the names. */
#include "check.h"
#include "compare_layers.h"
#include "data.h"
#include "draw.h"
#include "headlight.h"
#include "oracle.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const char *const names[] = {"x",      "q",      "k",       "v",     "scores", "scaled",
                                    "capped", "logits", "weights", "heads", "concat", "output"};
#define NAMES (sizeof names / sizeof *names)

/* Plans and runs in memory of the exact size; NULL, and the case failed, without success. */
static const hl_trace *run(pool *p, const hl_trace_args *args) {
    hl_error error = {0};
    size_t bytes = 0;
    hl_status status = hl_trace_plan(args, &bytes, &error);
    if (!expect(status == HL_OK, "plan: %s: %s", error.argument, error.message))
        return NULL;
    void *memory = workspace_bytes(p, bytes);
    seal_inputs(p);
    hl_trace *trace = NULL;
    status = hl_trace_run(args, memory, bytes, &trace, &error);
    expect(status == HL_OK, "%s: %s", error.argument, error.message);
    expect(intact(p), "wrote into an input");
    return status == HL_OK ? trace : NULL;
}

static hl_tensor tensor(const hl_trace *trace, const char *name) {
    hl_tensor t = {0};
    hl_error error = {0};
    hl_status status = hl_trace_tensor(trace, name, &t, &error);
    expect(status == HL_OK, "%s: %s", name, error.message);
    return t;
}

/* names[4] … names[8] are the matrices of hl_trace_omit. */
static bool omits(const hl_trace_args *args, size_t name) {
    return name >= 4 && name <= 8 && (args->omit >> (name - 4) & 1) != 0;
}

/* Whether the matrix names[name] is of one head alone. */
static bool of_one(const hl_trace_args *args, size_t name) {
    return args->use_head && name >= 4 && name <= 7;
}

static void compare_trace(pool *p, const hl_trace_args *args) {
    const hl_trace *trace = run(p, args);
    if (trace == NULL)
        return;
    oracle_trace want = oracle_trace_run(args);
    const hl_index len = want.len, heads = want.heads;
    const hl_index shapes[NAMES][4] = {
        {2, len, want.d_model},      {3, heads, len, want.qk_dim}, {3, heads, len, want.qk_dim},
        {3, heads, len, want.v_dim}, {3, heads, len, len},         {3, heads, len, len},
        {3, heads, len, len},        {3, heads, len, len},         {3, heads, len, len},
        {3, heads, len, want.v_dim}, {2, len, heads * want.v_dim}, {2, len, want.d_out},
    };
    for (size_t i = 0; i < NAMES; i++) {
        if (omits(args, i)) {
            hl_tensor none = {0};
            hl_status status = hl_trace_tensor(trace, names[i], &none, NULL);
            expect(status == HL_ERROR_VALUE && none.data == NULL, "%s is there", names[i]);
            continue;
        }
        hl_tensor t = tensor(trace, names[i]);
        bool same = t.rank == shapes[i][0];
        for (hl_index axis = 0; same && axis < t.rank; axis++) {
            hl_index size = axis == 0 && of_one(args, i) ? 1 : shapes[i][axis + 1];
            same = t.size[axis] == size;
        }
        if (expect(same, "%s has another shape", names[i])) {
            oracle_array part = *oracle_trace_array(&want, names[i]);
            if (of_one(args, i)) {
                part.count = len * len;
                part.value += args->head * part.count;
                part.error += args->head * part.count;
            }
            compare_array(names[i], &part, t.data);
        }
    }
    oracle_trace_free(&want);
}

/* ---- The notebook
 * -------------------------------------------------------------------------------*/

static float embeddings[] = {.1F, .2F, .3F, .4F, .5F, .6F, .7F, .8F, .9F, .1F, .4F, .7F,
                             .1F, .2F, .3F, .3F, .6F, .9F, .7F, .8F, .9F, .1F, .1F, .1F};
static float projection[] = {1, 0, 0, 1, 1, 1};

static hl_trace_args notebook(void) {
    const hl_tensor w = {projection, 2, {3, 2}};
    return (hl_trace_args){.embeddings = {embeddings, 2, {8, 3}}, .wq = w, .wk = w, .wv = w};
}

/* To six decimals, as published. */
static void published(const hl_trace *trace, const char *name, hl_index from, const double *want,
                      int count) {
    hl_tensor t = tensor(trace, name);
    if (!expect(t.data != NULL && element_count(&t) >= from + count, "%s is too small", name)) {
        return;
    }
    for (int i = 0; i < count; i++) {
        double got = (double)t.data[from + i];
        expect(fabs(got - want[i]) <= 5.1e-7, "%s[%td] is %.9f, not %.6f", name, from + i, got,
               want[i]);
    }
}

static void notebook_numbers(void) {
    begin_case("notebook, row Le");
    pool p = {0};
    hl_trace_args args = notebook();
    const hl_trace *trace = run(&p, &args);
    if (trace != NULL) {
        const double q[] = {.4, .5, 1, 1.1, 1.6, 1.7, .8, 1.1, .4, .5, 1.2, 1.5, 1.6, 1.7, .2, .2};
        const double scores[] = {.41, .95, 1.49, .87, .41, 1.23, 1.49, .18};
        const double weights[] = {.084909, .124390, .182228, .117548,
                                  .084909, .151625, .182228, .072164};
        const double output[] = {1.065866, 1.212484};
        published(trace, "q", 0, q, 16);
        published(trace, "k", 0, q, 16);
        published(trace, "v", 0, q, 16);
        published(trace, "scores", 0, scores, 8);
        published(trace, "weights", 0, weights, 8);
        published(trace, "heads", 0, output, 2);
        published(trace, "output", 0, output, 2);
    }
    compare_trace(&p, &args);
    free_pool(&p);
    end_case();
}

/* A second head and W_O: the page's example. */
static void two_heads(void) {
    begin_case("notebook, two heads");
    pool p = {0};
    float wq[] = {1, 0, 1, -1, 0, 1, 1, 0, 1, 1, 1, 1};
    float wk[] = {1, 0, -6, 0, 0, 1, 0, 1, 1, 1, 3, 0};
    float wv[] = {1, 0, 0, 1, 0, 1, 1, 0, 1, 1, -1, 1};
    float wo[] = {.5F, 0, .5F, 0, .5F, .5F, 1, -1, 0, -1, 0, 1};
    hl_trace_args args = {
        .embeddings = {embeddings, 2, {8, 3}},
        .wq = {wq, 2, {3, 4}},
        .wk = {wk, 2, {3, 4}},
        .wv = {wv, 2, {3, 4}},
        .wo = {wo, 2, {4, 3}},
        .options = {.heads = 2},
    };
    const hl_trace *trace = run(&p, &args);
    if (trace != NULL) {
        /* The first head is the notebook's alone, in heads and side by side in concat. */
        const double head[] = {1.065866, 1.212484};
        published(trace, "heads", 0, head, 2);
        published(trace, "concat", 0, head, 2);
    }
    compare_trace(&p, &args);
    free_pool(&p);
    end_case();
}

/* ---- Everything else
 * ----------------------------------------------------------------------------*/

static hl_trace_args draw_args(pool *p, rng *r) {
    hl_index len = between(r, 1, 40), d_model = draw_dim(r), heads = between(r, 1, 4);
    hl_index qk_dim = between(r, 1, 17), v_dim = between(r, 1, 17);
    double spread = 1 / sqrt((double)d_model);
    hl_trace_args args = {
        .embeddings = normal_tensor(p, r, 1, 2, (hl_index[]){len, d_model}),
        .wq = normal_tensor(p, r, spread, 2, (hl_index[]){d_model, heads * qk_dim}),
        .wk = normal_tensor(p, r, spread, 2, (hl_index[]){d_model, heads * qk_dim}),
        .wv = normal_tensor(p, r, spread, 2, (hl_index[]){d_model, heads * v_dim}),
        .options = {.heads = heads == 1 && chance(r, .5) ? 0 : heads},
    };
    hl_attention_options *o = &args.options;
    if (chance(r, .3))
        args.positions = normal_tensor(p, r, 1, 2, (hl_index[]){len, d_model});
    else
        args.sinusoidal = chance(r, .5);
    if (chance(r, .6)) {
        args.wo = normal_tensor(p, r, 1, 2, (hl_index[]){heads * v_dim, draw_dim(r)});
    }
    if (chance(r, .3))
        o->kv_heads = heads;
    if (chance(r, .3)) {
        o->use_scale = 1;
        o->scale = (float)normal(r);
    }
    if (chance(r, .3))
        o->softcap = (float)(.1 + 3 * uniform(r));
    o->causal = chance(r, .4);
    if (chance(r, .3)) {
        o->use_window = 1;
        o->window[0] = (int32_t)between(r, 0, len);
        o->window[1] = chance(r, .3) ? HL_WINDOW_UNLIMITED : (int32_t)between(r, 0, len);
    }
    if (chance(r, .4))
        o->mask = draw_mask(p, r, (hl_index[]){1, heads, len, len});
    if (chance(r, .4))
        args.omit = (int32_t)between(r, 1, 31);
    args.use_head = chance(r, .3);
    args.head = between(r, 0, heads - 1); /* which counts only then */
    return args;
}

static void drawn(void) {
    for (int group = 0; group < 10; group++) {
        begin_case("trace, draw %d", group);
        for (int draw = 0; draw < 20; draw++) {
            pool p = {0};
            rng r = {0x9E3779B97F4A7C15ULL * (uint64_t)(1 + 20 * group + draw)};
            hl_trace_args args = draw_args(&p, &r);
            compare_trace(&p, &args);
            free_pool(&p);
        }
        end_case();
    }
}

static void nothing(void) {
    static const char *const axes[] = {"len", "d_model", "qk_dim", "v_dim", "d_out"};
    for (int axis = 0; axis < 5; axis++) {
        begin_case("trace, %s 0", axes[axis]);
        pool p = {0};
        rng r = {50};
        hl_index size[] = {4, 5, 3, 2, 6};
        size[axis] = 0;
        hl_index heads = axis == 2 || axis == 3 ? 1 : 2; /* nothing cannot be shared out to two */
        hl_trace_args args = {
            .embeddings = normal_tensor(&p, &r, 1, 2, (hl_index[]){size[0], size[1]}),
            .sinusoidal = 1,
            .wq = normal_tensor(&p, &r, 1, 2, (hl_index[]){size[1], heads * size[2]}),
            .wk = normal_tensor(&p, &r, 1, 2, (hl_index[]){size[1], heads * size[2]}),
            .wv = normal_tensor(&p, &r, 1, 2, (hl_index[]){size[1], heads * size[3]}),
            .wo = normal_tensor(&p, &r, 1, 2, (hl_index[]){heads * size[3], size[4]}),
            .options = {.heads = heads},
        };
        compare_trace(&p, &args);
        free_pool(&p);
        end_case();
    }
}

/* The trace is its memory: what was given may go. */
static void lifetime(void) {
    begin_case("trace, its tensors lie in its memory and outlive the inputs");
    pool p = {0}, inputs = {0};
    rng r = {60};
    hl_trace_args args = draw_args(&inputs, &r);
    args.omit = args.use_head = 0;
    size_t bytes = 0;
    hl_error error = {0};
    hl_trace *trace = NULL;
    if (expect(hl_trace_plan(&args, &bytes, &error) == HL_OK, "plan: %s", error.message)) {
        char *memory = workspace_bytes(&p, bytes);
        expect(hl_trace_run(&args, memory, bytes, &trace, &error) == HL_OK, "%s", error.message);
        free_pool(&inputs);
        for (size_t i = 0; trace != NULL && i < NAMES; i++) {
            hl_tensor t = tensor(trace, names[i]);
            const char *first = (const char *)t.data;
            expect(first >= memory && first + element_count(&t) * 4 <= memory + bytes,
                   "%s lies outside", names[i]);
            for (hl_index j = 0; j < element_count(&t); j++) {
                expect(!isnan(t.data[j]), "%s[%td] is NaN", names[i], j);
            }
        }
    }
    free_pool(&inputs);
    free_pool(&p);
    end_case();
}

static void handles(void) {
    begin_case("trace, unknown names and what is no trace");
    pool p = {0};
    hl_trace_args args = notebook();
    const hl_trace *trace = run(&p, &args);
    const char *const unknown[] = {"", "X", "score", "scoress", "output ", "masked"};
    for (size_t i = 0; trace != NULL && i < sizeof unknown / sizeof *unknown; i++) {
        hl_tensor t = {NULL, 77, {0}};
        hl_error error = {0};
        hl_status status = hl_trace_tensor(trace, unknown[i], &t, &error);
        expect(status == HL_ERROR_VALUE && error.status == status, "\"%s\" gives status %d",
               unknown[i], status);
        expect(strcmp(error.argument, "name") == 0, "the error is about %s", error.argument);
        expect(t.rank == 77, "the tensor was written");
    }
    hl_tensor t = {NULL, 77, {0}};
    hl_error error = {0};
    hl_trace *memory = workspace_bytes(&p, 4096);
    expect(hl_trace_tensor(memory, "x", &t, &error) == HL_ERROR_HANDLE, "memory is a trace");
    memset(memory, 0, 4096);
    expect(hl_trace_tensor(memory, "x", &t, &error) == HL_ERROR_HANDLE, "zeros are a trace");
    expect(strcmp(error.argument, "trace") == 0, "the error is about %s", error.argument);
    const void *odd = (const char *)(const void *)memory + 1;
    expect(hl_trace_tensor(NULL, "x", &t, &error) == HL_ERROR_POINTER, "NULL is a trace");
    expect(hl_trace_tensor(odd, "x", &t, &error) == HL_ERROR_POINTER, "misaligned is a trace");
    if (trace != NULL) {
        expect(hl_trace_tensor(trace, NULL, &t, &error) == HL_ERROR_POINTER, "NULL is a name");
        expect(hl_trace_tensor(trace, "x", NULL, &error) == HL_ERROR_POINTER, "NULL is a tensor");
        expect(hl_trace_tensor(trace, "no", &t, NULL) == HL_ERROR_VALUE, "no error, no status");
    }
    expect(t.rank == 77, "the tensor was written");
    free_pool(&p);
    end_case();
}

int main(void) {
    notebook_numbers();
    two_heads();
    drawn();
    nothing();
    lifetime();
    handles();
    return finish_cases();
}
