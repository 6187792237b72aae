/* Each option of attention alone, on 4 query heads that share 2 key/value heads, so that a failure
 * has a name. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "data.h"
#include "headlight.h"

size_t option_cases(void);

const char *option_case_name(size_t i);

/* q (2, 4, 5, 6), k (2, 2, 7, 6), v (2, 2, 7, 9) of normal numbers times spread. */
hl_attention_args option_case(pool *p, rng *r, size_t i, double spread);

#endif
