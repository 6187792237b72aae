#include "long_sum.h"

#include "two_sum.h"

#include <string.h>

static void add_vector(float *total, const float *sum, float factor, float *lost) {
    vec term = vec_add(vec_mul(vec_load(sum), vec_splat(factor)), vec_load(lost)), rest;
    vec_store(total, two_sum(vec_load(total), term, &rest));
    vec_store(lost, rest);
}

void long_sum_add(float *total, size_t ld, const float *sum, size_t ld_sum, float factor,
                  float *lost, size_t ld_lost, size_t rows, size_t cols) {
    size_t whole = cols / VEC_LANES * VEC_LANES, bytes = (cols - whole) * sizeof(float);
    for (size_t row = 0; row < rows; row++) {
        for (size_t col = 0; col < whole; col += VEC_LANES)
            add_vector(total + col, sum + col, factor, lost + col);
        if (bytes > 0) {
            float lanes[3][VEC_LANES] = {{0}};
            memcpy(lanes[0], total + whole, bytes);
            memcpy(lanes[1], sum + whole, bytes);
            memcpy(lanes[2], lost + whole, bytes);
            add_vector(lanes[0], lanes[1], factor, lanes[2]);
            memcpy(total + whole, lanes[0], bytes);
            memcpy(lost + whole, lanes[2], bytes);
        }
        total += ld;
        sum += ld_sum;
        lost += ld_lost;
    }
}
