#include "daemon/api/columns.h"

#include "lib/base/json.h"

#include <math.h>
#include <stdlib.h>

void text_json(const char *text, struct bd_str *out)
{
    bd_auto_json json_t *json = json_string(text);
    bd_auto_free char *quoted = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
    bd_str_add(out, quoted ? quoted : "\"?\"");
}

static void separate(struct column *c)
{
    if (c->text.len)
        bd_str_addn(&c->text, ",", 1);
}

void column_int(struct column *c, int64_t value)
{
    separate(c);
    bd_str_addf(&c->text, "%lld", (long long)value);
}

void column_real(struct column *c, double value)
{
    if (!isfinite(value)) {
        column_null(c);
        return;
    }
    separate(c);
    bd_str_addf(&c->text, "%.*g", bd_real_digits(value), value);
}

void column_text(struct column *c, const char *text)
{
    separate(c);
    text_json(text, &c->text);
}

void column_null(struct column *c)
{
    separate(c);
    bd_str_add(&c->text, "null");
}

void column_end(struct column *c, const char *name, struct bd_str *out)
{
    if (out->len && out->data[out->len - 1] != '{')
        bd_str_add(out, ",");
    text_json(name, out);
    bd_str_addf(out, ":[%s]", bd_str_text(&c->text));
    bd_str_done(&c->text);
}
