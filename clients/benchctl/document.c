#include "document.h"

#include "input.h"
#include "text.h"

#define DOCUMENT_MAX_BYTES ((size_t)1 << 20) /* what the daemon takes */

int document_read(const char *file, struct document *ret, struct bd_err *err)
{
    *ret = (struct document){.name = bd_xstrdup(bd_str_eq(file, "-") ? "stdin" : file)};
    int r = input_read(file, DOCUMENT_MAX_BYTES, &ret->text, err);
    if (r < 0)
        return r;
    struct bd_err why = BD_ERR_INIT;
    const char *text = bd_str_text(&ret->text);
    r = yaml_parse(text, ret->text.len, ret->name, &ret->json, &ret->lines, &why);
    /* Nearly all JSON is YAML; what is not (a character written as two \u) has no lines. */
    if (r < 0 && bd_json_parse(text, ret->text.len, &ret->json, NULL) == 0)
        return 0;
    if (r < 0)
        bd_err_copy(err, &why);
    return r;
}

void document_done(struct document *d)
{
    free(d->name);
    bd_str_done(&d->text);
    json_decref(d->json);
    yaml_lines_free(d->lines);
    *d = (struct document){0};
}

void document_add_place(const struct document *d, const char *pointer, struct bd_str *out)
{
    text_escape(out, d->name);
    if (d->lines)
        bd_str_addf(out, ":%u", yaml_line(d->lines, pointer));
    bd_str_add(out, ": ");
}
