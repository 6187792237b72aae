/* hl_attention on numbers and sizes at the edge: long rows, large scores, nothing, NaN. */
#include "check.h"
#include "compare.h"
#include "data.h"
#include "draw.h"
#include "headlight.h"
#include "oracle.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* Rank 2, one head: (q_len, dim), (kv_len, dim), (kv_len, v_dim) of normal numbers. */
static hl_attention_args simple(pool *p, rng *r, hl_index q_len, hl_index kv_len, hl_index dim,
                                hl_index v_dim) {
    return (hl_attention_args){
        .q = normal_tensor(p, r, 1, 2, (hl_index[]){q_len, dim}),
        .k = normal_tensor(p, r, 1, 2, (hl_index[]){kv_len, dim}),
        .v = normal_tensor(p, r, 1, 2, (hl_index[]){kv_len, v_dim}),
    };
}

static void fill(hl_tensor *t, float value) {
    for (hl_index i = 0; i < element_count(t); i++)
        t->data[i] = value;
}

static void long_rows(void) {
    const char *const kinds[] = {"normal numbers", "positive numbers", "equal keys", "causal"};
    for (int kind = 0; kind < 4; kind++) {
        begin_case("attention, 65,536 keys, %s", kinds[kind]);
        pool p = {0};
        rng r = {501 + (uint64_t)kind};
        hl_attention_args args = simple(&p, &r, 3, 65536, 16, 5);
        if (kind == 1) {
            fill_uniform(&r, args.q.data, element_count(&args.q), 1);
            fill_uniform(&r, args.k.data, element_count(&args.k), 1);
            fill_uniform(&r, args.v.data, element_count(&args.v), 1);
        }
        if (kind == 2) {
            fill(&args.k, .3F);
            fill_uniform(&r, args.v.data, element_count(&args.v), 1);
        }
        if (kind == 3) {
            int32_t *lengths = input_bytes(&p, sizeof *lengths);
            lengths[0] = 65535;
            args.kv_lengths = lengths;
            args.kv_lengths_count = 1;
            args.options.causal = 1;
        }
        compare_attention(&p, &args, WEIGHTS | MASKED);
        free_pool(&p);
        end_case();
    }
}

/* Where all products of a score are equal, rounding errs to one side, and most in long chains. */
static void equal_products(void) {
    for (hl_index dim = 1; dim <= 200; dim += dim < 40 ? 1 : 8) {
        begin_case("attention, equal products, dimension %d", (int)dim);
        pool p = {0};
        rng r = {651 + (uint64_t)dim};
        hl_attention_args args = simple(&p, &r, 48, 96, dim, 3);
        float *rows[] = {args.q.data, args.k.data};
        hl_index counts[] = {48, 96};
        for (int side = 0; side < 2; side++) {
            for (hl_index row = 0; row < counts[side]; row++) {
                float value;
                fill_uniform(&r, &value, 1, 1);
                for (hl_index i = 0; i < dim; i++)
                    rows[side][row * dim + i] = value;
            }
        }
        compare_attention(&p, &args, ALL_STAGES);
        args.q.size[0] = 2; /* few queries take another way */
        compare_attention(&p, &args, ALL_STAGES);
        free_pool(&p);
        end_case();
    }
}

static void large_scores(void) {
    for (int sign = -1; sign <= 1; sign++) {
        begin_case("attention, scores of ±1e4 %s", sign < 0   ? "all negative"
                                                   : sign > 0 ? "all positive"
                                                              : "of both signs");
        pool p = {0};
        rng r = {601 + (uint64_t)(sign + 1)};
        hl_attention_args args = simple(&p, &r, 30, 250, 4, 6);
        fill_normal(&r, args.q.data, element_count(&args.q), 100);
        fill_normal(&r, args.k.data, element_count(&args.k), 50);
        if (sign != 0) {
            fill_uniform(&r, args.q.data, element_count(&args.q), 100);
            fill_uniform(&r, args.k.data, element_count(&args.k), 100 * sign);
        }
        args.options.use_scale = 1;
        args.options.scale = 1;
        compare_attention(&p, &args, ALL_STAGES);
        free_pool(&p);
        end_case();
    }
    begin_case("attention, scores that grow from -1e4 to 1e4 from block to block");
    pool p = {0};
    rng r = {611};
    hl_attention_args args = simple(&p, &r, 25, 1000, 1, 3);
    fill(&args.q, 1);
    for (hl_index j = 0; j < 1000; j++)
        args.k.data[j] = -1e4F + 20.0F * (float)j;
    compare_attention(&p, &args, ALL_STAGES);
    for (hl_index j = 0; j < 1000; j++)
        args.k.data[j] = 1e4F - .015F * (float)j;
    compare_attention(&p, &args, ALL_STAGES);
    free_pool(&p);
    end_case();
}

