/*
 * Headlight: attention in C. Everything is float32; no I/O, no hidden allocation, and no global
 * state but the pool of threads in builds that have one: what is planned before it opens may be
 * refused after, since a workspace has a part for each thread.
 *
 *     // Self-attention of 7 tokens, 2 query heads of 4 numbers each on 1 key/value head.
 *     hl_error error;
 *     hl_attention_args args = {
 *         .q = {q, 2, {7, 8}}, .k = {k, 2, {7, 4}}, .v = {v, 2, {7, 4}},
 *         .options = {.heads = 2, .kv_heads = 1, .causal = 1},
 *     };
 *     hl_attention_shape shape;
 *     if (hl_attention_plan(&args, &shape, &error)) return report(error.message);
 *     args.output = output;                            // 7 × 8 floats, the size of q here
 *     args.weights = weights;                          // (1, 2, 7, 7), or NULL
 *     void *workspace = aligned_alloc(16, shape.workspace);
 *     if (hl_attention(&args, workspace, shape.workspace, &error)) return report(error.message);
 *
 * Conventions
 * - A tensor is dense and row-major, its last axis runs fastest. Shapes stand in comments as
 *   (batch, heads, len, dim). A size may be 0: then nothing is read and sums over it are 0.
 * - Structs start from zeros: a field left at 0 is absent or at its default.
 * - Every function returns a status. On failure nothing was written but *error, which may be NULL
 *   and says which argument was wrong, what was wrong with it and what was expected.
 * - Checked once, at these functions: null, alignment (of the element; 16 bytes for workspaces),
 *   range in linear memory (WebAssembly), sizes and their products, scalars (finite), overlap:
 *   what a call computes must not overlap anything else that it was given.
 * - Memory is the caller's. A function named …_plan checks the arguments, outputs excepted, and
 *   tells the result's shape and the bytes of workspace, which is free again after the call.
 * - Tensors may hold Inf and NaN; they propagate as in PyTorch, with the exceptions below.
 * - Accuracy: a score is within 4 float32 roundings (2⁻²⁴) of Σ|qᵢkᵢ|, times |scale| after scaling,
 *   for which q · scale is rounded to float32 first; weights and outputs within 2e-6 and what those
 *   roundings can do to their row, relative to the largest magnitude that goes into it; projections
 *   within 2e-6 of Σ|xᵢwᵢ|. A row of weights sums to 1 within 1e-6. All this holds however long,
 *   which is tested up to 2²⁰ keys, 2¹⁷ queries and a depth of 2¹⁶. The baseline and simd128 builds
 *   agree to the bit, as do a call that asks for matrices and one that does not. The relaxed build
 *   rounds as the processor does.
 *
 * Where ONNX (Attention, opset 23 to 25) and PyTorch (scaled_dot_product_attention,
 * nn.MultiheadAttention) differ, and what happens here
 * - Boolean masks: true = may attend in ONNX and scaled_dot_product_attention, true = hidden in
 *   nn.MultiheadAttention. Here: true (any byte but 0) = may attend, everywhere.
 * - A row that sees no key: NaN in PyTorch, zeros in ONNX. Here: weights 0 and output 0.
 * - Causal with q_len ≠ kv_len: PyTorch aligns the diagonal at the top left; ONNX moves it by the
 *   past's length, or to kv_lengths − q_len. Here: as ONNX, which without past is as PyTorch.
 * - Order: softcap before the mask, as in ONNX's corrected text (PyTorch has no softcap).
 * - Hidden keys: in both, 0 · NaN and NaN − Inf reach the output. Here a hidden key (by causal,
 *   window, length, boolean mask or an additive −Inf) is not read for weights and output.
 * - A row of nn.MultiheadAttention that sees no key is NaN in PyTorch. Here its heads are zeros, so
 *   its output is b_O.
 * - A mask shorter than the keys hides the rest in ONNX; PyTorch refuses it. Here: as ONNX.
 * - softmax_precision (ONNX) and dropout (both): not here; everything is float32 inference.
 */
#ifndef HEADLIGHT_H
#define HEADLIGHT_H

#include <stddef.h>
#include <stdint.h>

#define HL_VERSION "0.1.0"

/* Sizes and positions: signed, so that a negative one is seen, and as wide as a pointer. */
typedef ptrdiff_t hl_index;

