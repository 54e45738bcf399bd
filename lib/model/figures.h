/*
 * The figures of a run, out of the JSON text of its metrics: without the tree, as an analysis reads
 * them of ten thousand runs. PURE. Threads: values; no sharing.
 */
#pragma once

#include "lib/base/err.h"

#include <stddef.h>

/* Texts are borrowed from what it is in, "" where there are none. */
struct run_figure {
    const char *name, *unit, *kind;
    double value; /* NAN: it has none */
};

struct run_figures {
    struct run_figure *items;
    size_t n, cap;
    char *texts;
    size_t used, room; /* bytes of texts */
};
void run_figures_done(struct run_figures *f);
#define run_figures_auto __attribute__((cleanup(run_figures_done)))

/* Replaces what is in it by what the text, {NAME: {value, unit, kind, ...}} and a NUL behind it,
 * has. BD_EINVALID where that is no such JSON; it is empty then. */
int run_figures_parse(struct run_figures *f, const char *text, size_t bytes, struct bd_err *err);
