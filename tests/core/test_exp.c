/* The errors that kernels/exp.h states, over floats all along their range. */
#include "check.h"
#include "headlight.h"
#include "kernels/exp.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define STRIDE 251 /* of the bit patterns tried, a prime */

static float from_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Four numbers at a time, each in a lane of its own. */
static void exp_of4(const float *x, float *y) {
    exp_words words = exp_begin();
    vec_store(y, vec_exp(vec_load(x), &words));
}
static void tanh_of4(const float *x, float *y) {
    exp_words words = exp_begin();
    vec_store(y, vec_tanh(vec_load(x), &words));
}

/* The floats of four bit patterns, or of the last one instead of those beyond it. */
static void four_from_bits(uint32_t bits, uint32_t last, float *x) {
    for (uint32_t i = 0; i < VEC_LANES; i++) {
        uint32_t at = bits + i * STRIDE;
        x[i] = from_bits(at < last ? at : last);
    }
}

static float exp_of(float x) {
    const float all[VEC_LANES] = {x, x, x, x};
    float y[VEC_LANES];
    exp_of4(all, y);
    return y[1];
}
static float tanh_of(float x) {
    const float all[VEC_LANES] = {x, x, x, x};
    float y[VEC_LANES];
    tanh_of4(all, y);
    return y[2];
}

static void exp_error(void) {
    begin_case("exp, errors on all numbers below 0");
    const uint32_t minus_zero = 0x80000000U, minus_infinity = 0xFF800000U;
    for (uint32_t bits = minus_zero; bits <= minus_infinity; bits += VEC_LANES * STRIDE) {
        float x[VEC_LANES], y[VEC_LANES];
        four_from_bits(bits, minus_infinity, x);
        exp_of4(x, y);
        for (int i = 0; i < VEC_LANES; i++) {
            double right = exp((double)x[i]), got = (double)y[i];
            bool good = fabs(got - right) < 1.2e-7;
            if (x[i] > -87.3F)
                good &= fabs(got / right - 1) < 1.2e-7 - 7.5e-8 * (double)x[i];
            if (x[i] < -87.7F)
                good &= got == 0;
            expect(good, "exp(%.9g) is %.9g, not %.9g", (double)x[i], got, right);
        }
    }
    end_case();
    begin_case("exp, its ends");
    expect(exp_of(0) == 1 && exp_of(-0.0F) == 1, "exp(0) is not 1");
    const float low[] = {-89, -100, -104, -1000, -1e10F, -3.4e38F, -INFINITY};
    for (int i = 0; i < 7; i++)
        expect(exp_of(low[i]) == 0, "exp(%g) is not 0", (double)low[i]);
    expect(isnan(exp_of(NAN)), "exp(NaN) is not NaN");
    end_case();
}

static void tanh_error(void) {
    begin_case("tanh, relative error below 2e-7 on all numbers");
    const uint32_t least = 0x00800000U, largest = 0x7f7fffffU;
    for (uint32_t bits = least; bits <= largest; bits += VEC_LANES * STRIDE) {
        float x[VEC_LANES], minus_x[VEC_LANES], y[VEC_LANES], minus_y[VEC_LANES];
        four_from_bits(bits, largest, x);
        for (int i = 0; i < VEC_LANES; i++)
            minus_x[i] = -x[i];
        tanh_of4(x, y);
        tanh_of4(minus_x, minus_y);
        for (int i = 0; i < VEC_LANES; i++) {
            double got = (double)y[i], right = tanh((double)x[i]);
            expect(fabs(got / right - 1) < 2e-7, "tanh(%.9g) is %.9g, off by %.3g", (double)x[i],
                   got, got / right - 1);
            expect(minus_y[i] == -y[i], "tanh(%.9g) is not odd", (double)x[i]);
        }
    }
    end_case();
    begin_case("tanh, its ends");
    expect(tanh_of(INFINITY) == 1 && tanh_of(-INFINITY) == -1, "tanh(Inf) is not 1");
    expect(tanh_of(0) == 0 && tanh_of(-0.0F) == 0, "tanh(0) is not 0");
    expect(isnan(tanh_of(NAN)), "tanh(NaN) is not NaN");
    for (uint32_t bits = 1; bits < 0x00800000U; bits += 65537) {
        expect(tanh_of(from_bits(bits)) == from_bits(bits), "tanh of the denormal %g is another",
               (double)from_bits(bits));
    }
    end_case();
}

int main(void) {
    exp_error();
    tanh_error();
    return finish_cases();
}
