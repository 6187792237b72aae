#include "gemm.h"

#include "../memory.h"
#include "tile.h"

#include <string.h>

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
    size_t tiles = hl_mul(hl_round_up(rows, DOT_ROWS), depth, overflow);
    size_t panel = hl_mul(depth + DOT_ROWS, DOT_COLS, overflow);
    return hl_add(tiles, panel, overflow);
}

void gemm(const float *x, size_t ldx, const float *w, size_t ldw, const float *bias, float *y,
          size_t ldy, size_t rows, size_t depth, size_t cols, float *workspace) {
    if (rows == 0 || cols == 0)
        return;
    float *result = workspace; /* DOT_ROWS × DOT_COLS */
    float *panel = result + DOT_ROWS * DOT_COLS;
    float *left = panel + depth * DOT_COLS;
    pack_rows(x, ldx, rows, depth, DOT_ROWS, left);
    for (size_t col = 0; col < cols; col += DOT_COLS) {
        size_t width = cols - col < DOT_COLS ? cols - col : DOT_COLS;
        memset(panel, 0, depth * DOT_COLS * sizeof *panel);
        for (size_t k = 0; k < depth; k++) {
            memcpy(panel + k * DOT_COLS, w + k * ldw + col, width * sizeof *w);
        }
        for (size_t row = 0; row < rows; row += DOT_ROWS) {
            size_t height = rows - row < DOT_ROWS ? rows - row : DOT_ROWS;
            tile_dot(left + row * depth, panel, result, DOT_COLS, depth);
            for (size_t i = 0; i < height; i++) {
                float *to = y + (row + i) * ldy + col;
                for (size_t j = 0; j < width; j++) {
                    float sum = result[i * DOT_COLS + j];
                    to[j] = bias == NULL ? sum : sum + bias[col + j];
                }
            }
        }
    }
}
