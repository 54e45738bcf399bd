/* What is refused of a jobstream's spec, where, and what is filled in. */
#include "tests/jobs/support.h"

#include "contract.h"

#include "lib/base/fs.h"
#include "lib/yaml/yaml.h"

#include "tests/base/unit.h"

#include <glob.h>
#include <math.h>

static struct schema *contract_schema(void)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_json json_t *contract = NULL;
    struct schema *schema = NULL;
    ck_assert_msg(bd_json_parse(contract_json, contract_json_bytes, &contract, &err) == 0, "%s",
                  err.text);
    ck_assert_msg(schema_compile(contract, "/components/schemas/WorkloadChoice", &schema, &err) ==
                      0,
                  "%s", err.text);
    return schema;
}

static bool has_fault_at(const struct schema_faults *faults, const char *pointer)
{
    for (size_t i = 0; i < faults->n; i++)
        if (strcmp(faults->items[i].pointer, pointer) == 0)
            return true;
    return false;
}

static void assert_told(const struct schema_faults *faults, const char *members,
                        const char *pointer)
{
    bd_auto_json json_t *list = schema_faults_json(faults);
    bd_auto_free char *text = bd_json_text(list);
    ck_assert_msg(pointer ? has_fault_at(faults, pointer) : faults->n == 0, "%s: %s", members,
                  text);
}

#define LOGNORMAL      "{'runtime': {'distribution': 'lognormal', 'median': '1s', "
#define BRANCH(p)      "{'probability': " p ", 'mean': '1s'}"
#define BRANCHES(list) "{'runtime': {'distribution': 'hyperexponential', 'branches': [" list "]}}"

#define CYCLE(of)   "{'arrival': {'rate': '10/s', 'cycle': {" of "}}}"
#define SESSION(of) "{'arrival': {'process': 'sessions', 'rate': '10/s', 'session': {" of "}}}"
#define THINK       "'think': {'distribution': 'constant', 'value': '1s'}"
/* Sizes, runtimes and arrivals are as in all of these specs, but for what is null. */
#define MODEL(of) "{'timeScale': 0.001, 'model': {'name': 'lublin'" of "}}"
#define OF_MODEL(of)                                                                               \
    "{'timeScale': 0.001, 'jobs': 5, 'runtime': null, 'arrival': null, 'model': {'name': "         \
    "'lublin'" of "}}"

struct refusal {
    const char *members;
    const char *pointer; /* NULL: nothing is wrong with it */
};

