#include "../kernels/position.h"
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
    if (base <= 0)
        return hl_fail(error, HL_ERROR_VALUE, "base", "base is %g, expected more than 0", base);
    /* The largest angle: the last position over 1, or over a small base's power below it. */
    if (!isfinite((fabs(first) + (double)len) / fmin(1, base))) {
        return hl_fail(error, HL_ERROR_VALUE, "first",
                       "first is %g and base %g: expected angles within double", first, base);
    }
    HL_TRY(hl_check_tensor(&shape, 2, 2, "output", error));
    position_encoding((size_t)len, (size_t)d_model, base, first, output);
    return HL_OK;
}
