#include "oracle.h"
#include "oracle_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* embeddings + positions: one rounding for the sum, and those that the positions bring. */
static oracle_array add_positions(const hl_trace_args *args) {
    oracle_array x = oracle_floats(args->embeddings.data, oracle_count(&args->embeddings));
    oracle_array p = {0, NULL, NULL};
    if (args->positions.data != NULL) {
        p = oracle_floats(args->positions.data, x.count);
    } else if (args->sinusoidal) {
        const hl_index *size = args->embeddings.size;
        p = oracle_position_encoding(size[0], size[1], 10000, 0);
    }
    for (hl_index i = 0; i < p.count; i++) {
        x.value[i] += p.value[i];
        x.error[i] = p.error[i] + 0x1p-24 * fabs(x.value[i]) + 0x1p-149;
    }
    oracle_array_free(&p);
    return x;
}

static oracle_array copy(oracle_array a) {
    oracle_array b = oracle_new(a.count);
    memcpy(b.value, a.value, (size_t)a.count * sizeof(double));
    memcpy(b.error, a.error, (size_t)a.count * sizeof(double));
    return b;
}

oracle_trace oracle_trace_run(const hl_trace_args *args) {
    oracle_trace t = {.len = args->embeddings.size[0], .d_model = args->embeddings.size[1]};
    t.heads = args->options.heads == 0 ? 1 : args->options.heads;
    t.qk_dim = args->wq.size[1] / t.heads;
    t.v_dim = args->wv.size[1] / t.heads;
    t.x = add_positions(args);
    const hl_tensor none = {0}, *w[] = {&args->wq, &args->wk, &args->wv};
    oracle_array *qkv[] = {&t.q, &t.k, &t.v};
    for (int i = 0; i < 3; i++) {
        *qkv[i] = oracle_multiply(t.x, t.len, w[i], &none);
        *qkv[i] = oracle_heads_apart(*qkv[i], 1, t.heads, t.len);
    }

    oracle_attention s = {.batch = 1,
                          .heads = t.heads,
                          .kv_heads = t.heads,
                          .q_len = t.len,
                          .kv_len = t.len,
                          .qk_dim = t.qk_dim,
                          .v_dim = t.v_dim};
    oracle_allocate(&s);
    oracle_array bias = oracle_new(s.scores.count);
    oracle_hide_all(&s, &args->options, NULL, bias.value);
    oracle_core(&s, t.q, t.k, t.v, oracle_scale(&args->options, t.qk_dim),
                (double)args->options.softcap, bias.value);
    oracle_array_free(&bias);
    oracle_array_free(&s.logsumexp);
    oracle_array_free(&s.statistics);
    free(s.visible);
    t.scores = s.scores;
    t.scaled = s.scaled;
    t.capped = s.capped;
    t.logits = s.masked;
    t.weights = s.weights;
    t.head_output = s.output;

    t.concat = oracle_heads_together(copy(s.output), 1, t.heads, t.len);
    t.d_out = args->wo.data == NULL ? args->wv.size[1] : args->wo.size[1];
    t.output =
        args->wo.data == NULL ? copy(t.concat) : oracle_multiply(t.concat, t.len, &args->wo, &none);
    return t;
}

#define NAMES 12

static oracle_array *named(oracle_trace *t, int i, const char **name) {
    static const char *const names[NAMES] = {"x",       "q",      "k",      "v",
                                             "scores",  "scaled", "capped", "logits",
                                             "weights", "heads",  "concat", "output"};
    oracle_array *arrays[NAMES] = {&t->x,       &t->q,           &t->k,      &t->v,
                                   &t->scores,  &t->scaled,      &t->capped, &t->logits,
                                   &t->weights, &t->head_output, &t->concat, &t->output};
    *name = names[i];
    return arrays[i];
}

const oracle_array *oracle_trace_array(oracle_trace *t, const char *name) {
    for (int i = 0; i < NAMES; i++) {
        const char *candidate;
        oracle_array *array = named(t, i, &candidate);
        if (strcmp(candidate, name) == 0)
            return array;
    }
    return NULL;
}

void oracle_trace_free(oracle_trace *t) {
    const char *name;
    for (int i = 0; i < NAMES; i++)
        oracle_array_free(named(t, i, &name));
}
