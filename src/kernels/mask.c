#include "mask.h"

#include "../memory.h"
#include "vec.h"

#include <float.h>
#include <math.h>
#include <string.h>

static size_t clamp(int64_t value, size_t most) {
    return value < 0 ? 0 : (uint64_t)value > most ? most : (size_t)value;
}

/* A key counted from start, within 0 … most. */
static size_t from_start(size_t key, size_t start, size_t most) {
    return clamp((int64_t)key - (int64_t)start, most);
}

size_t sight_keys(const attention_problem *problem, size_t batch) {
    if (problem->masked_keys < problem->kv_len)
        return problem->kv_len;
    if (problem->kv_lengths == NULL)
        return problem->visible_keys;
    return hl_smaller(problem->visible_keys, (size_t)problem->kv_lengths[batch]);
}

void sight_begin(sight *s, size_t *from, size_t *to) {
    const attention_problem *problem = s->problem;
    size_t keys = problem->visible_keys;
    int64_t offset = problem->offset;
    if (problem->kv_lengths != NULL) {
        int32_t length = problem->kv_lengths[s->batch];
        keys = hl_smaller(keys, (size_t)length);
        if (problem->offset_by_length)
            offset = (int64_t)length - (int64_t)problem->q_len;
    }
    *from = problem->kv_len;
    *to = 0;
    for (size_t lane = 0; lane < s->lanes; lane++) {
        int64_t diagonal = (int64_t)(s->first + lane) + offset;
        size_t low = problem->banded ? clamp(diagonal - problem->left, keys) : 0;
        size_t high = problem->banded ? clamp(diagonal + problem->right + 1, keys) : keys;
        s->low[lane] = low;
        s->high[lane] = high;
        s->any[lane] = false;
        if (low >= high)
            continue;
        *from = hl_smaller(*from, low);
        *to = hl_larger(*to, high);
    }
    if (problem->masked_keys < problem->kv_len) {
        *from = hl_smaller(*from, problem->masked_keys);
        *to = problem->kv_len;
    }
    *from = hl_smaller(*from, *to);
}

/* The masks' elements for a lane and the keys from start on. */
static const void *mask_row(const sight *s, const mask_view *mask, size_t lane, size_t start) {
    size_t at =
        s->batch * mask->batch + s->head * mask->head + (s->first + lane) * mask->query + start;
    return mask->kind == HL_MASK_BOOL ? (const void *)((const uint8_t *)mask->data + at)
                                      : (const void *)((const float *)mask->data + at);
}

/* Clears seen where a mask hides one of the keys start + from … start + to − 1. */
static void ask_masks(const sight *s, size_t lane, size_t start, size_t from, size_t to,
                      bool *seen) {
    for (int i = 0; i < 2; i++) {
        const mask_view *mask = &s->problem->masks[i];
        if (mask->kind == HL_MASK_BOOL) {
            const uint8_t *row = mask_row(s, mask, lane, start);
            for (size_t key = from; key < to; key++)
                seen[key] &= row[key] != 0;
        } else if (mask->kind == HL_MASK_FLOAT) {
            const float *row = mask_row(s, mask, lane, start);
            for (size_t key = from; key < to; key++)
                seen[key] &= row[key] != -INFINITY;
        }
    }
}

void sight_of(const sight *s, size_t lane, size_t start, size_t count, bool *seen) {
    size_t border = from_start(s->problem->masked_keys, start, count);
    size_t low = from_start(s->low[lane], start, border);
    size_t high = hl_larger(low, from_start(s->high[lane], start, border));
    for (size_t i = 0; i < count; i++)
        seen[i] = (i >= low && i < high) || i >= border;
    ask_masks(s, lane, start, low, high, seen);
}

/* −Inf for those of the keys low … high − 1 that are not seen, else plus the masks' numbers. */
static void mask_lane(sight *s, size_t lane, float *logits, size_t width, size_t start, size_t low,
                      size_t high) {
    if (low >= high)
        return;
    bool seen[BLOCK];
    memset(seen + low, true, high - low);
    ask_masks(s, lane, start, low, high, seen);
    for (int i = 0; i < 2; i++) {
        const mask_view *mask = &s->problem->masks[i];
        if (mask->kind != HL_MASK_FLOAT)
            continue;
        const float *row = mask_row(s, mask, lane, start);
        for (size_t key = low; key < high; key++)
            logits[key * width] += row[key];
    }
    for (size_t key = low; key < high; key++) {
        if (!seen[key])
            logits[key * width] = -INFINITY;
        s->any[lane] |= seen[key];
    }
}

