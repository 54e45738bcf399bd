#include "lib/image/job.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Killed processes are gone in milliseconds, unless the disk holds them. */
#define GONE_MS 10000

#define LINE_BYTES 256

void image_job_tell(const struct image_job *job, const char *fmt, ...)
{
    if (!job->on_progress)
        return;
    char line[LINE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    job->on_progress(line, job->arg);
}

/* "populated 1" while anything lives in the cgroup; a change of the file is told by POLLPRI. */
static bool is_populated(int events)
{
    char text[256];
    ssize_t n = pread(events, text, sizeof(text) - 1, 0);
    if (n <= 0)
        return false;
    text[n] = '\0';
    return strstr(text, "populated 1") != NULL;
}

/* Signals don't reach what has made itself a session or a namespace of its own; this does. */
static void end_all(const struct image_job *job)
{
    if (!job->cgroup_dir)
        return;
    bd_auto_free char *kill_path = bd_xasprintf("%s/cgroup.kill", job->cgroup_dir);
    bd_auto_free char *events_path = bd_xasprintf("%s/cgroup.events", job->cgroup_dir);
    bd_auto_fd int kill = open(kill_path, O_WRONLY | O_CLOEXEC);
    bd_auto_fd int events = open(events_path, O_RDONLY | O_CLOEXEC);
    if (kill < 0 || events < 0 || bd_write_all(kill, "1", 1) < 0)
        return;
    int64_t end_ns = bd_mono_ns() + GONE_MS * BD_NS_PER_MS;
    while (is_populated(events)) {
        int64_t left_ms = (end_ns - bd_mono_ns()) / BD_NS_PER_MS;
        if (left_ms <= 0)
            return;
        struct pollfd news = {.fd = events, .events = POLLPRI};
        poll(&news, 1, (int)left_ms);
    }
}

int image_job_run(const struct image_job *job, const struct bd_proc *proc,
                  struct bd_proc_result *ret, struct bd_err *err)
{
    bd_auto_strv struct bd_strv argv = {0};
    if (job->bench_enter && job->cgroup_dir) {
        bd_strv_add(&argv, job->bench_enter);
        bd_strv_add(&argv, "--cgroup");
        bd_strv_add(&argv, job->cgroup_dir);
        bd_strv_add(&argv, "--");
    }
    for (size_t i = 0; proc->argv[i]; i++)
        bd_strv_add(&argv, proc->argv[i]);
    struct bd_proc wrapped = {
        .argv = (const char *const *)argv.items,
        .env = proc->env,
        .cancel = job->cancel,
        .on_output = proc->on_output,
        .arg = proc->arg,
    };
    int rc = bd_proc_run(&wrapped, ret, err);
    if (rc < 0)
        end_all(job);
    return rc;
}

const char *image_last_line(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        len--;
    text[len] = '\0';
    char *newline = strrchr(text, '\n');
    return newline ? newline + 1 : text;
}

int image_job_check(const struct image_job *job, const char *const *argv, const char *const *env,
                    struct bd_err *err)
{
    bd_auto_proc_result struct bd_proc_result ret = {0};
    int rc = image_job_run(job, &(struct bd_proc){.argv = argv, .env = env}, &ret, err);
    if (rc < 0)
        return rc;
    if (ret.exit_code == 0)
        return 0;
    bd_auto_free char *words = bd_str_take(&ret.err);
    return bd_err_set(err, BD_ECHILD, "%s ended with %s %d: %s", argv[0],
                      ret.signal ? "signal" : "exit code", ret.signal ? ret.signal : ret.exit_code,
                      words ? image_last_line(words) : "it said nothing");
}
