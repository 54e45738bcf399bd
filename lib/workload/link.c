#include "lib/workload/link.h"

#include "lib/base/clock.h"
#include "lib/base/par.h"

#include <math.h>
#include <string.h>

#define NODE_BENCH_LINK "/usr/libexec/benchd/bench-link"
#define PORT            "6898"
#define SERVE_S         "8" /* without a question: longer than any wait between two of them */
#define ASK_NS          (40 * BD_NS_PER_S)
#define SERVE_NS        (50 * BD_NS_PER_S)

/* Small packets may take a quarter of the bandwidth, and so long in all. */
#define PACKET_BITS   (100 * 8)
#define PACKETS_SHARE 4
#define PACKETS_US    2000000

#define FRAME_BITS 12112 /* 1514 bytes */
#define FRAMES_MAX 43
#define SLOW_BITS  10000000 /* below, few frames arrive in a short while */

#define US_PER_S 1000000

struct link_order link_order_of(const struct network_shape *s)
{
    bool timed = s->latency_ns > 0, lost = s->loss > 0;
    double share =
        s->bits_per_s ? PACKETS_SHARE * (double)US_PER_S * PACKET_BITS / (double)s->bits_per_s : 0;
    unsigned wanted = lost ? 10000 : timed ? 1000 : 100;
    double gap_us = fmax(ceil(share), lost ? 100 : 1000);
    double room = PACKETS_US / gap_us;
    double bundle = (double)s->bits_per_s / 1000 / FRAME_BITS; /* a millisecond of frames */
    return (struct link_order){
        .packets = room < wanted ? (unsigned)room : wanted,
        .gap_us = (unsigned)gap_us,
        .wait_ms = 300 + (unsigned)(22 * ((s->latency_ns + s->jitter_ns) / BD_NS_PER_MS) / 10),
        .flood_ms = s->bits_per_s == 0          ? 0
                    : s->bits_per_s < SLOW_BITS ? 2000
                                                : 600,
        .frames = (unsigned)fmin(FRAMES_MAX, fmax(1, bundle)),
    };
}

int link_answer_read(const char *line, struct link_answer *ret_answer, struct bd_err *err)
{
    bd_auto_free char *copy = bd_xstrndup(line, strcspn(line, "\n"));
    char *rest = copy;
    int64_t n[6];
    for (size_t i = 0; i < BD_ARRAY_LEN(n); i++) {
        const char *word = strsep(&rest, " ");
        if (!word || bd_parse_i64(word, 0, INT64_MAX, &n[i]) < 0)
            return bd_err_set(err, BD_EWORKLOAD, "bench-link printed '%.100s'", line);
    }
    if (n[0] < 1 || n[1] > n[0])
        return bd_err_set(err, BD_EWORKLOAD, "bench-link had %lld answers to %lld packets",
                          (long long)n[1], (long long)n[0]);
    *ret_answer = (struct link_answer){
        .sent = n[0],
        .answered = n[1],
        .median_ns = n[2],
        .deviation_ns = n[3],
        .frames = n[4],
        .bits_per_s = (double)n[5],
    };
    return 0;
}

static double seconds(int64_t ns)
{
    return (double)ns / (double)BD_NS_PER_S;
}

/* Each way has half of a round trip. */
static struct network_figure latency_of(const struct link_answer *a, double asked BD_UNUSED)
{
    double root = sqrt(fmax(1, (double)a->answered));
    return (struct network_figure){
        .measured = seconds(a->median_ns) / 2,
        .error = seconds(a->deviation_ns) / root,
        .n = a->answered,
    };
}

/* Two delays that are each spread evenly over +-J add up to one that is 2/3 J from the middle on
 * average, with a standard deviation of sqrt(2/9) J. */
static struct network_figure jitter_of(const struct link_answer *a, double asked BD_UNUSED)
{
    double jitter = 1.5 * seconds(a->deviation_ns);
    return (struct network_figure){
        .measured = jitter,
        .error = 1.5 * sqrt(2.0 / 9) * jitter / sqrt(fmax(1, (double)a->answered)),
        .n = a->answered,
    };
}

/* A question and its answer each have their chance. The error is that of as many as were sent, if
 * the loss is what was asked for: of few that are lost seldom none may be. */
static struct network_figure loss_of(const struct link_answer *a, double asked)
{
    double n = (double)a->sent, expected = (1 - asked) * (1 - asked);
    return (struct network_figure){
        .measured = 1 - sqrt((double)a->answered / n),
        .error = sqrt(expected * (1 - expected) / n) / (2 * (1 - asked)),
        .n = a->sent,
    };
}

