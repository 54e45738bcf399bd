/*
 * A campaign for the tests of exports: three cells, three blocks, and a run of every fate; words in
 * it that mean something to each of the formats; a run with jobs of every fate.
 */
#pragma once

#include "lib/store/store.h"

#define EXPORTED_CAMPAIGN "c0000001"
#define EXPORTED_JOBS     "00000003" /* the run that has jobs: position 3 */
#define EXPORTED_BEGIN_NS INT64_C(1764000000250000000)
/* Of a level: what CSV quotes, what spreadsheets run, what XML escapes, and no ASCII. */
#define EXPORTED_WORD "=1+1, \"s\xc3\xb6\" <b>&\n\\x"

void exported_insert(struct store_conn *c);
