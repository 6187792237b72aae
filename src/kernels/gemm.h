/* Matrix products. Internal; arguments were checked at the edge. */
#ifndef HL_GEMM_H
#define HL_GEMM_H

#include "../headlight.h"

#include <stdbool.h>

/* packed [⌈rows/width⌉][cols][width] = the rows of a (rows × cols, lda apart), interleaved by
 * width, rows beyond the last as zeros: a left operand for a tile, or a transposed right one. */
void pack_rows(const float *a, size_t lda, size_t rows, size_t cols, size_t width, float *packed);

/* The right operand w (depth × cols): as it is, its rows ld apart; or packed by gemm_pack, which a
 * product that comes again need not do again. */
typedef struct gemm_right {
    const float *data;
    size_t ld; /* 0: packed */
} gemm_right;

/* Floats of a packed w, and w (depth × cols, ld apart) packed. */
size_t gemm_packed(size_t depth, size_t cols, bool *overflow);
void gemm_pack(const float *w, size_t ld, size_t depth, size_t cols, float *packed);

/* Floats that gemm needs to work in: at most some 1.3 MB a thread, however large the operands. */
size_t gemm_workspace(size_t rows, size_t depth, bool *overflow);

/* y (rows × cols, ldy apart) = x (rows × depth, ldx apart) · w (depth × cols) + bias (cols, or
 * NULL). Cost: rows·depth·cols multiply-adds; x is packed once, w once per BLOCK_ROWS
 * rows, and by each thread. */
void gemm(const float *x, size_t ldx, gemm_right w, const float *bias, float *y, size_t ldy,
          size_t rows, size_t depth, size_t cols, float *workspace);

#endif
