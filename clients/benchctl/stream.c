#include "stream.h"

#include <errno.h>
#include <string.h>

static int end_line(struct stream_lines *s, struct bd_err *err)
{
    if (!s->cr_ends && s->line.len && s->line.data[s->line.len - 1] == '\r')
        s->line.data[--s->line.len] = '\0';
    int r = s->on_line(bd_str_text(&s->line), s->line.len, s->arg, err);
    bd_str_clear(&s->line);
    return r;
}

/* Bytes up to the end of the line, or all of them where it does not end here. */
static size_t up_to_end(const struct stream_lines *s, const char *data, size_t bytes)
{
    const char *lf = memchr(data, '\n', bytes);
    size_t n = lf ? (size_t)(lf - data) : bytes;
    const char *cr = s->cr_ends ? memchr(data, '\r', n) : NULL;
    return cr ? (size_t)(cr - data) : n;
}

int stream_lines_feed(struct stream_lines *s, const char *data, size_t bytes, struct bd_err *err)
{
    while (bytes) {
        if (s->skip_lf && data[0] == '\n') {
            data++;
            bytes--;
        }
        s->skip_lf = false;
        size_t n = up_to_end(s, data, bytes);
        if (n > STREAM_LINE_MAX - s->line.len)
            return bd_err_set(err, -EPROTO, "the stream has a line of more than %zu MiB",
                              STREAM_LINE_MAX >> 20);
        bd_str_addn(&s->line, data, n);
        if (n == bytes)
            return 0;
        s->skip_lf = data[n] == '\r';
        data += n + 1;
        bytes -= n + 1;
        int r = end_line(s, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int stream_lines_end(const struct stream_lines *s, struct bd_err *err)
{
    if (s->line.len == 0)
        return 0;
    return bd_err_set(err, -EPROTO, "the stream ended in the middle of a line");
}

void stream_lines_done(struct stream_lines *s)
{
    bd_str_done(&s->line);
}

static void set_text(struct bd_str *s, const char *text)
{
    bd_str_clear(s);
    bd_str_add(s, text);
}

static int dispatch(struct stream_sse *s, struct bd_err *err)
{
    /* Only now: the id of half an event would skip that event after a lost connection. */
    set_text(&s->last_id, bd_str_text(&s->id));
    struct stream_event event = {
        .id = bd_str_text(&s->last_id),
        .kind = s->kind.len ? s->kind.data : "message",
        .data = bd_str_text(&s->data),
    };
    int r = s->has_data ? s->on_event(&event, s->arg, err) : 0;
    bd_str_clear(&s->kind);
    bd_str_clear(&s->data);
    s->has_data = false;
    return r;
}

static int add_data(struct stream_sse *s, const char *value, struct bd_err *err)
{
    size_t bytes = strlen(value);
    if (bytes >= STREAM_LINE_MAX - s->data.len)
        return bd_err_set(err, -EPROTO, "the stream has an event of more than %zu MiB",
                          STREAM_LINE_MAX >> 20);
    if (s->has_data)
        bd_str_add(&s->data, "\n");
    bd_str_addn(&s->data, value, bytes);
    s->has_data = true;
    return 0;
}

/* One line as the WHATWG standard (section 9.2.6) reads it: "field: value", ": comment" or empty.
 */
static int on_sse_line(const char *line, size_t bytes, void *arg, struct bd_err *err)
{
    struct stream_sse *s = arg;
    if (!s->begun && bd_starts_with(line, "\xef\xbb\xbf"))
        line += 3;
    s->begun = true;
    if (line[0] == '\0')
        return bytes ? 0 : dispatch(s, err);
    size_t name = strcspn(line, ":");
    const char *value = line + name + (line[name] == ':');
    value += value[0] == ' ';
    if (name == 4 && memcmp(line, "data", 4) == 0)
        return add_data(s, value, err);
    if (name == 5 && memcmp(line, "event", 5) == 0)
        set_text(&s->kind, value);
    else if (name == 2 && memcmp(line, "id", 2) == 0 && strlen(line) == bytes)
        set_text(&s->id, value);
    return 0;
}

void stream_sse_init(struct stream_sse *s, stream_event_fn on_event, void *arg)
{
    *s = (struct stream_sse){
        .on_event = on_event,
        .arg = arg,
        .lines = {.on_line = on_sse_line, .arg = s, .cr_ends = true},
    };
}

int stream_sse_feed(struct stream_sse *s, const char *data, size_t bytes, struct bd_err *err)
{
    return stream_lines_feed(&s->lines, data, bytes, err);
}

void stream_sse_restart(struct stream_sse *s)
{
    bd_str_clear(&s->lines.line);
    set_text(&s->id, bd_str_text(&s->last_id));
    bd_str_clear(&s->kind);
    bd_str_clear(&s->data);
    s->lines.skip_lf = s->has_data = s->begun = false;
}

void stream_sse_done(struct stream_sse *s)
{
    stream_lines_done(&s->lines);
    bd_str_done(&s->last_id);
    bd_str_done(&s->id);
    bd_str_done(&s->kind);
    bd_str_done(&s->data);
}
