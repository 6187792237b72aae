#include "hostile.h"

#include "check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void expect_refusal(const pool *p, hl_status status, const hl_error *error, hl_status want,
                    const char *argument) {
    expect(status == want, "status %d, not %d (%s: %s)", status, want, error->argument,
           error->message);
    expect(error->status == status, "the error's status is %d", error->status);
    expect(memchr(error->argument, '\0', sizeof error->argument) != NULL &&
               memchr(error->message, '\0', sizeof error->message) != NULL,
           "the error's text has no end");
    expect(strcmp(error->argument, argument) == 0, "the error is about %s, not %s: %s",
           error->argument, argument, error->message);
    expect(error->message[0] != '\0', "the error has no message");
    expect(untouched(p), "something was written");
}

static void spoil(char *args, const change *c) {
    char *field = args + c->offset;
    const int32_t int32 = (int32_t)c->whole;
    const char *pointer = NULL;
    switch (c->how) {
    case SET_INDEX:
        memcpy(field, &c->whole, sizeof c->whole);
        return;
    case SET_INT:
        memcpy(field, &int32, sizeof int32);
        return;
    case SET_FLOAT:
        memcpy(field, &c->real, sizeof c->real);
        return;
    case SET_NULL:
        break;
    case SET_ODD:
        memcpy(&pointer, field, sizeof pointer);
        pointer++;
        break;
    case SET_WRAP:
        pointer = (const char *)(UINTPTR_MAX - 3);
        break;
    case SET_SAME:
    case SET_SHIFTED:
        memcpy(&pointer, args + c->whole, sizeof pointer);
        if (c->how == SET_SHIFTED)
            pointer += sizeof(float);
        break;
    }
    memcpy(field, &pointer, sizeof pointer);
}

void expect_refusals(const pool *p, const target *t, const change *changes, size_t count) {
    char *args = malloc(t->size);
    for (size_t i = 0; args != NULL && i < count; i++) {
        const change *c = &changes[i];
        begin_case("%s refuses %s", t->name, c->what);
        memcpy(args, t->args, t->size);
        spoil(args, c);
        hl_error error;
        memset(&error, 0x55, sizeof error);
        hl_status status = t->run(args, &error);
        expect_refusal(p, status, &error, c->status, c->argument);
        expect(t->run(args, NULL) == status, "without an error the status is another");
        memset(&error, 0x55, sizeof error);
        status = t->plan(args, &error);
        if (c->output) {
            expect(status == HL_OK, "the plan looks at an output: %s", error.message);
        } else {
            expect_refusal(p, status, &error, c->status, c->argument);
        }
        end_case();
    }
    free(args);
}

attention_inputs every_input(pool *p, rng *r) {
    attention_inputs in = {
        .q = normal_tensor(p, r, 1, 4, (hl_index[]){2, 4, 5, 6}),
        .k = normal_tensor(p, r, 1, 4, (hl_index[]){2, 2, 7, 6}),
        .v = normal_tensor(p, r, 1, 4, (hl_index[]){2, 2, 7, 3}),
        .options = {.heads = 4,
                    .kv_heads = 2,
                    .use_scale = 1,
                    .scale = 1,
                    .softcap = 2,
                    .causal = 1,
                    .use_window = 1,
                    .window = {3, 3},
                    .mask = {NULL, HL_MASK_FLOAT, 4, {2, 4, 5, 7}}},
        .kv_lengths = input_bytes(p, 2 * sizeof *in.kv_lengths),
    };
    in.kv_lengths[0] = 7;
    in.kv_lengths[1] = 3;
    in.options.mask.data = normal_tensor(p, r, 1, 4, in.options.mask.size).data;
    return in;
}
