#include "position.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define DIGITS 64

/* base^(i/d) for i < d, by square roots along the binary digits of i/d from the last to the first.
 * Each root halves the error so far, so two or three roundings are left. pow would bring 6 KB of
 * tables. */
static double power(double base, size_t i, size_t d) {
    uint64_t digits = 0, rest = i;
    for (int k = 0; k < DIGITS; k++) {
        bool one = (rest *= 2) >= d;
        digits = digits * 2 + one;
        rest -= one ? d : 0;
    }
    double root = sqrt(base), result = 1;
    for (int k = 0; k < DIGITS; k++, digits /= 2)
        result = sqrt(result) * (digits % 2 != 0 ? root : 1);
    return result;
}

void position_encoding(size_t len, size_t d_model, double base, double first, float *output) {
    if (len == 0)
        return;
    for (size_t i = 0; i < d_model; i += 2) {
        double divisor = power(base, i, d_model);
        for (size_t p = 0; p < len; p++) {
            double angle = (first + (double)p) / divisor;
            output[p * d_model + i] = (float)sin(angle);
            if (i + 1 < d_model)
                output[p * d_model + i + 1] = (float)cos(angle);
        }
    }
}
