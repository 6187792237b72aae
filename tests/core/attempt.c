/* A plan reads no tensor, so the numbers get their memory only once their sizes were accepted. */
#include "attempt.h"

#include "check.h"
#include "compare.h"
#include "compare_backward.h"
#include "compare_layers.h"
#include "headlight.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MOST_CELLS 100000 /* of one call that is run, so that the oracle is done soon */
#define HALF_BITS (4 * sizeof(hl_index))

static hl_index absurd_index(rng *r) {
    static const hl_index values[] = {0,
                                      -1,
                                      PTRDIFF_MIN,
                                      PTRDIFF_MAX,
                                      PTRDIFF_MAX / 2,
                                      PTRDIFF_MAX / 4 + 1,
                                      PTRDIFF_MAX / 8 + 1,
                                      (hl_index)1 << (HALF_BITS - 1),
                                      (hl_index)1 << HALF_BITS, /* its square wraps to 0 */
                                      INT32_MIN};
    return values[between(r, 0, 9)];
}

/* Mostly what fits, sometimes near it, seldom absurd. */
static hl_index draw_size(rng *r, hl_index fitting, double wrong) {
    if (!chance(r, wrong))
        return fitting;
    return chance(r, .6) ? between(r, 0, 9) : absurd_index(r);
}

static float draw_scalar(rng *r, double wrong) {
    static const float absurd[] = {NAN, INFINITY, -INFINITY, -1, 3e38F, 1e-45F};
    if (chance(r, wrong))
        return absurd[between(r, 0, 5)];
    return chance(r, .5) ? 0 : (float)(2 * uniform(r));
}

static int32_t draw_flag(rng *r) {
    return chance(r, .5) ? 0 : chance(r, .8) ? 1 : (int32_t)random_bits(r);
}

/* Present, but memory for one number only: to be planned with. */
static float placeholder[1];

static hl_tensor draw_tensor(rng *r, double wrong, hl_index rank, const hl_index *size) {
    hl_tensor t = {placeholder, draw_size(r, rank, wrong), {0}};
    for (int axis = 0; axis < HL_MAX_RANK; axis++) {
        t.size[axis] = axis < rank ? draw_size(r, size[axis], wrong) : absurd_index(r);
    }
    if (chance(r, wrong / 4))
        t.data = NULL;
    if (chance(r, wrong / 4))
        t.data = (float *)(UINTPTR_MAX - 3);
    return t;
}

static hl_tensor draw_optional(rng *r, double wrong, double present, hl_index rank,
                               const hl_index *size) {
    return chance(r, present) ? draw_tensor(r, wrong, rank, size) : (hl_tensor){0};
}

static hl_mask draw_mask_shape(rng *r, double wrong, hl_index most_rank, const hl_index shape[4]) {
    hl_index rank = between(r, 1, most_rank);
    hl_tensor t = draw_tensor(r, wrong, rank, shape + 4 - rank);
    hl_mask mask = {t.data, (int32_t)draw_size(r, between(r, 0, 2), wrong), t.rank, {0}};
    memcpy(mask.size, t.size, sizeof mask.size);
    for (hl_index axis = 0; axis < rank; axis++) {
        if (chance(r, .3))
            mask.size[axis] = 1;
    }
    return mask;
}

static hl_attention_options draw_options(rng *r, double wrong, const hl_index shape[4],
                                         hl_index kv_heads) {
    hl_attention_options o = {
        .heads = draw_size(r, shape[1], wrong),
        .kv_heads = draw_size(r, kv_heads, wrong),
        .use_scale = draw_flag(r),
        .scale = draw_scalar(r, wrong),
        .softcap = draw_scalar(r, wrong),
        .causal = draw_flag(r),
        .use_window = draw_flag(r),
        .mask = draw_mask_shape(r, wrong, 4, shape),
    };
    for (int side = 0; side < 2; side++) {
        o.window[side] = chance(r, wrong) ? (int32_t)random_bits(r) : (int32_t)between(r, 0, 9);
        if (chance(r, .1))
            o.window[side] = HL_WINDOW_UNLIMITED;
    }
    if (fabsf(o.scale) > 100)
        o.scale = 1; /* else logits beyond float32: their order is noise */
    return o;
}

/* ---- Memory for what was accepted ---- */

static bool is_small(const hl_tensor *t) {
    return element_count(t) <= MOST_CELLS;
}

