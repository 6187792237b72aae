/* Calls with one argument spoiled: the status, the argument named, and nothing written. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "data.h"
#include "headlight.h"

#include <stdbool.h>
#include <stddef.h>

#define SHAPE HL_ERROR_SHAPE
#define VALUE HL_ERROR_VALUE
#define POINTER HL_ERROR_POINTER
#define OVERLAP HL_ERROR_OVERLAP
#define MEMORY HL_ERROR_MEMORY

typedef enum spoiling {
    SET_INDEX,  /* an hl_index becomes `whole` */
    SET_INT,    /* an int32_t becomes `whole` */
    SET_FLOAT,  /* a float becomes `real` */
    SET_NULL,   /* a pointer becomes NULL */
    SET_ODD,    /* … is moved by one byte */
    SET_WRAP,   /* … points to the last four bytes of the address space */
    SET_SAME,   /* … becomes that of the field at offset `whole` */
    SET_SHIFTED /* … likewise, and one float further */
} spoiling;

typedef struct change {
    const char *what;
    spoiling how;
    size_t offset; /* of the field in the arguments */
    hl_index whole;
    float real;
    hl_status status;
    const char *argument;
    bool output; /* only the call itself looks at it, not the plan */
} change;

/* A function with its plan; both get the spoiled arguments. */
typedef struct target {
    const char *name;
    const void *args;
    size_t size;
    hl_status (*plan)(const void *args, hl_error *error);
    hl_status (*run)(const void *args, hl_error *error);
} target;

/* One case for each change. The pool holds everything that the arguments point to. */
void expect_refusals(const pool *p, const target *t, const change *changes, size_t count);

/* What attention and its backward pass read: q (2, 4, 5, 6), k (2, 2, 7, 6), v (2, 2, 7, 3) and
 * every option. */
typedef struct attention_inputs {
    hl_tensor q, k, v;
    hl_attention_options options;
    int32_t *kv_lengths;
} attention_inputs;

attention_inputs every_input(pool *p, rng *r);

/* A status, an error with the same status and that argument, and nothing written. */
void expect_refusal(const pool *p, hl_status status, const hl_error *error, hl_status want,
                    const char *argument);

#endif
