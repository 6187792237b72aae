/* A panel's softmax, as its keys stream by. */
#include "panel.h"

#include "exp.h"

#include <math.h>
#include <string.h>

void panel_cap(panel *p, size_t count) {
    exp_words words = exp_begin();
    vec cap = vec_splat(p->problem->softcap);
    for (size_t i = 0; i < count * p->width; i += VEC_LANES) {
        vec x = vec_load(p->scores + i);
        vec_store(p->scores + i, vec_mul(cap, vec_tanh(vec_div(x, cap), &words)));
    }
}

float panel_shift(const panel *p, size_t lane) {
    return p->max[lane] == -INFINITY ? 0.0f : p->max[lane];
}

/* A lane whose maximum grows: its new rest, and by which power of two what it has is multiplied.
 * What is 2¹²⁷ times too small vanishes, as it does in exp. */
static float raise_max(double *rest, float before, float max) {
    double grown = ((double)max - (double)before) * 1.4426950408889634 + *rest;
    if (!(grown < 127)) { /* before may be −Inf */
        *rest = 0;
        return 0;
    }
    double steps = ceil(grown);
    *rest = grown - steps;
    uint32_t bits = (127 - (uint32_t)steps) << 23;
    float factor;
    memcpy(&factor, &bits, sizeof factor);
    return factor;
}

/* The rests of VEC_LANES lanes. */
static vec rests(const double *rest) {
    const float lanes[VEC_LANES] = {(float)rest[0], (float)rest[1], (float)rest[2], (float)rest[3]};
    return vec_load(lanes);
}

/* panel_exp for the DOT_COLS lanes from lane on, side by side, so that they share what a step
 * loads. Tells whether a maximum grew. */
static bool exp_lanes(panel *p, size_t lane, size_t count, bool first, float *factors) {
    float *scores = p->scores + lane;
    size_t width = p->width;
    row_sum *sum = &p->sum[lane / VEC_LANES];
    exp_words words = exp_begin();
    vec max[DOT_VECS], shift[DOT_VECS], rest[DOT_VECS], chain[DOT_VECS];
    bool grew = false;
    for (int i = 0; i < DOT_VECS; i++)
        max[i] = vec_load(p->max + lane + i * VEC_LANES);
    for (size_t key = 0; key < count; key++) {
        for (int i = 0; i < DOT_VECS; i++)
            max[i] = vec_max(max[i], vec_load(scores + key * width + i * VEC_LANES));
    }
    for (int i = 0; i < DOT_VECS; i++) {
        float *known = p->max + lane + i * VEC_LANES;
        vec before = vec_load(known);
        vec_store(known, max[i]);
        /* −Inf − −Inf would be NaN; −Inf − 0 gives the weights 0 that such keys have so far. */
        shift[i] = vec_select(vec_less(vec_splat(-INFINITY), max[i]), max[i], vec_splat(0.0f));
        float *factor = factors + lane + i * VEC_LANES, old[VEC_LANES];
        vec_store(factor, vec_splat(1.0f));
        if (!first && vec_any(vec_less(before, max[i]))) {
            grew = true;
            vec_store(old, before);
            for (int j = 0; j < VEC_LANES; j++)
                factor[j] = raise_max(p->rest + lane + i * VEC_LANES + j, old[j], known[j]);
            row_sum_scale(sum + i, vec_load(factor));
        }
        rest[i] = rests(p->rest + lane + i * VEC_LANES);
    }
    for (size_t start = 0; start < count; start += SUM_CHAIN) {
        size_t end = hl_smaller(start + SUM_CHAIN, count);
        for (int i = 0; i < DOT_VECS; i++)
            chain[i] = vec_splat(0.0f);
        for (size_t key = start; key < end; key++) {
            for (int i = 0; i < DOT_VECS; i++) {
                float *at = scores + key * width + i * VEC_LANES;
                vec e = vec_exp_times2(vec_sub(vec_load(at), shift[i]), rest[i], &words);
                vec_store(at, e);
                chain[i] = vec_add(chain[i], e);
            }
        }
        for (int i = 0; i < DOT_VECS; i++)
            row_sum_add(sum + i, chain[i]);
    }
    return grew;
}