static void equal_rows(void) {
    begin_case("attention, equal rows give equal weights and their value");
    for (hl_index kv_len = 1; kv_len <= 300; kv_len += 13) {
        pool p = {0};
        rng r = {620};
        hl_attention_args args = simple(&p, &r, 9, kv_len, 7, 11);
        fill(&args.k, -1.5F);
        fill(&args.v, .1F);
        attention_result result;
        if (run_attention(&p, args, WEIGHTS, &result)) {
            for (hl_index i = 0; i < 9 * kv_len; i++) {
                double weight = (double)result.stage[4][i] * (double)kv_len;
                expect(fabs(weight - 1) <= 1e-6, "%td keys: weight %.9g / n", kv_len, weight);
            }
            for (hl_index i = 0; i < 9 * 11; i++) {
                expect(fabs((double)result.output[i] - .1) <= .1 * 1e-6, "%td keys: output %.9g",
                       kv_len, (double)result.output[i]);
            }
        }
        free_pool(&p);
    }
    end_case();
}

static void one(void) {
    begin_case("attention, one token: weight 1, output v to the bit");
    for (hl_index dim = 1; dim <= 40; dim++) {
        pool p = {0};
        rng r = {630};
        hl_attention_args args = simple(&p, &r, 1, 1, dim, 41 - dim);
        attention_result result;
        if (run_attention(&p, args, WEIGHTS, &result)) {
            expect(result.stage[4][0] == 1, "weight %.9g", (double)result.stage[4][0]);
            expect(same_floats(result.output, args.v.data, 41 - dim), "output is not v");
        }
        free_pool(&p);
    }
    end_case();
}

/* Each axis at 0, in each layout: a status of success, an output of the right size, and rows that
 * see nothing are zeros. */
static void nothing(void) {
    static const char *const axes[] = {"batch", "q_len", "kv_len", "qk_dim", "v_dim", "past_len"};
    for (int axis = 0; axis < 6; axis++) {
        for (hl_index rank = 2; rank <= 4; rank++) {
            if (axis == 0 && rank == 2)
                continue;
            begin_case("attention, rank %td, %s 0", rank, axes[axis]);
            pool p = {0};
            rng r = {640};
            hl_index size[] = {2, 5, 7, 4, 6, 3};
            size[axis] = 0;
            hl_index batch = rank == 2 ? 1 : size[0], heads = 2;
            const hl_index lens[] = {size[1], size[2], size[2]};
            const hl_index dims[] = {size[3], size[3], size[4]};
            hl_attention_args args = {.options = {.heads = heads}};
            hl_tensor *tensors[] = {&args.q, &args.k, &args.v};
            for (int i = 0; i < 3; i++) {
                const hl_index shapes[3][4] = {{lens[i], heads * dims[i]},
                                               {batch, lens[i], heads * dims[i]},
                                               {batch, heads, lens[i], dims[i]}};
                *tensors[i] = normal_tensor(&p, &r, 1, rank, shapes[rank - 2]);
            }
            if (axis == 5) {
                args.past_k =
                    normal_tensor(&p, &r, 1, 4, (hl_index[]){batch, heads, size[5], size[3]});
                args.past_v =
                    normal_tensor(&p, &r, 1, 4, (hl_index[]){batch, heads, size[5], size[4]});
            }
            compare_attention(&p, &args, ALL_STAGES);
            free_pool(&p);
            end_case();
        }
    }
    begin_case("attention, no new key, but past ones");
    pool p = {0};
    rng r = {641};
    hl_attention_args args = {
        .q = normal_tensor(&p, &r, 1, 4, (hl_index[]){1, 2, 3, 4}),
        .k = normal_tensor(&p, &r, 1, 4, (hl_index[]){1, 2, 0, 4}),
        .v = normal_tensor(&p, &r, 1, 4, (hl_index[]){1, 2, 0, 5}),
        .past_k = normal_tensor(&p, &r, 1, 4, (hl_index[]){1, 2, 6, 4}),
        .past_v = normal_tensor(&p, &r, 1, 4, (hl_index[]){1, 2, 6, 5}),
        .options = {.causal = 1},
    };
    compare_attention(&p, &args, ALL_STAGES);
    free_pool(&p);
    end_case();
}

