/* The host's own files. */
#include "lib/sample/take_priv.h"

#include "lib/base/clock.h"

#include <dirent.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

struct host_files {
    char *proc, *run, *cgroup2;
    int psi[TAKE_PSI_COUNT];
    int *frequencies; /* one a policy of cpufreq */
    size_t n_frequencies;
    int cpuinfo; /* where there is no cpufreq */
    struct {
        int uj;
        uint64_t range_uj;
    } packages[TAKE_PACKAGES_MAX];
    size_t n_packages;
    struct bd_str text;
};

static bool read_number(struct host_files *f, int fd, uint64_t *ret_n)
{
    return take_text(fd, &f->text) && take_number(bd_str_text(&f->text), "", ret_n);
}

/* ------------------------------------------------------------------------------------- opening */

static void open_frequencies(struct host_files *f, const char *sys)
{
    bd_auto_free char *dir = bd_xasprintf("%s/devices/system/cpu/cpufreq", sys);
    DIR *d = opendir(dir);
    for (const struct dirent *e; d && (e = readdir(d)) != NULL;) {
        int fd = bd_starts_with(e->d_name, "policy")
                     ? take_open("%s/%s/scaling_cur_freq", dir, e->d_name)
                     : -1;
        if (fd < 0)
            continue;
        f->frequencies =
            bd_xrealloc(f->frequencies, (f->n_frequencies + 1) * sizeof(*f->frequencies));
        f->frequencies[f->n_frequencies++] = fd;
    }
    if (d)
        closedir(d);
}

/* Only whole packages: parts of one ("intel-rapl:0:1") are in it, and "psys" has all of them in
 * itself. */
static bool is_package(struct host_files *f, const char *zone)
{
    bd_auto_fd int fd = take_open("%s/name", zone);
    return take_text(fd, &f->text) && bd_starts_with(bd_str_text(&f->text), "package");
}

static void open_package(struct host_files *f, const char *dir, const char *name)
{
    bd_auto_free char *zone = bd_xasprintf("%s/%s", dir, name);
    if (!bd_starts_with(name, "intel-rapl:") || strchr(name, ':') != strrchr(name, ':') ||
        f->n_packages == TAKE_PACKAGES_MAX || !is_package(f, zone))
        return;
    bd_auto_fd int range = take_open("%s/max_energy_range_uj", zone);
    int uj = take_open("%s/energy_uj", zone);
    if (uj < 0)
        return;
    f->packages[f->n_packages].uj = uj;
    if (!read_number(f, range, &f->packages[f->n_packages].range_uj))
        f->packages[f->n_packages].range_uj = 0;
    f->n_packages++;
}

static void open_packages(struct host_files *f, const char *sys)
{
    bd_auto_free char *dir = bd_xasprintf("%s/class/powercap", sys);
    DIR *d = opendir(dir);
    for (const struct dirent *e; d && (e = readdir(d)) != NULL;)
        open_package(f, dir, e->d_name);
    if (d)
        closedir(d);
}

struct host_files *host_files_new(const struct take_places *places)
{
    static const char *const psi[] = {"cpu", "memory", "io"};
    struct host_files *f = bd_new(struct host_files);
    f->proc = bd_xstrdup(places->proc);
    f->run = bd_xstrdup(places->run);
    f->cgroup2 = bd_xstrdup(places->cgroup2);
    for (size_t i = 0; i < TAKE_PSI_COUNT; i++)
        f->psi[i] = take_open("%s/pressure/%s", places->proc, psi[i]);
    open_frequencies(f, places->sys);
    f->cpuinfo = f->n_frequencies ? -1 : take_open("%s/cpuinfo", places->proc);
    open_packages(f, places->sys);
    return f;
}

void host_files_free(struct host_files *f)
{
    free(f->proc);
    free(f->run);
    free(f->cgroup2);
    for (size_t i = 0; i < TAKE_PSI_COUNT; i++)
        bd_cleanup_fd(&f->psi[i]);
    for (size_t i = 0; i < f->n_frequencies; i++)
        close(f->frequencies[i]);
    free(f->frequencies);
    bd_cleanup_fd(&f->cpuinfo);
    for (size_t i = 0; i < f->n_packages; i++)
        close(f->packages[i].uj);
    bd_str_done(&f->text);
    free(f);
}

/* ------------------------------------------------------------------------------------- looking */

static struct take_count look_at_psi(struct host_files *f, int fd)
{
    static const char word[] = " total=";
    struct take_count c = {.at_ns = bd_mono_ns()};
    bool read = take_text(fd, &f->text) && bd_starts_with(bd_str_text(&f->text), "some ");
    const char *total = read ? strstr(f->text.data, word) : NULL;
    const char *end = read ? strchrnul(f->text.data, '\n') : NULL;
    c.known = total && total < end && take_number(total, word, &c.n);
    return c;
}

/* "cpu MHz\t\t: 2596.098" of each CPU. */
static double frequency_of_cpuinfo(struct host_files *f)
{
    double sum = 0;
    unsigned n = 0;
    char *rest = take_text(f->cpuinfo, &f->text) ? f->text.data : NULL;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        const char *colon = bd_starts_with(line, "cpu MHz") ? strchr(line, ':') : NULL;
        double mhz = colon ? strtod(colon + 1, NULL) : 0;
        if (!(mhz > 0) || !isfinite(mhz))
            continue;
        sum += mhz;
        n++;
    }
    return n ? sum / n : -1;
}

/* Of CPUs that are offline nothing is known. */
static double look_at_frequency(struct host_files *f)
{
    double sum_khz = 0;
    unsigned n = 0;
    uint64_t khz;
    if (f->cpuinfo >= 0)
        return frequency_of_cpuinfo(f);
    for (size_t i = 0; i < f->n_frequencies; i++) {
        if (!read_number(f, f->frequencies[i], &khz) || khz == 0)
            continue;
        sum_khz += (double)khz;
        n++;
    }
    return n ? sum_khz / n / 1000 : -1;
}

int host_files_look(struct host_files *f, struct take_host *ret_host, struct bd_err *err)
{
    const struct quiet_places places = {f->proc, f->run, f->cgroup2};
    struct take_host h = {.n_packages = f->n_packages};
    int rc = quiet_take_from(&places, &h.quiet, err);
    h.quiet_known = rc == 0;
    for (size_t i = 0; i < TAKE_PSI_COUNT; i++)
        h.psi_us[i] = look_at_psi(f, f->psi[i]);
    h.frequency_mhz = look_at_frequency(f);
    for (size_t i = 0; i < f->n_packages; i++) {
        struct take_energy *e = &h.packages[i];
        e->range_uj = f->packages[i].range_uj;
        e->uj.at_ns = bd_mono_ns();
        e->uj.known = read_number(f, f->packages[i].uj, &e->uj.n);
    }
    *ret_host = h;
    return rc;
}