typedef enum hl_status {
    HL_OK = 0,
    HL_ERROR_SHAPE,   /* shapes that do not fit each other, or a rank that is not taken */
    HL_ERROR_VALUE,   /* a scalar or an index that is not finite or out of its range */
    HL_ERROR_POINTER, /* null, misaligned or outside linear memory */
    HL_ERROR_OVERLAP, /* memory to be written overlaps other memory of the call */
    HL_ERROR_MEMORY,  /* a workspace that is too small, or sizes beyond the address space */
    HL_ERROR_HANDLE   /* not a handle of this kind, or one that was never finished */
} hl_status;

typedef struct hl_error {
    hl_status status;
    char argument[16]; /* the argument's name in this header, zero-terminated */
    char message[236]; /* one sentence in UTF-8, zero-terminated */
} hl_error;

#define HL_MAX_RANK 4

/* A dense row-major tensor. Absent where data is NULL and the tensor is optional. */
typedef struct hl_tensor {
    float *data;
    hl_index rank; /* 1 to 4 */
    hl_index size[HL_MAX_RANK];
} hl_tensor;

typedef enum hl_mask_kind {
    HL_MASK_NONE = 0,
    HL_MASK_BOOL, /* uint8_t: 0 = hidden, anything else = may attend */
    HL_MASK_FLOAT /* float: added to the logits; −Inf hides the key */
} hl_mask_kind;

/* Aligned from the right: (keys), (queries, keys), (heads, queries, keys) or (batch, heads,
 * queries, keys). Size 1 broadcasts but for the keys, where a shorter mask hides the keys beyond
 * it. */
typedef struct hl_mask {
    const void *data;
    int32_t kind; /* hl_mask_kind */
    hl_index rank;
    hl_index size[HL_MAX_RANK];
} hl_mask;

#define HL_WINDOW_UNLIMITED INT32_MAX

typedef struct hl_attention_options {
    hl_index heads;    /* query heads; 0: the axis of a rank-4 q, else 1 */
    hl_index kv_heads; /* 0: the axis of a rank-4 k, else as heads; must divide heads */
    int32_t use_scale; /* 0: scale is 1/√qk_dim, and 1 where qk_dim is 0 */
    float scale;
    float softcap;  /* c: logits become c·tanh(x/c); 0: none */
    int32_t causal; /* key j visible to query i when j ≤ i + offset */
    int32_t use_window;
    int32_t window[2]; /* visible when i + offset − window[0] ≤ j ≤ i + offset + window[1] */
    hl_mask mask;
} hl_attention_options;

/* ---- Attention: softmax(softcap(scale · Q·Kᵀ) + mask) · V --------------------------------------
 * q, k, v are all of rank 4 (batch, heads, len, dim), or all of rank 3 (batch, len, heads·dim), or
 * all of rank 2 (len, heads·dim). Query head h reads key/value head ⌊h · kv_heads / heads⌋.
 * The offset of the diagonal is the length of past, else kv_lengths[b] − q_len, else 0.
 * Streaming softmax over key blocks (Milakov & Gimelshein 2018; Dao et al. 2022): without a matrix
 * on request the workspace grows with kv_len, not with q_len · kv_len. */
typedef struct hl_attention_args {
    hl_tensor q, k, v;
    hl_attention_options options;
    const int32_t *kv_lengths; /* (batch), each 0 … kv_len, or NULL; not together with past */
    hl_index kv_lengths_count;
    hl_tensor past_k, past_v; /* (batch, kv_heads, past_len, dim), or absent */
    int32_t use_cache;     /* past_k and past_v are (batch, kv_heads, capacity, dim), of which the
                              first cache_length rows of each head are the past: the new rows are
                              written behind them, and there is no present */
    hl_index cache_length; /* 0 … capacity − len; the caller adds len after the call */
    float *present_k;      /* (batch, kv_heads, past_len + len, qk_dim): past, then new */
    float *present_v;      /* (batch, kv_heads, past_len + len, v_dim); both with past only */
    float *output;         /* q's layout with v_dim in place of qk_dim */
    float *scores;         /* (batch, heads, q_len, kv_len) or NULL, each of these: Q·Kᵀ */
    float *scaled;         /*   scale · scores */
    float *capped;         /*   after softcap; as scaled where there is none */
    float *masked;         /*   the logits: hidden keys are −Inf */
    float *weights;        /*   after softmax */
    float *logsumexp;      /* (batch, heads, q_len) or NULL: log Σ exp of each row's logits; −Inf
                              where a row sees no key */
    float *statistics;     /* (batch, heads, q_len, 2) or NULL: each row's largest logit M, and
                              Σ exp(logit − M), which the backward pass reads; −Inf and 0 where a row
                              sees no key */
} hl_attention_args;

