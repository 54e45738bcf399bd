#include "lib/crate/metadata.h"

#include "lib/base/clock.h"
#include "lib/base/jsonscan.h"
#include "lib/crate/list.h"

#include <stdio.h>
#include <string.h>

#define RO_CRATE     "https://w3id.org/ro/crate/1.1"
#define WORKFLOW     "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
#define PROCESS_RUN  "https://w3id.org/ro/wfrun/process/0.5"
#define WORKFLOW_RUN "https://w3id.org/ro/wfrun/workflow/0.5"
#define TERMS        "https://w3id.org/ro/terms/workflow-run/context"
#define BENCHD       "#benchd"
#define SIGNER       "#signer"
#define LANGUAGE     "#spec-language"
#define LICENSE      "#license"
#define CAMPAIGN     "#campaign"
#define SPEC         "spec.json"

/* -- words for files -- */

static const struct {
    const char *name, *words;
} notes[] = {
    {"README.md", "what is in this crate, and how to check it"},
    {"analysis.json", "the cells compared, with the verdict and its reasons"},
    {"campaign.json", "the campaign: state, times, numbers"},
    {"hosts/", "what the host was like while runs of this campaign were measured on it"},
    {"images/",
     "every package of the image with this digest; the image itself is not in the crate: "
     "'benchctl image export sha256:DIGEST FILE', GET /v1/images/sha256:DIGEST/content"},
    {"plan.json", "cells with their levels and specs, and the order of the runs"},
    {"runs.json", "every run: metrics, grade, conditions, steps"},
    {CRATE_KEY, "the public key that checks the signature"},
    {CRATE_LIST, "the SHA-256 of every other file"},
    {CRATE_SIGNATURE, "Ed25519 signature of the bytes of that list"},
    {"workloads/",
     "the definition of a workload: the command that its parameters make, and what is "
     "read from its output"},
};

static const struct {
    const char *suffix, *type;
} types[] = {
    {".json", "application/json"},      {".csv", "text/csv"},   {".md", "text/markdown"},
    {".pub", "application/x-pem-file"}, {".txt", "text/plain"}, {".log", "text/plain"},
};

static const char *type_of(const char *name)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(types); i++)
        if (bd_ends_with(name, types[i].suffix))
            return types[i].type;
    return "application/octet-stream";
}

static const char *words_of(const char *name)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(notes); i++)
        if (strcmp(notes[i].name, name) == 0 ||
            (bd_ends_with(notes[i].name, "/") && bd_starts_with(name, notes[i].name)))
            return notes[i].words;
    return NULL;
}

/* -- entities: one a line, handed on in pieces -- */

#define PIECE_BYTES 65536

struct writing {
    struct bd_str text;
    crate_metadata_put_fn put;
    void *arg;
    struct bd_err *err;
    int rc; /* of the first piece that could not be handed on */
};

static void hand_on(struct writing *w)
{
    if (w->rc == 0 && w->text.len)
        w->rc = w->put(w->arg, w->text.data, w->text.len, w->err);
    bd_str_clear(&w->text);
}

static void put(struct writing *w, const char *text)
{
    bd_str_add(&w->text, text);
    if (w->text.len >= PIECE_BYTES)
        hand_on(w);
}

static json_t *ref(const char *id)
{
    return json_pack("{s:s}", "@id", id);
}

static void refer(json_t *list, const char *id)
{
    json_array_append_new(list, ref(id));
}

/* With "+00:00": validators of RO-Crates want an offset in digits. */
static void set_time(json_t *to, const char *name, int64_t wall_ns)
{
    char text[BD_RFC3339_BYTES];
    if (!wall_ns)
        return;
    bd_rfc3339(wall_ns, text);
    json_object_set_new(to, name, json_sprintf("%.*s+00:00", (int)strcspn(text, "Z"), text));
}

