#include "lib/image/tar.h"

#include "lib/image/job.h"

#include <string.h>

#define LINE_BYTES_MAX ((size_t)1 << 16)

/* What tar says, split into lines. */
struct listing {
    image_tar_line_fn on_line;
    void *arg;
    struct bd_str line;
    struct bd_str complaints; /* its stderr */
    struct bd_err err;        /* why a line was refused */
};

static int take_line(struct listing *l)
{
    int rc = l->on_line ? l->on_line(bd_str_text(&l->line), l->arg, &l->err) : 0;
    bd_str_clear(&l->line);
    return rc;
}

static int on_output(enum bd_stream stream, const char *data, size_t bytes, void *arg)
{
    struct listing *l = arg;
    if (stream == BD_STDERR) {
        if (l->complaints.len + bytes <= LINE_BYTES_MAX)
            bd_str_addn(&l->complaints, data, bytes);
        return 0;
    }
    while (bytes > 0) {
        const char *newline = memchr(data, '\n', bytes);
        size_t part = newline ? (size_t)(newline - data) : bytes;
        if (l->line.len + part > LINE_BYTES_MAX)
            return bd_err_set(&l->err, BD_EINVALID, "it holds a path of more than %zu bytes",
                              LINE_BYTES_MAX);
        bd_str_addn(&l->line, data, part);
        int rc = newline ? take_line(l) : 0;
        if (rc < 0)
            return rc;
        part += newline != NULL;
        data += part;
        bytes -= part;
    }
    return 0;
}

/* BD_ECHILD with tar's first words (what follows them is "exiting due to previous errors"). */
static int tar_failed(struct listing *l, struct bd_err *err)
{
    const char *words = bd_str_text(&l->complaints);
    size_t len = strcspn(words, "\n");
    if (strstr(words, "No space left"))
        return bd_err_set(err, BD_ENOCAPACITY, "the disk is full (%.*s): make room", (int)len,
                          words);
    return bd_err_set(err, BD_ECHILD, "%.*s", (int)len, len > 0 ? words : "tar failed");
}

int image_tar_run(const struct image_job *job, const char *const *argv, image_tar_line_fn on_line,
                  void *arg, struct bd_err *err)
{
    struct listing listing = {.on_line = on_line, .arg = arg};
    bd_auto_proc_result struct bd_proc_result ret = {0};
    int rc = image_job_run(
        job, &(struct bd_proc){.argv = argv, .on_output = on_output, .arg = &listing}, &ret, err);
    if (rc < 0 && listing.err.code)
        bd_err_copy(err, &listing.err);
    else if (rc >= 0 && ret.exit_code != 0)
        rc = tar_failed(&listing, err);
    bd_str_done(&listing.line);
    bd_str_done(&listing.complaints);
    return rc;
}
