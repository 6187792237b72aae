/* What every public function checks at its edge, and how it says what was wrong. Internal. */
#ifndef HL_CHECK_H
#define HL_CHECK_H

#include "headlight.h"
#include "memory.h"

/* Fills *error (NULL: nothing) and returns status. The text knows %s (const char *), %d (hl_index),
 * %g (double, to five digits) and %t (const hl_tensor *, its shape as 8×3). */
hl_status hl_fail(hl_error *error, hl_status status, const char *argument, const char *text, ...);

/* For chains of checks: stops at the first that fails. */
#define HL_TRY(call)                                                                               \
    do {                                                                                           \
        hl_status status_ = (call);                                                                \
        if (status_ != HL_OK)                                                                      \
            return status_;                                                                        \
    } while (0)

/* True where bytes from data on are one readable range: not null, not past linear memory's end. */
bool hl_in_memory(const void *data, size_t bytes);

/* A struct or block of the caller's: there, aligned, in memory. No bytes: need not exist. */
hl_status hl_check_block(const void *data, size_t bytes, size_t align, const char *name,
                         hl_error *error);

/* rank in min_rank … max_rank, sizes not negative, product in range, data good for them. */
hl_status hl_check_tensor(const hl_tensor *tensor, hl_index min_rank, hl_index max_rank,
                          const char *name, hl_error *error);
hl_status hl_check_mask(const hl_mask *mask, const char *name, hl_error *error);
/* Bytes of one of a mask's elements. */
size_t hl_mask_element(int32_t kind);
hl_status hl_check_finite(double value, const char *name, hl_error *error);

/* A checked tensor's shape: that of `like`, but for the last axis, which is `last` long. */
hl_status hl_check_like(const hl_tensor *tensor, const hl_tensor *like, size_t last,
                        const char *name, hl_error *error);

/* An optional tensor that was given. */
bool hl_given(const hl_tensor *tensor);

/* Elements and bytes of a checked tensor. */
hl_index hl_count(const hl_tensor *tensor);
size_t hl_bytes(const hl_tensor *tensor);

/* The argument asks for more memory than can be addressed. */
hl_status hl_too_large(const char *name, hl_error *error);

/* Everything that a call writes, against everything that it was given. */
typedef struct hl_range {
    const void *data;
    size_t bytes;
    const char *name;
    bool written;
} hl_range;

#define HL_MAX_RANGES 24

typedef struct hl_ranges {
    hl_range range[HL_MAX_RANGES];
    int count; /* added; beyond HL_MAX_RANGES they are counted only, and refused when checked */
} hl_ranges;

void hl_read_tensor(hl_ranges *ranges, const hl_tensor *tensor, const char *name);
void hl_read_mask(hl_ranges *ranges, const hl_mask *mask, const char *name);
void hl_add_range(hl_ranges *ranges, const void *data, size_t bytes, const char *name,
                  bool written);
/* Checks the written ranges as blocks of floats, then each against all others for overlap. */
hl_status hl_check_ranges(const hl_ranges *ranges, hl_error *error);

/* A struct that a call fills: as hl_check_block, and apart from the struct of its arguments. */
hl_status hl_check_result(const void *result, size_t bytes, const char *name, const void *args,
                          size_t args_bytes, hl_error *error);

/* Memory of the caller's to work in: there, aligned, at least of the planned size. */
hl_status hl_check_workspace(const void *workspace, size_t bytes, size_t planned, const char *name,
                             hl_error *error);

#endif
