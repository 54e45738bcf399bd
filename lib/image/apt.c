#include "lib/image/apt.h"

#include <errno.h>
#include <string.h>

/* Output of a program; "" where it is not installed or fails: then the host has nothing to say. */
static int ask(const struct image_job *job, const char *const *argv, char **ret_text,
               struct bd_err *err)
{
    bd_auto_proc_result struct bd_proc_result ret = {0};
    struct bd_err why = BD_ERR_INIT;
    int rc = image_job_run(job, &(struct bd_proc){.argv = argv}, &ret, &why);
    if (rc < 0 && rc != -ENOENT) {
        bd_err_copy(err, &why);
        return rc;
    }
    char *text = rc == 0 && ret.exit_code == 0 ? bd_str_take(&ret.out) : NULL;
    *ret_text = text ? text : bd_xstrdup("");
    return 0;
}

/* Cuts the next line from *text, and up to n fields from it; false at the end. */
static bool next_line(char **text, char **fields, size_t n)
{
    if (**text == '\0')
        return false;
    char *line = *text;
    size_t len = strcspn(line, "\n");
    *text = line + len + (line[len] == '\n');
    line[len] = '\0';
    for (size_t i = 0; i < n; i++) {
        fields[i] = line;
        line += strcspn(line, "\t");
        if (*line)
            *line++ = '\0';
    }
    return true;
}

/* Debian calls the archives of one release "bookworm", "bookworm-updates", "bookworm-security"; any
 * other ("bookworm-proposed-updates", backports) is not what a release is made of. */
static const char *archive_suffix(const char *codename)
{
    static const char *const known[] = {"-updates", "-security"};
    const char *suffix = strchr(codename, '-');
    if (!suffix)
        return "";
    for (size_t i = 0; i < BD_ARRAY_LEN(known); i++) {
        if (strcmp(suffix, known[i]) == 0)
            return known[i];
    }
    return NULL;
}

void apt_sources_from_targets(const char *targets, const char *suite, const char *components,
                              struct bd_strv *ret_lines)
{
    bd_auto_free char *copy = bd_xstrdup(targets);
    char *rest = copy;
    char *fields[3]; /* as APT_TARGETS_FORMAT says */
    while (next_line(&rest, fields, BD_ARRAY_LEN(fields))) {
        const char *uri = fields[1], *suffix = archive_suffix(fields[2]);
        bool is_web = bd_starts_with(uri, "http://") || bd_starts_with(uri, "https://");
        if (!bd_str_eq(fields[0], "Debian") || *fields[2] == '\0' || !suffix || !is_web)
            continue;
        bd_auto_free char *line = bd_xasprintf("deb %s %s%s %s", uri, suite, suffix, components);
        if (!bd_strv_has(ret_lines, line)) /* one target a component and architecture */
            bd_strv_add(ret_lines, line);
    }
}

int apt_host_sources(const struct image_job *job, const char *suite, const char *components,
                     struct bd_strv *ret_lines, struct bd_err *err)
{
    static const char *const argv[] = {"apt-get",          "indextargets",         "--format",
                                       APT_TARGETS_FORMAT, "Created-By: Packages", NULL};
    bd_auto_free char *text = NULL;
    int rc = ask(job, argv, &text, err);
    if (rc < 0)
        return rc;
    apt_sources_from_targets(text, suite, components, ret_lines);
    return 0;
}

int apt_host_transport(const struct image_job *job, struct bd_strv *ret_lines, struct bd_err *err)
{
    static const char *const argv[] = {"apt-config", "dump", "--no-empty", NULL};
    bd_auto_free char *text = NULL;
    int rc = ask(job, argv, &text, err);
    if (rc < 0)
        return rc;
    char *rest = text;
    for (char *line; next_line(&rest, &line, 1);) {
        if (bd_starts_with(line, "Acquire::http::") || bd_starts_with(line, "Acquire::https::"))
            bd_strv_add(ret_lines, line);
    }
    return 0;
}
