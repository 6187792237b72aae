/* Random numbers and the memory that a call is given: guarded, and watched for writes. */
#ifndef DATA_H
#define DATA_H

#include "headlight.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* xorshift64* (Vigna 2016): the same numbers on every machine. The seed must not be 0. */
typedef struct rng {
    uint64_t state;
} rng;

uint64_t random_bits(rng *r);
/* Until they are used up, all draws come from these bytes, two each: a fuzzer's. */
void draw_from(const uint8_t *bytes, size_t size);
double uniform(rng *r); /* 0 ≤ x < 1 */
double normal(rng *r);
hl_index between(rng *r, hl_index low, hl_index high); /* both included */
bool chance(rng *r, double probability);

/* All memory of one case. */
typedef struct pool {
    struct block *blocks;
} pool;

/* An input: its heap block ends with it, so that the address sanitizer sees a read too far. Up to
 * three NaN precede it: the data is aligned to its element only, as in a caller's array. */
float *input_floats(pool *p, rng *r, hl_index count);
void *input_bytes(pool *p, size_t bytes);

/* An output: filled with a NaN of its own, with more of them on both sides. */
float *output_floats(pool *p, hl_index count);

/* A workspace of the exact size, filled with NaN. */
void *workspace_bytes(pool *p, size_t bytes);

/* Remembers what the inputs hold now. */
void seal_inputs(pool *p);
/* Inputs hold what they held when sealed, and every guard is whole. */
bool intact(const pool *p);
/* Nor was any output or workspace written since it was made. */
bool untouched(const pool *p);
void free_pool(pool *p);

/* Fills: normal · spread; or uniform between 0 and spread. */
void fill_normal(rng *r, float *data, hl_index count, double spread);
void fill_uniform(rng *r, float *data, hl_index count, double spread);

hl_index element_count(const hl_tensor *tensor);
/* A tensor of normal numbers, its memory in the pool. */
hl_tensor normal_tensor(pool *p, rng *r, double spread, hl_index rank, const hl_index *size);

#endif
