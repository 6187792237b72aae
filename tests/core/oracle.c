#include "oracle.h"
#include "oracle_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double ROUNDING = 0x1p-24;  /* largest relative error of one float32 rounding */
static const double SMALLEST = 0x1p-149; /* float32 denormal */
static const double TOLERANCE = 2e-6;

oracle_array oracle_new(hl_index count) {
    oracle_array a = {count, calloc((size_t)count + 1, sizeof(double)),
                      calloc((size_t)count + 1, sizeof(double))};
    if (a.value == NULL || a.error == NULL)
        abort();
    return a;
}

oracle_array oracle_floats(const float *data, hl_index count) {
    oracle_array a = oracle_new(count);
    for (hl_index i = 0; i < count; i++)
        a.value[i] = (double)data[i];
    return a;
}

void oracle_array_free(oracle_array *a) {
    free(a->value);
    free(a->error);
    *a = (oracle_array){0, NULL, NULL};
}

hl_index oracle_mismatch(const oracle_array *expected, const float *actual) {
    for (hl_index i = 0; i < expected->count; i++) {
        double want = expected->value[i], got = (double)actual[i];
        if (isnan(want) ? isnan(got) : want == got)
            continue;
        /* Written so that a NaN on either side fails. */
        if (!(fabs(got - want) <= expected->error[i]) || isinf(want))
            return i;
    }
    return -1;
}

hl_index oracle_count(const hl_tensor *t) {
    hl_index count = 1;
    for (hl_index axis = 0; axis < t->rank; axis++)
        count *= t->size[axis];
    return count;
}

double oracle_sum_bound(double magnitude, hl_index terms) {
    return 4 * ROUNDING * magnitude + (double)(terms + 1) * SMALLEST;
}

double oracle_projection_bound(double magnitude, hl_index terms) {
    return TOLERANCE * magnitude + (double)(terms + 1) * SMALLEST;
}

/* Gives Σ|kᵢ|: what the smallest denormals can do to a sum of products. */
static double score(oracle_attention *s, oracle_array q, oracle_array k, hl_index query,
                    hl_index key, hl_index at) {
    double sum = 0, magnitude = 0, inherited = 0, keys = 0;
    for (hl_index c = 0; c < s->qk_dim; c++) {
        hl_index a = query * s->qk_dim + c, b = key * s->qk_dim + c;
        sum += q.value[a] * k.value[b];
        magnitude += fabs(q.value[a] * k.value[b]);
        keys += fabs(k.value[b]);
        inherited +=
            fabs(q.value[a]) * k.error[b] + fabs(k.value[b]) * q.error[a] + q.error[a] * k.error[b];
    }
    s->scores.value[at] = sum;
    /* NaN and Inf must be met as they are; softcap makes ±Inf finite again, and exact. */
    bool finite = isfinite(sum);
    s->scores.error[at] = finite ? oracle_sum_bound(magnitude, s->qk_dim) + inherited : 0;
    return keys;
}

static void logit(oracle_attention *s, double scale, double softcap, const double *bias,
                  double keys, hl_index at) {
    /* Without a dimension the sum is 0, and stays so under 1/√0. */
    double x = s->qk_dim == 0 ? 0 : scale * s->scores.value[at];
    /* q · scale is a float32 number, too. */
    double near = isfinite(keys) ? (keys + 1) * SMALLEST : 0;
    double error = s->qk_dim == 0 ? 0 : fabs(scale) * s->scores.error[at] + near;
    s->scaled.value[at] = x;
    s->scaled.error[at] = error;
    if (softcap != 0) {
        x = softcap * tanh(x / softcap);
        error += 4 * ROUNDING * fabs(x) + (fabs(softcap) + 1) * SMALLEST; /* x / softcap, too */
    }
    s->capped.value[at] = x;
    s->capped.error[at] = error;
    if (!s->visible[at]) {
        x = -INFINITY;
        error = 0;
    } else if (bias != NULL && bias[at] != 0) {
        x += bias[at];
        error += 2 * ROUNDING * (fabs(bias[at]) + fabs(x));
    }
    s->masked.value[at] = x;
    s->masked.error[at] = error;
}

