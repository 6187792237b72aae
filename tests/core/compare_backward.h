/* hl_attention_backward against the oracle: forward, then backward, and everything checked. */
#ifndef COMPARE_BACKWARD_H
#define COMPARE_BACKWARD_H

#include "data.h"
#include "headlight.h"

/* The arguments of a backward pass: those of a forward one, what it gives, and a d_output of normal
 * numbers; gradients of random numbers in the pool, to be added to. False, and the case failed,
 * where the forward pass did. */
bool make_backward(pool *p, rng *r, const hl_attention_args *forward,
                   hl_attention_backward_args *args);

/* Plans and runs; false, and the case failed, without success. */
bool run_backward(pool *p, const hl_attention_backward_args *args);

/* Expects what the oracle says, added to what was there, and the same to the bit of each gradient
 * that is asked for alone. Tells how many numbers lie further from 0 than their error. */
hl_index compare_backward(pool *p, const hl_attention_args *forward,
                          const hl_attention_backward_args *args);

#endif
