/* Definitions made of files in the manner of ReFrame and Ramble. */
#include "lib/import/import.h"
#include "lib/yaml/yaml.h"
#include "tests/workload/definitions.h"

static char *read_file(const char *name)
{
    bd_auto_free char *path = bd_xasprintf(VECTORS_DIR "/%s", name);
    struct bd_err err = BD_ERR_INIT;
    char *text = NULL;
    ck_assert_msg(bd_read_file(path, 1 << 20, &text, NULL, &err) == 0, "%s", err.text);
    return text;
}

static int import(const char *text, const char *kinds, const char *values, const char *class,
                  const char *workload, struct imported *ret, struct bd_err *err)
{
    bd_auto_json json_t *of_kinds = parse_json(kinds), *of_values = parse_json(values);
    const struct import_options options = {.file = "x.py",
                                           .class = class,
                                           .workload = workload,
                                           .kinds = of_kinds,
                                           .values = of_values};
    *ret = (struct imported){0};
    return import_python(text, strlen(text), &options, ret, err);
}

/* What is made is what the file has, a definition by the contract, and the same after it was
 * written and read. */
static void hold(const struct imported *made, const char *golden)
{
    struct bd_err err = BD_ERR_INIT;
    bd_auto_free char *text = read_file(golden);
    bd_auto_json json_t *expected = NULL, *again = NULL;
    bd_auto_str struct bd_str written = {0};
    ck_assert_msg(yaml_parse(text, strlen(text), golden, &expected, NULL, &err) == 0, "%s",
                  err.text);
    yaml_write(made->definition, &written);
    ck_assert_msg(json_equal(made->definition, expected), "%s:\n%s", golden, bd_str_text(&written));
    ck_assert_msg(yaml_parse(bd_str_text(&written), written.len, "made", &again, NULL, &err) == 0,
                  "%s", err.text);
    ck_assert(json_equal(made->definition, again));
    assert_right(again);
}

static void hold_notes(const struct imported *made, const char *const *notes)
{
    const json_t *note;
    size_t i;
    json_array_foreach (made->notes, i, note) {
        bd_auto_free char *said = bd_xasprintf("%d: %s", (int)bd_json_int(note, "line", 0),
                                               bd_json_str(note, "text", "?"));
        ck_assert_msg(notes[i] && strstr(said, notes[i]), "%s", said);
    }
    ck_assert_ptr_null(notes[i]);
}

START_TEST(test_a_test_of_reframe)
{
    static const char *const notes[] = {
        "60: env_vars is left out: it depends on what is known only where it runs (line 69)",
        "33: sanity is left out: assert_not_found",
        "48: metric best is left out: min is no extractsingle() of one value",
        "56: metric lazy is left out: of 'a.*?(\\d+) s': POSIX has no repetition that takes as "
        "little",
        "60: modules: ",
        NULL,
    };
    bd_auto_free char *text = read_file("bandwidth.py");
    struct bd_err err = BD_ERR_INIT;
    imported_auto made;
    ck_assert_msg(import(text, "{'things': 'ratio'}", "{}", NULL, NULL, &made, &err) == 0, "%s",
                  err.text);
    hold(&made, "bandwidth.yaml");
    hold_notes(&made, notes);
}
END_TEST

START_TEST(test_workloads_of_ramble)
{
    static const char *const of_parallel[] = {
        "38: metric {part} time is left out: its name is known only where it runs",
        "41: the criterion own is left out", "43: what stands in this 'for' is left out", NULL};
    static const char *const of_whole[] = {"20: its lines are a script of one task",
                                           "38: metric {part} time",
                                           "41: the criterion own",
                                           "43: what stands in this 'for'",
                                           "23: the input numbers is left out",
                                           NULL};
    bd_auto_free char *text = read_file("sorter.py");
    struct bd_err err = BD_ERR_INIT;
    imported_auto parallel, whole;
    ck_assert_msg(import(text, "{'swaps': 'cost'}", "{'prefix': '/usr'}", NULL, "parallel",
                         &parallel, &err) == 0,
                  "%s", err.text);
    hold(&parallel, "sorter-parallel.yaml");
    hold_notes(&parallel, of_parallel);
    ck_assert_msg(
        import(text, "{'swaps': 'none'}", "{'prefix': '/usr'}", NULL, "whole", &whole, &err) == 0,
        "%s", err.text);
    hold(&whole, "sorter-whole.yaml");
    hold_notes(&whole, of_whole);
}
END_TEST

#define TEST "class t(RunOnlyRegressionTest):\n"
#define APP  "class A(ExecutableApplication):\n  name = 'a'\n"

