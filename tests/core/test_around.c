/* Linear, softmax, embedding and position encoding. */
#include "check.h"
#include "compare.h"
#include "compare_layers.h"
#include "data.h"
#include "draw.h"
#include "headlight.h"
#include "oracle.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static void linear(void) {
    for (int group = 0; group < 16; group++) {
        bool positive = group % 2 == 1;
        begin_case("linear, %s numbers, draw %d", positive ? "positive" : "normal", group);
        for (int draw = 0; draw < 25; draw++) {
            pool p = {0};
            rng r = {0x9E3779B97F4A7C15ULL * (uint64_t)(1 + 25 * group + draw)};
            hl_index rank = between(&r, 1, 4), in = draw_dim(&r), out = draw_dim(&r);
            hl_index shape[4];
            for (hl_index axis = 0; axis < rank - 1; axis++)
                shape[axis] = between(&r, 1, 9);
            shape[rank - 1] = in;
            hl_linear_args args = {
                .x = normal_tensor(&p, &r, 1, rank, shape),
                .w = normal_tensor(&p, &r, 1, 2, (hl_index[]){in, out}),
            };
            if (chance(&r, .5))
                args.b = normal_tensor(&p, &r, 1, 1, (hl_index[]){out});
            if (positive) {
                fill_uniform(&r, args.x.data, element_count(&args.x), 1);
                fill_uniform(&r, args.w.data, element_count(&args.w), 1);
            }
            compare_linear(&p, &args);
            free_pool(&p);
        }
        end_case();
    }
}

static void linear_of(rng *r, hl_index rows, hl_index in, hl_index out) {
    pool p = {0};
    hl_linear_args args = {
        .x = normal_tensor(&p, r, 1, 2, (hl_index[]){rows, in}),
        .w = normal_tensor(&p, r, 1, 2, (hl_index[]){in, out}),
        .b = normal_tensor(&p, r, 1, 1, (hl_index[]){out}),
    };
    compare_linear(&p, &args);
    free_pool(&p);
}

/* Sizes around whole tiles, chains and blocks of the product. */
static void linear_edges(void) {
    rng r = {41};
    begin_case("linear, every edge of two tiles");
    for (hl_index rows = 1; rows <= 13; rows++) {
        for (hl_index in = 1; in <= 3; in++) {
            for (hl_index out = 1; out <= 17; out++)
                linear_of(&r, rows, in, out);
        }
    }
    end_case();
    begin_case("linear, edges of chains and blocks of the depth");
    const hl_index depths[] = {63, 64, 65, 127, 128, 129, 383, 384, 385, 447, 768, 769};
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++)
        linear_of(&r, 7, depths[i], 9);
    end_case();
    begin_case("linear, edges of blocks of rows");
    for (hl_index rows = 479; rows <= 482; rows++) {
        linear_of(&r, rows, 5, 9);
        linear_of(&r, 2 * rows, 385, 3);
    }
    end_case();
}

static void linear_nothing(void) {
    static const char *const names[] = {"no rows", "no inputs", "no outputs"};
    for (int axis = 0; axis < 3; axis++) {
        begin_case("linear, %s", names[axis]);
        pool p = {0};
        rng r = {20};
        hl_index size[] = {3, 4, 5};
        size[axis] = 0;
        hl_linear_args args = {
            .x = normal_tensor(&p, &r, 1, 2, (hl_index[]){size[0], size[1]}),
            .w = normal_tensor(&p, &r, 1, 2, (hl_index[]){size[1], size[2]}),
            .b = normal_tensor(&p, &r, 1, 1, (hl_index[]){size[2]}),
        };
        compare_linear(&p, &args);
        free_pool(&p);
        end_case();
    }
}

/* A NaN or Inf stays in its row, or in its column. */
static void linear_strange(void) {
    begin_case("linear, NaN and Inf");
    for (int draw = 0; draw < 40; draw++) {
        pool p = {0};
        rng r = {0x9E3779B97F4A7C15ULL * (uint64_t)(500 + draw)};
        hl_linear_args args = {
            .x = normal_tensor(&p, &r, 1, 2, (hl_index[]){7, 9}),
            .w = normal_tensor(&p, &r, 1, 2, (hl_index[]){9, 11}),
        };
        const float values[] = {NAN, INFINITY, -INFINITY};
        hl_tensor *t = chance(&r, .5) ? &args.x : &args.w;
        t->data[between(&r, 0, element_count(t) - 1)] = values[draw % 3];
        compare_linear(&p, &args);
        free_pool(&p);
    }
    end_case();
}

