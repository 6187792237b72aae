#include "oracle.h"
#include "oracle_parts.h"

#include <math.h>
#include <string.h>

static const double ROUNDING = 0x1p-24;

oracle_array oracle_multiply(oracle_array x, hl_index rows, const hl_tensor *w,
                             const hl_tensor *b) {
    hl_index in = w->size[0], out = w->size[1];
    oracle_array y = oracle_new(rows * out);
    for (hl_index i = 0; i < rows; i++) {
        for (hl_index j = 0; j < out; j++) {
            double sum = b->data == NULL ? 0 : (double)b->data[j];
            double magnitude = fabs(sum), inherited = 0;
            for (hl_index c = 0; c < in; c++) {
                double weight = (double)w->data[c * out + j];
                sum += x.value[i * in + c] * weight;
                magnitude += fabs(x.value[i * in + c] * weight);
                inherited += x.error[i * in + c] * fabs(weight);
            }
            y.value[i * out + j] = sum;
            y.error[i * out + j] = oracle_projection_bound(magnitude, in) + inherited;
        }
    }
    return y;
}

static hl_index rows_of(const hl_tensor *x) {
    hl_index rows = 1;
    for (hl_index axis = 0; axis < x->rank - 1; axis++)
        rows *= x->size[axis];
    return rows;
}

oracle_array oracle_linear(const hl_tensor *x, const hl_tensor *w, const hl_tensor *b) {
    oracle_array input = oracle_floats(x->data, oracle_count(x));
    oracle_array y = oracle_multiply(input, rows_of(x), w, b);
    oracle_array_free(&input);
    return y;
}

oracle_array oracle_softmax(const hl_tensor *x) {
    hl_index count = oracle_count(x), n = x->size[x->rank - 1];
    oracle_array y = oracle_new(count);
    for (hl_index row = 0; row < count; row += n) {
        double largest = -INFINITY, sum = 0;
        bool nan = false;
        for (hl_index j = 0; j < n; j++) {
            nan |= isnan(x->data[row + j]);
            largest = fmax(largest, (double)x->data[row + j]);
        }
        for (hl_index j = 0; j < n; j++)
            sum += exp((double)x->data[row + j] - largest);
        for (hl_index j = 0; j < n; j++) {
            y.value[row + j] = nan ? (double)NAN : exp((double)x->data[row + j] - largest) / sum;
            y.error[row + j] = 2e-6 / sum + 0x1p-149; /* 1 / sum is the row's largest number */
        }
    }
    return y;
}

oracle_array oracle_position_encoding(hl_index len, hl_index d_model, double base, double first) {
    oracle_array y = oracle_new(len * d_model);
    for (hl_index p = 0; p < len; p++) {
        for (hl_index j = 0; j < d_model; j++) {
            double exponent = (double)(j - j % 2) / (double)d_model;
            double angle = (first + (double)p) / pow(base, exponent);
            double value = j % 2 == 0 ? sin(angle) : cos(angle);
            y.value[p * d_model + j] = value;
            /* One rounding to float32; the angle itself is off by a few roundings of float64. */
            y.error[p * d_model + j] = ROUNDING * fabs(value) + 0x1p-50 * (fabs(angle) + 1);
        }
    }
    return y;
}

/* ---- Multi-head layer
 * ---------------------------------------------------------------------------*/

/* One more row for each batch: (batch, len, d) and (d), or zeros, to (batch, len + 1, d). */
static oracle_array append_row(oracle_array a, hl_index batch, hl_index d, const float *row) {
    oracle_array rows = oracle_new(batch * d);
    for (hl_index i = 0; i < batch * d && row != NULL; i++)
        rows.value[i] = (double)row[i % d];
    return oracle_append(a, rows, batch);
}

static oracle_array averaged(oracle_array w, hl_index batch, hl_index heads, hl_index cells) {
    oracle_array mean = oracle_new(batch * cells);
    for (hl_index b = 0; b < batch; b++) {
        for (hl_index i = 0; i < cells; i++) {
            for (hl_index h = 0; h < heads; h++) {
                mean.value[b * cells + i] += w.value[(b * heads + h) * cells + i] / (double)heads;
                mean.error[b * cells + i] += w.error[(b * heads + h) * cells + i] / (double)heads;
            }
        }
    }
    oracle_array_free(&w);
    return mean;
}

