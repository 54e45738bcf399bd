/*
 * A test of ReFrame, as far as its class tells before it runs. PURE. Threads: an object belongs to
 * one at a time; nodes are the source's.
 */
#pragma once

#include "lib/import/constant.h"

#define REFRAME_METHODS_MAX 200

struct reframe_class {
    const struct python_node *node; /* the class itself */
    struct constants module, self;
    const struct python_node *methods[REFRAME_METHODS_MAX]; /* of it and its bases, by name once */
    size_t n_methods;
    size_t n_read; /* classes */
    json_t *bases; /* names of those that are not in this file */
};

/* name NULL: the only one. given: {NAME: text} of what it does not say for certain; borrowed.
 * BD_EINVALID where there is none or several, with their names. */
int reframe_class_read(const struct python *source, const char *name, const json_t *given,
                       struct reframe_class *ret, struct bd_err *err);
void reframe_class_done(struct reframe_class *c);
/* The decorator of this name, of a method; NULL. */
const struct python_node *reframe_decorator(const struct python_node *method, const char *name);

/* Told of what a method that ReFrame calls before the run says of itself: self.NAME = VALUE, in the
 * scope in which the value stands. */
typedef void (*reframe_set_fn)(const char *name, const struct python_node *value,
                               const struct constants *scope, void *arg);
/* Goes through these methods in their order; what can't be followed is not known afterwards. */
void reframe_class_prepare(struct reframe_class *c, reframe_set_fn fn, void *arg);
