/*
 * Forward, per query i and key j:
 *     x = logit(qᵢ·kⱼ · scale), M = maxⱼ x, L = Σⱼ exp(x − M), p = exp(x − M) / L, oᵢ = Σⱼ p·vⱼ
 * Backward, given dO = ∂loss/∂O, from O, M and L, the matrices made anew block by block as in
 * FlashAttention-2 (Dao 2023), which keeps M + log L instead: one float32, beside a large M too
 * short for log L. dvⱼ += Σᵢ p·dOᵢ dx   = p·(dOᵢ·vⱼ − Dᵢ), Dᵢ = dOᵢ·oᵢ ds   = dx·(1 − (t/c)²),
 * where softcap c made t dqᵢ += scale · Σⱼ ds·kⱼ dkⱼ += scale · Σᵢ ds·qᵢ
 *
 * The logits are transposed, as in the forward pass, and the same to the bit, since the same
 * functions make them: keys are rows, queries lanes. So dsᵀ is the left operand of dQ; p and ds
 * transposed are those of dV and dK.
 *
 *   per batch and key/value head: K and V packed
 *     per slice of its queries, per group of panels: Qᵀ and dOᵀ packed
 *       per block of keys:
 *         per panel: S = K·Qᵀ → logits, dP = V·dOᵀ → p, ds; dQ += dS·K
 *         dV += Pᵀ·dO; dK += dSᵀ·Q
 *     the slices' dK and dV added up, in their order
 *
 * A product with a p or a ds of 0 adds nothing, whatever it is multiplied with: so hidden keys and
 * queries leave no trace. Where a row holds Inf or NaN, its products are added with that in mind.
 *
 * Threads take slices, whose number is the problem's and not the threads', so that no sum depends
 * on those.
 */
#include "attention_backward.h"

#include "exp.h"
#include "gemm.h"
#include "panel.h"
#include "parallel.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define KEYS 96                  /* of a block; a multiple of ALIGN */
#define PANELS 2                 /* of a group: its queries are the chain of a sum over queries */
#define QUERIES (PANELS * PANEL) /* of a group */
#define ALIGN 12                 /* keys; a multiple of 4 and of every DOT_ROWS and MIX_ROWS */

/* Not inlined: called from several places, and not often. */
#define APART static __attribute__((noinline))
#define SPREAD 8 /* slices at the least, over all heads, for threads to share */

/* A panel: its queries, scores and sight in p; outside of keys low … high − 1 it sees nothing. */
typedef struct back_panel {
    panel p;
    size_t low, high;
    float shift[PANEL], inverse[PANEL], mean[PANEL]; /* M, 1/L and D; 0 where nothing is seen */
    float *d_outputs;                                /* [width/DOT_COLS][v_dim][DOT_COLS] */
} back_panel;

/* One thread's. */
typedef struct work {
    const backward_problem *problem;
    size_t *packed;         /* whose keys and values are packed: batch · kv_heads + kv_head */
    size_t qk_cols, v_cols; /* dimensions in whole tiles */
    float *keys, *values;   /* [kv_len/DOT_ROWS][dim][DOT_ROWS] */
    float *key_rows;        /* [kv_len][qk_cols] */
    float *finite;          /* [blocks of keys]: 1 where all of key_rows is */
    float *query_rows, *output_rows; /* [QUERIES][cols]: Q and dO of the group */
    float *d_queries;                /* [QUERIES][qk_cols] */
    float *total, *lost;             /* likewise, where those are long sums */
    float *scores, *d_weights;       /* [KEYS][width]: S then, dP and dS */
    float *slopes;                   /* [KEYS][width]: 1 − (t/c)² */
    float *weights, *d_scores;       /* [QUERIES][KEYS]: Pᵀ and dSᵀ, transposed */
    bool finite_queries, finite_outputs;
    float *d_keys, *d_values; /* [kv_len][cols]: the slice's, see sums */
    back_panel panels[PANELS];
} work;

/* What is summed over the queries of a slice; or what rounding takes when slices are added up. */
typedef struct sums {
    float *d_keys, *d_values; /* [kv_len][cols] */
} sums;

