/* hl_multihead against the oracle, over all its options. */
#include "check.h"
#include "compare_layers.h"
#include "data.h"
#include "draw.h"
#include "headlight.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sizes {
    hl_index batch, heads, q_len, kv_len, d_query, d_key, d_value, d_qk, d_v,
        d_out; /* batch 0: none */
} sizes;

static hl_tensor input(pool *p, rng *r, const sizes *s, hl_index len, hl_index d) {
    if (s->batch == 0)
        return normal_tensor(p, r, 1, 2, (hl_index[]){len, d});
    return normal_tensor(p, r, 1, 3, (hl_index[]){s->batch, len, d});
}

static hl_tensor matrix(pool *p, rng *r, hl_index in, hl_index out) {
    return normal_tensor(p, r, 1 / sqrt((double)in + 1), 2, (hl_index[]){in, out});
}

static hl_tensor vector(pool *p, rng *r, hl_index n) {
    return normal_tensor(p, r, .5, 1, (hl_index[]){n});
}

static hl_multihead_args make(pool *p, rng *r, const sizes *s) {
    return (hl_multihead_args){
        .query = input(p, r, s, s->q_len, s->d_query),
        .key = input(p, r, s, s->kv_len, s->d_key),
        .value = input(p, r, s, s->kv_len, s->d_value),
        .wq = matrix(p, r, s->d_query, s->d_qk),
        .wk = matrix(p, r, s->d_key, s->d_qk),
        .wv = matrix(p, r, s->d_value, s->d_v),
        .wo = matrix(p, r, s->d_v, s->d_out),
        .heads = s->heads,
    };
}

static sizes draw_sizes(rng *r) {
    sizes s = {.batch = between(r, 0, 3),
               .heads = between(r, 1, 4),
               .q_len = draw_len(r),
               .kv_len = draw_len(r),
               .d_query = draw_dim(r),
               .d_out = draw_dim(r)};
    s.d_key = chance(r, .5) ? s.d_query : draw_dim(r);
    s.d_value = chance(r, .5) ? s.d_key : draw_dim(r);
    s.d_qk = s.heads * between(r, 1, 17);
    s.d_v = chance(r, .5) ? s.d_qk : s.heads * between(r, 1, 17);
    if (s.q_len > 100)
        s.q_len = 25;
    return s;
}

static void add_options(pool *p, rng *r, const sizes *s, hl_multihead_args *args) {
    if (chance(r, .6))
        args->bq = vector(p, r, s->d_qk);
    if (chance(r, .6))
        args->bk = vector(p, r, s->d_qk);
    if (chance(r, .6))
        args->bv = vector(p, r, s->d_v);
    if (chance(r, .6))
        args->bo = vector(p, r, s->d_out);
    if (chance(r, .4)) {
        args->bias_k = vector(p, r, s->d_qk);
        args->bias_v = vector(p, r, s->d_v);
    }
    args->add_zero_attn = chance(r, .4);
    args->average_weights = chance(r, .4);
    args->causal = chance(r, .3);
    const hl_index batch = s->batch == 0 ? 1 : s->batch;
    const hl_index shape[4] = {batch, s->heads, s->q_len, s->kv_len};
    if (chance(r, .5))
        args->mask = draw_mask(p, r, shape);
    if (chance(r, .4)) {
        hl_index rank = s->batch > 0 && chance(r, .7) ? 2 : 1, count = rank == 2 ? batch : 1;
        hl_mask mask = {.rank = rank, .size = {count, s->kv_len}};
        if (rank == 1)
            mask.size[0] = s->kv_len;
        count *= s->kv_len;
        if (chance(r, .6)) {
            uint8_t *cells = input_bytes(p, (size_t)count);
            for (hl_index i = 0; i < count; i++)
                cells[i] = chance(r, .7);
            mask.kind = HL_MASK_BOOL;
            mask.data = cells;
        } else {
            float *cells = input_floats(p, r, count);
            for (hl_index i = 0; i < count; i++)
                cells[i] = chance(r, .3) ? -INFINITY : (float)normal(r);
            mask.kind = HL_MASK_FLOAT;
            mask.data = cells;
        }
        args->key_mask = mask;
    }
}

static void drawn(void) {
    for (int group = 0; group < 15; group++) {
        begin_case("multi-head layer, options, draw %d", group);
        for (int draw = 0; draw < 12; draw++) {
            pool p = {0};
            rng r = {0x9E3779B97F4A7C15ULL * (uint64_t)(1 + 12 * group + draw)};
            sizes s = draw_sizes(&r);
            hl_multihead_args args = make(&p, &r, &s);
            if (group > 1)
                add_options(&p, &r, &s, &args);
            compare_multihead(&p, &args);
            free_pool(&p);
        }
        end_case();
    }
}

