/* The way of a panel through the blocks of keys. */
#include "panel.h"

#include "gemm.h"
#include "row.h"

#include <math.h>
#include <string.h>

/* To scale queries costs less than to scale scores, and rounds each of many products instead of
 * their sum. */
void panel_pack_queries(panel *p) {
    const attention_problem *problem = p->problem;
    const head_view *q = &problem->q;
    const float *rows =
        q->data + p->sight.batch * q->batch + p->sight.head * q->head + p->sight.first * q->row;
    size_t cols = panel_few(problem) ? 1 : DOT_COLS;
    size_t filled = hl_round_up(p->sight.lanes, cols) * problem->qk_dim;
    size_t count = panel_few(problem) ? filled : p->width * problem->qk_dim;
    pack_rows(rows, q->row, p->sight.lanes, problem->qk_dim, cols, p->queries);
    memset(p->queries + filled, 0, (count - filled) * sizeof *p->queries);
    if (problem->scores != NULL)
        memcpy(p->unscaled, p->queries, count * sizeof *p->queries);
    /* A single query may end within a vector: there is room for what follows it. */
    vec scale = vec_splat(problem->scale);
    for (size_t i = 0; i < filled; i += VEC_LANES)
        vec_store(p->queries + i, vec_mul(vec_load(p->queries + i), scale));
}

/* A score may be off by four roundings, one of which is q · scale's, unless that is exact. */
void panel_set_chain(panel *p) {
    uint32_t bits;
    memcpy(&bits, &p->problem->scale, sizeof bits);
    bool power_of_two = (bits & 0x7FFFFF) == 0;
    p->chain = power_of_two ? DOT_CHAIN : vec_fused() ? 6 : 4;
}

/* S of few queries, lane by lane: where there is more than one, by way of a row. */
static void dot_rows(panel *p, const float *queries, size_t start, size_t count) {
    size_t depth = p->problem->qk_dim, stride = p->problem->k.row;
    const float *keys = p->keys + start * stride;
    if (p->width == 1) {
        row_dot(queries, keys, stride, count, depth, p->scores);
        return;
    }
    float row[BLOCK];
    memset(p->scores, 0, count * p->width * sizeof *p->scores);
    for (size_t lane = 0; lane < p->sight.lanes; lane++) {
        row_dot(queries + lane * depth, keys, stride, count, depth, row);
        for (size_t key = 0; key < count; key++)
            p->scores[key * p->width + lane] = row[key];
    }
}

void panel_dot(panel *p, const float *queries, size_t start, size_t count) {
    size_t depth = p->problem->qk_dim;
    if (panel_few(p->problem))
        dot_rows(p, queries, start, count);
    else
        tiles_dot(p->keys + start * depth, queries, p->scores, p->width, count, depth, p->chain);
}

/* S = softcap(scale · K·Qᵀ) + mask, likewise, stages stored on request. */
static void logits_block(panel *p, size_t start, size_t count, bool store) {
    const attention_problem *problem = p->problem;
    if (store && problem->scores != NULL) {
        panel_dot(p, p->unscaled, start, count);
        panel_store_block(p, problem->scores, start, count);
    }
    panel_dot(p, p->queries, start, count);
    if (store)
        panel_store_block(p, problem->scaled, start, count);
    if (problem->softcap != 0)
        panel_cap(p, count);
    if (store)
        panel_store_block(p, problem->capped, start, count);
    mask_block(&p->sight, p->scores, p->width, start, count);
    if (store) {
        panel_store_block(p, problem->masked, start, count);
        panel_store_block(p, problem->weights, start, count);
    }
}

/* output = S·V where first, += elsewhere, for keys start … start + count − 1. */
static void values_block(panel *p, size_t start, size_t count, bool first) {
    const attention_problem *problem = p->problem;
    size_t cols = panel_columns(problem), whole = problem->v_dim / MIX_COLS * MIX_COLS;
    if (panel_few(problem)) {
        for (size_t key = 0; key < count; key += STEP)
            row_mix(p->scores + key, hl_smaller(STEP, count - key),
                    p->v + (start + key) * problem->v.row, problem->v.row, problem->v_dim,
                    p->output, first && key == 0);
        return;
    }
    for (size_t col = 0; col < cols; col += MIX_COLS) {
        bool tail = col == whole;
        size_t stride = tail ? MIX_COLS : problem->v.row;
        const float *v = tail ? p->v_tail + start * stride : p->v + start * stride + col;
        for (size_t lane = 0; lane < p->sight.lanes; lane += MIX_ROWS) {
            for (size_t key = 0; key < count; key += STEP) {
                tile_mix(p->scores + key * p->width + lane, p->width, v + key * stride, stride,
                         p->output + lane * cols + col, cols, hl_smaller(STEP, count - key),
                         first && key == 0);
            }
        }
    }
}

