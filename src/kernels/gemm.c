#include "gemm.h"

#include "../memory.h"
#include "two_sum.h"

#include <string.h>

/*
 * The one loop that everything fast goes through: rank-1 updates of TILE_ROWS × TILE_VECS
 * accumulators, one splat a row. Where V8 spills accumulators it runs at half speed, so it is a
 * leaf of its own, its depth unknown to the compiler, its inner loop not unrolled, and its pointers
 * advance by bytes whose number is opaque to the compiler.
 */
__attribute__((noinline)) void tile(const float *a, size_t step_a, const float *b, size_t step_b,
                                    float *c, size_t ldc, size_t depth, size_t chain, int first) {
    vec sum[TILE_ROWS][TILE_VECS];
    for (int row = 0; row < TILE_ROWS; row++) {
        for (int col = 0; col < TILE_VECS; col++)
            sum[row][col] = vec_splat(0.0f);
    }
    step_a *= sizeof(float);
    step_b *= sizeof(float);
    __asm__ volatile("" : "+r"(step_a), "+r"(step_b));
    do {
        size_t steps = depth < chain ? depth : chain;
        depth -= steps;
#ifdef __clang__
#pragma clang loop unroll(disable)
#endif
        for (; steps > 0; steps--) {
            vec right[TILE_VECS];
            for (int col = 0; col < TILE_VECS; col++)
                right[col] = vec_load(b + col * VEC_LANES);
            for (int row = 0; row < TILE_ROWS; row++) {
                vec left = vec_splat(a[row]);
                for (int col = 0; col < TILE_VECS; col++) {
                    sum[row][col] = vec_madd(left, right[col], sum[row][col]);
                }
            }
            a = (const float *)(const void *)((const char *)a + step_a);
            b = (const float *)(const void *)((const char *)b + step_b);
        }
        float *at = c;
        if (first) {
            for (int row = 0; row < TILE_ROWS; row++, at += ldc) {
                for (int col = 0; col < TILE_VECS; col++) {
                    vec_store(at + col * VEC_LANES, sum[row][col]);
                    sum[row][col] = vec_splat(0.0f);
                }
            }
        } else {
            for (int row = 0; row < TILE_ROWS; row++, at += ldc) {
                for (int col = 0; col < TILE_VECS; col++) {
                    float *total = at + col * VEC_LANES;
                    vec chain_sum = sum[row][col];
                    vec_store(total, two_sum(vec_load(total), chain_sum, &sum[row][col]));
                }
            }
        }
        first = 0;
    } while (depth > 0);
}

void pack_rows(const float *a, size_t lda, size_t rows, size_t cols, size_t width, float *packed) {
    if (cols == 0)
        return;
    for (size_t row = 0; row < rows; row += width) {
        size_t filled = rows - row < width ? rows - row : width;
        if (filled < width)
            memset(packed, 0, cols * width * sizeof *packed);
        for (size_t lane = 0; lane < filled; lane++) {
            const float *from = a + (row + lane) * lda;
            for (size_t col = 0; col < cols; col++)
                packed[col * width + lane] = from[col];
        }
        packed += cols * width;
    }
}

size_t gemm_workspace(size_t rows, size_t depth, bool *overflow) {
    size_t tiles = hl_mul(round_up(rows, TILE_ROWS), depth, overflow);
    size_t panel = hl_mul(depth + TILE_ROWS, TILE_COLS, overflow);
    return hl_add(tiles, panel, overflow);
}

void gemm(const float *x, size_t ldx, const float *w, size_t ldw, const float *bias, float *y,
          size_t ldy, size_t rows, size_t depth, size_t cols, float *workspace) {
    if (rows == 0 || cols == 0)
        return;
    size_t chain = chain_for(depth);
    float *result = workspace; /* TILE_ROWS × TILE_COLS */
    float *panel = result + TILE_ROWS * TILE_COLS;
    float *left = panel + depth * TILE_COLS;
    pack_rows(x, ldx, rows, depth, TILE_ROWS, left);
    for (size_t col = 0; col < cols; col += TILE_COLS) {
        size_t width = cols - col < TILE_COLS ? cols - col : TILE_COLS;
        memset(panel, 0, depth * TILE_COLS * sizeof *panel);
        for (size_t k = 0; k < depth; k++) {
            memcpy(panel + k * TILE_COLS, w + k * ldw + col, width * sizeof *w);
        }
        for (size_t row = 0; row < rows; row += TILE_ROWS) {
            size_t height = rows - row < TILE_ROWS ? rows - row : TILE_ROWS;
            tile(left + row * depth, TILE_ROWS, panel, TILE_COLS, result, TILE_COLS, depth, chain,
                 1);
            for (size_t i = 0; i < height; i++) {
                float *to = y + (row + i) * ldy + col;
                for (size_t j = 0; j < width; j++) {
                    float sum = result[i * TILE_COLS + j];
                    to[j] = bias == NULL ? sum : sum + bias[col + j];
                }
            }
        }
    }
}
