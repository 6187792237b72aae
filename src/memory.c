#include "memory.h"

#include <stdint.h>

size_t hl_mul(size_t a, size_t b, bool *overflow) {
    size_t product;
    if (__builtin_mul_overflow(a, b, &product) || product > PTRDIFF_MAX)
        *overflow = true;
    return product;
}

size_t hl_add(size_t a, size_t b, bool *overflow) {
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum) || sum > PTRDIFF_MAX)
        *overflow = true;
    return sum;
}

float *hl_carve(hl_carver *carver, size_t floats) {
    size_t start = carver->used;
    size_t bytes = hl_mul(floats, sizeof(float), &carver->overflow);
    bytes = hl_add(bytes, HL_WORKSPACE_ALIGN - 1, &carver->overflow) & ~(size_t)15;
    carver->used = hl_add(start, bytes, &carver->overflow);
    return carver->block == NULL ? NULL : (float *)(void *)(carver->block + start);
}