/* Takes it over. */
static void add(struct writing *w, json_t *entity)
{
    bd_auto_free char *text = bd_json_text(entity);
    put(w, ",\n");
    put(w, text);
    json_decref(entity);
}

static void add_named(struct writing *w, const char *id, const char *type, const char *name,
                      const char *key, const char *value)
{
    json_t *entity = json_pack("{s:s, s:s, s:s}", "@id", id, "@type", type, "name", name);
    if (value)
        json_object_set_new(entity, key, json_string(value));
    add(w, entity);
}

static void begin(struct writing *w)
{
    bd_auto_json json_t *self =
        json_pack("{s:s, s:s, s:o, s:[o, o]}", "@id", CRATE_METADATA, "@type", "CreativeWork",
                  "about", ref("./"), "conformsTo", ref(RO_CRATE), ref(WORKFLOW));
    bd_auto_free char *text = bd_json_text(self);
    put(w, "{\"@context\":[\"" RO_CRATE "/context\",\"" TERMS "\"],\"@graph\":[\n");
    put(w, text);
}

/* A list as long as the crate, which is not put together first. Names need no escapes. */
static void put_refs(struct writing *w, const char *name, size_t n,
                     const char *(*id_of)(const void *items, size_t i), const void *items)
{
    put(w, "\"");
    put(w, name);
    put(w, "\":[");
    for (size_t i = 0; i < n; i++) {
        put(w, "{\"@id\":\"");
        put(w, id_of(items, i));
        put(w, "\"},");
    }
}

static const char *file_id(const void *files, size_t i)
{
    return ((const struct crate_file *)files)[i].name;
}

static const char *run_id(const void *runs, size_t i)
{
    static _Thread_local char id[32];
    snprintf(id, sizeof(id), "#run-%s", ((const struct crate_action *)runs)[i].id);
    return id;
}

static void add_root(struct writing *w, const struct crate_about *about,
                     const struct crate_file *files, size_t n)
{
    bd_auto_free char *words =
        bd_xasprintf("Campaign %s of benchd: its spec and plan, every run with its raw records, "
                     "samples and metrics, and what was concluded",
                     about->id);
    bd_auto_json json_t *root =
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:[o, o, o], s:o}", "@id", "./", "@type", "Dataset",
                  "name", about->name, "description", words, "license", ref(LICENSE), "conformsTo",
                  ref(PROCESS_RUN), ref(WORKFLOW_RUN), ref(WORKFLOW), "mainEntity", ref(SPEC));
    set_time(root, "datePublished", about->ended_ns);
    bd_auto_free char *text = bd_json_text(root);
    text[strlen(text) - 1] = '\0'; /* its members go on */
    put(w, ",\n");
    put(w, text);
    put(w, ",");
    put_refs(w, "hasPart", n, file_id, files);
    put(w, "{\"@id\":\"" CRATE_LIST "\"},{\"@id\":\"" CRATE_SIGNATURE "\"}],");
    put_refs(w, "mentions", about->n_runs, run_id, about->runs);
    put(w, "{\"@id\":\"" CAMPAIGN "\"}]}");
}

static void add_context(struct writing *w, const struct crate_about *about)
{
    add_named(w, PROCESS_RUN, "CreativeWork", "Process Run Crate", "version", "0.5");
    add_named(w, WORKFLOW_RUN, "CreativeWork", "Workflow Run Crate", "version", "0.5");
    add_named(w, WORKFLOW, "CreativeWork", "Workflow RO-Crate", "version", "1.0");
    add_named(w, BENCHD, "SoftwareApplication", "benchd", "softwareVersion", about->version);
    add_named(w, SIGNER, "Organization", "who has the key that signed this crate", "identifier",
              about->fingerprint);
    add_named(w, LANGUAGE, "ComputerLanguage", "specification of a benchd campaign", "version",
              "benchd/v1");
    add_named(w, LICENSE, "CreativeWork", about->license ? about->license : "not stated",
              "description",
              about->license ? "as the label 'license' of the campaign's spec says"
                             : "The campaign's spec has no label 'license': ask who made it.");
}

