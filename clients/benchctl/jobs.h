/*
 * How far the jobs of a run are, from the events that it tells of itself. One thread.
 */
#pragma once

#include "api.h"
#include "progress.h"

#include <stdint.h>

struct jobs {
    char *run;       /* its id; NULL: none */
    int64_t since;   /* number of the last event seen */
    unsigned silent; /* looks since there was news, none before the first */
    bool known;
    int64_t ended, submitted, all;
};

/* Of another run from now on; NULL: of none. */
void jobs_follow(struct jobs *j, const char *run);
void jobs_done(struct jobs *j);
/* Waits at most so many seconds for news, and takes it in; 1 where there was some. Errors as
 * wait_next(). */
int jobs_look(struct jobs *j, struct cli *cli, unsigned seconds, struct progress *progress,
              struct bd_err *err);
/* "12 of 40 jobs ended, 15 submitted"; nothing where nothing is known. */
void jobs_text(const struct jobs *j, struct bd_str *out);
