#include "position.h"

#include <math.h>

void position_encoding(size_t len, size_t d_model, double base, double first, float *output) {
    if (len == 0)
        return;
    for (size_t i = 0; i < d_model; i += 2) {
        double divisor = pow(base, (double)i / (double)d_model);
        for (size_t p = 0; p < len; p++) {
            double angle = (first + (double)p) / divisor;
            output[p * d_model + i] = (float)sin(angle);
            if (i + 1 < d_model)
                output[p * d_model + i + 1] = (float)cos(angle);
        }
    }
}
