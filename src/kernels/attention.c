/*
 * Scores are computed transposed, Sᵀ = K·Qᵀ: keys are the rows of the tile, queries its lanes.
 * Maximum, exp and sum then run down the lanes without a horizontal step, and Sᵀ is just the left
 * operand that the tile wants for the weighted sum. Softmax streams over blocks of keys and is
 * rescaled only when a maximum grows (Milakov & Gimelshein 2018; Dao et al. 2022).
 *
 *   per batch and key/value head: K packed by DOT_ROWS, V's last columns padded
 *     per query head, per panel of queries: Qᵀ packed
 *       per block of keys: S = K·Qᵀ → logits → exp, sum; output (+)= S·V
 *
 * Few queries go one by one instead, in panels of one lane and width 1, and leave K and V unpacked
 * (row.h): then it is the keys that lie side by side in vectors.
 *
 * Threads take key/value heads, or where those are few, slices of their panels; each has its own
 * workspace, and packs the keys of what it takes.
 *
 * All block borders are multiples of fixed numbers of keys, so that hiding keys in one way or in
 * another gives the same bits; and so do other matrices asked for.
 */
#include "attention.h"

#include "../memory.h"
#include "exp.h"
#include "gemm.h"
#include "mask.h"
#include "parallel.h"
#include "row.h"
#include "softmax.h"
#include "tile.h"

#include <math.h>
#include <string.h>

#define STEP 48 /* keys, a multiple of every DOT_ROWS and SUM_CHAIN; a chain of S·V */

/* Up to so many queries the packing of K costs more than it spares. */
#define FEW 4

static bool few(const attention_problem *problem) {
    return problem->q_len <= FEW;
}

static size_t panel_lanes(const attention_problem *problem) {
    return few(problem) ? 1 : PANEL;
}

typedef struct panel {
    const attention_problem *problem;
    sight sight;      /* the panel's place, and what its queries (lanes) see */
    size_t width;     /* lanes rounded up to whole tiles either way */
    float max[PANEL]; /* running maximum of the logits; −Inf while nothing larger was seen */
    row_sum sum[PANEL / VEC_LANES];
    const float *keys;  /* [⌈kv_len/DOT_ROWS⌉][qk_dim][DOT_ROWS]; few: rows, problem->k.row apart */
    const float *v;     /* kv_len rows, problem->v.row apart */
    float *v_tail;      /* [kv_len][MIX_COLS]: V's columns beyond the last whole tile */
    float *queries;     /* [width/DOT_COLS][qk_dim][DOT_COLS], times scale */
    float *unscaled;    /* the same without, where raw scores are asked for */
    float *scores;      /* [BLOCK][width] */
    float *output;      /* [width][v_dim rounded up] */
    size_t chain, leaf; /* of products in a score */
} panel;

static size_t columns(const attention_problem *problem) {
    return hl_round_up(problem->v_dim, MIX_COLS);
}

static size_t panels_of(const attention_problem *problem) {
    return (problem->q_len + panel_lanes(problem) - 1) / panel_lanes(problem);
}

static void carve(const attention_problem *problem, hl_carver *carver, panel *p, float **keys) {
    bool *overflow = &carver->overflow;
    size_t packed = few(problem) ? 0 : problem->kv_len;
    size_t padded = hl_round_up(packed, DOT_ROWS);
    *keys = hl_carve(carver, hl_mul(padded, problem->qk_dim, overflow));
    p->v_tail = hl_carve(carver, hl_mul(packed, MIX_COLS, overflow));
    size_t queries = hl_mul(PANEL, problem->qk_dim, overflow);
    p->queries = hl_carve(carver, queries);
    p->unscaled = hl_carve(carver, queries);
    p->scores = hl_carve(carver, BLOCK * PANEL);
    p->output = hl_carve(carver, hl_mul(PANEL, columns(problem), overflow));
}

/* Bytes of one thread's workspace. */
static size_t share(const attention_problem *problem, bool *overflow) {
    hl_carver carver = {.block = NULL};
    panel p;
    float *keys;
    carve(problem, &carver, &p, &keys);
    *overflow |= carver.overflow;
    return carver.used;
}

size_t attention_workspace(const attention_problem *problem, bool *overflow) {
    return hl_mul(share(problem, overflow), parallel_threads(), overflow) / sizeof(float);
}