static struct network_figure bandwidth_of(const struct link_answer *a, double asked BD_UNUSED)
{
    return (struct network_figure){.measured = a->bits_per_s, .n = a->frames};
}

void link_figures(const struct network_shape *shape, const char *from, const char *to,
                  const struct link_answer *answer, json_t *figures)
{
    static struct network_figure (*const of[NETWORK_MEMBERS])(const struct link_answer *,
                                                              double) = {
        [NETWORK_BANDWIDTH] = bandwidth_of,
        [NETWORK_LATENCY] = latency_of,
        [NETWORK_JITTER] = jitter_of,
        [NETWORK_LOSS] = loss_of,
    };
    for (int m = 0; m < NETWORK_MEMBERS; m++) {
        double asked = network_asked(shape, m);
        struct network_figure f = of[m](answer, asked);
        f.member = m;
        f.asked = asked;
        if (asked > 0)
            json_array_append_new(
                figures, json_pack("{s:s, s:s, s:s, s:s, s:f, s:f, s:I, s:b}", "name",
                                   network_member_to_str(m), "from", from, "to", to, "unit",
                                   network_member_unit(m), "asked", f.asked, "measured", f.measured,
                                   "n", (json_int_t)f.n, "holds", network_figure_holds(&f)));
    }
}

/* ----------------------------------------------------------------------------------- in the nodes
 */

struct way {
    const struct channel *channel;
    const struct node_plan *from, *to;
    struct link_order order;
    struct bd_cancel *cancel;
    struct link_answer answer; /* of the thread that asks */
};

static int run(const struct way *w, const struct node_plan *node, const char *const *argv,
               int64_t timeout_ns, struct bd_proc_result *out, struct bd_err *err)
{
    const struct channel_cmd cmd = {
        .node = node, .argv = argv, .timeout_ns = timeout_ns, .cancel = w->cancel};
    int rc = channel_exec(w->channel, &cmd, out, err);
    if (rc < 0 || out->exit_code == 0)
        return rc;
    return bd_err_set(err, BD_EWORKLOAD, "on node %s: %.200s", node->name, bd_str_text(&out->err));
}

static int serve(const struct way *w, struct bd_err *err)
{
    static const char *const argv[] = {NODE_BENCH_LINK, "serve", PORT, SERVE_S, NULL};
    bd_auto_proc_result struct bd_proc_result out = {0};
    return run(w, w->to, argv, SERVE_NS, &out, err);
}

static int ask(struct way *w, struct bd_err *err)
{
    const struct link_order *o = &w->order;
    bd_auto_strv struct bd_strv argv = {0};
    bd_auto_proc_result struct bd_proc_result out = {0};
    bd_strv_add(&argv, NODE_BENCH_LINK);
    bd_strv_add(&argv, "ask");
    bd_strv_add(&argv, PORT);
    bd_strv_add(&argv, w->to->address);
    bd_strv_addf(&argv, "%u", o->packets);
    bd_strv_addf(&argv, "%u", o->gap_us);
    bd_strv_addf(&argv, "%u", o->wait_ms);
    bd_strv_addf(&argv, "%u", o->flood_ms);
    bd_strv_addf(&argv, "%u", o->frames);
    int rc = run(w, w->from, (const char *const *)argv.items, ASK_NS, &out, err);
    return rc < 0 ? rc : link_answer_read(bd_str_text(&out.out), &w->answer, err);
}

static int one_end(size_t index, void *arg, struct bd_err *err)
{
    struct way *w = arg;
    return index == 0 ? serve(w, err) : ask(w, err);
}

int link_measure(const struct channel *channel, const struct cluster_plan *plan,
                 struct bd_cancel *cancel, json_t **ret_network, struct bd_err *err)
{
    const struct node_plan *first = &plan->nodes[0], *last = &plan->nodes[plan->n_nodes - 1];
    const struct node_plan *const ends[][2] = {{first, last}, {last, first}};
    bd_auto_json json_t *figures = json_array();
    for (size_t i = 0; i < BD_ARRAY_LEN(ends); i++) {
        struct way w = {
            .channel = channel,
            .from = ends[i][0],
            .to = ends[i][1],
            .order = link_order_of(&plan->spec.network),
            .cancel = cancel,
        };
        int rc = bd_par_for(2, 2, one_end, &w, cancel, err);
        if (rc < 0)
            return bd_err_wrap(err, "measure the link from %s to %s", w.from->name, w.to->name);
        link_figures(&plan->spec.network, w.from->name, w.to->name, &w.answer, figures);
    }
    *ret_network = json_pack("{s:O}", "figures", figures);
    return 0;
}
