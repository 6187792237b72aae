/*
 * exp and tanh on vectors.
 *
 * vec_exp(x), x ≤ 0: n = round(x / ln 2), r = x − n·ln 2 in two parts, p(r)·2ⁿ with p of degree 6,
 * minimax on |r| ≤ ln 2 / 2 (1.9e-9 relative, before rounding). Over all x from −87.33 to 0 the
 * relative error stays below 1.2e-7; below that, where exp(x) is subnormal, the result is 0, and so
 * it is at −Inf. NaN stays NaN. The sum of absolute errors that matters to a softmax is smaller.
 *
 * vec_tanh(x), any x: x + x³·p(x²) with p of degree 4 below .625 (4.1e-9 before rounding), else
 * (1 − e)/(1 + e), e = exp(−2|x|). The relative error stays below 2e-7.
 */
#ifndef HL_EXP_H
#define HL_EXP_H

#include "vec.h"

static inline vec vec_exp(vec x) {
    const vec round = vec_splat(12582912.0f); /* 1.5·2²³: adding it leaves whole numbers */
    x = vec_max(x, vec_splat(-88.02969f));    /* −127·ln 2, where vec_scale2 gives 0 */
    vec n = vec_sub(vec_madd(x, vec_splat(1.44269504f), round), round);
    vec r = vec_nmadd(n, vec_splat(0.693359375f), x); /* 9 bits: n times it is exact */
    r = vec_nmadd(n, vec_splat(-2.12194440e-4f), r);
    vec p = vec_splat(0.001383684638f);
    p = vec_madd(p, r, vec_splat(0.008374815607f));
    p = vec_madd(p, r, vec_splat(0.04166822607f));
    p = vec_madd(p, r, vec_splat(0.1666641976f));
    p = vec_madd(p, r, vec_splat(0.4999999074f));
    p = vec_madd(p, r, vec_splat(1.0f));
    p = vec_madd(p, r, vec_splat(1.0f));
    return vec_scale2(p, n);
}

static inline vec vec_tanh(vec x) {
    vec y = vec_abs(x), z = vec_mul(x, x);
    vec p = vec_splat(-0.005717044783f);
    p = vec_madd(p, z, vec_splat(0.02065058704f));
    p = vec_madd(p, z, vec_splat(-0.05374349800f));
    p = vec_madd(p, z, vec_splat(0.1333149129f));
    p = vec_madd(p, z, vec_splat(-0.3333328393f));
    vec small = vec_madd(vec_mul(p, z), x, x);
    vec e = vec_exp(vec_mul(y, vec_splat(-2.0f)));
    vec one = vec_splat(1.0f);
    vec large = vec_copysign(vec_div(vec_sub(one, e), vec_add(one, e)), x);
    return vec_select(vec_less(y, vec_splat(0.625f)), small, large);
}

#endif