typedef struct hl_attention_shape {
    hl_index batch, heads, kv_heads, q_len, kv_len, qk_dim, v_dim; /* kv_len counts past */
    size_t workspace;                                              /* bytes */
} hl_attention_shape;

hl_status hl_attention_plan(const hl_attention_args *args, hl_attention_shape *shape,
                            hl_error *error);
hl_status hl_attention(const hl_attention_args *args, void *workspace, size_t workspace_bytes,
                       hl_error *error);

/* ---- Backward of attention: the gradients of a loss by q, k and v, from that by the output
 * -------- With x the logits, M = max x, p = exp(x − M) / Σ exp(x − M), t = softcap(scale · s), s =
 * q·k, and D = d_output · output: dv += Σ p · d_output ds  = p · (d_output·v − D) · (1 −
 * (t/softcap)²) dq += scale · Σ ds · k dk += scale · Σ ds · q where dk and dv sum over the query
 * heads that share a key/value head, too. The weights are made anew from the statistics, a block at
 * a time (after FlashAttention-2, Dao 2023): the workspace grows with kv_len, not with q_len ·
 * kv_len.
 * - Each p is the forward pass's weight, to the bit, however far the logits lie from 0.
 * - Gradients are added to what d_q, d_k and d_v hold. To the mask there is none.
 * - A product with a p or a ds of 0 is 0: hidden keys, and keys whose weight is too small for
 *   float32, are not read for gradients, and a row that sees no key has none. Otherwise Inf and NaN
 *   propagate.
 * - Accuracy: p as the weights are, and a sum of products within 2e-6 of the sum of their
 *   magnitudes. */
typedef struct hl_attention_backward_args {
    hl_tensor q, k, v; /* these four as they were given to hl_attention, without past */
    hl_attention_options options;
    const int32_t *kv_lengths;
    hl_index kv_lengths_count;
    hl_tensor output; /* what hl_attention made of them, in q's rank */
    hl_tensor
        statistics;     /* that too: (batch, heads, q_len, 2), of one head alone also (q_len, 2) */
    hl_tensor d_output; /* output's shape */
    float *d_q, *d_k, *d_v; /* as q, k and v; NULL: not wanted */
} hl_attention_backward_args;

hl_status hl_attention_backward_plan(const hl_attention_backward_args *args,
                                     size_t *workspace_bytes, hl_error *error);
hl_status hl_attention_backward(const hl_attention_backward_args *args, void *workspace,
                                size_t workspace_bytes, hl_error *error);

/* ---- Multi-head layer: Concat(headₕ)·W_O + b_O, headₕ = attention(query·W_Qₕ + b_Qₕ, …) ---------
 * Equal to torch.nn.MultiheadAttention without dropout; projections are (in, out). query, key and
 * value are all (len, d) or all (batch, len, d); their d may differ. d_qk and d_v are the widths
 * of the projected heads together, in PyTorch both d_model; heads divides them, and is 1 where
 * they are 0. */
typedef struct hl_multihead_args {
    hl_tensor query;          /* (batch, q_len, d_query) */
    hl_tensor key;            /* (batch, kv_len, d_key) */
    hl_tensor value;          /* (batch, kv_len, d_value) */
    hl_tensor wq, wk, wv, wo; /* (d_query, d_qk) (d_key, d_qk) (d_value, d_v) (d_v, d_out) */
    hl_tensor bq, bk, bv, bo; /* (d_qk) (d_qk) (d_v) (d_out), each may be absent */
    hl_tensor bias_k, bias_v; /* (d_qk) (d_v), both or neither: one more key, seen by all */
    hl_index heads;           /* 0: 1 */
    hl_mask mask;             /* as in attention, over the keys without the added ones */
    hl_mask key_mask;         /* (keys) or (batch, keys) */
    int32_t causal;
    int32_t add_zero_attn;   /* one more key and value of zeros, seen by all */
    int32_t average_weights; /* weights averaged over the heads */
    int32_t packed; /* wq, wk, wv, wo are of these sizes, but hl_pack has written their data */
    float *output;  /* (batch, q_len, d_out) */
    float *weights; /* (batch, heads, q_len, kv_len), averaged (batch, q_len, kv_len),
                       or NULL; kv_len counts added keys: bias_k first, then zeros */
} hl_multihead_args;

