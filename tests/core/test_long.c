/* Sums of a million terms, against float64: what headlight.h says of accuracy holds however long.
 * All terms are alike, so that rounding errs to one side, for several numbers: it depends on their
 * bits. */
#include "check.h"
#include "compare.h"
#include "compare_backward.h"
#include "data.h"
#include "headlight.h"

#include <math.h>
#include <stddef.h>

#define KEYS ((hl_index)1 << 20)
#define QUERIES ((hl_index)1 << 17)
#define DEPTH ((hl_index)1 << 16)
#define NUMBERS 7

/* From 1 to 2, their last bits in all positions. */
static const float numbers[NUMBERS] = {1.0000001f, 1.0999999f, 1.2f,      1.3333334f,
                                       1.4142135f, 1.6180340f, 1.9999999f};

static hl_tensor zeros(pool *p, rng *r, hl_index rows, hl_index cols) {
    hl_tensor t = normal_tensor(p, r, 1, 2, (hl_index[]){rows, cols});
    for (hl_index i = 0; i < rows * cols; i++)
        t.data[i] = 0;
    return t;
}

/* A different number in each column. */
static hl_tensor columns(pool *p, rng *r, hl_index rows) {
    hl_tensor t = zeros(p, r, rows, NUMBERS);
    for (hl_index i = 0; i < rows * NUMBERS; i++)
        t.data[i] = numbers[i % NUMBERS];
    return t;
}

/* Each output within 2e-6 of the largest number that goes into it. */
static void expect_numbers(const float *output, hl_index rows) {
    for (hl_index i = 0; i < rows * NUMBERS; i++) {
        double want = (double)numbers[i % NUMBERS], got = (double)output[i];
        expect(fabs(got - want) <= 2e-6 * want, "output[%td] is %.9g, not %.9g: %.2g of it off", i,
               got, want, fabs(got / want - 1));
    }
}

static void expect_sums(const float *weights, hl_index rows, hl_index keys) {
    for (hl_index row = 0; row < rows; row++) {
        double sum = 0;
        for (hl_index key = 0; key < keys; key++)
            sum += (double)weights[row * keys + key];
        expect(fabs(sum - 1) <= 1e-6, "weights of row %td sum to 1 %+.3g", row, sum - 1);
    }
}

/* Few queries and more go different ways. */
static const hl_index both[] = {1, 5};

static void equal_keys(void) {
    for (int i = 0; i < 2; i++) {
        for (hl_index keys = 1 << 13; keys <= KEYS; keys *= keys < 1 << 16 ? 8 : 16) {
            begin_case("%td queries on %td equal keys", both[i], keys);
            pool p = {0};
            rng r = {1};
            hl_attention_args args = {.q = zeros(&p, &r, both[i], 1),
                                      .k = zeros(&p, &r, keys, 1),
                                      .v = columns(&p, &r, keys)};
            attention_result result;
            if (run_attention(&p, args, WEIGHTS, &result)) {
                expect_numbers(result.output, both[i]);
                expect_sums(result.stage[STAGES - 1], both[i], keys);
            }
            free_pool(&p);
            end_case();
        }
    }
}

/* The logit of a key where logits rise by step every 240 keys. */
static float risen(hl_index key, double step) {
    hl_index rises = key / 240;
    return (float)(step * (double)rises);
}

/* Maxima that grow in each block. */
static void rising(double step) {
    for (int i = 0; i < 2; i++) {
        begin_case("%td queries on %td keys whose logits rise by %g", both[i], KEYS, step);
        pool p = {0};
        rng r = {2};
        hl_attention_args args = {.q = zeros(&p, &r, both[i], 1),
                                  .k = zeros(&p, &r, KEYS, 1),
                                  .v = columns(&p, &r, KEYS)};
        for (hl_index q = 0; q < both[i]; q++)
            args.q.data[q] = 1;
        for (hl_index key = 0; key < KEYS; key++)
            args.k.data[key] = risen(key, step);
        attention_result result;
        if (run_attention(&p, args, WEIGHTS | ROW_SUMS, &result)) {
            expect_numbers(result.output, both[i]);
            expect_sums(result.stage[STAGES - 1], both[i], KEYS);
            double largest = (double)args.k.data[KEYS - 1], sum = 0;
            for (hl_index key = 0; key < KEYS; key++)
                sum += exp((double)args.k.data[key] - largest);
            for (hl_index q = 0; q < both[i]; q++) {
                const float *statistics = result.statistics + 2 * q;
                expect((double)statistics[0] == largest, "largest is %g", (double)statistics[0]);
                expect(fabs((double)statistics[1] / sum - 1) <= 1e-6, "the sum is %.9g, not %.9g",
                       (double)statistics[1], sum);
            }
        }
        free_pool(&p);
        end_case();
    }
}