/* logsumexp, statistics and weights of a row of logits. change[j]: what logit errors can do to wⱼ.
 */
static void weigh(oracle_attention *s, hl_index number, double *change) {
    hl_index row = number * s->kv_len;
    const double *x = s->masked.value + row, *delta = s->masked.error + row;
    double *w = s->weights.value + row;
    double largest = -INFINITY, sum = 0, least = 0, most = 0;
    bool any = false, nan = false;
    double shift = 0;
    for (hl_index j = 0; j < s->kv_len; j++) {
        any |= s->visible[row + j];
        nan |= isnan(x[j]);
        largest = fmax(largest, x[j]);
        shift = fmax(shift, delta[j]);
        change[j] = 0;
    }
    double *logsumexp = s->logsumexp.value + number;
    *logsumexp = nan || largest == INFINITY ? (double)NAN : largest;
    if (!any)
        return; /* weights stay 0 */
    for (hl_index j = 0; j < s->kv_len; j++)
        sum += exp(x[j] - largest);
    s->statistics.value[2 * number] = largest;
    s->statistics.error[2 * number] = shift;
    s->statistics.value[2 * number + 1] = sum;
    s->statistics.error[2 * number + 1] = sum * (expm1(2 * shift) + 1e-6);
    if (isfinite(*logsumexp))
        *logsumexp += log(sum);
    s->logsumexp.error[number] = shift + 1e-6 + 2 * ROUNDING * fabs(*logsumexp);
    for (hl_index j = 0; j < s->kv_len; j++) {
        w[j] = nan ? (double)NAN : exp(x[j] - largest) / sum;
        if (w[j] > 0)
            least += exp(log(w[j]) - delta[j]);
        if (w[j] > 0)
            most += exp(log(w[j]) + delta[j]);
    }
    double greatest_weight = 0, greatest_change = 0;
    for (hl_index j = 0; j < s->kv_len; j++) {
        double up = w[j] > 0 ? exp(log(w[j]) + delta[j]) / least - w[j] : 0;
        double down = w[j] > 0 ? w[j] - exp(log(w[j]) - delta[j]) / most : 0;
        change[j] = fmax(up, down);
        greatest_weight = fmax(greatest_weight, w[j]);
        greatest_change = fmax(greatest_change, change[j]);
    }
    for (hl_index j = 0; j < s->kv_len; j++) {
        s->weights.error[row + j] = TOLERANCE * greatest_weight + greatest_change + SMALLEST;
    }
}

/* One row of output, from element `to` on. */
static void mix(const oracle_attention *s, hl_index row, const double *change, oracle_array v,
                hl_index first_key, hl_index to) {
    oracle_array out = s->output;
    double largest = 0;
    for (hl_index c = 0; c < s->v_dim; c++) {
        double sum = 0, magnitude = 0, inherited = 0;
        for (hl_index j = 0; j < s->kv_len; j++) {
            if (!s->visible[row + j])
                continue;
            hl_index at = (first_key + j) * s->v_dim + c;
            double weight = s->weights.value[row + j];
            sum += weight * v.value[at];
            magnitude += weight * fabs(v.value[at]);
            inherited += change[j] * fabs(v.value[at]) + (weight + change[j]) * v.error[at];
        }
        out.value[to + c] = sum;
        out.error[to + c] = oracle_sum_bound(magnitude, s->kv_len) + inherited;
        if (isfinite(sum))
            largest = fmax(largest, fabs(sum));
    }
    for (hl_index c = 0; c < s->v_dim; c++)
        out.error[to + c] += TOLERANCE * largest;
}

