/* vec.h on WebAssembly's fixed-width SIMD. vec_relaxed.h takes all but the fused words from here.
 */
#ifndef HL_VEC_SIMD128_H
#define HL_VEC_SIMD128_H

#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

/* V8 gives out 15 registers. 3 × 3 takes 9 accumulators, 3 vectors and 1 splat, and without fused
 * instructions 1 product. Where each step is fused and its loop plain, 6 × 2 fills all 15. */
#ifndef VEC_BUILD
#define VEC_BUILD "simd"
#define DOT_ROWS 4
#define DOT_VECS 2
#define MIX_ROWS 4
#define MIX_VECS 2
#endif

typedef v128_t vec;

static inline vec vec_load(const float *p) {
    return wasm_v128_load(p);
}
static inline void vec_store(float *p, vec a) {
    wasm_v128_store(p, a);
}
static inline vec vec_splat(float x) {
    return wasm_f32x4_splat(x);
}
static inline vec vec_add(vec a, vec b) {
    return wasm_f32x4_add(a, b);
}
static inline vec vec_sub(vec a, vec b) {
    return wasm_f32x4_sub(a, b);
}
static inline vec vec_mul(vec a, vec b) {
    return wasm_f32x4_mul(a, b);
}
static inline vec vec_div(vec a, vec b) {
    return wasm_f32x4_div(a, b);
}
/* pmax is one instruction on x86, max several. */
static inline vec vec_max(vec a, vec b) {
    return wasm_f32x4_pmax(a, b);
}
static inline vec vec_abs(vec a) {
    return wasm_f32x4_abs(a);
}
static inline vec vec_less(vec a, vec b) {
    return wasm_f32x4_lt(a, b);
}
static inline vec vec_select(vec m, vec a, vec b) {
    return wasm_v128_bitselect(a, b, m);
}
static inline vec vec_or_zero(vec a) {
    return wasm_v128_and(a, wasm_f32x4_eq(a, a));
}
static inline vec vec_copysign(vec a, vec sign) {
    return wasm_v128_bitselect(sign, a, wasm_u32x4_const_splat(0x80000000));
}
static inline vec vec_scale2(vec p, vec z) {
    return wasm_f32x4_mul(p, wasm_i32x4_shl(z, 23));
}
static inline vec vec_sum4(vec a, vec b, vec c, vec d) {
    vec ab = vec_add(wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), wasm_i32x4_shuffle(a, b, 2, 6, 3, 7));
    vec cd = vec_add(wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), wasm_i32x4_shuffle(c, d, 2, 6, 3, 7));
    return vec_add(wasm_i32x4_shuffle(ab, cd, 0, 1, 4, 5), wasm_i32x4_shuffle(ab, cd, 2, 3, 6, 7));
}
static inline void vec_transpose4(vec x[4]) {
    vec a = wasm_i32x4_shuffle(x[0], x[1], 0, 4, 1, 5);
    vec b = wasm_i32x4_shuffle(x[2], x[3], 0, 4, 1, 5);
    vec c = wasm_i32x4_shuffle(x[0], x[1], 2, 6, 3, 7);
    vec d = wasm_i32x4_shuffle(x[2], x[3], 2, 6, 3, 7);
    x[0] = wasm_i32x4_shuffle(a, b, 0, 1, 4, 5);
    x[1] = wasm_i32x4_shuffle(a, b, 2, 3, 6, 7);
    x[2] = wasm_i32x4_shuffle(c, d, 0, 1, 4, 5);
    x[3] = wasm_i32x4_shuffle(c, d, 2, 3, 6, 7);
}
static inline void vec_zeros4(const uint8_t *const rows[4], size_t at, vec zero[4]) {
    vec bytes = wasm_v128_load32_zero(rows[0] + at);
    bytes = wasm_v128_load32_lane(rows[1] + at, bytes, 1);
    bytes = wasm_v128_load32_lane(rows[2] + at, bytes, 2);
    bytes = wasm_v128_load32_lane(rows[3] + at, bytes, 3);
    for (int i = 0; i < 4; i++) {
        vec own = wasm_v128_and(bytes, wasm_u32x4_splat(0xFFu << 8 * i));
        zero[i] = wasm_i32x4_eq(own, wasm_i32x4_const_splat(0));
    }
}
static inline int vec_any(vec m) {
    return wasm_v128_any_true(m);
}

#ifndef __wasm_relaxed_simd__
static inline vec vec_madd(vec a, vec b, vec c) {
    return wasm_f32x4_add(wasm_f32x4_mul(a, b), c);
}
static inline vec vec_nmadd(vec a, vec b, vec c) {
    return wasm_f32x4_sub(c, wasm_f32x4_mul(a, b));
}
static inline int vec_fused(void) {
    return 0;
}
#endif

#endif
