/* Calls of each public function with arguments from valid to absurd: what it refuses has a status
 * and writes nothing, what it accepts is computed, and is right. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include "data.h"

#include <stdbool.h>

typedef struct attempt {
    const char *name;
    /* Draws arguments, each wrong with a probability; true where they were accepted. */
    bool (*run)(rng *r, double wrong);
} attempt;

/* One for each function, the last without a name. */
extern const attempt attempts[];

#endif