static void denormals(void) {
    const double spread[][3] = {
        {1e-20, 1e-20, 1}, {1e-40, 1, 1e-40}, {1e-39, 1e-39, 1e-44}, {1, 1e-30, 1e-38}};
    for (size_t i = 0; i < sizeof spread / sizeof *spread; i++) {
        begin_case("attention, q of %g, k of %g, v of %g", spread[i][0], spread[i][1],
                   spread[i][2]);
        pool p = {0};
        rng r = {650 + i};
        hl_attention_args args = simple(&p, &r, 10, 30, 5, 9);
        fill_normal(&r, args.q.data, element_count(&args.q), spread[i][0]);
        fill_normal(&r, args.k.data, element_count(&args.k), spread[i][1]);
        fill_normal(&r, args.v.data, element_count(&args.v), spread[i][2]);
        compare_attention(&p, &args, ALL_STAGES);
        /* The tolerance counts in denormals here: see that zeros would not pass. */
        oracle_attention want = oracle_attend(&args);
        bool beyond = false;
        for (hl_index j = 0; j < want.output.count; j++) {
            beyond |= fabs(want.output.value[j]) > want.output.error[j];
        }
        expect(beyond || i == 2, "zeros would pass as output");
        oracle_attention_free(&want);
        free_pool(&p);
        end_case();
    }
}

static float strange(rng *r) {
    const float values[] = {NAN, INFINITY, -INFINITY};
    return values[between(r, 0, 2)];
}

/* Where key j of a head begins in t, of any layout. */
static float *key_at(const hl_tensor *t, hl_index heads, hl_index b, hl_index head, hl_index j) {
    hl_index len = t->size[t->rank - 2], last = t->size[t->rank - 1];
    if (t->rank == 4)
        return t->data + ((b * heads + head) * len + j) * last;
    return t->data + (b * len + j) * last + head * (last / heads);
}

/* Fills keys that no query sees with NaN and Inf, in k and in v. Returns their number. */
static hl_index spoil_hidden_keys(rng *r, hl_attention_args *args) {
    oracle_attention s = oracle_attend(args);
    hl_index hidden = 0, group = s.heads / s.kv_heads;
    for (hl_index at = 0; at < s.batch * s.kv_heads * s.kv_len; at++) {
        hl_index j = at % s.kv_len, head = at / s.kv_len % s.kv_heads;
        hl_index b = at / s.kv_len / s.kv_heads;
        hl_index first = (b * s.heads + head * group) * s.q_len;
        bool seen = false;
        for (hl_index row = 0; row < group * s.q_len; row++) {
            seen |= s.visible[(first + row) * s.kv_len + j];
        }
        if (seen)
            continue;
        hidden++;
        bool past = j < s.past_len;
        const hl_tensor *k = past ? &args->past_k : &args->k, *v = past ? &args->past_v : &args->v;
        hl_index own = past ? j : j - s.past_len;
        key_at(k, s.kv_heads, b, head, own)[between(r, 0, s.qk_dim - 1)] = strange(r);
        key_at(v, s.kv_heads, b, head, own)[between(r, 0, s.v_dim - 1)] = strange(r);
    }
    oracle_attention_free(&s);
    return hidden;
}

/* Hidden keys leave no trace in weights and output. */
static void hidden_numbers(void) {
    for (int group = 0; group < 10; group++) {
        begin_case("attention, NaN and Inf in hidden keys, draw %d", group);
        hl_index hidden = 0;
        for (int draw = 0; draw < 8; draw++) {
            pool p = {0};
            rng r = {0x9E3779B97F4A7C15ULL * (uint64_t)(7000 + 8 * group + draw)};
            hl_attention_args args = draw_tensors(&p, &r);
            draw_options(&p, &r, &args);
            hidden += spoil_hidden_keys(&r, &args);
            compare_attention(&p, &args, chance(&r, .5) ? WEIGHTS : ALL_STAGES);
            free_pool(&p);
        }
        expect(hidden > 0, "no key was hidden");
        end_case();
    }
}

