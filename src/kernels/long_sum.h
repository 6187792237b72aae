/* Sums of more terms than float32 adds up well. Internal. */
#ifndef HL_LONG_SUM_H
#define HL_LONG_SUM_H

#include <stddef.h>

/* So many terms are added in one float32 each, in chains; such sums are added up without loss. */
#define SPAN 960

/* total (rows × cols, rows ld apart) += factor · sum (rows × cols, rows ld_sum apart). What
 * rounding takes is kept in lost (rows × cols, rows ld_lost apart), which begins as zeros, and is
 * added the next time: total is off by one rounding in the end, however often it is added to. */
void long_sum_add(float *total, size_t ld, const float *sum, size_t ld_sum, float factor,
                  float *lost, size_t ld_lost, size_t rows, size_t cols);

#endif
