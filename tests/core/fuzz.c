/* A target for libFuzzer: one of the attempts, ATTEMPT, whose draws come from the fuzzer's bytes.
 */
#include "attempt.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(name) #name
#define NAME(name) TEXT(name)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const double wrong[] = {0, .01, .05, .3};
    const attempt *a = attempts;
    while (strcmp(a->name, NAME(ATTEMPT)) != 0)
        a++;
    rng r = {1 + size};
    draw_from(bytes, size);
    begin_case("%s", a->name);
    a->run(&r, wrong[between(&r, 0, 3)]);
    draw_from(NULL, 0);
    if (case_failure() != NULL) {
        fprintf(stderr, "%s\n", case_failure());
        abort();
    }
    return 0;
}