/* On a cluster of 8 compute nodes; the schema has nothing against any of these. */
static const struct refusal cases[] = {
    {"{}", NULL},
    {"{'jobs': 1000000, 'arrival': {'process': 'all'}}", NULL},
    {"{'size': {'constant': 8}}", NULL},
    {"{'size': {'constant': 9}}", "/workload/size/constant"},
    {"{'size': {'choice': [1, 8, 9]}}", "/workload/size/choice/2"},
    {"{'size': {'powerOfTwo': {'min': 8, 'max': 8}}}", NULL},
    {"{'size': {'powerOfTwo': {'min': 1, 'max': 16}}}", "/workload/size/powerOfTwo/max"},
    {"{'size': {'powerOfTwo': {'min': 4, 'max': 2}}}", "/workload/size/powerOfTwo/max"},
    {"{'size': {'fraction': [0.000001, 1]}}", NULL},
    {LOGNORMAL "'sigma': 1, 'min': '1s', 'max': '1s'}}", NULL},
    {LOGNORMAL "'sigma': 1, 'min': '2s', 'max': '1s'}}", "/workload/runtime/max"},
    {LOGNORMAL "'sigma': 1, 'max': '24h'}}", NULL},
    {LOGNORMAL "'sigma': 1, 'max': '25h'}}", "/workload/runtime/max"},
    {LOGNORMAL "'sigma': 1, 'min': '999ns'}}", "/workload/runtime/min"},
    {"{'runtime': {'distribution': 'uniform', 'min': '3s', 'max': '2s'}}", "/workload/runtime/max"},
    {"{'runtime': {'distribution': 'constant', 'value': '1441min'}}", "/workload/runtime/value"},
    {"{'runtime': {'distribution': 'exponential', 'mean': '1ns'}}", "/workload/runtime/mean"},
    {BRANCHES(BRANCH("0.5") ", " BRANCH("0.5000000001")), NULL},
    {BRANCHES(BRANCH("0.5") ", " BRANCH("0.50000001")), "/workload/runtime/branches"},
    {BRANCHES(BRANCH("1") ", {'probability': 0, 'mean': '25h'}"),
     "/workload/runtime/branches/1/mean"},
    {"{'requested': {'factor': 1}}", NULL},
    {"{'requested': {'factor': 'uniform(1, 1)'}}", NULL},
    {"{'requested': {'factor': 'uniform(1.5,10000)'}}", NULL},
    {"{'requested': {'factor': 'uniform( 2 , 1 )'}}", "/workload/requested/factor"},
    {"{'requested': {'factor': 'uniform(0.9, 2)'}}", "/workload/requested/factor"},
    {"{'requested': {'factor': 'uniform(1, 10001)'}}", "/workload/requested/factor"},
    {"{'arrival': {}}", "/workload/arrival"},
    {"{'arrival': {'load': 0.5, 'rate': '1/s'}}", "/workload/arrival"},
    {"{'arrival': {'process': 'all', 'load': 0.5}}", "/workload/arrival/load"},
    {"{'arrival': {'process': 'all', 'rate': '1/s'}}", "/workload/arrival/rate"},
    {"{'arrival': {'rate': '0/s'}}", "/workload/arrival/rate"},
    {"{'arrival': {'process': 'burst', 'rate': '1/s', 'burst': 1}}", NULL},
    {"{'arrival': {'process': 'burst', 'rate': '1/s'}}", "/workload/arrival/burst"},
    {"{'arrival': {'process': 'poisson', 'rate': '1/s', 'burst': 2}}", "/workload/arrival/burst"},
    {"{'arrival': {'rate': '5/s'}, 'timeout': '10s'}", NULL},
    {"{'arrival': {'rate': '5/s'}, 'timeout': '9s'}", "/workload/timeout"},
    {"{'arrival': {'rate': '49/h'}}", "/workload/timeout"},
    {"{'arrival': {'rate': '0.001/h'}, 'timeout': '2000000h'}", "/workload/timeout"},
    {"{'arrival': {'load': 1e-300}}", "/workload/timeout"},
    {"{'timeout': '999999999999999h'}", "/workload/timeout"},
    {"{'arrival': {'load': 0.5}, 'jobs': 14400}", NULL},
    {"{'arrival': {'load': 0.5}, 'jobs': 14401}", "/workload/timeout"},
    {"{'arrays': {'share': 1, 'tasks': 1000}, 'jobs': 1000}", NULL},
    {"{'arrays': {'share': 1, 'tasks': 1000}, 'jobs': 1001}", "/workload/arrays"},
    {"{'arrays': {'share': 0.01, 'tasks': 1000}, 'jobs': 20000}", NULL},
    {"{'arrays': {'share': 0.5, 'tasks': 1000}, 'jobs': 1990}", "/workload/arrays"},
    {CYCLE("'weights': [1, 0]"), NULL},
    {CYCLE("'weights': [0, 0]"), "/workload/arrival/cycle/weights"},
    {CYCLE("'weights': [1], 'period': '999us'"), "/workload/arrival/cycle/period"},
    {CYCLE("'weights': [1], 'period': '8761h'"), "/workload/arrival/cycle/period"},
    {CYCLE("'weights': [1], 'start': '1439min'"), NULL},
    {CYCLE("'weights': [1], 'start': '24h'"), "/workload/arrival/cycle/start"},
    {CYCLE("'weights': [1], 'period': '2h', 'start': '2h'"), "/workload/arrival/cycle/start"},
    {"{'arrival': {'rate': '10/s', 'cycle': {'weights': [1], 'period': '10ms'}}, 'timeScale': "
     "0.01}",
     "/workload/arrival/cycle/period"},
    {"{'arrival': {'process': 'all', 'cycle': {'weights': [1]}}}", "/workload/arrival/cycle"},
    /* 50 jobs in 5 s of the time of arrivals, which a night of two hours precedes */
    {"{'arrival': {'rate': '10/s', 'cycle': {'weights': [0, 1, 0, 0], 'period': '8h'}}}",
     "/workload/timeout"},
    {SESSION("'jobs': 1, " THINK), NULL},
    {SESSION("'jobs': 1.5, " THINK), NULL},
    {SESSION("'jobs': 1.5, 'distribution': 'constant', " THINK), "/workload/arrival/session/jobs"},
    {SESSION("'jobs': 2, 'think': {'distribution': 'constant', 'value': '25h'}"),
     "/workload/arrival/session/think/value"},
    {SESSION("'jobs': 2, 'think': {'distribution': 'uniform', 'min': '2s', 'max': '1s'}"),
     "/workload/arrival/session/think/max"},
    {SESSION("'jobs': 2, 'think': {'distribution': 'hyperexponential', 'branches': [" BRANCH(
         "0.9") "]}"),
     "/workload/arrival/session/think/branches"},
    /* The last jobs of a session come 99 h late. */
    {SESSION("'jobs': 100, 'think': {'distribution': 'constant', 'value': '1h'}"),
     "/workload/timeout"},
    {"{'arrival': {'process': 'sessions', 'rate': '10/s'}}", "/workload/arrival/session/jobs"},
    {"{'arrival': {'rate': '10/s', 'session': {'jobs': 2, " THINK "}}}",
     "/workload/arrival/session"},
    {MODEL(""), NULL},
    {MODEL(", 'load': 0.5"), "/workload/model/load"},
    {MODEL(", 'serialProb': 0.4, 'pow2Prob': 0.7"), "/workload/model/pow2Prob"},
    {MODEL(", 'uHi': 3"), NULL},
    {MODEL(", 'uHi': 3.1"), "/workload/model/uHi"},
    {MODEL(", 'uHi': 2, 'uMed': 2.1"), "/workload/model/uMed"},
    {MODEL(", 'uLow': 2, 'uMed': 1.9"), "/workload/model/uMed"},
    {MODEL(", 'uLow': 3.1"), "/workload/model/uLow"},
    {MODEL(", 'a1': 40"), "/workload/model/a1"},
    {MODEL(", 'a2': 900"), "/workload/model/a2"},
    {MODEL(", 'longestRuntime': '2h'"), "/workload/model/a2"},
    {MODEL(", 'aarr': 30"), "/workload/model/aarr"},
    {MODEL(", 'anum': 1000"), "/workload/model/anum"},
    {MODEL(", 'longestGap': '1s'"), "/workload/model/longestGap"},
    {MODEL(", 'start': '24h'"), "/workload/model/start"},
    {"{'timeScale': 0.0000009, 'model': {'name': 'lublin'}}", "/workload/timeScale"},
    {"{'coresPerTask': 4}", NULL},
    {"{'coresPerTask': 5}", "/workload/coresPerTask"},
    {"{'coresPerTask': {'choice': [1, 4]}, 'exclusive': false}", NULL},
    {"{'coresPerTask': {'choice': [1, 5]}}", "/workload/coresPerTask/choice/1"},
    {"{'coresPerTask': 2, 'tasksPerNode': 2}", NULL},
    {"{'coresPerTask': 2, 'tasksPerNode': 3}", "/workload/coresPerTask"},
    {"{'tasksPerNode': 4}", NULL},
    {"{'tasksPerNode': 5}", "/workload/tasksPerNode"},
    {"{'memory': '256MiB'}", NULL},
    {"{'memory': '257MiB'}", "/workload/memory"},
    {"{'payloadMemory': '4096'}", NULL},
    {"{'payloadMemory': '4095'}", "/workload/payloadMemory"},
    {"{'payloadMemory': '2TiB'}", "/workload/payloadMemory"},
};

