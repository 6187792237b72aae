/*
 * What JavaScript sees of the core: the functions of headlight.h, unprefixed, and memory.
 *
 * web/headlight/call.js writes the structs of headlight.h word by word in the order of their
 * fields; the assertions below fail where a struct changed and that file must follow.
 */
#include "../check.h"
#include "../kernels/vec.h"

#include <stdlib.h>

#define EXPORT(name) __attribute__((export_name(#name)))

#define WORDS(type, count)                                                                         \
    _Static_assert(sizeof(type) == (count) * 4, #type " has other words than call.js writes")

WORDS(hl_tensor, 6);
WORDS(hl_mask, 7);
WORDS(hl_attention_options, 16);
WORDS(hl_attention_args, 56);
WORDS(hl_attention_shape, 8);
WORDS(hl_multihead_args, 98);
WORDS(hl_multihead_shape, 6);
WORDS(hl_linear_args, 19);
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

EXPORT(attention_plan)
hl_status export_attention_plan(const hl_attention_args *args, hl_attention_shape *shape,
                                hl_error *error) {
    return hl_attention_plan(args, shape, error);
}

EXPORT(attention)
hl_status export_attention(const hl_attention_args *args, void *workspace, size_t workspace_bytes,
                           hl_error *error) {
    return hl_attention(args, workspace, workspace_bytes, error);
}

EXPORT(multihead_plan)
hl_status export_multihead_plan(const hl_multihead_args *args, hl_multihead_shape *shape,
                                hl_error *error) {
    return hl_multihead_plan(args, shape, error);
}

EXPORT(multihead)
hl_status export_multihead(const hl_multihead_args *args, void *workspace, size_t workspace_bytes,
                           hl_error *error) {
    return hl_multihead(args, workspace, workspace_bytes, error);
}

EXPORT(linear_plan)
hl_status export_linear_plan(const hl_linear_args *args, size_t *workspace_bytes, hl_error *error) {
    return hl_linear_plan(args, workspace_bytes, error);
}

EXPORT(linear)
hl_status export_linear(const hl_linear_args *args, void *workspace, size_t workspace_bytes,
                        hl_error *error) {
    return hl_linear(args, workspace, workspace_bytes, error);
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
