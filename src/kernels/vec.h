/*
 * Four float lanes under one set of words, so that each kernel is written once. One overlay per
 * instruction set; the scalar one rounds exactly as simd128 does, lane by lane, so that the
 * baseline and simd builds agree to the bit.
 *
 * Each overlay also names its build (VEC_BUILD), and the rows and vectors of the tiles of tile.h.
 *
 *   vec_madd(a, b, c)   a·b + c: two roundings, in the relaxed build one where the processor fuses
 *   vec_nmadd(a, b, c)  c − a·b, likewise
 *   vec_fused()         whether they round once here
 *   vec_max(a, b)       a < b ? b : a, so that a NaN in b is passed over and one in a stays
 *   vec_less(a, b)      all bits set in the lanes where a < b
 *   vec_select(m, a, b) a in the lanes where m's bits are set, else b
 *   vec_or_zero(a)      0 in the lanes where a is NaN, else a
 *   vec_scale2(p, z)    p · 2ⁿ for z = n + VEC_ROUND, n in −127 … 127, where 2⁻¹²⁷ counts as 0
 *   vec_sum4(a, b, c, d) the sums of their lanes, each (x₀ + x₂) + (x₁ + x₃)
 *   vec_transpose4(x)   the four vectors as the rows of a matrix, transposed in place
 *   vec_zeros4(rows, at, zero) all bits of zero[i] set in the lanes whose row's byte at + i is 0
 */
#ifndef HL_VEC_H
#define HL_VEC_H

#define VEC_LANES 4

/* 1.5·2²³ + 127: added to a small number it rounds that to a whole one, n, and leaves n + 127, the
 * exponent's bits of 2ⁿ, in the low bits of the sum. */
#define VEC_ROUND 12583039.0f

#if defined(__wasm_relaxed_simd__)
#include "vec_relaxed.h"
#elif defined(__wasm_simd128__)
#include "vec_simd128.h"
#else
#include "vec_scalar.h"
#endif

#endif
