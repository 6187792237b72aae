/* A panel: some queries of one head that go through the blocks of keys together. Shared by
 * attention.c and panel*.c. Internal. */
#ifndef HL_PANEL_H
#define HL_PANEL_H

#include "../memory.h"
#include "long_sum.h"
#include "mask.h"
#include "softmax.h"
#include "tile.h"

#define STEP 48 /* keys, a multiple of every DOT_ROWS and SUM_CHAIN; a chain of S·V */

typedef struct panel {
    const attention_problem *problem;
    sight sight;      /* the panel's place, and what its queries (lanes) see */
    size_t width;     /* lanes in whole tiles of scores. Those of S·V may reach into the next key's
                         lanes: what comes of that is read by nobody. */
    float max[PANEL]; /* running maximum of the logits; −Inf while nothing larger was seen */
    double rest[PANEL]; /* sums and outputs are of exp(logit − max)·2^rest, −1 < rest ≤ 0 */
    row_sum sum[PANEL / VEC_LANES];
    const float *keys; /* [⌈kv_len/DOT_ROWS⌉][qk_dim][DOT_ROWS]; few: rows, problem->k.row apart */
    const float *v;    /* kv_len rows, problem->v.row apart */
    float *v_tail;     /* [kv_len][MIX_COLS]: V's columns beyond the last whole tile */
    float *queries;    /* [width/DOT_COLS][qk_dim][DOT_COLS], times scale; few: [lanes][qk_dim] */
    float *unscaled;   /* the same without, where raw scores are asked for */
    float *scores;     /* [BLOCK][width] */
    float *output;     /* [PANEL][v_dim rounded up] */
    float *total;      /* panel_long: the same, up to where output began anew, */
    float *lost;       /* and what rounding took from that */
    bool held;         /* whether it did */
    size_t chain;      /* of products in a score */
} panel;

/* Up to so many queries the packing of K costs more than it spares. */
#define FEW 4

static inline bool panel_few(const attention_problem *problem) {
    return problem->q_len <= FEW;
}

static inline size_t panel_columns(const attention_problem *problem) {
    return hl_round_up(problem->v_dim, MIX_COLS);
}

_Static_assert(SPAN % BLOCK == 0, "output begins anew between blocks");

/* Whether the output is a long sum. */
static inline bool panel_long(const attention_problem *problem) {
    return problem->kv_len > SPAN;
}

/* Whether matrices are asked for that show hidden keys too. */
static inline bool panel_before_softmax(const attention_problem *problem) {
    return problem->scores || problem->scaled || problem->capped || problem->masked;
}

/* Qᵀ of the panel, times scale, by tiles of lanes; lanes beyond the last query are 0. Few queries
 * as rows. */
void panel_pack_queries(panel *p);

/* S = K·Qᵀ for keys start … start + count − 1 and packed queries: every score, in both passes. */
void panel_dot(panel *p, const float *queries, size_t start, size_t count);

/* The chain for the scale at hand. */
void panel_set_chain(panel *p);

/* Fills the panel's output rows, and its rows of the matrices asked for. */
void panel_attend(panel *p);

/* scores = softcap · tanh(scores / softcap) for count keys. */
void panel_cap(panel *p, size_t count);

/* S = exp(S − maximum)·2^rest for count keys, added to the sums; rescales what went before where
 * the maximum grew, by powers of two, which round nothing however often that is. */
void panel_exp(panel *p, size_t count, bool first);

/* What S − max was taken with. */
float panel_shift(const panel *p, size_t lane);

/* Σ exp(S − max); 0 for a lane that sees nothing. */
float panel_sum(const panel *p, size_t lane);

/* 1 / panel_sum, which makes weights of exp(S − max); 0 for a lane that sees nothing. */
float panel_inverse(const panel *p, size_t lane);

/* What makes outputs of their sums; 0 for a lane that sees nothing. */
float panel_output_scale(const panel *p, size_t lane);

/* log Σ exp of the lane's logits; −Inf for a lane that sees nothing. */
float panel_logsumexp(const panel *p, size_t lane);

/* A block of transposed scores into a matrix (batch, heads, q_len, kv_len), where one is given. */
void panel_store_block(const panel *p, float *matrix, size_t start, size_t count);

/* Turns logits low … high − 1 in the weights' rows into weights, the others into 0. */
void panel_store_weights(const panel *p, size_t low, size_t high);

/* The lanes' log Σ exp, and their maxima and sums, where they are asked for. */
void panel_store_sums(const panel *p);

/* Where a lane's output belongs: v_dim numbers. */
float *panel_output_row(const panel *p, size_t lane);

/* Tells the lanes whose output is not finite: 0 · NaN of a hidden key, or a sum too large for
 * float32 before its division, may be the cause. */
bool panel_store_output(const panel *p, bool *suspect);

#endif
