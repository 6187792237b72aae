/* What stands below the public functions and cannot be seen from them: messages, ranges, sizes. */
#include "../../src/check.h"

#include "check.h"
#include "headlight.h"

#include <math.h>
#include <string.h>

static void numbers(void) {
    begin_case("numbers in messages");
    const struct {
        double value;
        const char *text;
    } told[] = {
        {0, "0"},
        {-0.5, "-0.5"},
        {0.125, "0.125"},
        {1e-4, "0.0001"},
        {2.5e-5, "2.5e-5"},
        {-9.99e-5, "-9.99e-5"},
        {9.99999e-5, "1e-4"},
        {1e-45, "1e-45"},
        {12345, "12345"},
        {999999999, "999999999"},
        {1e9, "1e9"},
        {-1e9, "-1e9"},
        {2.5e9, "2.5e9"},
        {9.99999e9, "1e10"},
        {1e10, "1e10"},
        {-3.4028235e38, "-3.4028e38"},
        {1e300, "1e300"},
        {NAN, "NaN"},
        {-INFINITY, "-Infinity"},
    };
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        hl_error error;
        hl_fail(&error, HL_ERROR_VALUE, "x", "%g", told[i].value);
        expect(strcmp(error.message, told[i].text) == 0, "%g is told as %s, not %s", told[i].value,
               error.message, told[i].text);
    }
    end_case();
}

/* An int is half an hl_index on 64 bits, and without its sign on 32. */
static void negative_numbers(void) {
    begin_case("an int32_t that is negative is told so");
    float x[4] = {0};
    hl_tensor square = {x, 2, {2, 2}};
    hl_trace_args trace = {
        .embeddings = square, .wq = square, .wk = square, .wv = square, .omit = -1};
    size_t bytes;
    hl_error error;
    expect(hl_trace_plan(&trace, &bytes, &error) == HL_ERROR_VALUE, "omit -1 was taken");
    expect(strcmp(error.message, "omit is -1, expected 0 to 31") == 0, "%s", error.message);
    trace.omit = 0;
    trace.options.mask.kind = -2;
    expect(hl_trace_plan(&trace, &bytes, &error) == HL_ERROR_VALUE, "a mask of kind -2 was taken");
    expect(strstr(error.message, "kind -2") != NULL, "%s", error.message);
    trace.options.mask.kind = 0;
    trace.options.use_window = 1;
    trace.options.window[1] = -7;
    expect(hl_trace_plan(&trace, &bytes, &error) == HL_ERROR_VALUE, "a window of -7 was taken");
    expect(strstr(error.message, "has -7") != NULL, "%s", error.message);
    end_case();
}

static void many_ranges(void) {
    begin_case("more ranges than there is room for are refused");
    struct {
        hl_ranges ranges;
        int after;
    } all = {.ranges = {.count = 0}, .after = 4711};
    static float memory[HL_MAX_RANGES + 2];
    for (int i = 0; i < HL_MAX_RANGES; i++)
        hl_add_range(&all.ranges, memory + i, sizeof *memory, "x", true);
    hl_error error;
    expect(hl_check_ranges(&all.ranges, &error) == HL_OK, "%s", error.message);
    for (int i = 0; i < 2; i++)
        hl_add_range(&all.ranges, memory + HL_MAX_RANGES + i, sizeof *memory, "x", true);
    expect(hl_check_ranges(&all.ranges, &error) != HL_OK, "they were taken");
    expect(all.after == 4711, "the table was written past its end");
    end_case();
}

/* 32 threads and 2²⁵ query heads: 2²⁵ · 128 is 0 in 32 bits. */
static void parts(void) {
    begin_case("parts of a large count");
    const size_t counts[] = {1, 3, 127, 128, 1000, (size_t)1 << 25, ((size_t)1 << 29) + 12345};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        size_t slices = counts[i] < 128 ? counts[i] : 128, end = 0;
        for (size_t slice = 0; slice < slices; slice++) {
            expect(hl_part(counts[i], slice, slices) == end, "part %zu of %zu", slice, counts[i]);
            end = hl_part(counts[i], slice + 1, slices);
            size_t begin = hl_part(counts[i], slice, slices);
            expect(end > begin && end - begin <= counts[i] / slices + 1, "part %zu of %zu", slice,
                   counts[i]);
        }
        expect(end == counts[i], "%zu ends at %zu", counts[i], end);
    }
    end_case();
}

int main(void) {
    numbers();
    negative_numbers();
    many_ranges();
    parts();
    return finish_cases();
}