/* How much there is to do; where a size is 0 the others may be beyond any product. */
static double cells(hl_index a, hl_index b, hl_index c, hl_index d) {
    return ((double)a + 1) * ((double)b + 1) * ((double)c + 1) * ((double)d + 1);
}

static void give_numbers(pool *p, rng *r, hl_tensor *t) {
    if (t->data != NULL)
        *t = normal_tensor(p, r, .5, t->rank, t->size);
}

static void give_cells(pool *p, rng *r, hl_mask *mask) {
    if (mask->kind == HL_MASK_NONE)
        return;
    hl_index count = 1;
    for (hl_index axis = 0; axis < mask->rank; axis++)
        count *= mask->size[axis];
    if (mask->kind == HL_MASK_BOOL) {
        uint8_t *cells = input_bytes(p, (size_t)count);
        for (hl_index i = 0; i < count; i++)
            cells[i] = chance(r, .7);
        mask->data = cells;
    } else {
        float *cells = input_floats(p, r, count);
        for (hl_index i = 0; i < count; i++)
            cells[i] = chance(r, .3) ? -INFINITY : (float)normal(r);
        mask->data = cells;
    }
}

static void expect_error(hl_status status, const hl_error *error) {
    expect(status > HL_OK && status <= HL_ERROR_HANDLE, "status %d", status);
    expect(error->status == status, "the error's status is %d, not %d", error->status, status);
    expect(memchr(error->argument, '\0', sizeof error->argument) != NULL &&
               memchr(error->message, '\0', sizeof error->message) != NULL,
           "the error's text has no end");
    expect(error->argument[0] != '\0' && error->message[0] != '\0', "the error has no text");
}

/* ---- Attention ---- */

static hl_attention_args draw_attention(rng *r, double wrong) {
    hl_index rank = between(r, 2, 4), batch = rank == 2 ? 1 : between(r, 0, 2);
    hl_index kv_heads = between(r, 1, 2), heads = kv_heads * between(r, 1, 2);
    hl_index q_len = between(r, 0, 9), kv_len = between(r, 0, 9), past_len = between(r, 0, 3);
    hl_index qk_dim = between(r, 0, 9), v_dim = between(r, 0, 9);
    const hl_index lens[] = {q_len, kv_len, kv_len}, dims[] = {qk_dim, qk_dim, v_dim};
    const hl_index counts[] = {heads, kv_heads, kv_heads};
    hl_tensor t[3];
    for (int i = 0; i < 3; i++) {
        const hl_index shapes[3][4] = {{lens[i], counts[i] * dims[i]},
                                       {batch, lens[i], counts[i] * dims[i]},
                                       {batch, counts[i], lens[i], dims[i]}};
        t[i] = draw_tensor(r, wrong, rank, shapes[rank - 2]);
    }
    bool past = chance(r, .3);
    if (!past)
        past_len = 0;
    const hl_index shape[4] = {batch, heads, q_len, kv_len + past_len};
    hl_attention_args args = {
        .q = t[0], .k = t[1], .v = t[2], .options = draw_options(r, wrong, shape, kv_heads)};
    if (past) {
        args.past_k = draw_tensor(r, wrong, 4, (hl_index[]){batch, kv_heads, past_len, qk_dim});
        args.past_v = draw_tensor(r, wrong, 4, (hl_index[]){batch, kv_heads, past_len, v_dim});
    } else if (chance(r, .3)) {
        static int32_t lengths[16];
        for (int b = 0; b < 16; b++) {
            lengths[b] =
                chance(r, wrong) ? (int32_t)random_bits(r) : (int32_t)between(r, 0, kv_len);
        }
        args.kv_lengths = lengths;
        args.kv_lengths_count = draw_size(r, batch, wrong);
    }
    return args;
}

