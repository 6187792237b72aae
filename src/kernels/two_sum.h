/* Sums that keep what rounding takes from them (Knuth, The Art of Computer Programming, 4.2.2). */
#ifndef HL_TWO_SUM_H
#define HL_TWO_SUM_H

#include "vec.h"

/* a + b rounded, and in *lost exactly what the rounding took, also where b is the larger: adding
 * *lost back rounds to the same sum. Where the sum is infinite or NaN, nothing is lost. */
static inline vec two_sum(vec a, vec b, vec *lost) {
    vec sum = vec_add(a, b), added = vec_sub(sum, a);
    *lost = vec_or_zero(vec_add(vec_sub(a, vec_sub(sum, added)), vec_sub(b, added)));
    return sum;
}

#endif
