#include "lib/model/figures.h"

#include "lib/base/jsonscan.h"
#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void run_figures_done(struct run_figures *f)
{
    free(f->items);
    free(f->texts);
    *f = (struct run_figures){0};
}

static bool says(const struct bd_jsonscan *s, const char *word)
{
    return s->token_bytes == strlen(word) + 2 && memcmp(s->token + 1, word, strlen(word)) == 0;
}

/* All that tokens say has room in as many bytes as the text has: they lose two quotes, and get a
 * NUL. */
static int keep_text(struct run_figures *f, const struct bd_jsonscan *s, const char **ret_text,
                     struct bd_err *err)
{
    char *text = f->texts + f->used;
    if (!bd_jsonscan_text(s, text, f->room - f->used))
        return bd_err_set(err, BD_EINVALID, "%.*s is no text", (int)s->token_bytes, s->token);
    f->used += strlen(text) + 1;
    *ret_text = text;
    return 0;
}

static void keep_number(const struct bd_jsonscan *s, double *ret_value)
{
    char *end;
    double value = strtod(s->token, &end);
    *ret_value = end == s->token + s->token_bytes ? value : NAN; /* not null, true, false */
}

/* What stands behind the name that was just read. */
static int read_member(struct run_figures *f, struct bd_jsonscan *s, struct run_figure *figure,
                       struct bd_err *err)
{
    const char **text = says(s, "unit") ? &figure->unit : says(s, "kind") ? &figure->kind : NULL;
    bool number = says(s, "value");
    enum bd_json_token token;
    int rc = bd_jsonscan_next(s, &token, err);
    if (rc == 0 && token == BD_JSON_STRING && text)
        return keep_text(f, s, text, err);
    if (rc == 0 && token == BD_JSON_OTHER && number)
        keep_number(s, &figure->value);
    return rc < 0 ? rc : bd_jsonscan_skip(s, token, err);
}

static int read_figure(struct run_figures *f, struct bd_jsonscan *s, struct bd_err *err)
{
    struct run_figure figure = {.unit = "", .kind = "", .value = NAN};
    enum bd_json_token token;
    int rc = keep_text(f, s, &figure.name, err);
    if (rc == 0)
        rc = bd_jsonscan_next(s, &token, err);
    if (rc == 0 && token != BD_JSON_OBJECT)
        return bd_err_set(err, BD_EINVALID, "'%s' is no object", figure.name);
    while (rc == 0 && (rc = bd_jsonscan_next(s, &token, err)) == 0 && token == BD_JSON_NAME)
        rc = read_member(f, s, &figure, err);
    if (rc < 0)
        return rc;
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 32;
        f->items = bd_xrealloc(f->items, f->cap * sizeof(*f->items));
    }
    f->items[f->n++] = figure;
    return 0;
}

static int read_all(struct run_figures *f, struct bd_jsonscan *s, struct bd_err *err)
{
    enum bd_json_token token;
    int rc = bd_jsonscan_next(s, &token, err);
    if (rc == 0 && token != BD_JSON_OBJECT)
        return bd_err_set(err, BD_EINVALID, "metrics that are no object");
    while (rc == 0 && (rc = bd_jsonscan_next(s, &token, err)) == 0 && token == BD_JSON_NAME)
        rc = read_figure(f, s, err);
    return rc == 0 ? bd_jsonscan_next(s, &token, err) : rc; /* the end, and nothing behind it */
}

int run_figures_parse(struct run_figures *f, const char *text, size_t bytes, struct bd_err *err)
{
    struct bd_jsonscan s = {.text = text, .bytes = bytes};
    f->n = f->used = 0;
    if (f->room <= bytes) {
        f->room = bytes + 1;
        f->texts = bd_xrealloc(f->texts, f->room);
    }
    int rc = read_all(f, &s, err);
    if (rc < 0)
        f->n = 0;
    return rc;
}
