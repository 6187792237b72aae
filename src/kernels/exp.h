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

/* What vec_exp and vec_tanh are made of. V8 builds a constant anew wherever it is used, so they are
 * loaded once before a loop, from a place that the compiler cannot see through. */
typedef struct exp_words {
    vec round, least, log2e, high, low, p[7];
} exp_words;

static inline exp_words exp_begin(void) {
    static const float table[] = {
        12582912.0f,     /* 1.5·2²³: adding it leaves whole numbers */
        -88.02969f,      /* −127·ln 2, where vec_scale2 gives 0 */
        1.44269504f,     /* 1 / ln 2 */
        0.693359375f,    /* ln 2 in two parts: the first has 9 bits, n times it is exact */
        -2.12194440e-4f, /**/
        0.001383684638f, /* p(r), from the highest degree on */
        0.008374815607f, 0.04166822607f, 0.1666641976f, 0.4999999074f, 1.0f, 1.0f,
    };
    const float *at = table;
    __asm__ volatile("" : "+r"(at));
    exp_words words = {vec_splat(at[0]), vec_splat(at[1]), vec_splat(at[2]),
                       vec_splat(at[3]), vec_splat(at[4]), {vec_splat(at[5])}};
    for (int i = 0; i < 7; i++)
        words.p[i] = vec_splat(at[5 + i]);
    return words;
}

static inline vec vec_exp(vec x, const exp_words *w) {
    x = vec_max(x, w->least);
    vec n = vec_sub(vec_madd(x, w->log2e, w->round), w->round);
    vec r = vec_nmadd(n, w->high, x);
    r = vec_nmadd(n, w->low, r);
    vec p = w->p[0];
    for (int i = 1; i < 7; i++)
        p = vec_madd(p, r, w->p[i]);
    return vec_scale2(p, n);
}

static inline vec vec_tanh(vec x, const exp_words *w) {
    vec y = vec_abs(x), z = vec_mul(x, x);
    vec p = vec_splat(-0.005717044783f);
    p = vec_madd(p, z, vec_splat(0.02065058704f));
    p = vec_madd(p, z, vec_splat(-0.05374349800f));
    p = vec_madd(p, z, vec_splat(0.1333149129f));
    p = vec_madd(p, z, vec_splat(-0.3333328393f));
    vec small = vec_madd(vec_mul(p, z), x, x);
    vec e = vec_exp(vec_mul(y, vec_splat(-2.0f)), w);
    vec one = vec_splat(1.0f);
    vec large = vec_copysign(vec_div(vec_sub(one, e), vec_add(one, e)), x);
    return vec_select(vec_less(y, vec_splat(0.625f)), small, large);
}

#endif
