#include "data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARD 17 /* floats on each side of an output, which they leave aligned to a float only */
#define PATTERN 0x7fc0deadU

/* A workspace is aligned to 16 bytes, as malloc does natively; WebAssembly's aligns to 8. */
#define ALIGN 16
#define ALIGN_SLACK (ALIGN - _Alignof(max_align_t))

typedef enum role { INPUT, OUTPUT, WORKSPACE } role;

typedef struct block {
    struct block *next;
    role role;
    void *heap; /* what malloc gave */
    unsigned char *memory;
    size_t bytes;  /* all of it */
    uint64_t hash; /* of a sealed input */
} block;

static struct {
    const uint8_t *at, *end;
} source;

void draw_from(const uint8_t *bytes, size_t size) {
    source.at = bytes;
    source.end = size == 0 ? bytes : bytes + size;
}

uint64_t random_bits(rng *r) {
    if (source.end - source.at >= 2) {
        uint64_t word = (uint64_t)(source.at[0] | source.at[1] << 8);
        source.at += 2;
        return word * 0x0001000100010001ULL;
    }
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * 2685821657736338717ULL;
}

double uniform(rng *r) {
    return (double)(random_bits(r) >> 11) * 0x1p-53;
}

/* Box and Muller's method. */
double normal(rng *r) {
    double radius = sqrt(-2 * log(1 - uniform(r)));
    return radius * cos(6.283185307179586 * uniform(r));
}

hl_index between(rng *r, hl_index low, hl_index high) {
    return low + (hl_index)((double)(high - low + 1) * uniform(r));
}

bool chance(rng *r, double probability) {
    return uniform(r) < probability;
}

static block *new_block(pool *p, role kind, size_t bytes) {
    block *b = malloc(sizeof *b);
    char *heap = malloc(bytes + ALIGN_SLACK);
    if (b == NULL || heap == NULL) {
        puts("not ok memory: the test itself ran out of it");
        exit(1);
    }
    size_t skip = kind == WORKSPACE ? -(uintptr_t)heap % ALIGN : 0;
    *b = (block){p->blocks, kind, heap, (unsigned char *)heap + skip, bytes, 0};
    p->blocks = b;
    return b;
}

static void fill_pattern(void *memory, size_t floats) {
    const uint32_t pattern = PATTERN;
    for (size_t i = 0; i < floats; i++)
        memcpy((char *)memory + 4 * i, &pattern, 4);
}

static bool is_pattern(const void *memory, size_t floats) {
    for (size_t i = 0; i < floats; i++) {
        uint32_t bits;
        memcpy(&bits, (const char *)memory + 4 * i, 4);
        if (bits != PATTERN)
            return false;
    }
    return true;
}

float *input_floats(pool *p, rng *r, hl_index count) {
    size_t before = (size_t)between(r, 0, 3), floats = before + (size_t)count;
    block *b = new_block(p, INPUT, 4 * floats);
    fill_pattern(b->memory, floats);
    return (float *)(void *)b->memory + before;
}

void *input_bytes(pool *p, size_t bytes) {
    block *b = new_block(p, INPUT, bytes);
    memset(b->memory, 0xA5, bytes);
    return b->memory;
}

float *output_floats(pool *p, hl_index count) {
    size_t floats = (size_t)count + 2 * (size_t)GUARD;
    block *b = new_block(p, OUTPUT, 4 * floats);
    fill_pattern(b->memory, floats);
    return (float *)(void *)b->memory + GUARD;
}

void *workspace_bytes(pool *p, size_t bytes) {
    block *b = new_block(p, WORKSPACE, bytes);
    memset(b->memory, 0xFF, bytes); /* floats of all ones are NaN */
    return b->memory;
}

/* FNV-1a. */
static uint64_t hash(const block *b) {
    uint64_t h = 14695981039346656037ULL;
    for (size_t i = 0; i < b->bytes; i++)
        h = (h ^ b->memory[i]) * 1099511628211ULL;
    return h;
}

void seal_inputs(pool *p) {
    for (block *b = p->blocks; b != NULL; b = b->next) {
        if (b->role == INPUT)
            b->hash = hash(b);
    }
}

bool intact(const pool *p) {
    for (const block *b = p->blocks; b != NULL; b = b->next) {
        if (b->role == INPUT && b->hash != hash(b))
            return false;
        if (b->role != OUTPUT)
            continue;
        if (!is_pattern(b->memory, GUARD))
            return false;
        if (!is_pattern(b->memory + b->bytes - (size_t)4 * GUARD, GUARD))
            return false;
    }
    return true;
}

static bool all_ones(const block *b) {
    for (size_t i = 0; i < b->bytes; i++) {
        if (b->memory[i] != 0xFF)
            return false;
    }
    return true;
}

bool untouched(const pool *p) {
    for (const block *b = p->blocks; b != NULL; b = b->next) {
        if (b->role == OUTPUT && !is_pattern(b->memory, b->bytes / 4))
            return false;
        if (b->role == WORKSPACE && !all_ones(b))
            return false;
    }
    return intact(p);
}

void free_pool(pool *p) {
    while (p->blocks != NULL) {
        block *b = p->blocks;
        p->blocks = b->next;
        free(b->heap);
        free(b);
    }
}

void fill_normal(rng *r, float *data, hl_index count, double spread) {
    for (hl_index i = 0; i < count; i++)
        data[i] = (float)(spread * normal(r));
}

void fill_uniform(rng *r, float *data, hl_index count, double spread) {
    for (hl_index i = 0; i < count; i++)
        data[i] = (float)(spread * uniform(r));
}

hl_index element_count(const hl_tensor *tensor) {
    hl_index count = 1;
    for (hl_index axis = 0; axis < tensor->rank; axis++)
        count *= tensor->size[axis];
    return count;
}

hl_tensor normal_tensor(pool *p, rng *r, double spread, hl_index rank, const hl_index *size) {
    hl_tensor tensor = {NULL, rank, {0}};
    for (hl_index axis = 0; axis < rank; axis++)
        tensor.size[axis] = size[axis];
    tensor.data = input_floats(p, r, element_count(&tensor));
    fill_normal(r, tensor.data, element_count(&tensor), spread);
    return tensor;
}
