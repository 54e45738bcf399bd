/* How this host's own apt gets at packages. Threads: any; these block. */
#pragma once

#include "lib/base/str.h"
#include "lib/image/job.h"

/*
 * Lines of a sources.list for a suite ("deb URI SUITE COMPONENTS") from the archives of Debian that
 * the host takes its own packages from: the suite itself, and its updates and security updates
 * where the host has its own. None where the host has no such archive, or has no apt.
 */
int apt_host_sources(const struct image_job *job, const char *suite, const char *components,
                     struct bd_strv *ret_lines, struct bd_err *err);
/* The same from what `apt-get indextargets` with APT_TARGETS_FORMAT prints. PURE. */
#define APT_TARGETS_FORMAT "$(ORIGIN)\t$(REPO_URI)\t$(CODENAME)"
void apt_sources_from_targets(const char *targets, const char *suite, const char *components,
                              struct bd_strv *ret_lines);
/* The host's settings of the transports (proxies, certificates), as lines of apt.conf. */
int apt_host_transport(const struct image_job *job, struct bd_strv *ret_lines, struct bd_err *err);
