/*
 * Images brought to the daemon: built by it, or sent from a file. One thread.
 */
#pragma once

#include "cli.h"

#include "lib/base/json.h"

struct image_build {
    const char *recipe;
    const json_t
        *more;  /* members of the request besides (name, workloads, packages, layers); NULL: none */
    bool again; /* also where there is such an image already */
    bool wait;  /* until it is built, and tell how that ended */
};
/* The exit code; *ret_image (a new reference) and *ret_text are the image as the daemon last told
 * of it. Errors as api_create(). */
int image_build(struct cli *cli, const struct image_build *build, json_t **ret_image,
                struct bd_str *ret_text, struct bd_err *err);
/* Sends a file ("-": stdin), and waits until it is taken; otherwise the same. */
int image_import(struct cli *cli, const char *file, json_t **ret_image, struct bd_str *ret_text,
                 struct bd_err *err);
