#include "lib/base/digest.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/model/cluster.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Aborts where the text does not fit: a name that was cut could be another node's. */
static void name_set(char *out, size_t bytes, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void name_set(char *out, size_t bytes, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(out, bytes, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= bytes)
        abort();
}

/* Locally administered and unicast; 40 bits of the name's digest. */
static void mac_of(const char *domain, char out[18])
{
    char digest[BD_DIGEST_BYTES];
    bd_digest_of(domain, strlen(domain), digest);
    const char *h = digest + strlen("sha256:");
    name_set(out, 18, "02:%.2s:%.2s:%.2s:%.2s:%.2s", h, h + 2, h + 4, h + 6, h + 8);
}

static void node_make(struct cluster_plan *plan, size_t i)
{
    struct node_plan *n = &plan->nodes[i];
    unsigned controllers = plan->spec.controllers;
    bool controller = i < controllers;

    n->role = controller ? NODE_CONTROLLER : NODE_COMPUTE;
    n->cpus = controller ? plan->spec.controller_cpus : plan->spec.cpus;
    n->bare = plan->spec.bare;
    if (n->bare)
        name_set(n->name, sizeof(n->name), NODE_BARE);
    else
        name_set(n->name, sizeof(n->name), controller ? "ctl%zu" : "n%zu",
                 controller ? i + 1 : i - controllers + 1);
    name_set(n->domain, sizeof(n->domain), "bd-%s-%s", plan->id, n->name);
    name_set(n->link, sizeof(n->link), "bd%s-%zu", plan->id, i);
    /* Four characters are left for it: a letter that no number begins with, and 1000 in hex. */
    name_set(n->back, sizeof(n->back), "bd%s-b%zx", plan->id, i);
    name_set(n->cgroup, sizeof(n->cgroup), "%s/%s", plan->cgroup, n->name);
    bd_uuid_from_name(n->domain, n->uuid);
    mac_of(n->domain, n->mac);
    if (n->bare)
        name_set(n->address, sizeof(n->address), "127.0.0.1");
    else /* address 0 names the network, 1 is kept for a gateway */
        subnet_addr(&plan->subnet, (uint32_t)i + 2, n->address);
}

unsigned cluster_spec_nodes(const struct cluster_spec *spec)
{
    return spec->controllers + spec->compute;
}

double cluster_spec_cpus(const struct cluster_spec *spec)
{
    return spec->controllers * spec->controller_cpus + spec->compute * spec->cpus;
}

void cluster_plan_make(const char *id, struct cluster_spec *spec, const struct subnet *subnet,
                       struct cluster_plan *ret_plan)
{
    struct cluster_plan plan = {.spec = *spec, .subnet = *subnet};
    *spec = (struct cluster_spec){0};

    name_set(plan.id, sizeof(plan.id), "%s", id);
    name_set(plan.bridge, sizeof(plan.bridge), "bd-%s", plan.id);
    name_set(plan.cgroup, sizeof(plan.cgroup), "benchd/%s", plan.id);
    plan.n_nodes = plan.spec.bare ? 1 : cluster_spec_nodes(&plan.spec);
    plan.shares = plan.spec.compute;
    plan.nodes = bd_xcalloc(plan.n_nodes, sizeof(*plan.nodes));
    for (size_t i = 0; i < plan.n_nodes; i++)
        node_make(&plan, i);
    *ret_plan = plan;
}

void cluster_plan_done(struct cluster_plan *plan)
{
    cluster_spec_done(&plan->spec);
    free(plan->nodes);
    *plan = (struct cluster_plan){0};
}

const struct node_plan *cluster_plan_node(const struct cluster_plan *plan, const char *name)
{
    if (!name || !*name)
        return plan->nodes; /* controllers come first */
    for (size_t i = 0; i < plan->n_nodes; i++)
        if (bd_str_eq(plan->nodes[i].name, name))
            return &plan->nodes[i];
    return NULL;
}

/* Exactly BD_ID_CHARS of lower-case hex, after which the word ends. */
static bool is_id(const char *s)
{
    return strspn(s, "0123456789abcdef") == BD_ID_CHARS && !isalnum((unsigned char)s[BD_ID_CHARS]);
}

/* The id in a name of ours that begins at s, or NULL. */
static const char *id_at(const char *s)
{
    static const char *const before[] = {"bd-", "benchd/", "clusters/"};
    for (size_t i = 0; i < BD_ARRAY_LEN(before); i++)
        if (bd_starts_with(s, before[i]) && is_id(s + strlen(before[i])))
            return s + strlen(before[i]);
    if (bd_starts_with(s, "bd") && is_id(s + 2) && s[2 + BD_ID_CHARS] == '-')
        return s + 2;
    return NULL;
}

/* In the name of a unit systemd writes '-' as "\x2d". The caller's. */
static char *unescape(const char *name)
{
    static const char dash[] = "\\x2d";
    struct bd_str out = {0};
    for (const char *found; (found = strstr(name, dash)); name = found + strlen(dash)) {
        bd_str_addn(&out, name, (size_t)(found - name));
        bd_str_add(&out, "-");
    }
    bd_str_add(&out, name);
    return bd_str_take(&out);
}

bool cluster_id_in_name(const char *name, char ret_id[BD_ID_BYTES])
{
    bd_auto_free char *plain = unescape(name);
    bool word_begins = true;
    for (const char *s = plain; *s; s++) {
        const char *id = word_begins ? id_at(s) : NULL;
        if (id) {
            memcpy(ret_id, id, BD_ID_CHARS);
            ret_id[BD_ID_CHARS] = '\0';
            return true;
        }
        word_begins = !isalnum((unsigned char)*s);
    }
    return false;
}
