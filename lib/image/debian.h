/* Images of Debian by mmdebstrap: `kind: debian`. Threads: immutable; its bodies block. */
#pragma once

#include "lib/image/image.h"

extern const struct image_kind image_kind_debian;
