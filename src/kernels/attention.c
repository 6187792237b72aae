/*
 * Scores are computed transposed, Sᵀ = K·Qᵀ: keys are the rows of the tile, queries its lanes.
 * Maximum, exp and sum then run down the lanes without a horizontal step, and Sᵀ is just the left
 * operand that the tile wants for the weighted sum. Softmax streams over blocks of keys and is
 * rescaled only when a maximum grows (Milakov & Gimelshein 2018; Dao et al. 2022).
 *
 *   per batch and key/value head: K packed by DOT_ROWS, V's last columns padded
 *     per query head, per panel of queries: Qᵀ packed
 *       per block of keys: S = K·Qᵀ → logits → exp, sum; output (+)= S·V (panel.c)
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
#include "gemm.h"
#include "panel.h"
#include "parallel.h"

static size_t panel_lanes(const attention_problem *problem) {
    return panel_few(problem) ? 1 : PANEL;
}

static size_t panels_of(const attention_problem *problem) {
    return (problem->q_len + panel_lanes(problem) - 1) / panel_lanes(problem);
}

static void carve(const attention_problem *problem, hl_carver *carver, panel *p, float **keys) {
    bool *overflow = &carver->overflow;
    size_t packed = panel_few(problem) ? 0 : problem->kv_len;
    size_t padded = hl_round_up(packed, DOT_ROWS);
    *keys = hl_carve(carver, hl_mul(padded, problem->qk_dim, overflow));
    p->v_tail = hl_carve(carver, hl_mul(packed, MIX_COLS, overflow));
    size_t queries = hl_mul(PANEL, problem->qk_dim, overflow);
    p->queries = hl_carve(carver, queries);
    p->unscaled = hl_carve(carver, queries);
    p->scores = hl_carve(carver, BLOCK * PANEL);
    size_t outputs = hl_mul(PANEL, panel_columns(problem), overflow);
    size_t held = panel_long(problem) ? outputs : 0;
    p->output = hl_carve(carver, outputs);
    p->total = hl_carve(carver, held);
    p->lost = hl_carve(carver, held);
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
    if (panel_few(problem)) {
        p->keys = rows;
        return;
    }
    pack_rows(rows, k->row, needed, problem->qk_dim, DOT_ROWS, keys);
    if (tail == 0)
        return;
    for (size_t key = 0; key < needed; key++) {
        const float *from = p->v + key * v->row + whole;
        for (size_t col = 0; col < MIX_COLS; col++)
            p->v_tail[key * MIX_COLS + col] = col < tail ? from[col] : 0.0f;
    }
}

typedef struct attention_job {
    const attention_problem *problem;
    char *workspace; /* of the first thread; the others' follow, so many bytes each */
    size_t share;
    size_t slices; /* of each key/value head */
} attention_job;

/* An item: the panels of one slice of a key/value head, those of its first query head first. */
static void attend_slice(void *context, size_t item, size_t thread) {
    const attention_job *job = context;
    const attention_problem *problem = job->problem;
    hl_carver carver = {.block = job->workspace + thread * job->share};
    panel p; /* not cleared: in a small call that would be much of the work */
    sight *at = &p.sight;
    p.problem = at->problem = problem;
    p.width = 1;
    float *keys;
    carve(problem, &carver, &p, &keys);
    p.keys = keys;
    panel_set_chain(&p);

    size_t slice = item % job->slices, kv_head = item / job->slices % problem->kv_heads;
    at->batch = item / job->slices / problem->kv_heads;
    size_t needed =
        panel_before_softmax(problem) ? problem->kv_len : sight_keys(problem, at->batch);
    pack_keys(&p, kv_head, needed, keys);
    size_t panels = panels_of(problem), group = problem->heads / problem->kv_heads;
    size_t end = hl_part(group * panels, slice + 1, job->slices);
    for (size_t i = hl_part(group * panels, slice, job->slices); i < end; i++) {
        at->head = kv_head * group + i / panels;
        at->first = i % panels * panel_lanes(problem);
        at->lanes = hl_smaller(panel_lanes(problem), problem->q_len - at->first);
        if (!panel_few(problem))
            p.width = hl_round_up(at->lanes, DOT_COLS);
        panel_pack_queries(&p);
        panel_attend(&p);
    }
}

#define ITEMS                                                                                      \
    4 /* a thread at the least, so that they end together, whatever else the machine does */

void attention(const attention_problem *problem, float *workspace) {
    /* Nothing to write, however large the other axes are. */
    bool matrices = panel_before_softmax(problem) || problem->weights;
    if (problem->batch == 0 || problem->heads == 0 || problem->q_len == 0)
        return;
    bool sums = problem->logsumexp || problem->statistics;
    if (problem->v_dim == 0 && !sums && (!matrices || problem->kv_len == 0))
        return;
    bool overflow = false;
    attention_job job = {.problem = problem,
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