START_TEST(what_the_schema_cant_say_is_told_at_its_place)
{
    bd_auto(schema) struct schema *schema = contract_schema();
    for (size_t i = 0; i < BD_ARRAY_LEN(cases); i++) {
        bd_auto_json json_t *spec = stream_spec_with(cases[i].members);
        bd_auto_faults struct schema_faults of_schema = {0}, faults = {0};
        schema_check(schema, spec, "", &of_schema);
        assert_told(&of_schema, cases[i].members, NULL);
        stream_check(spec, NODES(8), &faults);
        assert_told(&faults, cases[i].members, cases[i].pointer);
    }
}
END_TEST

/* Where the model says how long jobs take and when they come; a member of null is left out. */
START_TEST(what_only_the_model_says_is_told_at_its_place)
{
    static const struct refusal models[] = {
        {OF_MODEL(""), NULL},
        {OF_MODEL(", 'load': 0.5"), NULL},
        {OF_MODEL(", 'load': 0.000001"), "/workload/timeout"},
        {OF_MODEL(", 'longestRuntime': '24000h'"), "/workload/model/longestRuntime"},
        {"{'timeScale': 0.54, 'runtime': null, 'model': {'name': 'lublin'}}",
         "/workload/model/longestRuntime"},
        {"{'timeScale': 0.53, 'runtime': null, 'model': {'name': 'lublin'}}", NULL},
        {"{'timeScale': 1, 'runtime': null, 'model': {'name': 'lublin', 'longestRuntime': '24h'}}",
         NULL},
        {"{'runtime': null}", "/workload/runtime"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(models); i++) {
        bd_auto_json json_t *spec = stream_spec_with(models[i].members);
        bd_auto_faults struct schema_faults faults = {0};
        json_t *value;
        const char *name;
        void *next;
        json_object_foreach_safe (spec, next, name, value)
            if (json_is_null(value))
                json_object_del(spec, name);
        stream_check(spec, NODES(8), &faults);
        assert_told(&faults, models[i].members, models[i].pointer);
    }
}
END_TEST

START_TEST(every_fault_is_told)
{
    bd_auto_json json_t *spec = stream_spec_with(
        "{'size': {'choice': [9, 1, 10]}, 'requested': {'factor': 'uniform(3, 2)'},"
        " 'runtime': {'distribution': 'uniform', 'min': '25h', 'max': '2s'},"
        " 'arrival': {'process': 'burst'}}");
    static const char *const at[] = {
        "/workload/size/choice/0", "/workload/size/choice/2", "/workload/requested/factor",
        "/workload/runtime/min",   "/workload/arrival",       "/workload/arrival/burst",
    };
    bd_auto_faults struct schema_faults faults = {0};
    stream_check(spec, NODES(8), &faults);
    for (size_t i = 0; i < BD_ARRAY_LEN(at); i++)
        assert_told(&faults, "all", at[i]);
    ck_assert_uint_eq(faults.n, BD_ARRAY_LEN(at));
}
END_TEST

/* At places where the contract's schema is to say no. */
static const struct refusal of_schema[] = {
    {"{'jobs': 0}", "/jobs"},
    {"{'jobs': 1000001}", "/jobs"},
    {"{'arrivals': {}}", "/arrivals"},
    {"{'arrival': {'process': 'gamma'}}", "/arrival/process"},
    {"{'arrival': {'load': 0}}", "/arrival/load"},
    {"{'arrival': {'load': 101}}", "/arrival/load"},
    {"{'arrival': {'rate': 5}}", "/arrival/rate"},
    {"{'arrival': {'rate': '5/d'}}", "/arrival/rate"},
    {CYCLE(""), "/arrival/cycle"},
    {CYCLE("'weights': []"), "/arrival/cycle/weights"},
    {CYCLE("'weights': [-1]"), "/arrival/cycle/weights/0"},
    {SESSION("'jobs': 0.9, " THINK), "/arrival/session/jobs"},
    {SESSION("'jobs': 1001, " THINK), "/arrival/session/jobs"},
    {SESSION("'jobs': 2, 'distribution': 'poisson', " THINK), "/arrival/session/distribution"},
    {SESSION("'jobs': 2"), "/arrival/session"},
    {"{'model': {}}", "/model"},
    {"{'model': {'name': 'downey'}}", "/model/name"},
    {MODEL(", 'serialProb': 1.1"), "/model/serialProb"},
    {MODEL(", 'b1': 1"), "/model/b1"},
    {MODEL(", 'a1': 0"), "/model/a1"},
    {MODEL(", 'load': 0"), "/model/load"},
    {MODEL(", 'c1': 0"), "/model/c1"},
    {"{'runtime': {'distribution': 'weibull'}}", "/runtime/distribution"},
    {"{'runtime': {'distribution': 'constant', 'value': '1s', 'max': '2s'}}", "/runtime/max"},
    {"{'runtime': {'distribution': 'exponential', 'mean': '0s'}}", "/runtime/mean"},
    {"{'runtime': {'distribution': 'lognormal', 'median': '1s', 'sigma': 0}}", "/runtime/sigma"},
    {"{'runtime': {'distribution': 'lognormal', 'median': '1s', 'sigma': 5.1}}", "/runtime/sigma"},
    {"{'requested': {'factor': 'normal(1, 2)'}}", "/requested/factor"},
    {"{'requested': {'factor': 0.9}}", "/requested/factor"},
    {"{'users': 65}", "/users"},
    {"{'priorities': [0, 1001]}", "/priorities/1"},
    {"{'arrays': {'share': 0.5, 'tasks': 1}}", "/arrays/tasks"},
    {"{'arrays': {'share': 0.5}}", "/arrays"},
    {"{'dependencies': {'share': 1.1}}", "/dependencies/share"},
    {"{'seed': 7}", "/seed"},
    {"{'payload': 'gpu'}", "/payload"},
    {"{'clients': 0}", "/clients"},
};

START_TEST(what_the_schema_can_say_it_says)
{
    bd_auto(schema) struct schema *schema = contract_schema();
    for (size_t i = 0; i < BD_ARRAY_LEN(of_schema); i++) {
        bd_auto_json json_t *spec = stream_spec_with(of_schema[i].members);
        bd_auto_faults struct schema_faults faults = {0};
        schema_check(schema, spec, "", &faults);
        assert_told(&faults, of_schema[i].members, of_schema[i].pointer);
    }
}
END_TEST

START_TEST(a_size_is_given_in_one_way)
{
    static const char *const bad[] = {
        "{'size': {}}",
        "{'size': {'constant': 1, 'choice': [1]}}",
        "{'size': {'powerOfTwo': {'min': 1, 'max': 3}}}",
        "{'size': {'choice': []}}",
        "{'size': {'fraction': 0}}",
        "{'size': {'fraction': [0.5, 1.5]}}",
    };
    bd_auto(schema) struct schema *schema = contract_schema();
    for (size_t i = 0; i < BD_ARRAY_LEN(bad); i++) {
        bd_auto_json json_t *spec = stream_spec_with(bad[i]);
        bd_auto_faults struct schema_faults faults = {0}, ours = {0};
        ck_assert_msg(!schema_check(schema, spec, "", &faults), "%s", bad[i]);
        stream_check(spec, NODES(8), &ours);
        ck_assert_msg(ours.n > 0, "%s", bad[i]);
    }
}
END_TEST

/* The contract's defaults and those of a spec that lacks them are the same ones. */
START_TEST(defaults_are_those_of_the_contract)
{
    bd_auto(schema) struct schema *schema = contract_schema();
    bd_auto_json json_t *spec = json_of("{'name': 'jobstream', 'jobs': 200, 'runtime':"
                                        " {'distribution': 'exponential', 'mean': '1s'}}");
    bd_auto_json json_t *whole = json_deep_copy(spec);
    schema_apply_defaults(schema, whole);
    ck_assert_uint_ge(json_object_size(whole), 12);
    auto_stream a = stream_of(spec, 7, 3, 4), b = stream_of(whole, 7, 3, 4);
    bd_auto_str struct bd_str of_a = {0}, of_b = {0};
    jobs_to_text(&a, &of_a);
    jobs_to_text(&b, &of_b);
    ck_assert_str_eq(of_a.data, of_b.data);
    ck_assert(stream_rate(spec, NODES(4)) == stream_rate(whole, NODES(4)));
    json_object_set_new(spec, "jobs", json_integer(12000));
    bd_auto_faults struct schema_faults faults = {0};
    stream_check(spec, NODES(4), &faults); /* 12000 jobs at 3.2/s: the timeout of an hour */
    assert_told(&faults, "12000 jobs", "/workload/timeout");
}
END_TEST

START_TEST(a_models_defaults_are_those_of_the_contract)
{
    bd_auto(schema) struct schema *schema = contract_schema();
    bd_auto_json json_t *spec = json_of("{'name': 'jobstream', 'jobs': 200, 'timeScale': 0.001,"
                                        " 'timeout': '100h', 'model': {'name': 'lublin'}}");
    bd_auto_json json_t *whole = json_deep_copy(spec);
    schema_apply_defaults(schema, whole);
    ck_assert_uint_eq(json_object_size(json_object_get(whole, "model")), 17);
    auto_stream a = stream_of(spec, 7, 3, 64), b = stream_of(whole, 7, 3, 64);
    bd_auto_str struct bd_str of_a = {0}, of_b = {0};
    jobs_to_text(&a, &of_a);
    jobs_to_text(&b, &of_b);
    ck_assert_str_eq(of_a.data, of_b.data);
}
END_TEST

/* Each of the model's parameters changes what it is of, and the contract knows it by the same name
 * and bounds. */
START_TEST(a_models_parameters_are_read)
{
    static const char *const parameters[] = {
        "'serialProb': 0.1",
        "'pow2Prob': 0.1",
        "'uLow': 0.5",
        "'uMed': 3",
        "'uHi': 5",
        "'uProb': 0.2",
        "'a1': 4",
        "'b1': 0.5",
        "'a2': 500",
        "'b2': 0.01",
        "'pa': -0.02",
        "'pb': 0.3",
        "'longestRuntime': '16h'",
        "'aarr': 5",
        "'barr': 0.7",
        "'arar': 1.3",
        "'longestGap': '1h'",
        "'anum': 12",
        "'bnum': 3",
        "'start': '7h'",
    };
    bd_auto_json json_t *plain =
        json_of("{'name': 'jobstream', 'jobs': 200, 'timeScale': 0.001, 'timeout': '100h',"
                " 'model': {'name': 'lublin'}}");
    auto_stream before = stream_of(plain, 7, 3, 64);
    for (size_t i = 0; i < BD_ARRAY_LEN(parameters); i++) {
        bd_auto_free char *members = bd_xasprintf("{'name': 'lublin', %s}", parameters[i]);
        bd_auto_json json_t *spec = json_copy(plain);
        json_object_set_new(spec, "model", json_of(members));
        auto_stream after = stream_of(spec, 7, 3, 64);
        ck_assert_msg(memcmp(before.items, after.items, after.n * sizeof(*after.items)) != 0, "%s",
                      parameters[i]);
    }
}
END_TEST

START_TEST(fractions_are_rounded_up_and_not_more)
{
    static const struct {
        const char *fraction;
        unsigned compute, nodes;
    } fractions[] = {
        {"1", 250, 250},   {"0.5", 4, 2},    {"0.5", 5, 3},    {"0.07", 100, 7}, {"0.29", 100, 29},
        {"0.001", 100, 1}, {"0.201", 10, 3}, {"0.1", 250, 25}, {"0.3333", 3, 1}, {"0.3334", 3, 2},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(fractions); i++) {
        bd_auto_free char *members =
            bd_xasprintf("{'size': {'fraction': %s}}", fractions[i].fraction);
        auto_stream s = stream_with(members, 0, fractions[i].compute);
        ck_assert_msg(s.items[0].nodes == fractions[i].nodes, "%s of %u: %u", fractions[i].fraction,
                      fractions[i].compute, s.items[0].nodes);
    }
}
END_TEST

START_TEST(rate_is_that_of_the_spec)
{
    static const struct {
        const char *members;
        double rate;
    } rates[] = {
        {"{'arrival': {'rate': '30/min'}}", 0.5},
        {"{'arrival': {'process': 'burst', 'rate': '10/s', 'burst': 7}}", 10},
        {"{'arrival': {'process': 'all'}}", 0},
        {"{'arrival': {'load': 0.5}}", 2},
        {"{'arrival': {'load': 0.5}, 'size': {'choice': [1, 3]}}", 1},
        {"{'arrival': {'load': 0.5}, 'arrays': {'share': 0.25, 'tasks': 5}}", 1},
        {"{'arrival': {'load': 0.9}, 'runtime': {'distribution': 'uniform', 'min': '1s', 'max': "
         "'3s'}}",
         1.8},
        {"{'arrival': {'load': 0}}", 0}, /* makes no sense */
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(rates); i++) {
        bd_auto_json json_t *spec = stream_spec_with(rates[i].members);
        double rate = stream_rate(spec, NODES(4));
        ck_assert_msg(fabs(rate - rates[i].rate) <= 1e-12, "%s: %.17g", rates[i].members, rate);
    }
}
END_TEST

static void assert_no_stream(const json_t *spec)
{
    struct job_stream s = {.n = 77};
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *text = bd_json_text(spec);
    ck_assert_msg(stream_make(spec, 1, 0, NODES(4), &s, &err) == BD_EINVALID, "%s", text);
    ck_assert_msg(strstr(err.text, "/workload"), "%s", err.text);
    ck_assert_uint_eq(s.n, 77);
    ck_assert(stream_rate(spec, NODES(4)) == 0);
}

/* With each of the ways of arrival that an example varies. */
static void assert_example(const char *path)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *text = NULL;
    bd_auto_json json_t *spec = NULL;
    size_t bytes = 0, i;
    ck_assert_msg(bd_read_file(path, 1 << 20, &text, &bytes, &err) == 0, "%s", err.text);
    ck_assert_msg(yaml_parse(text, bytes, path, &spec, NULL, &err) == 0, "%s", err.text);
    json_t *workload = json_object_get(spec, "workload"), *arrival,
           *arrivals = json_object_get(json_object_get(spec, "factors"), "workload.arrival");
    if (!bd_str_eq(bd_json_str(workload, "name", ""), "jobstream"))
        return;
    bd_auto_json json_t *one = json_pack("[O?]", json_object_get(workload, "arrival"));
    json_array_foreach (arrivals ? arrivals : one, i, arrival) {
        bd_auto_faults struct schema_faults faults = {0};
        json_object_set(workload, "arrival", arrival);
        stream_check(workload,
                     NODES((unsigned)bd_json_int(json_object_get(spec, "cluster"), "compute", 1)),
                     &faults);
        assert_told(&faults, path, NULL);
    }
}