static bool try_attention(rng *r, double wrong) {
    hl_attention_args args = draw_attention(r, wrong);
    hl_attention_shape s;
    hl_error error = {0};
    hl_status status = hl_attention_plan(&args, &s, &error);
    if (status != HL_OK) {
        expect_error(status, &error);
        char workspace[64] __attribute__((aligned(16)));
        expect(hl_attention(&args, workspace, sizeof workspace, NULL) == status,
               "plan and call refuse in different ways");
        return false;
    }
    hl_tensor *tensors[] = {&args.q, &args.k, &args.v, &args.past_k, &args.past_v};
    for (int i = 0; i < 5; i++) {
        if (!is_small(tensors[i]))
            return true;
    }
    if (cells(s.batch, s.heads, s.q_len, s.kv_len) > MOST_CELLS ||
        cells(s.batch, s.heads, s.q_len, s.v_dim) > MOST_CELLS)
        return true;
    pool p = {0};
    for (int i = 0; i < 5; i++)
        give_numbers(&p, r, tensors[i]);
    give_cells(&p, r, &args.options.mask);
    compare_attention(&p, &args, (unsigned)between(r, 0, ALL_STAGES));
    free_pool(&p);
    return true;
}

/* ---- Its backward pass ---- */

/* What a forward pass would have given, its shapes wrong at times. */
static hl_attention_backward_args
draw_backward(rng *r, double wrong, const hl_attention_args *forward, const hl_attention_shape *s) {
    hl_tensor out = forward->q;
    out.size[out.rank - 1] = out.rank == 4 ? s->v_dim : s->heads * s->v_dim;
    const hl_index statistics[] = {s->batch, s->heads, s->q_len, 2};
    return (hl_attention_backward_args){
        .q = forward->q,
        .k = forward->k,
        .v = forward->v,
        .options = forward->options,
        .kv_lengths = forward->kv_lengths,
        .kv_lengths_count = forward->kv_lengths_count,
        .output = draw_tensor(r, wrong, out.rank, out.size),
        .statistics = draw_tensor(r, wrong, 4, statistics),
        .d_output = draw_tensor(r, wrong, out.rank, out.size),
    };
}

static bool try_backward(rng *r, double wrong) {
    hl_attention_args forward = draw_attention(r, wrong);
    forward.past_k = forward.past_v = (hl_tensor){0};
    hl_attention_shape s;
    hl_error error = {0};
    if (hl_attention_plan(&forward, &s, &error) != HL_OK)
        return false;
    hl_attention_backward_args args = draw_backward(r, wrong, &forward, &s);
    size_t bytes;
    hl_status status = hl_attention_backward_plan(&args, &bytes, &error);
    if (status != HL_OK) {
        expect_error(status, &error);
        char workspace[64] __attribute__((aligned(16)));
        expect(hl_attention_backward(&args, workspace, sizeof workspace, NULL) == status,
               "plan and call refuse in different ways");
        return false;
    }
    hl_tensor *tensors[] = {&forward.q, &forward.k, &forward.v};
    for (int i = 0; i < 3; i++) {
        if (!is_small(tensors[i]))
            return true;
    }
    if (cells(s.batch, s.heads, s.q_len, s.kv_len) > MOST_CELLS ||
        cells(s.batch, s.heads, s.q_len, s.v_dim) > MOST_CELLS)
        return true;
    pool p = {0};
    for (int i = 0; i < 3; i++)
        give_numbers(&p, r, tensors[i]);
    give_cells(&p, r, &forward.options.mask);
    if (make_backward(&p, r, &forward, &args))
        compare_backward(&p, &forward, &args);
    free_pool(&p);
    return true;
}

/* ---- Multi-head layer ---- */

