/* hl_attention_backward against the oracle, and the oracle against differences of the loss. */
#include "check.h"
#include "compare_backward.h"
#include "data.h"
#include "draw.h"
#include "headlight.h"
#include "options.h"
#include "oracle.h"

#include <math.h>
#include <stddef.h>

static void compare(pool *p, rng *r, const hl_attention_args *forward, bool some) {
    hl_attention_backward_args args;
    if (!make_backward(p, r, forward, &args))
        return;
    hl_index beyond = compare_backward(p, forward, &args);
    expect(!some || beyond > 0, "zeros would pass");
}

static void options(void) {
    for (size_t i = 0; i < option_cases(); i++) {
        begin_case("backward, %s", option_case_name(i));
        pool p = {0};
        rng r = {77 + i};
        hl_attention_args args = option_case(&p, &r, i, 1);
        compare(&p, &r, &args, args.options.mask.size[0] > 0 || !args.options.mask.data);
        free_pool(&p);
        end_case();
    }
}

/* Central differences in float64: their own error is about step² and 1e-16 / step. */
static void differences(void) {
    const double step = 1e-4;
    for (size_t i = 0; i < option_cases(); i++) {
        begin_case("the oracle's gradients are differences of the loss, %s", option_case_name(i));
        pool p = {0};
        rng r = {177 + i};
        hl_attention_args args = option_case(&p, &r, i, .5);
        const hl_tensor *of[] = {&args.q, &args.k, &args.v};
        const float *d_output = normal_tensor(&p, &r, 1, 4, (hl_index[]){2, 4, 5, 9}).data;
        oracle_gradients got = oracle_attend_backward(&args, d_output);
        for (int which = 0; which < 3; which++) {
            for (hl_index at = 0; at < element_count(of[which]); at++) {
                double up = oracle_attention_loss(&args, d_output, which, at, step);
                double down = oracle_attention_loss(&args, d_output, which, at, -step);
                double want = (up - down) / (2 * step), value = got.of[which].value[at];
                expect(fabs(value - want) <= 1e-6, "%d[%td]: %.9g, not %.9g", which, at, value,
                       want);
            }
        }
        oracle_gradients_free(&got);
        free_pool(&p);
        end_case();
    }
}

/* Every length around the edges of tiles, panels and groups, against every other near it. */
static void sizes(void) {
    for (hl_index q_len = 1; q_len <= 52; q_len += q_len < 26 || q_len > 44 ? 1 : 6) {
        begin_case("backward, %td queries, 1 to 50 keys", q_len);
        for (hl_index kv_len = 1; kv_len <= 50; kv_len += kv_len < 14 ? 1 : 5) {
            pool p = {0};
            rng r = {(uint64_t)(q_len * 64 + kv_len)};
            hl_index dim = 1 + (q_len + kv_len) % 19, v_dim = 1 + (3 * q_len + kv_len) % 19;
            hl_attention_args args = {
                .q = normal_tensor(&p, &r, 1, 2, (hl_index[]){q_len, dim}),
                .k = normal_tensor(&p, &r, 1, 2, (hl_index[]){kv_len, dim}),
                .v = normal_tensor(&p, &r, 1, 2, (hl_index[]){kv_len, v_dim}),
                .options = {.causal = kv_len % 2},
            };
            compare(&p, &r, &args, true);
            free_pool(&p);
        }
        end_case();
    }
}

/* Blocks of keys and their borders, hidden from one side and from the other. */
static void blocks(void) {
    const hl_index lens[] = {95, 96, 97, 191, 193, 200, 289};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        begin_case("backward, %td queries and keys, whole, causal and in windows", lens[i]);
        for (int kind = 0; kind < 4; kind++) {
            pool p = {0};
            rng r = {300 + 4 * i + (uint64_t)kind};
            hl_attention_args args = {
                .q = normal_tensor(&p, &r, 1, 3, (hl_index[]){1, lens[i], 8}),
                .k = normal_tensor(&p, &r, 1, 3, (hl_index[]){1, lens[i], 8}),
                .v = normal_tensor(&p, &r, 1, 3, (hl_index[]){1, lens[i], 12}),
                .options = {.causal = kind % 2,
                            .use_window = kind > 1,
                            .window = {30, kind == 2 ? 3 : HL_WINDOW_UNLIMITED}},
            };
            compare(&p, &r, &args, true);
            free_pool(&p);
        }
        end_case();
    }
}

