/* Products with a projection matrix, checked. Internal. */
#ifndef HL_LINEAR_H
#define HL_LINEAR_H

#include "../check.h"

/* w is a matrix whose rows are x's last axis; x was checked before. */
hl_status hl_check_projection(const hl_tensor *x, const char *x_name, const hl_tensor *w,
                              const char *w_name, hl_error *error);

/* The columns of w belong to heads in equal parts. */
hl_status hl_check_heads(const hl_tensor *w, const char *name, hl_index heads, hl_error *error);

/* b, where there is one, has a number for each of count columns. */
hl_status hl_check_bias(const hl_tensor *b, const char *name, hl_index count, const char *of,
                        hl_error *error);

/* Bytes of w as hl_pack writes it. */
size_t hl_packed_bytes(const hl_tensor *w, bool *overflow);

#endif