static hl_multihead_args draw_multihead(rng *r, double wrong) {
    hl_index rank = between(r, 2, 3), batch = rank == 2 ? 1 : between(r, 0, 2);
    hl_index q_len = between(r, 0, 6), kv_len = between(r, 0, 6), heads = between(r, 1, 3);
    hl_index d[] = {between(r, 0, 6), between(r, 0, 6), between(r, 0, 6)};
    hl_index d_qk = heads * between(r, 1, 4), d_v = heads * between(r, 1, 4);
    hl_index d_out = between(r, 0, 7);
    const hl_index shape[4] = {batch, heads, q_len, kv_len};
    const hl_index key_shape[4] = {0, 0, batch, kv_len};
    hl_index shapes[3][3] = {{batch, q_len, d[0]}, {batch, kv_len, d[1]}, {batch, kv_len, d[2]}};
    hl_multihead_args args = {
        .query = draw_tensor(r, wrong, rank, shapes[0] + 3 - rank),
        .key = draw_tensor(r, wrong, rank, shapes[1] + 3 - rank),
        .value = draw_tensor(r, wrong, rank, shapes[2] + 3 - rank),
        .wq = draw_tensor(r, wrong, 2, (hl_index[]){d[0], d_qk}),
        .wk = draw_tensor(r, wrong, 2, (hl_index[]){d[1], d_qk}),
        .wv = draw_tensor(r, wrong, 2, (hl_index[]){d[2], d_v}),
        .wo = draw_tensor(r, wrong, 2, (hl_index[]){d_v, d_out}),
        .bq = draw_optional(r, wrong, .5, 1, &d_qk),
        .bk = draw_optional(r, wrong, .5, 1, &d_qk),
        .bv = draw_optional(r, wrong, .5, 1, &d_v),
        .bo = draw_optional(r, wrong, .5, 1, &d_out),
        .heads = draw_size(r, heads, wrong),
        .mask = draw_mask_shape(r, wrong, 4, shape),
        .key_mask = draw_mask_shape(r, wrong, 2, key_shape),
        .causal = draw_flag(r),
        .add_zero_attn = draw_flag(r),
        .average_weights = draw_flag(r),
    };
    if (chance(r, .4))
        args.bias_k = draw_tensor(r, wrong, 1, &d_qk);
    if (args.bias_k.data != NULL)
        args.bias_v = draw_tensor(r, wrong, 1, &d_v);
    return args;
}

static bool try_multihead(rng *r, double wrong) {
    hl_multihead_args args = draw_multihead(r, wrong);
    hl_multihead_shape s;
    hl_error error = {0};
    hl_status status = hl_multihead_plan(&args, &s, &error);
    if (status != HL_OK) {
        expect_error(status, &error);
        char workspace[64] __attribute__((aligned(16)));
        expect(hl_multihead(&args, workspace, sizeof workspace, NULL) == status,
               "plan and call refuse in different ways");
        return false;
    }
    hl_tensor *tensors[] = {&args.query, &args.key,    &args.value, &args.wq, &args.wk,
                            &args.wv,    &args.wo,     &args.bq,    &args.bk, &args.bv,
                            &args.bo,    &args.bias_k, &args.bias_v};
    for (int i = 0; i < 13; i++) {
        if (!is_small(tensors[i]))
            return true;
    }
    if (cells(s.batch, s.heads, s.q_len, s.kv_len) > MOST_CELLS ||
        cells(s.batch, s.q_len, s.d_out, 1) > MOST_CELLS ||
        cells(s.batch, s.q_len, args.wq.size[1], args.wv.size[1]) > MOST_CELLS ||
        cells(s.batch, s.kv_len, args.wq.size[1], args.wv.size[1]) > MOST_CELLS) {
        return true;
    }
    pool p = {0};
    for (int i = 0; i < 13; i++)
        give_numbers(&p, r, tensors[i]);
    give_cells(&p, r, &args.mask);
    give_cells(&p, r, &args.key_mask);
    compare_multihead(&p, &args);
    free_pool(&p);
    return true;
}

/* ---- Linear ---- */

static bool try_linear(rng *r, double wrong) {
    hl_index size[] = {between(r, 0, 5), between(r, 0, 5), between(r, 0, 5), between(r, 0, 20)};
    hl_index rank = between(r, 1, 4), in = size[3], out = between(r, 0, 20);
    hl_linear_args args = {
        .x = draw_tensor(r, wrong, rank, size + 4 - rank),
        .w = draw_tensor(r, wrong, 2, (hl_index[]){in, out}),
        .b = draw_optional(r, wrong, .5, 1, &out),
    };
    hl_error error = {0};
    size_t bytes;
    hl_status status = hl_linear_plan(&args, &bytes, &error);
    if (status != HL_OK) {
        expect_error(status, &error);
        return false;
    }
    if (!is_small(&args.x) || !is_small(&args.w))
        return true;
    double rows = 1;
    for (hl_index axis = 0; axis < args.x.rank - 1; axis++)
        rows *= (double)args.x.size[axis];
    if (rows * fmax(1, (double)args.w.size[1]) > MOST_CELLS || bytes > 4000000)
        return true;
    pool p = {0};
    give_numbers(&p, r, &args.x);
    give_numbers(&p, r, &args.w);
    give_numbers(&p, r, &args.b);
    compare_linear(&p, &args);
    free_pool(&p);
    return true;
}

/* ---- Trace ---- */

