#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

typedef struct text {
    char *at, *end; /* end: the place kept for the closing zero */
} text;

static void put_char(text *out, char c) {
    if (out->at < out->end)
        *out->at++ = c;
}

static void put_string(text *out, const char *string) {
    while (*string)
        put_char(out, *string++);
}

static void put_unsigned(text *out, uint64_t value) {
    char digits[20];
    int count = 0;
    do
        digits[count++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    while (count > 0)
        put_char(out, digits[--count]);
}

static void put_index(text *out, hl_index value) {
    if (value < 0)
        put_char(out, '-');
    put_unsigned(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* To four decimals, with an exponent where they would not do: 0.125, -1e9, 2.5e-5. */
static void put_number(text *out, double value) {
    if (value != value) {
        put_string(out, "NaN");
        return;
    }
    if (value < 0)
        put_char(out, '-');
    value = fabs(value);
    if (isinf(value)) {
        put_string(out, "Infinity");
        return;
    }
    hl_index exponent = 0;
    bool huge = value >= 1e9, tiny = value < 1e-4;
    for (; huge && value >= 9.99995; exponent++) /* what rounds to 10 too */
        value /= 10;
    for (; tiny && value != 0 && value < .99995; exponent--)
        value *= 10;
    uint64_t scaled = (uint64_t)(value * 1e4 + .5), digit = 1000;
    put_unsigned(out, scaled / 10000);
    if ((scaled %= 10000) != 0)
        put_char(out, '.');
    for (; scaled != 0; scaled %= digit, digit /= 10)
        put_char(out, (char)('0' + scaled / digit));
    if (exponent != 0) {
        put_char(out, 'e');
        put_index(out, exponent);
    }
}

static void put_shape(text *out, const hl_tensor *tensor) {
    for (hl_index axis = 0; axis < tensor->rank && axis < HL_MAX_RANK; axis++) {
        if (axis > 0)
            put_string(out, "×");
        put_index(out, tensor->size[axis]);
    }
}

/* A full buffer may end inside a character of several bytes: take its beginning away. */
static void end_text(text *out) {
    if (out->at == out->end) {
        while (((unsigned char)out->at[-1] & 0xC0) == 0x80)
            out->at--;
        if ((unsigned char)out->at[-1] >= 0xC0)
            out->at--;
    }
    *out->at = '\0';
}

hl_status hl_fail(hl_error *error, hl_status status, const char *argument, const char *format,
                  ...) {
    if ((uintptr_t)error % sizeof(hl_index) != 0 || !hl_in_memory(error, sizeof *error))
        return status;
    /* Put together apart, since what it tells of may lie where error does. */
    hl_error told = {.status = status};
    text name = {told.argument, told.argument + sizeof told.argument - 1};
    put_string(&name, argument);
    end_text(&name);
    text out = {told.message, told.message + sizeof told.message - 1};
    va_list values;
    va_start(values, format);
    for (; *format; format++) {
        if (*format != '%') {
            put_char(&out, *format);
            continue;
        }
        switch (*++format) {
        case 's':
            put_string(&out, va_arg(values, const char *));
            break;
        case 'd':
            put_index(&out, va_arg(values, hl_index));
            break;
        case 'g':
            put_number(&out, va_arg(values, double));
            break;
        case 't':
            put_shape(&out, va_arg(values, const hl_tensor *));
            break;
        default:
            break;
        }
    }
    va_end(values);
    end_text(&out);
    *error = told;
    return status;
}

bool hl_in_memory(const void *data, size_t bytes) {
    uintptr_t start = (uintptr_t)data;
    if (start == 0 || start + bytes < start)
        return false;
#ifdef __wasm__
    /* 64 bits: 65,536 pages of 64 KiB are one more byte than size_t can say. */
    return (uint64_t)start + bytes <= (uint64_t)__builtin_wasm_memory_size(0) << 16;
#else
    return true;
#endif
}

hl_status hl_check_block(const void *data, size_t bytes, size_t align, const char *name,
                         hl_error *error) {
    if (bytes == 0)
        return HL_OK;
    if (data == NULL)
        return hl_fail(error, HL_ERROR_POINTER, name, "%s is missing", name);
    if ((uintptr_t)data % align != 0) {
        return hl_fail(error, HL_ERROR_POINTER, name, "%s is not aligned to %d bytes", name,
                       (hl_index)align);
    }
    if (!hl_in_memory(data, bytes)) {
        return hl_fail(error, HL_ERROR_POINTER, name, "%s reaches outside of memory", name);
    }
    return HL_OK;
}

hl_status hl_too_large(const char *name, hl_error *error) {
    return hl_fail(error, HL_ERROR_MEMORY, name, "%s asks for more memory than can be addressed",
                   name);
}

/* Rank, sizes and data of a tensor or mask with elements of the given bytes. */
static hl_status check_dense(const void *data, hl_index rank, const hl_index *size, size_t element,
                             hl_index min_rank, hl_index max_rank, const char *name,
                             hl_error *error) {
    if (rank < min_rank || rank > max_rank) {
        if (min_rank == max_rank) {
            return hl_fail(error, HL_ERROR_SHAPE, name, "%s has rank %d, expected %d", name, rank,
                           min_rank);
        }
        return hl_fail(error, HL_ERROR_SHAPE, name, "%s has rank %d, expected %d to %d", name, rank,
                       min_rank, max_rank);
    }
    /* Zeros are left out, so that the product of any sizes stays in range, in any order. */
    bool overflow = false, empty = false;
    size_t bytes = element;
    for (hl_index axis = 0; axis < rank; axis++) {
        if (size[axis] < 0) {
            return hl_fail(error, HL_ERROR_SHAPE, name, "%s has size %d on axis %d", name,
                           size[axis], axis);
        }
        if (size[axis] == 0)
            empty = true;
        else
            bytes = hl_mul(bytes, (size_t)size[axis], &overflow);
    }
    if (overflow)
        return hl_too_large(name, error);
    return hl_check_block(data, empty ? 0 : bytes, element, name, error);
}

hl_status hl_check_tensor(const hl_tensor *tensor, hl_index min_rank, hl_index max_rank,
                          const char *name, hl_error *error) {
    return check_dense(tensor->data, tensor->rank, tensor->size, sizeof(float), min_rank, max_rank,
                       name, error);
}

size_t hl_mask_element(int32_t kind) {
    return kind == HL_MASK_BOOL ? sizeof(uint8_t) : sizeof(float);
}

hl_status hl_check_mask(const hl_mask *mask, const char *name, hl_error *error) {
    if (mask->kind == HL_MASK_NONE)
        return HL_OK;
    if (mask->kind != HL_MASK_BOOL && mask->kind != HL_MASK_FLOAT) {
        return hl_fail(error, HL_ERROR_VALUE, name, "%s is of kind %d, expected 0 to 2", name,
                       (hl_index)mask->kind);
    }
    return check_dense(mask->data, mask->rank, mask->size, hl_mask_element(mask->kind), 1,
                       HL_MAX_RANK, name, error);
}

hl_status hl_check_finite(double value, const char *name, hl_error *error) {
    if (isfinite(value))
        return HL_OK;
    return hl_fail(error, HL_ERROR_VALUE, name, "%s is %g, expected a finite number", name, value);
}

hl_status hl_check_like(const hl_tensor *tensor, const hl_tensor *like, size_t last,
                        const char *name, hl_error *error) {
    hl_tensor expected = *like;
    expected.size[like->rank - 1] = (hl_index)last;
    size_t sizes = (size_t)like->rank * sizeof *like->size;
    if (tensor->rank == like->rank && memcmp(tensor->size, expected.size, sizes) == 0)
        return HL_OK;
    return hl_fail(error, HL_ERROR_SHAPE, name, "%s is %t, expected %t", name, tensor, &expected);
}

static hl_index product(hl_index rank, const hl_index *size) {
    hl_index count = 1;
    for (hl_index axis = 0; axis < rank; axis++)
        count *= size[axis];
    return count;
}

bool hl_given(const hl_tensor *tensor) {
    return tensor->data != NULL || tensor->rank != 0;
}

hl_index hl_count(const hl_tensor *tensor) {
    return product(tensor->rank, tensor->size);
}

size_t hl_bytes(const hl_tensor *tensor) {
    return (size_t)hl_count(tensor) * sizeof(float);
}

void hl_add_range(hl_ranges *ranges, const void *data, size_t bytes, const char *name,
                  bool written) {
    if (data == NULL || bytes == 0)
        return;
    if (ranges->count < HL_MAX_RANGES)
        ranges->range[ranges->count] = (hl_range){data, bytes, name, written};
    ranges->count++;
}

void hl_read_tensor(hl_ranges *ranges, const hl_tensor *tensor, const char *name) {
    if (!hl_given(tensor))
        return;
    hl_add_range(ranges, tensor->data, hl_bytes(tensor), name, false);
}

void hl_read_mask(hl_ranges *ranges, const hl_mask *mask, const char *name) {
    if (mask->kind == HL_MASK_NONE)
        return;
    size_t bytes = (size_t)product(mask->rank, mask->size) * hl_mask_element(mask->kind);
    hl_add_range(ranges, mask->data, bytes, name, false);
}

hl_status hl_check_ranges(const hl_ranges *ranges, hl_error *error) {
    if (ranges->count > HL_MAX_RANGES)
        return hl_fail(error, HL_ERROR_OVERLAP, "args", "args names more memory than is checked");
    for (int i = 0; i < ranges->count; i++) {
        const hl_range *a = &ranges->range[i];
        if (!a->written)
            continue;
        HL_TRY(hl_check_block(a->data, a->bytes, sizeof(float), a->name, error));
        for (int j = 0; j < ranges->count; j++) {
            const hl_range *b = &ranges->range[j];
            uintptr_t a_start = (uintptr_t)a->data, b_start = (uintptr_t)b->data;
            if (i == j || a_start >= b_start + b->bytes || b_start >= a_start + a->bytes)
                continue;
            return hl_fail(error, HL_ERROR_OVERLAP, a->name, "%s overlaps %s", a->name, b->name);
        }
    }
    return HL_OK;
}

hl_status hl_check_result(const void *result, size_t bytes, const char *name, const void *args,
                          size_t args_bytes, hl_error *error) {
    HL_TRY(hl_check_block(result, bytes, sizeof(void *), name, error));
    hl_ranges ranges = {.count = 0};
    hl_add_range(&ranges, result, bytes, name, true);
    hl_add_range(&ranges, args, args_bytes, "args", false);
    return hl_check_ranges(&ranges, error);
}

hl_status hl_check_workspace(const void *workspace, size_t bytes, size_t planned, const char *name,
                             hl_error *error) {
    if (bytes < planned) {
        return hl_fail(error, HL_ERROR_MEMORY, name, "%s has %d bytes, expected at least %d", name,
                       (hl_index)bytes, (hl_index)planned);
    }
    return hl_check_block(workspace, planned, HL_WORKSPACE_ALIGN, name, error);
}
