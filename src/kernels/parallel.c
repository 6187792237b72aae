#include "parallel.h"

#ifdef __wasm_atomics__

#include <stdatomic.h>

/* How often a flag is looked at before a thread goes to sleep: to wake it takes longer than most of
 * what happens between two jobs of one call. */
#define SPINS 2000

/*
 * A job is open while its items are given out. A worker counts itself in, looks whether a job is
 * open, and only then reads what it is; the caller closes the job and waits until nobody is in. So
 * a worker that wakes late delays nobody.
 */
static struct {
    size_t threads;
    bool may_wait;
    atomic_size_t joined; /* numbers of threads given out */
    atomic_uint jobs;     /* opened so far; workers sleep on it */
    atomic_bool open;
    atomic_uint busy; /* workers that are in; the caller sleeps on it */
    atomic_size_t next;
    size_t items;
    parallel_body *body;
    void *context;
} pool = {.threads = 1, .joined = 1};

/* A function of its own, with nothing to keep: in V8's first compiler of wasm up to 11 at least
 * (Node 20) a variable that lives across the wait is lost. */
static __attribute__((noinline)) void sleep_while(atomic_uint *word, unsigned value) {
    __builtin_wasm_memory_atomic_wait32((int *)word, (int)value, -1);
}

static void wake(atomic_uint *word, size_t threads) {
    __builtin_wasm_memory_atomic_notify((int *)word, (unsigned)threads);
}

size_t parallel_threads(void) {
    return pool.threads;
}

static void do_items(size_t thread) {
    size_t item;
    while ((item = atomic_fetch_add(&pool.next, 1)) < pool.items)
        pool.body(pool.context, item, thread);
}

void parallel_for(size_t items, parallel_body *body, void *context) {
    if (pool.threads == 1 || items < 2) {
        for (size_t item = 0; item < items; item++)
            body(context, item, 0);
        return;
    }
    pool.items = items;
    pool.body = body;
    pool.context = context;
    atomic_store(&pool.next, 0);
    atomic_store(&pool.open, true);
    atomic_fetch_add(&pool.jobs, 1);
    wake(&pool.jobs, (items < pool.threads ? items : pool.threads) - 1);
    do_items(0);
    atomic_store(&pool.open, false);
    unsigned busy;
    for (unsigned spins = 0; (busy = atomic_load(&pool.busy)) > 0; spins++) {
        if (pool.may_wait && spins >= SPINS)
            sleep_while(&pool.busy, busy);
    }
}

hl_status parallel_open(size_t threads, bool may_wait) {
    if (pool.threads > 1 || threads < 2 || threads > PARALLEL_MOST)
        return HL_ERROR_VALUE;
    pool.may_wait = may_wait;
    pool.threads = threads;
    return HL_OK;
}

hl_status parallel_join(void) {
    size_t thread = atomic_fetch_add(&pool.joined, 1);
    if (thread >= pool.threads) {
        atomic_fetch_sub(&pool.joined, 1);
        return HL_ERROR_VALUE;
    }
    for (unsigned seen = 0, jobs;; seen = jobs) {
        /* jobs is read before looking for work: a job opened later ends the next wait at once. */
        for (unsigned spins = 0; (jobs = atomic_load(&pool.jobs)) == seen; spins++) {
            if (spins >= SPINS)
                sleep_while(&pool.jobs, seen);
        }
        atomic_fetch_add(&pool.busy, 1);
        if (atomic_load(&pool.open))
            do_items(thread);
        if (atomic_fetch_sub(&pool.busy, 1) == 1)
            wake(&pool.busy, 1);
    }
}

#endif