/* panel_exp for a single lane: its keys side by side. */
static bool exp_row(panel *p, size_t count, bool first, float *factor) {
    float *scores = p->scores, lanes[VEC_LANES], before = p->max[0];
    exp_words words = exp_begin();
    for (size_t i = count; i % VEC_LANES != 0; i++)
        scores[i] = -INFINITY;
    vec max = vec_splat(before);
    for (size_t key = 0; key < count; key += VEC_LANES)
        max = vec_max(max, vec_load(scores + key));
    vec_store(lanes, max);
    for (int i = 0; i < VEC_LANES; i++)
        p->max[0] = p->max[0] < lanes[i] ? lanes[i] : p->max[0];
    vec shift = vec_splat(panel_shift(p, 0));
    bool grew = !first && before < p->max[0];
    if (grew) {
        *factor = raise_max(p->rest, before, p->max[0]);
        row_sum_scale(p->sum, vec_splat(*factor));
    }
    vec rest = vec_splat((float)p->rest[0]);
    for (size_t start = 0; start < count; start += STEP) {
        vec chain = vec_splat(0.0f);
        for (size_t key = start; key < hl_smaller(start + STEP, count); key += VEC_LANES) {
            vec e = vec_exp_times2(vec_sub(vec_load(scores + key), shift), rest, &words);
            vec_store(scores + key, e);
            chain = vec_add(chain, e);
        }
        row_sum_add(p->sum, chain);
    }
    return grew;
}

void panel_exp(panel *p, size_t count, bool first) {
    float factors[PANEL];
    bool grew = false;
    if (panel_few(p->problem))
        grew = exp_row(p, count, first, factors);
    else
        for (size_t lane = 0; lane < p->width; lane += DOT_COLS)
            grew |= exp_lanes(p, lane, count, first, factors);
    if (!grew)
        return;
    float *const sums[] = {p->output, p->total, p->lost};
    size_t cols = panel_columns(p->problem);
    for (int i = 0; i < (p->held ? 3 : 1); i++) {
        for (size_t lane = 0; lane < p->sight.lanes; lane++) {
            float *row = sums[i] + lane * cols;
            vec factor = vec_splat(factors[lane]);
            for (size_t col = 0; col < cols; col += VEC_LANES)
                vec_store(row + col, vec_mul(vec_load(row + col), factor));
        }
    }
}

/* Σ exp(S − max)·2^rest. */
static float lane_sum(const panel *p, size_t lane) {
    float lanes[VEC_LANES];
    vec_store(lanes, p->sum[lane / VEC_LANES].total);
    if (panel_few(p->problem))
        return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    return lanes[lane % VEC_LANES];
}

/* log(x) of a sum: x = m·2ⁿ, log m = 2·artanh(z), z = (m − 1)/(m + 1), a series up to z⁹ (1e-9 of
 * it). The C library's would be 400 bytes more for a page to load. */
static float log_of(float x) {
    if (!(x > 0))
        return x == 0 ? -INFINITY : x;
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t above = bits - 0x3F3504F3; /* √½: m is within √½ … √2 */
    int n = (int)above >> 23;
    bits -= (uint32_t)n << 23;
    memcpy(&x, &bits, sizeof bits);
    double z = ((double)x - 1) / ((double)x + 1), square = z * z;
    double series = 1 + square * (1. / 3 + square * (1. / 5 + square * (1. / 7 + square / 9)));
    return (float)(n * 0.6931471805599453 + 2 * z * series);
}

float panel_sum(const panel *p, size_t lane) {
    if (!p->sight.any[lane])
        return 0;
    float sum = lane_sum(p, lane), rest = (float)p->rest[lane], power[VEC_LANES];
    if (rest == 0)
        return sum;
    exp_words words = exp_begin();
    vec_store(power, vec_exp2(vec_splat(rest), &words));
    return sum / power[0];
}

float panel_logsumexp(const panel *p, size_t lane) {
    return p->sight.any[lane] ? panel_shift(p, lane) + log_of(panel_sum(p, lane)) : -INFINITY;
}

float panel_inverse(const panel *p, size_t lane) {
    return p->sight.any[lane] ? 1.0f / panel_sum(p, lane) : 0.0f;
}

float panel_output_scale(const panel *p, size_t lane) {
    return p->sight.any[lane] ? 1.0f / lane_sum(p, lane) : 0.0f;
}