static void carve(const backward_problem *problem, hl_carver *carver, work *w) {
    const attention_problem *forward = &problem->forward;
    bool *overflow = &carver->overflow;
    size_t kv_len = hl_round_up(forward->kv_len, ALIGN), qk_dim = forward->qk_dim,
           v_dim = forward->v_dim;
    w->qk_cols = hl_round_up(qk_dim, MIX_COLS);
    w->v_cols = hl_round_up(v_dim, MIX_COLS);
    w->packed = (size_t *)(void *)hl_carve(carver, sizeof *w->packed / sizeof(float));
    w->keys = hl_carve(carver, hl_mul(kv_len, qk_dim, overflow));
    w->values = hl_carve(carver, hl_mul(kv_len, v_dim, overflow));
    w->key_rows = hl_carve(carver, hl_mul(kv_len, w->qk_cols, overflow));
    w->finite = hl_carve(carver, kv_len / KEYS + 1);
    w->query_rows = hl_carve(carver, hl_mul(QUERIES, w->qk_cols, overflow));
    w->output_rows = hl_carve(carver, hl_mul(QUERIES, w->v_cols, overflow));
    size_t queries = hl_mul(QUERIES, w->qk_cols, overflow);
    w->d_queries = hl_carve(carver, queries);
    w->total = hl_carve(carver, panel_long(forward) ? queries : 0);
    w->lost = hl_carve(carver, panel_long(forward) ? queries : 0);
    w->scores = hl_carve(carver, KEYS * PANEL);
    w->d_weights = hl_carve(carver, KEYS * PANEL);
    w->slopes = hl_carve(carver, KEYS * PANEL);
    w->weights = hl_carve(carver, QUERIES * KEYS);
    w->d_scores = hl_carve(carver, QUERIES * KEYS);
    for (int i = 0; i < PANELS; i++) {
        w->panels[i].p.queries = hl_carve(carver, hl_mul(PANEL, qk_dim, overflow));
        w->panels[i].d_outputs = hl_carve(carver, hl_mul(PANEL, v_dim, overflow));
    }
}

static sums carve_sums(const backward_problem *problem, hl_carver *carver) {
    const attention_problem *forward = &problem->forward;
    bool *overflow = &carver->overflow;
    size_t kv_len = hl_round_up(forward->kv_len, ALIGN);
    sums all;
    all.d_keys = hl_carve(carver, hl_mul(kv_len, hl_round_up(forward->qk_dim, MIX_COLS), overflow));
    all.d_values =
        hl_carve(carver, hl_mul(kv_len, hl_round_up(forward->v_dim, MIX_COLS), overflow));
    return all;
}

/* Groups of one key/value head: those of its first query head, then those of the next. */
static size_t groups_of(const attention_problem *forward) {
    return forward->heads / forward->kv_heads * ((forward->q_len + QUERIES - 1) / QUERIES);
}

/* Slices of one key/value head's groups: as many as its sums are too long for, and for threads. */
static size_t slices_of(const attention_problem *forward) {
    size_t groups = groups_of(forward), heads = forward->batch * forward->kv_heads;
    size_t spread = hl_smaller(groups, (SPREAD + heads - 1) / heads);
    return hl_larger(spread, (groups - 1) / (SPAN / QUERIES) + 1);
}

/* Bytes of a thread's workspace, and of a slice's sums. */
typedef struct shares {
    size_t work, sums;
} shares;

static shares share(const backward_problem *problem, bool *overflow) {
    hl_carver threads = {.block = NULL}, slices = {.block = NULL};
    work w;
    carve(problem, &threads, &w);
    carve_sums(problem, &slices);
    *overflow |= threads.overflow || slices.overflow;
    return (shares){threads.used, slices.used};
}

static bool nothing_to_do(const attention_problem *forward) {
    return forward->batch == 0 || forward->kv_heads == 0 || forward->heads == 0 ||
           forward->q_len == 0 || forward->kv_len == 0;
}

size_t attention_backward_workspace(const backward_problem *problem, bool *overflow) {
    if (nothing_to_do(&problem->forward))
        return 0;
    shares bytes = share(problem, overflow);
    size_t each = hl_add(bytes.work, bytes.sums, overflow);
    size_t all = hl_mul(each, parallel_threads(), overflow);
    return hl_add(all, bytes.sums, overflow) / sizeof(float);
}

