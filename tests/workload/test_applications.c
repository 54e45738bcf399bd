/* Applications that come with benchd: what is read from what they really wrote (Debian 12), and
 * what becomes of a run whose output is not that. */
#include "tests/workload/left.h"

#define METRICS_MAX 3

static const struct application {
    const char *file;
    const char *out;               /* recorded on stdout */
    const char *output, *recorded; /* a file that it left; NULL: none */
    struct {
        const char *metric, *unit, *kind;
        double value;
    } values[METRICS_MAX];
    size_t n_checks;
} applications[] = {
    {.file = "gromacs.yaml",
     .out = "gromacs-2022.5.txt",
     .output = "md.log",
     .recorded = "gromacs-2022.5-md.log",
     .values = {{"performance", "ns/day", "rate", 7.596}, {"wall", "s", "cost", 11.397}},
     .n_checks = 3},
    {.file = "lammps.yaml",
     .out = "lammps-2021-09-29.txt",
     .values = {{"timesteps", "timesteps/s", "rate", 15.961}, {"loop", "s", "cost", 12.5308}},
     .n_checks = 3},
    {.file = "openfoam.yaml",
     .out = "openfoam-1912.txt",
     .values = {{"step", "s/step", "cost", 0.008070669}, {"loop", "s", "cost", 6.456535}},
     .n_checks = 3},
};

static const struct application *application_of(const char *file)
{
    size_t i = 0;
    while (strcmp(applications[i].file, file) != 0)
        i++;
    return &applications[i];
}

/* Of a text that has it. */
static char *with(const char *text, const char *was, const char *is)
{
    const char *at = strstr(text, was);
    ck_assert_msg(at, "there is no '%s'", was);
    return bd_xasprintf("%.*s%s%s", (int)(at - text), text, is, at + strlen(was));
}

/* As it was recorded, but for one thing, in whichever of both it is; NULL: nothing. */
static struct left left_of(const struct application *a, const char *was, const char *is)
{
    struct left l = left_new(a->file);
    const char *names[] = {a->out, a->recorded};
    bool is_changed = false;
    for (size_t i = 0; i < BD_ARRAY_LEN(names) && names[i]; i++) {
        bd_auto_free char *path = bd_xasprintf(VECTORS_DIR "/%s", names[i]);
        bd_auto_free char *text = read_text(path);
        if (was && strstr(text, was)) {
            char *changed = with(text, was, is);
            free(text);
            text = changed;
            is_changed = true;
        }
        if (i == 0)
            left_stdout(&l, text);
        else
            left_output(&l, a->output, text);
    }
    ck_assert_msg(!was || is_changed, "%s: there is no '%s'", a->file, was);
    return l;
}

START_TEST(test_each_is_read)
{
    for (size_t i = 0; i < BD_ARRAY_LEN(applications); i++) {
        const struct application *a = &applications[i];
        struct left l = left_of(a, NULL, NULL);
        struct workload_result result = left_results(&l, a->file);
        for (size_t k = 0; k < METRICS_MAX && a->values[k].metric; k++) {
            const json_t *metric = json_object_get(result.metrics, a->values[k].metric);
            ck_assert_msg(bd_json_real(metric, "value", -1) == a->values[k].value, "%s %s: %g",
                          a->file, a->values[k].metric, bd_json_real(metric, "value", -1));
            ck_assert_str_eq(bd_json_str(metric, "unit", ""), a->values[k].unit);
            ck_assert_str_eq(bd_json_str(metric, "kind", ""), a->values[k].kind);
            ck_assert_int_eq(bd_json_int(metric, "n", 0), 1);
        }
        assert_all_hold(&result, a->n_checks, a->file);
        workload_result_done(&result);
        left_done(&l);
    }
}
END_TEST

/* The same output with one thing in it that went wrong: the run is invalid, by this check. */
START_TEST(test_what_is_computed_wrong_is_told)
{
    static const struct {
        const char *file, *was, *is, *check, *got;
    } vectors[] = {
        {"gromacs.yaml", "of a molecule -46.6381", "of a molecule nan", "energy", "nan"},
        {"gromacs.yaml", "of a molecule -46.6381", "of a molecule -41.7", "energy", "-41.7"},
        {"gromacs.yaml", "temperature 2.98232e+02 K", "temperature 6.20699e+02 K", "temperature",
         "6.20699e+02"},
        {"gromacs.yaml", "Conserved energy drift: 2.61e-03", "Conserved energy drift: 2.61e-01",
         "drift", "2.61e-01"},
        {"lammps.yaml", "0.7574531", "nan", "temperature", "nan"},
        {"lammps.yaml", "0.7574531", "0.7", "temperature", "0.7"},
        {"lammps.yaml", "-4.6226272", "-4.2", "conserved", "-4.2"},
        {"openfoam.yaml", "velocity in the centre -0.20492966", "velocity in the centre -0.2",
         "velocity", "-0.2"},
        {"openfoam.yaml", "Final residual = 9.8999371e-07", "Final residual = 0.5", "pressure",
         "0.5"},
        {"openfoam.yaml", "sum local = 1.0264135e-09", "sum local = nan", "mass", "nan"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct left l = left_of(application_of(vectors[i].file), vectors[i].was, vectors[i].is);
        struct workload_result result = left_results(&l, vectors[i].file);
        assert_one_fails(&result, vectors[i].check, vectors[i].got);
        workload_result_done(&result);
        left_done(&l);
    }
}
END_TEST

/* A figure that is not there, or is none, fails the run with what there was. */
START_TEST(test_a_figure_that_is_missing_fails)
{
    static const struct {
        const char *file, *was, *is, *says;
    } vectors[] = {
        {"gromacs.yaml", "\nPerformance: ", "\nNothing: ", "metric performance: regex "},
        {"gromacs.yaml", "\nPerformance:        7.596", "\nPerformance:        nan",
         "finds 'nan', which is no number"},
        {"gromacs.yaml", "temperature ", "nothing ", "check temperature: regex "},
        {"lammps.yaml", "\nPerformance: ", "\nNothing: ", "metric timesteps: regex "},
        {"lammps.yaml", "\nLoop time of ", "\nERROR: Lost atoms: ", "its last lines: "},
        {"openfoam.yaml", " s, each in ", " s ", "its last lines: "},
        {"openfoam.yaml", "velocity in the centre ", "velocity ", "check velocity: regex "},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct left l = left_of(application_of(vectors[i].file), vectors[i].was, vectors[i].is);
        struct bd_err err = left_fails(&l, vectors[i].file);
        ck_assert_msg(strstr(err.text, vectors[i].says), "%s", err.text);
        ck_assert_msg(strstr(err.text, "its last lines: "), "%s", err.text);
        left_done(&l);
    }
}
END_TEST

UNIT_MAIN("workload-applications", test_each_is_read, test_what_is_computed_wrong_is_told,
          test_a_figure_that_is_missing_fails)
