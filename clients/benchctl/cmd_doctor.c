/* benchctl doctor: what the host can and can't do, and how to mend it; with or without a daemon. */
#include "api.h"
#include "commands.h"
#include "table.h"

#include "lib/base/clock.h"
#include "lib/base/proc.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHECK_LIMIT_NS                                                                             \
    (120 * BD_NS_PER_S) /* a check may boot something to see whether it works                      \
                         */

struct checks {
    const json_t *list;      /* of hosts */
    const char *unreachable; /* why the daemon did not answer, or NULL */
};

static enum term_mark mark_of(const json_t *check)
{
    const char *level = bd_json_str(check, "level", "error");
    /* It says what was found, and can't fail: so it did not succeed either. */
    if (bd_str_eq(level, "info"))
        return MARK_INFO;
    if (bd_json_bool(check, "ok", false))
        return MARK_OK;
    return bd_str_eq(level, "warning") ? MARK_WARN : MARK_FAIL;
}

static void add_check(struct table *t, const struct cli *cli, enum term_mark mark, const char *id,
                      const char *summary, const char *remedy)
{
    static const char *const words[MARK_COUNT] = {
        [MARK_OK] = "ok", [MARK_FAIL] = "fail", [MARK_WARN] = "warn", [MARK_INFO] = "info"};
    enum term_style style = term_mark_style(mark);
    table_addf(t, style, "%s %s", term_mark(&cli->out, mark), words[mark]);
    table_add(t, STYLE_BOLD, id);
    table_add(t, STYLE_PLAIN, summary);
    if (mark == MARK_OK || !remedy || !remedy[0])
        return;
    table_add(t, STYLE_PLAIN, "");
    table_add(t, STYLE_PLAIN, "");
    table_addf(t, style, "to mend: %s", remedy);
}

static void print_checks(const struct cli *cli, const struct checks *checks, size_t *errors)
{
    static const struct table_column columns[] = {{NULL, false}, {NULL, false}, {NULL, false}};
    size_t counts[MARK_COUNT] = {0}, i, j;
    const json_t *host, *check;
    table_auto struct table table = {0};
    table_init(&table, columns, BD_ARRAY_LEN(columns));
    if (checks->unreachable) {
        counts[MARK_WARN]++;
        add_check(&table, cli, MARK_WARN, "daemon", checks->unreachable, NULL);
    }
    json_array_foreach (json_object_get(checks->list, "items"), i, host) {
        json_array_foreach (json_object_get(host, "checks"), j, check) {
            enum term_mark mark = mark_of(check);
            counts[mark]++;
            add_check(&table, cli, mark, bd_json_str(check, "id", "?"),
                      bd_json_str(check, "summary", ""), bd_json_str(check, "remedy", NULL));
        }
    }
    *errors = counts[MARK_FAIL];
    if (cli->json)
        return;
    table_print(&table, &cli->out, 0);
    printf("\n%zu ok, %zu to look at, %zu wrong\n", counts[MARK_OK], counts[MARK_WARN],
           counts[MARK_FAIL]);
}

/* The daemon's program: beside this one, in PATH, or where a system has its services. */
static char *find_benchd(void)
{
    char self[PATH_MAX];
    bd_auto_strv struct bd_strv places = {0};
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n > 0) {
        self[n] = '\0';
        *strrchr(self, '/') = '\0';
        bd_strv_add(&places, self);
    }
    const char *path = getenv("PATH");
    bd_auto_free char *copy = bd_xstrdup(path ? path : "");
    char *rest = copy;
    for (char *dir = strsep(&rest, ":"); dir; dir = strsep(&rest, ":"))
        if (dir[0] == '/')
            bd_strv_add(&places, dir);
    bd_strv_add(&places, "/usr/local/sbin");
    bd_strv_add(&places, "/usr/sbin");
    bd_strv_add(&places, "/sbin");
    for (size_t i = 0; i < places.n; i++) {
        bd_auto_free char *program = bd_xasprintf("%s/benchd", places.items[i]);
        if (access(program, X_OK) == 0)
            return bd_take(program);
    }
    return NULL;
}

/* The checks of `benchd --check-host`, as the list that the daemon would have answered. */
static int check_without_daemon(json_t **ret_list, struct bd_err *err)
{
    bd_auto_free char *program = find_benchd();
    if (!program)
        return bd_err_wrap(err, "benchd is not in PATH either, so the host can't be checked");
    const char *argv[] = {program, "--check-host", NULL};
    const struct bd_proc proc = {.argv = argv, .timeout_ns = CHECK_LIMIT_NS};
    bd_auto_proc_result struct bd_proc_result result = {0};
    struct bd_err why = BD_ERR_INIT;
    json_t *host = NULL;
    int r = bd_proc_run(&proc, &result, &why);
    if (r < 0)
        return bd_err_set(err, r, "%s --check-host: %s", program, why.text);
    if (bd_json_parse(bd_str_text(&result.out), result.out.len, &host, &why) < 0)
        return bd_err_set(err, -EPROTO, "%s --check-host ended with %d and printed no JSON: %.300s",
                          program, result.exit_code, bd_str_text(&result.err));
    *ret_list = json_pack("{s:[o], s:n}", "items", host, "next");
    return 0;
}

int cmd_doctor(struct cli *cli, struct bd_err *err)
{
    bd_auto_json json_t *list = NULL;
    size_t errors = 0;
    struct checks checks = {0};
    int r = api_list(cli, "/v1/hosts", &list, err);
    struct bd_err unreachable = *err;
    if (r == BD_EUNAVAILABLE) {
        checks.unreachable = unreachable.text;
        r = check_without_daemon(&list, err);
    }
    if (r < 0)
        return r;
    checks.list = list;
    print_checks(cli, &checks, &errors);
    if (cli->json) {
        if (checks.unreachable)
            cli_note(cli, MARK_WARN, "%s", checks.unreachable);
        api_print_list(list);
    }
    return errors ? CLI_HOST : CLI_OK;
}
