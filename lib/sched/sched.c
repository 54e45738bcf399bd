#include "lib/sched/sched.h"

#include "lib/base/str.h"
#include "lib/sched/flux.h"
#include "lib/sched/none.h"
#include "lib/sched/null.h"
#include "lib/sched/slurm.h"

#include <string.h>

const struct sched *const scheds[] = {&sched_slurm, &sched_flux, &sched_null, &sched_none, NULL};

const struct sched *sched_find(const char *name)
{
    for (size_t i = 0; scheds[i]; i++)
        if (bd_str_eq(scheds[i]->name, name))
            return scheds[i];
    return NULL;
}

const struct sched *sched_of(const struct cluster_spec *spec)
{
    const struct sched *sched = sched_find(spec->scheduler);
    return sched && spec->under_slurm ? sched->under_slurm : sched;
}

void sched_records_done(struct sched_records *r)
{
    free(r->items);
    *r = (struct sched_records){0};
}

void sched_records_add(struct sched_records *r, const struct sched_record *record)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 64;
        r->items = bd_xrealloc(r->items, r->cap * sizeof(*r->items));
    }
    r->items[r->n++] = *record;
}

char *sched_option_pointer(const char *key)
{
    struct bd_str pointer = {0};
    bd_str_add(&pointer, "/scheduler/options/");
    for (const char *s = key; *s; s++)
        if (*s == '~')
            bd_str_add(&pointer, "~0");
        else if (*s == '/')
            bd_str_add(&pointer, "~1");
        else
            bd_str_addn(&pointer, s, 1);
    return bd_str_take(&pointer);
}

int sched_records_lines(const char *text, size_t bytes, struct sched_records *records,
                        int (*read_line)(const char *, size_t, struct sched_records *,
                                         struct bd_err *),
                        struct bd_err *err)
{
    size_t n_before = records->n;
    for (const char *at = text, *end = text + bytes; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = newline ? (size_t)(newline - at) : (size_t)(end - at);
        records->lines++;
        int rc = n ? read_line(at, n, records, err) : 0;
        if (rc < 0) {
            records->n = n_before;
            return rc;
        }
        at += n + 1;
    }
    return 0;
}

/* The uuid without its dashes: 32 hexadecimal digits, as machine-id(5) wants them. */
static void add_machine_id(const struct node_plan *node, struct node_files *files)
{
    char id[BD_UUID_BYTES];
    size_t n = 0;
    for (const char *s = node->uuid; *s; s++)
        if (*s != '-')
            id[n++] = *s;
    node_files_addf(files, "/etc/machine-id", 0444, "%.*s\n", (int)n, id);
}

void sched_identity_files(const struct cluster_plan *plan, size_t node, struct node_files *files)
{
    const struct node_plan *self = &plan->nodes[node];
    bd_auto_str struct bd_str hosts = {0};

    bd_str_add(&hosts, "127.0.0.1 localhost\n::1 localhost\n");
    for (size_t i = 0; i < plan->n_nodes; i++)
        bd_str_addf(&hosts, "%s %s\n", plan->nodes[i].address, plan->nodes[i].name);

    node_files_addf(files, "/etc/hostname", 0644, "%s\n", self->name);
    node_files_add(files, "/etc/hosts", 0644, 0, 0, hosts.data, hosts.len);
    node_files_add(files, "/etc/resolv.conf", 0644, 0, 0, "", 0); /* nobody to ask */
    add_machine_id(self, files);
    /* Where jobs leave their records. The directory is root's: a file in one that anybody may write
     * in could not be opened by others (fs.protected_regular). */
    node_files_addf(files, "/etc/tmpfiles.d/benchd.conf", 0644,
                    "d " SCHED_RECORDS_DIR " 0755 root root -\n"
                    "f " SCHED_JOB_RECORDS " 0666 root root -\n");
}
