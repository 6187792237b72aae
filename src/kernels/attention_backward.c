/*
 * Forward, per query i and key j:
 *     x = logit(qᵢ·kⱼ · scale), L = log Σⱼ exp(x), p = exp(x − L), oᵢ = Σⱼ p·vⱼ
 * Backward, given dO = ∂loss/∂O, from O and L, the matrices made anew block by block as in
 * FlashAttention-2 (Dao 2023):
 *     dvⱼ += Σᵢ p·dOᵢ
 *     dx   = p·(dOᵢ·vⱼ − Dᵢ), Dᵢ = dOᵢ·oᵢ
 *     ds   = dx·(1 − (t/c)²), where softcap c made t
 *     dqᵢ += scale · Σⱼ ds·kⱼ
 *     dkⱼ += scale · Σᵢ ds·qᵢ
 *
 * The logits are transposed, as in the forward pass, and the same to the bit: keys are rows,
 * queries lanes. So dsᵀ is the left operand of dQ; p and ds transposed are those of dV and dK.
 *
 *   per batch and key/value head: K and V packed
 *     per query head, per group of panels: Qᵀ and dOᵀ packed
 *       per block of keys:
 *         per panel: S = K·Qᵀ → logits, dP = V·dOᵀ → p, ds; dQ += dS·K
 *         dV += Pᵀ·dO; dK += dSᵀ·Q
 *
 * A product with a p or a ds of 0 adds nothing, whatever it is multiplied with: so hidden keys and
 * queries leave no trace. Where a row holds Inf or NaN, its products are added with that in mind.
 *
 * Threads take key/value heads, so no sum depends on their number.
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
#define APART __attribute__((noinline))

/* A panel: its queries, scores and sight in p; outside of keys low … high − 1 it sees nothing. */
typedef struct back_panel {
    panel p;
    size_t low, high;
    float shift[PANEL], mean[PANEL]; /* L and D; L is Inf for lanes beyond the last query */
    float *d_outputs;                /* [width/DOT_COLS][v_dim][DOT_COLS] */
} back_panel;

typedef struct work {
    const backward_problem *problem;
    size_t qk_cols, v_cols;          /* dimensions in whole tiles */
    float *keys, *values;            /* [kv_len/DOT_ROWS][dim][DOT_ROWS] */
    float *key_rows;                 /* [kv_len][qk_cols] */
    float *finite;                   /* [blocks of keys]: 1 where all of key_rows is */
    float *d_keys, *d_values;        /* [kv_len][cols], the latter's sums */
    float *query_rows, *output_rows; /* [QUERIES][cols]: Q and dO of the group */
    float *d_queries;                /* [QUERIES][qk_cols] */
    float *scores, *d_weights;       /* [KEYS][width]: S then, dP and dS */
    float *slopes;                   /* [KEYS][width]: 1 − (t/c)² */
    float *weights, *d_scores;       /* [QUERIES][KEYS]: Pᵀ and dSᵀ, transposed */
    bool finite_queries, finite_outputs;
    back_panel panels[PANELS];
} work;

