#include "options.h"

#include <math.h>
#include <stdint.h>

static const uint8_t keys[7] = {1, 0, 1, 1, 0, 1, 1};
static const float biases[7] = {.5F, -INFINITY, -1, 0, 2, -1e4F, .25F};
static const int32_t lengths[2] = {7, 3};

static const struct {
    const char *name;
    hl_attention_options options;
    const int32_t *kv_lengths;
} cases[] = {
    {"none", {0}, NULL},
    {"scale", {.use_scale = 1, .scale = .7F}, NULL},
    {"scale of 0", {.use_scale = 1}, NULL},
    {"negative scale", {.use_scale = 1, .scale = -1}, NULL},
    {"softcap", {.softcap = 1.5F}, NULL},
    {"negative scale and softcap", {.use_scale = 1, .scale = -2, .softcap = .8F}, NULL},
    {"large softcap", {.softcap = 50}, NULL},
    {"causal", {.causal = 1}, NULL},
    {"window", {.use_window = 1, .window = {2, 1}}, NULL},
    {"window of the diagonal", {.use_window = 1}, NULL},
    {"window to the left", {.use_window = 1, .window = {HL_WINDOW_UNLIMITED, 0}}, NULL},
    {"window to the right", {.use_window = 1, .window = {0, HL_WINDOW_UNLIMITED}}, NULL},
    {"causal window", {.causal = 1, .use_window = 1, .window = {2, 5}}, NULL},
    {"boolean mask", {.mask = {keys, HL_MASK_BOOL, 1, {7}}}, NULL},
    {"shorter boolean mask", {.mask = {keys, HL_MASK_BOOL, 1, {4}}}, NULL},
    {"mask of one key", {.mask = {keys, HL_MASK_BOOL, 1, {1}}}, NULL},
    {"mask of no key", {.mask = {keys, HL_MASK_BOOL, 1, {0}}}, NULL},
    {"float mask", {.mask = {biases, HL_MASK_FLOAT, 1, {7}}}, NULL},
    {"float mask and softcap", {.softcap = .9F, .mask = {biases, HL_MASK_FLOAT, 1, {7}}}, NULL},
    {"lengths", {0}, lengths},
    {"lengths, causal", {.causal = 1}, lengths},
    {"lengths, window", {.use_window = 1, .window = {1, 1}}, lengths},
    {"lengths, causal, mask", {.causal = 1, .mask = {keys, HL_MASK_BOOL, 1, {7}}}, lengths},
    {"lengths, window, softcap", {.softcap = 1, .use_window = 1, .window = {1, 1}}, lengths},
};

size_t option_cases(void) {
    return sizeof cases / sizeof *cases;
}

const char *option_case_name(size_t i) {
    return cases[i].name;
}

hl_attention_args option_case(pool *p, rng *r, size_t i, double spread) {
    return (hl_attention_args){
        .q = normal_tensor(p, r, spread, 4, (hl_index[]){2, 4, 5, 6}),
        .k = normal_tensor(p, r, spread, 4, (hl_index[]){2, 2, 7, 6}),
        .v = normal_tensor(p, r, spread, 4, (hl_index[]){2, 2, 7, 9}),
        .options = cases[i].options,
        .kv_lengths = cases[i].kv_lengths,
        .kv_lengths_count = cases[i].kv_lengths == NULL ? 0 : 2,
    };
}
