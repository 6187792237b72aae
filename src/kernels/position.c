#include "../check.h"

#include <math.h>

hl_status hl_position_encoding(hl_index len, hl_index d_model, double base, double first,
                               float *output, hl_error *error) {
    hl_tensor shape = {output, 2, {len, d_model}};
    if (len < 0)
        return hl_fail(error, HL_ERROR_VALUE, "len", "len is %d, expected 0 or more", len);
    if (d_model < 0) {
        return hl_fail(error, HL_ERROR_VALUE, "d_model", "d_model is %d, expected 0 or more",
                       d_model);
    }
    HL_TRY(hl_check_finite(base, "base", error));
    HL_TRY(hl_check_finite(first, "first", error));
    if (base <= 0) {
        return hl_fail(error, HL_ERROR_VALUE, "base", "base is %g, expected more than 0", base);
    }
    HL_TRY(hl_check_tensor(&shape, 2, 2, "output", error));
    if (len == 0)
        return HL_OK;
    for (hl_index i = 0; i < d_model; i += 2) {
        double divisor = pow(base, (double)i / (double)d_model);
        for (hl_index p = 0; p < len; p++) {
            double angle = (first + (double)p) / divisor;
            output[p * d_model + i] = (float)sin(angle);
            if (i + 1 < d_model)
                output[p * d_model + i + 1] = (float)cos(angle);
        }
    }
    return HL_OK;
}
