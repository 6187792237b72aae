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

static void put_number(text *out, double value) {
    if (value != value) {
        put_string(out, "NaN");
        return;
    }
    if (value < 0)
        put_string(out, "−");
    value = fabs(value);
    if (value >= 1e15) {
        put_string(out, isinf(value) ? "Infinity" : "a number beyond 1e15");
        return;
    }
    uint64_t scaled = (uint64_t)(value * 1e4 + .5), digit = 1000;
    put_unsigned(out, scaled / 10000);
    if ((scaled %= 10000) == 0)
        return;
    put_char(out, '.');
    for (; scaled != 0; scaled %= digit, digit /= 10)
        put_char(out, (char)('0' + scaled / digit));
}

static void put_shape(text *out, const hl_tensor *tensor) {
    for (hl_index axis = 0; axis < tensor->rank; axis++) {
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
    error->status = status;
    text name = {error->argument, error->argument + sizeof error->argument - 1};
    put_string(&name, argument);
    end_text(&name);
    text out = {error->message, error->message + sizeof error->message - 1};
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

size_t hl_mul(size_t a, size_t b, bool *overflow) {
    size_t product;
    if (__builtin_mul_overflow(a, b, &product) || product > PTRDIFF_MAX)
        *overflow = true;
    return product;
}

size_t hl_add(size_t a, size_t b, bool *overflow) {
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum) || sum > PTRDIFF_MAX)
        *overflow = true;
    return sum;
}

hl_status hl_too_large(const char *name, hl_error *error) {
    return hl_fail(error, HL_ERROR_MEMORY, name, "%s is too large for the address space", name);
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
    bool overflow = false;
    size_t bytes = element;
    for (hl_index axis = 0; axis < rank; axis++) {
        if (size[axis] < 0) {
            return hl_fail(error, HL_ERROR_SHAPE, name, "%s has size %d on axis %d", name,
                           size[axis], axis);
        }
        bytes = hl_mul(bytes, (size_t)size[axis], &overflow);
    }
    if (overflow)
        return hl_too_large(name, error);
    return hl_check_block(data, bytes, element, name, error);
}

hl_status hl_check_tensor(const hl_tensor *tensor, hl_index min_rank, hl_index max_rank,
                          const char *name, hl_error *error) {
    return check_dense(tensor->data, tensor->rank, tensor->size, sizeof(float), min_rank, max_rank,
                       name, error);
}

static size_t mask_element(const hl_mask *mask) {
    return mask->kind == HL_MASK_BOOL ? sizeof(uint8_t) : sizeof(float);
}

hl_status hl_check_mask(const hl_mask *mask, const char *name, hl_error *error) {
    if (mask->kind == HL_MASK_NONE)
        return HL_OK;
    if (mask->kind != HL_MASK_BOOL && mask->kind != HL_MASK_FLOAT) {
        return hl_fail(error, HL_ERROR_VALUE, name, "%s is of kind %d, expected 0 to 2", name,
                       (hl_index)mask->kind);
    }
    return check_dense(mask->data, mask->rank, mask->size, mask_element(mask), 1, HL_MAX_RANK, name,
                       error);
}

hl_status hl_check_finite(double value, const char *name, hl_error *error) {
    if (isfinite(value))
        return HL_OK;
    return hl_fail(error, HL_ERROR_VALUE, name, "%s is %g, expected a finite number", name, value);
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

void hl_add_range(hl_ranges *ranges, const void *data, size_t bytes, const char *name,
                  bool written) {
    if (data == NULL || bytes == 0)
        return;
    ranges->range[ranges->count++] = (hl_range){data, bytes, name, written};
}

void hl_read_tensor(hl_ranges *ranges, const hl_tensor *tensor, const char *name) {
    if (!hl_given(tensor))
        return;
    hl_add_range(ranges, tensor->data, (size_t)hl_count(tensor) * sizeof(float), name, false);
}

void hl_read_mask(hl_ranges *ranges, const hl_mask *mask, const char *name) {
    if (mask->kind == HL_MASK_NONE)
        return;
    size_t bytes = (size_t)product(mask->rank, mask->size) * mask_element(mask);
    hl_add_range(ranges, mask->data, bytes, name, false);
}

hl_status hl_check_ranges(const hl_ranges *ranges, hl_error *error) {
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

float *hl_carve(hl_carver *carver, size_t floats) {
    size_t start = carver->used;
    size_t bytes = hl_mul(floats, sizeof(float), &carver->overflow);
    bytes = hl_add(bytes, HL_WORKSPACE_ALIGN - 1, &carver->overflow) & ~(size_t)15;
    carver->used = hl_add(start, bytes, &carver->overflow);
    return carver->block == NULL ? NULL : (float *)(void *)(carver->block + start);
}
