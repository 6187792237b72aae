#include "../check.h"

#include <string.h>

hl_status hl_embed(const int32_t *ids, hl_index count, const hl_tensor *table, float *output,
                   hl_error *error) {
    HL_TRY(hl_check_block(table, sizeof *table, sizeof(void *), "table", error));
    HL_TRY(hl_check_tensor(table, 2, 2, "table", error));
    if (count < 0) {
        return hl_fail(error, HL_ERROR_SHAPE, "ids", "ids has %d numbers, expected 0 or more",
                       count);
    }
    bool overflow = false;
    size_t id_bytes = hl_mul((size_t)count, sizeof *ids, &overflow);
    size_t row_bytes = hl_mul((size_t)table->size[1], sizeof(float), &overflow);
    size_t bytes = hl_mul((size_t)count, row_bytes, &overflow);
    if (overflow)
        return hl_too_large("ids", error);
    HL_TRY(hl_check_block(ids, id_bytes, sizeof *ids, "ids", error));
    HL_TRY(hl_check_block(output, bytes, sizeof(float), "output", error));
    hl_ranges ranges = {.count = 0};
    hl_add_range(&ranges, output, bytes, "output", true);
    hl_add_range(&ranges, ids, id_bytes, "ids", false);
    hl_read_tensor(&ranges, table, "table");
    hl_add_range(&ranges, table, sizeof *table, "table", false);
    HL_TRY(hl_check_ranges(&ranges, error));
    for (hl_index i = 0; i < count; i++) {
        if (ids[i] >= 0 && ids[i] < table->size[0])
            continue;
        return hl_fail(error, HL_ERROR_VALUE, "ids", "ids[%d] is %d but table has %d rows", i,
                       (hl_index)ids[i], table->size[0]);
    }
    if (bytes == 0)
        return HL_OK;
    for (hl_index i = 0; i < count; i++) {
        memcpy(output + i * table->size[1], table->data + ids[i] * table->size[1], row_bytes);
    }
    return HL_OK;
}
