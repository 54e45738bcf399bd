/*
 * What becomes of inputs. A file that was uploaded becomes an object (lib/artifact) in a directory
 * of its own, then a row; one that is removed loses its row, then its object. An object without a
 * row is nobody's, and goes when benchd starts.
 *
 * One thing after the other: nothing is packed while an object is removed. Threads: the loop's;
 * bodies run on the pool `work`.
 */
#pragma once

#include "daemon/engine/private.h"

struct inputs;

struct inputs *inputs_new(struct engine *e);
/* Looks for what an earlier daemon did not finish. */
void inputs_start(struct inputs *in);
/* Ends what is under way, and answers what waits. */
void inputs_cancel(struct inputs *in);
void inputs_free(struct inputs *in);
