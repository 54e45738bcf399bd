/* The directory that a command begins in, and the programs that it needs. */
#include "lib/artifact/artifact.h"
#include "lib/base/clock.h"
#include "lib/base/fs.h"
#include "lib/base/par.h"
#include "lib/workload/command.h"
#include "lib/workload/output.h"
#include "lib/workload/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WIDTH           8 /* nodes at once */
#define MAKE_NS         (30 * BD_NS_PER_S)
#define LOOK_NS         (20 * BD_NS_PER_S)
#define INPUT_BYTES_MAX (UINT64_C(1) << 40)

bool workdir_is_wanted(const json_t *spec)
{
    return json_object_get(spec, "files") || json_object_get(spec, "outputs") ||
           json_object_get(spec, "inputs");
}

/*
 * Where the command may run, each with a directory of its own: the controller, or all compute
 * nodes, as which of them the scheduler takes is its affair. The nodes of a job that are one
 * (sched_job's `dir`) have one each as well.
 */
struct places {
    const struct node_plan *nodes;
    size_t n;
    bool in_one;
};

static struct places places_of(const struct workload_input *in)
{
    const struct cluster_plan *plan = in->plan;
    size_t controllers = plan->spec.controllers;
    unsigned nodes = workload_nodes(in->spec, &plan->spec);
    if (command_is_on_controller(in->spec))
        return (struct places){.nodes = plan->nodes, .n = 1};
    if (plan->spec.bare && nodes > 1)
        return (struct places){.nodes = plan->nodes, .n = nodes, .in_one = true};
    return (struct places){.nodes = &plan->nodes[controllers], .n = plan->n_nodes - controllers};
}

static const struct node_plan *node_at(const struct places *p, size_t index)
{
    return &p->nodes[p->in_one ? 0 : index];
}

/* Its directory, or a file there; caller frees. */
static char *path_at(const struct places *p, size_t index, const char *name)
{
    bd_auto_str struct bd_str path = {0};
    bd_str_add(&path, WORKDIR);
    if (p->in_one)
        bd_str_addf(&path, "/%zu", index + 1);
    if (name)
        bd_str_addf(&path, "/%s", name);
    return bd_str_take(&path);
}

/* What a file of it is called among those of the run; caller frees. */
static char *kept_as(const struct places *p, size_t index, const char *name)
{
    const char *node = node_at(p, index)->name;
    return p->in_one ? bd_xasprintf("%s-%zu-%s", node, index + 1, name)
                     : bd_xasprintf("%s-%s", node, name);
}

/* A script with words after it, which it has as "$@". */
static int run_script(const struct workload_input *in, const struct node_plan *node,
                      const char *script, const char *const *words, int64_t timeout_ns,
                      struct bd_proc_result *ret, struct bd_err *err)
{
    bd_auto_strv struct bd_strv argv = {0};
    bd_strv_add(&argv, "/bin/sh");
    bd_strv_add(&argv, "-c");
    bd_strv_add(&argv, script);
    bd_strv_add(&argv, "benchd");
    for (; *words; words++)
        bd_strv_add(&argv, *words);
    const struct channel_cmd cmd = {
        .node = node,
        .argv = (const char *const *)argv.items,
        .timeout_ns = timeout_ns,
        .cancel = in->cancel,
    };
    int rc = channel_exec(in->channel, &cmd, ret, err);
    if (rc < 0 || ret->exit_code == 0)
        return rc;
    bd_auto_str struct bd_str said = {0};
    output_lines_of(bd_str_text(&ret->err), ret->err.len, &said);
    return bd_err_set(err, BD_EWORKLOAD, "exit code %d: %s", ret->exit_code, bd_str_text(&said));
}

/* --------------------------------------------------------------------------------------- making */

struct making {
    const struct workload_input *in;
    struct places places;
    int *inputs; /* what the spec's `inputs` have in them, for all nodes to read */
};