static void softmax(pool *p, const hl_tensor *x) {
    hl_error error = {0};
    float *output = output_floats(p, element_count(x));
    seal_inputs(p);
    hl_status status = hl_softmax(x, output, &error);
    expect(status == HL_OK, "%s: %s", error.argument, error.message);
    expect(intact(p), "wrote beyond its output, or into x");
    oracle_array want = oracle_softmax(x);
    compare_array("output", &want, output);
    hl_index n = x->size[x->rank - 1];
    for (hl_index row = 0; row < want.count; row += n) {
        double sum = 0;
        for (hl_index j = 0; j < n; j++)
            sum += (double)output[row + j];
        expect(isnan(sum) == isnan(want.value[row]) && !(fabs(sum - 1) > 1e-6),
               "row %td sums to 1 %+.3g", row / n, sum - 1);
    }
    oracle_array_free(&want);
    status = hl_softmax(x, x->data, &error);
    expect(status == HL_OK, "in place: %s: %s", error.argument, error.message);
    expect(same_floats(x->data, output, element_count(x)), "in place is another result");
}

static void softmaxes(void) {
    for (int group = 0; group < 5; group++) {
        const double spreads[] = {1, 10, 1e4, 1e-3, 1e-40};
        begin_case("softmax, rows of 1 to 100 numbers, spread %g", spreads[group]);
        for (hl_index n = 1; n <= 100; n++) {
            pool p = {0};
            rng r = {(uint64_t)(1000 * group + n)};
            hl_index rank = between(&r, 1, 4), shape[4] = {2, 3, 2, 2};
            shape[rank - 1] = n;
            hl_tensor x = normal_tensor(&p, &r, spreads[group], rank, shape);
            softmax(&p, &x);
            free_pool(&p);
        }
        end_case();
    }
    const struct {
        const char *name;
        float numbers[9];
    } rows[] = {
        {"equal numbers", {7, 7, 7, 7, 7, 7, 7, 7, 7}},
        {"large equal numbers", {1e38F, 1e38F, 1e38F, 1e38F, 1e38F, 1e38F, 1e38F, 1e38F, 1e38F}},
        {"the ends of the range", {-3e38F, 3e38F, 0, 1, -1, 3e38F, 2, 3, 4}},
        {"-Inf among others", {-INFINITY, 0, 1, 2, -INFINITY, 3, 4, 5, -INFINITY}},
        {"all but one -Inf",
         {-INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY,
          -4}},
        {"all -Inf",
         {-INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY,
          -INFINITY}},
        {"one Inf", {0, 1, INFINITY, 2, 3, 4, 5, 6, 7}},
        {"one Inf at the end", {0, 1, 2, 3, 4, 5, 6, 7, INFINITY}},
        {"one NaN", {0, 1, 2, NAN, 3, 4, 5, 6, 7}},
        {"one NaN at the end", {0, 1, 2, 3, 4, 5, 6, 7, NAN}},
        {"NaN and -Inf", {-INFINITY, NAN, 0, 1, 2, 3, 4, 5, 6}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin_case("softmax, %s", rows[i].name);
        pool p = {0};
        rng r = {30};
        hl_tensor x = normal_tensor(&p, &r, 1, 1, (hl_index[]){9});
        memcpy(x.data, rows[i].numbers, sizeof rows[i].numbers);
        softmax(&p, &x);
        free_pool(&p);
        end_case();
    }
    begin_case("softmax, 65,536 numbers");
    pool p = {0};
    rng r = {31};
    hl_tensor x = normal_tensor(&p, &r, 2, 2, (hl_index[]){3, 65536});
    for (int j = 0; j < 65536; j++)
        x.data[j] = .25F;
    softmax(&p, &x);
    free_pool(&p);
    end_case();
    for (hl_index axis = 0; axis < 2; axis++) {
        begin_case("softmax, %s", axis == 0 ? "no row" : "rows of nothing");
        x = normal_tensor(&p, &r, 1, 2, (hl_index[]){axis == 0 ? 0 : 3, axis == 0 ? 5 : 0});
        seal_inputs(&p);
        hl_error error = {0};
        expect(hl_softmax(&x, output_floats(&p, 0), &error) == HL_OK, "%s", error.message);
        expect(untouched(&p), "wrote something");
        free_pool(&p);
        end_case();
    }
}

static void embed(void) {
    begin_case("embed, rows in any order and more than once");
    for (hl_index d = 1; d <= 40; d++) {
        pool p = {0};
        rng r = {(uint64_t)d};
        hl_index rows = between(&r, 1, 50), count = between(&r, 0, 60);
        hl_tensor table = normal_tensor(&p, &r, 1, 2, (hl_index[]){rows, d});
        table.data[0] = NAN; /* is copied like any other */
        int32_t *ids = input_bytes(&p, (size_t)count * sizeof *ids);
        for (hl_index i = 0; i < count; i++)
            ids[i] = (int32_t)between(&r, 0, rows - 1);
        float *output = output_floats(&p, count * d);
        seal_inputs(&p);
        hl_error error = {0};
        expect(hl_embed(ids, count, &table, output, &error) == HL_OK, "%s", error.message);
        expect(intact(&p), "wrote beyond its output");
        for (hl_index i = 0; i < count; i++) {
            expect(same_floats(output + i * d, table.data + ids[i] * d, d), "row %td differs", i);
        }
        free_pool(&p);
    }
    end_case();
    const int32_t wrong[] = {-1, 5, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        begin_case("embed, id %d of 5 rows", wrong[i]);
        pool p = {0};
        rng r = {40};
        hl_tensor table = normal_tensor(&p, &r, 1, 2, (hl_index[]){5, 3});
        const int32_t ids[] = {0, 1, wrong[i]};
        seal_inputs(&p);
        hl_error error = {0};
        hl_status status = hl_embed(ids, 3, &table, output_floats(&p, 9), &error);
        expect(status == HL_ERROR_VALUE && error.status == HL_ERROR_VALUE, "status %d", status);
        expect(strcmp(error.argument, "ids") == 0, "the error is about %s", error.argument);
        expect(untouched(&p), "wrote something");
        free_pool(&p);
        end_case();
    }
}

static void position(const char *name, hl_index len, hl_index d_model, double base, double first) {
    begin_case("position encoding, %s", name);
    pool p = {0};
    float *output = output_floats(&p, len * d_model);
    hl_error error = {0};
    hl_status status = hl_position_encoding(len, d_model, base, first, output, &error);
    expect(status == HL_OK, "%s: %s", error.argument, error.message);
    expect(intact(&p), "wrote beyond its output");
    oracle_array want = oracle_position_encoding(len, d_model, base, first);
    compare_array("output", &want, output);
    oracle_array_free(&want);
    free_pool(&p);
    end_case();
}

/* A size of 0 makes the others free to be beyond any loop; these calls must end. */
static void empty_and_huge(void) {
    const hl_index huge = PTRDIFF_MAX / 4;
    begin_case("a size of 0 beside one that no loop ends");
    pool p = {0};
    hl_error error = {0};
    size_t bytes = 0;
    hl_tensor none = {NULL, 2, {huge, 0}}, cols = {NULL, 2, {0, huge}}, one = {NULL, 2, {0, 0}};
    void *workspace = workspace_bytes(&p, 1 << 21);
    expect(hl_softmax(&none, NULL, &error) == HL_OK, "softmax: %s", error.message);
    expect(hl_pack_plan(&cols, &bytes, &error) == HL_OK && bytes == 0, "pack: %s", error.message);
    expect(hl_pack(&cols, NULL, &error) == HL_OK, "pack: %s", error.message);
    expect(hl_pack(&none, NULL, &error) == HL_OK, "pack: %s", error.message);
    hl_linear_args linear = {.x = none, .w = one};
    expect(hl_linear(&linear, workspace, 1 << 21, &error) == HL_OK, "linear: %s", error.message);
    linear.x = (hl_tensor){NULL, 2, {0, 0}};
    linear.w = cols;
    expect(hl_linear(&linear, workspace, 1 << 21, &error) == HL_OK, "linear: %s", error.message);
    hl_multihead_args layer = {
        .query = none, .key = one, .value = one, .wq = one, .wk = one, .wv = one, .wo = one};
    expect(hl_multihead(&layer, workspace, 1 << 21, &error) == HL_OK, "layer: %s", error.message);
    expect(hl_position_encoding(huge, 0, 10000, 0, NULL, &error) == HL_OK, "%s", error.message);
    expect(hl_position_encoding(0, huge, 10000, 0, NULL, &error) == HL_OK, "%s", error.message);
    hl_attention_args attention = {.q = {NULL, 4, {huge, 1, 1, 0}},
                                   .k = {NULL, 4, {huge, 1, 0, 0}},
                                   .v = {NULL, 4, {huge, 1, 0, 0}}};
    expect(hl_attention(&attention, workspace, 1 << 21, &error) == HL_OK, "attention: %s",
           error.message);
    expect(hl_embed(NULL, 0, &none, NULL, &error) == HL_OK, "embed: %s", error.message);
    free_pool(&p);
    end_case();
}

int main(void) {
    empty_and_huge();
    linear();
    linear_edges();
    linear_nothing();
    linear_strange();
    softmaxes();
    embed();
    position("even d_model", 50, 64, 10000, 0);
    position("odd d_model", 20, 7, 10000, 0);
    position("d_model 1", 20, 1, 10000, 0);
    position("d_model 2", 20, 2, 10000, 0);
    position("one position", 1, 512, 10000, 0);
    position("no position", 0, 8, 10000, 0);
    position("no dimension", 8, 0, 10000, 0);
    position("another base", 30, 9, 100, 0);
    position("a base below 1", 30, 6, .5, 0);
    position("from 1,000 on", 30, 16, 10000, 1000);
    position("from 1,000,000,000 on", 10, 16, 10000, 1e9);
    position("from -5.5 on", 12, 6, 10000, -5.5);
    return finish_cases();
}
