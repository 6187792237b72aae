/* PyTorch's results: the core within its tolerance, and the oracle to nearly all their digits.
 * Reads tests/vectors/torch.txt from standard input: the wasm programs cannot open files. */
#include "check.h"
#include "compare.h"
#include "compare_layers.h"
#include "data.h"
#include "headlight.h"
#include "oracle.h"
#include "vectors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* PyTorch's number must be the oracle's, and the core's within the oracle's error of it. */
static void compare_vector(const vector_case *c, const char *name, oracle_array oracle,
                           const float *actual) {
    hl_tensor want = case_tensor(c, name);
    if (!expect(want.data != NULL && element_count(&want) == oracle.count, "%s has another size",
                name)) {
        return;
    }
    for (hl_index i = 0; i < oracle.count; i++) {
        double reference = (double)want.data[i], value = oracle.value[i];
        bool same = isnan(reference)
                        ? isnan(value)
                        : value == reference ||
                              fabs(value - reference) <= 0x1p-23 * fabs(reference) + 0x1p-126;
        expect(same, "the oracle's %s[%td] is %.9g, not %.9g", name, i, value, reference);
    }
    compare_array(name, &oracle, actual);
}

static void multihead(pool *p, const vector_case *c) {
    hl_multihead_args args = {
        .query = case_tensor(c, "query"),
        .key = case_tensor(c, "key"),
        .value = case_tensor(c, "value"),
        .wq = case_tensor(c, "wq"),
        .wk = case_tensor(c, "wk"),
        .wv = case_tensor(c, "wv"),
        .wo = case_tensor(c, "wo"),
        .bq = case_tensor(c, "bq"),
        .bk = case_tensor(c, "bk"),
        .bv = case_tensor(c, "bv"),
        .bo = case_tensor(c, "bo"),
        .bias_k = case_tensor(c, "bias_k"),
        .bias_v = case_tensor(c, "bias_v"),
        .heads = case_int(c, "heads"),
        .mask = case_mask(c, "mask"),
        .key_mask = case_mask(c, "key_mask"),
        .causal = case_int(c, "causal"),
        .add_zero_attn = case_int(c, "add_zero_attn"),
        .average_weights = case_int(c, "average_weights"),
    };
    multihead_result result;
    if (!run_multihead(p, args, true, &result))
        return;
    oracle_multihead want = oracle_multihead_layer(&args);
    compare_vector(c, "output", want.output, result.output);
    compare_vector(c, "weights", want.weights, result.weights);
    oracle_multihead_free(&want);
}

static void attention(pool *p, const vector_case *c) {
    hl_tensor scale = case_tensor(c, "scale"), softcap = case_tensor(c, "softcap");
    hl_attention_args args = {
        .q = case_tensor(c, "q"),
        .k = case_tensor(c, "k"),
        .v = case_tensor(c, "v"),
        .past_k = case_tensor(c, "past_k"),
        .past_v = case_tensor(c, "past_v"),
        .options = {.use_scale = scale.data != NULL,
                    .scale = scale.data != NULL ? scale.data[0] : 0,
                    .softcap = softcap.data != NULL ? softcap.data[0] : 0,
                    .causal = case_int(c, "causal"),
                    .mask = case_mask(c, "mask")},
    };
    attention_result result;
    if (!run_attention(p, args, ALL_STAGES, &result))
        return;
    oracle_attention want = oracle_attend(&args);
    compare_vector(c, "output", want.output, result.output);
    compare_vector(c, "scores", want.scores, result.stage[0]);
    compare_vector(c, "masked", want.masked, result.stage[3]);
    compare_vector(c, "weights", want.weights, result.stage[4]);
    oracle_attention_free(&want);
}

static void softmax(pool *p, const vector_case *c) {
    hl_tensor x = case_tensor(c, "x");
    hl_error error = {0};
    float *output = output_floats(p, element_count(&x));
    hl_status status = hl_softmax(&x, output, &error);
    expect(status == HL_OK, "%s", error.message);
    oracle_array want = oracle_softmax(&x);
    compare_vector(c, "output", want, output);
    oracle_array_free(&want);
}

static void linear(pool *p, const vector_case *c) {
    hl_linear_args args = {
        .x = case_tensor(c, "x"), .w = case_tensor(c, "w"), .b = case_tensor(c, "b")};
    const float *output = run_linear(p, args);
    if (output == NULL)
        return;
    oracle_array want = oracle_linear(&args.x, &args.w, &args.b);
    compare_vector(c, "output", want, output);
    oracle_array_free(&want);
}

int main(void) {
    static const struct {
        const char *name;
        void (*run)(pool *, const vector_case *);
        int count;
    } operations[] = {{"multihead", multihead, 36},
                      {"attention", attention, 16},
                      {"softmax", softmax, 5},
                      {"linear", linear, 3}};
    int counts[4] = {0};
    vector_case c;
    rng r = {900};
    for (bool more = true; more;) {
        pool p = {0};
        more = read_case(stdin, &p, &r, &c);
        if (more) {
            begin_case("PyTorch: %s, %s", c.operation, c.name);
            bool known = false;
            for (int i = 0; i < 4; i++) {
                if (strcmp(c.operation, operations[i].name) != 0)
                    continue;
                operations[i].run(&p, &c);
                counts[i]++;
                known = true;
            }
            expect(known, "unknown operation");
            end_case();
        }
        free_pool(&p);
    }
    begin_case("PyTorch: every case was read");
    for (int i = 0; i < 4; i++) {
        expect(counts[i] == operations[i].count, "%d of %d cases of %s", counts[i],
               operations[i].count, operations[i].name);
    }
    end_case();
    return finish_cases();
}
