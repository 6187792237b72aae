/*
 * What JavaScript sees of the core: the functions of headlight.h, unprefixed, and memory.
 *
 * Where headlight.h has a plan and a call, they are one here: JavaScript gives a room, from which
 * results and workspace are carved. Where it is too small nothing is computed, and the last word of
 * the call's struct tells how many bytes it takes; else each result's address is in its field.
 *
 * web/headlight writes these structs word by word in the order of their fields; the assertions
 * below fail where a struct changed and it must follow.
 */
#include "../check.h"
#include "../kernels/parallel.h"
#include "../kernels/vec.h"
#include "../layers/attention.h"
#include "../layers/attention_backward.h"

#include <stdlib.h>
#include <string.h>

/* Called from JavaScript, so that nothing declares them. */
#pragma clang diagnostic ignored "-Wmissing-prototypes"
#define EXPORT(name) __attribute__((export_name(#name)))

#define WORDS(type, count)                                                                         \
    _Static_assert(sizeof(type) == (count) * 4, #type " has other words than call.js writes")

WORDS(hl_tensor, 6);
WORDS(hl_mask, 7);
WORDS(hl_attention_options, 16);
typedef struct attention_call {
    hl_attention_args args; /* whose outputs need not be set */
    hl_tensor out;          /* for the output; its data NULL: carved */
    int32_t wanted[7]; /* flags: scores, scaled, capped, masked, weights, logsumexp, statistics */
    hl_attention_shape shape;
} attention_call;

typedef struct backward_call {
    hl_attention_backward_args args; /* whose gradients need not be set */
    hl_tensor out[3];                /* for them */
    size_t room;
} backward_call;

typedef struct multihead_call {
    hl_multihead_args args;
    hl_tensor out;
    int32_t wants_weights;
    hl_multihead_shape shape;
} multihead_call;

typedef struct linear_call {
    hl_linear_args args;
    hl_tensor out;
    size_t room;
} linear_call;

WORDS(attention_call, 60 + 6 + 7 + 8);
WORDS(backward_call, 57 + 18 + 1);
WORDS(multihead_call, 99 + 6 + 1 + 6);
WORDS(linear_call, 19 + 6 + 1);
WORDS(hl_trace_args, 56);
_Static_assert(sizeof(hl_error) == 256 && offsetof(hl_error, message) == 20, "hl_error moved");

/* In front of each block; tells a block of ours from any other address. */
typedef struct header {
    _Alignas(HL_WORKSPACE_ALIGN) uintptr_t seal;
} header;

#define SEAL 0x484C4D45u /* "HLME" */

static uintptr_t live; /* blocks given out and not yet taken back */

/* A block of 16-byte aligned memory, or NULL where there is none left. */
EXPORT(alloc) void *export_alloc(size_t bytes) {
    bool overflow = false;
    size_t total = hl_add(bytes, sizeof(header) + HL_WORKSPACE_ALIGN - 1, &overflow);
    if (overflow)
        return NULL;
    header *block =
        aligned_alloc(HL_WORKSPACE_ALIGN, total / HL_WORKSPACE_ALIGN * HL_WORKSPACE_ALIGN);
    if (block == NULL)
        return NULL;
    block->seal = (uintptr_t)block ^ SEAL;
    live++;
    return block + 1;
}

/* Takes a block of alloc's back; any other address is refused. */
EXPORT(release) hl_status export_release(void *data) {
    if ((uintptr_t)data % HL_WORKSPACE_ALIGN != 0 || (uintptr_t)data < sizeof(header)) {
        return HL_ERROR_POINTER;
    }
    header *block = (header *)data - 1;
    if (!hl_in_memory(block, sizeof *block) || block->seal != ((uintptr_t)block ^ SEAL)) {
        return HL_ERROR_POINTER;
    }
    block->seal = 0;
    live--;
    free(block);
    return HL_OK;
}

EXPORT(live_blocks) size_t export_live_blocks(void) {
    return live;
}

/* Which build this is: baseline, simd or relaxed. */
EXPORT(build) const char *export_build(void) {
    return VEC_BUILD;
}

EXPORT(version) const char *export_version(void) {
    return HL_VERSION;
}

#ifdef __wasm_atomics__
/* What web/headlight/pool.js and thread.js start threads with. */
EXPORT(open_pool) hl_status export_open_pool(size_t threads, int may_wait) {
    return parallel_open(threads, may_wait != 0);
}

EXPORT(join_pool) hl_status export_join_pool(void) {
    return parallel_join();
}
#endif

/* Is out absent, or of a tensor's shape but for its last axis, which is `last` long? */
static hl_status check_out(const hl_tensor *out, const hl_tensor *like, size_t last,
                           hl_error *error) {
    return out->rank == 0 ? HL_OK : hl_check_like(out, like, last, "out", error);
}

/* Carves a·b floats. */
static float *carve(hl_carver *room, size_t a, size_t b) {
    return hl_carve(room, hl_mul(a, b, &room->overflow));
}

/* Carves the workspace, which is the last; `needed` are the bytes of all. */
static hl_status carve_workspace(hl_carver *room, size_t bytes, void **workspace, size_t *needed,
                                 const char *name, hl_error *error) {
    *workspace = hl_carve(room, bytes / sizeof(float));
    *needed = room->used;
    return room->overflow ? hl_too_large(name, error) : HL_OK;
}

EXPORT(attention)
hl_status export_attention(attention_call *call, void *room, size_t bytes, hl_error *error) {
    HL_TRY(hl_check_block(call, sizeof *call, sizeof(void *), "args", error));
    hl_attention_args *args = &call->args;
    attention_plan plan;
    HL_TRY(hl_plan_attention(args, &plan, error));
    hl_attention_shape shape = hl_planned_shape(&plan);
    size_t heads = (size_t)shape.heads, keys = (size_t)shape.kv_len, v_dim = (size_t)shape.v_dim;
    HL_TRY(check_out(&call->out, &args->q, args->q.rank == 4 ? v_dim : heads * v_dim, error));

    size_t rows = (size_t)shape.batch * heads * (size_t)shape.q_len;
    size_t kv_rows = (size_t)shape.batch * (size_t)shape.kv_heads * keys;
    hl_carver carver = {.block = room};
    args->output = call->out.data != NULL ? call->out.data : carve(&carver, rows, v_dim);
    args->present_k = args->present_v = NULL;
    if (hl_given(&args->past_k) && !args->use_cache) {
        args->present_k = carve(&carver, kv_rows, (size_t)shape.qk_dim);
        args->present_v = carve(&carver, kv_rows, v_dim);
    }
    float **stages[] = {&args->scores, &args->scaled, &args->capped, &args->masked, &args->weights};
    for (int i = 0; i < 5; i++)
        *stages[i] = call->wanted[i] ? carve(&carver, rows, keys) : NULL;
    args->logsumexp = call->wanted[5] ? carve(&carver, rows, 1) : NULL;
    args->statistics = call->wanted[6] ? carve(&carver, rows, 2) : NULL;
    void *workspace;
    HL_TRY(carve_workspace(&carver, plan.workspace, &workspace, &shape.workspace, "q", error));
    call->shape = shape;
    if (shape.workspace > bytes)
        return HL_OK;
    return hl_run_attention(args, &plan, workspace, plan.workspace, error);
}

EXPORT(attention_backward)
hl_status export_attention_backward(backward_call *call, void *room, size_t bytes,
                                    hl_error *error) {
    HL_TRY(hl_check_block(call, sizeof *call, sizeof(void *), "args", error));
    hl_attention_backward_args *args = &call->args;
    backward_plan plan;
    HL_TRY(hl_plan_attention_backward(args, &plan, error));
    const hl_tensor *of[] = {&args->q, &args->k, &args->v};
    float **gradients[] = {&args->d_q, &args->d_k, &args->d_v};
    static const char *const names[] = {"d_q", "d_k", "d_v"};
    hl_carver carver = {.block = room};
    for (int i = 0; i < 3; i++) {
        const hl_tensor *out = &call->out[i];
        if (out->rank != 0)
            HL_TRY(
                hl_check_like(out, of[i], (size_t)of[i]->size[of[i]->rank - 1], names[i], error));
        *gradients[i] = out->data != NULL ? out->data : carve(&carver, (size_t)hl_count(of[i]), 1);
    }
    void *workspace;
    HL_TRY(carve_workspace(&carver, plan.workspace, &workspace, &call->room, "q", error));
    if (call->room > bytes)
        return HL_OK;
    return hl_run_attention_backward(args, &plan, true, workspace, plan.workspace, error);
}

EXPORT(multihead)
hl_status export_multihead(multihead_call *call, void *room, size_t bytes, hl_error *error) {
    HL_TRY(hl_check_block(call, sizeof *call, sizeof(void *), "args", error));
    hl_multihead_args *args = &call->args;
    hl_multihead_shape shape;
    HL_TRY(hl_multihead_plan(args, &shape, error));
    HL_TRY(check_out(&call->out, &args->query, (size_t)shape.d_out, error));

    size_t rows = (size_t)shape.batch * (size_t)shape.q_len, planned = shape.workspace;
    hl_carver carver = {.block = room};
    args->output =
        call->out.data != NULL ? call->out.data : carve(&carver, rows, (size_t)shape.d_out);
    args->weights = NULL;
    if (call->wants_weights) {
        size_t heads = args->average_weights ? 1 : (size_t)shape.heads;
        size_t matrices = hl_mul(rows, heads, &carver.overflow);
        args->weights = carve(&carver, matrices, (size_t)shape.kv_len);
    }
    void *workspace;
    HL_TRY(carve_workspace(&carver, planned, &workspace, &shape.workspace, "query", error));
    call->shape = shape;
    if (shape.workspace > bytes)
        return HL_OK;
    return hl_multihead(args, workspace, planned, error);
}

EXPORT(linear)
hl_status export_linear(linear_call *call, void *room, size_t bytes, hl_error *error) {
    HL_TRY(hl_check_block(call, sizeof *call, sizeof(void *), "args", error));
    hl_linear_args *args = &call->args;
    size_t planned, rows = 1;
    HL_TRY(hl_linear_plan(args, &planned, error));
    HL_TRY(check_out(&call->out, &args->x, (size_t)args->w.size[1], error));
    for (hl_index axis = 0; axis + 1 < args->x.rank; axis++)
        rows *= (size_t)args->x.size[axis];
    hl_carver carver = {.block = room};
    args->output =
        call->out.data != NULL ? call->out.data : carve(&carver, rows, (size_t)args->w.size[1]);
    void *workspace;
    HL_TRY(carve_workspace(&carver, planned, &workspace, &call->room, "x", error));
    if (call->room > bytes)
        return HL_OK;
    return hl_linear(args, workspace, planned, error);
}

EXPORT(pack_plan)
hl_status export_pack_plan(const hl_tensor *w, size_t *packed_bytes, hl_error *error) {
    return hl_pack_plan(w, packed_bytes, error);
}

EXPORT(pack)
hl_status export_pack(const hl_tensor *w, float *packed, hl_error *error) {
    return hl_pack(w, packed, error);
}

EXPORT(softmax)
hl_status export_softmax(const hl_tensor *x, float *output, hl_error *error) {
    return hl_softmax(x, output, error);
}

EXPORT(embed)
hl_status export_embed(const int32_t *ids, hl_index count, const hl_tensor *table, float *output,
                       hl_error *error) {
    return hl_embed(ids, count, table, output, error);
}

EXPORT(position_encoding)
hl_status export_position_encoding(hl_index len, hl_index d_model, double base, double first,
                                   float *output, hl_error *error) {
    return hl_position_encoding(len, d_model, base, first, output, error);
}

EXPORT(trace_plan)
hl_status export_trace_plan(const hl_trace_args *args, size_t *memory_bytes, hl_error *error) {
    return hl_trace_plan(args, memory_bytes, error);
}

EXPORT(trace_run)
hl_status export_trace_run(const hl_trace_args *args, void *memory, size_t memory_bytes,
                           hl_trace **trace, hl_error *error) {
    return hl_trace_run(args, memory, memory_bytes, trace, error);
}

EXPORT(trace_tensor)
hl_status export_trace_tensor(const hl_trace *trace, const char *name, hl_tensor *tensor,
                              hl_error *error) {
    return hl_trace_tensor(trace, name, tensor, error);
}