/* Input, keys and values may be the same memory. */
static void self_attention(void) {
    begin_case("multi-head layer, query, key and value are one tensor");
    pool p = {0};
    rng r = {30};
    const sizes s = {2, 2, 9, 9, 6, 6, 6, 8, 8, 6};
    hl_multihead_args args = make(&p, &r, &s);
    args.key = args.value = args.query;
    args.wk = args.wq;
    compare_multihead(&p, &args);
    free_pool(&p);
    end_case();
}

static void nothing(void) {
    static const char *const names[] = {"batch",   "q_len", "kv_len", "d_query", "d_key",
                                        "d_value", "d_qk",  "d_v",    "d_out"};
    for (int axis = 0; axis < 9; axis++) {
        begin_case("multi-head layer, %s 0", names[axis]);
        pool p = {0};
        rng r = {40};
        sizes s = {2, 2, 3, 5, 4, 5, 6, 8, 6, 7};
        hl_index *fields[] = {&s.batch,   &s.q_len, &s.kv_len, &s.d_query, &s.d_key,
                              &s.d_value, &s.d_qk,  &s.d_v,    &s.d_out};
        hl_multihead_args args;
        if (axis == 0) {
            args = make(&p, &r, &s);
            args.query.size[0] = args.key.size[0] = args.value.size[0] = 0;
        } else {
            *fields[axis] = 0;
            if (axis == 6 || axis == 7)
                s.heads = 1; /* nothing cannot be shared out to several */
            args = make(&p, &r, &s);
        }
        args.bo = vector(&p, &r, s.d_out);
        args.bv = vector(&p, &r, s.d_v);
        compare_multihead(&p, &args);
        args.bias_k = vector(&p, &r, s.d_qk);
        args.bias_v = vector(&p, &r, s.d_v);
        args.add_zero_attn = 1;
        compare_multihead(&p, &args);
        free_pool(&p);
        end_case();
    }
}

/* Where every key is hidden the heads are zeros, and the output is the output's bias. */
static void all_hidden(void) {
    begin_case("multi-head layer, a row that sees nothing is bo");
    pool p = {0};
    rng r = {50};
    const sizes s = {1, 2, 3, 5, 4, 4, 4, 6, 6, 4};
    static const uint8_t hidden[5];
    hl_multihead_args args = make(&p, &r, &s);
    args.bo = vector(&p, &r, 4);
    args.bv = vector(&p, &r, 6);
    args.key_mask = (hl_mask){hidden, HL_MASK_BOOL, 1, {5}};
    multihead_result result;
    if (run_multihead(&p, args, true, &result)) {
        for (int i = 0; i < 12; i++) {
            expect(result.output[i] == args.bo.data[i % 4], "output[%d] is %g, not %g", i,
                   (double)result.output[i], (double)args.bo.data[i % 4]);
        }
        for (int i = 0; i < 30; i++) {
            expect(result.weights[i] == 0, "weights[%d] is %g", i, (double)result.weights[i]);
        }
    }
    compare_multihead(&p, &args);
    free_pool(&p);
    end_case();
}

/* A padded token may hold NaN. */
static void padding(void) {
    begin_case("multi-head layer, NaN in padded tokens does no harm");
    pool p = {0};
    rng r = {60};
    const sizes s = {2, 2, 3, 7, 4, 4, 4, 6, 6, 4};
    static const uint8_t seen[14] = {1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0};
    hl_multihead_args args = make(&p, &r, &s);
    args.key_mask = (hl_mask){seen, HL_MASK_BOOL, 2, {2, 7}};
    args.add_zero_attn = 1;
    for (int i = 0; i < 14; i++) {
        if (seen[i])
            continue;
        args.key.data[(ptrdiff_t)i * 4 + 1] = NAN;
        args.value.data[(ptrdiff_t)i * 4 + 2] = INFINITY;
    }
    multihead_result result;
    if (run_multihead(&p, args, false, &result)) {
        for (int i = 0; i < 24; i++)
            expect(isfinite(result.output[i]), "output[%d] is not finite", i);
    }
    compare_multihead(&p, &args);
    free_pool(&p);
    end_case();
}

int main(void) {
    drawn();
    self_attention();
    nothing();
    all_hidden();
    padding();
    return finish_cases();
}
