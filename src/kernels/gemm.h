/* Matrix products. Internal; arguments were checked at the edge. */
#ifndef HL_GEMM_H
#define HL_GEMM_H

#include "../headlight.h"

#include <stdbool.h>

/* packed [⌈rows/width⌉][cols][width] = the rows of a (rows × cols, lda apart), interleaved by
 * width, rows beyond the last as zeros: a left operand for a tile, or a transposed right one. */
void pack_rows(const float *a, size_t lda, size_t rows, size_t cols, size_t width, float *packed);

/* Floats that gemm needs to work in. */
size_t gemm_workspace(size_t rows, size_t depth, bool *overflow);

/* y (rows × cols, ldy apart) = x (rows × depth, ldx apart) · w (depth × cols, ldw apart) + bias
 * (cols, or NULL). Cost: rows·depth·cols multiply-adds, and x and w packed once. */
void gemm(const float *x, size_t ldx, const float *w, size_t ldw, const float *bias, float *y,
          size_t ldy, size_t rows, size_t depth, size_t cols, float *workspace);

#endif
