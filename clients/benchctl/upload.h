/*
 * Inputs brought to the daemon: files that specs name by their digest. One thread.
 */
#pragma once

#include "cli.h"
#include "document.h"

#include "lib/base/json.h"

/* Sends a file ("-": stdin) and waits until it is kept; *ret_input (a new reference) and *ret_text
 * are the input as the daemon tells it. */
int input_add(struct cli *cli, const char *file, json_t **ret_input, struct bd_str *ret_text,
              struct bd_err *err);
/* The same under another name than the file's. */
int input_add_as(struct cli *cli, const char *file, const char *name, json_t **ret_input,
                 struct bd_str *ret_text, struct bd_err *err);
/* Brings the files that a spec names as `trace: file:PATH`, at a factor's levels and in cells too,
 * and puts their digests there. A path is relative to the spec's own directory. */
int input_add_named(struct cli *cli, struct document *spec, struct bd_err *err);
