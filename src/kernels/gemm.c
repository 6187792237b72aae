#include "gemm.h"

#include "../memory.h"
#include "long_sum.h"
#include "parallel.h"
#include "tile.h"

#include <string.h>

/* Columns of `width` rows (2 or more) side by side, four by four as squares; returns how many.
 * Rows beyond the last vector's repeat the last one, into lanes of the next column: the first lanes
 * are written last, and the last columns are left to who can end where they end. */
static size_t pack_squares(const float *a, size_t lda, size_t cols, size_t width, float *packed) {
    size_t whole = (width % 4 == 0 ? cols : cols - 1) / 4 * 4;
    for (size_t lane = hl_round_up(width, 4); lane > 0;) {
        lane -= 4;
        const float *row[4];
        for (size_t j = 0; j < 4; j++)
            row[j] = a + hl_smaller(lane + j, width - 1) * lda;
        float *to = packed + lane;
        for (size_t col = 0; col < whole; col += 4) {
            vec x[4];
            for (size_t j = 0; j < 4; j++)
                x[j] = vec_load(row[j] + col);
            vec_transpose4(x);
            for (size_t j = 0; j < 4; j++, to += width)
                vec_store(to, x[j]);
        }
    }
    return whole;
}

void pack_rows(const float *a, size_t lda, size_t rows, size_t cols, size_t width, float *packed) {
    if (cols == 0)
        return;
    for (size_t row = 0; row < rows; row += width) {
        size_t filled = rows - row < width ? rows - row : width, packed_cols = 0;
        if (filled < width)
            memset(packed, 0, cols * width * sizeof *packed);
        else if (width > 1)
            packed_cols = pack_squares(a + row * lda, lda, cols, width, packed);
        for (size_t lane = 0; lane < filled; lane++) {
            const float *from = a + (row + lane) * lda;
            for (size_t col = packed_cols; col < cols; col++)
                packed[col * width + lane] = from[col];
        }
        packed += cols * width;
    }
}

#define BLOCK_ROWS 480
#define BLOCK_DEPTH 384
#define CHAIN 64      /* products added one after another, before they are added to the rest */
#define DEEP 3072     /* from here on a block's sums are added to the rest without loss, */
#define DEEP_COLS 256 /* for so many columns at a time */

size_t gemm_packed(size_t depth, size_t cols, bool *overflow) {
    return hl_mul(hl_round_up(cols, MIX_COLS), depth, overflow);
}

/* Rows of MIX_COLS numbers from rows of width, ld apart, the rest zeros. */
static void pack_panel(const float *w, size_t ld, size_t depth, size_t width, float *panel) {
    if (width == MIX_COLS) {
        for (size_t k = 0; k < depth; k++, w += ld, panel += MIX_COLS) {
            for (int col = 0; col < MIX_COLS; col += VEC_LANES)
                vec_store(panel + col, vec_load(w + col));
        }
        return;
    }
    for (size_t k = 0; k < depth; k++, w += ld, panel += MIX_COLS) {
        for (size_t col = 0; col < MIX_COLS; col++)
            panel[col] = col < width ? w[col] : 0.0f;
    }
}

void gemm_pack(const float *w, size_t ld, size_t depth, size_t cols, float *packed) {
    if (depth == 0) /* cols may be beyond any loop */
        return;
    for (size_t col = 0; col < cols; col += MIX_COLS) {
        pack_panel(w + col, ld, depth, hl_smaller(MIX_COLS, cols - col), packed + col * depth);
    }
}

/* Rows of a block, whole tiles: wherever blocks end, the same sums are added in the same order. */
static size_t block_rows(size_t rows) {
    size_t threads = parallel_threads();
    return hl_round_up(hl_smaller((rows + threads - 1) / threads, BLOCK_ROWS), MIX_ROWS);
}

/* Floats that keep what rounding takes from a block of rows. */
static size_t lost_floats(size_t rows, size_t depth) {
    return depth < DEEP ? 0 : block_rows(rows) * DEEP_COLS;
}

/* Floats of one thread's workspace. */
static size_t share(size_t rows, size_t depth) {
    return (block_rows(rows) + MIX_COLS) * hl_smaller(depth, BLOCK_DEPTH) +
           lost_floats(rows, depth);
}

size_t gemm_workspace(size_t rows, size_t depth, bool *overflow) {
    return hl_mul(share(rows, depth), parallel_threads(), overflow);
}

/* One tile of y (height × width) = or += a·b, in chains. */
static void multiply_tile(const float *a, const float *b, size_t depth, float *y, size_t ldy,
                          bool first) {
    size_t k = 0;
    do {
        tile_mix(a + k * MIX_ROWS, MIX_ROWS, b + k * MIX_COLS, MIX_COLS, y, ldy,
                 hl_smaller(CHAIN, depth - k), first && k == 0);
        k += CHAIN;
    } while (k < depth);
}

