/*
 * The daemon's interface as commands use it: replies read as JSON, lists read whole, problem
 * details (RFC 9457) made errors. One thread.
 */
#pragma once

#include "cli.h"
#include "document.h"

#include "lib/base/json.h"

#define API_LIMIT_NS (30 * INT64_C(1000000000)) /* for a plain question */

/*
 * One request whose reply has a status below 400. Else BD_ENOTFOUND (404, 410), BD_ECONFLICT
 * (409) or -EREMOTEIO, with the daemon's words as text and its faults in cli->faults. Others as
 * http_do(). ret is to be done in every case.
 */
int api_do(struct cli *cli, const struct http_request *rq, struct http_reply *ret,
           struct bd_err *err);
/* The error that a reply of 400 or above is, as above. */
int api_problem(struct cli *cli, const struct http_reply *reply, struct bd_err *err);
/* Faults of a document, [{pointer, expected, got}], into cli->faults, with the lines of cli->sent.
 */
void api_add_faults(struct cli *cli, const json_t *faults);
/* The body as JSON; -EPROTO where it is none. New reference. */
int api_parse(const struct http_reply *reply, json_t **ret, struct bd_err *err);
/* A plain GET; the reply's text stays in *reply (to be done in every case). */
int api_get(struct cli *cli, const char *path, struct http_reply *reply, json_t **ret,
            struct bd_err *err);
/* The same; *ret stays as it is where there is no such thing. */
int api_get_if_there(struct cli *cli, const char *path, json_t **ret, struct bd_err *err);
/* A POST of a JSON body (borrowed) with a fresh Idempotency-Key. */
int api_create(struct cli *cli, const char *path, const json_t *body, struct http_reply *reply,
               json_t **ret, struct bd_err *err);
/* The same of a document: faults are told with its lines. */
int api_create_from(struct cli *cli, const char *path, const struct document *document,
                    struct http_reply *reply, json_t **ret, struct bd_err *err);
/* A POST without a body: an order to an object. */
int api_order(struct cli *cli, const char *path, struct http_reply *reply, json_t **ret,
              struct bd_err *err);
/* All pages of a list, as one {items, next: null}. */
int api_list(struct cli *cli, const char *path, json_t **ret, struct bd_err *err);
/* The same for a list whose pages are asked for by another key than `cursor`, from a first place on
 * ("": from the beginning). */
int api_pages(struct cli *cli, const char *path, const char *key, const char *first, json_t **ret,
              struct bd_err *err);
/* Calls fn for each item (borrowed) of such a list, page by page, up to `most` of them (0: all). */
int api_each(struct cli *cli, const char *path, uint64_t most,
             void (*fn)(const json_t *item, void *arg), void *arg, struct bd_err *err);
/* Prints a list that api_list() answered. */
void api_print_list(const json_t *list);

/* Adds a value as people read it: a string bare, anything else as JSON; escaped. */
void api_add_value(struct bd_str *out, const json_t *value);

/* A text as one segment of a path, or one value of a query. Owned by the caller. */
char *api_quote(const char *text);
enum api_object { API_CLUSTER, API_CAMPAIGN, API_RUN, API_OBJECT_COUNT };

/*
 * The id of the object that a word refers to: its id, its name (rather of one that is not at its
 * end), or the beginning of its id. BD_ENOTFOUND; BD_ECONFLICT where several fit. The caller owns
 * the id.
 */
int api_find(struct cli *cli, enum api_object what, const char *ref, char **ret_id,
             struct bd_err *err);
/* The path of the object that the command's first operand refers to, with what is below it
 * ("/cancel", or ""). The caller owns it. */
int api_find_path(struct cli *cli, enum api_object what, const char *below, char **ret_path,
                  struct bd_err *err);
