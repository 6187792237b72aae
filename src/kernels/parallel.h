/* One job on several threads, in the builds that have them; elsewhere a plain loop. Internal. */
#ifndef HL_PARALLEL_H
#define HL_PARALLEL_H

#include "../headlight.h"

#include <stdbool.h>

/* Does one item of a job. What it writes belongs to the item or, as scratch, to the thread that
 * runs it; so no result depends on the number of threads. */
typedef void parallel_body(void *context, size_t item, size_t thread);

#ifdef __wasm_atomics__

/* How many threads there are: thread numbers are below it. */
size_t parallel_threads(void);

/* Calls body for all items from 0 on, each once, in any order; returns when all are done. Called by
 * one thread alone, and not by a body. */
void parallel_for(size_t items, parallel_body *body, void *context);

#define PARALLEL_MOST 64 /* threads */

/* Makes a pool of as many threads, the caller's own among them; once. may_wait: whether the caller
 * may sleep, which a page's own thread may not. */
hl_status parallel_open(size_t threads, bool may_wait);

/* Makes the calling thread one of the pool's: does not return. An error where there is no place. */
hl_status parallel_join(void);

#else

static inline size_t parallel_threads(void) {
    return 1;
}

static inline void parallel_for(size_t items, parallel_body *body, void *context) {
    for (size_t item = 0; item < items; item++)
        body(context, item, 0);
}

#endif
#endif
