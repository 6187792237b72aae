/*
 * Gradients in float64 from the definition, and what float32 may differ by:
 * - a weight p: p·(e^η − 1), η the errors of its logit, of the sum and of exp; and 2^-126, below
 *   which there are no weights;
 * - ds = p·(dP − D)·slope: what the errors of its factors can do, dP's and D's being those of sums
 *   as scores are, D with the output's error, and three roundings;
 * - a gradient: what that does to its sum, and 2e-6 of the sum's magnitudes, as for a projection:
 *   chains of 48 products, and those one after another.
 */
#include "oracle.h"
#include "oracle_parts.h"

#include <math.h>

static const double ROUNDING = 0x1p-24, SMALLEST = 0x1p-149, LEAST_WEIGHT = 0x1p-126;

/* Operands (batch, heads, len, dim) and gradients; the latter's `error` grows with them. */
typedef struct back {
    oracle_attention s;
    oracle_array operand[3], output, d_output;
    oracle_gradients sum, magnitude;
    double scale, softcap;
} back;

/* Adds weight · x to a gradient, weight off by error: 0 · NaN is nothing. */
static void add(back *b, int which, hl_index to, double weight, double error, double x) {
    if (weight == 0 && !isfinite(x))
        return;
    b->sum.of[which].value[to] += weight * x;
    b->sum.of[which].error[to] += error * fabs(x);
    b->magnitude.of[which].value[to] += fabs(weight * x);
}

/* D of a row, and its error. */
static double mean(const back *b, hl_index row, double *error) {
    double sum = 0, magnitude = 0;
    *error = 0;
    for (hl_index c = row * b->s.v_dim; c < (row + 1) * b->s.v_dim; c++) {
        sum += b->d_output.value[c] * b->output.value[c];
        magnitude += fabs(b->d_output.value[c] * b->output.value[c]);
        *error += fabs(b->d_output.value[c]) * b->output.error[c];
    }
    *error += oracle_sum_bound(magnitude, b->s.v_dim);
    return sum;
}

static void add_pair(back *b, hl_index row, hl_index key, hl_index at, double d, double d_error) {
    const oracle_attention *s = &b->s;
    hl_index qk_dim = s->qk_dim, v_dim = s->v_dim;
    double x = s->masked.value[at], largest = s->statistics.value[2 * row];
    double p = x == -INFINITY ? 0 : s->weights.value[at];
    if (p < LEAST_WEIGHT)
        return;
    double eta = s->masked.error[at] + s->statistics.error[2 * row] + 1e-6 +
                 ROUNDING * (1.3 * (largest - x) + 4);
    double p_error = p * expm1(eta) + LEAST_WEIGHT;
    double dp = 0, magnitude = 0;
    for (hl_index c = 0; c < v_dim; c++) {
        double product = b->d_output.value[row * v_dim + c] * b->operand[2].value[key * v_dim + c];
        dp += product;
        magnitude += fabs(product);
        add(b, 2, key * v_dim + c, p, p_error, b->d_output.value[row * v_dim + c]);
    }
    double slope = 1, slope_error = 0;
    if (b->softcap != 0) {
        double t = s->capped.value[at] / b->softcap;
        slope = (1 - t) * (1 + t);
        slope_error = 2 * s->capped.error[at] / b->softcap + 6 * ROUNDING;
    }
    double g = fabs(dp - d);
    double g_error = oracle_sum_bound(magnitude, v_dim) + d_error + ROUNDING * (g + fabs(d));
    double ds = p * (dp - d) * slope;
    double ds_error = (p + p_error) * (g + g_error) * (slope + slope_error) - p * g * slope +
                      3 * ROUNDING * fabs(ds) + 4 * SMALLEST * (1 + g);
    for (hl_index c = 0; c < qk_dim; c++) {
        add(b, 0, row * qk_dim + c, ds, ds_error, b->operand[1].value[key * qk_dim + c]);
        add(b, 1, key * qk_dim + c, ds, ds_error, b->operand[0].value[row * qk_dim + c]);
    }
}