static void add_file(struct writing *w, const struct crate_about *about, const char *name,
                     const struct crate_file *file)
{
    const char *words = words_of(name);
    json_t *entity =
        json_pack("{s:s, s:s, s:s}", "@id", name, "@type", "File", "encodingFormat", type_of(name));
    if (strcmp(name, SPEC) == 0) {
        json_object_set_new(
            entity, "@type",
            json_pack("[s, s, s]", "File", "SoftwareSourceCode", "ComputationalWorkflow"));
        json_object_set_new(entity, "name", json_string("the campaign's spec, resolved"));
        json_object_set_new(entity, "programmingLanguage", ref(LANGUAGE));
        json_object_set_new(entity, "version", json_string(about->digest));
    }
    if (words)
        json_object_set_new(entity, "description", json_string(words));
    if (strcmp(name, "README.md") == 0)
        json_object_set_new(entity, "about", ref("./"));
    if (file) {
        char hex[2 * CRATE_SHA_BYTES + 1];
        bd_hex(file->sha256, CRATE_SHA_BYTES, hex);
        json_object_set_new(entity, "sha256", json_string(hex));
        json_object_set_new(entity, "contentSize",
                            json_sprintf("%llu", (unsigned long long)file->bytes));
    }
    add(w, entity);
}

static json_t *action(const char *id, const char *name, const char *words, const char *instrument,
                      const char *error)
{
    json_t *entity = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:s}", "@id", id, "@type", "CreateAction", "name", name,
        "description", words, "instrument", ref(instrument), "agent", ref(SIGNER), "actionStatus",
        error ? "http://schema.org/FailedActionStatus" : "http://schema.org/CompletedActionStatus");
    if (error)
        json_object_set_new(entity, "error", json_string(error));
    return entity;
}

static void add_campaign(struct writing *w, const struct crate_about *about,
                         const struct crate_file *files, size_t n)
{
    bd_auto_free char *name = bd_xasprintf("campaign %s", about->id);
    json_t *entity = action(CAMPAIGN, name, about->name, SPEC, about->error);
    json_t *objects = json_array(), *results = json_array();
    for (size_t i = 0; i < n; i++) {
        const char *file = files[i].name;
        if (bd_starts_with(file, "images/") || bd_starts_with(file, "hosts/") ||
            bd_starts_with(file, "workloads/"))
            refer(objects, file);
        else if (strcmp(file, "runs.json") == 0 || strcmp(file, "analysis.json") == 0)
            refer(results, file);
    }
    json_object_set_new(entity, "object", objects);
    json_object_set_new(entity, "result", results);
    set_time(entity, "startTime", about->started_ns);
    set_time(entity, "endTime", about->ended_ns);
    add(w, entity);
}

/* Runs and files have one order: those of the next run are where those of this one end. */
static size_t add_run(struct writing *w, const struct crate_action *run,
                      const struct crate_file *files, size_t n, size_t at)
{
    bd_auto_free char *id = bd_xasprintf("#run-%s", run->id);
    bd_auto_free char *folder = bd_xasprintf("runs/%s/", run->id);
    bd_auto_free char *name = bd_xasprintf("run %s", run->id);
    json_t *entity = action(id, name, run->what, BENCHD, run->error);
    json_t *objects = json_array(), *results = json_array();
    refer(objects, SPEC);
    if (run->host)
        refer(objects, run->host);
    while (at < n && strcmp(files[at].name, folder) < 0)
        at++;
    for (; at < n && bd_starts_with(files[at].name, folder); at++)
        refer(results, files[at].name);
    json_object_set_new(entity, "object", objects);
    json_object_set_new(entity, "result", results);
    set_time(entity, "startTime", run->started_ns);
    set_time(entity, "endTime", run->ended_ns);
    add(w, entity);
    return at;
}

