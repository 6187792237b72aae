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

static float lane(vec v, int i) {
    float lanes[VEC_LANES];
    vec_store(lanes, v);
    return lanes[i];
}

static float exp_of(float x) {
    exp_words words = exp_begin();
    return lane(vec_exp(vec_splat(x), &words), 1);
}
static float tanh_of(float x) {
    exp_words words = exp_begin();
    return lane(vec_tanh(vec_splat(x), &words), 2);
}

static void exp_error(void) {
    begin_case("exp, errors on all numbers below 0");
    const uint32_t minus_zero = 0x80000000U, minus_infinity = 0xFF800000U;
    for (uint32_t bits = minus_zero; bits <= minus_infinity; bits += STRIDE) {
        double x = (double)from_bits(bits), got = (double)exp_of(from_bits(bits)), right = exp(x);
        bool good = fabs(got - right) < 1.2e-7;
        if (x > -87.3)
            good &= fabs(got / right - 1) < 1.2e-7 - 7.5e-8 * x;
        if (x < -87.7)
            good &= got == 0;
        if (!expect(good, "exp(%.9g) is %.9g, not %.9g", x, got, right))
            break;
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
    for (uint32_t bits = 0x00800000U; bits < 0x7f800000U; bits += STRIDE) {
        double x = (double)from_bits(bits), got = (double)tanh_of(from_bits(bits));
        if (!expect(fabs(got / tanh(x) - 1) < 2e-7, "tanh(%.9g) is %.9g, off by %.3g", x, got,
                    got / tanh(x) - 1))
            break;
        if (!expect(tanh_of(-from_bits(bits)) == -tanh_of(from_bits(bits)), "tanh(%.9g) is not odd",
                    x))
            break;
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