/* A gradient of a sum, times factor, in its tensor's layout. */
static oracle_array finish(const back *b, int which, const hl_tensor *of, double factor) {
    oracle_array sum = b->sum.of[which], magnitude = b->magnitude.of[which];
    bool query = which == 0;
    hl_index terms = query ? b->s.kv_len : b->s.heads * b->s.q_len;
    for (hl_index i = 0; i < sum.count; i++) {
        sum.error[i] =
            fabs(factor) * (sum.error[i] + oracle_projection_bound(magnitude.value[i], terms)) +
            2 * ROUNDING * fabs(factor * sum.value[i]) + SMALLEST;
        sum.value[i] *= factor;
    }
    if (of->rank == 4)
        return sum;
    return oracle_heads_together(sum, b->s.batch, query ? b->s.heads : b->s.kv_heads,
                                 query ? b->s.q_len : b->s.kv_len);
}

/* The output's layout, as a tensor of that data. */
static hl_tensor like_output(const oracle_attention *s, const hl_tensor *q, const float *data) {
    hl_tensor t = *q;
    t.data = (float *)data;
    t.size[t.rank - 1] = t.rank == 4 ? s->v_dim : s->heads * s->v_dim;
    return t;
}

oracle_gradients oracle_attend_backward(const hl_attention_args *args, const float *d_output) {
    const hl_tensor *of[3] = {&args->q, &args->k, &args->v};
    back b = {.s = oracle_attend(args), .softcap = (double)args->options.softcap};
    const oracle_attention *s = &b.s;
    b.scale = oracle_scale(&args->options, s->qk_dim);
    hl_tensor given = like_output(s, &args->q, d_output);
    b.d_output = oracle_apart(&given, s->heads, -1, 0);
    b.output = s->output;
    if (args->q.rank != 4)
        b.output = oracle_heads_apart(b.output, s->batch, s->heads, s->q_len);
    b.s.output = (oracle_array){0, NULL, NULL};
    for (int i = 0; i < 3; i++) {
        b.operand[i] = oracle_apart(of[i], i == 0 ? s->heads : s->kv_heads, -1, 0);
        b.sum.of[i] = oracle_new(b.operand[i].count);
        b.magnitude.of[i] = oracle_new(b.operand[i].count);
    }
    for (hl_index row = 0; row < s->batch * s->heads * s->q_len; row++) {
        hl_index head = row / s->q_len % s->heads, batch = row / s->q_len / s->heads;
        hl_index first = (batch * s->kv_heads + head * s->kv_heads / s->heads) * s->kv_len;
        double d_error, d = mean(&b, row, &d_error);
        for (hl_index j = 0; j < s->kv_len; j++) {
            hl_index at = row * s->kv_len + j;
            if (s->visible[at])
                add_pair(&b, row, first + j, at, d, d_error);
        }
    }
    double factors[3] = {b.scale, b.scale, 1};
    oracle_gradients result;
    for (int i = 0; i < 3; i++) {
        result.of[i] = finish(&b, i, of[i], factors[i]);
        oracle_array_free(&b.magnitude.of[i]);
        oracle_array_free(&b.operand[i]);
    }
    oracle_array_free(&b.output);
    oracle_array_free(&b.d_output);
    oracle_attention_free(&b.s);
    return result;
}

void oracle_gradients_free(oracle_gradients *gradients) {
    for (int i = 0; i < 3; i++)
        oracle_array_free(&gradients->of[i]);
}

double oracle_attention_loss(const hl_attention_args *args, const float *d_output, int which,
                             hl_index at, double step) {
    oracle_attention s = oracle_attend_moved(args, which, at, step);
    double loss = 0;
    for (hl_index i = 0; i < s.output.count; i++)
        loss += (double)d_output[i] * s.output.value[i];
    oracle_attention_free(&s);
    return loss;
}