/* Output goes into total, to begin anew. */
static void hold_output(panel *p) {
    size_t count = p->sight.lanes * panel_columns(p->problem);
    if (!p->held) {
        memset(p->total, 0, count * sizeof *p->total);
        memset(p->lost, 0, count * sizeof *p->lost);
    }
    long_sum_add(p->total, 0, p->output, 0, 1, p->lost, 0, 1, count);
    p->held = true;
}

#define COLUMNS 16 /* of the output, summed in double together */

/* output += weights · v for count keys from start on, those alone that the lane sees. What float32
 * takes from a sum is kept where the sums of exp no longer are. */
static void add_seen(const panel *p, size_t lane, size_t start, const float *weights,
                     const bool *seen, size_t count) {
    size_t v_dim = p->problem->v_dim, stride = p->problem->v.row;
    float *to = panel_output_row(p, lane), *lost = p->output + lane * panel_columns(p->problem);
    for (size_t first = 0; first < v_dim; first += COLUMNS) {
        size_t cols = hl_smaller(COLUMNS, v_dim - first);
        double sum[COLUMNS];
        for (size_t col = 0; col < cols; col++)
            sum[col] = (double)to[first + col] + (double)lost[first + col];
        for (size_t i = 0; i < count; i++) {
            const float *v = p->v + (start + i) * stride + first;
            for (size_t col = 0; seen[i] && col < cols; col++)
                sum[col] += (double)weights[i] * (double)v[col];
        }
        for (size_t col = 0; col < cols; col++) {
            to[first + col] = (float)sum[col];
            bool finite = isfinite(to[first + col]);
            lost[first + col] = finite ? (float)(sum[col] - (double)to[first + col]) : 0.0f;
        }
    }
}

/* Suspect outputs again from the definition: Σ weight · v over the visible keys alone. */
static void careful_output(panel *p, const bool *suspect, size_t low, size_t high) {
    const attention_problem *problem = p->problem;
    for (size_t lane = 0; lane < p->sight.lanes; lane++) {
        if (!suspect[lane])
            continue;
        memset(panel_output_row(p, lane), 0, problem->v_dim * sizeof(float));
        memset(p->output + lane * panel_columns(problem), 0, problem->v_dim * sizeof(float));
    }
    for (size_t start = low; start < high; start += STEP) {
        size_t count = high - start < STEP ? high - start : STEP;
        logits_block(p, start, count, false);
        for (size_t lane = 0; lane < p->sight.lanes; lane++) {
            if (!suspect[lane])
                continue;
            float weights[STEP];
            bool seen[STEP];
            for (size_t i = 0; i < count; i++)
                weights[i] = p->scores[i * p->width + lane];
            softmax_finish_row(weights, count, panel_shift(p, lane), panel_inverse(p, lane));
            sight_of(&p->sight, lane, start, count, seen);
            add_seen(p, lane, start, weights, seen, count);
        }
    }
}

/* The matrices of keys that no query of the panel sees: of interest before the mask alone. */
static void show_hidden(panel *p, size_t start, size_t end) {
    for (size_t count; start < end; start += count) {
        count = end - start < BLOCK ? end - start : BLOCK;
        logits_block(p, start, count, true);
    }
}

void panel_attend(panel *p) {
    const attention_problem *problem = p->problem;
    size_t low, high;
    sight_begin(&p->sight, &low, &high);
    low -= low % STEP;
    if (panel_before_softmax(problem)) {
        show_hidden(p, 0, low);
        show_hidden(p, high - high % STEP, problem->kv_len);
    }
    for (size_t lane = 0; lane < PANEL; lane++) {
        p->max[lane] = -INFINITY;
        p->rest[lane] = 0;
    }
    p->held = false;
    for (size_t i = 0; i < PANEL / VEC_LANES; i++)
        p->sum[i] = row_sum_zero();
    if (low >= high)
        memset(p->output, 0, p->width * panel_columns(problem) * sizeof *p->output);
    bool fresh = true;
    for (size_t start = low, end; start < high; start = end) {
        end = (start / BLOCK + 1) * BLOCK;
        if (end > high)
            end = high;
        logits_block(p, start, end - start, true);
        panel_exp(p, end - start, start == low);
        values_block(p, start, end - start, fresh);
        fresh = end % SPAN == 0 && end < high;
        if (fresh || (p->held && end == high))
            hold_output(p);
    }
    if (p->held)
        memcpy(p->output, p->total, p->sight.lanes * panel_columns(problem) * sizeof *p->output);
    if (problem->weights != NULL)
        panel_store_weights(p, low, high);
    panel_store_sums(p);
    bool suspect[PANEL];
    if (panel_store_output(p, suspect))
        careful_output(p, suspect, low, high);
}
