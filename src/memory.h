/* Sizes that cannot overflow unseen, and one block carved into many. Internal. */
#ifndef HL_MEMORY_H
#define HL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HL_WORKSPACE_ALIGN 16

/* a · b and a + b for counts and bytes; set *overflow (and never clear it) beyond PTRDIFF_MAX. */
size_t hl_mul(size_t a, size_t b, bool *overflow);
size_t hl_add(size_t a, size_t b, bool *overflow);

static inline size_t hl_smaller(size_t a, size_t b) {
    return a < b ? a : b;
}
static inline size_t hl_larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static inline size_t hl_round_up(size_t n, size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

/* Where one of so many equal parts of count begins; parts is where the last one ends. The product
 * may be more than size_t holds. */
static inline size_t hl_part(size_t count, size_t part, size_t parts) {
    return (size_t)((uint64_t)count * part / parts);
}

/* Carves a block into 16-byte aligned pieces. With block NULL it only counts. */
typedef struct hl_carver {
    char *block;
    size_t used; /* bytes; meaningless once overflow is set */
    bool overflow;
} hl_carver;

float *hl_carve(hl_carver *carver, size_t floats);

#endif