static float *row_of(const head_view *view, size_t batch, size_t head, size_t row) {
    return view->data + batch * view->batch + head * view->head + row * view->row;
}

/* rows (count × dim, stride apart) with columns up to whole tiles, the rest 0. Tells whether all
 * are finite. */
APART bool copy_rows(const float *rows, size_t stride, size_t count, size_t dim, float *to) {
    size_t cols = hl_round_up(dim, MIX_COLS);
    vec zero = vec_splat(0.0f), sum = zero;
    for (size_t row = 0; row < count; row++, to += cols) {
        if (dim > 0) /* else there may be no rows */
            memcpy(to, rows + row * stride, dim * sizeof *to);
        memset(to + dim, 0, (cols - dim) * sizeof *to);
        for (size_t col = 0; col < cols; col += VEC_LANES)
            sum = vec_madd(vec_load(to + col), zero, sum); /* 0 · Inf is NaN */
    }
    float lanes[VEC_LANES];
    vec_store(lanes, sum);
    return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) == 0;
}

static void pack_keys(work *w, size_t batch, size_t kv_head, size_t needed) {
    const attention_problem *forward = &w->problem->forward;
    const float *k = row_of(&forward->k, batch, kv_head, 0);
    for (int i = 0; i < PANELS; i++)
        w->panels[i].p.keys = panel_few(forward) ? k : w->keys;
    if (*w->packed == batch * forward->kv_heads + kv_head)
        return;
    *w->packed = batch * forward->kv_heads + kv_head;
    if (!panel_few(forward))
        pack_rows(k, forward->k.row, needed, forward->qk_dim, DOT_ROWS, w->keys);
    pack_rows(row_of(&forward->v, batch, kv_head, 0), forward->v.row, needed, forward->v_dim,
              DOT_ROWS, w->values);
    for (size_t key = 0; key < needed; key += KEYS) {
        w->finite[key / KEYS] =
            copy_rows(k + key * forward->k.row, forward->k.row, hl_smaller(KEYS, needed - key),
                      forward->qk_dim, w->key_rows + key * w->qk_cols);
    }
}

/* A panel's place, sight, M, 1/L, D and packed operands. */
static void begin_panel(back_panel *b, const backward_problem *problem, size_t batch, size_t head,
                        size_t first, size_t lanes) {
    const attention_problem *forward = &problem->forward;
    sight *at = &b->p.sight;
    *at = (sight){.problem = forward, .batch = batch, .head = head, .first = first, .lanes = lanes};
    sight_begin(at, &b->low, &b->high);
    b->p.problem = forward;
    b->p.width = hl_round_up(lanes, DOT_COLS);
    panel_pack_queries(&b->p);
    const float *d_output = row_of(&problem->d_output, batch, head, first);
    const float *output = row_of(&forward->output, batch, head, first);
    pack_rows(d_output, problem->d_output.row, lanes, forward->v_dim, DOT_COLS, b->d_outputs);
    const float *statistics =
        problem->statistics + 2 * ((batch * forward->heads + head) * forward->q_len + first);
    for (size_t lane = 0; lane < PANEL; lane++) {
        double mean = 0;
        for (size_t i = 0; lane < lanes && i < forward->v_dim; i++)
            mean += (double)d_output[i] * (double)output[i];
        b->mean[lane] = (float)mean;
        float max = lane < lanes ? statistics[2 * lane] : -INFINITY;
        float sum = lane < lanes ? statistics[2 * lane + 1] : 0.0f;
        b->shift[lane] = max == -INFINITY ? 0.0f : max;
        b->inverse[lane] = sum == 0 ? 0.0f : 1.0f / sum;
        d_output += problem->d_output.row;
        output += forward->output.row;
    }
}

/* c (rows × cols) += aᵀ·b, a (depth × rows, step_a apart), b (depth × cols). Unless b is finite,
 * without what is multiplied with 0. Writes up to the next multiple of MIX_ROWS. */
