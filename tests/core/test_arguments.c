/* Thousands of arguments for each public function. */
#include "attempt.h"
#include "check.h"

#include <stddef.h>

int main(void) {
    static const double wrong[] = {0, .01, .05, .3};
    for (const attempt *a = attempts; a->name != NULL; a++) {
        for (int level = 0; level < 4; level++) {
            const int draws = 1500;
            begin_case("arguments of %s, %g of them wrong", a->name, wrong[level]);
            int accepted = 0;
            for (int draw = 0; draw < draws; draw++) {
                rng r = {0x9E3779B97F4A7C15ULL * (uint64_t)(1 + draw + draws * level)};
                accepted += a->run(&r, wrong[level]);
            }
            if (level == 0)
                expect(accepted > draws / 4, "only %d were accepted", accepted);
            if (level > 1)
                expect(accepted < draws, "none was refused");
            end_case();
        }
    }
    return finish_cases();
}
