/* Cases and their report: a line `ok NAME` or `not ok NAME: why` each. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>

void begin_case(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Fails the case if ok is false; the first reason is the one that is told. Returns ok. */
bool expect(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Why the case has failed so far, or NULL. */
const char *case_failure(void);

void end_case(void);

/* What main returns: 0 if there were cases and none of them failed. */
int finish_cases(void);

#endif