/* NaN behind a mask, which makes the output be summed again, from what is seen alone. */
static void hidden_nan(void) {
    for (int i = 0; i < 2; i++) {
        begin_case("%td queries on %td keys, one of them hidden, with NaN", both[i], KEYS / 8);
        pool p = {0};
        rng r = {3};
        hl_index keys = KEYS / 8;
        hl_attention_args args = {.q = zeros(&p, &r, both[i], 1),
                                  .k = zeros(&p, &r, keys, 1),
                                  .v = columns(&p, &r, keys)};
        uint8_t *mask = input_bytes(&p, (size_t)keys);
        for (hl_index key = 0; key < keys; key++)
            mask[key] = key != 12345;
        for (int c = 0; c < NUMBERS; c++)
            args.v.data[12345 * NUMBERS + c] = NAN;
        args.options.mask = (hl_mask){mask, HL_MASK_BOOL, 1, {keys}};
        attention_result result;
        if (run_attention(&p, args, 0, &result))
            expect_numbers(result.output, both[i]);
        free_pool(&p);
        end_case();
    }
}

static void expect_gradient(const char *name, float got, double want, double magnitude) {
    expect(fabs((double)got - want) <= 2e-6 * magnitude, "%s is %.9g, not %.9g: %.2g of it off",
           name, (double)got, want, fabs((double)got - want) / magnitude);
}

/* dV and dK summed over queries, half of each pair's weights; dK's terms all of one sign. */
static void many_queries(void) {
    begin_case("backward, %td queries", QUERIES);
    pool p = {0};
    rng r = {4};
    hl_attention_args args = {.q = columns(&p, &r, QUERIES),
                              .k = zeros(&p, &r, 2, NUMBERS),
                              .v = zeros(&p, &r, 2, NUMBERS)};
    args.v.data[0] = 1;
    args.v.data[NUMBERS] = -1;
    hl_attention_backward_args back;
    if (make_backward(&p, &r, &args, &back)) {
        for (hl_index i = 0; i < QUERIES * NUMBERS; i++)
            back.d_output.data[i] = numbers[i % NUMBERS];
        for (int i = 0; i < 2 * NUMBERS; i++)
            back.d_k[i] = back.d_v[i] = 0;
        double count = (double)QUERIES, scale = (double)(float)(1 / sqrt(NUMBERS));
        if (run_backward(&p, &back)) {
            for (int i = 0; i < 2 * NUMBERS; i++) {
                double d_v = .5 * count * (double)numbers[i % NUMBERS];
                /* ds = p · (±dO₀ − 0) */
                double d_k = (i < NUMBERS ? .5 : -.5) * scale * count * (double)numbers[0] *
                             (double)numbers[i % NUMBERS];
                expect_gradient("d_v", back.d_v[i], d_v, fabs(d_v));
                expect_gradient("d_k", back.d_k[i], d_k, fabs(d_k));
            }
        }
    }
    free_pool(&p);
    end_case();
}

/* dQ summed over keys: its terms all of one sign, since a key's v and its k have one. */
static void many_keys(void) {
    for (int i = 0; i < 2; i++) {
        begin_case("backward, %td queries on %td keys", both[i], KEYS);
        pool p = {0};
        rng r = {5};
        hl_attention_args args = {.q = zeros(&p, &r, both[i], NUMBERS),
                                  .k = columns(&p, &r, KEYS),
                                  .v = zeros(&p, &r, KEYS, 1)};
        for (hl_index key = 0; key < KEYS; key++) {
            float sign = random_bits(&r) % 2 ? 1.0f : -1.0f;
            args.v.data[key] = sign;
            for (int c = 0; c < NUMBERS; c++)
                args.k.data[key * NUMBERS + c] *= sign;
        }
        double mean = 0, want = 0;
        for (hl_index key = 0; key < KEYS; key++)
            mean += (double)args.v.data[key] / (double)KEYS;
        for (hl_index key = 0; key < KEYS; key++)
            want += (double)args.v.data[key] * ((double)args.v.data[key] - mean) / (double)KEYS;
        hl_attention_backward_args back;
        if (make_backward(&p, &r, &args, &back)) {
            for (hl_index q = 0; q < both[i]; q++)
                back.d_output.data[q] = 1;
            for (hl_index j = 0; j < both[i] * NUMBERS; j++)
                back.d_q[j] = 0;
            if (run_backward(&p, &back)) {
                for (hl_index j = 0; j < both[i] * NUMBERS; j++) {
                    double d_q =
                        want * (double)(float)(1 / sqrt(NUMBERS)) * (double)numbers[j % NUMBERS];
                    expect_gradient("d_q", back.d_q[j], d_q, d_q);
                }
            }
        }
        free_pool(&p);
        end_case();
    }
}