int crate_metadata_write(const struct crate_about *about, const struct crate_file *files, size_t n,
                         crate_metadata_put_fn put_piece, void *arg, struct bd_err *err)
{
    struct writing w = {.put = put_piece, .arg = arg, .err = err};
    begin(&w);
    add_root(&w, about, files, n);
    add_context(&w, about);
    add_campaign(&w, about, files, n);
    for (size_t i = 0, at = 0; i < about->n_runs; i++)
        at = add_run(&w, &about->runs[i], files, n, at);
    for (size_t i = 0; i < n; i++)
        add_file(&w, about, files[i].name, &files[i]);
    add_file(&w, about, CRATE_LIST, NULL);
    add_file(&w, about, CRATE_SIGNATURE, NULL);
    put(&w, "\n]}\n");
    hand_on(&w);
    bd_str_done(&w.text);
    return w.rc;
}

/* -- check: token by token, as it may come from anybody -- */

/* What of an entity counts. */
struct entity {
    const char *id_token; /* as it stands there, without its quotes; NULL: it has no id */
    size_t id_bytes;
    char id[CRATE_NAME_MAX + 1];          /* "": it has none that a file could have */
    char sha256[2 * CRATE_SHA_BYTES + 1]; /* "": it says none */
    bool file;
};

struct check {
    struct bd_jsonscan scan;
    const struct crate_file *files; /* of the list */
    size_t n;
    bool *described; /* by the list's files */
    struct crate_faults *faults;
};

/* The text was found good before. */
static enum bd_json_token next(struct check *c)
{
    enum bd_json_token token;
    return bd_jsonscan_next(&c->scan, &token, NULL) == 0 ? token : BD_JSON_END;
}

static void skip(struct check *c, enum bd_json_token token)
{
    bd_jsonscan_skip(&c->scan, token, NULL);
}

static void check_file(struct check *c, const struct crate_file *file, const char *sha256)
{
    char hex[2 * CRATE_SHA_BYTES + 1];
    bd_hex(file->sha256, CRATE_SHA_BYTES, hex);
    c->described[file - c->files] = true;
    if (*sha256 && strcmp(sha256, hex) != 0)
        crate_faults_add(c->faults, CRATE_FAULT_METADATA, file->name, strlen(file->name),
                         CRATE_METADATA " has another digest of it than the list");
}

static void check_entity(struct check *c, const struct entity *e)
{
    if (!e->file || !e->id_token || strcmp(e->id, CRATE_LIST) == 0 ||
        strcmp(e->id, CRATE_SIGNATURE) == 0)
        return;
    const struct crate_file *file = crate_list_find(c->files, c->n, e->id);
    if (file)
        check_file(c, file, e->sha256);
    else
        crate_faults_add(c->faults, CRATE_FAULT_METADATA, e->id_token, e->id_bytes,
                         CRATE_METADATA " describes it, and the list does not have it");
}

static void read_id(struct check *c, struct entity *e)
{
    e->id_token = c->scan.token + 1;
    e->id_bytes = c->scan.token_bytes - 2;
    if (!bd_jsonscan_text(&c->scan, e->id, sizeof(e->id)))
        *e->id = '\0';
}

static void read_sha256(struct check *c, struct entity *e)
{
    if (!bd_jsonscan_text(&c->scan, e->sha256, sizeof(e->sha256)))
        memcpy(e->sha256, "?", sizeof("?")); /* which is none */
}

static bool is_file(const struct check *c)
{
    char type[sizeof("File")];
    return bd_jsonscan_text(&c->scan, type, sizeof(type)) && strcmp(type, "File") == 0;
}

