/*
 * Layers of images: directories and tars that are brought to the daemon as inputs. One thread.
 */
#pragma once

#include "cli.h"

#include "lib/base/json.h"

/*
 * What --layer says, NAME=PATH[:PREFIX], as one of the contract's ImageLayer; new reference. A
 * directory is packed first, and goes where it is unless a prefix is told; of a tar it must be
 * told. BD_EINVALID where the text or the file is of no use.
 */
int layer_bring(struct cli *cli, const char *text, json_t **ret_layer, struct bd_err *err);
