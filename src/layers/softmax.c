#include "../kernels/softmax.h"
#include "../check.h"

hl_status hl_softmax(const hl_tensor *x, float *output, hl_error *error) {
    HL_TRY(hl_check_block(x, sizeof *x, sizeof(void *), "x", error));
    hl_tensor in = *x;
    HL_TRY(hl_check_tensor(&in, 1, HL_MAX_RANK, "x", error));
    size_t count = (size_t)hl_count(&in);
    HL_TRY(hl_check_block(output, count * sizeof(float), sizeof(float), "output", error));
    hl_ranges ranges = {.count = 0};
    hl_add_range(&ranges, output, count * sizeof(float), "output", true);
    hl_add_range(&ranges, x, sizeof *x, "x", false);
    if (output != in.data)
        hl_read_tensor(&ranges, &in, "x");
    HL_TRY(hl_check_ranges(&ranges, error));
    if (count == 0)
        return HL_OK;
    size_t width = (size_t)in.size[in.rank - 1];
    for (size_t row = 0; row < count; row += width) {
        softmax_row(in.data + row, output + row, width);
    }
    return HL_OK;
}
