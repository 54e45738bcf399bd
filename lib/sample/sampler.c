#include "lib/sample/sampler.h"

#include "lib/base/clock.h"
#include "lib/base/str.h"
#include "lib/sample/live.h"
#include "lib/sample/sampler_priv.h"
#include "lib/sample/ticks.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

struct sampler {
    int64_t start_ns;
    struct ticks ticks;
    char (*names)[NODE_NAME_BYTES];
    struct taker *taker;
    struct take_look looks[2], *last, *next; /* last, next: the two, in turns */
    struct take_host first;
    struct samples samples;
    double *row;
    double max[SAMPLE_HOST_COUNT]; /* NAN: not known */
    double energy_j;               /* NAN: not known of some round */
    int64_t kept_ns;               /* the last look whose values were kept */
    int64_t rounds_ns;             /* time in all rounds */
    struct sampler_cost cost;

    struct sample_live *live; /* NULL: none */
    char *proc, *system; /* of the daemons; system NULL: none to look at */
    struct bd_strv units;
    struct take_daemon *daemons; /* at the start, one a unit */

    pthread_t thread;
    pthread_mutex_t lock; /* of stopping */
    pthread_cond_t stop;
    bool stopping;
};

/* -------------------------------------------------------------------------------------- a round */

static void keep_row(struct sampler *s, int64_t at_ns)
{
    struct samples *table = &s->samples;
    size_t row_bytes = table->columns * sizeof(*table->values) + sizeof(*table->at_ns);
    if (table->n == table->cap) {
        size_t cap = table->cap ? 2 * table->cap : 64;
        if (cap > SAMPLER_BYTES_MAX / row_bytes)
            cap = SAMPLER_BYTES_MAX / row_bytes;
        if (cap <= table->n) {
            s->cost.cut++;
            return;
        }
        table->at_ns = bd_xrealloc(table->at_ns, cap * sizeof(*table->at_ns));
        table->values = bd_xrealloc(table->values, cap * table->columns * sizeof(*table->values));
        table->cap = cap;
    }
    memcpy(table->values + table->n * table->columns, s->row,
           table->columns * sizeof(*table->values));
    table->at_ns[table->n++] = (at_ns + BD_NS_PER_MS / 2) / BD_NS_PER_MS * BD_NS_PER_MS;
}

/* Values of a window much shorter than the others are noise: then only the end of the whole window
 * is of interest. */
static void look_again(struct sampler *s, bool keep)
{
    int64_t began_ns = bd_mono_ns();
    struct take_look *now = s->next;
    taker_look(s->taker, now, NULL); /* without the host's times the others still have a value */
    s->energy_j += take_energy_j(&s->last->host, &now->host);
    if (keep) {
        take_values(s->last, now, s->row);
        live_lock(s->live);
        keep_row(s, began_ns - s->start_ns);
        live_unlock(s->live);
        s->kept_ns = began_ns;
        for (size_t i = 0; i < SAMPLE_HOST_COUNT; i++)
            s->max[i] = fmax(s->max[i], s->row[i]); /* the other one where one is NAN */
    }
    s->next = s->last;
    s->last = now;
    int64_t took_ns = bd_mono_ns() - began_ns;
    s->rounds_ns += took_ns;
    s->cost.rounds++;
    if (took_ns > s->cost.round_max_ns)
        s->cost.round_max_ns = took_ns;
}

/* ----------------------------------------------------------------------------------- the thread */

/* True once it is to stop. */
static bool wait_until(struct sampler *s, int64_t mono_ns)
{
    struct timespec until = {.tv_sec = mono_ns / BD_NS_PER_S, .tv_nsec = mono_ns % BD_NS_PER_S};
    int rc = 0;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping && rc == 0)
        rc = pthread_cond_timedwait(&s->stop, &s->lock, &until);
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    return stopping;
}

static void *sampler_main(void *arg)
{
    struct sampler *s = arg;
    while (!wait_until(s, s->start_ns + ticks_due_ns(&s->ticks))) {
        if (ticks_begin(&s->ticks, bd_mono_ns() - s->start_ns))
            look_again(s, true);
        ticks_end(&s->ticks, bd_mono_ns() - s->start_ns);
    }
    look_again(s, bd_mono_ns() - s->kept_ns >= s->ticks.interval_ns / 2);
    struct timespec cpu = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    s->cost.cpu_ns = cpu.tv_sec * BD_NS_PER_S + cpu.tv_nsec;
    return NULL;
}

/* -------------------------------------------------------------------------------- start and end */

static void sampler_free(struct sampler *s)
{
    live_set(s->live, NULL, NULL);
    sample_live_unref(s->live);
    taker_free(s->taker);
    for (size_t i = 0; i < BD_ARRAY_LEN(s->looks); i++)
        take_look_done(&s->looks[i]);
    free(s->samples.at_ns);
    free(s->samples.values);
    free(s->row);
    free(s->names);
    for (size_t i = 0; s->daemons && i < s->units.n; i++)
        take_daemon_done(&s->daemons[i]);
    free(s->daemons);
    bd_strv_done(&s->units);
    free(s->proc);
    free(s->system);
    pthread_cond_destroy(&s->stop);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
BD_DEFINE_CLEANUP(struct sampler, sampler, sampler_free)

static struct sampler *sampler_new(const struct sampler_config *config,
                                   const struct take_places *places)
{
    const struct cluster_plan *plan = config->plan;
    struct sampler *s = bd_new(struct sampler);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&s->lock, NULL);
    s->ticks = (struct ticks){.interval_ns = config->interval_ns, .k = 1};
    s->names = bd_xcalloc(plan->n_nodes, sizeof(*s->names));
    for (size_t i = 0; i < plan->n_nodes; i++)
        memcpy(s->names[i], plan->nodes[i].name, sizeof(*s->names));
    s->taker = taker_new(places, plan);
    for (size_t i = 0; i < BD_ARRAY_LEN(s->looks); i++)
        take_look_init(&s->looks[i], plan->n_nodes);
    s->last = &s->looks[0];
    s->next = &s->looks[1];
    s->samples.columns = take_columns(plan->n_nodes);
    s->row = bd_xcalloc(s->samples.columns, sizeof(*s->row));
    for (size_t i = 0; i < SAMPLE_HOST_COUNT; i++)
        s->max[i] = NAN;
    s->live = config->live ? sample_live_ref(config->live) : NULL;
    s->proc = bd_xstrdup(places->proc);
    return s;
}

