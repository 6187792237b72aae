#include "memory.h"

float *hl_carve(hl_carver *carver, size_t floats) {
    size_t start = carver->used;
    size_t bytes = hl_mul(floats, sizeof(float), &carver->overflow);
    bytes = hl_add(bytes, HL_WORKSPACE_ALIGN - 1, &carver->overflow) & ~(size_t)15;
    carver->used = hl_add(start, bytes, &carver->overflow);
    return carver->block == NULL ? NULL : (float *)(void *)(carver->block + start);
}
