/* Both passes of attention have one definition of a weight, however far the logits lie from 0. With
 * as many values as queries and d_output the identity, a key's gradient by v is its weight for
 * each. */
#include "check.h"
#include "compare.h"
#include "compare_backward.h"
#include "data.h"
#include "headlight.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* Runs forward and backward and expects each p of backward to be forward's weight, to the bit.
 * Tells how many weights are neither 0 nor 1. */
static hl_index compare_weights(pool *p, rng *r, const hl_attention_args *args) {
    attention_result forward;
    hl_attention_backward_args back;
    if (!run_attention(p, *args, WEIGHTS, &forward) || !make_backward(p, r, args, &back))
        return 0;
    const hl_attention_shape *s = &forward.shape;
    hl_index queries = s->q_len, keys = s->kv_len, between_them = 0;
    for (hl_index i = 0; i < s->batch * s->heads * queries * queries; i++)
        back.d_output.data[i] = i % queries == i / queries % queries ? 1.0f : 0.0f;
    for (hl_index i = 0; i < s->batch * s->kv_heads * keys * queries; i++)
        back.d_v[i] = 0;
    if (!run_backward(p, &back))
        return 0;
    for (hl_index i = 0; i < s->batch * s->heads * queries * keys; i++) {
        hl_index key = i % keys, query = i / keys % queries, head = i / keys / queries;
        float weight = forward.stage[STAGES - 1][i];
        float used = back.d_v[(head * keys + key) * queries + query];
        if (!expect(used == weight, "query %td, key %td: %.9g, but forward has %.9g", query, key,
                    (double)used, (double)weight))
            return 0;
        between_them += weight > 0 && weight < 1;
    }
    return between_them;
}

static hl_attention_args draw(pool *p, rng *r, hl_index queries, double logits) {
    hl_index keys = between(r, 2, 130), dim = between(r, 1, 70);
    /* Alike as neighbours in one direction are, so that softmax has something to weigh. */
    double spread = sqrt(logits);
    hl_attention_args args = {
        .q = normal_tensor(p, r, spread, 4, (hl_index[]){1, 2, queries, dim}),
        .k = normal_tensor(p, r, spread, 4, (hl_index[]){1, 2, keys, dim}),
        .v = normal_tensor(p, r, 1, 4, (hl_index[]){1, 2, keys, queries}),
    };
    for (hl_index i = dim; i < element_count(&args.k); i++) {
        if (chance(r, .7))
            args.k.data[i] = args.k.data[i % dim];
    }
    return args;
}

static const hl_index lengths[] = {1, 2, 3, 4, 5, 6, 7, 24, 25, 50, 97};

static void far_logits(void) {
    const double sizes[] = {1, 1e2, 1e4, 1e6, 1e8, 1e9};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        begin_case("one definition, logits near %g", sizes[i]);
        hl_index some = 0;
        for (size_t j = 0; j < sizeof lengths / sizeof *lengths; j++) {
            for (int kind = 0; kind < 3; kind++) {
                pool p = {0};
                rng r = {1000 * i + 10 * j + (uint64_t)kind + 1};
                hl_attention_args args = draw(&p, &r, lengths[j], sizes[i]);
                args.options.causal = kind == 1;
                args.options.softcap = kind == 2 ? 30 : 0;
                some += compare_weights(&p, &r, &args);
                free_pool(&p);
            }
        }
        expect(some > 0, "every weight was 0 or 1");
        end_case();
    }
}

static void far_masks(void) {
    const float masks[] = {-1e2f, -1e4f, -1e6f, -1e9f, -1e20f, -FLT_MAX};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        begin_case("one definition, masks of %g", (double)masks[i]);
        hl_index some = 0;
        for (size_t j = 0; j < sizeof lengths / sizeof *lengths; j++) {
            for (int whole = 0; whole < 2; whole++) {
                pool p = {0};
                rng r = {5000 + 100 * i + 2 * j + (uint64_t)whole};
                hl_attention_args args = draw(&p, &r, lengths[j], 1);
                hl_index keys = args.k.size[2], cells = lengths[j] * keys;
                float *mask = input_floats(&p, &r, cells);
                for (hl_index c = 0; c < cells; c++)
                    mask[c] = whole || chance(&r, .5) ? masks[i] : 0;
                args.options.mask = (hl_mask){mask, HL_MASK_FLOAT, 2, {lengths[j], keys}};
                some += compare_weights(&p, &r, &args);
                free_pool(&p);
            }
        }
        expect(some > 0, "every weight was 0 or 1");
        end_case();
    }
}

