/*
 * What a campaign that is reproduced goes by: a campaign of the daemon, or a crate from anybody.
 * One thread.
 */
#pragma once

#include "cli.h"

#include "lib/base/json.h"
#include "lib/crate/key.h"

struct original {
    char *name; /* as in messages: the campaign's id, or the crate's file */
    json_t *spec, *analysis;
    json_t *images;  /* {DIGEST: manifest} of a crate's, as far as it has them; NULL: none */
    json_t *host;    /* its description; NULL: not known */
    char *signed_by; /* of a crate: the key's fingerprint */
};
void original_done(struct original *o);
#define original_auto __attribute__((cleanup(original_done)))

/* Is the word a crate's file, by its form? */
bool original_is_crate(const char *word);
/* Into an empty *o. BD_ECONFLICT: it is not at its end. */
int original_of_campaign(struct cli *cli, const char *ref, struct original *o, struct bd_err *err);
/* The file is opened once: what is read is what was checked. BD_EINVALID: it is not what was
 * signed, by this key (NULL: by whichever), with the faults in cli->faults. */
int original_of_crate(struct cli *cli, const char *file, const struct crate_key *key,
                      struct original *o, struct bd_err *err);
/* Who signed the crate, and the commands and hooks that it runs, on stderr. */
void original_tell_commands(struct cli *cli, const struct original *o);
