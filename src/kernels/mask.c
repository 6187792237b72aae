#include "mask.h"

#include "../memory.h"

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
    bool seen[BLOCK];
    memset(seen, true, sizeof seen);
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

static void hide(float *logits, size_t width, size_t from, size_t to) {
    for (size_t key = from; key < to; key++)
        logits[key * width] = -INFINITY;
}

void mask_block(sight *s, float *logits, size_t width, size_t start, size_t count) {
    const attention_problem *problem = s->problem;
    bool masked = problem->masks[0].kind != HL_MASK_NONE || problem->masks[1].kind != HL_MASK_NONE;
    /* Keys count from start here. Those from border on are seen by all. */
    size_t border = from_start(problem->masked_keys, start, count);
    for (size_t lane = 0; lane < s->lanes; lane++) {
        size_t low = from_start(s->low[lane], start, border);
        size_t high = hl_larger(low, from_start(s->high[lane], start, border));
        hide(logits + lane, width, 0, low);
        hide(logits + lane, width, high, border);
        if (masked)
            mask_lane(s, lane, logits + lane, width, start, low, high);
        s->any[lane] |= border < count || (low < high && !masked);
    }
}
