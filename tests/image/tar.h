/* Archives that no tar would write. */
#pragma once

#include <stddef.h>

struct tar_member {
    const char *name;
    char type; /* of ustar: '0' file, '1' hard link, '2' link, '3' device, '5' directory */
    const char *content; /* of a file */
    const char *target;  /* of a link */
};

/* Members until one without a name, as a zstd tar; cut_bytes are left out at its end. */
void tar_write(const char *path, const struct tar_member *members, size_t cut_bytes);
