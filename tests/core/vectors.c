#include "vectors.h"

#include <stdlib.h>
#include <string.h>

/* One number of the next line. */
static bool read_float(FILE *file, float *value) {
    char word[32], *end;
    if (fscanf(file, "%31s", word) != 1)
        return false;
    *value = strtof(word, &end);
    return *end == '\0';
}

/* The sizes that end the line, then the numbers. */
static bool read_tensor(FILE *file, pool *p, rng *r, vector_entry *e) {
    char line[80], *at = line;
    if (fgets(line, sizeof line, file) == NULL)
        return false;
    hl_tensor *t = &e->tensor;
    for (char *end; t->rank < HL_MAX_RANK; at = end) {
        hl_index size = strtol(at, &end, 10);
        if (end == at)
            break;
        t->size[t->rank++] = size;
    }
    hl_index count = element_count(t);
    t->data = input_floats(p, r, count);
    for (hl_index i = 0; i < count; i++) {
        if (!read_float(file, t->data + i))
            return false;
    }
    if (e->kind == 'b') {
        e->bytes = input_bytes(p, (size_t)count);
        for (hl_index i = 0; i < count; i++)
            e->bytes[i] = t->data[i] != 0;
    }
    return t->rank > 0;
}

bool read_case(FILE *file, pool *p, rng *r, vector_case *c) {
    char word[16];
    memset(c, 0, sizeof *c);
    while (fscanf(file, " %15s", word) == 1) {
        if (word[0] == '#') {
            for (int letter = 0; letter != '\n' && letter != EOF;)
                letter = fgetc(file);
        } else if (strcmp(word, "case") == 0) {
            if (c->operation[0] != '\0') { /* the next one's */
                return fseek(file, -4, SEEK_CUR) == 0;
            }
            if (fscanf(file, "%15s %79[^\n]", c->operation, c->name) != 2)
                return false;
        } else {
            if (c->count == (int)(sizeof c->entries / sizeof *c->entries))
                return false;
            vector_entry *e = &c->entries[c->count++];
            e->kind = word[0];
            if (fscanf(file, "%23s", e->name) != 1)
                return false;
            bool whole =
                e->kind == 'i' ? fscanf(file, "%d", &e->value) == 1 : read_tensor(file, p, r, e);
            if (!whole)
                return false;
        }
    }
    return c->operation[0] != '\0';
}

static const vector_entry *find(const vector_case *c, const char *name) {
    for (int i = 0; i < c->count; i++) {
        if (strcmp(c->entries[i].name, name) == 0)
            return &c->entries[i];
    }
    return NULL;
}

int case_int(const vector_case *c, const char *name) {
    const vector_entry *e = find(c, name);
    return e == NULL ? 0 : e->value;
}

hl_tensor case_tensor(const vector_case *c, const char *name) {
    const vector_entry *e = find(c, name);
    return e == NULL ? (hl_tensor){0} : e->tensor;
}

hl_mask case_mask(const vector_case *c, const char *name) {
    const vector_entry *e = find(c, name);
    hl_mask mask = {0};
    if (e == NULL)
        return mask;
    mask.kind = e->kind == 'b' ? HL_MASK_BOOL : HL_MASK_FLOAT;
    mask.data = e->kind == 'b' ? (const void *)e->bytes : e->tensor.data;
    mask.rank = e->tensor.rank;
    memcpy(mask.size, e->tensor.size, sizeof mask.size);
    return mask;
}