/* Without past, which gradients are not for. */
static hl_attention_args draw(pool *p, rng *r) {
    hl_attention_args args = draw_tensors(p, r);
    args.past_k = args.past_v = (hl_tensor){0};
    draw_options(p, r, &args);
    return args;
}

static void drawn(void) {
    for (int group = 0; group < 15; group++) {
        begin_case("backward, shapes and options, draw %d", group);
        for (int i = 0; i < 20; i++) {
            pool p = {0};
            rng r = {0x9E3779B97F4A7C15ULL * (uint64_t)(9000 + 20 * group + i)};
            hl_attention_args args = draw(&p, &r);
            compare(&p, &r, &args, false);
            free_pool(&p);
        }
        end_case();
    }
}

/* All numbers positive: rounding errs to one side in long sums. */
static void positive(void) {
    begin_case("backward, 700 queries and keys of positive numbers");
    pool p = {0};
    rng r = {41};
    hl_attention_args args = {.q = normal_tensor(&p, &r, 1, 2, (hl_index[]){700, 5}),
                              .k = normal_tensor(&p, &r, 1, 2, (hl_index[]){700, 5}),
                              .v = normal_tensor(&p, &r, 1, 2, (hl_index[]){700, 4})};
    float *all[] = {args.q.data, args.k.data, args.v.data};
    for (int i = 0; i < 3; i++)
        fill_uniform(&r, all[i], 700 * (i == 2 ? 4 : 5), 1);
    hl_attention_backward_args back;
    if (make_backward(&p, &r, &args, &back)) {
        fill_uniform(&r, back.d_output.data, 700 * 4, 1);
        expect(compare_backward(&p, &args, &back) > 0, "zeros would pass");
    }
    free_pool(&p);
    end_case();
}

/* The rank-2 statistics of a single head. */
static void one_head(void) {
    begin_case("backward, statistics of rank 2");
    pool p = {0};
    rng r = {42};
    hl_attention_args args = {.q = normal_tensor(&p, &r, 1, 2, (hl_index[]){9, 5}),
                              .k = normal_tensor(&p, &r, 1, 2, (hl_index[]){8, 5}),
                              .v = normal_tensor(&p, &r, 1, 2, (hl_index[]){8, 4})};
    hl_attention_backward_args back;
    if (make_backward(&p, &r, &args, &back)) {
        back.statistics = (hl_tensor){back.statistics.data, 2, {9, 2}};
        expect(compare_backward(&p, &args, &back) > 0, "zeros would pass");
    }
    free_pool(&p);
    end_case();
}

static void nothing(void) {
    static const char *const axes[] = {"batch", "q_len", "kv_len", "qk_dim", "v_dim"};
    for (int axis = 0; axis < 5; axis++) {
        begin_case("backward, %s 0", axes[axis]);
        pool p = {0};
        rng r = {640};
        hl_index size[] = {2, 5, 7, 4, 6};
        size[axis] = 0;
        hl_attention_args args = {
            .q = normal_tensor(&p, &r, 1, 4, (hl_index[]){size[0], 2, size[1], size[3]}),
            .k = normal_tensor(&p, &r, 1, 4, (hl_index[]){size[0], 2, size[2], size[3]}),
            .v = normal_tensor(&p, &r, 1, 4, (hl_index[]){size[0], 2, size[2], size[4]})};
        compare(&p, &r, &args, axis == 3);
        free_pool(&p);
        end_case();
    }
}

static float strange(rng *r) {
    const float values[] = {NAN, INFINITY, -INFINITY};
    return values[between(r, 0, 2)];
}

/* Each row and key with a strange number shows it where it is seen, and nowhere else. */
static void strange_numbers(void) {
    for (int group = 0; group < 15; group++) {
        begin_case("backward, NaN and Inf anywhere, draw %d", group);
        for (int i = 0; i < 20; i++) {
            pool p = {0};
            rng r = {0x9E3779B97F4A7C15ULL * (uint64_t)(12000 + 20 * group + i)};
            hl_attention_args args = draw(&p, &r);
            /* Where tanh is 1 in float32 alone, 0 · Inf would be NaN there alone. */
            args.options.softcap = 0;
            hl_tensor *tensors[] = {&args.q, &args.k, &args.v};
            for (hl_index count = between(&r, 0, 3); count > 0; count--) {
                hl_tensor *t = tensors[between(&r, 0, 2)];
                t->data[between(&r, 0, element_count(t) - 1)] = strange(&r);
            }
            hl_attention_backward_args back;
            if (make_backward(&p, &r, &args, &back)) {
                if (chance(&r, .4))
                    back.d_output.data[between(&r, 0, element_count(&back.d_output) - 1)] =
                        strange(&r);
                compare_backward(&p, &args, &back);
            }
            free_pool(&p);
        }
        end_case();
    }
}