static bool try_trace(rng *r, double wrong) {
    hl_index len = between(r, 0, 7), d_model = between(r, 0, 7), heads = between(r, 1, 3);
    hl_index d_qk = heads * between(r, 1, 5), d_v = heads * between(r, 1, 5);
    const hl_index x[] = {len, d_model}, wo[] = {d_v, between(r, 0, 6)};
    const hl_index shape[4] = {1, heads, len, len};
    hl_trace_args args = {
        .embeddings = draw_tensor(r, wrong, 2, x),
        .positions = draw_optional(r, wrong, .4, 2, x),
        .sinusoidal = draw_flag(r),
        .wq = draw_tensor(r, wrong, 2, (hl_index[]){d_model, d_qk}),
        .wk = draw_tensor(r, wrong, 2, (hl_index[]){d_model, d_qk}),
        .wv = draw_tensor(r, wrong, 2, (hl_index[]){d_model, d_v}),
        .wo = draw_optional(r, wrong, .5, 2, wo),
        .options = draw_options(r, wrong, shape, heads),
        .omit = draw_flag(r),
        .use_head = draw_flag(r),
        .head = between(r, 0, heads - 1),
    };
    hl_error error = {0};
    size_t bytes;
    hl_status status = hl_trace_plan(&args, &bytes, &error);
    if (status != HL_OK) {
        expect_error(status, &error);
        hl_trace *trace = NULL;
        char memory[64] __attribute__((aligned(16)));
        expect(hl_trace_run(&args, memory, sizeof memory, &trace, NULL) == status && trace == NULL,
               "plan and call refuse in different ways");
        return false;
    }
    if (bytes > 1000000)
        return true;
    pool p = {0};
    hl_tensor *tensors[] = {&args.embeddings, &args.positions, &args.wq,
                            &args.wk,         &args.wv,        &args.wo};
    for (int i = 0; i < 6; i++) {
        if (!is_small(tensors[i])) {
            free_pool(&p);
            return true;
        }
        give_numbers(&p, r, tensors[i]);
    }
    give_cells(&p, r, &args.options.mask);
    void *memory = workspace_bytes(&p, bytes);
    hl_trace *trace = NULL;
    seal_inputs(&p);
    status = hl_trace_run(&args, memory, bytes, &trace, &error);
    expect(status == HL_OK && trace != NULL, "%s: %s", error.argument, error.message);
    expect(intact(&p), "wrote into an input");
    free_pool(&p);
    return true;
}

/* ---- What is around them ---- */

/* Packed by the core, a layer's projections give what they give unpacked. */
static bool try_pack(rng *r, double wrong) {
    const hl_index size[] = {between(r, 0, 30), between(r, 0, 30)};
    hl_tensor w = draw_tensor(r, wrong, 2, size);
    size_t bytes = 0;
    hl_error error = {0};
    hl_status status = hl_pack_plan(&w, &bytes, &error);
    if (status != HL_OK) {
        expect_error(status, &error);
        expect(hl_pack(&w, placeholder, NULL) == status, "plan and call refuse in different ways");
        return false;
    }
    if (!is_small(&w) || bytes > 4 * MOST_CELLS)
        return true;
    pool p = {0};
    give_numbers(&p, r, &w);
    float *packed = output_floats(&p, (hl_index)(bytes / sizeof *packed));
    seal_inputs(&p);
    expect(hl_pack(&w, packed, &error) == HL_OK, "%s: %s", error.argument, error.message);
    expect(intact(&p), "wrote beyond the packed matrix, or into an input");
    /* Each number is there as often as in w; what fills up are zeros. */
    double sum = 0, want = 0;
    for (hl_index i = 0; i < (hl_index)(bytes / sizeof *packed); i++)
        sum += (double)packed[i] * (double)packed[i];
    for (hl_index i = 0; i < element_count(&w); i++)
        want += (double)w.data[i] * (double)w.data[i];
    expect(fabs(sum - want) <= 1e-12 * want, "squares of packed add up to %g, not %g", sum, want);
    free_pool(&p);
    return true;
}

