/*
 * Clusters, their steps and their inventories in the store. Threads: as the connection. Rows own
 * their strings and JSON; *_done() frees what is in them.
 */
#pragma once

#include "lib/base/id.h"
#include "lib/base/json.h"
#include "lib/model/cluster.h"
#include "lib/store/store.h"

struct store_cluster {
    char id[BD_ID_BYTES];
    char *name; /* NULL: none */
    enum cluster_state state;
    int64_t version;                            /* grows by one with every change; the ETag */
    int64_t created_ns, ready_ns, ended_ns;     /* wall; 0: not yet */
    json_t *spec;                               /* resolved */
    char *image_id, *image_name, *image_digest; /* NULL until the image step is done */
    char *subnet;                               /* "10.213.4.0/24"; NULL until admitted */
    char *scheduler_version;
    char *step;       /* name of the step under way; NULL: none */
    json_t *nodes;    /* [{name, role, state, address}] */
    json_t *timings;  /* {STEP: ms} */
    json_t *warnings; /* [text] */
    json_t *error;    /* {type, step, detail} or NULL */
    json_t *residue;  /* {empty, differences} or NULL */
    json_t *network;  /* {figures, error?}, measured; NULL: it is not shaped, or not yet */
    char *run;        /* its own id where it belongs to the run of that id; NULL: to none */
};
void store_cluster_done(struct store_cluster *row);

/* BD_ECONFLICT if a live cluster has this name already (the text names its id). */
int store_cluster_insert(struct store_conn *c, const struct store_cluster *row, struct bd_err *err);
/* Writes every column. The caller has counted row->version up: BD_ECONFLICT if what is stored is
 * not older. BD_ENOTFOUND. */
int store_cluster_update(struct store_conn *c, const struct store_cluster *row, struct bd_err *err);
int store_cluster_get(struct store_conn *c, const char *id, struct store_cluster *ret_row,
                      struct bd_err *err);

struct store_cluster_filter {
    unsigned states;           /* bit (1 << enum cluster_state) for each wanted; 0: all */
    const char *name;          /* NULL: any */
    int64_t before_created_ns; /* newest first; a page goes on below (created_ns, id); 0: from the
                                  start */
    const char *before_id;
    unsigned limit;
};
/* A row that can't be read (damaged JSON, unknown state) is handed to on_bad (may be NULL) with its
 * reason and the listing goes on; a page is shorter than the limit at the end of the listing only.
 * Rows: *ret_rows, an array of *ret_n, freed by store_clusters_free(). */
typedef void (*store_bad_row_fn)(const char *id, const struct bd_err *why, void *arg);
int store_cluster_list(struct store_conn *c, const struct store_cluster_filter *filter,
                       store_bad_row_fn on_bad, void *arg, struct store_cluster **ret_rows,
                       size_t *ret_n, struct bd_err *err);
void store_clusters_free(struct store_cluster *rows, size_t n);

enum store_step_state {
    STORE_STEP_INTENDED,
    STORE_STEP_DONE,
    STORE_STEP_FAILED,
    STORE_STEP_STATE_COUNT
};
const char *store_step_state_to_str(enum store_step_state s);

struct store_step {
    char cluster[BD_ID_BYTES];
    char *name;
    unsigned attempt; /* 1, 2, ... */
    enum store_step_state state;
    int64_t started_ns, ended_ns, deadline_ns; /* wall; 0: none */
    char *error;                               /* NULL: none */
};
void store_steps_free(struct store_step *rows, size_t n);
/* Inserts, or writes over the row of the same (cluster, name, attempt). */
int store_step_put(struct store_conn *c, const struct store_step *row, struct bd_err *err);
/* In the order in which they were first written, whatever the clock said. */
int store_step_list(struct store_conn *c, const char *cluster, struct store_step **ret_rows,
                    size_t *ret_n, struct bd_err *err);

/* The inventory from before a cluster was made (JSON array of lines). get: NULL where none was
 * kept. */
int store_inventory_put(struct store_conn *c, const char *cluster, const json_t *items,
                        struct bd_err *err);
int store_inventory_get(struct store_conn *c, const char *cluster, json_t **ret_items,
                        struct bd_err *err);
int store_inventory_delete(struct store_conn *c, const char *cluster, struct bd_err *err);
