#include "check.h"

#include <stdarg.h>
#include <stdio.h>

static char name[160], why[512];
static int passed, failed;

void begin_case(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(name, sizeof name, format, values);
    va_end(values);
    why[0] = '\0';
}

bool expect(bool ok, const char *format, ...) {
    if (ok || why[0] != '\0')
        return ok;
    va_list values;
    va_start(values, format);
    vsnprintf(why, sizeof why, format, values);
    va_end(values);
    return ok;
}

const char *case_failure(void) {
    return why[0] == '\0' ? NULL : why;
}

void end_case(void) {
    if (why[0] == '\0') {
        printf("ok %s\n", name);
        passed++;
    } else {
        printf("not ok %s: %s\n", name, why);
        failed++;
    }
    fflush(stdout);
}

int finish_cases(void) {
    return passed > 0 && failed == 0 ? 0 : 1;
}