APART void mix(const float *a, size_t step_a, size_t rows, const float *b, bool finite,
               size_t depth, float *c, size_t cols) {
    if (!finite) {
        for (size_t i = 0; i < rows * depth; i++) {
            size_t row = i / depth, k = i % depth;
            float weight = a[k * step_a + row];
            for (size_t col = 0; weight != 0 && col < cols; col++)
                c[row * cols + col] += weight * b[k * cols + col];
        }
        return;
    }
    for (size_t k = 0; k < depth; k += STEP) {
        for (size_t col = 0; col < cols; col += MIX_COLS) {
            for (size_t row = 0; row < rows; row += MIX_ROWS)
                tile_mix(a + k * step_a + row, step_a, b + k * cols + col, cols,
                         c + row * cols + col, cols, hl_smaller(STEP, depth - k), 0);
        }
    }
}

/* The panel's logits for keys start … start + count − 1; those up to `padded` are hidden. */
static void logits_block(work *w, back_panel *b, size_t start, size_t count, size_t padded) {
    const attention_problem *forward = &w->problem->forward;
    panel *p = &b->p;
    p->scores = w->scores;
    panel_dot(p, p->queries, start, count);
    if (forward->softcap != 0) {
        panel_cap(p, count);
        vec cap = vec_splat(forward->softcap), one = vec_splat(1.0f);
        for (size_t i = 0; i < count * p->width; i += VEC_LANES) {
            vec t = vec_div(vec_load(p->scores + i), cap);
            vec_store(w->slopes + i, vec_mul(vec_sub(one, t), vec_add(one, t)));
        }
    }
    mask_block(&p->sight, p->scores, p->width, start, count);
    for (size_t i = count * p->width; i < padded * p->width; i += VEC_LANES)
        vec_store(p->scores + i, vec_splat(-INFINITY));
}

/* Logits and dP for count keys into P and dS: dS in place of dP, both transposed too. */
static void gradient_block(work *w, const back_panel *b, size_t count, float *weights,
                           float *d_scores) {
    exp_words words = exp_begin();
    vec zero = vec_splat(0.0f), least = vec_splat(-FLT_MAX);
    bool capped = w->problem->forward.softcap != 0;
    size_t width = b->p.width;
    for (size_t lane = 0; lane < width; lane += VEC_LANES) {
        vec shift = vec_load(b->shift + lane), inverse = vec_load(b->inverse + lane);
        vec mean = vec_load(b->mean + lane);
        for (size_t key = 0; key < count; key += 4) {
            vec p[4], d[4];
            for (size_t i = 0; i < 4; i++) {
                size_t at = (key + i) * width + lane;
                vec x = vec_load(w->scores + at);
                /* Above 0 only where M is not of these logits. */
                vec below = vec_sub(x, shift);
                below = vec_select(vec_less(zero, below), zero, below);
                p[i] = vec_mul(vec_exp(below, &words), inverse);
                p[i] = vec_select(vec_less(x, least), zero, p[i]); /* hidden, though L be NaN */
                d[i] = vec_mul(p[i], vec_sub(vec_load(w->d_weights + at), mean));
                if (capped)
                    d[i] = vec_mul(d[i], vec_load(w->slopes + at));
                d[i] = vec_select(vec_less(zero, p[i]), d[i], p[i]);
                vec_store(w->d_weights + at, d[i]);
            }
            vec_transpose4(p);
            vec_transpose4(d);
            for (size_t i = 0; i < 4; i++) {
                vec_store(weights + (lane + i) * KEYS + key, p[i]);
                vec_store(d_scores + (lane + i) * KEYS + key, d[i]);
            }
        }
    }
}

