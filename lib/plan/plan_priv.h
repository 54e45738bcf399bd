/*
 * What the files of the plan share. PURE.
 */
#pragma once

#include "lib/plan/plan.h"

/* A path in the spec that varies. */
struct factor {
    char *path;
    char *pointer;  /* the same as a JSON pointer from the spec's root */
    json_t *levels; /* as written */
    json_t *values; /* with the defaults of what they hold */
};

/* A cell that is listed: its paths with a level each. */
struct listed {
    struct factor *settings;
    size_t n;
};

struct plan {
    json_t *spec;
    json_t *base; /* of a cell's spec: without what is about the campaign as a whole */
    struct factor *factors;
    size_t n_factors;
    uint64_t
        *products; /* cells of the factors: numbers in mixed radix, the last factor the fastest */
    size_t n_products;
    struct listed *listed; /* the cells that follow */
    size_t n_listed;
    size_t blocks, warmup;
    bool one_group;  /* the order is over all blocks that are no warm-up */
    uint32_t *order; /* position -> block x cells + cell */
};

/* path.c */
/* "cluster.node.cpus" -> "/cluster/node/cpus"; what follows `cluster.scheduler.options.` is one
 * name, with its dots. NULL: nothing of this name may vary. */
char *path_pointer(const char *path);
/* A copy of root with value at the pointer, objects made where they are missing; what is not on the
 * way is shared with root. NULL: an element on the way is no object. */
json_t *path_set(json_t *root, const char *pointer, json_t *value);
/* "a/b~" -> "a~1b~0", for a member's name in a pointer. */
char *path_escape(const char *name);

/* factor.c */
/* What it is to hold levels against: NULL rules, nothing is checked. */
struct setter {
    json_t *spec; /* the whole, valid */
    const struct plan_rules *rules;
    struct schema_faults *faults;
    json_t *seen; /* "POINTER VALUE" -> the value with its defaults, or null */
};
void setter_init(struct setter *s, json_t *spec, const struct plan_rules *rules,
                 struct schema_faults *faults);
void setter_done(struct setter *s);
/* Reads a path with its levels; where tells where they stand in the spec, and each_has_place
 * whether every level has a place of its own below it. False: with faults. */
bool factor_read(struct setter *s, const char *path, json_t *levels, const char *where,
                 bool each_has_place, struct factor *ret_factor);
void factor_done(struct factor *f);

/* cells.c */
/* Reads factors, cells and exclude; with rules, every level and every cell is checked. */
int cells_make(struct plan *p, const struct plan_rules *rules, struct schema_faults *faults);
/* The number of the level that a factor has in a cell of the factors. */
size_t cells_level(const struct plan *p, size_t cell, size_t factor);
/* The cell's spec; parts of it are shared with the plan's. */
json_t *cells_spec(const struct plan *p, size_t cell);
void cells_done(struct plan *p);

/* order.c */
void order_make(struct plan *p);
