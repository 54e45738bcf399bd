/*
 * Configuration: built-in defaults, then the file, then the environment (BENCHD_KEY), then flags
 * (--key VALUE), each over the one before. One table of keys in config.c. Threads: read once at
 * start and on SIGHUP, on the main thread.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/model/subnet.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_FILE "/etc/benchd/benchd.conf"

struct config {
    char *state_dir; /* the database, images, clusters' directories, uploads */
    char *image_dir; /* "" for STATE_DIR/images */
    char *recipe_dir;
    char *fragments;  /* directories, separated by colons */
    char *workloads;  /* the same, of definitions */
    char *ui;         /* the built dashboard; "" for none */
    char *node_layer; /* programs laid over every node's root */
    char *bench_enter;
    char *libvirt_uri;
    char *listen_unix; /* "" for none */
    char *unix_group;
    char *listen_tcp; /* "" for none */
    struct subnet subnet_pool;
    int64_t workers, teardown_workers, exec_workers, reader_workers;
    int64_t start_width;         /* nodes started at once */
    int64_t libvirt_connections; /* for bring-up, of a call each */
    int64_t connections_max;     /* of HTTP */
    uint64_t import_max_bytes, input_max_bytes;
    uint64_t artifacts_quota; /* bytes; 0: none */
    int64_t events_kept;
    double quiet_cpus;        /* share of the host's CPUs */
    int64_t quiet_wait_ns;    /* at most, for a quiet host */
    int64_t active_campaigns; /* taken up at once */
    int64_t runs_max;         /* at once */
    enum bd_log_level log_level;
    enum bd_log_format log_format;
};

enum config_mode { CONFIG_RUN, CONFIG_CHECK, CONFIG_CHECK_HOST, CONFIG_HELP, CONFIG_VERSION };

/* Reads everything; BD_EINVALID names file and line, variable or flag, the key, and what was
 * expected. */
int config_load(int argc, char **argv, struct config *ret_config, enum config_mode *ret_mode,
                struct bd_err *err);
void config_done(struct config *c);
void config_help(FILE *out);
/* Calls fn with the name of each key that differs. */
void config_diff(const struct config *a, const struct config *b,
                 void (*fn)(const char *key, void *arg), void *arg);
/* All keys with their values, as the file would have them. */
void config_print(const struct config *c, FILE *out);