/* A block of transposed scores into a matrix (batch, heads, q_len, kv_len), where one is given. */
static void store_block(const panel *p, float *matrix, size_t start, size_t count) {
    if (matrix == NULL)
        return;
    const attention_problem *problem = p->problem;
    size_t row =
        (p->sight.batch * problem->heads + p->sight.head) * problem->q_len + p->sight.first;
    for (size_t lane = 0; lane < p->sight.lanes; lane++) {
        float *to = matrix + (row + lane) * problem->kv_len + start;
        for (size_t i = 0; i < count; i++)
            to[i] = p->scores[i * p->width + lane];
    }
}

static void cap_block(panel *p, size_t count) {
    exp_words words = exp_begin();
    vec cap = vec_splat(p->problem->softcap);
    for (size_t i = 0; i < count * p->width; i += VEC_LANES) {
        vec x = vec_load(p->scores + i);
        vec_store(p->scores + i, vec_mul(cap, vec_tanh(vec_div(x, cap), &words)));
    }
}

/* S = K·Qᵀ for keys start … start + count − 1 and packed queries. */
static void dot_block(panel *p, const float *queries, size_t start, size_t count) {
    size_t depth = p->problem->qk_dim;
    if (few(p->problem)) {
        size_t stride = p->problem->k.row;
        row_dot(queries, p->keys + start * stride, stride, count, depth, p->scores);
        return;
    }
    for (size_t col = 0; col < p->width; col += DOT_COLS) {
        for (size_t key = 0; key < count; key += DOT_ROWS) {
            tile_dot(p->keys + (start + key) * depth, queries + col * depth,
                     p->scores + key * p->width + col, p->width, depth, p->chain, p->leaf);
        }
    }
}

/* S = softcap(scale · K·Qᵀ) + mask, likewise, stages stored on request. */
static void logits_block(panel *p, size_t start, size_t count, bool store) {
    const attention_problem *problem = p->problem;
    if (store && problem->scores != NULL) {
        dot_block(p, p->unscaled, start, count);
        store_block(p, problem->scores, start, count);
    }
    dot_block(p, p->queries, start, count);
    if (store)
        store_block(p, problem->scaled, start, count);
    if (problem->softcap != 0)
        cap_block(p, count);
    if (store)
        store_block(p, problem->capped, start, count);
    mask_block(&p->sight, p->scores, p->width, start, count);
    if (store) {
        store_block(p, problem->masked, start, count);
        store_block(p, problem->weights, start, count);
    }
}

/* exp_block for the DOT_COLS lanes from lane on, side by side, so that they share what a step
 * loads. Tells whether a maximum grew. */
static bool exp_lanes(panel *p, size_t lane, size_t count, bool first, float *factors) {
    float *scores = p->scores + lane;
    row_sum *sum = &p->sum[lane / VEC_LANES];
    exp_words words = exp_begin();
    vec max[DOT_VECS], shift[DOT_VECS], chain[DOT_VECS];
    bool grew = false;
    for (int i = 0; i < DOT_VECS; i++)
        max[i] = vec_load(p->max + lane + i * VEC_LANES);
    for (size_t key = 0; key < count; key++) {
        for (int i = 0; i < DOT_VECS; i++)
            max[i] = vec_max(max[i], vec_load(scores + key * p->width + i * VEC_LANES));
    }
    for (int i = 0; i < DOT_VECS; i++) {
        float *known = p->max + lane + i * VEC_LANES;
        vec before = vec_load(known);
        vec_store(known, max[i]);
        /* −Inf − −Inf would be NaN; −Inf − 0 gives the weights 0 that such keys have so far. */
        shift[i] = vec_select(vec_less(vec_splat(-INFINITY), max[i]), max[i], vec_splat(0.0f));
        if (first)
            continue;
        vec factor = vec_exp(vec_sub(before, shift[i]), &words);
        vec_store(factors + lane + i * VEC_LANES, factor);
        if (vec_any(vec_less(before, max[i]))) {
            grew = true;
            row_sum_scale(sum + i, factor);
        }
    }
    for (size_t start = 0; start < count; start += SUM_CHAIN) {
        size_t end = hl_smaller(start + SUM_CHAIN, count);
        for (int i = 0; i < DOT_VECS; i++)
            chain[i] = vec_splat(0.0f);
        for (size_t key = start; key < end; key++) {
            for (int i = 0; i < DOT_VECS; i++) {
                float *at = scores + key * p->width + i * VEC_LANES;
                vec e = vec_exp(vec_sub(vec_load(at), shift[i]), &words);
                vec_store(at, e);
                chain[i] = vec_add(chain[i], e);
            }
        }
        for (int i = 0; i < DOT_VECS; i++)
            row_sum_add(sum + i, chain[i]);
    }
    return grew;
}

