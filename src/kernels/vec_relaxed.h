/* vec.h on relaxed SIMD: simd128 with multiply-adds that round once where the processor can.
 * Which processors do is theirs to say, so the last digits differ from one to another. */
#ifndef HL_VEC_RELAXED_H
#define HL_VEC_RELAXED_H

#define VEC_BUILD "relaxed"
#define DOT_ROWS 3
#define DOT_VECS 3
#define MIX_ROWS 6
#define MIX_VECS 2

#include "vec_simd128.h"

static inline vec vec_madd(vec a, vec b, vec c) {
    return wasm_f32x4_relaxed_madd(a, b, c);
}
static inline vec vec_nmadd(vec a, vec b, vec c) {
    return wasm_f32x4_relaxed_nmadd(a, b, c);
}
static inline int vec_fused(void) {
    /* (1 + 2⁻¹²)² is 1 + 2⁻¹¹ + 2⁻²⁴, whose last bit a product that is rounded loses. */
    vec x = vec_splat(1.000244140625f);
    return vec_any(vec_less(vec_splat(0.0f), vec_madd(x, x, vec_splat(-1.00048828125f))));
}

#endif
