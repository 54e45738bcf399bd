/* The formats, and what they have in common. */
#include "lib/report/export_priv.h"

#include "lib/base/clock.h"

#include <math.h>
#include <string.h>

#define SPILL_BYTES ((size_t)64 * 1024)

const struct export_format export_of_campaign[] = {
    {"json", "application/json", "json", export_campaign_json},
    {"csv", "text/csv; charset=utf-8; header=present", "csv", export_campaign_csv},
    {"junit", "application/xml", "xml", export_campaign_junit},
    {"openmetrics", "application/openmetrics-text; version=1.0.0; charset=utf-8", "txt",
     export_campaign_openmetrics},
    {0},
};

const struct export_format export_of_run[] = {
    {"json", "application/json", "json", export_run_json},
    {"csv", "text/csv; charset=utf-8; header=present", "csv", export_run_csv},
    {"swf", "text/plain; charset=utf-8", "swf", export_run_swf},
    {0},
};

const struct export_format *export_format_find(const struct export_format *formats,
                                               const char *name)
{
    const struct export_format *f = formats;
    while (f->name && !bd_str_eq(f->name, name))
        f++;
    return f->name ? f : NULL;
}

static int put_all(struct export_out *out, struct bd_err *err)
{
    int rc = out->text.len ? out->sink->put(out->sink->arg, out->text.data, out->text.len) : 0;
    bd_str_clear(&out->text);
    if (rc >= 0)
        return 0;
    return rc > BD_EINVALID ? bd_err_errno(err, -rc, "write what is exported")
                            : bd_err_set(err, rc, "the export was ended: %s", bd_err_name(rc));
}

int export_spill(struct export_out *out, struct bd_err *err)
{
    return out->text.len < SPILL_BYTES ? 0 : put_all(out, err);
}

int export_write(const struct export_format *format, struct store_conn *conn, const char *id,
                 const struct export_sink *sink, struct bd_err *err)
{
    struct export_out out = {.sink = sink};
    int rc = format->write(conn, id, &out, err);
    if (rc == 0)
        rc = put_all(&out, err);
    bd_str_done(&out.text);
    return rc;
}

void export_add_real(struct bd_str *out, double value)
{
    if (isfinite(value))
        bd_str_addf(out, "%.*g", bd_real_digits(value), value);
}

void export_add_json(struct bd_str *out, const json_t *json)
{
    bd_auto_free char *text =
        json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    bd_str_add(out, text ? text : "null");
}

char *export_word(const json_t *value)
{
    struct bd_str real = {0};
    if (json_is_string(value))
        return bd_xstrdup(json_string_value(value));
    if (!value || json_is_null(value))
        return bd_xstrdup("");
    if (!json_is_real(value))
        return bd_json_text(value);
    export_add_real(&real, json_real_value(value));
    return bd_str_take(&real);
}

void export_add_time(struct bd_str *out, int64_t wall_ns)
{
    char text[BD_RFC3339_BYTES];
    bd_str_add(out, wall_ns ? bd_rfc3339(wall_ns, text) : "");
}

json_t *export_time(int64_t wall_ns)
{
    char text[BD_RFC3339_BYTES];
    return wall_ns ? json_string(bd_rfc3339(wall_ns, text)) : json_null();
}
