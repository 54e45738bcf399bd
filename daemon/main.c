/* benchd: arguments and exit codes. 0: ended as asked; 1: could not start, or not end in time; 2:
 * the configuration or an argument is wrong. */
#include "daemon/api/api.h"
#include "daemon/config.h"
#include "daemon/daemon.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/virt/virt.h"

#include <malloc.h>
#include <stdio.h>

static struct {
    int argc;
    char **argv;
} args;

static int reload(struct config *ret_config, struct bd_err *err)
{
    enum config_mode mode;
    return config_load(args.argc, args.argv, ret_config, &mode, err);
}

static int check_host(const struct config *config)
{
    struct api_places places = {.state_dir = config->state_dir, .libvirt_uri = config->libvirt_uri};
    struct hostops *ops = hostops_new(&(struct hostops_dirs){"/", "/", "/", ""});
    struct virt *virt =
        virt_new(&(struct virt_config){.lxc_uri = config->libvirt_uri, .connections = 1}, ops);
    bd_auto_json json_t *host = api_host_json(&places, virt);
    bd_auto_free char *text = host ? json_dumps(host, JSON_INDENT(2)) : NULL;
    virt_free(virt);
    hostops_free(ops);
    if (!text) {
        fputs("benchd: the facts of this host can't be read from /proc\n", stderr);
        return 1;
    }
    puts(text);
    return 0;
}

static int serve(struct config *config)
{
    struct daemon *d = NULL;
    struct bd_err err = BD_ERR_INIT;
    bd_log_setup(config->log_level, config->log_format);
    if (daemon_start(config, reload, &d, &err) < 0) {
        bd_log(BD_LOG_ERROR, "benchd can't start", "error", err.text, NULL);
        return 1;
    }
    return daemon_run(d);
}

int main(int argc, char **argv)
{
    struct config config;
    enum config_mode mode;
    struct bd_err err = BD_ERR_INIT;
    /* Dozens of threads that allocate little: one arena for each would only keep memory. */
    mallopt(M_ARENA_MAX, 2);
    args.argc = argc;
    args.argv = argv;
    if (config_load(argc, argv, &config, &mode, &err) < 0) {
        fprintf(stderr, "benchd: %s\n", err.text);
        return 2;
    }
    int code = 0;
    switch (mode) {
    case CONFIG_RUN:
        return serve(&config);
    case CONFIG_CHECK:
        config_print(&config, stdout);
        break;
    case CONFIG_CHECK_HOST:
        code = check_host(&config);
        break;
    case CONFIG_HELP:
        config_help(stdout);
        break;
    case CONFIG_VERSION:
        puts("benchd " BENCHD_VERSION);
        break;
    }
    config_done(&config);
    return code;
}