/* The masks know the keys without the added ones, which everybody sees. */
static void hide(oracle_attention *s, const hl_multihead_args *args, double *bias, hl_index keys) {
    hl_mask key_mask = args->key_mask; /* (batch, keys) as (batch, 1, 1, keys) */
    if (key_mask.rank == 2) {
        hl_index shape[4] = {key_mask.size[0], 1, 1, key_mask.size[1]};
        memcpy(key_mask.size, shape, sizeof shape);
        key_mask.rank = 4;
    }
    for (hl_index at = 0; at < s->scores.count; at++) {
        hl_index j = at % s->kv_len, i = at / s->kv_len % s->q_len;
        hl_index head = at / s->kv_len / s->q_len % s->heads;
        hl_index b = at / s->kv_len / s->q_len / s->heads;
        if (j >= keys)
            continue;
        if (args->causal && j > i)
            s->visible[at] = false;
        oracle_hide(s, &args->mask, bias, b, head, i, j);
        oracle_hide(s, &key_mask, bias, b, head, i, j);
    }
}

oracle_multihead oracle_multihead_layer(const hl_multihead_args *args) {
    const hl_tensor *x[] = {&args->query, &args->key, &args->value};
    const hl_tensor *w[] = {&args->wq, &args->wk, &args->wv};
    const hl_tensor *b[] = {&args->bq, &args->bk, &args->bv};
    oracle_array projected[3];
    for (int i = 0; i < 3; i++) {
        oracle_array input = oracle_floats(x[i]->data, oracle_count(x[i]));
        projected[i] = oracle_multiply(input, rows_of(x[i]), w[i], b[i]);
        oracle_array_free(&input);
    }
    hl_index rank = args->query.rank, d_qk = args->wq.size[1], d_v = args->wv.size[1];
    hl_index keys = args->key.size[rank - 2];
    oracle_attention s = {.batch = rank == 3 ? args->query.size[0] : 1,
                          .heads = args->heads == 0 ? 1 : args->heads,
                          .q_len = args->query.size[rank - 2],
                          .kv_len = keys};
    if (args->bias_k.data != NULL) {
        projected[1] = append_row(projected[1], s.batch, d_qk, args->bias_k.data);
        projected[2] = append_row(projected[2], s.batch, d_v, args->bias_v.data);
        s.kv_len++;
    }
    if (args->add_zero_attn) {
        projected[1] = append_row(projected[1], s.batch, d_qk, NULL);
        projected[2] = append_row(projected[2], s.batch, d_v, NULL);
        s.kv_len++;
    }
    s.kv_heads = s.heads;
    s.qk_dim = d_qk / s.heads;
    s.v_dim = d_v / s.heads;
    oracle_allocate(&s);
    oracle_array bias = oracle_new(s.scores.count);
    hide(&s, args, bias.value, keys);
    for (int i = 0; i < 3; i++) {
        projected[i] = oracle_heads_apart(projected[i], s.batch, s.heads, i ? s.kv_len : s.q_len);
    }
    oracle_core(&s, projected[0], projected[1], projected[2], 1 / sqrt((double)s.qk_dim), 0,
                bias.value);
    oracle_array concat = oracle_heads_together(s.output, s.batch, s.heads, s.q_len);
    oracle_multihead result = {
        s.batch,          s.heads,
        s.q_len,          s.kv_len,
        args->wo.size[1], oracle_multiply(concat, s.batch * s.q_len, &args->wo, &args->bo),
        s.weights};
    if (args->average_weights) {
        result.weights = averaged(s.weights, s.batch, s.heads, s.q_len * s.kv_len);
    }
    for (int i = 0; i < 3; i++)
        oracle_array_free(&projected[i]);
    oracle_array_free(&bias);
    oracle_array_free(&concat);
    s.output = s.weights = (oracle_array){0, NULL, NULL}; /* handed out or freed above */
    oracle_attention_free(&s);
    return result;
}

void oracle_multihead_free(oracle_multihead *result) {
    oracle_array_free(&result->output);
    oracle_array_free(&result->weights);
}
