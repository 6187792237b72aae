/* vec.h on relaxed SIMD: simd128 with multiply-adds that round once where the processor can.
 * Which processors do is theirs to say, so the last digits differ from one to another. */
#ifndef HL_VEC_RELAXED_H
#define HL_VEC_RELAXED_H

/* 12 accumulators, 2 vectors and 1 splat: all of the 15 registers that V8 gives out. */
#define VEC_BUILD "relaxed"
#define TILE_ROWS 4
#define TILE_VECS 2

#include "vec_simd128.h"

static inline vec vec_madd(vec a, vec b, vec c) {
    return wasm_f32x4_relaxed_madd(a, b, c);
}
static inline vec vec_nmadd(vec a, vec b, vec c) {
    return wasm_f32x4_relaxed_nmadd(a, b, c);
}

#endif