/* Hidden keys of NaN, and a row that sees nothing of NaN: exactly as if they were numbers. */
static void hidden_numbers(void) {
    begin_case("backward, NaN that is hidden leaves no trace");
    pool p = {0};
    rng r = {43};
    int32_t *lens = input_bytes(&p, sizeof *lens);
    uint8_t *cells = input_bytes(&p, 30 * 60);
    for (int i = 0; i < 30 * 60; i++)
        cells[i] = i / 60 != 4 && i % 60 != 11; /* query 4 sees nothing, key 11 is seen by none */
    lens[0] = 55;
    hl_attention_args args = {.q = normal_tensor(&p, &r, 1, 2, (hl_index[]){30, 6}),
                              .k = normal_tensor(&p, &r, 1, 2, (hl_index[]){60, 6}),
                              .v = normal_tensor(&p, &r, 1, 2, (hl_index[]){60, 10}),
                              .options = {.mask = {cells, HL_MASK_BOOL, 2, {30, 60}}},
                              .kv_lengths = lens,
                              .kv_lengths_count = 1};
    for (int c = 0; c < 6; c++)
        args.q.data[4 * 6 + c] = args.k.data[11 * 6 + c] = args.k.data[57 * 6 + c] = NAN;
    for (int c = 0; c < 10; c++)
        args.v.data[11 * 10 + c] = args.v.data[58 * 10 + c] = NAN;
    hl_attention_backward_args back;
    if (make_backward(&p, &r, &args, &back)) {
        for (int c = 0; c < 10; c++)
            back.d_output.data[4 * 10 + c] = NAN;
        expect(compare_backward(&p, &args, &back) > 0, "zeros would pass");
        if (run_backward(&p, &back)) {
            for (int i = 0; i < 30 * 6; i++)
                expect(isfinite(back.d_q[i]), "d_q[%d] is %g", i, (double)back.d_q[i]);
            for (int i = 0; i < 60 * 6; i++)
                expect(isfinite(back.d_k[i]), "d_k[%d] is %g", i, (double)back.d_k[i]);
            for (int i = 0; i < 60 * 10; i++)
                expect(isfinite(back.d_v[i]), "d_v[%d] is %g", i, (double)back.d_v[i]);
        }
    }
    free_pool(&p);
    end_case();
}

/* The workspace grows with the keys, not with queries times keys. */
static void memory(void) {
    begin_case("backward, memory");
    static float x[4];
    size_t bytes[3] = {0};
    const hl_index lens[] = {4096, 8192, 8192}, queries[] = {4096, 4096, 8192};
    for (int i = 0; i < 3; i++) {
        /* No sizes of memory that is there: the plan reads none of it. */
        hl_tensor q = {x, 4, {1, 1, queries[i], 64}}, k = {x, 4, {1, 1, lens[i], 64}};
        hl_attention_backward_args args = {.q = q, .k = k, .v = k, .output = q, .d_output = q};
        args.statistics = (hl_tensor){x, 4, {1, 1, queries[i], 2}};
        hl_error error = {0};
        expect(hl_attention_backward_plan(&args, &bytes[i], &error) == HL_OK, "%s", error.message);
        size_t rows = (size_t)lens[i] * 64 * sizeof(float);
        expect(bytes[i] <= 7 * rows + 262144, "%zu bytes for %td keys", bytes[i], lens[i]);
    }
    expect(bytes[1] == bytes[2], "%zu bytes, but %zu for twice as many queries", bytes[1],
           bytes[2]);
    end_case();
}

int main(void) {
    differences();
    options();
    sizes();
    blocks();
    drawn();
    positive();
    one_head();
    nothing();
    strange_numbers();
    hidden_numbers();
    memory();
    return finish_cases();
}
