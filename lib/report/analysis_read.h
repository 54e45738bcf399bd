/*
 * The runs of an analysis, from the store. Threads: as the connection.
 */
#pragma once

#include "lib/report/across.h"
#include "lib/report/analysis.h"
#include "lib/store/store.h"

/* Adds all that the store has of the campaign; blocks. */
int analysis_read(struct analysis *a, struct store_conn *conn, struct bd_err *err);
/* The same of all campaigns of a comparison. */
int across_read(struct across *a, struct store_conn *conn, struct bd_err *err);