static bool try_softmax(rng *r, double wrong) {
    hl_index size[] = {between(r, 0, 3), between(r, 0, 3), between(r, 0, 5), between(r, 0, 70)};
    hl_index rank = between(r, 1, 4);
    hl_tensor x = draw_tensor(r, wrong, rank, size + 4 - rank);
    bool small = x.rank >= 1 && x.rank <= HL_MAX_RANK;
    double count = 1;
    for (hl_index axis = 0; small && axis < x.rank; axis++) {
        small = x.size[axis] >= 0;
        count *= fmax(1, (double)x.size[axis]); /* zeros do not make the others small */
    }
    hl_error error = {0};
    if (!small || count > MOST_CELLS || x.data != placeholder) {
        /* In place, since there is no other memory of its size. */
        if (small && x.data == placeholder)
            return true;
        hl_status status = hl_softmax(&x, x.data, &error);
        if (status != HL_OK)
            expect_error(status, &error);
        return status == HL_OK;
    }
    pool p = {0};
    double spread = chance(r, .2) ? 100 : 1;
    x = normal_tensor(&p, r, spread, x.rank, x.size);
    float *output = output_floats(&p, element_count(&x));
    seal_inputs(&p);
    expect(hl_softmax(&x, output, &error) == HL_OK, "%s: %s", error.argument, error.message);
    expect(intact(&p), "wrote beyond the output, or into x");
    oracle_array want = oracle_softmax(&x);
    compare_array("softmax", &want, output);
    oracle_array_free(&want);
    free_pool(&p);
    return true;
}

static bool try_embed(rng *r, double wrong) {
    hl_index rows = between(r, 0, 9), d = between(r, 0, 9);
    hl_index count = rows > 0 || chance(r, wrong) ? between(r, 0, 20) : 0;
    pool p = {0};
    hl_tensor table = normal_tensor(&p, r, 1, 2, (hl_index[]){rows, d});
    int32_t *ids = input_bytes(&p, (size_t)count * sizeof *ids);
    bool fits = true;
    for (hl_index i = 0; i < count; i++) {
        ids[i] = chance(r, wrong) ? (int32_t)absurd_index(r) : (int32_t)between(r, 0, rows - 1);
        fits &= ids[i] >= 0 && ids[i] < rows;
    }
    hl_index told = chance(r, wrong) ? absurd_index(r) : count;
    float *output = output_floats(&p, count * d);
    seal_inputs(&p);
    hl_error error = {0};
    hl_status status = HL_OK;
    if (told <= count) /* more ids than there are must not be told */
        status = hl_embed(ids, told, &table, output, &error);
    expect(intact(&p), "wrote beyond the output, or into an input");
    if (told == count)
        expect((status == HL_OK) == fits, "status %d", status);
    if (status != HL_OK)
        expect_error(status, &error);
    for (hl_index i = 0; status == HL_OK && told == count && i < count; i++) {
        expect(same_floats(output + i * d, table.data + ids[i] * d, d), "row %td is another", i);
    }
    free_pool(&p);
    return status == HL_OK;
}

static bool try_positions(rng *r, double wrong) {
    hl_index len = draw_size(r, between(r, 0, 20), wrong);
    hl_index d_model = draw_size(r, between(r, 0, 20), wrong);
    double base = chance(r, wrong) ? (double)draw_scalar(r, 1) : 1 + 20000 * uniform(r);
    double first = chance(r, wrong) ? (double)draw_scalar(r, 1) : (double)between(r, 0, 1000);
    hl_error error = {0};
    if (len > 300 || d_model > 300) {
        hl_status status = hl_position_encoding(len, d_model, base, first, NULL, &error);
        if (status != HL_OK)
            expect_error(status, &error);
        return false;
    }
    pool p = {0};
    hl_index count = len > 0 && d_model > 0 ? len * d_model : 0;
    float *output = output_floats(&p, count);
    seal_inputs(&p);
    hl_status status = hl_position_encoding(len, d_model, base, first, output, &error);
    expect(intact(&p), "wrote beyond the output");
    if (status != HL_OK)
        expect_error(status, &error);
    if (status == HL_OK && base >= 1 && fabs(first) <= 1e4) {
        oracle_array want = oracle_position_encoding(len, d_model, base, first);
        compare_array("positions", &want, output);
        oracle_array_free(&want);
    }
    free_pool(&p);
    return status == HL_OK;
}

const attempt attempts[] = {
    {"attention", try_attention}, {"attention_backward", try_backward},
    {"multihead", try_multihead}, {"linear", try_linear},
    {"pack", try_pack},           {"softmax", try_softmax},
    {"embed", try_embed},         {"position_encoding", try_positions},
    {"trace", try_trace},         {NULL, NULL},
};
