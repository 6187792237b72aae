/* Reads the reference cases of tests/vectors/torch.txt; its README.md has the format. */
#ifndef VECTORS_H
#define VECTORS_H

#include "data.h"
#include "headlight.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct vector_entry {
    char name[24];
    char kind; /* i: int, f: float, b: bool */
    int value; /* of an int */
    hl_tensor tensor;
    uint8_t *bytes; /* of a bool */
} vector_entry;

typedef struct vector_case {
    char operation[16], name[80];
    vector_entry entries[24];
    int count;
} vector_case;

/* The next case of the file, its numbers in the pool; false at the end or at what is no case. */
bool read_case(FILE *file, pool *p, rng *r, vector_case *c);

/* Absent ones are 0, or an empty tensor or mask. */
int case_int(const vector_case *c, const char *name);
hl_tensor case_tensor(const vector_case *c, const char *name);
hl_mask case_mask(const vector_case *c, const char *name);

#endif
