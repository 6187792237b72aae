/* hl_attention against the oracle: shapes, layouts and options, drawn and chosen. */
#include "check.h"
#include "compare.h"
#include "data.h"
#include "draw.h"
#include "headlight.h"
#include "options.h"

#include <stddef.h>

static void drawn(int first, int count, bool options, const char *what) {
    for (int seed = first; seed < first + count; seed++) {
        pool p = {0};
        rng r = {0x9E3779B97F4A7C15ULL * (uint64_t)seed};
        if ((seed - first) % 20 == 0)
            begin_case("attention, %s, from seed %d", what, seed);
        hl_attention_args args = draw_tensors(&p, &r);
        if (options)
            draw_options(&p, &r, &args);
        bool positive = chance(&r, .3);
        if (positive) {
            fill_uniform(&r, args.q.data, element_count(&args.q), 1);
            fill_uniform(&r, args.k.data, element_count(&args.k), 1);
            fill_uniform(&r, args.v.data, element_count(&args.v), 1);
        }
        compare_attention(&p, &args, chance(&r, .5) ? ALL_STAGES : (unsigned)between(&r, 0, 31));
        free_pool(&p);
        if ((seed - first) % 20 == 19)
            end_case();
    }
}

/* Every length around the edges of tiles and panels, against every other near it. */
static void lengths(void) {
    for (hl_index q_len = 1; q_len <= 50; q_len++) {
        begin_case("attention, %td queries, 1 to 50 keys", q_len);
        for (hl_index kv_len = 1; kv_len <= 50; kv_len++) {
            pool p = {0};
            rng r = {(uint64_t)(q_len * 64 + kv_len)};
            hl_index dim = 1 + (q_len + kv_len) % 19, v_dim = 1 + (3 * q_len + kv_len) % 19;
            hl_attention_args args = {
                .q = normal_tensor(&p, &r, 1, 2, (hl_index[]){q_len, dim}),
                .k = normal_tensor(&p, &r, 1, 2, (hl_index[]){kv_len, dim}),
                .v = normal_tensor(&p, &r, 1, 2, (hl_index[]){kv_len, v_dim}),
                .options = {.causal = kv_len % 2},
            };
            compare_attention(&p, &args, WEIGHTS);
            free_pool(&p);
        }
        end_case();
    }
}

/* Every dimension around the edges of tiles, chains and two passes over a row, with few queries,
 * which go one by one, and with more. */
static void dimensions(void) {
    for (hl_index q_len = 4; q_len <= 5; q_len++) {
        begin_case("attention, %td queries, dimensions 1 to 131", q_len);
        for (hl_index dim = 1; dim <= 131; dim++) {
            pool p = {0};
            rng r = {(uint64_t)(dim * 8 + q_len)};
            hl_attention_args args = {
                .q = normal_tensor(&p, &r, 1, 2, (hl_index[]){q_len, dim}),
                .k = normal_tensor(&p, &r, 1, 2, (hl_index[]){53, dim}),
                .v = normal_tensor(&p, &r, 1, 2, (hl_index[]){53, 132 - dim}),
            };
            compare_attention(&p, &args, WEIGHTS);
            free_pool(&p);
        }
        end_case();
    }
}

static void options(void) {
    for (size_t i = 0; i < option_cases(); i++) {
        begin_case("attention, %s", option_case_name(i));
        pool p = {0};
        rng r = {77 + i};
        hl_attention_args args = option_case(&p, &r, i, 1);
        compare_attention(&p, &args, ALL_STAGES);
        free_pool(&p);
        end_case();
    }
}

int main(void) {
    options();
    lengths();
    dimensions();
    drawn(1, 100, false, "shapes");
    drawn(1001, 400, true, "options");
    return finish_cases();
}
