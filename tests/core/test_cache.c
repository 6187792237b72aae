/* hl_attention with a cache against the same call with past and present: the same bits, and the
 * block changed in its new rows alone. */
#include "check.h"
#include "compare.h"
#include "data.h"
#include "draw.h"
#include "headlight.h"

#include <stddef.h>
#include <string.h>

/* A block (batch, heads, capacity, dim) whose first rows are those of past. */
static hl_tensor block(pool *p, const hl_tensor *past, hl_index capacity) {
    hl_index heads = past->size[0] * past->size[1], len = past->size[2], dim = past->size[3];
    hl_tensor result = {
        output_floats(p, heads * capacity * dim), 4, {past->size[0], past->size[1], capacity, dim}};
    for (hl_index h = 0; h < heads && len * dim > 0; h++) {
        memcpy(result.data + h * capacity * dim, past->data + h * len * dim,
               (size_t)(len * dim) * sizeof(float));
    }
    return result;
}

/* The rows of present, and behind them what was there before. */
static void compare_block(const hl_tensor *block, const hl_tensor *fresh, const float *present,
                          hl_index len, const char *what) {
    hl_index heads = block->size[0] * block->size[1], dim = block->size[3];
    hl_index capacity = block->size[2];
    for (hl_index h = 0; h < heads; h++) {
        const float *rows = block->data + h * capacity * dim;
        expect(same_floats(rows, present + h * len * dim, len * dim), "%s of head %td differ", what,
               h);
        expect(memcmp(rows + len * dim, fresh->data + h * capacity * dim + len * dim,
                      (size_t)((capacity - len) * dim) * sizeof(float)) == 0,
               "%s of head %td were written beyond the new ones", what, h);
    }
}

static void compare_cache(pool *p, rng *r, const hl_attention_args *args, unsigned stages) {
    attention_result want, got;
    if (!run_attention(p, *args, stages, &want))
        return;
    hl_index len = want.shape.kv_len, capacity = len + between(r, 0, 3);
    hl_attention_args cached = *args;
    cached.use_cache = 1;
    cached.cache_length = args->past_k.size[2];
    cached.past_k = block(p, &args->past_k, capacity);
    cached.past_v = block(p, &args->past_v, capacity);
    const hl_tensor k = block(p, &args->past_k, capacity), v = block(p, &args->past_v, capacity);
    if (!run_attention(p, cached, stages, &got))
        return;
    hl_index rows = want.shape.batch * want.shape.heads * want.shape.q_len;
    expect(same_floats(want.output, got.output, rows * want.shape.v_dim), "outputs differ");
    for (int i = 0; i < STAGES; i++) {
        if (want.stage[i] != NULL)
            expect(same_floats(want.stage[i], got.stage[i], rows * len), "stage %d differs", i);
    }
    compare_block(&cached.past_k, &k, want.present_k, len, "keys");
    compare_block(&cached.past_v, &v, want.present_v, len, "values");
}

int main(void) {
    int cases = 0;
    for (int seed = 1; cases < 60; seed++) {
        pool p = {0};
        rng r = {0x9E3779B97F4A7C15ULL * (uint64_t)seed};
        hl_attention_args args = draw_tensors(&p, &r);
        if (args.past_k.data != NULL) {
            draw_options(&p, &r, &args);
            begin_case("attention with a cache, from seed %d", seed);
            compare_cache(&p, &r, &args, chance(&r, .5) ? ALL_STAGES : 0);
            end_case();
            cases++;
        }
        free_pool(&p);
    }
    return finish_cases();
}
