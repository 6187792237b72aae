/*
 * exp and tanh on vectors.
 *
 * vec_exp(x), x ≤ 0: t = x / ln 2, n = round(t), p(t − n)·2ⁿ with p of degree 6, minimax for 2^r on
 * |r| ≤ ½ (1.9e-9 relative, before rounding). As t is rounded, the relative error stays below
 * 1.2e-7 + 7.5e-8·|x|, which is an absolute one below 1.2e-7, and it is those that matter to a
 * softmax. From x = −87.7 on, where exp(x) is subnormal, the result is 0, and so it is at −Inf. NaN
 * stays NaN.
 *
 * vec_exp_times2(x, rest), x ≤ 0 and −1 ≤ rest ≤ 0: exp(x)·2^rest, likewise; at rest = 0 vec_exp(x)
 * to the bit.
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
    vec round, least, log2e, p[7];
} exp_words;

static inline exp_words exp_begin(void) {
    static const float table[] = {
        VEC_ROUND,      -127.0f, /* where vec_scale2 gives 0 */
        1.44269504f,             /* 1 / ln 2 */
        1.53458124e-4f,          /* p(r), from the highest degree on */
        1.33999309e-3f, 9.61848907e-3f, 5.55032864e-2f, 0.240226462f, 0.693147182f, 1.0f,
    };
    const float *at = table;
    __asm__ volatile("" : "+r"(at));
    exp_words words = {vec_splat(at[0]), vec_splat(at[1]), vec_splat(at[2]), {vec_splat(at[3])}};
    for (int i = 0; i < 7; i++)
        words.p[i] = vec_splat(at[3 + i]);
    return words;
}

/* 2^t, t ≤ 0. */
static inline vec vec_exp2(vec t, const exp_words *w) {
    t = vec_max(t, w->least);
    vec rounded = vec_add(t, w->round);
    vec r = vec_sub(t, vec_sub(rounded, w->round));
    vec p = w->p[0];
    for (int i = 1; i < 7; i++)
        p = vec_madd(p, r, w->p[i]);
    return vec_scale2(p, rounded);
}

static inline vec vec_exp(vec x, const exp_words *w) {
    return vec_exp2(vec_mul(x, w->log2e), w);
}

/* exp(x) · 2^rest. */
static inline vec vec_exp_times2(vec x, vec rest, const exp_words *w) {
    return vec_exp2(vec_madd(x, w->log2e, rest), w);
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
