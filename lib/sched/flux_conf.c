#include "lib/base/str.h"
#include "lib/sched/flux.h"

#include <string.h>

static const char fixed[] = "[resource]\n"
                            "noverify = true\n"; /* what benchd says of a node holds */

/* "n[1-4]", "0-3"; one alone is no range. The caller's. */
static char *range(const char *before, unsigned first, unsigned last, const char *after)
{
    return first == last ? bd_xasprintf("%.1s%u", before, first)
                         : bd_xasprintf("%s%u-%u%s", before, first, last, after);
}

static char *compute_nodes(const struct cluster_plan *plan)
{
    return range("n[", 1, plan->spec.compute, "]");
}

static const char *controller_of(const struct cluster_plan *plan)
{
    return plan->nodes[0].name;
}

/*
 * As a job of Slurm's brokers learn of each other from it. What follows without it from the list of
 * hosts is said: each broker is directly below the first, and reached by its node's name.
 */
static void add_overlay(struct bd_str *out)
{
    bd_str_add(out, "[tbon]\n"
                    "topo = \"kary:0\"\n"
                    "interface-hint = \"hostname\"\n\n");
}

static void add_bootstrap(struct bd_str *out, const struct cluster_plan *plan)
{
    const struct node_plan *first = &plan->nodes[0];
    bd_str_addf(out,
                "[bootstrap]\n"
                "curve_cert = \"" FLUX_CERT "\"\n"
                "hosts = [\n"
                "    { host = \"%s\", bind = \"tcp://%s:%d\", connect = \"tcp://%s:%d\" },\n",
                first->name, first->address, FLUX_BROKER_PORT, first->address, FLUX_BROKER_PORT);
    bd_auto_free char *others = compute_nodes(plan);
    bd_str_addf(out, "    { host = \"%s\" },\n]\n\n", others);
}

/* The controller runs no jobs. */
static void add_resources(struct bd_str *out, const struct cluster_plan *plan)
{
    bd_auto_free char *others = compute_nodes(plan);
    bd_auto_free char *cores = range("", 0, plan->spec.scheduler_cpus - 1, "");
    bd_str_add(out, fixed);
    bd_str_addf(out,
                "exclude = \"%s\"\n\n"
                "[[resource.config]]\n"
                "hosts = \"%s,%s\"\n"
                "cores = \"%s\"\n\n",
                controller_of(plan), controller_of(plan), others, cores);
}

static void add_fluxion(struct bd_str *out, const json_t *options)
{
    bd_str_addf(out,
                "[modules.alternatives]\n"
                "sched = \"sched-fluxion-qmanager\"\n"
                "feasibility = \"sched-fluxion-feasibility\"\n\n"
                "[sched-fluxion-resource]\n"
                "match-policy = \"%s\"\n\n"
                "[sched-fluxion-qmanager]\n"
                "queue-policy = \"%s\"\n\n"
                "[sched-fluxion-qmanager.queue-params]\n"
                "queue-depth = %lld\n\n"
                "[sched-fluxion-qmanager.policy-params]\n"
                "reservation-depth = %lld\n\n",
                bd_json_str(options, "match-policy", ""), bd_json_str(options, "queue-policy", ""),
                (long long)bd_json_int(options, "queue-depth", 0),
                (long long)bd_json_int(options, "reservation-depth", 0));
}

static void add_core(struct bd_str *out, const json_t *options)
{
    const char *module = bd_json_str(options, "scheduler", "");
    const json_t *depth = json_object_get(options, "queue-depth");
    bd_auto_free char *number = bd_xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(depth));
    bd_str_addf(out,
                "[modules]\n"
                "alternatives.sched = \"%s\"\n"
                "alternatives.feasibility = \"%s\"\n"
                "%s.args = [\"queue-depth=%s\"]\n\n",
                module, module, module, json_is_string(depth) ? json_string_value(depth) : number);
}

char *flux_conf(const struct cluster_plan *plan)
{
    bd_auto_json json_t *asked = sched_options(&plan->spec);
    bd_auto_json json_t *options = flux_merge_options(asked);
    struct bd_str out = {0};
    if (plan->spec.under_slurm)
        add_overlay(&out);
    else
        add_bootstrap(&out, plan);
    add_resources(&out, plan);
    if (flux_wants_fluxion(options))
        add_fluxion(&out, options);
    else
        add_core(&out, options);
    bd_str_addf(&out, "[ingest.validator]\ndisable = %s\n",
                json_is_true(json_object_get(options, "validator")) ? "false" : "true");
    return bd_str_take(&out);
}

char *flux_broker_command(const struct cluster_plan *plan, const struct flux_image *image)
{
    return bd_xasprintf("%s/bin/flux broker --config-path=/etc/flux/system/conf.d"
                        " -Srundir=/run/flux -Sstatedir=/var/lib/flux"
                        " -Slocal-uri=local://" FLUX_SOCKET
                        " -Slog-stderr-level=6 -Slog-stderr-mode=local"
                        " -Sbroker.rc2_none -Sbroker.quorum=%zu -Sbroker.quorum-warn=none",
                        image->prefix, plan->n_nodes);
}

/*
 * A broker that finds no other ends after a while, and is started again until they are up: systemd
 * is not to lose patience. The first one needs nobody: if it ends, it will end again.
 */
char *flux_unit(const struct cluster_plan *plan, size_t node, const struct flux_image *image)
{
    bool is_first = node == 0;
    bd_auto_free char *command = flux_broker_command(plan, image);
    bd_auto_free char *wait =
        is_first ? NULL
                 : bd_xasprintf("ExecStartPre=-/usr/libexec/benchd/bench-wait %s %d %d\n",
                                plan->nodes[0].address, FLUX_BROKER_PORT, FLUX_WAIT_MS);
    return bd_xasprintf(
        "[Unit]\n"
        "Description=Flux message broker\n"
        "%s\n"
        "[Service]\n"
        "Type=exec\n"
        "%s"
        "ExecStart=%s\n" FLUX_UNIT_ENVIRONMENT "StandardOutput=append:" FLUX_LOG "\n"
        "StandardError=inherit\n"
        "KillMode=mixed\n"
        "Restart=always\n"
        "RestartSec=200ms\n"
        "RuntimeDirectory=flux\n"
        "StateDirectory=flux\n"
        "StateDirectoryMode=0700\n",
        is_first ? "StartLimitIntervalSec=60\nStartLimitBurst=5\n" : "StartLimitIntervalSec=0\n",
        wait ? wait : "", command);
}