/* y (height × width, ldy apart) = or += from (rows of MIX_COLS). */
static void copy_edge(const float *from, float *y, size_t ldy, size_t height, size_t width,
                      bool first) {
    for (size_t row = 0; row < height; row++) {
        for (size_t col = 0; col < width; col++) {
            float sum = from[row * MIX_COLS + col];
            y[row * ldy + col] = first ? sum : y[row * ldy + col] + sum;
        }
    }
}

static void add_bias(const float *bias, float *y, size_t ldy, size_t rows, size_t cols) {
    for (size_t row = 0; row < rows; row++, y += ldy) {
        for (size_t col = 0; col < cols; col++)
            y[col] += bias[col];
    }
}

/* y (rows × cols) = or += left (packed) · w, both of the same depth; without loss where there is
 * room for what rounding takes (tile by tile). */
static void multiply_block(const float *left, gemm_right w, float *y, size_t ldy, size_t rows,
                           size_t depth, size_t cols, size_t w_depth, float *panel, float *lost,
                           bool first) {
    for (size_t col = 0; col < cols; col += MIX_COLS) {
        size_t width = hl_smaller(MIX_COLS, cols - col);
        const float *right = w.data + col * w_depth;
        if (w.ld > 0) {
            pack_panel(w.data + col, w.ld, depth, width, panel);
            right = panel;
        }
        for (size_t row = 0; row < rows; row += MIX_ROWS) {
            size_t height = hl_smaller(MIX_ROWS, rows - row);
            float *to = y + row * ldy + col, edge[MIX_ROWS * MIX_COLS];
            if (lost == NULL && height == MIX_ROWS && width == MIX_COLS) {
                multiply_tile(left + row * depth, right, depth, to, ldy, first);
                continue;
            }
            multiply_tile(left + row * depth, right, depth, edge, MIX_COLS, true);
            if (lost == NULL || first)
                copy_edge(edge, to, ldy, height, width, first);
            else
                long_sum_add(to, ldy, edge, MIX_COLS, 1, lost, MIX_COLS, height, width);
            if (lost != NULL)
                lost += MIX_ROWS * MIX_COLS;
        }
    }
}

typedef struct gemm_job {
    const float *x, *bias;
    gemm_right w;
    float *y, *workspace;
    size_t ldx, ldy, rows, depth, cols;
} gemm_job;

/* height rows × width columns of y, from row and col on, a block of the depth after the other. */
static void multiply_cols(const gemm_job *job, size_t row, size_t height, size_t col, size_t width,
                          float *panel, float *lost) {
    const float *x = job->x + row * job->ldx;
    const float *w = job->w.data + col * (job->w.ld > 0 ? 1 : job->depth);
    float *y = job->y + row * job->ldy + col;
    size_t depth = job->depth, k = 0;
    do {
        size_t steps = hl_smaller(BLOCK_DEPTH, depth - k);
        float *left = panel + MIX_COLS * steps;
        pack_rows(x + k, job->ldx, height, steps, MIX_ROWS, left);
        gemm_right part = {w + k * (job->w.ld > 0 ? job->w.ld : MIX_COLS), job->w.ld};
        multiply_block(left, part, y, job->ldy, height, steps, width, depth, panel, lost, k == 0);
        k += steps;
    } while (k < depth);
}

/* An item: one block of rows. */
static void multiply_rows(void *context, size_t item, size_t thread) {
    const gemm_job *job = context;
    size_t row = item * block_rows(job->rows), depth = job->depth;
    size_t height = hl_smaller(block_rows(job->rows), job->rows - row);
    float *panel = job->workspace + thread * share(job->rows, depth), *y = job->y + row * job->ldy;
    float *lost = panel + share(job->rows, depth) - lost_floats(job->rows, depth);
    size_t cols = depth < DEEP ? job->cols : DEEP_COLS;
    for (size_t col = 0; col < job->cols; col += cols) {
        if (depth >= DEEP)
            memset(lost, 0, lost_floats(job->rows, depth) * sizeof *lost);
        multiply_cols(job, row, height, col, hl_smaller(cols, job->cols - col), panel,
                      depth < DEEP ? NULL : lost);
    }
    if (job->bias != NULL)
        add_bias(job->bias, y, job->ldy, height, job->cols);
}

void gemm(const float *x, size_t ldx, gemm_right w, const float *bias, float *y, size_t ldy,
          size_t rows, size_t depth, size_t cols, float *workspace) {
    if (rows == 0 || cols == 0) /* the other may be beyond any loop */
        return;
    gemm_job job = {x, bias, w, y, workspace, ldx, ldy, rows, depth, cols};
    parallel_for((rows - 1) / block_rows(rows) + 1, multiply_rows, &job);
}