/* mask_lane for the VEC_LANES lanes from lane on, those beyond the last with the last one's masks;
 * the keys are a multiple of 4. */
static void mask_lanes(sight *s, size_t lane, float *logits, size_t width, size_t start, size_t low,
                       size_t high) {
    const mask_view *masks = s->problem->masks;
    const void *rows[2][VEC_LANES] = {{NULL}};
    for (int i = 0; i < 2; i++) {
        for (size_t j = 0; masks[i].kind != HL_MASK_NONE && j < VEC_LANES; j++)
            rows[i][j] = mask_row(s, &masks[i], hl_smaller(lane + j, s->lanes - 1), start);
    }
    vec any = vec_splat(0.0f);
    for (size_t key = low; key < high; key += 4) {
        float *at = logits + key * width;
        vec hidden[4], x[4], m[4];
        for (int k = 0; k < 4; k++) {
            hidden[k] = vec_splat(0.0f);
            x[k] = vec_load(at + k * width);
        }
        for (int i = 0; i < 2; i++) {
            if (masks[i].kind == HL_MASK_NONE)
                continue;
            if (masks[i].kind == HL_MASK_BOOL) {
                vec_zeros4((const uint8_t *const *)rows[i], key, m);
            } else {
                for (int j = 0; j < VEC_LANES; j++)
                    m[j] = vec_load((const float *)rows[i][j] + key);
                vec_transpose4(m);
                for (int k = 0; k < 4; k++) {
                    x[k] = vec_add(x[k], m[k]);
                    m[k] = vec_less(m[k], vec_splat(-FLT_MAX));
                }
            }
            for (int k = 0; k < 4; k++)
                hidden[k] = vec_select(m[k], m[k], hidden[k]);
        }
        for (int k = 0; k < 4; k++) {
            vec_store(at + k * width, vec_select(hidden[k], vec_splat(-INFINITY), x[k]));
            any = vec_select(hidden[k], any, vec_splat(1.0f));
        }
    }
    float seen[VEC_LANES];
    vec_store(seen, any);
    for (size_t j = 0; j < VEC_LANES && lane + j < s->lanes; j++)
        s->any[lane + j] |= seen[j] != 0;
}

static void hide(float *logits, size_t width, size_t from, size_t to) {
    for (size_t key = from; key < to; key++)
        logits[key * width] = -INFINITY;
}

/* mask_lane for lanes first … last − 1, VEC_LANES at most, each with its own bounds. */
static void mask_group(sight *s, size_t first, size_t last, const size_t *low, const size_t *high,
                       float *logits, size_t width, size_t start) {
    /* What all of them may see, as far as it goes in steps of four keys. */
    size_t from = 0, to = BLOCK;
    for (size_t lane = first; lane < last; lane++) {
        from = hl_larger(from, low[lane]);
        to = hl_smaller(to, high[lane]);
    }
    to = width < VEC_LANES || to < from ? from : to - (to - from) % 4;
    if (from < to)
        mask_lanes(s, first, logits + first, width, start, from, to);
    for (size_t lane = first; lane < last; lane++) {
        mask_lane(s, lane, logits + lane, width, start, low[lane], hl_smaller(from, high[lane]));
        mask_lane(s, lane, logits + lane, width, start, hl_larger(to, low[lane]), high[lane]);
    }
}

void mask_block(sight *s, float *logits, size_t width, size_t start, size_t count) {
    const attention_problem *problem = s->problem;
    bool masked = problem->masks[0].kind != HL_MASK_NONE || problem->masks[1].kind != HL_MASK_NONE;
    /* Keys count from start here. Those from border on are seen by all. */
    size_t border = from_start(problem->masked_keys, start, count);
    size_t low[PANEL], high[PANEL];
    for (size_t lane = 0; lane < s->lanes; lane++) {
        low[lane] = from_start(s->low[lane], start, border);
        high[lane] = hl_larger(low[lane], from_start(s->high[lane], start, border));
        hide(logits + lane, width, 0, low[lane]);
        hide(logits + lane, width, high[lane], border);
        s->any[lane] |= border < count || (low[lane] < high[lane] && !masked);
    }
    for (size_t lane = 0; masked && lane < s->lanes; lane += VEC_LANES) {
        size_t last = hl_smaller(lane + VEC_LANES, s->lanes);
        mask_group(s, lane, last, low, high, logits, width, start);
    }
}
