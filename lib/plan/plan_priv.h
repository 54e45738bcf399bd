/*
 * What the files of the plan share. PURE.
 */
#pragma once

#include "lib/base/str.h"
#include "lib/plan/plan.h"

#define SETTINGS_MAX 20 /* of one cell; the contract's bound for factors, too */

/* -- path.c -- */

/* A path in the spec that varies. */
struct path {
    char *text;           /* "cluster.node.cpus" */
    char *pointer;        /* the same as a JSON pointer from the spec's root */
    struct bd_strv names; /* the members that lead there; what follows "cluster.scheduler.options."
                             is one name, with its dots */
};
/* Each once. */
struct paths {
    struct path **items;
    size_t n, cap;
    json_t *numbers; /* {text: number in items} */
};
/* Borrowed; NULL where nothing of this name may vary. */
const struct path *paths_add(struct paths *paths, const char *text);
/* One that was added; else NULL. */
const struct path *paths_get(const struct paths *paths, const char *text);
void paths_done(struct paths *paths);
/* Is all that there is on the way an object, so that the path can be set? */
bool path_fits(const json_t *root, const struct path *path);
/* A copy of root with value at a path that fits, objects made where they are missing; what is not
 * on the way is shared with root. */
json_t *path_set(json_t *root, const struct path *path, json_t *value);
/* Borrowed; NULL where there is nothing. */
json_t *path_get(const json_t *root, const struct path *path);
/* The pointer to a member of this name: "/factors", "a/b~" -> "/factors/a~1b~0". */
char *pointer_to(const char *above, const char *name);
/* What of pointer is below `above` ("" where they are the same); NULL where it is elsewhere. */
const char *pointer_below(const char *pointer, const char *above);

/* -- levels.c -- */

/*
 * Holds each level of factors, cells and exclude against the schema, and writes its defaults into
 * it. whole: the spec is right but for them; otherwise only what is wrong with a level itself is
 * told. A path that can't be set is passed over: cells_make() tells. False: with faults.
 */
bool levels_resolve(json_t *spec, bool whole, const struct plan_rules *rules,
                    struct schema_faults *faults);

/* -- cells.c -- */

struct factor {
    const struct path *path;
    json_t *levels;  /* of the plan's spec */
    json_t *numbers; /* {text of a level: its number} */
    uint64_t stride; /* how far apart two cells are that differ in this level, by one */
};

/* One path of a cell with its value. */
struct setting {
    const struct path *path;
    json_t *value; /* of the plan's spec */
    size_t level;  /* of its factor; 0 in a listed cell */
};

struct plan {
    json_t *spec;       /* resolved */
    json_t *base;       /* of a cell's spec: without what is about the campaign as a whole */
    struct paths paths; /* all that vary */
    struct factor factors[SETTINGS_MAX];
    size_t n_factors;
    uint32_t *products; /* cells of the factors, rising: numbers in mixed radix, the last factor the
                           fastest */
    size_t n_products;
    json_t *listed; /* the cells that follow, of the plan's spec */
    size_t blocks, warmup;
    struct plan_until until; /* metric NULL: there is no rule */
    bool one_group;          /* the order is over all blocks that are no warm-up */
    uint32_t *order;         /* position -> block x cells + cell */
};

/* Reads factors, exclude and cells; false: with faults of a sort that leaves no cells to look at.
 */
bool cells_make(struct plan *p, struct schema_faults *faults);
void cells_done(struct plan *p);
/* What is set in a cell; answers how much that is. */
size_t cells_settings(const struct plan *p, size_t cell, struct setting ret_settings[SETTINGS_MAX]);

/* -- check.c -- */

/* Holds each cell's spec against what a schema can't say. */
void cells_check(const struct plan *p, const struct plan_rules *rules,
                 struct schema_faults *faults);

/* -- until.c -- */

/* From a spec that is right by the schema. */
void until_read(struct plan *p, struct schema_faults *faults);
/* Can the rule that was read end the campaign? */
void until_check(const struct plan *p, struct schema_faults *faults);

/* -- order.c -- */

void order_make(struct plan *p);