void oracle_allocate(oracle_attention *s) {
    hl_index rows = s->batch * s->heads * s->q_len;
    oracle_array *stages[] = {&s->scores, &s->scaled, &s->capped, &s->masked, &s->weights};
    for (int i = 0; i < 5; i++)
        *stages[i] = oracle_new(rows * s->kv_len);
    s->logsumexp = oracle_new(rows);
    s->statistics = oracle_new(2 * rows);
    for (hl_index i = 0; i < rows; i++)
        s->logsumexp.value[i] = s->statistics.value[2 * i] = -INFINITY;
    s->output = oracle_new(rows * s->v_dim);
    s->visible = malloc((size_t)(rows * s->kv_len) + 1);
    if (s->visible == NULL)
        abort();
    memset(s->visible, true, (size_t)(rows * s->kv_len));
}

void oracle_core(oracle_attention *s, oracle_array q, oracle_array k, oracle_array v, double scale,
                 double softcap, const double *bias) {
    oracle_array change = oracle_new(s->kv_len);
    for (hl_index row = 0; row < s->batch * s->heads * s->q_len; row++) {
        hl_index head = row / s->q_len % s->heads, b = row / s->q_len / s->heads;
        hl_index kv_head = head * s->kv_heads / s->heads;
        hl_index first_key = (b * s->kv_heads + kv_head) * s->kv_len;
        for (hl_index j = 0; j < s->kv_len; j++) {
            double keys = score(s, q, k, row, first_key + j, row * s->kv_len + j);
            logit(s, scale, softcap, bias, keys, row * s->kv_len + j);
        }
        weigh(s, row, change.value);
        mix(s, row * s->kv_len, change.value, v, first_key, row * s->v_dim);
    }
    oracle_array_free(&change);
}

oracle_array oracle_heads_together(oracle_array a, hl_index batch, hl_index heads, hl_index len) {
    oracle_array out = oracle_new(a.count);
    hl_index dim = a.count == 0 ? 0 : a.count / (batch * heads * len);
    for (hl_index from = 0; from < a.count; from++) {
        hl_index c = from % dim, i = from / dim % len;
        hl_index h = from / dim / len % heads, b = from / dim / len / heads;
        hl_index to = ((b * len + i) * heads + h) * dim + c;
        out.value[to] = a.value[from];
        out.error[to] = a.error[from];
    }
    oracle_array_free(&a);
    return out;
}

oracle_array oracle_heads_apart(oracle_array a, hl_index batch, hl_index heads, hl_index len) {
    oracle_array out = oracle_new(a.count);
    hl_index dim = a.count == 0 ? 0 : a.count / (batch * heads * len);
    for (hl_index to = 0; to < a.count; to++) {
        hl_index c = to % dim, i = to / dim % len;
        hl_index h = to / dim / len % heads, b = to / dim / len / heads;
        hl_index from = ((b * len + i) * heads + h) * dim + c;
        out.value[to] = a.value[from];
        out.error[to] = a.error[from];
    }
    oracle_array_free(&a);
    return out;
}

oracle_array oracle_append(oracle_array a, oracle_array b, hl_index groups) {
    oracle_array out = oracle_new(a.count + b.count);
    hl_index from_a = groups == 0 ? 0 : a.count / groups,
             from_b = groups == 0 ? 0 : b.count / groups;
    hl_index to = 0;
    for (hl_index g = 0; g < groups; g++) {
        for (hl_index i = 0; i < from_a; i++, to++) {
            out.value[to] = a.value[g * from_a + i];
            out.error[to] = a.error[g * from_a + i];
        }
        for (hl_index i = 0; i < from_b; i++, to++) {
            out.value[to] = b.value[g * from_b + i];
            out.error[to] = b.error[g * from_b + i];
        }
    }
    oracle_array_free(&a);
    oracle_array_free(&b);
    return out;
}

void oracle_attention_free(oracle_attention *s) {
    oracle_array *arrays[] = {&s->scores,  &s->scaled,    &s->capped,     &s->masked,
                              &s->weights, &s->logsumexp, &s->statistics, &s->output};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        oracle_array_free(arrays[i]);
    free(s->visible);
    s->visible = NULL;
}
