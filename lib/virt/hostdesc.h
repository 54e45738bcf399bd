/*
 * What a host is, as far as measurements on it depend on that: processor, firmware, kernel and its
 * settings, memory, and the programs that make nodes. It says nothing of who or where the host is:
 * no names, addresses, serial numbers, and of the kernel's command line only what is known to
 * matter. The same host in the same state has the same description, and so the same digest.
 *
 * Threads: any. What the kernel does not say is null.
 */
#pragma once

#include "lib/base/digest.h"
#include "lib/base/json.h"
#include "lib/virt/virt.h"

#include <stdbool.h>

/* Of this host: as the contract's HostDescription; new reference. Takes milliseconds, and some ten
 * more to ask QEMU for its version, once for each that is installed. */
json_t *hostdesc_of(struct virt *virt);
void hostdesc_digest(const json_t *description, char ret_digest[BD_DIGEST_BYTES]);

/* -- its parts, for tests -- */

/* root: where the kernel's files are ("" is the host's own). libvirt, qemu: versions, "9.0.0";
 * NULL: not known. */
json_t *hostdesc_read(const char *root, const char *libvirt, const char *qemu);

/* "7.2.13" of "QEMU emulator version 7.2.13 (Debian ...)"; false: it says something else. */
bool hostdesc_qemu_version(const char *text, char *ret_version, size_t bytes);
/* The words of a kernel's command line that are told, in their order, with blanks between. The
 * caller's. */
char *hostdesc_cmdline(const char *text);
/* Numbers in a list of the kernel's, "0-3,8": 5. */
unsigned hostdesc_count(const char *list);