static void carve(const backward_problem *problem, hl_carver *carver, work *w) {
    const attention_problem *forward = &problem->forward;
    bool *overflow = &carver->overflow;
    size_t kv_len = hl_round_up(forward->kv_len, ALIGN), qk_dim = forward->qk_dim,
           v_dim = forward->v_dim;
    w->qk_cols = hl_round_up(qk_dim, MIX_COLS);
    w->v_cols = hl_round_up(v_dim, MIX_COLS);
    w->keys = hl_carve(carver, hl_mul(kv_len, qk_dim, overflow));
    w->values = hl_carve(carver, hl_mul(kv_len, v_dim, overflow));
    w->key_rows = hl_carve(carver, hl_mul(kv_len, w->qk_cols, overflow));
    w->finite = hl_carve(carver, kv_len / KEYS + 1);
    w->d_keys = hl_carve(carver, hl_mul(kv_len, w->qk_cols, overflow));
    w->d_values = hl_carve(carver, hl_mul(kv_len, w->v_cols, overflow));
    w->query_rows = hl_carve(carver, hl_mul(QUERIES, w->qk_cols, overflow));
    w->output_rows = hl_carve(carver, hl_mul(QUERIES, w->v_cols, overflow));
    w->d_queries = hl_carve(carver, hl_mul(QUERIES, w->qk_cols, overflow));
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

/* Bytes of one thread's workspace. */
static size_t share(const backward_problem *problem, bool *overflow) {
    hl_carver carver = {.block = NULL};
    work w;
    carve(problem, &carver, &w);
    *overflow |= carver.overflow;
    return carver.used;
}

size_t attention_backward_workspace(const backward_problem *problem, bool *overflow) {
    return hl_mul(share(problem, overflow), parallel_threads(), overflow) / sizeof(float);
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
    pack_rows(k, forward->k.row, needed, forward->qk_dim, DOT_ROWS, w->keys);
    pack_rows(row_of(&forward->v, batch, kv_head, 0), forward->v.row, needed, forward->v_dim,
              DOT_ROWS, w->values);
    for (size_t key = 0; key < needed; key += KEYS) {
        w->finite[key / KEYS] =
            copy_rows(k + key * forward->k.row, forward->k.row, hl_smaller(KEYS, needed - key),
                      forward->qk_dim, w->key_rows + key * w->qk_cols);
    }
    size_t padded = hl_round_up(needed, ALIGN);
    memset(w->d_keys, 0, padded * w->qk_cols * sizeof *w->d_keys);
    memset(w->d_values, 0, padded * w->v_cols * sizeof *w->d_values);
}

/* A panel's place, sight, L, D and packed operands. */
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
    const float *logsumexp =
        problem->logsumexp + (batch * forward->heads + head) * forward->q_len + first;
    for (size_t lane = 0; lane < PANEL; lane++) {
        double mean = 0;
        for (size_t i = 0; lane < lanes && i < forward->v_dim; i++)
            mean += (double)d_output[i] * (double)output[i];
        b->mean[lane] = (float)mean;
        b->shift[lane] = lane >= lanes                  ? INFINITY
                         : logsumexp[lane] == -INFINITY ? 0.0f
                                                        : logsumexp[lane];
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
    tiles_dot(w->keys + start * forward->qk_dim, p->queries, p->scores, p->width, padded,
              forward->qk_dim, p->chain);
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
        vec shift = vec_load(b->shift + lane), mean = vec_load(b->mean + lane);
        for (size_t key = 0; key < count; key += 4) {
            vec p[4], d[4];
            for (size_t i = 0; i < 4; i++) {
                size_t at = (key + i) * width + lane;
                vec x = vec_load(w->scores + at);
                p[i] = vec_exp(vec_sub(x, shift), &words);
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
    for (size_t start = low - low % ALIGN, end; start < high; start = end) {
        end = hl_smaller((start / KEYS + 1) * KEYS, high);
        add_block(w, panels, start, end - start);
    }
    if (problem->d_q.data != NULL)
        add_rows(row_of(&problem->d_q, batch, head, first), problem->d_q.row, count,
                 forward->qk_dim, w->d_queries, w->qk_cols, forward->scale);
}

typedef struct job {
    const backward_problem *problem;
    char *workspace; /* of the first thread; the others' follow, so many bytes each */
    size_t share;
} job;

/* An item: a key/value head, with all its query heads. */
static void add_head(void *context, size_t item, size_t thread) {
    const job *job = context;
    const backward_problem *problem = job->problem;
    const attention_problem *forward = &problem->forward;
    hl_carver carver = {.block = job->workspace + thread * job->share};
    work w = {.problem = problem};
    carve(problem, &carver, &w);
    for (int i = 0; i < PANELS; i++) {
        w.panels[i].p.problem = forward;
        panel_set_chain(&w.panels[i].p);
    }
    size_t batch = item / forward->kv_heads, kv_head = item % forward->kv_heads;
    size_t needed = sight_keys(forward, batch), group = forward->heads / forward->kv_heads;
    pack_keys(&w, batch, kv_head, needed);
    for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++) {
        for (size_t first = 0; first < forward->q_len; first += QUERIES)
            add_group(&w, batch, head, first, hl_smaller(QUERIES, forward->q_len - first));
    }
    if (problem->d_k.data != NULL)
        add_rows(row_of(&problem->d_k, batch, kv_head, 0), problem->d_k.row, needed,
                 forward->qk_dim, w.d_keys, w.qk_cols, forward->scale);
    if (problem->d_v.data != NULL)
        add_rows(row_of(&problem->d_v, batch, kv_head, 0), problem->d_v.row, needed, forward->v_dim,
                 w.d_values, w.v_cols, 1);
}

void attention_backward(const backward_problem *problem, float *workspace) {
    const attention_problem *forward = &problem->forward;
    if (forward->q_len == 0 || forward->kv_len == 0)
        return;
    bool overflow = false;
    job job = {problem, (char *)workspace, share(problem, &overflow)};
    parallel_for(forward->batch * forward->kv_heads, add_head, &job);
}