/* More columns than are summed at a time, and fewer; and each depth around where it begins. */
static void deep_products(void) {
    const struct {
        hl_index rows, depth, cols;
    } sizes[] = {{7, DEPTH, NUMBERS}, {1, DEPTH, 3},  {2, DEPTH / 4, 300},
                 {13, 3071, 20},      {13, 3072, 20}, {5, 4001, 257}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hl_index rows = sizes[i].rows, depth = sizes[i].depth, cols = sizes[i].cols;
        begin_case("linear, %td rows of depth %td, %td columns", rows, depth, cols);
        pool p = {0};
        rng r = {6};
        hl_linear_args args = {.x = normal_tensor(&p, &r, 1, 2, (hl_index[]){rows, depth}),
                               .w = normal_tensor(&p, &r, 1, 2, (hl_index[]){depth, cols}),
                               .b = normal_tensor(&p, &r, 1, 1, (hl_index[]){cols})};
        for (hl_index j = 0; j < rows * depth; j++)
            args.x.data[j] = numbers[j / depth % NUMBERS];
        for (hl_index j = 0; j < depth * cols; j++)
            args.w.data[j] = numbers[j % cols % NUMBERS];
        args.output = output_floats(&p, rows * cols);
        size_t bytes = 0;
        hl_error error = {0};
        expect(hl_linear_plan(&args, &bytes, &error) == HL_OK, "%s", error.message);
        void *workspace = workspace_bytes(&p, bytes);
        seal_inputs(&p);
        expect(hl_linear(&args, workspace, bytes, &error) == HL_OK, "%s", error.message);
        expect(intact(&p), "wrote beyond the output, or into an input");
        for (hl_index j = 0; j < rows * cols; j++) {
            double product =
                (double)numbers[j / cols % NUMBERS] * (double)numbers[j % cols % NUMBERS];
            double sum = product * (double)depth, b = (double)args.b.data[j % cols];
            expect(fabs((double)args.output[j] - sum - b) <= 2e-6 * sum, "%td: %.2g of it off", j,
                   fabs((double)args.output[j] - sum - b) / sum);
        }
        free_pool(&p);
        end_case();
    }
}

/* A score is within 4 roundings of its products' sum, however many they are. */
static void deep_scores(void) {
    for (int i = 0; i < 2; i++) {
        begin_case("%td queries of %td dimensions", both[i], DEPTH);
        pool p = {0};
        rng r = {8};
        hl_attention_args args = {.q = normal_tensor(&p, &r, 1, 2, (hl_index[]){both[i], DEPTH}),
                                  .k = normal_tensor(&p, &r, 1, 2, (hl_index[]){NUMBERS, DEPTH}),
                                  .v = zeros(&p, &r, NUMBERS, 1)};
        for (hl_index j = 0; j < both[i] * DEPTH; j++)
            args.q.data[j] = 1;
        for (hl_index j = 0; j < NUMBERS * DEPTH; j++)
            args.k.data[j] = numbers[j / DEPTH];
        attention_result result;
        if (run_attention(&p, args, SCORES, &result)) {
            for (hl_index j = 0; j < both[i] * NUMBERS; j++) {
                double want = (double)numbers[j % NUMBERS] * (double)DEPTH;
                double got = (double)result.stage[0][j];
                expect(fabs(got - want) <= 4 * 0x1p-24 * want, "%td: %.2g roundings off", j,
                       fabs(got - want) / want * 0x1p24);
            }
        }
        free_pool(&p);
        end_case();
    }
}

static void long_softmax(void) {
    begin_case("softmax of %td numbers", KEYS);
    pool p = {0};
    rng r = {9};
    hl_tensor x = zeros(&p, &r, 1, KEYS);
    for (hl_index i = 0; i < KEYS; i++)
        x.data[i] = risen(i, 1e-3);
    float *output = output_floats(&p, KEYS);
    seal_inputs(&p);
    hl_error error = {0};
    expect(hl_softmax(&x, output, &error) == HL_OK, "%s", error.message);
    expect(intact(&p), "wrote beyond the output");
    expect_sums(output, 1, KEYS);
    free_pool(&p);
    end_case();
}

int main(void) {
    equal_keys();
    rising(1e-3);
    rising(.5);
    hidden_nan();
    many_queries();
    many_keys();
    deep_products();
    deep_scores();
    long_softmax();
    return finish_cases();
}