/* Two keys that a mask hides as far as a finite number can: each weighs a half. */
static void halves(void) {
    const float masks[] = {0, -1e2f, -1e4f, -1e6f, -1e9f, -1e30f, -FLT_MAX};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        begin_case("backward, two keys under a mask of %g", (double)masks[i]);
        pool p = {0};
        rng r = {7};
        float *mask = input_floats(&p, &r, 2);
        mask[0] = mask[1] = masks[i];
        hl_attention_args args = {.q = normal_tensor(&p, &r, 1, 2, (hl_index[]){1, 1}),
                                  .k = normal_tensor(&p, &r, 1, 2, (hl_index[]){2, 1}),
                                  .v = normal_tensor(&p, &r, 1, 2, (hl_index[]){2, 1}),
                                  .options = {.mask = {mask, HL_MASK_FLOAT, 1, {2}}}};
        /* Where the mask leaves it to the logits, they are equal. */
        args.q.data[0] = masks[i] < -1e7f ? 1 : 0x1p-20f;
        args.k.data[0] = 0;
        args.k.data[1] = 1;
        args.v.data[0] = 1;
        args.v.data[1] = 3;
        hl_attention_backward_args back;
        if (make_backward(&p, &r, &args, &back)) {
            back.d_output.data[0] = 1;
            for (int j = 0; j < 2; j++)
                back.d_k[j] = back.d_v[j] = 0;
            back.d_q[0] = 0;
            double q = (double)args.q.data[0];
            const double want[] = {.5, .5, -.5 * q, .5 * q, .5};
            if (run_backward(&p, &back)) {
                const float got[] = {back.d_v[0], back.d_v[1], back.d_k[0], back.d_k[1],
                                     back.d_q[0]};
                for (int j = 0; j < 5; j++)
                    expect(fabs((double)got[j] - want[j]) <= 2e-6, "%d: %.9g, not %g", j,
                           (double)got[j], want[j]);
            }
        }
        free_pool(&p);
        end_case();
    }
}

/* The only key's weight is 1, whatever its score. */
static void one_key(void) {
    const float scores[] = {1, 8e5f, 1e9f, 1e30f};
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        begin_case("backward, one key with scores of %g", (double)scores[i]);
        for (hl_index queries = 1; queries <= 60; queries += queries < 6 ? 1 : 18) {
            pool p = {0};
            rng r = {70 + (uint64_t)queries};
            hl_attention_args args = {.q = normal_tensor(&p, &r, 1, 2, (hl_index[]){queries, 64}),
                                      .k = normal_tensor(&p, &r, 1, 2, (hl_index[]){1, 64}),
                                      .v = normal_tensor(&p, &r, 1, 2, (hl_index[]){1, 1})};
            fill_uniform(&r, args.q.data, queries * 64, sqrt((double)scores[i]));
            fill_uniform(&r, args.k.data, 64, sqrt((double)scores[i]));
            hl_attention_backward_args back;
            if (make_backward(&p, &r, &args, &back)) {
                for (hl_index q = 0; q < queries; q++)
                    back.d_output.data[q] = 1;
                back.d_v[0] = 0;
                if (run_backward(&p, &back))
                    expect(back.d_v[0] == (float)queries, "%.9g, not %td", (double)back.d_v[0],
                           queries);
            }
            free_pool(&p);
        }
        end_case();
    }
}

/* Statistics that are not of these logits: no trap, no number out of nothing. */
static void foreign_statistics(void) {
    begin_case("backward, statistics of other logits");
    const float foreign[][2] = {{-1e30f, 1}, {1e30f, 1}, {NAN, 1}, {0, 0}, {0, NAN}, {INFINITY, 0}};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        pool p = {0};
        rng r = {90 + i};
        hl_attention_args args = draw(&p, &r, 5, 1);
        hl_attention_backward_args back;
        if (make_backward(&p, &r, &args, &back)) {
            for (hl_index j = 0; j < element_count(&back.statistics); j++)
                back.statistics.data[j] = foreign[i][j % 2];
            run_backward(&p, &back);
        }
        free_pool(&p);
    }
    end_case();
}

int main(void) {
    far_logits();
    far_masks();
    halves();
    one_key();
    foreign_statistics();
    return finish_cases();
}
