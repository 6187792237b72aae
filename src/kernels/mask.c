#include "mask.h"

#include <math.h>

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}
static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t clamp(int64_t value, size_t most) {
    return value < 0 ? 0 : (uint64_t)value > most ? most : (size_t)value;
}

void sight_begin(sight *s, size_t *from, size_t *to) {
    const attention_problem *problem = s->problem;
    size_t keys = problem->visible_keys;
    int64_t offset = problem->offset;
    if (problem->kv_lengths != NULL) {
        int32_t length = problem->kv_lengths[s->batch];
        keys = smaller(keys, (size_t)length);
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
        *from = smaller(*from, low);
        *to = larger(*to, high);
    }
    if (problem->masked_keys < problem->kv_len) {
        *from = smaller(*from, problem->masked_keys);
        *to = problem->kv_len;
    }
    *from = smaller(*from, *to);
}

/* What the masks add to the logit of a key: a number, or −Inf for a hidden one. */
static float mask_value(const sight *s, size_t lane, size_t key) {
    float sum = 0;
    for (int i = 0; i < 2; i++) {
        const mask_view *mask = &s->problem->masks[i];
        if (mask->kind == HL_MASK_NONE)
            continue;
        size_t at =
            s->batch * mask->batch + s->head * mask->head + (s->first + lane) * mask->query + key;
        if (mask->kind == HL_MASK_FLOAT) {
            float value = ((const float *)mask->data)[at];
            if (value == -INFINITY)
                return -INFINITY;
            sum += value;
        } else if (((const uint8_t *)mask->data)[at] == 0) {
            return -INFINITY;
        }
    }
    return sum;
}

bool sight_of(const sight *s, size_t lane, size_t key) {
    if (key >= s->problem->masked_keys)
        return true;
    return key >= s->low[lane] && key < s->high[lane] && mask_value(s, lane, key) != -INFINITY;
}

static void hide(float *logits, size_t width, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        logits[i * width] = -INFINITY;
}

void mask_block(sight *s, float *logits, size_t width, size_t start, size_t count) {
    const attention_problem *problem = s->problem;
    bool masked = problem->masks[0].kind != HL_MASK_NONE || problem->masks[1].kind != HL_MASK_NONE;
    /* From here on keys count from start. Those from border on are seen by all. */
    size_t border = clamp((int64_t)problem->masked_keys - (int64_t)start, count);
    for (size_t lane = 0; lane < s->lanes; lane++) {
        float *column = logits + lane;
        size_t low = clamp((int64_t)s->low[lane] - (int64_t)start, border);
        size_t high = larger(low, clamp((int64_t)s->high[lane] - (int64_t)start, border));
        hide(column, width, 0, low);
        hide(column, width, high, border);
        s->any[lane] |= border < count || (low < high && !masked);
        for (size_t i = low; masked && i < high; i++) {
            float value = mask_value(s, lane, start + i);
            column[i * width] = value == -INFINITY ? value : column[i * width] + value;
            s->any[lane] |= value != -INFINITY;
        }
    }
}
