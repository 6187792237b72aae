/* Sinusoidal position encoding. Internal; arguments were checked at the edge. */
#ifndef HL_POSITION_H
#define HL_POSITION_H

#include <stddef.h>

/* output (len, d_model), as in headlight.h. Cost: len · d_model sines in double. */
void position_encoding(size_t len, size_t d_model, double base, double first, float *output);

#endif