START_TEST(streams_of_examples_can_be_drawn)
{
    glob_t found = {0};
    ck_assert_int_eq(glob(EXAMPLES_DIR "/*.yaml", 0, NULL, &found), 0);
    ck_assert_uint_ge(found.gl_pathc, 4);
    for (size_t i = 0; i < found.gl_pathc; i++)
        assert_example(found.gl_pathv[i]);
    globfree(&found);
}
END_TEST

/* Specs of a store that was damaged: a fault, and no stream. */
START_TEST(what_makes_no_sense_makes_no_stream)
{
    static const char *const specs[] = {"null", "[]", "{}", "7", "{'jobs': 5}"};
    static const char *const members[] = {
        "{'jobs': '5'}",
        "{'jobs': 5.5}",
        "{'jobs': 1e300}",
        "{'runtime': 7}",
        "{'runtime': {'distribution': 'constant', 'value': 1}}",
        "{'runtime': {'distribution': 'hyperexponential', 'branches': [7]}}",
        "{'runtime': {'distribution': 'hyperexponential', 'branches': []}}",
        "{'size': 7}",
        "{'size': {'choice': {}}}",
        "{'requested': {'factor': 'uniform(1'}}",
        "{'requested': {'factor': 'uniform()'}}",
        "{'requested': {'factor': 'uniform)'}}",
        "{'requested': {'factor': ['uniform']}}",
        "{'priorities': 7}",
        "{'priorities': ['high']}",
        "{'arrival': 7}",
        "{'arrays': 7}",
        "{'dependencies': []}",
        "{'users': -1}",
        "{'seed': 'new'}",
        "{'timeScale': 0}",
        "{'timeScale': 'small'}",
        "{'model': 7}",
        "{'model': {'name': 'lublin', 'a1': '5'}}",
        "{'model': {'name': 'lublin', 'a1': -5}}",
        "{'model': {'name': 'lublin', 'start': 7}}",
        "{'model': {'name': 'lublin'}, 'timeScale': 0}",
        "{'arrival': {'rate': '1/s', 'cycle': 7}}",
        "{'arrival': {'rate': '1/s', 'cycle': {'weights': ['1']}}}",
        "{'arrival': {'rate': '1/s', 'cycle': {'weights': [1], 'period': 24}}}",
        "{'arrival': {'rate': '1/s', 'cycle': {'weights': [1]}}, 'timeScale': 0}",
        "{'arrival': {'rate': '1/s', 'process': 'sessions', 'session': 7}}",
        "{'arrival': {'rate': '1/s', 'process': 'sessions', 'session': {'jobs': 0}}}",
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(specs); i++) {
        bd_auto_json json_t *spec = json_of(specs[i]);
        assert_no_stream(spec);
    }
    for (size_t i = 0; i < BD_ARRAY_LEN(members); i++) {
        bd_auto_json json_t *spec = stream_spec_with(members[i]);
        assert_no_stream(spec);
    }
}
END_TEST

UNIT_MAIN("jobs-stream-spec", what_the_schema_cant_say_is_told_at_its_place,
          what_only_the_model_says_is_told_at_its_place, every_fault_is_told,
          a_models_defaults_are_those_of_the_contract, a_models_parameters_are_read,
          what_the_schema_can_say_it_says, a_size_is_given_in_one_way,
          defaults_are_those_of_the_contract, fractions_are_rounded_up_and_not_more,
          rate_is_that_of_the_spec, streams_of_examples_can_be_drawn,
          what_makes_no_sense_makes_no_stream)