/* A type, or a list of them. */
static void read_type(struct check *c, struct entity *e, enum bd_json_token token)
{
    if (token == BD_JSON_STRING)
        e->file = is_file(c);
    if (token != BD_JSON_ARRAY) {
        skip(c, token);
        return;
    }
    while ((token = next(c)) != BD_JSON_ARRAY_END && token != BD_JSON_END) {
        e->file = e->file || (token == BD_JSON_STRING && is_file(c));
        skip(c, token);
    }
}

/* A member that counts is there once, or two readers may read two things. */
static void read_member(struct check *c, struct entity *e, unsigned *seen)
{
    static const char *const names[] = {"@id", "@type", "sha256"};
    char name[sizeof("sha256")] = "";
    size_t i = 0;
    bd_jsonscan_text(&c->scan, name, sizeof(name));
    while (i < BD_ARRAY_LEN(names) && strcmp(names[i], name) != 0)
        i++;
    enum bd_json_token token = next(c);
    if (i < BD_ARRAY_LEN(names) && (*seen & 1U << i))
        crate_faults_add(c->faults, CRATE_FAULT_METADATA, e->id_token, e->id_bytes,
                         CRATE_METADATA " has its '%s' more than once", name);
    *seen |= 1U << i;
    if (i == 0 && token == BD_JSON_STRING)
        read_id(c, e);
    else if (i == 1)
        read_type(c, e, token);
    else if (i == 2 && token == BD_JSON_STRING)
        read_sha256(c, e);
    else
        skip(c, token);
}

static void read_entity(struct check *c)
{
    struct entity e = {0};
    unsigned seen = 0;
    while (next(c) == BD_JSON_NAME)
        read_member(c, &e, &seen);
    check_entity(c, &e);
}

static void read_graph(struct check *c)
{
    enum bd_json_token token;
    while ((token = next(c)) != BD_JSON_ARRAY_END && token != BD_JSON_END) {
        if (token == BD_JSON_OBJECT)
            read_entity(c);
        else
            skip(c, token);
    }
}

static void read_all(struct check *c)
{
    size_t graphs = 0;
    if (next(c) != BD_JSON_OBJECT)
        return;
    while (next(c) == BD_JSON_NAME) {
        char name[sizeof("@graph")] = "";
        bool graph = bd_jsonscan_text(&c->scan, name, sizeof(name)) && strcmp(name, "@graph") == 0;
        enum bd_json_token token = next(c);
        graphs += graph;
        if (graph && token == BD_JSON_ARRAY)
            read_graph(c);
        else
            skip(c, token);
    }
    if (graphs > 1)
        crate_faults_add(c->faults, CRATE_FAULT_METADATA, CRATE_METADATA, strlen(CRATE_METADATA),
                         "it has its '@graph' more than once");
}

static int look_through(const struct bd_jsonscan *text, struct bd_err *err)
{
    struct bd_jsonscan s = *text;
    enum bd_json_token token;
    int rc;
    do
        rc = bd_jsonscan_next(&s, &token, err);
    while (rc == 0 && token != BD_JSON_END);
    return rc;
}

void crate_metadata_check(const char *text, size_t bytes, const struct crate_file *files, size_t n,
                          struct crate_faults *faults)
{
    struct check c = {
        .scan = {.text = text, .bytes = bytes}, .files = files, .n = n, .faults = faults};
    struct bd_err err = BD_ERR_INIT;
    if (look_through(&c.scan, &err) < 0) {
        crate_faults_add(faults, CRATE_FAULT_METADATA, CRATE_METADATA, strlen(CRATE_METADATA),
                         "it is no JSON: %.300s", err.text);
        return;
    }
    bd_auto_free bool *described = bd_xcalloc(n + 1, sizeof(*described));
    c.described = described;
    read_all(&c);
    for (size_t i = 0; i < n; i++)
        if (!described[i] && strcmp(files[i].name, CRATE_METADATA) != 0)
            crate_faults_add(faults, CRATE_FAULT_METADATA, files[i].name, strlen(files[i].name),
                             CRATE_METADATA " does not describe it");
}