/* What is not certain is never made up. */
START_TEST(test_what_can_not_be_made_is_refused)
{
    static const struct {
        const char *text, *class, *workload, *says;
    } vectors[] = {
        {"x = 1\n", NULL, NULL, "no class of a test"},
        {TEST "  executable = 'a'\n", "other", NULL, "no class other"},
        {"class t(RegressionTest):\n  pass\n", NULL, NULL,
         "it says no executable, and builds its own"},
        {"class t(elsewhere):\n  pass\n", NULL, NULL, "its base is in another file: elsewhere"},
        {TEST "  executable = f()\n", NULL, NULL,
         "line 1: what the test t runs is not known: line 2: what f() answers"},
        {TEST "  executable = 'a'\n  executable_opts = ['-n', x]\n", NULL, NULL,
         "line 3: 'x' is not known here"},
        {TEST "  executable = 'a'\n  num_tasks = 2\n  executable_opts = ['$HOME']\n", NULL, NULL,
         "a shell has to run 'a $HOME' once, for all tasks"},
        {TEST "  executable = 'a'\n  @run_before('run')\n  def f(self):\n    if self.x:\n      "
              "self.executable = 'b'\n",
         NULL, NULL, "depends on what is known only where it runs (line 5)"},
        {TEST
         "  executable = 'a'\n  @run_before('run')\n  def f(self):\n    if self.x:\n      return\n"
         "    self.executable_opts = ['b']\n",
         NULL, NULL, "depends on what is known only where it runs (line 5)"},
        {TEST "  executable = 'a'\n  @run_before('run')\n  def f(self):\n    "
              "self.executable_opts.append('b')\n",
         NULL, NULL, "it is changed by a call (line 5)"},
        {TEST "  executable = 'a'\n  n = parameter([1, 2])\n  executable_opts = [f'{n}']\n", NULL,
         NULL, "it is a parameter, with one value after the other"},
        {"@rfm.simple_test\n" TEST "  executable = 'a'\n@rfm.simple_test\nclass u(t):\n  pass\n",
         NULL, NULL, "say which: --class of t, u"},
        {TEST "  executable = 'a'\n  @performance_function('x')\n  def p(self):\n    return "
              "sn.extractsingle(r'(a)', "
              "self.stdout, 1, float)\n",
         NULL, NULL, "can't be told from the unit of: p (unit 'x'); say --kind"},
        {"class t(\n", NULL, NULL, "line 2: the text ends within brackets"},
        {APP, NULL, NULL, "line 1: the application A has no workload"},
        {APP "  workload('w', executable='e')\n", NULL, NULL,
         "line 3: the executable e is not told by itself"},
        {APP "  executable('e', 'x {y}')\n  workload('w', executable='e')\n", NULL, NULL,
         "line 3: 'x {y}': what {y} stands for is known only where it runs: say it by --set"},
        {APP "  executable('e', 'x')\n  workload('w', executable='e')\n  workload('v', "
             "executable='e')\n",
         NULL, NULL, "say which: --workload of w, v"},
        {APP "  executable('e', 'x')\n  workload('w', executable='e')\n", NULL, "v",
         "no such workload; say which"},
        {APP "  executable('e', 'x {y}')\n  workload('w', executable='e')\n  "
             "workload_variable('y', default='{y} a', "
             "description='')\n",
         NULL, NULL, "what {y} stands for"},
    };
    for (size_t i = 0; i < BD_ARRAY_LEN(vectors); i++) {
        struct bd_err err = BD_ERR_INIT;
        imported_auto made;
        int rc =
            import(vectors[i].text, "{}", "{}", vectors[i].class, vectors[i].workload, &made, &err);
        ck_assert_msg(rc == BD_EINVALID, "%s", vectors[i].text);
        ck_assert_msg(strstr(err.text, vectors[i].says), "%s: %s", vectors[i].text, err.text);
        ck_assert_ptr_null(made.definition);
    }
}
END_TEST

/* What a shell has to look at is a script of one task. */
START_TEST(test_lines_of_a_shell)
{
    struct bd_err err = BD_ERR_INIT;
    imported_auto made;
    ck_assert_msg(import(TEST "  executable = './a'\n  executable_opts = ['${X:-1}', '|', 'b']\n"
                              "  prerun_cmds = ['c']\n  postrun_cmds = ['d']\n",
                         "{}", "{}", NULL, NULL, &made, &err) == 0,
                  "%s", err.text);
    const json_t *file = json_array_get(json_object_get(made.definition, "files"), 0);
    ck_assert_str_eq(bd_json_str(file, "content", ""), "c\n./a $${X:-1} | b\nd\n");
    assert_right(made.definition);
}
END_TEST

/* Values that the file has no certain ones for. */
START_TEST(test_values_that_are_given)
{
    struct bd_err err = BD_ERR_INIT;
    imported_auto made;
    ck_assert_msg(
        import(TEST "  n = parameter([1, 2])\n  executable = other.path\n  num_tasks = required\n"
                    "  num_tasks_per_node = 2\n  executable_opts = ['-n', f'{n}']\n",
               "{}", "{'n': '3', 'executable': 'prog', 'num_tasks': '4'}", NULL, NULL, &made,
               &err) == 0,
        "%s", err.text);
    bd_auto_free char *command = bd_json_text(json_object_get(made.definition, "command"));
    ck_assert_str_eq(command, "[\"prog\",\"-n\",\"3\"]");
    const json_t *nodes = json_object_get(json_object_get(made.definition, "parameters"), "nodes");
    ck_assert_int_eq(bd_json_int(nodes, "default", 0), 2);
    assert_right(made.definition);
}
END_TEST

UNIT_MAIN("import", test_a_test_of_reframe, test_workloads_of_ramble,
          test_what_can_not_be_made_is_refused, test_lines_of_a_shell, test_values_that_are_given)