/* What S − max was taken with. */
static float lane_shift(const panel *p, size_t lane) {
    return p->max[lane] == -INFINITY ? 0.0f : p->max[lane];
}

/* exp_block for a single lane: its keys side by side. */
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
    vec shift = vec_splat(lane_shift(p, 0));
    bool grew = !first && before < p->max[0];
    if (grew) {
        vec_store(lanes, vec_exp(vec_sub(vec_splat(before), shift), &words));
        *factor = lanes[0];
        row_sum_scale(p->sum, vec_splat(*factor));
    }
    for (size_t start = 0; start < count; start += STEP) {
        vec chain = vec_splat(0.0f);
        for (size_t key = start; key < hl_smaller(start + STEP, count); key += VEC_LANES) {
            vec e = vec_exp(vec_sub(vec_load(scores + key), shift), &words);
            vec_store(scores + key, e);
            chain = vec_add(chain, e);
        }
        row_sum_add(p->sum, chain);
    }
    return grew;
}

/* S = exp(S − maximum), added to the sums; rescales what went before where the maximum grew. */
static void exp_block(panel *p, size_t count, bool first) {
    float factors[PANEL];
    bool grew = false;
    if (few(p->problem))
        grew = exp_row(p, count, first, factors);
    else
        for (size_t lane = 0; lane < p->width; lane += DOT_COLS)
            grew |= exp_lanes(p, lane, count, first, factors);
    if (!grew)
        return;
    size_t cols = columns(p->problem);
    for (size_t lane = 0; lane < p->sight.lanes; lane++) {
        float *row = p->output + lane * cols;
        vec factor = vec_splat(factors[lane]);
        for (size_t col = 0; col < cols; col += VEC_LANES) {
            vec_store(row + col, vec_mul(vec_load(row + col), factor));
        }
    }
}