typedef struct hl_multihead_shape {
    hl_index batch, heads, q_len, kv_len, d_out; /* kv_len counts added keys */
    size_t workspace;                            /* bytes */
} hl_multihead_shape;

hl_status hl_multihead_plan(const hl_multihead_args *args, hl_multihead_shape *shape,
                            hl_error *error);
hl_status hl_multihead(const hl_multihead_args *args, void *workspace, size_t workspace_bytes,
                       hl_error *error);

/* ---- Around it --------------------------------------------------------------------------------*/

/* output (…, out) = x (…, in) · w (in, out) + b (out); b may be absent. */
typedef struct hl_linear_args {
    hl_tensor x, w, b;
    float *output;
} hl_linear_args;

hl_status hl_linear_plan(const hl_linear_args *args, size_t *workspace_bytes, hl_error *error);
hl_status hl_linear(const hl_linear_args *args, void *workspace, size_t workspace_bytes,
                    hl_error *error);

/* A projection w (in, out) as products take it, packed once for layers that are called again. The
 * build that packed it must be the one that takes it. */
hl_status hl_pack_plan(const hl_tensor *w, size_t *packed_bytes, hl_error *error);
hl_status hl_pack(const hl_tensor *w, float *packed, hl_error *error);

/* output = exp(x − max) / Σ exp(x − max) over the last axis; output may be x itself. */
hl_status hl_softmax(const hl_tensor *x, float *output, hl_error *error);

/* output (count, d) = the rows of table (rows, d) that ids (count) name; 0 ≤ id < rows. */
hl_status hl_embed(const int32_t *ids, hl_index count, const hl_tensor *table, float *output,
                   hl_error *error);

/* output (len, d_model): [p, 2i] = sin(a), [p, 2i+1] = cos(a), a = (first + p) / base^(2i/d_model)
 * in double (Vaswani et al. 2017, section 3.5); an odd d_model ends in a sine. base > 0,
 * and no angle beyond double. */
hl_status hl_position_encoding(hl_index len, hl_index d_model, double base, double first,
                               float *output, hl_error *error);

/* ---- Trace: the notebook's pipeline in one call, every intermediate by name ---------------------
 * - x (len, d_model): embeddings + positions
 * - q, k (heads, len, qk_dim) and v (heads, len, v_dim): x · W of each head
 * - scores, scaled, capped, logits, weights (heads, len, len)
 * - heads (heads, len, v_dim): weights · v
 * - concat (len, heads·v_dim): the heads side by side
 * - output (len, d_out): concat · W_O; concat itself where wo is absent
 * The five matrices (heads, len, len) are most of the memory and much of the time: those that
 * nobody will look at may be left out, and those before the weights kept of one head alone. */
typedef enum hl_trace_omit {
    HL_TRACE_OMIT_SCORES = 1,
    HL_TRACE_OMIT_SCALED = 2,
    HL_TRACE_OMIT_CAPPED = 4,
    HL_TRACE_OMIT_LOGITS = 8,
    HL_TRACE_OMIT_WEIGHTS = 16
} hl_trace_omit;

typedef struct hl_trace_args {
    hl_tensor embeddings;         /* (len, d_model) */
    hl_tensor positions;          /* (len, d_model) added to them, or absent */
    int32_t sinusoidal;           /* positions as of hl_position_encoding, base 10000, first 0 */
    hl_tensor wq, wk, wv;         /* (d_model, heads·dim), head h owns columns h·dim … */
    hl_tensor wo;                 /* (heads·v_dim, d_out), or absent */
    hl_attention_options options; /* kv_heads must be 0 or heads */
    int32_t omit;                 /* some of hl_trace_omit together: matrices that are left out */
    int32_t use_head;             /* scores to logits are (1, len, len), of this head alone */
    hl_index head;
} hl_trace_args;

/* A finished trace. It lives in the memory given to hl_trace_run, to which its tensors point. */
typedef struct hl_trace hl_trace;

hl_status hl_trace_plan(const hl_trace_args *args, size_t *memory_bytes, hl_error *error);
hl_status hl_trace_run(const hl_trace_args *args, void *memory, size_t memory_bytes,
                       hl_trace **trace, hl_error *error);
hl_status hl_trace_tensor(const hl_trace *trace, const char *name, hl_tensor *tensor,
                          hl_error *error);

#endif
