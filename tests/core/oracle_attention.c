#include "oracle.h"
#include "oracle_parts.h"

#include <math.h>

/* ---- Masks
 * --------------------------------------------------------------------------------------*/

/* The mask's element for a cell, as 0 or −Inf for a boolean one; −Inf beyond its last key. */
static double mask_at(const hl_mask *mask, hl_index b, hl_index head, hl_index i, hl_index j) {
    if (mask->kind == HL_MASK_NONE)
        return 0;
    hl_index cell[4] = {b, head, i, j}, at = 0;
    if (j >= mask->size[mask->rank - 1])
        return -INFINITY;
    for (hl_index axis = 0; axis < mask->rank; axis++) {
        hl_index index = cell[4 - mask->rank + axis];
        if (axis < mask->rank - 1 && mask->size[axis] == 1)
            index = 0;
        at = at * mask->size[axis] + index;
    }
    if (mask->kind == HL_MASK_FLOAT)
        return (double)((const float *)mask->data)[at];
    return ((const uint8_t *)mask->data)[at] ? 0 : -INFINITY;
}

void oracle_hide(oracle_attention *s, const hl_mask *mask, double *bias, hl_index b, hl_index head,
                 hl_index i, hl_index j) {
    hl_index at = ((b * s->heads + head) * s->q_len + i) * s->kv_len + j;
    double added = mask_at(mask, b, head, i, j);
    if (added == -INFINITY) {
        s->visible[at] = false;
    } else {
        bias[at] += added;
    }
}

/* ---- hl_attention
 * -------------------------------------------------------------------------------*/

static void set_shape(oracle_attention *s, const hl_attention_args *args) {
    const hl_tensor *q = &args->q, *k = &args->k, *v = &args->v;
    bool rank4 = q->rank == 4;
    s->heads = args->options.heads ? args->options.heads : rank4 ? q->size[1] : 1;
    s->kv_heads = args->options.kv_heads ? args->options.kv_heads : rank4 ? k->size[1] : s->heads;
    s->batch = q->rank == 2 ? 1 : q->size[0];
    s->q_len = q->size[q->rank - 2];
    s->past_len = args->past_k.rank == 0 ? 0 : args->past_k.size[2];
    s->kv_len = s->past_len + k->size[k->rank - 2];
    s->qk_dim = q->size[q->rank - 1];
    s->v_dim = v->size[v->rank - 1];
    if (!rank4 && s->heads != 0)
        s->qk_dim /= s->heads;
    if (!rank4 && s->kv_heads != 0)
        s->v_dim /= s->kv_heads;
}

void oracle_hide_all(oracle_attention *s, const hl_attention_options *o, const int32_t *kv_lengths,
                     double *bias) {
    for (hl_index at = 0; at < s->scores.count; at++) {
        hl_index j = at % s->kv_len, i = at / s->kv_len % s->q_len;
        hl_index head = at / s->kv_len / s->q_len % s->heads;
        hl_index b = at / s->kv_len / s->q_len / s->heads;
        hl_index diagonal = i + s->past_len;
        if (kv_lengths != NULL) {
            diagonal = i + kv_lengths[b] - s->q_len;
            if (j >= kv_lengths[b])
                s->visible[at] = false;
        }
        if (o->causal && j > diagonal)
            s->visible[at] = false;
        if (o->use_window) {
            bool left = o->window[0] == HL_WINDOW_UNLIMITED || j >= diagonal - o->window[0];
            bool right = o->window[1] == HL_WINDOW_UNLIMITED || j <= diagonal + o->window[1];
            if (!left || !right)
                s->visible[at] = false;
        }
        oracle_hide(s, &o->mask, bias, b, head, i, j);
    }
}

double oracle_scale(const hl_attention_options *o, hl_index qk_dim) {
    return o->use_scale ? (double)o->scale : 1 / sqrt((double)qk_dim);
}

oracle_attention oracle_attend(const hl_attention_args *args) {
    return oracle_attend_moved(args, 0, -1, 0);
}

oracle_array oracle_apart(const hl_tensor *t, hl_index heads, hl_index at, double step) {
    oracle_array a = oracle_floats(t->data, oracle_count(t));
    if (at >= 0)
        a.value[at] += step;
    if (t->rank == 4)
        return a;
    return oracle_heads_apart(a, t->rank == 2 ? 1 : t->size[0], heads, t->size[t->rank - 2]);
}

oracle_attention oracle_attend_moved(const hl_attention_args *args, int which, hl_index at,
                                     double step) {
    oracle_attention s = {0};
    set_shape(&s, args);
    oracle_allocate(&s);
    oracle_array q = oracle_apart(&args->q, s.heads, which == 0 ? at : -1, step);
    oracle_array k = oracle_apart(&args->k, s.kv_heads, which == 1 ? at : -1, step);
    oracle_array v = oracle_apart(&args->v, s.kv_heads, which == 2 ? at : -1, step);
    if (args->past_k.rank != 0) {
        k = oracle_append(oracle_apart(&args->past_k, s.kv_heads, -1, 0), k, s.batch * s.kv_heads);
        v = oracle_append(oracle_apart(&args->past_v, s.kv_heads, -1, 0), v, s.batch * s.kv_heads);
    }
    oracle_array bias = oracle_new(s.scores.count);
    oracle_hide_all(&s, &args->options, args->kv_lengths, bias.value);
    oracle_core(&s, q, k, v, oracle_scale(&args->options, s.qk_dim), (double)args->options.softcap,
                bias.value);
    if (args->q.rank != 4) {
        s.output = oracle_heads_together(s.output, s.batch, s.heads, s.q_len);
    }
    oracle_array_free(&q);
    oracle_array_free(&k);
    oracle_array_free(&v);
    oracle_array_free(&bias);
    return s;
}