static int put_file(const struct making *m, size_t place, const json_t *file, struct bd_err *err)
{
    char digest[BD_DIGEST_BYTES];
    const char *name = bd_json_str(file, "path", "");
    const json_t *content = json_object_get(file, "content");
    bd_auto_free char *path = path_at(&m->places, place, name);
    bd_auto_fd int fd = memfd_create("file", MFD_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "make a file in memory");
    int rc = bd_write_all(fd, json_string_value(content), json_string_length(content));
    if (rc < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return bd_err_errno(err, rc < 0 ? -rc : errno, "write a file in memory");
    rc = channel_put(m->in->channel, node_at(&m->places, place), fd, path,
                     bd_json_bool(file, "executable", 0) ? 0755 : 0644, digest, err);
    return rc < 0 ? bd_err_wrap(err, "its file %s", name) : 0;
}

static int open_inputs(const struct workload_input *in, int *fds, struct bd_err *err)
{
    const json_t *inputs = json_object_get(in->spec, "inputs"), *input;
    bd_auto_fd int objects = -1;
    size_t i;
    int rc = json_array_size(inputs) ? artifact_dir_open(in->inputs_dir, &objects, err) : 0;
    json_array_foreach (inputs, i, input) {
        if (rc == 0)
            rc = artifact_open_up_to(objects, bd_json_str(input, "digest", ""), INPUT_BYTES_MAX,
                                     &fds[i], err);
        if (rc < 0)
            return bd_err_wrap(err, "the input %s", bd_json_str(input, "name", ""));
    }
    return rc;
}

/* Each node reads by a descriptor of its own: a copy of one would share its place. */
static int put_input(const struct making *m, size_t place, size_t index, struct bd_err *err)
{
    char got[BD_DIGEST_BYTES];
    const json_t *input = json_array_get(json_object_get(m->in->spec, "inputs"), index);
    const char *name = bd_json_str(input, "name", ""), *digest = bd_json_str(input, "digest", "");
    bd_auto_free char *path = path_at(&m->places, place, name);
    bd_auto_free char *self = bd_xasprintf("/proc/self/fd/%d", m->inputs[index]);
    bd_auto_fd int fd = open(self, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bd_err_errno(err, errno, "open the input %s", name);
    int rc = channel_put(m->in->channel, node_at(&m->places, place), fd, path, 0644, got, err);
    if (rc == 0 && strcmp(got, digest) != 0)
        rc = bd_err_set(err, BD_ECORRUPT, "what came to the node is %s, and not %s", got, digest);
    return rc < 0 ? bd_err_wrap(err, "its input %s", name) : 0;
}

static int make_at(size_t place, void *arg, struct bd_err *err)
{
    const struct making *m = arg;
    size_t i;
    const struct node_plan *node = node_at(&m->places, place);
    const json_t *file;
    bd_auto_free char *dir = path_at(&m->places, place, NULL);
    const char *const words[] = {dir, NULL};
    bd_auto_proc_result struct bd_proc_result result = {0};
    int rc = run_script(m->in, node, "rm -rf -- \"$1\" && mkdir -p -- \"$1\"", words, MAKE_NS,
                        &result, err);
    json_array_foreach (json_object_get(m->in->spec, "files"), i, file)
        if (rc == 0)
            rc = put_file(m, place, file, err);
    for (i = 0; rc == 0 && i < json_array_size(json_object_get(m->in->spec, "inputs")); i++)
        rc = put_input(m, place, i, err);
    return rc < 0 ? bd_err_wrap(err, "make the command's directory %s on node %s", dir, node->name)
                  : 0;
}

int workdir_make(const struct workload_input *in, struct bd_err *err)
{
    size_t n_inputs = json_array_size(json_object_get(in->spec, "inputs"));
    bd_auto_free int *inputs = bd_xcalloc(n_inputs + 1, sizeof(*inputs));
    struct making m = {in, places_of(in), inputs};
    for (size_t i = 0; i < n_inputs; i++)
        inputs[i] = -1;
    int rc = open_inputs(in, inputs, err);
    if (rc == 0)
        rc = bd_par_for(m.places.n, WIDTH, make_at, &m, in->cancel, err);
    for (size_t i = 0; i < n_inputs; i++)
        bd_cleanup_fd(&inputs[i]);
    return rc;
}

/* ------------------------------------------------------------------------------------- fetching */

struct fetching {
    const struct workload_input *in;
    struct places places;
    const json_t *outputs;
    bool *found;        /* by place, then output */
    struct bd_err *why; /* by place */
};

/* What is not there is looked for by metrics and checks, which say so. */
static int fetch_from(size_t place, void *arg, struct bd_err *err BD_UNUSED)
{
    struct fetching *f = arg;
    size_t i, wide = json_array_size(f->outputs);
    const struct node_plan *node = node_at(&f->places, place);
    const json_t *output;
    json_array_foreach (f->outputs, i, output) {
        bd_auto_free char *path = path_at(&f->places, place, json_string_value(output));
        bd_auto_free char *kept = kept_as(&f->places, place, json_string_value(output));
        struct bd_err why = BD_ERR_INIT;
        int rc = logs_fetch(f->in, node, path, kept, OUTPUT_BYTES_MAX, &why);
        f->found[place * wide + i] = rc == 0;
        if (rc < 0 && rc != -ENOENT && f->why[place].code == 0) {
            bd_err_wrap(&why, "fetch %s of node %s", path, node->name);
            bd_err_copy(&f->why[place], &why);
        }
    }
    return 0;
}

static json_t *found_json(const struct fetching *f)
{
    size_t i, wide = json_array_size(f->outputs);
    const json_t *output;
    json_t *json = json_object();
    json_array_foreach (f->outputs, i, output) {
        json_t *files = json_array();
        const char *name = json_string_value(output);
        for (size_t place = 0; place < f->places.n; place++) {
            bd_auto_free char *kept = kept_as(&f->places, place, name);
            if (f->found[place * wide + i])
                json_array_append_new(files, json_string(kept));
        }
        json_object_set_new(json, name, files);
    }
    return json;
}

int workdir_fetch(const struct workload_input *in, struct bd_err *err)
{
    struct fetching f = {
        .in = in,
        .places = places_of(in),
        .outputs = json_object_get(in->spec, "outputs"),
    };
    size_t n = f.places.n;
    if (json_array_size(f.outputs) == 0)
        return 0;
    bd_auto_free bool *found = f.found = bd_xcalloc(n * json_array_size(f.outputs), sizeof(bool));
    bd_auto_free struct bd_err *why = f.why = bd_xcalloc(n, sizeof(*why));
    int rc = bd_par_for(n, WIDTH, fetch_from, &f, in->cancel, err);
    bd_auto_json json_t *json = found_json(&f);
    int kept = rundir_write_json(in->dir_fd, COMMAND_OUTPUTS, json, rc < 0 ? NULL : err);
    for (size_t i = 0; rc == 0 && kept == 0 && i < n; i++) {
        if (why[i].code == 0)
            continue;
        bd_err_copy(err, &why[i]);
        rc = why[i].code;
    }
    return rc < 0 ? rc : kept;
}

/* ------------------------------------------------------------------------------------- programs */

static void join(const json_t *list, struct bd_str *out)
{
    const json_t *item;
    size_t i;
    json_array_foreach (list, i, item)
        bd_str_addf(out, "%s%s", i ? ", " : "", json_string_value(item));
}

int programs_check(const struct workload_input *in, struct bd_err *err)
{
    const json_t *needs = json_object_get(in->spec, "needs");
    const json_t *programs = json_object_get(needs, "programs");
    bd_auto_proc_result struct bd_proc_result result = {0};
    bd_auto_free const char **words = command_argv(programs);
    bd_auto_str struct bd_str packages = {0};
    const struct places places = places_of(in);
    if (json_array_size(programs) == 0)
        return 0;
    /* All nodes are of one image. */
    int rc = run_script(in, node_at(&places, 0),
                        "for p do command -v \"$p\" >/dev/null || printf ' %s' \"$p\"; done", words,
                        LOOK_NS, &result, err);
    if (rc < 0)
        return bd_err_wrap(err, "look for the programs that the workload needs");
    if (result.out.len == 0)
        return 0;
    join(json_object_get(needs, "packages"), &packages);
    return bd_err_set(err, BD_EUNSUPPORTED,
                      "the image %s lacks what the workload needs:%s; take an image with %s%s",
                      in->plan->spec.image, bd_str_text(&result.out),
                      packages.len ? "the packages " : "these programs", bd_str_text(&packages));
}