static void look_at_daemons(struct sampler *s, const struct sampler_config *config,
                            const struct take_places *places)
{
    for (const char *const *unit = config->daemons; unit && *unit; unit++)
        bd_strv_add(&s->units, *unit);
    if (s->units.n && config->plan->n_nodes)
        s->system = take_system_find(places, config->plan->nodes); /* controllers come first */
    s->daemons = bd_xcalloc(s->units.n, sizeof(*s->daemons));
    for (size_t i = 0; s->system && i < s->units.n; i++)
        take_daemon_look(s->proc, s->system, s->units.items[i], &s->daemons[i]);
}

int sampler_start_from(const struct sampler_config *config, const struct take_places *places,
                       struct sampler **ret_sampler, struct bd_err *err)
{
    if (config->interval_ns < SAMPLER_INTERVAL_MIN_NS)
        return bd_err_set(err, BD_EINVALID, "samples can be taken every 10 ms at most");
    bd_auto(sampler) struct sampler *s = sampler_new(config, places);
    look_at_daemons(s, config, places);
    s->start_ns = s->kept_ns = bd_mono_ns();
    int rc = taker_look(s->taker, s->last, err);
    if (rc < 0)
        return rc;
    s->first = s->last->host;
    live_set(s->live, &s->samples, (const char(*)[NODE_NAME_BYTES])s->names);
    rc = pthread_create(&s->thread, NULL, sampler_main, s);
    if (rc != 0)
        return bd_err_errno(err, rc, "start the sampler's thread");
    pthread_setname_np(s->thread, "sampler");
    *ret_sampler = bd_take(s);
    return 0;
}

int sampler_start(const struct sampler_config *config, struct sampler **ret_sampler,
                  struct bd_err *err)
{
    bd_auto_free char *memory = NULL, *blkio = NULL;
    int rc = take_hierarchy_find("memory", &memory, err);
    if (rc == 0)
        rc = take_hierarchy_find("blkio", &blkio, err);
    if (rc < 0)
        return rc;
    const struct take_places places = {.proc = "/proc",
                                       .sys = "/sys",
                                       .run = "/run",
                                       .cgroup2 = config->cgroup2,
                                       .memory = memory,
                                       .blkio = blkio};
    return sampler_start_from(config, &places, ret_sampler, err);
}

static void daemons_used(struct sampler *s, struct sampler_result *result)
{
    result->daemons = bd_xcalloc(s->units.n, sizeof(*result->daemons));
    for (size_t i = 0; s->system && i < s->units.n; i++) {
        struct take_daemon now;
        take_daemon_look(s->proc, s->system, s->units.items[i], &now);
        result->n_daemons += take_daemon_used(&s->daemons[i], &now, s->units.items[i],
                                              &result->daemons[result->n_daemons]);
        take_daemon_done(&now);
    }
}

static double or_negative(double value)
{
    return isnan(value) ? -1 : value;
}

static void noise_of(const struct sampler *s, struct sampler_noise *ret_noise)
{
    struct sampler_noise noise = {.energy_j = or_negative(s->energy_j)};
    const struct {
        struct sampler_span *span;
        enum sample_id metric;
    } spans[] = {
        {&noise.outside_cpus, SAMPLE_OUTSIDE_CPUS},
        {&noise.steal, SAMPLE_STEAL},
        {&noise.psi_cpu, SAMPLE_PSI_CPU},
        {&noise.psi_memory, SAMPLE_PSI_MEMORY},
        {&noise.psi_io, SAMPLE_PSI_IO},
    };
    double mean[SAMPLE_HOST_COUNT];
    take_host_values(&s->first, &s->last->host, mean);
    for (size_t i = 0; i < BD_ARRAY_LEN(spans); i++) {
        size_t column = spans[i].metric - SAMPLE_HOST_FIRST;
        *spans[i].span = (struct sampler_span){
            .mean = or_negative(mean[column]),
            .max = or_negative(fmax(s->max[column], mean[column])),
        };
    }
    *ret_noise = noise;
}

void sampler_stop(struct sampler *s, struct sampler_result *ret_result)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->stop);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    if (ret_result) {
        struct sampler_result result = {
            .start_mono_ns = s->start_ns, .window_ns = bd_mono_ns() - s->start_ns, .cost = s->cost};
        daemons_used(s, &result);
        result.cost.late = s->ticks.late;
        result.cost.skipped = s->ticks.skipped;
        result.cost.round_mean_ns = s->rounds_ns / s->cost.rounds;
        noise_of(s, &result.noise);
        samples_series(&s->samples, (const char(*)[NODE_NAME_BYTES])s->names, &result);
        *ret_result = result;
    }
    sampler_free(s);
}