/* A group's part in the gradients, for keys start … start + count − 1 of one block. */
static void add_block(work *w, size_t panels, size_t start, size_t count) {
    const backward_problem *problem = w->problem;
    const attention_problem *forward = &problem->forward;
    size_t padded = hl_round_up(count, ALIGN), queries = 0;
    for (size_t i = 0; i < panels; i++) {
        back_panel *b = &w->panels[i];
        logits_block(w, b, start, count, padded);
        tiles_dot(w->values + start * forward->v_dim, b->d_outputs, w->d_weights, b->p.width,
                  padded, forward->v_dim, DOT_CHAIN);
        gradient_block(w, b, padded, w->weights + queries * KEYS, w->d_scores + queries * KEYS);
        mix(w->d_weights, b->p.width, b->p.sight.lanes, w->key_rows + start * w->qk_cols,
            w->finite[start / KEYS] != 0, count, w->d_queries + queries * w->qk_cols, w->qk_cols);
        queries += b->p.sight.lanes;
    }
    mix(w->weights, KEYS, count, w->output_rows, w->finite_outputs, queries,
        w->d_values + start * w->v_cols, w->v_cols);
    mix(w->d_scores, KEYS, count, w->query_rows, w->finite_queries, queries,
        w->d_keys + start * w->qk_cols, w->qk_cols);
}

/* to (count × dim) += factor · from (count rows, cols apart). */
APART void add_rows(float *to, size_t stride, size_t count, size_t dim, const float *from,
                    size_t cols, float factor) {
    for (size_t row = 0; row < count; row++) {
        for (size_t col = 0; col < dim; col++)
            to[row * stride + col] += factor * from[row * cols + col];
    }
}

/* The group's dQ so far goes into total, to begin anew. */
static void hold_queries(work *w, bool first) {
    size_t count = QUERIES * w->qk_cols, bytes = count * sizeof *w->total;
    if (first) {
        memset(w->total, 0, bytes);
        memset(w->lost, 0, bytes);
    }
    long_sum_add(w->total, 0, w->d_queries, 0, 1, w->lost, 0, 1, count);
    memset(w->d_queries, 0, bytes);
}

/* Queries first … first + count − 1 of a head, a group at most. */
static void add_group(work *w, size_t batch, size_t head, size_t first, size_t count) {
    const backward_problem *problem = w->problem;
    const attention_problem *forward = &problem->forward;
    w->finite_queries = copy_rows(row_of(&forward->q, batch, head, first), forward->q.row, count,
                                  forward->qk_dim, w->query_rows);
    w->finite_outputs = copy_rows(row_of(&problem->d_output, batch, head, first),
                                  problem->d_output.row, count, forward->v_dim, w->output_rows);
    memset(w->d_queries, 0, QUERIES * w->qk_cols * sizeof *w->d_queries);
    size_t panels = 0, low = forward->kv_len, high = 0;
    for (size_t lane = 0; lane < count; lane += PANEL) {
        back_panel *b = &w->panels[panels++];
        begin_panel(b, problem, batch, head, first + lane, hl_smaller(PANEL, count - lane));
        low = hl_smaller(low, b->low);
        high = hl_larger(high, b->high);
    }
    bool begun = false;
    for (size_t start = low - low % ALIGN, end; start < high; start = end) {
        end = hl_smaller((start / KEYS + 1) * KEYS, high);
        add_block(w, panels, start, end - start);
        if (panel_long(forward) && (end % SPAN == 0 || end == high)) {
            hold_queries(w, !begun);
            begun = true;
        }
    }
    if (problem->d_q.data != NULL)
        add_rows(row_of(&problem->d_q, batch, head, first), problem->d_q.row, count,
                 forward->qk_dim, begun ? w->total : w->d_queries, w->qk_cols, forward->scale);
}

typedef struct backward_job {
    const backward_problem *problem;
    char *works;   /* of the first thread; the others' follow */
    char *results; /* sums of the first slice of a round; the others' follow */
    sums lost;
    shares bytes;
    size_t slices; /* of a key/value head */
    size_t first;  /* slice of the round, of all heads' */
    size_t count;  /* slices of the round */
} backward_job;

static sums sums_at(const backward_job *job, size_t place) {
    hl_carver carver = {.block = job->results + place * job->bytes.sums};
    return carve_sums(job->problem, &carver);
}

/* Which slice that is. */
typedef struct place {
    size_t batch, kv_head, slice;
} place;

static place place_of(const backward_job *job, size_t item) {
    size_t head = item / job->slices, kv_heads = job->problem->forward.kv_heads;
    return (place){head / kv_heads, head % kv_heads, item % job->slices};
}