/* NaN and Inf anywhere: rows that see them show it as in PyTorch, the others do not. */
static void visible_numbers(void) {
    for (int group = 0; group < 12; group++) {
        begin_case("attention, NaN and Inf anywhere, draw %d", group);
        for (int draw = 0; draw < 10; draw++) {
            pool p = {0};
            rng r = {0x9E3779B97F4A7C15ULL * (uint64_t)(8000 + 10 * group + draw)};
            hl_attention_args args = draw_tensors(&p, &r);
            draw_options(&p, &r, &args);
            hl_tensor *tensors[] = {&args.q, &args.k, &args.v};
            for (hl_index count = between(&r, 1, 4); count > 0; count--) {
                hl_tensor *t = tensors[between(&r, 0, 2)];
                t->data[between(&r, 0, element_count(t) - 1)] = strange(&r);
            }
            compare_attention(&p, &args, chance(&r, .5) ? ALL_STAGES : WEIGHTS);
            free_pool(&p);
        }
        end_case();
    }
}

/* One row, its cases by name; `want` is the output of v = 1, 2, 4. */
static void propagation(void) {
    static const uint8_t without_last[3] = {1, 1, 0};
    static const float minus_infinity[3] = {-INFINITY, -INFINITY, -INFINITY};
    static const float plus_infinity[3] = {0, INFINITY, 0}, mask_nan[3] = {0, NAN, 0};
    const hl_mask none = {0}, last_hidden = {without_last, HL_MASK_BOOL, 1, {3}};
    const struct {
        const char *name;
        float k[3], v[3];
        hl_mask mask;
        double want;
    } cases[] = {
        {"a NaN in a key", {0, NAN, 0}, {1, 2, 4}, none, NAN},
        {"a score of Inf", {0, INFINITY, 0}, {1, 2, 4}, none, NAN},
        {"a score of -Inf", {0, 0, -INFINITY}, {1, 2, 4}, none, 1.5},
        {"all scores -Inf", {-INFINITY, -INFINITY, -INFINITY}, {1, 2, 4}, none, NAN},
        {"a NaN in a value", {0, 0, 0}, {1, NAN, 4}, none, NAN},
        {"an Inf in a value", {0, 0, 0}, {1, INFINITY, 4}, none, INFINITY},
        {"Inf and -Inf in values", {0, 0, 0}, {-INFINITY, INFINITY, 4}, none, NAN},
        {"weight 0 on Inf", {0, 0, -INFINITY}, {1, 2, INFINITY}, none, NAN},
        {"a hidden NaN key", {0, 0, NAN}, {1, 2, 4}, last_hidden, 1.5},
        {"a hidden Inf key", {0, 0, INFINITY}, {1, 2, 4}, last_hidden, 1.5},
        {"a hidden NaN value", {0, 0, 0}, {1, 2, NAN}, last_hidden, 1.5},
        {"a hidden Inf value", {0, 0, 0}, {1, 2, INFINITY}, last_hidden, 1.5},
        {"all hidden by -Inf",
         {0, 0, NAN},
         {1, 2, NAN},
         {minus_infinity, HL_MASK_FLOAT, 1, {3}},
         0},
        {"Inf in the mask", {0, 0, 0}, {1, 2, 4}, {plus_infinity, HL_MASK_FLOAT, 1, {3}}, NAN},
        {"NaN in the mask", {0, 0, 0}, {1, 2, 4}, {mask_nan, HL_MASK_FLOAT, 1, {3}}, NAN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin_case("attention, %s", cases[i].name);
        pool p = {0};
        rng r = {660};
        hl_attention_args args = simple(&p, &r, 1, 3, 1, 1);
        args.options.mask = cases[i].mask;
        args.q.data[0] = 1;
        for (int j = 0; j < 3; j++) {
            args.k.data[j] = cases[i].k[j];
            args.v.data[j] = cases[i].v[j];
        }
        attention_result result;
        if (run_attention(&p, args, WEIGHTS, &result)) {
            double got = (double)result.output[0], want = cases[i].want;
            expect(isnan(want) ? isnan(got) : got == want || fabs(got - want) <= 2e-6,
                   "the output is %g, not %g", got, want);
        }
        compare_attention(&p, &args, ALL_STAGES);
        free_pool(&p);
        end_case();
    }
}

int main(void) {
    long_rows();
    equal_products();
    large_scores();
    equal_rows();
    one();
    nothing();
    denormals();
    hidden_numbers();
    visible_numbers();
    propagation();
    return finish_cases();
}
