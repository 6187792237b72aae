/* A panel's results, written where they belong. */
#include "panel.h"

#include <math.h>
#include <string.h>

/* to (rows × count, stride apart) = from (count × rows, width apart) transposed; VEC_LANES rows at
 * most. */
static void store_transposed(const float *from, size_t width, float *to, size_t stride, size_t rows,
                             size_t count) {
    size_t whole = rows == VEC_LANES ? count / 4 * 4 : 0;
    for (size_t i = 0; i < whole; i += 4) {
        vec x[4];
        for (int k = 0; k < 4; k++)
            x[k] = vec_load(from + (i + k) * width);
        vec_transpose4(x);
        for (int j = 0; j < VEC_LANES; j++)
            vec_store(to + j * stride + i, x[j]);
    }
    for (size_t j = 0; j < rows; j++) {
        for (size_t i = whole; i < count; i++)
            to[j * stride + i] = from[i * width + j];
    }
}

void panel_store_block(const panel *p, float *matrix, size_t start, size_t count) {
    if (matrix == NULL)
        return;
    const attention_problem *problem = p->problem;
    size_t row =
        (p->sight.batch * problem->heads + p->sight.head) * problem->q_len + p->sight.first;
    for (size_t lane = 0; lane < p->sight.lanes; lane += VEC_LANES) {
        size_t rows = hl_smaller(VEC_LANES, p->sight.lanes - lane);
        const float *from = p->scores + lane;
        float *to = matrix + (row + lane) * problem->kv_len + start;
        store_transposed(from, p->width, to, problem->kv_len, rows, count);
    }
}

void panel_store_weights(const panel *p, size_t low, size_t high) {
    const attention_problem *problem = p->problem;
    size_t row =
        (p->sight.batch * problem->heads + p->sight.head) * problem->q_len + p->sight.first;
    for (size_t lane = 0; lane < p->sight.lanes; lane++) {
        float *to = problem->weights + (row + lane) * problem->kv_len;
        memset(to, 0, low * sizeof *to);
        softmax_finish_row(to + low, high - low, panel_shift(p, lane), panel_inverse(p, lane));
        memset(to + high, 0, (problem->kv_len - high) * sizeof *to);
    }
}

void panel_store_sums(const panel *p) {
    const attention_problem *problem = p->problem;
    size_t row =
        (p->sight.batch * problem->heads + p->sight.head) * problem->q_len + p->sight.first;
    for (size_t lane = 0; problem->logsumexp != NULL && lane < p->sight.lanes; lane++)
        problem->logsumexp[row + lane] = panel_logsumexp(p, lane);
    for (size_t lane = 0; problem->statistics != NULL && lane < p->sight.lanes; lane++) {
        float *to = problem->statistics + 2 * (row + lane);
        bool any = p->sight.any[lane];
        to[0] = any ? p->max[lane] : -INFINITY;
        /* Logits of −Inf that are seen: −Inf − −Inf. */
        to[1] = any && to[0] == -INFINITY ? NAN : panel_sum(p, lane);
    }
}

float *panel_output_row(const panel *p, size_t lane) {
    const head_view *output = &p->problem->output;
    return output->data + p->sight.batch * output->batch + p->sight.head * output->head +
           (p->sight.first + lane) * output->row;
}

bool panel_store_output(const panel *p, bool *suspect) {
    size_t v_dim = p->problem->v_dim, whole = v_dim / VEC_LANES * VEC_LANES;
    bool any = false;
    for (size_t lane = 0; lane < p->sight.lanes; lane++) {
        float factor = panel_output_scale(p, lane), *to = panel_output_row(p, lane),
              lanes[VEC_LANES];
        const float *from = p->output + lane * panel_columns(p->problem);
        /* x − x is 0, or NaN where x is not finite. */
        vec scale = vec_splat(factor), zeros = vec_splat(0.0f);
        for (size_t col = 0; col < whole; col += VEC_LANES) {
            vec x = vec_mul(vec_load(from + col), scale);
            vec_store(to + col, x);
            zeros = vec_add(zeros, vec_sub(x, x));
        }
        vec_store(lanes, zeros);
        float zero = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
        for (size_t col = whole; col < v_dim; col++) {
            to[col] = from[col] * factor;
            zero += to[col] - to[col];
        }
        bool finite = zero == 0;
        /* Where the weights are NaN themselves, so is the output, rightly. */
        suspect[lane] = !finite && isfinite(factor);
        any |= suspect[lane];
    }
    return any;
}
