#include "draw.h"

#include <math.h>
#include <string.h>

hl_index draw_len(rng *r) {
    static const hl_index edges[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  11, 12, 13, 15, 16, 17, 23,
                                     24, 25, 31, 32, 33, 47, 48, 49, 50, 63, 64, 65, 95, 96, 97};
    static const hl_index blocks[] = {239, 240, 241, 255, 256, 257, 479, 480, 481, 500};
    if (chance(r, .08))
        return blocks[between(r, 0, 9)];
    return edges[between(r, 0, chance(r, .5) ? 13 : 30)];
}

hl_index draw_dim(rng *r) {
    static const hl_index dims[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  12, 15,
                                    16, 17, 23, 24, 25, 31, 32, 33, 64, 65, 128};
    return dims[between(r, 0, chance(r, .8) ? 15 : 21)];
}

hl_mask draw_mask(pool *p, rng *r, const hl_index shape[4]) {
    hl_mask mask = {.kind = chance(r, .5) ? HL_MASK_BOOL : HL_MASK_FLOAT, .rank = between(r, 1, 4)};
    hl_index count = 1;
    for (hl_index axis = 0; axis < mask.rank; axis++) {
        hl_index size = shape[4 - mask.rank + axis];
        bool keys = axis == mask.rank - 1;
        if (keys && chance(r, .25))
            size = between(r, 0, size);
        if (!keys && chance(r, .3))
            size = 1;
        mask.size[axis] = size;
        count *= size;
    }
    double hidden = chance(r, .2) ? .9 : .3;
    if (mask.kind == HL_MASK_BOOL) {
        uint8_t *cells = input_bytes(p, (size_t)count);
        for (hl_index i = 0; i < count; i++) {
            cells[i] = chance(r, hidden) ? 0 : (uint8_t)between(r, 1, 255);
        }
        mask.data = cells;
    } else {
        float *cells = input_floats(p, r, count);
        fill_normal(r, cells, count, 2);
        for (hl_index i = 0; i < count; i++) {
            if (chance(r, hidden / 2))
                cells[i] = -INFINITY;
            if (chance(r, .05))
                cells[i] = -1e4F; /* hides in practice, not in name */
            if (chance(r, .1))
                cells[i] = 0;
        }
        mask.data = cells;
    }
    return mask;
}

static hl_tensor draw_tensor(pool *p, rng *r, hl_index rank, hl_index batch, hl_index heads,
                             hl_index len, hl_index dim) {
    const hl_index shapes[3][4] = {
        {len, heads * dim}, {batch, len, heads * dim}, {batch, heads, len, dim}};
    return normal_tensor(p, r, 1, rank, shapes[rank - 2]);
}

hl_attention_args draw_tensors(pool *p, rng *r) {
    hl_index rank = between(r, 2, 4), batch = rank == 2 ? 1 : between(r, 1, 3);
    hl_index kv_heads = between(r, 1, 3), heads = kv_heads * between(r, 1, 3);
    hl_index q_len = draw_len(r), kv_len = chance(r, .3) ? q_len : draw_len(r);
    hl_index qk_dim = draw_dim(r), v_dim = chance(r, .3) ? qk_dim : draw_dim(r);
    while (batch * heads * q_len * kv_len * (qk_dim + v_dim) > 2000000) {
        q_len = draw_len(r);
        qk_dim = draw_dim(r);
    }
    hl_attention_args args = {.q = draw_tensor(p, r, rank, batch, heads, q_len, qk_dim),
                              .k = draw_tensor(p, r, rank, batch, kv_heads, kv_len, qk_dim),
                              .v = draw_tensor(p, r, rank, batch, kv_heads, kv_len, v_dim),
                              .options = {.heads = heads, .kv_heads = kv_heads}};
    if (rank == 4 || heads == 1)
        args.options.heads = chance(r, .5) ? heads : 0;
    if (rank == 4 || kv_heads == heads)
        args.options.kv_heads = chance(r, .5) ? kv_heads : 0;
    if (chance(r, .25)) {
        hl_index past_len = draw_len(r);
        args.past_k = draw_tensor(p, r, 4, batch, kv_heads, past_len, qk_dim);
        args.past_v = draw_tensor(p, r, 4, batch, kv_heads, past_len, v_dim);
    }
    return args;
}

void draw_options(pool *p, rng *r, hl_attention_args *args) {
    hl_attention_options *o = &args->options;
    const hl_tensor *q = &args->q, *k = &args->k;
    hl_index kv_len = k->size[k->rank - 2], batch = q->rank == 2 ? 1 : q->size[0];
    hl_index heads = o->heads ? o->heads : q->rank == 4 ? q->size[1] : 1;
    if (args->past_k.rank != 0) {
        kv_len += args->past_k.size[2];
    } else if (chance(r, .3)) {
        int32_t *lengths = input_bytes(p, (size_t)batch * sizeof *lengths);
        for (hl_index b = 0; b < batch; b++)
            lengths[b] = (int32_t)between(r, 0, kv_len);
        args->kv_lengths = lengths;
        args->kv_lengths_count = batch;
    }
    if (chance(r, .3)) {
        o->use_scale = 1;
        o->scale = chance(r, .1) ? 0 : (float)(.3 * normal(r));
    }
    if (chance(r, .25))
        o->softcap = (float)(.1 + 4 * uniform(r));
    o->causal = chance(r, .4);
    if (chance(r, .3)) {
        o->use_window = 1;
        for (int side = 0; side < 2; side++) {
            o->window[side] = chance(r, .2)   ? HL_WINDOW_UNLIMITED
                              : chance(r, .2) ? 0
                                              : (int32_t)between(r, 0, kv_len);
        }
    }
    const hl_index shape[4] = {batch, heads, q->size[q->rank - 2], kv_len};
    if (chance(r, .5))
        o->mask = draw_mask(p, r, shape);
}
