/* vec.h for machines without vectors, and for the native tests. */
#ifndef HL_VEC_SCALAR_H
#define HL_VEC_SCALAR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Two rows of one vector: what sixteen scalar registers hold without spilling. */
#define VEC_BUILD "baseline"
#define DOT_ROWS 2
#define DOT_VECS 1
#define MIX_ROWS 2
#define MIX_VECS 1

typedef struct vec {
    float lane[4];
} vec;

static inline uint32_t vec_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float vec_from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#define VEC_EACH(expression)                                                                       \
    vec result;                                                                                    \
    for (int i = 0; i < 4; i++)                                                                    \
        result.lane[i] = (expression);                                                             \
    return result

static inline vec vec_load(const float *p) {
    VEC_EACH(p[i]);
}
static inline vec vec_splat(float x) {
    VEC_EACH(x);
}
static inline vec vec_add(vec a, vec b) {
    VEC_EACH(a.lane[i] + b.lane[i]);
}
static inline vec vec_sub(vec a, vec b) {
    VEC_EACH(a.lane[i] - b.lane[i]);
}
static inline vec vec_mul(vec a, vec b) {
    VEC_EACH(a.lane[i] * b.lane[i]);
}
static inline vec vec_div(vec a, vec b) {
    VEC_EACH(a.lane[i] / b.lane[i]);
}
static inline vec vec_madd(vec a, vec b, vec c) {
    VEC_EACH(a.lane[i] * b.lane[i] + c.lane[i]);
}
static inline vec vec_nmadd(vec a, vec b, vec c) {
    VEC_EACH(c.lane[i] - a.lane[i] * b.lane[i]);
}
static inline int vec_fused(void) {
    return 0;
}
static inline vec vec_max(vec a, vec b) {
    VEC_EACH(a.lane[i] < b.lane[i] ? b.lane[i] : a.lane[i]);
}
static inline vec vec_abs(vec a) {
    VEC_EACH(vec_from_bits(vec_bits(a.lane[i]) & 0x7FFFFFFF));
}
static inline vec vec_less(vec a, vec b) {
    VEC_EACH(vec_from_bits(a.lane[i] < b.lane[i] ? 0xFFFFFFFF : 0));
}
static inline vec vec_select(vec m, vec a, vec b) {
    VEC_EACH(vec_bits(m.lane[i]) ? a.lane[i] : b.lane[i]);
}
static inline vec vec_or_zero(vec a) {
    VEC_EACH(a.lane[i] == a.lane[i] ? a.lane[i] : 0.0f);
}
static inline vec vec_copysign(vec a, vec sign) {
    VEC_EACH(
        vec_from_bits((vec_bits(a.lane[i]) & 0x7FFFFFFF) | (vec_bits(sign.lane[i]) & 0x80000000)));
}
static inline vec vec_scale2(vec p, vec z) {
    VEC_EACH(p.lane[i] * vec_from_bits(vec_bits(z.lane[i]) << 23));
}
static inline vec vec_sum4(vec a, vec b, vec c, vec d) {
    const vec of[] = {a, b, c, d};
    VEC_EACH((of[i].lane[0] + of[i].lane[2]) + (of[i].lane[1] + of[i].lane[3]));
}
static inline void vec_transpose4(vec x[4]) {
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < i; j++) {
            float above = x[j].lane[i];
            x[j].lane[i] = x[i].lane[j];
            x[i].lane[j] = above;
        }
    }
}
static inline void vec_zeros4(const uint8_t *const rows[4], size_t at, vec zero[4]) {
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++)
            zero[i].lane[j] = vec_from_bits(rows[j][at + i] == 0 ? 0xFFFFFFFF : 0);
    }
}
static inline int vec_any(vec m) {
    int any = 0;
    for (int i = 0; i < 4; i++)
        any |= vec_bits(m.lane[i]) != 0;
    return any;
}
static inline void vec_store(float *p, vec a) {
    for (int i = 0; i < 4; i++)
        p[i] = a.lane[i];
}

#undef VEC_EACH
#endif