/* An item: one slice of the round, its sums in the round's place for it. */
static void add_slice(void *context, size_t item, size_t thread) {
    const backward_job *job = context;
    const backward_problem *problem = job->problem;
    const attention_problem *forward = &problem->forward;
    hl_carver carver = {.block = job->works + thread * job->bytes.work};
    work w = {.problem = problem};
    carve(problem, &carver, &w);
    for (int i = 0; i < PANELS; i++) {
        w.panels[i].p.problem = forward;
        panel_set_chain(&w.panels[i].p);
    }
    place at = place_of(job, job->first + item);
    size_t needed = sight_keys(forward, at.batch), padded = hl_round_up(needed, ALIGN);
    pack_keys(&w, at.batch, at.kv_head, needed);
    sums own = sums_at(job, item);
    w.d_keys = own.d_keys;
    w.d_values = own.d_values;
    memset(w.d_keys, 0, padded * w.qk_cols * sizeof *w.d_keys);
    memset(w.d_values, 0, padded * w.v_cols * sizeof *w.d_values);

    size_t groups = groups_of(forward), each = (forward->q_len + QUERIES - 1) / QUERIES;
    size_t end = hl_part(groups, at.slice + 1, job->slices);
    for (size_t i = hl_part(groups, at.slice, job->slices); i < end; i++) {
        size_t head = at.kv_head * (forward->heads / forward->kv_heads) + i / each;
        size_t first = i % each * QUERIES;
        add_group(&w, at.batch, head, first, hl_smaller(QUERIES, forward->q_len - first));
    }
}

/* Rows key … key + count − 1 of a gradient (kv_len × dim) += factor · from, lost kept from slice to
 * slice. */
static void join(const head_view *to, const place *at, size_t key, size_t count, size_t dim,
                 const float *from, float factor, float *lost) {
    size_t cols = hl_round_up(dim, MIX_COLS);
    if (to->data == NULL)
        return;
    if (at->slice == 0)
        memset(lost + key * cols, 0, count * cols * sizeof *lost);
    long_sum_add(row_of(to, at->batch, at->kv_head, key), to->row, from + key * cols, cols, factor,
                 lost + key * cols, cols, count, dim);
}

/* An item: some keys' sums of the round's slices into the gradients, in their order. */
static void join_slices(void *context, size_t item, size_t thread) {
    const backward_job *job = context;
    const backward_problem *problem = job->problem;
    const attention_problem *forward = &problem->forward;
    (void)thread;
    for (size_t i = 0; i < job->count; i++) {
        place at = place_of(job, job->first + i);
        sums own = sums_at(job, i);
        size_t needed = sight_keys(forward, at.batch), key = item * KEYS;
        if (key >= needed)
            continue;
        size_t count = hl_smaller(KEYS, needed - key);
        join(&problem->d_k, &at, key, count, forward->qk_dim, own.d_keys, forward->scale,
             job->lost.d_keys);
        join(&problem->d_v, &at, key, count, forward->v_dim, own.d_values, 1, job->lost.d_values);
    }
}

void attention_backward(const backward_problem *problem, float *workspace) {
    const attention_problem *forward = &problem->forward;
    if (nothing_to_do(forward))
        return;
    bool overflow = false;
    shares bytes = share(problem, &overflow);
    size_t threads = parallel_threads(), slices = slices_of(forward);
    size_t items = forward->batch * forward->kv_heads * slices;
    char *works = (char *)workspace, *results = works + threads * bytes.work;
    backward_job job = {problem, works, results, {0}, bytes, slices, 0, 0};
    hl_carver lost = {.block = results + threads * bytes.sums};
    job.lost = carve_sums(problem, &lost);
    for (size_t i = 0; i < threads; i++) {
        hl_carver carver = {.block = works + i * bytes.work};
        work w;
        carve(problem, &carver, &w);
        *w.packed = SIZE_MAX;
    }
    for (; job.first < items; job.first += job.count) {
        job.count = hl_smaller(threads, items - job.first);
        parallel_for(job.count, add_slice, &job);
        parallel_for((forward->kv_len - 1) / KEYS + 1, join_slices, &job);
    }
}