/* output = S·V where first, += elsewhere, for keys start … start + count − 1. */
static void values_block(panel *p, size_t start, size_t count, bool first) {
    const attention_problem *problem = p->problem;
    size_t cols = columns(problem), whole = problem->v_dim / MIX_COLS * MIX_COLS;
    if (few(problem)) {
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

static float lane_sum(const panel *p, size_t lane) {
    float lanes[VEC_LANES];
    vec_store(lanes, p->sum[lane / VEC_LANES].total);
    if (few(p->problem))
        return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    return lanes[lane % VEC_LANES];
}

/* 1 / Σ exp; 0 for a row that sees nothing. */
static float lane_inverse(const panel *p, size_t lane) {
    return p->sight.any[lane] ? 1.0f / lane_sum(p, lane) : 0.0f;
}

static void store_weights(const panel *p, size_t low, size_t high) {
    const attention_problem *problem = p->problem;
    size_t row =
        (p->sight.batch * problem->heads + p->sight.head) * problem->q_len + p->sight.first;
    for (size_t lane = 0; lane < p->sight.lanes; lane++) {
        float *to = problem->weights + (row + lane) * problem->kv_len;
        memset(to, 0, low * sizeof *to);
        softmax_finish_row(to + low, high - low, lane_shift(p, lane), lane_inverse(p, lane));
        memset(to + high, 0, (problem->kv_len - high) * sizeof *to);
    }
}

static float *output_row(const panel *p, size_t lane) {
    const head_view *output = &p->problem->output;
    return output->data + p->sight.batch * output->batch + p->sight.head * output->head +
           (p->sight.first + lane) * output->row;
}

/* Tells the lanes whose output is not finite: 0 · NaN of a hidden key, or a sum too large for
 * float32 before its division, may be the cause. */
static bool store_output(const panel *p, bool *suspect) {
    size_t cols = columns(p->problem);
    bool any = false;
    for (size_t lane = 0; lane < p->sight.lanes; lane++) {
        float inverse = lane_inverse(p, lane), *to = output_row(p, lane);
        bool finite = true;
        for (size_t col = 0; col < p->problem->v_dim; col++) {
            to[col] = p->output[lane * cols + col] * inverse;
            finite &= isfinite(to[col]) != 0;
        }
        /* Where the weights are NaN themselves, so is the output, rightly. */
        suspect[lane] = !finite && isfinite(inverse);
        any |= suspect[lane];
    }
    return any;
}

#define COLUMNS 16 /* of the output, summed in double together */

/* output += weights · v for count keys from start on, those alone that the lane sees. */
static void add_seen(const panel *p, size_t lane, size_t start, const float *weights,
                     const bool *seen, size_t count) {
    size_t v_dim = p->problem->v_dim, stride = p->problem->v.row;
    float *to = output_row(p, lane);
    for (size_t first = 0; first < v_dim; first += COLUMNS) {
        size_t cols = hl_smaller(COLUMNS, v_dim - first);
        double sum[COLUMNS];
        for (size_t col = 0; col < cols; col++)
            sum[col] = (double)to[first + col];
        for (size_t i = 0; i < count; i++) {
            const float *v = p->v + (start + i) * stride + first;
            for (size_t col = 0; seen[i] && col < cols; col++)
                sum[col] += (double)weights[i] * (double)v[col];
        }
        for (size_t col = 0; col < cols; col++)
            to[first + col] = (float)sum[col];
    }
}

/* Suspect outputs again from the definition: Σ weight · v over the visible keys alone. */
static void careful_output(panel *p, const bool *suspect, size_t low, size_t high) {
    const attention_problem *problem = p->problem;
    for (size_t lane = 0; lane < p->sight.lanes; lane++) {
        if (suspect[lane])
            memset(output_row(p, lane), 0, problem->v_dim * sizeof(float));
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
            softmax_finish_row(weights, count, lane_shift(p, lane), lane_inverse(p, lane));
            sight_of(&p->sight, lane, start, count, seen);
            add_seen(p, lane, start, weights, seen, count);
        }
    }
}

static bool before_softmax(const attention_problem *problem) {
    return problem->scores || problem->scaled || problem->capped || problem->masked;
}

/* The matrices of keys that no query of the panel sees: of interest before the mask alone. */
static void show_hidden(panel *p, size_t start, size_t end) {
    for (size_t count; start < end; start += count) {
        count = end - start < BLOCK ? end - start : BLOCK;
        logits_block(p, start, count, true);
    }
}

static void attend(panel *p) {
    const attention_problem *problem = p->problem;
    size_t low, high;
    sight_begin(&p->sight, &low, &high);
    low -= low % STEP;
    if (before_softmax(problem)) {
        show_hidden(p, 0, low);
        show_hidden(p, high - high % STEP, problem->kv_len);
    }
    for (size_t lane = 0; lane < PANEL; lane++)
        p->max[lane] = -INFINITY;
    for (size_t i = 0; i < PANEL / VEC_LANES; i++)
        p->sum[i] = row_sum_zero();
    memset(p->output, 0, p->width * columns(problem) * sizeof *p->output);
    for (size_t start = low, end; start < high; start = end) {
        end = (start / BLOCK + 1) * BLOCK;
        if (end > high)
            end = high;
        logits_block(p, start, end - start, true);
        exp_block(p, end - start, start == low);
        values_block(p, start, end - start, start == low);
    }
    if (problem->weights != NULL)
        store_weights(p, low, high);
    bool suspect[PANEL];
    if (store_output(p, suspect))
        careful_output(p, suspect, low, high);
}

/* Qᵀ of the panel by tiles of lanes, lanes beyond the last query 0. To scale queries costs less
 * than to scale scores, and rounds each of many products instead of their sum. */
static void pack_queries(panel *p) {
    const attention_problem *problem = p->problem;
    const head_view *q = &problem->q;
    const float *rows =
        q->data + p->sight.batch * q->batch + p->sight.head * q->head + p->sight.first * q->row;
    size_t cols = hl_smaller(DOT_COLS, p->width);
    size_t filled = hl_round_up(p->sight.lanes, cols) * problem->qk_dim;
    size_t count = p->width * problem->qk_dim;
    pack_rows(rows, q->row, p->sight.lanes, problem->qk_dim, cols, p->queries);
    memset(p->queries + filled, 0, (count - filled) * sizeof *p->queries);
    if (problem->scores != NULL)
        memcpy(p->unscaled, p->queries, count * sizeof *p->queries);
    for (size_t i = 0; i < filled; i++)
        p->queries[i] *= problem->scale;
}

/* The keys that are needed by DOT_ROWS, and the last columns of their values; few: where they lie.
 */
static void pack_keys(panel *p, size_t kv_head, size_t needed, float *keys) {
    const attention_problem *problem = p->problem;
    const head_view *k = &problem->k, *v = &problem->v;
    size_t whole = problem->v_dim / MIX_COLS * MIX_COLS, tail = problem->v_dim - whole;
    if (needed == 0)
        return;
    const float *rows = k->data + p->sight.batch * k->batch + kv_head * k->head;
    p->v = v->data + p->sight.batch * v->batch + kv_head * v->head;
    if (few(problem)) {
        p->keys = rows;
        return;
    }
    pack_rows(rows, k->row, needed, problem->qk_dim, DOT_ROWS, keys);
    if (tail == 0)
        return;
    memset(p->v_tail, 0, needed * MIX_COLS * sizeof *p->v_tail);
    for (size_t key = 0; key < needed; key++)
        memcpy(p->v_tail + key * MIX_COLS, p->v + key * v->row + whole, tail * sizeof *p->v_tail);
}

/* A score may be off by four roundings, one of which is q · scale's, unless that is exact. */
static void set_chains(panel *p) {
    uint32_t bits;
    memcpy(&bits, &p->problem->scale, sizeof bits);
    bool power_of_two = (bits & 0x7FFFFF) == 0;
    p->chain = power_of_two ? DOT_CHAIN : DOT_CHAIN - 2;
    p->leaf = power_of_two ? DOT_LEAF : 2 * p->chain;
}

typedef struct job {
    const attention_problem *problem;
    char *workspace; /* of the first thread; the others' follow, so many bytes each */
    size_t share;
    size_t slices; /* of each key/value head */
} job;

/* An item: the panels of one slice of a key/value head, those of its first query head first. */
static void attend_slice(void *context, size_t item, size_t thread) {
    const job *job = context;
    const attention_problem *problem = job->problem;
    hl_carver carver = {.block = job->workspace + thread * job->share};
    panel p = {.problem = problem, .sight = {.problem = problem}, .width = 1};
    sight *at = &p.sight;
    float *keys;
    carve(problem, &carver, &p, &keys);
    p.keys = keys;
    set_chains(&p);

    size_t slice = item % job->slices, kv_head = item / job->slices % problem->kv_heads;
    at->batch = item / job->slices / problem->kv_heads;
    size_t needed = before_softmax(problem) ? problem->kv_len : sight_keys(problem, at->batch);
    pack_keys(&p, kv_head, needed, keys);
    size_t panels = panels_of(problem), group = problem->heads / problem->kv_heads;
    size_t end = group * panels * (slice + 1) / job->slices;
    for (size_t i = group * panels * slice / job->slices; i < end; i++) {
        at->head = kv_head * group + i / panels;
        at->first = i % panels * panel_lanes(problem);
        at->lanes = hl_smaller(panel_lanes(problem), problem->q_len - at->first);
        if (!few(problem))
            p.width = hl_round_up(hl_round_up(at->lanes, MIX_ROWS), DOT_COLS);
        pack_queries(&p);
        attend(&p);
    }
}

#define ITEMS                                                                                      \
    4 /* a thread at the least, so that they end together, whatever else the machine does */

void attention(const attention_problem *problem, float *workspace) {
    /* Nothing to write, however large the other axes are. */
    bool matrices = before_softmax(problem) || problem->weights;
    if (problem->batch == 0 || problem->heads == 0 || problem->q_len == 0)
        return;
    if (problem->v_dim == 0 && (!matrices || problem->kv_len == 0))
        return;
    bool overflow = false;
    job job = {.problem = problem,
               .workspace = (char *)workspace,
               .share = share(problem, &overflow),
               .slices = 1};
    size_t heads = problem->batch * problem->kv_heads, threads = parallel_threads();
    if (threads > 1) {
        size_t panels = problem->heads / problem->kv_heads * panels_of(problem);
        job.slices = hl_smaller(panels, (ITEMS * threads + heads - 1) / heads);
    }
    parallel_for(heads * job.slices, attend_slice, &job);
}
